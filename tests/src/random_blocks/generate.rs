//! Random transactions as bytes on the wire: a function of the seed and of what the chain holds.
//!
//! Most are meant to get far, so they name keys that hold something, live blockhashes and the values of nonces. Some are
//! then bent: a privilege less, an account more, a table that is not ready. Amounts and lengths are drawn around the
//! values at which a rule changes its mind. Signatures are left out: the executor never sees them.

use std::collections::BTreeMap;

use isobath_sdk::builtins::lookup_table::{LookupTable, LookupTableMeta};
use isobath_sdk::builtins::lookup_table_instruction as tables;
use isobath_sdk::builtins::nonce::{NONCE_ACCOUNT_LEN, NonceState};
use isobath_sdk::builtins::{compute_budget, system};
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::wire::message::{AddressTableLookup, Message, MessageVersion, TableAddresses};
use isobath_sdk::wire::transaction::Transaction;
use isobath_testkit::Random;
use rand::Rng;

use super::cast::{ABSENT_PROGRAM, CAST, PROBES, RENT_MINIMUM, RICH_ACTORS, actor, authority, probe};
use super::model::{Accounts, Plain};
use super::scripts;

/// The most bytes of a transaction.
const PACKET_LEN: usize = 1_232;
/// Balance of what the transactions create: enough for 8 KiB.
const ENDOWMENT: u64 = 60_000_000;

/// The chain as the generator sees it, at the end of the parent block.
#[derive(Debug)]
pub struct Now<'a> {
    /// Blockhashes, newest first.
    pub blockhashes: Vec<Hash>,
    /// Slot of the open block.
    pub slot: u64,
    /// What exists.
    pub accounts: &'a Accounts,
    /// What transactions of the open block may bring into being.
    pub planned: Planned,
}

/// What was asked for in the open block so far.
#[derive(Debug, Default)]
pub struct Planned {
    tables: Vec<Pubkey>,
    /// Accounts with the probe that gets them.
    accounts: Vec<(Pubkey, Pubkey)>,
}

/// Draws transactions.
#[derive(Debug)]
pub struct Generator<'a> {
    rng: &'a mut Random,
    now: &'a mut Now<'a>,
    /// The tables that exist.
    tables: BTreeMap<Pubkey, Vec<Pubkey>>,
    /// The nonces that are initialized: authority and value.
    nonces: BTreeMap<Pubkey, (Pubkey, Hash)>,
}

impl<'a> Generator<'a> {
    /// Draws from `rng` what could be sent `now`.
    pub fn new(rng: &'a mut Random, now: &'a mut Now<'a>) -> Self {
        let tables = now.accounts.iter().filter_map(|(key, account)| {
            let is_table = account.owner == ids::ADDRESS_LOOKUP_TABLE_PROGRAM;
            let table = LookupTable::parse(&account.data).ok().filter(|_| is_table)?;
            Some((*key, table.keys.iter().copied().map(Pubkey).collect()))
        });
        let nonces = now.accounts.iter().filter_map(|(key, account)| {
            let is_nonce = account.owner == ids::SYSTEM_PROGRAM && account.data.len() == NONCE_ACCOUNT_LEN;
            let state = NonceState::from_bytes(&account.data).ok().filter(|_| is_nonce)?;
            state
                .data
                .map(|data| (*key, (data.authority, data.durable_nonce)))
        });
        Self {
            tables: tables.collect(),
            nonces: nonces.collect(),
            rng,
            now,
        }
    }

    /// The bytes of a transaction that fits a packet.
    pub fn wire(&mut self) -> Vec<u8> {
        loop {
            let wire = self.draw();
            if wire.len() <= PACKET_LEN {
                return wire;
            }
        }
    }

    fn draw(&mut self) -> Vec<u8> {
        let payer = self.payer();
        let mut instructions = self.budget();
        for _ in 0..self.pick(&[1, 1, 1, 2, 2, 3]) {
            let fresh = self.template(payer);
            instructions.extend(fresh);
        }
        for instruction in &mut instructions {
            // The fee payer cannot be called: that does not sanitize.
            if instruction.program_id == payer {
                instruction.program_id = ABSENT_PROGRAM;
            }
            if instruction.program_id != ids::COMPUTE_BUDGET_PROGRAM && self.rng.random_ratio(1, 24) {
                self.bend(instruction);
            }
        }
        let blockhash = self.lifetime(&mut instructions);
        let message = self.message(&payer, &instructions, blockhash);
        Transaction::unsigned(message).serialize()
    }

