//! logsSubscribe: one notification for each transaction of a block.

use jsonrpsee::types::Params;
use serde::Deserialize;

use crate::errors::RpcFailure;
use crate::params::arguments::{Arguments, parse_text};
use crate::params::configs::ContextConfig;
use crate::render::response::Notification;
use crate::subscriptions::batches::LogsOf;
use crate::subscriptions::notify::{next, send_large};
use crate::subscriptions::request::Request;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum LogsFilter {
    All,
    AllWithVotes,
    Mentions(Vec<String>),
}

/// logsSubscribe(filter, config)
pub(super) async fn subscribe_logs(request: Request) {
    let Request {
        params,
        pending,
        context,
        hub,
        connection,
    } = request;
    let of = match parse(&params) {
        Ok(of) => of,
        Err(failure) => return pending.reject(failure).await,
    };
    let mut queue = hub.follow_logs(of, connection.clone());
    if let Ok(sink) = pending.accept().await {
        tokio::time::sleep(context.limits.first_notification_delay).await;
        'batches: while let Some(batch) = next(&mut queue, &sink).await {
            for logs in batch.iter() {
                let result = async { Ok(Notification::new(logs.slot, &*logs.value)) };
                if !send_large(&connection, &sink, result).await {
                    break 'batches;
                }
            }
        }
    }
    hub.forget_logs(of, queue);
}

fn parse(params: &Params<'_>) -> Result<LogsOf, RpcFailure> {
    let mut arguments = Arguments::parse(params, 2)?;
    let filter: LogsFilter = arguments.required(0, "filter")?;
    arguments.config::<ContextConfig>(1)?;
    match filter {
        LogsFilter::All | LogsFilter::AllWithVotes => Ok(LogsOf::All),
        LogsFilter::Mentions(texts) => match texts.as_slice() {
            [text] => Ok(LogsOf::Mentions(parse_text(text, "mentions")?)),
            _ => Err(RpcFailure::InvalidParams(
                "Invalid Request: Only 1 address supported".to_owned(),
            )),
        },
    }
}
