//! The account store: open, view, execute, commit, publish.
//!
//! ```text
//!   begin_block --> BlockState --finish--> Delta --(caller seals)--> BlockRecord
//!        ^                                                               | commit: append, one sync
//!        |                                                               v
//!      view <------------- publish (one exchange) <------------------- Durable
//! ```
//!
//! Invariants: what a view shows is durable; a view never changes while it is held; blocks become
//! visible one by one in the order of their slots. Readers and the publication of blocks never wait
//! for each other's work: a view is a handle on a state that does not change, and publishing replaces
//! the newest state by the next, which is ready by then. The work that publishing leaves behind
//! ([`crate::versions`]) is done when the next block begins.
//!
//! # Locks
//!
//! The log (commit); the index of records; what is unsettled (publish and settle); the current state, held
//! for one exchange or look-up; the parts of the table, each held for one look-up or its share of a merge. All are
//! taken in this order and none is held when a call returns, so views can be held as one likes.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isobath_sdk::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::Genesis;

use crate::block_state::BlockState;
use crate::error::{CommitError, Damage, OpenError, ReadError, RecordError, StorageError};
use crate::ledger_header::{self, Beginning, LedgerHeader};
use crate::log::{Fault, Frame, Log, LogReader, Tail};
use crate::record::{BlockRecord, Delta, History};
use crate::recover::{Replayed, replay};
use crate::state::{Advance, State, Totals};
use crate::storage::Storage;
use crate::versions::Versions;
use crate::view::View;

/// A durable account store. Shared by reference between one committing thread and any readers.
pub struct AccountsDb {
    log: Mutex<Log>,
    versions: Versions,
    /// Offset of the record of slot `n` at index `n - 1`, published records only.
    index: Mutex<Vec<u64>>,
    reader: LogReader,
}

/// What opening a ledger found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenReport {
    /// Blocks replayed; also the slot of the view.
    pub blocks: u64,
    /// Bytes that an interrupted write had left at the end and that were cut off. Tell the operator
    /// if it is not zero: no committed block was in them.
    pub torn_bytes_cut: u64,
    /// Whether the ledger is new.
    pub created: bool,
}

/// A block that is durable and not yet visible.
#[must_use = "a committed block is invisible, and no other can follow, until it is published"]
pub struct Durable {
    history: History,
    offset: u64,
    advance: Advance,
}

impl Durable {
    /// Slot of the block.
    #[must_use]
    pub fn slot(&self) -> u64 {
        self.advance.layer.slot()
    }

    /// What happened in the block.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// The accounts that the block changed, by ascending key; `None` for a closed one. They are the
    /// ones that views will share, so keeping them costs a count each.
    #[must_use]
    pub fn changes(&self) -> &[(Pubkey, Option<Arc<Account>>)] {
        self.advance.layer.changes()
    }
}

impl fmt::Debug for Durable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Durable")
            .field("slot", &self.slot())
            .finish_non_exhaustive()
    }
}

impl AccountsDb {
    /// Opens the ledger in `storage`, or creates it for `genesis`, and replays it.
    ///
    /// Each stored block is handed to `on_block` in order, after it was checked and before it joins
    /// the accounts; the caller rebuilds from it what else it keeps. A torn tail is cut. Everything
    /// replayed is synced before this returns, also what a process that died had written but not
    /// synced. Time and input are linear in the ledger.
    ///
    /// # Errors
    /// - [`OpenError::GenesisMismatch`], [`OpenError::InvalidGenesis`],
    ///   [`OpenError::UnsupportedFormat`]: this ledger cannot be used with this genesis or version.
    /// - [`OpenError::Corrupt`]: a block known durable is damaged. Nothing was cut.
    /// - [`OpenError::Rejected`]: `on_block` refused a block.
    /// - [`OpenError::Storage`]: the storage refused an operation.
    pub fn open(
        mut storage: Box<dyn Storage>,
        genesis: &Genesis,
        on_block: &mut dyn FnMut(&BlockRecord) -> Result<(), String>,
    ) -> Result<(Self, OpenReport), OpenError> {
        let versions = Versions::new(State::from_genesis(genesis)?);
        let start = open_header(&mut *storage, genesis)?;
        let reader = storage
            .reader()
            .map_err(|source| StorageError::new("open", source))?;
        let reader = LogReader::new(reader, start.header.key.clone());
        let mut index = Vec::new();
        let replayed = replay(&reader, Tail::first(&start.header), |offset, record| {
            let state = versions.current();
            let totals = check_stored(&state, &record, offset)?;
            let slot = record.history.header.slot;
            on_block(&record).map_err(|reason| OpenError::Rejected { slot, reason })?;
            versions.publish(&state.advance(&record.history.header, totals, record.delta));
            drop(state);
            versions.settle();
            index.push(offset);
            Ok(())
        })?;
        if !start.created {
            settle(&mut *storage, &replayed)?;
        }
        let torn_bytes_cut = start.torn_bytes.saturating_add(replayed.torn_bytes);
        let report = OpenReport {
            blocks: versions.current().slot,
            torn_bytes_cut,
            created: start.created,
        };
        let log = Mutex::new(Log::new(storage, start.header.key, replayed.tail));
        let index = Mutex::new(index);
        Ok((
            Self {
                log,
                versions,
                index,
                reader,
            },
            report,
        ))
    }

