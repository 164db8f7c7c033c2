//! Names the first thing in which two records of one block differ.

use std::collections::BTreeMap;
use std::fmt::Debug;

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::header::Header;
use isobath_sdk::chain::record::{BlockRecord, Delta, ExecutionRef, Executions};
use isobath_sdk::chain::result::BlockResult;

/// Characters shown of a value, at most.
const SHOWN_CHARS_MAX: usize = 200;

/// The first difference between the record of a block and its execution by an [`super::Oracle`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} is {recorded} in the record, but execution gives {executed}")]
pub struct Difference {
    /// What differs, for instance `fee of transaction 3`.
    pub part: String,
    /// Its value in the record, shortened.
    pub recorded: String,
    /// Its value as executed, shortened.
    pub executed: String,
}

impl Difference {
    /// Compares everything in a record: header, transactions, executions, delta and result.
    ///
    /// # Errors
    /// The first difference.
    pub fn find<T: AsRef<[u8]>>(recorded: &BlockRecord<T>, executed: &BlockRecord) -> Result<(), Self> {
        let (ours, theirs) = (&recorded.history, &executed.history);
        compare_transactions(&ours.transactions, &theirs.transactions)?;
        compare_executions(&ours.executions, &theirs.executions)?;
        compare_deltas(&recorded.delta, &executed.delta)?;
        compare_headers(&ours.header, &theirs.header)?;
        compare_results(&ours.result, &theirs.result)
    }
}

fn same<V: PartialEq + Debug>(
    part: impl FnOnce() -> String,
    recorded: &V,
    executed: &V,
) -> Result<(), Difference> {
    if recorded == executed {
        return Ok(());
    }
    Err(Difference {
        part: part(),
        recorded: shortened(recorded),
        executed: shortened(executed),
    })
}

