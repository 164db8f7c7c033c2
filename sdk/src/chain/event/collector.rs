//! The bounded collector that one transaction fills.
//!
//! The bound is Agave's: a line is kept while the text so far plus the line stays under [`LOG_TEXT_LIMIT_BYTES`]; the
//! first line that does not fit is replaced by `Log truncated`; shorter lines after it are still kept if they fit.
//! Inner instructions have no text and are never dropped; the instruction trace bounds them.
//!
//! The length of a line depends on the base58 length of keys, which is costly to compute. So the collector counts upper
//! bounds, and only when those would reach the limit does it measure what it holds; from then on it counts exactly. The
//! result is the same as counting exactly from the start: while the upper bound is under the limit, so is the text.

use std::fmt;

use borsh::BorshSerialize;

use super::{Event, EventList};
use crate::instruction_error::InstructionError;
use crate::pubkey::Pubkey;

/// Bytes of log text at which a transaction's log is truncated.
pub const LOG_TEXT_LIMIT_BYTES: usize = 10_000;

/// Longest base58 text of a key.
const KEY_LEN_MAX: usize = 44;
/// Longest decimal text of a u64.
const U64_LEN_MAX: usize = 20;
/// Longest decimal text of a u8.
const U8_LEN_MAX: usize = 3;

const PROGRAM_LOG_LEN: usize = "Program log: ".len();
const PROGRAM_DATA_LEN: usize = "Program data: ".len();
const INVOKE_LEN_MAX: usize = "Program  invoke []".len() + KEY_LEN_MAX + U8_LEN_MAX;
const RETURN_LEN_MAX: usize = "Program return: ".len() + KEY_LEN_MAX;
const CONSUMPTION_LEN_MAX: usize = "Program consumption:  units remaining".len() + U64_LEN_MAX;
const CONSUMED_LEN_MAX: usize = "Program  consumed  of  compute units".len() + KEY_LEN_MAX + 2 * U64_LEN_MAX;
const SUCCESS_LEN_MAX: usize = "Program  success".len() + KEY_LEN_MAX;

/// The first byte of an encoded [`Event::Log`].
const LOG: u8 = 1;
/// The first byte of an encoded [`Event::Line`].
const LINE: u8 = 2;

/// Events of one transaction, bounded by the length of their log text. They are encoded when they are recorded, behind
/// those of earlier transactions if the collector was given any.
#[derive(Clone, Debug, Default)]
pub struct Events {
    bytes: Vec<u8>,
    /// Where the events of this transaction begin.
    start: usize,
    /// Bytes of log text held: an upper bound until `is_exact`.
    text_bytes: usize,
    is_exact: bool,
    is_truncated: bool,
}

impl Events {
    /// An empty collector.
    #[must_use]
    pub const fn new() -> Self {
        Self::append_to(Vec::new())
    }

    /// A collector that writes behind `bytes`.
    pub(crate) const fn append_to(bytes: Vec<u8>) -> Self {
        Self {
            start: bytes.len(),
            bytes,
            text_bytes: 0,
            is_exact: false,
            is_truncated: false,
        }
    }

    /// Records an event, or the truncation if its line does not fit.
    pub fn push(&mut self, event: Event) {
        if self.admit(event.line_len_max(), || event.line_len()) {
            self.write(&event);
        }
    }

    /// Records that a program was called; `depth` is 1 for an instruction of the transaction.
    pub fn push_invoke(&mut self, program_id: Pubkey, depth: u8) {
        self.push(Event::Invoke { program_id, depth });
    }

    /// Records a program's message.
    pub fn push_log(&mut self, message: &str) {
        let line_len = PROGRAM_LOG_LEN.saturating_add(message.len());
        if self.admit(line_len, || line_len) {
            self.write(&(LOG, message));
        }
    }

    /// Records a line of a built-in program or of the runtime, shown as it is.
    pub fn push_line(&mut self, line: &str) {
        if self.admit(line.len(), || line.len()) {
            self.write(&(LINE, line));
        }
    }

    /// Records data that a program logged.
    pub fn push_data(&mut self, fields: &[&[u8]]) {
        self.push(Event::Data(fields.iter().map(|field| field.to_vec()).collect()));
    }

