//! The accounts of one transaction: filled before it runs, released after it (contract 6).
//!
//! Invariant: `loaded` holds the headers of the accounts as they were loaded and never changes, and the cells know their
//! contents; a rollback restores exactly those, so a failed transaction leaves nothing but its fee and its nonce's advance.
//! Executors differ only in how they fill and release this; the rules in between are shared. Loading copies no contents.
//! Rolling back copies none either, but for what was overwritten in place.
//!
//! Contents that were taken out of the source, since they are the block's own, leave through [`TxAccounts::take_left`],
//! whatever became of the transaction.
//!
//! ```text
//! resolve lookups (parent's end) -> load every key -> [charge fee] -> programs change cells
//!                                                   -> keep | roll back -> take_left()
//! ```

use std::cell::Cell;

use isobath_program_abi::{AccountMeta, Pubkey};
use isobath_sdk::chain::account::{Account, AccountData, AccountHeader};
use isobath_sdk::chain::accounts::ToWrite;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::LoadedAddresses;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::program::{AccountCell, Work};
use isobath_sdk::sysvar::instructions::{self, WrittenInstruction};

use super::call_buffers::CallBuffers;
use super::context::BlockContext;
use super::dispatch::Effective;
use super::in_place::InPlace;
use super::lookups;
use super::program_data::program_data_key;
use crate::admission::Tx;
use crate::admission::cost::{PROBES_AT_PARENT, PROBES_PER_KEY, PROBES_PER_WRITE};
use crate::planted::is_planted;

/// The source of a transaction's accounts.
pub trait AccountSource {
    /// How the source hashes keys.
    fn key_hasher(&self) -> KeyHasher;

    /// Account `index` of the transaction, after the transactions before this one; the empty account if there is none.
    /// This or [`AccountSource::load_to_write`] is called once for each of its keys, in order, but for sysvars. `hash` is the
    /// hash of `key` under [`AccountSource::key_hasher`].
    fn load(&mut self, index: usize, hash: u64, key: &Pubkey) -> Account;

    /// As [`AccountSource::load`], for an account that the transaction may write.
    fn load_to_write(&mut self, index: usize, hash: u64, key: &Pubkey) -> ToWrite {
        ToWrite::shared(self.load(index, hash, key))
    }

    /// Another account after the transactions before this one.
    fn current(&self, key: &Pubkey) -> Option<Account>;

    /// The account at the end of the parent block, from which lookup tables are read.
    fn at_parent(&self, key: &Pubkey) -> Option<Account>;
}

/// What does not change of a loaded account.
#[derive(Debug)]
struct Loaded {
    before: AccountHeader,
    is_writable: bool,
}

/// What a transaction leaves of one of its accounts.
#[derive(Debug)]
pub enum Left {
    /// The account, which was written, and its key.
    Written(Pubkey, Account),
    /// Contents that were taken out of the source, of an account that was not written.
    Own(AccountData),
}

/// The loaded accounts of a transaction: static keys, then loaded ones for writing, then for reading. One value serves
/// many transactions, one after the other, so that a transaction allocates nothing.
#[derive(Debug, Default)]
pub struct TxAccounts {
    loaded: Vec<Loaded>,
    cells: Vec<AccountCell>,
    loaded_data_len: u64,
    loaded_addresses: LoadedAddresses,
    lookup_error: Option<TransactionError>,
    work: Work,
    instructions_index: Option<usize>,
    /// Deployments of the programs among the accounts, by index.
    deployments: Vec<(usize, Effective)>,
    buffers: CallBuffers,
    in_place: InPlace,
}

impl TxAccounts {
    /// Forgets the transaction before, resolves the lookups of `tx` and loads every key. A lookup that fails is kept as
    /// [`TxAccounts::lookup_error`], with only the static keys loaded.
    pub fn fill(&mut self, tx: &Tx, context: &BlockContext<'_>, source: &mut impl AccountSource) {
        let at_parent = |key: &Pubkey| match is_planted!(context, CurrentTables) {
            true => source.current(key),
            false => source.at_parent(key),
        };
        let resolved = resolve_lookups(tx, context, at_parent);
        self.fill_resolved(tx, resolved, context, source);
    }

