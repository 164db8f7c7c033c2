//! A node with a large block.

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_sdk::Hash;
use isobath_testkit::keys::dev_key;
use isobath_testkit::node_process::{NodeProcess, dev_command, with_open_files_limit};
use isobath_testkit::transactions::transfer;
use serde_json::{Value, json};

use crate::hostile::attacker::Target;
use crate::hostile::http::HttpClient;

/// Slots are long, so that blocks are large.
const SLOT_MS: u64 = 1_000;
const START_MAX: Duration = Duration::from_secs(60);
/// Transfers of one request: 600 bytes each, below the limit of a request together.
const BATCH: usize = 200;

/// A running node and its largest block.
#[derive(Debug)]
pub struct Scene {
    /// The process.
    pub process: NodeProcess,
    /// Where it serves.
    pub target: Target,
    /// The slot of its largest block.
    pub slot: u64,
}

/// Calls a method.
///
/// # Errors
/// No answer, or an error answer.
pub fn call(client: &mut HttpClient, method: &str, params: &Value) -> Result<Value, String> {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let answer = client
        .post(request.as_bytes())
        .map_err(|error| format!("{method}: {error}"))?;
    let mut answer: Value =
        serde_json::from_slice(&answer.body).map_err(|error| format!("{method}: {error}"))?;
    match answer.get("error") {
        Some(error) => Err(format!("{method}: {error}")),
        None => Ok(answer["result"].take()),
    }
}

/// The newest blockhash.
///
/// # Errors
/// The call fails.
pub fn blockhash(client: &mut HttpClient) -> Result<Hash, String> {
    let latest = call(client, "getLatestBlockhash", &json!([]))?;
    let text = latest["value"]["blockhash"].as_str().unwrap_or_default();
    text.parse().map_err(|_| format!("not a blockhash: {latest}"))
}

/// A transfer that no other with these lamports equals, as text.
#[must_use]
pub fn transfer_text(blockhash: Hash, lamports: u64) -> String {
    STANDARD.encode(transfer(blockhash, &dev_key(0), &dev_key(1).pubkey(), lamports))
}

impl Scene {
    /// Starts `binary` and lets it produce a block of up to `transfers` transfers. `files` is the limit on open files.
    ///
    /// # Errors
    /// The node does not start, or does not take the transfers.
    pub fn start(binary: &Path, ledger: &Path, transfers: usize, files: Option<u64>) -> Result<Self, String> {
        let mut command = dev_command(&binary.to_string_lossy(), ledger, SLOT_MS);
        if let Some(files) = files {
            command = with_open_files_limit(&command, files);
        }
        let (process, ready) = NodeProcess::spawn(&mut command).map_err(|error| error.to_string())?;
        let addresses = ready.wait(START_MAX)?.ok_or("the node ended")?;
        let target = Target {
            http: addresses.rpc,
            ws: addresses.ws,
        };
        let slot = fill_blocks(target, transfers)?;
        Ok(Self {
            process,
            target,
            slot,
        })
    }
}

/// Sends transfers and returns the slot of the block with the most of them.
fn fill_blocks(target: Target, transfers: usize) -> Result<u64, String> {
    let mut client = HttpClient::new(target.http);
    let first = call(&mut client, "getSlot", &json!([]))?;
    let latest = blockhash(&mut client)?;
    for batch in (0..transfers).step_by(BATCH) {
        let entry = |number: usize| {
            let text = transfer_text(latest, 1 + number as u64);
            let params = json!([text, { "encoding": "base64", "skipPreflight": true }]);
            json!({ "jsonrpc": "2.0", "id": number, "method": "sendTransaction", "params": params })
        };
        let entries: Vec<Value> = (batch..batch + BATCH).map(entry).collect();
        let body = Value::Array(entries).to_string();
        let answer = client.post(body.as_bytes()).map_err(|error| error.to_string())?;
        if answer.status != 200 {
            return Err(format!("transfers are refused with status {}", answer.status));
        }
    }
    largest_block(&mut client, first.as_u64().unwrap_or_default(), transfers)
}

fn largest_block(client: &mut HttpClient, first: u64, transfers: usize) -> Result<u64, String> {
    let begun = Instant::now();
    // The genesis is not a block.
    let (mut largest, mut slot, mut sum) = ((0, 1), first.max(1), 0);
    while sum < transfers && begun.elapsed() < START_MAX {
        let details = json!([slot, { "transactionDetails": "signatures", "rewards": false }]);
        match call(client, "getBlock", &details) {
            Ok(block) => {
                let count = block["signatures"].as_array().map_or(0, Vec::len);
                largest = largest.max((count, slot));
                (sum, slot) = (sum + count, slot + 1);
            }
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
    if sum < transfers {
        return Err(format!(
            "{sum} of {transfers} transfers are in blocks after {START_MAX:?}"
        ));
    }
    Ok(largest.1)
}
