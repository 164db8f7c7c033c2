//! An answer until its client has read it: what it counts for against the limits goes with its bytes.

use jsonrpsee::core::JsonRawValue;
use jsonrpsee::core::server::MethodResponseNotifyTx;

use crate::activity::Busy;
use crate::connection::ConnectionHandle;
use crate::context::Context;
use crate::limits::unread::{SMALL_BYTES_MAX, Unread};
use crate::server::dispatch::{Answer, Room};

/// An answer that is not read yet, with all that it counts for.
pub(super) struct UnreadAnswer {
    json: Box<JsonRawValue>,
    _unread: Option<Unread>,
    _room: Vec<Room>,
    _busy: Busy,
    /// Dropping it releases the permits of the call.
    _handed_over: Option<MethodResponseNotifyTx>,
}

impl UnreadAnswer {
    /// Counts an answer on its connection until it is dropped. A large one has found its room already.
    pub(super) fn new(context: &Context, connection: &ConnectionHandle, busy: Busy, answer: Answer) -> Self {
        let bytes = answer.json.get().len();
        let hold = || context.small_answers.hold(connection, bytes, &context.refusals);
        Self {
            _unread: (bytes <= SMALL_BYTES_MAX).then(hold),
            _room: answer.room,
            json: answer.json,
            _busy: busy,
            _handed_over: answer.handed_over,
        }
    }
}

impl AsRef<str> for UnreadAnswer {
    fn as_ref(&self) -> &str {
        self.json.get()
    }
}

impl AsRef<[u8]> for UnreadAnswer {
    fn as_ref(&self) -> &[u8] {
        self.json.get().as_bytes()
    }
}
