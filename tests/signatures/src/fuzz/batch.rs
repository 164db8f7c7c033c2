//! One batch: its size, how many signatures are bad and where, and whose keys they have.

use super::craft::{Crafted, Crafter, Flaw};
use super::pool::{KEYS, Pool};
use super::random::Random;

/// Where bad signatures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pattern {
    AllGood,
    First,
    Middle,
    Last,
    /// About one in this many.
    OneIn(usize),
    AllBad,
    /// Pairs whose errors add up to nothing, which a sum with equal coefficients would not see.
    Cancelling,
}

/// Whose keys the signatures have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    /// Any of the pool's.
    Any,
    /// A few, from this one on.
    Few { first: usize, count: usize },
}

/// Makes a batch of at most `size_max` signatures.
pub(super) fn make(random: &mut Random, pool: &mut Pool, crafter: &Crafter, size_max: usize) -> Vec<Crafted> {
    let size = size(random).min(size_max);
    let pattern = pattern(random);
    let keys = keys(random);
    let mut batch = Vec::with_capacity(size);
    for position in 0..size {
        let flaw = flaw_at(random, pattern, position, size);
        let key = pool.current_keys[keys.choose(random)];
        let commitment = pool.commitment(random);
        batch.push(crafter.craft(&key, &commitment, message(random), flaw));
    }
    batch
}

fn size(random: &mut Random) -> usize {
    let spread = |random: &mut Random, from: usize, to: usize| from + random.below(to - from + 1);
    match random.below(100) {
        0..45 => spread(random, 1, 8),
        45..75 => spread(random, 9, 64),
        75..80 => 64,
        80..94 => spread(random, 65, 1_024),
        94..97 => 1_024,
        _ => spread(random, 1_025, 4_096),
    }
}

fn pattern(random: &mut Random) -> Pattern {
    match random.below(20) {
        0..9 => Pattern::AllGood,
        9 => Pattern::First,
        10 => Pattern::Middle,
        11 => Pattern::Last,
        12 | 13 => Pattern::OneIn(256),
        14 | 15 => Pattern::OneIn(16),
        16 => Pattern::OneIn(2),
        17 => Pattern::AllBad,
        _ => Pattern::Cancelling,
    }
}

fn keys(random: &mut Random) -> Keys {
    match random.below(10) {
        0 => Keys::Few {
            first: random.below(KEYS),
            count: 1 + random.below(5),
        },
        _ => Keys::Any,
    }
}

impl Keys {
    fn choose(self, random: &mut Random) -> usize {
        match self {
            Self::Any => random.below(KEYS),
            Self::Few { first, count } => (first + random.below(count)) % KEYS,
        }
    }
}

fn flaw_at(random: &mut Random, pattern: Pattern, position: usize, size: usize) -> Flaw {
    let is_bad = match pattern {
        Pattern::AllGood => false,
        Pattern::First => position == 0,
        Pattern::Middle => position == size / 2,
        Pattern::Last => position + 1 == size,
        Pattern::OneIn(every) => random.once_in(every),
        Pattern::AllBad => true,
        Pattern::Cancelling => return cancelling(position, size),
    };
    if is_bad {
        Flaw::of(1 + random.below(Flaw::KINDS - 1), random.next())
    } else {
        Flaw::None
    }
}

/// The first two and the last two are off by amounts that cancel.
const fn cancelling(position: usize, size: usize) -> Flaw {
    match (position, size - 1 - position) {
        (0, 1..) => Flaw::ScalarOff(1),
        (1, _) => Flaw::ScalarOff(-1),
        (_, 1) => Flaw::ScalarOff(1 << 40),
        (2.., 0) => Flaw::ScalarOff(-(1 << 40)),
        _ => Flaw::None,
    }
}

/// Mostly the length of a transaction's message, sometimes none, sometimes as long as a packet.
fn message(random: &mut Random) -> Vec<u8> {
    let length = match random.below(64) {
        0 => 0,
        1 => random.below(16),
        2 => random.below(1_232),
        3..8 => 200,
        _ => 100 + random.below(150),
    };
    let mut message = vec![0; length];
    random.fill(&mut message);
    message
}
