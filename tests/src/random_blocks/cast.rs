//! Who takes part: the keys of the random blocks and the genesis that funds them.
//!
//! Keys are few and hold very different things, so that transactions meet: actors with much, little or nothing, nonce
//! accounts in every state, probes with accounts of their own around the length at which a delta changes its form,
//! tables in every state, and keys that hold nothing yet.

use std::sync::LazyLock;

use isobath_sdk::builtins::lookup_table::LookupTableMeta;
use isobath_sdk::builtins::nonce::{NonceData, NonceState, NonceVersion};
use isobath_sdk::chain::genesis::{BuiltinProgram, Genesis, GenesisAccount};
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::program::ProgramTable;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use isobath_testkit::programs::program_table_with_probes;

/// The rent minimum of an account without data, in lamports.
pub const RENT_MINIMUM: u64 = 890_880;
/// Balance of an account that can pay for anything here.
pub const RICH: u64 = 10_000_000_000;
/// Blocks for which a blockhash is valid in these tests; short, so that expiry is common.
pub const BLOCKHASH_MAX_AGE: u64 = 8;
/// The producer of every block.
pub const PRODUCER: Pubkey = Pubkey([0x70; 32]);
/// A program that does not exist.
pub const ABSENT_PROGRAM: Pubkey = Pubkey([0x71; 32]);
/// Seed of the address that each probe signs for.
pub const VAULT_SEED: &[u8] = b"vault";
/// Actors that the genesis funds generously; of the others it funds some a little and some not at all.
pub const RICH_ACTORS: u8 = 4;
/// Number of probes.
pub const PROBES: u8 = 3;

const ACTORS: u8 = 10;
/// Two initialized nonces, one that is not initialized and one of the legacy version.
const NONCES: u8 = 4;
/// Keys that hold nothing in the genesis.
const SPARE: u8 = 6;
/// Length of the data that each probe's accounts begin with.
const HELD_DATA_LENS: [usize; 3] = [8, 4_096, 5_000];
/// Active, deactivated long ago, frozen, empty, and an account that is no table.
const TABLES: u8 = 5;

/// Actor `index`.
#[must_use]
pub const fn actor(index: u8) -> Pubkey {
    Pubkey([100 + index; 32])
}

/// The authority of nonce `index`, and of every table for index 0.
#[must_use]
pub const fn authority(index: u8) -> Pubkey {
    actor(index % RICH_ACTORS)
}

/// Probe `index`: the same code at another address, which is another program to the runtime.
#[must_use]
pub const fn probe(index: u8) -> Pubkey {
    Pubkey([0xD0 + index; 32])
}

/// A key that holds nothing in the genesis.
#[must_use]
pub const fn spare(index: u8) -> Pubkey {
    Pubkey([0x40 + index; 32])
}

const fn nonce(index: u8) -> Pubkey {
    Pubkey([0x30 + index; 32])
}

const fn table(index: u8) -> Pubkey {
    Pubkey([0x20 + index; 32])
}

const fn held(probe: u8, index: u8) -> Pubkey {
    Pubkey([0x50 + 4 * probe + index; 32])
}

/// Keys by what the genesis puts under them.
#[derive(Debug)]
pub struct Cast {
    /// Plain System accounts, most of them funded.
    pub actors: Vec<Pubkey>,
    /// Accounts that hold or could hold a nonce.
    pub nonces: Vec<Pubkey>,
    /// Accounts of the probes.
    pub held: Vec<Pubkey>,
    /// Keys that hold nothing.
    pub spare: Vec<Pubkey>,
    /// Tables, and one account that only looks like one.
    pub tables: Vec<Pubkey>,
    /// The address that each probe signs for, with its bump.
    pub vaults: Vec<(Pubkey, u8)>,
}

