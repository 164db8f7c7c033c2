//! Durable nonces end to end: created by transactions and used by others, once each.

use isobath_program_abi::Hash;
use isobath_program_abi::Instruction;
use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_runtime::Tx;
use isobath_sdk::builtins::nonce::{NonceData, NonceState, NonceVersion, durable_nonce};
use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::{BuiltinProgram, Genesis, GenesisAccount};
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::{BlockRecord, ExecutionRef};
use isobath_sdk::errors::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::keypair::Keypair;
use isobath_testkit::keys::dev_key;
use isobath_testkit::transactions::wire;
use isobath_testkit::world::World;

use crate::support::{RENT_MINIMUM, probe, world_of};

mod refusals;
mod uses;

const FEE: u64 = 5_000;
/// The rent minimum of a nonce account.
const NONCE_MINIMUM: u64 = 1_447_680;
/// What the nonce accounts of these tests hold at first.
const NONCE_BALANCE: u64 = 5_000_000;
/// An account that is paid.
const SHOP: Pubkey = Pubkey([7; 32]);
/// A nonce account of the legacy version, of [`Bank::authority`].
const LEGACY: Pubkey = Pubkey([0x31; 32]);
/// An account of a probe that looks like a nonce account of [`Bank::authority`].
const LOOKALIKE: Pubkey = Pubkey([0x32; 32]);
/// A nonce account that was never initialized.
const BLANK: Pubkey = Pubkey([0x33; 32]);
/// The value in [`LEGACY`] and [`LOOKALIKE`].
const OLD_VALUE: Hash = Hash([0x44; 32]);

/// A chain with a nonce account: the payer funds it, the authority spends it.
struct Bank {
    world: World,
    payer: Keypair,
    authority: Keypair,
    nonce: Keypair,
}

fn genesis() -> Genesis {
    let mut genesis = Genesis::development();
    let name = "probe_0".to_owned();
    genesis.builtin_programs.push(BuiltinProgram {
        program_id: probe(0),
        name,
    });
    let data = NonceData {
        authority: dev_key(1).pubkey(),
        durable_nonce: OLD_VALUE,
        lamports_per_signature: 5_000,
    };
    let state = |version, data| NonceState { version, data }.to_bytes().to_vec();
    for (pubkey, owner, data) in [
        (
            LEGACY,
            ids::SYSTEM_PROGRAM,
            state(NonceVersion::Legacy, Some(data)),
        ),
        (LOOKALIKE, probe(0), state(NonceVersion::Current, Some(data))),
        (BLANK, ids::SYSTEM_PROGRAM, state(NonceVersion::Current, None)),
    ] {
        genesis.accounts.push(GenesisAccount {
            owner,
            data,
            ..GenesisAccount::funded(pubkey, NONCE_BALANCE)
        });
    }
    genesis.normalize();
    genesis
}

impl Bank {
    fn new() -> Self {
        let mut bank = Self {
            world: world_of(genesis()),
            payer: dev_key(0),
            authority: dev_key(1),
            nonce: Keypair::from_seed([9; 32]),
        };
        let (payer, nonce) = (bank.payer.pubkey(), bank.nonce.pubkey());
        let create = system::create_nonce_account(&payer, &nonce, &bank.authority.pubkey(), NONCE_BALANCE);
        let create = bank.world.tx(&[&bank.payer, &bank.nonce], &create);
        assert_eq!(only(&bank.world.block(&[create])).outcome.error, None);
        // In the block of its creation it holds what the next block has moved beyond.
        bank.world.block(&[]);
        bank
    }

    /// What the nonce account holds at the end of the chain.
    fn data(&self) -> NonceData {
        self.data_of(&self.nonce.pubkey())
    }

    fn data_of(&self, key: &Pubkey) -> NonceData {
        let account = self.world.db.view().get(key).unwrap();
        NonceState::from_bytes(&account.data).unwrap().data.unwrap()
    }

    fn advance(&self) -> Instruction {
        system::advance_nonce_account(&self.nonce.pubkey(), &self.authority.pubkey())
    }

    fn pay(&self, lamports: u64) -> Instruction {
        system::transfer(&self.payer.pubkey(), &SHOP, lamports)
    }

    /// A transaction that advances the nonce and does this, living by `value`.
    fn tx_living_by(&self, value: Hash, instructions: &[Instruction]) -> Tx {
        let instructions = [&[self.advance()], instructions].concat();
        self.sign(value, &[&self.payer, &self.authority], &instructions)
    }

    /// The same, living by what the nonce holds now.
    fn tx(&self, instructions: &[Instruction]) -> Tx {
        self.tx_living_by(self.data().durable_nonce, instructions)
    }

    fn sign(&self, value: Hash, signers: &[&Keypair], instructions: &[Instruction]) -> Tx {
        self.world.admit(&wire(signers, instructions, value)).unwrap()
    }

    /// What the nonce advances to in the next block.
    fn next_value(&self) -> Hash {
        durable_nonce(&self.world.chain.blockhash())
    }

    /// Runs an ordinary transaction in a block of its own, paid by the payer and signed by the authority too
    /// if that is asked for, and answers its error.
    fn ordinary(&mut self, instructions: &[Instruction]) -> Option<TransactionError> {
        let authority = self.authority.pubkey();
        let mut metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
        let signs = metas.any(|meta| meta.is_signer && meta.pubkey == authority);
        let both = [&self.payer, &self.authority];
        let tx = self
            .world
            .tx(if signs { &both } else { &both[..1] }, instructions);
        only(&self.world.block(&[tx])).outcome.error
    }

    /// Asserts that the transaction is a `NoOp`, in a block and to advice, with the error of a nonce that is
    /// not its.
    fn assert_not_found(&self, tx: &Tx) {
        let record = self.world.dry_block(std::slice::from_ref(tx));
        let outcome = &only(&record).outcome;
        let not_found = TransactionError::BlockhashNotFound;
        assert_eq!(
            (outcome.class, outcome.error),
            (OutcomeClass::NoOp, Some(not_found))
        );
        assert!(record.delta.accounts.is_empty());
        let view = self.world.db.view();
        assert_eq!(
            self.world.runtime.advise(&self.world.chain, &view, tx),
            Err(not_found)
        );
        assert_eq!(self.valid_nonce(tx), None);
    }

    /// The account whose nonce makes the transaction valid.
    fn valid_nonce(&self, tx: &Tx) -> Option<Pubkey> {
        let view = self.world.db.view();
        self.world.runtime.nonce_account(&self.world.chain, &view, tx)
    }

    fn balance(&self, key: &Keypair) -> u64 {
        self.world.balance(&key.pubkey())
    }
}

fn only(record: &BlockRecord) -> ExecutionRef<'_> {
    assert_eq!(record.history.executions.len(), 1);
    record.history.executions.get(0).unwrap()
}

const fn ix_error(index: u8, error: InstructionError) -> Option<TransactionError> {
    Some(TransactionError::InstructionError(index, error))
}
