//! From instructions to a transaction in a block: compile, check the fee, sign, send, wait.
//!
//! Invariant: a transaction is signed once. Sending the same bytes again is harmless, so they are resent to a busy
//! node. A transaction that is in no block when its blockhash has expired will never be in one, and that is reported.

use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::Args;
use isobath_rpc_client::{Preflight, Refusal, RpcClient, RpcError, Search};
use isobath_sdk::builtins::compute_budget::{set_compute_unit_limit, set_compute_unit_price};
use isobath_sdk::{
    Hash, Instruction, Keypair, Message, MessageVersion, Pubkey, Signature, Transaction, TransactionError,
    ids,
};
use serde_json::{Value, json};

use crate::amount::sol;
use crate::output::Report;

/// Pause between two status requests, and before a transaction is resent to a busy node.
const POLL_PAUSE: Duration = Duration::from_millis(100);

/// How often a transaction is sent to a busy node at most.
const SENDS_MAX: u32 = 50;

/// Compute units of one instruction of the system or the compute budget program.
const BUILTIN_COMPUTE_UNITS: u32 = 150;

/// Compute units that a short text may cost in the Memo program.
const MEMO_COMPUTE_UNITS: u32 = 50_000;

/// Compute units of an instruction of these commands.
const fn compute_units(instruction: &Instruction) -> u32 {
    match instruction.program_id {
        ids::MEMO_PROGRAM => MEMO_COMPUTE_UNITS,
        _ => BUILTIN_COMPUTE_UNITS,
    }
}

/// Options of commands that send a transaction.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct SendArgs {
    /// Return once the node has accepted the transaction, without waiting for its block.
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Do not let the node simulate the transaction before it accepts it.
    #[arg(long)]
    pub(crate) skip_preflight: bool,
    /// Priority fee, in micro-lamports per compute unit.
    #[arg(long, value_name = "MICRO_LAMPORTS")]
    pub(crate) with_compute_unit_price: Option<u64>,
}

impl SendArgs {
    /// The instructions of the system program, preceded by those that set the priority fee, if any.
    pub(crate) fn with_price(&self, instructions: impl IntoIterator<Item = Instruction>) -> Vec<Instruction> {
        let mut all: Vec<_> = instructions.into_iter().collect();
        if let Some(price) = self.with_compute_unit_price {
            let limit = all
                .iter()
                .fold(BUILTIN_COMPUTE_UNITS.saturating_mul(2), |sum, instruction| {
                    sum.saturating_add(compute_units(instruction))
                });
            all.splice(
                0..0,
                [set_compute_unit_price(price), set_compute_unit_limit(limit)],
            );
        }
        all
    }
}

/// A message that is not signed yet, and its fee.
#[derive(Debug)]
pub(crate) struct Draft {
    message: Message,
    last_height: Option<u64>,
    /// The fee in lamports.
    pub(crate) fee: u64,
}

impl Draft {
    /// Compiles instructions with the latest blockhash and requests the fee.
    ///
    /// # Errors
    /// A call of the node fails, or the message would be too large.
    pub(crate) async fn new(
        rpc: &RpcClient,
        payer: &Pubkey,
        instructions: &[Instruction],
    ) -> anyhow::Result<Self> {
        let lifetime = rpc.latest_blockhash().await?;
        let message = compile(payer, instructions, lifetime.blockhash)?;
        Self::of(rpc, message, Some(lifetime.last_valid_block_height)).await
    }

    /// Requests the fee of a message that is valid up to a block height, if that is known.
    ///
    /// # Errors
    /// The call of the node fails, or the message has expired.
    pub(crate) async fn of(
        rpc: &RpcClient,
        message: Message,
        last_height: Option<u64>,
    ) -> anyhow::Result<Self> {
        let Some(fee) = rpc.fee(&message).await? else {
            bail!(
                "the blockhash {} has expired or is unknown to this chain, and is not the value of the nonce; use the \
                 latest blockhash",
                message.recent_blockhash
            );
        };
        Ok(Self {
            message,
            last_height,
            fee,
        })
    }

    /// The message.
    pub(crate) fn into_message(self) -> Message {
        self.message
    }

    /// Checks that `balance` of the payer covers `lamports` and the fee.
    ///
    /// # Errors
    /// The funds do not suffice; the message has both amounts.
    pub(crate) fn check_funds(&self, payer: &Pubkey, balance: u64, lamports: u64) -> anyhow::Result<()> {
        check_funds(payer, balance, lamports, self.fee)
    }