fn shortened(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

fn compare_transactions<T: AsRef<[u8]>>(recorded: &[T], executed: &[Vec<u8>]) -> Result<(), Difference> {
    let count = || "the number of transactions".to_owned();
    same(count, &recorded.len(), &executed.len())?;
    for (index, (recorded, executed)) in recorded.iter().zip(executed).enumerate() {
        let part = || format!("the bytes of transaction {index}");
        same(part, &recorded.as_ref(), &executed.as_slice())?;
    }
    Ok(())
}

fn compare_executions(recorded: &Executions, executed: &Executions) -> Result<(), Difference> {
    let count = || "the number of outcomes".to_owned();
    same(count, &recorded.len(), &executed.len())?;
    for (index, (recorded, executed)) in recorded.iter().zip(executed).enumerate() {
        let part = |what: &'static str| move || format!("{what} of transaction {index}");
        let (outcome, other) = (&recorded.outcome, &executed.outcome);
        same(part("the class"), &outcome.class, &other.class)?;
        same(part("the error"), &outcome.error, &other.error)?;
        same(part("the fee"), &outcome.fee, &other.fee)?;
        same(
            part("the number of compute units"),
            &outcome.compute_units,
            &other.compute_units,
        )?;
        same(part("the return data"), &outcome.return_data, &other.return_data)?;
        same(
            part("the list of balances before"),
            &recorded.pre_balances,
            &executed.pre_balances,
        )?;
        same(
            part("the list of balances after"),
            &recorded.post_balances,
            &executed.post_balances,
        )?;
        same(
            part("the list of loaded addresses"),
            &recorded.loaded_addresses,
            &executed.loaded_addresses,
        )?;
        compare_events(index, recorded, executed)?;
    }
    Ok(())
}

fn compare_events(
    index: usize,
    recorded: ExecutionRef<'_>,
    executed: ExecutionRef<'_>,
) -> Result<(), Difference> {
    for (at, (recorded, executed)) in recorded.events.iter().zip(executed.events).enumerate() {
        same(
            || format!("event {at} of transaction {index}"),
            &recorded,
            &executed,
        )?;
    }
    let count = || format!("the number of events of transaction {index}");
    same(
        count,
        &recorded.events.iter().count(),
        &executed.events.iter().count(),
    )
}

fn compare_deltas(recorded: &Delta, executed: &Delta) -> Result<(), Difference> {
    let by_key =
        |delta: &Delta| -> BTreeMap<Pubkey, Option<Account>> { delta.accounts.iter().cloned().collect() };
    let (ours, theirs) = (by_key(recorded), by_key(executed));
    for key in ours.keys().chain(theirs.keys()) {
        let part = || format!("whether the block changes account {key}");
        same(part, &ours.contains_key(key), &theirs.contains_key(key))?;
        let [one, other] = [&ours, &theirs].map(|delta| delta.get(key).and_then(Option::as_ref));
        compare_accounts(key, one, other)?;
    }
    let order = |delta: &Delta| delta.accounts.iter().map(|(key, _)| *key).collect::<Vec<_>>();
    let part = || "the order of the changed accounts".to_owned();
    same(part, &order(recorded), &order(executed))
}

fn compare_accounts(
    key: &Pubkey,
    recorded: Option<&Account>,
    executed: Option<&Account>,
) -> Result<(), Difference> {
    let part = |what: &'static str| move || format!("{what} of account {key}");
    let (Some(recorded), Some(executed)) = (recorded, executed) else {
        return same(part("the existence"), &recorded.is_some(), &executed.is_some());
    };
    same(part("the balance"), &recorded.lamports, &executed.lamports)?;
    same(
        part("the owner"),
        &recorded.owner.to_string(),
        &executed.owner.to_string(),
    )?;
    same(
        part("the executable flag"),
        &recorded.executable,
        &executed.executable,
    )?;
    same(
        part("the epoch of the last change"),
        &recorded.last_change_epoch,
        &executed.last_change_epoch,
    )?;
    same(
        part("the length of the data"),
        &recorded.data.len(),
        &executed.data.len(),
    )?;
    let mut bytes = recorded.data.iter().zip(executed.data.iter()).enumerate();
    match bytes.find(|(_, (recorded, executed))| recorded != executed) {
        Some((at, (recorded, executed))) => same(
            || format!("byte {at} of the data of account {key}"),
            recorded,
            executed,
        ),
        None => Ok(()),
    }
}

fn compare_headers(recorded: &Header, executed: &Header) -> Result<(), Difference> {
    let part = |what: &'static str| move || format!("{what} in the header");
    same(part("version"), &recorded.version, &executed.version)?;
    same(
        part("rules_version"),
        &recorded.rules_version,
        &executed.rules_version,
    )?;
    same(
        part("genesis_hash"),
        &recorded.genesis_hash,
        &executed.genesis_hash,
    )?;
    same(part("slot"), &recorded.slot, &executed.slot)?;
    same(part("height"), &recorded.height, &executed.height)?;
    same(part("parent_slot"), &recorded.parent_slot, &executed.parent_slot)?;
    same(part("parent_hash"), &recorded.parent_hash, &executed.parent_hash)?;
    same(
        part("timestamp_ms"),
        &recorded.timestamp_ms,
        &executed.timestamp_ms,
    )?;
    same(part("producer"), &recorded.producer, &executed.producer)?;
    same(
        part("transactions_root"),
        &recorded.transactions_root,
        &executed.transactions_root,
    )?;
    same(
        part("transaction_count"),
        &recorded.transaction_count,
        &executed.transaction_count,
    )?;
    same(part("anchor"), &recorded.anchor, &executed.anchor)
}

fn compare_results(recorded: &BlockResult, executed: &BlockResult) -> Result<(), Difference> {
    let part = |what: &'static str| move || format!("{what} in the result");
    same(part("version"), &recorded.version, &executed.version)?;
    same(part("slot"), &recorded.slot, &executed.slot)?;
    same(part("height"), &recorded.height, &executed.height)?;
    same(part("block_hash"), &recorded.block_hash, &executed.block_hash)?;
    same(
        part("parent_result_hash"),
        &recorded.parent_result_hash,
        &executed.parent_result_hash,
    )?;
    same(part("fees"), &recorded.fees, &executed.fees)?;
    same(
        part("compute_units"),
        &recorded.compute_units,
        &executed.compute_units,
    )?;
    same(
        part("outcomes_root"),
        &recorded.outcomes_root,
        &executed.outcomes_root,
    )?;
    same(part("delta_root"), &recorded.delta_root, &executed.delta_root)?;
    same(part("state_root"), &recorded.state_root, &executed.state_root)?;
    same(
        part("capitalization"),
        &recorded.capitalization,
        &executed.capitalization,
    )
}