    fn payer(&mut self) -> Pubkey {
        match self.rng.random_range(0..24) {
            0 => self.pick(&CAST.actors),
            1 => self.pick(&CAST.nonces),
            2 => self.any_account(),
            _ => actor(self.rng.random_range(0..RICH_ACTORS)),
        }
    }

    fn budget(&mut self) -> Vec<Instruction> {
        let mut budget = Vec::new();
        if self.rng.random_ratio(1, 6) {
            let limits = [0, 149, 150, 300, 450, 1_500, 3_000, 200_000, 1_400_000];
            budget.push(compute_budget::set_compute_unit_limit(self.pick(&limits)));
        }
        if self.rng.random_ratio(1, 6) {
            let prices = [0, 1, 1_000, 999_999, 1_000_000, 5_000_000, u64::MAX];
            budget.push(compute_budget::set_compute_unit_price(self.pick(&prices)));
        }
        if self.rng.random_ratio(1, 16) {
            let lens = [1, 64, 171, 172, 234, 235, 236, 12_000, 100_000];
            budget.push(compute_budget::set_loaded_accounts_data_size_limit(
                self.pick(&lens),
            ));
        }
        budget
    }

    /// Instructions that belong together.
    fn template(&mut self, payer: Pubkey) -> Vec<Instruction> {
        match self.rng.random_range(0..40) {
            0 => vec![self.nonsense()],
            1..=10 => vec![self.system(payer)],
            11..=13 => self.create_and_close(payer),
            14 => self.new_nonce(payer),
            15..=17 => self.nonce(payer).into_iter().collect(),
            18..=19 => vec![self.new_table(payer)],
            20..=24 => vec![self.table(payer)],
            _ => vec![self.probe(payer)],
        }
    }

    /// What no program understands, or no program at all.
    fn nonsense(&mut self) -> Instruction {
        let (program, data) = match self.rng.random_range(0..4) {
            0 => (ids::SYSTEM_PROGRAM, vec![99, 0, 0, 0]),
            1 => (probe(0), vec![9]),
            2 => (ABSENT_PROGRAM, vec![]),
            _ => (self.any_account(), vec![]),
        };
        Instruction::new(program, Vec::new(), data)
    }

    fn system(&mut self, payer: Pubkey) -> Instruction {
        let from = if self.rng.random_ratio(1, 6) {
            self.any_account()
        } else {
            payer
        };
        let to = match self.rng.random_range(0..12) {
            0 => probe(self.rng.random_range(0..PROBES)),
            _ => self.any_account(),
        };
        let owner = self.owner();
        let lamports = self.lamports();
        let space = self.pick(&[0, 0, 0, 1, 80, 200, 4_096, 4_097, 10_485_761]);
        match self.rng.random_range(0..12) {
            0..=1 => system::create_account(&from, &to, lamports, space, &owner),
            2 => {
                let new = self.spare();
                system::create_account(&from, &new, ENDOWMENT, space.min(5_000), &owner)
            }
            3 => system::create_account_allow_prefund(&to, Some((&from, lamports)), space, &owner),
            4 => system::assign(&to, &owner),
            5 => system::allocate(&to, space),
            _ => system::transfer(&from, &to, lamports),
        }
    }

    /// An account that a probe gets, writes and gives back.
    fn create_and_close(&mut self, payer: Pubkey) -> Vec<Instruction> {
        let program = probe(self.rng.random_range(0..PROBES));
        let mut owned = self.owned(&program).into_iter();
        let spare = owned.find(|key| CAST.spare.contains(key));
        match (self.now.planned.accounts.pop(), spare) {
            (Some((new, program)), _) if self.rng.random_ratio(1, 2) => {
                return vec![self.close(payer, new, program, ENDOWMENT)];
            }
            (_, Some(old)) if self.rng.random_ratio(1, 2) => {
                let lamports = self.balance(&old);
                return vec![self.close(payer, old, program, lamports)];
            }
            _ => {}
        }
        let (new, space) = (self.spare(), self.pick(&[1, 4_095, 4_096, 4_097]));
        let create = system::create_account(&payer, &new, ENDOWMENT, space, &program);
        if self.rng.random_ratio(1, 3) {
            return vec![create, self.close(payer, new, program, ENDOWMENT)];
        }
        self.now.planned.accounts.push((new, program));
        vec![create]
    }

    fn close(&mut self, payer: Pubkey, account: Pubkey, program: Pubkey, lamports: u64) -> Instruction {
        let accounts = vec![AccountMeta::writable(account), AccountMeta::writable(payer)];
        scripts::close(self.rng, lamports).instruction(program, accounts)
    }

