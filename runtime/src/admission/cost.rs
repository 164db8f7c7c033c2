//! What a transaction costs its block, in units: the cost model of `solana-cost-model` 4.2.2, and prices of our own for
//! what it made the node do.
//!
//! ```text
//! executed   720 per signature (more per precompile signature), 300 per requested write lock, 1 per 4 bytes of
//!            instruction data, 8 per 32 KiB of loaded data, the compute units: what Solana reports as `costUnits`
//! spent      executed, and the work at the prices below
//! reserved   before it runs: the same with its limits of loaded data and compute units, and with the work that its
//!            bytes announce
//! ```
//!
//! Invariant: the reserved cost is a function of the bytes of the transaction, the other two also of the state that it
//! ran on, and so is what its entry in the pool adds to the reserved one for contents that may be copied; none depends on time or on the machine. No cost is 0. All sums saturate: a cost at the top of a `u64` is
//! beyond every budget.
//!
//! The announced work is what every transaction with such keys and bytes does at most, and the data that its System
//! instructions allocate. The pool adds a copy of the contents that its programs may write, as they were when it came. So
//! a transaction spends more than it reserved only if a program grows or scatters contents, or copies newer ones;
//! otherwise it could have a priority for a cost that it does not have, and one of them would use up
//! a block before its betters come.
//!
//! # The prices of work
//!
//! A price bounds how much of a quantity a unit of cost buys: a transaction that spends `c` did at most
//! `c / price` of it. The prices follow from one requirement: per unit of cost, no transaction does more than twenty
//! times what a plain transfer does. With `t` of the quantity in a transfer that costs 1,990 units, any price from
//! `1,990 / (20 * t)` on keeps it:
//!
//! | quantity | in a transfer | least price | price | and so at most, per block of 60 million |
//! |---|---|---|---|---|
//! | bytes copied | 200, two accounts without data | 0.498 | 1/2 | 120 MB |
//! | bytes set to zero | 0 | none | 1/16 | 960 MB |
//! | 64-byte blocks hashed | 83, with the nodes above a leaf | 1.2 | 2 | 30 million, 1.9 GB |
//! | look-ups in tables | 15 | 6.6 | 7 | 8.6 million |
//! | bytes recorded | 600 to 700 | 0.17 | 1/4 | 240 MB |
//!
//! The first write to the data of an account counts as a copy of them, though it copies them only in the first transaction
//! of the block that writes them; later ones save what they overwrite. So the count is a function of the writes alone.
//!
//! A transfer costs 720 + 2 * 300 + 3 + 150 + 8 = 1,481 units by Solana's model, and about 520 for its work. Zeroed bytes
//! have no counterpart in a transfer: their price is that of the page faults of fresh memory, about 3 ms for 10 MiB, at
//! the 200 units per microsecond that a transfer costs.

use isobath_program_abi::Pubkey;
use isobath_sdk::builtins::system::SystemInstruction;
use isobath_sdk::ids;
use isobath_sdk::program::work::{HASH_BLOCK_LEN, HASH_BLOCKS_PER_ACCOUNT, RECORDED_ACCOUNT_LEN, Work};
use isobath_sdk::rules::Rules;
use isobath_sdk::wire::view::TransactionView;

use super::budget::ComputeLimits;

const SIGNATURE_UNITS: u64 = 720;
const SECP256K1_SIGNATURE_UNITS: u64 = 6_690;
const ED25519_SIGNATURE_UNITS: u64 = 2_400;
const SECP256R1_SIGNATURE_UNITS: u64 = 4_800;
const WRITE_LOCK_UNITS: u64 = 300;
const DATA_BYTES_PER_UNIT: u64 = 4;
const LOADED_PAGE_BYTES: u64 = 32 * 1024;
const LOADED_PAGE_UNITS: u64 = 8;

/// Bytes copied for one unit.
const COPIED_BYTES_PER_UNIT: u64 = 2;
/// Bytes set to zero for one unit.
const ZEROED_BYTES_PER_UNIT: u64 = 16;
/// Units of a hashed block.
const HASH_BLOCK_UNITS: u64 = 2;
/// Units of a look-up.
const TABLE_PROBE_UNITS: u64 = 7;
/// Bytes recorded for one unit.
const RECORDED_BYTES_PER_UNIT: u64 = 4;

