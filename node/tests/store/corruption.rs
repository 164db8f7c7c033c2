//! Damaged bytes: reported if the slot was durable, cut if they may be a torn tail, never served.

use super::support::{
    Model, Plan, account, frame_key, key, ledger_of, offsets_of, open, reopen, unchecked_ledger,
};
use isobath_ledger::frame::{FRAME_HEADER_LEN, FRAME_MAGIC, FrameHeader, FrameKey};
use isobath_ledger::recover::SCAN_CHUNK;
use isobath_ledger::{Damage, OpenError, ReadError};
use isobath_node::Store;
use isobath_sdk::chain::record::RecordError;
use isobath_storage::{Fill, LossyStorage, TornTail};

/// Asserts that opening reports this slot and offset, and leaves the bytes alone.
fn assert_corrupt(disk: &LossyStorage, model: &Model, slot: u64, offset: usize, context: &str) -> Damage {
    let before = disk.bytes();
    let found = match open(disk, &model.genesis) {
        Err(OpenError::Corrupt {
            slot: found_slot,
            offset: found_offset,
            what,
        }) => {
            assert_eq!(
                (found_slot, found_offset),
                (slot, offset as u64),
                "{context}: {what}"
            );
            what
        }
        Err(other) => panic!("{context}: {other}"),
        Ok((_, report)) => panic!("{context}: opened with {report:?}"),
    };
    assert!(disk.bytes() == before, "{context}: a refused ledger was changed");
    found
}

/// Asserts that opening cuts the ledger back to `blocks` blocks, and that the ledger continues from there.
fn assert_cut(disk: &LossyStorage, model: &Model, blocks: u64, cut: usize, context: &str) {
    let (db, report) = reopen(disk, model);
    assert_eq!(
        (report.blocks, report.torn_bytes_cut),
        (blocks, cut as u64),
        "{context}"
    );
    model.assert_holds(&db, blocks);
    for record in &model.records[blocks as usize..] {
        super::support::store(&db, record);
    }
    drop(db);
    model.assert_holds(&reopen(disk, model).0, model.slot());
}

#[test]
fn every_damaged_byte_is_named_or_is_a_torn_tail() {
    let model = Model::standard(4);
    let (bytes, offsets) = (ledger_of(&model).bytes(), offsets_of(&model));
    let last = model.slot();
    for offset in 0..bytes.len() {
        for mask in [0x01, 0x80, 0xff] {
            let disk = LossyStorage::from_bytes(bytes.clone());
            disk.damage(offset, mask);
            let context = format!("byte {offset} of {}, mask {mask:#x}", bytes.len());
            let slot = offsets.iter().filter(|start| **start <= offset).count() as u64;
            match slot {
                0 => drop(assert_corrupt(&disk, &model, 0, 0, &context)),
                slot if slot == last => {
                    let start = offsets[last as usize - 1];
                    let (_, report) = reopen(&disk, &model);
                    assert_eq!(report.blocks, last - 1, "{context}");
                    assert_eq!(report.torn_bytes_cut as usize, bytes.len() - start, "{context}");
                }
                slot => drop(assert_corrupt(
                    &disk,
                    &model,
                    slot,
                    offsets[slot as usize - 1],
                    &context,
                )),
            }
        }
    }
}

#[test]
fn damage_is_described() {
    let model = Model::standard(3);
    let (bytes, offsets) = (ledger_of(&model).bytes(), offsets_of(&model));
    let history_len = borsh::to_vec(&model.records[0].history).unwrap().len();
    let parts = offsets[0] + FRAME_HEADER_LEN;
    let cases = [
        (offsets[0], Damage::FrameHeader),
        (offsets[0] + 30, Damage::FrameHeader),
        (parts, Damage::History),
        (parts + history_len - 1, Damage::History),
        (parts + history_len, Damage::Delta),
        (offsets[1] - 1, Damage::Delta),
    ];
    for (offset, expected) in cases {
        let disk = LossyStorage::from_bytes(bytes.clone());
        disk.damage(offset, 1);
        assert_eq!(
            assert_corrupt(&disk, &model, 1, offsets[0], "described"),
            expected
        );
    }
    let disk = LossyStorage::from_bytes(bytes);
    disk.damage(offsets[1], 1);
    let text = open(&disk, &model.genesis).unwrap_err().to_string();
    assert!(
        text.contains("slot 2") && text.contains(&format!("byte {}", offsets[1])),
        "{text}"
    );
}

