//! The genesis: everything that a chain starts from.
//!
//! A genesis is a JSON file for its authors and canonical borsh bytes for the nodes. The hash of the bytes identifies
//! the chain: it is in every header, is the parent of block 1 and is checked when a ledger is opened. Two nodes with
//! different rules therefore never follow each other by accident.
//!
//! ```text
//!  JSON file --from_json--> normalize (sort) --> validate --> Genesis --borsh--> bytes --hash--> genesis hash
//!                                                                |
//!                                                                '--> initial_accounts: the state of height 0
//! ```
//!
//! Invariant: a genesis that passed [`Genesis::validate`] has its accounts and programs in ascending order of keys, so
//! it has one encoding, and its rules are ones that this version executes. Its limits follow from the rules version and
//! the active features ([`Genesis::rules`]); a set of features that no chain can have is rejected with the name of the
//! feature, never ignored.
//!
//! Built-in programs and features have lists of their own; the accounts that represent them are derived from these and
//! cannot be listed by hand. A program's has one lamport and is owned by the native loader; a feature's records that it
//! is active since slot 0, as `solana-test-validator` 4.2.2 writes it.

mod development;
mod json;
mod rules;
mod validate;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

pub use self::development::{
    DEVELOPMENT_KEY_COUNT, approver_keypair, dev_keypairs, development_seed, faucet_keypair, producer_keypair,
};
pub use self::json::GenesisFileError;
pub use self::rules::{FeeRules, RentRules};
pub use self::validate::GenesisError;
use super::account::Account;
use super::hashing::{Tag, hash_canonical};
use crate::hash::Hash;
use crate::ids;
use crate::pubkey::Pubkey;
use crate::rules::{FeatureSet, GenesisNumbers, Rules};
use crate::sysvar::epoch_schedule::EpochSchedule;
use crate::sysvar::rent::Rent;

/// Contents of the account of a feature that is active since slot 0: a present slot, in bincode.
const FEATURE_ACTIVE_SINCE_0: [u8; 9] = [1, 0, 0, 0, 0, 0, 0, 0, 0];

/// The rules version that this version executes.
pub const RULES_VERSION: u16 = 1;

/// A program that is linked into the validator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct BuiltinProgram {
    /// Address of the program.
    pub program_id: Pubkey,
    /// Its name, shown as the data of its account.
    pub name: String,
}

impl BuiltinProgram {
    /// The account that represents the program, as on Solana.
    #[must_use]
    pub fn account(&self) -> Account {
        Account {
            lamports: 1,
            owner: ids::NATIVE_LOADER,
            executable: true,
            last_change_epoch: 0,
            data: self.name.clone().into_bytes().into(),
        }
    }
}

/// An account that exists from the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisAccount {
    /// Address.
    pub pubkey: Pubkey,
    /// Balance: at least the rent minimum of the data.
    #[serde(with = "json::exact_number")]
    pub lamports: u64,
    /// Owning program; the System program if the file omits it.
    #[serde(default = "system_program")]
    pub owner: Pubkey,
    /// Whether the account is a program.
    #[serde(default)]
    pub executable: bool,
    /// Contents; base64 in the file.
    #[serde(default, with = "json::base64_text")]
    pub data: Vec<u8>,
}

const fn system_program() -> Pubkey {
    ids::SYSTEM_PROGRAM
}

impl GenesisAccount {
    /// A System account without data.
    #[must_use]
    pub const fn funded(pubkey: Pubkey, lamports: u64) -> Self {
        Self {
            pubkey,
            lamports,
            owner: ids::SYSTEM_PROGRAM,
            executable: false,
            data: Vec::new(),
        }
    }

    fn account(&self) -> Account {
        Account {
            lamports: self.lamports,
            owner: self.owner,
            executable: self.executable,
            last_change_epoch: 0,
            data: self.data.clone().into(),
        }
    }
}