    /// The genesis that the ledger in `storage` was created with; `None` if there is no ledger yet,
    /// or one whose creation was interrupted.
    ///
    /// # Errors
    /// [`OpenError::Corrupt`], [`OpenError::UnsupportedFormat`] and [`OpenError::Storage`].
    pub fn genesis_of(storage: &dyn Storage) -> Result<Option<Genesis>, OpenError> {
        Ok(match ledger_header::read(storage)? {
            Beginning::Ledger(ledger) => Some(ledger.1),
            Beginning::Empty | Beginning::Torn { .. } => None,
        })
    }

    /// The accounts at the end of the last published block.
    #[must_use]
    pub fn view(&self) -> View {
        View::new(self.versions.current())
    }

    /// Starts the next block on top of the published view. First merges what earlier blocks changed, as far as no
    /// older view is held: the work that [`AccountsDb::publish`] left undone.
    ///
    /// # Panics
    /// If a publication panicked.
    #[must_use]
    pub fn begin_block(&self) -> BlockState {
        self.versions.settle();
        BlockState::new(self.view())
    }

    /// Makes `record` durable with one append and one sync. Nothing becomes visible before
    /// [`AccountsDb::publish`].
    ///
    /// # Errors
    /// - [`CommitError::Storage`]: the storage refused. The handle is dead from here on.
    /// - [`CommitError::Poisoned`]: an earlier commit failed so.
    /// - [`CommitError::OutOfOrder`], [`CommitError::Unpublished`], [`CommitError::TooLarge`],
    ///   [`CommitError::Record`]: the record was refused and nothing was written.
    ///
    /// # Panics
    /// In debug builds if the result names another delta root.
    pub fn commit(&self, record: BlockRecord) -> Result<Durable, CommitError> {
        let mut log = self.log.lock().map_err(|_| CommitError::Poisoned)?;
        let state = self.versions.current();
        let totals = check_next(&state, &log, &record)?;
        debug_assert_eq!(
            check_root(&record),
            Ok(()),
            "the result names the root of its own delta"
        );
        let offset = log.append(&record)?;
        drop(log);
        let BlockRecord { history, delta } = record;
        let advance = state.advance(&history.header, totals, delta);
        Ok(Durable {
            history,
            offset,
            advance,
        })
    }

    /// Makes a durable block visible: the view moves to its slot.
    ///
    /// # Panics
    /// As [`AccountsDb::publish_keeping`].
    pub fn publish(&self, durable: Durable) {
        drop(self.publish_keeping(durable));
    }

    /// Makes a durable block visible as [`AccountsDb::publish`] does, and returns what happened in it, since freeing
    /// that takes time in proportion to the block. The publication itself does not, and waits for no reader.
    ///
    /// # Panics
    /// If the block is not the next one, which only a block of another store can be, or if an
    /// earlier publication panicked.
    pub fn publish_keeping(&self, durable: Durable) -> History {
        // Both under the lock of the index: who sees the block can read it, and nobody reads it before.
        let mut index = self.index();
        self.versions.publish(&durable.advance);
        index.push(durable.offset);
        drop(index);
        durable.history
    }

    /// What happened in the block of `slot`, read from the ledger and verified. `None` for slot 0 and
    /// for slots not published. Allowed while a view is held.
    ///
    /// # Errors
    /// [`ReadError::Corrupt`] if the record was damaged since opening, [`ReadError::Storage`].
    pub fn history(&self, slot: u64) -> Result<Option<History>, ReadError> {
        self.read(slot, LogReader::history)
    }

