//! Checks that a genesis can be run.
//!
//! Every check reports its cause. Nothing is repaired: nodes must agree on a genesis byte by byte.

use super::{BuiltinProgram, Genesis, GenesisAccount, RULES_VERSION};
use crate::ids;
use crate::pubkey::Pubkey;
use crate::rules::{Feature, FeatureError};

/// Longest blockhash age. The replay window and the recent headers are kept in memory for that long.
const BLOCKHASH_AGE_MAX: u64 = 4_096;
/// Shortest epoch, as on Solana.
const SLOTS_PER_EPOCH_MIN: u64 = 32;
/// Longest epoch: 19 days of 400 ms slots. The leader schedule of an epoch names each of its slots, and that of the
/// longest one still fits into an answer of 32 MiB.
const SLOTS_PER_EPOCH_MAX: u64 = 4 << 20;
/// The most producers. Each is compared with the others.
const PRODUCERS_MAX: usize = 1_024;
/// The most built-in programs. Each account is compared with all of them.
const BUILTIN_PROGRAMS_MAX: usize = 256;
/// Longest name of a built-in program.
const PROGRAM_NAME_LEN_MAX: usize = 64;
/// Latest start: the year 9999. Seconds and milliseconds of every block fit their integers for as long as it matters.
const START_TIME_MS_MAX: i64 = 253_402_300_799_999;

/// Why a genesis cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenesisError {
    /// The rules are not ones that this version executes.
    #[error("rules_version {found} is not supported; this version executes rules version {RULES_VERSION}")]
    RulesVersion {
        /// The value in the genesis.
        found: u16,
    },
    /// A number lies outside its range.
    #[error("{field} is {found}; it must be from {min} to {max}")]
    OutOfRange {
        /// Name of the field.
        field: &'static str,
        /// The value in the genesis.
        found: i128,
        /// Minimum.
        min: i128,
        /// Maximum.
        max: i128,
    },
    /// State roots are requested, but the state tree does not exist yet.
    #[error("root_interval_blocks is {found}; only 0 (no state roots) is supported")]
    StateRoots {
        /// The value in the genesis.
        found: u64,
    },
    /// A list is longer than a chain can use.
    #[error("{field} has {found} entries; at most {max} are allowed")]
    TooMany {
        /// Name of the list.
        field: &'static str,
        /// Its entries.
        found: usize,
        /// The most entries.
        max: usize,
    },
    /// No chain can have this set of features.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// No key may produce blocks.
    #[error("producers is empty")]
    NoProducer,
    /// A producer is listed twice.
    #[error("producer {0} is listed twice")]
    DuplicateProducer(Pubkey),
    /// A producer is a reserved key, which cannot hold fees.
    #[error("producer {0} is a reserved address")]
    ReservedProducer(Pubkey),
    /// The approver of programs is a reserved key, which cannot sign.
    #[error("program_approver {0} is a reserved address")]
    ReservedApprover(Pubkey),
    /// The list of programs is not in ascending order.
    #[error("builtin_programs is not sorted: {0} follows a greater address")]
    UnsortedProgram(Pubkey),
    /// A program is listed twice.
    #[error("built-in program {0} is listed twice")]
    DuplicateProgram(Pubkey),
    /// A sysvar is declared a program.
    #[error("built-in program {0} is the address of a sysvar")]
    SysvarProgram(Pubkey),
    /// A program's name is empty, too long, or has other characters than lower case letters, digits and underscores.
    #[error(
        "the name of built-in program {0} must have 1 to {PROGRAM_NAME_LEN_MAX} characters from a-z, 0-9 and _"
    )]
    ProgramName(Pubkey),
    /// There are no accounts, so no transaction could pay its fee.
    #[error("accounts is empty")]
    NoAccounts,
    /// The list of accounts is not in ascending order.
    #[error("accounts is not sorted: {0} follows a greater address")]
    UnsortedAccount(Pubkey),
    /// An account is listed twice.
    #[error("account {0} is listed twice")]
    DuplicateAccount(Pubkey),
    /// An account has a reserved address or that of a built-in program.
    #[error("account {0} is reserved; sysvars and native programs cannot be listed under accounts")]
    ReservedAccount(Pubkey),
    /// An account or a program has the address of a feature.
    #[error("{key} is the address of feature {feature}; list the feature under features instead")]
    FeatureAddress {
        /// The address.
        key: Pubkey,
        /// The feature.
        feature: Feature,
    },
    /// An account claims to be a native program but is not listed as one.
    #[error("account {0} is owned by the native loader; list it under builtin_programs instead")]
    UnlistedProgram(Pubkey),
    /// The data of an account exceeds the limit.
    #[error("account {pubkey} has {len} bytes of data; at most {max} are allowed")]
    AccountTooLarge {
        /// The account.
        pubkey: Pubkey,
        /// Its bytes.
        len: u64,
        /// The limit.
        max: u64,
    },
    /// An account is not rent exempt.
    #[error("account {pubkey} has {lamports} lamports; its size requires at least {minimum}")]
    AccountNotRentExempt {
        /// The account.
        pubkey: Pubkey,
        /// Its balance.
        lamports: u64,
        /// The rent minimum.
        minimum: u64,
    },
    /// All lamports together exceed a u64.
    #[error("the lamports of all accounts sum to more than 2^64 - 1")]
    Capitalization,
    /// The faucet does not exist, or is not a System account without data.
    #[error("faucet {0} must be listed in accounts, owned by the System program and without data")]
    Faucet(Pubkey),
}

