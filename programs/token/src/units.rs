//! What each instruction costs in compute units.
//!
//! A price is fixed, where bytecode is charged for each step: it is about what the published program (p-token 1.0) takes for
//! a successful call without a multisig or a delegate, as litesvm 0.16.0 counted it in 2,039 transactions of random
//! sequences (`docs/conformance.md`). All other calls of the instruction cost the same, failed ones included.

/// Of a batch, beside its parts.
pub const BATCH: u64 = 50;

/// Of an instruction whose first byte is unknown or missing.
const UNKNOWN: u64 = 30;

/// Of the instruction whose first byte is `tag`.
#[must_use]
pub const fn of(tag: Option<u8>) -> u64 {
    let Some(tag) = tag else {
        return UNKNOWN;
    };
    match tag {
        0 => 87,
        1 => 150,
        2 => 189,
        3 => 76,
        4 => 126,
        5 => 101,
        6 => 123,
        7 => 119,
        8 => 126,
        9 => 118,
        10 => 145,
        11 => 141,
        12 => 105,
        13 => 163,
        14 => 161,
        15 => 126,
        16 => 168,
        17 => 201,
        18 => 235,
        19 => 287,
        20 => 215,
        21 => 183,
        22 => 38,
        23 => 472,
        24 => 550,
        38 => 274,
        45 => 146,
        _ => UNKNOWN,
    }
}
