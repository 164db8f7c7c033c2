//! A transaction of a block as text: keys, instructions, balances and logs, in the format of the Solana CLI.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use isobath_sdk::builtins::compute_budget::ComputeBudgetInstruction;
use isobath_sdk::builtins::system::SystemInstruction;
use isobath_sdk::{MessageVersion, Pubkey, Transaction, ids};
use serde::Deserialize;
use serde_json::Value;

use crate::amount::sol;
use crate::transaction::send::describe;

/// A transaction as a node serves it in base64.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ServedTransaction {
    transaction: (String, String),
    meta: Option<Meta>,
}

/// The result of a transaction.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    err: Option<Value>,
    fee: u64,
    pre_balances: Vec<u64>,
    post_balances: Vec<u64>,
    log_messages: Option<Vec<String>>,
    compute_units_consumed: Option<u64>,
    loaded_addresses: Option<LoadedAddresses>,
}

/// Addresses loaded from lookup tables.
#[derive(Clone, Debug, Default, Deserialize)]
struct LoadedAddresses {
    writable: Vec<Pubkey>,
    readonly: Vec<Pubkey>,
}

impl ServedTransaction {
    /// The transaction as lines without indentation.
    ///
    /// # Errors
    /// The node sent something that is not a transaction.
    pub(crate) fn lines(&self) -> anyhow::Result<Vec<String>> {
        let bytes = BASE64.decode(&self.transaction.0).ok();
        let transaction = bytes
            .and_then(|bytes| Transaction::parse(&bytes).ok())
            .ok_or_else(|| {
                anyhow::anyhow!(
                    "the node sent a transaction that this client cannot decode; `--output json` shows it"
                )
            })?;
        Ok(self.lines_with(&transaction))
    }

    fn lines_with(&self, transaction: &Transaction) -> Vec<String> {
        let keys = self.keys(transaction);
        let mut lines = heading(transaction);
        lines.extend(self.account_lines(transaction, &keys));
        for (number, instruction) in transaction.message.instructions.iter().enumerate() {
            let program = keys
                .get(usize::from(instruction.program_id_index))
                .copied()
                .unwrap_or_default();
            lines.push(format!("Instruction {number}"));
            lines.push(format!(
                "  Program:   {program} ({})",
                instruction.program_id_index
            ));
            for (position, index) in instruction.accounts.iter().enumerate() {
                let key = keys
                    .get(usize::from(*index))
                    .map_or_else(|| "from a lookup table".to_owned(), Pubkey::to_string);
                lines.push(format!("  Account {position}: {key} ({index})"));
            }
            lines.push(format!("  {}", instruction_text(&program, &instruction.data)));
        }
        if let Some(meta) = &self.meta {
            lines.extend(meta.lines(&keys));
        }
        lines
    }

    /// All keys of the transaction: its own, then those loaded from tables.
    fn keys(&self, transaction: &Transaction) -> Vec<Pubkey> {
        let mut keys = transaction.message.account_keys.clone();
        if let Some(loaded) = self.meta.as_ref().and_then(|meta| meta.loaded_addresses.as_ref()) {
            keys.extend(loaded.writable.iter().chain(&loaded.readonly));
        }
        keys
    }

    fn account_lines(&self, transaction: &Transaction, keys: &[Pubkey]) -> Vec<String> {
        let loaded = self
            .meta
            .as_ref()
            .and_then(|meta| meta.loaded_addresses.clone())
            .unwrap_or_default();
        let message = &transaction.message;
        let own = message.account_keys.len();
        let signers = usize::from(message.header.num_required_signatures);
        let writable_signers = signers.saturating_sub(usize::from(message.header.num_readonly_signed));
        let writable_others = own.saturating_sub(usize::from(message.header.num_readonly_unsigned));
        let lines = keys.iter().enumerate().map(|(index, key)| {
            let is_program = message
                .instructions
                .iter()
                .any(|instruction| usize::from(instruction.program_id_index) == index);
            let is_requested_writable = if index < signers {
                index < writable_signers
            } else if index < own {
                index < writable_others
            } else {
                index.saturating_sub(own) < loaded.writable.len()
            };
            let is_writable = is_requested_writable && !is_program && !ids::is_reserved(key);
            format!(
                "Account {index}: {}r{}{} {key}{}",
                if index < signers { 's' } else { '-' },
                if is_writable { 'w' } else { '-' },
                if is_program { 'x' } else { '-' },
                if index == 0 { " (fee payer)" } else { "" },
            )
        });
        lines.collect()
    }
}

