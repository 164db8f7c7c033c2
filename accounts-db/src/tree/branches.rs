//! Hashes branches of many pages side by side.
//!
//! A branch depends on branches at higher bits alone. So all that are at one bit, of any page, can be hashed at once, from
//! the highest bit to the lowest, and share the key of the hash besides.
//!
//! ```text
//!  leaves of pages   a b c | d e | f          bits between them:  a 21 b 19 c | d 23 e
//!  bit 23                    d.                a dot: the slot now holds the hash of a branch
//!  bit 21            a.
//!  bit 19            a.                        a. is the top of the first page, d. and f of the others
//! ```
//!
//! A branch is held where its leftmost leaf was, so a page takes no memory for its branches.

use isobath_sdk::chain::state_tree::{HASH_GROUP, PATH_BITS, hash_branches};

use super::page::Entry;

/// A hash without its type, as many are hashed side by side.
pub(super) type Digest = [u8; 32];

/// Branches that wait to be hashed, and the memory for it, to use again.
#[derive(Debug)]
pub(super) struct Branches {
    /// Leaves of the pages; then branches, each at its leftmost leaf.
    slots: Vec<Digest>,
    /// For each bit the slots of the children of its branches.
    by_bit: Vec<Vec<(u32, u32)>>,
    /// Branches of the page that are not closed yet: the slot of the left child, and the bit.
    open: Vec<(u32, u8)>,
    inputs: Vec<[u8; 64]>,
    /// Branches hashed so far.
    pub(super) hashed: u64,
}

impl Default for Branches {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            by_bit: vec![Vec::new(); PATH_BITS],
            open: Vec::new(),
            inputs: vec![[0; 64]; HASH_GROUP],
            hashed: 0,
        }
    }
}

impl Branches {
    /// Forgets the pages.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }

    /// Adds a page that is not empty; the slot where its top will be.
    pub(super) fn add(&mut self, page: &[Entry]) -> usize {
        let first = self.slots.len();
        self.slots.extend(page.iter().map(|entry| entry.leaf.0));
        let mut slots = u32::try_from(first).expect("pages in memory have fewer than 2^32 leaves")..;
        let mut left = slots.next().expect("the range has no end");
        for (pair, slot) in page.windows(2).zip(slots) {
            let bit = pair[0].place.first_difference(&pair[1].place);
            left = self.close(left, Some(bit));
            self.open.push((left, bit));
            left = slot;
        }
        self.close(left, None);
        first
    }

    /// Closes the open branches at higher bits than `bit`, whose right child ends before it; the slot of the last one.
    fn close(&mut self, mut right: u32, bit: Option<u8>) -> u32 {
        while let Some((left, open)) = self.open.pop_if(|(_, open)| bit.is_none_or(|bit| *open > bit)) {
            self.by_bit[usize::from(open)].push((left, right));
            right = left;
        }
        right
    }

    /// Hashes all branches.
    pub(super) fn hash(&mut self) {
        let mut hashes = [Digest::default(); HASH_GROUP];
        for (bit, branches) in (0..=u8::MAX).zip(&mut self.by_bit).rev() {
            for group in branches.chunks(HASH_GROUP) {
                for (input, (left, right)) in self.inputs.iter_mut().zip(group) {
                    input[..32].copy_from_slice(&self.slots[*left as usize]);
                    input[32..].copy_from_slice(&self.slots[*right as usize]);
                }
                hash_group(bit, &self.inputs[..group.len()], &mut hashes);
                for ((left, _), hash) in group.iter().zip(&hashes) {
                    self.slots[*left as usize] = *hash;
                }
            }
            self.hashed = self.hashed.saturating_add(branches.len() as u64);
            branches.clear();
        }
    }

    /// The top of the page at `slot`.
    pub(super) fn top(&self, slot: usize) -> &Digest {
        &self.slots[slot]
    }
}

/// Hashes at most [`HASH_GROUP`] pairs of children.
fn hash_group(bit: u8, inputs: &[[u8; 64]], hashes: &mut [Digest; HASH_GROUP]) {
    let mut children = [&[0; 64]; HASH_GROUP];
    for (child, input) in children.iter_mut().zip(inputs) {
        *child = input;
    }
    let count = inputs.len();
    hash_branches(bit, &children[..count], &mut hashes[..count]);
}
