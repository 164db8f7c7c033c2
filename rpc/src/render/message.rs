//! Transactions and messages as JSON: by index (encoding json) or by address (jsonParsed).

use isobath_runtime::writable_keys;
use isobath_sdk::chain::record::LoadedAddresses;
use isobath_sdk::{Hash, MessageVersion, Pubkey, Signature, TransactionView, ids};
use serde::Serialize;

use crate::render::instructions::{Form, UiInstruction, render_instruction};

/// A transaction.
#[derive(Debug, Serialize)]
pub(crate) struct UiTransaction {
    signatures: Vec<Signature>,
    message: UiMessage,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UiMessage {
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<UiHeader>,
    account_keys: UiKeys,
    recent_blockhash: Hash,
    instructions: Vec<UiInstruction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_table_lookups: Option<Vec<UiLookup>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UiHeader {
    num_required_signatures: u8,
    num_readonly_signed_accounts: u8,
    num_readonly_unsigned_accounts: u8,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum UiKeys {
    Plain(Vec<Pubkey>),
    Described(Vec<UiKey>),
}

/// A key of a transaction and what the transaction may do with it.
#[derive(Debug, Serialize)]
pub(crate) struct UiKey {
    pubkey: Pubkey,
    writable: bool,
    signer: bool,
    source: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UiLookup {
    account_key: Pubkey,
    writable_indexes: Vec<u8>,
    readonly_indexes: Vec<u8>,
}

/// The keys of a transaction in the order of its indexes: its own, then those loaded from lookup tables.
#[derive(Clone, Debug)]
pub(crate) struct AccountKeys {
    all: Vec<Pubkey>,
    static_count: usize,
    loaded_writable_count: usize,
}

impl AccountKeys {
    pub(crate) fn new(view: TransactionView<'_>, loaded: LoadedAddresses<&[Pubkey]>) -> Self {
        let mut all: Vec<Pubkey> = view.static_keys().iter().copied().map(Pubkey).collect();
        let static_count = all.len();
        all.extend_from_slice(loaded.writable);
        all.extend_from_slice(loaded.readonly);
        Self {
            all,
            static_count,
            loaded_writable_count: loaded.writable.len(),
        }
    }

    pub(crate) fn all(&self) -> &[Pubkey] {
        &self.all
    }

    /// The keys written in the transaction.
    fn own(&self) -> &[Pubkey] {
        self.all.get(..self.static_count).unwrap_or_default()
    }

    /// Whether the key at `index`, which was loaded from a lookup table, was locked for writing.
    fn is_loaded_writable(&self, index: usize) -> bool {
        let is_requested = index
            .checked_sub(self.static_count)
            .is_some_and(|loaded| loaded < self.loaded_writable_count);
        is_requested && !self.all.get(index).is_some_and(ids::is_reserved)
    }

    /// Each key with what the transaction may do with it.
    pub(crate) fn describe(&self, view: TransactionView<'_>) -> Vec<UiKey> {
        let own_writable = writable_keys(&view);
        let describe = |(index, pubkey): (usize, &Pubkey)| {
            let is_own = index < self.static_count;
            UiKey {
                pubkey: *pubkey,
                writable: match is_own {
                    true => own_writable.contains(index),
                    false => self.is_loaded_writable(index),
                },
                signer: is_own && view.is_signer(index),
                source: if is_own { "transaction" } else { "lookupTable" },
            }
        };
        self.all.iter().enumerate().map(describe).collect()
    }
}

/// The signatures of a transaction.
pub(crate) fn signatures(view: TransactionView<'_>) -> Vec<Signature> {
    view.signatures().iter().copied().map(Signature).collect()
}

impl UiTransaction {
    pub(crate) fn new(view: TransactionView<'_>, keys: &AccountKeys, form: Form) -> Self {
        let instructions = view
            .instructions()
            .map(|instruction| render_instruction(form, keys.all(), instruction, 1))
            .collect();
        let lookups = view.lookups().map(|lookup| UiLookup {
            account_key: lookup.table,
            writable_indexes: lookup.writable.to_vec(),
            readonly_indexes: lookup.readonly.to_vec(),
        });
        let message = UiMessage {
            header: (form == Form::Compiled).then(|| UiHeader::new(view)),
            account_keys: match form {
                Form::Compiled => UiKeys::Plain(keys.own().to_vec()),
                Form::Parsed => UiKeys::Described(keys.describe(view)),
            },
            recent_blockhash: view.recent_blockhash(),
            instructions,
            address_table_lookups: (view.version() == MessageVersion::V0).then(|| lookups.collect()),
        };
        Self {
            signatures: signatures(view),
            message,
        }
    }
}

impl UiHeader {
    fn new(view: TransactionView<'_>) -> Self {
        let header = view.header();
        Self {
            num_required_signatures: header.num_required_signatures,
            num_readonly_signed_accounts: header.num_readonly_signed,
            num_readonly_unsigned_accounts: header.num_readonly_unsigned,
        }
    }
}
