//! A node of our own: spawned, waited for, and ended together with its ledger whatever happens.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

/// How long a slot takes: blocks soon follow what the checks send.
const SLOT_MS: &str = "50";

/// A running `isobath dev`. Dropping it kills the process and removes the ledger.
pub struct Node {
    child: Child,
    ledger: PathBuf,
    url: String,
}

impl Node {
    /// Starts `binary` on free ports and waits until it serves.
    ///
    /// # Errors
    ///
    /// When the binary cannot be started or ends without the line that says where it serves.
    pub fn spawn(binary: &Path) -> Result<Self> {
        let ledger = std::env::temp_dir().join(format!("isobath-rust-client-{}", std::process::id()));
        let child = Command::new(binary)
            .args(["dev", "--rpc-port", "0", "--slot-ms", SLOT_MS, "--ledger"])
            .arg(&ledger)
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut node = Self {
            child,
            ledger,
            url: String::new(),
        };
        node.url = node.read_url()?;
        Ok(node)
    }

    /// Where the node serves JSON-RPC.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address in `ready rpc=URL ws=URL`, the only line that a node prints.
    fn read_url(&mut self) -> Result<String> {
        let stdout = self.child.stdout.take().context("the node has no stdout")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        line.split_whitespace()
            .find_map(|word| word.strip_prefix("rpc="))
            .map(str::to_owned)
            .with_context(|| format!("the node did not become ready; it said {line:?}"))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself, and the folder may never have been made.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.ledger);
    }
}
