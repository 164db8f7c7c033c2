//! `isobath decode-transaction`: a serialized transaction as text. No node is called.

use anyhow::{Context as _, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::{Args, ValueEnum};
use isobath_sdk::Transaction;
use serde_json::{Value, json};

use crate::output::Report;
use crate::transaction::show;

/// Arguments of `decode-transaction`.
#[derive(Debug, Args)]
pub struct DecodeArgs {
    /// Serialized transaction.
    #[arg(value_name = "TRANSACTION")]
    transaction: String,
    /// Encoding of its bytes.
    #[arg(value_name = "ENCODING", value_enum, default_value_t)]
    encoding: TextEncoding,
}

/// How bytes are written as text.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum TextEncoding {
    /// Base58, as in explorers.
    #[default]
    Base58,
    /// Base64, as in JSON-RPC.
    Base64,
}

/// Runs `decode-transaction`.
///
/// # Errors
/// The text is not a transaction in this encoding.
pub(crate) fn run(args: &DecodeArgs) -> anyhow::Result<Report> {
    let text = args.transaction.trim();
    let bytes = match args.encoding {
        TextEncoding::Base58 => bs58::decode(text)
            .into_vec()
            .context("the transaction is not base58; if it is base64, add `base64` to the command")?,
        TextEncoding::Base64 => BASE64
            .decode(text)
            .context("the transaction is not base64; if it is base58, leave out `base64`")?,
    };
    let transaction = match Transaction::parse(&bytes) {
        Ok(transaction) => transaction,
        Err(cause) => bail!(
            "these {} bytes are not a transaction ({cause}); check the encoding",
            bytes.len()
        ),
    };
    Ok(Report {
        text: show::lines_of(&transaction).join("\n"),
        json: to_json(&transaction),
    })
}

fn to_json(transaction: &Transaction) -> Value {
    let message = &transaction.message;
    let instructions: Vec<Value> = message
        .instructions
        .iter()
        .map(|instruction| {
            json!({
                "programIdIndex": instruction.program_id_index,
                "accounts": instruction.accounts,
                "data": bs58::encode(&instruction.data).into_string(),
            })
        })
        .collect();
    json!({
        "signatures": transaction.signatures,
        "message": {
            "header": {
                "numRequiredSignatures": message.header.num_required_signatures,
                "numReadonlySignedAccounts": message.header.num_readonly_signed,
                "numReadonlyUnsignedAccounts": message.header.num_readonly_unsigned,
            },
            "accountKeys": message.account_keys,
            "recentBlockhash": message.recent_blockhash,
            "instructions": instructions,
        },
    })
}

#[cfg(test)]
mod tests {
    use isobath_sdk::builtins::system;
    use isobath_sdk::{Hash, Keypair, Message, MessageVersion, Pubkey};

    use super::*;

    #[test]
    fn a_transaction_is_shown_from_either_encoding() {
        let payer = Keypair::from_seed([1; 32]);
        let transfer = system::transfer(&payer.pubkey(), &Pubkey([2; 32]), 5);
        let message = Message::compile(
            MessageVersion::Legacy,
            &payer.pubkey(),
            &[transfer],
            Hash([3; 32]),
        )
        .unwrap();
        let wire = Transaction::sign(message, &[&payer]).unwrap().serialize();
        let args = |transaction: String, encoding| DecodeArgs {
            transaction,
            encoding,
        };
        let base58 = run(&args(bs58::encode(&wire).into_string(), TextEncoding::Base58)).unwrap();
        let base64 = run(&args(BASE64.encode(&wire), TextEncoding::Base64)).unwrap();
        assert_eq!(base58, base64);
        assert!(
            base58.text.contains("Transfer { lamports: 5 }"),
            "{}",
            base58.text
        );
        assert!(base58.text.contains("(valid)"), "{}", base58.text);
        assert_eq!(base58.json["message"]["header"]["numRequiredSignatures"], 1);
        let error = run(&args(BASE64.encode(&wire), TextEncoding::Base58)).unwrap_err();
        assert!(error.to_string().contains("add `base64`"), "{error}");
        let error = run(&args(BASE64.encode(&wire[1..]), TextEncoding::Base64)).unwrap_err();
        assert!(error.to_string().contains("not a transaction"), "{error}");
    }
}
