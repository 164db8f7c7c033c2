//! Who takes part: the keys of a world and the genesis that funds them.

use isobath_sdk::builtins::lookup_table::LookupTableMeta;
use isobath_sdk::builtins::nonce::{NonceData, NonceState, NonceVersion};
use isobath_sdk::chain::genesis::{BuiltinProgram, Genesis, GenesisAccount};
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;

/// Users: the first are rich, then two are poor, the last two have nothing.
pub(super) const USERS: u8 = 10;
/// Users that can pay for everything.
pub(super) const RICH_USERS: u8 = 6;
/// Probes, which are different programs to the runtime.
pub(super) const PROBES: u8 = 3;
/// Accounts of each probe.
pub(super) const HELD: u8 = 2;
/// Nonce accounts; the last is of the legacy version, the one before it was never initialized.
pub(super) const NONCES: u8 = 6;
/// Lookup tables; the last four are deactivated, frozen, empty and no table.
pub(super) const TABLES: u8 = 7;
/// The producer of every block.
pub(super) const PRODUCER: Pubkey = Pubkey([66; 32]);
/// A program that does not exist.
pub(super) const ABSENT: Pubkey = Pubkey([88; 32]);
/// Seed of the address that each probe signs for.
pub(super) const VAULT_SEED: &[u8] = b"vault";
/// Blocks for which a blockhash lives; few, so that expiry is common.
pub(super) const BLOCKHASH_MAX_AGE: u64 = 8;

const RENT_MINIMUM: u64 = 890_880;
const RICH: u64 = 1_000_000_000_000;
/// Enough for 10 MiB of data.
const HELD_BALANCE: u64 = 100_000_000_000;

/// User `index`.
pub(super) const fn user(index: u8) -> Pubkey {
    Pubkey([100 + index; 32])
}

/// Probe `index`.
pub(super) const fn probe(index: u8) -> Pubkey {
    Pubkey([0xD0 + index; 32])
}

/// An account of a probe.
pub(super) const fn held(probe: u8, index: u8) -> Pubkey {
    Pubkey([0x50 + 4 * probe + index; 32])
}

/// Nonce account `index`, whose authority is the user of that index.
pub(super) const fn nonce(index: u8) -> Pubkey {
    Pubkey([0x30 + index; 32])
}

/// Lookup table `index`, whose authority is user 0.
pub(super) const fn table(index: u8) -> Pubkey {
    Pubkey([0x20 + index; 32])
}

/// All keys of a world, and what was derived for them once.
#[derive(Debug)]
pub(super) struct Cast {
    /// Keys that hold something or may come to.
    pub(super) accounts: Vec<Pubkey>,
    /// Programs that can be called.
    pub(super) programs: Vec<Pubkey>,
    /// The address that each probe signs for, with its bump.
    pub(super) vaults: Vec<(Pubkey, u8)>,
    /// The keys of each table.
    pub(super) table_keys: Vec<Vec<Pubkey>>,
    /// The genesis of all worlds, but for the features.
    genesis: Genesis,
}

impl Cast {
    pub(super) fn new() -> Self {
        let vaults: Vec<(Pubkey, u8)> = (0..PROBES)
            .map(|index| {
                Pubkey::find_program_address(&[VAULT_SEED], &probe(index))
                    .expect("some bump gives an address")
            })
            .collect();
        let mut accounts: Vec<Pubkey> = (0..USERS).map(user).collect();
        accounts.extend((0..PROBES).flat_map(|owner| (0..HELD).map(move |index| held(owner, index))));
        accounts.extend((0..NONCES).map(nonce));
        accounts.extend(vaults.iter().map(|(key, _)| *key));
        let table_keys = (0..TABLES).map(|index| keys_of_table(index, &accounts)).collect();
        accounts.extend((0..TABLES).map(table));
        accounts.push(PRODUCER);
        let programs = (0..PROBES)
            .map(probe)
            .chain([ids::SYSTEM_PROGRAM, ids::ADDRESS_LOOKUP_TABLE_PROGRAM])
            .collect();
        let mut cast = Self {
            accounts,
            programs,
            vaults,
            table_keys,
            genesis: Genesis::development(),
        };
        cast.fund();
        cast
    }

    /// The genesis of a world with this profile.
    pub(super) fn genesis(&self, profile: Profile) -> Genesis {
        Genesis {
            features: profile.features(),
            ..self.genesis.clone()
        }
    }

    fn fund(&mut self) {
        let mut genesis = Genesis::development();
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
        let mut accounts = vec![GenesisAccount::funded(PRODUCER, RENT_MINIMUM)];
        accounts.extend((0..RICH_USERS).map(|index| GenesisAccount::funded(user(index), RICH)));
        let poor = (RICH_USERS..RICH_USERS + 2).zip([RENT_MINIMUM + 12_000, RENT_MINIMUM]);
        accounts.extend(poor.map(|(index, lamports)| GenesisAccount::funded(user(index), lamports)));
        accounts.extend(
            self.vaults
                .iter()
                .map(|(key, _)| GenesisAccount::funded(*key, RICH)),
        );
        for owner in 0..PROBES {
            accounts.extend((0..HELD).map(|index| GenesisAccount {
                owner: probe(owner),
                data: vec![index; 8],
                ..GenesisAccount::funded(held(owner, index), HELD_BALANCE)
            }));
        }
        accounts.extend((0..NONCES).map(nonce_account));
        accounts.extend((0..TABLES).map(|index| self.table_account(index)));
        genesis.accounts = accounts;
        genesis.normalize();
        self.genesis = genesis;
    }

    fn table_account(&self, index: u8) -> GenesisAccount {
        let mut meta = LookupTableMeta::new(Some(user(0)));
        match TABLES - index {
            // A slot that never was: deactivated permanently.
            4 => meta.deactivation_slot = u64::MAX - 1,
            3 => meta.authority = None,
            _ => {}
        }
        let mut data = meta.to_bytes().to_vec();
        for key in &self.table_keys[usize::from(index)] {
            data.extend(key.0);
        }
        if index + 1 == TABLES {
            data = vec![1; 57];
        }
        GenesisAccount {
            owner: ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
            data,
            ..GenesisAccount::funded(table(index), RICH)
        }
    }
}

/// A window of the accounts, two programs and a sysvar; nothing for the table that is empty.
fn keys_of_table(index: u8, accounts: &[Pubkey]) -> Vec<Pubkey> {
    if index + 2 == TABLES {
        return Vec::new();
    }
    let start = usize::from(index) * 4;
    let window = accounts.iter().cycle().skip(start).take(12).copied();
    window
        .chain([probe(index % PROBES), ids::SYSTEM_PROGRAM, ids::SYSVAR_CLOCK])
        .collect()
}

fn nonce_account(index: u8) -> GenesisAccount {
    let data = NonceData {
        authority: user(index % RICH_USERS),
        durable_nonce: Hash([index; 32]),
        lamports_per_signature: 5_000,
    };
    let (version, data) = match NONCES - index {
        2 => (NonceVersion::Current, None),
        1 => (NonceVersion::Legacy, Some(data)),
        _ => (NonceVersion::Current, Some(data)),
    };
    GenesisAccount {
        data: NonceState { version, data }.to_bytes().to_vec(),
        ..GenesisAccount::funded(nonce(index), HELD_BALANCE)
    }
}
