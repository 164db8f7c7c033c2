//! Hostile transactions: noise, damage, every truncation, wrong encodings, wrong signatures, floods of duplicates.
//!
//! The keys are those of the development genesis, so that what is not damaged is real. At most one transaction a second
//! is meant to be confirmed: what a node keeps of confirmed transactions may grow, and is not what is measured here.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_sdk::builtins::system::{self, SystemInstruction};
use isobath_sdk::wire::message::TableAddresses;
use isobath_sdk::{
    AccountMeta, Hash, Instruction, Keypair, Message, MessageVersion, Pubkey, Transaction,
    builtins::compute_budget, ids,
};
use isobath_testkit::Random;
use isobath_testkit::keys::dev_key;
use serde_json::{Value, json};

use super::attacker::Attacker;
use super::http::HttpClient;
use super::oracle::{Owed, check_http, check_text};
use crate::fuzz_bodies::noise;

/// How often a fresh blockhash is asked for.
const BLOCKHASH_AGE_MAX: Duration = Duration::from_secs(1);
/// A blockhash that no chain has.
const STALE: Hash = Hash([7; 32]);
/// How often one good transaction is sent again.
const DUPLICATES: usize = 40;

/// Sends hostile transactions to every method that takes them.
pub fn attack(attacker: &mut Attacker<'_>) {
    let mut client = HttpClient::new(attacker.target.http);
    let mut cut = 0;
    while attacker.goes_on() {
        let begun = Instant::now();
        let Some(blockhash) = latest_blockhash(attacker, &mut client) else {
            continue;
        };
        let good = signed(&transfer(&mut attacker.random, 1), blockhash);
        flood(attacker, &mut client, &good);
        while attacker.goes_on() && begun.elapsed() < BLOCKHASH_AGE_MAX {
            cut += 1;
            let wire = wire(&mut attacker.random, blockhash, cut);
            send(attacker, &mut client, &wire);
        }
    }
}

fn latest_blockhash(attacker: &mut Attacker<'_>, client: &mut HttpClient) -> Option<Hash> {
    let request = br#"{"jsonrpc":"2.0","id":1,"method":"getLatestBlockhash"}"#;
    let text = exchange(attacker, client, request)?;
    let answer = check_text(&text).ok()?;
    answer["result"]["value"]["blockhash"].as_str()?.parse().ok()
}

/// Posts one request and judges its answer.
fn exchange(attacker: &mut Attacker<'_>, client: &mut HttpClient, request: &[u8]) -> Option<Vec<u8>> {
    attacker.count_sent(1);
    match client.post(request) {
        Ok(answer) => {
            attacker.count_answered(1);
            attacker.judge(request, check_http(&Owed::Id(1.into()), &answer));
            Some(answer.body)
        }
        Err(error) => {
            attacker.judge(request, Err(format!("no answer: {error}")));
            None
        }
    }
}

/// The same good transaction many times, with and without preflight.
fn flood(attacker: &mut Attacker<'_>, client: &mut HttpClient, transaction: &Transaction) {
    let text = STANDARD.encode(transaction.serialize());
    for round in 0..DUPLICATES {
        if !attacker.goes_on() {
            return;
        }
        let config = json!({ "encoding": "base64", "skipPreflight": round % 2 == 0 });
        call(attacker, client, "sendTransaction", &json!([text, config]));
    }
}

fn call(attacker: &mut Attacker<'_>, client: &mut HttpClient, method: &str, params: &Value) {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    exchange(attacker, client, request.as_bytes());
}

/// Sends bytes as a transaction, under one encoding or another, and as a message.
fn send(attacker: &mut Attacker<'_>, client: &mut HttpClient, wire: &[u8]) {
    let random = &mut attacker.random;
    let (text, encoding) = match random.below(6) {
        0 => (bs58(wire), "base58"),
        1 => (STANDARD.encode(wire), "base58"),
        2 => (text(random), "base64"),
        _ => (STANDARD.encode(wire), "base64"),
    };
    let config = json!({
        "encoding": encoding,
        "skipPreflight": random.below(2) == 0,
        "sigVerify": random.below(3) == 0,
        "replaceRecentBlockhash": random.below(3) == 0,
        "innerInstructions": random.below(2) == 0,
        "accounts": { "encoding": "base64", "addresses": [ids::SYSTEM_PROGRAM.to_string()] },
    });
    match random.below(8) {
        0..4 => call(attacker, client, "sendTransaction", &json!([text, config])),
        4..7 => call(attacker, client, "simulateTransaction", &json!([text, config])),
        _ => {
            let message = STANDARD.encode(wire.get(65..).unwrap_or_default());
            call(attacker, client, "getFeeForMessage", &json!([message]));
        }
    }
}

