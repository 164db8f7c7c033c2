//! Amounts as text, and the length of accounts: instructions that only return data.

use std::fmt::Write;

use isobath_sdk::builtins::token::layout::TOKEN_ACCOUNT_LEN;
use isobath_sdk::program::Frame;

use crate::accounts::Accounts;
use crate::fault::Fault;
use crate::state::own_mint;

/// Most digits of a shown amount: as many decimals as a byte can name, the point and a zero before it.
const DIGITS_MAX: usize = 257;

/// Returns the length of an account of the mint.
pub(crate) fn account_len(frame: &mut Frame<'_>, accounts: Accounts) -> Result<(), Fault> {
    let ([mint], _) = accounts.take()?;
    own_mint(frame, mint)?;
    Ok(frame.set_return_data(&(TOKEN_ACCOUNT_LEN as u64).to_le_bytes())?)
}

/// Returns `amount` with the decimals of the mint.
pub(crate) fn to_text(frame: &mut Frame<'_>, accounts: Accounts, amount: u64) -> Result<(), Fault> {
    let ([mint], _) = accounts.take()?;
    let decimals = own_mint(frame, mint)?.decimals();
    Ok(frame.set_return_data(shown(amount, usize::from(decimals)).as_bytes())?)
}

/// Returns the amount that `text` shows with the decimals of the mint.
pub(crate) fn from_text(frame: &mut Frame<'_>, accounts: Accounts, text: &str) -> Result<(), Fault> {
    let ([mint], _) = accounts.take()?;
    let decimals = own_mint(frame, mint)?.decimals();
    let amount = read(text, usize::from(decimals)).ok_or(Fault::INVALID_ARGUMENT)?;
    Ok(frame.set_return_data(&amount.to_le_bytes())?)
}

/// The amount with a decimal point, without zeros at its end.
fn shown(amount: u64, decimals: usize) -> String {
    let mut text = String::with_capacity(DIGITS_MAX);
    let width = decimals.saturating_add(1);
    write!(text, "{amount:0width$}").expect("a string accepts every write");
    if decimals > 0 {
        text.insert(text.len().saturating_sub(decimals), '.');
        let len = text.trim_end_matches('0').trim_end_matches('.').len();
        text.truncate(len);
    }
    text
}

/// The amount that a text shows; zeros at its end need not be there.
fn read(text: &str, decimals: usize) -> Option<u64> {
    let mut parts = text.split('.');
    let whole = parts.next().unwrap_or_default();
    let fraction = parts.next().unwrap_or_default().trim_end_matches('0');
    let digits = whole.len().saturating_add(decimals);
    let is_number = !(whole.is_empty() && fraction.is_empty()) && parts.next().is_none();
    if !is_number || fraction.len() > decimals || digits > DIGITS_MAX {
        return None;
    }
    format!("{whole}{fraction:0<decimals$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_with_their_decimals() {
        let cases = [
            (0, 0, "0"),
            (0, 9, "0"),
            (1, 9, "0.000000001"),
            (1_500_000_000, 9, "1.5"),
            (20, 0, "20"),
            (100, 2, "1"),
            (u64::MAX, 19, "1.8446744073709551615"),
        ];
        for (amount, decimals, text) in cases {
            assert_eq!(shown(amount, decimals), text);
            assert_eq!(read(text, decimals), Some(amount));
        }
    }

    #[test]
    fn texts_that_show_no_amount_are_refused() {
        for text in ["", ".", "1.5.", "1.55", "-1", "1 ", "x", "99999999999999999999"] {
            assert_eq!(read(text, 1), None, "{text:?}");
        }
        for (text, amount) in [("1", 10), ("+1", 10), (".5", 5), ("1.", 10), ("1.5000", 15)] {
            assert_eq!(read(text, 1), Some(amount), "{text:?}");
        }
    }
}
