//! Every interleaving of a thread that pushes and pops with one that steals, by the model checker.

use std::sync::{Arc, Mutex};

use loom::thread;

use super::*;

/// A ring of two entries, so that entries are used again while another thread looks at them.
fn check(steal: impl Fn(&Queues) -> Vec<u32> + Copy + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let queues = Arc::new(Queues::new(2, 2));
        let mut own = queues.local(0);
        own.push(1);
        own.push(2);
        // Not part of the model.
        let stolen = Arc::new(Mutex::new(Vec::new()));
        let thief = thread::spawn({
            let (queues, stolen) = (Arc::clone(&queues), Arc::clone(&stolen));
            move || {
                let positions = steal(&queues);
                stolen.lock().unwrap().extend(positions);
            }
        });
        let mut taken: Vec<u32> = own.pop().into_iter().collect();
        if !taken.is_empty() {
            own.push(3);
        }
        taken.extend(std::iter::from_fn(|| own.pop()));
        thief.join().unwrap();
        let pushed = if taken.is_empty() { 2 } else { 3 };
        taken.extend(stolen.lock().unwrap().iter());
        taken.sort_unstable();
        assert_eq!(taken, (1..=pushed).collect::<Vec<u32>>());
    });
}

fn steal(queues: &Queues) -> Vec<u32> {
    let mut thief = queues.local(1);
    let first = thief.steal();
    first
        .into_iter()
        .chain(std::iter::from_fn(|| thief.pop()))
        .collect()
}

#[test]
fn every_position_is_taken_once() {
    check(steal);
}

/// Reads what it takes after it has taken it, when the entry may be used again.
fn read_late(queues: &Queues) -> Vec<u32> {
    let queue = &queues.queues[0];
    let head = queue.head.load(Ordering::Acquire);
    if head == queue.tail.load(Ordering::Acquire) {
        return Vec::new();
    }
    let next = head.wrapping_add(1);
    let taken = queue
        .head
        .compare_exchange(head, next, Ordering::AcqRel, Ordering::Acquire);
    let read = taken.map(|_| queue.entry(head).load(Ordering::Relaxed));
    read.into_iter().collect()
}

#[test]
fn a_thief_that_reads_what_it_has_taken_already_is_found() {
    assert!(std::panic::catch_unwind(|| check(read_late)).is_err());
}
