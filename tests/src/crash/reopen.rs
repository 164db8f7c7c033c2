//! Opens what a crash left, holds it to what was promised, and goes on.

use isobath_ledger::OpenReport;
use isobath_node::Store;
use isobath_runtime::Chain;
use isobath_storage::Storage;

use super::audit::Audit;
use super::reference::{Reference, accounts_of};

/// How much of the reference a crashed ledger holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The blocks whose commit returned `Ok`: all of them must be there.
    pub acknowledged: u64,
    /// The blocks whose commit had begun: no more than these may be there.
    pub begun: u64,
}

/// An open ledger.
#[derive(Debug)]
pub struct Reopened {
    /// The accounts.
    pub db: Store,
    /// The chain.
    pub chain: Chain,
    /// What the opening found.
    pub report: OpenReport,
}

/// Opens `storage` and compares what is there with `reference`.
///
/// # Errors
/// What is missing, changed or too much.
pub fn reopen(
    reference: &Reference,
    storage: Box<dyn Storage>,
    promise: Promise,
) -> Result<Reopened, String> {
    let mut audit = Audit::new(reference.genesis());
    let opened = Store::open(storage, reference.genesis(), &mut |record| {
        audit.record(record)?;
        let slot = record.history.header.slot;
        match reference.record(slot) {
            Some(expected) if record != expected => {
                Err(format!("block {slot} is not the one that was stored"))
            }
            _ => Ok(()),
        }
    });
    let (db, report) = opened.map_err(|error| format!("cannot be opened: {error}"))?;
    let blocks = report.blocks;
    if blocks < promise.acknowledged {
        return Err(format!(
            "lost: {blocks} of {} acknowledged blocks",
            promise.acknowledged
        ));
    }
    if blocks > promise.begun {
        return Err(format!("{blocks} blocks, of which {} were begun", promise.begun));
    }
    audit.accounts(&db)?;
    if let Some(accounts) = reference.accounts(blocks)
        && accounts_of(&db) != *accounts
    {
        return Err(format!("the accounts are not those after block {blocks}"));
    }
    Ok(Reopened {
        db,
        chain: audit.chain,
        report,
    })
}

impl Reopened {
    /// Executes the next block of `reference`, commits and publishes it.
    ///
    /// # Errors
    /// Why the chain cannot go on.
    pub fn go_on(&mut self, reference: &Reference) -> Result<(), String> {
        let record = reference.execute_next(&self.chain, &self.db)?;
        let durable = self
            .db
            .commit_received(record)
            .map_err(|error| format!("cannot go on: {error}"))?;
        self.chain
            .apply(durable.history())
            .map_err(|error| error.to_string())?;
        self.db.publish(durable);
        Ok(())
    }
}
