//! Accepted inputs of each body, as starting points for damage.

use isobath_sdk::chain::record::{Delta, Execution, History, LoadedAddresses, RecordedDelta};
use isobath_sdk::{
    AccountMeta, Hash, Instruction, InstructionError, Keypair, Message, MessageVersion, Pubkey, Signature,
    Transaction, TransactionError,
    builtins::lookup_table::LookupTableMeta,
    builtins::nonce::{NonceData, NonceState, NonceVersion},
    chain::{
        account::Account,
        event::Event,
        genesis::Genesis,
        header::{Anchor, HEADER_VERSION, Header},
        outcome::{Outcome, OutcomeClass, ReturnData},
        result::{BlockResult, FeeTotals, RESULT_VERSION},
    },
    sysvar::{
        clock::Clock,
        epoch_rewards::EpochRewards,
        epoch_schedule::EpochSchedule,
        last_restart_slot::LastRestartSlot,
        recent_blockhashes::{RecentBlockhash, RecentBlockhashes},
        rent::Rent,
        slot_hashes::SlotHashes,
    },
    wire::message::TableAddresses,
};

const HASH: Hash = Hash([7; 32]);
const OWNER: Pubkey = Pubkey([4; 32]);

fn key(byte: u8) -> Pubkey {
    Keypair::from_seed([byte; 32]).pubkey()
}

/// One length of each width.
pub(super) fn short_vecs() -> Vec<Vec<u8>> {
    vec![
        vec![5],
        vec![0xff, 0x01],
        vec![0x80, 0x80, 0x01],
        vec![0xff, 0xff, 0x03],
    ]
}

/// Legacy, v0 without and v0 with table lookups.
fn message_values() -> Vec<Message> {
    let accounts = vec![
        AccountMeta::signer_writable(key(1)),
        AccountMeta::signer(key(2)),
        AccountMeta::writable(key(3)),
        AccountMeta::readonly(Pubkey([9; 32])),
    ];
    let calls = [
        Instruction::new(OWNER, accounts, vec![2, 0, 0, 0, 1]),
        Instruction::new(OWNER, vec![], vec![]),
    ];
    let addresses = [Pubkey([9; 32]), key(3)];
    let tables = [TableAddresses {
        table: Pubkey([8; 32]),
        addresses: &addresses,
    }];
    let compiled = [
        Message::compile(MessageVersion::Legacy, &key(1), &calls, HASH),
        Message::compile(MessageVersion::V0, &key(1), &calls, HASH),
        Message::compile_with_tables(&key(1), &calls, &tables, HASH),
    ];
    compiled
        .into_iter()
        .map(|message| message.expect("a handful of keys compiles"))
        .collect()
}

/// Messages of each format.
pub(super) fn messages() -> Vec<Vec<u8>> {
    message_values().iter().map(Message::serialize).collect()
}

/// Transactions of each format, unsigned: decoding does not look at signatures.
pub(super) fn transactions() -> Vec<Vec<u8>> {
    message_values()
        .into_iter()
        .map(|message| Transaction::unsigned(message).serialize())
        .collect()
}

/// One error of each shape.
pub(super) fn transaction_errors() -> Vec<Vec<u8>> {
    let errors = [
        TransactionError::BlockhashNotFound,
        TransactionError::InstructionError(1, InstructionError::InvalidArgument),
        TransactionError::InstructionError(2, InstructionError::Custom(6001)),
        TransactionError::DuplicateInstruction(3),
        TransactionError::InsufficientFundsForRent { account_index: 4 },
        TransactionError::ProgramExecutionTemporarilyRestricted { account_index: 5 },
    ];
    errors.iter().map(TransactionError::to_bincode).collect()
}

/// A system instruction of each tag, from the layout table of the format.
pub(super) fn system_instructions() -> Vec<Vec<u8>> {
    let number: &[u8] = &[5, 0, 0, 0, 0, 0, 0, 0];
    let seed: &[u8] = b"\x04\0\0\0\0\0\0\0seed";
    let (base, owner): (&[u8], &[u8]) = (&[3; 32], &[4; 32]);
    let fields: [&[&[u8]]; 14] = [
        &[number, number, owner],
        &[owner],
        &[number],
        &[base, seed, number, number, owner],
        &[],
        &[number],
        &[base],
        &[base],
        &[number],
        &[base, seed, number, owner],
        &[base, seed, owner],
        &[number, seed, owner],
        &[],
        &[number, number, owner],
    ];
    (0u32..)
        .zip(fields)
        .map(|(tag, fields)| [&tag.to_le_bytes()[..], &fields.concat()].concat())
        .collect()
}

