//! An account as an instruction uses it.

/// One account of an instruction: which account of the transaction it is, and what the instruction may do with it.
///
/// Invariant: the entries of an instruction that name the same account have the same privileges, those of all of them
/// together; [`InstructionAccount::first`] names the first of them. So a program may use any of the entries, and whoever
/// wants each account once takes those that are the first.
///
/// ```text
/// 0  index        u16  of the account in the transaction
/// 2  first        u16  position of the first entry of this account in the instruction
/// 4  is_signer    u8   0 or 1
/// 5  is_writable  u8   0 or 1
/// ```
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstructionAccount {
    /// Index into the transaction's accounts.
    pub index: u16,
    /// Position of the first entry of the instruction with this index.
    pub first: u16,
    /// Whether the account signed.
    pub is_signer: bool,
    /// Whether the account may change.
    pub is_writable: bool,
}

impl InstructionAccount {
    /// The index as an index of cells.
    #[must_use]
    pub const fn cell(&self) -> usize {
        self.index as usize
    }
}

/// Maximum number of accounts of a transaction: their indexes are bytes.
const ACCOUNTS_MAX: usize = 256;
/// No entry names the account. Instructions have at most 255 accounts.
const NO_POSITION: u16 = u16::MAX;

/// Where the accounts of an instruction are first named.
#[derive(Debug, Clone)]
pub struct FirstPositions([u16; ACCOUNTS_MAX]);

impl FirstPositions {
    /// Those of `accounts`, whose duplicates are resolved. O(accounts).
    #[must_use]
    pub fn of(accounts: &[InstructionAccount]) -> Self {
        let mut positions = Self([NO_POSITION; ACCOUNTS_MAX]);
        for account in accounts {
            positions.0[account.cell()] = account.first;
        }
        positions
    }

    /// The position of the first entry for account `index` of the transaction.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<usize> {
        let position = self.0.get(index).copied()?;
        (position != NO_POSITION).then_some(usize::from(position))
    }
}

/// Sets [`InstructionAccount::first`] of every entry, and gives entries of the same account the privileges of all of
/// them. O(accounts).
///
/// # Panics
/// If there are more than 255 entries or an index of 256 or more; sanitizing and the limits of a call exclude it.
pub fn resolve_duplicates(accounts: &mut [InstructionAccount]) {
    let mut positions = FirstPositions([NO_POSITION; ACCOUNTS_MAX]);
    for position in 0..accounts.len() {
        let InstructionAccount {
            index,
            is_signer,
            is_writable,
            ..
        } = accounts[position];
        let narrow = u16::try_from(position).expect("an instruction has at most 255 accounts");
        let first = match positions.0[usize::from(index)] {
            NO_POSITION => narrow,
            first => first,
        };
        positions.0[usize::from(index)] = first;
        accounts[position].first = first;
        let first = &mut accounts[usize::from(first)];
        first.is_signer |= is_signer;
        first.is_writable |= is_writable;
    }
    for position in 0..accounts.len() {
        let first = accounts[usize::from(accounts[position].first)];
        accounts[position].is_signer = first.is_signer;
        accounts[position].is_writable = first.is_writable;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn entry(index: u16, is_signer: bool, is_writable: bool) -> InstructionAccount {
        InstructionAccount {
            index,
            first: 0,
            is_signer,
            is_writable,
        }
    }

    #[test]
    fn entries_of_one_account_share_their_privileges() {
        let mut accounts = [
            entry(7, false, true),
            entry(3, false, false),
            entry(7, true, false),
            entry(255, true, true),
            entry(7, false, false),
        ];
        resolve_duplicates(&mut accounts);
        let privileges = accounts.map(|account| (account.is_signer, account.is_writable));
        assert_eq!(
            privileges,
            [
                (true, true),
                (false, false),
                (true, true),
                (true, true),
                (true, true)
            ]
        );
        assert_eq!(accounts.map(|account| account.first), [0, 1, 0, 3, 0]);
        let positions = FirstPositions::of(&accounts);
        assert_eq!(
            [7, 3, 255, 4, 256].map(|index| positions.get(index)),
            [Some(0), Some(1), Some(3), None, None]
        );
    }

    #[test]
    fn an_entry_has_the_layout_that_its_documentation_draws() {
        assert_eq!(
            (size_of::<InstructionAccount>(), align_of::<InstructionAccount>()),
            (6, 2)
        );
        assert_eq!(std::mem::offset_of!(InstructionAccount, index), 0);
        assert_eq!(std::mem::offset_of!(InstructionAccount, first), 2);
        assert_eq!(std::mem::offset_of!(InstructionAccount, is_signer), 4);
        assert_eq!(std::mem::offset_of!(InstructionAccount, is_writable), 5);
    }
}
