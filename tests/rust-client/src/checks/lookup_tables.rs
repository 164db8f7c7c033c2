//! A lookup table: made, extended, and used by a version 0 transaction.

use anyhow::{Context as _, Result, ensure};
use solana_address_lookup_table_interface::instruction::{create_lookup_table, extend_lookup_table};
use solana_address_lookup_table_interface::state::AddressLookupTable;
use solana_instruction::AccountMeta;
use solana_message::AddressLookupTableAccount;
use solana_rpc_client_api::config::RpcTransactionConfig;
use solana_signer::Signer as _;
use solana_system_interface::instruction as system;
use solana_transaction_status_client_types::UiTransactionEncoding;
use solana_transaction_status_client_types::option_serializer::OptionSerializer;

use crate::wallets::{AMOUNT, Wallets, new_address, wait_until};

/// Addresses that a transaction loads are shown with it.
pub fn life(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let owner = wallets.funded()?;
    let (to, bystander) = (new_address(), new_address());
    let (create, key) = create_lookup_table(owner.pubkey(), owner.pubkey(), client.get_slot()?);
    let extend = extend_lookup_table(key, owner.pubkey(), Some(owner.pubkey()), vec![bystander, to]);
    wallets.send(&[create, extend], &[&owner])?;
    let account = client.get_account(&key)?;
    let table = AddressLookupTable::deserialize(&account.data)?;
    ensure!(table.addresses.as_ref() == [bystander, to]);
    ensure!(table.meta.authority == Some(owner.pubkey()));

    // What a table gained can be used from the next block on.
    let made = table.meta.last_extended_slot;
    wait_until(|| Ok(client.get_slot()? > made))?;
    let mut transfer = system::transfer(&owner.pubkey(), &to, AMOUNT);
    transfer
        .accounts
        .push(AccountMeta::new_readonly(bystander, false));
    let tables = [AddressLookupTableAccount {
        key,
        addresses: table.addresses.to_vec(),
    }];
    let transaction = wallets.version0(&[transfer], &owner, &tables)?;
    ensure!(
        transaction
            .message
            .address_table_lookups()
            .is_some_and(|lookups| lookups.len() == 1)
    );
    let signature = client.send_and_confirm_transaction(&transaction)?;
    ensure!(client.get_balance(&to)? == AMOUNT);

    let config = RpcTransactionConfig {
        encoding: Some(UiTransactionEncoding::Base64),
        commitment: None,
        max_supported_transaction_version: Some(0),
    };
    let seen = client.get_transaction_with_config(&signature, config)?;
    let loaded = seen.transaction.meta.context("no meta")?.loaded_addresses;
    let OptionSerializer::Some(loaded) = loaded else {
        anyhow::bail!("no loaded addresses");
    };
    ensure!(loaded.writable == [to.to_string()] && loaded.readonly == [bystander.to_string()]);
    Ok(())
}
