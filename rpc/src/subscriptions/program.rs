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
use crate::render::response::Notification;
use crate::subscriptions::batches::ProgramQuery;
use crate::subscriptions::notify::{next, send_large};
use crate::subscriptions::request::Request;
use crate::subscriptions::shared::Shape;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ProgramConfig {
    filters: Option<Vec<Value>>,
    encoding: Option<AccountEncoding>,
    data_slice: Option<DataSlice>,
    #[serde(flatten)]
    _context: ContextConfig,
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
    let (program, query) = match parse(&params) {
        Ok(parsed) => parsed,
        Err(failure) => return pending.reject(failure).await,
    };
    let mut queue = hub.follow_program(program, query.clone(), connection.clone());
    if let Ok(sink) = pending.accept().await {
        tokio::time::sleep(context.limits.first_notification_delay).await;
        'batches: while let Some(batch) = next(&mut queue, &sink).await {
            for shared in batch.iter() {
                let result = async { Ok(Notification::new(shared.slot, shared.encoded(&context).await?)) };
                if !send_large(&connection, &sink, result).await {
                    break 'batches;
                }
            }
        }
    }
    hub.forget_program(&program, &query, queue);
}

fn parse(params: &Params<'_>) -> Result<(Pubkey, ProgramQuery), RpcFailure> {
    let mut arguments = Arguments::parse(params, 2)?;
    let program = arguments.pubkey(0, "program")?;
    let config: ProgramConfig = arguments.config(1)?;
    let shape = Shape {
        encoding: config.encoding.unwrap_or(AccountEncoding::Binary),
        data_slice: config.data_slice,
    };
    let filters = Filters::parse(config.filters)?;
    Ok((program, ProgramQuery { filters, shape }))
}
