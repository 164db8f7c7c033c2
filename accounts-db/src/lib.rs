//! Durable accounts: all of them in memory, one synced record per block on disk.
//!
//! The one durable truth is a log of block records. A record holds what happened in a block (its
//! [`History`]) and which accounts it changed (its [`Delta`]), each under its own checksum, chained to
//! the record before it, written by one append and made durable by one sync. Everything else, the
//! accounts in memory included, is rebuilt from the log when it is opened.
//!
//! ```text
//!   begin_block -> BlockState -> Delta -> (caller seals) -> commit -> Durable -> publish -> View
//!                                                             |
//!                                        blocks.log: [header][record 1][record 2]..
//!                                                             |
//!   open: replay, check, tell a torn tail from corruption <---'
//! ```
//!
//! What holds, whatever happens to the process or the machine:
//!
//! - A commit that returned `Ok` is there after reopening; besides a prefix of the commits, at most
//!   the one in flight, there is nothing else.
//! - A bad record that was durable once is named and the ledger refused; bad bytes behind the last
//!   durable record are cut and reported. Neither is ever served.
//! - A [`View`] shows the end of one durable block and does not change while it is held, nor does it hold up others.
//! - Lamports add up: a record whose result names another capitalization than the accounts sum to is
//!   refused, when it is committed and when it is replayed.
//!
//! What this crate deliberately does not do: it executes nothing, knows no transaction rules and
//! verifies no header chain (its caller does, from the records that [`AccountsDb::open`] hands out);
//! it keeps all accounts in memory and the whole log; it does not retry a failed disk; and it cannot
//! notice that whole records are missing from the end of a file, for instance after a restore from an
//! old copy.
//!
//! # Example
//!
//! ```
//! use isobath_accounts_db::{AccountsDb, FileStorage};
//! # use isobath_accounts_db::{BlockRecord, Delta, History};
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
//! #     let history = History { header, transactions: vec![], executions: vec![], result };
//! #     BlockRecord { history, delta }
//! # }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let genesis = Genesis::development();
//! let [alice, bob, ..] = dev_keypairs().map(|keypair| keypair.pubkey());
//!
//! // A new ledger. The last argument sees every stored block; there is none yet.
//! let storage = Box::new(FileStorage::open(folder)?);
//! let (db, report) = AccountsDb::open(storage, &genesis, &mut |_| Ok(()))?;
//! assert!(report.created);
//!
//! // A block moves 7 lamports. Only what changed is in its delta.
//! let mut block = db.begin_block();
//! for (key, change) in [(alice, -7), (bob, 7)] {
//!     let account = block.get(&key).ok_or("a development key")?;
//!     let lamports = account.lamports.checked_add_signed(change).ok_or("out of range")?;
//!     block.put(key, Some(Account { lamports, ..(*account).clone() }));
//! }
//! let delta = block.finish(0);
//! let capitalization = db.view().capitalization();
//! let record = seal(&genesis, delta, capitalization);
//!
//! // Durable first, visible then.
//! let durable = db.commit(record)?;
//! assert_eq!(db.view().slot(), 0);
//! db.publish(durable);
//! assert_eq!(db.view().slot(), 1);
//! assert_eq!(db.view().sum_lamports(), u128::from(capitalization));
//!
//! // It is all back after reopening.
//! let balance = db.view().get(&bob).map(|account| account.lamports);
//! drop(db);
//! let storage = Box::new(FileStorage::open(folder)?);
//! let (db, report) = AccountsDb::open(storage, &genesis, &mut |_| Ok(()))?;
//! assert_eq!(report.blocks, 1);
//! assert_eq!(db.view().get(&bob).map(|account| account.lamports), balance);
//! assert!(db.history(1)?.is_some());
//! # Ok(())
//! # }
//! ```

mod block_state;
mod db;
mod error;
mod frame;
mod layer;
mod ledger_header;
mod log;
mod record;
mod recover;
mod state;
mod storage;
mod table;
mod versions;
mod view;

pub use block_state::BlockState;
pub use db::{AccountsDb, Durable, OpenReport};
pub use error::{CommitError, Damage, OpenError, ReadError, RecordError, StorageError};
pub use record::{BlockRecord, Delta, Execution, History, LoadedAddresses};
pub use storage::{FileStorage, Fill, LossyStorage, OperationCounts, Storage, StorageReader, TornTail};
pub use view::View;

#[cfg(test)]
mod tests;
