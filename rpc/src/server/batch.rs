//! A batch: many calls in one message, executed side by side and answered together.
//!
//! ```text
//! entries --in order--> running, at most batch_calls_running_max --as they end--> answers by entry --> one array
//! ```
//!
//! Invariants:
//! - The answers are in the order of the entries, whatever the order in which they end.
//! - A call that fails answers with its own error and leaves the others alone.
//! - At most [`RpcLimits::batch_calls_running_max`] entries run at once; the next one begins when one of them ends.
//! - The answers of a batch together have at most [`RpcLimits::response_bytes_max`] bytes. As soon as they have more, the
//!   batch has one error for an answer, and calls that still run are abandoned.
//! - Answers that wait for the others take room of their own as soon as they are many, and keep it until the client has
//!   read them. They never wait for it, since other entries of the batch may still need a turn: without room the batch
//!   is refused as busy.
//! - An answer releases the permits of its call when it ends, not when its turn comes, so no entry waits for a permit of
//!   one behind it.
//! - However long a batch is, other tasks run after every [`ANSWERS_AT_ONCE`] of its answers.
//!
//! Entries that wait for the same stage of the node, such as transactions to be verified, do so together.
//!
//! [`RpcLimits::batch_calls_running_max`]: crate::RpcLimits::batch_calls_running_max
//! [`RpcLimits::response_bytes_max`]: crate::RpcLimits::response_bytes_max

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jsonrpsee::core::JsonRawValue;
use tokio::sync::OwnedSemaphorePermit;

use crate::errors::RpcFailure;
use crate::limits::refusals::Refusal;
use crate::limits::unread::SMALL_BYTES_MAX;
use crate::server::dispatch::{Answer, CallContext, Dispatcher, Room};
use crate::server::message::Call;

/// Answers between two points at which other tasks run. Those of light calls are there at once.
const ANSWERS_AT_ONCE: usize = 16;

impl Dispatcher {
    /// Answers the entries of a batch; `None` when none of them has an answer.
    pub(super) async fn answer_batch(&self, entries: Vec<&JsonRawValue>) -> Option<Answer> {
        let permit = match self.begin_batch(entries.len()) {
            Ok(permit) => permit,
            Err(failure) => return Some(failure.into()),
        };
        let limits = &self.context.limits;
        let mut answers = Answers::new(entries.len(), limits.response_bytes_max);
        let mut waiting = entries.into_iter().enumerate();
        let mut running = FuturesUnordered::new();
        for ended in 1_usize.. {
            while running.len() < limits.batch_calls_running_max.max(1)
                && let Some((index, entry)) = waiting.next()
            {
                running.push(self.answer_entry(index, entry));
            }
            let Some((index, answer)) = running.next().await else {
                break;
            };
            if ended.is_multiple_of(ANSWERS_AT_ONCE) {
                tokio::task::yield_now().await;
            }
            let Some(answer) = answer else { continue };
            let room = answers.uncounted(&answer).map(|bytes| self.take_room(bytes));
            let kept = room.transpose().and_then(|room| {
                answers.room.extend(room);
                answers.put(index, answer)
            });
            if let Err(failure) = kept {
                return Some(failure.into());
            }
        }
        drop(permit);
        let room = std::mem::take(&mut answers.room);
        let json = answers.into_json()?;
        Some(Answer {
            json,
            handed_over: None,
            room,
        })
    }