impl Genesis {
    /// Checks that this genesis can be run and is in canonical order.
    ///
    /// # Errors
    /// [`GenesisError`] names the first cause found.
    pub fn validate(&self) -> Result<(), GenesisError> {
        if self.rules_version != RULES_VERSION {
            return Err(GenesisError::RulesVersion {
                found: self.rules_version,
            });
        }
        self.validate_numbers()?;
        self.features.check(self.rent.lamports_per_byte)?;
        at_most("producers", self.producers.len(), PRODUCERS_MAX)?;
        at_most(
            "builtin_programs",
            self.builtin_programs.len(),
            BUILTIN_PROGRAMS_MAX,
        )?;
        self.validate_producers()?;
        self.validate_approver()?;
        self.validate_programs()?;
        self.validate_accounts()?;
        self.validate_faucet()
    }

    fn validate_numbers(&self) -> Result<(), GenesisError> {
        in_range("start_time_ms", self.start_time_ms, 0, START_TIME_MS_MAX)?;
        in_range("slot_ms", self.slot_ms, 1, 60_000)?;
        in_range(
            "slots_per_epoch",
            self.slots_per_epoch,
            SLOTS_PER_EPOCH_MIN,
            SLOTS_PER_EPOCH_MAX,
        )?;
        in_range("state_root_delay", self.state_root_delay, 0, u64::from(u32::MAX))?;
        in_range("anchor_lag_max", self.anchor_lag_max, 1, u64::from(u32::MAX))?;
        in_range(
            "blockhash_max_age_blocks",
            self.blockhash_max_age_blocks,
            1,
            BLOCKHASH_AGE_MAX,
        )?;
        in_range(
            "fees.lamports_per_signature",
            self.fees.lamports_per_signature,
            0,
            u64::from(u32::MAX),
        )?;
        in_range("fees.burn_percent", self.fees.burn_percent, 0, 100)?;
        in_range(
            "rent.lamports_per_byte",
            self.rent.lamports_per_byte,
            0,
            u64::from(u32::MAX),
        )?;
        if self.root_interval_blocks != 0 {
            return Err(GenesisError::StateRoots {
                found: self.root_interval_blocks,
            });
        }
        Ok(())
    }

    fn validate_producers(&self) -> Result<(), GenesisError> {
        if self.producers.is_empty() {
            return Err(GenesisError::NoProducer);
        }
        for (index, producer) in self.producers.iter().enumerate() {
            if self.producers[..index].contains(producer) {
                return Err(GenesisError::DuplicateProducer(*producer));
            }
            if ids::is_reserved(producer) || self.builtin(producer).is_some() {
                return Err(GenesisError::ReservedProducer(*producer));
            }
        }
        Ok(())
    }

    fn validate_approver(&self) -> Result<(), GenesisError> {
        match self.program_approver {
            Some(approver) if ids::is_reserved(&approver) || self.builtin(&approver).is_some() => {
                Err(GenesisError::ReservedApprover(approver))
            }
            _ => Ok(()),
        }
    }

