//! The bytes of a ledger, frozen.
//!
//! A failure here means that ledgers written before no longer open. Change an expected value only
//! together with the format number and a note in the change log.

use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::Event;
use isobath_sdk::chain::header::{Anchor, Header};
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass, ReturnData};
use isobath_sdk::chain::result::{BlockResult, FeeTotals};
use isobath_sdk::{Hash, InstructionError, Pubkey, TransactionError};

use super::support::{Model, key, ledger_of, open, unchecked_ledger};
use isobath_ledger::CommitError;
use isobath_ledger::frame::{FRAME_FORMAT, FRAME_HEADER_LEN, FRAME_MAGIC, FrameHeader, FrameKey};
use isobath_ledger::log::{Log, Tail, encode};
use isobath_sdk::chain::record::{
    AccountHeader, ByteRange, Change, DataChange, Execution, History, LoadedAddresses, RecordedDelta,
    StoredRecord,
};
use isobath_storage::LossyStorage;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A record with every field set, every kind of event and every form of a change, independent of any builder.
fn example(slot: u64) -> StoredRecord {
    let header = Header {
        version: 1,
        rules_version: 1,
        genesis_hash: Hash([1; 32]),
        slot,
        height: slot,
        parent_slot: slot - 1,
        parent_hash: Hash([2; 32]),
        timestamp_ms: 1_795_305_600_123,
        producer: key(3),
        transactions_root: Hash([4; 32]),
        transaction_count: 2,
        anchor: Anchor {
            slot: 0,
            result_hash: Hash([5; 32]),
        },
    };
    let result = BlockResult {
        version: 1,
        slot,
        height: slot,
        block_hash: Hash([6; 32]),
        parent_result_hash: Hash([7; 32]),
        delta_root: Hash([8; 32]),
        outcomes_root: Hash([9; 32]),
        state_root: None,
        capitalization: 10_000,
        fees: FeeTotals {
            base: 10,
            priority: 3,
            burned: 5,
        },
        compute_units: 450,
    };
    let transactions = vec![b"first".to_vec(), b"second".to_vec()];
    let history = History {
        header,
        transactions,
        executions: executions().into_iter().collect(),
        result,
    };
    let opened = Account {
        lamports: 9,
        owner: key(12),
        executable: true,
        last_change_epoch: 2,
        data: vec![1, 2, 3].into(),
    };
    StoredRecord {
        history,
        delta: RecordedDelta {
            changes: changes(opened),
        },
    }
}

fn changes(opened: Account) -> Vec<(Pubkey, Change)> {
    let header = AccountHeader {
        lamports: 8,
        owner: key(12),
        executable: false,
        last_change_epoch: 3,
    };
    let ranges = [(7, 2), (4000, 1)].map(|(offset, len)| ByteRange { offset, len });
    let data = DataChange {
        data_len: 5000,
        ranges: ranges.to_vec(),
        bytes: vec![4, 5, 6],
    };
    vec![
        (key(10), Change::Full(opened)),
        (key(11), Change::Closed),
        (key(12), Change::Header(header)),
        (key(13), Change::Data(header, data)),
    ]
}

fn executions() -> Vec<Execution> {
    let executed = Outcome {
        class: OutcomeClass::Executed,
        error: Some(TransactionError::InstructionError(1, InstructionError::Custom(7))),
        fee: 5_000,
        compute_units: 300,
        return_data: Some(ReturnData {
            program: key(13),
            data: vec![4, 5],
        }),
    };
    let events = vec![
        Event::Invoke {
            program_id: key(13),
            depth: 1,
        },
        Event::Log("log".to_owned()),
        Event::Line("line".to_owned()),
        Event::Data(vec![vec![1], vec![]]),
        Event::ReturnData {
            program_id: key(13),
            data: vec![6],
        },
        Event::Consumption { units_remaining: 5 },
        Event::InnerInstruction {
            outer_index: 0,
            depth: 2,
            program_id_index: 3,
            accounts: vec![0, 1],
            data: vec![2],
        },
        Event::Consumed {
            program_id: key(13),
            units: 300,
            limit: 200_000,
        },
        Event::Success { program_id: key(13) },
        Event::Failed {
            program_id: key(13),
            error: InstructionError::Custom(7),
        },
        Event::LogTruncated,
    ];
    let no_op = Outcome::no_op(TransactionError::BlockhashNotFound);
    vec![
        Execution {
            outcome: executed,
            pre_balances: vec![1, 2],
            post_balances: vec![2, 1],
            loaded_addresses: LoadedAddresses {
                writable: vec![isobath_sdk::Pubkey::new([5; 32])],
                readonly: vec![isobath_sdk::Pubkey::new([6; 32])],
            },
            events,
        },
        Execution {
            outcome: no_op,
            pre_balances: vec![],
            post_balances: vec![],
            loaded_addresses: LoadedAddresses::default(),
            events: vec![],
        },
    ]
}

