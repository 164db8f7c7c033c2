//! Accounts: one, several, and those of a program.

use anyhow::{Context as _, Result, ensure};
use solana_account_decoder_client_types::{UiAccountData, UiAccountEncoding, UiDataSliceConfig};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};
use solana_signer::Signer as _;
use solana_system_interface::instruction as system;

use crate::wallets::{SOL, Wallets, new_address};

/// A wallet, nothing, and the data of a sysvar, in every encoding.
pub fn read(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let wallet = wallets.funded()?.pubkey();
    let account = client.get_account(&wallet)?;
    ensure!(account.lamports == SOL && account.data.is_empty() && !account.executable);
    ensure!(account.owner == solana_system_interface::program::ID);
    ensure!(account.rent_epoch == u64::MAX);
    ensure!(client.get_account(&new_address()).is_err());
    let clock = solana_clock_sysvar()?;
    ensure!(client.get_account_data(&clock)?.len() == 40);

    let several = client.get_multiple_accounts(&[wallet, new_address(), clock])?;
    let lamports: Vec<_> = several
        .iter()
        .map(|found| found.as_ref().map(|account| account.lamports))
        .collect();
    ensure!(lamports.first() == Some(&Some(SOL)) && lamports.get(1) == Some(&None) && several.len() == 3);

    for encoding in [
        UiAccountEncoding::Base58,
        UiAccountEncoding::Base64,
        UiAccountEncoding::Base64Zstd,
    ] {
        let config = config(encoding, None);
        let found = client.get_ui_account_with_config(&clock, config.clone())?.value;
        let data = found
            .context("no clock")?
            .data
            .decode()
            .context("unreadable data")?;
        ensure!(data.len() == 40, "{encoding:?}");
        let found = client
            .get_multiple_ui_accounts_with_config(&[clock], config)?
            .value;
        ensure!(found.len() == 1 && found.iter().all(Option::is_some));
    }
    let parsed = client.get_ui_account_with_config(&clock, config(UiAccountEncoding::JsonParsed, None))?;
    let parsed = parsed.value.context("no clock")?.data;
    ensure!(
        matches!(&parsed, UiAccountData::Json(account) if account.program == "sysvar"),
        "{parsed:?}"
    );
    Ok(())
}

fn solana_clock_sysvar() -> Result<Pubkey> {
    Ok("SysvarC1ock11111111111111111111111111111111".parse()?)
}

const fn config(encoding: UiAccountEncoding, data_slice: Option<UiDataSliceConfig>) -> RpcAccountInfoConfig {
    RpcAccountInfoConfig {
        encoding: Some(encoding),
        data_slice,
        commitment: None,
        min_context_slot: None,
    }
}

/// By size and by bytes, sliced.
pub fn of_program(wallets: &Wallets) -> Result<()> {
    let client = wallets.client();
    let (payer, program) = (wallets.funded()?, new_address());
    let (small, large) = (
        create(wallets, &payer, &program, 8)?,
        create(wallets, &payer, &program, 32)?,
    );
    let mut all: Vec<_> = client
        .get_program_accounts(&program)?
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    all.sort_unstable();
    let mut expected = vec![small, large];
    expected.sort_unstable();
    ensure!(all == expected);

    for (filters, found) in [
        (vec![RpcFilterType::DataSize(8)], vec![small]),
        (
            vec![RpcFilterType::Memcmp(Memcmp::new_base58_encoded(16, &[0; 16]))],
            vec![large],
        ),
        (
            vec![RpcFilterType::Memcmp(Memcmp::new_raw_bytes(0, vec![1]))],
            vec![],
        ),
    ] {
        let slice = UiDataSliceConfig { offset: 0, length: 4 };
        let config = RpcProgramAccountsConfig {
            filters: Some(filters),
            account_config: config(UiAccountEncoding::Base64, Some(slice)),
            with_context: Some(true),
            sort_results: Some(true),
        };
        let accounts = client.get_program_ui_accounts_with_config(&program, config)?;
        ensure!(accounts.iter().map(|(key, _)| *key).eq(found.iter().copied()));
        for (_, account) in &accounts {
            ensure!(account.data.decode() == Some(vec![0; 4]));
        }
    }
    Ok(())
}

fn create(wallets: &Wallets, payer: &Keypair, owner: &Pubkey, space: usize) -> Result<Pubkey> {
    let account = Keypair::new();
    let lamports = wallets.client().get_minimum_balance_for_rent_exemption(space)?;
    let space = u64::try_from(space)?;
    let create = system::create_account(&payer.pubkey(), &account.pubkey(), lamports, space, owner);
    wallets.send(&[create], &[payer, &account])?;
    Ok(account.pubkey())
}
