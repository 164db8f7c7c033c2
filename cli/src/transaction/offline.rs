//! Offline signing: transactions that are signed on other machines than the one that sends them, or sent much later.
//!
//! ```text
//! machine with the keys    --sign-only --blockhash H     prints the signatures of the keys at hand
//! machine with a node      --blockhash H --signer K=S    puts them into the same message and sends it
//! ```
//!
//! Invariant: with `--blockhash` the message is a function of the arguments alone, so the same arguments give the same
//! bytes on both machines; a signature that is not valid for them is rejected before anything is sent. With `--nonce`
//! the blockhash is the value of a durable nonce, so the transaction does not expire in between.

use std::path::Path;

use anyhow::{Context as _, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::Args;
use isobath_rpc_client::RpcClient;
use isobath_sdk::{Hash, Instruction, Keypair, Message, Pubkey, Signature, Transaction, builtins::system};
use serde_json::json;

use crate::context::Context;
use crate::output::Report;
use crate::transaction::nonce_account;
use crate::transaction::send::SendArgs;
use crate::wallet::{parse_address, read_keypair};

/// Options of commands that support offline signing.
#[derive(Clone, Debug, Args)]
pub(crate) struct OfflineArgs {
    /// Sign with the keys at hand and print the signatures; contact no node and send nothing.
    #[arg(long, requires = "blockhash")]
    pub(crate) sign_only: bool,
    /// With --sign-only: also print the message, in base64.
    #[arg(long, requires = "sign_only")]
    dump_transaction_message: bool,
    /// Blockhash of the transaction, or value of the nonce [default: the latest].
    #[arg(long, value_name = "BLOCKHASH")]
    pub(crate) blockhash: Option<String>,
    /// Signature made on another machine; may be repeated.
    #[arg(
        long = "signer",
        value_name = "PUBKEY=SIGNATURE",
        conflicts_with = "sign_only"
    )]
    signers: Vec<String>,
    /// Nonce account whose value replaces the blockhash, so that the transaction does not expire.
    #[arg(long, value_name = "ADDRESS")]
    nonce: Option<String>,
    /// Nonce authority: a keypair file, or an address whose signature --signer gives [default: the keypair in use].
    #[arg(long, value_name = "KEYPAIR", requires = "nonce")]
    nonce_authority: Option<String>,
}

/// A signer of a transaction: its key is at hand, or its signature is made on another machine.
#[derive(Debug)]
pub(crate) enum Signer {
    /// Signs with this key.
    Local(Box<Keypair>),
    /// Signs on another machine.
    Absent(Pubkey),
}

impl Signer {
    /// The signer that an address or the path of a keypair file names; without either, the keypair in use.
    ///
    /// # Errors
    /// The text is neither, or the keypair cannot be read.
    pub(crate) fn read(named: Option<&str>, context: &Context) -> anyhow::Result<Self> {
        let Some(text) = named else {
            return Ok(Self::Local(Box::new(context.keypair()?)));
        };
        match text.parse() {
            Ok(address) => Ok(Self::Absent(address)),
            Err(_) => Ok(Self::Local(Box::new(read_keypair(Path::new(text))?))),
        }
    }

    /// Its address.
    pub(crate) fn pubkey(&self) -> Pubkey {
        match self {
            Self::Local(pair) => pair.pubkey(),
            Self::Absent(address) => *address,
        }
    }
}

/// How long a transaction is valid: until its blockhash expires, or until the nonce is advanced.
#[derive(Debug)]
pub(crate) struct Lifetime {
    /// The blockhash, or the value of the nonce.
    pub(crate) blockhash: Hash,
    /// The last height at which it can enter a block, if that is known.
    pub(crate) last_height: Option<u64>,
    nonce: Option<Nonce>,
}

#[derive(Debug)]
struct Nonce {
    account: Pubkey,
    authority: Signer,
}

impl Lifetime {
    /// The authority of the nonce, which must sign as well; `None` without a nonce.
    pub(crate) fn signer(&self) -> Option<&Signer> {
        self.nonce.as_ref().map(|nonce| &nonce.authority)
    }

    /// The instruction, preceded by those that the nonce and the priority fee need. The advance of the nonce comes
    /// first: that makes the transaction a nonce transaction.
    pub(crate) fn complete(&self, instructions: Vec<Instruction>, args: SendArgs) -> Vec<Instruction> {
        let Some(nonce) = &self.nonce else {
            return args.with_price(instructions);
        };
        let advance = system::advance_nonce_account(&nonce.account, &nonce.authority.pubkey());
        let given_count = instructions.len();
        let mut all = args.with_price([advance].into_iter().chain(instructions));
        let before = all.len().saturating_sub(given_count);
        all[..before].rotate_right(1);
        all
    }
}

