//! Threads of the producer: what happens when one panics, and those that it lends.

use std::sync::Arc;

use isobath_runtime::Helpers;

use crate::state::NodeState;

/// Fails the node when its thread panics.
struct PanicGuard(Arc<NodeState>, &'static str);

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(format!(
                "{} thread panicked (internal error); see the panic message above",
                self.1
            ));
        }
    }
}

/// Runs `body`; a panic in it fails the node, so that no part of it keeps running.
pub(crate) fn guarded(node: &Arc<NodeState>, name: &'static str, body: impl FnOnce()) {
    let _guard = PanicGuard(Arc::clone(node), name);
    body();
}

/// Threads that share the hashing of a block, the first of which is the producer's.
pub(crate) struct Threads(pub(crate) usize);

impl Helpers for Threads {
    fn count(&self) -> usize {
        self.0
    }

    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        std::thread::scope(|scope| {
            for index in 1..self.0 {
                scope.spawn(move || job(index));
            }
            job(0);
        });
    }
}
