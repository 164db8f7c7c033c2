//! Handles beside an `Arc<Vec<u8>>`, on one thread and on several; no annex is lost or dropped twice.
//!
//! `just memcheck` runs them under valgrind, `cargo +nightly miri test -p isobath-program-abi shared_bytes` under Miri.

#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]
#![allow(
    clippy::disallowed_methods,
    reason = "handles are made to be on several threads"
)]

use std::sync::Arc;
use std::thread;

use proptest::prelude::*;

use super::*;

/// An annex that shows whether it is dropped exactly once: the `Arc` counts the annexes that live.
type Tracked = Arc<()>;

#[derive(Debug, Clone)]
enum Step {
    /// Another handle of the same bytes.
    Clone(usize),
    Drop(usize),
    /// Replaces one byte.
    Write(usize, usize, u8),
    Resize(usize, usize),
    ResizeWithin(usize, usize),
    /// New bytes with spare room.
    Make(usize, u8),
    /// Other bytes and an annex of their own, with zeros behind them.
    Refill(usize, usize, u8),
}

fn any_step() -> impl Strategy<Value = Step> {
    let len = || 0..40_usize;
    let index = || 0..8_usize;
    prop_oneof![
        3 => index().prop_map(Step::Clone),
        2 => index().prop_map(Step::Drop),
        4 => (index(), len(), any::<u8>()).prop_map(|(index, at, byte)| Step::Write(index, at, byte)),
        2 => (index(), len()).prop_map(|(index, len)| Step::Resize(index, len)),
        3 => (index(), len()).prop_map(|(index, len)| Step::ResizeWithin(index, len)),
        1 => (len(), any::<u8>()).prop_map(|(len, byte)| Step::Make(len, byte)),
        2 => (index(), len(), any::<u8>()).prop_map(|(index, len, byte)| Step::Refill(index, len, byte)),
    ]
}

/// A handle, and what it must hold.
#[derive(Clone)]
struct Pair {
    bytes: SharedBytes<Tracked>,
    model: Arc<Vec<u8>>,
}

impl Pair {
    fn check(&self) {
        assert_eq!(self.bytes.as_slice(), self.model.as_slice());
        assert_eq!(self.bytes.len(), self.model.len());
        assert!(self.bytes.capacity() >= self.bytes.len());
        assert_eq!(self.bytes.annex().is_some(), self.bytes.capacity() > 0);
        assert_eq!(self.bytes.data.addr().get() % align_of::<usize>(), 0);
    }

    fn write(&mut self, at: usize, byte: u8) {
        if at < self.model.len() {
            self.bytes.make_mut()[at] = byte;
            Arc::make_mut(&mut self.model)[at] = byte;
        }
    }

    fn resize(&mut self, len: usize) {
        let (old_len, old_capacity) = (self.bytes.len(), self.bytes.capacity());
        self.bytes.resize(len);
        assert_eq!((self.bytes.len(), self.bytes.capacity()), (len, len));
        if (len, len) != (old_len, old_capacity) {
            let mut model = self.model.to_vec();
            model.resize(len, 0);
            self.model = Arc::new(model);
        }
    }

    fn resize_within(&mut self, len: usize) {
        let address = self.bytes.data;
        let was_alone = !self.bytes.is_shared();
        let fits = len <= self.bytes.capacity();
        let is_done = self.bytes.resize_within(len);
        assert_eq!(self.bytes.data, address);
        if is_done {
            Arc::make_mut(&mut self.model).resize(len, 0);
        }
        // On another thread, the last of the others may have gone in between.
        assert!(fits >= is_done && is_done >= (was_alone && fits));
    }

    fn refill(&mut self, len: usize, byte: u8, annex: Tracked) {
        let was_alone = !self.bytes.is_shared();
        let fits = len + 3 <= self.bytes.capacity();
        let mut model = vec![byte; len];
        let is_done = self.bytes.refill(&model, 3, annex);
        if is_done {
            model.resize(len + 3, 0);
            Arc::make_mut(&mut self.model).clone_from(&model);
        }
        assert!(fits >= is_done && is_done >= (was_alone && fits));
    }
}

