//! Fixtures: what an oracle made of many sequences, in a small file.
//!
//! ```text
//! file = zstd( magic | borsh: FixtureFile )
//! ```
//!
//! A fixture holds results only. The sequences are made again from their names; each entry has the digest of the one
//! it belongs to.

use std::io::{self, Read};

use borsh::{BorshDeserialize, BorshSerialize};

use crate::ledger::ObservedBlock;
use crate::sequence::Oracle;

const MAGIC: [u8; 8] = *b"isoconf2";
const ZSTD_LEVEL: i32 = 19;
/// More than any fixture holds, so that a damaged file cannot ask for all the memory there is.
const DECODED_LEN_MAX: u64 = 256 << 20;

/// What an oracle made of one sequence.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Recorded {
    /// The name of the sequence.
    pub name: String,
    /// Its digest.
    pub sequence: u32,
    /// Its blocks.
    pub blocks: Vec<ObservedBlock>,
}

/// The sequences of one file.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FixtureFile {
    /// Which of Solana's programs was asked.
    pub oracle: Oracle,
    /// Its name and version.
    pub version: String,
    /// What it made of each sequence.
    pub entries: Vec<Recorded>,
}

impl FixtureFile {
    /// The bytes of the file.
    ///
    /// # Errors
    /// When compressing fails, for want of memory.
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let mut plain = MAGIC.to_vec();
        borsh::to_writer(&mut plain, self)?;
        zstd::bulk::compress(&plain, ZSTD_LEVEL)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// When they are not such a file.
    pub fn from_bytes(bytes: &[u8]) -> io::Result<Self> {
        let mut plain = Vec::new();
        zstd::Decoder::new(bytes)?
            .take(DECODED_LEN_MAX)
            .read_to_end(&mut plain)?;
        let body = plain
            .strip_prefix(&MAGIC)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "this is not a conformance fixture"))?;
        borsh::from_slice(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Observed;
    use isobath_sdk::errors::TransactionError;

    #[test]
    fn a_file_reads_back() {
        let file = FixtureFile {
            oracle: Oracle::Ledger,
            version: "oracle 1".to_owned(),
            entries: vec![Recorded {
                name: "7".to_owned(),
                sequence: 9,
                blocks: vec![ObservedBlock {
                    transactions: vec![Observed {
                        error: Some(TransactionError::AlreadyProcessed),
                        fee: 5_000,
                        units: Some(150),
                    }],
                    accounts: 11,
                    traces: 13,
                }],
            }],
        };
        let bytes = file.to_bytes().unwrap();
        assert_eq!(FixtureFile::from_bytes(&bytes).unwrap(), file);
        assert!(FixtureFile::from_bytes(&bytes[..bytes.len() - 4]).is_err());
        assert!(FixtureFile::from_bytes(b"something else").is_err());
    }
}