#[test]
fn a_lost_sector_anywhere_is_named_or_is_a_torn_tail() {
    let model = Model::standard(6);
    let (bytes, offsets) = (ledger_of(&model).bytes(), offsets_of(&model));
    for sector in [64, 512, 4096] {
        for start in (0..bytes.len()).step_by(61) {
            let end = (start + sector).min(bytes.len());
            let mut damaged = bytes.clone();
            damaged[start..end].fill(0);
            // Zeros that meet zeros damage nothing.
            let Some(hit) = (start..end).find(|at| damaged[*at] != bytes[*at]) else {
                continue;
            };
            let first = offsets.iter().filter(|offset| **offset <= hit).count();
            let context = format!("zeros from {start} to {end} of {}", bytes.len());
            let disk = LossyStorage::from_bytes(damaged.clone());
            // A header of a later record, wholly behind the lost sector, is the proof.
            let is_known = offsets[..6].iter().skip(first).any(|offset| *offset >= end);
            if first == 0 {
                assert_corrupt(&disk, &model, 0, 0, &context);
            } else if is_known {
                assert_corrupt(&disk, &model, first as u64, offsets[first - 1], &context);
            } else {
                let (db, report) = reopen(&disk, &model);
                assert_eq!(report.blocks + 1, first as u64, "{context}");
                model.assert_holds(&db, report.blocks);
            }
        }
    }
}

#[test]
fn a_record_of_another_history_does_not_fit_in() {
    // Two histories under one salt, as if a file had been patched together.
    let (one, mut other) = (Model::standard(4), Model::new());
    other.extend(&Plan::putting(vec![]));
    (1..4).for_each(|number| other.extend(&Plan::standard(number)));
    let (one, other) = [&one, &other]
        .map(|model| {
            (
                unchecked_ledger(&model.genesis, &model.records).bytes(),
                offsets_of(model),
            )
        })
        .into();
    let patched = |until: usize| {
        let bytes = [&one.0[..one.1[1]], &other.0[other.1[1]..other.1[until]]].concat();
        LossyStorage::from_bytes(bytes)
    };
    let model = Model::standard(4);
    assert_eq!(
        assert_corrupt(&patched(4), &model, 2, one.1[1], "two more records"),
        Damage::Link
    );
    let cut = other.1[2] - other.1[1];
    assert_cut(&patched(2), &model, 1, cut, "no more records");
}

#[test]
fn lost_and_added_bytes_in_the_middle_are_corruption() {
    let model = Model::standard(4);
    let (bytes, offsets) = (ledger_of(&model).bytes(), offsets_of(&model));
    for start in (offsets[1]..offsets[2]).step_by(17) {
        let mut shorter = bytes.clone();
        shorter.drain(start..start + 5);
        assert_corrupt(
            &LossyStorage::from_bytes(shorter),
            &model,
            2,
            offsets[1],
            "five bytes lost",
        );
        let mut longer = bytes.clone();
        longer.splice(start..start, [9; 300]);
        assert_corrupt(
            &LossyStorage::from_bytes(longer),
            &model,
            2,
            offsets[1],
            "300 bytes added",
        );
    }
    let mut without_second = bytes;
    without_second.drain(offsets[1]..offsets[2]);
    let what = assert_corrupt(
        &LossyStorage::from_bytes(without_second),
        &model,
        2,
        offsets[1],
        "slot 2 lost",
    );
    assert_eq!(what, Damage::Slot { found: 3 });
}

#[test]
fn the_first_of_several_bad_records_is_named() {
    let model = Model::standard(6);
    let (bytes, offsets) = (ledger_of(&model).bytes(), offsets_of(&model));
    let disk = LossyStorage::from_bytes(bytes);
    for offset in [offsets[1] + 20, offsets[2] + 3, offsets[4] + 200] {
        disk.damage(offset, 0x10);
    }
    assert_corrupt(&disk, &model, 2, offsets[1], "three bad records");
}

#[test]
fn a_header_is_proof_although_its_payload_is_lost() {
    let model = Model::standard(3);
    let (mut bytes, offsets) = (ledger_of(&model).bytes(), offsets_of(&model));
    bytes.truncate(offsets[2] + FRAME_HEADER_LEN);
    let torn = LossyStorage::from_bytes(bytes.clone());
    torn.damage(offsets[1] + 190, 1);
    assert_corrupt(&torn, &model, 2, offsets[1], "payload of slot 3 lost");
    bytes.truncate(offsets[2] + FRAME_HEADER_LEN - 1);
    let disk = LossyStorage::from_bytes(bytes.clone());
    disk.damage(offsets[1] + 190, 1);
    let cut = bytes.len() - offsets[1];
    assert_cut(&disk, &model, 1, cut, "header of slot 3 lost too");
}

