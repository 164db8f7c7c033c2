//! Transactions by name: `transfer.one` is a `transfer` that `from:transfer.one` pays for.
//!
//! ```text
//! instructions (well-formed) --> message --> reshape (broken messages) --> sign --> resign --> bytes --> rewrite
//! ```
//!
//! The part of a name after its first point only tells transactions of one kind apart.

mod instructions;
mod name;
mod reshape;

use isobath_sdk::wire::message::TableAddresses;
use isobath_sdk::{Hash, Keypair, Message, MessageVersion, Pubkey, Signature, Transaction};

use self::name::Name;
use super::cast::{NONCE, UNKNOWN_BLOCKHASH, address, keypair};

/// The wire bytes of the transaction with this name.
///
/// # Panics
/// When there is no such kind.
#[must_use]
pub fn wire(name: &str, blockhash: Hash) -> Vec<u8> {
    let name = Name::new(name);
    let mut transaction = sign(&name, message_of(&name, blockhash));
    resign(&name, &mut transaction);
    let mut bytes = transaction.serialize();
    rewrite(&name, &mut bytes);
    bytes
}

/// The bytes of its message.
#[must_use]
pub fn message(name: &str, blockhash: Hash) -> Vec<u8> {
    message_of(&Name::new(name), blockhash).serialize()
}

/// Its signatures.
#[must_use]
pub fn signatures(name: &str, blockhash: Hash) -> Vec<Signature> {
    let name = Name::new(name);
    let mut transaction = sign(&name, message_of(&name, blockhash));
    resign(&name, &mut transaction);
    transaction.signatures
}

fn message_of(name: &Name<'_>, blockhash: Hash) -> Message {
    let payer = match name.kind {
        "payer_data" => address("system_data"),
        _ => name.from(),
    };
    let instructions = instructions::of(name);
    let blockhash = match name.kind {
        "blockhash_unknown" => UNKNOWN_BLOCKHASH,
        "blockhash_zero" => Hash([0; 32]),
        "nonce" | "nonce_fail" | "nonce_authority" | "nonce_missing" => NONCE,
        _ => blockhash,
    };
    let tables = tables(name);
    let tables: Vec<_> = tables
        .iter()
        .map(|(table, addresses)| TableAddresses {
            table: *table,
            addresses,
        })
        .collect();
    let version = match name.kind {
        "v0" | "lookup_empty" | "lookup_program" => MessageVersion::V0,
        _ => MessageVersion::Legacy,
    };
    let message = if tables.is_empty() {
        Message::compile(version, &payer, &instructions, blockhash)
    } else {
        Message::compile_with_tables(&payer, &instructions, &tables, blockhash)
    };
    let mut message = message.expect("a case is small");
    reshape::reshape(name, &mut message);
    message
}

/// The tables that a transaction loads from.
fn tables(name: &Name<'_>) -> Vec<(Pubkey, Vec<Pubkey>)> {
    let three = || ["one", "two", "three"].map(address).to_vec();
    match name.kind {
        "lookup" | "lookup_index" => vec![(address("table"), three())],
        "lookup_missing" => vec![(address("no table"), three())],
        "lookup_owner" => vec![(address("table_owner"), three())],
        "lookup_data" => vec![(address("table_data"), three())],
        "lookup_short" => vec![(address("table_short"), three())],
        _ => Vec::new(),
    }
}

/// Signs with every key that is known by a label.
fn sign(name: &Name<'_>, message: Message) -> Transaction {
    let labels = ["from", "new", "to"].map(|part| format!("{part}:{}", name.whole));
    let keys: Vec<Keypair> = labels
        .iter()
        .map(String::as_str)
        .chain(["rich", "used", "system_data"])
        .map(keypair)
        .collect();
    let bytes = message.serialize();
    let count = usize::from(message.header.num_required_signatures).min(message.account_keys.len());
    let signatures = message.account_keys[..count].iter().map(|key| {
        let signer = keys.iter().find(|pair| pair.pubkey() == *key);
        signer.map_or_else(Signature::default, |pair| pair.sign(&bytes))
    });
    Transaction {
        signatures: signatures.collect(),
        message,
    }
}

fn resign(name: &Name<'_>, transaction: &mut Transaction) {
    let signatures = &mut transaction.signatures;
    match name.kind {
        "bad_signature" => signatures[0].0[7] ^= 1,
        "zero_signature" => signatures[0] = Signature::default(),
        "second_bad" => signatures[1].0[7] ^= 1,
        "extra_signature" => signatures.push(Signature([5; 64])),
        "no_signature" => signatures.clear(),
        _ => {}
    }
}

fn rewrite(name: &Name<'_>, bytes: &mut Vec<u8>) {
    match name.kind {
        "truncated" => bytes.truncate(100),
        "trailing" => bytes.push(0),
        "empty" => bytes.clear(),
        "noise" => *bytes = (0..200).map(|byte: u8| byte.wrapping_mul(37)).collect(),
        "oversized" => bytes.resize(1_233, 0),
        "version1" => bytes[65] = 0x81,
        "version2" => bytes[65] = 0x82,
        "version127" => bytes[65] = 0xff,
        _ => {}
    }
}