/// Bytes of an account without its data, in memory.
const HEADER_BYTES: u64 = 100;
/// Blocks hashed for a transaction besides its bytes: its outcome without return data, and the nodes above its leaves.
pub(crate) const HASH_BLOCKS_PER_TRANSACTION: u64 = 12;
/// Look-ups of a key: among the changes of the block, and in the state before it.
pub(crate) const PROBES_PER_KEY: u64 = 2;
/// Look-ups of an account that was written: to enter it into the block, to compare it and to publish it.
pub(crate) const PROBES_PER_WRITE: u64 = 3;
/// Look-ups of a key in the state before the block alone: of a lookup table, or of a program's deployment.
pub(crate) const PROBES_AT_PARENT: u64 = 1;
/// Look-ups of a message among those that were processed, and its entry.
pub(crate) const PROBES_PER_TRANSACTION: u64 = 3;
/// Bytes of the balances of an account, before and after.
pub(crate) const BALANCES_LEN: u64 = 16;
/// Bytes of an account without its data in the record, rounded up.
const RECORDED_BYTES_PER_KEY: u64 = (RECORDED_ACCOUNT_LEN as u64 + BALANCES_LEN).next_multiple_of(50);
/// Bytes of outcome and events of a transaction without calls.
const RECORDED_BYTES_PER_TRANSACTION: u64 = 400;

/// The cost of an executed transaction in the units of Solana, which its nodes report as `costUnits`.
///
/// `loaded_len` is what it loaded, at most its limit.
#[must_use]
pub fn cost_units(view: &TransactionView<'_>, compute_units: u64, loaded_len: u64) -> u64 {
    spent_units(fixed_units(view), compute_units, loaded_len)
}

/// The cost of a transaction whose bytes cost `fixed_units`.
pub(crate) fn spent_units(fixed_units: u64, compute_units: u64, loaded_len: u64) -> u64 {
    let pages = loaded_len.div_ceil(LOADED_PAGE_BYTES);
    sum([
        fixed_units,
        compute_units,
        pages.saturating_mul(LOADED_PAGE_UNITS),
    ])
}

/// What of the cost follows from the bytes of a transaction: its signatures, write locks and data.
pub(crate) fn fixed_units(view: &TransactionView<'_>) -> u64 {
    let write_locks = (0..view.key_count())
        .filter(|index| view.is_requested_writable(*index))
        .count() as u64;
    let data_len = view.instructions().fold(0_u64, |sum, instruction| {
        sum.saturating_add(instruction.data.len() as u64)
    });
    sum([
        signature_units(view),
        write_locks.saturating_mul(WRITE_LOCK_UNITS),
        data_len / DATA_BYTES_PER_UNIT,
    ])
}

/// What a transaction reserves in a block before it runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reserved {
    /// Its cost if it uses all that it asks for, and the work that it announces.
    pub(crate) units: u64,
    /// Bytes of the record that it announces.
    pub(crate) record_bytes: u64,
}

/// What the transaction reserves in a block.
pub(crate) fn reserved(
    view: &TransactionView<'_>,
    fixed_units: u64,
    limits: &ComputeLimits,
    rules: &Rules,
) -> Reserved {
    let loaded_len = u64::from(limits.loaded_data_len);
    let units = spent_units(fixed_units, u64::from(limits.compute_units), loaded_len);
    let work = announced_work(view, rules);
    Reserved {
        units: units.saturating_add(work_units(&work)),
        record_bytes: work.recorded_bytes,
    }
}

/// What copying `len` bytes costs.
pub(crate) fn copy_units(len: u64) -> u64 {
    work_units(&Work {
        copied_bytes: len,
        ..Work::default()
    })
}

/// The work that follows from the bytes of a transaction: its accounts are looked up, it is hashed and recorded, and the
/// accounts that it may write are hashed and recorded with the data that its System instructions allocate.
fn announced_work(view: &TransactionView<'_>, rules: &Rules) -> Work {
    let (keys, wire_len) = (view.key_count() as u64, view.bytes().len() as u64);
    let allocated = allocated_len(view).min(rules.transaction_data_growth_max);
    let blocks = |bytes: u64| bytes.div_ceil(HASH_BLOCK_LEN as u64);
    let hashed = wire_len.saturating_mul(2).saturating_add(allocated);
    Work {
        copied_bytes: keys.saturating_mul(HEADER_BYTES),
        zeroed_bytes: allocated,
        hash_blocks: sum([
            blocks(hashed),
            HASH_BLOCKS_PER_TRANSACTION,
            keys.saturating_mul(HASH_BLOCKS_PER_ACCOUNT as u64),
        ]),
        table_probes: sum([
            keys.saturating_mul(PROBES_PER_KEY.saturating_add(PROBES_PER_WRITE)),
            (view.lookups().len() as u64).saturating_mul(PROBES_AT_PARENT),
            PROBES_PER_TRANSACTION,
        ]),
        recorded_bytes: sum([
            wire_len,
            allocated,
            RECORDED_BYTES_PER_TRANSACTION,
            keys.saturating_mul(RECORDED_BYTES_PER_KEY),
        ]),
    }
}

