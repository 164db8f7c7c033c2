//! The accounts of a sequence: a few of each kind that a rule tells from the others.
//!
//! Keys are hashes of the seed, so sequences never share an account. Signatures are made up, so every key can sign.

use std::collections::BTreeMap;

use isobath_sdk::builtins::lookup_table::LookupTableMeta;
use isobath_sdk::builtins::nonce::{NonceData, NonceState, NonceVersion};
use isobath_sdk::chain::account::Account;
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::pubkey::Pubkey;
use isobath_testkit::Random;

use super::constants::{BASE_FEE, PROBES, PRODUCER, RENT_MINIMUM, rent_minimum};
use crate::sequence::Oracle;

/// A program that owns accounts and does not exist.
pub(crate) const OWNER: Pubkey = Pubkey([77; 32]);
/// Rich, poor and absent accounts of each sequence, in this order.
const RICH: u8 = 3;
const POOR: u8 = 4;
const ABSENT: u8 = 4;

/// An address made from a base and a seed.
#[derive(Clone, Debug)]
pub(crate) struct Seeded {
    pub(crate) address: Pubkey,
    pub(crate) base: Pubkey,
    pub(crate) seed: String,
    pub(crate) owner: Pubkey,
}

/// An address that a program derives.
#[derive(Clone, Debug)]
pub(crate) struct Derived {
    pub(crate) address: Pubkey,
    pub(crate) program: Pubkey,
    pub(crate) seeds: Vec<Vec<u8>>,
}

/// A lookup table as the generator believes it to be.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) address: Pubkey,
    pub(crate) authority: Pubkey,
    pub(crate) keys: Vec<Pubkey>,
}

/// All of them.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    pub(crate) oracle: Oracle,
    pub(crate) accounts: BTreeMap<Pubkey, Account>,
    /// System accounts that can pay.
    pub(crate) rich: Vec<Pubkey>,
    /// Every key that is not one of the programs or sysvars.
    pub(crate) keys: Vec<Pubkey>,
    pub(crate) seeded: Vec<Seeded>,
    /// Nonce accounts with the authority they start with.
    pub(crate) nonces: Vec<(Pubkey, Pubkey)>,
    pub(crate) tables: Vec<Table>,
    /// Accounts that the probes own, at least one of each.
    pub(crate) probe_owned: Vec<Pubkey>,
    /// Addresses that the probes derive, with an account or without.
    pub(crate) derived: Vec<Derived>,
    /// An account that is marked executable and is no program.
    pub(crate) not_a_program: Pubkey,
}

impl Pool {
    /// The accounts of a sequence.
    pub(crate) fn new(seed: u64, oracle: Oracle, random: &mut Random) -> Self {
        let mut pool = Self {
            oracle,
            accounts: BTreeMap::new(),
            rich: Vec::new(),
            keys: Vec::new(),
            seeded: Vec::new(),
            nonces: Vec::new(),
            tables: Vec::new(),
            probe_owned: Vec::new(),
            derived: Vec::new(),
            not_a_program: derived_key(seed, "not a program"),
        };
        pool.add_plain(seed, random);
        pool.add_odd(seed, random);
        pool.add_seeded(random);
        pool.add_nonces(seed, random);
        pool.add_probes(seed, random);
        pool.add_tables(seed, random);
        pool
    }

    fn add(&mut self, key: Pubkey, account: Account) {
        self.keys.push(key);
        self.accounts.insert(key, account);
    }

    fn add_plain(&mut self, seed: u64, random: &mut Random) {
        for index in 0..RICH {
            let key = derived_key(seed, &format!("rich {index}"));
            let lamports = random.pick(&[1_000_000_000, 20_000_000_000, 1_000_000_000_000]);
            self.rich.push(key);
            self.add(key, Account::new(lamports, ids::SYSTEM_PROGRAM));
        }
        for index in 0..POOR {
            let extra = random.pick(&[
                0,
                1,
                BASE_FEE - 1,
                BASE_FEE,
                BASE_FEE + 1,
                2 * BASE_FEE,
                RENT_MINIMUM,
                RENT_MINIMUM + BASE_FEE,
                RENT_MINIMUM + BASE_FEE - 1,
                2_000_000,
            ]);
            let key = derived_key(seed, &format!("poor {index}"));
            self.add(key, Account::new(RENT_MINIMUM + extra, ids::SYSTEM_PROGRAM));
        }
        for index in 0..ABSENT {
            self.keys.push(derived_key(seed, &format!("absent {index}")));
        }
    }

    fn add_odd(&mut self, seed: u64, random: &mut Random) {
        let foreign = derived_key(seed, "foreign");
        let len = random.pick(&[0, 1, 80, 200]);
        self.add(foreign, with_data(OWNER, random.bytes(len), random));
        let len = random.pick(&[1, 79, 80, 81, 200]);
        self.add(
            derived_key(seed, "system with data"),
            with_data(ids::SYSTEM_PROGRAM, vec![0; len], random),
        );
        if self.oracle == Oracle::Ledger {
            let mut account = with_data(OWNER, vec![1, 2, 3], random);
            account.executable = true;
            self.add(self.not_a_program, account);
        }
    }

    fn add_seeded(&mut self, random: &mut Random) {
        for seed in ["", "a", "0123456789abcdef0123456789abcdef"] {
            let base = random.pick(&self.rich);
            let owner = random.pick(&[ids::SYSTEM_PROGRAM, ids::SYSTEM_PROGRAM, OWNER]);
            let address = Pubkey::with_seed(&base, seed, &owner).expect("at most 32 bytes, no marker");
            self.seeded.push(Seeded {
                address,
                base,
                seed: seed.to_owned(),
                owner,
            });
            if self.accounts.contains_key(&address) || random.chance(1, 2) {
                self.keys.push(address);
                continue;
            }
            let extra = random.pick(&[0, 1, 1_000_000]);
            self.add(address, Account::new(RENT_MINIMUM + extra, ids::SYSTEM_PROGRAM));
        }
    }

