//! A defect that the comparison must find.

/// A defect that is planted in what the threads use, and not in what their work is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// In the executor
    Runtime(isobath_runtime::PlantedBug),
    /// In the store
    Accounts(isobath_accounts_db::PlantedBug),
}