/// Bytes of account data that the System instructions of the transaction allocate. Those that do not decode allocate
/// nothing.
fn allocated_len(view: &TransactionView<'_>) -> u64 {
    let system = view.instructions().filter(|instruction| {
        view.static_key(usize::from(instruction.program_id_index)) == ids::SYSTEM_PROGRAM
    });
    let lens = system.filter_map(
        |instruction| match SystemInstruction::decode(instruction.data).ok()? {
            SystemInstruction::CreateAccount { space, .. }
            | SystemInstruction::CreateAccountWithSeed { space, .. }
            | SystemInstruction::CreateAccountAllowPrefund { space, .. }
            | SystemInstruction::Allocate { space }
            | SystemInstruction::AllocateWithSeed { space, .. } => Some(space),
            _ => None,
        },
    );
    lens.fold(0, u64::saturating_add)
}

/// The units of what a transaction made the node do; see the table of this module.
#[must_use]
pub fn work_units(work: &Work) -> u64 {
    sum([
        work.copied_bytes.div_ceil(COPIED_BYTES_PER_UNIT),
        work.zeroed_bytes.div_ceil(ZEROED_BYTES_PER_UNIT),
        work.hash_blocks.saturating_mul(HASH_BLOCK_UNITS),
        work.table_probes.saturating_mul(TABLE_PROBE_UNITS),
        work.recorded_bytes.div_ceil(RECORDED_BYTES_PER_UNIT),
    ])
}

/// The signatures of the transaction, and those that its precompile instructions announce in their first byte.
fn signature_units(view: &TransactionView<'_>) -> u64 {
    let own = (view.signatures().len() as u64).saturating_mul(SIGNATURE_UNITS);
    let announced = view.instructions().map(|instruction| {
        let program = view.static_key(usize::from(instruction.program_id_index));
        let units = precompile_signature_units(&program).unwrap_or(0);
        let count = instruction.data.first().copied().unwrap_or(0);
        units.saturating_mul(u64::from(count))
    });
    announced.fold(own, u64::saturating_add)
}

/// The cost of one signature of a precompile; `None` for any other program.
pub(crate) const fn precompile_signature_units(program: &Pubkey) -> Option<u64> {
    match *program {
        ids::ED25519_PRECOMPILE => Some(ED25519_SIGNATURE_UNITS),
        ids::SECP256K1_PRECOMPILE => Some(SECP256K1_SIGNATURE_UNITS),
        ids::SECP256R1_PRECOMPILE => Some(SECP256R1_SIGNATURE_UNITS),
        _ => None,
    }
}

fn sum<const N: usize>(parts: [u64; N]) -> u64 {
    parts.into_iter().fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a transfer makes the node do, at least.
    const TRANSFER: Work = Work {
        copied_bytes: 200,
        zeroed_bytes: 0,
        hash_blocks: 83,
        table_probes: 15,
        recorded_bytes: 600,
    };

    /// 20 times what a transfer does with each unit is more than the price of a quantity allows any transaction.
    #[test]
    fn a_unit_buys_at_most_twenty_times_what_a_transfer_does_with_it() {
        let transfer = 720 + 2 * 300 + 150 + work_units(&TRANSFER);
        type Count = fn(&mut Work) -> &mut u64;
        let quantities: [(&str, Count); 4] = [
            ("copied", |work| &mut work.copied_bytes),
            ("hashed", |work| &mut work.hash_blocks),
            ("probes", |work| &mut work.table_probes),
            ("recorded", |work| &mut work.recorded_bytes),
        ];
        for (name, count) in quantities {
            let mut much = Work::default();
            *count(&mut much) = 1 << 30;
            // The worst that can be: all of its cost is this one quantity.
            let worst = (u128::from(*count(&mut much)), u128::from(work_units(&much)));
            let plain = u128::from(*count(&mut TRANSFER.clone()));
            assert!(
                worst.0 * u128::from(transfer) <= 20 * plain * worst.1,
                "{name}: {worst:?}, {plain} of {transfer}"
            );
        }
    }

    #[test]
    fn work_never_wraps() {
        let most = Work {
            copied_bytes: u64::MAX,
            zeroed_bytes: u64::MAX,
            hash_blocks: u64::MAX,
            table_probes: u64::MAX,
            recorded_bytes: u64::MAX,
        };
        assert_eq!(work_units(&most), u64::MAX);
        assert_eq!(work_units(&Work::default()), 0);
    }
}
