//! getTransaction: one transaction of the ledger, its outcome, logs and balances.

use isobath_sdk::chain::record::{ExecutionRef, Executions};
use isobath_sdk::{Signature, TransactionView};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::params::arguments::Arguments;
use crate::params::configs::ContextConfig;
use crate::params::encoding::TransactionEncoding;
use crate::render::chain::block_time;
use crate::render::transaction::{Details, RenderConfig, UiTransactionWithMeta, render_transaction};

/// A transaction as the ledger has it.
pub(crate) struct FoundTransaction {
    pub(crate) slot: u64,
    pub(crate) index: u32,
    pub(crate) timestamp_ms: i64,
    pub(crate) wire: Vec<u8>,
    /// Those of its whole block, but for `wire`.
    transactions: Vec<Vec<u8>>,
    /// Those of its whole block.
    executions: Executions,
}

impl FoundTransaction {
    /// What it came to.
    pub(crate) fn execution(&self) -> ExecutionRef<'_> {
        let execution = self.executions.get(self.index as usize);
        execution.expect("its index was found in the block")
    }

    /// The signature of another transaction of its block.
    pub(crate) fn signature_of(&self, index: u32) -> Option<Signature> {
        let wire = self.transactions.get(index as usize)?;
        Some(TransactionView::parse(wire).ok()?.signature(0))
    }
}

/// Finds a transaction of the served history. Reads the disk.
pub(crate) fn find(context: &Context, signature: &Signature) -> Result<Option<FoundTransaction>, RpcFailure> {
    let found = context.node.find(signature).map_err(|error| {
        tracing::error!(%error, %signature, "cannot read a block");
        RpcFailure::Internal(format!("cannot read the ledger: {error}"))
    })?;
    let Some(found) = found else { return Ok(None) };
    let index = usize::try_from(found.index).unwrap_or(usize::MAX);
    let mut history = found.history;
    if index >= history.transactions.len() || index >= history.executions.len() {
        return Ok(None);
    }
    Ok(Some(FoundTransaction {
        slot: found.slot,
        index: found.index,
        timestamp_ms: history.header.timestamp_ms,
        wire: std::mem::take(&mut history.transactions[index]),
        transactions: history.transactions,
        executions: history.executions,
    }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TransactionConfig {
    encoding: Option<TransactionEncoding>,
    max_supported_transaction_version: Option<u8>,
    #[serde(flatten)]
    context: ContextConfig,
}

/// The answer of getTransaction.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfirmedTransaction {
    slot: u64,
    #[serde(flatten)]
    transaction: UiTransactionWithMeta,
    block_time: i64,
    transaction_index: u32,
}

/// getTransaction(signature, config)
pub(crate) fn get_transaction(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Option<ConfirmedTransaction>, RpcFailure> {
    let signature = arguments.signature(0, "signature")?;
    let config: TransactionConfig = arguments.config_or_encoding(1)?;
    drop(context.view(config.context.require_confirmed()?)?);
    let Some(found) = find(context, &signature)? else {
        return Ok(None);
    };
    let view = TransactionView::parse(&found.wire)
        .map_err(|error| RpcFailure::Internal(format!("the ledger holds an invalid transaction: {error}")))?;
    let how = RenderConfig {
        encoding: config.encoding.unwrap_or(TransactionEncoding::Json),
        version_max: config.max_supported_transaction_version,
        details: Details::Full,
        rewards: true,
    };
    Ok(Some(ConfirmedTransaction {
        slot: found.slot,
        transaction: render_transaction(view, found.execution(), how)?,
        block_time: block_time(found.timestamp_ms),
        transaction_index: found.index,
    }))
}
