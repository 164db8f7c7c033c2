//! Every interleaving of threads that wait and one that has work, by the model checker, which also finds threads that wait
//! for ever.

use std::sync::Arc;

use loom::thread;

use super::*;

#[derive(Default)]
struct Shared {
    idle: Idle,
    work: AtomicU32,
}

impl Shared {
    /// Takes one piece of work, if there is one.
    fn take(&self) -> bool {
        let taken = self
            .work
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |work| work.checked_sub(1));
        taken.is_ok()
    }

    /// Waits until it has got a piece of work.
    fn wait(&self) {
        while !self.take() {
            self.idle.prepare();
            if self.take() {
                return self.idle.cancel();
            }
            self.idle.wait();
        }
    }

    /// The same, without a look after it has said that it waits.
    fn wait_blindly(&self) {
        if !self.take() {
            self.idle.prepare();
            self.idle.wait();
            self.take();
        }
    }

    fn add(&self, count: u32) {
        // As a plain store, so that only the fences order it.
        self.work.store(count, Ordering::Relaxed);
        self.idle.notify(count);
    }
}

/// As many threads wait as there are pieces of work.
fn check(threads: u32, wait: impl Fn(&Shared) + Copy + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let shared = Arc::new(Shared::default());
        let spawn = |_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || wait(&shared))
        };
        let handles: Vec<_> = (0..threads).map(spawn).collect();
        shared.add(threads);
        for handle in handles {
            handle.join().unwrap();
        }
        let (notified, waiting) = (
            *shared.idle.notified(),
            shared.idle.waiting.load(Ordering::Relaxed),
        );
        assert_eq!((notified, waiting), (0, 0), "nothing is left behind");
    });
}

#[test]
fn no_work_is_missed_by_a_thread_that_lies_down() {
    check(1, Shared::wait);
}

#[test]
fn every_piece_of_work_wakes_a_thread() {
    check(2, Shared::wait);
}

#[test]
fn a_thread_that_does_not_look_again_is_found() {
    let check = || check(1, Shared::wait_blindly);
    assert!(std::panic::catch_unwind(check).is_err());
}
