//! What happened while a transaction ran, as compact events.
//!
//! Executing a transaction records events; Solana's log text is rendered from them only when a client requests it. An
//! event holds keys and numbers, so the executor formats nothing and the block store keeps less. Inner instructions are
//! events too, because they are recorded at the same moments and read by the same clients; they have no text, and neither
//! has the amount of loaded data.
//!
//! Data flow: the executor fills a bounded [`Events`], which encodes them in borsh; the block keeps them so; the RPC server
//! reads an [`EventList`] and calls [`render_logs`]. Events are not part of any hash: logs are for humans.

mod collector;
mod list;

use std::borrow::Borrow;
use std::fmt::{self, Write};

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use borsh::{BorshDeserialize, BorshSerialize};

pub use self::collector::{Events, LOG_TEXT_LIMIT_BYTES};
pub use self::list::{EventIter, EventList};
use crate::instruction_error::InstructionError;
use crate::pubkey::Pubkey;

/// One thing that happened during a transaction.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Event {
    /// A program was called. `Program <id> invoke [<depth>]`
    Invoke {
        /// The program.
        program_id: Pubkey,
        /// 1 for an instruction of the transaction, 2 for a program that it calls, and so on.
        depth: u8,
    },
    /// A program logged a message. `Program log: <message>`
    Log(String),
    /// A built-in program or the runtime itself wrote a line, which is shown as it is.
    Line(String),
    /// A program logged data. `Program data: <base64> <base64>..`
    Data(Vec<Vec<u8>>),
    /// A program returned data. `Program return: <id> <base64>`
    ReturnData {
        /// The program.
        program_id: Pubkey,
        /// The returned data.
        data: Vec<u8>,
    },
    /// A program asked how much compute budget is left. `Program consumption: <n> units remaining`
    Consumption {
        /// Compute units left to the transaction.
        units_remaining: u64,
    },
    /// A program ended and reports its consumption. Built-in programs do not report theirs.
    /// `Program <id> consumed <n> of <m> compute units`
    Consumed {
        /// The program.
        program_id: Pubkey,
        /// Compute units that it and the programs it called consumed.
        units: u64,
        /// Compute units that were left when it was called.
        limit: u64,
    },
    /// A program succeeded. `Program <id> success`
    Success {
        /// The program.
        program_id: Pubkey,
    },
    /// A program failed. `Program <id> failed: <error>`
    Failed {
        /// The program.
        program_id: Pubkey,
        /// The error.
        error: InstructionError,
    },
    /// A program called another one: the call as an instruction. No text.
    InnerInstruction {
        /// Index of the instruction of the transaction under which the call was made.
        outer_index: u8,
        /// 2 for a call by an instruction of the transaction, 3 for a call by the called program, and so on.
        depth: u8,
        /// Index of the called program in the transaction's account keys.
        program_id_index: u8,
        /// Indexes of the passed accounts in the transaction's account keys.
        accounts: Vec<u8>,
        /// Instruction data.
        data: Vec<u8>,
    },
    /// The text limit was reached and at least one line was dropped. `Log truncated`
    LogTruncated,
    /// The accounts were loaded; recorded last. No text.
    Loaded {
        /// Bytes that count against the transaction's limit of loaded data, at most the limit.
        data_len: u32,
    },
}

impl Event {
    /// The log line of this event, if it has one.
    #[must_use]
    pub fn log_line(&self) -> Option<String> {
        let mut line = String::new();
        self.write_line(&mut line)
            .expect("a string accepts every write")
            .then_some(line)
    }

    /// Writes the log line; false if the event has none.
    fn write_line(&self, out: &mut impl Write) -> Result<bool, fmt::Error> {
        match self {
            Self::Invoke { program_id, depth } => write!(out, "Program {program_id} invoke [{depth}]")?,
            Self::Log(message) => write!(out, "Program log: {message}")?,
            Self::Line(line) => out.write_str(line)?,
            Self::Data(fields) => write_data(out, fields)?,
            Self::ReturnData { program_id, data } => {
                write!(
                    out,
                    "Program return: {program_id} {}",
                    Base64Display::new(data, &STANDARD)
                )?;
            }
            Self::Consumption { units_remaining } => {
                write!(out, "Program consumption: {units_remaining} units remaining")?;
            }
            Self::Consumed {
                program_id,
                units,
                limit,
            } => {
                write!(
                    out,
                    "Program {program_id} consumed {units} of {limit} compute units"
                )?;
            }
            Self::Success { program_id } => write!(out, "Program {program_id} success")?,
            Self::Failed { program_id, error } => write!(out, "Program {program_id} failed: {error}")?,
            Self::InnerInstruction { .. } | Self::Loaded { .. } => return Ok(false),
            Self::LogTruncated => out.write_str("Log truncated")?,
        }
        Ok(true)
    }
}

fn write_data(out: &mut impl Write, fields: &[Vec<u8>]) -> fmt::Result {
    out.write_str("Program data: ")?;
    for (index, field) in fields.iter().enumerate() {
        let separator = if index == 0 { "" } else { " " };
        write!(out, "{separator}{}", Base64Display::new(field, &STANDARD))?;
    }
    Ok(())
}

/// The log lines of a transaction, in Solana's exact text.
#[must_use]
pub fn render_logs<E: Borrow<Event>>(events: impl IntoIterator<Item = E>) -> Vec<String> {
    let lines = events.into_iter().filter_map(|event| event.borrow().log_line());
    lines.collect()
}

#[cfg(test)]
mod tests;
