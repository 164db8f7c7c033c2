//! What a message asks for: one call, or a batch of them.
//!
//! ```text
//! bytes -> object: version, id, method? -> a call
//!                  -32600
//!       -> array                        -> a batch, whose entries are read one by one
//!       -> other JSON: -32600
//!       -> not JSON:   -32700
//! ```
//!
//! Cost: one pass over the text, which is also the check that it is JSON; only what is not a call takes a second one.
//! Nothing is copied but the name of the method. Parameters stay text, which their method parses once
//! ([`Arguments`](crate::params::arguments::Arguments)).

use jsonrpsee::core::JsonRawValue;
use jsonrpsee::types::Id;
use serde::{Deserialize, Deserializer};

/// Longest id, as text. Every answer repeats it.
const ID_BYTES_MAX: usize = 1 << 10;

/// White space of JSON.
const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// A message that is JSON.
#[derive(Debug)]
pub(super) enum Message<'a> {
    Call(Call<'a>),
    /// The entries of a batch.
    Batch(Vec<&'a JsonRawValue>),
}

/// A call as it was sent, before its method is looked up.
#[derive(Debug)]
pub(super) enum Call<'a> {
    /// To be executed and answered.
    Valid {
        id: Id<'a>,
        method: String,
        params: Option<&'a JsonRawValue>,
    },
    /// Without an id.
    Silent,
    /// Not a call. The id is kept when it is one.
    Invalid(Id<'a>),
}

/// The members of a call, of any type. Others are ignored; one that comes twice is an error.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    jsonrpc: Option<&'a JsonRawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a JsonRawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    method: Option<&'a JsonRawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a JsonRawValue>,
}

/// Distinguishes a member that is `null` from one that is absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de JsonRawValue>, D::Error> {
    <&JsonRawValue>::deserialize(deserializer).map(Some)
}

impl<'a> Message<'a> {
    /// Reads a message; `None` when it is not JSON.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        if text.trim_start_matches(WHITE_SPACE).starts_with('[') {
            return serde_json::from_str(text).ok().map(Self::Batch);
        }
        let call = match serde_json::from_str(text) {
            Ok(members) => Call::new(members),
            Err(_) => {
                serde_json::from_str::<&JsonRawValue>(text).ok()?;
                Call::Invalid(Id::Null)
            }
        };
        Some(Self::Call(call))
    }
}

impl<'a> Call<'a> {
    /// Reads an entry of a batch.
    pub(super) fn read(text: &'a str) -> Self {
        // The deserialiser would also take a list as the members in their order.
        if !text.trim_start_matches(WHITE_SPACE).starts_with('{') {
            return Self::Invalid(Id::Null);
        }
        serde_json::from_str(text).map_or(Self::Invalid(Id::Null), Self::new)
    }

    fn new(members: Members<'a>) -> Self {
        let id = match members.id.map(|id| read_id(id.get())) {
            None => None,
            Some(Some(id)) => Some(id),
            Some(None) => return Self::Invalid(Id::Null),
        };
        let text_of = |member: Option<&JsonRawValue>| {
            member.and_then(|member| serde_json::from_str::<String>(member.get()).ok())
        };
        let is_current = text_of(members.jsonrpc).is_some_and(|version| version == "2.0");
        match (text_of(members.method), id) {
            (Some(method), Some(id)) if is_current => Self::Valid {
                id,
                method,
                params: members.params,
            },
            (Some(_), None) if is_current => Self::Silent,
            (_, id) => Self::Invalid(id.unwrap_or(Id::Null)),
        }
    }
}

/// An id: an integer from 0 to 2^64-1, a string or `null`, in at most [`ID_BYTES_MAX`] bytes. The deserialiser of [`Id`] would try one after the other and
/// make an error text for each that it is not, which takes longer than the rest of the call.
fn read_id(text: &str) -> Option<Id<'static>> {
    if text.len() > ID_BYTES_MAX {
        return None;
    }
    match text.bytes().next()? {
        b'n' => Some(Id::Null),
        b'"' => Some(Id::Str(serde_json::from_str::<String>(text).ok()?.into())),
        _ => Some(Id::Number(serde_json::from_str(text).ok()?)),
    }
}

#[cfg(test)]
mod tests;
