//! programSubscribe: one notification for each account of a program that a block changes.

use isobath_sdk::Pubkey;
use jsonrpsee::types::Params;
use serde::Deserialize;
use serde_json::Value;

use crate::errors::RpcFailure;
use crate::params::arguments::Arguments;
use crate::params::configs::ContextConfig;
use crate::params::encoding::{AccountEncoding, DataSlice};
use crate::params::filters::Filters;
use crate::render::accounts::{KeyedAccount, UiAccount};
use crate::render::response::Notification;
use crate::subscriptions::batches::Keyed;
use crate::subscriptions::notify::{encode, next, send_large};
use crate::subscriptions::request::Request;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ProgramConfig {
    filters: Option<Vec<Value>>,
    encoding: Option<AccountEncoding>,
    data_slice: Option<DataSlice>,
    #[serde(flatten)]
    _context: ContextConfig,
}

/// How the accounts of a program are rendered.
#[derive(Clone, Copy)]
struct Shape {
    encoding: AccountEncoding,
    data_slice: Option<DataSlice>,
}

impl Shape {
    fn render(self, slot: u64, (pubkey, account): &Keyed) -> Notification<KeyedAccount> {
        let account = UiAccount::new(pubkey, account, self.encoding, self.data_slice);
        Notification::new(
            slot,
            KeyedAccount {
                pubkey: *pubkey,
                account,
            },
        )
    }
}

/// programSubscribe(program, config)
pub(super) async fn subscribe_program(request: Request) {
    let Request {
        params,
        pending,
        context,
        hub,
        connection,
    } = request;
    let (program, filters, shape) = match parse(&params) {
        Ok(parsed) => parsed,
        Err(failure) => return pending.reject(failure).await,
    };
    let mut queue = hub.follow_program(program, filters, connection.clone());
    if let Ok(sink) = pending.accept().await {
        tokio::time::sleep(context.limits.first_notification_delay).await;
        'batches: while let Some(batch) = next(&mut queue, &sink).await {
            for account in batch.accounts {
                let slot = batch.slot;
                let render = move || encode(&shape.render(slot, &account));
                if !send_large(&context, &connection, &sink, render).await {
                    break 'batches;
                }
            }
        }
    }
    hub.forget_program(&program, queue);
}

fn parse(params: &Params<'_>) -> Result<(Pubkey, Filters, Shape), RpcFailure> {
    let mut arguments = Arguments::parse(params, 2)?;
    let program = arguments.pubkey(0, "program")?;
    let config: ProgramConfig = arguments.config(1)?;
    let shape = Shape {
        encoding: config.encoding.unwrap_or(AccountEncoding::Binary),
        data_slice: config.data_slice,
    };
    Ok((program, Filters::parse(config.filters)?, shape))
}
