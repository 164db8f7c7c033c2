//! The ledger and the accounts together: durability, then publication.
//!
//! ```text
//!   open_block ---> (runtime executes, seals) --> BlockRecord
//!        ^                                             | commit: check, append, one sync
//!        |                                             v
//!      view <------------- publish (one exchange) <-- Durable
//! ```
//!
//! Invariants, whatever happens to the process or the machine:
//!
//! - A commit that returned `Ok` is there after reopening. A reopened store holds a prefix of the commits and at most
//!   the one that was in flight, nothing else.
//! - What a view shows is durable. Blocks are published one by one in slot order.
//! - A record is rejected if the accounts do not sum to the capitalization in its result, when it is committed and when
//!   it is replayed.
//!
//! # Example
//!
//! ```
//! use isobath_node::Store;
//! use isobath_sdk::chain::accounts::{BlockAccounts, LaneAccounts};
//! use isobath_storage::FileStorage;
//! # use isobath_sdk::chain::record::{BlockRecord, Delta, Executions, History};
//! # use isobath_sdk::chain::header::{Anchor, HEADER_VERSION, Header, transactions_root};
//! # use isobath_sdk::chain::merkle::EMPTY_ROOT;
//! # use isobath_sdk::chain::result::{BlockResult, FeeTotals, RESULT_VERSION};
//! use isobath_sdk::chain::account::Account;
//! use isobath_sdk::chain::genesis::{Genesis, dev_keypairs};
//! # /// Seals an empty block with this delta on top of the genesis.
//! # fn seal(genesis: &Genesis, delta: Delta, capitalization: u64) -> BlockRecord {
//! #     let hash = genesis.hash();
//! #     let header = Header {
//! #         version: HEADER_VERSION, rules_version: genesis.rules_version, genesis_hash: hash, slot: 1,
//! #         height: 1, parent_slot: 0, parent_hash: hash, timestamp_ms: genesis.start_time_ms,
//! #         producer: genesis.producers[0], transactions_root: transactions_root::<&[u8]>([]),
//! #         transaction_count: 0, anchor: Anchor { slot: 0, result_hash: hash },
//! #     };
//! #     let result = BlockResult {
//! #         version: RESULT_VERSION, slot: 1, height: 1, block_hash: header.blockhash(),
//! #         parent_result_hash: hash, delta_root: delta.root(), outcomes_root: EMPTY_ROOT,
//! #         state_root: None, capitalization, fees: FeeTotals::default(), compute_units: 0,
//! #     };
//! #     let history = History { header, transactions: vec![], executions: Executions::new(), result };
//! #     BlockRecord { history, delta }
//! # }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let genesis = Genesis::development();
//! let [alice, bob, ..] = dev_keypairs().map(|keypair| keypair.pubkey());
//!
//! // A new ledger. The last argument is called with every stored block; there is none yet.
//! let storage = Box::new(FileStorage::open(folder)?);
//! let (db, report) = Store::open(storage, &genesis, &mut |_| Ok(()))?;
//! assert!(report.created);
//!
//! // A block moves 7 lamports. Its delta contains the changed accounts only.
//! let mut block = db.open_block();
//! for (key, change) in [(alice, -7), (bob, 7)] {
//!     let account = block.current(&key).ok_or("a development key")?;
//!     let lamports = account.lamports.checked_add_signed(change).ok_or("out of range")?;
//!     block.put(&key, Account { lamports, ..account });
//! }
//! let (delta, ended) = block.finish(0);
//! let capitalization = db.view().capitalization();
//! let record = seal(&genesis, delta, capitalization);
//!
//! // Durable first, then published.
//! let durable = db.commit(record, ended)?;
//! assert_eq!(db.view().slot(), 0);
//! db.publish(durable);
//! assert_eq!(db.view().slot(), 1);
//! assert_eq!(db.view().sum_lamports(), u128::from(capitalization));
//!
//! // All of it is there after reopening.
//! let balance = db.view().get(&bob).map(|account| account.lamports);
//! drop(db);
//! let storage = Box::new(FileStorage::open(folder)?);
//! let (db, report) = Store::open(storage, &genesis, &mut |_| Ok(()))?;
//! assert_eq!(report.blocks, 1);
//! assert_eq!(db.view().get(&bob).map(|account| account.lamports), balance);
//! assert!(db.history(1)?.is_some());
//! # Ok(())
//! # }
//! ```

use std::fmt;

use isobath_accounts_db::{AccountsDb, EndedBlock, OpenBlock, View, read_delta};
use isobath_ledger::{Appended, CommitError, Ledger, OpenError, OpenReport, ReadError, Rejection};
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::{BlockRecord, Delta, History, RecordedDelta};
use isobath_storage::Storage;

