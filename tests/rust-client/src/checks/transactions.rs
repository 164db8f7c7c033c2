//! Transactions that are sent, confirmed by polling, priced and simulated.

use anyhow::{Context as _, Result, ensure};
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_commitment_config::CommitmentConfig;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_message::{VersionedMessage, legacy};
use solana_rpc_client_api::config::{RpcSimulateTransactionAccountsConfig, RpcSimulateTransactionConfig};
use solana_signer::Signer as _;
use solana_system_interface::instruction as system;

use crate::wallets::{AMOUNT, FEE, SOL, Wallets, new_address};

/// An airdrop, confirmed in each way that the client knows.
pub fn airdrop(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let to = new_address();
    let signature = client.request_airdrop(&to, SOL)?;
    client.poll_for_signature_with_commitment(&signature, CommitmentConfig::finalized())?;
    ensure!(
        client
            .confirm_transaction_with_commitment(&signature, CommitmentConfig::finalized())?
            .value
    );
    ensure!(client.get_balance(&to)? == SOL);
    ensure!(
        client
            .wait_for_balance_with_commitment(&to, Some(SOL), CommitmentConfig::confirmed())
            .is_some()
    );
    ensure!(client.get_num_blocks_since_signature_confirmation(&signature)? > 0);

    let unknown = solana_signature::Signature::from([7; 64]);
    let statuses = client.get_signature_statuses(&[signature, unknown])?.value;
    let [Some(status), None] = statuses.as_slice() else {
        anyhow::bail!("statuses of a known and an unknown signature: {statuses:?}");
    };
    ensure!(status.satisfies_commitment(CommitmentConfig::finalized()));
    ensure!(status.err.is_none());
    let with_history = client.get_signature_statuses_with_history(&[signature])?.value;
    ensure!(with_history.first() == statuses.first());
    ensure!(client.get_signature_status(&signature)? == Some(Ok(())));
    Ok(())
}

/// A transfer as most programs still send it.
pub fn legacy(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let from = wallets.funded()?;
    let (signature, to) = wallets.transfer(&from)?;
    ensure!(client.get_balance(&to)? == AMOUNT);
    ensure!(client.get_balance(&from.pubkey())? == SOL - AMOUNT - FEE);
    ensure!(client.get_signature_status(&signature)? == Some(Ok(())));
    Ok(())
}

/// A transfer in a version 0 message.
pub fn version0(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let from = wallets.funded()?;
    let to = new_address();
    let transfer = system::transfer(&from.pubkey(), &to, AMOUNT);
    let transaction = wallets.version0(&[transfer], &from, &[])?;
    client.send_and_confirm_transaction(&transaction)?;
    ensure!(client.get_balance(&to)? == AMOUNT);
    Ok(())
}

/// The fee of a message, what is charged for it, and what others bid for the account.
pub fn fees(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let from = wallets.funded()?;
    let transfer = system::transfer(&from.pubkey(), &from.pubkey(), 0);
    let instructions = [
        ComputeBudgetInstruction::set_compute_unit_limit(1_000),
        ComputeBudgetInstruction::set_compute_unit_price(2_000_000),
        transfer,
    ];
    let blockhash = client.get_latest_blockhash()?;
    let message = legacy::Message::new_with_blockhash(&instructions, Some(&from.pubkey()), &blockhash);
    let fee = client.get_fee_for_message(&message)?;
    ensure!(fee == FEE + 2_000, "{fee}");
    let transaction = wallets.version0(&instructions, &from, &[])?;
    let VersionedMessage::V0(message) = &transaction.message else {
        anyhow::bail!("not version 0");
    };
    ensure!(client.get_fee_for_message(message)? == fee);
    client.send_and_confirm_transaction(&transaction)?;
    ensure!(client.get_balance(&from.pubkey())? == SOL - fee);

    let bids = client.get_recent_prioritization_fees(&[from.pubkey()])?;
    ensure!(
        bids.iter().any(|bid| bid.prioritization_fee == 2_000_000),
        "{bids:?}"
    );
    ensure!(bids.is_sorted_by_key(|bid| bid.slot));
    Ok(())
}

/// Simulation: as it stands, with a blockhash lent, and with accounts.
pub fn simulation(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let from = wallets.funded()?;
    let to = new_address();
    let transfer = system::transfer(&from.pubkey(), &to, AMOUNT);
    let transaction = wallets.version0(&[transfer], &from, &[])?;
    let plain = client.simulate_transaction(&transaction)?.value;
    ensure!(
        plain.err.is_none() && plain.units_consumed == Some(150),
        "{plain:?}"
    );
    ensure!(plain.fee == Some(FEE));

    let mut unsigned = transaction;
    unsigned.message.set_recent_blockhash([9; 32].into());
    let config = RpcSimulateTransactionConfig {
        replace_recent_blockhash: true,
        inner_instructions: true,
        accounts: Some(RpcSimulateTransactionAccountsConfig {
            encoding: Some(UiAccountEncoding::Base64),
            addresses: vec![to.to_string(), new_address().to_string()],
        }),
        ..RpcSimulateTransactionConfig::default()
    };
    let lent = client.simulate_transaction_with_config(&unsigned, config)?.value;
    ensure!(
        lent.err.is_none() && lent.replacement_blockhash.is_some(),
        "{lent:?}"
    );
    ensure!(lent.inner_instructions == Some(Vec::new()));
    let accounts = lent.accounts.context("no accounts")?;
    let [Some(account), None] = accounts.as_slice() else {
        anyhow::bail!("accounts: {accounts:?}");
    };
    ensure!(account.lamports == AMOUNT);
    ensure!(client.get_balance(&to)? == 0, "a simulation changes nothing");

    let expired = client.simulate_transaction(&unsigned)?.value;
    ensure!(
        expired
            .err
            .is_some_and(|error| error.to_string().contains("Blockhash not found"))
    );
    Ok(())
}