#[test]
fn the_bytes_of_records_are_frozen() {
    let disk = LossyStorage::new();
    let key = FrameKey::new(&Hash([1; 32]), &[2; 32]);
    let mut log = Log::new(
        Box::new(disk.clone()),
        key,
        Tail {
            offset: 0,
            link: [3; 32],
            durable_slot: 0,
        },
    );
    let mut append = |record: StoredRecord| log.append(&record.history, &record.delta).unwrap();
    assert_eq!(append(example(1)), 0);
    let second = append(example(2));
    let bytes = disk.bytes();
    assert_eq!((second, bytes.len()), (1391, 2782));
    assert_eq!(
        hex(blake3::hash(&bytes).as_bytes()),
        "5730222ce263c9bfc40f74dabf9785cde3cc193430d714b1909a3065c04a1dce"
    );
}

#[test]
fn the_bytes_of_the_start_are_frozen() {
    let bytes = unchecked_ledger(&Model::new().genesis, &[]).bytes();
    assert_eq!(&bytes[..12], b"ISOBLOG\n\x02\0\0\0");
    assert_eq!(
        u64::from_le_bytes(bytes[12..20].try_into().unwrap()),
        bytes.len() as u64 - 116
    );
    assert_eq!(bytes[20..52], Model::new().genesis.hash().0);
    assert_eq!(bytes[52..84], [3; 32]);
    assert_eq!(
        bytes[84..116],
        blake3::derive_key("isobath 2026-11 ledger header v1", &bytes[..84])
    );
    assert_eq!(bytes[116..], borsh::to_vec(&Model::new().genesis).unwrap());
}

#[test]
fn a_frame_header_is_laid_out_as_documented() {
    let key = FrameKey::new(&Hash([1; 32]), &[2; 32]);
    let header = FrameHeader {
        slot: 0x0102,
        durable_slot: 0x0101,
        history_len: 0x0a,
        delta_len: 0x0b,
        history_hash: [4; 32],
        delta_hash: [5; 32],
        link: [6; 32],
    };
    let (bytes, checksum) = header.clone().seal(&key);
    assert_eq!(bytes[..8], FRAME_MAGIC);
    assert_eq!(bytes[8..12], FRAME_FORMAT.to_le_bytes());
    let numbers: Vec<u64> = bytes[12..44]
        .chunks(8)
        .map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    assert_eq!(numbers, [0x0102, 0x0101, 0x0a, 0x0b]);
    assert_eq!(
        (&bytes[44..76], &bytes[76..108], &bytes[108..140]),
        (&[4; 32][..], &[5; 32][..], &[6; 32][..])
    );
    let mut hasher = blake3::Hasher::new_derive_key("isobath 2026-11 ledger frame header v1");
    hasher.update(&[1; 32]).update(&[2; 32]);
    let expected = blake3::keyed_hash(hasher.finalize().as_bytes(), &bytes[..140]);
    assert_eq!(
        (&bytes[140..], checksum),
        (&expected.as_bytes()[..], *expected.as_bytes())
    );
    let opened = FrameHeader::open(&bytes, &key).unwrap();
    assert_eq!(
        (opened.format, opened.header, opened.checksum),
        (FRAME_FORMAT, header, checksum)
    );
    for offset in 0..FRAME_HEADER_LEN {
        let mut damaged = bytes;
        damaged[offset] ^= 0x40;
        assert_eq!(FrameHeader::open(&damaged, &key), None, "byte {offset}");
    }
    assert_eq!(
        FrameHeader::open(&bytes, &FrameKey::new(&Hash([1; 32]), &[3; 32])),
        None
    );
}

#[test]
fn each_record_names_the_one_before_it_as_durable() {
    let model = Model::standard(4);
    let disk = ledger_of(&model);
    let (bytes, key) = (disk.bytes(), super::support::frame_key(&disk));
    let mut link: [u8; 32] = bytes[84..116].try_into().unwrap();
    let mut offsets = super::support::offsets_of(&model);
    offsets.pop();
    for (slot, offset) in (1..).zip(offsets) {
        let frame = FrameHeader::open(bytes[offset..].first_chunk().unwrap(), &key).unwrap();
        assert_eq!(
            (frame.header.slot, frame.header.durable_slot, frame.header.link),
            (slot, slot - 1, link)
        );
        link = frame.checksum;
    }
    open(&disk, &model.genesis).unwrap();
}

#[test]
fn a_record_beyond_the_limit_is_refused_before_anything_is_written() {
    let (record, key) = (example(1), FrameKey::new(&Hash([1; 32]), &[2; 32]));
    let tail = Tail {
        offset: 0,
        link: [3; 32],
        durable_slot: 0,
    };
    let exact = 1391 - FRAME_HEADER_LEN as u64;
    let mut bytes = Vec::new();
    let mut encode = |max| encode(&mut bytes, &record.history, &record.delta, &tail, &key, max);
    encode(exact).unwrap();
    let refused = encode(exact - 1);
    let Err(CommitError::TooLarge { len_bytes, max_bytes }) = refused else {
        panic!("too large")
    };
    assert_eq!((len_bytes, max_bytes), (exact, exact - 1));
}
