//! Windows as values, blocks that are open, sealed, aborted and taken over, and what a message takes in memory.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "heights and counts of a test are small"
)]

use super::*;

#[test]
fn forgets_a_message_exactly_when_its_block_leaves() {
    let mut window = ReplayWindow::new(2);
    let message = Hash([1; 32]);
    window.push(1, vec![message]);
    window.push(2, vec![]);
    assert_eq!(window.height(&message), Some(1));
    window.push(3, vec![Hash([2; 32])]);
    assert_eq!(window.height(&message), None);
    assert_eq!(window.height(&Hash([2; 32])), Some(3));
}

#[test]
fn a_clone_does_not_see_what_comes_later() {
    let mut window = ReplayWindow::new(2);
    window.push(1, vec![Hash([1; 32])]);
    let held = window.clone();
    for height in 2..=9 {
        window.push(height, vec![Hash([u8::try_from(height).unwrap(); 32])]);
    }
    assert_eq!(held.height(&Hash([1; 32])), Some(1));
    for height in 2..=9 {
        assert_eq!(held.height(&Hash([height; 32])), None);
    }
    assert_eq!(window.height(&Hash([1; 32])), None);
    assert_eq!(window.height(&Hash([9; 32])), Some(9));
    assert_eq!(window.kept_count(), 9, "kept for the clone");
    drop(held);
    window.forget(0);
    assert_eq!(window.kept_count(), 2);
    assert_eq!(window.height(&Hash([8; 32])), Some(8));
}

#[test]
fn clones_that_grow_apart_know_only_their_own() {
    let mut first = ReplayWindow::new(3);
    first.push(1, vec![Hash([1; 32])]);
    let mut second = first.clone();
    first.push(2, vec![Hash([2; 32])]);
    second.push(2, vec![Hash([3; 32])]);
    second.push(3, vec![Hash([2; 32])]);
    let heights = |window: &ReplayWindow| [1, 2, 3].map(|byte| window.height(&Hash([byte; 32])));
    assert_eq!(heights(&first), [Some(1), Some(2), None]);
    assert_eq!(heights(&second), [Some(1), Some(3), Some(2)]);
}

#[test]
#[should_panic(expected = "never processed again")]
fn a_message_does_not_enter_twice() {
    let mut window = ReplayWindow::new(3);
    window.push(1, vec![Hash([1; 32])]);
    window.push(2, vec![Hash([1; 32])]);
}

#[test]
fn messages_with_the_same_first_16_bytes_are_the_same() {
    let mut window = ReplayWindow::new(3);
    let mut alike = [1; 32];
    alike[16..].fill(2);
    let mut other = [1; 32];
    other[15] = 2;
    let open = window.open();
    assert_eq!(open.check_and_enter(&Hash([1; 32])), Seen::Never);
    assert_eq!(open.check_and_enter(&Hash(alike)), Seen::Here);
    window = open.into_window(Hash::ZERO);
    assert_eq!(window.height(&Hash(alike)), Some(1));
    assert_eq!(window.height(&Hash(other)), None);
    assert_eq!(window.open().check_and_enter(&Hash(alike)), Seen::Before);
}

#[test]
fn a_block_knows_a_message_whatever_its_outcome() {
    let mut window = ReplayWindow::new(3);
    let [old, without_effect, discarded] = [1, 2, 3].map(|byte| Hash([byte; 32]));
    window.push(1, vec![old]);
    let open = window.open();
    assert_eq!(open.check_and_enter(&old), Seen::Before);
    open.enter_again(&old);
    assert_eq!(open.check_and_enter(&old), Seen::Here);
    assert_eq!(open.check_and_enter(&without_effect), Seen::Never);
    assert_eq!(open.check_and_enter(&without_effect), Seen::Here);
    assert_eq!(open.check_and_enter(&discarded), Seen::Never);
    open.withdraw(&discarded);
    assert_eq!(open.check_and_enter(&discarded), Seen::Never);
    for message in [&old, &without_effect, &discarded] {
        open.withdraw(message);
    }
    window = open.into_window(Hash::ZERO);
    let heights = [old, without_effect, discarded].map(|message| window.height(&message));
    assert_eq!(heights, [Some(1), None, None]);
    assert_eq!(window.kept_count(), 1);
}

#[test]
fn an_aborted_block_leaves_nothing() {
    let mut window = ReplayWindow::new(3);
    window.push(1, numbered(0..1_000));
    let before = window.kept_count();
    let open = window.open();
    for message in numbered(1_000..2_000) {
        assert_eq!(open.check_and_enter(&message), Seen::Never);
    }
    drop(open);
    assert_eq!(window.kept_count(), before);
    window.push(2, numbered(1_000..2_000));
    assert_eq!(window.height(&numbered(1_999..2_000)[0]), Some(2));
}

