//! One thread at work on a block.

use super::lane::{Lane, Work};
use super::ready::{Completion, Registration, put, rank_of};
use super::shared::Workers;
use crate::queues::Local;
use crate::ranked::Rank;
use crate::sync::{AtomicU32, Ordering};

impl Workers {
    /// Works on the block until it is finished. `index` is that of the thread; no two work under one.
    ///
    /// # Panics
    /// If another thread works under `index`, and if another thread panics that works on the block.
    pub fn run(&self, index: usize, lane: &mut impl Lane) -> Work {
        self.worker(index, lane).run()
    }

    /// A thread's part in the block, step by step: for callers to whom executing is something else than a call.
    ///
    /// # Panics
    /// If another thread works under `index`.
    pub fn worker<'w, L: Lane>(&'w self, index: usize, lane: &'w mut L) -> Worker<'w, L> {
        Worker::new(self, index, lane)
    }
}

/// Looks for something to do before a thread waits, a few microseconds in all: as long as others take to resolve a batch.
const LOOKS: u32 = 32;
/// Hints to the processor between two looks.
const PAUSES: u32 = 8;
/// Short transactions in a row, after which a thread looks into the list.
const SHORT_RUN: u32 = 16;

/// A thread at work.
#[derive(Debug)]
pub struct Worker<'w, L> {
    workers: &'w Workers,
    lane: &'w mut L,
    local: Local<'w>,
    completed: &'w AtomicU32,
    work: Work,
    /// Short transactions since it last looked into the list.
    short_run: u32,
    /// Whether it counts as waiting.
    is_resting: bool,
}

impl<'w, L: Lane> Worker<'w, L> {
    pub(super) fn new(workers: &'w Workers, index: usize, lane: &'w mut L) -> Self {
        Self {
            workers,
            lane,
            local: workers.queues.local(index),
            completed: &workers.completed[index],
            work: Work::default(),
            short_run: 0,
            is_resting: false,
        }
    }

    /// Executes until the block is finished.
    pub(super) fn run(mut self) -> Work {
        while let Some(position) = self.find_or_wait() {
            self.execute(position);
        }
        self.work
    }

    /// Looks for a transaction to execute. A thread that finds none counts as waiting until it finds one: others look
    /// ahead for it.
    pub fn look(&mut self) -> Option<u32> {
        let found = self.find();
        match (found.is_some(), self.is_resting) {
            (false, false) => self.workers.idle.prepare(),
            (true, true) => self.workers.idle.cancel(),
            _ => {}
        }
        self.is_resting = found.is_none();
        found
    }

    /// Says that a transaction that was found has been executed. Returns the one to execute next, if that made any
    /// runnable.
    pub fn end(&mut self, position: u32) -> Option<u32> {
        let next = self.complete(position);
        if self.workers.idle.is_waited() {
            self.fill_window();
            let has_more = !self.local.is_empty() || !self.workers.ranked.is_empty();
            self.share(next.is_some() && has_more);
        }
        next.map(|next| self.or_better(next))
    }

    /// The next transaction to execute; none if the block is finished.
    fn find_or_wait(&mut self) -> Option<u32> {
        loop {
            for _ in 0..LOOKS {
                if let Some(position) = self.find() {
                    return Some(position);
                }
                if self.is_finished() {
                    return None;
                }
                for _ in 0..PAUSES {
                    std::hint::spin_loop();
                }
            }
            self.workers.idle.prepare();
            self.register();
            let found = self.find();
            if found.is_some() || self.is_finished() {
                self.workers.idle.cancel();
                return found;
            }
            self.work.waits = self.work.waits.wrapping_add(1);
            self.workers.idle.wait();
        }
    }

    fn find(&mut self) -> Option<u32> {
        if let Some(position) = self.next_short().or_else(|| self.next_ranked()) {
            return Some(position);
        }
        self.fill_window();
        if let Some(position) = self.next_runnable() {
            return Some(position);
        }
        while self.pull() {
            self.fill_window();
            if let Some(position) = self.next_runnable() {
                return Some(position);
            }
        }
        let stolen = self.local.steal()?;
        self.work.steals = self.work.steals.wrapping_add(1);
        self.share(!self.local.is_empty());
        Some(stolen)
    }

    /// The next of its own queue, unless it is time to look into the list.
    fn next_short(&mut self) -> Option<u32> {
        if self.short_run >= SHORT_RUN {
            return None;
        }
        self.short_run = self.short_run.wrapping_add(1);
        self.local.pop()
    }

    /// The best of the list, after a look ahead.
    fn next_ranked(&mut self) -> Option<u32> {
        self.short_run = 0;
        if self.workers.ranked.is_empty() {
            return None;
        }
        self.look_ahead();
        self.list_short();
        let best = self.workers.ranked.pop();
        self.share_listed();
        best
    }

