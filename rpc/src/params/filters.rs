//! Filters on account data, for getProgramAccounts and programSubscribe.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_sdk::chain::account::Account;
use serde::Deserialize;
use serde_json::Value;

use crate::errors::RpcFailure;

/// The most filters of one call.
const FILTERS_MAX: usize = 4;
/// The most bytes that one filter compares.
const COMPARED_BYTES_MAX: usize = 128;
/// The longest base58 text of that many bytes.
const BASE58_TEXT_MAX: usize = 175;
/// The longest base64 text of that many bytes.
const BASE64_TEXT_MAX: usize = 172;

/// A condition on account data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Filter {
    Size(u64),
    Bytes { offset: usize, bytes: Vec<u8> },
}

/// Filters that an account must all pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Filters(Vec<Filter>);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum FilterConfig {
    DataSize(u64),
    Memcmp(MemcmpConfig),
    /// Matches token accounts; without a token program that is no account.
    TokenAccountState,
}

#[derive(Debug, Deserialize)]
struct MemcmpConfig {
    offset: usize,
    bytes: MemcmpBytes,
    encoding: Option<MemcmpEncoding>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum MemcmpBytes {
    Text(String),
    Raw(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MemcmpEncoding {
    #[serde(alias = "binary")]
    Base58,
    Base64,
    Bytes,
}

impl Filters {
    /// Reads the member `filters` of a configuration.
    pub(crate) fn parse(filters: Option<Vec<Value>>) -> Result<Self, RpcFailure> {
        let filters = filters.unwrap_or_default();
        if filters.len() > FILTERS_MAX {
            return Err(RpcFailure::InvalidParams(format!(
                "Too many filters provided; max {FILTERS_MAX}"
            )));
        }
        filters
            .into_iter()
            .map(parse_filter)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(crate) fn matches(&self, account: &Account) -> bool {
        self.matches_data(&account.data)
    }

    /// Whether an account without data can pass.
    pub(crate) fn matches_empty(&self) -> bool {
        self.matches_data(&[])
    }

    fn matches_data(&self, data: &[u8]) -> bool {
        self.0.iter().all(|filter| match filter {
            Filter::Size(size) => data.len() as u64 == *size,
            Filter::Bytes { offset, bytes } => {
                data.get(*offset..).is_some_and(|rest| rest.starts_with(bytes))
            }
        })
    }
}

fn parse_filter(filter: Value) -> Result<Filter, RpcFailure> {
    let config = serde_json::from_value(filter).map_err(|error| RpcFailure::parameter("filters", error))?;
    match config {
        FilterConfig::DataSize(size) => Ok(Filter::Size(size)),
        // Larger than any account.
        FilterConfig::TokenAccountState => Ok(Filter::Size(u64::MAX)),
        FilterConfig::Memcmp(config) => Ok(Filter::Bytes {
            offset: config.offset,
            bytes: decode(config.bytes, config.encoding)?,
        }),
    }
}

fn decode(bytes: MemcmpBytes, encoding: Option<MemcmpEncoding>) -> Result<Vec<u8>, RpcFailure> {
    let invalid = |reason: &str| RpcFailure::parameter("memcmp.bytes", reason);
    let too_long = || invalid("more than 128 bytes");
    let decoded = match (bytes, encoding.unwrap_or(MemcmpEncoding::Base58)) {
        (MemcmpBytes::Text(text), MemcmpEncoding::Base58) if text.len() <= BASE58_TEXT_MAX => {
            bs58::decode(text).into_vec().map_err(|_| invalid("not base58"))?
        }
        (MemcmpBytes::Text(text), MemcmpEncoding::Base64) if text.len() <= BASE64_TEXT_MAX => {
            STANDARD.decode(text).map_err(|_| invalid("not base64"))?
        }
        (MemcmpBytes::Text(_), MemcmpEncoding::Bytes) => return Err(invalid("not a list of bytes")),
        (MemcmpBytes::Text(_), _) => return Err(too_long()),
        (MemcmpBytes::Raw(bytes), _) => bytes,
    };
    if decoded.len() > COMPARED_BYTES_MAX {
        return Err(too_long());
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use isobath_sdk::Pubkey;
    use serde_json::json;

    use super::*;

    fn admits(filters: Value, data: &[u8]) -> bool {
        let Value::Array(filters) = filters else {
            panic!("a list");
        };
        let account = Account {
            data: data.to_vec().into(),
            ..Account::new(1, Pubkey([1; 32]))
        };
        Filters::parse(Some(filters)).expect("filters").matches(&account)
    }

    #[test]
    fn sizes_and_bytes() {
        let data = [1, 2, 3, 4];
        assert!(admits(json!([]), &data));
        assert!(admits(json!([{ "dataSize": 4 }]), &data));
        assert!(!admits(json!([{ "dataSize": 5 }]), &data));
        let base58 = bs58::encode([2, 3]).into_string();
        for compare in [
            json!({ "offset": 1, "bytes": base58 }),
            json!({ "offset": 1, "bytes": base58, "encoding": "base58" }),
            json!({ "offset": 1, "bytes": "AgM=", "encoding": "base64" }),
            json!({ "offset": 1, "bytes": [2, 3], "encoding": "bytes" }),
            json!({ "offset": 1, "bytes": [2, 3] }),
            json!({ "offset": 4, "bytes": "" }),
        ] {
            assert!(admits(json!([{ "dataSize": 4 }, { "memcmp": compare }]), &data));
        }
        for offset in [json!(0), json!(3), json!(5), json!(usize::MAX)] {
            assert!(!admits(
                json!([{ "memcmp": { "offset": offset, "bytes": base58 } }]),
                &data
            ));
        }
        assert!(!admits(json!(["tokenAccountState"]), &data));
    }

    #[test]
    fn wrong_filters_are_refused() {
        for filter in [
            json!({ "memcmp": { "offset": 0, "bytes": "0" } }),
            json!({ "memcmp": { "offset": 0, "bytes": "2".repeat(176) } }),
            json!({ "memcmp": { "offset": 0, "bytes": vec![1; 129] } }),
            json!({ "memcmp": { "offset": 0, "bytes": "=", "encoding": "base64" } }),
            json!({ "memcmp": { "offset": -1, "bytes": "2" } }),
            json!({ "dataSize": "4" }),
            json!({ "other": 4 }),
            json!(7),
        ] {
            assert!(Filters::parse(Some(vec![filter.clone()])).is_err(), "{filter}");
        }
        let many = vec![json!({ "dataSize": 4 }); 5];
        assert!(Filters::parse(Some(many)).is_err());
        assert_eq!(Filters::parse(None).ok(), Some(Filters::default()));
    }
}
