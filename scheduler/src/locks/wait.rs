//! What the completion of a transaction brings about.

/// A lock that was queued, now that it is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockWait {
    /// The transaction that waited for it
    pub position: u32,
    /// The account
    pub id: u32,
    /// The transaction that handed it over: the writer before, or of several readers the one that completed last
    pub behind: u32,
}

/// What a completion brings about. A function of a position is told what can run now, and nothing of waits.
pub trait OnComplete {
    /// Called with each position that can run now.
    fn woken(&mut self, position: u32);

    /// Called with each queued lock that is granted, before its transaction can run.
    fn granted(&mut self, _wait: LockWait) {}
}

impl<F: FnMut(u32)> OnComplete for F {
    fn woken(&mut self, position: u32) {
        self(position);
    }
}
