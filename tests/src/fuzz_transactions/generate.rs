//! Random transactions as bytes on the wire.
//!
//! Most are meant to get far: the right signers, live blockhashes, keys that hold something. Some are then bent:
//! privileges that are missing, tables with indexes that are not there, bytes that flipped.

use isobath_program_probe::Script;
use isobath_sdk::builtins::compute_budget;
use isobath_sdk::builtins::lookup_table_instruction as tables;
use isobath_sdk::builtins::system;
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::wire::message::{AddressTableLookup, Message, MessageVersion, TableAddresses};
use isobath_sdk::wire::transaction::Transaction;
use isobath_testkit::Random;
use rand::Rng;

use super::cast::{ABSENT, Cast, NONCES, PROBES, RICH_USERS, TABLES, USERS, nonce, probe, table, user};
use super::scripts;

const RENT_MINIMUM: u64 = 890_880;

/// What the generator has to know of the chain.
pub(super) struct Now<'a> {
    /// Blockhashes of the chain, newest first.
    pub(super) blockhashes: &'a [Hash],
    /// Slot of the tip.
    pub(super) slot: u64,
    /// What each nonce account holds, if it is initialized.
    pub(super) nonces: &'a [Option<Hash>],
    /// Tables that transactions have made.
    pub(super) made_tables: &'a [Pubkey],
}

/// Draws transactions.
pub(super) struct Generator<'a> {
    pub(super) rng: &'a mut Random,
    pub(super) cast: &'a Cast,
    pub(super) now: Now<'a>,
}

