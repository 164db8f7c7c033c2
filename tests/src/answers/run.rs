//! Runs the list on one node.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use isobath_sdk::Hash;
use serde_json::{Value, json};

use super::case::{Action, Call, Case, Step, Trigger};
use super::compare::Answers;
use super::normal::{form, normalize};
use super::values::Values;
use crate::hostile::http::HttpClient;
use crate::hostile::socket::{Socket, TEXT, frame};

/// How long a node may take to finalize a transaction, or to send a notification.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a node is asked whether it has finalized a transaction.
const POLL: Duration = Duration::from_millis(100);

/// The run begins after this slot, so that ranges of the first slots exist.
const FIRST_SLOT: u64 = 4;

/// Where a node is reached.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// JSON-RPC over HTTP.
    pub http: SocketAddr,
    /// WebSocket.
    pub ws: SocketAddr,
}

/// A run of the list on one node.
#[derive(Debug)]
pub struct Run {
    target: Target,
    http: HttpClient,
    values: Values,
}

impl Run {
    /// Prepares a run.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            target,
            http: HttpClient::new(target.http),
            values: Values::default(),
        }
    }

    /// The normalized answers to all cases.
    ///
    /// # Errors
    /// The node does not start to make blocks, or stops to answer.
    pub fn answers(mut self, steps: &[Step]) -> Result<Answers, String> {
        let mut answers = Answers::new();
        self.wait_started()?;
        for step in steps {
            match step {
                Step::Case(case) => {
                    let answer = self.ask(case).unwrap_or_else(|_| json!({ "silence": true }));
                    answers.insert(case.name.clone(), answer);
                }
                Step::Wait(names) => {
                    for name in names {
                        let is_final = json!(self.wait_final(name)?);
                        answers.insert(format!("final: {name}"), is_final);
                    }
                }
            }
        }
        Ok(answers)
    }

    fn ask(&mut self, case: &Case) -> Result<Value, String> {
        // A connection that was kept may have been closed meanwhile.
        self.http = HttpClient::new(self.target.http);
        self.refresh()?;
        let answer = match &case.action {
            Action::Call(call) => self.call(call)?,
            Action::Subscribe(call, trigger) => self.subscribe(call, trigger.as_ref())?,
            Action::Post(body) => self.post(body)?,
            Action::Message(text) => self.message(text)?,
        };
        let is_error = answer.get("error").is_some();
        Ok(if case.form_only && !is_error {
            form(&answer)
        } else {
            normalize(&answer, &self.values)
        })
    }

    /// Waits until the first blocks are final.
    fn wait_started(&mut self) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.refresh()? > FIRST_SLOT {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        Err(format!("slot {FIRST_SLOT} is not final within {PATIENCE:?}"))
    }

    /// Learns the newest final blockhash and slot, and returns the slot.
    fn refresh(&mut self) -> Result<u64, String> {
        let newest = self.raw("getLatestBlockhash", &json!([{ "commitment": "finalized" }]))?;
        let result = &newest["result"];
        let blockhash = result["value"]["blockhash"].as_str().unwrap_or_default();
        let blockhash: Hash = blockhash.parse().map_err(|error| format!("{newest}: {error}"))?;
        let slot = result["context"]["slot"].as_u64().ok_or("no slot")?;
        self.values.set_newest(blockhash, slot);
        Ok(slot)
    }

    fn raw(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        let body = request(method, Some(params)).to_string();
        let answer = self
            .http
            .post(body.as_bytes())
            .map_err(|error| error.to_string())?;
        serde_json::from_slice(&answer.body).map_err(|error| error.to_string())
    }

    fn call(&mut self, call: &Call) -> Result<Value, String> {
        let params = call.params.as_ref().map(|params| self.values.fill(params));
        let body = request(&call.method, params.as_ref()).to_string();
        self.post_body(&body)
            .map(|(status, answer)| outcome(status, answer))
    }

    fn post(&mut self, body: &str) -> Result<Value, String> {
        let (status, answer) = self.post_body(body)?;
        Ok(json!({ "status": status, "body": answer }))
    }

    /// The status and the body, as JSON if it is.
    fn post_body(&mut self, body: &str) -> Result<(u16, Value), String> {
        let answer = self
            .http
            .post(body.as_bytes())
            .map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&answer.body);
        let json = serde_json::from_str(&text).unwrap_or_else(|_| json!(text.trim()));
        Ok((answer.status, json))
    }

    fn message(&mut self, text: &str) -> Result<Value, String> {
        let mut socket = self.open_socket()?;
        send(&mut socket, text)?;
        receive(&mut socket)
    }

    fn open_socket(&self) -> Result<Socket, String> {
        Socket::open(self.target.ws, PATIENCE).map_err(|error| error.to_string())
    }

    fn subscribe(&mut self, call: &Call, trigger: Option<&Trigger>) -> Result<Value, String> {
        let params = call.params.as_ref().map(|params| self.values.fill(params));
        let mut socket = self.open_socket()?;
        send(&mut socket, &request(&call.method, params.as_ref()).to_string())?;
        let answer = outcome(200, receive(&mut socket)?);
        let Some(id) = answer.get("result").and_then(Value::as_u64) else {
            return Ok(answer);
        };
        let mut notifications = Vec::new();
        if let Some(trigger) = trigger {
            if let Some(transaction) = &trigger.transaction {
                self.send_transaction(transaction)?;
            }
            for _ in 0..trigger.count {
                notifications.push(receive(&mut socket)?);
            }
        }
        let end = call.method.replace("Subscribe", "Unsubscribe");
        send(&mut socket, &request(&end, Some(&json!([id]))).to_string())?;
        let ended = loop {
            let message = receive(&mut socket)?;
            if message.get("id").is_some() {
                break outcome(200, message);
            }
        };
        Ok(json!({ "result": "<subscription>", "notifications": notifications, "end": ended }))
    }

    fn send_transaction(&mut self, name: &str) -> Result<(), String> {
        let text = self.values.transaction(name);
        let config = json!({ "encoding": "base64", "skipPreflight": true });
        let answer = self.raw("sendTransaction", &json!([text, config]))?;
        match answer.get("result") {
            Some(_) => Ok(()),
            None => Err(format!("{name} is not accepted: {answer}")),
        }
    }

    /// Whether a transaction becomes final.
    fn wait_final(&mut self, name: &str) -> Result<bool, String> {
        let signature = self.values.signature(name);
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let answer = self.raw("getSignatureStatuses", &json!([[signature]]))?;
            let status = &answer["result"]["value"][0];
            if status["confirmationStatus"] == "finalized" {
                self.values
                    .set_slot(name, status["slot"].as_u64().ok_or("no slot")?);
                return Ok(true);
            }
            thread::sleep(POLL);
        }
        Ok(false)
    }
}

fn request(method: &str, params: Option<&Value>) -> Value {
    match params {
        Some(params) => json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }),
        None => json!({ "jsonrpc": "2.0", "id": 1, "method": method }),
    }
}

/// The members of an answer that differ from call to call, and its status if it is unusual.
fn outcome(status: u16, answer: Value) -> Value {
    let usual = status == 200 && answer["jsonrpc"] == "2.0" && answer["id"] == 1;
    match answer {
        Value::Object(mut members) if usual => {
            members.remove("jsonrpc");
            members.remove("id");
            Value::Object(members)
        }
        other => json!({ "status": status, "body": other }),
    }
}

fn send(socket: &mut Socket, text: &str) -> Result<(), String> {
    socket
        .send_raw(&frame(TEXT, text.as_bytes()))
        .map_err(|error| error.to_string())
}

fn receive(socket: &mut Socket) -> Result<Value, String> {
    let text = socket
        .receive()
        .map_err(|error| error.to_string())?
        .ok_or("the connection was closed")?;
    serde_json::from_slice(&text).map_err(|error| error.to_string())
}
