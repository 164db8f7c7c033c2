//! A shard beside plain maps, with messages at places that are spread, crowded, or all the same; and how many lines a look-up
//! reads.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "heights and counts of a test are small"
)]

use std::collections::{BTreeMap, BTreeSet};

use isobath_program_abi::Hash;
use proptest::prelude::*;

use super::*;

impl Shard {
    /// Number of entries, after a check of ring and index.
    pub(in super::super) fn len(&self, placement: &Placement) -> usize {
        assert!(self.ring.iter().is_sorted_by_key(|entry| entry.height));
        assert!(self.ring.len() <= self.index.capacity());
        let numbers = (0..self.ring.len()).map(|position| number(self.first, position));
        let places = self.ring.iter().map(|entry| placement.place(&entry.fingerprint));
        self.index.assert_holds(places.zip(numbers));
        self.ring.len()
    }

    pub(in super::super) fn allocated_bytes(&self) -> usize {
        let ring = self.ring.capacity() * size_of::<Entry>();
        ring + self.index.allocated_bytes()
    }
}

const AGE: u64 = 4;
const MESSAGES: u16 = 120;

#[derive(Debug, Clone)]
enum Step {
    /// The messages from a number on, half of which may be withdrawn at once.
    Enter {
        first: u16,
        count: u16,
        is_withdrawn: bool,
    },
    Seal(u64),
    Abort,
    Forget,
    Copy,
}

/// The heights at which each message is entered, and what is forgotten.
#[derive(Debug, Default)]
struct Plain {
    heights: BTreeMap<u16, BTreeSet<u64>>,
    newest: u64,
}

impl Plain {
    fn heights(&self, message: u16) -> Vec<u64> {
        self.heights
            .get(&message)
            .into_iter()
            .flatten()
            .copied()
            .collect()
    }

    fn is_seen(&self, height: u64) -> bool {
        height + AGE > self.newest
    }

    fn has_seen(&self, message: u16) -> bool {
        self.heights(message)
            .into_iter()
            .any(|height| self.is_seen(height))
    }

    fn retain(&mut self, is_kept: impl Fn(u64) -> bool) {
        for heights in self.heights.values_mut() {
            heights.retain(|height| is_kept(*height));
        }
    }
}

/// Both, and where messages lie.
struct Both {
    placement: Placement,
    shard: Shard,
    plain: Plain,
}

fn fingerprint(message: u32) -> Fingerprint {
    Fingerprint::of(&Hash(blake3::hash(&message.to_le_bytes()).into()))
}

impl Both {
    fn open_entry(&self, message: u16) -> (Place, Entry) {
        let fingerprint = fingerprint(message.into());
        let entry = Entry {
            fingerprint,
            height: self.plain.newest + 1,
        };
        (self.placement.place(&fingerprint), entry)
    }

    /// Enters a message, or enters it again if an earlier block has it.
    fn enter(&mut self, message: u16) {
        let (place, entry) = self.open_entry(message);
        let (shard, plain) = (&mut self.shard, &mut self.plain);
        let is_entered = shard.enter_unless(&self.placement, place, entry, |height| plain.is_seen(height));
        assert_eq!(is_entered, !plain.has_seen(message));
        if !is_entered {
            let is_here = |height| height == entry.height;
            let is_entered = shard.enter_unless(&self.placement, place, entry, is_here);
            assert_eq!(is_entered, !plain.heights(message).contains(&entry.height));
        }
        plain.heights.entry(message).or_default().insert(entry.height);
    }

    fn withdraw(&mut self, message: u16) {
        let (place, entry) = self.open_entry(message);
        self.shard.withdraw(&self.placement, place, &entry);
        let heights = self.plain.heights.entry(message).or_default();
        assert!(heights.remove(&entry.height));
    }

    fn step(&mut self, step: &Step) {
        let newest = self.plain.newest;
        match *step {
            Step::Enter {
                first,
                count,
                is_withdrawn,
            } => {
                let messages = first..MESSAGES.min(first + count);
                messages.clone().for_each(|message| self.enter(message));
                let withdrawn = messages.filter(|message| is_withdrawn && message % 2 == 0);
                withdrawn.for_each(|message| self.withdraw(message));
            }
            Step::Seal(blocks) => self.plain.newest += blocks,
            Step::Abort => {
                self.shard.drop_above(&self.placement, newest);
                self.plain.retain(|height| height <= newest);
            }
            Step::Forget => {
                let forgotten = newest.saturating_sub(AGE);
                self.shard.drop_up_to(&self.placement, forgotten);
                self.plain.retain(|height| height > forgotten);
            }
            Step::Copy => {
                let is_kept = |height| height + AGE > newest && height <= newest;
                self.shard = self.shard.copy(&self.placement, is_kept);
                self.plain.retain(is_kept);
            }
        }
    }