impl Generator<'_> {
    /// The bytes of a transaction, and whether they were bent.
    pub(super) fn wire(&mut self) -> (Vec<u8>, bool) {
        let payer = self.payer();
        let mut instructions = self.instructions(&payer);
        let blockhash = self.lifetime(&mut instructions);
        let mut bytes = match self.message(&payer, &instructions, blockhash) {
            Some(message) => Transaction::unsigned(message).serialize(),
            None => vec![0; 3],
        };
        self.name(&mut bytes);
        let is_bent = self.one_in(25);
        if is_bent {
            self.bend(&mut bytes);
        }
        (bytes, is_bent)
    }

    /// Gives the transaction a signature of its own to be looked up by.
    fn name(&mut self, bytes: &mut [u8]) {
        if let Some(signature) = bytes.get_mut(1..65) {
            self.rng.fill(signature);
        }
    }

    fn payer(&mut self) -> Pubkey {
        match self.rng.random_range(0..40) {
            0 => self.any_account(),
            1..=2 => user(self.rng.random_range(0..USERS)),
            3 => nonce(self.rng.random_range(0..NONCES)),
            _ => user(self.rng.random_range(0..RICH_USERS)),
        }
    }

    fn instructions(&mut self, payer: &Pubkey) -> Vec<Instruction> {
        let mut instructions = self.budget();
        for _ in 0..self.rng.random_range(1..4) {
            let mut instruction = self.instruction(payer);
            if self.one_in(20) {
                self.flip_privilege(&mut instruction);
            }
            instructions.push(instruction);
        }
        instructions
    }

    fn budget(&mut self) -> Vec<Instruction> {
        let mut budget = Vec::new();
        if self.one_in(3) {
            let units = [0, 150, 600, 5_000, 60_000, 400_000, 1_400_000, u32::MAX];
            budget.push(compute_budget::set_compute_unit_limit(self.pick(&units)));
        }
        if self.one_in(6) {
            let prices = [0, 1, 1_000, 1_000_000, u64::MAX];
            budget.push(compute_budget::set_compute_unit_price(self.pick(&prices)));
        }
        if self.one_in(12) {
            let lens = [0, 1, 300, 20_000, 1 << 20, u32::MAX];
            budget.push(compute_budget::set_loaded_accounts_data_size_limit(
                self.pick(&lens),
            ));
        }
        if self.one_in(40) {
            budget.push(compute_budget::request_heap_frame(self.pick(&[
                32 << 10,
                256 << 10,
                5,
            ])));
        }
        if self.one_in(60)
            && let Some(first) = budget.first().cloned()
        {
            budget.push(first);
        }
        budget
    }

    fn instruction(&mut self, payer: &Pubkey) -> Instruction {
        match self.rng.random_range(0..40) {
            0..=8 => self.system(payer),
            9..=13 => self.nonce(payer),
            14..=18 => self.table(payer),
            19 => Instruction::new(ABSENT, Vec::new(), vec![1]),
            20 => Instruction::new(self.any_account(), Vec::new(), Vec::new()),
            21 => self.noise(),
            _ => self.probe(payer),
        }
    }

    fn system(&mut self, payer: &Pubkey) -> Instruction {
        let (from, to) = (self.any_payer(payer), self.any_target());
        let (lamports, space) = (self.lamports(), self.pick(&[0, 0, 1, 80, 200, 10_485_761]));
        let owner = self.owner();
        match self.rng.random_range(0..12) {
            0..=5 => system::transfer(&from, &to, lamports),
            6 => system::create_account(&from, &to, lamports, space, &owner),
            7 => system::create_account_allow_prefund(&to, Some((&from, lamports)), space, &owner),
            8 => system::assign(&to, &owner),
            9 => system::allocate(&to, space),
            10 => {
                let seeded = self.seeded(&from, &owner);
                system::create_account_with_seed(&from, &seeded, lamports, space, &owner)
            }
            _ => {
                let seeded = self.seeded(&from, &ids::SYSTEM_PROGRAM);
                system::transfer_with_seed(&seeded, &ids::SYSTEM_PROGRAM, &to, lamports)
            }
        }
    }

    fn seeded(&self, base: &Pubkey, owner: &Pubkey) -> system::SeededAddress<'static> {
        let seed = "s";
        system::SeededAddress {
            address: Pubkey::with_seed(base, seed, owner).unwrap_or(*base),
            base: *base,
            seed,
        }
    }

    fn nonce(&mut self, payer: &Pubkey) -> Instruction {
        let index = self.rng.random_range(0..NONCES);
        let (account, authority) = (nonce(index), user(index % RICH_USERS));
        match self.rng.random_range(0..12) {
            0..=5 => system::advance_nonce_account(&account, &authority),
            6 => {
                let lamports = self.lamports();
                system::withdraw_nonce_account(&account, &authority, payer, lamports)
            }
            7 => system::initialize_nonce_account(&account, &authority),
            8 => system::authorize_nonce_account(&account, &authority, &authority),
            9 => system::upgrade_nonce_account(&account),
            10 => system::initialize_nonce_account(&self.any_account(), payer),
            _ => system::withdraw_nonce_account(&account, &authority, &account, 1),
        }
    }

    fn table(&mut self, payer: &Pubkey) -> Instruction {
        let (key, authority) = (self.any_table(), user(0));
        match self.rng.random_range(0..12) {
            0..=1 => {
                let slot = self.now.slot.saturating_sub(self.rng.random_range(0..3));
                let created = tables::create_lookup_table(&authority, payer, slot);
                created.expect("some bump gives an address").0
            }
            2..=7 => {
                let keys = (0..self.rng.random_range(0..4))
                    .map(|_| self.any_account())
                    .collect();
                let payer = (!self.one_in(3)).then_some(payer);
                tables::extend_lookup_table(&key, &authority, payer, keys)
            }
            8 if self.one_in(8) => tables::freeze_lookup_table(&key, &authority),
            9 if self.one_in(8) => tables::deactivate_lookup_table(&key, &authority),
            10 => Instruction::new(
                ids::ADDRESS_LOOKUP_TABLE_PROGRAM,
                vec![AccountMeta::writable(key), AccountMeta::signer(authority)],
                vec![self.rng.random_range(0..6), 0, 0, 0],
            ),
            _ => tables::close_lookup_table(&key, &authority, payer),
        }
    }

    fn probe(&mut self, payer: &Pubkey) -> Instruction {
        let mut accounts = vec![AccountMeta::signer_writable(*payer)];
        for _ in 0..self.rng.random_range(0..5) {
            accounts.push(AccountMeta {
                pubkey: self.any_target(),
                is_signer: self.one_in(12),
                is_writable: !self.one_in(4),
            });
        }
        if !self.one_in(3) {
            accounts.extend((0..PROBES).map(|index| AccountMeta::readonly(probe(index))));
            accounts.push(AccountMeta::readonly(ids::SYSTEM_PROGRAM));
        }
        let script = scripts::script(self.rng, self.cast, &accounts);
        let program = probe(self.rng.random_range(0..PROBES));
        script.instruction(program, accounts)
    }

    /// A call of a program with bytes that mean nothing to it.
    fn noise(&mut self) -> Instruction {
        let program = self.cast.programs[self.rng.random_range(0..self.cast.programs.len())];
        let mut data = Script::new().encode();
        data.resize(self.rng.random_range(0..24), 0);
        self.rng.fill(&mut data[..]);
        let accounts = vec![AccountMeta::writable(self.any_account())];
        Instruction::new(program, accounts, data)
    }

    fn lifetime(&mut self, instructions: &mut Vec<Instruction>) -> Hash {
        match self.rng.random_range(0..24) {
            0 => Hash([self.rng.random(); 32]),
            1..=2 => {
                let index = self.rng.random_range(0..NONCES);
                let authority = user(index % RICH_USERS);
                instructions.insert(0, system::advance_nonce_account(&nonce(index), &authority));
                self.now.nonces[usize::from(index)].unwrap_or(Hash([index; 32]))
            }
            _ => {
                let ages = if self.one_in(12) { 12 } else { 7 };
                let age: usize = self.rng.random_range(0..ages);
                self.now.blockhashes[age.min(self.now.blockhashes.len() - 1)]
            }
        }
    }

    fn message(&mut self, payer: &Pubkey, instructions: &[Instruction], blockhash: Hash) -> Option<Message> {
        if self.one_in(2) {
            return Message::compile(MessageVersion::Legacy, payer, instructions, blockhash).ok();
        }
        let good = if self.one_in(10) { TABLES } else { TABLES - 4 };
        let index = self.rng.random_range(0..good);
        let addresses = TableAddresses {
            table: table(index),
            addresses: &self.cast.table_keys[usize::from(index)],
        };
        let mut message = Message::compile_with_tables(payer, instructions, &[addresses], blockhash).ok()?;
        if self.one_in(8) {
            let table = self.any_table();
            let indexes = vec![self.rng.random_range(0..20)];
            let (writable_indexes, readonly_indexes) = match self.one_in(2) {
                true => (indexes, Vec::new()),
                false => (Vec::new(), indexes),
            };
            message.lookups.push(AddressTableLookup {
                table,
                writable_indexes,
                readonly_indexes,
            });
        }
        Some(message)
    }

    fn flip_privilege(&mut self, instruction: &mut Instruction) {
        let count = instruction.accounts.len();
        if count == 0 {
            return;
        }
        match self.rng.random_range(0..4) {
            0 => drop(instruction.accounts.pop()),
            1 => {
                let again = instruction.accounts[self.rng.random_range(0..count)];
                instruction.accounts.push(again);
            }
            2 => instruction.accounts[self.rng.random_range(0..count)].is_signer ^= true,
            _ => instruction.accounts[self.rng.random_range(0..count)].is_writable ^= true,
        }
    }

    fn bend(&mut self, bytes: &mut Vec<u8>) {
        match self.rng.random_range(0..8) {
            0 => bytes.truncate(self.rng.random_range(0..bytes.len())),
            1 => bytes.push(self.rng.random()),
            _ => {
                let at = self.rng.random_range(0..bytes.len());
                bytes[at] ^= 1 << self.rng.random_range(0..8);
            }
        }
    }

    fn any_account(&mut self) -> Pubkey {
        self.cast.accounts[self.rng.random_range(0..self.cast.accounts.len())]
    }

    /// Any account, but seldom one that would be missed as a payer.
    fn any_target(&mut self) -> Pubkey {
        let first = if self.one_in(50) {
            0
        } else {
            usize::from(RICH_USERS)
        };
        self.cast.accounts[self.rng.random_range(first..self.cast.accounts.len())]
    }

    fn any_payer(&mut self, payer: &Pubkey) -> Pubkey {
        match self.one_in(4) {
            true => self.any_account(),
            false => *payer,
        }
    }

    fn any_table(&mut self) -> Pubkey {
        let made = self.now.made_tables;
        match made.len() {
            len if len > 0 && self.one_in(2) => made[self.rng.random_range(0..len)],
            _ => table(self.rng.random_range(0..TABLES)),
        }
    }

    fn owner(&mut self) -> Pubkey {
        match self.rng.random_range(0..5) {
            0 => ids::SYSTEM_PROGRAM,
            1 => ABSENT,
            _ => probe(self.rng.random_range(0..PROBES)),
        }
    }

    fn lamports(&mut self) -> u64 {
        self.pick(&[
            0,
            1,
            5_000,
            RENT_MINIMUM - 1,
            RENT_MINIMUM,
            RENT_MINIMUM + 5_000,
            2_500_000,
            50_000_000,
            u64::MAX,
        ])
    }

    fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.rng.random_range(0..values.len())]
    }

    fn one_in(&mut self, count: u32) -> bool {
        self.rng.random_ratio(1, count)
    }
}