    /// What the block of `slot` changed, read from the ledger and verified. `None` for slot 0 and for
    /// slots not published. Allowed while a view is held.
    ///
    /// # Errors
    /// [`ReadError::Corrupt`] if the record was damaged since opening, [`ReadError::Storage`].
    pub fn delta(&self, slot: u64) -> Result<Option<Delta>, ReadError> {
        self.read(slot, LogReader::delta)
    }

    fn read<T>(
        &self,
        slot: u64,
        part: impl Fn(&LogReader, &Frame) -> Result<T, Fault>,
    ) -> Result<Option<T>, ReadError> {
        let Some(offset) = self.offset_of(slot) else {
            return Ok(None);
        };
        let read = || {
            let frame = self.reader.frame(slot, offset, self.reader.len()?)?;
            part(&self.reader, &frame)
        };
        read()
            .map(Some)
            .map_err(|fault: Fault| fault.locate(slot, offset))
    }

    /// Offset of the record of `slot`; `None` for the genesis and for what is not published.
    fn offset_of(&self, slot: u64) -> Option<u64> {
        let position = usize::try_from(slot.checked_sub(1)?).ok()?;
        self.index().get(position).copied()
    }

    fn index(&self) -> MutexGuard<'_, Vec<u64>> {
        // A push or a look-up leaves the index whole whatever panics around it.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for AccountsDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountsDb")
            .field("blocks", &self.index().len())
            .finish_non_exhaustive()
    }
}

/// The start of a ledger, and how it came about.
struct Start {
    header: LedgerHeader,
    created: bool,
    /// Bytes of an interrupted creation that were replaced.
    torn_bytes: u64,
}

/// Reads and checks the start of the ledger, or writes it where nothing was ever committed.
fn open_header(storage: &mut dyn Storage, genesis: &Genesis) -> Result<Start, OpenError> {
    let torn_bytes = match ledger_header::read(storage)? {
        Beginning::Ledger(ledger) => {
            let (header, given) = (ledger.0, genesis.hash());
            if header.genesis_hash != given {
                return Err(OpenError::GenesisMismatch {
                    ledger: header.genesis_hash,
                    given,
                });
            }
            return Ok(Start {
                header,
                created: false,
                torn_bytes: 0,
            });
        }
        Beginning::Empty => 0,
        Beginning::Torn { len, proven } if proven || len <= ledger_header::encoded_len(genesis) => len,
        Beginning::Torn { .. } => {
            return Err(OpenError::Corrupt {
                slot: 0,
                offset: 0,
                what: Damage::LedgerHeader,
            });
        }
    };
    let header = ledger_header::create(storage, genesis, ledger_header::fresh_salt())?;
    Ok(Start {
        header,
        created: true,
        torn_bytes,
    })
}

/// Cuts a torn tail and makes everything before it durable, whichever process wrote it: from here on
/// all that was replayed counts as durable.
fn settle(storage: &mut dyn Storage, replayed: &Replayed) -> Result<(), StorageError> {
    if replayed.torn_bytes > 0 {
        let cut = storage.truncate(replayed.tail.offset);
        cut.map_err(|source| StorageError::new("cut the torn tail of", source))?;
    }
    storage.sync().map_err(|source| StorageError::new("sync", source))
}

/// Whether `record` may be appended to `log` now; what it leads to.
fn check_next(state: &State, log: &Log, record: &BlockRecord) -> Result<Totals, CommitError> {
    if log.is_dead() {
        return Err(CommitError::Poisoned);
    }
    let (committed, found) = (log.durable_slot(), record.history.header.slot);
    let expected = committed.saturating_add(1);
    if found != expected {
        return Err(CommitError::OutOfOrder { expected, found });
    }
    if state.slot != committed {
        return Err(CommitError::Unpublished { slot: committed });
    }
    Ok(state.check(record)?)
}

/// Holds a stored record against the accounts before it; what it leads to.
fn check_stored(state: &State, record: &BlockRecord, offset: u64) -> Result<Totals, OpenError> {
    let slot = record.history.header.slot;
    let checked = check_root(record).and_then(|()| state.check(record));
    checked.map_err(|error| OpenError::Corrupt {
        slot,
        offset,
        what: Damage::Record(error),
    })
}

/// Whether the result names the root of the record's delta.
fn check_root(record: &BlockRecord) -> Result<(), RecordError> {
    if record.delta.root() == record.history.result.delta_root {
        Ok(())
    } else {
        Err(RecordError::DeltaRoot)
    }
}
