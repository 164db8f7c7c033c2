//! The order to stop, given once to everything that serves.

use tokio::sync::watch;

/// Gives the order. Dropping it gives the order too.
#[derive(Debug)]
pub(crate) struct Stopper(watch::Sender<bool>);

/// Receives the order.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

/// A pair of the two.
pub(crate) fn channel() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Waits for the order.
    pub(crate) async fn stopped(&mut self) {
        // An error means that the stopper is gone, which is the order too.
        drop(self.0.wait_for(|is_stopped| *is_stopped).await);
    }
}
