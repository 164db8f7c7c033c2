//! What there is to attack: a chain whose accounts are as unpleasant as they can be.

use isobath_program_probe::{Operation, Script};
use isobath_sdk::builtins::lookup_table::LookupTableMeta;
use isobath_sdk::builtins::nonce::{NonceData, NonceState};
use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::{BuiltinProgram, Genesis, GenesisAccount};
use isobath_sdk::hash::Hash;
use isobath_sdk::ids;
use isobath_sdk::instruction::{AccountMeta, Instruction};
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;
use isobath_sdk::wire::message::{Message, MessageVersion};
use isobath_sdk::wire::transaction::Transaction;
use isobath_testkit::programs::program_table_with_probes;
use isobath_testkit::world::World;

/// Bytes of the largest accounts.
pub(super) const HUGE: u64 = HUGE_LEN as u64;
const HUGE_LEN: usize = 10 << 20;
/// Accounts of the largest size: more than one transaction can load.
const HUGE_ACCOUNTS: u8 = 8;
/// Accounts of smaller sizes.
const LENS: [usize; 12] = [
    0,
    0,
    1,
    80,
    200,
    4_095,
    4_096,
    4_097,
    10_000,
    65_536,
    300_000,
    1 << 20,
];
/// Accounts that hold lamports and nothing else, to fill tables and transactions with.
const PLAIN_ACCOUNTS: u8 = 100;
const RICH: u64 = 1_000_000_000_000;

/// Probe `index` of two.
pub(super) const fn probe(index: u8) -> Pubkey {
    Pubkey([0xD0 + index; 32])
}

/// The payer of everything.
pub(super) const PAYER: Pubkey = Pubkey([0x64; 32]);

/// The producer of every block.
const PRODUCER: Pubkey = Pubkey([0x70; 32]);

const fn numbered(kind: u8, index: u8) -> Pubkey {
    let mut key = [kind; 32];
    key[31] = index;
    Pubkey(key)
}

/// The chain, and the keys that transactions may name.
pub(super) struct Scene {
    pub(super) world: World,
    /// Accounts of the first probe, from none to 10 MiB of data.
    pub(super) owned: Vec<Pubkey>,
    /// Everything that may be named as an account.
    pub(super) keys: Vec<Pubkey>,
    /// Nonces whose authority is the payer.
    pub(super) nonces: Vec<Pubkey>,
    /// Tables whose authority is the payer, with their keys.
    pub(super) tables: Vec<(Pubkey, Vec<Pubkey>)>,
}

impl Scene {
    pub(super) fn new(profile: Profile) -> Self {
        let huge: Vec<Pubkey> = (0..HUGE_ACCOUNTS).map(|index| numbered(0x50, index)).collect();
        let sized = (0_u8..)
            .zip(LENS)
            .map(|(index, len)| (numbered(0x51, index), len));
        let plain: Vec<Pubkey> = (0..PLAIN_ACCOUNTS).map(|index| numbered(0x40, index)).collect();
        let nonces: Vec<Pubkey> = (0..4).map(|index| numbered(0x30, index)).collect();
        let spare = (0..8).map(|index| numbered(0x41, index));
        let mut genesis = Genesis::development();
        genesis.features = profile.features();
        (genesis.faucet, genesis.program_approver) = (None, None);
        genesis.producers = vec![PRODUCER];
        genesis
            .builtin_programs
            .extend((0..2).map(|index| BuiltinProgram {
                program_id: probe(index),
                name: format!("probe_{index}"),
            }));
        genesis.accounts = vec![GenesisAccount::funded(PAYER, 1_000 * RICH)];
        genesis.accounts.push(GenesisAccount::funded(PRODUCER, RICH));
        let mut put = |key: Pubkey, owner: Pubkey, data: Vec<u8>| {
            let account = GenesisAccount::funded(key, RICH);
            genesis.accounts.push(GenesisAccount {
                owner,
                data,
                ..account
            });
        };
        let mut owned = huge.clone();
        // Data that is not zero: an account with zeros can be given away, and compares fast.
        huge.iter().for_each(|key| put(*key, probe(0), vec![7; HUGE_LEN]));
        for (key, len) in sized {
            put(key, probe(0), vec![7; len]);
            owned.push(key);
        }
        plain
            .iter()
            .for_each(|key| put(*key, ids::SYSTEM_PROGRAM, Vec::new()));
        for (key, value) in nonces.iter().zip(1_u8..) {
            let data = NonceData {
                authority: PAYER,
                durable_nonce: Hash([value; 32]),
                lamports_per_signature: 5_000,
            };
            put(
                *key,
                ids::SYSTEM_PROGRAM,
                NonceState::initialized(data).to_bytes().to_vec(),
            );
        }
        let mut keys = owned.clone();
        keys.extend(plain.iter().chain(&nonces).copied().chain(spare));
        let half = keys.len() / 2;
        let tables = [
            (numbered(0x20, 0), keys[..half].to_vec()),
            (numbered(0x20, 1), keys[half..].to_vec()),
        ];
        for (key, listed) in &tables {
            let mut data = LookupTableMeta::new(Some(PAYER)).to_bytes().to_vec();
            data.extend(listed.iter().flat_map(|key| key.0));
            put(*key, ids::ADDRESS_LOOKUP_TABLE_PROGRAM, data);
        }
        keys.extend(tables.iter().map(|(key, _)| *key));
        genesis.normalize();
        let world = World::new(genesis, program_table_with_probes((0..2).map(probe)));
        let mut scene = Self {
            world,
            owned,
            keys,
            nonces,
            tables: tables.to_vec(),
        };
        scene.close_and_reopen(huge[0], huge[1]);
        scene
    }

    /// A block in which two accounts are closed, one of them for good, and one in which the other comes back with zeros.
    fn close_and_reopen(&mut self, gone: Pubkey, back: Pubkey) {
        self.block(&[Self::close(gone), Self::close(back)]);
        self.block(&[Self::reopen(back)]);
    }

    /// The probe gives all lamports of an account away.
    pub(super) fn close(account: Pubkey) -> Instruction {
        let empty = Operation::Move {
            from: 0,
            to: 1,
            lamports: RICH,
        };
        let accounts = vec![AccountMeta::writable(account), AccountMeta::writable(PAYER)];
        Script::new().then(empty).instruction(probe(0), accounts)
    }

    /// An account that was closed comes back with zeros.
    pub(super) fn reopen(account: Pubkey) -> Instruction {
        system::create_account(&PAYER, &account, RICH, HUGE, &probe(0))
    }

    fn block(&mut self, instructions: &[Instruction]) {
        let wire = self.legacy(instructions);
        let tx = self.world.admit(&wire).expect("the scene is valid");
        let record = self.world.block(&[tx]);
        let execution = record.history.executions.get(0).expect("it is in the block");
        assert_eq!(execution.outcome.error, None, "the scene is set");
    }

    /// The bytes of a transaction of these instructions. It carries as many signatures as it needs; nobody checks them.
    pub(super) fn legacy(&self, instructions: &[Instruction]) -> Vec<u8> {
        let blockhash = self.world.chain.blockhash();
        let message = Message::compile(MessageVersion::Legacy, &PAYER, instructions, blockhash);
        Transaction::unsigned(message.expect("few keys, little data")).serialize()
    }

    /// The bytes of a plain transfer.
    pub(super) fn transfer(&self) -> Vec<u8> {
        self.legacy(&[system::transfer(&PAYER, &self.keys[self.owned.len()], 1)])
    }
}
