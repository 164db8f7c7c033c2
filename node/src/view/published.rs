//! The one published view: chain, accounts and statuses at the end of the last durable block.
//!
//! ```text
//! Tip: chain, accounts, fees ..    a value; published by one exchange, and held by its readers
//! statuses, owners, addresses      shared; may hold more than a view shows, and are read through the view
//! ```
//!
//! Invariant: the parts move together, after the block's record is synced. A reader that holds a `Published` therefore
//! never sees a height whose statuses or balances are not there yet, never sees anything that a crash could undo, and
//! blocks nothing: blocks are published meanwhile.
//!
//! A view is a lease: what accounts, statuses and owners were is kept for it only up to a bound in bytes, and beyond that
//! the oldest view is revoked. So they are reached only in ways that end with a check: every read is of a view that was
//! still whole after it, or gives [`ViewRevoked`]. What a view holds by itself stays readable for as long as it is held:
//! the chain but for its processed messages, and all figures.

use std::sync::Arc;

use isobath_accounts_db::View;
use isobath_program_abi::Pubkey;
use isobath_runtime::Chain;
use isobath_sdk::Signature;
use isobath_sdk::chain::account::Account;

use crate::error::ViewRevoked;
use crate::indexes::owners::listed_under;
use crate::indexes::performance::PerformanceSample;
use crate::indexes::statuses::TxStatus;
use crate::state::NodeState;
use crate::view::tip::Tip;

/// Number of keys read from the index of owners at a time.
const OWNED_STEP: usize = 1_024;

/// One published view. It costs memory while it is held, so hold it briefly: past [`crate::NodeConfig::held_view_bytes`]
/// the oldest loses its accounts.
pub struct Published<'a> {
    node: &'a NodeState,
    tip: Arc<Tip>,
}

/// The accounts of one owner in one view; see [`Published::owned_by`].
///
/// The index is locked for 1,024 keys at a time, and holds at least the keys of the view whatever was published
/// since; each account is read from the view. An error is the last item: the accounts before it are right, and not all.
pub struct OwnedBy<'a> {
    view: &'a Published<'a>,
    owner: Pubkey,
    last: Option<Pubkey>,
    keys: std::vec::IntoIter<Pubkey>,
    is_revoked: bool,
}

impl Iterator for OwnedBy<'_> {
    type Item = Result<(Pubkey, Account), ViewRevoked>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_revoked {
            if self.keys.as_slice().is_empty() {
                let owners = self.view.node.owners();
                self.keys = owners.keys_after(&self.owner, self.last, OWNED_STEP).into_iter();
            }
            let Some(key) = self.keys.next() else {
                // Keys of a revoked view may have left the index before it was asked for more.
                self.is_revoked = self.view.unless_revoked(()).is_err();
                return self.is_revoked.then_some(Err(ViewRevoked));
            };
            self.last = Some(key);
            let account = match self.view.account(&key) {
                Ok(account) => account,
                Err(error) => {
                    self.is_revoked = true;
                    return Some(Err(error));
                }
            };
            if let Some(account) = account.filter(|account| listed_under(account) == Some(self.owner)) {
                return Some(Ok((key, account)));
            }
        }
        None
    }
}

impl NodeState {
    /// The published view.
    pub(crate) fn published(&self) -> Published<'_> {
        Published {
            node: self,
            tip: self.tip(),
        }
    }
}

impl Published<'_> {
    /// The chain up to the last published block.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.tip.head.chain
    }

    /// What `read` makes of the accounts at the end of the last published block.
    ///
    /// # Errors
    /// [`ViewRevoked`] if accounts may have been gone while it read. It must not panic for want of an account.
    pub fn read_accounts<T>(&self, read: impl FnOnce(&View) -> T) -> Result<T, ViewRevoked> {
        let made = read(&self.tip.accounts);
        self.unless_revoked(made)
    }

    /// What was read, if the view was whole until then.
    fn unless_revoked<T>(&self, read: T) -> Result<T, ViewRevoked> {
        match self.tip.accounts.is_revoked() {
            false => Ok(read),
            true => Err(ViewRevoked),
        }
    }

    /// Says that the accounts of the keys with these hashes will be read soon, so that they are found together.
    pub(crate) fn announce(&self, hashes: impl Iterator<Item = u64> + Clone) {
        self.tip.accounts.announce(hashes);
    }

    /// One stored account; sysvars are not stored, see [`isobath_runtime::Runtime::sysvar_account`].
    ///
    /// # Errors
    /// [`ViewRevoked`] if the view was held for too long.
    pub fn account(&self, key: &Pubkey) -> Result<Option<Account>, ViewRevoked> {
        self.read_accounts(|accounts| accounts.get(key))
    }

    /// Number of stored accounts.
    #[must_use]
    pub fn account_count(&self) -> usize {
        self.tip.accounts.len()
    }

    /// The status of a recent transaction: kept in memory for at least as many blocks as a blockhash is valid.
    /// Older ones are found with [`crate::Node::find`]. [`crate::Node::status`] asks the newest view.
    ///
    /// # Errors
    /// [`ViewRevoked`] if the view was held for too long.
    pub fn status(&self, signature: &Signature) -> Result<Option<TxStatus>, ViewRevoked> {
        let height = self.tip.head.chain.height();
        self.unless_revoked(self.node.statuses.recent(signature, height))
    }

    /// The oldest block of the served history; see [`crate::HistoryLimits`]. 1 before the first block.
    #[must_use]
    pub fn first_slot(&self) -> u64 {
        self.tip.head.first_slot
    }

    /// Number of transactions that paid a fee in all blocks so far.
    #[must_use]
    pub fn transaction_count(&self) -> u64 {
        self.tip.head.transaction_count
    }

    /// Upper bound of the number of accounts that a program owns; system accounts without data are not counted. Of a revoked
    /// view it may be too low.
    #[must_use]
    pub fn owned_count_max(&self, owner: &Pubkey) -> usize {
        self.node.owners().count(owner)
    }

    /// The accounts that a program owns in this view, ascending by address, until the view is revoked. System accounts
    /// without data are not listed.
    pub fn owned_by(&self, owner: Pubkey) -> OwnedBy<'_> {
        OwnedBy {
            view: self,
            owner,
            last: None,
            keys: Vec::new().into_iter(),
            is_revoked: false,
        }
    }

    /// The lowest bid that each recent block accepted for a transaction that writes `keys`: slot and micro-lamports per
    /// compute unit, oldest first. Covers only blocks produced since the node was started.
    #[must_use]
    pub fn recent_fees(&self, keys: &[Pubkey]) -> Vec<(u64, u64)> {
        self.tip.head.recent_fees.for_writing(keys)
    }

    /// Throughput of the chain, minute by minute, newest first.
    #[must_use]
    pub fn performance(&self, count_max: usize) -> Vec<PerformanceSample> {
        self.tip.head.performance.newest(count_max)
    }
}