struct Handles {
    tracker: Tracked,
    pairs: Vec<Pair>,
}

impl Handles {
    fn step(&mut self, step: &Step) {
        match *step {
            Step::Clone(index) => self.pairs.extend(self.pairs.get(index).cloned()),
            Step::Drop(index) if index < self.pairs.len() => drop(self.pairs.swap_remove(index)),
            Step::Make(len, byte) => {
                let mut bytes = SharedBytes::with_capacity(len + 9, self.tracker.clone());
                assert!(bytes.resize_within(len));
                bytes.make_mut().fill(byte);
                let model = Arc::new(vec![byte; len]);
                self.pairs.push(Pair { bytes, model });
            }
            Step::Write(index, at, byte) => self.with(index, |pair| pair.write(at, byte)),
            Step::Resize(index, len) => self.with(index, |pair| pair.resize(len)),
            Step::ResizeWithin(index, len) => self.with(index, |pair| pair.resize_within(len)),
            Step::Refill(index, len, byte) => {
                let tracker = self.tracker.clone();
                self.with(index, |pair| pair.refill(len, byte, tracker.clone()));
            }
            Step::Drop(_) => {}
        }
    }

    fn with(&mut self, index: usize, change: impl Fn(&mut Pair)) {
        self.pairs.get_mut(index).into_iter().for_each(change);
    }

    /// Where nobody else holds them, the bytes are shared exactly where the models are.
    fn check_sharing(&self) {
        for one in &self.pairs {
            let is_allocated = one.bytes.capacity() > 0;
            assert_eq!(
                one.bytes.is_shared(),
                is_allocated && Arc::strong_count(&one.model) > 1
            );
            for other in self.pairs.iter().filter(|_| is_allocated) {
                assert_eq!(
                    one.bytes.is_same(&other.bytes),
                    Arc::ptr_eq(&one.model, &other.model)
                );
            }
        }
    }
}

/// The annexes that live, but for those of bytes that grew from nothing.
fn tracked(tracker: &Tracked) -> usize {
    Arc::strong_count(tracker) - 1
}

proptest! {
    #[test]
    fn handles_are_like_those_of_a_counted_vector(steps in prop::collection::vec(any_step(), 1..60)) {
        let tracker = Tracked::default();
        let mut handles = Handles { tracker: tracker.clone(), pairs: Vec::new() };
        for step in &steps {
            handles.step(step);
            handles.pairs.iter().for_each(Pair::check);
            handles.check_sharing();
        }
        drop(handles);
        prop_assert_eq!(tracked(&tracker), 0);
    }

    #[test]
    fn threads_with_handles_of_the_same_bytes_do_not_disturb_each_other(
        steps in prop::array::uniform3(prop::collection::vec(any_step(), 1..40)),
    ) {
        let tracker = Tracked::default();
        let start = [17, 33].map(|len| Pair {
            bytes: SharedBytes::copy_of(&vec![7; len], tracker.clone()),
            model: Arc::new(vec![7; len]),
        });
        thread::scope(|scope| {
            for steps in &steps {
                let mut handles = Handles { tracker: tracker.clone(), pairs: start.to_vec() };
                scope.spawn(move || {
                    for step in steps {
                        handles.step(step);
                        handles.pairs.iter().for_each(Pair::check);
                    }
                });
            }
        });
        start.iter().for_each(Pair::check);
        prop_assert!(start.iter().all(|pair| !pair.bytes.is_shared()));
        drop(start);
        prop_assert_eq!(tracked(&tracker), 0);
    }
}