/// The text of a transaction that may be damaged, for callers without a blockhash.
pub fn text(random: &mut Random) -> String {
    let stale = signed(&transfer(random, 1), STALE);
    let bytes = match random.below(3) {
        0 => noise::bytes(random, 2_000),
        1 => stale.serialize(),
        _ => damaged(random, stale),
    };
    match random.below(3) {
        0 => bs58(&bytes),
        1 => STANDARD.encode(bytes),
        _ => {
            let mut text = STANDARD.encode(bytes).into_bytes();
            noise::damage(random, &mut text);
            text.retain(|byte| (b' '..0x7f).contains(byte) && !b"\"\\".contains(byte));
            String::from_utf8_lossy(&text).into_owned()
        }
    }
}

/// The text of a message, good or damaged.
pub fn message_base64(random: &mut Random) -> String {
    let mut bytes = signed(&transfer(random, 1), STALE).message.serialize();
    if random.below(2) == 0 {
        noise::damage(random, &mut bytes);
    }
    STANDARD.encode(bytes)
}

fn bs58(bytes: &[u8]) -> String {
    // The sdk encodes only keys, hashes and signatures; longer bytes are encoded here, digit by digit.
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let mut digits: Vec<u8> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = u8::try_from(carry % 58).expect("a remainder of 58 is small");
            carry /= 58;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 58).expect("a remainder of 58 is small"));
            carry /= 58;
        }
    }
    let leading = std::iter::repeat_n('1', zeros);
    let rest = digits
        .iter()
        .rev()
        .map(|digit| char::from(ALPHABET[usize::from(*digit)]));
    leading.chain(rest).collect()
}

/// Bytes of a transaction with something wrong. `cut` walks through every length of truncation.
fn wire(random: &mut Random, blockhash: Hash, cut: usize) -> Vec<u8> {
    let good = signed(&transfer(random, 1), blockhash);
    match random.below(12) {
        0 => noise::bytes(random, 1_400),
        1 => damaged(random, good),
        2 => {
            let mut bytes = good.serialize();
            bytes.truncate(cut % bytes.len());
            bytes
        }
        3 => {
            let mut bytes = good.serialize();
            bytes.resize(1_233 + random.below(4_000), 0);
            bytes
        }
        4 => other_version(random, &good),
        5 => Transaction::unsigned(good.message).serialize(),
        6 => badly_signed(random, good),
        7 => signed_by_stranger(random, blockhash),
        8 => signed(&transfer(random, 1), STALE).serialize(),
        9 => with_lookups(random, blockhash),
        _ => extreme(random, blockhash),
    }
}

fn damaged(random: &mut Random, transaction: Transaction) -> Vec<u8> {
    let mut bytes = transaction.serialize();
    noise::damage(random, &mut bytes);
    bytes
}

/// The bytes with another version in front of the message: 1, which exists elsewhere, and those that nobody has.
fn other_version(random: &mut Random, transaction: &Transaction) -> Vec<u8> {
    let mut bytes = transaction.serialize();
    let version = 0x80 | noise::byte(random);
    if random.below(2) == 0 {
        // A version 1 transaction begins with its message and ends with its signatures.
        bytes.drain(..65);
        bytes.extend([0; 64]);
        bytes[0] = version;
    } else {
        bytes[65] = version;
    }
    bytes
}

/// One bit of one signature is wrong, or the signatures are those of another message.
fn badly_signed(random: &mut Random, mut transaction: Transaction) -> Vec<u8> {
    let at = random.below(transaction.signatures.len());
    let bit = random.below(512);
    transaction.signatures[at].0[bit / 8] ^= 1 << (bit % 8);
    transaction.serialize()
}

/// A right signature of a key that owns nothing: decoded, verified, and refused at the last moment.
fn signed_by_stranger(random: &mut Random, blockhash: Hash) -> Vec<u8> {
    let sender = unknown_key(random);
    let pay = system::transfer(&sender.pubkey(), &dev(random).pubkey(), 1);
    compile(&sender, &[pay], blockhash, &[&sender]).serialize()
}

