//! The rules once more, in their plainest form, for the transactions of [`super::spec`].
//!
//! Invariant: shares with the runtime nothing but the wire types; balances are a map, an account is three
//! numbers, and a transaction works on a copy that is kept or dropped.

use std::collections::BTreeMap;

use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::errors::TransactionError as Tx;
use isobath_sdk::ids;
use isobath_sdk::instruction_error::InstructionError as Ix;
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::wire::view::TransactionView;

use super::spec::{ABSENT_PROGRAM, Op, Spec, actor};

const SIGNATURE_LAMPORTS: u64 = 5_000;
const INSTRUCTION_UNITS: u64 = 150;

/// An account of the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plain {
    /// Balance.
    pub lamports: u64,
    /// Bytes of data, all zero.
    pub data_len: u64,
    /// Whether a program other than System owns it.
    pub is_given_away: bool,
}

impl Plain {
    const fn rent_minimum(self) -> u64 {
        (128 + self.data_len) * 6_960
    }

    const fn is_fine(self) -> bool {
        self.lamports == 0 || self.lamports >= self.rent_minimum()
    }
}

/// What the model expects of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its class.
    pub class: OutcomeClass,
    /// Its error.
    pub error: Option<Tx>,
    /// What it pays.
    pub fee: u64,
    /// What it spends.
    pub compute_units: u64,
}

/// Balances of everybody who has one.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The accounts that exist.
    pub accounts: BTreeMap<Pubkey, Plain>,
    /// Base fees collected in the open block.
    pub base_fees: u64,
    /// Priority fees collected in the open block.
    pub priority_fees: u64,
}

/// What the harness knows of a transaction beside its spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether its blockhash is alive.
    pub is_alive: bool,
    /// Whether its message was processed.
    pub is_seen: bool,
}

struct Budget {
    limit: u64,
    price: u64,
    loaded_data_limit: u64,
}

impl Model {
    /// Executes a transaction of which `view` are the bytes.
    pub fn execute(&mut self, spec: &Spec, view: &TransactionView<'_>, standing: Standing) -> Expected {
        let no_op = |error| Expected {
            class: OutcomeClass::NoOp,
            error: Some(error),
            fee: 0,
            compute_units: 0,
        };
        if !standing.is_alive {
            return no_op(Tx::BlockhashNotFound);
        }
        if standing.is_seen {
            return no_op(Tx::AlreadyProcessed);
        }
        let budget = budget_of(spec);
        let base = SIGNATURE_LAMPORTS * view.signatures().len() as u64;
        let micro = u128::from(budget.price) * u128::from(budget.limit);
        let priority = u64::try_from(micro.div_ceil(1_000_000)).unwrap_or(u64::MAX);
        let fee = base.saturating_add(priority);
        let payer = actor(spec.payer).pubkey();
        let paid = match pay(self.get(&payer), fee) {
            Ok(paid) => paid,
            Err(error) => return no_op(error),
        };
        let loaded = self.loaded_data_len(view);
        self.put(payer, paid);
        self.base_fees += base;
        self.priority_fees += priority;
        if let Some(error) = self.load_error(spec, loaded, budget.loaded_data_limit) {
            return Expected {
                class: OutcomeClass::FeesOnly,
                error: Some(error),
                fee,
                compute_units: 0,
            };
        }
        let (error, compute_units) = self.run(spec, view, budget.limit);
        Expected {
            class: OutcomeClass::Executed,
            error,
            fee,
            compute_units,
        }
    }

    /// Ends the block: half of the base fees are burned, the rest is the producer's. Returns the burn.
    pub fn end_block(&mut self, producer: &Pubkey) -> u64 {
        let burned = self.base_fees / 2;
        let credit = self.base_fees - burned + self.priority_fees;
        let mut account = self.get(producer);
        account.lamports += credit;
        self.put(*producer, account);
        (self.base_fees, self.priority_fees) = (0, 0);
        burned
    }

    fn get(&self, key: &Pubkey) -> Plain {
        self.accounts.get(key).copied().unwrap_or_default()
    }

    fn put(&mut self, key: Pubkey, account: Plain) {
        if account.lamports == 0 {
            self.accounts.remove(&key);
        } else {
            self.accounts.insert(key, account);
        }
    }

    fn loaded_data_len(&self, view: &TransactionView<'_>) -> u64 {
        let keys = (0..view.static_key_count()).map(|index| view.static_key(index));
        keys.map(|key| match key {
            ids::SYSTEM_PROGRAM => 64 + "solana_system_program".len() as u64,
            ids::COMPUTE_BUDGET_PROGRAM => 64 + "compute_budget_program".len() as u64,
            key => self.accounts.get(&key).map_or(0, |account| 64 + account.data_len),
        })
        .sum()
    }

    fn load_error(&self, spec: &Spec, loaded: u64, limit: u64) -> Option<Tx> {
        if loaded > limit {
            return Some(Tx::MaxLoadedAccountsDataSizeExceeded);
        }
        spec.ops.iter().find_map(|op| match op {
            Op::AbsentProgram => Some(Tx::ProgramAccountNotFound),
            // The payer may have been emptied by its fee.
            Op::ActorAsProgram(index) if self.get(&actor(*index).pubkey()).lamports == 0 => {
                Some(Tx::ProgramAccountNotFound)
            }
            Op::ActorAsProgram(_) => Some(Tx::InvalidProgramForExecution),
            _ => None,
        })
    }