/// The initial state and the rules of a chain. The order of the fields is the order of the canonical bytes.
///
/// In a JSON file, an omitted rule has its development value; producers and accounts are required. Every number may be
/// written as text, and those above 2^53 are, so that tools which hold numbers as doubles do not round them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize, BorshDeserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Genesis {
    /// Version of the rules by which blocks are executed: [`RULES_VERSION`].
    #[serde(with = "json::exact_number")]
    pub rules_version: u16,
    /// Time of height 0 in milliseconds since the Unix epoch. No block is older.
    #[serde(with = "json::exact_number")]
    pub start_time_ms: i64,
    /// Intended time between blocks in milliseconds.
    #[serde(with = "json::exact_number")]
    pub slot_ms: u64,
    /// Slots of an epoch.
    #[serde(with = "json::exact_number")]
    pub slots_per_epoch: u64,
    /// Blocks between state roots; 0 for none, the only value until the state tree exists.
    #[serde(with = "json::exact_number")]
    pub root_interval_blocks: u64,
    /// Number of blocks between the block that a state root belongs to and the result that carries it.
    #[serde(with = "json::exact_number")]
    pub state_root_delay: u64,
    /// Maximum number of blocks between a header and its anchor.
    #[serde(with = "json::exact_number")]
    pub anchor_lag_max: u64,
    /// Number of following blocks in which a blockhash is usable.
    #[serde(with = "json::exact_number")]
    pub blockhash_max_age_blocks: u64,
    /// The blockhash of height 0. Listed, not derived, so that transactions can be prepared before the chain starts.
    pub first_blockhash: Hash,
    /// Fees.
    pub fees: FeeRules,
    /// Rent.
    pub rent: RentRules,
    /// The active features: `"mainnet"`, `"all"` or a difference from one of the two in the file.
    pub features: FeatureSet,
    /// Keys that may produce blocks and are credited with their fees, in order of rotation.
    pub producers: Vec<Pubkey>,
    /// Key that approves native programs, if any may be added.
    pub program_approver: Option<Pubkey>,
    /// Account that pays for airdrops, if there is one.
    pub faucet: Option<Pubkey>,
    /// Programs linked into the validator, ascending by address.
    pub builtin_programs: Vec<BuiltinProgram>,
    /// Accounts, ascending by address.
    pub accounts: Vec<GenesisAccount>,
}

impl Genesis {
    /// The hash of the canonical bytes, which identifies the chain.
    #[must_use]
    pub fn hash(&self) -> Hash {
        hash_canonical(Tag::Genesis, self)
    }

    /// Sorts the lists without an order of their own, so that files that differ only in their order give the same
    /// chain.
    pub fn normalize(&mut self) {
        self.builtin_programs.sort_by_key(|program| program.program_id);
        self.accounts.sort_by_key(|account| account.pubkey);
    }

    /// The accounts of height 0, those of built-in programs and features included, ascending by address.
    #[must_use]
    pub fn initial_accounts(&self) -> Vec<(Pubkey, Account)> {
        let programs = self
            .builtin_programs
            .iter()
            .map(|program| (program.program_id, program.account()));
        let accounts = self
            .accounts
            .iter()
            .map(|account| (account.pubkey, account.account()));
        let features = self.features.iter();
        let features = features.map(|feature| (feature.id(), self.feature_account()));
        let mut all: Vec<_> = programs.chain(features).chain(accounts).collect();
        all.sort_by_key(|(key, _)| *key);
        all
    }

    /// Sum of the lamports of height 0; `None` if it exceeds a u64, which [`Self::validate`] rejects.
    #[must_use]
    pub fn capitalization(&self) -> Option<u64> {
        let programs = u64::try_from(self.builtin_programs.len()).ok()?;
        let features = u64::try_from(self.features.iter().count()).ok()?;
        let features = features.checked_mul(self.feature_account().lamports)?;
        let derived = programs.checked_add(features)?;
        self.accounts
            .iter()
            .try_fold(derived, |sum, account| sum.checked_add(account.lamports))
    }

    /// The account of an active feature.
    fn feature_account(&self) -> Account {
        let len = FEATURE_ACTIVE_SINCE_0.len() as u64;
        Account {
            data: FEATURE_ACTIVE_SINCE_0.to_vec().into(),
            ..Account::new(self.rent().minimum_balance(len).max(1), ids::FEATURE)
        }
    }

    /// The rules of the chain.
    #[must_use]
    pub const fn rules(&self) -> Rules {
        let numbers = GenesisNumbers {
            lamports_per_signature: self.fees.lamports_per_signature,
            fee_burn_percent: self.fees.burn_percent,
            lamports_per_byte: self.rent.lamports_per_byte,
            slots_per_epoch: self.slots_per_epoch,
            blockhash_age_max: self.blockhash_max_age_blocks,
        };
        Rules::new(self.features, numbers)
    }

    /// The rent rate.
    #[must_use]
    pub const fn rent(&self) -> Rent {
        Rent::new(self.rent.lamports_per_byte)
    }

    /// The lengths of epochs.
    #[must_use]
    pub const fn epoch_schedule(&self) -> EpochSchedule {
        EpochSchedule::without_warmup(self.slots_per_epoch)
    }
}

#[cfg(test)]
mod tests;
