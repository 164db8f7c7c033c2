//! Moving tokens from one account to another.

use isobath_sdk::builtins::token::TokenError;
use isobath_sdk::builtins::token::layout::{TokenAccount, account_offset};
use isobath_sdk::program::Frame;

use crate::accounts::Accounts;
use crate::arguments::Tokens;
use crate::authority::Authority;
use crate::delegate::write_delegated_amount;
use crate::fault::Fault;
use crate::state::{
    require_decimals, require_mint, require_own, require_thawed, set_lamports, token_account, write,
};

/// The positions of a transfer.
struct Parties {
    source: usize,
    /// The mint and the decimals that it must have.
    mint: Option<(usize, u8)>,
    destination: usize,
    authority: Authority,
}

/// What a transfer leaves behind.
struct Plan {
    /// Amount of the source.
    source_amount: u64,
    /// What the delegate may still move, if it moved the tokens.
    delegated_amount: Option<u64>,
    /// Amount of the destination; nothing if no tokens move.
    destination_amount: Option<u64>,
    is_native: bool,
}

/// Moves tokens.
pub(crate) fn transfer(frame: &mut Frame<'_>, accounts: Accounts, tokens: Tokens) -> Result<(), Fault> {
    let parties = Parties::of(accounts, tokens)?;
    let plan = plan(frame, &parties, tokens.amount)?;
    carry_out(frame, &parties, &plan, tokens.amount)
}

impl Parties {
    fn of(accounts: Accounts, tokens: Tokens) -> Result<Self, Fault> {
        let Some(decimals) = tokens.decimals else {
            let ([source, destination, position], signers) = accounts.take()?;
            return Ok(Self {
                source,
                mint: None,
                destination,
                authority: Authority { position, signers },
            });
        };
        let ([source, mint, destination, position], signers) = accounts.take()?;
        Ok(Self {
            source,
            mint: Some((mint, decimals)),
            destination,
            authority: Authority { position, signers },
        })
    }

    fn is_to_itself(&self, frame: &Frame<'_>) -> Result<bool, Fault> {
        Ok(frame.account(self.source)?.key() == frame.account(self.destination)?.key())
    }
}

fn plan(frame: &Frame<'_>, parties: &Parties, amount: u64) -> Result<Plan, Fault> {
    let source = token_account(frame, parties.source)?;
    let is_to_itself = parties.is_to_itself(frame)?;
    let destination = match is_to_itself {
        true => source,
        false => token_account(frame, parties.destination)?,
    };
    let source_amount = movable(&source, &destination, amount)?;
    if let Some((mint, decimals)) = parties.mint {
        require_mint(frame, mint, &source.mint())?;
        require_decimals(frame, mint, decimals)?;
    }
    let delegated_amount = parties
        .authority
        .require_delegate_or_owner(frame, &source, amount)?;
    if is_to_itself || amount == 0 {
        require_own(frame, parties.source)?;
        require_own(frame, parties.destination)?;
        return Ok(Plan {
            source_amount: source.amount(),
            delegated_amount: delegated_amount.filter(|_| !is_to_itself),
            destination_amount: None,
            is_native: false,
        });
    }
    Ok(Plan {
        source_amount,
        delegated_amount,
        // The amounts of all accounts of a mint together are its supply. Lamports of native accounts likewise; where
        // bytes that no instruction wrote say otherwise, both wrap as in the published program.
        destination_amount: Some(destination.amount().wrapping_add(amount)),
        is_native: source.is_native(),
    })
}

/// What is left in the source, if tokens may move between the two.
fn movable(source: &TokenAccount<'_>, destination: &TokenAccount<'_>, amount: u64) -> Result<u64, Fault> {
    require_thawed(source)?;
    require_thawed(destination)?;
    let left = source.amount().checked_sub(amount);
    let left = left.ok_or(TokenError::InsufficientFunds)?;
    match source.mint() == destination.mint() {
        true => Ok(left),
        false => Err(TokenError::MintMismatch.into()),
    }
}

fn carry_out(frame: &mut Frame<'_>, parties: &Parties, plan: &Plan, amount: u64) -> Result<(), Fault> {
    let (source, destination) = (parties.source, parties.destination);
    if plan.is_native {
        let lamports = frame.account(source)?.lamports();
        set_lamports(frame, source, lamports.wrapping_sub(amount))?;
    }
    let source_amount = plan.source_amount.to_le_bytes();
    write(frame, source, account_offset::AMOUNT, &source_amount)?;
    if let Some(left) = plan.delegated_amount {
        write_delegated_amount(frame, source, left)?;
    }
    let Some(destination_amount) = plan.destination_amount else {
        return Ok(());
    };
    if plan.is_native {
        let lamports = frame.account(destination)?.lamports();
        set_lamports(frame, destination, lamports.wrapping_add(amount))?;
    }
    let destination_amount = destination_amount.to_le_bytes();
    write(frame, destination, account_offset::AMOUNT, &destination_amount)
}
