//! Threads of the producer: what happens when one panics, and those that it lends.

use std::sync::Arc;

use crate::lane_threads::LaneThreads;
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

/// The threads that share the work on blocks. If they cannot be started, the node fails.
pub(crate) fn start_lanes(node: &NodeState) -> Result<LaneThreads, Failed> {
    LaneThreads::start(node.execution_threads).map_err(|error| {
        node.fail(format!(
            "cannot start the threads that execute blocks: {error}; raise the limit on threads or lower --execution-threads"
        ));
        Failed
    })
}

/// The node has failed, and says why.
#[derive(Debug)]
pub(crate) struct Failed;
