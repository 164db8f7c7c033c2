//! Running a sequence on a ledger, whichever it is, and what is written down of it.
//!
//! ```text
//! Sequence --(blockhashes of this ledger)--> wire bytes --Ledger::block--> Observed and Trace per transaction
//!                                                              '--accounts--> digest per block
//! ```
//!
//! Invariant: what is written down does not depend on the ledger's blockhashes. They reach accounts in one place only,
//! the value of a durable nonce, and there the digest takes the height of the block that the value was made from.
//!
//! Compute units are not defined for transactions that call the lookup table, token, associated token account or memo
//! program: they are bytecode on Solana and built in here. They are left out for those.

use std::collections::HashMap;
use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use isobath_sdk::builtins::nonce::{NONCE_ACCOUNT_LEN, durable_nonce};
use isobath_sdk::chain::account::Account;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::pubkey::Pubkey;

use crate::sequence::{Block, Item, Lifetime, Oracle, Recipe, Sequence, hash_account, short};
use crate::trace::{self, Trace};

/// Where a durable nonce stands in its account.
const NONCE_VALUE: std::ops::Range<usize> = 40..72;

/// Something that executes blocks.
pub trait Ledger {
    /// The blockhash of the newest block.
    fn newest_blockhash(&self) -> Hash;

    /// An account as the newest block left it; none without lamports.
    fn account(&self, key: &Pubkey) -> Option<Account>;

    /// Executes one block of these transactions, in order.
    fn block(&mut self, wires: &[Vec<u8>]) -> Vec<(Observed, Trace)>;
}

/// What became of one transaction.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Observed {
    /// Its error.
    pub error: Option<TransactionError>,
    /// What the payer was charged; nothing if the transaction was not accepted.
    pub fee: u64,
    /// The compute units it consumed, where that is defined.
    pub units: Option<u32>,
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.error {
            Some(error) => write!(f, "{error:?}")?,
            None => write!(f, "success")?,
        }
        if self.fee > 0 {
            write!(f, " fee {}", self.fee)?;
        }
        self.units.map_or(Ok(()), |units| write!(f, " units {units}"))
    }
}

/// What became of one block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ObservedBlock {
    /// Its transactions in order.
    pub transactions: Vec<Observed>,
    /// Digest of the watched accounts at its end.
    pub accounts: u32,
    /// Digest of the traces of its transactions.
    pub traces: u32,
}

/// What became of a sequence, and what is behind the digests.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Its blocks, those without transactions left out.
    pub blocks: Vec<ObservedBlock>,
    /// The watched accounts after each of them, with symbolic nonces.
    pub accounts: Vec<Vec<(Pubkey, Option<Account>)>>,
    /// The traces of each of them.
    pub traces: Vec<Vec<Trace>>,
}

/// The blockhashes that a ledger had so far.
#[derive(Debug, Default)]
struct Hashes {
    by_height: Vec<Hash>,
    heights_of_nonces: HashMap<Hash, u64>,
}

impl Hashes {
    fn push(&mut self, blockhash: Hash) {
        self.heights_of_nonces
            .insert(durable_nonce(&blockhash), self.by_height.len() as u64);
        self.by_height.push(blockhash);
    }

    fn at(&self, height: u64) -> Hash {
        let index = usize::try_from(height).unwrap_or(usize::MAX);
        self.by_height.get(index).copied().unwrap_or_default()
    }

    /// The account with the value of its nonce replaced by the height it comes from.
    fn symbolic(&self, mut account: Account) -> Account {
        if account.owner == ids::SYSTEM_PROGRAM && account.data.len() >= NONCE_ACCOUNT_LEN {
            let mut value = Hash::default();
            value.0.copy_from_slice(&account.data[NONCE_VALUE]);
            if let Some(height) = self.heights_of_nonces.get(&value) {
                let field = &mut account.data.to_mut()[NONCE_VALUE];
                field.fill(0);
                field[..8].copy_from_slice(&height.to_le_bytes());
            }
        }
        account
    }
}

/// Runs the sequence.
pub fn run(sequence: &Sequence, ledger: &mut dyn Ledger) -> Run {
    let mut hashes = Hashes::default();
    hashes.push(ledger.newest_blockhash());
    let mut sent: Vec<Vec<u8>> = Vec::new();
    let recipes = sequence.recipes();
    let is_litesvm = sequence.oracle == Oracle::Instructions;
    let mut run = Run::default();
    for block in &sequence.blocks {
        for _ in 0..block.empty_before {
            ledger.block(&[]);
            hashes.push(ledger.newest_blockhash());
        }
        let wires = wires_of(block, ledger, &hashes, &mut sent);
        let first = sent.len() - wires.len();
        let results = ledger.block(&wires).into_iter().zip(&recipes[first..]);
        let (transactions, traces): (Vec<_>, Vec<_>) = results
            .map(|((mut observed, trace), recipe)| {
                let mut deployed = trace::DEPLOYED.iter().filter(|_| is_litesvm);
                let calls_bytecode = deployed.any(|program| recipe.calls(program));
                if calls_bytecode || recipe.calls(&ids::ADDRESS_LOOKUP_TABLE_PROGRAM) {
                    observed.units = None;
                }
                (observed, trace.comparable(sequence.oracle))
            })
            .unzip();
        hashes.push(ledger.newest_blockhash());
        let accounts: Vec<_> = sequence
            .watched
            .iter()
            .map(|key| (*key, ledger.account(key).map(|account| hashes.symbolic(account))))
            .collect();
        run.blocks.push(ObservedBlock {
            transactions,
            accounts: digest(&accounts),
            traces: trace::digest(&traces),
        });
        run.accounts.push(accounts);
        run.traces.push(traces);
    }
    run
}

fn wires_of(block: &Block, ledger: &dyn Ledger, hashes: &Hashes, sent: &mut Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let first = sent.len();
    for item in &block.items {
        let wire = match item {
            Item::Fresh(recipe) => recipe.wire(blockhash_of(recipe, ledger, hashes)),
            Item::Again(index) => sent[*index].clone(),
        };
        sent.push(wire);
    }
    sent[first..].to_vec()
}

fn blockhash_of(recipe: &Recipe, ledger: &dyn Ledger, hashes: &Hashes) -> Hash {
    match recipe.lifetime {
        Lifetime::Block(height) => hashes.at(height),
        Lifetime::Fixed(hash) => hash,
        Lifetime::Stored(key) => {
            let mut value = Hash::default();
            let account = ledger.account(&key);
            if let Some(bytes) = account.as_ref().and_then(|account| account.data.get(NONCE_VALUE)) {
                value.0.copy_from_slice(bytes);
            }
            value
        }
    }
}

fn digest(accounts: &[(Pubkey, Option<Account>)]) -> u32 {
    let mut hasher = blake3::Hasher::new();
    for (key, account) in accounts {
        match account {
            Some(account) => hash_account(&mut hasher, key, account),
            None => drop(hasher.update(&[0])),
        }
    }
    short(&hasher)
}
