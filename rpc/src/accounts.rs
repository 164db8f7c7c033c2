//! Accounts and balances.
//!
//! Sysvar accounts are computed from the chain of the view and are shown as if they were stored.

use std::sync::Arc;

use isobath_sdk::chain::account::Account;
use isobath_sdk::{Pubkey, ids};
use serde::{Deserialize, Serialize};

use super::context::{Context, WithContext};
use super::encoding::{AccountEncoding, BASE58_BYTES_MAX, EncodedData, encode_account_data};
use super::errors::RpcFailure;
use super::params::{Arguments, Commitment, ContextConfig};
use super::parsed_accounts::{self, ParsedData};
use isobath_node::Published;

/// The most accounts of one getMultipleAccounts.
const ACCOUNTS_MAX: usize = 100;

/// `rentEpoch` of an account that never pays rent, and none does.
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

/// Account data as text or, where it was asked for and a parser exists, as an object.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum UiData {
    Encoded(EncodedData),
    Parsed(ParsedData),
}

/// A part of the data.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct DataSlice {
    offset: usize,
    length: usize,
}

/// What clients ask of account data.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AccountConfig {
    pub(crate) encoding: Option<AccountEncoding>,
    pub(crate) data_slice: Option<DataSlice>,
    #[serde(flatten)]
    pub(crate) context: ContextConfig,
}

impl DataSlice {
    /// The part of `data` that it names; what lies outside is left out.
    fn of(self, data: &[u8]) -> &[u8] {
        let start = self.offset.min(data.len());
        let end = self.offset.saturating_add(self.length).min(data.len());
        data.get(start..end).unwrap_or_default()
    }
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

    /// How a closed account is shown to those who follow it.
    pub(crate) fn closed(key: &Pubkey, encoding: AccountEncoding) -> Self {
        Self::new(key, &Account::new(0, ids::SYSTEM_PROGRAM), encoding, None)
    }
}

fn sliced(account: &Account, slice: Option<DataSlice>) -> &[u8] {
    slice.map_or(account.data.as_slice(), |slice| slice.of(&account.data))
}

/// One account of a view, sysvars included.
pub(crate) fn load(context: &Context, view: &Published<'_>, key: &Pubkey) -> Option<Arc<Account>> {
    match context.node.runtime().sysvar_account(view.chain(), key) {
        Some(sysvar) => Some(Arc::new(sysvar)),
        None => view.account(key),
    }
}

/// getBalance(address, config)
pub(crate) fn get_balance(
    context: &Context,
    mut arguments: Arguments,
) -> Result<WithContext<u64>, RpcFailure> {
    let key = arguments.pubkey(0, "address")?;
    let view = context.view(arguments.config(1)?)?;
    let lamports = load(context, &view, &key).map_or(0, |account| account.lamports);
    Ok(WithContext::new(view.chain().slot(), lamports))
}

/// getAccountInfo(address, config)
pub(crate) fn get_account_info(
    context: &Context,
    mut arguments: Arguments,
) -> Result<WithContext<Option<UiAccount>>, RpcFailure> {
    let key = arguments.pubkey(0, "address")?;
    let config: AccountConfig = arguments.config(1)?;
    let encoding = config.encoding.unwrap_or(AccountEncoding::Binary);
    let (slot, found) = {
        let view = context.view(config.context)?;
        (view.chain().slot(), load(context, &view, &key))
    };
    let mut encoder = Encoder::new(context, encoding, config.data_slice);
    let account = found
        .as_deref()
        .map(|account| encoder.encode(&key, account))
        .transpose()?;
    Ok(WithContext::new(slot, account))
}

/// getMultipleAccounts(addresses, config)
pub(crate) fn get_multiple_accounts(
    context: &Context,
    mut arguments: Arguments,
) -> Result<WithContext<Vec<Option<UiAccount>>>, RpcFailure> {
    let keys: Vec<Pubkey> = arguments.list(0, "addresses", ACCOUNTS_MAX)?;
    let config: AccountConfig = arguments.config(1)?;
    let encoding = config.encoding.unwrap_or(AccountEncoding::Base64);
    let (slot, found) = {
        let view = context.view(config.context)?;
        let found: Vec<_> = keys.iter().map(|key| load(context, &view, key)).collect();
        (view.chain().slot(), found)
    };
    let mut encoder = Encoder::new(context, encoding, config.data_slice);
    let accounts = keys.iter().zip(&found).map(|(key, found)| {
        found
            .as_deref()
            .map(|account| encoder.encode(key, account))
            .transpose()
    });
    Ok(WithContext::new(slot, accounts.collect::<Result<_, _>>()?))
}

/// Encodes the accounts of one answer and stops before the answer is too large.
pub(crate) struct Encoder {
    encoding: AccountEncoding,
    slice: Option<DataSlice>,
    bytes_max: usize,
    bytes_left: usize,
}

impl Encoder {
    pub(crate) fn new(context: &Context, encoding: AccountEncoding, slice: Option<DataSlice>) -> Self {
        let response_bytes_max = usize::try_from(context.limits.response_bytes_max).unwrap_or(usize::MAX);
        // Base64 makes four characters of three bytes.
        let bytes_max = (response_bytes_max / 4).saturating_mul(3);
        Self {
            encoding,
            slice,
            bytes_max,
            bytes_left: bytes_max,
        }
    }

    /// Bytes of data that still fit.
    pub(crate) const fn bytes_left(&self) -> usize {
        self.bytes_left
    }

    /// Bytes of data that an account counts for.
    pub(crate) fn data_len(&self, account: &Account) -> usize {
        sliced(account, self.slice).len()
    }

    pub(crate) fn encode(&mut self, key: &Pubkey, account: &Account) -> Result<UiAccount, RpcFailure> {
        let data_len = sliced(account, self.slice).len();
        let is_base58 = matches!(self.encoding, AccountEncoding::Binary | AccountEncoding::Base58);
        if is_base58 && data_len > BASE58_BYTES_MAX {
            return Err(RpcFailure::InvalidRequest(format!(
                "Encoded binary (base 58) data should be less than {BASE58_BYTES_MAX} bytes, please use Base64 encoding."
            )));
        }
        self.bytes_left = self.bytes_left.checked_sub(data_len).ok_or_else(|| {
            RpcFailure::InvalidRequest(format!(
                "the accounts hold more than {} bytes together; ask for fewer, or for a dataSlice",
                self.bytes_max
            ))
        })?;
        Ok(UiAccount::new(key, account, self.encoding, self.slice))
    }
}

/// Only the commitment, which some methods take.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct CommitmentConfig {
    #[serde(rename = "commitment")]
    _commitment: Option<Commitment>,
}

/// getMinimumBalanceForRentExemption(data length, config)
pub(crate) fn get_minimum_balance(context: &Context, mut arguments: Arguments) -> Result<u64, RpcFailure> {
    let data_len: u64 = arguments.required(0, "dataLength")?;
    arguments.config::<CommitmentConfig>(1)?;
    Ok(context.node.genesis().rent().minimum_balance(data_len))
}
