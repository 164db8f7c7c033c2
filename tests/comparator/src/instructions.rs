//! litesvm as a ledger: one execution context per sequence, its clock moved by hand.
//!
//! It checks neither age nor repetition of a transaction, charges nothing where loading fails and does not advance a
//! nonce when a transaction fails. Sequences for it stay away from all that.

use isobath_conformance::generate::{PROBE_NAME, PROBES};
use isobath_conformance::isobath::refused;
use isobath_conformance::ledger::{Ledger, Observed};
use isobath_conformance::sequence::Sequence;
use isobath_conformance::trace::Trace;
use isobath_sdk::chain::account::Account;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::hash::Hash;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use litesvm::LiteSVM;
use solana_clock::Clock;
use solana_message::VersionedMessage;
use solana_message::v0::MessageAddressTableLookup;
use solana_program_runtime::solana_sbpf::program::BuiltinFunctionDefinition;
use solana_slot_hashes::SlotHashes;
use solana_transaction::versioned::VersionedTransaction;

use crate::probe::Entry;
use crate::{features, translate};

/// Bytes of a lookup table before its keys.
const TABLE_META_LEN: usize = 56;

/// A context that sequences start from.
pub(crate) struct Start(LiteSVM);

/// The ledger of one sequence.
pub(crate) struct Instructions {
    svm: LiteSVM,
    slot: u64,
    /// Blockhashes by slot.
    hashes: Vec<solana_hash::Hash>,
}

impl Start {
    /// Loads programs and sysvars once.
    pub(crate) fn new(profile: Profile) -> Self {
        let mut svm = LiteSVM::default()
            .with_feature_set(features::of(profile))
            .with_builtins()
            .with_sysvars();
        svm.set_sysvar(&Clock::default());
        for probe in &PROBES {
            let key = translate::key(probe);
            svm.add_builtin(key, Entry::register);
            let mut account = svm.get_account(&key).expect("it was just added");
            PROBE_NAME.as_bytes().clone_into(&mut account.data);
            svm.set_account(key, account).expect("it is no sysvar");
        }
        Self(svm.with_default_programs().with_transaction_history(0))
    }

    /// The account of the lookup table program and that of its bytecode, for those who have to load it elsewhere.
    pub(crate) fn lookup_table_program(&self) -> Vec<(solana_pubkey::Pubkey, solana_account::Account)> {
        let id = translate::key(&isobath_sdk::ids::ADDRESS_LOOKUP_TABLE_PROGRAM);
        let program = self
            .0
            .get_account(&id)
            .expect("it is one of the default programs");
        let data_key: [u8; 32] = program.data[4..36].try_into().expect("32 bytes");
        let data_key = solana_pubkey::Pubkey::from(data_key);
        let data = self.0.get_account(&data_key).expect("it holds the bytecode");
        vec![(id, program), (data_key, data)]
    }

    /// The ledger at the start of the sequence.
    pub(crate) fn ledger(&self, sequence: &Sequence) -> Instructions {
        let mut svm = self.0.clone();
        for (key, account) in &sequence.accounts {
            svm.set_account(translate::key(key), translate::account(account))
                .expect("accounts that are no sysvars");
        }
        let hashes = vec![svm.latest_blockhash()];
        Instructions { svm, slot: 0, hashes }
    }
}

impl Instructions {
    fn open_slot(&mut self) {
        self.slot += 1;
        let mut clock: Clock = self.svm.get_sysvar();
        clock.slot = self.slot;
        self.svm.set_sysvar(&clock);
        let past: Vec<_> = (0..self.slot)
            .rev()
            .map(|slot| (slot, self.hashes[slot as usize]))
            .collect();
        self.svm.set_sysvar(&SlotHashes::new(&past));
    }

    fn balance(&self, key: &solana_pubkey::Pubkey) -> u64 {
        self.svm.get_account(key).map_or(0, |account| account.lamports)
    }

    fn send(&mut self, wire: &[u8]) -> (Observed, Trace) {
        let Ok(tx) = bincode::deserialize::<VersionedTransaction>(wire) else {
            return refused(TransactionError::SanitizeFailure);
        };
        let keys = self.keys(&tx.message);
        let before = self.balances(&keys);
        let (error, fee, meta) = match self.svm.send_transaction(tx) {
            Ok(meta) => (None, meta.fee, meta),
            Err(failed) => {
                // What was charged shows whether the transaction ran: every transaction has a base fee.
                let payer = keys.first().zip(before.first());
                let fee = payer.map_or(0, |(key, before)| before - self.balance(key));
                (Some(translate::error(&failed.err)), fee, failed.meta)
            }
        };
        if let (Some(error), 0) = (error, fee) {
            return refused(error);
        }
        let observed = Observed {
            error,
            fee,
            units: u32::try_from(meta.compute_units_consumed).ok(),
        };
        let trace = Trace {
            logs: meta.logs.clone(),
            inner: translate::inner(&meta.inner_instructions),
            returned: translate::returned(&meta.return_data),
            after: self.balances(&keys),
            before,
            keys: keys.iter().map(translate::key_back).collect(),
            loaded: None,
        };
        (observed, trace)
    }

    fn balances(&self, keys: &[solana_pubkey::Pubkey]) -> Vec<u64> {
        keys.iter().map(|key| self.balance(key)).collect()
    }

    /// The keys of the transaction, those that its lookups load for writing, then those for reading. A key that a table
    /// does not have is left out: such a transaction is refused.
    fn keys(&self, message: &VersionedMessage) -> Vec<solana_pubkey::Pubkey> {
        let lookups = message.address_table_lookups().unwrap_or_default();
        let loaded = |indexes: fn(&MessageAddressTableLookup) -> &[u8]| {
            let each = lookups.iter().flat_map(move |lookup| {
                let table = self.svm.get_account(&lookup.account_key);
                let data = table.map(|table| table.data).unwrap_or_default();
                let key = move |index: &u8| {
                    let start = TABLE_META_LEN + usize::from(*index) * size_of::<Pubkey>();
                    let bytes = data.get(start..)?.first_chunk::<32>()?;
                    Some(solana_pubkey::Pubkey::from(*bytes))
                };
                indexes(lookup).iter().filter_map(key).collect::<Vec<_>>()
            });
            each.collect::<Vec<_>>()
        };
        let writable = loaded(|lookup| &lookup.writable_indexes);
        let readonly = loaded(|lookup| &lookup.readonly_indexes);
        [message.static_account_keys(), &writable, &readonly].concat()
    }
}

impl Ledger for Instructions {
    fn newest_blockhash(&self) -> Hash {
        translate::hash(self.svm.latest_blockhash())
    }

    fn account(&self, key: &Pubkey) -> Option<Account> {
        translate::account_back(&self.svm.get_account(&translate::key(key))?)
    }

    fn block(&mut self, wires: &[Vec<u8>]) -> Vec<(Observed, Trace)> {
        self.open_slot();
        let observed = wires.iter().map(|wire| self.send(wire)).collect();
        self.svm.expire_blockhash();
        self.hashes.push(self.svm.latest_blockhash());
        observed
    }
}
