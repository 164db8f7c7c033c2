//! What every answer or notification that names its slot looks like: a context, and the value.

use serde::Serialize;

/// The release of Solana's software whose interface the answers follow.
pub(crate) const API_VERSION: &str = "4.2.2";

/// An answer and the slot of the view that it was read from.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WithContext<T> {
    context: AnswerContext,
    value: T,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswerContext {
    api_version: &'static str,
    slot: u64,
}

impl<T> WithContext<T> {
    pub(crate) const fn new(slot: u64, value: T) -> Self {
        Self {
            context: AnswerContext {
                api_version: API_VERSION,
                slot,
            },
            value,
        }
    }
}

/// A notification and the slot of the block that caused it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Notification<T> {
    context: NotificationContext,
    value: T,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct NotificationContext {
    slot: u64,
}

impl<T> Notification<T> {
    pub(crate) const fn new(slot: u64, value: T) -> Self {
        Self {
            context: NotificationContext { slot },
            value,
        }
    }
}
