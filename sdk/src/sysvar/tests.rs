//! Sysvar bytes against vectors of Solana's own crates, and the arithmetic of rent and epochs.

use super::clock::Clock;
use super::epoch_rewards::EpochRewards;
use super::epoch_schedule::EpochSchedule;
use super::last_restart_slot::LastRestartSlot;
use super::recent_blockhashes::{RECENT_BLOCKHASHES_MAX, RecentBlockhash, RecentBlockhashes};
use super::rent::{ExemptionThreshold, Rent};
use super::slot_hashes::{SLOT_HASHES_MAX, SlotHashes};
use super::*;
use crate::hash::Hash;
use crate::test_hex;

const RENT_OLD: Rent = Rent {
    lamports_per_byte: 3_480,
    exemption_threshold: ExemptionThreshold::Two,
    burn_percent: 50,
};
const SCHEDULE_WITH_WARMUP: EpochSchedule = EpochSchedule {
    slots_per_epoch: 432_000,
    leader_schedule_slot_offset: 432_000,
    warmup: true,
    first_normal_epoch: 14,
    first_normal_slot: 524_256,
};

#[test]
fn clock_equals_the_vector() {
    let bytes =
        test_hex::decode("640000000000000000f15365000000000200000000000000030000000000000032f1536500000000");
    let clock = Clock {
        slot: 100,
        epoch_start_timestamp: 1_700_000_000,
        epoch: 2,
        leader_schedule_epoch: 3,
        unix_timestamp: 1_700_000_050,
    };
    assert_eq!(clock.to_bytes(), bytes);
    assert_eq!(bytes.len(), Clock::LEN);
    assert_eq!(Clock::from_bytes(&bytes), Ok(clock));
    assert_eq!(Clock::from_bytes(&bytes[1..]), Err(SysvarDecodeError));
}

#[test]
fn rent_equals_both_vectors() {
    for (rent, hex) in [
        (Rent::new(6_960), "301b000000000000000000000000f03f32"),
        (RENT_OLD, "980d000000000000000000000000004032"),
    ] {
        let bytes = test_hex::decode(hex);
        assert_eq!(rent.to_bytes(), bytes);
        assert_eq!(bytes.len(), Rent::LEN);
        assert_eq!(Rent::from_bytes(&bytes), Ok(rent));
        assert_eq!(Rent::from_bytes(&bytes[..16]), Err(SysvarDecodeError));
        let mut other = bytes;
        other[15] = 1;
        assert_eq!(
            Rent::from_bytes(&other),
            Err(SysvarDecodeError),
            "a multiplier that is neither 1 nor 2"
        );
    }
}

#[test]
fn rent_minimum_equals_the_table_in_both_encodings() {
    let table = [
        (0, 890_880),
        (1, 897_840),
        (80, 1_447_680),
        (82, 1_461_600),
        (165, 2_039_280),
        (200, 2_282_880),
        (1_000, 7_850_880),
        (10_485_760, 72_981_780_480),
    ];
    for (data_len, lamports) in table {
        for rent in [Rent::new(6_960), RENT_OLD] {
            assert_eq!(rent.minimum_balance(data_len), lamports);
            assert!(rent.is_exempt(lamports, data_len));
            assert!(!rent.is_exempt(lamports - 1, data_len));
        }
    }
    assert_eq!(Rent::new(6_960).minimum_balance(u64::MAX), u64::MAX);
}

#[test]
fn epoch_schedule_equals_both_vectors() {
    for (schedule, hex) in [
        (
            EpochSchedule::without_warmup(432_000),
            "809706000000000080970600000000000000000000000000000000000000000000",
        ),
        (
            SCHEDULE_WITH_WARMUP,
            "80970600000000008097060000000000010e00000000000000e0ff070000000000",
        ),
    ] {
        let bytes = test_hex::decode(hex);
        assert_eq!(schedule.to_bytes(), bytes);
        assert_eq!(bytes.len(), EpochSchedule::LEN);
        assert_eq!(EpochSchedule::from_bytes(&bytes), Ok(schedule));
        assert_eq!(EpochSchedule::from_bytes(&bytes[..32]), Err(SysvarDecodeError));
    }
}

#[test]
fn epochs_without_warmup_are_a_division() {
    let schedule = EpochSchedule::without_warmup(8_192);
    for (slot, epoch) in [(0, 0), (8_191, 0), (8_192, 1), (16_383, 1), (16_384, 2)] {
        assert_eq!(schedule.epoch(slot), epoch);
        assert_eq!(schedule.leader_schedule_epoch(slot), epoch + 1);
        assert!(schedule.first_slot(epoch) <= slot && slot < schedule.first_slot(epoch + 1));
    }
}

