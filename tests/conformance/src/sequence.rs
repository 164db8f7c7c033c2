//! A sequence: the accounts at the start and the transactions of each block, without any blockhash.
//!
//! Blockhashes differ from ledger to ledger, so a transaction says where its blockhash comes from ([`Lifetime`]) and
//! gets it when it is sent. Everything else about it is fixed.
//!
//! Signatures are made up, one per required signer and different for every message: what is compared here are the
//! rules behind the signature check, and the ledgers under comparison are configured to skip it.

use borsh::{BorshDeserialize, BorshSerialize};
use isobath_sdk::chain::account::Account;
use isobath_sdk::hash::Hash;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use isobath_sdk::signature::Signature;
use isobath_sdk::wire::message::Message;
use isobath_sdk::wire::transaction::Transaction;

/// Which of Solana's programs a sequence is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Oracle {
    /// `litesvm`: what instructions do, in transactions that are due and can be loaded.
    Instructions,
    /// A Bank of `solana-runtime`: everything, also what is decided before and after the instructions.
    Ledger,
}

/// Where a transaction takes its blockhash from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// From the block of this height; 0 is the genesis.
    Block(u64),
    /// From this nonce account, as the last block left it.
    Stored(Pubkey),
    /// It is this.
    Fixed(Hash),
}

/// A transaction without its blockhash.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The message; its blockhash is a placeholder.
    pub message: Message,
    /// Where the blockhash comes from.
    pub lifetime: Lifetime,
    /// Signatures beyond the required ones, or missing if negative.
    pub extra_signatures: i8,
}

/// One transaction of a block.
#[derive(Clone, Debug)]
pub enum Item {
    /// A new one.
    Fresh(Box<Recipe>),
    /// The bytes of the transaction with this number, counted from 0 through the whole sequence.
    Again(usize),
}

/// One block.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Blocks without transactions that come before it.
    pub empty_before: u64,
    /// Its transactions in order.
    pub items: Vec<Item>,
}

/// A whole sequence.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The seed that it was made from, or its name if it was written by hand.
    pub name: String,
    /// What it is compared with.
    pub oracle: Oracle,
    /// The features that are active on both sides.
    pub profile: Profile,
    /// Accounts at the start, ascending by key.
    pub accounts: Vec<(Pubkey, Account)>,
    /// The blocks, from height 1 on.
    pub blocks: Vec<Block>,
    /// Keys whose accounts are compared after each block, ascending.
    pub watched: Vec<Pubkey>,
}

impl Recipe {
    /// The bytes on the wire with this blockhash.
    #[must_use]
    pub fn wire(&self, blockhash: Hash) -> Vec<u8> {
        let message = Message {
            recent_blockhash: blockhash,
            ..self.message.clone()
        };
        let bytes = message.serialize();
        let required = i16::from(message.header.num_required_signatures);
        let count = required.saturating_add(self.extra_signatures.into()).max(0);
        let signatures = (0..count).map(|index| made_up_signature(&bytes, index)).collect();
        Transaction { signatures, message }.serialize()
    }

    /// The keys of the message's accounts, those from lookup tables left out.
    #[must_use]
    pub fn keys(&self) -> &[Pubkey] {
        &self.message.account_keys
    }

    /// Whether an instruction calls `program`.
    #[must_use]
    pub fn calls(&self, program: &Pubkey) -> bool {
        let keys = &self.message.account_keys;
        let mut instructions = self.message.instructions.iter();
        instructions.any(|instruction| keys.get(usize::from(instruction.program_id_index)) == Some(program))
    }
}

impl Sequence {
    /// A digest of everything that decides how the sequence runs. Fixtures carry it, so that a change of the
    /// generator is distinguished from a change of the rules.
    #[must_use]
    pub fn digest(&self) -> u32 {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.profile.name().as_bytes());
        for (key, account) in &self.accounts {
            hash_account(&mut hasher, key, account);
        }
        for block in &self.blocks {
            hasher.update(&block.empty_before.to_le_bytes());
            for item in &block.items {
                hash_item(&mut hasher, item);
            }
        }
        for key in &self.watched {
            hasher.update(&key.0);
        }
        short(&hasher)
    }

    /// A number that no other sequence has, for what must differ between sequences.
    #[must_use]
    pub fn number(&self) -> u64 {
        let hash = blake3::hash(self.name.as_bytes());
        u64::from_le_bytes(*hash.as_bytes().first_chunk().expect("32 bytes"))
    }

    /// The recipe of every transaction, repeats resolved, in order.
    #[must_use]
    pub fn recipes(&self) -> Vec<&Recipe> {
        let mut recipes: Vec<&Recipe> = Vec::new();
        for item in self.blocks.iter().flat_map(|block| &block.items) {
            let recipe = match item {
                Item::Fresh(recipe) => recipe,
                Item::Again(index) => recipes[*index],
            };
            recipes.push(recipe);
        }
        recipes
    }
}

/// Everything about an account that both sides have. Not the leaf of the account, so that fixtures outlive its format.
pub(crate) fn hash_account(hasher: &mut blake3::Hasher, key: &Pubkey, account: &Account) {
    hasher.update(&[1, u8::from(account.executable)]);
    hasher.update(&account.lamports.to_le_bytes());
    hasher.update(&(account.data.len() as u64).to_le_bytes());
    hasher.update(&key.0);
    hasher.update(&account.owner.0);
    hasher.update(&account.data);
}

fn hash_item(hasher: &mut blake3::Hasher, item: &Item) {
    match item {
        Item::Fresh(recipe) => {
            let lifetime = format!("{:?}", recipe.lifetime);
            hasher.update(lifetime.as_bytes());
            hasher.update(&recipe.wire(Hash::default()));
        }
        Item::Again(index) => {
            hasher.update(format!("again {index}").as_bytes());
        }
    }
}

fn made_up_signature(message: &[u8], index: i16) -> Signature {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&index.to_le_bytes());
    hasher.update(message);
    let mut bytes = [0; 64];
    hasher.finalize_xof().fill(&mut bytes);
    Signature(bytes)
}

/// The first four bytes of a hash: enough to notice a change, and small in a fixture.
pub(crate) fn short(hasher: &blake3::Hasher) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..4]);
    u32::from_le_bytes(bytes)
}