/// The keys of all random blocks.
pub static CAST: LazyLock<Cast> = LazyLock::new(|| Cast {
    actors: (0..ACTORS).map(actor).collect(),
    nonces: (0..NONCES).map(nonce).collect(),
    held: (0..PROBES)
        .flat_map(|owner| (0..3).map(move |index| held(owner, index)))
        .collect(),
    spare: (0..SPARE).map(spare).collect(),
    tables: (0..TABLES).map(table).collect(),
    vaults: (0..PROBES)
        .map(|index| {
            Pubkey::find_program_address(&[VAULT_SEED], &probe(index)).expect("some bump gives an address")
        })
        .collect(),
});

impl Cast {
    /// Every key that can hold something, tables left out.
    #[must_use]
    pub fn accounts(&self) -> Vec<Pubkey> {
        let vaults = self.vaults.iter().map(|(key, _)| key);
        let groups = self.actors.iter().chain(&self.nonces).chain(&self.held);
        groups.chain(&self.spare).chain(vaults).copied().collect()
    }
}

/// The built-in programs and the probes.
#[must_use]
pub fn programs() -> ProgramTable {
    program_table_with_probes((0..PROBES).map(probe))
}

/// The genesis that the random blocks start from.
#[must_use]
pub fn genesis(profile: Profile) -> Genesis {
    let mut genesis = Genesis::development();
    genesis.features = profile.features();
    genesis.blockhash_max_age_blocks = BLOCKHASH_MAX_AGE;
    genesis.producers = vec![PRODUCER];
    genesis.faucet = None;
    genesis.program_approver = None;
    genesis
        .builtin_programs
        .extend((0..PROBES).map(|index| BuiltinProgram {
            program_id: probe(index),
            name: format!("probe_{index}"),
        }));
    genesis.accounts = vec![GenesisAccount::funded(PRODUCER, RENT_MINIMUM)];
    genesis.accounts.extend((0..ACTORS).filter_map(actor_account));
    genesis.accounts.extend((0..NONCES).map(nonce_account));
    genesis.accounts.extend((0..TABLES).map(table_account));
    for owner in 0..PROBES {
        let accounts = (0_u8..).zip(HELD_DATA_LENS);
        genesis
            .accounts
            .extend(accounts.map(|(index, len)| GenesisAccount {
                owner: probe(owner),
                data: vec![index; len],
                ..GenesisAccount::funded(held(owner, index), RICH)
            }));
    }
    let vaults = CAST.vaults.iter();
    genesis
        .accounts
        .extend(vaults.map(|(key, _)| GenesisAccount::funded(*key, RICH)));
    genesis.normalize();
    genesis
}

const fn actor_account(index: u8) -> Option<GenesisAccount> {
    let lamports = match index {
        index if index < RICH_ACTORS => RICH,
        index if index % 2 == 0 => RENT_MINIMUM + 12_000,
        _ => return None,
    };
    Some(GenesisAccount::funded(actor(index), lamports))
}

fn nonce_account(index: u8) -> GenesisAccount {
    let data = NonceData {
        authority: authority(index),
        durable_nonce: Hash([index; 32]),
        lamports_per_signature: 5_000,
    };
    let (version, data) = match index {
        0 | 1 => (NonceVersion::Current, Some(data)),
        2 => (NonceVersion::Current, None),
        _ => (NonceVersion::Legacy, Some(data)),
    };
    GenesisAccount {
        data: NonceState { version, data }.to_bytes().to_vec(),
        ..GenesisAccount::funded(nonce(index), RICH)
    }
}

fn table_account(index: u8) -> GenesisAccount {
    let mut meta = LookupTableMeta::new(Some(authority(0)));
    let keys = match index {
        3 => Vec::new(),
        _ => CAST.accounts(),
    };
    match index {
        // A slot that never was.
        1 => meta.deactivation_slot = u64::MAX - 1,
        2 => meta.authority = None,
        _ => {}
    }
    let mut data = meta.to_bytes().to_vec();
    data.extend(keys.iter().flat_map(|key| key.0));
    if index + 1 == TABLES {
        data = vec![1; 57];
    }
    GenesisAccount {
        owner: ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
        data,
        ..GenesisAccount::funded(table(index), RICH)
    }
}
