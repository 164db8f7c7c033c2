//! Transactions, blocks and the signatures of an address, read back.

use anyhow::{Context as _, Result, ensure};
use solana_rpc_client::rpc_client::GetConfirmedSignaturesForAddress2Config;
use solana_rpc_client_api::config::{RpcBlockConfig, RpcTransactionConfig};
use solana_signature::Signature;
use solana_signer::Signer as _;
use solana_system_interface::instruction as system;
use solana_transaction_status_client_types::option_serializer::OptionSerializer;
use solana_transaction_status_client_types::{
    EncodedTransaction, TransactionDetails, UiMessage, UiTransactionEncoding,
};

use crate::wallets::{AMOUNT, FEE, SOL, Wallets, new_address};

/// A version 0 transaction in every encoding.
pub fn transaction(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let (from, to) = (wallets.funded()?, new_address());
    let transfer = system::transfer(&from.pubkey(), &to, AMOUNT);
    let sent = wallets.version0(&[transfer], &from, &[])?;
    let signature = client.send_and_confirm_transaction(&sent)?;
    for encoding in [
        UiTransactionEncoding::Json,
        UiTransactionEncoding::JsonParsed,
        UiTransactionEncoding::Base58,
        UiTransactionEncoding::Base64,
    ] {
        let config = RpcTransactionConfig {
            encoding: Some(encoding),
            commitment: None,
            max_supported_transaction_version: Some(0),
        };
        let seen = client.get_transaction_with_config(&signature, config)?;
        ensure!(seen.block_time.is_some());
        let meta = seen.transaction.meta.context("no meta")?;
        ensure!(meta.err.is_none() && meta.status.is_ok() && meta.fee == FEE);
        ensure!(meta.pre_balances == [SOL, 0, 1]);
        ensure!(meta.post_balances == [SOL - AMOUNT - FEE, AMOUNT, 1]);
        ensure!(meta.compute_units_consumed == OptionSerializer::Some(150));
        ensure!(matches!(&meta.log_messages, OptionSerializer::Some(logs) if logs.len() == 2));
        match (encoding, &seen.transaction.transaction) {
            (UiTransactionEncoding::Json, EncodedTransaction::Json(json)) => {
                ensure!(matches!(&json.message, UiMessage::Raw(raw) if raw.account_keys.len() == 3));
            }
            (UiTransactionEncoding::JsonParsed, EncodedTransaction::Json(json)) => {
                ensure!(matches!(&json.message, UiMessage::Parsed(parsed) if parsed.account_keys.len() == 3));
            }
            (_, bytes) => ensure!(bytes.decode().as_ref() == Some(&sent), "{encoding:?}"),
        }
    }
    Ok(())
}

/// A block in every detail.
pub fn block(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let (signature, _) = wallets.transfer(&wallets.funded()?)?;
    let slot = client
        .get_signature_statuses(&[signature])?
        .value
        .pop()
        .flatten()
        .context("no status")?
        .slot;
    let text = signature.to_string();
    let full = client.get_block(slot)?;
    ensure!(full.parent_slot == slot - 1 && full.block_height == Some(slot));
    ensure!(
        full.transactions
            .iter()
            .any(|seen| holds(&seen.transaction, &text))
    );
    ensure!(full.rewards.iter().all(|reward| reward.lamports > 0));
    ensure!(client.get_block_time(slot)? == full.block_time.context("no time")?);
    ensure!(client.get_block(slot - 1)?.blockhash == full.previous_blockhash);

    for details in [
        TransactionDetails::Full,
        TransactionDetails::Accounts,
        TransactionDetails::Signatures,
        TransactionDetails::None,
    ] {
        let config = RpcBlockConfig {
            encoding: Some(UiTransactionEncoding::JsonParsed),
            transaction_details: Some(details),
            rewards: Some(details == TransactionDetails::None),
            commitment: None,
            max_supported_transaction_version: Some(0),
        };
        let block = client.get_block_with_config(slot, config)?;
        ensure!(block.blockhash == full.blockhash);
        ensure!(block.rewards.is_some() == (details == TransactionDetails::None));
        let listed = block
            .transactions
            .iter()
            .flatten()
            .any(|seen| holds(&seen.transaction, &text));
        ensure!(listed == matches!(details, TransactionDetails::Full | TransactionDetails::Accounts));
        let signed = block.signatures.iter().flatten().any(|listed| *listed == text);
        ensure!(signed == (details == TransactionDetails::Signatures));
    }
    Ok(())
}

fn holds(transaction: &EncodedTransaction, signature: &str) -> bool {
    let signatures = match transaction {
        EncodedTransaction::Json(json) => &json.signatures,
        EncodedTransaction::Accounts(accounts) => &accounts.signatures,
        _ => return false,
    };
    signatures.iter().any(|listed| listed == signature)
}

/// Which blocks there are.
pub fn ranges(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let first = client.get_first_available_block()?;
    ensure!(client.minimum_ledger_slot()? == first);
    let tip = client.get_slot()?;
    ensure!(client.get_blocks(tip - 2, Some(tip))? == [tip - 2, tip - 1, tip]);
    ensure!(client.get_blocks_with_limit(tip - 2, 2)? == [tip - 2, tip - 1]);
    Ok(())
}

/// The transactions of an address, newest first, in pages.
pub fn signatures(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let from = wallets.funded()?;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.insert(0, wallets.transfer(&from)?.0);
    }
    let all = client.get_signatures_for_address(&from.pubkey())?;
    let texts: Vec<_> = all
        .iter()
        .map(|found| found.signature.parse())
        .collect::<Result<Vec<Signature>, _>>()?;
    ensure!(
        texts.get(..3) == Some(&made[..]) && texts.len() == 4,
        "three transfers and the airdrop"
    );
    ensure!(
        all.iter()
            .all(|found| found.err.is_none() && found.block_time.is_some())
    );
    let page = GetConfirmedSignaturesForAddress2Config {
        before: made.first().copied(),
        until: made.get(2).copied(),
        limit: Some(10),
        commitment: None,
    };
    let page = client.get_signatures_for_address_with_config(&from.pubkey(), page)?;
    ensure!(
        page.iter()
            .map(|found| &found.signature)
            .eq([&made[1].to_string()])
    );
    Ok(())
}