#[test]
fn epochs_with_warmup_double_until_they_are_full() {
    let schedule = SCHEDULE_WITH_WARMUP;
    let (mut slot, mut len) = (0, 32);
    for epoch in 0..schedule.first_normal_epoch {
        assert_eq!(schedule.first_slot(epoch), slot);
        assert_eq!(
            (schedule.epoch(slot), schedule.epoch(slot + len - 1)),
            (epoch, epoch)
        );
        assert_eq!(schedule.leader_schedule_epoch(slot), epoch + 1);
        slot += len;
        len *= 2;
    }
    assert_eq!(slot, schedule.first_normal_slot);
    assert_eq!((schedule.epoch(slot), schedule.first_slot(14)), (14, slot));
    assert_eq!(
        (schedule.epoch(slot + 432_000), schedule.first_slot(15)),
        (15, slot + 432_000)
    );
    assert_eq!(schedule.leader_schedule_epoch(slot), 15);
}

#[test]
fn slot_hashes_equal_the_vector_and_are_padded() {
    let unpadded = test_hex::decode(
        "02000000000000000500000000000000050505050505050505050505050505050505050505050505050505050505050504000000\
         000000000404040404040404040404040404040404040404040404040404040404040404",
    );
    let hashes = SlotHashes::new([(5, Hash([5; 32])), (4, Hash([4; 32]))]);
    let bytes = hashes.to_bytes();
    assert_eq!(bytes.len(), SlotHashes::LEN);
    assert!(bytes.starts_with(&unpadded));
    assert!(bytes[unpadded.len()..].iter().all(|byte| *byte == 0));
    assert_eq!(SlotHashes::from_bytes(&bytes), Ok(hashes.clone()));
    assert_eq!(SlotHashes::from_bytes(&unpadded), Ok(hashes.clone()));
    assert_eq!(
        (hashes.get(5), hashes.get(4)),
        (Some(Hash([5; 32])), Some(Hash([4; 32])))
    );
    assert_eq!(
        (hashes.position(5), hashes.position(4), hashes.position(3)),
        (Some(0), Some(1), None)
    );
    assert_eq!(SlotHashes::from_bytes(&unpadded[..87]), Err(SysvarDecodeError));
}

#[test]
fn slot_hashes_are_bounded_and_descending() {
    let newest_first = (0..600u64).rev().map(|slot| (slot, Hash::ZERO));
    let full = SlotHashes::new(newest_first);
    assert_eq!(full.entries().len(), SLOT_HASHES_MAX);
    assert_eq!(full.entries()[0].0, 599);
    assert_eq!(full.to_bytes().len(), SlotHashes::LEN);
    assert_eq!(SlotHashes::from_bytes(&full.to_bytes()), Ok(full.clone()));
    let mut too_many = full.to_bytes();
    too_many[0] = 1;
    too_many.extend([0; 40]);
    assert_eq!(SlotHashes::from_bytes(&too_many), Err(SysvarDecodeError));
    let unsorted = SlotHashes::new([(4, Hash::ZERO), (4, Hash::ZERO)]).to_bytes();
    assert_eq!(SlotHashes::from_bytes(&unsorted), Err(SysvarDecodeError));
}

#[test]
fn recent_blockhashes_are_bounded_and_padded() {
    let entry = |byte| RecentBlockhash {
        blockhash: Hash([byte; 32]),
        lamports_per_signature: 5_000,
    };
    let hashes = RecentBlockhashes::new([entry(9), entry(8)]);
    let bytes = hashes.to_bytes();
    assert_eq!(bytes.len(), RecentBlockhashes::LEN);
    let start = [
        &2u64.to_le_bytes()[..],
        &[9; 32],
        &5_000u64.to_le_bytes(),
        &[8; 32],
    ]
    .concat();
    assert!(bytes.starts_with(&start));
    assert_eq!(RecentBlockhashes::from_bytes(&bytes), Ok(hashes));
    let full = RecentBlockhashes::new((0..=255).map(entry));
    assert_eq!(full.entries().len(), RECENT_BLOCKHASHES_MAX);
    assert_eq!(full.to_bytes().len(), RecentBlockhashes::LEN);
    assert_eq!(RecentBlockhashes::from_bytes(&full.to_bytes()), Ok(full));
    assert_eq!(
        RecentBlockhashes::from_bytes(&[1, 0, 0, 0, 0, 0, 0, 0]),
        Err(SysvarDecodeError)
    );
}

#[test]
fn small_sysvars_have_their_layout() {
    let restart = LastRestartSlot {
        last_restart_slot: 0x0102,
    };
    assert_eq!(restart.to_bytes(), [2, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(LastRestartSlot::from_bytes(&restart.to_bytes()), Ok(restart));
    assert_eq!(LastRestartSlot::from_bytes(&[0; 7]), Err(SysvarDecodeError));
    let rewards = EpochRewards {
        distribution_starting_block_height: 1,
        num_partitions: 2,
        parent_blockhash: Hash([3; 32]),
        total_points: 4 << 64,
        total_rewards: 5,
        distributed_rewards: 6,
        active: true,
    };
    let bytes = rewards.to_bytes();
    assert_eq!(bytes.len(), EpochRewards::LEN);
    assert_eq!(
        (
            bytes[0], bytes[8], bytes[16], bytes[56], bytes[64], bytes[72], bytes[80]
        ),
        (1, 2, 3, 4, 5, 6, 1)
    );
    assert_eq!(EpochRewards::from_bytes(&bytes), Ok(rewards));
    assert_eq!(EpochRewards::from_bytes(&bytes[..80]), Err(SysvarDecodeError));
}
