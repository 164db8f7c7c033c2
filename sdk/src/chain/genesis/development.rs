//! The development genesis and its keys.
//!
//! **The keys are public on purpose.** Their seeds are derived from a fixed context and a small index, so that every
//! developer, test and load file has the same funded accounts without passing key files around. Every reader of this
//! file can sign with them: they must never hold anything of value.

use super::{BuiltinProgram, FeeRules, Genesis, GenesisAccount, RULES_VERSION, RentRules};
use crate::builtins::token::layout::mint_data;
use crate::chain::hashing::{Tag, hash_tagged};
use crate::hash::Hash;
use crate::ids;
use crate::keypair::Keypair;
use crate::lamports::LAMPORTS_PER_SOL;
use crate::rules::Profile;

/// Number of funded development keys.
pub const DEVELOPMENT_KEY_COUNT: usize = 10;

const DEVELOPMENT_KEY_LAMPORTS: u64 = 500_000 * LAMPORTS_PER_SOL;
const FAUCET_LAMPORTS: u64 = 500_000_000 * LAMPORTS_PER_SOL;
/// More than the rent minimum, so that the credit of fees to the producer never fails.
const PRODUCER_LAMPORTS: u64 = LAMPORTS_PER_SOL;

/// Decimals of wrapped lamports: those of SOL.
const NATIVE_DECIMALS: u8 = 9;

/// Indexes of the keys after those of [`dev_keypairs`].
const FAUCET_INDEX: u32 = 10;
const PRODUCER_INDEX: u32 = 11;
const APPROVER_INDEX: u32 = 12;

/// 2026-11-22T00:00:00Z.
const START_TIME_MS: i64 = 1_795_305_600_000;
const FIRST_BLOCKHASH: Hash = Hash(*b"isobath development blockhash v1");

/// The seed of the development key with this index: public, see the module docs.
#[must_use]
pub fn development_seed(index: u32) -> [u8; 32] {
    hash_tagged(Tag::DevelopmentKey, &index.to_le_bytes()).0
}

fn development_keypair(index: u32) -> Keypair {
    Keypair::from_seed(development_seed(index))
}

/// The funded development keys, indexes 0 to 9. Public: see the module docs.
#[must_use]
pub fn dev_keypairs() -> [Keypair; DEVELOPMENT_KEY_COUNT] {
    let mut index = 0u32;
    std::array::from_fn(|_| {
        let keypair = development_keypair(index);
        index = index.saturating_add(1);
        keypair
    })
}

/// The key of the development faucet, index 10. Public: see the module docs.
#[must_use]
pub fn faucet_keypair() -> Keypair {
    development_keypair(FAUCET_INDEX)
}

/// The key of the development producer, index 11. Public: see the module docs.
#[must_use]
pub fn producer_keypair() -> Keypair {
    development_keypair(PRODUCER_INDEX)
}

/// The key that approves native programs on a development chain, index 12. Public: see the module docs.
#[must_use]
pub fn approver_keypair() -> Keypair {
    development_keypair(APPROVER_INDEX)
}

/// The development rules without producers, keys and accounts: the values of fields that a file omits. Not valid until
/// producers and accounts are given.
impl Default for Genesis {
    fn default() -> Self {
        Self {
            rules_version: RULES_VERSION,
            start_time_ms: START_TIME_MS,
            slot_ms: 400,
            slots_per_epoch: 8_192,
            root_interval_blocks: 0,
            state_root_delay: 8,
            anchor_lag_max: 16,
            blockhash_max_age_blocks: 150,
            first_blockhash: FIRST_BLOCKHASH,
            fees: FeeRules::default(),
            rent: RentRules::default(),
            features: Profile::Mainnet.features(),
            producers: Vec::new(),
            program_approver: None,
            faucet: None,
            builtin_programs: builtin_programs(),
            accounts: Vec::new(),
        }
    }
}

/// The native programs, with the names that Solana's runtime gives them, and the token and memo programs, which are
/// bytecode there.
fn builtin_programs() -> Vec<BuiltinProgram> {
    let program = |program_id, name: &str| BuiltinProgram {
        program_id,
        name: name.to_owned(),
    };
    vec![
        program(ids::SYSTEM_PROGRAM, "solana_system_program"),
        program(ids::ADDRESS_LOOKUP_TABLE_PROGRAM, "address_lookup_table_program"),
        program(ids::COMPUTE_BUDGET_PROGRAM, "compute_budget_program"),
        program(ids::MEMO_PROGRAM_V1, "memo_program"),
        program(ids::MEMO_PROGRAM_V4, "memo_program"),
        program(ids::MEMO_PROGRAM, "memo_program"),
        program(ids::TOKEN_PROGRAM, "token_program"),
        program(ids::ASSOCIATED_TOKEN_PROGRAM, "associated_token_program"),
    ]
}

/// The mint of wrapped lamports, with the balance that Solana gives it. It has no authorities: its tokens are lamports.
fn native_mint() -> GenesisAccount {
    GenesisAccount {
        owner: ids::TOKEN_PROGRAM,
        data: mint_data(NATIVE_DECIMALS, [None, None], 0),
        ..GenesisAccount::funded(ids::NATIVE_MINT, LAMPORTS_PER_SOL)
    }
}

impl Genesis {
    /// The genesis of a development chain: ten funded keys, a faucet, one producer, and the mint of wrapped lamports. Its
    /// keys are public.
    #[must_use]
    pub fn development() -> Self {
        let (faucet, producer) = (faucet_keypair().pubkey(), producer_keypair().pubkey());
        let mut accounts: Vec<GenesisAccount> = dev_keypairs()
            .iter()
            .map(|keypair| GenesisAccount::funded(keypair.pubkey(), DEVELOPMENT_KEY_LAMPORTS))
            .collect();
        accounts.push(GenesisAccount::funded(faucet, FAUCET_LAMPORTS));
        accounts.push(GenesisAccount::funded(producer, PRODUCER_LAMPORTS));
        accounts.push(native_mint());
        let mut genesis = Self {
            producers: vec![producer],
            program_approver: Some(approver_keypair().pubkey()),
            faucet: Some(faucet),
            accounts,
            ..Self::default()
        };
        genesis.normalize();
        genesis
    }
}