    fn add_nonces(&mut self, seed: u64, random: &mut Random) {
        for index in 0..3 {
            let key = derived_key(seed, &format!("nonce {index}"));
            let authority = random.pick(&self.rich);
            let data = NonceData {
                authority,
                durable_nonce: Hash(derived_key(seed, &format!("value {index}")).0),
                lamports_per_signature: random.pick(&[0, BASE_FEE]),
            };
            let state = NonceState {
                version: match random.chance(1, 6) {
                    true => NonceVersion::Legacy,
                    false => NonceVersion::Current,
                },
                data: random.chance(5, 6).then_some(data),
            };
            let mut data = state.to_bytes().to_vec();
            if random.chance(1, 12) {
                data.push(0);
            }
            self.nonces.push((key, authority));
            self.add(key, with_data(ids::SYSTEM_PROGRAM, data, random));
        }
    }

    fn add_probes(&mut self, seed: u64, random: &mut Random) {
        for (index, program) in PROBES.into_iter().enumerate() {
            let key = derived_key(seed, &format!("probe {index}"));
            let len = random.pick(&[0, 1, 16, 64, 300]);
            let data = match random.chance(1, 2) {
                true => vec![0; len],
                false => random.bytes(len),
            };
            self.add(key, with_data(program, data, random));
            self.probe_owned.push(key);
            let (address, bump) = Pubkey::find_program_address(&[&seed.to_le_bytes()], &program)
                .expect("one in 2^255 has no address");
            self.derived.push(Derived {
                address,
                program,
                seeds: vec![seed.to_le_bytes().to_vec(), vec![bump]],
            });
            match random.below(3) {
                0 => self.keys.push(address),
                1 => self.add(address, Account::new(1_000_000_000, ids::SYSTEM_PROGRAM)),
                _ => self.add(address, with_data(program, vec![0; 8], random)),
            }
        }
    }

    fn add_tables(&mut self, seed: u64, random: &mut Random) {
        for index in 0..2 {
            let address = derived_key(seed, &format!("table {index}"));
            let authority = random.pick(&self.rich);
            let count = random.pick(&[0, 1, 3, 6]);
            let keys: Vec<Pubkey> = (0..count).map(|_| random.pick(&self.keys)).collect();
            let meta = LookupTableMeta {
                deactivation_slot: random.pick(&[u64::MAX, u64::MAX, u64::MAX, u64::MAX, 0, 9_999]),
                last_extended_slot: 0,
                last_extended_slot_start_index: 0,
                authority: random.chance(5, 6).then_some(authority),
            };
            let mut data = meta.to_bytes().to_vec();
            data.extend(keys.iter().flat_map(|key| key.0));
            spoil(&mut data, random);
            let owner = match random.chance(1, 16) {
                true => OWNER,
                false => ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
            };
            self.tables.push(Table {
                address,
                authority,
                keys,
            });
            self.add(address, with_data(owner, data, random));
        }
    }

    /// Any key: mostly of an account of the sequence, now and then one with rules of its own.
    pub(crate) fn any(&self, random: &mut Random) -> Pubkey {
        if random.chance(1, 60) && self.oracle == Oracle::Ledger {
            return ids::INCINERATOR;
        }
        if random.chance(1, 12) {
            return random.pick(&[
                ids::SYSTEM_PROGRAM,
                ids::COMPUTE_BUDGET_PROGRAM,
                ids::SYSVAR_CLOCK,
                ids::SYSVAR_RENT,
                ids::SYSVAR_RECENT_BLOCKHASHES,
                ids::SYSVAR_SLOT_HASHES,
            ]);
        }
        random.pick(&self.keys)
    }

    /// A System account: mostly a rich one.
    pub(crate) fn funder(&self, random: &mut Random) -> Pubkey {
        match random.chance(2, 3) {
            true => random.pick(&self.rich),
            false => self.any(random),
        }
    }

    /// The balance that the account starts with.
    pub(crate) fn balance(&self, key: &Pubkey) -> u64 {
        self.accounts.get(key).map_or(0, |account| account.lamports)
    }

    /// The keys whose accounts are compared.
    pub(crate) fn watched(&self) -> Vec<Pubkey> {
        let mut keys = self.keys.clone();
        keys.extend(self.tables.iter().map(|table| table.address));
        if self.oracle == Oracle::Ledger {
            // litesvm ends no blocks, so it pays no producer and burns no incinerator.
            keys.extend([ids::INCINERATOR, PRODUCER]);
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// A key that belongs to one sequence.
fn derived_key(seed: u64, name: &str) -> Pubkey {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"isobath conformance");
    hasher.update(&seed.to_le_bytes());
    hasher.update(name.as_bytes());
    Pubkey(*hasher.finalize().as_bytes())
}

fn with_data(owner: Pubkey, data: Vec<u8>, random: &mut Random) -> Account {
    let extra = random.pick(&[0, 0, 1, BASE_FEE, RENT_MINIMUM, 5_000_000]);
    Account {
        lamports: rent_minimum(data.len() as u64) + extra,
        owner,
        data: data.into(),
        ..Account::default()
    }
}

/// Makes one in eight tables something else.
fn spoil(data: &mut Vec<u8>, random: &mut Random) {
    match random.below(32) {
        0 => data[0] = 0,
        1 => data[0] = 2,
        2 => data.push(1),
        3 => data.truncate(random.pick(&[0, 3, 21, 55])),
        _ => {}
    }
}