    /// Forgets the transaction before and loads every key of `tx`, whose lookups have been resolved; see
    /// [`TxAccounts::fill`].
    pub(crate) fn fill_resolved(
        &mut self,
        tx: &Tx,
        resolved: Result<LoadedAddresses, TransactionError>,
        context: &BlockContext<'_>,
        source: &mut impl AccountSource,
    ) {
        let (loaded_addresses, lookup_error) = match resolved {
            Ok(loaded) => (loaded, None),
            Err(error) => (LoadedAddresses::default(), Some(error)),
        };
        let tables = tx.view().lookups().len() as u64;
        debug_assert!(!self.cells.iter().any(AccountCell::is_own), "they go back first");
        self.loaded.clear();
        self.cells.clear();
        self.deployments.clear();
        self.loaded_data_len = tables.saturating_mul(context.rules.loaded_table_len);
        self.lookup_error = lookup_error;
        self.instructions_index = None;
        self.work = Work {
            table_probes: tables.saturating_mul(PROBES_AT_PARENT),
            ..Work::default()
        };
        let hasher = source.key_hasher();
        let mut load = |key: Pubkey, key_hash: u64, is_writable: bool| {
            let index = self.len();
            let ToWrite { account, is_own } = match context.sysvars.account(&key) {
                Some(sysvar) => ToWrite::shared(sysvar),
                None if is_writable => source.load_to_write(index, key_hash, &key),
                None => ToWrite::shared(source.load(index, key_hash, &key)),
            };
            self.count_loaded(&account, context.rules.loaded_account_base_len);
            let before = account.header();
            self.loaded.push(Loaded { before, is_writable });
            self.cells.push(match is_own {
                true => AccountCell::own(key, account),
                false => AccountCell::new(key, account),
            });
        };
        let view = tx.view();
        let hashes = tx.key_hashes(hasher);
        for (index, (key, hash)) in view.static_keys().iter().zip(&*hashes).enumerate() {
            load(Pubkey(*key), *hash, tx.is_writable(index));
        }
        for key in &loaded_addresses.writable {
            load(*key, hasher.hash(key), !ids::is_reserved(key));
        }
        for key in &loaded_addresses.readonly {
            load(*key, hasher.hash(key), false);
        }
        self.loaded_addresses = loaded_addresses;
        self.show_instructions(tx);
        self.find_deployments(context, source);
        self.count_program_data(context, source);
    }

    /// Counts the code of programs whose accounts are loaded; each once, however many programs refer to it.
    fn count_program_data(&mut self, context: &BlockContext<'_>, source: &impl AccountSource) {
        let mut counted: Vec<Pubkey> = Vec::new();
        for cell in &self.cells {
            let Some(key) = program_data_key(cell.account()) else {
                continue;
            };
            if counted.contains(&key) || self.cells.iter().any(|cell| *cell.key() == key) {
                continue;
            }
            counted.push(key);
            self.work.table_probes = self.work.table_probes.saturating_add(PROBES_PER_KEY);
            if let Some(account) = source.current(&key) {
                let len = (account.data.len() as u64).saturating_add(context.rules.loaded_account_base_len);
                self.loaded_data_len = self.loaded_data_len.saturating_add(len);
            }
        }
    }

    /// Finds what calls of the programs among the accounts run, for those that have a loader. Counts the look-ups of the
    /// program and of what it refers to, whether or not they exist.
    fn find_deployments(&mut self, context: &BlockContext<'_>, source: &impl AccountSource) {
        // The source has no contents of those that were taken out.
        let own = |key: &Pubkey| {
            let mut own = self.cells.iter().filter(|cell| cell.is_own());
            own.find(|cell| cell.key() == key)
                .map(|cell| cell.account().clone())
        };
        let probes = Cell::new(0_u64);
        let count = |more| probes.set(probes.get().saturating_add(more));
        for (index, cell) in self.cells.iter().enumerate() {
            let program = cell.account();
            let deployment = context.programs.loader(&program.owner).and_then(|loader| {
                let now = |key: &Pubkey| {
                    count(PROBES_PER_KEY);
                    own(key).or_else(|| source.current(key))
                };
                let parent = |key: &Pubkey| {
                    count(PROBES_AT_PARENT);
                    source.at_parent(key)
                };
                Effective::find(loader, (cell.key(), program), &now, &parent)
            });
            self.deployments.extend(deployment.map(|found| (index, found)));
        }
        self.work.table_probes = self.work.table_probes.saturating_add(probes.get());
    }