/// A lookup table instruction of each tag.
pub(super) fn lookup_table_instructions() -> Vec<Vec<u8>> {
    let slot: &[u8] = &[5, 0, 0, 0, 0, 0, 0, 0];
    let keys: &[u8] = &[[2, 0, 0, 0, 0, 0, 0, 0].as_slice(), &[7; 64]].concat();
    let fields: [&[&[u8]]; 5] = [&[slot, &[254]], &[], &[keys], &[], &[]];
    (0u32..)
        .zip(fields)
        .map(|(tag, fields)| [&tag.to_le_bytes()[..], &fields.concat()].concat())
        .collect()
}

/// A compute budget instruction of each tag.
pub(super) fn compute_budget() -> Vec<Vec<u8>> {
    vec![
        vec![1, 0, 0, 1, 0],
        vec![2, 0x40, 0x0d, 3, 0],
        vec![3, 0xe8, 3, 0, 0, 0, 0, 0, 0],
        vec![4, 0, 0, 1, 0],
    ]
}

/// The Clock sysvar.
pub(super) fn clock() -> Vec<Vec<u8>> {
    vec![
        Clock {
            slot: 100,
            unix_timestamp: -1,
            ..Clock::default()
        }
        .to_bytes(),
    ]
}

/// The Rent sysvar.
pub(super) fn rent() -> Vec<Vec<u8>> {
    vec![Rent::new(6960).to_bytes()]
}

/// The EpochSchedule sysvar.
pub(super) fn epoch_schedule() -> Vec<Vec<u8>> {
    vec![EpochSchedule::without_warmup(432_000).to_bytes()]
}

/// The SlotHashes sysvar: empty, cut short after its entries, and as its account pads it.
pub(super) fn slot_hashes() -> Vec<Vec<u8>> {
    let padded = SlotHashes::new([(5, Hash([5; 32])), (4, Hash([4; 32]))]).to_bytes();
    vec![vec![0; 8], padded[..88].to_vec(), padded]
}

/// The RecentBlockhashes sysvar, likewise.
pub(super) fn recent_blockhashes() -> Vec<Vec<u8>> {
    let entry = |byte| RecentBlockhash {
        blockhash: Hash([byte; 32]),
        lamports_per_signature: 5000,
    };
    let padded = RecentBlockhashes::new([entry(5), entry(4)]).to_bytes();
    vec![vec![0; 8], padded[..88].to_vec(), padded]
}

/// The LastRestartSlot sysvar.
pub(super) fn last_restart_slot() -> Vec<Vec<u8>> {
    vec![LastRestartSlot::default().to_bytes()]
}

/// The EpochRewards sysvar.
pub(super) fn epoch_rewards() -> Vec<Vec<u8>> {
    vec![EpochRewards::default().to_bytes()]
}

/// Nonce accounts of each version and state.
pub(super) fn nonce() -> Vec<Vec<u8>> {
    let data = NonceData {
        authority: key(1),
        durable_nonce: HASH,
        lamports_per_signature: 5000,
    };
    let states = [
        NonceState::initialized(data),
        NonceState {
            version: NonceVersion::Legacy,
            data: Some(data),
        },
        NonceState {
            version: NonceVersion::Current,
            data: None,
        },
    ];
    states.iter().map(|state| state.to_bytes().to_vec()).collect()
}

/// Lookup tables: with two keys, frozen, and being deactivated.
pub(super) fn lookup_table() -> Vec<Vec<u8>> {
    let active = LookupTableMeta::new(Some(key(1)));
    let frozen = LookupTableMeta::new(None);
    let leaving = LookupTableMeta {
        deactivation_slot: 5,
        last_extended_slot: 4,
        ..active
    };
    let keys = [[5; 32], [6; 32]].concat();
    [active, frozen, leaving]
        .iter()
        .map(|meta| [&meta.to_bytes()[..], &keys].concat())
        .collect()
}

/// Texts of keys and signatures.
pub(super) fn base58() -> Vec<Vec<u8>> {
    let texts = [
        Pubkey::default().to_string(),
        key(1).to_string(),
        Signature([0xff; 64]).to_string(),
    ];
    texts.into_iter().map(String::into_bytes).collect()
}

/// A keypair file, and the same with white space that an editor may have put in: damage to a number makes another pair
/// of keys, which do not belong together.
pub(super) fn keypair_json() -> Vec<Vec<u8>> {
    let file = Keypair::from_seed([1; 32]).to_json();
    let indented = file.replace(',', ",\n                ");
    vec![file.into_bytes(), indented.into_bytes()]
}

/// The development genesis as a file.
pub(super) fn genesis_json() -> Vec<Vec<u8>> {
    vec![Genesis::development().to_json().into_bytes()]
}

