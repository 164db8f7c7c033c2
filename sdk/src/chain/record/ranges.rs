//! Which bytes of an account's data changed, and the data with these changes.
//!
//! Data is compared as if zeros followed it: bytes that an account gains are recorded where they are not zero. So a new
//! account of ten megabytes of zeros takes a few bytes, and there is one rule for data that grows, shrinks or is new.
//!
//! Invariant: the ranges are a function of the two contents alone. Each begins and ends with a byte that differs, and
//! between two of them lie at least [`RANGE_GAP_MIN`] bytes that do not. Parts that are the same in memory, or whose hashes
//! are known, are skipped ([`AccountData`]); that changes the cost and never the ranges.

use std::ops::Range;

use borsh::{BorshDeserialize, BorshSerialize};

use super::error::RecordError;
use crate::chain::account::AccountData;
use crate::pubkey::Pubkey;

/// Ranges of changed bytes with fewer unchanged bytes between them are recorded as one. A range costs 8 bytes beside its
/// contents, and a copy when it is applied.
pub const RANGE_GAP_MIN: usize = 32;

/// Maximum length of the data that recorded changes give an account: that of the rules. It bounds the memory that a few
/// bytes of a damaged record can take.
pub const RECORDED_DATA_LEN_MAX: usize = 10 << 20;

/// Bytes compared at a time.
const COMPARED_LEN: usize = 64;

/// Changed bytes next to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ByteRange {
    /// Where they begin in the data.
    pub offset: u32,
    /// How many they are.
    pub len: u32,
}

/// The changed bytes of an account's data.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DataChange {
    /// Length of the data after the block.
    pub data_len: u32,
    /// What changed, ascending.
    pub ranges: Vec<ByteRange>,
    /// The bytes of all ranges after the block, one after the other.
    pub bytes: Vec<u8>,
}

impl DataChange {
    /// What changed from `before` to `after`; `None` if that takes more than `max_len` bytes to record, or `after` is
    /// longer than the data of any account.
    ///
    /// Costs a comparison of the parts that are not known to be equal, and a copy of what changed.
    #[must_use]
    pub fn between(before: &AccountData, after: &AccountData, max_len: usize) -> Option<Self> {
        let data_len = u32::try_from(after.len()).ok()?;
        if after.len() > RECORDED_DATA_LEN_MAX {
            return None;
        }
        let ranges = changed_ranges(before, after);
        let changed_len = ranges
            .iter()
            .fold(0_usize, |sum, range| sum.saturating_add(range.len()));
        let len = ranges.len().saturating_mul(size_of::<ByteRange>());
        if Self::EMPTY_LEN.saturating_add(len).saturating_add(changed_len) > max_len {
            return None;
        }
        let mut bytes = Vec::with_capacity(changed_len);
        for range in &ranges {
            bytes.extend_from_slice(after.get(range.clone())?);
        }
        let ranges = ranges.into_iter().map(|range| ByteRange::of(&range));
        Some(Self {
            data_len,
            ranges: ranges.collect::<Option<_>>()?,
            bytes,
        })
    }

    /// Recorded length without ranges: the length of the data, and that of both lists.
    const EMPTY_LEN: usize = 12;

    /// The data of account `key` after the change, which shares what is before if nothing differs.
    ///
    /// Allocates at most [`RECORDED_DATA_LEN_MAX`] bytes, however few bytes a damaged change has.
    ///
    /// # Errors
    /// If the change is not within the data, or not in order.
    pub fn apply(&self, key: &Pubkey, before: &AccountData) -> Result<AccountData, RecordError> {
        self.check(key)?;
        let mut after = before.clone();
        after.resize(to_usize(self.data_len));
        let mut bytes = self.bytes.as_slice();
        for range in &self.ranges {
            let (changed, rest) = bytes.split_at(to_usize(range.len));
            let place = after.range_mut(range.start()..range.end());
            place
                .expect("the ranges were checked to lie within the data")
                .copy_from_slice(changed);
            bytes = rest;
        }
        Ok(after)
    }

    /// Checks everything that does not depend on the data before.
    fn check(&self, key: &Pubkey) -> Result<(), RecordError> {
        let (key, data_len) = (*key, self.data_len);
        if to_usize(data_len) > RECORDED_DATA_LEN_MAX {
            let (len, max) = (data_len, RECORDED_DATA_LEN_MAX);
            return Err(RecordError::DataLen { key, len, max });
        }
        let (mut end, mut ranges_len) = (0, 0_u64);
        for range in &self.ranges {
            let offset = range.offset;
            if range.start() < end {
                return Err(RecordError::RangesUnsorted { key, offset });
            }
            end = range.end();
            if end > to_usize(data_len) {
                return Err(RecordError::RangeOutOfBounds {
                    key,
                    offset,
                    data_len,
                });
            }
            ranges_len = ranges_len.saturating_add(range.len.into());
        }
        let bytes_len = self.bytes.len();
        if u64::try_from(bytes_len) == Ok(ranges_len) {
            Ok(())
        } else {
            Err(RecordError::RangesLen {
                key,
                bytes_len,
                ranges_len,
            })
        }
    }
}

impl ByteRange {
    fn of(range: &Range<usize>) -> Option<Self> {
        Some(Self {
            offset: u32::try_from(range.start).ok()?,
            len: u32::try_from(range.len()).ok()?,
        })
    }

    fn start(self) -> usize {
        to_usize(self.offset)
    }

    fn end(self) -> usize {
        self.start().saturating_add(to_usize(self.len))
    }
}

fn to_usize(number: u32) -> usize {
    usize::try_from(number).expect("memory is addressed with at least 32 bits")
}

/// The ranges of `after` that differ from `before`, followed by zeros.
fn changed_ranges(before: &AccountData, after: &AccountData) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for part in after.unproven(before) {
        compare(
            &before[part.clone()],
            &after[part.clone()],
            part.start,
            &mut ranges,
        );
    }
    let both = before.len().min(after.len());
    let mut offset = both;
    for gained in after[both..].chunks(COMPARED_LEN) {
        compare(&[0; COMPARED_LEN][..gained.len()], gained, offset, &mut ranges);
        offset = offset.saturating_add(gained.len());
    }
    ranges
}

/// Adds to `ranges` where the two, of one length and at `offset` of the data, differ.
fn compare(before: &[u8], after: &[u8], offset: usize, ranges: &mut Vec<Range<usize>>) {
    let mut start = offset;
    for (before, after) in before.chunks(COMPARED_LEN).zip(after.chunks(COMPARED_LEN)) {
        if before != after {
            let differs = before.iter().zip(after).map(|(before, after)| before != after);
            for (at, _) in (start..).zip(differs).filter(|(_, differs)| *differs) {
                add(at, ranges);
            }
        }
        start = start.saturating_add(COMPARED_LEN);
    }
}

/// Adds the byte at `at`, which lies after all others.
fn add(at: usize, ranges: &mut Vec<Range<usize>>) {
    let end = at.saturating_add(1);
    match ranges.last_mut() {
        Some(last) if at.saturating_sub(last.end) < RANGE_GAP_MIN => last.end = end,
        _ => ranges.push(at..end),
    }
}
