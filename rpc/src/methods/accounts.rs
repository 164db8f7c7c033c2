//! Accounts and balances.
//!
//! A call that is heavy looks its accounts up again when its turn comes, so that none is held while it waits.
//!
//! Sysvar accounts are computed from the chain of the view and are served as if they were stored.

use isobath_node::{Published, ViewRevoked};
use isobath_sdk::Pubkey;
use isobath_sdk::chain::account::Account;
use serde::Deserialize;

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::methods::call::Work;
use crate::params::arguments::Arguments;
use crate::params::configs::{AccountConfig, Commitment, ContextConfig};
use crate::params::encoding::AccountEncoding;
use crate::render::accounts::{Encoder, UiAccount};
use crate::render::response::WithContext;

/// The most accounts of one getMultipleAccounts.
const ACCOUNTS_MAX: usize = 100;

/// Bytes of account data that are encoded on the reactor: a few microseconds of work.
const LIGHT_BYTES_MAX: usize = 16 << 10;

/// One account of a view, sysvars included.
pub(crate) fn load(
    context: &Context,
    view: &Published<'_>,
    key: &Pubkey,
) -> Result<Option<Account>, ViewRevoked> {
    match context.node.runtime().sysvar_account(view.chain(), key) {
        Some(sysvar) => Ok(Some(sysvar)),
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
    let lamports = load(context, &view, &key)?.map_or(0, |account| account.lamports);
    Ok(WithContext::new(view.chain().slot(), lamports))
}

/// getAccountInfo(address, config)
pub(crate) fn get_account_info(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Work<WithContext<Option<UiAccount>>>, RpcFailure> {
    let key = arguments.pubkey(0, "address")?;
    let config: AccountConfig = arguments.config(1)?;
    let encoding = config.encoding.unwrap_or(AccountEncoding::Binary);
    let find = move |context: &Context| {
        let view = context.view(config.context)?;
        let found = load(context, &view, &key)?;
        Ok::<_, RpcFailure>((view.chain().slot(), found))
    };
    let encode = move |(slot, found): (u64, Option<Account>), mut encoder: Encoder| {
        let account = found.map(|account| encoder.encode(&key, &account));
        Ok(WithContext::new(slot, account.transpose()?))
    };
    let encoder = Encoder::new(&context.limits, encoding, config.data_slice);
    let found = find(context)?;
    if found.1.as_ref().map_or(0, |account| encoder.data_len(account)) > LIGHT_BYTES_MAX {
        return Ok(Work::heavy(move |context| encode(find(context)?, encoder)));
    }
    encode(found, encoder).map(Work::Light)
}

/// getMultipleAccounts(addresses, config)
pub(crate) fn get_multiple_accounts(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Work<WithContext<Vec<Option<UiAccount>>>>, RpcFailure> {
    let keys: Vec<Pubkey> = arguments.list(0, "addresses", ACCOUNTS_MAX)?;
    let config: AccountConfig = arguments.config(1)?;
    let encoding = config.encoding.unwrap_or(AccountEncoding::Base64);
    let mut encoder = Encoder::new(&context.limits, encoding, config.data_slice);
    let (slot, found) = find_all(context, &keys, config.context)?;
    let bytes = found.iter().flatten().map(|account| encoder.data_len(account));
    if bytes.fold(0, usize::saturating_add) <= LIGHT_BYTES_MAX {
        return encode_all(slot, &keys, &found, &mut encoder).map(Work::Light);
    }
    Ok(Work::heavy(move |context| {
        let (slot, found) = find_all(context, &keys, config.context)?;
        encode_all(slot, &keys, &found, &mut encoder)
    }))
}

type Found = Vec<Option<Account>>;

/// Accounts of the published view, and its slot.
fn find_all(context: &Context, keys: &[Pubkey], config: ContextConfig) -> Result<(u64, Found), RpcFailure> {
    let view = context.view(config)?;
    let found = keys.iter().map(|key| load(context, &view, key));
    Ok((view.chain().slot(), found.collect::<Result<_, _>>()?))
}

fn encode_all(
    slot: u64,
    keys: &[Pubkey],
    found: &Found,
    encoder: &mut Encoder,
) -> Result<WithContext<Vec<Option<UiAccount>>>, RpcFailure> {
    let accounts = keys.iter().zip(found).map(|(key, found)| {
        let account = found.as_ref().map(|account| encoder.encode(key, account));
        account.transpose()
    });
    Ok(WithContext::new(slot, accounts.collect::<Result<_, _>>()?))
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
    let data_len_max = context.node.runtime().rules().account_data_len_max as u64;
    if data_len > data_len_max {
        let text = format!("an account has at most {data_len_max} bytes of data, not {data_len}");
        return Err(RpcFailure::InvalidRequest(text));
    }
    Ok(context.node.genesis().rent().minimum_balance(data_len))
}
