//! One block: its transactions in order, the fees, what changed, and the hashes of all that.

use std::collections::BTreeSet;

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::header::{Anchor, HEADER_VERSION, Header};
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::{BlockRecord, Delta, Execution, History};
use isobath_sdk::chain::result::{BlockResult, FeeTotals, RESULT_VERSION};
use isobath_sdk::ids;

use super::accounts::Accounts;
use super::open_block::OpenBlock;
use super::past::{Past, identity};
use super::{roots, transaction};
use crate::admission::{Fee, Tx};
use crate::ruleset::{RULES_VERSION, Ruleset};

/// What a block is made of.
pub(super) struct BlockInput<'a> {
    pub(super) timestamp_ms: i64,
    /// It is one that the block may have.
    pub(super) anchor: Anchor,
    pub(super) wires: &'a [Vec<u8>],
    /// The same transactions, decoded.
    pub(super) txs: &'a [Tx],
}

/// Executes a block after `past` on the accounts at its end; returns the record and the accounts afterwards.
pub(super) fn execute(
    rules: &Ruleset,
    past: &Past,
    parent: &Accounts,
    input: &BlockInput<'_>,
) -> (BlockRecord, Accounts) {
    let mut block = OpenBlock {
        rules,
        past,
        timestamp_ms: input.timestamp_ms.max(past.newest().timestamp_ms),
        parent,
        accounts: parent.clone(),
        messages: BTreeSet::new(),
        fees: Fee::default(),
    };
    let mut executions = Vec::new();
    for tx in input.txs {
        executions.push(execute_next(&mut block, tx));
    }
    let fees = distribute_fees(&mut block);
    close_incinerator(&mut block);
    let delta = take_delta(&mut block);
    let header = header(&block, input);
    let result = result(&block, &header, &executions, &delta, fees);
    let history = History {
        header,
        transactions: input.wires.to_vec(),
        executions: executions.into_iter().collect(),
        result,
    };
    (BlockRecord { history, delta }, block.accounts)
}

/// Executes the next transaction.
fn execute_next(block: &mut OpenBlock<'_>, tx: &Tx) -> Execution {
    let executed = transaction::execute(tx, block);
    if executed.execution.outcome.class != OutcomeClass::NoOp {
        block.messages.insert(identity(&tx.message_hash()));
        let paid = "fees come out of balances whose sum is a u64";
        block.fees.base = block.fees.base.checked_add(tx.fee().base).expect(paid);
        block.fees.priority = block.fees.priority.checked_add(tx.fee().priority).expect(paid);
        for (key, account) in executed.written {
            block.put(key, account);
        }
    }
    executed.execution
}

/// Burns a share of the base fees and credits the rest to the producer; burns all if its account cannot be credited
/// (contract 11).
fn distribute_fees(block: &mut OpenBlock<'_>) -> FeeTotals {
    let rules = block.rules.rules();
    let producer = block.rules.producer();
    let Fee { base, priority } = block.fees;
    let burn_percent = u128::from(rules.fee_burn_percent.min(100));
    let share = u128::from(base).saturating_mul(burn_percent) / 100;
    let share = u64::try_from(share).expect("a share of a u64 fits a u64");
    let collected = base.saturating_add(priority);
    let credit = collected.saturating_sub(share);
    let account = block.accounts.get(&producer).cloned().unwrap_or_default();
    let lamports = account.lamports.checked_add(credit);
    let minimum = rules.rent.minimum_balance(account.data.len() as u64);
    let is_allowed = account.owner == ids::SYSTEM_PROGRAM
        && !ids::is_reserved(&producer)
        && lamports.is_some_and(|lamports| lamports >= minimum);
    let burned = match lamports {
        _ if credit == 0 => share,
        Some(lamports) if is_allowed => {
            block.put(producer, Account { lamports, ..account });
            share
        }
        _ => collected,
    };
    FeeTotals {
        base,
        priority,
        burned,
    }
}

/// Closes the incinerator's account if the block changed it.
fn close_incinerator(block: &mut OpenBlock<'_>) {
    if block.accounts.get(&ids::INCINERATOR) != block.parent.get(&ids::INCINERATOR) {
        block.accounts.remove(&ids::INCINERATOR);
    }
}

/// The accounts that differ from the end of the parent, which get the epoch of the block. One that was closed and came
/// back as it was is not among them: it keeps the epoch of its last change.
fn take_delta(block: &mut OpenBlock<'_>) -> Delta {
    let epoch = block.past.epoch_of(block.past.next());
    for (key, account) in &mut block.accounts {
        let before = block.parent.get(key);
        account.last_change_epoch = match before {
            Some(before) if is_unchanged(before, account) => before.last_change_epoch,
            _ => epoch,
        };
    }
    let keys = block.parent.keys().chain(block.accounts.keys());
    let keys: BTreeSet<Pubkey> = keys.copied().collect();
    let changed = keys
        .into_iter()
        .filter(|key| block.parent.get(key) != block.accounts.get(key));
    Delta {
        accounts: changed
            .map(|key| (key, block.accounts.get(&key).cloned()))
            .collect(),
    }
}

/// Whether an account has the same bytes but for the epoch of its last change.
fn is_unchanged(before: &Account, after: &Account) -> bool {
    let last_change_epoch = before.last_change_epoch;
    let after = Account {
        last_change_epoch,
        ..after.clone()
    };
    *before == after
}

fn header(block: &OpenBlock<'_>, input: &BlockInput<'_>) -> Header {
    let (past, transactions) = (block.past, input.wires);
    Header {
        version: HEADER_VERSION,
        rules_version: RULES_VERSION,
        genesis_hash: past.genesis_hash,
        slot: past.next(),
        height: past.next(),
        parent_slot: past.next().saturating_sub(1),
        parent_hash: past.parent_hash,
        timestamp_ms: block.timestamp_ms,
        producer: block.rules.producer(),
        transactions_root: roots::transactions_root(transactions),
        transaction_count: u32::try_from(transactions.len()).expect("the header has a u32 for the count"),
        anchor: input.anchor,
    }
}

fn result(
    block: &OpenBlock<'_>,
    header: &Header,
    executions: &[Execution],
    delta: &Delta,
    fees: FeeTotals,
) -> BlockResult {
    let balances = block.accounts.values().map(|account| account.lamports);
    let units = executions.iter().map(|execution| execution.outcome.compute_units);
    BlockResult {
        version: RESULT_VERSION,
        slot: header.slot,
        height: header.height,
        block_hash: roots::blockhash(header),
        parent_result_hash: block.past.newest_result(),
        delta_root: roots::delta_root(delta),
        outcomes_root: roots::outcomes_root(executions.iter().map(|execution| &execution.outcome)),
        state_root: None,
        capitalization: balances.fold(0_u64, |sum, lamports| {
            sum.checked_add(lamports).expect("lamports sum to a u64")
        }),
        fees,
        compute_units: units.fold(0, u64::saturating_add),
    }
}
