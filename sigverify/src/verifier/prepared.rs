//! Checks 1 to 5 of the rule for a chunk of items, and everything that the equations of the survivors need.
//!
//! Invariant: afterwards each item that failed one of these checks has the cause of the *first* one in its
//! verdict, and row `i` of every list belongs to the same survivor, `survivors[i]`.
//!
//! ```text
//!  items --(1) s < L--> distinct keys --cache--> missing keys --+
//!                                                               +--> one decode --(2..5)--> survivors
//!                            all commitments -------------------+                             |
//!                                                            hash, reduce --> challenges <----'
//! ```
//!
//! Keys and commitments are decoded in one call, so that its lanes are full. A commitment is decoded even if its key
//! turns out bad; that costs time for bad items only.

use super::coefficients::Secrets;
use super::keys::{Distinct, KeyCache, KeyHash};
use super::scalars::{is_canonical, reduce_digest};
use crate::kernels::{Backend, Decoding, Niels};
use crate::rule::split;
use crate::sha512::{Digest64, Input, hash_all};
use crate::{Cause, Item, Verdict};

/// A key of the chunk, entered once however often it occurs.
#[derive(Clone, Copy)]
struct Key {
    hash: u64,
    /// The first item that has it.
    item: u32,
    decoding: Decoding,
    /// Index of its encoding among those to decode; `None` when the cache had it.
    missing: Option<u32>,
}

/// The lists; their memory is kept from chunk to chunk.
#[derive(Default)]
pub(super) struct Prepared {
    distinct: Distinct,
    keys: Vec<Key>,
    encodings: Vec<[u8; 32]>,
    decodings: Vec<Decoding>,
    decoded: Vec<Niels>,
    digests: Vec<Digest64>,
    /// The items that passed, by their index in the chunk.
    pub(super) survivors: Vec<u32>,
    /// The number of each survivor's key among the distinct ones.
    pub(super) key_numbers: Vec<u32>,
    /// The distinct keys; one that is not a point is the neutral element and belongs to no survivor.
    pub(super) key_points: Vec<Niels>,
    /// The commitments `R`.
    pub(super) commitments: Vec<Niels>,
    /// The scalars `s`.
    pub(super) scalars: Vec<[u8; 32]>,
    /// The challenges `k`, below `L`.
    pub(super) challenges: Vec<[u8; 32]>,
    /// Keys that the cache had, in this chunk.
    pub(super) cache_hits: u64,
}

/// What outlives a chunk besides memory.
pub(super) struct Keys {
    hash: KeyHash,
    cache: KeyCache,
}

impl Keys {
    /// An empty cache of this capacity, with a fresh secret hash.
    pub(super) fn new(secrets: &mut Secrets, cache_capacity: usize) -> Self {
        Self {
            hash: KeyHash::new(secrets),
            cache: KeyCache::new(cache_capacity),
        }
    }
}

