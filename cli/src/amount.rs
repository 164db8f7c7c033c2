//! Amounts: decimal text in SOL to lamports and back, exactly.
//!
//! Invariant: no floating point anywhere. The text is read digit by digit, and an amount without an exact value in
//! lamports is rejected, not rounded.

pub(crate) use isobath_sdk::lamports::sol_text as sol;

/// Decimal places of a SOL.
const DECIMALS: usize = 9;

/// An amount as the user writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    /// This many lamports.
    Lamports(u64),
    /// The whole balance.
    All,
}

/// Reads `ALL` or a decimal number of SOL.
///
/// # Errors
/// The text is not an amount; the message shows a valid one.
pub(crate) fn parse_amount(text: &str) -> anyhow::Result<Amount> {
    if text == "ALL" {
        return Ok(Amount::All);
    }
    parse_sol(text).map(Amount::Lamports)
}

/// Reads a decimal number of SOL.
///
/// # Errors
/// The text is not an amount; the message shows a valid one.
pub(crate) fn parse_sol(text: &str) -> anyhow::Result<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
        anyhow::bail!("`{text}` is not an amount of SOL; give a decimal number such as 1.5");
    }
    if fraction.len() > DECIMALS {
        anyhow::bail!(
            "`{text}` has more than {DECIMALS} decimal places; the smallest amount is 0.000000001 SOL"
        );
    }
    let lamports = format!("{whole}{fraction:0<DECIMALS$}").parse();
    lamports.map_err(|_| anyhow::anyhow!("`{text}` SOL exceeds 2^64 - 1 lamports; give at most 18446744073"))
}

/// The unit in which a balance is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// SOL, with decimals.
    Sol,
    /// Lamports.
    Lamports,
}

impl Unit {
    /// The unit that the flag `--lamports` selects.
    pub(crate) const fn from_flag(lamports: bool) -> Self {
        if lamports { Self::Lamports } else { Self::Sol }
    }

    /// A balance with its unit.
    pub(crate) fn show(self, lamports: u64) -> String {
        match self {
            Self::Sol => format!("{} SOL", sol(lamports)),
            Self::Lamports if lamports == 1 => "1 lamport".to_owned(),
            Self::Lamports => format!("{lamports} lamports"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decimal_place_counts() {
        let amounts = [
            ("0", 0),
            ("1", 1_000_000_000),
            ("1.", 1_000_000_000),
            (".5", 500_000_000),
            ("0.000000001", 1),
            ("1.5", 1_500_000_000),
            ("0.3", 300_000_000),
            ("00012.340000000", 12_340_000_000),
            ("18446744073.709551615", u64::MAX),
        ];
        for (text, lamports) in amounts {
            assert_eq!(parse_sol(text).unwrap(), lamports, "{text}");
        }
    }

    #[test]
    fn amounts_that_are_not_exact_are_rejected() {
        for text in [
            "",
            ".",
            "-1",
            "+1",
            "1e3",
            "1,5",
            "1.5.0",
            " 1",
            "0x10",
            "all",
            "NaN",
            "18446744073.709551616",
            "99999999999999999999999",
            "0.0000000001",
        ] {
            assert!(parse_sol(text).is_err(), "{text}");
        }
        assert!(parse_sol("ALL").is_err());
    }

    #[test]
    fn all_is_an_amount_where_it_makes_sense() {
        assert_eq!(parse_amount("ALL").unwrap(), Amount::All);
        assert_eq!(parse_amount("2").unwrap(), Amount::Lamports(2_000_000_000));
    }

    #[test]
    fn amounts_survive_the_round_trip() {
        for lamports in [0, 1, 10, 999_999_999, 1_000_000_000, 1_234_567_890, u64::MAX] {
            assert_eq!(parse_sol(&sol(lamports)).unwrap(), lamports);
        }
        assert_eq!(sol(1_500_000_000), "1.5");
        assert_eq!(sol(2_000_000_000), "2");
        assert_eq!(sol(1), "0.000000001");
    }

    #[test]
    fn balances_carry_their_unit() {
        assert_eq!(Unit::from_flag(false).show(1_500_000_000), "1.5 SOL");
        assert_eq!(Unit::from_flag(true).show(1_500_000_000), "1500000000 lamports");
        assert_eq!(Unit::Lamports.show(1), "1 lamport");
    }
}
