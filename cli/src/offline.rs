//! Transactions that are signed away from any node, in several places, or to be sent much later.
//!
//! ```text
//! where the keys are    --sign-only --blockhash H     prints the signatures of the keys at hand
//! where the node is     --blockhash H --signer K=S    puts them into the same message and sends it
//! ```
//!
//! Invariant: the message is a function of the arguments alone once the blockhash is given, so the same arguments make
//! the same bytes in both places; a signature that does not fit them is refused before anything is sent. With
//! `--nonce` the blockhash is the value of a durable nonce, and there is no hurry between the two.

use std::path::Path;

use anyhow::{Context as _, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::Args;
use isobath_rpc_client::RpcClient;
use isobath_sdk::{Hash, Instruction, Keypair, Message, Pubkey, Signature, Transaction, builtins::system};
use serde_json::json;

use super::context::Context;
use super::nonce;
use super::output::Report;
use super::send::SendArgs;
use super::wallet::{parse_address, read_keypair};

/// Flags of commands whose transactions can be signed elsewhere.
#[derive(Clone, Debug, Args)]
pub(crate) struct OfflineArgs {
    /// Ask no node: sign with the keys at hand, print the signatures, and send nothing.
    #[arg(long, requires = "blockhash")]
    pub(crate) sign_only: bool,
    /// With --sign-only: print the message too, in base64.
    #[arg(long, requires = "sign_only")]
    dump_transaction_message: bool,
    /// Blockhash of the transaction, or value of the nonce [default: the newest].
    #[arg(long, value_name = "BLOCKHASH")]
    pub(crate) blockhash: Option<String>,
    /// Signature that was made elsewhere; may be repeated.
    #[arg(
        long = "signer",
        value_name = "PUBKEY=SIGNATURE",
        conflicts_with = "sign_only"
    )]
    signers: Vec<String>,
    /// Nonce account whose value takes the place of a blockhash, so that the transaction does not expire.
    #[arg(long, value_name = "ADDRESS")]
    nonce: Option<String>,
    /// Who controls the nonce: a keypair file, or an address that signs elsewhere [default: the keypair in use].
    #[arg(long, value_name = "KEYPAIR", requires = "nonce")]
    nonce_authority: Option<String>,
}

/// Somebody who has to sign: the key is at hand, or its signature is made elsewhere.
#[derive(Debug)]
pub(crate) enum Party {
    /// Signs here.
    Here(Box<Keypair>),
    /// Signs elsewhere.
    Elsewhere(Pubkey),
}

impl Party {
    /// The party that was named, an address or a keypair file; else the keypair in use.
    ///
    /// # Errors
    /// The text is neither, or there is no keypair.
    pub(crate) fn read(named: Option<&str>, context: &Context) -> anyhow::Result<Self> {
        let Some(text) = named else {
            return Ok(Self::Here(Box::new(context.keypair()?)));
        };
        match text.parse() {
            Ok(address) => Ok(Self::Elsewhere(address)),
            Err(_) => Ok(Self::Here(Box::new(read_keypair(Path::new(text))?))),
        }
    }

    /// Its address.
    pub(crate) fn pubkey(&self) -> Pubkey {
        match self {
            Self::Here(pair) => pair.pubkey(),
            Self::Elsewhere(address) => *address,
        }
    }
}

/// What bounds the life of a transaction.
#[derive(Debug)]
pub(crate) struct Life {
    /// The blockhash, or the value of the nonce.
    pub(crate) blockhash: Hash,
    /// The last height at which it can enter a block, if that is known.
    pub(crate) last_height: Option<u64>,
    nonce: Option<Nonce>,
}

#[derive(Debug)]
struct Nonce {
    account: Pubkey,
    authority: Party,
}

impl Life {
    /// The nonce account's authority has to sign, if there is one.
    pub(crate) fn signer(&self) -> Option<&Party> {
        self.nonce.as_ref().map(|nonce| &nonce.authority)
    }

    /// The instructions with what the nonce and the priority fee need before them. The advance of the nonce comes first:
    /// that is what makes it one.
    pub(crate) fn complete(&self, instruction: Instruction, args: SendArgs) -> Vec<Instruction> {
        let Some(nonce) = &self.nonce else {
            return args.with_price([instruction]);
        };
        let advance = system::advance_nonce_account(&nonce.account, &nonce.authority.pubkey());
        let mut all = args.with_price([advance, instruction]);
        if let Some((_, before)) = all.split_last_mut() {
            before.rotate_right(1);
        }
        all
    }
}

impl OfflineArgs {
    /// What bounds the transaction's life, as the flags say; a node is asked unless `rpc` is absent.
    ///
    /// # Errors
    /// A flag is not what it should be, or the nonce is not as the flags say.
    pub(crate) async fn life(&self, rpc: Option<&RpcClient>, context: &Context) -> anyhow::Result<Life> {
        let given = self.blockhash.as_deref().map(parse_blockhash).transpose()?;
        let nonce = self.nonce(context)?;
        let (blockhash, last_height) = match (rpc, &nonce, given) {
            (None, _, None) => bail!("--sign-only asks no node, so it needs --blockhash"),
            (Some(rpc), Some(nonce), _) => (value_of(nonce, given, rpc).await?, None),
            (_, _, Some(given)) => (given, None),
            (Some(rpc), None, None) => {
                let newest = rpc.latest_blockhash().await?;
                (newest.blockhash, Some(newest.last_valid_block_height))
            }
        };
        Ok(Life {
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
            authority: Party::read(self.nonce_authority.as_deref(), context)?,
        }))
    }

    /// Signs a message with the keys at hand and the signatures that were given.
    ///
    /// # Errors
    /// A signature that was given is of somebody who does not sign, or does not fit the message.
    pub(crate) fn sign(&self, message: Message, parties: &[&Party]) -> anyhow::Result<Signed> {
        let presigned = self.signers.iter().map(|text| parse_presigned(text));
        let presigned: Vec<_> = presigned.collect::<anyhow::Result<_>>()?;
        Signed::new(message, parties, &presigned)
    }

    /// What `--sign-only` prints.
    pub(crate) fn report(&self, signed: &Signed) -> Report {
        signed.report(self.dump_transaction_message)
    }
}