#[test]
fn a_sealed_block_is_taken_over_by_its_result_alone() {
    let mut window = ReplayWindow::new(3);
    let (one, other) = (Hash([1; 32]), Hash([2; 32]));
    let open = window.open();
    open.check_and_enter(&one);
    open.seal(Hash([9; 32]));
    let mut clone = window.clone();
    assert!(!window.take_over(&Hash([8; 32])));
    assert_eq!(window.height(&one), None, "it is not part of the chain yet");
    assert!(window.take_over(&Hash([9; 32])));
    assert_eq!(window.height(&one), Some(1));
    assert!(
        !clone.take_over(&Hash([9; 32])),
        "the record has grown beyond the clone"
    );
    clone.push(1, vec![other]);
    assert_eq!((clone.height(&one), clone.height(&other)), (None, Some(1)));
    assert_eq!((window.height(&one), window.height(&other)), (Some(1), None));
}

#[test]
fn what_a_sealed_block_left_goes_when_another_opens() {
    let window = ReplayWindow::new(3);
    let open = window.open();
    open.check_and_enter(&Hash([1; 32]));
    open.seal(Hash([9; 32]));
    assert_eq!(window.kept_count(), 1);
    let again = window.open();
    assert_eq!(again.check_and_enter(&Hash([1; 32])), Seen::Never);
    assert_eq!(window.kept_count(), 1);
}

#[test]
fn two_blocks_that_are_open_at_once_know_nothing_of_each_other() {
    let mut window = ReplayWindow::new(3);
    window.push(1, vec![Hash([1; 32])]);
    let (first, second) = (window.open(), window.open());
    for open in [&first, &second] {
        assert_eq!(open.check_and_enter(&Hash([1; 32])), Seen::Before);
        assert_eq!(open.check_and_enter(&Hash([2; 32])), Seen::Never);
    }
    second.seal(Hash([9; 32]));
    first.seal(Hash([8; 32]));
    assert!(!window.take_over(&Hash([9; 32])), "it was entered in a copy");
    assert!(window.take_over(&Hash([8; 32])));
    assert_eq!(window.height(&Hash([2; 32])), Some(2));
}

