//! Fees of one transaction and of one block (contract 11).
//!
//! Invariant: the payer loses exactly `base + priority`; of a block's fees, `burned + credited` is exactly what was
//! collected.

use isobath_sdk::rules::Rules;
use isobath_sdk::wire::view::TransactionView;

use super::budget::ComputeLimits;
use super::cost::precompile_signature_units;

/// Fees of one transaction, in lamports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fee {
    /// Per signature; partly burned.
    pub base: u64,
    /// The bid; all of it goes to the producer.
    pub priority: u64,
}

impl Fee {
    /// Total debited from the payer, saturated.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.base.saturating_add(self.priority)
    }
}

/// The fee of a transaction. Signatures in precompile instructions count too, as on Solana.
#[must_use]
pub fn fee_of(view: &TransactionView<'_>, limits: &ComputeLimits, rules: &Rules) -> Fee {
    let precompile: u64 = view
        .instructions()
        .filter(|instruction| {
            let program = view.static_key(usize::from(instruction.program_id_index));
            precompile_signature_units(&program).is_some()
        })
        .filter_map(|instruction| instruction.data.first().copied())
        .fold(0, |sum, count| sum.saturating_add(u64::from(count)));
    let signatures = precompile.saturating_add(view.signatures().len() as u64);
    Fee {
        base: signatures.saturating_mul(rules.lamports_per_signature),
        priority: limits.priority_fee_lamports(),
    }
}
