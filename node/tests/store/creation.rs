//! The start of a ledger file: torn creations, wrong genesis, unknown formats.

use isobath_sdk::chain::genesis::Genesis;

use super::support::{Model, Plan, account, genesis, key, ledger_of, offsets_of, open, reopen, store};
use isobath_ledger::frame::FRAME_MAGIC;
use isobath_ledger::{Damage, OpenError, header};
use isobath_node::{Node, NodeConfig, NodeError, Store};
use isobath_storage::{Fill, LossyStorage, Storage, TornTail};

/// Another genesis, which takes more bytes.
fn longer_genesis() -> Genesis {
    let mut other = genesis();
    other.accounts[0].data = vec![5; 700];
    other.validate().unwrap();
    other
}

/// A disk whose ledger was being created for `genesis` when it crashed like `torn`, and whether the
/// creation is complete all the same: replacing zeros by zeros changes nothing.
fn torn_creation(genesis: &Genesis, torn: TornTail) -> (LossyStorage, bool) {
    let disk = LossyStorage::new();
    disk.stop_after(1);
    open(&disk, genesis).unwrap_err();
    let complete = disk.bytes();
    disk.crash_keeping(torn);
    let is_complete = disk.bytes() == complete;
    (disk, is_complete)
}

#[test]
fn every_torn_creation_is_started_over() {
    let model = Model::standard(2);
    let complete = offsets_of(&Model::new())[0];
    for kept in 0..complete {
        for fill in [Fill::Cut, Fill::Zeros, Fill::Garbage] {
            let (disk, is_complete) = torn_creation(&model.genesis, TornTail { kept, fill });
            if is_complete {
                continue;
            }
            let torn = disk.bytes().len();
            assert_eq!(Store::genesis_of(&disk).unwrap(), None);
            let (db, report) = reopen(&disk, &model);
            assert!(report.created);
            assert_eq!(
                (report.blocks, report.torn_bytes_cut),
                (0, torn as u64),
                "{kept} {fill:?}"
            );
            store(&db, &model.records[0]);
            drop(db);
            model.assert_holds(&reopen(&disk, &model).0, 1);
        }
    }
}

#[test]
fn a_complete_creation_is_kept_although_its_sync_did_not_return() {
    let model = Model::new();
    let (disk, _) = torn_creation(
        &model.genesis,
        TornTail {
            kept: usize::MAX,
            fill: Fill::Cut,
        },
    );
    let before = disk.bytes();
    assert!(!reopen(&disk, &model).1.created);
    assert_eq!(disk.bytes(), before);
}

#[test]
fn a_torn_creation_does_not_bind_to_its_genesis() {
    let (model, longer) = (Model::new(), longer_genesis());
    let complete = ledger_with(&longer).bytes().len();
    for kept in 0..complete {
        let (disk, _) = torn_creation(
            &longer,
            TornTail {
                kept,
                fill: Fill::Cut,
            },
        );
        assert!(reopen(&disk, &model).1.created, "{kept} bytes");
    }
}

fn ledger_with(genesis: &Genesis) -> LossyStorage {
    let disk = LossyStorage::new();
    open(&disk, genesis).unwrap();
    disk
}

#[test]
fn a_damaged_header_before_the_first_block_loses_nothing() {
    let model = Model::standard(1);
    let bytes = ledger_of(&Model::new()).bytes();
    for offset in 0..bytes.len() {
        let disk = LossyStorage::from_bytes(bytes.clone());
        disk.damage(offset, 0x08);
        let (db, report) = reopen(&disk, &model);
        assert!(report.created, "byte {offset}");
        store(&db, &model.records[0]);
    }
}

#[test]
fn a_file_that_is_no_ledger_is_not_overwritten() {
    let model = Model::new();
    for bytes in [
        vec![0; 1 << 16],
        b"some other file ".repeat(1 << 12),
        [vec![1; 20], FRAME_MAGIC.to_vec()].concat(),
    ] {
        let disk = LossyStorage::from_bytes(bytes.clone());
        let opened = open(&disk, &model.genesis);
        let expected = OpenError::Corrupt {
            slot: 0,
            offset: 0,
            what: Damage::LedgerHeader,
        };
        assert_eq!(opened.unwrap_err().to_string(), expected.to_string());
        assert_eq!(disk.bytes(), bytes);
    }
}

#[test]
fn a_mark_across_two_reads_is_seen() {
    for before in [65_529, 65_530, 65_535, 65_536, 65_537] {
        let disk = LossyStorage::from_bytes([vec![1; before], FRAME_MAGIC.to_vec()].concat());
        assert!(
            matches!(Store::genesis_of(&disk), Err(OpenError::Corrupt { slot: 0, .. })),
            "{before}"
        );
        let disk = LossyStorage::from_bytes([vec![1; before], FRAME_MAGIC[..7].to_vec()].concat());
        assert!(Store::genesis_of(&disk).unwrap().is_none());
    }
}