    /// Room for answers that wait for the rest of the batch.
    fn take_room(&self, bytes: usize) -> Result<Room, RpcFailure> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let of_all = self.context.batch_answers.try_take(bytes);
        let of_address = self.connection.peer().batch_bytes.try_take(bytes);
        of_all
            .zip(of_address)
            .ok_or_else(|| self.context.refuse(Refusal::BatchAnswers, &self.connection))
    }

    async fn answer_entry(&self, index: usize, entry: &JsonRawValue) -> (usize, Option<Answer>) {
        let response = self
            .answer_call(Call::read(entry.get()), CallContext::Batch)
            .await;
        (index, response.map(Answer::from))
    }

    /// Checks the size of a batch and takes a permit for it, as for one call.
    fn begin_batch(&self, count: usize) -> Result<OwnedSemaphorePermit, RpcFailure> {
        let count_max = self.context.limits.batch_entries_max;
        if count == 0 {
            return Err(RpcFailure::InvalidRequest("the batch is empty".to_owned()));
        }
        if count > count_max {
            self.context
                .refusals
                .note(Refusal::Batch, self.connection.peer().address);
            let text = format!("the batch has {count} entries, at most {count_max} are served");
            return Err(RpcFailure::InvalidRequest(text));
        }
        self.connection
            .begin_call()
            .ok_or_else(|| self.context.refuse(Refusal::CallInFlight, &self.connection))
    }
}

/// The answers of a batch, by entry.
struct Answers {
    answers: Vec<Option<Box<JsonRawValue>>>,
    bytes: usize,
    bytes_max: u32,
    /// Bytes that have no room yet.
    uncounted: usize,
    /// The room that the others take.
    room: Vec<Room>,
}

impl Answers {
    fn new(entries: usize, bytes_max: u32) -> Self {
        Self {
            answers: vec![None; entries],
            // The first bracket; each answer brings the comma or bracket behind it.
            bytes: 1,
            bytes_max,
            uncounted: 0,
            room: Vec::new(),
        }
    }

    /// The bytes that need room when this answer is kept as well, once they are many.
    fn uncounted(&mut self, answer: &Answer) -> Option<usize> {
        self.uncounted = self.uncounted.saturating_add(answer.json.get().len());
        (self.uncounted > SMALL_BYTES_MAX).then(|| std::mem::take(&mut self.uncounted))
    }

    /// Keeps the answer of an entry; what was held for its call is released.
    fn put(&mut self, index: usize, answer: Answer) -> Result<(), RpcFailure> {
        self.bytes = self
            .bytes
            .saturating_add(answer.json.get().len())
            .saturating_add(1);
        if self.bytes > usize::try_from(self.bytes_max).unwrap_or(usize::MAX) {
            let text = format!("the answer has more than {} bytes", self.bytes_max);
            return Err(RpcFailure::Internal(text));
        }
        self.answers[index] = Some(answer.json);
        Ok(())
    }

    /// All of them in one array; `None` when there are none.
    fn into_json(self) -> Option<Box<JsonRawValue>> {
        let mut text = String::with_capacity(self.bytes);
        for answer in self.answers.into_iter().flatten() {
            text.push(if text.is_empty() { '[' } else { ',' });
            text.push_str(answer.get());
        }
        if text.is_empty() {
            return None;
        }
        text.push(']');
        Some(JsonRawValue::from_string(text).expect("a list of answers, each of which is JSON, is JSON"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Answer {
        Answer {
            json: JsonRawValue::from_string(text.to_owned()).expect("JSON"),
            handed_over: None,
            room: Vec::new(),
        }
    }

    #[test]
    fn answers_are_in_the_order_of_the_entries() {
        let mut answers = Answers::new(4, 100);
        for (index, text) in [(2, "22"), (0, "\"a\""), (3, "{}")] {
            answers.put(index, answer(text)).expect("small");
        }
        let json = answers.into_json().expect("answers");
        assert_eq!(json.get(), r#"["a",22,{}]"#);
        assert!(Answers::new(2, 100).into_json().is_none());
    }

    #[test]
    fn the_bound_is_on_the_text_of_all() {
        let mut answers = Answers::new(3, 8);
        answers.put(2, answer("22")).expect("[22] has 4 bytes");
        answers.put(1, answer("333")).expect("[333,22] has 8 bytes");
        assert!(answers.put(0, answer("1")).is_err());
    }
}
