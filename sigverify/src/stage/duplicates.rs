//! Which packets were seen recently, and their verdicts.
//!
//! A packet is identified by a hash over all its bytes and its layout, 128 bits of keyed BLAKE3. A signature alone is
//! never an identity: the same signature can occur in a packet with another message. Since the verdict of a packet is
//! reused for its duplicates, two packets must not collide: an attacker who made a good and a bad packet collide would
//! get the bad one accepted. The key is secret, and nothing computed with it leaves the stage.
//!
//! Invariant: [`DuplicateWindow`] and [`Recent`] have the same length; a packet that the window reports as a repetition of number
//! `n` is released before number `n + length`, so the verdict of `n` is still held.

use std::collections::HashMap;

use super::packet::{Packet, PacketVerdict};

/// Identity of a packet.
pub(super) type Fingerprint = u128;

/// Computes fingerprints.
#[derive(Clone)]
pub(super) struct Fingerprints {
    key: [u8; 32],
}

impl Fingerprints {
    pub(super) const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The fingerprint of a packet. O(bytes).
    pub(super) fn of<T, B: AsRef<[u8]>>(&self, packet: &Packet<T, B>) -> Fingerprint {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for number in packet.layout.numbers() {
            hasher.update(&(number as u64).to_le_bytes());
        }
        hasher.update(packet.bytes.as_ref());
        let hash = hasher.finalize();
        let (halves, _) = hash.as_bytes().as_chunks::<16>();
        u128::from_le_bytes(halves[0])
    }
}

/// The packets seen recently, numbered in the order in which they were first seen.
pub(super) struct DuplicateWindow {
    numbers: HashMap<Fingerprint, u64>,
    /// The fingerprint of number `n` at `n` modulo the length.
    recent: Vec<Fingerprint>,
    next: u64,
}

/// Whether a packet is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sighting {
    /// New, under this number.
    First(u64),
    /// The same as that number.
    Again(u64),
}

impl DuplicateWindow {
    /// Remembers `length` packets; with a length of 0 every packet is new. All memory, about 80 bytes for each, is written
    /// once here, so that the memory of the process does not grow with its first packets.
    pub(super) fn new(length: usize) -> Self {
        let mut numbers = HashMap::with_capacity(length);
        numbers.extend((0..length).map(|number| (number as Fingerprint, 0)));
        numbers.clear();
        Self {
            numbers,
            recent: vec![Fingerprint::MAX; length],
            next: 0,
        }
    }

    /// Looks a packet up and enters it if it is new.
    pub(super) fn see(&mut self, fingerprint: Fingerprint) -> Sighting {
        if let Some(number) = self.numbers.get(&fingerprint) {
            return Sighting::Again(*number);
        }
        let number = self.next;
        self.next = number.saturating_add(1);
        let length = self.recent.len();
        if length == 0 {
            return Sighting::First(number);
        }
        let entry = &mut self.recent[slot(number, length)];
        if number >= length as u64 {
            self.numbers.remove(entry);
        }
        *entry = fingerprint;
        self.numbers.insert(fingerprint, number);
        Sighting::First(number)
    }
}

/// The verdicts of the packets released recently.
pub(super) struct Recent(Vec<PacketVerdict>);

impl Recent {
    pub(super) fn new(length: usize) -> Self {
        Self(vec![Ok(()); length.max(1)])
    }

    pub(super) fn enter(&mut self, number: u64, verdict: PacketVerdict) {
        let length = self.0.len();
        self.0[slot(number, length)] = verdict;
    }

    pub(super) fn find(&self, number: u64) -> PacketVerdict {
        self.0[slot(number, self.0.len())]
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the result is below `length`")]
const fn slot(number: u64, length: usize) -> usize {
    number.checked_rem(length as u64).expect("the length is not zero") as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Layout;

    fn packet(bytes: Vec<u8>, message: std::ops::Range<usize>) -> Packet<()> {
        let layout = Layout::new(&bytes, message, 0..32, 32..96).unwrap();
        Packet {
            bytes,
            layout,
            tag: (),
        }
    }

    #[test]
    fn the_fingerprint_covers_every_byte_the_layout_and_the_key() {
        let fingerprints = Fingerprints::new([1; 32]);
        let base = packet(vec![0; 120], 96..120);
        let mut seen = std::collections::BTreeSet::from([fingerprints.of(&base)]);
        assert!(
            !seen.insert(fingerprints.of(&packet(vec![0; 120], 96..120))),
            "the same again"
        );
        for at in 0..120 {
            let mut bytes = vec![0; 120];
            bytes[at] = 1;
            assert!(seen.insert(fingerprints.of(&packet(bytes, 96..120))), "byte {at}");
        }
        assert!(seen.insert(fingerprints.of(&packet(vec![0; 121], 96..120))));
        assert!(seen.insert(fingerprints.of(&packet(vec![0; 120], 95..120))));
        assert!(seen.insert(Fingerprints::new([2; 32]).of(&base)));
    }

    #[test]
    fn a_window_of_nothing_knows_nothing() {
        let mut window = DuplicateWindow::new(0);
        assert_eq!(
            [7, 7, 8].map(|print| window.see(print)),
            [0, 1, 2].map(Sighting::First)
        );
    }

    #[test]
    fn a_window_knows_the_newest_packets_and_forgets_the_oldest() {
        let mut window = DuplicateWindow::new(3);
        assert_eq!(
            [7, 8, 9].map(|print| window.see(print)),
            [0, 1, 2].map(Sighting::First)
        );
        assert_eq!(window.see(7), Sighting::Again(0));
        assert_eq!(window.see(10), Sighting::First(3));
        assert_eq!(window.see(8), Sighting::Again(1));
        assert_eq!(window.see(7), Sighting::First(4), "forgotten, so new");
        assert_eq!(window.see(9), Sighting::Again(2));
        for print in 100..10_000 {
            assert!(matches!(window.see(print), Sighting::First(_)));
            assert!(window.numbers.len() <= 3);
        }
    }
}
