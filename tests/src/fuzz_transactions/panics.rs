//! Tells panics that a probe was asked for from all others.
//!
//! The runtime turns a panic below a program into an error of the transaction, which is what it should do and would
//! hide a panic of the runtime itself. So the hook looks where each one came from.

use std::cell::RefCell;
use std::panic;

/// The only place that is meant to panic.
const EXPECTED_FILE: &str = "programs/probe/src/run.rs";

thread_local! {
    static UNEXPECTED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Installs the hook, for the whole process. Expected panics say nothing from then on.
pub fn watch_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info
            .location()
            .is_some_and(|at| at.file().ends_with(EXPECTED_FILE))
        {
            return;
        }
        UNEXPECTED.with_borrow_mut(|first| {
            first.get_or_insert_with(|| info.to_string());
        });
        before(info);
    }));
}

/// The first panic of this thread that nobody asked for, since the last call.
pub(super) fn take_unexpected() -> Option<String> {
    UNEXPECTED.with_borrow_mut(Option::take)
}
