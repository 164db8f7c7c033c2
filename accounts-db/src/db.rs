//! The account store: open, view, execute, commit, publish.
//!
//! ```text
//!   begin_block --> BlockState --finish--> Delta --(caller seals)--> BlockRecord
//!        ^                                                               | commit: append, one sync
//!        |                                                               v
//!      view <------------- publish (short write lock) <-------------- Durable
//! ```
//!
//! Invariants: what a view shows is durable; a view never changes while it is held; blocks become
//! visible one by one in the order of their slots. Commit does its input and output without any
//! lock that readers take, so readers wait only for the merge.
//!
//! # Locks
//!
//! Three, always taken in this order: the log (commit), the accounts (views; written by publish),
//! the index of records (innermost, held for one push or look-up). A thread that holds a [`View`] or
//! a [`BlockState`] may read history and deltas, and must drop it before it commits, publishes, or
//! takes another.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use isobath_sdk::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::Genesis;

use crate::block_state::BlockState;
use crate::error::{CommitError, Damage, OpenError, ReadError, RecordError, StorageError};
use crate::ledger_header::{self, Beginning, LedgerHeader};
use crate::log::{Fault, Frame, Log, LogReader, Tail};
use crate::record::{BlockRecord, Delta, History};
use crate::recover::{Replayed, replay};
use crate::state::{Advance, State};
use crate::storage::Storage;
use crate::view::View;

/// A durable account store. Shared by reference between one committing thread and any readers.
pub struct AccountsDb {
    log: Mutex<Log>,
    state: RwLock<State>,
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
#[derive(Debug)]
#[must_use = "a committed block is invisible, and no other can follow, until it is published"]
pub struct Durable {
    history: History,
    offset: u64,
    advance: Advance,
}

impl Durable {
    /// Slot of the block.
    #[must_use]
    pub const fn slot(&self) -> u64 {
        self.advance.slot
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
        &self.advance.changes
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
        let mut state = State::from_genesis(genesis)?;
        let start = open_header(&mut *storage, genesis)?;
        let reader = storage
            .reader()
            .map_err(|source| StorageError::new("open", source))?;
        let reader = LogReader::new(reader, start.header.key.clone());
        let mut index = Vec::new();
        let replayed = replay(&reader, Tail::first(&start.header), |offset, record| {
            let capitalization = check_stored(&state, &record, offset)?;
            let slot = record.history.header.slot;
            on_block(&record).map_err(|reason| OpenError::Rejected { slot, reason })?;
            state.advance(Advance::new(&record.history.header, capitalization, record.delta));
            index.push(offset);
            Ok(())
        })?;
        if !start.created {
            settle(&mut *storage, &replayed)?;
        }
        let torn_bytes_cut = start.torn_bytes.saturating_add(replayed.torn_bytes);
        let report = OpenReport {
            blocks: state.slot,
            torn_bytes_cut,
            created: start.created,
        };
        let log = Mutex::new(Log::new(storage, start.header.key, replayed.tail));
        let (state, index) = (RwLock::new(state), Mutex::new(index));
        Ok((
            Self {
                log,
                state,
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

    /// The accounts at the end of the last published block. See [`View`] for the lock that it holds.
    ///
    /// # Panics
    /// If a publication panicked.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View::new(self.state.read().expect("no publication panicked half way"))
    }

    /// The accounts at the end of the block of `slot`, if that is the last published one. Older views need
    /// the pre-images of later blocks, which this form of the store does not keep.
    ///
    /// # Panics
    /// If a publication panicked.
    #[must_use]
    pub fn view_at(&self, slot: u64) -> Option<View<'_>> {
        Some(self.view()).filter(|view| view.slot() == slot)
    }

    /// Starts the next block on top of the published view, which it holds until it is finished or
    /// dropped.
    ///
    /// # Panics
    /// If a publication panicked.
    #[must_use]
    pub fn begin_block(&self) -> BlockState<'_> {
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
    /// If a publication panicked, and in debug builds if the result names another delta root.
    pub fn commit(&self, record: BlockRecord) -> Result<Durable, CommitError> {
        let mut log = self.log.lock().map_err(|_| CommitError::Poisoned)?;
        let capitalization = self.check_next(&log, &record)?;
        debug_assert_eq!(
            check_root(&record),
            Ok(()),
            "the result names the root of its own delta"
        );
        let offset = log.append(&record)?;
        drop(log);
        let BlockRecord { history, delta } = record;
        let advance = Advance::new(&history.header, capitalization, delta);
        Ok(Durable {
            history,
            offset,
            advance,
        })
    }

    /// Makes a durable block visible: the view moves to its slot. Waits for views to be dropped.
    ///
    /// # Panics
    /// If the block is not the next one, which only a block of another store can be, or if an
    /// earlier publication panicked.
    pub fn publish(&self, durable: Durable) {
        let mut state = self.state.write().expect("no publication panicked half way");
        let retired = state.advance(durable.advance);
        self.index().push(durable.offset);
        drop(state);
        // Freed only now, so that readers do not wait for it.
        drop(retired);
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

    /// Whether `record` may be appended now; the capitalization after it.
    fn check_next(&self, log: &Log, record: &BlockRecord) -> Result<u64, CommitError> {
        if log.is_dead() {
            return Err(CommitError::Poisoned);
        }
        let (committed, found) = (log.durable_slot(), record.history.header.slot);
        let expected = committed.saturating_add(1);
        if found != expected {
            return Err(CommitError::OutOfOrder { expected, found });
        }
        let state = self.state.read().expect("no publication panicked half way");
        if state.slot != committed {
            return Err(CommitError::Unpublished { slot: committed });
        }
        Ok(state.check(record)?)
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

/// Holds a stored record against the accounts before it; the capitalization after it.
fn check_stored(state: &State, record: &BlockRecord, offset: u64) -> Result<u64, OpenError> {
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
