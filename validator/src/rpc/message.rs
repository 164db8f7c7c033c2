//! Transactions and messages as JSON: by index (encoding json) or by address (jsonParsed).

use isobath_runtime::Tx;
use isobath_sdk::{Hash, MessageVersion, Pubkey, Signature};
use serde::Serialize;

use super::instructions::{Form, UiInstruction, show};

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

#[derive(Debug, Serialize)]
struct UiKey {
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

/// The keys written in the transaction.
pub(crate) fn static_keys(tx: &Tx) -> Vec<Pubkey> {
    tx.view().static_keys().iter().copied().map(Pubkey).collect()
}

impl UiTransaction {
    pub(crate) fn new(tx: &Tx, form: Form) -> Self {
        let view = tx.view();
        let keys = static_keys(tx);
        let instructions = view
            .instructions()
            .map(|instruction| show(form, &keys, instruction, 1))
            .collect();
        let lookups = view.lookups().map(|lookup| UiLookup {
            account_key: lookup.table,
            writable_indexes: lookup.writable.to_vec(),
            readonly_indexes: lookup.readonly.to_vec(),
        });
        let message = UiMessage {
            header: (form == Form::Compiled).then(|| UiHeader::new(tx)),
            account_keys: match form {
                Form::Compiled => UiKeys::Plain(keys),
                Form::Parsed => UiKeys::Described(describe_keys(tx, &keys)),
            },
            recent_blockhash: view.recent_blockhash(),
            instructions,
            address_table_lookups: (view.version() == MessageVersion::V0).then(|| lookups.collect()),
        };
        Self {
            signatures: view.signatures().iter().copied().map(Signature).collect(),
            message,
        }
    }
}

impl UiHeader {
    fn new(tx: &Tx) -> Self {
        let header = tx.view().header();
        Self {
            num_required_signatures: header.num_required_signatures,
            num_readonly_signed_accounts: header.num_readonly_signed,
            num_readonly_unsigned_accounts: header.num_readonly_unsigned,
        }
    }
}

fn describe_keys(tx: &Tx, keys: &[Pubkey]) -> Vec<UiKey> {
    let describe = |(index, pubkey): (usize, &Pubkey)| UiKey {
        pubkey: *pubkey,
        writable: tx.is_writable(index),
        signer: tx.view().is_signer(index),
        source: "transaction",
    };
    keys.iter().enumerate().map(describe).collect()
}