#[test]
fn the_wrong_genesis_is_refused_with_both_hashes() {
    let (model, longer) = (Model::standard(2), longer_genesis());
    for disk in [ledger_of(&model), ledger_of(&Model::new())] {
        let before = disk.bytes();
        let error = open(&disk, &longer).unwrap_err();
        let OpenError::GenesisMismatch { ledger, given } = error else {
            panic!("{error}")
        };
        assert_eq!((ledger, given), (model.genesis.hash(), longer.hash()));
        let text = error.to_string();
        assert!(
            text.contains(&ledger.to_string()) && text.contains(&given.to_string()),
            "{text}"
        );
        assert_eq!(disk.bytes(), before);
    }
}

#[test]
fn an_invalid_genesis_creates_nothing() {
    let mut invalid = genesis();
    invalid.producers.clear();
    let disk = LossyStorage::new();
    assert!(matches!(open(&disk, &invalid), Err(OpenError::InvalidGenesis(_))));
    assert!(disk.bytes().is_empty());
}

#[test]
fn the_ledger_knows_its_genesis() {
    let model = Model::standard(1);
    assert_eq!(Store::genesis_of(&LossyStorage::new()).unwrap(), None);
    assert_eq!(
        Store::genesis_of(&ledger_of(&model)).unwrap(),
        Some(model.genesis)
    );
    let development = Genesis::development();
    assert_eq!(
        Store::genesis_of(&ledger_with(&development)).unwrap(),
        Some(development)
    );
}

#[test]
fn a_ledger_of_another_format_is_refused_by_number() {
    let model = Model::standard(1);
    let mut bytes = ledger_of(&model).bytes();
    bytes[8..12].copy_from_slice(&3_u32.to_le_bytes());
    let checksum = blake3::derive_key("isobath 2026-11 ledger header v1", &bytes[..84]);
    bytes[84..116].copy_from_slice(&checksum);
    let disk = LossyStorage::from_bytes(bytes);
    for error in [
        open(&disk, &model.genesis).unwrap_err(),
        Store::genesis_of(&disk).unwrap_err(),
    ] {
        assert!(
            matches!(
                error,
                OpenError::UnsupportedFormat {
                    found: 3,
                    supported: 2
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn two_ledgers_of_one_genesis_have_different_salts() {
    let (one, other) = (ledger_of(&Model::new()).bytes(), ledger_of(&Model::new()).bytes());
    assert_eq!(one[..52], other[..52]);
    assert!(
        one[52..84]
            .chunks(8)
            .zip(other[52..84].chunks(8))
            .all(|(one, other)| one != other)
    );
}

#[test]
fn records_of_one_ledger_are_nothing_in_another() {
    let mut model = Model::new();
    model.extend(&Plan::putting(vec![(key(1), Some(account(1, b"")))]));
    let start = offsets_of(&Model::new())[0];
    let (one, other) = (ledger_of(&model).bytes(), ledger_of(&model).bytes());
    let mixed = LossyStorage::from_bytes([&one[..start], &other[start..]].concat());
    let (_, report) = reopen(&mixed, &model);
    assert_eq!(
        (report.blocks, report.torn_bytes_cut as usize),
        (0, other.len() - start)
    );
}

#[test]
fn storage_handed_over_in_parts_is_one_file() {
    // The header is written by one append, so that no crash can leave it behind a shorter genesis.
    let disk = LossyStorage::new();
    open(&disk, &genesis()).unwrap();
    assert_eq!((disk.operations().appends, disk.operations().syncs), (1, 1));
    assert_eq!(disk.len().unwrap(), disk.synced_bytes().len() as u64);
}

#[test]
fn a_ledger_whose_genesis_makes_no_sense_is_refused() {
    let mut endless = genesis();
    endless.slots_per_epoch = 4_000_000_000;
    let disk = LossyStorage::new();
    header::create(&mut disk.clone(), &endless, [0; 32]).unwrap();
    let mut config = NodeConfig::default();
    config.storage = Some(Box::new(disk));
    let refused = Node::start(config).unwrap_err();
    assert!(matches!(refused, NodeError::LedgerGenesis(_)), "{refused}");
    assert_eq!(
        refused.to_string(),
        "the genesis of the ledger cannot be run: slots_per_epoch is 4000000000; it must be from 32 to 4194304; \
         start a new chain with --reset"
    );
}
