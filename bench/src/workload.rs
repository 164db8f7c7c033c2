//! The transactions of a run: who pays whom, and what each is meant to come to.
//!
//! Payers come in a fresh random permutation of all accounts per sweep, which has nothing to do with where the accounts
//! lie. Signatures are bytes that differ, since nothing that is timed checks them. No two messages are the same: every
//! amount is used once in a million transactions.

use anyhow::bail;
use clap::ValueEnum;
use isobath_sdk::builtins::nonce::{NonceData, NonceState, durable_nonce};
use isobath_sdk::builtins::{compute_budget, system};
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::Executions;
use isobath_sdk::wire::message::{Message, MessageVersion};
use isobath_sdk::{Hash, Instruction, Pubkey, Signature, Transaction};

/// What each account has at the start: enough for twenty thousand transfers.
pub(crate) const FUNDS_LAMPORTS: u64 = 100_000_000_000;
/// Amounts are from 1 to this: more than there are transactions with the first blockhash, so that no message comes twice.
const AMOUNTS: u64 = 1 << 23;
/// Nonce accounts of `mixed`: none is advanced twice in a block of at most ten times as many transactions.
const NONCES: usize = 4_096;

/// What the transactions do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Transfers between pairs: within a sweep no two share an account
    Disjoint,
    /// Transfers to receivers by Zipf's law: the k-th most popular has 1/k of the share of the first
    Zipf,
    /// Transfers to one receiver
    Hot,
    /// Of ten: five transfers, two with a compute budget, one of two instructions, one advance of a nonce, one that fails
    Mixed,
    /// Transfers of more than the payer has, which fail and cost the fee
    Failing,
}

impl Kind {
    /// The name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Disjoint => "disjoint",
            Self::Zipf => "zipf",
            Self::Hot => "hot",
            Self::Mixed => "mixed",
            Self::Failing => "failing",
        }
    }
}

/// Splitmix64: enough for orders and amounts.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let scaled = u128::from(self.next()).wrapping_mul(bound as u128) >> 64;
        usize::try_from(scaled).expect("it is below the bound")
    }

    /// A number from 0 to below 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A rank below `count` by Zipf's law: the first k of n have about ln(k + 1) / ln(n) of all.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "ranks of at most ten million accounts"
    )]
    pub(crate) fn rank(&mut self, count: usize) -> usize {
        ((count as f64).powf(self.fraction()) as usize).saturating_sub(1)
    }
}

/// A transfer between two accounts of a run, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) lamports: u64,
}

/// One transaction, and whether it is meant to succeed.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) wire: Vec<u8>,
    succeeds: bool,
}

/// The accounts of a run and the order in which they pay.
pub(crate) struct Workload {
    kind: Kind,
    keys: Vec<Pubkey>,
    nonces: Vec<Pubkey>,
    random: Random,
    /// The current sweep, of which the first `used` have paid or been paid.
    order: Vec<u32>,
    used: usize,
    made: u64,
}

impl Workload {
    pub(crate) fn new(kind: Kind, accounts: usize, seed: u64) -> Self {
        let key = |context: &str, index: usize| {
            let input = [seed.to_le_bytes(), (index as u64).to_le_bytes()];
            Pubkey(blake3::derive_key(context, input.as_flattened()))
        };
        let order: Vec<u32> = (0..accounts)
            .filter_map(|index| u32::try_from(index).ok())
            .collect();
        let nonces = if kind == Kind::Mixed { NONCES } else { 0 };
        Self {
            kind,
            keys: (0..accounts)
                .map(|index| key("isobath 2026-11 bench execution account v1", index))
                .collect(),
            nonces: (0..nonces)
                .map(|index| key("isobath 2026-11 bench execution nonce v1", index))
                .collect(),
            random: Random::new(seed),
            used: order.len(),
            order,
            made: 0,
        }
    }

    /// A genesis with the accounts. Accounts with nonces have the first as authority.
    pub(crate) fn genesis(&self) -> Genesis {
        let mut genesis = Genesis::development();
        let funded = |key: &Pubkey| GenesisAccount::funded(*key, FUNDS_LAMPORTS);
        let nonce = NonceState::initialized(NonceData {
            authority: self.keys[0],
            durable_nonce: durable_nonce(&Hash::ZERO),
            lamports_per_signature: genesis.fees.lamports_per_signature,
        });
        let with_nonce = |key: &Pubkey| GenesisAccount {
            data: nonce.to_bytes().to_vec(),
            ..funded(key)
        };
        genesis.accounts.extend(self.keys.iter().map(funded));
        genesis.accounts.extend(self.nonces.iter().map(with_nonce));
        genesis.normalize();
        genesis
    }

