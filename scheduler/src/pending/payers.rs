//! What each payer has in the pool, and owes for each block that is remembered.
//!
//! Invariant: a payer is known while it has an entry or owes something. Those that owe are listed by block, so there are at
//! most as many payers as the pool has entries and the two lists have room. A payer has the same number as long as it is
//! known, and is looked up once for an entry.

use std::collections::BTreeSet;
use std::hash::BuildHasher as _;
use std::hash::RandomState;

use hashbrown::HashTable;
use isobath_sdk::Pubkey;

use super::generations::{Generation, Generations};
use super::rank::Rank;

/// All payers.
#[derive(Clone, Debug, Default)]
pub(super) struct Payers {
    /// Clients choose their keys.
    seed: RandomState,
    /// The hash of each key and the number of its payer.
    numbers: HashTable<(u64, u32)>,
    payers: Vec<OfPayer>,
    /// Numbers that no payer has.
    free: Vec<u32>,
    /// Those that have owed something since the block began.
    debtors: Generations<Vec<u32>>,
}

/// The entries of one payer.
#[derive(Clone, Debug)]
pub(super) struct OfPayer {
    key: Pubkey,
    hash: u64,
    ranks: Ranks,
    pub(super) bytes: u64,
    /// Wider than a balance, so that the sum of any fees fits.
    fees: u128,
    debts: Generations<Debt>,
}

/// What a payer owes for one block.
#[derive(Clone, Copy, Debug, Default)]
struct Debt {
    /// What it lost in the block, as far as known.
    lamports: u64,
    /// Its position among the debtors.
    listed: Option<u32>,
}

/// The ranks of a payer's entries. Most have one, which is kept beside the payer.
#[derive(Clone, Debug, Default)]
enum Ranks {
    #[default]
    None,
    One(Rank),
    /// Two or more.
    Many(BTreeSet<Rank>),
}

impl Ranks {
    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(_) => 1,
            Self::Many(ranks) => ranks.len(),
        }
    }

    fn last(&self) -> Option<Rank> {
        match self {
            Self::None => None,
            Self::One(rank) => Some(*rank),
            Self::Many(ranks) => ranks.last().copied(),
        }
    }

    fn insert(&mut self, rank: Rank) {
        match self {
            Self::None => *self = Self::One(rank),
            Self::One(other) => *self = Self::Many(BTreeSet::from([*other, rank])),
            Self::Many(ranks) => drop(ranks.insert(rank)),
        }
    }

    fn remove(&mut self, rank: Rank) {
        match self {
            Self::None => {}
            Self::One(_) => *self = Self::None,
            Self::Many(ranks) => {
                ranks.remove(&rank);
                if let (1, Some(other)) = (ranks.len(), ranks.first().copied()) {
                    *self = Self::One(other);
                }
            }
        }
    }
}

impl OfPayer {
    fn new(key: Pubkey, hash: u64) -> Self {
        Self {
            key,
            hash,
            ranks: Ranks::None,
            bytes: 0,
            fees: 0,
            debts: Generations::default(),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.ranks.len()
    }

    /// The fees of its entries, saturated.
    pub(super) fn fees(&self) -> u64 {
        u64::try_from(self.fees).unwrap_or(u64::MAX)
    }

    /// What it owes for one block.
    pub(super) fn debt(&self, generation: Generation) -> u64 {
        self.debts[generation].lamports
    }

    fn is_listed(&self, generation: Generation) -> bool {
        self.debts[generation].listed.is_some()
    }

    /// The worst of its entries without this one.
    pub(super) fn worst_but(&self, slot: Option<u32>) -> Option<Rank> {
        let is_other = |rank: &Rank| Some(rank.slot) != slot;
        match &self.ranks {
            Ranks::None => None,
            Ranks::One(rank) => Some(*rank).filter(is_other),
            Ranks::Many(ranks) => ranks.iter().rev().copied().find(is_other),
        }
    }

    /// The worst of its entries.
    pub(super) fn worst(&self) -> Option<Rank> {
        self.ranks.last()
    }
}

impl Payers {
    /// The hash by which a payer is found.
    pub(super) fn hash(&self, payer: &Pubkey) -> u64 {
        self.seed.hash_one(payer)
    }

    /// The number of a payer.
    pub(super) fn find(&self, hash: u64, payer: &Pubkey) -> Option<u32> {
        let is_same =
            |(other, number): &(u64, u32)| *other == hash && self.payers[*number as usize].key == *payer;
        self.numbers.find(hash, is_same).map(|(_, number)| *number)
    }

    /// The payer of a number.
    pub(super) fn of(&self, number: u32) -> &OfPayer {
        &self.payers[number as usize]
    }

