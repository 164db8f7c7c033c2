//! isobath_getContention, and what isobath_explainTransaction says of waits: which transactions of a recent block waited,
//! for which accounts, behind which others and how long.
//!
//! Members may be added; those that exist keep their meaning.

use isobath_node::{AccountWait, TxDelay};
use serde::Serialize;

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::methods::history::FoundTransaction;
use crate::params::arguments::Arguments;

/// Accounts of an answer.
const HOTTEST_MAX: usize = 32;

/// The answer of isobath_getContention.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BlockWaits {
    slot: u64,
    /// Waits for accounts.
    waits: usize,
    /// Waits that were too many to be noted.
    unrecorded: u64,
    /// Accounts for which transactions waited.
    contended_accounts: usize,
    /// Those that most waited for.
    hottest: Vec<HotAccount>,
}

/// An account for which transactions waited.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HotAccount {
    account: String,
    waits: u32,
    longest_microseconds: u32,
}

/// What a transaction waited for.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delay {
    /// Blocks that did not take it while it was pending.
    blocks: u32,
    accounts: Vec<WaitedFor>,
    text: String,
}

/// An account for which a transaction waited in its block.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WaitedFor {
    account: String,
    /// Signature of the transaction that had it before; `None` if that is in no block.
    behind: Option<String>,
    microseconds: u32,
}

/// isobath_getContention(slot)
pub(crate) fn get_contention(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Option<BlockWaits>, RpcFailure> {
    let slot: u64 = arguments.required(0, "slot")?;
    if slot > context.node.published().chain().slot() {
        return Ok(None);
    }
    let block = context.node.contention(slot);
    Ok(block.map(|block| BlockWaits {
        slot,
        waits: block.wait_count(),
        unrecorded: block.unrecorded(),
        contended_accounts: block.accounts().len(),
        hottest: block
            .accounts()
            .iter()
            .take(HOTTEST_MAX)
            .map(|hot| HotAccount {
                account: hot.account.to_string(),
                waits: hot.waits,
                longest_microseconds: hot.waited_us_max,
            })
            .collect(),
    }))
}

/// What a transaction waited for; `None` if the node does not know.
pub(crate) fn explain_delay(context: &Context, found: &FoundTransaction) -> Option<Delay> {
    let TxDelay { blocks, accounts } = context.node.contention(found.slot)?.delay(found.index)?;
    let waited_for = |wait: &AccountWait| WaitedFor {
        account: wait.account.to_string(),
        behind: wait
            .behind
            .and_then(|index| found.signature_of(index))
            .map(|signature| signature.to_string()),
        microseconds: wait.waited_us,
    };
    let accounts: Vec<WaitedFor> = accounts.iter().map(waited_for).collect();
    Some(Delay {
        text: describe(blocks, &accounts),
        blocks,
        accounts,
    })
}

/// The wait in words: of accounts the one that it got last, since it ran then.
fn describe(blocks: u32, accounts: &[WaitedFor]) -> String {
    let pool = match blocks {
        0 => "the first block after it arrived took it".to_owned(),
        1 => "one block was produced without it while it was pending".to_owned(),
        _ => format!("{blocks} blocks were produced without it while it was pending"),
    };
    let Some(last) = accounts.last() else {
        return format!("{pool}; in its block it waited for no account");
    };
    let behind = match &last.behind {
        Some(signature) => format!("the transaction {signature}"),
        None => "a transaction without effect".to_owned(),
    };
    format!(
        "{pool}; in its block it could run {} microseconds after it was taken, when {behind} was done with the account {}",
        last.microseconds, last.account
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_described_by_the_account_that_came_last() {
        let waited = |account: &str, behind: Option<&str>, microseconds| WaitedFor {
            account: account.to_owned(),
            behind: behind.map(str::to_owned),
            microseconds,
        };
        assert_eq!(
            describe(0, &[]),
            "the first block after it arrived took it; in its block it waited for no account"
        );
        let waits = [waited("A", Some("S"), 5), waited("B", Some("T"), 9)];
        assert_eq!(
            describe(3, &waits),
            "3 blocks were produced without it while it was pending; in its block it could run 9 microseconds after it was \
             taken, when the transaction T was done with the account B"
        );
        let text = describe(1, &[waited("A", None, 5)]);
        assert!(
            text.contains("when a transaction without effect was done with the account A"),
            "{text}"
        );
    }
}
