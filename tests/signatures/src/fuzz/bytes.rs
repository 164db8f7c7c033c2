//! A batch from bytes, for coverage-guided fuzzing: the bytes choose keys, messages and flaws, or are a signature.
//!
//! ```text
//! item      kind (1)  key (1)  commitment (1)  message length (1)  detail (8)          12 bytes, crafted
//! raw item  0xff      key (32) signature (64)  message length (1)  message             98 bytes and more
//! ```

use std::cell::RefCell;
use std::sync::LazyLock;

use curve25519_dalek::scalar::Scalar;
use isobath_sigverify::verify_one;

use super::Checker;
use super::craft::{Crafted, Crafter, Flaw};
use crate::parts::Part;
use crate::paths;

/// Signatures at most, so that a run takes milliseconds.
const ITEMS_MAX: usize = 80;
/// First byte of an item that is used unchanged.
const RAW: u8 = 0xff;
const CRAFTED_LEN: usize = 12;
const RAW_LEN: usize = 98;

/// Points with small logarithms and every hidden component.
static PARTS: LazyLock<Vec<Part>> = LazyLock::new(|| {
    (1..=64_u8)
        .map(|number| Part::known(Scalar::from(u64::from(number) << (number % 50)), number % 8))
        .collect()
});

thread_local! {
    /// Kept from call to call, as paths keep their memory in production.
    static CHECKER: RefCell<Checker> = RefCell::new(Checker::new(paths::fast(), Vec::new(), 1));
}

/// Makes a batch of the bytes and asserts that all paths agree on it; answers whether a signature in it is valid.
///
/// # Panics
/// If they do not, or if a path panics.
#[must_use]
pub fn check_bytes(bytes: &[u8]) -> bool {
    let batch = batch_of(bytes);
    let outcome = CHECKER.with_borrow_mut(|checker| checker.check(&batch));
    if let Err(mismatch) = outcome {
        panic!("{mismatch}");
    }
    batch.iter().any(|crafted| verify_one(&crafted.item()).is_ok())
}

/// Bytes that make batches with a valid signature: one, one of each flaw, and one more than fit the lanes.
#[must_use]
pub fn samples() -> Vec<Vec<u8>> {
    let crafted = |kind: u8| [kind, 3 * kind, 5 * kind + 1, 20, kind, 0, 0, 0, 0, 0, 0, 0];
    let kinds = u8::try_from(Flaw::KINDS).expect("there are a few kinds");
    let mut raw = vec![RAW; RAW_LEN];
    raw[RAW_LEN - 1] = 3;
    raw.extend(*b"abc");
    let flaws: Vec<u8> = (0..kinds).flat_map(crafted).collect();
    vec![
        crafted(0).to_vec(),
        crafted(0).repeat(9),
        [flaws.clone(), raw, flaws].concat(),
    ]
}

fn batch_of(mut bytes: &[u8]) -> Vec<Crafted> {
    let crafter = Crafter::new();
    let mut batch = Vec::new();
    while batch.len() < ITEMS_MAX {
        let next = if bytes.first() == Some(&RAW) {
            raw_item(bytes)
        } else {
            crafted_item(&crafter, bytes)
        };
        let Some((item, rest)) = next else {
            break;
        };
        batch.push(item);
        bytes = rest;
    }
    batch
}

fn crafted_item<'a>(crafter: &Crafter, bytes: &'a [u8]) -> Option<(Crafted, &'a [u8])> {
    let (head, rest) = bytes.split_first_chunk::<CRAFTED_LEN>()?;
    let [kind, key, commitment, length, detail @ ..] = *head;
    let part = |choice: u8| &PARTS[usize::from(choice) % PARTS.len()];
    let message = vec![kind ^ key; length.into()];
    let flaw = Flaw::of(kind.into(), u64::from_le_bytes(detail));
    Some((crafter.craft(part(key), part(commitment), message, flaw), rest))
}

fn raw_item(bytes: &[u8]) -> Option<(Crafted, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<RAW_LEN>()?;
    let (key, signature) = head[1..RAW_LEN - 1].split_first_chunk::<32>()?;
    let signature = signature.try_into().ok()?;
    let length = usize::from(head[RAW_LEN - 1]).min(rest.len());
    let (message, rest) = rest.split_at(length);
    Some((Crafted::of_bytes(*key, message.to_vec(), signature), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_become_signatures_of_both_kinds() {
        let counts: Vec<usize> = samples().iter().map(|bytes| batch_of(bytes).len()).collect();
        assert_eq!(counts, [1, 9, 31]);
        assert!(samples().iter().all(|bytes| check_bytes(bytes)));
    }

    #[test]
    fn nothing_is_a_batch_too() {
        assert!(!check_bytes(&[]));
        assert!(!check_bytes(&[RAW; 97]));
    }
}
