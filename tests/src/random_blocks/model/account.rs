//! An account, and the balances that a transaction may leave.

use isobath_sdk::ids;
use isobath_sdk::pubkey::Pubkey;

use super::limits::Limits;

/// An account of the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plain {
    /// Balance.
    pub lamports: u64,
    /// The program that owns it.
    pub owner: Pubkey,
    /// Its data.
    pub data: Vec<u8>,
}

/// Lamports that exempt an account of `len` bytes from rent.
pub(super) const fn rent_minimum(len: usize) -> u64 {
    (128 + len as u64) * 6_960
}

impl Plain {
    /// Whether it is empty or exempt from rent.
    pub(super) const fn is_fine(&self) -> bool {
        self.lamports == 0 || self.lamports >= rent_minimum(self.data.len())
    }

    /// Whether a transaction may turn it into `after`. An account below the minimum may stay there if it neither grows
    /// nor gains; under the relaxed rule any account may fall below the minimum, by no change of its own, and stay there
    /// if it does not lose.
    pub(super) fn may_become(&self, after: &Self, limits: Limits) -> bool {
        let (len, len_after) = (self.data.len(), after.data.len());
        let stays = match limits.is_rent_relaxed {
            false => !self.is_fine() && len_after == len && after.lamports <= self.lamports,
            true => {
                let exists = self.lamports > 0 && self.owner == after.owner;
                exists && len_after <= len && after.lamports >= self.lamports
            }
        };
        after.is_fine() || stays
    }

    /// Whether it is a program, by its owner: one that can be called.
    pub(super) fn is_program(&self) -> bool {
        self.owner == ids::NATIVE_LOADER
    }
}

/// The sysvar accounts that transactions of the random blocks use. Programs get their contents elsewhere, so that only
/// their length counts.
pub(super) fn sysvar(key: &Pubkey) -> Option<Plain> {
    let len = match *key {
        ids::SYSVAR_RECENT_BLOCKHASHES => 6_008,
        ids::SYSVAR_RENT => 17,
        _ => return None,
    };
    Some(Plain {
        lamports: rent_minimum(len),
        owner: ids::SYSVAR_OWNER,
        data: vec![0; len],
    })
}

/// Whether no transaction may write `key`, of the keys that random blocks use.
pub(super) fn is_reserved(key: &Pubkey) -> bool {
    let programs = [
        ids::SYSTEM_PROGRAM,
        ids::COMPUTE_BUDGET_PROGRAM,
        ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
    ];
    programs.contains(key) || sysvar(key).is_some()
}