    fn validate_programs(&self) -> Result<(), GenesisError> {
        for pair in self.builtin_programs.windows(2) {
            let (before, here) = (pair[0].program_id, pair[1].program_id);
            if before == here {
                return Err(GenesisError::DuplicateProgram(here));
            }
            if before > here {
                return Err(GenesisError::UnsortedProgram(here));
            }
        }
        self.builtin_programs.iter().try_for_each(validate_program)
    }

    fn validate_accounts(&self) -> Result<(), GenesisError> {
        if self.accounts.is_empty() {
            return Err(GenesisError::NoAccounts);
        }
        for pair in self.accounts.windows(2) {
            let (before, here) = (pair[0].pubkey, pair[1].pubkey);
            if before == here {
                return Err(GenesisError::DuplicateAccount(here));
            }
            if before > here {
                return Err(GenesisError::UnsortedAccount(here));
            }
        }
        self.accounts
            .iter()
            .try_for_each(|account| self.validate_account(account))?;
        self.capitalization()
            .map(|_| ())
            .ok_or(GenesisError::Capitalization)
    }

    fn validate_account(&self, account: &GenesisAccount) -> Result<(), GenesisError> {
        let pubkey = account.pubkey;
        if ids::is_reserved(&pubkey) || self.builtin(&pubkey).is_some() {
            return Err(GenesisError::ReservedAccount(pubkey));
        }
        not_a_feature(&pubkey)?;
        if account.owner == ids::NATIVE_LOADER {
            return Err(GenesisError::UnlistedProgram(pubkey));
        }
        let len = u64::try_from(account.data.len()).expect("a length in memory fits a u64");
        let max = self.rules().account_data_len_max as u64;
        if len > max {
            return Err(GenesisError::AccountTooLarge { pubkey, len, max });
        }
        // An account without lamports does not exist, whatever the rent.
        let minimum = self.rent().minimum_balance(len).max(1);
        if account.lamports < minimum {
            return Err(GenesisError::AccountNotRentExempt {
                pubkey,
                lamports: account.lamports,
                minimum,
            });
        }
        Ok(())
    }

    fn validate_faucet(&self) -> Result<(), GenesisError> {
        let Some(faucet) = self.faucet else { return Ok(()) };
        let can_pay = |account: &&GenesisAccount| {
            account.pubkey == faucet && account.owner == ids::SYSTEM_PROGRAM && account.data.is_empty()
        };
        self.accounts
            .iter()
            .find(can_pay)
            .map(|_| ())
            .ok_or(GenesisError::Faucet(faucet))
    }

    fn builtin(&self, key: &Pubkey) -> Option<&BuiltinProgram> {
        self.builtin_programs
            .iter()
            .find(|program| program.program_id == *key)
    }
}

fn validate_program(program: &BuiltinProgram) -> Result<(), GenesisError> {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if ids::is_sysvar(&program.program_id) || program.program_id == ids::SYSVAR_OWNER {
        return Err(GenesisError::SysvarProgram(program.program_id));
    }
    not_a_feature(&program.program_id)?;
    if program.name.is_empty()
        || program.name.len() > PROGRAM_NAME_LEN_MAX
        || !program.name.bytes().all(is_word)
    {
        return Err(GenesisError::ProgramName(program.program_id));
    }
    Ok(())
}

/// Feature accounts follow from the list of features.
fn not_a_feature(key: &Pubkey) -> Result<(), GenesisError> {
    match Feature::with_id(key) {
        Some(feature) => Err(GenesisError::FeatureAddress { key: *key, feature }),
        None => Ok(()),
    }
}

fn in_range<T: Into<i128> + Copy>(
    field: &'static str,
    found: T,
    min: impl Into<i128>,
    max: impl Into<i128>,
) -> Result<(), GenesisError> {
    let (found, min, max) = (found.into(), min.into(), max.into());
    if (min..=max).contains(&found) {
        Ok(())
    } else {
        Err(GenesisError::OutOfRange {
            field,
            found,
            min,
            max,
        })
    }
}

const fn at_most(field: &'static str, found: usize, max: usize) -> Result<(), GenesisError> {
    if found > max {
        return Err(GenesisError::TooMany { field, found, max });
    }
    Ok(())
}