    /// Signs and sends, and waits for the block unless `args` say not to.
    ///
    /// # Errors
    /// The node rejects the transaction, or it failed, or it expired.
    pub(crate) async fn send(
        self,
        rpc: &RpcClient,
        signers: &[&Keypair],
        args: SendArgs,
    ) -> anyhow::Result<Signature> {
        let mut unique: Vec<&Keypair> = Vec::with_capacity(signers.len());
        for signer in signers {
            if !unique.iter().any(|known| known.pubkey() == signer.pubkey()) {
                unique.push(signer);
            }
        }
        let transaction = Transaction::sign(self.message, &unique).context("cannot sign the transaction")?;
        deliver(rpc, &transaction, self.last_height, args).await
    }
}

/// Compiles instructions to a message.
///
/// # Errors
/// The message would be too large.
pub(crate) fn compile(
    payer: &Pubkey,
    instructions: &[Instruction],
    blockhash: Hash,
) -> anyhow::Result<Message> {
    Message::compile(MessageVersion::Legacy, payer, instructions, blockhash)
        .context("the transaction is too large; use fewer accounts")
}

/// Sends a signed transaction to the node, and waits for its block unless `args` say not to.
///
/// # Errors
/// The node rejects the transaction, or it failed, or it expired.
pub(crate) async fn deliver(
    rpc: &RpcClient,
    transaction: &Transaction,
    last_height: Option<u64>,
    args: SendArgs,
) -> anyhow::Result<Signature> {
    let keys = &transaction.message.account_keys;
    let signature = submit(rpc, transaction, args)
        .await
        .map_err(|error| explain_rejection(error, keys))?;
    if !args.no_wait {
        wait(rpc, &signature, last_height, keys).await?;
    }
    Ok(signature)
}

/// Fails if `balance` is less than the sum of `lamports` and `fee`.
fn check_funds(payer: &Pubkey, balance: u64, lamports: u64, fee: u64) -> anyhow::Result<()> {
    let needed = lamports.saturating_add(fee);
    if balance >= needed {
        return Ok(());
    }
    bail!(
        "{payer} has {} SOL and needs {} SOL ({} SOL and a fee of {} SOL); `isobath airdrop` gives more on a \
         development node",
        sol(balance),
        sol(needed),
        sol(lamports),
        sol(fee)
    )
}

/// The report of a transaction that was sent.
pub(crate) fn report(signature: &Signature) -> Report {
    Report {
        text: format!("\nSignature: {signature}\n"),
        json: json!({"signature": signature}),
    }
}

/// Sends a transaction to the node, again while the node is busy.
async fn submit(rpc: &RpcClient, transaction: &Transaction, args: SendArgs) -> Result<Signature, RpcError> {
    let preflight = match args.skip_preflight {
        true => Preflight::Skip,
        false => Preflight::Simulate,
    };
    let wire = BASE64.encode(transaction.serialize());
    let mut sends = 1u32;
    loop {
        match rpc.send_transaction(&wire, preflight).await {
            Err(error) if error.refusal().is_some_and(Refusal::is_busy) && sends < SENDS_MAX => {
                sends = sends.saturating_add(1);
                tokio::time::sleep(POLL_PAUSE).await;
            }
            answer => return answer,
        }
    }
}

/// Waits until the transaction is in a block, or can no longer enter one. Without a last height it waits for the
/// lifetime of a blockhash.
///
/// # Errors
/// The transaction failed or expired. `keys` are those of its message, if known.
pub(crate) async fn wait(
    rpc: &RpcClient,
    signature: &Signature,
    last_height: Option<u64>,
    keys: &[Pubkey],
) -> anyhow::Result<()> {
    let last_height = match last_height {
        Some(height) => height,
        None => rpc.latest_blockhash().await?.last_valid_block_height,
    };
    loop {
        // The height is read first: if it is past the last valid one, a status that is absent afterwards never appears.
        let height = rpc.block_height().await?;
        match rpc.status(signature, Search::Recent).await? {
            Some(status) => {
                let failure = status.err.map(|error| describe(&error, keys));
                return failure.map_or(Ok(()), |text| {
                    Err(anyhow::anyhow!("transaction {signature} failed: {text}"))
                });
            }
            None if height > last_height => bail!(
                "transaction {signature} expired: no block included it while its blockhash was valid; send it again"
            ),
            None => tokio::time::sleep(POLL_PAUSE).await,
        }
    }
}

