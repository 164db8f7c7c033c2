//! getProgramAccounts: all accounts of a program that pass the filters, by ascending address.
//!
//! The candidates come from the index by owner and are read in one view, which delays no block; encoding happens after
//! the view is released. Both steps are bounded: by [`CANDIDATES_MAX`] accounts, and by the bytes of an answer.

use isobath_node::{Published, ViewRevoked};
use isobath_sdk::chain::account::Account;
use isobath_sdk::{Pubkey, ids};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::methods::accounts::load;
use crate::params::arguments::Arguments;
use crate::params::configs::ContextConfig;
use crate::params::encoding::{AccountEncoding, DataSlice};
use crate::params::filters::Filters;
use crate::render::accounts::{Encoder, KeyedAccount};
use crate::render::response::WithContext;

/// The most accounts of a program that one call scans.
const CANDIDATES_MAX: usize = 1 << 20;
/// Bytes of an entry of the answer beside the data of its account.
const ENTRY_BYTES: usize = 192;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ProgramConfig {
    filters: Option<Vec<Value>>,
    encoding: Option<AccountEncoding>,
    data_slice: Option<DataSlice>,
    with_context: Option<bool>,
    #[serde(flatten)]
    context: ContextConfig,
}

/// The accounts, bare or with the slot of their view.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum ProgramAccounts {
    Bare(Vec<KeyedAccount>),
    WithContext(WithContext<Vec<KeyedAccount>>),
}

/// getProgramAccounts(program, config)
pub(crate) fn get_program_accounts(
    context: &Context,
    mut arguments: Arguments,
) -> Result<ProgramAccounts, RpcFailure> {
    let program = arguments.pubkey(0, "program")?;
    let config: ProgramConfig = arguments.config(1)?;
    let filters = Filters::parse(config.filters)?;
    let encoding = config.encoding.unwrap_or(AccountEncoding::Binary);
    let mut encoder = Encoder::new(&context.limits, encoding, config.data_slice);
    let (slot, found) = find(context, config.context, &program, &filters, &encoder)?;
    let accounts = found.iter().map(|(pubkey, account)| {
        Ok(KeyedAccount {
            pubkey: *pubkey,
            account: encoder.encode(pubkey, account)?,
        })
    });
    let accounts = accounts.collect::<Result<Vec<_>, RpcFailure>>()?;
    Ok(if config.with_context.unwrap_or(false) {
        ProgramAccounts::WithContext(WithContext::new(slot, accounts))
    } else {
        ProgramAccounts::Bare(accounts)
    })
}

type Found = Vec<(Pubkey, Account)>;

/// The slot of the view and the accounts that pass.
fn find(
    context: &Context,
    config: ContextConfig,
    program: &Pubkey,
    filters: &Filters,
    encoder: &Encoder,
) -> Result<(u64, Found), RpcFailure> {
    // The index omits system accounts without data, and an answer is never incomplete.
    if *program == ids::SYSTEM_PROGRAM && filters.matches_empty() {
        return Err(RpcFailure::KeyExcluded(*program));
    }
    let view = context.view(config)?;
    if view.owned_count_max(program) > CANDIDATES_MAX {
        return Err(RpcFailure::Scan(format!(
            "the program owns more than {CANDIDATES_MAX} accounts, the limit of one scan"
        )));
    }
    let mut bytes_left = encoder.bytes_left();
    let mut found = Vec::new();
    let sysvars = list_sysvars(context, &view, program)?;
    let is_sysvar = |key: &Pubkey| context.node.runtime().sysvar_keys().contains(key);
    let owned = view.owned_by(*program);
    let stored = owned.filter(|owned| owned.as_ref().map_or(true, |(key, _)| !is_sysvar(key)));
    for owned in stored.chain(sysvars.into_iter().map(Ok)) {
        let (key, account) = owned?;
        if !filters.matches(&account) {
            continue;
        }
        let entry_bytes = encoder.data_len(&account).saturating_add(ENTRY_BYTES);
        bytes_left = bytes_left.checked_sub(entry_bytes).ok_or_else(|| {
            RpcFailure::Scan(
                "the accounts found exceed the response limit; use filters or dataSlice".to_owned(),
            )
        })?;
        found.push((key, account));
    }
    found.sort_unstable_by_key(|(key, _)| *key);
    Ok((view.chain().slot(), found))
}

/// The sysvars, which are stored nowhere, if `program` is their owner.
fn list_sysvars(context: &Context, view: &Published<'_>, program: &Pubkey) -> Result<Found, ViewRevoked> {
    if *program != ids::SYSVAR_OWNER {
        return Ok(Vec::new());
    }
    let keys = context.node.runtime().sysvar_keys().iter();
    keys.filter_map(|key| {
        Some(
            load(context, view, key)
                .transpose()?
                .map(|account| (*key, account)),
        )
    })
    .collect()
}
