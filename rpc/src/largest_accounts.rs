//! The accounts with the most lamports.
//!
//! Cost: a list is one scan of all accounts. Above [`SCAN_CHEAP_MAX`] accounts it is reused for [`AGE_MAX`], and the
//! lock is held during the scan, so of many callers only one scans.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use isobath_node::Published;
use isobath_sdk::Pubkey;
use serde::Serialize;

use crate::errors::RpcFailure;
use crate::render::response::WithContext;

/// Accounts that are listed.
const COUNT: usize = 20;
/// Accounts up to which every call scans.
const SCAN_CHEAP_MAX: usize = 1 << 16;
/// How old a list may be when there are more accounts.
const AGE_MAX: Duration = Duration::from_secs(60);

/// An address and its lamports.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LargeAccount {
    address: Pubkey,
    lamports: u64,
}

/// A list and when it was computed.
struct CachedList {
    at: Instant,
    list: WithContext<Vec<LargeAccount>>,
}

/// The cache of the newest list.
#[derive(Default)]
pub(crate) struct LargestAccounts(Mutex<Option<CachedList>>);

impl LargestAccounts {
    /// The largest accounts of the view that `open` gives, or those of the cached list.
    pub(crate) fn read<'a>(
        &self,
        open: impl FnOnce() -> Result<Published<'a>, RpcFailure>,
    ) -> Result<WithContext<Vec<LargeAccount>>, RpcFailure> {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let view = open()?;
        let is_cheap = view.account_count() <= SCAN_CHEAP_MAX;
        if let Some(cached) = newest.as_ref()
            && !is_cheap
            && cached.at.elapsed() < AGE_MAX
        {
            return Ok(cached.list.clone());
        }
        let list = view.read_accounts(|accounts| {
            let accounts = accounts.iter();
            largest(accounts.map(|(key, account)| (account.lamports, key)))
        })?;
        let list = WithContext::new(view.chain().slot(), list);
        drop(view);
        let at = Instant::now();
        *newest = Some(CachedList {
            at,
            list: list.clone(),
        });
        drop(newest);
        Ok(list)
    }
}

/// The accounts with the most lamports, largest first, and by ascending address where they are equal.
fn largest(accounts: impl Iterator<Item = (u64, Pubkey)>) -> Vec<LargeAccount> {
    let mut kept = BinaryHeap::with_capacity(COUNT.saturating_add(1));
    for (lamports, address) in accounts {
        kept.push(Reverse((lamports, Reverse(address))));
        if kept.len() > COUNT {
            kept.pop();
        }
    }
    kept.into_sorted_vec()
        .into_iter()
        .map(|Reverse((lamports, Reverse(address)))| LargeAccount { address, lamports })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_kept_in_order() {
        let key = |number: u8| Pubkey([number; 32]);
        let accounts = (0..100_u8).map(|number| (u64::from(number / 2), key(number)));
        let found = largest(accounts);
        assert_eq!(found.len(), COUNT);
        assert_eq!((found[0].lamports, found[0].address), (49, key(98)));
        assert_eq!((found[1].lamports, found[1].address), (49, key(99)));
        assert_eq!((found[19].lamports, found[19].address), (40, key(81)));
        assert!(largest(std::iter::empty()).is_empty());
    }
}