    /// A key for something new, mostly one that holds nothing.
    fn spare(&mut self) -> Pubkey {
        let spare = self.pick(&CAST.spare);
        let mut free = CAST
            .spare
            .iter()
            .filter(|key| !self.now.accounts.contains_key(*key));
        match free.next() {
            Some(free) if self.rng.random_ratio(3, 4) => *free,
            _ => spare,
        }
    }

    /// The accounts of a program.
    fn owned(&self, program: &Pubkey) -> Vec<Pubkey> {
        let accounts = self.now.accounts.iter();
        let owned = accounts.filter(|(_, account)| account.owner == *program);
        owned.map(|(key, _)| *key).collect()
    }

    fn new_nonce(&mut self, payer: Pubkey) -> Vec<Instruction> {
        let new = self.spare();
        let lamports = self.pick(&[ENDOWMENT, 1_447_680, 1_447_679]);
        system::create_nonce_account(&payer, &new, &authority(0), lamports).to_vec()
    }

    /// An instruction on a nonce; `None` if no nonce is left.
    fn nonce(&mut self, payer: Pubkey) -> Option<Instruction> {
        let keys: Vec<Pubkey> = self.nonces.keys().copied().collect();
        let account = match keys.len() {
            0 => return None,
            count => keys[self.rng.random_range(0..count)],
        };
        let (owner, _) = self.nonces[&account];
        let balance = self.balance(&account);
        Some(match self.rng.random_range(0..8) {
            0 => system::advance_nonce_account(&account, &owner),
            1..=2 => system::withdraw_nonce_account(&account, &owner, &payer, balance),
            3 => {
                let lamports = self.lamports();
                system::withdraw_nonce_account(&account, &owner, &payer, lamports)
            }
            4 => system::authorize_nonce_account(&account, &owner, &authority(1)),
            5 => system::upgrade_nonce_account(&self.pick(&CAST.nonces)),
            6 => system::initialize_nonce_account(&self.pick(&CAST.nonces), &payer),
            _ => system::initialize_nonce_account(&self.any_account(), &payer),
        })
    }

    fn new_table(&mut self, payer: Pubkey) -> Instruction {
        let slot = self.now.slot.saturating_sub(self.rng.random_range(0..4));
        let created = tables::create_lookup_table(&authority(0), &payer, slot);
        let (instruction, table) = created.expect("some bump gives an address");
        self.now.planned.tables.push(table);
        instruction
    }

    fn table(&mut self, payer: Pubkey) -> Instruction {
        let mut table = self.any_table();
        let mut existing = self.tables.keys();
        let closing = existing.find(|key| is_deactivating(&self.now.accounts[*key]));
        if let Some(closing) = closing.filter(|_| self.rng.random_ratio(1, 3)) {
            table = *closing;
        }
        let is_closing = self.now.accounts.get(&table).is_some_and(is_deactivating);
        match self.rng.random_range(0..16) {
            0 => tables::freeze_lookup_table(&table, &authority(0)),
            1..=2 => tables::deactivate_lookup_table(&table, &authority(0)),
            3 => tables::close_lookup_table(&table, &authority(0), &payer),
            _ if is_closing => tables::close_lookup_table(&table, &authority(0), &payer),
            _ => {
                let keys = (0..self.rng.random_range(0..6)).map(|_| self.any_account());
                let keys = keys.collect();
                let payer = self.rng.random_ratio(7, 8).then_some(&payer);
                tables::extend_lookup_table(&table, &authority(0), payer, keys)
            }
        }
    }

    fn probe(&mut self, payer: Pubkey) -> Instruction {
        let index = self.rng.random_range(0..PROBES);
        let mut accounts = vec![AccountMeta::signer_writable(payer)];
        accounts.push(AccountMeta::writable(CAST.vaults[usize::from(index)].0));
        // Mostly what the probe owns, so that it may change it.
        let own = self.owned(&probe(index));
        for _ in 0..self.rng.random_range(1..4) {
            let pubkey = match self.rng.random_range(0..4) {
                1..=3 if !own.is_empty() => self.pick(&own),
                _ => self.any_account(),
            };
            accounts.push(AccountMeta {
                pubkey,
                is_signer: self.rng.random_ratio(1, 16),
                is_writable: self.rng.random_ratio(7, 8),
            });
        }
        accounts.extend((0..PROBES).map(|index| AccountMeta::readonly(probe(index))));
        accounts.push(AccountMeta::readonly(ids::SYSTEM_PROGRAM));
        let balances: Vec<u64> = accounts.iter().map(|meta| self.balance(&meta.pubkey)).collect();
        let given = scripts::Given {
            first: index,
            program: index,
            accounts: &accounts,
            balances: &balances,
        };
        scripts::script(self.rng, &given).instruction(probe(index), accounts)
    }