/// The development genesis as canonical bytes.
pub(super) fn genesis_borsh() -> Vec<Vec<u8>> {
    vec![borsh::to_vec(&Genesis::development()).expect("writing to memory does not fail")]
}

/// An empty block and a block with two transactions and an event of each kind.
pub(super) fn history_borsh() -> Vec<Vec<u8>> {
    let failed = TransactionError::InstructionError(0, InstructionError::Custom(1));
    let return_data = ReturnData {
        program: OWNER,
        data: vec![1, 2],
    };
    let outcome = Outcome {
        class: OutcomeClass::Executed,
        error: Some(failed),
        fee: 5000,
        compute_units: 150,
        return_data: Some(return_data),
    };
    let execution = Execution {
        outcome,
        pre_balances: vec![10, 0],
        post_balances: vec![5, 0],
        loaded_addresses: LoadedAddresses::default(),
        events: events(),
    };
    let refused = Execution {
        outcome: Outcome::no_op(TransactionError::AlreadyProcessed),
        pre_balances: Vec::new(),
        post_balances: Vec::new(),
        loaded_addresses: LoadedAddresses::default(),
        events: Vec::new(),
    };
    let empty = history(Vec::new(), Vec::new());
    let full = history(transactions(), vec![execution, refused]);
    [empty, full]
        .iter()
        .map(|it| borsh::to_vec(it).expect("writing to memory does not fail"))
        .collect()
}

/// A block around these transactions; what its hashes say does not matter to a decoder.
fn history(transactions: Vec<Vec<u8>>, executions: Vec<Execution>) -> History {
    let header = Header {
        version: HEADER_VERSION,
        rules_version: 1,
        genesis_hash: HASH,
        slot: 2,
        height: 2,
        parent_slot: 1,
        parent_hash: HASH,
        timestamp_ms: 1_700_000_000_000,
        producer: key(1),
        transactions_root: HASH,
        transaction_count: 3,
        anchor: Anchor {
            slot: 1,
            result_hash: HASH,
        },
    };
    let result = BlockResult {
        version: RESULT_VERSION,
        slot: 2,
        height: 2,
        block_hash: header.blockhash(),
        parent_result_hash: HASH,
        delta_root: HASH,
        outcomes_root: HASH,
        state_root: Some(HASH),
        capitalization: 1_000_000,
        fees: FeeTotals::with_burn(5000, 0, 50),
        compute_units: 150,
    };
    History {
        header,
        transactions,
        executions: executions.into_iter().collect(),
        result,
    }
}

/// One event of each kind.
fn events() -> Vec<Event> {
    vec![
        Event::Invoke {
            program_id: OWNER,
            depth: 1,
        },
        Event::Log("log".into()),
        Event::Line("line".into()),
        Event::Data(vec![vec![1], vec![]]),
        Event::ReturnData {
            program_id: OWNER,
            data: vec![1],
        },
        Event::Consumption { units_remaining: 7 },
        Event::Consumed {
            program_id: OWNER,
            units: 1,
            limit: 8,
        },
        Event::InnerInstruction {
            outer_index: 0,
            depth: 2,
            program_id_index: 1,
            accounts: vec![0, 1],
            data: vec![1],
        },
        Event::Success { program_id: OWNER },
        Event::Failed {
            program_id: OWNER,
            error: InstructionError::Custom(1),
        },
        Event::LogTruncated,
        Event::Loaded { data_len: 149 },
    ]
}

/// The accounts that the deltas below change: all are alike, but for keys that begin with zero, which hold nothing.
pub(super) fn account_before(key: &Pubkey) -> Option<Account> {
    let account = Account {
        data: vec![1; 5000].into(),
        ..Account::new(1_000_000, OWNER)
    };
    (key.0[0] != 0).then_some(account)
}

/// An empty delta, and one with a change of each form.
pub(super) fn delta_borsh() -> Vec<Vec<u8>> {
    let key = |number| Pubkey([number; 32]);
    let paid = account_before(&key(3)).map(|account| Account {
        lamports: 999,
        ..Account::clone(&account)
    });
    let with_data = |data: Vec<u8>| Account {
        data: data.into(),
        ..Account::new(1_000_000, OWNER)
    };
    let written = [vec![1; 100], vec![2; 3], vec![1; 100], vec![3; 1], vec![1; 5000]].concat();
    let changed = Delta {
        accounts: vec![
            (key(0), Some(with_data(vec![0; 6000]))),
            (key(1), Some(with_data(vec![1, 2, 3]))),
            (key(2), None),
            (key(3), paid),
            (key(4), Some(with_data(written))),
        ],
    };
    [Delta::default(), changed]
        .iter()
        .map(|delta| RecordedDelta::new(delta, account_before))
        .map(|delta| borsh::to_vec(&delta).expect("writing to memory does not fail"))
        .collect()
}