/// A durable account store. Shared by reference between one committing thread and any number of readers.
pub struct Store {
    ledger: Ledger,
    accounts: AccountsDb,
}

/// A block that is durable but not published.
#[must_use = "publish the committed block; readers do not see it and no block can follow until then"]
pub struct Durable<T = Vec<u8>> {
    record: BlockRecord<T>,
    appended: Appended,
    ended: EndedBlock,
}

impl<T> Durable<T> {
    /// Slot of the block.
    #[must_use]
    pub const fn slot(&self) -> u64 {
        self.record.history.header.slot
    }

    /// Bytes of its record.
    #[must_use]
    pub const fn record_bytes(&self) -> u64 {
        self.appended.record_bytes()
    }

    /// The history of the block.
    #[must_use]
    pub const fn history(&self) -> &History<T> {
        &self.record.history
    }

    /// The accounts that the block changed, by ascending key; `None` for a closed one. Views share their contents, so
    /// keeping one costs a reference count.
    #[must_use]
    pub fn changes(&self) -> &[(Pubkey, Option<Account>)] {
        &self.record.delta.accounts
    }

    /// The same accounts before the block, in the same order; `None` for one that did not exist.
    pub fn accounts_before(&self) -> impl Iterator<Item = Option<Account>> {
        self.ended.accounts_before()
    }
}

