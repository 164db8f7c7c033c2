//! How each set of vectors is run: alone, all together in both orders, and one bad or odd item among good ones.

use ed25519_dalek::{Signer, SigningKey};
use isobath_signature_tests::paths::{self, Path, assert_path};
use isobath_sigverify::{Item, Verdict};

/// An owned item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owned {
    pub(crate) key: [u8; 32],
    pub(crate) message: Vec<u8>,
    pub(crate) signature: [u8; 64],
}

impl Owned {
    pub(crate) fn item(&self) -> Item<'_> {
        Item {
            key: &self.key,
            message: &self.message,
            signature: &self.signature,
        }
    }
}

/// Runs the cases through every path and asserts their verdicts.
///
/// Most of the batches of good signatures are small, around the number of lanes, and a few are large. The position of a case in
/// its batch moves with its number, and includes the first and the last.
pub(crate) fn assert_on_every_path(cases: &[(Owned, Verdict)]) {
    let good = good_ones(130);
    for mut path in paths::all() {
        together(&mut path, cases);
        among_good_ones(&mut path, cases, &good);
    }
}

fn together(path: &mut Path, cases: &[(Owned, Verdict)]) {
    let mut items: Vec<Item<'_>> = cases.iter().map(|(owned, _)| owned.item()).collect();
    let mut verdicts: Vec<Verdict> = cases.iter().map(|(_, verdict)| *verdict).collect();
    for (item, verdict) in items.iter().zip(&verdicts) {
        assert_path(path, &[*item], &[*verdict]);
    }
    assert_path(path, &items, &verdicts);
    items.reverse();
    verdicts.reverse();
    assert_path(path, &items, &verdicts);
    for (items, verdicts) in items.chunks(13).zip(verdicts.chunks(13)) {
        assert_path(path, items, verdicts);
    }
}

fn among_good_ones(path: &mut Path, cases: &[(Owned, Verdict)], good: &[Owned]) {
    let sizes = [2, 3, 4, 8, 9, 16, 17];
    for (number, (odd, verdict)) in cases.iter().enumerate() {
        let size = match number % 32 {
            10 => 64,
            20 => 130,
            _ => sizes[number % sizes.len()],
        };
        let position = match number % 3 {
            0 => 0,
            1 => size - 1,
            _ => number % size,
        };
        let mut items: Vec<Item<'_>> = good[..size].iter().map(Owned::item).collect();
        let mut verdicts = vec![Ok(()); size];
        items[position] = odd.item();
        verdicts[position] = *verdict;
        assert_path(path, &items, &verdicts);
    }
}

/// Valid signatures of distinct keys and messages.
pub(crate) fn good_ones(count: u32) -> Vec<Owned> {
    (0..count)
        .map(|number| {
            let mut seed = [3; 32];
            seed[..4].copy_from_slice(&number.to_le_bytes());
            let signer = SigningKey::from_bytes(&seed);
            let message = number.to_le_bytes().repeat(50);
            Owned {
                key: signer.verifying_key().to_bytes(),
                signature: signer.sign(&message).to_bytes(),
                message,
            }
        })
        .collect()
}
