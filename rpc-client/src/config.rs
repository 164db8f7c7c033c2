//! What bounds the calls of a client.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Commitment;

/// What bounds the calls of a client. [`ClientConfig::default`] suits a person at a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    /// How final the state must be that calls read.
    pub commitment: Commitment,
    /// How long a connection may take to be made, and for WebSocket then its handshake.
    pub connect_timeout: Duration,
    /// How long one call may take, its connection included.
    pub call_timeout: Duration,
    /// Bytes of one answer, of all answers to one batch, or of one notification.
    pub answer_bytes_max: u32,
    /// Notifications of one subscription that may wait to be read.
    pub notifications_waiting_max: usize,
}

impl Default for ClientConfig {
    /// Confirmed state, 5 s for a connection, 30 s for a call, answers of up to 64 MiB (a node sends at most 32 MiB by
    /// default) and 65,536 waiting notifications.
    fn default() -> Self {
        Self {
            commitment: Commitment::default(),
            connect_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(30),
            answer_bytes_max: 64 << 20,
            notifications_waiting_max: 65_536,
        }
    }
}

impl ClientConfig {
    /// The configuration parameter of a call: `more`, a JSON object, and the commitment.
    pub(crate) fn parameter(&self, mut more: Value) -> Value {
        more["commitment"] = json!(self.commitment);
        more
    }
}
