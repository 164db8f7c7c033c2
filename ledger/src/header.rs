//! The start of a ledger file: format, genesis, and the key of its frame checksums.
//!
//! ```text
//!    0  magic         [u8; 8]
//!    8  format        u32 LE
//!   12  genesis_len   u64 LE
//!   20  genesis_hash  [u8; 32]
//!   52  salt          [u8; 32]  random, keys the frame checksums
//!   84  checksum      [u8; 32]  over the 84 bytes above, in every format
//!  116  genesis       canonical bytes, genesis_len of them
//!       first frame
//! ```
//!
//! The header is written and synced before the first record. That order decides what a bad header means. If a record
//! may follow it, the header was durable once and the ledger is damaged. If no record can follow it, its creation was
//! interrupted, nothing was ever committed, and [`create`] writes a new one.

use std::hash::{BuildHasher, RandomState};

use borsh::{BorshDeserialize, BorshSerialize};
use isobath_sdk::Hash;
use isobath_sdk::chain::genesis::Genesis;

use isobath_storage::{Storage, StorageError, StorageReader};

use crate::error::{Damage, OpenError};
use crate::frame::{FRAME_MAGIC, FrameKey};

/// The only format of ledger files that this version reads and writes.
pub const LEDGER_FORMAT: u32 = 2;

const LEDGER_MAGIC: [u8; 8] = *b"ISOBLOG\n";
const FIXED_LEN: usize = 116;
const FIXED_BYTES: u64 = 116;
const CHECKSUM_LEN: usize = 32;
const HEADER_CONTEXT: &str = "isobath 2026-11 ledger header v1";
/// Bytes read at a time in the search for frames after a bad header.
const SCAN_CHUNK: usize = 1 << 16;

/// The fixed part of a ledger file, without its checksum.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Fixed {
    magic: [u8; 8],
    format: u32,
    genesis_len: u64,
    genesis_hash: Hash,
    salt: [u8; 32],
}

/// A valid start of a ledger file.
#[derive(Clone)]
pub struct LedgerHeader {
    /// Hash of the genesis after the header.
    pub genesis_hash: Hash,
    /// Keys the checksums of the frames.
    pub key: FrameKey,
    /// The `link` of the first frame.
    pub link: [u8; 32],
    /// Where the first frame begins.
    pub end: u64,
}

/// What the start of a storage contains.
pub enum Beginning {
    /// No bytes.
    Empty,
    /// Creation did not finish, so nothing was ever committed. Unless `proven`, that holds only if the storage is too
    /// short for a complete header.
    Torn {
        /// Bytes in the storage.
        len: u64,
        /// Whether the header is complete, so that only the genesis after it is cut short.
        proven: bool,
    },
    /// A ledger.
    Ledger(Box<(LedgerHeader, Genesis)>),
}

/// Reads the start of `storage`.
///
/// # Errors
/// `Corrupt` with slot 0 if the header is bad although records follow, `UnsupportedFormat`, `Storage`.
pub fn read(storage: &dyn StorageReader) -> Result<Beginning, OpenError> {
    let len = storage
        .len()
        .map_err(|source| StorageError::new("read the length of", source))?;
    if len == 0 {
        return Ok(Beginning::Empty);
    }
    let Some((fixed, link)) = read_fixed(storage, len)? else {
        return if has_frame_magic(storage, len)? {
            Err(corrupt(Damage::LedgerHeader))
        } else {
            Ok(Beginning::Torn { len, proven: false })
        };
    };
    if fixed.format != LEDGER_FORMAT {
        return Err(OpenError::UnsupportedFormat {
            found: fixed.format,
            supported: LEDGER_FORMAT,
        });
    }
    let end = FIXED_BYTES.saturating_add(fixed.genesis_len);
    if let Some(genesis) = read_genesis(storage, len, &fixed)? {
        let key = FrameKey::new(&fixed.genesis_hash, &fixed.salt);
        let header = LedgerHeader {
            genesis_hash: fixed.genesis_hash,
            key,
            link,
            end,
        };
        return Ok(Beginning::Ledger(Box::new((header, genesis))));
    }
    if len > end {
        Err(corrupt(Damage::Genesis))
    } else {
        Ok(Beginning::Torn { len, proven: true })
    }
}

/// Durably replaces the contents of `storage` with the start of a new ledger.
///
/// # Errors
/// Any error of the storage.
pub fn create(
    storage: &mut dyn Storage,
    genesis: &Genesis,
    salt: [u8; 32],
) -> Result<LedgerHeader, StorageError> {
    let (bytes, header) = encode(genesis, salt);
    let fail = |source| StorageError::new("create", source);
    if !storage.is_empty().map_err(fail)? {
        storage.truncate(0).map_err(fail)?;
    }
    storage.append(&bytes).map_err(fail)?;
    storage.sync().map_err(fail)?;
    Ok(header)
}

