//! Where a transaction goes that can run: the queue of the thread that found out, if it is short, else the list.

use crate::idle::Idle;
use crate::intake::OnRegister;
use crate::locks::{LockWait, OnComplete, Schedule};
use crate::queues::Local;
use crate::ranked::{Rank, Ranked};

use super::lane::Lane;

/// Puts a transaction that can run where threads look for it.
pub(super) fn put(ranked: &Ranked, local: &mut Local<'_>, rank: Rank, position: u32) {
    match rank.is_short() {
        true => local.push(position),
        false => ranked.push(rank, position),
    }
}

/// The rank of a transaction of the window.
pub(super) fn rank_of(schedule: &Schedule, position: u32) -> Rank {
    Rank::of(schedule.tail(position))
}

/// What a thread does with what a completion brings about.
pub(super) struct Completion<'c, 'w, L> {
    pub(super) lane: &'c mut L,
    pub(super) schedule: &'w Schedule,
    pub(super) ranked: &'w Ranked,
    pub(super) local: &'c mut Local<'w>,
    /// What the thread executes next: the longest.
    pub(super) next: Option<(Rank, u32)>,
    /// Whether more can run.
    pub(super) has_more: bool,
}

impl<L: Lane> OnComplete for Completion<'_, '_, L> {
    fn woken(&mut self, position: u32) {
        let woken = (rank_of(self.schedule, position), position);
        let other = match self.next {
            None => {
                self.next = Some(woken);
                return;
            }
            Some(next) if next.0 < woken.0 => {
                self.next = Some(woken);
                next
            }
            Some(_) => woken,
        };
        put(self.ranked, self.local, other.0, other.1);
        self.has_more = true;
    }

    fn granted(&mut self, wait: LockWait) {
        self.lane.waited(wait);
    }
}

/// What a thread does with what registering brings about.
pub(super) struct Registration<'r, 'w> {
    pub(super) schedule: &'w Schedule,
    pub(super) ranked: &'w Ranked,
    pub(super) idle: &'w Idle,
    pub(super) local: &'r mut Local<'w>,
    pub(super) runnable: u32,
}

impl OnRegister for Registration<'_, '_> {
    fn runnable(&mut self, position: u32) {
        put(
            self.ranked,
            self.local,
            rank_of(self.schedule, position),
            position,
        );
        self.runnable = self.runnable.wrapping_add(1);
        // The first is for this thread. The thread that takes the second lets another one look for the third.
        if self.runnable == 2 {
            self.idle.notify(1);
        }
    }

    fn registered(&mut self, end: u32, is_last: bool) {
        if self.schedule.find_tails(end, is_last) && !self.ranked.is_empty() {
            self.ranked
                .rank_again(|position| rank_of(self.schedule, position));
            // To a thread that looked meanwhile a level may have seemed empty.
            self.idle.notify(1);
        }
    }
}
