//! The instructions of a transaction, well-formed ones and those that fail.

use isobath_sdk::builtins::compute_budget::{
    request_heap_frame, set_compute_unit_limit, set_compute_unit_price, set_loaded_accounts_data_size_limit,
};
use isobath_sdk::builtins::lookup_table_instruction::{
    close_lookup_table, deactivate_lookup_table, extend_lookup_table, freeze_lookup_table,
};
use isobath_sdk::builtins::system::{self, SeededAddress};
use isobath_sdk::{AccountMeta, Instruction, Pubkey, ids};

use super::name::Name;
use crate::answers::cast::{RENT_MINIMUM, address};

const SEED: &str = "seed";

/// The instructions of a kind.
///
/// # Panics
/// When there is no such kind.
pub(super) fn of(name: &Name<'_>) -> Vec<Instruction> {
    accounts(name)
        .or_else(|| nonces(name))
        .or_else(|| tables(name))
        .or_else(|| budgets(name))
        .or_else(|| programs(name))
        .unwrap_or_else(|| otherwise(name))
}

/// What does not differ in its instructions: a transfer.
fn otherwise(name: &Name<'_>) -> Vec<Instruction> {
    const KINDS: [&str; 41] = [
        "transfer",
        "v0",
        "bad_signature",
        "zero_signature",
        "extra_signature",
        "no_signature",
        "truncated",
        "trailing",
        "empty",
        "noise",
        "oversized",
        "version1",
        "version2",
        "version127",
        "blockhash_unknown",
        "blockhash_zero",
        "payer_missing",
        "payer_poor",
        "payer_rent",
        "payer_owned",
        "payer_data",
        "duplicate_key",
        "account_out",
        "program_out",
        "program_payer",
        "no_signers",
        "readonly_payer",
        "header_over",
        "lookup_empty",
        "lookup_program",
        "many_locks",
        "many_keys",
        "no_instructions",
        "sixty_five",
        "lookup",
        "lookup_index",
        "lookup_missing",
        "lookup_owner",
        "lookup_data",
        "lookup_short",
        "airdrop",
    ];
    assert!(
        KINDS.contains(&name.kind),
        "there is no transaction {}",
        name.whole
    );
    let to = if name.kind.starts_with("lookup") {
        address("one")
    } else {
        name.to()
    };
    vec![system::transfer(&name.from(), &to, RENT_MINIMUM)]
}

fn accounts(name: &Name<'_>) -> Option<Vec<Instruction>> {
    let (from, to, new) = (name.from(), name.to(), name.own("new"));
    let program = address("program4");
    let seeded = |base: Pubkey, seed| SeededAddress {
        address: Pubkey::with_seed(&base, SEED, &program).expect("a short seed"),
        base,
        seed,
    };
    let instruction = match name.kind {
        "two" => {
            let transfer = system::transfer(&from, &to, 1);
            return Some(vec![transfer.clone(), transfer]);
        }
        "second_bad" => {
            return Some(vec![
                system::transfer(&from, &to, 1),
                system::transfer(&to, &from, 1),
            ]);
        }
        "second_fails" => {
            return Some(vec![
                system::transfer(&from, &to, 1),
                system::transfer(&from, &to, u64::MAX),
            ]);
        }
        "zero" => system::transfer(&from, &to, 0),
        "self" => system::transfer(&from, &from, 1),
        "overdraw" => system::transfer(&from, &to, 20_000_000_000),
        "dust" => system::transfer(&from, &new, 1),
        "to_sysvar" => system::transfer(&from, &ids::SYSVAR_CLOCK, 1),
        "to_program" => system::transfer(&from, &ids::SYSTEM_PROGRAM, 1),
        "from_data" => system::transfer(&address("system_data"), &to, 1),
        "create" => system::create_account(&from, &new, 3_000_000, 200, &program),
        "create_used" => system::create_account(&from, &address("used"), 3_000_000, 200, &program),
        "create_poor" => system::create_account(&from, &new, 1, 200, &program),
        "create_huge" => system::create_account(&from, &new, 3_000_000, (10 << 20) + 1, &program),
        "prefund" => system::create_account_allow_prefund(&new, Some((&from, 3_000_000)), 200, &program),
        "create_seed" => {
            system::create_account_with_seed(&from, &seeded(from, SEED), 3_000_000, 200, &program)
        }
        "seed_mismatch" => {
            system::create_account_with_seed(&from, &seeded(from, "other"), 3_000_000, 200, &program)
        }
        "seed_long" => {
            const LONG: &str = "a seed of more than thirty-two bytes";
            system::create_account_with_seed(&from, &seeded(from, LONG), 3_000_000, 200, &program)
        }
        "seed_transfer" => system::transfer_with_seed(&seeded(from, SEED), &program, &to, 1),
        "seed_allocate" => system::allocate_with_seed(&seeded(from, SEED), 10, &program),
        "seed_assign" => system::assign_with_seed(&seeded(from, SEED), &program),
        "allocate" => system::allocate(&to, 10),
        "assign" => system::assign(&to, &program),
        "unsigned" => unsigned(system::transfer(&address("rich"), &to, 1)),
        "few_accounts" => {
            let mut instruction = system::transfer(&from, &to, 1);
            instruction.accounts.truncate(1);
            instruction
        }
        "no_data" => bare(ids::SYSTEM_PROGRAM, Vec::new()),
        "bad_data" => bare(ids::SYSTEM_PROGRAM, vec![0xff; 4]),
        "long_data" => {
            let mut instruction = system::transfer(&from, &to, 1);
            instruction.data.extend([0; 20]);
            instruction
        }
        _ => return None,
    };
    Some(vec![instruction])
}

