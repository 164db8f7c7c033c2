//! Waiting and notifying, one call after the other, and with threads.

use super::*;

#[test]
fn a_notification_before_the_wait_ends_it() {
    let idle = Idle::new();
    idle.prepare();
    idle.notify(1);
    assert!(!idle.is_waited(), "it is meant for the thread that waits");
    idle.wait();
}

#[test]
fn a_thread_that_has_not_prepared_is_not_notified() {
    let idle = Idle::new();
    idle.notify(5);
    assert_eq!(*idle.notified(), 0);
    idle.prepare();
    assert!(idle.is_waited());
    idle.cancel();
    assert!(!idle.is_waited());
}

#[test]
fn a_thread_that_cancels_leaves_notifications_to_others() {
    let idle = Idle::new();
    idle.prepare();
    idle.prepare();
    idle.notify(1);
    idle.cancel();
    assert_eq!((*idle.notified(), idle.is_waited()), (1, false));
    idle.cancel();
    assert_eq!((*idle.notified(), idle.is_waited()), (0, false));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "tests own threads")]
fn as_many_are_woken_as_are_notified() {
    let idle = Idle::new();
    let woken = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            idle.prepare();
            scope.spawn(|| {
                idle.wait();
                woken.fetch_add(1, Ordering::Relaxed);
            });
        }
        idle.notify(2);
        while woken.load(Ordering::Relaxed) < 2 {
            std::thread::yield_now();
        }
        assert_eq!((idle.is_waited(), woken.load(Ordering::Relaxed)), (true, 2));
        idle.notify(u32::MAX);
    });
    assert_eq!(woken.load(Ordering::Relaxed), 3);
}
