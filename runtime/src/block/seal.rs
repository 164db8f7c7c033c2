//! The end of a block: fees, delta, roots, header and result.
//!
//! Invariant: a function of the chain, the state that the transactions left, their sealed order and what became of them.

use std::ops::Range;

use isobath_program_abi::Hash;
use isobath_sdk::chain::account::delta_leaves;
use isobath_sdk::chain::accounts::BlockAccounts;
use isobath_sdk::chain::header::{Anchor, HEADER_VERSION, Header, transaction_leaves};
use isobath_sdk::chain::merkle::MerkleLeaves;
use isobath_sdk::chain::outcome::{OutcomeClass, outcome_leaves};
use isobath_sdk::chain::record::{BlockRecord, Delta, Executions, History};
use isobath_sdk::chain::result::{BlockResult, FeeTotals, RESULT_VERSION};

use super::fees::{burn_incinerator, settle_fees};
use super::helpers::{Helpers, in_ranges};
use super::lane::Totals;
use super::opened::{OpenHeader, Opened};
use crate::admission::Tx;
use crate::chain::replay_window::OpenMessages;
use crate::chain::{AnchorError, Chain};
use crate::ruleset::RULES_VERSION;

/// The transactions of a block in their order, and what became of them.
#[derive(Debug)]
pub(super) struct Executed {
    pub(super) transactions: Vec<Tx>,
    pub(super) executions: Executions,
    pub(super) totals: Totals,
}

/// Credits the producer, closes the block and commits to its contents. `newest` is the newest result that the producer has;
/// `helpers` share the hashing.
///
/// # Errors
/// [`AnchorError`] if the header may not name that result; the block is then gone.
pub(super) fn seal<S: BlockAccounts>(
    opened: Opened<'_>,
    mut state: S,
    executed: Executed,
    newest: Anchor,
    helpers: &dyn Helpers,
) -> Result<(BlockRecord<Tx>, S::Ended), AnchorError> {
    let Executed {
        transactions,
        executions,
        totals,
    } = executed;
    let chain = opened.context.chain;
    chain.check_anchor(&newest)?;
    let fees = settle_fees(&mut state, &opened.context, &opened.header.producer, totals.fees);
    let incinerated = burn_incinerator(&mut state);
    let (delta, ended) = state.finish(chain.epoch_of(opened.header.slot));
    let header = seal_header(chain, opened.header, &transactions, newest, helpers);
    let result = BlockResult {
        version: RESULT_VERSION,
        slot: header.slot,
        height: header.height,
        block_hash: header.blockhash(),
        parent_result_hash: chain.result_hash(),
        delta_root: delta_root(&delta, helpers),
        outcomes_root: outcomes_root(&executions, helpers),
        state_root: None,
        capitalization: capitalization_after(chain, &fees, incinerated),
        fees,
        compute_units: totals.compute_units,
    };
    if !totals.has_repeated {
        if totals.no_ops > 0 {
            withdraw_no_ops(&opened.messages, &transactions, &executions);
        }
        opened.messages.seal(result.hash());
    }
    let history = History {
        header,
        transactions,
        executions,
        result,
    };
    Ok((BlockRecord { history, delta }, ended))
}

/// A `NoOp` never enters the window: its message may be in a later block.
fn withdraw_no_ops(messages: &OpenMessages, transactions: &[Tx], executions: &Executions) {
    for (tx, execution) in transactions.iter().zip(executions) {
        if execution.outcome.class == OutcomeClass::NoOp {
            messages.withdraw(&tx.message_hash());
        }
    }
}

fn delta_root(delta: &Delta, helpers: &dyn Helpers) -> Hash {
    let leaves = |range: Range<usize>| {
        let accounts = delta.accounts[range].iter();
        delta_leaves(accounts.map(|(key, account)| (key, account.as_ref())))
    };
    MerkleLeaves::joined(in_ranges(helpers, delta.accounts.len(), leaves)).root()
}

fn outcomes_root(executions: &Executions, helpers: &dyn Helpers) -> Hash {
    let leaves =
        |range: Range<usize>| outcome_leaves(executions.range(range).map(|execution| execution.outcome));
    MerkleLeaves::joined(in_ranges(helpers, executions.len(), leaves)).root()
}

fn transactions_root(transactions: &[Tx], helpers: &dyn Helpers) -> Hash {
    let leaves = |range: Range<usize>| transaction_leaves(&transactions[range]);
    MerkleLeaves::joined(in_ranges(helpers, transactions.len(), leaves)).root()
}

fn seal_header(
    chain: &Chain,
    open: OpenHeader,
    transactions: &[Tx],
    anchor: Anchor,
    helpers: &dyn Helpers,
) -> Header {
    Header {
        version: HEADER_VERSION,
        rules_version: RULES_VERSION,
        genesis_hash: chain.genesis_hash(),
        slot: open.slot,
        height: open.height,
        parent_slot: chain.slot(),
        parent_hash: chain.tip().parent_hash,
        timestamp_ms: open.timestamp_ms,
        producer: open.producer,
        transactions_root: transactions_root(transactions, helpers),
        transaction_count: u32::try_from(transactions.len()).expect("budgets keep blocks far smaller"),
        anchor,
    }
}

const fn capitalization_after(chain: &Chain, fees: &FeeTotals, incinerated: u64) -> u64 {
    let burned = fees.burned.checked_add(incinerated);
    let burned = burned.expect("what is burned was part of the capitalization, a u64");
    let left = chain.capitalization().checked_sub(burned);
    left.expect("what is burned was part of the capitalization")
}
