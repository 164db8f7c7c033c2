//! A nonce account from its making to its end.

use anyhow::{Result, ensure};
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_message::legacy::Message;
use solana_pubkey::Pubkey;
use solana_rpc_client_nonce_utils::blockhash_query::BlockhashQuery;
use solana_rpc_client_nonce_utils::{data_from_account, get_account_with_commitment};
use solana_signer::Signer as _;
use solana_system_interface::instruction as system;
use solana_transaction::Transaction;

use crate::wallets::{AMOUNT, FEE, Wallets, new_address};

const NONCE_LEN: usize = 80;

/// Made, used by a transaction, advanced and withdrawn.
pub fn life(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let (authority, account) = (wallets.funded()?, Keypair::new());
    let (owner, nonce) = (authority.pubkey(), account.pubkey());
    let lamports = client.get_minimum_balance_for_rent_exemption(NONCE_LEN)?;
    let make = system::create_nonce_account(&owner, &nonce, &owner, lamports);
    wallets.send(&make, &[&authority, &account])?;
    let made = data(wallets, &nonce)?;
    ensure!(made.authority == owner && made.get_lamports_per_signature() == FEE);

    let to = new_address();
    let transfer = system::transfer(&owner, &to, AMOUNT);
    let message = Message::new_with_nonce(vec![transfer], Some(&owner), &nonce, &owner);
    let blockhash = BlockhashQuery::new(None, false, Some(nonce))
        .get_blockhash(client, CommitmentConfig::confirmed())
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    ensure!(blockhash == made.blockhash());
    let transaction = Transaction::new(&[&authority], message, blockhash);
    client.send_and_confirm_transaction(&transaction)?;
    ensure!(client.get_balance(&to)? == AMOUNT);
    let used = data(wallets, &nonce)?;
    ensure!(used.blockhash() != made.blockhash());

    wallets.send(&[system::advance_nonce_account(&nonce, &owner)], &[&authority])?;
    ensure!(data(wallets, &nonce)?.blockhash() != used.blockhash());
    wallets.send(
        &[system::withdraw_nonce_account(&nonce, &owner, &to, lamports)],
        &[&authority],
    )?;
    ensure!(
        client.get_account(&nonce).is_err(),
        "an emptied nonce account is gone"
    );
    ensure!(client.get_balance(&to)? == AMOUNT + lamports);
    Ok(())
}

fn data(wallets: &Wallets, nonce: &Pubkey) -> Result<solana_nonce::state::Data> {
    let account = get_account_with_commitment(wallets.client(), nonce, CommitmentConfig::confirmed())?;
    Ok(data_from_account(&account)?)
}
