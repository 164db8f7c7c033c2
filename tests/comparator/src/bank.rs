//! A Bank as a ledger. One root serves all sequences: each is a fork of its own and is dropped at its end.

use std::path::PathBuf;
use std::sync::{Arc, RwLock, RwLockWriteGuard};

use isobath_conformance::generate::{PROBE_NAME, PROBES, PRODUCER};
use isobath_conformance::isobath::refused;
use isobath_conformance::ledger::{Ledger, Observed};
use isobath_conformance::sequence::Sequence;
use isobath_conformance::trace::Trace;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::LOG_TEXT_LIMIT_BYTES;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::hash::Hash;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use solana_account::AccountSharedData;
use solana_accounts_db::accounts_db::ACCOUNTS_DB_CONFIG_FOR_TESTING;
use solana_cluster_type::ClusterType;
use solana_epoch_schedule::EpochSchedule;
use solana_fee_calculator::FeeRateGovernor;
use solana_leader_schedule::SlotLeader;
use solana_program_runtime::program_cache_entry::ProgramCacheEntry;
use solana_program_runtime::solana_sbpf::program::BuiltinFunctionDefinition;
use solana_rent::Rent;
use solana_runtime::bank::Bank;
use solana_runtime::bank_forks::BankForks;
use solana_runtime::genesis_utils::create_genesis_config_with_leader_ex;
use solana_runtime::installed_scheduler_pool::BankWithScheduler;
use solana_svm::transaction_processor::ExecutionRecordingConfig;
use solana_svm_timings::ExecuteTimings;
use solana_svm_transaction::svm_message::SVMMessage;
use solana_transaction::versioned::VersionedTransaction;

use crate::instructions::Start;
use crate::probe::Entry;
use crate::{features, translate};

/// Slots of an epoch: more than any sequence has.
const EPOCH_SLOTS: u64 = 8_192;
/// Base fee of a signature.
const LAMPORTS_PER_SIGNATURE: u64 = 5_000;

/// What all sequences start from: slot 0, frozen.
pub(crate) struct Root {
    bank: Arc<Bank>,
    leader: SlotLeader,
    /// Answers which slots descend from which, for the cache of programs. It knows the blocks of one sequence at a time,
    /// all of which have the same slots.
    forks: Arc<RwLock<BankForks>>,
    /// Holds the files of the accounts; deleted with the root.
    _folder: tempfile::TempDir,
}

/// The ledger of one sequence.
pub(crate) struct Fork<'a> {
    root: &'a Root,
    newest: Arc<Bank>,
    accounts: Vec<(solana_pubkey::Pubkey, AccountSharedData)>,
    seed: u64,
}

impl Root {
    /// Makes the genesis.
    pub(crate) fn new(start: &Start, profile: Profile) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let leader = SlotLeader {
            id: translate::key(&PRODUCER),
            vote_address: solana_pubkey::Pubkey::from([67; 32]),
        };
        let config = genesis(start, &leader, profile);
        let bank = Bank::new_from_genesis(
            &config,
            Arc::default(),
            vec![PathBuf::from(folder.path())],
            None,
            ACCOUNTS_DB_CONFIG_FOR_TESTING,
            None,
            None,
            Arc::default(),
            None,
            None,
        );
        let forks = BankForks::new_rw_arc(bank);
        let bank = forks.read().expect("nobody panicked").root_bank();
        for probe in &PROBES {
            let entry = ProgramCacheEntry::new_builtin(0, PROBE_NAME.len(), Entry::register);
            bank.add_builtin(translate::key(probe), PROBE_NAME, entry);
        }
        finish(&bank, 0);
        Self {
            bank,
            leader,
            forks,
            _folder: folder,
        }
    }

    /// The ledger at the start of the sequence.
    pub(crate) fn ledger(&self, sequence: &Sequence) -> Fork<'_> {
        let mut accounts: Vec<(solana_pubkey::Pubkey, AccountSharedData)> = sequence
            .accounts
            .iter()
            .map(|(key, account)| (translate::key(key), translate::account(account).into()))
            .collect();
        if accounts.iter().all(|(key, _)| *key != self.leader.id) {
            accounts.push((self.leader.id, AccountSharedData::default()));
        }
        Fork {
            root: self,
            newest: Arc::clone(&self.bank),
            accounts,
            seed: sequence.number(),
        }
    }
}

