//! What a block changed: the accounts that it wrote, compared with their images and sorted by key.
//!
//! ```text
//! ids that were written --ranges--> compare with the image --by the first bits of the key--> buckets --sort each--> delta
//!                          any thread                                                any thread
//! ```
//!
//! Invariant: the delta is a function of the accounts and their images, not of the threads: buckets follow each other in the
//! order of their keys, and no key is twice in the list of what was written.
//!
//! Who makes keys that begin alike gets them sorted by one thread, which costs what it costs without helpers.

use std::sync::{Mutex, PoisonError};

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::accounts::AccountId;
use isobath_sdk::chain::helpers::{Helpers, in_parts, in_ranges};

use crate::compared::Compared;
use crate::resident::Resident;
use crate::resident::arena::{Arena, ArenaImages};
use crate::views::Totals;

/// Accounts that are compared while memory brings the next one near.
const COMPARE_AHEAD: usize = 8;
/// Most buckets: as many as the first six bits of a key tell apart.
const BUCKETS_MAX: usize = 1 << 6;

/// An account that the block changed.
struct Changed {
    key: Pubkey,
    id: AccountId,
    /// `None` if it was closed.
    after: Option<Account>,
    /// Position of its image.
    image: u32,
}

/// What some of the changed accounts add to the totals.
#[derive(Clone, Copy, Default)]
struct Sums {
    added: u128,
    removed: u128,
    made: usize,
    closed: usize,
}

/// The accounts that a block changed.
pub(crate) struct Changes {
    /// By the first bits of their keys, each in several pieces.
    buckets: Vec<Vec<Vec<Changed>>>,
    sums: Sums,
}

/// The accounts that a block changed, by ascending key.
#[derive(Default)]
pub(crate) struct Sorted {
    /// `None` for one that was closed.
    pub(crate) accounts: Vec<(Pubkey, Option<Account>)>,
    /// Positions of their images.
    pub(crate) images: Vec<u32>,
    /// Those that were closed.
    pub(crate) closed: Vec<AccountId>,
}

impl Changes {
    /// Those of `written` whose bytes differ from the end of the parent, with `epoch` as their epoch. The block is that of the
    /// arena.
    pub(crate) fn find(
        block: (&Resident, &Arena),
        written: &[AccountId],
        epoch: Option<u64>,
        helpers: &dyn Helpers,
    ) -> Self {
        let bucket_count = match written.len() > helpers.range_len() {
            true => helpers.count().next_power_of_two().min(BUCKETS_MAX),
            false => 1,
        };
        let ranges = in_ranges(helpers, written.len(), |range| {
            Range::compare(block, &written[range], epoch, bucket_count)
        });
        let mut buckets: Vec<Vec<Vec<Changed>>> =
            std::iter::repeat_with(Vec::new).take(bucket_count).collect();
        let mut sums = Sums::default();
        for range in ranges {
            sums.add(&range.sums);
            let pieces = buckets.iter_mut().zip(range.buckets);
            pieces.for_each(|(bucket, piece)| bucket.push(piece));
        }
        Self { buckets, sums }
    }

    /// The planted defect: the accounts are read when the next block has begun and has changed one of them.
    #[cfg(feature = "planted-bugs")]
    pub(crate) fn find_in_next(
        (resident, arena): (&Resident, &Arena),
        written: &[AccountId],
        helpers: &dyn Helpers,
    ) -> Self {
        let next = Arena::default().reuse(arena.slot().saturating_add(1));
        if let Some(id) = written.first() {
            let mut account = resident.look(*id, Account::clone);
            account.lamports = account.lamports.saturating_add(1);
            resident.store(next.lane(0), *id, account);
        }
        let changes = Self::find((resident, arena), written, None, helpers);
        written
            .first()
            .into_iter()
            .for_each(|id| resident.restore(&next, *id));
        changes
    }

    /// Number and lamports of all accounts after the block, of which there were so many before.
    pub(crate) fn totals_after(&self, before: Totals) -> (usize, u128) {
        let Sums {
            added,
            removed,
            made,
            closed,
        } = self.sums;
        // Every lamport of an account is part of the capitalization, so the difference cannot go below zero; 2^32
        // accounts of 2^64 fit the sum.
        let sum = u128::from(before.capitalization)
            .saturating_add(added)
            .saturating_sub(removed);
        (before.count.saturating_add(made).saturating_sub(closed), sum)
    }

    /// The changed accounts by ascending key.
    pub(crate) fn sort(self, helpers: &dyn Helpers) -> Sorted {
        let buckets: Vec<_> = self.buckets.into_iter().map(Mutex::new).collect();
        let sorted = in_parts(helpers, buckets.len(), |bucket| {
            let mut pieces = buckets[bucket].lock().unwrap_or_else(PoisonError::into_inner);
            Sorted::of(std::mem::take(&mut *pieces))
        });
        let mut sorted = sorted.into_iter();
        let mut all = sorted.next().unwrap_or_default();
        for more in sorted {
            all.accounts.extend(more.accounts);
            all.images.extend(more.images);
            all.closed.extend(more.closed);
        }
        all
    }
}

