//! What a transaction asks for, and the bounds of a schedule.

/// Most transactions of a window.
pub const WINDOW_MAX: u32 = 1 << 15;

/// What a transaction does with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Shares it with other readers
    Read,
    /// Has it alone
    Write,
}

/// One account of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Dense number of the account
    pub id: u32,
    /// What the transaction does with it
    pub access: Access,
}

/// Bounds of a [`Schedule`](super::Schedule).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduleLimits {
    /// Transactions between the oldest that has not completed and the newest that is registered: 2^n, at most
    /// [`WINDOW_MAX`]
    pub window: u32,
    /// Locks of one transaction; the product of both is below 2^24
    pub transaction_locks: u32,
}
