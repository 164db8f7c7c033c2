//! A node that misbehaves on purpose and keeps its own record.
//!
//! It numbers the transfers in the order in which they first arrive (payer, recipient, amount). If it mistreats them, it
//! does so by their number: for some it answers busy once, some it accepts once and loses, some fail in their block.
//! Its blockhashes expire within a fraction of a second. Requests of more than 50 KiB are rejected, as Solana's nodes
//! do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_sdk::builtins::system::SystemInstruction;
use isobath_sdk::{Hash, Pubkey, TransactionView};
use jsonrpsee::RpcModule;
use jsonrpsee::server::{ServerBuilder, ServerConfig, ServerHandle};
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::{Value, json};

use crate::client::plan::FEE_LAMPORTS;

const START_LAMPORTS: u64 = 1_000_000_000_000;
const BLOCK_MS: u128 = 5;
const BLOCKHASH_LIFE: u64 = 60;

/// Transfers after which a node stalls that does.
const STALL_AT: usize = 40;

/// What happens to a transfer at its first arrival, by its number.
pub(super) const fn is_busy_at_first(number: u64) -> bool {
    number % 7 == 1
}
pub(super) const fn is_lost_at_first(number: u64) -> bool {
    number.is_multiple_of(5)
}
pub(super) const fn is_failing(number: u64) -> bool {
    number % 11 == 2
}

/// One transfer as the node knows it.
#[derive(Default)]
pub(super) struct KnownTransfer {
    pub(super) number: u64,
    arrivals: u64,
    signatures_lost: u64,
    pub(super) blocks: Vec<u64>,
}

/// What is wrong with a node, beside the transfers that it may mistreat.
#[derive(Clone, Copy, Default)]
pub(super) struct Faults {
    /// Whether transfers are refused, lost and failed by their number.
    pub(super) mistreats: bool,
    /// How long the node stands still once, when the first [`STALL_AT`] transfers have arrived.
    pub(super) stall: Option<Duration>,
    /// How many reads of balances it refuses after the first transfer.
    pub(super) refused_reads: u32,
}

pub(super) struct FakeNode {
    begun: Instant,
    faults: Faults,
    pub(super) transfers: BTreeMap<(Pubkey, Pubkey, u64), KnownTransfer>,
    statuses: BTreeMap<String, (u64, bool)>,
    /// Reads that did not say how final the state must be.
    pub(super) reads_without_commitment: u32,
}

impl FakeNode {
    pub(super) fn new(faults: Faults) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            begun: Instant::now(),
            faults,
            transfers: BTreeMap::new(),
            statuses: BTreeMap::new(),
            reads_without_commitment: 0,
        }))
    }

    fn check_commitment(&mut self, options: &Value) {
        let is_missing = options["commitment"] != "confirmed";
        self.reads_without_commitment = self.reads_without_commitment.saturating_add(is_missing.into());
    }

    fn is_failing(&self, number: u64) -> bool {
        self.faults.mistreats && is_failing(number)
    }

    fn height(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis() / BLOCK_MS).unwrap()
    }

    /// A blockhash that encodes the height at which it was created.
    fn blockhash(&self) -> Hash {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&self.height().to_le_bytes());
        Hash(bytes)
    }

    fn accept(&mut self, wire: &str) -> Result<String, ErrorObjectOwned> {
        let bytes = STANDARD.decode(wire).unwrap();
        let view = TransactionView::parse(&bytes).unwrap();
        let name = view.signature(0).to_string();
        if self.transfers.len() == STALL_AT
            && let Some(stall) = self.faults.stall.take()
        {
            // The whole node waits: its state is locked.
            std::thread::sleep(stall);
        }
        let height = self.height();
        let created_at = u64::from_le_bytes(view.recent_blockhash().0[..8].try_into().unwrap());
        if created_at.saturating_add(BLOCKHASH_LIFE) <= height {
            return Err(error_answer(
                -32_002,
                "Transaction simulation failed: Blockhash not found",
            ));
        }
        let instruction = view.instructions().next().unwrap();
        let SystemInstruction::Transfer { lamports } = SystemInstruction::decode(instruction.data).unwrap()
        else {
            panic!("the load consists of transfers")
        };
        let key = |index: usize| view.static_key(usize::from(instruction.accounts[index]));
        let next_number = self.transfers.len() as u64;
        let transfer = self.transfers.entry((key(0), key(1), lamports)).or_default();
        if transfer.arrivals == 0 {
            transfer.number = next_number;
        }
        transfer.arrivals = transfer.arrivals.saturating_add(1);
        let mistreats = self.faults.mistreats;
        if mistreats && is_busy_at_first(transfer.number) && transfer.arrivals == 1 {
            return Err(error_answer(
                -32_005,
                "Node is busy: the verification queue is full",
            ));
        }
        if mistreats && is_lost_at_first(transfer.number) && transfer.signatures_lost == 0 {
            transfer.signatures_lost = 1;
            return Ok(name);
        }
        transfer.blocks.push(height);
        let number = transfer.number;
        self.statuses
            .insert(name.clone(), (height, self.is_failing(number)));
        Ok(name)
    }

    fn status(&self, name: &str) -> Value {
        match self.statuses.get(name) {
            // Published together with the height of its block.
            Some((block, failed)) if *block <= self.height() => {
                let error = if *failed {
                    json!({"InstructionError": [0, {"Custom": 1}]})
                } else {
                    Value::Null
                };
                json!({"slot": block, "confirmations": null, "err": error, "confirmationStatus": "finalized"})
            }
            _ => Value::Null,
        }
    }

    /// The balances after every block so far: what was received less what was paid, with its fees.
    fn balance_sheet(&self, names: &[String]) -> Vec<Value> {
        let mut balances: BTreeMap<String, u64> = BTreeMap::new();
        for ((from, to, lamports), transfer) in &self.transfers {
            let times = transfer.blocks.len() as u64;
            let moved = if self.is_failing(transfer.number) {
                0
            } else {
                lamports.saturating_mul(times)
            };
            let paid = moved.saturating_add(FEE_LAMPORTS.saturating_mul(times));
            let payer = balances.entry(from.to_string()).or_insert(START_LAMPORTS);
            *payer = payer.saturating_sub(paid);
            let recipient = balances.entry(to.to_string()).or_insert(START_LAMPORTS);
            *recipient = recipient.saturating_add(moved);
        }
        let lamports = |name| balances.get(name).copied().unwrap_or(START_LAMPORTS);
        names
            .iter()
            .map(|name| json!({"lamports": lamports(name)}))
            .collect()
    }
}