    fn bend(&mut self, instruction: &mut Instruction) {
        let count = instruction.accounts.len();
        if count == 0 {
            return;
        }
        let at = self.rng.random_range(0..count);
        match self.rng.random_range(0..4) {
            0 => drop(instruction.accounts.pop()),
            1 => instruction.accounts.push(instruction.accounts[at]),
            2 => instruction.accounts[at].is_signer ^= true,
            _ => instruction.accounts[at].is_writable ^= true,
        }
    }

    /// The blockhash; for one that is a nonce's value, the instruction that advances it comes first.
    fn lifetime(&mut self, instructions: &mut Vec<Instruction>) -> Hash {
        let newest = self.now.blockhashes.len() - 1;
        match self.rng.random_range(0..24) {
            0 => Hash([self.rng.random(); 32]),
            1 => {
                let age = self.pick(&[1, 5, 6, 7, 8, 9]);
                self.now.blockhashes[newest.min(age)]
            }
            2..=5 if !self.nonces.is_empty() => {
                let nonces: Vec<_> = self.nonces.iter().collect();
                let (account, (owner, value)) = nonces[self.rng.random_range(0..nonces.len())];
                instructions.insert(0, system::advance_nonce_account(account, owner));
                *value
            }
            _ => self.now.blockhashes[0],
        }
    }

    fn message(&mut self, payer: &Pubkey, instructions: &[Instruction], blockhash: Hash) -> Message {
        let legacy = || Message::compile(MessageVersion::Legacy, payer, instructions, blockhash);
        if self.rng.random_ratio(3, 5) {
            return legacy().expect("few keys, little data");
        }
        let table = self.any_table();
        let addresses = TableAddresses {
            table,
            addresses: self.tables.get(&table).map_or(&[][..], Vec::as_slice),
        };
        let message = Message::compile_with_tables(payer, instructions, &[addresses], blockhash);
        let mut message = message.expect("few keys, little data");
        if self.rng.random_ratio(1, 6) {
            let table = match self.now.planned.tables.len() {
                0 => self.any_table(),
                count => self.now.planned.tables[self.rng.random_range(0..count)],
            };
            message.lookups.push(AddressTableLookup {
                table,
                writable_indexes: Vec::new(),
                readonly_indexes: vec![self.rng.random_range(0..24)],
            });
        }
        message
    }

    fn any_table(&mut self) -> Pubkey {
        let existing: Vec<Pubkey> = self.tables.keys().copied().collect();
        match self.rng.random_range(0..12) {
            0 => self.pick(&CAST.tables),
            1 => self.any_account(),
            2 if !self.now.planned.tables.is_empty() => self.now.planned.tables[0],
            _ if existing.is_empty() => CAST.tables[0],
            _ => existing[self.rng.random_range(0..existing.len())],
        }
    }

    fn any_account(&mut self) -> Pubkey {
        let accounts = CAST.accounts();
        self.pick(&accounts)
    }

    fn owner(&mut self) -> Pubkey {
        match self.rng.random_range(0..5) {
            0..=1 => ids::SYSTEM_PROGRAM,
            2 => ABSENT_PROGRAM,
            _ => probe(self.rng.random_range(0..PROBES)),
        }
    }

    fn lamports(&mut self) -> u64 {
        let around = [
            0,
            1,
            5_000,
            RENT_MINIMUM - 1,
            RENT_MINIMUM,
            RENT_MINIMUM + 5_000,
            2_000_000,
            50_000_000,
        ];
        match self.rng.random_range(0..16) {
            0 => u64::MAX - self.rng.random_range(0..3),
            1..=7 => self.pick(&around),
            _ => 2_000_000,
        }
    }

    fn balance(&self, key: &Pubkey) -> u64 {
        self.now.accounts.get(key).map_or(0, |account| account.lamports)
    }

    fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.rng.random_range(0..values.len())]
    }
}

fn is_deactivating(account: &Plain) -> bool {
    let never = LookupTableMeta::new(None).deactivation_slot;
    let table = LookupTable::parse(&account.data);
    table.is_ok_and(|table| table.meta.deactivation_slot != never)
}