    fn run(&mut self, spec: &Spec, view: &TransactionView<'_>, limit: u64) -> (Option<Tx>, u64) {
        let mut work = Work {
            accounts: self.accounts.clone(),
            view,
        };
        let mut spent = 0;
        for (index, op) in (0_u8..).zip(&spec.ops) {
            spent += INSTRUCTION_UNITS;
            if spent > limit {
                let error = Tx::InstructionError(index, Ix::ComputationalBudgetExceeded);
                return (Some(error), limit);
            }
            if let Err(error) = work.run(op) {
                return (Some(Tx::InstructionError(index, error)), spent);
            }
        }
        if let Some(account_index) = work.index_below_rent() {
            return (Some(Tx::InsufficientFundsForRent { account_index }), spent);
        }
        let Work { accounts, .. } = work;
        self.accounts = accounts
            .into_iter()
            .filter(|(_, account)| account.lamports > 0)
            .collect();
        (None, spent)
    }
}

fn budget_of(spec: &Spec) -> Budget {
    let mut budget = Budget {
        limit: 0,
        price: 0,
        loaded_data_limit: 64 << 20,
    };
    let default: u64 = spec
        .ops
        .iter()
        .map(|op| {
            if matches!(op, Op::AbsentProgram | Op::ActorAsProgram(_)) {
                200_000
            } else {
                3_000
            }
        })
        .sum();
    budget.limit = default.min(1_400_000);
    for op in &spec.ops {
        match *op {
            Op::Limit(units) => budget.limit = u64::from(units).min(1_400_000),
            Op::Price(price) => budget.price = price,
            Op::LoadedDataLimit(len) => budget.loaded_data_limit = u64::from(len),
            _ => {}
        }
    }
    budget
}

fn pay(payer: Plain, fee: u64) -> Result<Plain, Tx> {
    if payer.lamports == 0 {
        return Err(Tx::AccountNotFound);
    }
    if payer.is_given_away || payer.data_len > 0 {
        return Err(Tx::InvalidAccountForFee);
    }
    let lamports = payer
        .lamports
        .checked_sub(fee)
        .ok_or(Tx::InsufficientFundsForFee)?;
    let paid = Plain { lamports, ..payer };
    if paid.is_fine() {
        Ok(paid)
    } else {
        Err(Tx::InsufficientFundsForRent { account_index: 0 })
    }
}

/// The copy that a transaction works on.
struct Work<'a> {
    accounts: BTreeMap<Pubkey, Plain>,
    view: &'a TransactionView<'a>,
}

impl Work<'_> {
    fn run(&mut self, op: &Op) -> Result<(), Ix> {
        match *op {
            Op::Limit(_) | Op::Price(_) | Op::LoadedDataLimit(_) => Ok(()),
            Op::BadData => Err(Ix::InvalidInstructionData),
            Op::AbsentProgram | Op::ActorAsProgram(_) => {
                unreachable!("refused when loading: {ABSENT_PROGRAM}")
            }
            Op::Transfer {
                from, to, lamports, ..
            } => self.transfer(&actor(from).pubkey(), &actor(to).pubkey(), lamports),
            Op::Create {
                funder,
                new,
                lamports,
                space,
                is_given_away,
            } => {
                let (funder, new) = (actor(funder).pubkey(), actor(new).pubkey());
                let mut account = self.get(&new);
                if account.lamports > 0 || account.data_len > 0 || account.is_given_away {
                    return Err(Ix::Custom(0));
                }
                if space > 10 << 20 {
                    return Err(Ix::Custom(3));
                }
                account.data_len = space;
                account.is_given_away = is_given_away;
                self.accounts.insert(new, account);
                self.transfer(&funder, &new, lamports)
            }
        }
    }

    fn transfer(&mut self, from: &Pubkey, to: &Pubkey, lamports: u64) -> Result<(), Ix> {
        if !self.is_signer(from) {
            return Err(Ix::MissingRequiredSignature);
        }
        let mut sender = self.get(from);
        if sender.data_len > 0 {
            return Err(Ix::InvalidArgument);
        }
        if lamports > sender.lamports {
            return Err(Ix::Custom(1));
        }
        if lamports > 0 && sender.is_given_away {
            return Err(Ix::ExternalAccountLamportSpend);
        }
        if !self.is_writable(from) {
            return Err(Ix::ReadonlyLamportChange);
        }
        sender.lamports -= lamports;
        self.accounts.insert(*from, sender);
        let mut recipient = self.get(to);
        recipient.lamports = recipient
            .lamports
            .checked_add(lamports)
            .ok_or(Ix::ArithmeticOverflow)?;
        if !self.is_writable(to) {
            return Err(Ix::ReadonlyLamportChange);
        }
        self.accounts.insert(*to, recipient);
        Ok(())
    }

    fn index_below_rent(&self) -> Option<u8> {
        let indexes = 0..self.view.static_key_count();
        let below = indexes.into_iter().find(|index| {
            let key = self.view.static_key(*index);
            self.view.is_requested_writable(*index) && !self.get(&key).is_fine()
        });
        below.map(|index| u8::try_from(index).expect("few keys"))
    }

    fn get(&self, key: &Pubkey) -> Plain {
        self.accounts.get(key).copied().unwrap_or_default()
    }

    fn position(&self, key: &Pubkey) -> usize {
        let mut indexes = 0..self.view.static_key_count();
        indexes
            .find(|index| self.view.static_key(*index) == *key)
            .expect("the transaction names it")
    }

    fn is_signer(&self, key: &Pubkey) -> bool {
        self.view.is_signer(self.position(key))
    }

    fn is_writable(&self, key: &Pubkey) -> bool {
        let is_called = self
            .view
            .instructions()
            .any(|instruction| usize::from(instruction.program_id_index) == self.position(key));
        self.view.is_requested_writable(self.position(key)) && !is_called
    }
}