/// Threads that execute one block agree on who has a message.
#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "the test is the caller, which owns the threads"
)]
fn each_message_enters_once_from_many_threads() {
    let window = ReplayWindow::new(3);
    let open = window.open();
    let messages = numbered(0..500);
    let entered: usize = std::thread::scope(|scope| {
        let count = || {
            let entered = messages.iter().map(|message| open.check_and_enter(message));
            entered.filter(|seen| *seen == Seen::Never).count()
        };
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(count)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(entered, messages.len());
    assert_eq!(window.kept_count(), messages.len());
}

#[test]
fn a_message_takes_about_33_bytes_and_a_burst_gives_its_memory_back() {
    const IN_BLOCK: u32 = 2_000;
    let mut window = ReplayWindow::new(150);
    let mut next = 0;
    for height in 1..=400 {
        window.push(height, numbered(next..next + IN_BLOCK));
        next += IN_BLOCK;
    }
    let (messages, bytes) = (window.kept_count(), window.record.allocated_bytes());
    assert_eq!(messages, 150 * 2_000);
    let per_message = bytes / messages;
    assert!((30..=35).contains(&per_message), "{per_message} bytes");
    for height in 401..=550 {
        window.push(height, numbered(next..next + 1));
        next += 1;
    }
    let bytes = window.record.allocated_bytes();
    assert!(bytes < 500_000, "{bytes} bytes");
}

/// Hashes that are all different, in their first 16 bytes too.
fn numbered(numbers: std::ops::Range<u32>) -> Vec<Hash> {
    let hash = |number: u32| Hash(blake3::hash(&number.to_le_bytes()).into());
    numbers.map(hash).collect()
}

#[test]
fn clones_that_follow_one_another_keep_no_more_than_the_oldest_needs() {
    let mut window = ReplayWindow::new(2);
    let mut held = window.clone();
    for height in 1_u8..=100 {
        window.push(u64::from(height), vec![Hash([height; 32])]);
        // The next reader comes before the last one goes.
        let next = window.clone();
        drop(std::mem::replace(&mut held, next));
        window.forget(0);
    }
    assert_eq!(held.height(&Hash([100; 32])), Some(100));
    assert!(window.kept_count() <= 3, "{} are kept", window.kept_count());
}

impl ReplayWindow {
    /// Messages that take memory, whether or not they are in the window.
    pub(in crate::chain) fn kept_count(&self) -> usize {
        self.record.len()
    }

    /// Enters the processed messages of the next block.
    pub(in crate::chain) fn push(&mut self, height: u64, messages: Vec<Hash>) {
        assert_eq!(height, self.newest + 1);
        let open = self.open();
        for message in &messages {
            let seen = open.check_and_enter(message);
            assert_eq!(
                seen,
                Seen::Never,
                "a message in the window is never processed again"
            );
        }
        *self = open.into_window(Hash::ZERO);
        self.forget(0);
    }
}

mod model {
    //! Any use of windows and their clones, beside plain maps.

    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const AGE: u64 = 3;
    const MESSAGES: u8 = 12;
    const WINDOWS: usize = 4;

    /// How a block ends.
    #[derive(Debug, Clone, Copy)]
    enum End {
        Abort,
        IntoWindow,
        /// Sealed, and taken over at once or by another window later.
        Seal,
        TakeOver,
    }

    #[derive(Debug, Clone)]
    enum Step {
        Clone,
        Drop,
        Forget,
        /// Messages, which of them are withdrawn, and the end.
        Block(Vec<(u8, bool)>, End),
        TakeOver,
    }

    /// A window as a map from its messages to their heights.
    #[derive(Debug, Clone, Default)]
    struct Plain {
        newest: u64,
        heights: BTreeMap<u8, u64>,
    }

    impl Plain {
        fn height(&self, message: u8) -> Option<u64> {
            let height = self.heights.get(&message).copied();
            height.filter(|height| *height + AGE > self.newest)
        }

        fn push(&mut self, messages: &[u8]) {
            self.newest += 1;
            for message in messages {
                self.heights.insert(*message, self.newest);
            }
        }
    }

    /// The result of a block that was sealed, and its messages.
    type Sealed = (Hash, Vec<u8>);

    fn step() -> impl Strategy<Value = Step> {
        let end = prop_oneof![
            Just(End::Abort),
            Just(End::IntoWindow),
            Just(End::Seal),
            Just(End::TakeOver),
        ];
        let messages = prop::collection::vec((0..MESSAGES, prop::bool::weighted(0.2)), 0..6);
        prop_oneof![
            1 => Just(Step::Clone),
            1 => Just(Step::Drop),
            1 => Just(Step::Forget),
            1 => Just(Step::TakeOver),
            6 => (messages, end).prop_map(|(messages, end)| Step::Block(messages, end)),
        ]
    }

    fn hash(message: u8) -> Hash {
        numbered(u32::from(message)..u32::from(message) + 1)[0]
    }

    /// Runs a block on both; returns what remains of it if it was sealed and not taken over.
    fn block(
        window: &mut ReplayWindow,
        plain: &mut Plain,
        messages: &[(u8, bool)],
        end: End,
        id: u8,
    ) -> Option<Sealed> {
        let open = window.open();
        let mut here: Vec<u8> = Vec::new();
        for (message, is_withdrawn) in messages {
            let expected = match (here.contains(message), plain.height(*message)) {
                (true, _) => Seen::Here,
                (false, Some(_)) => Seen::Before,
                (false, None) => Seen::Never,
            };
            assert_eq!(open.check_and_enter(&hash(*message)), expected);
            match expected {
                Seen::Never if *is_withdrawn => open.withdraw(&hash(*message)),
                Seen::Never => here.push(*message),
                Seen::Before | Seen::Here => {}
            }
        }
        let result = Hash([id; 32]);
        match end {
            End::Abort => drop(open),
            End::IntoWindow => {
                *window = open.into_window(result);
                plain.push(&here);
            }
            End::Seal => {
                open.seal(result);
                return Some((result, here));
            }
            End::TakeOver => {
                open.seal(result);
                if window.take_over(&result) {
                    plain.push(&here);
                }
            }
        }
        None
    }

    proptest! {
        #[test]
        fn windows_are_values(steps in prop::collection::vec((step(), 0..WINDOWS), 0..60)) {
            let mut windows = vec![(ReplayWindow::new(AGE), Plain::default())];
            let mut sealed: Option<Sealed> = None;
            for (id, (step, at)) in (0_u8..).zip(steps) {
                let at = at % windows.len();
                match step {
                    Step::Clone if windows.len() < WINDOWS => windows.push(windows[at].clone()),
                    Step::Drop if windows.len() > 1 => drop(windows.swap_remove(at)),
                    Step::Clone | Step::Drop => {}
                    Step::Forget => windows[at].0.forget(0),
                    Step::Block(messages, end) => {
                        let (window, plain) = &mut windows[at];
                        sealed = block(window, plain, &messages, end, id).or(sealed);
                    }
                    Step::TakeOver => {
                        let (window, plain) = &mut windows[at];
                        if let Some((result, messages)) = &sealed && window.take_over(result) {
                            plain.push(messages);
                        }
                    }
                }
                for (window, plain) in &windows {
                    for message in 0..MESSAGES {
                        prop_assert_eq!(window.height(&hash(message)), plain.height(message));
                    }
                    window.kept_count();
                }
            }
            // Once nothing is shared, the next block leaves nothing that no window needs.
            windows.truncate(1);
            let (mut window, mut plain) = windows.remove(0);
            window.push(window.newest + 1, vec![]);
            plain.push(&[]);
            let kept = (0..MESSAGES).filter(|message| plain.height(*message).is_some());
            prop_assert_eq!(window.kept_count(), kept.count());
        }
    }
}
