//! One thread that registers and completes transactions, with the window full from beginning to end.

use isobath_scheduler::{Local, Lock, Queues, Schedule, ScheduleLimits};

/// Most locks of a transaction, as in a block.
const LOCKS_MAX: u32 = 128;

/// A schedule and the queue of what can run.
pub(super) struct Pipeline {
    schedule: Schedule,
    queues: Queues,
}

impl Pipeline {
    pub(super) fn new(window: u32) -> Self {
        Self {
            schedule: Schedule::new(ScheduleLimits {
                window,
                transaction_locks: LOCKS_MAX,
            }),
            queues: Queues::new(1, window),
        }
    }

    /// Starts with the first transaction of a block.
    pub(super) fn run(&self) -> Run<'_> {
        Run {
            schedule: &self.schedule,
            local: self.queues.local(0),
            registered: 0,
            completed: 0,
        }
    }
}

/// A block under way.
pub(super) struct Run<'p> {
    schedule: &'p Schedule,
    local: Local<'p>,
    registered: u32,
    completed: u32,
}

impl Run<'_> {
    /// Registers a batch; completes what the window has no room for.
    pub(super) fn register<'l>(&mut self, batch: impl Iterator<Item = &'l [Lock]> + Clone) {
        let locks = batch.clone().flatten();
        self.schedule.touch(locks.map(|lock| lock.id));
        for locks in batch {
            while !self.schedule.has_room(self.registered) {
                self.complete_one();
            }
            if self.schedule.register(self.registered, locks.iter().copied()) {
                self.local.push(self.registered);
            }
            self.registered = self.registered.wrapping_add(1);
        }
    }

    /// Completes what is left. Fails unless every transaction has run.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        while self.complete_one() {}
        anyhow::ensure!(self.completed == self.registered, "transactions wait for ever");
        Ok(())
    }

    fn complete_one(&mut self) -> bool {
        let Some(position) = self.local.pop() else {
            return false;
        };
        let local = &mut self.local;
        self.schedule.complete(position, &mut |woken| local.push(woken));
        self.completed = self.completed.wrapping_add(1);
        true
    }
}