impl Prepared {
    /// Prepares a chunk, whose verdicts are all `Ok` before.
    pub(super) fn load(
        &mut self,
        backend: Backend,
        keys: &mut Keys,
        items: &[Item<'_>],
        verdicts: &mut [Verdict],
    ) {
        self.check_scalars(items, verdicts);
        self.number_keys(keys, items);
        self.decode(backend, keys, items);
        self.keep_survivors(items, verdicts);
        self.hash(backend, items);
    }

    /// Check 1.
    fn check_scalars(&mut self, items: &[Item<'_>], verdicts: &mut [Verdict]) {
        self.survivors.clear();
        for ((index, item), verdict) in (0..).zip(items).zip(verdicts) {
            if is_canonical(&split(item.signature).1) {
                self.survivors.push(index);
            } else {
                *verdict = Err(Cause::ScalarNotCanonical);
            }
        }
    }

    /// Gives equal keys the same number, and looks each one up in the cache.
    fn number_keys(&mut self, known: &Keys, items: &[Item<'_>]) {
        self.distinct.clear(self.survivors.len());
        self.keys.clear();
        self.key_numbers.clear();
        self.key_points.clear();
        self.encodings.clear();
        self.cache_hits = 0;
        let mut fresh = 0_u32;
        for survivor in &self.survivors {
            let key = item_at(items, *survivor).key;
            let hash = known.hash.hash(key);
            let of_number = |number: u32| item_at(items, self.keys[number as usize].item).key;
            let found = self
                .distinct
                .find_or_enter(hash, fresh, |number| of_number(number) == key);
            self.key_numbers.push(found.unwrap_or(fresh));
            if found.is_some() {
                continue;
            }
            fresh = fresh.saturating_add(1);
            let held = known.cache.find(hash, key);
            self.key_points.push(held.copied().unwrap_or_default());
            self.keys.push(Key {
                hash,
                item: *survivor,
                decoding: Decoding::Point,
                missing: held.is_none().then(|| count_u32(self.encodings.len())),
            });
            if held.is_none() {
                self.encodings.push(*key);
            } else {
                self.cache_hits = self.cache_hits.saturating_add(1);
            }
        }
    }

    /// Decodes the missing keys and all commitments, and enters good keys into the cache.
    fn decode(&mut self, backend: Backend, known: &mut Keys, items: &[Item<'_>]) {
        let missing_count = self.encodings.len();
        let commitments = self.survivors.iter();
        self.encodings
            .extend(commitments.map(|survivor| split(item_at(items, *survivor).signature).0));
        self.decoded.resize(self.encodings.len(), Niels::IDENTITY);
        self.decodings
            .resize(self.encodings.len(), Decoding::NotCanonical);
        backend.decode(&self.encodings, &mut self.decoded, &mut self.decodings);
        for (key, point) in self.keys.iter_mut().zip(&mut self.key_points) {
            let Some(missing) = key.missing else {
                continue;
            };
            key.decoding = self.decodings[missing as usize];
            if key.decoding == Decoding::Point {
                *point = self.decoded[missing as usize];
                known.cache.enter(key.hash, item_at(items, key.item).key, point);
            }
        }
        self.decodings.drain(..missing_count);
        self.commitments.clear();
        self.commitments.extend_from_slice(&self.decoded[missing_count..]);
    }

    /// Checks 2 to 5: moves what passes to the front of the lists and cuts off the rest.
    fn keep_survivors(&mut self, items: &[Item<'_>], verdicts: &mut [Verdict]) {
        self.scalars.clear();
        let mut kept = 0_usize;
        for at in 0..self.survivors.len() {
            let (survivor, number) = (self.survivors[at], self.key_numbers[at]);
            let key = self.keys[number as usize].decoding;
            match check_points(key, self.decodings[at]) {
                Ok(()) => {
                    self.survivors[kept] = survivor;
                    self.key_numbers[kept] = number;
                    if kept < at {
                        self.commitments[kept] = self.commitments[at];
                    }
                    self.scalars.push(split(item_at(items, survivor).signature).1);
                    kept = kept.saturating_add(1);
                }
                Err(cause) => verdicts[survivor as usize] = Err(cause),
            }
        }
        self.survivors.truncate(kept);
        self.key_numbers.truncate(kept);
        self.commitments.truncate(kept);
    }

    /// The challenges of the survivors.
    fn hash(&mut self, backend: Backend, items: &[Item<'_>]) {
        self.digests.resize(self.survivors.len(), [0; 64]);
        let survivors = &self.survivors;
        let input = |index: usize| {
            let item = item_at(items, survivors[index]);
            let ([commitment, _], _) = item.signature.as_chunks::<32>() else {
                unreachable!("64 bytes are two times 32");
            };
            Input {
                commitment,
                key: item.key,
                message: item.message,
            }
        };
        hash_all(backend, input, &mut self.digests);
        self.challenges.clear();
        self.challenges.extend(self.digests.iter().map(reduce_digest));
    }
}

/// Checks 2 to 5, in their order.
const fn check_points(key: Decoding, commitment: Decoding) -> Verdict {
    match (key, commitment) {
        (Decoding::NotCanonical, _) => Err(Cause::KeyEncoding),
        (Decoding::SmallOrder, _) => Err(Cause::KeySmallOrder),
        (Decoding::Point, Decoding::NotCanonical) => Err(Cause::CommitmentEncoding),
        (Decoding::Point, Decoding::SmallOrder) => Err(Cause::CommitmentSmallOrder),
        (Decoding::Point, Decoding::Point) => Ok(()),
    }
}

fn item_at<'items, 'bytes>(items: &'items [Item<'bytes>], index: u32) -> &'items Item<'bytes> {
    &items[index as usize]
}

fn count_u32(count: usize) -> u32 {
    u32::try_from(count).expect("a chunk has a few thousand items")
}
