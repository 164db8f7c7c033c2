//! `isobath account`: an account, and its data as a dump or into a file.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::Args;
use isobath_rpc_client::UiAccount;
use isobath_sdk::Pubkey;
use serde_json::{Value, json};

use crate::amount::Unit;
use crate::context::Context;
use crate::output::{OutputFormat, Report};
use crate::wallet::parse_address;

/// Bytes per line of a dump.
const DUMP_WIDTH: usize = 16;

/// Arguments of `account`.
#[derive(Debug, Args)]
pub struct AccountArgs {
    /// Account.
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// Write the account data to this file, or with `--output json` the account as JSON.
    #[arg(short = 'o', long = "output-file", value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// Show lamports instead of SOL.
    #[arg(long)]
    lamports: bool,
}

/// Runs `account`.
///
/// # Errors
/// The account does not exist, a call of the node fails, or the file cannot be written.
pub(crate) async fn run(args: &AccountArgs, context: &Context) -> anyhow::Result<Report> {
    let address = parse_address(&args.address)?;
    let Some(account) = context.rpc()?.account(&address).await? else {
        bail!("there is no account at {address}; check the address and `--url`");
    };
    let data = &account.data;
    let mut report = Report {
        text: describe(&address, &account, Unit::from_flag(args.lamports)),
        json: to_json(&address, &account),
    };
    match &args.output_file {
        None if !data.is_empty() => {
            report.text.push('\n');
            report.text.push_str(&dump(data));
        }
        None => {}
        Some(path) => {
            let contents = match context.format {
                OutputFormat::Display => data.clone(),
                format => report.render(format).into_bytes(),
            };
            fs::write(path, contents)
                .with_context(|| format!("cannot write {}; choose another file", path.display()))?;
            report
                .text
                .push_str(&format!("\n\nWrote account data to {}", path.display()));
        }
    }
    Ok(report)
}

fn describe(address: &Pubkey, account: &UiAccount, unit: Unit) -> String {
    let len = account.data.len();
    format!(
        "\nPublic Key: {address}\nBalance: {}\nOwner: {}\nExecutable: {}\nRent Epoch: {}\nLength: {len} ({len:#x}) bytes",
        unit.show(account.lamports),
        account.owner,
        account.executable,
        account.rent_epoch,
    )
}

fn to_json(address: &Pubkey, account: &UiAccount) -> Value {
    json!({
        "pubkey": address,
        "account": {
            "lamports": account.lamports,
            "data": [BASE64.encode(&account.data), "base64"],
            "owner": account.owner,
            "executable": account.executable,
            "rentEpoch": account.rent_epoch,
            "space": account.data.len(),
        },
    })
}

/// The bytes in hexadecimal and as text, sixteen per line, without a final line break.
fn dump(data: &[u8]) -> String {
    let lines = data.chunks(DUMP_WIDTH).zip((0usize..).step_by(DUMP_WIDTH));
    let lines = lines.map(|(bytes, offset)| {
        let groups = bytes.chunks(4).map(|group| {
            let pairs: Vec<_> = group.iter().map(|byte| format!("{byte:02x}")).collect();
            pairs.join(" ")
        });
        let hexadecimal = groups.collect::<Vec<_>>().join("  ");
        let text: String = bytes.iter().map(|byte| printable(*byte)).collect();
        format!("{offset:04x}:   {hexadecimal:<50}   {text}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

const fn printable(byte: u8) -> char {
    if byte.is_ascii_graphic() || byte == b' ' {
        byte as char
    } else {
        '.'
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_shows_offset_bytes_and_text() {
        let data: Vec<u8> = (0x41..0x41 + 18).collect();
        let expected = "0000:   41 42 43 44  45 46 47 48  49 4a 4b 4c  4d 4e 4f 50   ABCDEFGHIJKLMNOP\n\
                        0010:   51 52                                                QR";
        assert_eq!(dump(&data), expected);
        assert_eq!(dump(&[0, 255]).split_whitespace().last(), Some(".."));
        assert_eq!(dump(&[]), "");
    }
}
