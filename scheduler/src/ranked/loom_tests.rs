//! Every interleaving of two threads that push and take, by the model checker.

use std::sync::{Arc, Mutex};

use loom::sync::atomic::AtomicU32;
use loom::thread;

use super::*;

/// Not the lowest, so that others are looked at.
const RANK: Rank = Rank(LEVELS);

/// Rings of two entries. Each position comes with a number that its pusher wrote without any order of its own.
struct List {
    ranked: Ranked,
    written: [AtomicU32; 3],
    /// Not part of the model.
    taken: Mutex<Vec<u32>>,
}

impl List {
    fn push(&self, position: u32) {
        self.written[position as usize].store(1, Ordering::Relaxed);
        self.ranked.push(RANK, position);
    }

    fn note(&self, position: Option<u32>) {
        let Some(position) = position else { return };
        let written = self.written[position as usize].load(Ordering::Relaxed);
        assert_eq!(written, 1, "what was done before a push is seen by who takes it");
        self.taken.lock().unwrap().push(position);
    }
}

fn check(other: impl Fn(&List) + Copy + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let list = Arc::new(List {
            ranked: Ranked::new(2),
            written: std::array::from_fn(|_| AtomicU32::new(0)),
            taken: Mutex::default(),
        });
        list.push(0);
        let thread = thread::spawn({
            let list = Arc::clone(&list);
            move || other(&list)
        });
        list.note(list.ranked.pop());
        if list.taken.lock().unwrap().contains(&0) {
            list.push(2);
        }
        list.note(list.ranked.pop());
        thread.join().unwrap();
        while let Some(position) = list.ranked.pop() {
            list.note(Some(position));
        }
        let mut taken = std::mem::take(&mut *list.taken.lock().unwrap());
        taken.sort_unstable();
        let all: &[u32] = if taken.contains(&2) { &[0, 1, 2] } else { &[0, 1] };
        assert_eq!(taken, all);
    });
}

#[test]
fn every_position_is_taken_once() {
    check(|list| {
        list.push(1);
        list.note(list.ranked.pop());
    });
}

#[test]
fn ranks_change_while_others_push_and_take() {
    check(|list| {
        list.push(1);
        list.ranked.rank_again(|_| RANK);
    });
}

#[test]
fn an_entry_that_is_taken_before_it_is_written_is_found() {
    let unwritten = |list: &List| {
        list.push(1);
        let ends = &list.ranked.ends[RANK.level()];
        let (tail, head) = halves(ends.load(Ordering::Acquire));
        let taken = u64::from(tail) << HALF | u64::from(head.wrapping_add(1));
        let now = u64::from(tail) << HALF | u64::from(head);
        if tail != head
            && ends
                .compare_exchange(now, taken, Ordering::AcqRel, Ordering::Acquire)
                .is_ok()
        {
            let (_, position) = halves(list.ranked.entry(RANK.level(), head).load(Ordering::Acquire));
            list.note(Some(position));
        }
    };
    assert!(std::panic::catch_unwind(|| check(unwritten)).is_err());
}