/// Three blocks of which the second has a record of `len` bytes, which must be many.
fn model_with_record_len(len: usize) -> (Model, Vec<usize>) {
    let build = |data_len: usize| {
        let mut model = Model::standard(1);
        model.extend(&Plan::putting(vec![(
            key(9),
            Some(account(3, &vec![7; data_len])),
        )]));
        model.extend(&Plan::standard(2));
        let offsets = offsets_of(&model);
        (model, offsets)
    };
    let (_, offsets) = build(0);
    build(len - (offsets[2] - offsets[1]))
}

#[test]
fn proof_is_found_across_search_windows() {
    // The only proof, the header of slot 3, begins before, across and after the end of a window.
    for before in [0, 1, 8, 100, 171, 172, 173] {
        let (model, offsets) = model_with_record_len(SCAN_CHUNK - before);
        assert_eq!(offsets[2] - offsets[1], SCAN_CHUNK - before);
        let disk = ledger_of(&model);
        disk.damage(offsets[1] + 28, 0xff);
        assert_corrupt(
            &disk,
            &model,
            2,
            offsets[1],
            &format!("{before} bytes before the end"),
        );
    }
}

#[test]
fn the_newest_slot_is_found_without_reading_the_whole_ledger() {
    assert_eq!(Store::newest_slot_of(&LossyStorage::new()).unwrap(), 0);
    assert_eq!(Store::newest_slot_of(&ledger_of(&Model::new())).unwrap(), 0);
    assert_eq!(Store::newest_slot_of(&ledger_of(&Model::standard(5))).unwrap(), 5);
    // The header of slot 2 lies before, across and after the end of a window when slot 3 is cut off.
    for before in [0, 1, 8, 100, 171, 172, 173] {
        let (model, offsets) = model_with_record_len(SCAN_CHUNK - before);
        let mut bytes = ledger_of(&model).bytes();
        bytes.truncate(offsets[2]);
        let disk = LossyStorage::from_bytes(bytes.clone());
        assert_eq!(Store::newest_slot_of(&disk).unwrap(), 2, "{before} bytes before");
        // A record that is cut short after its header still counts, before that it does not.
        for (len, slot) in [
            (offsets[1] + FRAME_HEADER_LEN, 2),
            (offsets[1] + FRAME_HEADER_LEN - 1, 1),
        ] {
            let disk = LossyStorage::from_bytes(bytes[..len].to_vec());
            assert_eq!(Store::newest_slot_of(&disk).unwrap(), slot, "{len} bytes");
        }
    }
}

