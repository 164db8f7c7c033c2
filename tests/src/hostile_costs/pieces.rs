//! Random instructions of every program, with the accounts that they need.

use isobath_sdk::builtins::lookup_table_instruction as tables;
use isobath_sdk::builtins::system;
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::pubkey::Pubkey;
use isobath_testkit::Random;
use rand::Rng;

use super::scene::{HUGE, PAYER, Scene, probe};
use super::scripts;

/// Whether `program` is one of the probes.
pub(super) fn is_probe(program: &Pubkey) -> bool {
    [probe(0), probe(1)].contains(program)
}

/// Draws instructions.
pub(super) struct Pieces<'a> {
    pub(super) rng: &'a mut Random,
    pub(super) scene: &'a Scene,
}

impl Pieces<'_> {
    pub(super) fn any(&mut self) -> Instruction {
        match self.rng.random_range(0..14) {
            12 => Scene::close(self.huge()),
            13 => Scene::reopen(self.huge()),
            0..=2 => self.system(),
            3 => self.nonce(),
            4..=5 => self.table(),
            6 => Instruction::new(Pubkey([self.rng.random(); 32]), Vec::new(), Vec::new()),
            _ => self.probe(),
        }
    }

    fn key(&mut self) -> Pubkey {
        let keys = &self.scene.keys;
        keys[self.rng.random_range(0..keys.len())]
    }

    /// One of the two largest accounts that are closed and reopened most.
    fn huge(&mut self) -> Pubkey {
        self.scene.owned[self.rng.random_range(2..4)]
    }

    fn system(&mut self) -> Instruction {
        let (to, owner) = (self.key(), probe(0));
        let space = [0, 1, 4_097, 1 << 20, HUGE][self.rng.random_range(0..5)];
        let lamports = [0, 1, 80_000_000_000][self.rng.random_range(0..3)];
        let seeded = self.seeded();
        match self.rng.random_range(0..10) {
            0..=2 => system::transfer(&PAYER, &to, lamports),
            3 => system::create_account(&PAYER, &to, lamports, space, &owner),
            4 => system::allocate(&to, space),
            5 => system::assign(&to, &owner),
            6 => system::create_account_allow_prefund(&to, Some((&PAYER, lamports)), space, &owner),
            7 => system::create_account_with_seed(&PAYER, &seeded, lamports, space, &owner),
            8 => system::allocate_with_seed(&seeded, space, &owner),
            _ => system::transfer_with_seed(&seeded, &owner, &to, lamports),
        }
    }

    fn seeded(&self) -> system::SeededAddress<'static> {
        let seed = "seed";
        system::SeededAddress {
            address: Pubkey::with_seed(&PAYER, seed, &probe(0)).expect("a short seed"),
            base: PAYER,
            seed,
        }
    }

    fn nonce(&mut self) -> Instruction {
        let nonce = self.scene.nonces[self.rng.random_range(0..self.scene.nonces.len())];
        match self.rng.random_range(0..5) {
            0 => system::withdraw_nonce_account(&nonce, &PAYER, &PAYER, 1),
            1 => system::initialize_nonce_account(&nonce, &PAYER),
            2 => system::authorize_nonce_account(&nonce, &PAYER, &PAYER),
            3 => system::upgrade_nonce_account(&nonce),
            _ => system::advance_nonce_account(&nonce, &PAYER),
        }
    }

    fn table(&mut self) -> Instruction {
        let (table, _) = self.scene.tables[self.rng.random_range(0..self.scene.tables.len())];
        match self.rng.random_range(0..6) {
            0 => {
                let slot = self.scene.world.chain.slot();
                let created = tables::create_lookup_table(&PAYER, &PAYER, slot);
                created.expect("some bump gives an address").0
            }
            1 => tables::freeze_lookup_table(&table, &PAYER),
            2 => tables::deactivate_lookup_table(&table, &PAYER),
            3 => tables::close_lookup_table(&table, &PAYER, &PAYER),
            _ => {
                let keys = (0..self.rng.random_range(1..20)).map(|_| self.key()).collect();
                tables::extend_lookup_table(&table, &PAYER, Some(&PAYER), keys)
            }
        }
    }

    fn probe(&mut self) -> Instruction {
        let mut accounts = vec![AccountMeta::signer_writable(PAYER)];
        for _ in 0..self.rng.random_range(1..6) {
            let owned = &self.scene.owned;
            let pubkey = owned[self.rng.random_range(0..owned.len())];
            accounts.push(AccountMeta {
                pubkey,
                is_signer: false,
                is_writable: self.rng.random_ratio(7, 8),
            });
        }
        accounts.extend([
            AccountMeta::readonly(probe(0)),
            AccountMeta::readonly(probe(1)),
            AccountMeta::readonly(ids::SYSTEM_PROGRAM),
        ]);
        scripts::script(self.rng, &accounts).instruction(probe(0), accounts)
    }
}