/// What one thread found changed in a range.
struct Range {
    buckets: Vec<Vec<Changed>>,
    sums: Sums,
}

impl Range {
    fn compare(
        (resident, arena): (&Resident, &Arena),
        written: &[AccountId],
        epoch: Option<u64>,
        bucket_count: usize,
    ) -> Self {
        let share = written.len().div_ceil(bucket_count);
        let room = share.saturating_add(share / 4).min(written.len());
        let buckets = std::iter::repeat_with(|| Vec::with_capacity(room));
        let mut range = Self {
            buckets: buckets.take(bucket_count).collect(),
            sums: Sums::default(),
        };
        let images = arena.read();
        for (at, id) in written.iter().enumerate() {
            if let Some(later) = written.get(at.saturating_add(COMPARE_AHEAD)) {
                resident.prefetch_cell(*later);
            }
            if let Some(changed) = changed_account((resident, arena, &images), *id, epoch, &mut range.sums) {
                range.buckets[bucket_of(&changed.key, bucket_count)].push(changed);
            }
        }
        range
    }
}

/// Compares an account with its image; only this block changes either. Data are compared without the latch.
fn changed_account(
    (resident, arena, images): (&Resident, &Arena, &ArenaImages<'_>),
    id: AccountId,
    epoch: Option<u64>,
    sums: &mut Sums,
) -> Option<Changed> {
    let (image, compared) = resident.with_cell(id, |cell| {
        let before = &images.get(cell.link.image).account;
        (
            cell.link.image,
            Compared::by_header(before, &mut cell.account, epoch),
        )
    });
    let compared = match compared {
        Compared::ByData { before, mut account } => {
            let compared = Compared::by_data(&before, &mut account, epoch);
            resident.with_cell(id, |cell| {
                cell.account.last_change_epoch = account.last_change_epoch;
            });
            compared
        }
        compared => compared,
    };
    let Compared::Differs {
        after,
        lamports_before,
        is_leaving,
    } = compared
    else {
        return None;
    };
    if is_leaving {
        arena.count_leaving();
    }
    sums.count(
        lamports_before,
        after.as_ref().map_or(0, |account| account.lamports),
    );
    Some(Changed {
        key: resident.key(id),
        id,
        after,
        image,
    })
}

impl Sums {
    fn count(&mut self, before: u64, after: u64) {
        self.added = self.added.saturating_add(after.into());
        self.removed = self.removed.saturating_add(before.into());
        match (before, after) {
            (0, _) => self.made = self.made.saturating_add(1),
            (_, 0) => self.closed = self.closed.saturating_add(1),
            _ => {}
        }
    }

    const fn add(&mut self, other: &Self) {
        self.added = self.added.saturating_add(other.added);
        self.removed = self.removed.saturating_add(other.removed);
        self.made = self.made.saturating_add(other.made);
        self.closed = self.closed.saturating_add(other.closed);
    }
}

impl Sorted {
    fn of(mut pieces: Vec<Vec<Changed>>) -> Self {
        let order = order_of(&pieces);
        let mut sorted = Self {
            accounts: Vec::with_capacity(order.len()),
            images: Vec::with_capacity(order.len()),
            closed: Vec::new(),
        };
        for (_, piece, at) in order {
            let changed = &mut pieces[piece as usize][at as usize];
            let after = changed.after.take();
            sorted.closed.extend(after.is_none().then_some(changed.id));
            sorted.images.push(changed.image);
            sorted.accounts.push((changed.key, after));
        }
        sorted
    }
}

/// The order of changed accounts by key: the first bytes of the key, the piece, and the position there.
fn order_of(pieces: &[Vec<Changed>]) -> Vec<(u64, u32, u32)> {
    let mut order = Vec::with_capacity(pieces.iter().map(Vec::len).sum());
    for (piece, changed) in (0..).zip(pieces) {
        order.extend(
            (0..)
                .zip(changed)
                .map(|(at, changed)| (first_bytes(&changed.key), piece, at)),
        );
    }
    // Keys with the same first bytes are rare, unless someone looks for them.
    let key = |piece: u32, at: u32| &pieces[piece as usize][at as usize].key;
    order.sort_unstable_by(|one, other| {
        let keys = || key(one.1, one.2).cmp(key(other.1, other.2));
        one.0.cmp(&other.0).then_with(keys)
    });
    order
}

/// The first eight bytes of a key as a number that orders like them.
const fn first_bytes(key: &Pubkey) -> u64 {
    let bytes = key.0.first_chunk().expect("a key has 32 bytes");
    u64::from_be_bytes(*bytes)
}

/// The bucket of a key among 2^n, of which there are at most [`BUCKETS_MAX`].
fn bucket_of(key: &Pubkey, bucket_count: usize) -> usize {
    let [first, ..] = key.0;
    usize::from(first).saturating_mul(bucket_count) >> u8::BITS
}
