//! Admission: from wire bytes to a transaction that a block may contain.
//!
//! Invariant: a [`Tx`] satisfies every rule of *static validity* that can be seen in its bytes: it decodes,
//! sanitizes, names no static key twice, stays within the lock and instruction limits and has a compute
//! budget that parses. Signatures are not checked here; that is the signature stage's work, ahead of this
//! one. What depends on state is decided when the transaction is executed.

use std::sync::Arc;

use isobath_program_abi::Hash;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::signature::Signature;
use isobath_sdk::wire::layout::TransactionLayout;
use isobath_sdk::wire::view::TransactionView;

use super::budget::{ComputeLimits, Requested};
use super::fee::{Fee, fee_of};

/// The most instructions of one transaction (SIMD-0160).
pub(crate) const INSTRUCTIONS_MAX: usize = 64;
/// The most accounts of one instruction (SIMD-0406).
pub(crate) const INSTRUCTION_ACCOUNTS_MAX: usize = 255;

/// A statically valid transaction.
///
/// Cloning shares the wire bytes.
#[derive(Debug, Clone)]
pub struct Tx {
    wire: Arc<[u8]>,
    layout: TransactionLayout,
    message_hash: Hash,
    limits: ComputeLimits,
    fee: Fee,
    writable: Arc<[bool]>,
}

/// Decodes and checks `wire` against the rules of `genesis`.
///
/// Cost: one pass over the bytes, a sort of the static keys and one hash of the message.
///
/// # Errors
/// `SanitizeFailure` or `UnsupportedVersion` for bytes that are no transaction, `AccountLoadedTwice`,
/// `TooManyAccountLocks`, and those of the compute budget (`InstructionError`, `DuplicateInstruction`,
/// `InvalidLoadedAccountsDataSizeLimit`).
pub fn admit(wire: &[u8], genesis: &Genesis) -> Result<Tx, TransactionError> {
    let layout = TransactionLayout::parse(wire).map_err(|error| error.to_transaction_error())?;
    let view = TransactionView::new(wire, layout);
    require_instruction_limits(&view)?;
    // In this order Solana names the first of several faults.
    let requested = Requested::of(&view)?;
    require_locks(&view, genesis.limits.transaction_account_locks_max)?;
    let limits = requested.limits()?;
    Ok(Tx {
        message_hash: view.message_hash(),
        fee: fee_of(&view, &limits, genesis),
        writable: writable_keys(&view),
        wire: wire.into(),
        layout,
        limits,
    })
}

impl Tx {
    /// The bytes as they came over the wire.
    #[must_use]
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// Zero-copy access to the parts.
    #[must_use]
    pub fn view(&self) -> TransactionView<'_> {
        TransactionView::new(&self.wire, self.layout)
    }

    /// The first signature: the transaction's name for look-ups, never its identity.
    #[must_use]
    pub fn signature(&self) -> Signature {
        self.view().signature(0)
    }

    /// The identity of the transaction (contract 5).
    #[must_use]
    pub const fn message_hash(&self) -> Hash {
        self.message_hash
    }

    /// The account that pays: static key 0.
    #[must_use]
    pub fn fee_payer(&self) -> Pubkey {
        self.view().static_key(0)
    }

    /// The blockhash that bounds the transaction's life.
    #[must_use]
    pub fn recent_blockhash(&self) -> Hash {
        self.view().recent_blockhash()
    }

    /// What it may spend and what it bids.
    #[must_use]
    pub const fn limits(&self) -> &ComputeLimits {
        &self.limits
    }

    /// What it pays when it is executed or fails to load.
    #[must_use]
    pub const fn fee(&self) -> Fee {
        self.fee
    }

    /// Compute units the transaction reserves in a block.
    #[must_use]
    pub fn compute_unit_limit(&self) -> u64 {
        u64::from(self.limits.compute_units)
    }

    /// Builder priority: total fee in micro-lamports per reserved compute unit, saturated.
    #[must_use]
    pub fn priority(&self) -> u64 {
        let micro = u128::from(self.fee.total()).saturating_mul(1_000_000);
        let per_unit = micro
            .checked_div(u128::from(self.limits.compute_units))
            .unwrap_or(micro);
        u64::try_from(per_unit).unwrap_or(u64::MAX)
    }

    /// Number of static keys.
    #[must_use]
    pub fn key_count(&self) -> usize {
        self.writable.len()
    }

    /// Static key `index`, which must be below [`Tx::key_count`].
    #[must_use]
    pub fn key(&self, index: usize) -> Pubkey {
        self.view().static_key(index)
    }

    /// Whether the transaction locks key `index` for writing, after demotion: reserved keys, and keys
    /// called as programs unless the upgradeable loader is among the keys, are read-only.
    #[must_use]
    pub fn is_writable(&self, index: usize) -> bool {
        self.writable.get(index).copied().unwrap_or(false)
    }
}

fn require_instruction_limits(view: &TransactionView<'_>) -> Result<(), TransactionError> {
    let mut instructions = view.instructions();
    let is_within = instructions.len() <= INSTRUCTIONS_MAX
        && instructions.all(|instruction| instruction.accounts.len() <= INSTRUCTION_ACCOUNTS_MAX);
    if is_within {
        Ok(())
    } else {
        Err(TransactionError::SanitizeFailure)
    }
}

fn require_locks(view: &TransactionView<'_>, locks_max: u64) -> Result<(), TransactionError> {
    let mut keys = view.static_keys().to_vec();
    let locks = keys.len().saturating_add(view.lookup_account_count());
    if locks as u64 > locks_max {
        return Err(TransactionError::TooManyAccountLocks);
    }
    keys.sort_unstable();
    let has_duplicate = keys.windows(2).any(|pair| pair[0] == pair[1]);
    if has_duplicate {
        Err(TransactionError::AccountLoadedTwice)
    } else {
        Ok(())
    }
}

fn writable_keys(view: &TransactionView<'_>) -> Arc<[bool]> {
    let count = view.static_key_count();
    let mut is_called = vec![false; count];
    for instruction in view.instructions() {
        is_called[usize::from(instruction.program_id_index)] = true;
    }
    let has_loader = (0..count).any(|index| view.static_key(index) == ids::BPF_LOADER_UPGRADEABLE);
    (0..count)
        .map(|index| {
            view.is_requested_writable(index)
                && !ids::is_reserved(&view.static_key(index))
                && (has_loader || !is_called[index])
        })
        .collect()
}

#[cfg(test)]
mod tests;