    pub(super) fn get(&self, payer: &Pubkey) -> Option<&OfPayer> {
        let number = self.find(self.hash(payer), payer);
        number.map(|number| self.of(number))
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The number of a payer, which must get an entry or a debt at once if it was not known.
    pub(super) fn find_or_create(&mut self, hash: u64, payer: Pubkey) -> u32 {
        let known = self.find(hash, &payer);
        known.unwrap_or_else(|| self.create(hash, payer))
    }

    fn create(&mut self, hash: u64, payer: Pubkey) -> u32 {
        let of_payer = OfPayer::new(payer, hash);
        let number = if let Some(number) = self.free.pop() {
            self.payers[number as usize] = of_payer;
            number
        } else {
            self.payers.push(of_payer);
            let last = self.payers.len().saturating_sub(1);
            u32::try_from(last).expect("the memory of 2^32 payers does not exist")
        };
        self.numbers
            .insert_unique(hash, (hash, number), |(hash, _)| *hash);
        number
    }

    /// Adds an entry of `bytes`, within the limits of the pool.
    pub(super) fn add(&mut self, number: u32, rank: Rank, bytes: u64, fee_lamports: u64) {
        let of_payer = &mut self.payers[number as usize];
        of_payer.ranks.insert(rank);
        let sum = of_payer.bytes.checked_add(bytes);
        of_payer.bytes = sum.expect("the sum is within the limit of the pool");
        of_payer.fees = of_payer.fees.saturating_add(u128::from(fee_lamports));
    }

    /// Removes an entry that was added with the same numbers.
    pub(super) fn remove(&mut self, number: u32, rank: Rank, bytes: u64, fee_lamports: u64) {
        let of_payer = &mut self.payers[number as usize];
        of_payer.ranks.remove(rank);
        let rest = of_payer.bytes.checked_sub(bytes);
        of_payer.bytes = rest.expect("the sums of a payer count each of its entries");
        of_payer.fees = of_payer.fees.saturating_sub(u128::from(fee_lamports));
        self.drop_if_unused(number);
    }

    /// Number of payers that are listed for one block.
    pub(super) fn debtors_len(&self, generation: Generation) -> usize {
        self.debtors[generation].len()
    }

    /// Whether a payer owes something for a block, or may be listed among at most `debtors_max` that do.
    pub(super) fn may_owe(&self, generation: Generation, number: Option<u32>, debtors_max: usize) -> bool {
        self.debtors_len(generation) < debtors_max
            || number.is_some_and(|number| self.of(number).is_listed(generation))
    }

    /// Changes what a payer owes for a block.
    pub(super) fn owe(&mut self, generation: Generation, number: u32, change: impl FnOnce(u64) -> u64) {
        let debtors = &mut self.debtors[generation];
        let position = u32::try_from(debtors.len()).expect("the memory of 2^32 debtors does not exist");
        let debt = &mut self.payers[number as usize].debts[generation];
        debt.lamports = change(debt.lamports);
        if debt.listed.is_none() {
            debt.listed = Some(position);
            debtors.push(number);
        }
    }

    /// Gives back what a payer owed for one transaction of a block.
    pub(super) fn repay(&mut self, generation: Generation, payer: &Pubkey, lamports: u64) {
        let Some(number) = self.find(self.hash(payer), payer) else {
            return;
        };
        let debt = &mut self.payers[number as usize].debts[generation];
        debt.lamports = debt.lamports.saturating_sub(lamports);
        if debt.lamports > 0 {
            return;
        }
        if let Some(position) = debt.listed.take() {
            let debtors = &mut self.debtors[generation];
            debtors.swap_remove(position as usize);
            if let Some(moved) = debtors.get(position as usize) {
                self.payers[*moved as usize].debts[generation].listed = Some(position);
            }
            self.drop_if_unused(number);
        }
    }

    /// Forgets what one of the payers listed for a block owes, the latest first; false if none is left.
    pub(super) fn forget_one(&mut self, generation: Generation) -> bool {
        let Some(number) = self.debtors[generation].pop() else {
            return false;
        };
        self.payers[number as usize].debts[generation] = Debt::default();
        self.drop_if_unused(number);
        true
    }

    fn drop_if_unused(&mut self, number: u32) {
        let of_payer = self.of(number);
        let owes = of_payer.debts.both().iter().any(|debt| debt.listed.is_some());
        if of_payer.count() > 0 || owes {
            return;
        }
        let entry = self
            .numbers
            .find_entry(of_payer.hash, |(_, other)| *other == number);
        entry.expect("a payer that is known has a number").remove();
        self.free.push(number);
    }
}
