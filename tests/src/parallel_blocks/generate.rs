//! Random transactions that meet: a function of the seed and of what the chain holds.
//!
//! | share | what | why |
//! |---|---|---|
//! | 28 | a transfer between holders, both drawn by Zipf's law | chains of every length |
//! | 10 | a transfer to the first holder | one hot account |
//! | 12 | a transfer that names hot accounts to read | shared reads between writes |
//! | 5 | a transfer, then one of too much | what a failure must undo |
//! | 4 | one that is sent again, most from this block | a message once |
//! | 4 | a payer without money | no effect |
//! | 16 | a key without an account is funded, spends, is emptied | locks before, while and after a key gets an account |
//! | 5 | a probe gets such a key, writes and closes it | creation and closing in one block |
//! | 6 | a probe writes bytes of one of nine accounts, and every third time fails | contents that the block has copied already |
//! | 10 | any of the random blocks | nonces, lookup tables, calls, bent transactions |
//!
//! Signatures are left out: the executor never sees them.

use std::collections::BTreeMap;

use isobath_program_probe::{Bytes, Operation, Script};
use isobath_sdk::builtins::system;
use isobath_sdk::hash::Hash;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::instruction_error::InstructionError;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::wire::message::{Message, MessageVersion};
use isobath_sdk::wire::transaction::Transaction;
use isobath_testkit::Random;

use super::cast::{FRESH, HOLDERS, POOR, fresh, holder, poor};
use crate::random_blocks::cast::{CAST, PROBES, probe};
use crate::random_blocks::generate::Generator;
use crate::random_blocks::model::Accounts;

/// Lamports that a key without an account is given.
const GIFT: u64 = 20_000_000;
/// Fee of a transaction with one signature.
const FEE: u64 = 5_000;
/// Transactions of a block: 200 in the mean.
const LEN_MIN: usize = 100;
const LEN_MAX: usize = 300;
/// Transactions of earlier blocks that may be sent again.
const AGAIN: usize = 256;

/// Draws the transactions of a chain.
#[derive(Debug)]
pub(super) struct Blocks {
    rng: Random,
    /// Makes every message another one.
    count: u64,
    sent: Vec<Vec<u8>>,
}

/// What one block needs beside the stream.
pub(super) struct Block<'a, 'g> {
    pub(super) others: Generator<'g>,
    pub(super) blockhash: Hash,
    pub(super) accounts: &'a Accounts,
}

/// What keys without an account hold, if all transactions so far succeed.
type Planned = BTreeMap<usize, u64>;

impl Blocks {
    pub(super) const fn new(seed: u64) -> Self {
        Self {
            rng: Random::new(seed),
            count: 0,
            sent: Vec::new(),
        }
    }

    /// The transactions of the next block as bytes on the wire.
    pub(super) fn draw(&mut self, mut block: Block<'_, '_>) -> Vec<Vec<u8>> {
        let accounts = block.accounts;
        let balance = |index| Some((index, accounts.get(&fresh(index))?.lamports));
        let mut planned: Planned = (0..FRESH).filter_map(balance).collect();
        let len = LEN_MIN + self.rng.below(LEN_MAX - LEN_MIN + 1);
        let first = self.sent.len();
        for _ in 0..len {
            let wire = self.wire(&mut block, &mut planned, first);
            self.sent.push(wire);
        }
        let wires = self.sent[first..].to_vec();
        let old = self.sent.len().saturating_sub(AGAIN);
        drop(self.sent.drain(..old));
        wires
    }

    fn wire(&mut self, block: &mut Block<'_, '_>, planned: &mut Planned, first: usize) -> Vec<u8> {
        let (payer, instructions) = match self.rng.below(100) {
            0..28 => self.transfer(),
            28..34 => self.written_data(),
            34..44 => self.transfer_to(holder(0)),
            44..56 => self.reading_transfer(),
            56..61 => self.failing_transfer(),
            61..65 => match self.again(first) {
                Some(wire) => return wire,
                None => self.transfer(),
            },
            65..69 => self.unpayable(),
            69..85 => self.fresh(planned),
            85..90 => self.created_and_closed(planned),
            _ => return block.others.wire(),
        };
        let message = Message::compile(MessageVersion::Legacy, &payer, &instructions, block.blockhash);
        Transaction::unsigned(message.expect("few keys, little data")).serialize()
    }

    fn transfer(&mut self) -> (Pubkey, Vec<Instruction>) {
        let to = self.zipf();
        self.transfer_to(to)
    }

    fn transfer_to(&mut self, to: Pubkey) -> (Pubkey, Vec<Instruction>) {
        let payer = self.zipf();
        (payer, vec![system::transfer(&payer, &to, self.lamports())])
    }

