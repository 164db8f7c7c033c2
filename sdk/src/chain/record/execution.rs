//! The execution of one transaction: as a view into the arenas of its block, and as a value of its own.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::chain::event::{Event, EventList};
use crate::chain::outcome::Outcome;
use crate::pubkey::Pubkey;

/// The execution of one transaction, read in place; see [`Executions`](super::Executions).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecutionRef<'a> {
    /// Class, error, fee, compute units and return data.
    pub outcome: Outcome<&'a [u8]>,
    /// Lamports of the transaction's accounts before it, in the order of its keys.
    pub pre_balances: &'a [u64],
    /// Lamports of the same accounts after it.
    pub post_balances: &'a [u64],
    /// Keys that the transaction loaded from lookup tables; its own bytes do not contain them.
    pub loaded_addresses: LoadedAddresses<&'a [Pubkey]>,
    /// Logs and inner instructions, in the order of their occurrence.
    pub events: EventList<'a>,
}

impl ExecutionRef<'_> {
    /// Copies it out of the arenas.
    #[must_use]
    pub fn to_execution(self) -> Execution {
        Execution {
            outcome: self.outcome.map_data(|data| data.to_vec()),
            pre_balances: self.pre_balances.to_vec(),
            post_balances: self.post_balances.to_vec(),
            loaded_addresses: LoadedAddresses {
                writable: self.loaded_addresses.writable.to_vec(),
                readonly: self.loaded_addresses.readonly.to_vec(),
            },
            events: self.events.to_vec(),
        }
    }
}

/// The execution of one transaction that owns its parts, for executors that keep no arenas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// Class, error, fee, compute units and return data.
    pub outcome: Outcome,
    /// Lamports of the transaction's accounts before it, in the order of its keys.
    pub pre_balances: Vec<u64>,
    /// Lamports of the same accounts after it; as many.
    pub post_balances: Vec<u64>,
    /// Keys that the transaction loaded from lookup tables.
    pub loaded_addresses: LoadedAddresses,
    /// Logs and inner instructions, in the order of their occurrence.
    pub events: Vec<Event>,
}

/// Keys loaded by a transaction's lookups, each list in the order of the message. `L` holds a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LoadedAddresses<L = Vec<Pubkey>> {
    /// Keys loaded as writable.
    pub writable: L,
    /// Keys loaded as read-only.
    pub readonly: L,
}

impl LoadedAddresses {
    /// The same keys, borrowed.
    #[must_use]
    pub fn borrowed(&self) -> LoadedAddresses<&[Pubkey]> {
        LoadedAddresses {
            writable: &self.writable,
            readonly: &self.readonly,
        }
    }
}
