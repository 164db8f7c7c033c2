//! Numbers of messages by place: a table of cache lines.
//!
//! ```text
//! place -> home line [ slot: tag 10 bits, number 22 | .. 15 slots .. | passed 32 ] -> next line, if passed [ .. ] ..
//! ```
//!
//! A number lies in the first line from its home onwards that had room. Each line counts the numbers that went by it and lie
//! behind, so a look-up ends at the first line that no number has passed: nearly always at the home, which can be asked for
//! ahead. A number is removed from its slot and from the counts, so nothing is left of what has gone.
//!
//! Invariant: `passed` of a line is the number of numbers whose home is this line or before it and whose line is behind it.
//!
//! Cost: at most 10 of 15 slots are used on average, and 8 after the table has been made: 6.4 to 8 bytes a number. With
//! that, a look-up reads 1.01 to 1.09 lines, whatever comes and goes (a test bounds it).

use super::placement::Place;

/// Slots of a line.
const LINE_LEN: usize = 15;
/// Numbers of a line on average, when the table is full and when it has been made.
const FULL: usize = 10;
const ROOMY: usize = 8;

/// Bits of a number; numbers wrap.
const NUMBER_BITS: u32 = 22;
/// The highest number, and the most that can be in an index.
pub(super) const NUMBER_MAX: u32 = (1 << NUMBER_BITS) - 1;

/// Of which every tag differs.
const EMPTY: u32 = 0;

/// Slots that memory moves together.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C, align(64))]
pub(super) struct Line {
    slots: [u32; LINE_LEN],
    passed: u32,
}

const _: () = assert!(size_of::<Line>() == 64, "a line of memory");

/// Numbers by place.
#[derive(Debug, Default)]
pub(super) struct Index {
    lines: Box<[Line]>,
}

impl Index {
    /// An index of numbers with their places, `len` of them, and room for some more.
    pub(super) fn new(len: usize, entries: impl Iterator<Item = (Place, u32)>) -> Self {
        let mut index = Self {
            lines: vec![Line::default(); (len / ROOMY).saturating_add(1)].into_boxed_slice(),
        };
        for (place, number) in entries {
            index.insert(place, number);
        }
        index
    }

    /// Numbers for which there is room.
    pub(super) const fn capacity(&self) -> usize {
        self.lines.len().saturating_mul(FULL)
    }

    /// The line that a look-up reads first.
    pub(super) fn home(&self, place: Place) -> Option<&Line> {
        self.lines.get(place.line(self.lines.len()))
    }

    /// The first number at a place that `is_it` holds for. It is asked about some at other places too.
    pub(super) fn find(&self, place: Place, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let tag = slot(place, 0);
        for line in self.path(place) {
            let mut found = line.mask(|slot| slot & !NUMBER_MAX == tag);
            while found != 0 {
                let number = line.slots[first(found)] & NUMBER_MAX;
                if is_it(number) {
                    return Some(number);
                }
                found &= found.wrapping_sub(1);
            }
        }
        None
    }

    /// Adds a number that is not in the index yet.
    pub(super) fn insert(&mut self, place: Place, number: u32) {
        for at in self.around(place) {
            let line = &mut self.lines[at];
            let free = line.mask(|slot| slot == EMPTY);
            if free != 0 {
                line.slots[first(free)] = slot(place, number);
                return;
            }
            line.passed = line.passed.saturating_add(1);
        }
        unreachable!("an index is never full")
    }

    /// Removes a number.
    pub(super) fn remove(&mut self, place: Place, number: u32) {
        for at in self.around(place) {
            let line = &mut self.lines[at];
            if line.replace(slot(place, number), EMPTY) {
                return;
            }
            line.passed = line.passed.checked_sub(1).expect("the index has the number");
        }
        unreachable!("the index has the number")
    }

    /// Puts a number into the slot of another one at the same place.
    pub(super) fn replace(&mut self, place: Place, old: u32, new: u32) {
        let (old, new) = (slot(place, old), slot(place, new));
        let is_found = self.around(place).any(|at| self.lines[at].replace(old, new));
        assert!(is_found, "the index has the number");
    }

    /// The lines where a number may be, from its home to the first that no number has passed.
    fn path(&self, place: Place) -> impl Iterator<Item = &Line> {
        let mut goes_on = true;
        self.around(place).map_while(move |at| {
            let line = &self.lines[at];
            std::mem::replace(&mut goes_on, line.passed > 0).then_some(line)
        })
    }

    /// All lines, from the home of a place onwards.
    fn around(&self, place: Place) -> impl Iterator<Item = usize> + use<> {
        let count = self.lines.len();
        let mut next = place.line(count);
        (0..count).map(move |_| {
            let at = next;
            next = next.wrapping_add(1);
            if next == count {
                next = 0;
            }
            at
        })
    }
}

impl Line {
    /// The slots that `is_it` holds for, as bits: without a branch for each, which no processor would foresee.
    fn mask(&self, is_it: impl Fn(u32) -> bool) -> u32 {
        let bits = (0_u32..)
            .zip(&self.slots)
            .map(|(at, slot)| u32::from(is_it(*slot)) << at);
        bits.fold(0, |mask, bit| mask | bit)
    }

    /// Exchanges what a slot holds, if there is one that holds `old`.
    fn replace(&mut self, old: u32, new: u32) -> bool {
        let found = self.mask(|slot| slot == old);
        if found != 0 {
            self.slots[first(found)] = new;
        }
        found != 0
    }
}

/// The lowest of the slots of a mask that has one.
const fn first(mask: u32) -> usize {
    mask.trailing_zeros() as usize
}

/// What a slot holds of a number: the tag, which tells it from 99 of 100 others in the line, and the number.
fn slot(place: Place, number: u32) -> u32 {
    place.tag() << NUMBER_BITS | number
}

#[cfg(test)]
impl Index {
    /// Checks that the index holds these numbers and no others, and what lines say of the numbers that passed them.
    pub(super) fn assert_holds(&self, entries: impl Iterator<Item = (Place, u32)>) {
        let mut passed = vec![0_u32; self.lines.len()];
        let mut slots = vec![Vec::new(); self.lines.len()];
        for (place, number) in entries {
            let is_its = |at: &usize| self.lines[*at].slots.contains(&slot(place, number));
            let mut before = Vec::new();
            let at = self.around(place).find(|at| {
                is_its(at) || {
                    before.push(*at);
                    false
                }
            });
            slots[at.expect("every number is in the index")].push(slot(place, number));
            before
                .into_iter()
                .for_each(|at| passed[at] = passed[at].saturating_add(1));
        }
        for ((line, passed), mut expected) in self.lines.iter().zip(passed).zip(slots) {
            let mut found: Vec<_> = line.slots.into_iter().filter(|slot| *slot != EMPTY).collect();
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!((line.passed, found), (passed, expected));
        }
    }

    /// Lines that a look-up of an absent message reads, on average over the lines where it may begin.
    pub(super) fn lines_read(&self) -> f64 {
        let count = self.lines.len();
        let reads = |home: usize| {
            let order = (home..count).chain(0..home);
            let passed = order.take_while(|at| self.lines[*at].passed > 0).count();
            passed.saturating_add(1)
        };
        let sum: usize = (0..count).map(reads).sum();
        #[allow(clippy::cast_precision_loss, reason = "both are small")]
        let average = sum as f64 / count as f64;
        average
    }

    pub(super) fn allocated_bytes(&self) -> usize {
        size_of_val(&*self.lines)
    }
}