    /// The keys of the accounts.
    pub(crate) fn into_keys(self) -> Vec<Pubkey> {
        self.keys
    }

    /// The next `count` transactions, with this blockhash.
    pub(crate) fn next(&mut self, count: usize, blockhash: Hash) -> Vec<Planned> {
        (0..count).map(|_| self.one(blockhash)).collect()
    }

    /// The next transaction of a workload whose transactions are transfers: what it moves, and its wire bytes, which
    /// [`put_blockhash`] completes.
    pub(crate) fn next_transfer(&mut self) -> (Transfer, Vec<u8>) {
        let (payer, lamports) = self.begin_one();
        let transfer = self.plan_transfer(payer, lamports);
        let wire = self.wire(payer, &[self.instruction(transfer)], Hash::ZERO);
        (transfer, wire)
    }

    /// The addresses of the accounts, by their numbers.
    pub(crate) fn addresses(&self) -> &[Pubkey] {
        &self.keys
    }

    /// Payer and lamports of the next transaction.
    fn begin_one(&mut self) -> (usize, u64) {
        self.made = self.made.wrapping_add(1);
        let lamports = (self.made % AMOUNTS).saturating_add(1);
        (self.next_of_sweep(), lamports)
    }

    fn one(&mut self, blockhash: Hash) -> Planned {
        let (payer, lamports) = self.begin_one();
        let step = self.made % 10;
        let succeeds = !(self.kind == Kind::Failing || self.kind == Kind::Mixed && step == 9);
        let instructions = match self.kind {
            Kind::Disjoint | Kind::Zipf | Kind::Hot => {
                let transfer = self.plan_transfer(payer, lamports);
                vec![self.instruction(transfer)]
            }
            Kind::Failing => vec![self.transfer(payer, lamports.saturating_add(u64::MAX / 2))],
            Kind::Mixed => self.mixed(payer, step, lamports),
        };
        Planned {
            wire: self.wire(payer, &instructions, blockhash),
            succeeds,
        }
    }

    fn mixed(&mut self, payer: usize, step: u64, lamports: u64) -> Vec<Instruction> {
        match step {
            0..=4 => vec![self.transfer(payer, lamports)],
            5 | 6 => vec![
                compute_budget::set_compute_unit_limit(1_000),
                compute_budget::set_compute_unit_price(1_000),
                self.transfer(payer, lamports),
            ],
            7 => vec![self.transfer(payer, lamports), self.transfer(payer, 1)],
            8 => {
                let tens = usize::try_from(self.made / 10).unwrap_or(usize::MAX);
                let nonce = self.nonces[tens.checked_rem(self.nonces.len()).unwrap_or(0)];
                let transfer = self.transfer(payer, lamports);
                vec![transfer, system::advance_nonce_account(&nonce, &self.keys[0])]
            }
            _ => vec![self.transfer(payer, lamports.saturating_add(u64::MAX / 2))],
        }
    }

    /// A transfer to the next account of the sweep.
    fn transfer(&mut self, payer: usize, lamports: u64) -> Instruction {
        let to = self.next_of_sweep();
        self.instruction(Transfer {
            from: payer,
            to,
            lamports,
        })
    }

    fn instruction(&self, transfer: Transfer) -> Instruction {
        let Transfer { from, to, lamports } = transfer;
        system::transfer(&self.keys[from], &self.keys[to], lamports)
    }

    /// A transfer to the next account of the sweep or to a popular one, as the workload says.
    fn plan_transfer(&mut self, from: usize, lamports: u64) -> Transfer {
        let to = match self.kind {
            Kind::Zipf | Kind::Hot => self.popular_other(from),
            Kind::Disjoint | Kind::Mixed | Kind::Failing => self.next_of_sweep(),
        };
        Transfer { from, to, lamports }
    }

    /// A popular account that is not the payer.
    fn popular_other(&mut self, payer: usize) -> usize {
        let count = self.keys.len();
        // Accounts are numbered in no order, so rank is index.
        let rank = match self.kind {
            Kind::Hot => 0,
            _ => self.random.rank(count),
        };
        let to = if rank == payer {
            rank.saturating_add(1)
        } else {
            rank
        };
        to.checked_rem(count).unwrap_or(0)
    }