#[test]
fn any_tail_behind_the_last_record_is_cut_and_reported() {
    let model = Model::standard(3);
    let (bytes, offsets) = (ledger_of(&model).bytes(), offsets_of(&model));
    let first_record = bytes[offsets[0]..offsets[1]].to_vec();
    let last_record = bytes[offsets[2]..].to_vec();
    let tails: Vec<Vec<u8>> = vec![
        vec![0],
        vec![0; 171],
        vec![0; 172],
        vec![0; 5000],
        vec![0xff; 300],
        FRAME_MAGIC.to_vec(),
        FRAME_MAGIC.repeat(100),
        (0..2000)
            .map(|index: u32| (index.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect(),
        first_record.clone(),
        last_record.clone(),
        [vec![0; 10], last_record, first_record[..50].to_vec()].concat(),
    ];
    for (index, tail) in tails.iter().enumerate() {
        let disk = LossyStorage::from_bytes([bytes.clone(), tail.clone()].concat());
        assert_cut(&disk, &model, 3, tail.len(), &format!("tail {index}"));
    }
}

#[test]
fn every_shorter_file_holds_the_whole_records_before_its_end() {
    let model = Model::standard(4);
    let (bytes, offsets) = (ledger_of(&model).bytes(), offsets_of(&model));
    for len in offsets[0]..bytes.len() {
        let whole = offsets.iter().filter(|end| **end <= len).count() - 1;
        let disk = LossyStorage::from_bytes(bytes[..len].to_vec());
        let (_, report) = reopen(&disk, &model);
        assert_eq!(
            (report.blocks, report.torn_bytes_cut as usize),
            (whole as u64, len - offsets[whole])
        );
    }
}

/// A frame that a client could forge without the salt: of a later slot, claiming that all slots before it were
/// durable.
fn forged_frame(key: &FrameKey, slot: u64) -> Vec<u8> {
    let header = FrameHeader {
        slot,
        durable_slot: slot - 1,
        history_len: 0,
        delta_len: 0,
        history_hash: isobath_ledger::frame::history_hash(b""),
        delta_hash: isobath_ledger::frame::delta_hash(b""),
        link: [0; 32],
    };
    header.seal(key).0.to_vec()
}

#[test]
fn payload_that_looks_like_frames_does_not_make_a_torn_tail_corrupt() {
    let model = Model::standard(2);
    let known = ledger_of(&model);
    let wrong_key = FrameKey::new(&model.genesis.hash(), &[0; 32]);
    let own_key = frame_key(&known);
    // Forged frames of many slots, and true copies of every record so far.
    let mut decoys: Vec<Vec<u8>> = (1..40).map(|slot| forged_frame(&wrong_key, slot)).collect();
    let (bytes, offsets) = (known.bytes(), offsets_of(&model));
    decoys.push(bytes[offsets[0]..].to_vec());
    decoys.push(FRAME_MAGIC.repeat(30));
    let mut full = model.clone();
    full.extend(&Plan {
        puts: vec![(key(7), Some(account(1, &decoys.concat())))],
        transactions: decoys,
    });
    let (db, _) = reopen(&known, &model);
    super::support::store(&db, &full.records[2]);
    drop(db);
    assert!(forged_frame(&own_key, 3) != forged_frame(&wrong_key, 3));

    let whole = known.bytes();
    model.assert_holds(&reopen(&LossyStorage::from_bytes(bytes.clone()), &model).0, 2);
    full.assert_holds(&reopen(&LossyStorage::from_bytes(whole.clone()), &full).0, 3);
    let start = bytes.len();
    for kept in (0..whole.len() - start).step_by(37) {
        // Torn at the end, and torn at the start with all decoys intact.
        let disk = LossyStorage::from_bytes(whole[..start + kept].to_vec());
        assert_eq!(reopen(&disk, &full).1.blocks, 2, "first {kept} bytes");
        let mut lost_start = whole.clone();
        lost_start[start..start + kept.max(1)].fill(0);
        assert_eq!(
            reopen(&LossyStorage::from_bytes(lost_start), &full).1.blocks,
            2,
            "without {kept} bytes"
        );
    }
}

#[test]
fn decoys_do_not_hide_corruption_either() {
    let mut model = Model::standard(1);
    let wrong_key = FrameKey::new(&model.genesis.hash(), &[0; 32]);
    let decoys = (1..40).map(|slot| forged_frame(&wrong_key, slot)).collect();
    model.extend(&Plan {
        puts: vec![],
        transactions: decoys,
    });
    model.extend(&Plan::standard(2));
    let (bytes, offsets) = (ledger_of(&model).bytes(), offsets_of(&model));
    for offset in (offsets[1]..offsets[2]).step_by(41) {
        let disk = LossyStorage::from_bytes(bytes.clone());
        disk.damage(offset, 0x04);
        assert_corrupt(&disk, &model, 2, offsets[1], &format!("byte {offset}"));
    }
}

#[test]
fn only_the_key_makes_a_frame_believable() {
    // The counterpart of the decoys: the same bytes under the ledger's own key are proof.
    let model = Model::standard(2);
    let disk = ledger_of(&model);
    let (mut bytes, offsets) = (disk.bytes(), offsets_of(&model));
    bytes[offsets[1]] ^= 1;
    bytes.extend(forged_frame(&frame_key(&disk), 3));
    assert_corrupt(&LossyStorage::from_bytes(bytes), &model, 2, offsets[1], "own key");
}

#[test]
fn reading_a_block_that_decayed_since_opening_names_it() {
    let model = Model::standard(3);
    let offsets = offsets_of(&model);
    let history_len = borsh::to_vec(&model.records[1].history).unwrap().len();
    for offset in offsets[1]..offsets[2] {
        let disk = ledger_of(&model);
        let (db, _) = reopen(&disk, &model);
        disk.damage(offset, 0x20);
        let in_delta = offset >= offsets[1] + FRAME_HEADER_LEN + history_len;
        let in_history = !in_delta && offset >= offsets[1] + FRAME_HEADER_LEN;
        let expected = offsets[1] as u64;
        let is_named = |found: Result<bool, ReadError>| matches!(found, Err(ReadError::Corrupt { slot: 2, offset, .. }) if offset == expected);
        assert_eq!(
            is_named(db.history(2).map(|history| history.is_some())),
            !in_delta,
            "byte {offset}"
        );
        assert_eq!(
            is_named(db.delta(2).map(|delta| delta.is_some())),
            !in_history,
            "byte {offset}"
        );
        assert!(db.history(1).unwrap().is_some() && db.history(3).unwrap().is_some());
    }
}

#[test]
fn a_record_that_was_written_wrong_is_refused_and_never_cut() {
    let good = Model::standard(2);
    let offsets = offsets_of(&good);
    let mut wrong_root = good.clone();
    wrong_root.records[1].history.result.delta_root = good.genesis.hash();
    let mut wrong_sum = good.clone();
    wrong_sum.records[1].history.result.capitalization += 1;
    let mut wrong_result = good.clone();
    wrong_result.records[1].history.result.slot = 7;
    for (model, expected) in [
        (&wrong_root, "delta does not hash"),
        (&wrong_sum, "capitalization"),
        (&wrong_result, "different slots"),
    ] {
        let disk = unchecked_ledger(&model.genesis, &model.records);
        let what = assert_corrupt(&disk, model, 2, offsets[1], expected);
        assert!(
            matches!(what, Damage::Record(_)) && what.to_string().contains(expected),
            "{what}"
        );
    }
    let disk = unchecked_ledger(&good.genesis, &good.records);
    good.assert_holds(&reopen(&disk, &good).0, 2);
}

#[test]
fn an_authentic_frame_of_an_unknown_format_or_content_is_refused() {
    let model = Model::new();
    let disk = ledger_of(&model);
    let (start, key) = (disk.bytes().len(), frame_key(&disk));
    let link = disk.bytes()[84..116].try_into().unwrap();
    let frame = |history: &[u8], delta: &[u8]| {
        let header = FrameHeader {
            slot: 1,
            durable_slot: 0,
            history_len: history.len() as u64,
            delta_len: delta.len() as u64,
            history_hash: isobath_ledger::frame::history_hash(history),
            delta_hash: isobath_ledger::frame::delta_hash(delta),
            link,
        };
        [header.seal(&key).0.to_vec(), history.to_vec(), delta.to_vec()].concat()
    };
    let open_with = |tail: Vec<u8>| {
        let disk = LossyStorage::from_bytes([disk.bytes(), tail].concat());
        assert_corrupt(&disk, &model, 1, start, "authentic")
    };
    let history = borsh::to_vec(&Model::standard(1).records[0].history).unwrap();
    assert_eq!(open_with(frame(b"no history", b"")), Damage::HistoryEncoding);
    assert_eq!(
        open_with(frame(&[history.clone(), vec![0]].concat(), b"")),
        Damage::HistoryEncoding
    );
    assert_eq!(open_with(frame(&history, b"no delta")), Damage::DeltaEncoding);
    let mut other_slot = Model::standard(1).records[0].history.clone();
    other_slot.header.slot = 2;
    let other_slot = borsh::to_vec(&other_slot).unwrap();
    assert_eq!(
        open_with(frame(&other_slot, &[0; 4])),
        Damage::Record(RecordError::SlotsDisagree)
    );
}

#[test]
fn a_torn_tail_is_cut_only_once() {
    let model = Model::standard(3);
    let disk = ledger_of(&model);
    let (db, _) = reopen(&disk, &model);
    disk.stop_after(1);
    let mut more = model;
    more.extend(&Plan::standard(3));
    db.commit_received(more.records[3].clone()).unwrap_err();
    drop(db);
    disk.crash_keeping(TornTail {
        kept: 99,
        fill: Fill::Cut,
    });
    assert_eq!(reopen(&disk, &more).1.torn_bytes_cut, 99);
    assert_eq!(reopen(&disk, &more).1.torn_bytes_cut, 0);
}

#[test]
fn lengths_that_no_file_holds_are_not_believed() {
    let model = Model::standard(1);
    let disk = ledger_of(&model);
    let (bytes, key) = (disk.bytes(), frame_key(&disk));
    for (history_len, delta_len) in [
        (u64::MAX, u64::MAX),
        (u64::MAX, 1),
        (1 << 40, 0),
        (0, 1 << 30),
        (1, 0),
    ] {
        let header = FrameHeader {
            slot: 2,
            durable_slot: 1,
            history_len,
            delta_len,
            history_hash: [0; 32],
            delta_hash: [0; 32],
            link: [0; 32],
        };
        let disk = LossyStorage::from_bytes([bytes.clone(), header.seal(&key).0.to_vec()].concat());
        assert_cut(
            &disk,
            &model,
            1,
            FRAME_HEADER_LEN,
            &format!("{history_len} and {delta_len} bytes"),
        );
    }
}