/// A transaction that no node has served, as lines without indentation, with the verdict on each signature.
pub(crate) fn lines_of(transaction: &Transaction) -> Vec<String> {
    let unserved = ServedTransaction {
        transaction: Default::default(),
        meta: None,
    };
    let mut lines = unserved.lines_with(transaction);
    let message = transaction.message.serialize();
    let signed = transaction
        .signatures
        .iter()
        .zip(&transaction.message.account_keys);
    for (index, (signature, key)) in signed.enumerate() {
        let prefix = format!("Signature {index}: ");
        let verdict = match signature.verify(key, &message) {
            true => "valid",
            false => "invalid or missing",
        };
        for line in lines.iter_mut().filter(|line| line.starts_with(&prefix)) {
            line.push_str(&format!(" ({verdict})"));
        }
    }
    lines
}

fn heading(transaction: &Transaction) -> Vec<String> {
    let message = &transaction.message;
    let version = match message.version {
        MessageVersion::Legacy => "legacy",
        MessageVersion::V0 => "0",
    };
    let mut lines = vec![
        format!("Version: {version}"),
        format!("Recent Blockhash: {}", message.recent_blockhash),
    ];
    let signatures = transaction.signatures.iter().enumerate();
    lines.extend(signatures.map(|(index, signature)| format!("Signature {index}: {signature}")));
    lines
}

/// An instruction of a known program by name and fields, else its bytes.
fn instruction_text(program: &Pubkey, data: &[u8]) -> String {
    let known = match *program {
        ids::SYSTEM_PROGRAM => SystemInstruction::decode(data)
            .ok()
            .map(|known| format!("{known:?}")),
        ids::COMPUTE_BUDGET_PROGRAM => ComputeBudgetInstruction::decode(data)
            .ok()
            .map(|known| format!("{known:?}")),
        _ => None,
    };
    known.unwrap_or_else(|| format!("Data: {data:?}"))
}

impl Meta {
    fn lines(&self, keys: &[Pubkey]) -> Vec<String> {
        let status = self
            .err
            .as_ref()
            .map_or_else(|| "Ok".to_owned(), |error| describe(error, keys));
        let mut lines = vec![
            format!("Status: {status}"),
            format!("  Fee: {} SOL", sol(self.fee)),
        ];
        for (index, (pre, post)) in self.pre_balances.iter().zip(&self.post_balances).enumerate() {
            lines.push(if pre == post {
                format!("  Account {index} balance: {} SOL", sol(*pre))
            } else {
                format!(
                    "  Account {index} balance: {} SOL -> {} SOL",
                    sol(*pre),
                    sol(*post)
                )
            });
        }
        lines.extend(
            self.compute_units_consumed
                .map(|units| format!("Compute Units Consumed: {units}")),
        );
        if let Some(logs) = self.log_messages.as_ref().filter(|logs| !logs.is_empty()) {
            lines.push("Log Messages:".to_owned());
            lines.extend(logs.iter().map(|line| format!("  {line}")));
        }
        lines
    }
}

/// The lines with two spaces before each of them.
pub(crate) fn indent(lines: &[String]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A transfer of 1000000 lamports between two public test keys.
    const TRANSFER: &str = "AZqNNlCoHs4lmBB3QsQocfUjzY7JvG0OgwUkE9MVd1rvlIUblLlAJmoOnHrIKEX2DwhiXRep0kyvKFkrzZYn8wcBAAED\
        iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1yBOXcOqH0XX1ajVGbDTH7My42KkbTuN6Jd9g9bj8mzlAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAABwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcBAgIAAQwCAAAAQEIPAAAAAAA=";

    #[test]
    fn a_transfer_is_shown_with_its_accounts_and_balances() {
        let served: ServedTransaction = serde_json::from_value(json!({
            "transaction": [TRANSFER, "base64"],
            "meta": {
                "err": null, "fee": 5000, "preBalances": [2_000_000_000u64, 0, 1],
                "postBalances": [1_998_995_000u64, 1_000_000, 1], "logMessages": ["Program x invoke [1]"],
                "computeUnitsConsumed": 150,
            },
        }))
        .unwrap();
        let text = served.lines().unwrap().join("\n");
        for line in [
            "Version: legacy",
            "Recent Blockhash: US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx",
            "Account 0: srw- AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9 (fee payer)",
            "Account 1: -rw- 9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu",
            "Account 2: -r-x 11111111111111111111111111111111",
            "  Transfer { lamports: 1000000 }",
            "Status: Ok",
            "  Fee: 0.000005 SOL",
            "  Account 0 balance: 2 SOL -> 1.998995 SOL",
            "  Account 2 balance: 0.000000001 SOL",
            "Compute Units Consumed: 150",
            "  Program x invoke [1]",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\nin\n{text}");
        }
    }

    #[test]
    fn bytes_that_are_not_a_transaction_are_rejected() {
        let served: ServedTransaction =
            serde_json::from_value(json!({"transaction": ["AAAA", "base64"], "meta": null})).unwrap();
        assert!(served.lines().unwrap_err().to_string().contains("--output json"));
    }
}