    /// The next account of the sweep; a new sweep has a new order.
    fn next_of_sweep(&mut self) -> usize {
        if self.used >= self.order.len() {
            for last in (1..self.order.len()).rev() {
                let other = self.random.below(last.saturating_add(1));
                self.order.swap(last, other);
            }
            self.used = 0;
        }
        let next = self.order[self.used];
        self.used = self.used.saturating_add(1);
        next as usize
    }

    fn wire(&self, payer: usize, instructions: &[Instruction], blockhash: Hash) -> Vec<u8> {
        let version = MessageVersion::Legacy;
        let message = Message::compile(version, &self.keys[payer], instructions, blockhash);
        let message = message.expect("a few instructions fit a message");
        let signer_count = usize::from(message.header.num_required_signatures);
        let signature = |index: usize| {
            let mut bytes = [0; 64];
            bytes[..8].copy_from_slice(&self.made.to_le_bytes());
            bytes[8..16].copy_from_slice(&(index as u64).to_le_bytes());
            Signature(bytes)
        };
        Transaction {
            signatures: (0..signer_count).map(signature).collect(),
            message,
        }
        .serialize()
    }
}

/// Offset of the blockhash of a transfer: one signature after its count, the header of the message, and three keys after
/// their count.
const BLOCKHASH_AT: usize = 1 + 64 + 3 + 1 + 3 * 32;

/// Sets the blockhash of a transfer.
pub(crate) fn put_blockhash(wire: &mut [u8], blockhash: Hash) {
    let field = wire.get_mut(BLOCKHASH_AT..).and_then(<[u8]>::first_chunk_mut);
    *field.expect("a transfer is longer than that") = blockhash.0;
}

/// The number of a transaction in its run, counted from 1, which its signature carries.
pub(crate) const fn number_of(signature: &Signature) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = signature.0;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// Fails unless every transaction came to what it was meant to.
pub(crate) fn check(planned: &[Planned], executions: &Executions) -> anyhow::Result<()> {
    if planned.len() != executions.len() {
        bail!(
            "{} transactions have {} outcomes",
            planned.len(),
            executions.len()
        );
    }
    for (index, (planned, execution)) in planned.iter().zip(executions).enumerate() {
        let outcome = execution.outcome;
        let is_meant = outcome.class == OutcomeClass::Executed && outcome.error.is_none() == planned.succeeds;
        if !is_meant {
            bail!("transaction {index} came to {outcome:?}, which the workload does not mean");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_sweep_uses_every_account_once_and_the_next_has_another_order() {
        let mut workload = Workload::new(Kind::Disjoint, 100, 1);
        let sweep =
            |workload: &mut Workload| -> Vec<usize> { (0..100).map(|_| workload.next_of_sweep()).collect() };
        let (first, second) = (sweep(&mut workload), sweep(&mut workload));
        assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 100);
        assert_eq!(second.iter().collect::<BTreeSet<_>>().len(), 100);
        assert_ne!(first, second);
    }

    #[test]
    fn no_two_messages_are_the_same() {
        for kind in [Kind::Disjoint, Kind::Zipf, Kind::Hot, Kind::Mixed, Kind::Failing] {
            let mut workload = Workload::new(kind, 4, 1);
            let planned = workload.next(2_000, Hash::ZERO);
            let wires: BTreeSet<&[u8]> = planned.iter().map(|planned| &planned.wire[..]).collect();
            assert_eq!(wires.len(), 2_000, "{kind:?}");
        }
    }

    #[test]
    fn a_signature_carries_the_number_of_its_transaction() {
        let mut workload = Workload::new(Kind::Disjoint, 4, 1);
        for number in 1..300 {
            let (_, wire) = workload.next_transfer();
            let view = isobath_sdk::TransactionView::parse(&wire).unwrap();
            assert_eq!(number_of(&view.signature(0)), number);
        }
    }

    #[test]
    fn a_transfer_gets_its_blockhash_afterwards() {
        let transfer = |kind| Workload::new(kind, 4, 1).next_transfer().1;
        let planned = Workload::new(Kind::Hot, 4, 1).next(1, Hash([7; 32]));
        let mut wire = transfer(Kind::Hot);
        put_blockhash(&mut wire, Hash([7; 32]));
        assert_eq!(wire, planned[0].wire);
    }

    #[test]
    fn popular_receivers_follow_the_law() {
        let mut workload = Workload::new(Kind::Zipf, 1_000, 1);
        let firsts = (0..10_000).filter(|_| workload.popular_other(999) == 0).count();
        // ln(2) / ln(1000) of all.
        assert!((900..1_110).contains(&firsts), "{firsts}");
    }
}
