//! Whether a block changed an account: the account beside its image.
//!
//! Invariant: an account is changed if anything but the epoch of its last change differs from what it was before the block. Its
//! epoch is set then, and restored otherwise.

use isobath_sdk::chain::account::Account;

/// An account beside its image.
pub(crate) enum Compared {
    Same,
    Differs {
        /// `None` if it was closed.
        after: Option<Account>,
        lamports_before: u64,
        is_leaving: bool,
    },
    /// Only the data tell, which may be long.
    ByData {
        before: Account,
        account: Account,
    },
}

impl Compared {
    /// Compares what needs no look at data. Sets the epoch of an account that differs, and restores that of one that is the
    /// same: it may have been closed and made again. Accounts that do not exist are all the empty account.
    pub(crate) fn by_header(before: &Account, account: &mut Account, epoch: Option<u64>) -> Self {
        let is_same_header = before.lamports == account.lamports
            && before.owner == account.owner
            && before.executable == account.executable;
        match (is_same_header, before.data.is_same(&account.data)) {
            (true, true) => Self::same(before, account),
            (true, false) => Self::ByData {
                before: before.clone(),
                account: account.clone(),
            },
            (false, _) => Self::differs(before, account, epoch),
        }
    }

    /// Compares the data of accounts whose headers are the same, as [`Self::by_header`] does the rest.
    pub(crate) fn by_data(before: &Account, account: &mut Account, epoch: Option<u64>) -> Self {
        match before.data == account.data {
            true => Self::same(before, account),
            false => Self::differs(before, account, epoch),
        }
    }

    const fn same(before: &Account, account: &mut Account) -> Self {
        account.last_change_epoch = before.last_change_epoch;
        Self::Same
    }

    fn differs(before: &Account, account: &mut Account, epoch: Option<u64>) -> Self {
        let exists = account.lamports != 0;
        if let Some(epoch) = epoch.filter(|_| exists) {
            account.last_change_epoch = epoch;
        }
        Self::Differs {
            after: exists.then(|| account.clone()),
            lamports_before: before.lamports,
            is_leaving: is_leaving(before, account),
        }
    }
}

/// Whether an account leaves the accounts that are listed under its owner, among which are none of the system program without
/// data.
fn is_leaving(before: &Account, after: &Account) -> bool {
    let is_same = before.owner == after.owner && before.data.is_empty() == after.data.is_empty();
    before.lamports != 0 && !is_same
}