/// The value of a nonce that is as the flags say.
async fn value_of(nonce: &Nonce, given: Option<Hash>, rpc: &RpcClient) -> anyhow::Result<Hash> {
    let data = nonce::value(rpc, &nonce.account).await?;
    let authority = nonce.authority.pubkey();
    if data.authority != authority {
        bail!(
            "the nonce account {} is controlled by {} and not by {authority}; name its keypair with --nonce-authority",
            nonce.account,
            data.authority
        );
    }
    match given {
        Some(given) if given != data.durable_nonce => bail!(
            "the nonce account {} has the value {} and not {given}; what was signed for another value can never run, \
             sign again with this one",
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
    parsed.with_context(|| format!("`{text}` is not PUBKEY=SIGNATURE, both in base58"))
}

/// A message and the signatures over it that there are, in the order of its signers.
#[derive(Debug)]
pub(crate) struct Signed {
    message: Message,
    signatures: Vec<Option<Signature>>,
}

impl Signed {
    fn new(message: Message, parties: &[&Party], presigned: &[(Pubkey, Signature)]) -> anyhow::Result<Self> {
        let bytes = message.serialize();
        for (key, signature) in presigned {
            if !message.signers().contains(key) {
                bail!("{key} does not sign this transaction, so its --signer has no place; leave it out");
            }
            if !signature.verify(key, &bytes) {
                bail!(
                    "the signature of {key} does not fit this transaction; give all arguments as when it was signed, \
                     --blockhash among them"
                );
            }
        }
        let sign = |key: &Pubkey| {
            let here = parties.iter().find_map(|party| match party {
                Party::Here(pair) if pair.pubkey() == *key => Some(pair.sign(&bytes)),
                _ => None,
            });
            let given = || presigned.iter().find(|(signer, _)| signer == key);
            here.or_else(|| given().map(|(_, signature)| *signature))
        };
        let signatures = message.signers().iter().map(sign).collect();
        Ok(Self { message, signatures })
    }

    /// The transaction, if everybody has signed.
    ///
    /// # Errors
    /// Somebody has not; the first is named.
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

    fn here(seed: u8) -> Party {
        Party::Here(Box::new(Keypair::from_seed([seed; 32])))
    }

    /// A transfer from key 1 that key 2 pays for.
    fn message(lamports: u64) -> Message {
        let (from, payer) = (here(1).pubkey(), here(2).pubkey());
        let instruction = system::transfer(&from, &Pubkey([9; 32]), lamports);
        Message::compile(MessageVersion::Legacy, &payer, &[instruction], Hash([7; 32])).unwrap()
    }

    #[test]
    fn signatures_from_two_places_make_one_transaction() {
        let elsewhere = Party::Elsewhere(here(1).pubkey());
        let first = Signed::new(message(5), &[&here(1), &Party::Elsewhere(here(2).pubkey())], &[]).unwrap();
        let json = first.report(false).json;
        assert_eq!(json["absent"], json!([here(2).pubkey()]));
        let printed = json["signers"][0].as_str().unwrap().to_owned();
        assert!(
            first
                .transaction()
                .unwrap_err()
                .to_string()
                .contains("--sign-only")
        );

        let presigned = [parse_presigned(&printed).unwrap()];
        let both = Signed::new(message(5), &[&elsewhere, &here(2)], &presigned).unwrap();
        let pairs = [Keypair::from_seed([1; 32]), Keypair::from_seed([2; 32])];
        let expected = Transaction::sign(message(5), &[&pairs[0], &pairs[1]]).unwrap();
        assert_eq!(both.transaction().unwrap(), expected);

        let error = Signed::new(message(6), &[&elsewhere, &here(2)], &presigned).unwrap_err();
        assert!(error.to_string().contains("does not fit"), "{error}");
        let stranger = [(Pubkey([3; 32]), Signature([0; 64]))];
        let error = Signed::new(message(5), &[&here(1)], &stranger).unwrap_err();
        assert!(error.to_string().contains("does not sign"), "{error}");
    }

    #[test]
    fn the_advance_of_the_nonce_comes_first() {
        let life = Life {
            blockhash: Hash([7; 32]),
            last_height: None,
            nonce: Some(Nonce {
                account: Pubkey([5; 32]),
                authority: here(1),
            }),
        };
        let transfer = system::transfer(&here(1).pubkey(), &Pubkey([9; 32]), 1);
        let args = SendArgs {
            with_compute_unit_price: Some(3),
            ..SendArgs::default()
        };
        let all = life.complete(transfer.clone(), args);
        assert_eq!(all.len(), 4);
        assert_eq!(
            all[0],
            system::advance_nonce_account(&Pubkey([5; 32]), &here(1).pubkey())
        );
        let limit = ComputeBudgetInstruction::decode(&all[2].data).unwrap();
        assert_eq!(limit, ComputeBudgetInstruction::SetComputeUnitLimit(600));
        assert_eq!(all[3], transfer);
    }

    #[test]
    fn what_is_no_signature_is_named() {
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
