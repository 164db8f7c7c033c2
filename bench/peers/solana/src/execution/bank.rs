//! A Bank of Agave in memory: transfers in batches of 64 on one thread, its block ended, frozen and made the root.
//!
//! | stage | what it does |
//! |---|---|
//! | admit | as Agave's block production: a view of the bytes, sanitized, message hashed, compute budget read, keys resolved |
//! | execute | locks, loads, executes and commits each batch, with its hash of accounts and status cache |
//! | seal | registers the blockhash and freezes: fees, slot history, hash of the bank |
//! | publish | makes the bank the root and opens its child; with `--flush`, writes accounts to files |
//!
//! Left out: recording (proof of history), votes, cost tracking, cleaning and shrinking in the background.

use std::sync::{Arc, RwLock, RwLockWriteGuard};

use agave_feature_set::FeatureSet;
use agave_transaction_view::resolved_transaction_view::ResolvedTransactionView;
use agave_transaction_view::transaction_view::SanitizedTransactionView;
use anyhow::{anyhow, ensure};
use isobath_sdk::{Hash, Pubkey};
use solana_account::{Account, AccountSharedData};
use solana_accounts_db::accounts_db::ACCOUNTS_DB_CONFIG_FOR_BENCHMARKS;
use solana_cluster_type::ClusterType;
use solana_epoch_schedule::EpochSchedule;
use solana_fee_calculator::FeeRateGovernor;
use solana_genesis_config::GenesisConfig;
use solana_leader_schedule::SlotLeader;
use solana_rent::Rent;
use solana_runtime::bank::Bank;
use solana_runtime::bank_forks::BankForks;
use solana_runtime::genesis_utils::create_genesis_config_with_leader_ex;
use solana_runtime::installed_scheduler_pool::BankWithScheduler;
use solana_runtime_transaction::runtime_transaction::RuntimeTransaction;
use solana_runtime_transaction::sanitize_config::sanitize_config;
use solana_svm::transaction_processor::ExecutionRecordingConfig;
use solana_svm_timings::ExecuteTimings;
use solana_transaction::sanitized::MessageHash;

use super::spent::{Moment, Stages};
use crate::translate;

/// Transactions of a batch: those of Agave's entries.
const BATCH: usize = 64;
/// Slots of an epoch: more than any run has.
const EPOCH_SLOTS: u64 = 1 << 20;
/// Base fee of a signature.
const LAMPORTS_PER_SIGNATURE: u64 = 5_000;

type Tx<'a> = RuntimeTransaction<ResolvedTransactionView<&'a [u8]>>;

pub(super) struct InMemoryBank {
    /// The open block.
    bank: Arc<Bank>,
    forks: Arc<RwLock<BankForks>>,
    leader: SlotLeader,
    flushes: bool,
    /// Holds the files of accounts, on a file system in memory if there is one.
    _folder: tempfile::TempDir,
}

impl InMemoryBank {
    pub(super) fn new(
        keys: &[Pubkey],
        lamports: u64,
        first_blockhash: Hash,
        flushes: bool,
    ) -> anyhow::Result<Self> {
        let shared = std::path::Path::new("/dev/shm");
        let folder = if shared.is_dir() {
            tempfile::tempdir_in(shared)?
        } else {
            tempfile::tempdir()?
        };
        let leader = SlotLeader {
            id: solana_pubkey::Pubkey::from([66; 32]),
            vote_address: solana_pubkey::Pubkey::from([67; 32]),
        };
        let bank = Bank::new_from_genesis(
            &genesis(keys, lamports, &leader),
            Arc::default(),
            vec![folder.path().to_owned()],
            None,
            ACCOUNTS_DB_CONFIG_FOR_BENCHMARKS,
            None,
            None,
            Arc::default(),
            None,
            None,
        );
        let forks = BankForks::new_rw_arc(bank);
        let bank = forks.read().expect("nobody panicked").root_bank();
        let mut new = Self {
            bank,
            forks,
            leader,
            flushes,
            _folder: folder,
        };
        new.freeze(first_blockhash);
        new.open_next();
        Ok(new)
    }

