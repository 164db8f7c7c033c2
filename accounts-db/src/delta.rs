//! Reads a block's delta back from the ledger.

use isobath_sdk::chain::record::RecordedDelta;
use isobath_storage::{Extent, ExtentError, StorageReader};

/// Reads the delta that was written to `extent` of `storage`, and checks its hash.
///
/// # Errors
/// Every [`ExtentError`].
pub fn read_delta(storage: &dyn StorageReader, extent: &Extent) -> Result<RecordedDelta, ExtentError> {
    let bytes = extent.read(storage)?;
    borsh::from_slice(&bytes).map_err(|_| ExtentError::Encoding)
}
