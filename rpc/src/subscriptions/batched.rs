//! programSubscribe and logsSubscribe: one batch for each block, one notification for each account or transaction.

use std::sync::Arc;

use isobath_sdk::{Pubkey, Signature, TransactionError};
use jsonrpsee::core::JsonRawValue;
use jsonrpsee::core::server::{PendingSubscriptionSink, SubscriptionSink};
use jsonrpsee::types::Params;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::{Context, Notification};
use crate::errors::RpcFailure;
use crate::methods::program_accounts::KeyedAccount;
use crate::params::arguments::{Arguments, ContextConfig, parse_text};
use crate::params::filters::Filters;
use crate::render::accounts::{DataSlice, UiAccount};
use crate::render::encoding::AccountEncoding;
use crate::server::connection::ConnectionHandle;
use crate::subscriptions::batches::{Keyed, LogsOf, TransactionLogs};
use crate::subscriptions::single::{next, send, write};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ProgramConfig {
    filters: Option<Vec<Value>>,
    encoding: Option<AccountEncoding>,
    data_slice: Option<DataSlice>,
    #[serde(flatten)]
    _context: ContextConfig,
}

/// How the accounts of a program are shown.
#[derive(Clone, Copy)]
struct Shape {
    encoding: AccountEncoding,
    data_slice: Option<DataSlice>,
}

impl Shape {
    fn show(self, slot: u64, (pubkey, account): &Keyed) -> Notification<KeyedAccount> {
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

/// programSubscribe(program, config): one notification for each account of the program that a block changes.
pub(crate) async fn subscribe_program(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    context: Arc<Context>,
    connection: ConnectionHandle,
) {
    let (program, filters, shape) = match parse_program(&params) {
        Ok(parsed) => parsed,
        Err(failure) => return pending.reject(failure).await,
    };
    let mut queue = context.hub.follow_program(program, filters, connection.clone());
    if let Ok(sink) = pending.accept().await {
        tokio::time::sleep(context.limits.first_notification_delay).await;
        'batches: while let Some(batch) = next(&mut queue, &sink).await {
            for account in batch.accounts {
                let slot = batch.slot;
                let show = move || write(&shape.show(slot, &account));
                if !send_large(&context, &connection, &sink, show).await {
                    break 'batches;
                }
            }
        }
    }
    context.hub.forget_program(&program, queue);
}

fn parse_program(params: &Params<'_>) -> Result<(Pubkey, Filters, Shape), RpcFailure> {
    let mut arguments = Arguments::parse(params, 2)?;
    let program = arguments.pubkey(0, "program")?;
    let config: ProgramConfig = arguments.config(1)?;
    let shape = Shape {
        encoding: config.encoding.unwrap_or(AccountEncoding::Binary),
        data_slice: config.data_slice,
    };
    Ok((program, Filters::parse(config.filters)?, shape))
}

/// Writes a notification on a blocking thread and sends it; false when that is the end of the subscription.
async fn send_large(
    context: &Arc<Context>,
    connection: &ConnectionHandle,
    sink: &SubscriptionSink,
    show: impl FnOnce() -> Result<Box<JsonRawValue>, RpcFailure> + Send + 'static,
) -> bool {
    let place = connection.begin_large_answer().await;
    let written = context.run_blocking(move |_| show()).await;
    let is_sent = send(sink, written).await;
    drop(place);
    is_sent
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum LogsFilter {
    All,
    AllWithVotes,
    Mentions(Vec<String>),
}

/// What is said of the logs of a transaction.
#[derive(Debug, Serialize)]
struct LogsNews<'a> {
    signature: Signature,
    err: Option<TransactionError>,
    logs: &'a [String],
}

/// logsSubscribe(filter, config): one notification for each transaction.
pub(crate) async fn subscribe_logs(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    context: Arc<Context>,
    connection: ConnectionHandle,
) {
    let of = match parse_logs(&params) {
        Ok(of) => of,
        Err(failure) => return pending.reject(failure).await,
    };
    let mut queue = context.hub.follow_logs(of, connection.clone());
    if let Ok(sink) = pending.accept().await {
        tokio::time::sleep(context.limits.first_notification_delay).await;
        'batches: while let Some(batch) = next(&mut queue, &sink).await {
            for logs in batch.transactions {
                if !send(&sink, write(&show_logs(batch.slot, &logs))).await {
                    break 'batches;
                }
            }
        }
    }
    context.hub.forget_logs(of, queue);
}

fn parse_logs(params: &Params<'_>) -> Result<LogsOf, RpcFailure> {
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

fn show_logs(slot: u64, logs: &TransactionLogs) -> Notification<LogsNews<'_>> {
    let news = LogsNews {
        signature: logs.signature,
        err: logs.error,
        logs: &logs.lines,
    };
    Notification::new(slot, news)
}
