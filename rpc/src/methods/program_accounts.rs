//! getProgramAccounts: all accounts of a program that pass the filters, by ascending address.
//!
//! The candidates come from the index by owner and are read in one view, which holds no block up; encoding happens after
//! the view is let go. Both steps are bounded: [`CANDIDATES_MAX`] accounts looked at, and as many bytes as an answer may have.

use std::sync::Arc;

use isobath_sdk::chain::account::Account;
use isobath_sdk::{Pubkey, ids};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::params::arguments::Arguments;
use crate::params::configs::ContextConfig;
use crate::params::encoding::{AccountEncoding, DataSlice};
use crate::params::filters::Filters;
use crate::render::accounts::{Encoder, KeyedAccount};
use crate::render::response::WithContext;

/// The most accounts of a program that one call looks at.
const CANDIDATES_MAX: usize = 1 << 20;
/// What an entry of the answer weighs beside the data of its account.
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
    let shown = found.iter().map(|(pubkey, account)| {
        Ok(KeyedAccount {
            pubkey: *pubkey,
            account: encoder.encode(pubkey, account)?,
        })
    });
    let shown = shown.collect::<Result<Vec<_>, RpcFailure>>()?;
    Ok(if config.with_context.unwrap_or(false) {
        ProgramAccounts::WithContext(WithContext::new(slot, shown))
    } else {
        ProgramAccounts::Bare(shown)
    })
}

type Found = Vec<(Pubkey, Arc<Account>)>;

/// The slot of the view and the accounts that pass.
fn find(
    context: &Context,
    config: ContextConfig,
    program: &Pubkey,
    filters: &Filters,
    encoder: &Encoder,
) -> Result<(u64, Found), RpcFailure> {
    // The index leaves out system accounts without data; an answer is complete or it is refused.
    if *program == ids::SYSTEM_PROGRAM && filters.admit_empty() {
        return Err(RpcFailure::KeyExcluded(*program));
    }
    let view = context.view(config)?;
    if view.owned_count_max(program) > CANDIDATES_MAX {
        return Err(RpcFailure::Scan(format!(
            "the program owns more than {CANDIDATES_MAX} accounts, too many to look at in one call"
        )));
    }
    let mut bytes_left = encoder.bytes_left();
    let mut found = Vec::new();
    for (key, account) in view.owned_by(*program) {
        if !filters.admit(&account) {
            continue;
        }
        let weight = encoder.data_len(&account).saturating_add(ENTRY_BYTES);
        bytes_left = bytes_left.checked_sub(weight).ok_or_else(|| {
            RpcFailure::Scan(
                "the accounts found do not fit into one answer; use filters or a dataSlice".to_owned(),
            )
        })?;
        found.push((key, account));
    }
    Ok((view.chain().slot(), found))
}
