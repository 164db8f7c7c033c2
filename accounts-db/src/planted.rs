//! Deliberate defects, compiled only with the `planted-bugs` feature and off until a test asks.
//!
//! They show that the tests of the state can fail: each is a kind of bug that stores with images have.

/// Whether a store carries a planted defect; never without the feature.
macro_rules! is_planted {
    ($resident:expr, $bug:ident) => {{
        #[cfg(feature = "planted-bugs")]
        let is_planted = $resident.planted == Some(crate::PlantedBug::$bug);
        #[cfg(not(feature = "planted-bugs"))]
        let is_planted = {
            let _ = &$resident;
            false
        };
        is_planted
    }};
}
pub(crate) use is_planted;

/// Which defect an [`AccountsDb`](crate::AccountsDb) carries.
#[cfg(feature = "planted-bugs")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlantedBug {
    /// A view takes the newest image of an account, that of another block.
    WrongImage,
    /// An id is given back while a view needs its cell.
    RecycledId,
    /// The delta of a block is read from the cells when the next block has begun.
    DeltaFromNext,
    /// A block that is given up leaves the change of its first account behind.
    LostUndo,
    /// An image has the header of before and the data of after.
    HeaderWithoutData,
    /// A view takes the account that is in the cell, whichever block wrote it.
    CellInFlight,
}
