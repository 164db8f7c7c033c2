//! The banner of a development node: the ledger folder and the funded keys.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use isobath_node::PendingOrder;
use isobath_sdk::hash::Hash;
use isobath_sdk::lamports::sol_text;
use isobath_sdk::rules::FeatureSet;

use crate::keys::DevKey;

/// Contents of the banner.
pub(crate) struct Banner<'a> {
    /// The ledger folder.
    pub(crate) ledger: &'a Path,
    /// The folder of the key files.
    pub(crate) keys_dir: &'a Path,
    /// Hash of the genesis in use.
    pub(crate) genesis: Hash,
    /// Its active features.
    pub(crate) features: FeatureSet,
    /// Milliseconds per slot.
    pub(crate) slot_ms: u64,
    /// The order of pending transactions.
    pub(crate) order: PendingOrder,
    /// The development keys in use, with their balances now.
    pub(crate) keys: &'a [(DevKey, u64)],
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
        writeln!(text, "  features {}", self.features)?;
        writeln!(text, "  slot     {} ms", self.slot_ms)?;
        writeln!(text, "  order    {}", self.order.name())?;
        if self.keys.is_empty() {
            return writeln!(text, "This genesis funds no development key.");
        }
        writeln!(
            text,
            "Development keys in {} (public, for testing only):",
            self.keys_dir.display()
        )?;
        for (key, lamports) in self.keys {
            writeln!(
                text,
                "  {:<13} {:<44} {} SOL",
                key.file_name,
                key.pubkey.to_string(),
                sol_text(*lamports)
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use isobath_sdk::chain::genesis::Genesis;

    use super::*;
    use crate::keys;

    #[test]
    fn every_key_is_listed_with_its_file() {
        let genesis = Genesis::development();
        let keys: Vec<_> = keys::known_to(&genesis)
            .into_iter()
            .zip((1..).map(|count| count * 1_500_000_000))
            .collect();
        let banner = Banner {
            ledger: Path::new("./l"),
            keys_dir: Path::new("./l/keys"),
            genesis: genesis.hash(),
            features: genesis.features,
            slot_ms: 400,
            order: PendingOrder::Fair,
            keys: &keys,
        };
        let text = banner.render();
        assert!(text.contains("  order    fair\n"), "{text}");
        for (key, lamports) in &keys {
            let mut lines = text.lines();
            let line = lines.find(|line| line.contains(&key.pubkey.to_string())).unwrap();
            let balance = format!(" {} SOL", sol_text(*lamports));
            assert!(
                line.contains(&key.file_name) && line.ends_with(&balance),
                "{text}"
            );
        }
        assert!(text.contains("\n  features mainnet\n"), "{text}");
        assert!(text.is_ascii());
    }
}