/// A rejection in words; a preflight failure with the last log line that the program wrote.
fn explain_rejection(error: RpcError, keys: &[Pubkey]) -> anyhow::Error {
    let Some(simulation) = error.refusal().and_then(Refusal::preflight) else {
        return error.into();
    };
    let text = describe(&simulation["err"], keys);
    let last_log = simulation["logs"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .rfind(|line| !line.starts_with("Program "));
    match last_log {
        Some(line) => anyhow::anyhow!("preflight failed, transaction not sent: {text} ({line})"),
        None => anyhow::anyhow!("preflight failed, transaction not sent: {text}"),
    }
}

/// The text of an error in its JSON form, with the address and the cure where that helps.
pub(crate) fn describe(error: &Value, keys: &[Pubkey]) -> String {
    let Ok(known) = serde_json::from_value::<TransactionError>(error.clone()) else {
        return error.to_string();
    };
    let cure = match known {
        TransactionError::InsufficientFundsForRent { account_index } => {
            let key = keys.get(usize::from(account_index));
            key.map(|key| {
                format!(
                    " ({key}); leave or send 0 SOL or at least the rent-exempt minimum, see `isobath rent`"
                )
            })
        }
        TransactionError::AccountNotFound | TransactionError::InsufficientFundsForFee => keys
            .first()
            .map(|key| format!(" (fee payer {key}); fund it with `isobath airdrop` on a development node")),
        _ => None,
    };
    format!("{known}{}", cure.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use isobath_sdk::builtins::compute_budget::ComputeBudgetInstruction;
    use isobath_sdk::builtins::system;

    use super::*;

    fn key(seed: u8) -> Pubkey {
        Keypair::from_seed([seed; 32]).pubkey()
    }

    #[test]
    fn a_price_comes_with_its_compute_unit_limit() {
        let transfer = system::transfer(&key(1), &key(2), 3);
        let plain = SendArgs::default().with_price([transfer.clone()]);
        assert_eq!(plain.as_slice(), std::slice::from_ref(&transfer));
        let args = SendArgs {
            with_compute_unit_price: Some(7),
            ..SendArgs::default()
        };
        let priced = args.with_price([transfer.clone()]);
        let budget: Vec<_> = priced[..2]
            .iter()
            .map(|instruction| ComputeBudgetInstruction::decode(&instruction.data).unwrap())
            .collect();
        assert_eq!(
            budget,
            [
                ComputeBudgetInstruction::SetComputeUnitPrice(7),
                ComputeBudgetInstruction::SetComputeUnitLimit(450)
            ]
        );
        assert_eq!(priced[2], transfer);
    }

    #[test]
    fn missing_funds_are_reported_with_both_amounts() {
        assert!(check_funds(&key(1), 105, 100, 5).is_ok());
        let error = check_funds(&key(1), 1_000_000_000, 2_000_000_000, 5_000)
            .unwrap_err()
            .to_string();
        assert!(error.contains("has 1 SOL and needs 2.000005 SOL"), "{error}");
        assert!(check_funds(&key(1), u64::MAX - 1, u64::MAX, 5_000).is_err());
    }

    #[test]
    fn errors_name_the_account_and_the_cure() {
        let keys = [key(1), key(2)];
        let text = describe(&json!({"InsufficientFundsForRent": {"account_index": 1}}), &keys);
        assert!(
            text.contains(&keys[1].to_string()) && text.contains("isobath rent"),
            "{text}"
        );
        let text = describe(&json!("AccountNotFound"), &keys);
        assert!(text.contains("airdrop"), "{text}");
        assert_eq!(
            describe(&json!({"InstructionError": [0, {"Custom": 1}]}), &[]),
            "Error processing Instruction 0: custom program error: 0x1"
        );
        assert_eq!(describe(&json!("NeverHeardOf"), &[]), "\"NeverHeardOf\"");
    }

    #[test]
    fn a_preflight_failure_quotes_the_program() {
        let error = RpcError::Refused {
            url: "http://x".to_owned(),
            method: "sendTransaction",
            refusal: Refusal {
                code: -32002,
                message: "Transaction simulation failed".to_owned(),
                data: Some(json!({
                    "err": {"InstructionError": [0, {"Custom": 1}]},
                    "logs": ["Program 111 invoke [1]", "Transfer: insufficient lamports 1, need 2", "Program 111 failed: x"],
                })),
            },
        };
        let text = explain_rejection(error, &[]).to_string();
        assert!(text.contains("insufficient lamports 1, need 2"), "{text}");
    }
}
