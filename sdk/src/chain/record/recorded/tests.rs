//! Every change against a comparison of every byte, and what a reader refuses.

#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]
#![allow(clippy::cast_possible_truncation, reason = "test numbers are small")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::chain::genesis::Genesis;
use crate::chain::record::{ByteRange, RANGE_GAP_MIN, RECORDED_DATA_LEN_MAX, TRANSACTION_DATA_GROWTH_MAX};

const KEY: Pubkey = Pubkey([7; 32]);

type Accounts = BTreeMap<Pubkey, Account>;

fn account(data: impl Into<AccountData>) -> Account {
    Account {
        data: data.into(),
        last_change_epoch: 3,
        ..Account::new(5, Pubkey([4; 32]))
    }
}

/// The form spelled out: every byte compared, on contents of which nothing is known.
fn expected(before: Option<&Account>, after: Option<&Account>) -> Change {
    let Some(after) = after else {
        return Change::Closed;
    };
    let full = Change::Full(after.clone());
    if after.data.len() <= 4096 {
        return full;
    }
    let header = AccountHeader::of(after);
    let mut old = before.map_or_else(Vec::new, |before| before.data.to_vec());
    if old == after.data.as_slice() {
        return Change::Header(header);
    }
    old.resize(after.data.len(), 0);
    let mut change = DataChange {
        data_len: after.data.len() as u32,
        ranges: Vec::new(),
        bytes: Vec::new(),
    };
    let differs: Vec<usize> = (0..old.len()).filter(|at| old[*at] != after.data[*at]).collect();
    for group in differs.chunk_by(|left, right| right - left <= RANGE_GAP_MIN) {
        let (first, last) = (group[0], group[group.len() - 1]);
        change.ranges.push(ByteRange {
            offset: first as u32,
            len: (last + 1 - first) as u32,
        });
        change.bytes.extend_from_slice(&after.data[first..=last]);
    }
    let change = Change::Data(header, change);
    if borsh::to_vec(&change).unwrap().len() < borsh::to_vec(&full).unwrap().len() {
        change
    } else {
        full
    }
}

/// Checks the form, that it applies, and that it does not depend on what is known of the contents.
fn check(before: Option<&Account>, after: Option<&Account>) -> Change {
    let change = Change::between(before, after);
    let unknown = |account: &Account| Account {
        data: account.data.to_vec().into(),
        ..account.clone()
    };
    let (plain_before, plain_after) = (before.map(unknown), after.map(unknown));
    assert!(change == expected(plain_before.as_ref(), plain_after.as_ref()));
    assert!(change == Change::between(plain_before.as_ref(), plain_after.as_ref()));
    for before in [before, plain_before.as_ref()] {
        assert_eq!(change.apply(&KEY, before).unwrap().as_ref(), after);
    }
    let bytes = borsh::to_vec(&change).unwrap();
    assert!(borsh::from_slice::<Change>(&bytes).unwrap() == change);
    change
}

fn any_len() -> impl Strategy<Value = usize> {
    select(vec![
        0, 1, 4095, 4096, 4097, 5000, 16_383, 16_384, 16_385, 32_768, 40_000, 70_000,
    ])
}

#[derive(Debug, Clone)]
enum Step {
    Write(usize, usize, u8),
    Resize(usize),
    Replace,
    Hash,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..70_000_usize, select(vec![1, 2, 40, 5000]), 0..3_u8).prop_map(|(at, len, byte)| Step::Write(at, len, byte)),
        2 => any_len().prop_map(Step::Resize),
        1 => Just(Step::Replace),
        1 => Just(Step::Hash),
    ]
}