fn genesis(start: &Start, leader: &SlotLeader, profile: Profile) -> solana_genesis_config::GenesisConfig {
    let programs = start.lookup_table_program();
    let programs = programs.into_iter().map(|(key, account)| (key, account.into()));
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
        &features::of(profile),
        programs.collect(),
    );
    config.ticks_per_slot = 1;
    config.epoch_schedule = EpochSchedule::custom(EPOCH_SLOTS, EPOCH_SLOTS, false);
    config
}

/// Ends the block with a blockhash that no other sequence has.
fn finish(bank: &Bank, seed: u64) {
    let mut bytes = [0xB1; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&bank.slot().to_le_bytes());
    bank.register_tick(
        &solana_hash::Hash::new_from_array(bytes),
        &BankWithScheduler::no_scheduler_available(),
    );
    bank.freeze();
}

fn execute(bank: &Bank, wire: &[u8]) -> (Observed, Trace) {
    let Ok(tx) = bincode::deserialize::<VersionedTransaction>(wire) else {
        return refused(TransactionError::SanitizeFailure);
    };
    let batch = match bank.prepare_entry_batch(vec![tx]) {
        Ok(batch) => batch,
        Err(error) => return refused(translate::error(&error)),
    };
    let (mut results, balances) = bank.load_execute_and_commit_transactions(
        &batch,
        ExecutionRecordingConfig::new_single_setting(true),
        &mut ExecuteTimings::default(),
        Some(LOG_TEXT_LIMIT_BYTES),
    );
    let (mut before, mut after, ..) = balances.expect("they are recorded").into_vecs();
    let keys = batch.sanitized_transactions()[0].account_keys();
    match results.remove(0) {
        Err(error) => refused(translate::error(&error)),
        Ok(committed) => {
            let observed = Observed {
                error: committed.status.as_ref().err().map(translate::error),
                fee: committed.fee_details.total_fee(),
                units: u32::try_from(committed.executed_units).ok(),
            };
            let inner = committed.inner_instructions.as_deref();
            let trace = Trace {
                logs: committed.log_messages.unwrap_or_default(),
                inner: inner.map(translate::inner).unwrap_or_default(),
                returned: committed.return_data.as_ref().and_then(translate::returned),
                keys: keys.iter().map(translate::key_back).collect(),
                before: before.remove(0),
                after: after.remove(0),
                loaded: Some(committed.loaded_account_stats.loaded_accounts_data_size),
            };
            (observed, trace)
        }
    }
}

impl Fork<'_> {
    fn forks(&self) -> RwLockWriteGuard<'_, BankForks> {
        self.root.forks.write().expect("nobody panicked")
    }
}

impl Drop for Fork<'_> {
    fn drop(&mut self) {
        let mut forks = self.forks();
        for slot in (1..=self.newest.slot()).rev() {
            forks.remove(slot);
        }
    }
}

impl Ledger for Fork<'_> {
    fn newest_blockhash(&self) -> Hash {
        translate::hash(self.newest.last_blockhash())
    }

    fn account(&self, key: &Pubkey) -> Option<Account> {
        let key = translate::key(key);
        if self.newest.slot() == 0 {
            let mut accounts = self.accounts.iter();
            return translate::account_back(&accounts.find(|(other, _)| *other == key)?.1);
        }
        translate::account_back(&self.newest.get_account(&key)?)
    }

    fn block(&mut self, wires: &[Vec<u8>]) -> Vec<(Observed, Trace)> {
        let slot = self.newest.slot() + 1;
        let bank = Bank::new_from_parent(Arc::clone(&self.newest), self.root.leader.clone(), slot);
        let bank = self.forks().insert(bank).clone_without_scheduler();
        if slot == 1 {
            for (key, account) in &self.accounts {
                bank.store_account(key, account);
            }
        }
        let observed = wires.iter().map(|wire| execute(&bank, wire)).collect();
        finish(&bank, self.seed);
        self.newest = bank;
        observed
    }
}
