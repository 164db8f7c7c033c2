//! A server in front of a sound node that passes every call on and lies about some.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_rpc_client::{BlockhashLifetime, ClientConfig, RpcClient, RpcError};
use isobath_sdk::TransactionView;
use isobath_sdk::builtins::system::{self, SystemInstruction};
use jsonrpsee::RpcModule;
use jsonrpsee::server::ServerBuilder;
use jsonrpsee::types::{ErrorObjectOwned, Params};
use serde_json::{Value, json};

use super::LOAD_LAMPORTS_MAX;
use crate::client::{Signed, sign};
use crate::keys::Keys;

/// The methods that the load calls.
const METHODS: [&str; 7] = [
    "getLatestBlockhash",
    "getBlockHeight",
    "getMultipleAccounts",
    "getTransaction",
    "getSignatureStatuses",
    "requestAirdrop",
    "sendTransaction",
];

/// What the server lies about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lie {
    /// It withholds the status of some transactions.
    LosesStatuses,
    /// It executes another transfer, to the account after the recipient, under the name of the one that was sent. The
    /// keys of the load are public.
    Redirects,
}

struct Proxy {
    rpc: RpcClient,
    lie: Lie,
    keys: Keys,
    /// The names of the transactions that were executed, by the names of those that were sent.
    executed: Mutex<BTreeMap<String, String>>,
}

/// Serves on a free port of loopback; returns the address.
pub(super) async fn serve_lies(url: &str, lie: Lie) -> anyhow::Result<String> {
    let mut module = RpcModule::new(Proxy {
        rpc: RpcClient::new(url, ClientConfig::default())?,
        lie,
        keys: Keys::derive(1, 20, 1),
        executed: Mutex::default(),
    });
    for method in METHODS {
        module.register_async_method(method, move |params: Params<'static>, proxy, _| {
            answer(proxy, method, params)
        })?;
    }
    let server = ServerBuilder::default().build("127.0.0.1:0").await?;
    let url = format!("http://{}", server.local_addr()?);
    tokio::spawn(server.start(module).stopped());
    Ok(url)
}

async fn answer(
    proxy: Arc<Proxy>,
    method: &'static str,
    params: Params<'static>,
) -> Result<Value, ErrorObjectOwned> {
    let mut params: Value = params.parse()?;
    let sent = params[0].clone();
    if proxy.lie == Lie::Redirects {
        proxy.replace(method, &mut params[0]);
    }
    let answer = proxy.rpc.call::<Value>(method, &params).await;
    let mut answer = answer.map_err(|error| pass_on(&error))?;
    if proxy.lie == Lie::LosesStatuses && method == "getSignatureStatuses" {
        withhold_some(&sent, &mut answer["value"]);
    }
    Ok(answer)
}

impl Proxy {
    /// Replaces what was sent by what is executed, in the first parameter of a call.
    fn replace(&self, method: &str, subject: &mut Value) {
        let executed = |name: &str| self.executed.lock().unwrap().get(name).cloned();
        match (method, subject) {
            ("sendTransaction", Value::String(wire)) => {
                if let Some((name, other)) = self.redirect(wire) {
                    self.executed.lock().unwrap().insert(name, other.name);
                    *wire = other.wire;
                }
            }
            ("getSignatureStatuses", Value::Array(names)) => {
                for name in names {
                    if let Some(other) = name.as_str().and_then(executed) {
                        *name = json!(other);
                    }
                }
            }
            _ => {}
        }
    }

    /// The name of a transfer of the load, and the transfer to another account; `None` for other transactions.
    fn redirect(&self, wire: &str) -> Option<(String, Signed)> {
        let bytes = STANDARD.decode(wire).ok()?;
        let view = TransactionView::parse(&bytes).ok()?;
        let instruction = view.instructions().next()?;
        let SystemInstruction::Transfer { lamports } = SystemInstruction::decode(instruction.data).ok()?
        else {
            return None;
        };
        let accounts = self.keys.addresses();
        let index_of = |position: usize| {
            let key = view.static_key(usize::from(instruction.accounts[position]));
            accounts.iter().position(|&address| address == key)
        };
        let (from, to) = (index_of(0)?, index_of(1)?);
        if lamports >= LOAD_LAMPORTS_MAX {
            return None;
        }
        let mut others = (0..accounts.len()).cycle().skip(to).skip(1);
        let other = others.find(|&other| other != from && other != to)?;
        let lifetime = BlockhashLifetime {
            blockhash: view.recent_blockhash(),
            last_valid_block_height: 0,
        };
        let transfer = system::transfer(&accounts[from], &accounts[other], lamports);
        let signed = sign(self.keys.pair(from), &[transfer], 0, lifetime);
        Some((view.signature(0).to_string(), signed))
    }
}

/// Withholds the status of each transaction whose name ends in one of four of the 58 letters. One that is asked for alone
/// funds the accounts, without which no load begins.
fn withhold_some(names: &Value, statuses: &mut Value) {
    let names = names.as_array().unwrap();
    if names.len() == 1 {
        return;
    }
    for (name, status) in names.iter().zip(statuses.as_array_mut().unwrap()) {
        if name.as_str().unwrap().ends_with(['w', 'x', 'y', 'z']) {
            *status = Value::Null;
        }
    }
}

fn pass_on(error: &RpcError) -> ErrorObjectOwned {
    match error {
        RpcError::Refused { refusal, .. } => {
            ErrorObjectOwned::owned::<()>(refusal.code, refusal.message.clone(), None)
        }
        other => ErrorObjectOwned::owned::<()>(-32_603, other.to_string(), None),
    }
}