fn nonces(name: &Name<'_>) -> Option<Vec<Instruction>> {
    let (from, to, nonce) = (name.from(), name.to(), name.own("nonce"));
    let advance = system::advance_nonce_account(&nonce, &from);
    Some(match name.kind {
        "nonce" | "nonce_stale" => vec![advance, system::transfer(&from, &to, 1)],
        "nonce_fail" => vec![advance, system::transfer(&from, &to, u64::MAX)],
        "nonce_missing" => vec![system::advance_nonce_account(&address("nobody"), &from)],
        "nonce_authority" => vec![system::advance_nonce_account(&address("nonce"), &from)],
        "nonce_advance" => vec![system::transfer(&from, &to, 1), advance],
        "nonce_create" => system::create_nonce_account(&from, &name.own("new"), &from, 2_000_000).to_vec(),
        "nonce_authorize" => vec![system::authorize_nonce_account(&nonce, &from, &to)],
        "nonce_withdraw" => vec![system::withdraw_nonce_account(&nonce, &from, &to, 1)],
        "nonce_overdraw" => vec![system::withdraw_nonce_account(&nonce, &from, &to, 2_000_000_000)],
        "nonce_upgrade" => vec![system::upgrade_nonce_account(&nonce)],
        "nonce_again" => vec![system::initialize_nonce_account(&nonce, &from)],
        _ => return None,
    })
}

fn tables(name: &Name<'_>) -> Option<Vec<Instruction>> {
    let (from, table) = (name.from(), name.own("table"));
    Some(vec![match name.kind {
        "table_extend" => extend_lookup_table(&table, &from, Some(&from), vec![address("two")]),
        "table_freeze" => freeze_lookup_table(&table, &from),
        "table_deactivate" => deactivate_lookup_table(&table, &from),
        "table_close" => close_lookup_table(&table, &from, &from),
        "table_authority" => freeze_lookup_table(&address("table"), &from),
        "table_nothing" => extend_lookup_table(&table, &from, Some(&from), Vec::new()),
        _ => return None,
    }])
}

fn budgets(name: &Name<'_>) -> Option<Vec<Instruction>> {
    let budget = |data: &[u8]| bare(ids::COMPUTE_BUDGET_PROGRAM, data.to_vec());
    let mut instructions = match name.kind {
        "price" => vec![set_compute_unit_limit(10_000), set_compute_unit_price(1_000_000)],
        "price_huge" => vec![set_compute_unit_price(u64::MAX)],
        "limit" => vec![set_compute_unit_limit(300)],
        "limit_low" => vec![set_compute_unit_limit(200)],
        "limit_zero" => vec![set_compute_unit_limit(0)],
        "limit_huge" => vec![set_compute_unit_limit(u32::MAX)],
        "limit_twice" => vec![set_compute_unit_limit(1_000), set_compute_unit_limit(1_000)],
        "price_twice" => vec![set_compute_unit_price(1), set_compute_unit_price(2)],
        "heap" => vec![request_heap_frame(64 << 10)],
        "heap_odd" => vec![request_heap_frame((32 << 10) + 1)],
        "heap_small" => vec![request_heap_frame(1_024)],
        "heap_big" => vec![request_heap_frame(257 << 10)],
        "heap_twice" => vec![request_heap_frame(64 << 10), request_heap_frame(64 << 10)],
        "loaded" => vec![set_loaded_accounts_data_size_limit(100_000)],
        "loaded_zero" => vec![set_loaded_accounts_data_size_limit(0)],
        "loaded_small" => vec![set_loaded_accounts_data_size_limit(10)],
        "loaded_twice" => vec![
            set_loaded_accounts_data_size_limit(100_000),
            set_loaded_accounts_data_size_limit(100_000),
        ],
        "budget_short" => vec![budget(&[2, 1])],
        "budget_long" => vec![budget(&[2, 0, 4, 0, 0, 9, 9])],
        "budget_tag" => vec![budget(&[9, 0, 0, 0, 0])],
        "budget_empty" => vec![budget(&[])],
        "budget_retired" => vec![budget(&[0, 0, 0, 0, 0, 0, 0, 0, 0])],
        "budget_only" => return Some(vec![set_compute_unit_limit(1_000)]),
        _ => return None,
    };
    instructions.push(system::transfer(&name.from(), &name.to(), 1));
    Some(instructions)
}

fn programs(name: &Name<'_>) -> Option<Vec<Instruction>> {
    Some(vec![match name.kind {
        "no_program" => bare(address("nobody"), vec![1]),
        "not_program" => bare(address("data7"), vec![1]),
        "wallet_program" => bare(address("rich"), vec![1]),
        "memo" => bare(address("memo"), b"hello".to_vec()),
        "token" => bare(ids::TOKEN_PROGRAM, vec![17]),
        "loader" => bare(ids::NATIVE_LOADER, vec![1]),
        "sysvar_program" => bare(ids::SYSVAR_CLOCK, vec![1]),
        "vote" => bare(ids::VOTE_PROGRAM, vec![1]),
        "ed25519_bad" => bare(ids::ED25519_PRECOMPILE, vec![1, 0, 1, 2]),
        "ed25519_empty" => bare(ids::ED25519_PRECOMPILE, vec![0, 0]),
        "secp256k1_bad" => bare(ids::SECP256K1_PRECOMPILE, vec![1, 0, 1, 2]),
        "secp256r1_bad" => bare(ids::SECP256R1_PRECOMPILE, vec![1, 0, 1, 2]),
        _ => return None,
    }])
}

const fn bare(program_id: Pubkey, data: Vec<u8>) -> Instruction {
    Instruction {
        program_id,
        accounts: Vec::new(),
        data,
    }
}

fn unsigned(mut instruction: Instruction) -> Instruction {
    instruction.accounts[0] = AccountMeta::writable(instruction.accounts[0].pubkey);
    instruction
}
