//! What is decided before a transaction runs.
//!
//! A limit of one byte of loaded data fails every transaction after its fee is charged, on both sides, whatever
//! programs exist there. That shows the fee of calls to programs that only one side has.

use isobath_program_probe::{Operation, Script};
use isobath_sdk::builtins::compute_budget::{set_compute_unit_price, set_loaded_accounts_data_size_limit};
use isobath_sdk::builtins::system::transfer;
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::pubkey::Pubkey;

use super::draft::{Draft, owned};
use crate::generate::PROBES;

/// A lamport for each compute unit.
const PRICE: u64 = 1_000_000;
/// More than the rent minimum of an account without data.
const LAMPORTS: u64 = 2_000_000;

/// Programs with and without a default limit of their own.
const PROGRAMS: [Pubkey; 15] = [
    ids::SYSTEM_PROGRAM,
    ids::VOTE_PROGRAM,
    ids::STAKE_PROGRAM,
    ids::CONFIG_PROGRAM,
    ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
    ids::BPF_LOADER_DEPRECATED,
    ids::BPF_LOADER,
    ids::BPF_LOADER_UPGRADEABLE,
    ids::LOADER_V4,
    ids::ED25519_PRECOMPILE,
    ids::SECP256K1_PRECOMPILE,
    ids::SECP256R1_PRECOMPILE,
    ids::ZK_ELGAMAL_PROOF_PROGRAM,
    ids::TOKEN_PROGRAM,
    PROBES[0],
];

/// Keys that lose their write lock, written out a second time so that none is dropped on both sides at once.
const RESERVED: [Pubkey; 31] = [
    ids::SYSTEM_PROGRAM,
    ids::COMPUTE_BUDGET_PROGRAM,
    ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
    ids::BPF_LOADER_DEPRECATED,
    ids::BPF_LOADER,
    ids::BPF_LOADER_UPGRADEABLE,
    ids::LOADER_V4,
    ids::NATIVE_LOADER,
    ids::CONFIG_PROGRAM,
    ids::ED25519_PRECOMPILE,
    ids::SECP256K1_PRECOMPILE,
    ids::SECP256R1_PRECOMPILE,
    ids::VOTE_PROGRAM,
    ids::STAKE_PROGRAM,
    ids::STAKE_CONFIG,
    ids::ZK_TOKEN_PROOF_PROGRAM,
    ids::ZK_ELGAMAL_PROOF_PROGRAM,
    ids::FEATURE,
    ids::SYSVAR_OWNER,
    ids::SYSVAR_CLOCK,
    ids::SYSVAR_RENT,
    ids::SYSVAR_EPOCH_SCHEDULE,
    ids::SYSVAR_RECENT_BLOCKHASHES,
    ids::SYSVAR_SLOT_HASHES,
    ids::SYSVAR_SLOT_HISTORY,
    ids::SYSVAR_STAKE_HISTORY,
    ids::SYSVAR_EPOCH_REWARDS,
    ids::SYSVAR_LAST_RESTART_SLOT,
    ids::SYSVAR_INSTRUCTIONS,
    ids::SYSVAR_FEES,
    ids::SYSVAR_REWARDS,
];

/// Keys that look like some of those and keep theirs.
const FREE: [Pubkey; 4] = [
    ids::TOKEN_PROGRAM,
    ids::MEMO_PROGRAM,
    ids::ASSOCIATED_TOKEN_PROGRAM,
    ids::INCINERATOR,
];

pub(super) fn default_units(draft: &mut Draft) {
    let payer = draft.rich("payer");
    for program in PROGRAMS {
        let call = Instruction::new(program, Vec::new(), Vec::new());
        let budget = [
            set_compute_unit_price(PRICE),
            set_loaded_accounts_data_size_limit(1),
        ];
        draft.send(payer, &[&budget[..], &[call]].concat());
    }
}

pub(super) fn precompile_signatures(draft: &mut Draft) {
    let payer = draft.rich("payer");
    for program in [
        ids::ED25519_PRECOMPILE,
        ids::SECP256K1_PRECOMPILE,
        ids::SECP256R1_PRECOMPILE,
        ids::SYSTEM_PROGRAM,
    ] {
        for signatures in [&[][..], &[0], &[1], &[3, 7], &[255]] {
            let call = Instruction::new(program, Vec::new(), signatures.to_vec());
            draft.send(payer, &[set_loaded_accounts_data_size_limit(1), call]);
        }
    }
    let twice = [ids::ED25519_PRECOMPILE, ids::SECP256K1_PRECOMPILE];
    let calls = twice.map(|program| Instruction::new(program, Vec::new(), vec![2]));
    draft.send(
        payer,
        &[&[set_loaded_accounts_data_size_limit(1)][..], &calls].concat(),
    );
}

pub(super) fn reserved_keys(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let from = draft.account("of the probe", owned(PROBES[0], Vec::new()));
    for key in RESERVED.iter().chain(&FREE) {
        draft.send(payer, &[moving(from, *key)]);
    }
}

pub(super) fn reserved_keys_loaded(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let from = draft.account("of the probe", owned(PROBES[0], Vec::new()));
    let keys = [&RESERVED[..], &FREE].concat();
    let table = draft.table("table", payer, &keys);
    for key in &keys {
        draft.send_loading(payer, &[moving(from, *key)], table, &keys);
    }
}

/// Lamports for a key that nothing else in the transaction needs.
fn moving(from: Pubkey, to: Pubkey) -> Instruction {
    let accounts = vec![AccountMeta::writable(from), AccountMeta::writable(to)];
    let lamports = LAMPORTS;
    let script = Script::new().then(Operation::Move {
        from: 0,
        to: 1,
        lamports,
    });
    script.instruction(PROBES[0], accounts)
}

pub(super) fn blockhash_150(draft: &mut Draft) {
    aged(draft, 150);
    aged(draft, 152);
}

pub(super) fn blockhash_151(draft: &mut Draft) {
    aged(draft, 151);
}

/// A transfer with a blockhash that is this many blocks old, and the same again.
fn aged(draft: &mut Draft, age: u64) {
    let payer = draft.rich("payer");
    let to = draft.key("to");
    draft.send(payer, &[transfer(&payer, &to, LAMPORTS)]);
    draft.end_block();
    draft.wait(age);
    let height = draft.height() - age;
    for _ in 0..2 {
        draft.send_at(payer, &[transfer(&payer, &to, LAMPORTS + age)], height);
    }
    draft.end_block();
}

/// A program that is called loses its write lock, unless the upgradeable loader is among the keys.
pub(super) fn loader_locks(draft: &mut Draft) {
    let payer = draft.rich("payer");
    for others in [vec![], vec![ids::BPF_LOADER], vec![ids::BPF_LOADER_UPGRADEABLE]] {
        draft.send(payer, &paid_program(payer, &others));
    }
}

pub(super) fn loader_loaded(draft: &mut Draft) {
    let payer = draft.rich("payer");
    let keys = [ids::BPF_LOADER_UPGRADEABLE];
    let table = draft.table("table", payer, &keys);
    draft.send_loading(payer, &paid_program(payer, &keys), table, &keys);
}

/// Calls a program that names these keys, and transfers lamports to it.
fn paid_program(payer: Pubkey, others: &[Pubkey]) -> Vec<Instruction> {
    let program = PROBES[2];
    let others = others.iter().map(|key| AccountMeta::readonly(*key)).collect();
    vec![
        Script::new().instruction(program, others),
        transfer(&payer, &program, LAMPORTS),
    ]
}
