//! Names in the place of values: what a case file calls `$tx.transfer.one` is another text on each node.
//!
//! The same table serves both directions: it gives parameters their values, and answers their names again.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_sdk::Hash;
use serde_json::{Map, Value, json};

use super::{cast, transactions};

/// What one run knows of its node.
#[derive(Debug, Default)]
pub struct Values {
    /// The blockhash of each transaction: that of its first use.
    blockhashes: BTreeMap<String, Hash>,
    /// Texts that only this run explains, and their names.
    names: BTreeMap<String, String>,
    /// Slots of transactions, once they are final.
    slots: BTreeMap<String, u64>,
    /// The newest blockhash and the newest final slot.
    newest: (Hash, u64),
}

impl Values {
    /// Remembers the newest blockhash and slot.
    pub fn set_newest(&mut self, blockhash: Hash, slot: u64) {
        self.newest = (blockhash, slot);
        self.name(blockhash.to_string(), "blockhash");
    }

    /// Remembers the slot of a transaction.
    pub fn set_slot(&mut self, transaction: &str, slot: u64) {
        self.slots.insert(transaction.to_owned(), slot);
    }

    /// Gives a text of the node a name.
    pub fn name(&mut self, text: String, name: &str) {
        self.names.insert(text, format!("<{name}>"));
    }

    /// The name of a text, or the text itself.
    #[must_use]
    pub fn named(&self, text: &str) -> String {
        self.names.get(text).map_or(text, String::as_str).to_owned()
    }

    /// A text with all names that occur in it.
    #[must_use]
    pub fn with_names(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (value, name) in &self.names {
            if value.len() >= 32 && text.contains(value.as_str()) {
                text = text.replace(value.as_str(), name);
            }
        }
        text
    }

    /// The first signature of a transaction.
    pub fn signature(&mut self, transaction: &str) -> String {
        let blockhash = self.blockhash_of(transaction);
        let signatures = transactions::signatures(transaction, blockhash);
        for (index, signature) in signatures.iter().enumerate().rev() {
            let number = if index == 0 {
                String::new()
            } else {
                format!(" {index}")
            };
            self.name(signature.to_string(), &format!("signature{number} {transaction}"));
        }
        signatures.first().copied().unwrap_or_default().to_string()
    }

    /// The base64 of a transaction.
    pub fn transaction(&mut self, transaction: &str) -> String {
        let wire = self.wire(transaction);
        STANDARD.encode(wire)
    }

    /// The value with all names replaced.
    ///
    /// # Panics
    /// When a name is unknown.
    pub fn fill(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => match text.strip_prefix('$') {
                Some(name) => self.value(name),
                None => value.clone(),
            },
            Value::Array(values) => values.iter().map(|value| self.fill(value)).collect(),
            Value::Object(members) => {
                let filled = members.iter().map(|(key, value)| (key.clone(), self.fill(value)));
                Value::Object(filled.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }

    fn value(&mut self, name: &str) -> Value {
        let (kind, rest) = name.split_once('.').unwrap_or((name, ""));
        match kind {
            "key" => json!(cast::address(rest).to_string()),
            "keys" => json!(vec![cast::address("rich").to_string(); count(rest)]),
            "tx" => json!(self.transaction(rest)),
            "tx58" => json!(bs58::encode(self.wire(rest)).into_string()),
            "message" => json!(STANDARD.encode(transactions::message(rest, self.blockhash_of(rest)))),
            "sig" => json!(self.signature(rest)),
            "sigs" => json!(vec![isobath_sdk::Signature([1; 64]).to_string(); count(rest)]),
            "text" => json!("1".repeat(count(rest))),
            "filters" => json!(vec![json!({ "dataSize": 7 }); count(rest)]),
            "blockhash" => json!(self.newest.0.to_string()),
            "unknown_blockhash" => json!(cast::UNKNOWN_BLOCKHASH.to_string()),
            "unknown_signature" => json!(isobath_sdk::Signature([2; 64]).to_string()),
            "slot" if rest.is_empty() => json!(self.newest.1),
            "slot" => json!(self.slots.get(rest)),
            "later" => json!(self.newest.1 + 100_000),
            "max" => json!(u64::MAX),
            _ => panic!("there is no value {name}"),
        }
    }

    fn blockhash_of(&mut self, transaction: &str) -> Hash {
        let newest = self.newest.0;
        *self.blockhashes.entry(transaction.to_owned()).or_insert(newest)
    }

    fn wire(&mut self, transaction: &str) -> Vec<u8> {
        let blockhash = self.blockhash_of(transaction);
        let wire = transactions::wire(transaction, blockhash);
        self.signature(transaction);
        let name = format!("transaction {transaction}");
        self.name(STANDARD.encode(&wire), &name);
        self.name(bs58::encode(&wire).into_string(), &name);
        wire
    }
}

fn count(text: &str) -> usize {
    text.parse().expect("a number after the point")
}