    /// Records data that a program returned.
    pub fn push_return_data(&mut self, program_id: Pubkey, data: &[u8]) {
        self.push(Event::ReturnData {
            program_id,
            data: data.to_vec(),
        });
    }

    /// Records what a program consumed of the units that were left when it was called.
    pub fn push_consumed(&mut self, program_id: Pubkey, units: u64, limit: u64) {
        self.push(Event::Consumed {
            program_id,
            units,
            limit,
        });
    }

    /// Records that a program succeeded.
    pub fn push_success(&mut self, program_id: Pubkey) {
        self.push(Event::Success { program_id });
    }

    /// Records that a program failed.
    pub fn push_failed(&mut self, program_id: Pubkey, error: InstructionError) {
        self.push(Event::Failed { program_id, error });
    }

    /// The events so far.
    #[must_use]
    pub fn list(&self) -> EventList<'_> {
        let own = self.bytes.get(self.start..).unwrap_or_default();
        EventList::new_unchecked(own)
    }

    /// All bytes, those of earlier transactions included.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The bytes of earlier transactions.
    pub(crate) fn into_bytes_before(mut self) -> Vec<u8> {
        self.bytes.truncate(self.start);
        self.bytes
    }

    /// Bytes of the events in a record.
    #[must_use]
    pub const fn encoded_len(&self) -> usize {
        self.bytes.len().saturating_sub(self.start)
    }

    /// Whether a line was dropped.
    #[must_use]
    pub const fn is_truncated(&self) -> bool {
        self.is_truncated
    }

    /// Counts a line of at most `len_max` bytes, or records the truncation and returns false.
    fn admit(&mut self, len_max: usize, len: impl FnOnce() -> usize) -> bool {
        if !self.is_exact {
            let bound = self.text_bytes.saturating_add(len_max);
            if bound < LOG_TEXT_LIMIT_BYTES {
                self.text_bytes = bound;
                return true;
            }
            let lines = self.list().iter().map(|event| event.line_len());
            self.text_bytes = lines.fold(0, usize::saturating_add);
            self.is_exact = true;
        }
        self.admit_exact(len())
    }

    fn admit_exact(&mut self, len: usize) -> bool {
        let total = self.text_bytes.saturating_add(len);
        // An event without a line has length zero and always fits: the text held is under the limit.
        if total < LOG_TEXT_LIMIT_BYTES {
            self.text_bytes = total;
            return true;
        }
        if !self.is_truncated {
            self.is_truncated = true;
            self.write(&Event::LogTruncated);
        }
        false
    }

    fn write(&mut self, event: &impl BorshSerialize) {
        event
            .serialize(&mut self.bytes)
            .expect("a vector accepts every write");
    }
}

impl Event {
    /// Bytes of the log line; zero if the event has none.
    pub(super) fn line_len(&self) -> usize {
        let mut count = ByteCount(0);
        self.write_line(&mut count)
            .expect("a counter accepts every write");
        count.0
    }

    /// An upper bound of the bytes of the log line that needs no base58.
    pub(super) fn line_len_max(&self) -> usize {
        match self {
            Self::Invoke { .. } => INVOKE_LEN_MAX,
            Self::Log(message) => PROGRAM_LOG_LEN.saturating_add(message.len()),
            Self::Line(line) => line.len(),
            Self::Data(fields) => fields.iter().fold(PROGRAM_DATA_LEN, |len, field| {
                len.saturating_add(base64_len_max(field.len()))
            }),
            Self::ReturnData { data, .. } => RETURN_LEN_MAX.saturating_add(base64_len_max(data.len())),
            Self::Consumption { .. } => CONSUMPTION_LEN_MAX,
            Self::Consumed { .. } => CONSUMED_LEN_MAX,
            Self::Success { .. } => SUCCESS_LEN_MAX,
            // Failures are rare and have many texts, so they are measured.
            Self::Failed { .. } | Self::LogTruncated => self.line_len(),
            Self::InnerInstruction { .. } | Self::Loaded { .. } => 0,
        }
    }
}

/// Bytes of the base64 text of `len` bytes and one separating blank.
const fn base64_len_max(len: usize) -> usize {
    len.div_ceil(3).saturating_mul(4).saturating_add(1)
}

/// Counts the bytes written to it.
struct ByteCount(usize);

impl fmt::Write for ByteCount {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.saturating_add(text.len());
        Ok(())
    }
}
