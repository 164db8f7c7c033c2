//! The queues, one call after the other.

use super::*;

#[test]
fn positions_come_out_in_the_order_in_which_they_went_in() {
    let queues = Queues::new(1, 4);
    let mut own = queues.local(0);
    for round in 0..10 {
        for position in 0..4 {
            own.push(round * 4 + position);
        }
        for position in 0..4 {
            assert_eq!(own.pop(), Some(round * 4 + position));
        }
        assert_eq!(own.pop(), None);
    }
}

#[test]
fn a_thief_takes_the_older_half() {
    let queues = Queues::new(3, 128);
    let mut own = queues.local(2);
    let mut thief = queues.local(0);
    assert_eq!(thief.steal(), None);
    for position in 0..5 {
        own.push(position);
    }
    assert_eq!(thief.steal(), Some(0));
    let stolen: Vec<u32> = std::iter::from_fn(|| thief.pop()).collect();
    let left: Vec<u32> = std::iter::from_fn(|| own.pop()).collect();
    assert_eq!((stolen, left), (vec![1, 2], vec![3, 4]));
    assert!(queues.is_empty());
}

#[test]
fn a_thief_takes_no_more_than_its_bound() {
    let queues = Queues::new(2, 128);
    let mut own = queues.local(0);
    let mut thief = queues.local(1);
    for position in 0..128 {
        own.push(position);
    }
    assert_eq!(thief.steal(), Some(0));
    let stolen = std::iter::from_fn(|| thief.pop()).count() + 1;
    assert_eq!(stolen, STOLEN_MAX);
}

#[test]
#[should_panic(expected = "as large as the window")]
fn a_queue_that_is_full_is_a_bug_of_the_caller() {
    let queues = Queues::new(1, 2);
    let mut own = queues.local(0);
    for position in 0..3 {
        own.push(position);
    }
}

#[test]
#[should_panic(expected = "one thread has queue 0")]
fn two_threads_do_not_push_into_one_queue() {
    let queues = Queues::new(1, 2);
    drop(queues.local(0));
    let _first = queues.local(0);
    let _second = queues.local(0);
}
