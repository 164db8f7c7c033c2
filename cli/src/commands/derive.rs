//! Addresses that follow from others: `find-program-derived-address` and `create-address-with-seed`. No node is called.

use anyhow::{Context as _, bail};
use clap::Args;
use isobath_sdk::{Pubkey, ids};
use serde_json::json;

use crate::context::Context;
use crate::output::Report;
use crate::wallet::parse_address;

/// Arguments of `find-program-derived-address`.
#[derive(Debug, Args)]
pub struct FindArgs {
    /// Program that the address belongs to: an address, or NONCE, STAKE or VOTE.
    #[arg(value_name = "PROGRAM_ID")]
    program: String,
    /// Seeds, each as PREFIX:VALUE. The prefix is string, pubkey, hex, u8, or u or i with 16, 32, 64 or 128 and le or be,
    /// such as u64le.
    #[arg(value_name = "SEED")]
    seeds: Vec<String>,
}

/// Arguments of `create-address-with-seed`.
#[derive(Debug, Args)]
pub struct WithSeedArgs {
    /// Seed, at most 32 bytes.
    #[arg(value_name = "SEED")]
    seed: String,
    /// Program that will own the account: an address, or NONCE, STAKE or VOTE.
    #[arg(value_name = "PROGRAM_ID")]
    program: String,
    /// Base key [default: the address of the keypair in use].
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
}

/// Runs `find-program-derived-address`.
///
/// # Errors
/// A seed or the program is malformed, or the seeds derive no address.
pub(crate) fn find(args: &FindArgs) -> anyhow::Result<Report> {
    let program = parse_program(&args.program)?;
    let seeds: Vec<Vec<u8>> = args
        .seeds
        .iter()
        .map(|seed| parse_seed(seed))
        .collect::<Result<_, _>>()?;
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    let Some((address, bump)) = Pubkey::find_program_address(&seeds, &program) else {
        bail!("these seeds derive no address; give at most 15 seeds of at most 32 bytes each");
    };
    Ok(Report {
        text: address.to_string(),
        json: json!({"address": address, "bumpSeed": bump}),
    })
}

/// Runs `create-address-with-seed`.
///
/// # Errors
/// The seed is too long, or a text is not an address.
pub(crate) fn with_seed(args: &WithSeedArgs, context: &Context) -> anyhow::Result<Report> {
    let base = context.address_or_own(args.from.as_deref())?;
    let program = parse_program(&args.program)?;
    let address = Pubkey::with_seed(&base, &args.seed, &program)
        .with_context(|| format!("`{}` derives no address; give at most 32 bytes", args.seed))?;
    Ok(Report::value(address.to_string()))
}

fn parse_program(text: &str) -> anyhow::Result<Pubkey> {
    match text {
        "NONCE" => Ok(ids::SYSTEM_PROGRAM),
        "STAKE" => Ok(ids::STAKE_PROGRAM),
        "VOTE" => Ok(ids::VOTE_PROGRAM),
        _ => parse_address(text),
    }
}

/// The bytes of a seed in the form of the Solana CLI.
fn parse_seed(text: &str) -> anyhow::Result<Vec<u8>> {
    let refuse = |cause: &str| {
        anyhow::anyhow!("`{text}` is not a seed ({cause}); give PREFIX:VALUE such as string:vault or u64le:7")
    };
    let (prefix, value) = text.split_once(':').ok_or_else(|| refuse("there is no colon"))?;
    match prefix {
        "string" => Ok(value.as_bytes().to_vec()),
        "pubkey" => Ok(parse_address(value)?.0.to_vec()),
        "hex" => hex(value).ok_or_else(|| refuse("not hexadecimal")),
        "u8" => Ok(vec![
            value.parse().map_err(|_| refuse("not a number from 0 to 255"))?,
        ]),
        _ => number(prefix, value)
            .ok_or_else(|| refuse("the prefix is unknown, or the number does not fit it")),
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix("0x").unwrap_or(text);
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let pairs = (0..text.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(text.get(at..at.checked_add(2)?)?, 16).ok())
        .collect()
}

/// The bytes of a number, with a prefix such as `u64le`.
fn number(prefix: &str, value: &str) -> Option<Vec<u8>> {
    let (kind, order) = prefix.split_at_checked(prefix.len().checked_sub(2)?)?;
    let mut bytes = match kind {
        "u16" => value.parse::<u16>().ok()?.to_le_bytes().to_vec(),
        "u32" => value.parse::<u32>().ok()?.to_le_bytes().to_vec(),
        "u64" => value.parse::<u64>().ok()?.to_le_bytes().to_vec(),
        "u128" => value.parse::<u128>().ok()?.to_le_bytes().to_vec(),
        "i16" => value.parse::<i16>().ok()?.to_le_bytes().to_vec(),
        "i32" => value.parse::<i32>().ok()?.to_le_bytes().to_vec(),
        "i64" => value.parse::<i64>().ok()?.to_le_bytes().to_vec(),
        "i128" => value.parse::<i128>().ok()?.to_le_bytes().to_vec(),
        _ => return None,
    };
    match order {
        "le" => Some(bytes),
        "be" => {
            bytes.reverse();
            Some(bytes)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_have_the_forms_of_the_solana_cli() {
        let cases: [(&str, &[u8]); 8] = [
            ("string:ab:c", b"ab:c"),
            ("hex:00ff", &[0, 255]),
            ("hex:0x0A", &[10]),
            ("u8:7", &[7]),
            ("u16le:258", &[2, 1]),
            ("u16be:258", &[1, 2]),
            ("i32le:-1", &[255; 4]),
            ("u128be:1", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        ];
        for (text, bytes) in cases {
            assert_eq!(parse_seed(text).unwrap(), bytes, "{text}");
        }
        for text in [
            "vault", "u8:256", "u64:1", "u7le:1", "hex:0", "hex:zz", "le:1", "u16xe:1", "pubkey:x",
        ] {
            assert!(parse_seed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_is_found_with_its_bump() {
        let args = |seeds: &[&str]| FindArgs {
            program: "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL".to_owned(),
            seeds: seeds.iter().map(|seed| (*seed).to_owned()).collect(),
        };
        let report = find(&args(&["string:vault"])).unwrap();
        let bump = u8::try_from(report.json["bumpSeed"].as_u64().unwrap()).unwrap();
        let program = args(&[]).program.parse().unwrap();
        let again = Pubkey::create_program_address(&[b"vault", &[bump]], &program).unwrap();
        assert_eq!(report.text, again.to_string());
        assert!(find(&args(&["string:123456789012345678901234567890123"])).is_err());
    }
}