    /// Registers a batch more, so that ranks are those among many.
    fn look_ahead(&mut self) {
        if !self.fill_window() && self.pull() {
            self.fill_window();
        }
    }

    fn next_runnable(&mut self) -> Option<u32> {
        self.local.pop().or_else(|| self.workers.ranked.pop())
    }

    /// This transaction, which can run now, or one that should run before it.
    fn or_better(&mut self, next: u32) -> u32 {
        let rank = rank_of(&self.workers.schedule, next);
        if rank.is_short() && self.short_run < SHORT_RUN {
            self.short_run = self.short_run.wrapping_add(1);
            return next;
        }
        let Some(better) = self.better(rank) else {
            return next;
        };
        put(&self.workers.ranked, &mut self.local, rank, next);
        self.workers.idle.notify(1);
        better
    }

    /// What of the list should run before a transaction of this rank.
    fn better(&mut self, rank: Rank) -> Option<u32> {
        self.short_run = 0;
        if !rank.is_short() {
            self.look_ahead();
            self.list_short();
        }
        let better = self.workers.ranked.pop_above(rank);
        self.share_listed();
        better
    }

    /// Puts what is in its queue into the list, before it runs something long: nobody would take it for that time, and one
    /// that is short may be the head of a long chain.
    fn list_short(&mut self) {
        let workers = self.workers;
        while let Some(position) = self.local.pop() {
            let rank = rank_of(&workers.schedule, position);
            workers.ranked.push(rank.max(Rank::LOWEST_LISTED), position);
        }
    }

    /// Asks for more transactions, or lets the thread do it that is about it.
    fn pull(&mut self) -> bool {
        let mut has_pulled = false;
        self.workers.pulling.ask(|| {
            // Those who ask meanwhile are told of what was announced.
            if !has_pulled {
                has_pulled = self.lane.pull();
            }
        });
        has_pulled
    }

    /// Resolves a batch, if there is one, and registers what can be registered; returns whether there was any.
    fn fill_window(&mut self) -> bool {
        let workers = self.workers;
        if let Some(claim) = workers.intake.claim() {
            workers.intake.resolve(claim, |positions, resolved| {
                self.lane.resolve(positions, resolved)
            });
        } else if !workers.intake.can_register(&workers.schedule) {
            return false;
        }
        self.register();
        true
    }

    fn register(&mut self) {
        let workers = self.workers;
        let mut registration = Registration {
            schedule: &workers.schedule,
            ranked: &workers.ranked,
            idle: &workers.idle,
            local: &mut self.local,
            runnable: 0,
        };
        workers.intake.register(&workers.schedule, &mut registration);
    }

    /// Lets one thread that waits look at this thread's queue and the list; it lets the next one look.
    fn share(&self, has_more: bool) {
        if has_more {
            self.workers.idle.notify(1);
        }
    }

    /// Lets one thread that waits look at the list, if there is anything in it.
    fn share_listed(&self) {
        self.share(!self.workers.ranked.is_empty());
    }

    /// Executes a transaction, then what that makes runnable, one after the other.
    fn execute(&mut self, position: u32) {
        let mut next = Some(position);
        while let Some(position) = next {
            self.lane.execute(position);
            next = self.end(position);
        }
    }

    /// Completes a transaction; returns one that this makes runnable.
    fn complete(&mut self, position: u32) -> Option<u32> {
        let workers = self.workers;
        let mut completion = Completion {
            lane: &mut *self.lane,
            schedule: &workers.schedule,
            ranked: &workers.ranked,
            local: &mut self.local,
            next: None,
            has_more: false,
        };
        workers.schedule.complete(position, &mut completion);
        let Completion { next, has_more, .. } = completion;
        self.work.executed = self.work.executed.wrapping_add(1);
        let completed = self.completed.load(Ordering::Relaxed).wrapping_add(1);
        self.completed.store(completed, Ordering::Release);
        self.share(has_more);
        next.map(|(_, position)| position)
    }

    /// Whether the block is finished. The first thread to see it tells all others.
    fn is_finished(&mut self) -> bool {
        let is_abandoned = self.workers.is_abandoned.load(Ordering::Acquire);
        assert!(!is_abandoned, "a thread has panicked that worked on the block");
        if self.workers.is_finished.load(Ordering::Acquire) {
            return true;
        }
        if !self.workers.all_completed() {
            return false;
        }
        if !self.workers.is_finished.swap(true, Ordering::AcqRel) {
            self.work.is_last = true;
            self.workers.idle.notify(u32::MAX);
        }
        true
    }
}

impl<L> Drop for Worker<'_, L> {
    /// Nobody waits for what a thread cannot do any more.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.workers.is_abandoned.store(true, Ordering::Release);
            self.workers.idle.notify(u32::MAX);
        } else if self.is_resting {
            self.workers.idle.cancel();
        }
    }
}
