//! The transfers that were reported as confirmed, in a file, so that memory stays bounded.
//!
//! An entry is 64 bytes of signature and the slot as 8 bytes, little-endian. Entries are in the order of their
//! confirmation, so their slots are nearly sorted; the reader is faster for that but does not rely on it.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

use isobath_sdk::Signature;

/// Bytes of one entry.
const ENTRY_SIZE: usize = 72;

/// The writing half.
#[derive(Debug)]
pub(crate) struct ConfirmedLog {
    file: BufWriter<File>,
    entries: u64,
}

impl ConfirmedLog {
    /// An empty log in an unnamed temporary file, gone when the process ends.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub(crate) fn create() -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::new(tempfile::tempfile()?),
            entries: 0,
        })
    }

    /// Adds one confirmed transfer.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(crate) fn push(&mut self, signature: &Signature, slot: u64) -> io::Result<()> {
        self.file.write_all(&signature.0)?;
        self.file.write_all(&slot.to_le_bytes())?;
        self.entries = self.entries.saturating_add(1);
        Ok(())
    }

    /// Ends writing and begins reading from the first entry.
    ///
    /// # Errors
    /// If the file cannot be written or rewound.
    pub(crate) fn into_entries(self) -> io::Result<ConfirmedEntries> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(ConfirmedEntries {
            file: BufReader::new(file),
            left: self.entries,
        })
    }
}

/// The reading half: signature and slot of each entry.
#[derive(Debug)]
pub(crate) struct ConfirmedEntries {
    file: BufReader<File>,
    left: u64,
}

impl Iterator for ConfirmedEntries {
    type Item = io::Result<(Signature, u64)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut entry = [0; ENTRY_SIZE];
        if let Err(error) = self.file.read_exact(&mut entry) {
            self.left = 0;
            return Some(Err(error));
        }
        let (signature, slot) = entry.split_at(64);
        let signature = Signature(signature.try_into().expect("the entry was split at 64 bytes"));
        let slot = u64::from_le_bytes(slot.try_into().expect("72 - 64 bytes are left"));
        Some(Ok((signature, slot)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_in_order() {
        let mut log = ConfirmedLog::create().unwrap();
        let entries: Vec<_> = (0..1_000_u64)
            .map(|number| (Signature([number.to_le_bytes()[0]; 64]), number * 3))
            .collect();
        for (signature, slot) in &entries {
            log.push(signature, *slot).unwrap();
        }
        let read: Vec<_> = log.into_entries().unwrap().collect::<io::Result<_>>().unwrap();
        assert_eq!(read, entries);
    }

    #[test]
    fn an_empty_log_has_no_entries() {
        assert!(
            ConfirmedLog::create()
                .unwrap()
                .into_entries()
                .unwrap()
                .next()
                .is_none()
        );
    }
}