fn with_lookups(random: &mut Random, blockhash: Hash) -> Vec<u8> {
    let payer = dev(random);
    let addresses: Vec<Pubkey> = (0..random.below(20) + 1)
        .map(|_| unknown_key(random).pubkey())
        .collect();
    let metas = addresses.iter().map(|key| AccountMeta::writable(*key)).collect();
    let touch = Instruction::new(
        ids::SYSTEM_PROGRAM,
        metas,
        vec![2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    );
    let table = TableAddresses {
        table: unknown_key(random).pubkey(),
        addresses: &addresses,
    };
    let message = Message::compile_with_tables(&payer.pubkey(), &[touch], &[table], blockhash)
        .expect("a few keys compile");
    sign(message, &[&payer]).serialize()
}

/// Right in form, absurd in content: amounts, spaces, prices, limits and numbers of instructions.
fn extreme(random: &mut Random, blockhash: Hash) -> Vec<u8> {
    let (payer, new) = (dev(random), unknown_key(random));
    let (from, to) = (payer.pubkey(), new.pubkey());
    let transfers = |lamports, count| vec![system::transfer(&from, &to, lamports); count];
    let instructions = match random.below(8) {
        0 => transfers(u64::MAX, 1),
        1 => transfers(u64::MAX / 2, 3),
        2 => transfers(0, random.below(60) + 1),
        3 => vec![compute_budget::set_compute_unit_price(u64::MAX)],
        4 => vec![compute_budget::set_compute_unit_limit(u32::MAX); 2],
        5 => vec![
            compute_budget::request_heap_frame(u32::MAX),
            compute_budget::set_loaded_accounts_data_size_limit(0),
        ],
        6 => return creation(&payer, &new, 10 << 20, blockhash),
        _ => return creation(&payer, &new, u64::MAX, blockhash),
    };
    compile(&payer, &instructions, blockhash, &[&payer]).serialize()
}

/// The creation of an account of `space` bytes that nobody can afford, but which can be simulated far enough.
fn creation(payer: &Keypair, new: &Keypair, space: u64, blockhash: Hash) -> Vec<u8> {
    let create = SystemInstruction::CreateAccount {
        lamports: 1,
        space,
        owner: ids::BPF_LOADER_UPGRADEABLE,
    };
    let accounts = vec![
        AccountMeta::signer_writable(payer.pubkey()),
        AccountMeta::signer_writable(new.pubkey()),
    ];
    let create = Instruction::new(ids::SYSTEM_PROGRAM, accounts, create.encode());
    compile(payer, &[create], blockhash, &[payer, new]).serialize()
}

/// A transfer between two development keys.
fn transfer(random: &mut Random, lamports: u64) -> (Keypair, Instruction) {
    let (from, to) = (dev(random), dev(random));
    let pay = system::transfer(&from.pubkey(), &to.pubkey(), lamports);
    (from, pay)
}

fn signed((payer, instruction): &(Keypair, Instruction), blockhash: Hash) -> Transaction {
    compile(payer, std::slice::from_ref(instruction), blockhash, &[payer])
}

fn compile(
    payer: &Keypair,
    instructions: &[Instruction],
    blockhash: Hash,
    signers: &[&Keypair],
) -> Transaction {
    let message = Message::compile(MessageVersion::Legacy, &payer.pubkey(), instructions, blockhash)
        .expect("a few keys compile");
    sign(message, signers)
}

fn sign(message: Message, signers: &[&Keypair]) -> Transaction {
    Transaction::sign(message, signers).expect("every signer is there")
}

/// One of the ten development keys.
pub fn dev(random: &mut Random) -> Keypair {
    dev_key(random.below(10))
}

fn unknown_key(random: &mut Random) -> Keypair {
    Keypair::from_seed(std::array::from_fn(|_| random.next_u64().to_le_bytes()[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base58_is_that_of_keys() {
        let mut random = Random::new(5);
        for _ in 0..50 {
            let mut bytes: [u8; 32] = std::array::from_fn(|_| noise::byte(&mut random));
            bytes[0] = 0;
            assert_eq!(bs58(&bytes), Pubkey(bytes).to_string());
        }
        assert_eq!(bs58(&[]), "");
    }

    #[test]
    fn every_kind_of_packet_is_drawn_and_some_decode() {
        let mut random = Random::new(6);
        let wires: Vec<_> = (0..400).map(|cut| wire(&mut random, STALE, cut)).collect();
        let good = wires
            .iter()
            .filter(|wire| Transaction::parse(wire).is_ok())
            .count();
        assert!(good > 100 && good < 350, "{good}");
        assert!(wires.iter().any(|wire| wire.len() > 1_232));
    }
}