impl<T> fmt::Debug for Durable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Durable")
            .field("slot", &self.slot())
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the ledger in `storage`, or creates it for `genesis`, and replays it.
    ///
    /// Each stored block is handed to `on_block` in order, after it was checked and before it changes the accounts; the
    /// caller rebuilds its own state from it. A torn tail is cut. Everything replayed is synced before this returns,
    /// including what a killed process had written but not synced. Time and input are linear in the ledger.
    ///
    /// # Errors
    /// - [`OpenError::GenesisMismatch`], [`OpenError::InvalidGenesis`],
    ///   [`OpenError::UnsupportedFormat`]: this ledger cannot be used with this genesis or version.
    /// - [`OpenError::Corrupt`]: a block known durable is damaged. Nothing was cut.
    /// - [`OpenError::Rejected`]: `on_block` rejected a block.
    /// - [`OpenError::Storage`]: a storage operation failed.
    pub fn open(
        storage: Box<dyn Storage>,
        genesis: &Genesis,
        on_block: &mut dyn FnMut(&BlockRecord) -> Result<(), String>,
    ) -> Result<(Self, OpenReport), OpenError> {
        let accounts = AccountsDb::new(genesis)?;
        let (ledger, report) = Ledger::open(storage, genesis, &mut |stored| {
            let record = accounts.restore(stored).map_err(Rejection::Record)?;
            let ended = accounts.apply(&record).map_err(Rejection::Record)?;
            on_block(&record).map_err(Rejection::Other)?;
            accounts.publish(ended, &record.history.header);
            Ok(())
        })?;
        Ok((Self { ledger, accounts }, report))
    }

    /// The genesis that the ledger in `storage` was created with; `None` if there is no ledger yet,
    /// or one whose creation was interrupted.
    ///
    /// # Errors
    /// [`OpenError::Corrupt`], [`OpenError::UnsupportedFormat`] and [`OpenError::Storage`].
    pub fn genesis_of(storage: &dyn Storage) -> Result<Option<Genesis>, OpenError> {
        Ledger::genesis_of(storage)
    }

    /// The slot that opening the ledger in `storage` will end with, for showing progress; one more if the last record was
    /// cut short.
    ///
    /// # Errors
    /// [`OpenError::Corrupt`], [`OpenError::UnsupportedFormat`] and [`OpenError::Storage`].
    pub fn newest_slot_of(storage: &dyn Storage) -> Result<u64, OpenError> {
        Ledger::newest_slot_of(storage)
    }

    /// The accounts at the end of the last published block.
    #[must_use]
    pub fn view(&self) -> View {
        self.accounts.view()
    }

    /// How the store hashes keys; see [`AccountsDb::key_hasher`].
    #[must_use]
    pub fn key_hasher(&self) -> KeyHasher {
        self.accounts.key_hasher()
    }

    /// Changes how many bytes held views may keep in memory; see [`AccountsDb::limit_held_bytes`].
    pub fn limit_held_bytes(&self, max: u64) {
        self.accounts.limit_held_bytes(max);
    }

    /// Bytes that held views and the open block keep in memory; see [`AccountsDb::held_bytes`].
    #[must_use]
    pub fn held_bytes(&self) -> u64 {
        self.accounts.held_bytes()
    }

    /// Number of views that were revoked because they kept too much in memory.
    #[must_use]
    pub fn views_revoked(&self) -> u64 {
        self.accounts.views_revoked()
    }

    /// Opens the block after the newest view; see [`AccountsDb::open_block`].
    ///
    /// # Panics
    /// While another block is open, or has ended and is neither published nor dropped.
    #[must_use]
    pub fn open_block(&self) -> OpenBlock {
        self.accounts.open_block()
    }

    /// Opens the block after the one that has ended; see [`AccountsDb::open_next`].
    ///
    /// # Panics
    /// While another block is open.
    #[must_use]
    pub fn open_next(&self) -> OpenBlock {
        self.accounts.open_next()
    }

    /// Makes `record`, the record of the block that `ended`, durable with one append and one sync. Readers do not see it
    /// before [`Store::publish`].
    ///
    /// # Errors
    /// - [`CommitError::Storage`]: a storage operation failed, and the handle is dead. The accounts are left as the block
    ///   has made them, since its record may be durable; views show the blocks before it.
    /// - [`CommitError::Poisoned`]: an earlier commit failed.
    /// - [`CommitError::OutOfOrder`], [`CommitError::Unpublished`], [`CommitError::TooLarge`],
    ///   [`CommitError::Record`]: the record was rejected, nothing was written and the accounts are restored.
    pub fn commit<T: AsRef<[u8]>>(
        &self,
        record: BlockRecord<T>,
        ended: EndedBlock,
    ) -> Result<Durable<T>, CommitError> {
        let appended = self.ledger.append(&record.history, || {
            ended.check(&record)?;
            Ok((ended.record_delta(&record.delta), ()))
        });
        match appended {
            Ok((appended, ())) => Ok(Durable {
                record,
                appended,
                ended,
            }),
            Err(error) => {
                if matches!(error, CommitError::Storage(_)) {
                    ended.abandon();
                }
                Err(error)
            }
        }
    }

    /// Makes a record durable that was executed elsewhere, like [`Store::commit`]: its delta is applied to the accounts.
    ///
    /// # Errors
    /// As [`Store::commit`].
    ///
    /// # Panics
    /// While a block is open, or has ended and is neither published nor dropped.
    pub fn commit_received<T: AsRef<[u8]>>(&self, record: BlockRecord<T>) -> Result<Durable<T>, CommitError> {
        let mut applied = None;
        let appended = self.ledger.append(&record.history, || {
            let committed = record.history.header.slot.saturating_sub(1);
            if self.accounts.view().slot() != committed {
                return Err(CommitError::Unpublished { slot: committed });
            }
            let ended = applied.insert(self.accounts.apply(&record)?);
            Ok((ended.record_delta(&record.delta), ()))
        });
        match (appended, applied) {
            (Ok((appended, ())), Some(ended)) => Ok(Durable {
                record,
                appended,
                ended,
            }),
            (appended, applied) => {
                let error = appended.map(drop).err().unwrap_or(CommitError::Poisoned);
                if matches!(error, CommitError::Storage(_)) {
                    applied.into_iter().for_each(EndedBlock::abandon);
                }
                Err(error)
            }
        }
    }

    /// Publishes a durable block: the view moves to its slot.
    ///
    /// # Panics
    /// As [`Store::publish_keeping`].
    pub fn publish<T>(&self, durable: Durable<T>) {
        drop(self.publish_keeping(durable));
    }

    /// Publishes a durable block like [`Store::publish`], and returns its history and changes, because freeing them takes
    /// time in proportion to the block. The publication itself takes constant time and waits for no reader.
    ///
    /// # Panics
    /// If the block is not the next one, which only a block of another store can be.
    pub fn publish_keeping<T>(&self, durable: Durable<T>) -> (History<T>, Delta) {
        let Durable {
            record,
            appended,
            ended,
        } = durable;
        let publish = || self.accounts.publish(ended, &record.history.header);
        self.ledger.publish(&appended, publish);
        (record.history, record.delta)
    }

    /// The history of the block of `slot`, read from the ledger and verified. `None` for slot 0 and
    /// for slots not published. Allowed while a view is held.
    ///
    /// # Errors
    /// [`ReadError::Corrupt`] if the record was damaged since opening, [`ReadError::Storage`].
    pub fn history(&self, slot: u64) -> Result<Option<History>, ReadError> {
        self.ledger.history(slot)
    }

    /// The delta of the block of `slot` as it was recorded, read from the ledger and verified. `None` for slot 0 and for
    /// slots not published. Allowed while a view is held.
    ///
    /// # Errors
    /// [`ReadError::Corrupt`] if the record was damaged since opening, [`ReadError::Storage`].
    pub fn delta(&self, slot: u64) -> Result<Option<RecordedDelta>, ReadError> {
        self.ledger.delta(slot, read_delta)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("blocks", &self.ledger.len())
            .finish_non_exhaustive()
    }
}
