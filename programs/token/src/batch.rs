//! Several instructions in one, each with the next accounts of the call.

use isobath_sdk::builtins::token::TokenError;
use isobath_sdk::program::Frame;

use crate::accounts::Accounts;
use crate::fault::Fault;
use crate::state::require_own;
use crate::{instruction, units};

/// Runs the instructions; there is at least one.
pub(crate) fn run(frame: &mut Frame<'_>, mut accounts: Accounts, mut parts: &[u8]) -> Result<(), Fault> {
    frame.consume(units::BATCH)?;
    loop {
        let (part, rest) = split_part(parts)?;
        let (own, others) = accounts.split(part.account_count)?;
        require_owners(frame, own, part.data)?;
        instruction::run(frame, own, part.data)?;
        if rest.is_empty() {
            return Ok(());
        }
        (accounts, parts) = (others, rest);
    }
}

struct Part<'a> {
    account_count: usize,
    data: &'a [u8],
}

/// The first instruction, which has at least one byte of data, and what follows it.
fn split_part(parts: &[u8]) -> Result<(Part<'_>, &[u8]), Fault> {
    let invalid = TokenError::InvalidInstruction;
    let ([account_count, data_len], rest) = parts.split_first_chunk().ok_or(invalid)?;
    let (data, rest) = rest.split_at_checked(usize::from(*data_len)).ok_or(invalid)?;
    if data.is_empty() {
        return Err(invalid.into());
    }
    let part = Part {
        account_count: usize::from(*account_count),
        data,
    };
    Ok((part, rest))
}

/// Fails unless the program owns the accounts that the instruction reads as its own. Alone it would only notice that when
/// it writes them, and an earlier part may have closed one.
fn require_owners(frame: &Frame<'_>, accounts: Accounts, data: &[u8]) -> Result<(), Fault> {
    match data.first() {
        Some(3 | 7 | 8 | 14 | 15) => require_own_at(frame, accounts.take::<2>()?.0, [0, 1]),
        Some(12) => require_own_at(frame, accounts.take::<3>()?.0, [0, 2]),
        Some(4..=13 | 22 | 38 | 45) => require_own_at(frame, accounts.take::<1>()?.0, [0]),
        _ => Ok(()),
    }
}

fn require_own_at<const N: usize, const M: usize>(
    frame: &Frame<'_>,
    positions: [usize; N],
    which: [usize; M],
) -> Result<(), Fault> {
    which
        .into_iter()
        .try_for_each(|index| require_own(frame, positions[index]))
}
