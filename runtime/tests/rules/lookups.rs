//! Lookup tables end to end: created by transactions, used by later ones, rejected if they are not valid.

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_program_abi::{AccountMeta, Instruction};
use isobath_program_probe::{Call, Operation, Place, Script};
use isobath_runtime::Tx;
use isobath_sdk::builtins::lookup_table_instruction as table_program;
use isobath_sdk::builtins::system;
use isobath_sdk::chain::event::render_logs;
use isobath_sdk::chain::genesis::{BuiltinProgram, Genesis, GenesisAccount};
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::{BlockRecord, Execution, LoadedAddresses};
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::keypair::Keypair;
use isobath_sdk::wire::message::{AddressTableLookup, Message, TableAddresses};
use isobath_sdk::wire::transaction::Transaction;
use isobath_testkit::keys::dev_key;
use isobath_testkit::world::World;

use crate::support::{RENT_MINIMUM, probe, world_of};

mod life;
mod loads;

const FEE: u64 = 5_000;
/// An account of probe 0 with one byte.
const OWNED: Pubkey = Pubkey([0x11; 32]);
/// An account of the lookup table program that holds no table.
const EMPTY: Pubkey = Pubkey([0x12; 32]);
/// An account of the lookup table program that holds something else.
const GARBAGE: Pubkey = Pubkey([0x13; 32]);
const BALANCE: u64 = 10_000_000;

/// A chain with a table of Alice.
struct Shop {
    world: World,
    alice: Keypair,
    table: Pubkey,
    /// The slot that the table's address is derived from.
    born: u64,
    keys: Vec<Pubkey>,
}

fn genesis() -> Genesis {
    let mut genesis = Genesis::development();
    for index in 0..2 {
        let name = format!("probe_{index}");
        genesis.builtin_programs.push(BuiltinProgram {
            program_id: probe(index),
            name,
        });
    }
    let lookup_tables = ids::ADDRESS_LOOKUP_TABLE_PROGRAM;
    for (pubkey, owner, data) in [
        (OWNED, probe(0), vec![7]),
        (EMPTY, lookup_tables, vec![0; 56]),
        (GARBAGE, lookup_tables, vec![1; 57]),
    ] {
        genesis.accounts.push(GenesisAccount {
            owner,
            data,
            ..GenesisAccount::funded(pubkey, BALANCE)
        });
    }
    genesis.normalize();
    genesis
}

impl Shop {
    /// A chain with an empty table.
    fn new() -> Self {
        let (mut world, alice) = (world_of(genesis()), dev_key(0));
        world.block(&[]);
        let born = world.chain.slot();
        let payer = alice.pubkey();
        let (create, table) = table_program::create_lookup_table(&payer, &payer, born).unwrap();
        let record = world.block(&[world.tx(&[&alice], &[create])]);
        assert_eq!(record.history.executions.get(0).unwrap().outcome.error, None);
        Self {
            world,
            alice,
            table,
            born,
            keys: Vec::new(),
        }
    }

    /// A chain with a table that holds these keys.
    fn with(keys: &[Pubkey]) -> Self {
        let mut shop = Self::new();
        let extend = shop.extend(keys);
        shop.succeed(&[extend]);
        shop
    }

    /// The instruction that appends keys, which the next blocks are expected to show.
    fn extend(&mut self, keys: &[Pubkey]) -> Instruction {
        self.keys.extend(keys);
        let alice = self.alice.pubkey();
        table_program::extend_lookup_table(&self.table, &alice, Some(&alice), keys.to_vec())
    }

    /// Runs a legacy transaction in a block of its own and keeps it.
    fn succeed(&mut self, instructions: &[Instruction]) -> BlockRecord {
        let record = self.world.block(&[self.world.tx(&[&self.alice], instructions)]);
        assert_eq!(record.history.executions.get(0).unwrap().outcome.error, None);
        record
    }

    /// Runs a legacy transaction and answers its error, keeping nothing.
    fn fail(&self, instruction: Instruction) -> (TransactionError, Vec<String>) {
        let record = self
            .world
            .dry_block(&[self.world.tx(&[&self.alice], &[instruction])]);
        let execution = record.history.executions.get(0).unwrap();
        (execution.outcome.error.unwrap(), render_logs(execution.events))
    }

    /// A message that loads from the table every key it can.
    fn message(&self, instructions: &[Instruction]) -> Message {
        let table = TableAddresses {
            table: self.table,
            addresses: &self.keys,
        };
        let blockhash = self.world.chain.blockhash();
        Message::compile_with_tables(&self.alice.pubkey(), instructions, &[table], blockhash).unwrap()
    }

    fn sign(&self, message: Message) -> Tx {
        let wire = Transaction::sign(message, &[&self.alice]).unwrap().serialize();
        self.world.admit(&wire).unwrap()
    }

    fn run(&self, message: Message) -> Execution {
        self.world
            .dry_block(&[self.sign(message)])
            .history
            .executions
            .get(0)
            .unwrap()
            .to_execution()
    }

    /// Asserts that the message is a `NoOp`, in a block, to the builder and to advice.
    fn refuses(&self, message: Message, error: TransactionError) {
        let tx = self.sign(message);
        let record = self.world.dry_block(std::slice::from_ref(&tx));
        let execution = record.history.executions.get(0).unwrap();
        assert_eq!(
            (execution.outcome.class, execution.outcome.error),
            (OutcomeClass::NoOp, Some(error))
        );
        assert_eq!(execution.outcome.fee, 0);
        assert!(record.delta.accounts.is_empty() && execution.loaded_addresses == LoadedAddresses::default());
        let view = self.world.db.view();
        assert_eq!(
            self.world.runtime.advise(&self.world.chain, &view, &tx),
            Err(error)
        );
        let simulation = self.world.runtime.simulate(&self.world.chain, &view, &tx);
        assert_eq!(simulation.outcome.error, Some(error));
    }

    fn pay(&self, to: &Pubkey) -> Instruction {
        system::transfer(&self.alice.pubkey(), to, RENT_MINIMUM)
    }
}

fn lookup(table: Pubkey, writable: &[u8], readonly: &[u8]) -> AddressTableLookup {
    AddressTableLookup {
        table,
        writable_indexes: writable.to_vec(),
        readonly_indexes: readonly.to_vec(),
    }
}

const fn shopper(byte: u8) -> Pubkey {
    Pubkey([byte; 32])
}
