//! Lamports as people read them.

/// Lamports of one SOL.
pub const LAMPORTS_PER_SOL: u64 = 1_000_000_000;

/// Lamports as a decimal number of SOL, exact and without trailing zeros: `1.5` for 1,500,000,000.
#[must_use]
pub fn sol_text(lamports: u64) -> String {
    let whole = lamports / LAMPORTS_PER_SOL;
    let fraction = format!("{:09}", lamports % LAMPORTS_PER_SOL);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        whole.to_string()
    } else {
        format!("{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_naturally() {
        let amounts = [
            (0, "0"),
            (1, "0.000000001"),
            (1_500_000_000, "1.5"),
            (3_000_000_000, "3"),
            (u64::MAX, "18446744073.709551615"),
        ];
        for (lamports, text) in amounts {
            assert_eq!(sol_text(lamports), text);
        }
    }
}