    /// Executes a block that ends with this blockhash.
    pub(super) fn block(&mut self, wires: &[Vec<u8>], blockhash: Hash) -> anyhow::Result<Stages> {
        let start = Moment::now();
        let txs = wires.iter().map(|wire| self.admit(wire));
        let txs = txs.collect::<anyhow::Result<Vec<Tx<'_>>>>()?;
        let admit = start.spent();

        let start = Moment::now();
        for batch in txs.chunks(BATCH) {
            self.execute(batch)?;
        }
        let execute = start.spent();

        let start = Moment::now();
        self.freeze(blockhash);
        let seal = start.spent();

        let start = Moment::now();
        drop(txs);
        self.open_next();
        let publish = start.spent();
        Ok(Stages {
            admit,
            execute,
            seal,
            publish,
        })
    }

    pub(super) fn lamports(&self, key: &Pubkey) -> Option<u64> {
        Some(self.bank.get_balance(&translate::key(key)))
    }

    fn admit<'a>(&self, wire: &'a [u8]) -> anyhow::Result<Tx<'a>> {
        let refused = |error: &dyn std::fmt::Debug| anyhow!("the Bank refuses a transaction: {error:?}");
        let config = sanitize_config(self.bank.feature_set.snapshot().limit_instruction_accounts);
        let view = SanitizedTransactionView::try_new_sanitized(wire, &config);
        let view = view.map_err(|error| refused(&error))?;
        let view =
            RuntimeTransaction::<SanitizedTransactionView<_>>::try_new(view, MessageHash::Compute, None);
        let view = view.map_err(|error| refused(&error))?;
        RuntimeTransaction::<ResolvedTransactionView<_>>::try_new(
            view,
            None,
            self.bank.get_reserved_account_keys(),
        )
        .map_err(|error| refused(&error))
    }

    fn execute(&self, txs: &[Tx<'_>]) -> anyhow::Result<()> {
        let batch = self.bank.prepare_sanitized_batch(txs);
        let (results, _) = self.bank.load_execute_and_commit_transactions(
            &batch,
            ExecutionRecordingConfig::new_single_setting(false),
            &mut ExecuteTimings::default(),
            None,
        );
        for result in results {
            let committed =
                result.map_err(|error| anyhow!("the Bank executes a transfer in vain: {error}"))?;
            ensure!(
                committed.status.is_ok(),
                "a transfer failed in the Bank: {:?}",
                committed.status
            );
        }
        Ok(())
    }

    fn freeze(&self, blockhash: Hash) {
        let scheduler = BankWithScheduler::no_scheduler_available();
        self.bank.register_tick(&translate::hash(&blockhash), &scheduler);
        self.bank.freeze();
    }

    /// Makes the block the root and opens the next.
    fn open_next(&mut self) {
        let slot = self.bank.slot();
        if slot > 0 {
            write(&self.forks).set_root(slot, None, None);
        }
        if self.flushes {
            self.bank.force_flush_accounts_cache();
        }
        // The forks are read while it is made, so they are not locked yet.
        let next = Bank::new_from_parent(Arc::clone(&self.bank), self.leader.clone(), slot.wrapping_add(1));
        self.bank = write(&self.forks).insert(next).clone_without_scheduler();
    }
}

fn write(forks: &RwLock<BankForks>) -> RwLockWriteGuard<'_, BankForks> {
    forks.write().expect("nobody panicked")
}

fn genesis(keys: &[Pubkey], lamports: u64, leader: &SlotLeader) -> GenesisConfig {
    let mut config = create_genesis_config_with_leader_ex(
        1_000_000_000,
        &solana_pubkey::Pubkey::from([68; 32]),
        &leader.id,
        &leader.vote_address,
        &solana_pubkey::Pubkey::from([69; 32]),
        None,
        1_000_000_000,
        1_000_000_000,
        FeeRateGovernor::new(LAMPORTS_PER_SIGNATURE, 0),
        Rent::default(),
        ClusterType::Development,
        &FeatureSet::all_enabled(),
        Vec::<(solana_pubkey::Pubkey, AccountSharedData)>::new(),
    );
    let funded = |key| {
        let account = Account {
            lamports,
            ..Account::default()
        };
        (translate::key(key), account)
    };
    config.accounts.extend(keys.iter().map(funded));
    config.ticks_per_slot = 1;
    config.epoch_schedule = EpochSchedule::custom(EPOCH_SLOTS, EPOCH_SLOTS, false);
    config
}