fn take(account: &mut Account, step: &Step) {
    let data = &mut account.data;
    match *step {
        Step::Write(at, len, byte) => {
            let range = at.min(data.len())..(at + len).min(data.len());
            data.range_mut(range).unwrap().fill(byte);
        }
        Step::Resize(len) => data.resize(len),
        Step::Replace => data.to_mut().iter_mut().for_each(|byte| *byte ^= 1),
        Step::Hash => drop(data.hash()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_change_has_its_canonical_form_and_applies(
        len in any_len(),
        is_hashed in any::<bool>(),
        steps in prop::collection::vec(any_step(), 0..12),
    ) {
        let before = account(vec![1; len]);
        if is_hashed {
            let _hash = before.data.hash();
        }
        let mut after = before.clone();
        for step in &steps {
            take(&mut after, step);
        }
        after.lamports = 6;
        check(Some(&before), Some(&after));
        check(None, Some(&after));
        check(Some(&before), None);
    }

    #[test]
    fn damaged_deltas_are_refused_or_canonical(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let (delta, before) = sample();
        let mut bytes = borsh::to_vec(&RecordedDelta::new(&delta, |key| before.get(key).cloned())).unwrap();
        for (index, mask) in damage {
            let at = index.index(bytes.len());
            bytes[at] ^= mask;
        }
        let Ok(decoded) = borsh::from_slice::<RecordedDelta>(&bytes) else {
            return Ok(());
        };
        prop_assert_eq!(borsh::to_vec(&decoded).unwrap(), bytes);
        if let Ok(applied) = decoded.apply(u64::MAX, |key| before.get(key).cloned()) {
            prop_assert!(RecordedDelta::new(&applied, |key| before.get(key).cloned()) == decoded);
        }
    }
}

/// A delta with a change of each form.
fn sample() -> (Delta, Accounts) {
    let key = |number| Pubkey([number; 32]);
    let large = account(vec![1; 5000]);
    let mut written = large.clone();
    written.data.range_mut(100..102).unwrap().fill(2);
    written.data.range_mut(200..201).unwrap().fill(2);
    let paid = Account {
        lamports: 6,
        ..large.clone()
    };
    let accounts = vec![
        (key(1), None),
        (key(2), Some(account(vec![1; 30]))),
        (key(3), Some(paid)),
        (key(4), Some(written)),
    ];
    let before = [1, 3, 4].map(|number| (key(number), large.clone()));
    (Delta { accounts }, before.into_iter().collect())
}

#[test]
fn each_form_has_its_case() {
    let (delta, before) = sample();
    let recorded = RecordedDelta::new(&delta, |key| before.get(key).cloned());
    let forms: Vec<&Change> = recorded.changes.iter().map(|(_, change)| change).collect();
    assert!(matches!(
        forms[..],
        [
            Change::Closed,
            Change::Full(_),
            Change::Header(_),
            Change::Data(..)
        ]
    ));
    assert_eq!(
        recorded.apply(u64::MAX, |key| before.get(key).cloned()),
        Ok(delta)
    );
    assert_eq!(recorded.lamports(&Pubkey([1; 32])), Some(0));
    assert_eq!(recorded.lamports(&Pubkey([3; 32])), Some(6));
    assert_eq!(recorded.lamports(&Pubkey([4; 32])), Some(5));
    assert_eq!(recorded.lamports(&Pubkey([9; 32])), None);
}

#[test]
fn ranges_are_merged_over_short_gaps_only() {
    let before = account(vec![0; 5000]);
    let ranges_of = |gap: usize| {
        let mut after = before.clone();
        after.data.range_mut(10..11).unwrap().fill(1);
        after.data.range_mut(11 + gap..12 + gap).unwrap().fill(1);
        match check(Some(&before), Some(&after)) {
            Change::Data(_, change) => change.ranges.len(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((ranges_of(RANGE_GAP_MIN - 1), ranges_of(RANGE_GAP_MIN)), (1, 2));
}

#[test]
fn a_lamport_to_ten_mebibytes_and_ten_mebibytes_of_zeros_take_few_bytes() {
    let zeros = account(vec![0; RECORDED_DATA_LEN_MAX]);
    let len = |change: &Change| borsh::to_vec(change).unwrap().len();
    let paid = Account {
        lamports: 9,
        ..zeros.clone()
    };
    assert_eq!(len(&Change::between(Some(&zeros), Some(&paid))), 1 + 49);
    assert_eq!(len(&Change::between(None, Some(&zeros))), 1 + 49 + 12);
}

#[test]
fn no_rule_allows_more_data_than_a_delta_can_give() {
    let rules = Genesis::development().rules();
    assert_eq!(rules.account_data_len_max, RECORDED_DATA_LEN_MAX);
    assert_eq!(rules.transaction_data_growth_max, TRANSACTION_DATA_GROWTH_MAX);
}

/// Each change alone is within the limit of an account, and together they would take gigabytes.
#[test]
fn a_short_delta_cannot_ask_for_any_amount_of_memory() {
    let zeros = account(vec![0; RECORDED_DATA_LEN_MAX]);
    let grown = Change::between(None, Some(&zeros));
    let keys = (0..1_000_u32).map(|number| {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&number.to_be_bytes());
        Pubkey(key)
    });
    let recorded = RecordedDelta {
        changes: keys.map(|key| (key, grown.clone())).collect(),
    };
    assert!(borsh::to_vec(&recorded).unwrap().len() < 100_000);
    let growth_max = 49 * TRANSACTION_DATA_GROWTH_MAX;
    let growth = 1_000 * RECORDED_DATA_LEN_MAX as u64;
    assert_eq!(
        recorded.apply(growth_max, |_| None),
        Err(RecordError::DataGrowth { growth, growth_max })
    );
}

/// What a block removes makes room for what it adds.
#[test]
fn growth_is_what_a_block_adds_beyond_what_it_removes() {
    let large = account(vec![7; 10_000]);
    let small = account(vec![7; 9_000]);
    let before = |key: &Pubkey| (*key < Pubkey([3; 32])).then(|| large.clone());
    let change = |after: Option<&Account>, is_new: bool| {
        let large = (!is_new).then_some(&large);
        Change::between(large, after)
    };
    let recorded = RecordedDelta {
        changes: vec![
            (Pubkey([1; 32]), change(Some(&small), false)),
            (Pubkey([2; 32]), change(None, false)),
            (Pubkey([3; 32]), change(Some(&large), true)),
            (Pubkey([4; 32]), change(Some(&small), true)),
        ],
    };
    let (growth, growth_max) = (8_000, 7_999);
    let refused = Err(RecordError::DataGrowth { growth, growth_max });
    assert_eq!(recorded.apply(growth_max, before), refused);
    assert!(recorded.apply(growth, before).is_ok());
}

#[test]
fn what_does_not_apply_is_refused_by_name() {
    let header = AccountHeader::of(&account(Vec::new()));
    let before = account(vec![0; 5000]);
    let change = |data_len, ranges: &[(u32, u32)], len| {
        let ranges = ranges.iter().map(|(offset, len)| ByteRange {
            offset: *offset,
            len: *len,
        });
        let change = DataChange {
            data_len,
            ranges: ranges.collect(),
            bytes: vec![1; len],
        };
        Change::Data(header, change)
            .apply(&KEY, Some(&before))
            .unwrap_err()
    };
    let key = KEY;
    let (len, max) = (RECORDED_DATA_LEN_MAX as u32 + 1, RECORDED_DATA_LEN_MAX);
    assert_eq!(change(len, &[], 0), RecordError::DataLen { key, len, max });
    let out = |offset, data_len| RecordError::RangeOutOfBounds {
        key,
        offset,
        data_len,
    };
    assert_eq!(change(5000, &[(4999, 2)], 2), out(4999, 5000));
    assert_eq!(change(5000, &[(u32::MAX, u32::MAX)], 2), out(u32::MAX, 5000));
    let unsorted = RecordError::RangesUnsorted { key, offset: 100 };
    assert_eq!(change(5000, &[(200, 1), (100, 1)], 2), unsorted);
    assert_eq!(change(5000, &[(100, 1), (100, 1)], 2), unsorted);
    let ranges_len = |bytes_len, ranges_len| RecordError::RangesLen {
        key,
        bytes_len,
        ranges_len,
    };
    assert_eq!(change(5000, &[(100, 1)], 2), ranges_len(2, 1));
    assert_eq!(change(5000, &[(100, 2)], 1), ranges_len(1, 2));
    let other_forms = [
        change(5000, &[], 0),
        change(5000, &[(1, 0)], 0),
        change(5000, &[(1, 1), (2, 1)], 2),
        change(4000, &[(1, 1)], 1),
        change(4097, &[(0, 4097)], 4097),
        Change::Full(account(vec![0; 5000]))
            .apply(&KEY, Some(&before))
            .unwrap_err(),
    ];
    for refused in other_forms {
        assert_eq!(refused, RecordError::NotCanonical(KEY));
    }
    assert_eq!(
        Change::Header(header).apply(&KEY, None),
        Err(RecordError::Absent(KEY))
    );
    let small = account(vec![0; 30]);
    assert_eq!(
        Change::Header(header).apply(&KEY, Some(&small)),
        Err(RecordError::NotCanonical(KEY))
    );
}
