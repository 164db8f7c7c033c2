//! Seeded blocks: what each transaction locks and declares, and what it really costs.
//!
//! Real costs are skewed: log-normal with a median of 20,000 units and sigma 1, in a tenth of the transactions a Pareto
//! tail of index 1.5, all from 450 to 1.4 million units. A scheduler knows only the units declared, which are never
//! fewer: half declare up to half more than they use, three of ten the default of 200,000 for each instruction, two of
//! ten up to eight times what they use.

use clap::ValueEnum;
use isobath_scheduler::{Access, Lock};

use crate::workload::Random;

/// Units of a plain transfer, the least.
const COST_MIN: f64 = 450.0;
/// The most units that a transaction may declare.
const COST_MAX: f64 = 1_400_000.0;
/// The median cost.
const COST_MEDIAN: f64 = 20_000.0;
/// Units that an instruction declares by default.
const UNITS_DEFAULT: u64 = 200_000;
/// Accounts among which popularity follows Zipf's law.
const ZIPF_ACCOUNTS: usize = 10_000;
/// Accounts that nothing but one transaction locks start here.
const OWN_ACCOUNTS: u32 = 16_384;

/// Which transactions conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Contention {
    /// No two transactions share an account
    Disjoint,
    /// Each pays an account by Zipf's law of exponent 1 among 10,000
    Zipf,
    /// A fifth writes one account
    Hot,
    /// Half writes one of eight accounts, and a tenth of those a second one
    Markets,
    /// Each reads four of 64 accounts, and one in fifty writes one of them
    ReadMostly,
    /// Each belongs to one of 48 chains, and one in twenty joins two of them
    Chains,
}

impl Contention {
    pub(super) const ALL: [Self; 6] = [
        Self::Disjoint,
        Self::Zipf,
        Self::Hot,
        Self::Markets,
        Self::ReadMostly,
        Self::Chains,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Disjoint => "disjoint",
            Self::Zipf => "zipf",
            Self::Hot => "hot",
            Self::Markets => "markets",
            Self::ReadMostly => "read-mostly",
            Self::Chains => "chains",
        }
    }
}

/// One transaction.
#[derive(Clone, Debug)]
pub(super) struct Tx {
    pub(super) locks: Vec<Lock>,
    /// What it declares.
    pub(super) units: u64,
    /// What it costs, which is the time it takes.
    pub(super) cost: u64,
    /// Its band of priority.
    pub(super) band: u64,
    /// Its size on the wire.
    pub(super) bytes: u64,
}

/// The transactions of a block in the order of a builder that does not change the order: by band, then by arrival.
pub(super) fn block(contention: Contention, count: usize, bands: usize, seed: u64) -> Vec<Tx> {
    let mut random = Random::new(seed);
    let mut txs: Vec<Tx> = (0..count)
        .map(|index| one(contention, index, bands, &mut random))
        .collect();
    txs.sort_by_key(|tx| std::cmp::Reverse(tx.band));
    txs
}

fn one(contention: Contention, index: usize, bands: usize, random: &mut Random) -> Tx {
    let own = OWN_ACCOUNTS.saturating_add(u32::try_from(index).expect("blocks are short").saturating_mul(2));
    let mut locks = vec![write(own)];
    match contention {
        Contention::Disjoint => locks.push(write(own.saturating_add(1))),
        Contention::Zipf => locks.push(write(zipf(random))),
        Contention::Hot => match random.below(5) {
            0 => locks.push(write(0)),
            _ => locks.push(write(own.saturating_add(1))),
        },
        Contention::Markets => {
            if random.below(2) == 0 {
                let market = random.below(8);
                locks.push(write(narrow(market)));
                if random.below(10) == 0 {
                    let other = (market + 1 + random.below(7)) % 8;
                    locks.push(write(narrow(other)));
                }
            }
        }
        Contention::ReadMostly => {
            let first = random.below(64);
            for step in 0..4 {
                locks.push(read(narrow((first + step * 16 + random.below(16)) % 64)));
            }
            locks.sort_unstable_by_key(|lock| lock.id);
            locks.dedup_by_key(|lock| lock.id);
            if random.below(50) == 0 {
                locks[0].access = Access::Write;
            }
        }
        Contention::Chains => {
            let chain = random.below(48);
            locks.push(write(narrow(chain)));
            if random.below(20) == 0 {
                locks.push(write(narrow((chain + 1 + random.below(47)) % 48)));
            }
        }
    }
    let (units, cost) = units_and_cost(random);
    let bytes = 180 + 35 * locks.len() as u64 + random.below(200) as u64;
    Tx {
        locks,
        units,
        cost,
        band: random.below(bands) as u64,
        bytes,
    }
}

const fn write(id: u32) -> Lock {
    Lock {
        id,
        access: Access::Write,
    }
}

const fn read(id: u32) -> Lock {
    Lock {
        id,
        access: Access::Read,
    }
}

/// Whether a transaction has the account alone.
pub(super) fn is_write(lock: &Lock) -> bool {
    lock.access == Access::Write
}

fn narrow(account: usize) -> u32 {
    u32::try_from(account).expect("accounts are few")
}

/// An account by Zipf's law: the first k of n have about ln(k + 1) / ln(n) of all.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "ranks of ten thousand accounts"
)]
fn zipf(random: &mut Random) -> u32 {
    ((ZIPF_ACCOUNTS as f64).powf(random.fraction()) as u32).saturating_sub(1)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "units of at most 1.4 million"
)]
fn units_and_cost(random: &mut Random) -> (u64, u64) {
    let skewed = match random.below(10) {
        0 => COST_MEDIAN * (1.0 - random.fraction()).powf(-1.0 / 1.5),
        _ => COST_MEDIAN * normal(random).exp(),
    };
    let cost = skewed.clamp(COST_MIN, COST_MAX) as u64;
    let times = |factor: f64| (cost as f64 * factor).min(COST_MAX) as u64;
    let units = match random.below(10) {
        0..=4 => times(1.0 + random.fraction() / 2.0),
        5..=7 => cost.div_ceil(UNITS_DEFAULT).saturating_mul(UNITS_DEFAULT),
        _ => times(1.0 + random.fraction() * 7.0),
    };
    (units.max(cost), cost)
}

/// Of the standard normal distribution, by Box and Muller.
fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - random.fraction()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.fraction()).cos()
}
