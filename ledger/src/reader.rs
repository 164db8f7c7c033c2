//! A ledger that is only read: nothing is created, cut or synced.

use std::fmt;
use std::sync::Arc;

use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::record::StoredRecord;
use isobath_storage::StorageReader;

use crate::error::OpenError;
use crate::header::{self, Beginning, LedgerHeader};
use crate::log::{LogReader, Tail};
use crate::recover::{newest_slot, replay};

/// The ledger in a storage.
pub struct LedgerReader {
    storage: Arc<dyn StorageReader>,
    header: LedgerHeader,
    genesis: Genesis,
}

impl LedgerReader {
    /// The ledger in `storage`; `None` if there is none yet, or one whose creation was interrupted.
    ///
    /// # Errors
    /// [`OpenError::Corrupt`], [`OpenError::UnsupportedFormat`] and [`OpenError::Storage`].
    pub fn open(storage: Arc<dyn StorageReader>) -> Result<Option<Self>, OpenError> {
        Ok(match header::read(&*storage)? {
            Beginning::Ledger(ledger) => {
                let (header, genesis) = *ledger;
                Some(Self {
                    storage,
                    header,
                    genesis,
                })
            }
            Beginning::Empty | Beginning::Torn { .. } => None,
        })
    }

    /// The genesis that the ledger was created with.
    #[must_use]
    pub const fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The genesis that the ledger was created with.
    #[must_use]
    pub fn into_genesis(self) -> Genesis {
        self.genesis
    }

    /// The slot of the last record, whether or not it is whole; 0 if there is none.
    ///
    /// # Errors
    /// [`OpenError::Storage`].
    pub fn newest_slot(&self) -> Result<u64, OpenError> {
        Ok(newest_slot(&*self.storage, &self.header)?)
    }

    /// Reads every record, in order. Returns the bytes of an incomplete record at the end, which was never published.
    ///
    /// # Errors
    /// [`OpenError::Corrupt`] for a record that was durable and is damaged, [`OpenError::Storage`], and the errors of
    /// `on_record`.
    pub fn replay<E: From<OpenError>>(
        &self,
        mut on_record: impl FnMut(StoredRecord) -> Result<(), E>,
    ) -> Result<u64, E> {
        let reader = LogReader::new(Arc::clone(&self.storage), self.header.key.clone());
        let replayed = replay(&reader, Tail::first(&self.header), |_, record| on_record(record))?;
        Ok(replayed.torn_bytes)
    }
}

impl fmt::Debug for LedgerReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerReader")
            .field("genesis", &self.header.genesis_hash)
            .finish_non_exhaustive()
    }
}