impl OfflineArgs {
    /// The lifetime that the flags select; calls the node unless `rpc` is `None`.
    ///
    /// # Errors
    /// A flag is invalid, or the nonce differs from the flags.
    pub(crate) async fn lifetime(
        &self,
        rpc: Option<&RpcClient>,
        context: &Context,
    ) -> anyhow::Result<Lifetime> {
        let given = self.blockhash.as_deref().map(parse_blockhash).transpose()?;
        let nonce = self.nonce(context)?;
        let (blockhash, last_height) = match (rpc, &nonce, given) {
            (None, _, None) => bail!("--sign-only contacts no node; give --blockhash"),
            (Some(rpc), Some(nonce), _) => (value_of(nonce, given, rpc).await?, None),
            (_, _, Some(given)) => (given, None),
            (Some(rpc), None, None) => {
                let newest = rpc.latest_blockhash().await?;
                (newest.blockhash, Some(newest.last_valid_block_height))
            }
        };
        Ok(Lifetime {
            blockhash,
            last_height,
            nonce,
        })
    }

    fn nonce(&self, context: &Context) -> anyhow::Result<Option<Nonce>> {
        let Some(account) = &self.nonce else {
            return Ok(None);
        };
        Ok(Some(Nonce {
            account: parse_address(account)?,
            authority: Signer::read(self.nonce_authority.as_deref(), context)?,
        }))
    }

    /// Signs a message with the keys at hand and the signatures of `--signer`.
    ///
    /// # Errors
    /// A signature of `--signer` belongs to a key that is not a signer, or is not valid for the message.
    pub(crate) fn sign(&self, message: Message, signers: &[&Signer]) -> anyhow::Result<Signed> {
        let presigned = self.signers.iter().map(|text| parse_presigned(text));
        let presigned: Vec<_> = presigned.collect::<anyhow::Result<_>>()?;
        Signed::new(message, signers, &presigned)
    }

    /// What `--sign-only` prints.
    pub(crate) fn report(&self, signed: &Signed) -> Report {
        signed.report(self.dump_transaction_message)
    }
}

/// The value of the nonce, once its authority and value are those of the flags.
async fn value_of(nonce: &Nonce, given: Option<Hash>, rpc: &RpcClient) -> anyhow::Result<Hash> {
    let data = nonce_account::initialized(rpc, &nonce.account).await?;
    let authority = nonce.authority.pubkey();
    if data.authority != authority {
        bail!(
            "the authority of nonce account {} is {}, not {authority}; give its keypair with --nonce-authority",
            nonce.account,
            data.authority
        );
    }
    match given {
        Some(given) if given != data.durable_nonce => bail!(
            "nonce account {} has the value {}, not {given}; sign again with the current value",
            nonce.account,
            data.durable_nonce
        ),
        _ => Ok(data.durable_nonce),
    }
}

fn parse_blockhash(text: &str) -> anyhow::Result<Hash> {
    text.parse()
        .with_context(|| format!("`{text}` is not a blockhash; give 32 bytes in base58"))
}

fn parse_presigned(text: &str) -> anyhow::Result<(Pubkey, Signature)> {
    let parsed = text
        .split_once('=')
        .and_then(|(key, signature)| Some((key.parse().ok()?, signature.parse().ok()?)));
    parsed.with_context(|| format!("`{text}` is not PUBKEY=SIGNATURE; give both in base58"))
}

/// A message and the signatures that are at hand, in the order of its signers.
#[derive(Debug)]
pub(crate) struct Signed {
    message: Message,
    signatures: Vec<Option<Signature>>,
}

impl Signed {
    fn new(message: Message, signers: &[&Signer], presigned: &[(Pubkey, Signature)]) -> anyhow::Result<Self> {
        let bytes = message.serialize();
        for (key, signature) in presigned {
            if !message.signers().contains(key) {
                bail!("{key} is not a signer of this transaction; remove its --signer");
            }
            if !signature.verify(key, &bytes) {
                bail!(
                    "the signature of {key} is not valid for this transaction; repeat all arguments used for signing, \
                     including --blockhash"
                );
            }
        }
        let sign = |key: &Pubkey| {
            let local = signers.iter().find_map(|signer| match signer {
                Signer::Local(pair) if pair.pubkey() == *key => Some(pair.sign(&bytes)),
                _ => None,
            });
            let given = || presigned.iter().find(|(signer, _)| signer == key);
            local.or_else(|| given().map(|(_, signature)| *signature))
        };
        let signatures = message.signers().iter().map(sign).collect();
        Ok(Self { message, signatures })
    }

    /// The transaction, once every signer has signed.
    ///
    /// # Errors
    /// A signature is missing; the message names the first such signer.
    pub(crate) fn transaction(self) -> anyhow::Result<Transaction> {
        let both = self.message.signers().iter().zip(&self.signatures);
        let signatures = both.map(|(key, signature)| {
            signature.with_context(|| {
                format!(
                    "{key} has not signed; name its keypair file, or give the signature that `--sign-only` printed \
                     with --signer {key}=SIGNATURE"
                )
            })
        });
        Ok(Transaction {
            signatures: signatures.collect::<anyhow::Result<_>>()?,
            message: self.message,
        })
    }

