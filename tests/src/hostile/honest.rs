//! One honest client among the hostile ones: its transfers confirm, and the node says that it is healthy.

use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_sdk::{Hash, Message, MessageVersion, Transaction, builtins::system};
use isobath_testkit::keys::dev_key;
use serde_json::{Value, json};

use super::attacker::Attacker;
use super::http::HttpClient;
use super::oracle::check_response;

/// How long a transfer may take, a busy machine included.
pub const CONFIRMED_MAX: Duration = Duration::from_secs(20);
/// How often a status is asked for.
const POLL: Duration = Duration::from_millis(50);
/// The pause between transfers.
const PAUSE: Duration = Duration::from_millis(500);

/// A wallet that pays from the first development key to the second.
#[derive(Debug)]
pub struct Wallet {
    client: HttpClient,
    transfers: u64,
}

impl Wallet {
    /// A wallet on the node at `address`.
    #[must_use]
    pub const fn new(address: std::net::SocketAddr) -> Self {
        Self {
            client: HttpClient::new(address),
            transfers: 0,
        }
    }

    /// Asks for the health of the node, pays, and waits until the payment has succeeded.
    ///
    /// # Errors
    /// What did not go as it must.
    pub fn pay(&mut self) -> Result<Duration, String> {
        let begun = Instant::now();
        let health = self.call("getHealth", &json!([]))?;
        if health != "ok" {
            return Err(format!("health: {health}"));
        }
        let latest = self.call("getLatestBlockhash", &json!([]))?;
        let blockhash = latest["value"]["blockhash"]
            .as_str()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| format!("not a blockhash: {latest}"))?;
        self.transfers += 1;
        let text = STANDARD.encode(transfer_of(1_000 + self.transfers, blockhash).serialize());
        let params = json!([text, { "encoding": "base64" }]);
        let signature = self.patiently(begun, |wallet| wallet.call("sendTransaction", &params).map(Some))?;
        self.patiently(begun, |wallet| wallet.confirmed(&signature))?;
        Ok(begun.elapsed())
    }

    fn confirmed(&mut self, signature: &Value) -> Result<Option<()>, String> {
        let statuses = self.call("getSignatureStatuses", &json!([[signature]]))?;
        let status = &statuses["value"][0];
        match (status.is_null(), status["err"].is_null()) {
            (true, _) => Ok(None),
            (false, true) => Ok(Some(())),
            (false, false) => Err(format!("a transfer failed: {status}")),
        }
    }

    /// Tries until there is something; a node that is busy is asked again.
    fn patiently<T>(
        &mut self,
        begun: Instant,
        attempt: impl Fn(&mut Self) -> Result<Option<T>, String>,
    ) -> Result<T, String> {
        loop {
            let waits = match attempt(self) {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => "no status".to_owned(),
                Err(error) if error.contains("Node is busy") => error,
                Err(error) => return Err(error),
            };
            if begun.elapsed() > CONFIRMED_MAX {
                return Err(format!("not confirmed within {CONFIRMED_MAX:?}: {waits}"));
            }
            thread::sleep(POLL);
        }
    }

    fn call(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let answer = self
            .client
            .post(request.as_bytes())
            .map_err(|error| format!("{method}: no answer: {error}"))?;
        let mut answer: Value =
            serde_json::from_slice(&answer.body).map_err(|error| format!("{method}: {error}"))?;
        check_response(&answer).map_err(|what| format!("{method}: {what}"))?;
        match answer.get("error") {
            Some(error) => Err(format!("{method}: {error}")),
            None => Ok(answer["result"].take()),
        }
    }
}

/// A transfer that no other attacker makes: nobody else moves as much.
fn transfer_of(lamports: u64, blockhash: Hash) -> Transaction {
    let [from, to] = [0, 1].map(dev_key);
    let pay = system::transfer(&from.pubkey(), &to.pubkey(), lamports);
    let message = Message::compile(MessageVersion::Legacy, &from.pubkey(), &[pay], blockhash)
        .expect("two keys compile");
    Transaction::sign(message, &[&from]).expect("the payer signs")
}

/// Pays every half second for as long as the round goes on.
pub fn transfer(attacker: &mut Attacker<'_>) {
    let mut wallet = Wallet::new(attacker.target.http);
    while attacker.goes_on() {
        attacker.count_sent(1);
        let paid = wallet.pay();
        attacker.count_answered(u64::from(paid.is_ok()));
        attacker.judge(b"a transfer", paid.map(drop));
        thread::sleep(PAUSE);
    }
}
