//! What became of a transaction: parts that a transaction of the ledger, a simulation and a status share.

use isobath_sdk::chain::outcome::ReturnData;
use isobath_sdk::chain::record::LoadedAddresses;
use isobath_sdk::{Pubkey, TransactionError};
use serde::Serialize;

use crate::render::encoding::EncodedData;

/// The older form of a status, still read by clients.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) enum UiResult {
    Ok(()),
    Err(TransactionError),
}

impl From<Option<TransactionError>> for UiResult {
    fn from(error: Option<TransactionError>) -> Self {
        error.map_or(Self::Ok(()), Self::Err)
    }
}

/// Data that a program returned.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UiReturnData {
    program_id: Pubkey,
    data: EncodedData,
}

impl From<ReturnData<&[u8]>> for UiReturnData {
    fn from(returned: ReturnData<&[u8]>) -> Self {
        Self {
            program_id: returned.program,
            data: EncodedData::base64(returned.data),
        }
    }
}

/// The addresses that table lookups loaded.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct UiLoadedAddresses {
    writable: Vec<Pubkey>,
    readonly: Vec<Pubkey>,
}

impl From<LoadedAddresses<&[Pubkey]>> for UiLoadedAddresses {
    fn from(loaded: LoadedAddresses<&[Pubkey]>) -> Self {
        Self {
            writable: loaded.writable.to_vec(),
            readonly: loaded.readonly.to_vec(),
        }
    }
}
