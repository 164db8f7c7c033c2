//! Answers without what only one run explains.
//!
//! Members that count slots, time or transactions of the whole chain keep their type and lose their value; texts that
//! the run has names for get these. Everything else stays, and is compared as it is.

use serde_json::{Map, Value, json};

use super::values::Values;

/// Members whose numbers belong to the run.
const NUMBERS: [&str; 26] = [
    "absoluteSlot",
    "blockHeight",
    "blockTime",
    "contextSlot",
    "epochStartTimestamp",
    "feature-set",
    "firstSlot",
    "lastSlot",
    "lastExtendedSlot",
    "lastValidBlockHeight",
    "numNonVoteTransactions",
    "numSlots",
    "numTransactions",
    "parent",
    "parentSlot",
    "root",
    "samplePeriodSecs",
    "slot",
    "slotIndex",
    "slotsInEpoch",
    "subscription",
    "timestamp",
    "totalStake",
    "transactionCount",
    "transactionIndex",
    "unixTimestamp",
];

/// Members whose texts belong to the run.
const TEXTS: [&str; 8] = [
    "apiVersion",
    "blockhash",
    "identity",
    "lastExtendedSlot",
    "nonce",
    "previousBlockhash",
    "recentBlockhash",
    "solana-core",
];

/// An answer with its values.
#[must_use]
pub fn normalize(value: &Value, values: &Values) -> Value {
    match value {
        Value::String(text) => json!(values.with_names(text)),
        Value::Array(items) => items.iter().map(|item| normalize(item, values)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| {
                let value = match value {
                    Value::Number(_) if NUMBERS.contains(&key.as_str()) => json!("<number>"),
                    Value::String(_) if TEXTS.contains(&key.as_str()) => json!("<text>"),
                    value => normalize(value, values),
                };
                (key.clone(), value)
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Only the form of an answer: types in the place of values, and each form of the items of a list once.
#[must_use]
pub fn form(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => json!("<bool>"),
        Value::Number(number) if number.is_f64() => json!("<float>"),
        Value::Number(_) => json!("<number>"),
        Value::String(_) => json!("<text>"),
        Value::Array(items) => {
            let mut forms: Vec<Value> = Vec::new();
            for item in items.iter().map(form) {
                if !forms.contains(&item) {
                    forms.push(item);
                }
            }
            Value::Array(forms)
        }
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| (key.clone(), form(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_the_run_loses_its_value_and_keeps_its_type() {
        let mut values = Values::default();
        let signature = "5".repeat(64);
        values.name(signature.clone(), "signature a");
        let answer = json!({ "slot": 7, "fee": 5_000, "text": format!("of {signature}"), "blockTime": null });
        let expected =
            json!({ "slot": "<number>", "fee": 5_000, "text": "of <signature a>", "blockTime": null });
        assert_eq!(normalize(&answer, &values), expected);
    }

    #[test]
    fn a_form_lists_each_kind_of_item_once() {
        assert_eq!(
            form(&json!([1, 2, "a", { "b": true }])),
            json!(["<number>", "<text>", { "b": "<bool>" }])
        );
    }
}
