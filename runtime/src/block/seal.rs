//! The end of a block: fees, delta, header; then roots and result.
//!
//! ```text
//! executed --end--> UnhashedBlock (header, delta), accounts of the store --hash--> record (roots, result)
//!                   the next block may open                                 beside the next block
//! ```
//!
//! Invariant: a function of the chain, the state that the transactions left, their sealed order and what became of them.

use std::ops::Range;

use isobath_program_abi::Hash;
use isobath_sdk::chain::account::delta_leaves;
use isobath_sdk::chain::accounts::BlockAccounts;
use isobath_sdk::chain::header::{Anchor, HEADER_VERSION, Header, transaction_leaves};
use isobath_sdk::chain::helpers::{Helpers, in_ranges};
use isobath_sdk::chain::merkle::{MerkleLeaves, root_of_ranges};
use isobath_sdk::chain::outcome::{OutcomeClass, outcome_leaves};
use isobath_sdk::chain::record::{BlockRecord, Delta, Executions, History};
use isobath_sdk::chain::result::{BlockResult, FeeTotals, RESULT_VERSION};

use super::fees::{burn_incinerator, settle_fees};
use super::lane::Totals;
use super::opened::{OpenHeader, Opened};
use crate::admission::Tx;
use crate::chain::replay_window::OpenMessages;
use crate::chain::{AheadChain, AnchorError, Chain};
use crate::ruleset::RULES_VERSION;

/// The transactions of a block in their order, and what became of them.
#[derive(Debug)]
pub(super) struct Executed {
    pub(super) transactions: Vec<Tx>,
    pub(super) executions: Executions,
    pub(super) totals: Totals,
}

/// A block that has ended and lacks its roots and its result.
#[derive(Debug)]
pub struct UnhashedBlock {
    header: Header,
    block_hash: Hash,
    parent_result_hash: Hash,
    executed: Executed,
    delta: Delta,
    fees: FeeTotals,
    capitalization: u64,
}

impl UnhashedBlock {
    /// Slot of the block.
    #[must_use]
    pub const fn slot(&self) -> u64 {
        self.header.slot
    }

    /// The record of the block. `helpers` share the hashing.
    #[must_use]
    pub fn hash(self, helpers: &dyn Helpers) -> BlockRecord<Tx> {
        let Self {
            header,
            executed,
            delta,
            ..
        } = self;
        let result = BlockResult {
            version: RESULT_VERSION,
            slot: header.slot,
            height: header.height,
            block_hash: self.block_hash,
            parent_result_hash: self.parent_result_hash,
            delta_root: delta_root(&delta, helpers),
            outcomes_root: outcomes_root(&executed.executions, helpers),
            state_root: None,
            capitalization: self.capitalization,
            fees: self.fees,
            compute_units: executed.totals.compute_units,
        };
        let history = History {
            header,
            transactions: executed.transactions,
            executions: executed.executions,
            result,
        };
        BlockRecord { history, delta }
    }
}

/// Credits the producer, closes the block and commits to its contents. `newest` is the newest result that the producer has;
/// `helpers` share the work.
///
/// # Errors
/// [`AnchorError`] if the header may not name that result; the block is then gone.
pub(super) fn seal<S: BlockAccounts>(
    opened: Opened<'_>,
    state: S,
    executed: Executed,
    newest: Anchor,
    helpers: &dyn Helpers,
) -> Result<(BlockRecord<Tx>, S::Ended), AnchorError> {
    let Totals {
        has_repeated, no_ops, ..
    } = executed.totals;
    let (unhashed, ended) = end(&opened, opened.context.chain, state, executed, (newest, helpers))?;
    let record = unhashed.hash(helpers);
    if !has_repeated {
        let BlockRecord { history, .. } = &record;
        if no_ops > 0 {
            withdraw_no_ops(&opened.messages, &history.transactions, &history.executions);
        }
        opened.messages.seal(history.result.hash());
    }
    Ok((record, ended))
}

/// Ends the block that follows `parent`, as [`seal`] does but for its hashing, so that the next one can open: on the chain
/// that is returned. The block has no transaction without effect.
///
/// # Errors
/// As [`seal`].
pub(super) fn end_ahead<S: BlockAccounts>(
    opened: Opened<'_>,
    parent: &Chain,
    state: S,
    executed: Executed,
    newest: (Anchor, &dyn Helpers),
) -> Result<(UnhashedBlock, S::Ended, AheadChain), AnchorError> {
    let Totals {
        has_repeated, no_ops, ..
    } = executed.totals;
    assert!(!has_repeated && no_ops == 0, "a builder leaves them out");
    let (unhashed, ended) = end(&opened, parent, state, executed, newest)?;
    let ahead = parent.ahead(&unhashed.header, unhashed.block_hash, opened.messages);
    Ok((unhashed, ended, ahead))
}

fn end<S: BlockAccounts>(
    opened: &Opened<'_>,
    chain: &Chain,
    mut state: S,
    executed: Executed,
    (newest, helpers): (Anchor, &dyn Helpers),
) -> Result<(UnhashedBlock, S::Ended), AnchorError> {
    let open = opened.header;
    assert_eq!(
        (chain.slot().saturating_add(1), chain.tip().parent_hash),
        (open.slot, opened.context.chain.tip().parent_hash),
        "a block is sealed on the chain that it was opened on"
    );
    chain.check_anchor(&newest)?;
    let Executed {
        transactions, totals, ..
    } = &executed;
    let fees = settle_fees(&mut state, &opened.context, &open.producer, totals.fees);
    let incinerated = burn_incinerator(&mut state);
    let (delta, ended) = state.finish_with(chain.epoch_of(open.slot), helpers);
    let header = seal_header(chain, open, transactions, newest, helpers);
    let unhashed = UnhashedBlock {
        block_hash: header.blockhash(),
        parent_result_hash: chain.result_hash(),
        capitalization: capitalization_after(chain, &fees, incinerated),
        header,
        executed,
        delta,
        fees,
    };
    Ok((unhashed, ended))
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
    root_of(helpers, delta.accounts.len(), |range| {
        let accounts = delta.accounts[range].iter();
        delta_leaves(accounts.map(|(key, account)| (key, account.as_ref())))
    })
}

fn outcomes_root(executions: &Executions, helpers: &dyn Helpers) -> Hash {
    root_of(helpers, executions.len(), |range| {
        outcome_leaves(executions.range(range).map(|execution| execution.outcome))
    })
}

fn transactions_root(transactions: &[Tx], helpers: &dyn Helpers) -> Hash {
    root_of(helpers, transactions.len(), |range| {
        let transactions = &transactions[range];
        transactions.iter().for_each(Tx::prefetch_wire);
        transaction_leaves(transactions)
    })
}

/// The root over `len` leaves, of which `leaves` makes those of a range.
fn root_of(helpers: &dyn Helpers, len: usize, leaves: impl Fn(Range<usize>) -> MerkleLeaves + Sync) -> Hash {
    root_of_ranges(&in_ranges(helpers, len, |range| leaves(range).into_range()))
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
