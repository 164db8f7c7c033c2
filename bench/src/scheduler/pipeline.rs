//! One thread that registers and completes transactions, with the window full from beginning to end.

use isobath_scheduler::{Local, Lock, Queues, Rank, Ranked, Schedule, ScheduleLimits};

/// Most locks of a transaction, as in a block.
const LOCKS_MAX: u32 = 128;
/// What each declares: a transfer.
const UNITS: u32 = 450;

/// A schedule and the queues of what can run.
pub(super) struct Pipeline {
    schedule: Schedule,
    queues: Queues,
    ranked: Ranked,
}

impl Pipeline {
    pub(super) fn new(window: u32) -> Self {
        Self {
            schedule: Schedule::new(ScheduleLimits {
                window,
                transaction_locks: LOCKS_MAX,
            }),
            queues: Queues::new(1, window),
            ranked: Ranked::new(window),
        }
    }

    /// Starts with the first transaction of a block.
    pub(super) fn run(&self) -> Run<'_> {
        Run {
            pipeline: self,
            local: self.queues.local(0),
            registered: 0,
            completed: 0,
        }
    }

    /// Where a worker puts what can run.
    fn put(&self, local: &mut Local<'_>, position: u32) {
        let rank = Rank::of(self.schedule.tail(position));
        match rank.is_short() {
            true => local.push(position),
            false => self.ranked.push(rank, position),
        }
    }
}

/// A block under way.
pub(super) struct Run<'p> {
    pipeline: &'p Pipeline,
    local: Local<'p>,
    registered: u32,
    completed: u32,
}

impl Run<'_> {
    /// Registers a batch; completes what the window has no room for.
    pub(super) fn register<'l>(&mut self, batch: impl Iterator<Item = &'l [Lock]> + Clone) {
        let schedule = &self.pipeline.schedule;
        let locks = batch.clone().flatten();
        schedule.touch(locks.map(|lock| lock.id));
        for locks in batch {
            while !schedule.has_room(self.registered) {
                self.complete_one();
            }
            if schedule.register(self.registered, UNITS, locks.iter().copied()) {
                self.pipeline.put(&mut self.local, self.registered);
            }
            self.registered = self.registered.wrapping_add(1);
        }
        if schedule.find_tails(self.registered, false) {
            let rank = |position| Rank::of(schedule.tail(position));
            self.pipeline.ranked.rank_again(rank);
        }
    }

    /// Completes what is left. Fails unless every transaction has run.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        while self.complete_one() {}
        anyhow::ensure!(self.completed == self.registered, "transactions wait for ever");
        Ok(())
    }

    fn complete_one(&mut self) -> bool {
        let next = self.local.pop().or_else(|| self.pipeline.ranked.pop());
        let Some(position) = next else {
            return false;
        };
        let (pipeline, local) = (self.pipeline, &mut self.local);
        pipeline
            .schedule
            .complete(position, &mut |woken| pipeline.put(local, woken));
        self.completed = self.completed.wrapping_add(1);
        true
    }
}
