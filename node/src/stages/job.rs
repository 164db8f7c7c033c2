//! What the verification queue carries: a decoded transaction, and where to send the result.

use isobath_runtime::{Inadmissible, Tx};
use isobath_sdk::{Signature, TransactionLayout, TransactionView};
use tokio::sync::oneshot;

use crate::error::SubmitError;

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

/// Is told what a preflight did cost, in the units of a block, whether or not its sender still waits.
pub type Meter = Box<dyn Fn(u64) + Send + Sync>;

/// What a sender requests to be checked, and who is told what that cost.
pub(crate) struct Checks {
    pub(crate) preflight: Preflight,
    pub(crate) meter: Option<Meter>,
}

/// What accompanies a transaction through verification.
pub(crate) struct Job {
    pub(crate) checks: Checks,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// A decoded transaction, after the check of the static rules.
pub(crate) enum Ingested {
    /// Admitted by the static rules.
    Admitted(Tx),
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
            Self::Admitted(tx) => tx.wire(),
            Self::Inadmissible(inadmissible) => inadmissible.decoded.as_ref(),
        }
    }
}