    /// The deployment that calls of account `index` run, if it is a program with a loader and deployed.
    pub(crate) fn deployment(&self, index: usize) -> Option<&Effective> {
        let mut deployments = self.deployments.iter();
        deployments.find_map(|(known, found)| (*known == index).then_some(found))
    }

    /// Fills the account of the Instructions sysvar, if the transaction names it. It has no lamports, so it exists only
    /// for programs, and counts nothing in the loaded size.
    fn show_instructions(&mut self, tx: &Tx) {
        let is_named = |cell: &AccountCell| *cell.key() == ids::SYSVAR_INSTRUCTIONS;
        // Without its lookups the transaction does not run, and not all of its keys are known.
        let index = self.cells.iter().position(is_named);
        let Some(index) = index.filter(|_| self.lookup_error.is_none()) else {
            return;
        };
        let data = instruction_bytes(tx, self);
        self.work.count_copied(data.len());
        let account = Account {
            data: data.into(),
            ..Account::new(0, ids::SYSVAR_OWNER)
        };
        self.cells[index] = AccountCell::new(ids::SYSVAR_INSTRUCTIONS, account);
        self.instructions_index = Some(index);
    }

    /// Index of the Instructions sysvar among the accounts.
    pub(crate) const fn instructions_index(&self) -> Option<usize> {
        self.instructions_index
    }

    /// Counts an account that was looked up.
    fn count_loaded(&mut self, account: &Account, base_len: u64) {
        if account.lamports != 0 {
            let len = (account.data.len() as u64).saturating_add(base_len);
            self.loaded_data_len = self.loaded_data_len.saturating_add(len);
        }
        self.work.table_probes = self.work.table_probes.saturating_add(PROBES_PER_KEY);
    }

    /// Bytes of the contents that the transaction may write, as they are now.
    pub(crate) fn writable_data_len(&self) -> u64 {
        let writable = self
            .cells
            .iter()
            .zip(&self.loaded)
            .filter(|(_, loaded)| loaded.is_writable);
        let lens = writable.map(|(cell, _)| cell.account().data.len() as u64);
        lens.fold(0, u64::saturating_add)
    }

    /// Number of accounts.
    pub(crate) const fn len(&self) -> usize {
        self.loaded.len()
    }

    /// Bytes that count against the loaded-data limit.
    #[must_use]
    pub const fn loaded_data_len(&self) -> u64 {
        self.loaded_data_len
    }

    /// The keys that the lookups load.
    #[must_use]
    pub const fn loaded_addresses(&self) -> &LoadedAddresses {
        &self.loaded_addresses
    }

    /// Why the lookups could not be resolved.
    #[must_use]
    pub const fn lookup_error(&self) -> Option<TransactionError> {
        self.lookup_error
    }

    /// The header of account `index` as it was loaded.
    #[must_use]
    pub fn before(&self, index: usize) -> &AccountHeader {
        &self.loaded[index].before
    }

    /// Account `index` as it is now.
    #[must_use]
    pub fn now(&self, index: usize) -> &Account {
        self.cells[index].account()
    }

    /// The key of account `index`.
    #[must_use]
    pub fn key(&self, index: usize) -> &Pubkey {
        self.cells[index].key()
    }

    /// Whether the transaction may write account `index`.
    #[must_use]
    pub fn is_writable(&self, index: usize) -> bool {
        self.loaded[index].is_writable
    }

    /// Takes the cells out, for the programs of the transaction; [`TxAccounts::put_cells`] puts them back.
    pub(crate) fn take_cells(&mut self) -> Vec<AccountCell> {
        std::mem::take(&mut self.cells)
    }

    /// Puts the cells back.
    pub(crate) fn put_cells(&mut self, cells: Vec<AccountCell>) {
        assert_eq!(
            cells.len(),
            self.loaded.len(),
            "programs neither add nor remove accounts"
        );
        self.cells = cells;
    }

    /// Replaces account `index` by one that the transaction leaves behind.
    pub(crate) fn set(&mut self, index: usize, account: Account) {
        self.cells[index].replace(account);
    }

