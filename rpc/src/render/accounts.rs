//! Accounts as clients see them, and the bound on how much of them one answer holds.

use isobath_sdk::chain::account::Account;
use isobath_sdk::{Pubkey, ids};
use serde::Serialize;

use crate::config::RpcLimits;
use crate::errors::RpcFailure;
use crate::params::encoding::{AccountEncoding, DataSlice};
use crate::render::encoding::{BASE58_BYTES_MAX, EncodedData, encode_account_data};
use crate::render::parsed_accounts::{self, ParsedData};

/// Bytes of data that one answer compresses at most. The answer counts with its compressed length, but compressing takes
/// time in proportion to these.
const COMPRESSED_BYTES_MAX: usize = 128 << 20;

/// `rentEpoch` of an account that never pays rent, as on Solana today.
const RENT_EPOCH: u64 = u64::MAX;

/// An account as clients see it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UiAccount {
    lamports: u64,
    data: UiData,
    owner: Pubkey,
    executable: bool,
    rent_epoch: u64,
    space: u64,
}

/// Account data as text or, if requested and a parser exists, as an object.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum UiData {
    Encoded(EncodedData),
    Parsed(ParsedData),
}

/// An account with its address.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct KeyedAccount {
    pub(crate) pubkey: Pubkey,
    pub(crate) account: UiAccount,
}

impl UiAccount {
    pub(crate) fn new(
        key: &Pubkey,
        account: &Account,
        encoding: AccountEncoding,
        slice: Option<DataSlice>,
    ) -> Self {
        let parsed = match encoding {
            AccountEncoding::JsonParsed => parsed_accounts::parse(key, account),
            _ => None,
        };
        Self {
            lamports: account.lamports,
            data: parsed.map_or_else(
                || UiData::Encoded(encode_account_data(sliced(account, slice), encoding)),
                UiData::Parsed,
            ),
            owner: account.owner,
            executable: account.executable,
            rent_epoch: RENT_EPOCH,
            space: account.data.len() as u64,
        }
    }

    /// Characters of the encoded data; 0 for an object.
    const fn text_len(&self) -> usize {
        match &self.data {
            UiData::Encoded(EncodedData::Bare(text) | EncodedData::Named(text, _)) => text.len(),
            UiData::Parsed(_) => 0,
        }
    }

    /// A closed account, as its followers see it.
    pub(crate) fn closed(key: &Pubkey, encoding: AccountEncoding) -> Self {
        Self::new(key, &Account::new(0, ids::SYSTEM_PROGRAM), encoding, None)
    }
}

fn sliced(account: &Account, slice: Option<DataSlice>) -> &[u8] {
    slice.map_or(account.data.as_slice(), |slice| slice.of(&account.data))
}

/// Encodes the accounts of one answer and stops before the answer is too large.
pub(crate) struct Encoder {
    encoding: AccountEncoding,
    slice: Option<DataSlice>,
    bytes_max: usize,
    bytes_left: usize,
    /// Characters of compressed data that still fit into the answer.
    compressed_left: usize,
}

impl Encoder {
    pub(crate) fn new(limits: &RpcLimits, encoding: AccountEncoding, slice: Option<DataSlice>) -> Self {
        let response_bytes_max = usize::try_from(limits.response_bytes_max).unwrap_or(usize::MAX);
        let bytes_max = match encoding {
            AccountEncoding::Base64Zstd => COMPRESSED_BYTES_MAX,
            // Base64 encodes three bytes as four characters.
            _ => (response_bytes_max / 4).saturating_mul(3),
        };
        Self {
            encoding,
            slice,
            bytes_max,
            bytes_left: bytes_max,
            compressed_left: response_bytes_max,
        }
    }

    /// Bytes of data that still fit.
    pub(crate) const fn bytes_left(&self) -> usize {
        self.bytes_left
    }

    /// Bytes of data that an account counts for. A parser reads all of them, whatever the slice.
    pub(crate) fn data_len(&self, account: &Account) -> usize {
        if self.encoding == AccountEncoding::JsonParsed && parsed_accounts::has_parser(account) {
            return account.data.len();
        }
        sliced(account, self.slice).len()
    }

    pub(crate) fn encode(&mut self, key: &Pubkey, account: &Account) -> Result<UiAccount, RpcFailure> {
        let data_len = self.data_len(account);
        let is_base58 = matches!(self.encoding, AccountEncoding::Binary | AccountEncoding::Base58);
        if is_base58 && data_len > BASE58_BYTES_MAX {
            return Err(RpcFailure::InvalidRequest(format!(
                "Encoded binary (base 58) data should be less than {BASE58_BYTES_MAX} bytes, please use Base64 encoding."
            )));
        }
        self.bytes_left = self
            .bytes_left
            .checked_sub(data_len)
            .ok_or_else(|| self.too_large())?;
        let encoded = UiAccount::new(key, account, self.encoding, self.slice);
        if self.encoding == AccountEncoding::Base64Zstd {
            self.compressed_left = self
                .compressed_left
                .checked_sub(encoded.text_len())
                .ok_or_else(|| self.too_large())?;
        }
        Ok(encoded)
    }

    fn too_large(&self) -> RpcFailure {
        RpcFailure::InvalidRequest(format!(
            "the accounts together exceed {} bytes or the response limit; request fewer, or use dataSlice",
            self.bytes_max
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_parser_reads_counts_whole() {
        let slice = serde_json::from_value(json!({ "offset": 0, "length": 3 })).expect("a slice");
        let count = |owner, encoding| {
            let account = Account {
                data: vec![0; 5_000].into(),
                ..Account::new(1, owner)
            };
            Encoder::new(&RpcLimits::default(), encoding, Some(slice)).data_len(&account)
        };
        let table = ids::ADDRESS_LOOKUP_TABLE_PROGRAM;
        assert_eq!(count(table, AccountEncoding::JsonParsed), 5_000);
        assert_eq!(count(table, AccountEncoding::Base64), 3);
        assert_eq!(count(Pubkey([7; 32]), AccountEncoding::JsonParsed), 3);
    }
}