    fn reading_transfer(&mut self) -> (Pubkey, Vec<Instruction>) {
        let (payer, mut instructions) = self.transfer();
        for _ in 0..=self.rng.below(3) {
            let read = AccountMeta::readonly(self.zipf());
            instructions[0].accounts.push(read);
        }
        (payer, instructions)
    }

    fn failing_transfer(&mut self) -> (Pubkey, Vec<Instruction>) {
        let (payer, mut instructions) = self.transfer();
        let other = self.zipf();
        instructions.push(system::transfer(&payer, &other, u64::MAX));
        (payer, instructions)
    }

    /// A transaction of this block mostly, else of an earlier one.
    fn again(&mut self, first: usize) -> Option<Vec<u8>> {
        let from = if self.rng.chance(3, 4) { first } else { 0 };
        let count = self.sent.len() - from;
        (count > 0).then(|| self.sent[from + self.rng.below(count)].clone())
    }

    fn unpayable(&mut self) -> (Pubkey, Vec<Instruction>) {
        let payer = poor(self.rng.below(POOR));
        let to = self.zipf();
        (payer, vec![system::transfer(&payer, &to, self.lamports())])
    }

    /// A key without an account is given lamports, spends some or all; or the reverse, which has no effect.
    fn fresh(&mut self, planned: &mut Planned) -> (Pubkey, Vec<Instruction>) {
        let index = self.rng.below(FRESH);
        let (key, other) = (fresh(index), self.zipf());
        let balance = planned.get(&index).copied().unwrap_or(0);
        let is_given = if balance == 0 { 5 } else { 2 };
        match self.rng.below(6) {
            kind if kind < is_given => {
                let gift = GIFT + self.lamports();
                planned.insert(index, balance + gift);
                (other, vec![system::transfer(&other, &key, gift)])
            }
            2 | 3 if balance > FEE => {
                planned.insert(index, 0);
                (key, vec![system::transfer(&key, &other, balance - FEE)])
            }
            _ => {
                let lamports = self.lamports();
                planned.insert(index, balance.saturating_sub(lamports + FEE));
                (key, vec![system::transfer(&key, &other, lamports)])
            }
        }
    }

    /// A key without an account becomes one of a probe, is written and mostly given back at once.
    fn created_and_closed(&mut self, planned: &mut Planned) -> (Pubkey, Vec<Instruction>) {
        let index = self.rng.below(FRESH);
        let (key, payer) = (fresh(index), self.zipf());
        let program = probe(u8::try_from(self.rng.below(usize::from(PROBES))).expect("few probes"));
        let lamports = GIFT + self.lamports();
        let create = system::create_account(&payer, &key, lamports, 64, &program);
        if self.rng.chance(1, 6) {
            // Nobody can spend this but the probe, until it is closed.
            planned.insert(index, 0);
            return (payer, vec![create]);
        }
        let script = Script::new()
            .attempt(Operation::Write {
                account: 0,
                offset: 3,
                bytes: Bytes::Given(vec![1, 2]),
            })
            .then(Operation::Move {
                from: 0,
                to: 1,
                lamports,
            });
        let accounts = vec![AccountMeta::writable(key), AccountMeta::writable(payer)];
        let close = script.instruction(program, accounts);
        (payer, vec![create, close])
    }

    /// A probe writes some bytes of an account that it holds, of 8 to 5,000 bytes, and may fail then.
    fn written_data(&mut self) -> (Pubkey, Vec<Instruction>) {
        let payer = self.zipf();
        let index = self.rng.below(CAST.held.len());
        let owner = index * usize::from(PROBES) / CAST.held.len();
        let program = probe(u8::try_from(owner).expect("few probes"));
        let number = self.lamports().to_le_bytes();
        let mut script = Script::new();
        for (offset, byte) in (0..).zip(&number[..1 + self.rng.below(7)]) {
            script = script.then(Operation::Write {
                account: 0,
                offset,
                bytes: Bytes::Given(vec![*byte]),
            });
        }
        if self.rng.chance(1, 3) {
            script = script.then(Operation::Fail(InstructionError::Custom(1)));
        }
        let accounts = vec![AccountMeta::writable(CAST.held[index])];
        (payer, vec![script.instruction(program, accounts)])
    }

    /// A holder, the n-th with a probability of 1/n.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a number below the number of holders"
    )]
    fn zipf(&mut self) -> Pubkey {
        let uniform = (self.rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = ((HOLDERS + 1) as f64).powf(uniform) as usize;
        holder(rank.clamp(1, HOLDERS) - 1)
    }

    const fn lamports(&mut self) -> u64 {
        self.count += 1;
        self.count
    }
}
