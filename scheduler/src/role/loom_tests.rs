//! Every interleaving of threads that ask for one role, by the model checker.

use std::sync::Arc;

use loom::thread;

use super::*;

/// What two threads leave to be done, and what has been done.
struct Shared {
    role: Role,
    left: [AtomicU32; 2],
    done: [AtomicU32; 2],
}

impl Shared {
    fn work(&self) {
        for (left, done) in self.left.iter().zip(&self.done) {
            done.store(left.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }
}

/// Asks, but gives up the role without a look at whether another thread has asked meanwhile.
fn ask_once(role: &Role, mut work: impl FnMut()) {
    if role.asked.fetch_add(1, Ordering::AcqRel) == 0 {
        work();
        role.asked.store(0, Ordering::Release);
    }
}

fn check(ask: impl Fn(&Shared) + Copy + Send + Sync + 'static) {
    loom::model(move || {
        let shared = Arc::new(Shared {
            role: Role::default(),
            left: std::array::from_fn(|_| AtomicU32::new(0)),
            done: std::array::from_fn(|_| AtomicU32::new(0)),
        });
        let leave = move |shared: &Shared, index: usize| {
            shared.left[index].store(1, Ordering::Relaxed);
            ask(shared);
        };
        let thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || leave(&shared, 0)
        });
        leave(&shared, 1);
        thread.join().unwrap();
        let mut done = shared.done.iter().map(|done| done.load(Ordering::Relaxed));
        assert!(done.all(|done| done == 1));
    });
}

#[test]
fn what_was_left_before_asking_is_done() {
    check(|shared| _ = shared.role.ask(|| shared.work()));
}

#[test]
fn a_role_that_is_given_up_without_a_look_is_found() {
    let check = || check(|shared| ask_once(&shared.role, || shared.work()));
    assert!(std::panic::catch_unwind(check).is_err());
}