/// Length of the start of a ledger with this genesis.
pub(crate) fn encoded_len(genesis: &Genesis) -> u64 {
    encode(genesis, [0; 32]).1.end
}

/// Random bytes that untrusted clients do not know. They need not be secret from readers of the disk.
pub(crate) fn fresh_salt() -> [u8; 32] {
    // The standard library seeds its hashers from the operating system; each hash of a distinct number under such a
    // seed is as unpredictable as the seed, which is all that the salt needs.
    let mut salt = [0; 32];
    for (number, chunk) in (0_u64..).zip(salt.chunks_exact_mut(8)) {
        chunk.copy_from_slice(&RandomState::new().hash_one(number).to_le_bytes());
    }
    salt
}

fn encode(genesis: &Genesis, salt: [u8; 32]) -> (Vec<u8>, LedgerHeader) {
    let body = borsh::to_vec(genesis).expect("writing to memory does not fail");
    let genesis_len = u64::try_from(body.len()).expect("memory has fewer than 2^64 bytes");
    let genesis_hash = genesis.hash();
    let fixed = Fixed {
        magic: LEDGER_MAGIC,
        format: LEDGER_FORMAT,
        genesis_len,
        genesis_hash,
        salt,
    };
    let mut bytes = borsh::to_vec(&fixed).expect("writing to memory does not fail");
    let link = blake3::derive_key(HEADER_CONTEXT, &bytes);
    bytes.extend_from_slice(&link);
    bytes.extend_from_slice(&body);
    let end = FIXED_BYTES.saturating_add(genesis_len);
    (
        bytes,
        LedgerHeader {
            genesis_hash,
            key: FrameKey::new(&genesis_hash, &salt),
            link,
            end,
        },
    )
}

/// The fixed part and its checksum; `None` if it is incomplete or the checksum fails.
fn read_fixed(storage: &dyn StorageReader, len: u64) -> Result<Option<(Fixed, [u8; 32])>, OpenError> {
    if len < FIXED_BYTES {
        return Ok(None);
    }
    let mut bytes = [0; FIXED_LEN];
    storage
        .read_exact_at(0, &mut bytes)
        .map_err(|source| StorageError::new("read", source))?;
    let Some((fields, checksum)) = bytes.split_last_chunk::<CHECKSUM_LEN>() else {
        return Ok(None);
    };
    if blake3::derive_key(HEADER_CONTEXT, fields) != *checksum {
        return Ok(None);
    }
    let fixed: Option<Fixed> = borsh::from_slice(fields).ok();
    Ok(fixed
        .filter(|fixed| fixed.magic == LEDGER_MAGIC)
        .map(|fixed| (fixed, *checksum)))
}

/// The genesis after the fixed part; `None` if it is incomplete or does not match its hash.
fn read_genesis(storage: &dyn StorageReader, len: u64, fixed: &Fixed) -> Result<Option<Genesis>, OpenError> {
    let end = FIXED_BYTES.saturating_add(fixed.genesis_len);
    let Ok(genesis_len) = usize::try_from(fixed.genesis_len) else {
        return Ok(None);
    };
    if len < end {
        return Ok(None);
    }
    let mut bytes = vec![0; genesis_len];
    storage
        .read_exact_at(FIXED_BYTES, &mut bytes)
        .map_err(|source| StorageError::new("read", source))?;
    let genesis: Option<Genesis> = borsh::from_slice(&bytes).ok();
    Ok(genesis.filter(|genesis| genesis.hash() == fixed.genesis_hash))
}

/// Whether the magic bytes of a frame occur anywhere. Without the salt no frame can be verified, so this may find a
/// frame where there is none; such a ledger is then reported as damaged and never overwritten.
fn has_frame_magic(storage: &dyn StorageReader, len: u64) -> Result<bool, OpenError> {
    let overlap = FRAME_MAGIC.len().saturating_sub(1);
    let mut window: Vec<u8> = Vec::new();
    let mut at = 0_u64;
    while at < len {
        let left = usize::try_from(len.saturating_sub(at)).unwrap_or(usize::MAX);
        let kept = window.split_off(window.len().saturating_sub(overlap));
        let start = kept.len();
        window = kept;
        window.resize(start.saturating_add(left.min(SCAN_CHUNK)), 0);
        let fresh = &mut window[start..];
        storage
            .read_exact_at(at, fresh)
            .map_err(|source| StorageError::new("read", source))?;
        at = at.saturating_add(u64::try_from(fresh.len()).unwrap_or(u64::MAX));
        if window
            .windows(FRAME_MAGIC.len())
            .any(|bytes| bytes == FRAME_MAGIC)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

const fn corrupt(what: Damage) -> OpenError {
    OpenError::Corrupt {
        slot: 0,
        offset: 0,
        what,
    }
}
