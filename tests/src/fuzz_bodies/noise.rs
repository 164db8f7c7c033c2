//! Random bytes and random damage for tests without a fuzzer.
//!
//! The same seed always gives the same inputs on every machine, so a failure is repeated by its seed alone.

use isobath_testkit::Random;

/// A byte; small values, powers of two less one and the extremes are more frequent, as decoders branch on them.
pub const fn byte(random: &mut Random) -> u8 {
    const TELLING: [u8; 12] = [0, 1, 2, 3, 4, 31, 32, 63, 64, 127, 128, 255];
    if random.chance(1, 2) {
        random.pick(&TELLING)
    } else {
        random.byte()
    }
}

/// Up to `len_max` bytes.
pub fn bytes(random: &mut Random, len_max: usize) -> Vec<u8> {
    let len = random.below(len_max.saturating_add(1));
    (0..len).map(|_| byte(random)).collect()
}

/// Changes `bytes` in one to four places: sets, inserts, removes, flips a bit, truncates, appends, or copies a piece to
/// another place.
pub fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(4) {
        damage_once(random, bytes);
    }
}

fn damage_once(random: &mut Random, bytes: &mut Vec<u8>) {
    let byte = byte(random);
    if bytes.is_empty() {
        bytes.push(byte);
        return;
    }
    let at = random.below(bytes.len());
    match random.below(8) {
        0 | 1 => bytes[at] = byte,
        2 => bytes.insert(at, byte),
        3 => drop(bytes.remove(at)),
        4 => bytes[at] ^= 1u8.rotate_left(u32::from(byte)),
        5 => bytes.truncate(at),
        6 => bytes.push(byte),
        _ => {
            let piece: Vec<u8> = bytes.iter().skip(at).take(random.below(40)).copied().collect();
            let to = random.below(bytes.len());
            bytes.splice(to..to, piece);
        }
    }
}
