//! What the checks share: the client, funded keypairs, and transactions that are sent and polled to confirmation.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use solana_commitment_config::CommitmentConfig;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{AddressLookupTableAccount, VersionedMessage, v0};
use solana_pubkey::Pubkey;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signature::Signature;
use solana_signer::Signer as _;
use solana_system_interface::instruction as system;
use solana_transaction::Transaction;
use solana_transaction::versioned::VersionedTransaction;

/// Lamports of a SOL.
pub const SOL: u64 = 1_000_000_000;
/// The base fee for one signature.
pub const FEE: u64 = 5_000;
/// An amount that makes an account without data rent exempt.
pub const AMOUNT: u64 = 1_000_000;

/// How long the checks wait for what takes a few blocks.
const PATIENCE: Duration = Duration::from_secs(10);

/// The client of a node and who pays.
pub struct Wallets {
    client: RpcClient,
}

impl Wallets {
    /// Wallets on the node at `url`.
    pub fn new(url: String) -> Self {
        let client = RpcClient::new_with_commitment(url, CommitmentConfig::confirmed());
        Self { client }
    }

    /// The client under test.
    pub const fn client(&self) -> &RpcClient {
        &self.client
    }

    /// A new keypair that holds one SOL: an airdrop, polled until it is confirmed.
    ///
    /// # Errors
    ///
    /// When the airdrop is refused or is not confirmed in time.
    pub fn funded(&self) -> Result<Keypair> {
        let keypair = Keypair::new();
        let signature = self.client.request_airdrop(&keypair.pubkey(), SOL)?;
        self.client.poll_for_signature(&signature)?;
        ensure!(self.client.confirm_transaction(&signature)?, "the airdrop failed");
        Ok(keypair)
    }

    /// Signs a legacy transaction under the newest blockhash; the first signer pays.
    ///
    /// # Errors
    ///
    /// When no blockhash is served.
    pub fn legacy(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Transaction> {
        let blockhash = self.client.get_latest_blockhash()?;
        let payer = signers.first().map(|signer| signer.pubkey());
        Ok(Transaction::new_signed_with_payer(
            instructions,
            payer.as_ref(),
            signers,
            blockhash,
        ))
    }

    /// Signs a version 0 transaction of `payer` under the newest blockhash.
    ///
    /// # Errors
    ///
    /// When no blockhash is served, or the message cannot be compiled or signed.
    pub fn version0(
        &self,
        instructions: &[Instruction],
        payer: &Keypair,
        tables: &[AddressLookupTableAccount],
    ) -> Result<VersionedTransaction> {
        let blockhash = self.client.get_latest_blockhash()?;
        let message = v0::Message::try_compile(&payer.pubkey(), instructions, tables, blockhash)?;
        Ok(VersionedTransaction::try_new(
            VersionedMessage::V0(message),
            &[payer],
        )?)
    }

    /// Sends a legacy transaction and polls until it is confirmed.
    ///
    /// # Errors
    ///
    /// When it is refused, fails or is not confirmed in time.
    pub fn send(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Signature> {
        let transaction = self.legacy(instructions, signers)?;
        Ok(self.client.send_and_confirm_transaction(&transaction)?)
    }

    /// A confirmed transfer of [`AMOUNT`] and whom it went to.
    ///
    /// # Errors
    ///
    /// As [`Wallets::send`].
    pub fn transfer(&self, from: &Keypair) -> Result<(Signature, Pubkey)> {
        let to = new_address();
        let signature = self.send(&[system::transfer(&from.pubkey(), &to, AMOUNT)], &[from])?;
        Ok((signature, to))
    }
}

/// An address that nothing has happened to.
pub fn new_address() -> Pubkey {
    Keypair::new().pubkey()
}

/// Asks again and again until `done` says yes.
///
/// # Errors
///
/// The error of `done`, or that it has said no for [`PATIENCE`].
pub fn wait_until(done: impl Fn() -> Result<bool>) -> Result<()> {
    let begin = Instant::now();
    while !done()? {
        ensure!(begin.elapsed() < PATIENCE, "nothing came of it in {PATIENCE:?}");
        sleep(Duration::from_millis(20));
    }
    Ok(())
}
