//! The header in front of each record, and why it cannot be forged.
//!
//! ```text
//!  frame header, 172 bytes, integers little-endian     record
//!    0  magic         [u8; 8]                          frame header
//!    8  format        u32                              history part   (borsh of History)
//!   12  slot          u64                              delta part     (borsh of RecordedDelta)
//!   20  durable_slot  u64  highest slot known durable when this frame was written
//!   28  history_len   u64
//!   36  delta_len     u64
//!   44  history_hash  [u8; 32]
//!   76  delta_hash    [u8; 32]
//!  108  link         [u8; 32]  checksum of the previous frame; of the ledger header in the first
//!  140  checksum      [u8; 32]  keyed hash of the 140 bytes above
//! ```
//!
//! `link` chains the frames: each vouches for all previous ones.
//!
//! The checksum is keyed by 32 random bytes in the ledger header. Recovery searches for later frames after a bad one,
//! and the bytes that it searches are payloads: transactions and account data, chosen by untrusted clients. With a
//! plain checksum a client could place bytes there that read as a later frame and, after an unlucky crash, make a sound
//! ledger look corrupt. Without the key that is impossible. A frame that verifies was therefore written by a ledger
//! process, for this ledger, and its `durable_slot` is true wherever in the file the frame is found.

use borsh::{BorshDeserialize, BorshSerialize};
use isobath_sdk::Hash;

/// Version of the frame layout and of the borsh types behind it.
pub const FRAME_FORMAT: u32 = 2;
/// Bytes of an encoded frame header.
pub const FRAME_HEADER_LEN: usize = 172;
/// [`FRAME_HEADER_LEN`] as a distance in a file.
pub const FRAME_HEADER_BYTES: u64 = 172;
/// First bytes of every frame header.
pub const FRAME_MAGIC: [u8; 8] = *b"ISOBREC\n";
/// Maximum length of the two parts of a record together: 1 GiB.
pub const RECORD_BYTES_MAX: u64 = 1 << 30;

const CHECKSUM_LEN: usize = 32;
const FRAME_KEY_CONTEXT: &str = "isobath 2026-11 ledger frame header v1";
const HISTORY_CONTEXT: &str = "isobath 2026-11 ledger history part v1";
const DELTA_CONTEXT: &str = "isobath 2026-11 ledger delta part v2";

/// Keys the checksums of one ledger's frame headers.
#[derive(Clone)]
pub struct FrameKey([u8; 32]);

impl FrameKey {
    /// The key of the ledger with this genesis and these random bytes.
    #[must_use]
    pub fn new(genesis_hash: &Hash, salt: &[u8; 32]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(FRAME_KEY_CONTEXT);
        hasher.update(&genesis_hash.0).update(salt);
        Self(*hasher.finalize().as_bytes())
    }

    fn checksum(&self, bytes: &[u8]) -> [u8; 32] {
        *blake3::keyed_hash(&self.0, bytes).as_bytes()
    }
}

/// A decoded frame header. Its lengths are as written, not yet compared with the file.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FrameHeader {
    /// Slot of the record.
    pub slot: u64,
    /// Highest slot known durable when the frame was written.
    pub durable_slot: u64,
    /// Bytes of the history part.
    pub history_len: u64,
    /// Bytes of the delta part.
    pub delta_len: u64,
    /// Checksum of the history part.
    pub history_hash: [u8; 32],
    /// Checksum of the delta part.
    pub delta_hash: [u8; 32],
    /// Checksum of the previous frame; of the ledger header in the first.
    pub link: [u8; 32],
}

/// What the checksum covers.
#[derive(BorshSerialize, BorshDeserialize)]
struct Sealed {
    magic: [u8; 8],
    format: u32,
    header: FrameHeader,
}

/// A frame header whose checksum holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentic {
    /// Version of the layout.
    pub format: u32,
    /// The header.
    pub header: FrameHeader,
    /// The `link` of the next frame.
    pub checksum: [u8; 32],
}

impl FrameHeader {
    /// The encoded header, and its checksum: the link of the next frame.
    ///
    /// Never: the fields have a fixed length that fits the header.
    #[must_use]
    pub fn seal(self, key: &FrameKey) -> ([u8; FRAME_HEADER_LEN], [u8; 32]) {
        let sealed = Sealed {
            magic: FRAME_MAGIC,
            format: FRAME_FORMAT,
            header: self,
        };
        let mut bytes = [0; FRAME_HEADER_LEN];
        let (mut fields, _) = bytes.split_at_mut(FRAME_HEADER_LEN - CHECKSUM_LEN);
        sealed
            .serialize(&mut fields)
            .expect("the fields have a fixed length that fits");
        let sum = key.checksum(&bytes[..FRAME_HEADER_LEN - CHECKSUM_LEN]);
        bytes[FRAME_HEADER_LEN - CHECKSUM_LEN..].copy_from_slice(&sum);
        (bytes, sum)
    }

    /// Decodes `bytes` if their checksum holds under `key`; `None` if this is not a frame header.
    #[must_use]
    pub fn open(bytes: &[u8; FRAME_HEADER_LEN], key: &FrameKey) -> Option<Authentic> {
        if !bytes.starts_with(&FRAME_MAGIC) {
            return None;
        }
        let (fields, checksum) = bytes.split_last_chunk::<CHECKSUM_LEN>()?;
        if key.checksum(fields) != *checksum {
            return None;
        }
        let Sealed { format, header, .. } = borsh::from_slice(fields).ok()?;
        Some(Authentic {
            format,
            header,
            checksum: *checksum,
        })
    }
}

/// Checksum of the history part.
#[must_use]
pub fn history_hash(bytes: &[u8]) -> [u8; 32] {
    blake3::derive_key(HISTORY_CONTEXT, bytes)
}

/// Checksum of the delta part.
#[must_use]
pub fn delta_hash(bytes: &[u8]) -> [u8; 32] {
    blake3::derive_key(DELTA_CONTEXT, bytes)
}
