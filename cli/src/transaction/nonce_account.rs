//! Nonce accounts, as they are read from a node.

use anyhow::{Context as _, bail};
use isobath_rpc_client::{RpcClient, UiAccount};
use isobath_sdk::builtins::nonce::{NONCE_ACCOUNT_LEN, NonceData, NonceState};
use isobath_sdk::{Pubkey, ids};

/// Value and authority of an initialized nonce account.
///
/// # Errors
/// The account does not exist, is not a nonce account, or is not initialized.
pub(crate) async fn initialized(rpc: &RpcClient, address: &Pubkey) -> anyhow::Result<NonceData> {
    let (_, data) = fetch(rpc, address).await?;
    data.with_context(|| {
        format!("nonce account {address} is not initialized; create one with `isobath nonce create-account`")
    })
}

/// A nonce account, with its value and authority if it is initialized.
///
/// # Errors
/// The account does not exist or is not a nonce account.
pub(crate) async fn fetch(
    rpc: &RpcClient,
    address: &Pubkey,
) -> anyhow::Result<(UiAccount, Option<NonceData>)> {
    let Some(account) = rpc.account(address).await? else {
        bail!("there is no account at {address}; check the address and `--url`");
    };
    let bytes = &account.data;
    match NonceState::from_bytes(bytes) {
        Ok(state) if bytes.len() == NONCE_ACCOUNT_LEN && account.owner == ids::SYSTEM_PROGRAM => {
            Ok((account, state.data))
        }
        _ => {
            bail!("account {address} is not a nonce account; create one with `isobath nonce create-account`")
        }
    }
}
