//! The banner of a development node: the ledger folder and the funded keys.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use isobath_sdk::hash::Hash;

use crate::keys::DevKey;

/// Lamports in one SOL, for display.
const LAMPORTS_PER_SOL: u64 = 1_000_000_000;

/// Contents of the banner.
pub(crate) struct Banner<'a> {
    /// The ledger folder.
    pub(crate) ledger: &'a Path,
    /// The folder of the key files.
    pub(crate) keys_dir: &'a Path,
    /// Hash of the genesis in use.
    pub(crate) genesis: Hash,
    /// Milliseconds per slot.
    pub(crate) slot_ms: u64,
    /// The development keys in use.
    pub(crate) keys: &'a [DevKey],
}

impl Banner<'_> {
    /// Writes the banner to standard error; a closed standard error is ignored.
    pub(crate) fn print(&self) {
        drop(io::stderr().lock().write_all(self.render().as_bytes()));
    }

    fn render(&self) -> String {
        let mut text = String::new();
        self.render_to(&mut text)
            .expect("writing to a String cannot fail");
        text
    }

    fn render_to(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "isobath {} development node", env!("CARGO_PKG_VERSION"))?;
        writeln!(text, "  ledger   {}", self.ledger.display())?;
        writeln!(text, "  genesis  {}", self.genesis)?;
        writeln!(text, "  slot     {} ms", self.slot_ms)?;
        if self.keys.is_empty() {
            return writeln!(text, "This genesis funds no development key.");
        }
        writeln!(
            text,
            "Development keys in {} (public, for testing only):",
            self.keys_dir.display()
        )?;
        for key in self.keys {
            writeln!(
                text,
                "  {:<13} {:<44} {}",
                key.file_name,
                key.pubkey.to_string(),
                sol(key.lamports)
            )?;
        }
        Ok(())
    }
}

/// A balance in SOL without trailing zeros.
fn sol(lamports: u64) -> String {
    let whole = lamports.checked_div(LAMPORTS_PER_SOL).unwrap_or(0);
    let rest = lamports.checked_rem(LAMPORTS_PER_SOL).unwrap_or(0);
    if rest == 0 {
        return format!("{whole} SOL");
    }
    format!("{whole}.{} SOL", format!("{rest:09}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use isobath_sdk::chain::genesis::Genesis;

    use super::*;
    use crate::keys;

    #[test]
    fn balances_read_naturally() {
        assert_eq!(sol(0), "0 SOL");
        assert_eq!(sol(3_000_000_000), "3 SOL");
        assert_eq!(sol(1_500_000_000), "1.5 SOL");
        assert_eq!(sol(1), "0.000000001 SOL");
        assert_eq!(sol(u64::MAX), "18446744073.709551615 SOL");
    }

    #[test]
    fn every_key_is_listed_with_its_file() {
        let genesis = Genesis::development();
        let keys = keys::known_to(&genesis);
        let banner = Banner {
            ledger: Path::new("./l"),
            keys_dir: Path::new("./l/keys"),
            genesis: genesis.hash(),
            slot_ms: 400,
            keys: &keys,
        };
        let text = banner.render();
        for key in &keys {
            assert!(
                text.contains(&key.pubkey.to_string()) && text.contains(&key.file_name),
                "{text}"
            );
        }
        assert!(text.is_ascii());
    }
}