/// The last of several threads frees the bytes, and a thread that finds itself alone may write them.
#[test]
fn a_thread_left_alone_sees_what_the_others_read_and_writes_in_place() {
    for _ in 0..if cfg!(miri) { 3 } else { 300 } {
        let bytes = SharedBytes::copy_of(&[1; 64], Tracked::default());
        thread::scope(|scope| {
            for byte in 2..5 {
                let mut bytes = bytes.clone();
                scope.spawn(move || {
                    assert_eq!(bytes.as_slice(), [1; 64]);
                    bytes.make_mut().fill(byte);
                    assert_eq!(bytes.as_slice(), [byte; 64]);
                });
            }
            drop(bytes);
        });
    }
}

#[test]
fn empty_bytes_allocate_nothing() {
    let tracker = Tracked::default();
    let mut empty = SharedBytes::copy_of(&[], tracker.clone());
    assert_eq!(tracked(&tracker), 0, "there is nowhere to put it");
    assert!(empty.is_same(&SharedBytes::new()) && !empty.clone().is_shared());
    assert_eq!((empty.capacity(), empty.annex_mut()), (0, None));
    assert!(empty.make_mut().is_empty() && empty.resize_within(0) && !empty.resize_within(1));
    empty.resize(5);
    assert_eq!(empty.as_slice(), [0; 5]);
    empty.resize(0);
    assert!(empty.is_same(&SharedBytes::new()));
}

#[test]
fn a_copy_inherits_the_annex_and_has_its_own() {
    let mut bytes: SharedBytes<String> = SharedBytes::copy_of(&[1, 2], "annex".to_owned());
    let before = bytes.clone();
    assert_eq!(bytes.annex_mut(), None, "it is shared");
    let (_, annex) = bytes.make_parts_mut();
    annex.unwrap().push_str(" of the copy");
    assert_eq!(
        [&before, &bytes].map(|bytes| bytes.annex().unwrap().as_str()),
        ["annex", "annex of the copy"]
    );
    bytes.resize(3);
    assert_eq!(bytes.annex().unwrap(), "annex of the copy");
}

#[test]
fn bytes_begin_behind_an_annex_of_any_alignment() {
    #[derive(Clone, Default)]
    #[repr(align(64))]
    struct Wide([u8; 3]);
    for len in [1, 63, 64, 1000] {
        let mut bytes: SharedBytes<Wide> = SharedBytes::copy_of(&vec![5; len], Wide([1, 2, 3]));
        let shared = bytes.clone();
        bytes.make_mut()[len - 1] = 6;
        assert_eq!(bytes.annex().unwrap().0, [1, 2, 3]);
        assert_eq!(std::ptr::from_ref(bytes.annex().unwrap()).addr() % 64, 0);
        assert_eq!((shared.as_slice()[len - 1], bytes.as_slice()[len - 1]), (5, 6));
    }
}

#[test]
fn bytes_that_come_back_are_zero() {
    let mut bytes: SharedBytes<()> = SharedBytes::with_capacity(8, ());
    assert!(bytes.resize_within(8));
    bytes.make_mut().fill(9);
    assert!(bytes.resize_within(2) && bytes.resize_within(5));
    assert_eq!(bytes.as_slice(), [9, 9, 0, 0, 0]);
    let shared = bytes.clone();
    assert!(
        !bytes.resize_within(3) && !bytes.resize_within(5),
        "another holds them"
    );
    drop(shared);
    assert!(bytes.resize_within(3));
}

#[test]
#[should_panic(expected = "the capacity is that of an allocation")]
fn a_capacity_that_no_allocation_has_is_a_bug() {
    let _bytes = SharedBytes::with_capacity(usize::MAX - 8, ());
}

#[test]
fn a_handle_has_the_layout_that_its_documentation_draws() {
    use std::mem::offset_of;
    assert_eq!(size_of::<SharedBytes<u64>>(), 24);
    assert_eq!(offset_of!(SharedBytes<u64>, data), 0);
    assert_eq!(offset_of!(SharedBytes<u64>, len), 8);
    assert_eq!(offset_of!(SharedBytes<u64>, capacity), 16);
}
