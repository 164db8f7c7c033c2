//! Calls of built-in programs whose whole effect is known from their data.
//!
//! Most transactions of a chain move lamports between plain accounts. A program can declare which of its calls do that and
//! nothing else; the runtime may then carry them out without a frame. Such a declaration is a promise about the program's
//! own code, so it stands beside that code and is tested against it.

/// What a call does if it succeeds, and what it then costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectCall {
    /// Compute units that it spends.
    pub compute_units: u64,
    /// Lamports that it moves from its account 0 to its account 1; 0 if it touches no account.
    pub lamports: u64,
}

/// Reads the data of a call; `None` unless the program promises all of this:
///
/// - It spends [`DirectCall::compute_units`], logs and returns nothing, and reads nothing but its data and accounts.
/// - If [`DirectCall::lamports`] is 0, it succeeds and changes nothing.
/// - Otherwise it moves them and succeeds, if it has two accounts that differ, both writable and owned by the System
///   program, of which account 0 has signed, has no data and holds as many.
pub type DirectForm = fn(&[u8]) -> Option<DirectCall>;
