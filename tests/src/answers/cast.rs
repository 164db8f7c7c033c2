//! Accounts that exist from the start, on every node the same.
//!
//! A key is derived from its label. `from:NAME` pays for the transaction of that name and no other, so that balances
//! do not depend on what else was sent.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_sdk::builtins::lookup_table::LookupTableMeta;
use isobath_sdk::builtins::nonce::{NonceData, NonceState};
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::rules::Profile;
use isobath_sdk::{Hash, Keypair, Pubkey, ids};
use serde_json::json;

const SOL: u64 = 1_000_000_000;
/// The rent minimum of an account without data.
pub const RENT_MINIMUM: u64 = 890_880;
/// The value of the nonces.
pub const NONCE: Hash = Hash([7; 32]);
/// A blockhash that no chain has.
pub const UNKNOWN_BLOCKHASH: Hash = Hash([9; 32]);

/// The key with this label.
///
/// # Panics
/// When the label is longer than a seed.
#[must_use]
pub fn keypair(label: &str) -> Keypair {
    let mut seed = [0; 32];
    seed[..label.len()].copy_from_slice(label.as_bytes());
    Keypair::from_seed(seed)
}

/// The address with this label: one of the well-known names below, or that of the key.
#[must_use]
pub fn address(label: &str) -> Pubkey {
    match label {
        "system" => ids::SYSTEM_PROGRAM,
        "budget" => ids::COMPUTE_BUDGET_PROGRAM,
        "tables" => ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
        "token" => ids::TOKEN_PROGRAM,
        "stake" => ids::STAKE_PROGRAM,
        "vote" => ids::VOTE_PROGRAM,
        "loader" => ids::NATIVE_LOADER,
        "sysvars" => ids::SYSVAR_OWNER,
        "clock" => ids::SYSVAR_CLOCK,
        "rent" => ids::SYSVAR_RENT,
        "schedule" => ids::SYSVAR_EPOCH_SCHEDULE,
        "hashes" => ids::SYSVAR_SLOT_HASHES,
        "recent" => ids::SYSVAR_RECENT_BLOCKHASHES,
        "rewards" => ids::SYSVAR_EPOCH_REWARDS,
        "restart" => ids::SYSVAR_LAST_RESTART_SLOT,
        "history" => ids::SYSVAR_SLOT_HISTORY,
        "stakes" => ids::SYSVAR_STAKE_HISTORY,
        "instructions" => ids::SYSVAR_INSTRUCTIONS,
        "incinerator" => ids::INCINERATOR,
        "memo" => "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"
            .parse()
            .expect("the address of the memo program"),
        label => keypair(label).pubkey(),
    }
}

/// The accounts for transactions with these names.
#[must_use]
pub fn accounts(transactions: &BTreeSet<String>) -> Vec<GenesisAccount> {
    let mut accounts = vec![
        GenesisAccount::funded(address("rich"), 1_000_000 * SOL),
        GenesisAccount::funded(address("used"), 2 * SOL),
        owned("data0", "program", Vec::new()),
        owned("data7", "program", (1..=7).collect()),
        owned("data128", "program", vec![1; 128]),
        owned("data129", "program", vec![1; 129]),
        owned("data200", "program2", (0..200).collect()),
        owned("system_data", "system", vec![3; 10]),
        owned("nonce", "system", nonce("rich")),
        owned(
            "nonce_empty",
            "system",
            NonceState {
                data: None,
                ..nonce_state("rich")
            }
            .to_bytes()
            .to_vec(),
        ),
        owned("table", "tables", table(&["one", "two", "three"])),
        owned("table_many", "tables", table_of((0..=255).map(many).collect())),
        owned("table_owner", "program3", table(&["one"])),
        owned("table_data", "tables", vec![9; 56]),
        owned("table_short", "tables", vec![1; 20]),
        owned("mint", "token", mint()),
        owned("token_account", "token", token_account()),
    ];
    for name in transactions {
        accounts.extend(of_transaction(name));
    }
    accounts
}