    fn report(&self, with_message: bool) -> Report {
        let blockhash = self.message.recent_blockhash;
        let both = || self.message.signers().iter().zip(&self.signatures);
        let signers: Vec<String> = both()
            .filter_map(|(key, signature)| signature.map(|signature| format!("{key}={signature}")))
            .collect();
        let absent: Vec<String> = both()
            .filter(|(_, signature)| signature.is_none())
            .map(|(key, _)| key.to_string())
            .collect();
        let message = with_message.then(|| BASE64.encode(self.message.serialize()));
        let mut text = format!("\nBlockhash: {blockhash}");
        let mut json = json!({"blockhash": blockhash});
        if let Some(message) = message {
            text.push_str(&format!("\nTransaction Message: {message}"));
            json["message"] = message.into();
        }
        for (title, name, list) in [
            ("Signers (Pubkey=Signature):", "signers", signers),
            ("Absent Signers (Pubkey):", "absent", absent),
        ] {
            if list.is_empty() {
                continue;
            }
            text.push_str(&format!("\n{title}"));
            for entry in &list {
                text.push_str(&format!("\n  {entry}"));
            }
            json[name] = list.into();
        }
        Report { text, json }
    }
}

#[cfg(test)]
mod tests {
    use isobath_sdk::MessageVersion;
    use isobath_sdk::builtins::compute_budget::ComputeBudgetInstruction;

    use super::*;

    fn local(seed: u8) -> Signer {
        Signer::Local(Box::new(Keypair::from_seed([seed; 32])))
    }

    /// A transfer from key 1 that key 2 pays for.
    fn message(lamports: u64) -> Message {
        let (from, payer) = (local(1).pubkey(), local(2).pubkey());
        let instruction = system::transfer(&from, &Pubkey([9; 32]), lamports);
        Message::compile(MessageVersion::Legacy, &payer, &[instruction], Hash([7; 32])).unwrap()
    }

    #[test]
    fn signatures_from_two_machines_make_one_transaction() {
        let absent = Signer::Absent(local(1).pubkey());
        let first = Signed::new(message(5), &[&local(1), &Signer::Absent(local(2).pubkey())], &[]).unwrap();
        let json = first.report(false).json;
        assert_eq!(json["absent"], json!([local(2).pubkey()]));
        let printed = json["signers"][0].as_str().unwrap().to_owned();
        assert!(
            first
                .transaction()
                .unwrap_err()
                .to_string()
                .contains("--sign-only")
        );

        let presigned = [parse_presigned(&printed).unwrap()];
        let both = Signed::new(message(5), &[&absent, &local(2)], &presigned).unwrap();
        let pairs = [Keypair::from_seed([1; 32]), Keypair::from_seed([2; 32])];
        let expected = Transaction::sign(message(5), &[&pairs[0], &pairs[1]]).unwrap();
        assert_eq!(both.transaction().unwrap(), expected);

        let error = Signed::new(message(6), &[&absent, &local(2)], &presigned).unwrap_err();
        assert!(
            error.to_string().contains("not valid for this transaction"),
            "{error}"
        );
        let unrelated = [(Pubkey([3; 32]), Signature([0; 64]))];
        let error = Signed::new(message(5), &[&local(1)], &unrelated).unwrap_err();
        assert!(error.to_string().contains("is not a signer"), "{error}");
    }

    #[test]
    fn the_advance_of_the_nonce_comes_first() {
        let lifetime = Lifetime {
            blockhash: Hash([7; 32]),
            last_height: None,
            nonce: Some(Nonce {
                account: Pubkey([5; 32]),
                authority: local(1),
            }),
        };
        let transfer = system::transfer(&local(1).pubkey(), &Pubkey([9; 32]), 1);
        let args = SendArgs {
            with_compute_unit_price: Some(3),
            ..SendArgs::default()
        };
        let all = lifetime.complete(vec![transfer.clone()], args);
        assert_eq!(all.len(), 4);
        assert_eq!(
            all[0],
            system::advance_nonce_account(&Pubkey([5; 32]), &local(1).pubkey())
        );
        let limit = ComputeBudgetInstruction::decode(&all[2].data).unwrap();
        assert_eq!(limit, ComputeBudgetInstruction::SetComputeUnitLimit(600));
        assert_eq!(all[3], transfer);
    }

    #[test]
    fn texts_that_are_not_signatures_are_named() {
        for text in ["", "abc", "abc=def", "="] {
            let error = parse_presigned(text).unwrap_err().to_string();
            assert!(error.contains("PUBKEY=SIGNATURE"), "{error}");
        }
        assert!(
            parse_blockhash("0")
                .unwrap_err()
                .to_string()
                .contains("`0` is not a blockhash")
        );
    }
}
