//! The locks of all accounts: one word each, by id.
//!
//! Memory grows by [`SEGMENT_IDS`] words at a time when a lock of a higher id is taken for the first time, and is kept: 8
//! bytes for each id up to the highest. A word never moves.

use std::sync::OnceLock;

use crate::sync::{AtomicU64, Ordering};

/// Ids whose words are allocated together.
const SEGMENT_IDS: usize = 1 << SEGMENT_BITS;
/// Segments: together 2^32 ids.
const SEGMENTS: usize = 1 << SEGMENTS_BITS;
#[cfg(not(all(test, feature = "loom")))]
const SEGMENT_BITS: u32 = 16;
#[cfg(not(all(test, feature = "loom")))]
const SEGMENTS_BITS: u32 = 32 - SEGMENT_BITS;
// The model checker follows every word that there is.
#[cfg(all(test, feature = "loom"))]
const SEGMENT_BITS: u32 = 1;
#[cfg(all(test, feature = "loom"))]
const SEGMENTS_BITS: u32 = 1;

type Segment = Box<[AtomicU64; SEGMENT_IDS]>;

/// Lock words by id.
pub(super) struct LockTable {
    segments: Box<[OnceLock<Segment>]>,
}

impl LockTable {
    pub(super) fn new() -> Self {
        Self {
            segments: std::iter::repeat_with(OnceLock::new).take(SEGMENTS).collect(),
        }
    }

    /// The word of this id.
    #[inline]
    pub(super) fn word(&self, id: u32) -> &AtomicU64 {
        let segment = &self.segments[id as usize >> SEGMENT_BITS];
        let segment = segment.get_or_init(segment_of_free_locks);
        &segment[id as usize % SEGMENT_IDS]
    }

    /// Reads the words of these ids, so that memory brings all of them near at once rather than one after the other when
    /// they are taken. The sum means nothing; a caller that drops it lets the compiler drop the reads.
    pub(super) fn touch(&self, ids: impl Iterator<Item = u32>) -> u64 {
        let words = ids.map(|id| self.word(id).load(Ordering::Relaxed));
        words.fold(0, u64::wrapping_add)
    }

    /// Whether nobody holds a lock or waits for one; looks at every word.
    pub(super) fn is_free(&self) -> bool {
        let segments = self.segments.iter().filter_map(OnceLock::get);
        let mut words = segments.flat_map(|segment| segment.iter());
        words.all(|word| word.load(Ordering::Acquire) == 0)
    }
}

#[cold]
fn segment_of_free_locks() -> Segment {
    let words: Vec<AtomicU64> = std::iter::repeat_with(|| AtomicU64::new(0))
        .take(SEGMENT_IDS)
        .collect();
    let words = words.into_boxed_slice().try_into();
    words.unwrap_or_else(|_| unreachable!("it has the length of a segment"))
}
