//! Results of programs as numbers, the form in which they cross the edge between the runtime and a program that was not
//! compiled with it.
//!
//! ```text
//!  0                              success
//!  1 .. 2^32 - 1                  Custom(code)
//!  n << 32, n from 1 to 26        what Solana's programs return: 1 is Custom(0), the others are the errors in `SHARED`
//!  (0x100 + c) << 32              every other error; c is its stable number, InstructionError::code
//! ```
//!
//! Invariant: total and one to one. Every error has exactly one code, and reading a code that none has gives
//! `InvalidError`, as on Solana. Solana's programs cannot return the codes from 0x100 on: a virtual machine that runs them
//! reads those as `InvalidError` itself.

use crate::instruction_error::{InstructionError, InstructionError as E, unit_variant};

/// Where the numbers of errors begin.
const SHIFT: u32 = 32;
/// The number of `Custom(0)`, whose code of zero would be success.
const CUSTOM_ZERO: u64 = 1;
/// The first number that Solana's programs do not have.
const OWN: u64 = 0x100;

/// The errors that Solana's programs can return, by ascending number from 2 on (`solana-program-error`).
const SHARED: [InstructionError; 25] = [
    E::InvalidArgument,
    E::InvalidInstructionData,
    E::InvalidAccountData,
    E::AccountDataTooSmall,
    E::InsufficientFunds,
    E::IncorrectProgramId,
    E::MissingRequiredSignature,
    E::AccountAlreadyInitialized,
    E::UninitializedAccount,
    E::NotEnoughAccountKeys,
    E::AccountBorrowFailed,
    E::MaxSeedLengthExceeded,
    E::InvalidSeeds,
    E::BorshIoError,
    E::AccountNotRentExempt,
    E::UnsupportedSysvar,
    E::IllegalOwner,
    E::MaxAccountsDataAllocationsExceeded,
    E::InvalidRealloc,
    E::MaxInstructionTraceLengthExceeded,
    E::BuiltinProgramsMustConsumeComputeUnits,
    E::InvalidAccountOwner,
    E::ArithmeticOverflow,
    E::Immutable,
    E::IncorrectAuthority,
];

/// The code of a result.
#[must_use]
pub fn to_code(result: Result<(), InstructionError>) -> u64 {
    let number = match result {
        Ok(()) => return 0,
        Err(E::Custom(0)) => CUSTOM_ZERO,
        Err(E::Custom(code)) => return u64::from(code),
        Err(error) => (2_u64..)
            .zip(SHARED)
            .find_map(|(number, shared)| (shared == error).then_some(number))
            .unwrap_or_else(|| OWN.saturating_add(u64::from(error.code()))),
    };
    number << SHIFT
}

/// The result with this code.
///
/// # Errors
/// The error of the code; `InvalidError` if no result has it.
pub fn from_code(code: u64) -> Result<(), InstructionError> {
    if code == 0 {
        return Ok(());
    }
    match u32::try_from(code) {
        Ok(custom) => Err(E::Custom(custom)),
        Err(_) => Err(numbered(code).unwrap_or(E::InvalidError)),
    }
}

/// The error of a code of 2^32 or more, if it is that error's own.
fn numbered(code: u64) -> Option<InstructionError> {
    let number = code >> SHIFT;
    let error = match number.checked_sub(OWN) {
        None if number == CUSTOM_ZERO => E::Custom(0),
        None => *SHARED.get(usize::try_from(number.checked_sub(2)?).ok()?)?,
        Some(stable) => unit_variant(u32::try_from(stable).ok()?, &[]).ok()?,
    };
    (to_code(Err(error)) == code).then_some(error)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every error without fields.
    fn unit_errors() -> Vec<InstructionError> {
        (0..200).filter_map(|code| unit_variant(code, &[]).ok()).collect()
    }

    #[test]
    fn every_result_has_a_code_of_its_own() {
        let customs = [0, 1, 255, 1 << 31, u32::MAX].map(E::Custom);
        let errors: Vec<_> = unit_errors().into_iter().chain(customs).collect();
        assert!(errors.len() > 50);
        let codes: BTreeSet<u64> = errors.iter().map(|error| to_code(Err(*error))).collect();
        assert_eq!(codes.len(), errors.len());
        assert!(!codes.contains(&0));
        for error in errors {
            assert_eq!(from_code(to_code(Err(error))), Err(error));
        }
        assert_eq!((to_code(Ok(())), from_code(0)), (0, Ok(())));
    }

    #[test]
    fn codes_that_solana_has_are_solanas() {
        for (error, code) in [
            (E::Custom(0), 1 << 32),
            (E::InvalidArgument, 2 << 32),
            (E::AccountDataTooSmall, 5 << 32),
            (E::UninitializedAccount, 10 << 32),
            (E::InvalidSeeds, 14 << 32),
            (E::InvalidRealloc, 20 << 32),
            (E::IncorrectAuthority, 26 << 32),
            (E::Custom(7), 7),
        ] {
            assert_eq!(to_code(Err(error)), code, "{error:?}");
        }
    }

    #[test]
    fn a_code_that_nothing_has_is_an_invalid_error() {
        let known: BTreeSet<u64> = unit_errors()
            .into_iter()
            .map(|error| to_code(Err(error)))
            .collect();
        for number in (0_u64..0x300).chain([u64::from(u32::MAX)]) {
            for low in [0, 1, u64::from(u32::MAX)] {
                let code = number << SHIFT | low;
                if code > u64::from(u32::MAX) && code != 1 << SHIFT && !known.contains(&code) {
                    assert_eq!(from_code(code), Err(E::InvalidError), "{code:#x}");
                }
            }
        }
    }
}
