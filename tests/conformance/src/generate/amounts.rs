//! Amounts at and around the bounds of the rules.

use isobath_sdk::pubkey::Pubkey;
use isobath_testkit::Random;

use super::constants::{BASE_FEE, RENT_MINIMUM, rent_minimum};
use super::pool::Pool;

/// The most data an account may hold.
const DATA_LEN_MAX: u64 = 10 * 1024 * 1024;

/// Lamports to take from `source`.
pub(crate) fn lamports(pool: &Pool, source: &Pubkey, random: &mut Random) -> u64 {
    let balance = pool.balance(source);
    match random.below(16) {
        0 => random.pick(&[0, 1]),
        1 => random.pick(&[u64::MAX, u64::MAX - 1, u64::MAX / 2, 1 << 63]),
        2..=5 => RENT_MINIMUM - 1 + random.next_u64() % 3,
        6 => rent_minimum(80) - 1 + random.next_u64() % 3,
        7..=10 => {
            let keep = random.pick(&[0, RENT_MINIMUM, rent_minimum(80)]);
            let fee = random.pick(&[0, BASE_FEE, 2 * BASE_FEE]);
            (balance.saturating_sub(keep + fee) + random.next_u64() % 3).saturating_sub(1)
        }
        _ => random.pick(&[1_000_000, 2_000_000, 5_000_000, 12_345_678]),
    }
}

/// Lamports for an account of `space` bytes, mostly enough.
pub(crate) fn funding(pool: &Pool, source: &Pubkey, space: u64, random: &mut Random) -> u64 {
    if random.chance(1, 3) {
        return lamports(pool, source, random);
    }
    let minimum = rent_minimum(space.min(DATA_LEN_MAX));
    match random.below(8) {
        0 => minimum - 1,
        1 => minimum + 1,
        _ => minimum,
    }
}

/// Bytes of data to ask for.
pub(crate) const fn space(random: &mut Random) -> u64 {
    match random.below(160) {
        0 => DATA_LEN_MAX,
        1..=4 => DATA_LEN_MAX + 1,
        5..=8 => random.pick(&[u64::MAX, 1 << 32, 1 << 63]),
        9..=80 => random.pick(&[0, 80]),
        _ => random.pick(&[1, 8, 56, 79, 81, 120, 200]),
    }
}