fn error_answer(code: i32, message: &str) -> ErrorObjectOwned {
    ErrorObjectOwned::owned::<()>(code, message, None)
}

/// Serves the misbehaving node on a free port.
pub(super) async fn serve(node: Arc<Mutex<FakeNode>>) -> (String, ServerHandle) {
    let mut module = RpcModule::new(node);
    type Params<'a> = jsonrpsee::types::Params<'a>;
    module
        .register_method("getLatestBlockhash", |params: Params<'_>, node, _| {
            let mut node = node.lock().unwrap();
            node.check_commitment(&params.one()?);
            let last = node.height().saturating_add(BLOCKHASH_LIFE);
            let value = json!({"blockhash": node.blockhash(), "lastValidBlockHeight": last});
            Ok::<_, ErrorObjectOwned>(json!({"value": value}))
        })
        .unwrap();
    module
        .register_method("getBlockHeight", |params: Params<'_>, node, _| {
            let mut node = node.lock().unwrap();
            node.check_commitment(&params.one()?);
            Ok::<_, ErrorObjectOwned>(node.height())
        })
        .unwrap();
    module
        .register_method("sendTransaction", |params: Params<'_>, node, _| {
            let (wire, _options): (String, Value) = params.parse()?;
            node.lock().unwrap().accept(&wire)
        })
        .unwrap();
    module
        .register_method("getSignatureStatuses", |params: Params<'_>, node, _| {
            let (names, _options): (Vec<String>, Value) = params.parse()?;
            let node = node.lock().unwrap();
            let statuses: Vec<Value> = names.iter().map(|name| node.status(name)).collect();
            Ok::<_, ErrorObjectOwned>(json!({"value": statuses}))
        })
        .unwrap();
    module
        .register_method("getMultipleAccounts", |params: Params<'_>, node, _| {
            let (keys, options): (Vec<String>, Value) = params.parse()?;
            let mut node = node.lock().unwrap();
            node.check_commitment(&options);
            if !node.transfers.is_empty() && node.faults.refused_reads > 0 {
                node.faults.refused_reads = node.faults.refused_reads.saturating_sub(1);
                return Err(error_answer(-32_005, "Node is busy: too many reads"));
            }
            Ok(json!({"value": node.balance_sheet(&keys)}))
        })
        .unwrap();
    // The bound of Solana's nodes.
    let config = ServerConfig::builder().max_request_body_size(50 << 10).build();
    let server = ServerBuilder::default().set_config(config);
    let server = server.build("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    (url, server.start(module))
}
