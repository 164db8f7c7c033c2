//! The answers that methods decode, reduced to what callers read of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use isobath_sdk::{Hash, Pubkey};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::Commitment;

/// The value of an answer that also names the slot of its view.
#[derive(Debug, Deserialize)]
pub(crate) struct WithContext<T> {
    pub(crate) value: T,
}

/// A blockhash and how long it can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockhashLifetime {
    /// The blockhash.
    pub blockhash: Hash,
    /// The last height at which a transaction with it can enter a block.
    pub last_valid_block_height: u64,
}

/// The status of a transaction that is in a block.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignatureStatus {
    /// Slot of its block.
    pub slot: u64,
    /// Its error, in the JSON form; `None` when it succeeded.
    pub err: Option<Value>,
    /// How final the block is; `None` when the node does not say.
    pub confirmation_status: Option<Commitment>,
}

impl SignatureStatus {
    /// Whether the block is at least confirmed. A node that does not say has no weaker level.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.confirmation_status
            .is_none_or(|level| level >= Commitment::Confirmed)
    }
}

/// What became of a transaction, as an Isobath node knows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Explanation {
    /// Where it is.
    pub state: TransactionState,
    /// Slot of its block, or of the newest block when it was dropped.
    pub slot: Option<u64>,
    /// Its error, in the JSON form.
    pub err: Option<Value>,
    /// The state in words, with cause and cure.
    pub text: String,
}

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum TransactionState {
    /// The node has never accepted it, or has forgotten it.
    Unknown,
    /// It waits for its block.
    Pending,
    /// It was accepted and then dropped.
    Dropped,
    /// It is in a block.
    Confirmed,
    /// A state that this client does not know.
    #[serde(other)]
    Other,
}

impl TransactionState {
    /// The name in answers; `other` for a state that this client does not know.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Dropped => "dropped",
            Self::Confirmed => "confirmed",
            Self::Other => "other",
        }
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UiAccount {
    /// Balance.
    pub lamports: u64,
    /// Owning program.
    pub owner: Pubkey,
    /// Whether it is a program.
    pub executable: bool,
    /// `u64::MAX` on a chain without rent collection.
    pub rent_epoch: u64,
    /// Its bytes.
    #[serde(deserialize_with = "decode_data")]
    pub data: Vec<u8>,
}

/// Decodes `["...", "base64"]`.
fn decode_data<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let (text, encoding) = <(String, String)>::deserialize(deserializer)?;
    if encoding != "base64" {
        return Err(D::Error::custom(format!(
            "account data in {encoding}, not base64"
        )));
    }
    BASE64
        .decode(text)
        .map_err(|error| D::Error::custom(format!("account data that is not base64: {error}")))
}

/// The balance of an account.
#[derive(Debug, Deserialize)]
pub(crate) struct Balance {
    pub(crate) lamports: u64,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn statuses_decode_as_solana_writes_them() {
        let text = r#"{"context":{"slot":9},"value":[null,
            {"slot":5,"confirmations":null,"err":null,"status":{"Ok":null},"confirmationStatus":"finalized"},
            {"slot":6,"confirmations":0,"err":"AccountInUse","status":{"Err":"AccountInUse"},"confirmationStatus":"processed"},
            {"slot":7,"confirmations":1,"err":null,"status":{"Ok":null}}]}"#;
        let answer: WithContext<Vec<Option<SignatureStatus>>> = serde_json::from_str(text).unwrap();
        let [None, Some(last), Some(early), Some(silent)] = answer.value.as_slice() else {
            panic!("{answer:?}")
        };
        assert!(last.is_confirmed() && last.err.is_none() && last.slot == 5);
        assert!(!early.is_confirmed());
        assert_eq!(early.err, Some(json!("AccountInUse")));
        assert!(silent.is_confirmed());
    }

    #[test]
    fn an_explanation_may_have_states_and_members_of_a_later_node() {
        let decode = |value: Value| Explanation::deserialize(value).unwrap();
        let dropped = decode(json!({
            "state": "dropped", "slot": 7, "reason": "noEffect", "err": "AccountNotFound", "text": "no effect",
        }));
        assert_eq!(
            (dropped.state, dropped.slot),
            (TransactionState::Dropped, Some(7))
        );
        assert_eq!(dropped.err, Some(json!("AccountNotFound")));
        let later = decode(json!({ "state": "scheduled", "lane": 3, "text": "in lane 3" }));
        assert_eq!(
            (later.state, later.slot, later.err),
            (TransactionState::Other, None, None)
        );
    }

    fn account(data: Value) -> Result<UiAccount, serde_json::Error> {
        let owner = Pubkey([7; 32]);
        UiAccount::deserialize(json!({
            "lamports": 5, "owner": owner, "executable": false, "rentEpoch": u64::MAX, "data": data, "space": 3,
        }))
    }

    #[test]
    fn account_data_is_bytes_or_named_as_wrong() {
        let decoded = account(json!(["AQID", "base64"])).unwrap();
        assert_eq!(
            (decoded.data.as_slice(), decoded.rent_epoch),
            (&[1, 2, 3][..], u64::MAX)
        );
        let error = account(json!(["AQID", "base58"])).unwrap_err().to_string();
        assert!(error.contains("base58, not base64"), "{error}");
        let error = account(json!(["A*ID", "base64"])).unwrap_err().to_string();
        assert!(error.contains("not base64"), "{error}");
        assert!(account(json!("AQID")).is_err());
    }

    #[test]
    fn a_blockhash_comes_with_its_last_height() {
        let hash = Hash([9; 32]);
        let answer =
            json!({"context": {"slot": 1}, "value": {"blockhash": hash, "lastValidBlockHeight": 151}});
        let answer: WithContext<BlockhashLifetime> = serde_json::from_value(answer).unwrap();
        assert_eq!(answer.value.blockhash, hash);
        assert_eq!(answer.value.last_valid_block_height, 151);
    }
}