    /// Restores every account as it was loaded.
    pub(crate) fn roll_back(&mut self) {
        let pairs = self.cells.iter_mut().zip(&self.loaded);
        for (cell, loaded) in pairs.filter(|(cell, _)| cell.is_written()) {
            self.in_place.count_restored(cell);
            cell.roll_back(&loaded.before, &self.buffers.undo);
        }
    }

    /// Moves out the accounts that were written, and contents that go back to the source, with the indexes of the accounts.
    /// The end of the block decides whether an account differs from the original one.
    pub fn take_left(&mut self) -> impl Iterator<Item = (usize, Left)> {
        self.buffers.undo.clear();
        let in_place = &mut self.in_place;
        self.cells.drain(..).enumerate().filter_map(|(index, cell)| {
            in_place.count_written(&cell);
            let (is_written, is_own) = (cell.is_written(), cell.is_own());
            let (key, account) = cell.into_parts();
            let left = match is_written {
                true => Left::Written(key, account),
                false => is_own.then_some(Left::Own(account.data))?,
            };
            Some((index, left))
        })
    }

    /// Whether contents of account `index` have changed in place.
    #[cfg(feature = "planted-bugs")]
    pub(crate) fn has_changed_in_place(&self, index: usize) -> bool {
        self.cells[index].has_changed_in_place()
    }

    /// Accounts whose contents changed in place, over all transactions so far.
    pub(crate) const fn in_place(&self) -> InPlace {
        self.in_place
    }

    /// Takes the buffers of calls out; [`TxAccounts::put_buffers`] puts them back.
    pub(crate) fn take_buffers(&mut self) -> CallBuffers {
        std::mem::take(&mut self.buffers)
    }

    /// Puts the buffers of calls back.
    pub(crate) fn put_buffers(&mut self, buffers: CallBuffers) {
        self.buffers = buffers;
    }

    /// What the transaction made the node do, and what its changes will cost at the end of the block. Complete once the
    /// transaction was executed; whether it succeeded makes no difference to what was counted until then.
    #[must_use]
    pub const fn work(&self) -> Work {
        self.work
    }

    /// Adds work to what was counted.
    pub(crate) const fn add_work(&mut self, work: Work) {
        self.work.add(work);
    }

    /// Counts what the accounts as they are now will cost at the end of the block.
    pub(crate) fn settle_work(&mut self) {
        for cell in self.cells.iter().filter(|cell| cell.is_written()) {
            self.work.add(cell.settled_work());
            self.work.table_probes = self.work.table_probes.saturating_add(PROBES_PER_WRITE);
        }
    }

    /// Balances as they were loaded, in lamports.
    pub fn balances_before(&self) -> impl Iterator<Item = u64> {
        self.loaded.iter().map(|loaded| loaded.before.lamports)
    }

    /// Current balances, in lamports.
    pub fn balances_now(&self) -> impl Iterator<Item = u64> {
        self.cells.iter().map(|cell| cell.account().lamports)
    }
}

/// The keys that the lookups of `tx` load; `at_parent` reads accounts at the end of the parent block. Builds no sysvar for a
/// transaction without any.
///
/// # Errors
/// Those of [`lookups::resolve`].
pub(crate) fn resolve_lookups(
    tx: &Tx,
    context: &BlockContext<'_>,
    at_parent: impl Fn(&Pubkey) -> Option<Account>,
) -> Result<LoadedAddresses, TransactionError> {
    if tx.view().lookups().len() == 0 {
        return Ok(LoadedAddresses::default());
    }
    lookups::resolve(tx, &context.table_time(), |key| {
        context.sysvars.account(key).or_else(|| at_parent(key))
    })
}

/// The data of the Instructions sysvar of `tx`.
fn instruction_bytes(tx: &Tx, accounts: &TxAccounts) -> Vec<u8> {
    let view = tx.view();
    let meta = |index: &u8| {
        let index = usize::from(*index);
        AccountMeta {
            pubkey: *accounts.key(index),
            is_signer: view.is_signer(index),
            is_writable: accounts.is_writable(index),
        }
    };
    instructions::to_bytes(view.instructions().map(|instruction| WrittenInstruction {
        program_id: tx.key(usize::from(instruction.program_id_index)),
        accounts: instruction.accounts.iter().map(meta),
        data: instruction.data,
    }))
}
