//! Building a sequence by hand: accounts, then transactions, block by block.

use std::collections::{BTreeMap, BTreeSet};

use isobath_sdk::builtins::lookup_table::LookupTableMeta;
use isobath_sdk::chain::account::Account;
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::instruction::Instruction;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use isobath_sdk::wire::message::{Message, MessageVersion, TableAddresses};

use crate::generate::PRODUCER;
use crate::sequence::{Block, Item, Lifetime, Oracle, Recipe, Sequence};

/// Lamports of a rich account.
const RICH: u64 = 1_000_000_000_000;

/// A sequence in the making.
pub(super) struct Draft {
    name: &'static str,
    accounts: BTreeMap<Pubkey, Account>,
    watched: BTreeSet<Pubkey>,
    blocks: Vec<Block>,
    open: Block,
    /// Height of the open block.
    height: u64,
}

impl Draft {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            accounts: BTreeMap::new(),
            watched: [PRODUCER, ids::INCINERATOR].into(),
            blocks: Vec::new(),
            open: Block::default(),
            height: 1,
        }
    }

    /// A key of this sequence, watched.
    pub(super) fn key(&mut self, label: &str) -> Pubkey {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"isobath conformance, directed ");
        hasher.update(self.name.as_bytes());
        hasher.update(b" ");
        hasher.update(label.as_bytes());
        let key = Pubkey(*hasher.finalize().as_bytes());
        self.watched.insert(key);
        key
    }

    /// An account at a key of this sequence.
    pub(super) fn account(&mut self, label: &str, account: Account) -> Pubkey {
        let key = self.key(label);
        self.put(key, account);
        key
    }

    /// An account at this key.
    pub(super) fn put(&mut self, key: Pubkey, account: Account) {
        self.watched.insert(key);
        self.accounts.insert(key, account);
    }

    /// A System account with enough for everything.
    pub(super) fn rich(&mut self, label: &str) -> Pubkey {
        self.account(label, Account::new(RICH, ids::SYSTEM_PROGRAM))
    }

    /// An active lookup table of these keys.
    pub(super) fn table(&mut self, label: &str, authority: Pubkey, keys: &[Pubkey]) -> Pubkey {
        let mut data = LookupTableMeta::new(Some(authority)).to_bytes().to_vec();
        data.extend(keys.iter().flat_map(|key| key.0));
        self.account(label, owned(ids::ADDRESS_LOOKUP_TABLE_PROGRAM, data))
    }

    /// The height of the open block.
    pub(super) const fn height(&self) -> u64 {
        self.height
    }

    /// Adds a legacy transaction to the open block, with the newest blockhash.
    pub(super) fn send(&mut self, payer: Pubkey, instructions: &[Instruction]) {
        self.send_at(payer, instructions, self.height - 1);
    }

    /// The same with the blockhash of this height.
    pub(super) fn send_at(&mut self, payer: Pubkey, instructions: &[Instruction], height: u64) {
        let message = Message::compile(MessageVersion::Legacy, &payer, instructions, Hash::default());
        self.push(message.expect("few instructions with few keys"), height);
    }

    /// Adds a version 0 transaction that takes keys from these tables.
    pub(super) fn send_loading(
        &mut self,
        payer: Pubkey,
        instructions: &[Instruction],
        table: Pubkey,
        addresses: &[Pubkey],
    ) {
        let tables = [TableAddresses { table, addresses }];
        let message = Message::compile_with_tables(&payer, instructions, &tables, Hash::default());
        self.push(message.expect("few instructions with few keys"), self.height - 1);
    }

    /// Adds a legacy transaction whose blockhash is the durable nonce of this account.
    pub(super) fn send_stored(&mut self, payer: Pubkey, instructions: &[Instruction], nonce: Pubkey) {
        let message = Message::compile(MessageVersion::Legacy, &payer, instructions, Hash::default());
        let message = message.expect("few instructions with few keys");
        self.push_with(message, Lifetime::Stored(nonce));
    }

    /// Adds a transaction of this message to the open block, with the blockhash of this height.
    pub(super) fn push(&mut self, message: Message, height: u64) {
        self.push_with(message, Lifetime::Block(height));
    }

    fn push_with(&mut self, message: Message, lifetime: Lifetime) {
        self.open.items.push(Item::Fresh(Box::new(Recipe {
            message,
            lifetime,
            extra_signatures: 0,
        })));
    }

    /// Ends the open block.
    pub(super) fn end_block(&mut self) {
        self.blocks.push(std::mem::take(&mut self.open));
        self.height += 1;
    }

    /// Blocks without transactions before the open one, which has none yet.
    pub(super) const fn wait(&mut self, blocks: u64) {
        self.open.empty_before += blocks;
        self.height += blocks;
    }

    pub(super) fn finish(mut self, profile: Profile) -> Sequence {
        self.end_block();
        Sequence {
            name: format!("{}/{profile}", self.name),
            oracle: Oracle::Ledger,
            profile,
            accounts: self.accounts.into_iter().collect(),
            blocks: self.blocks,
            watched: self.watched.into_iter().collect(),
        }
    }
}

/// A rent-exempt account with data.
pub(super) fn owned(owner: Pubkey, data: Vec<u8>) -> Account {
    Account {
        lamports: 1_000_000_000,
        data: data.into(),
        ..Account::new(0, owner)
    }
}