/// What only the transaction of this name touches.
fn of_transaction(name: &str) -> Vec<GenesisAccount> {
    let from = address(&format!("from:{name}"));
    let mut accounts = vec![GenesisAccount::funded(address(&format!("to:{name}")), SOL)];
    let lamports = match name.split('.').next().unwrap_or(name) {
        "payer_missing" => None,
        "payer_poor" => Some(RENT_MINIMUM),
        "payer_rent" => Some(RENT_MINIMUM + 6_000),
        _ => Some(10 * SOL),
    };
    accounts.extend(lamports.map(|lamports| GenesisAccount::funded(from, lamports)));
    if name.starts_with("payer_owned") {
        accounts.last_mut().expect("it was just added").owner = address("program3");
    }
    if name.starts_with("nonce") {
        accounts.push(owned(
            &format!("nonce:{name}"),
            "system",
            nonce(&format!("from:{name}")),
        ));
    }
    if name.starts_with("table_") {
        let authority = format!("from:{name}");
        let mut data = LookupTableMeta::new(Some(address(&authority)))
            .to_bytes()
            .to_vec();
        data.extend(address("one").0);
        accounts.push(owned(&format!("table:{name}"), "tables", data));
    }
    accounts
}

/// An account with data, at its rent minimum and a little more.
fn owned(label: &str, owner: &str, data: Vec<u8>) -> GenesisAccount {
    GenesisAccount {
        pubkey: address(label),
        lamports: SOL,
        owner: address(owner),
        executable: false,
        data,
    }
}

fn nonce_state(authority: &str) -> NonceState {
    NonceState::initialized(NonceData {
        authority: address(authority),
        durable_nonce: NONCE,
        lamports_per_signature: 5_000,
    })
}

fn nonce(authority: &str) -> Vec<u8> {
    nonce_state(authority).to_bytes().to_vec()
}

fn table(labels: &[&str]) -> Vec<u8> {
    table_of(labels.iter().map(|label| address(label)).collect())
}

fn table_of(keys: Vec<Pubkey>) -> Vec<u8> {
    let mut data = LookupTableMeta::new(Some(address("rich"))).to_bytes().to_vec();
    data.extend(keys.iter().flat_map(|key| key.0));
    data
}

/// One of many addresses that no account has.
const fn many(index: u8) -> Pubkey {
    Pubkey([
        index, 77, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
        26, 27, 28, 29, 30,
    ])
}

/// A mint with six decimals.
fn mint() -> Vec<u8> {
    let mut data = vec![0; 82];
    data[0] = 1;
    data[4..36].copy_from_slice(&address("rich").0);
    data[36] = 100;
    data[44] = 6;
    data[45] = 1;
    data
}

/// An account of that mint.
fn token_account() -> Vec<u8> {
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(&address("mint").0);
    data[32..64].copy_from_slice(&address("rich").0);
    data[64] = 100;
    data[108] = 1;
    data
}

/// The genesis of our node, with the features that `solana-test-validator` activates and Isobath has.
#[must_use]
pub fn genesis(transactions: &BTreeSet<String>) -> Genesis {
    let mut genesis = Genesis::development();
    genesis.features = Profile::All.features();
    genesis.accounts.extend(accounts(transactions));
    genesis.normalize();
    genesis
}

/// Writes each account as a file that `solana-test-validator --account-dir` reads.
///
/// # Errors
/// Whatever the system answers.
pub fn write_account_files(folder: &Path, transactions: &BTreeSet<String>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for account in accounts(transactions) {
        let text = json!({
            "pubkey": account.pubkey.to_string(),
            "account": {
                "lamports": account.lamports,
                "data": [STANDARD.encode(&account.data), "base64"],
                "owner": account.owner.to_string(),
                "executable": false,
                "rentEpoch": u64::MAX,
                "space": account.data.len(),
            },
        });
        fs::write(folder.join(format!("{}.json", account.pubkey)), text.to_string())?;
    }
    Ok(())
}
