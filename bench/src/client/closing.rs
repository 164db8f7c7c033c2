//! The balances after the load, on which its verdict depends.
//!
//! A run that was long and right must not fail for one read that met a busy node, so reads are repeated for a bounded
//! time. Where transfers are left without a known outcome, some may still be getting into a block between two reads;
//! balances that do not hold are then read again as well.

use std::time::{Duration, Instant};

use isobath_rpc_client::{RpcClient, RpcError};

use super::books::Books;
use super::conservation::Conservation;

/// How long reads are repeated at most; `--timeout` may shorten it.
const PATIENCE_MAX: Duration = Duration::from_secs(10);

/// Pause before a read is repeated.
const PAUSE: Duration = Duration::from_millis(300);

/// Reads every balance and compares it with the books.
///
/// # Errors
/// The last error of the node, once it is permanent or was repeated for too long.
pub(super) async fn read_balances(
    rpc: &RpcClient,
    books: &Books,
    patience: Duration,
) -> Result<Conservation, RpcError> {
    let begun = Instant::now();
    loop {
        let result = rpc.balances(books.addresses()).await;
        let result = result.map(|balances| books.compare(&balances));
        let is_final = match &result {
            Ok(conservation) => conservation.holds || conservation.unresolved == 0,
            Err(error) => !is_transient(error),
        };
        if is_final || begun.elapsed() >= patience.min(PATIENCE_MAX) {
            return result;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether the same read may work a little later.
const fn is_transient(error: &RpcError) -> bool {
    match error {
        RpcError::Refused { refusal, .. } => refusal.is_busy(),
        RpcError::HttpStatus { status, .. } => matches!(status, 429 | 502..=504),
        error => error.is_unanswered(),
    }
}
