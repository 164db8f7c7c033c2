//! What the verification queue carries: a decoded transaction, and where to send the result.

use isobath_runtime::{CheckedTx, Inadmissible};
use isobath_sdk::{Signature, TransactionLayout, TransactionView};
use tokio::sync::oneshot;

use crate::error::{SubmitError, Unmetered};

/// Whether a transaction is simulated against the published view before it is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preflight {
    /// Accept it without simulation.
    Skip,
    /// Simulate it; reject it if it fails.
    Run,
}

/// The result for the sender of a transaction.
pub(crate) type Answer = Result<Signature, SubmitError>;

/// Meters what the preflights of a sender cost.
pub trait Meter: Send + Sync {
    /// Begins a preflight. Asked when its turn comes, since many may have waited for theirs together.
    ///
    /// # Errors
    /// Why it may not begin.
    fn begin(&self) -> Result<(), Unmetered>;

    /// Charges what a preflight did cost, in the units of a block, whether or not its sender still waits.
    fn charge(&self, units: u64);
}

/// What a sender requests to be checked, and who meters it.
pub(crate) struct Checks {
    pub(crate) preflight: Preflight,
    pub(crate) meter: Option<Box<dyn Meter>>,
}

/// What accompanies a transaction through verification.
pub(crate) struct Job {
    pub(crate) checks: Checks,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// A decoded transaction, after the check of the static rules.
pub(crate) enum Ingested {
    /// Admitted by the static rules. Its message is hashed with those of others once the signatures are verified.
    Admitted(CheckedTx),
    /// Not admitted; the sender gets the error once the signatures are verified.
    Inadmissible(Box<Inadmissible>),
}

impl Ingested {
    pub(crate) fn view(&self) -> TransactionView<'_> {
        match self {
            Self::Admitted(tx) => tx.view(),
            Self::Inadmissible(inadmissible) => inadmissible.decoded.view(),
        }
    }

    pub(crate) fn layout(&self) -> &TransactionLayout {
        match self {
            Self::Admitted(tx) => tx.layout(),
            Self::Inadmissible(inadmissible) => inadmissible.decoded.layout(),
        }
    }
}

impl AsRef<[u8]> for Ingested {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Admitted(tx) => tx.view().bytes(),
            Self::Inadmissible(inadmissible) => inadmissible.decoded.as_ref(),
        }
    }
}