    fn check(&self) {
        let mut count = 0;
        for message in 0..MESSAGES {
            let fingerprint = fingerprint(message.into());
            let (place, mut found) = (self.placement.place(&fingerprint), Vec::new());
            self.shard.height(place, fingerprint, |height| {
                found.push(height);
                true
            });
            found.sort_unstable();
            assert_eq!(found, self.plain.heights(message), "message {message}");
            count += found.len();
        }
        assert_eq!(self.shard.len(&self.placement), count);
    }
}

fn step() -> impl Strategy<Value = Step> {
    let enter = (0..MESSAGES, 1..60_u16, prop::bool::weighted(0.3));
    let enter = enter.prop_map(|(first, count, is_withdrawn)| Step::Enter {
        first,
        count,
        is_withdrawn,
    });
    prop_oneof![
        8 => enter,
        6 => (1..3_u64).prop_map(Step::Seal),
        1 => Just(Step::Abort),
        3 => Just(Step::Forget),
        1 => Just(Step::Copy),
    ]
}

fn placement() -> impl Strategy<Value = Placement> {
    prop_oneof![
        Just(()).prop_map(|()| Placement::new()),
        // The homes of all are in the first eighth of a table, with one tag.
        Just(Placement::of_seed([1 << 29, 0, 0])),
        // All have one tag, and the last line as their home.
        Just(Placement::of_seed([0, 0, u128::MAX])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_shard_has_what_a_map_has(
        placement in placement(),
        // Numbers wrap early in some.
        first in prop_oneof![Just(0), NUMBER_MAX - 100..=NUMBER_MAX],
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let shard = Shard { first, ..Shard::default() };
        let mut both = Both { placement, shard, plain: Plain::default() };
        for step in &steps {
            both.step(step);
            both.check();
        }
    }
}

/// Fingerprints that have the bits of `mask` as they come, and in which a client has made all others 0.
fn ground(mask: u128) -> impl Fn(u32) -> Fingerprint {
    move |number| {
        let [low, high] = fingerprint(number).halves();
        let bits = (u128::from(low) | u128::from(high) << 64) & mask;
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&bits.to_le_bytes());
        Fingerprint::of(&Hash(bytes))
    }
}

/// Lets blocks come and go. Returns how many lines a look-up reads on average after the last, and bytes an entry takes.
fn under_load(blocks: u32, fingerprint: impl Fn(u32) -> Fingerprint) -> (f64, f64) {
    const AGE: u32 = 150;
    const IN_BLOCK: u32 = 20;
    let (placement, mut shard) = (Placement::new(), Shard::default());
    for number in 0..blocks * IN_BLOCK {
        let height = u64::from(number / IN_BLOCK);
        shard.drop_up_to(&placement, height.saturating_sub(AGE.into()));
        let fingerprint = fingerprint(number);
        let entry = Entry { fingerprint, height };
        assert!(shard.enter_unless(&placement, placement.place(&fingerprint), entry, |_| true));
    }
    let count = f64::from(u32::try_from(shard.len(&placement)).unwrap());
    let bytes = f64::from(u32::try_from(shard.allocated_bytes()).unwrap());
    (shard.index.lines_read(), bytes / count)
}

#[test]
fn a_look_up_reads_little_more_than_a_line_whatever_clients_make_alike() {
    for mask in [
        u128::MAX,
        u128::MAX << 64,
        u128::MAX >> 64,
        u128::from(u64::MAX) << 32,
    ] {
        for blocks in [140, 150, 700] {
            let (lines, bytes) = under_load(blocks, ground(mask));
            assert!(
                lines < 1.15,
                "{lines:.2} lines after {blocks} blocks with mask {mask:x}"
            );
            assert!(
                bytes < 35.0,
                "{bytes:.1} bytes after {blocks} blocks with mask {mask:x}"
            );
        }
    }
}
