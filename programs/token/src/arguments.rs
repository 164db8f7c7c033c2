//! What instructions that differ in little else are given.

use isobath_sdk::builtins::token::CheckedAmount;

/// Whether the Rent sysvar is among the accounts of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RentAccount {
    Given,
    Absent,
}

/// An amount, and the decimals that its mint must have if the instruction says so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tokens {
    pub(crate) amount: u64,
    pub(crate) decimals: Option<u8>,
}

impl Tokens {
    pub(crate) const fn unchecked(amount: u64) -> Self {
        Self {
            amount,
            decimals: None,
        }
    }

    pub(crate) const fn checked(checked: CheckedAmount) -> Self {
        Self {
            amount: checked.amount,
            decimals: Some(checked.decimals),
        }
    }
}
