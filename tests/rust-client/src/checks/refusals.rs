//! What is refused, as the error types of the client show it.

use anyhow::{Result, bail, ensure};
use solana_rpc_client_api::client_error::{Error, ErrorKind};
use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_rpc_client_api::request::{RpcError, RpcResponseErrorData};
use solana_signer::Signer as _;
use solana_system_interface::instruction as system;

use crate::wallets::{SOL, Wallets, new_address, wait_until};

/// Codes, and the data that comes with them.
pub fn all(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    ensure!(code(client.get_block(1_000_000_000).map(drop))? == -32004);
    ensure!(code(client.get_block(0).map(drop))? == -32001);
    ensure!(code(client.get_highest_snapshot_slot().map(drop))? == -32008);
    ensure!(code(client.get_max_retransmit_slot().map(drop))? == -32601);
    let many = vec![new_address(); 101];
    ensure!(code(client.get_multiple_accounts(&many).map(drop))? == -32602);

    let from = wallets.funded()?;
    let transaction = wallets.legacy(
        &[system::transfer(&from.pubkey(), &new_address(), 2 * SOL)],
        &[&from],
    )?;
    let refused = client.send_transaction(&transaction);
    let Err(error) = &refused else {
        bail!("an overdraft was accepted");
    };
    let ErrorKind::RpcError(RpcError::RpcResponseError { code, data, .. }) = error.kind() else {
        bail!("another error: {error}");
    };
    ensure!(*code == -32002);
    let RpcResponseErrorData::SendTransactionPreflightFailure(simulation) = data else {
        bail!("no simulation: {data:?}");
    };
    ensure!(simulation.units_consumed == Some(150));
    ensure!(simulation.logs.as_ref().is_some_and(|logs| logs.len() == 3));
    let error = error.get_transaction_error().map(|error| error.to_string());
    ensure!(
        error.as_deref() == Some("Error processing Instruction 0: custom program error: 0x1"),
        "{error:?}"
    );

    let skip = RpcSendTransactionConfig {
        skip_preflight: true,
        ..RpcSendTransactionConfig::default()
    };
    let signature = client.send_transaction_with_config(&transaction, skip)?;
    wait_until(|| Ok(client.get_signature_status(&signature)?.is_some()))?;
    ensure!(
        client
            .get_signature_status(&signature)?
            .is_some_and(|status| status.is_err())
    );
    Ok(())
}

/// The code that a call was refused with.
fn code(result: Result<(), Error>) -> Result<i64> {
    let Err(error) = result else {
        bail!("accepted");
    };
    match error.kind() {
        ErrorKind::RpcError(RpcError::RpcResponseError { code, .. }) => Ok(*code),
        _ => bail!("another error: {error}"),
    }
}
