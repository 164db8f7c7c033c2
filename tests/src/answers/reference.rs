//! The `solana-test-validator` that answers are compared with: its process, its accounts, and the recording of its
//! answers.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::cast::{address, write_account_files};
use super::compare::Answers;
use super::run::Target;
use crate::hostile::http::HttpClient;

/// The recorded answers.
const RECORDING: &str = include_str!("../../fixtures/answers.json");
/// The port of its JSON-RPC; WebSocket is the next one.
const RPC_PORT: u16 = 18_899;
const FAUCET_PORT: u16 = 19_900;
const GOSSIP_PORT: u16 = 18_001;
/// Ticks of 6.25 ms: slots of 100 ms, so that blocks are final within seconds.
const TICKS_PER_SLOT: &str = "16";
/// Slots of an epoch, as in the development genesis.
const SLOTS_PER_EPOCH: &str = "8192";
/// How long it may take to answer its first call.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running `solana-test-validator`. Dropping it kills the process.
#[derive(Debug)]
pub struct Reference {
    child: Child,
    target: Target,
}

/// The answers that were recorded.
///
/// # Panics
/// When the recording is not one.
#[must_use]
pub fn recording() -> Answers {
    serde_json::from_str(RECORDING).expect("the recording is a map of answers")
}

impl Reference {
    /// Starts `binary` in `folder` with the accounts of these transactions.
    ///
    /// # Errors
    /// The process does not start, ends, or does not become healthy.
    pub fn start(binary: &Path, folder: &Path, transactions: &BTreeSet<String>) -> Result<Self, String> {
        let accounts = folder.join("accounts");
        write_account_files(&accounts, transactions).map_err(|error| error.to_string())?;
        let mut command = Command::new(binary);
        command
            .args(["--reset", "--quiet", "--bind-address", "127.0.0.1"])
            .args([
                "--ticks-per-slot",
                TICKS_PER_SLOT,
                "--slots-per-epoch",
                SLOTS_PER_EPOCH,
            ])
            .args([
                "--rpc-port",
                &RPC_PORT.to_string(),
                "--faucet-port",
                &FAUCET_PORT.to_string(),
            ])
            .args([
                "--gossip-port",
                &GOSSIP_PORT.to_string(),
                "--dynamic-port-range",
                "18010-18060",
            ])
            .args(["--mint", &address("mint authority").to_string()])
            .arg("--ledger")
            .arg(folder.join("ledger"))
            .arg("--account-dir")
            .arg(accounts)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let child = command
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", binary.display()))?;
        let target = Target {
            http: SocketAddr::from(([127, 0, 0, 1], RPC_PORT)),
            ws: SocketAddr::from(([127, 0, 0, 1], RPC_PORT + 1)),
        };
        let mut reference = Self { child, target };
        reference.wait_healthy()?;
        Ok(reference)
    }

    /// Where it serves.
    #[must_use]
    pub const fn target(&self) -> Target {
        self.target
    }

    fn wait_healthy(&mut self) -> Result<(), String> {
        const CALL: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"getLatestBlockhash"}"#;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the reference ended with {status}"));
            }
            let answer = HttpClient::new(self.target.http).post(CALL);
            if answer.is_ok_and(|answer| answer.status == 200 && !answer.body.is_empty()) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(200));
        }
        Err(format!("the reference does not answer within {PATIENCE:?}"))
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // It may have ended by itself; then both do nothing.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
