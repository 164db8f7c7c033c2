//! `isobath lookup-table`: address lookup tables, with which a message names many accounts in few bytes.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use isobath_rpc_client::RpcClient;
use isobath_sdk::builtins::lookup_table::{LOOKUP_TABLE_KEYS_MAX, LookupTable, LookupTableMeta};
use isobath_sdk::builtins::lookup_table_instruction::{
    close_lookup_table, create_lookup_table, deactivate_lookup_table, extend_lookup_table,
    freeze_lookup_table,
};
use isobath_sdk::{Instruction, Keypair, Pubkey, ids};
use serde_json::json;

use crate::context::Context;
use crate::output::Report;
use crate::transaction::send::{self, Draft, SendArgs};
use crate::wallet::{parse_address, read_keypair};

/// Addresses that one `extend` can append: more exceed the size of a transaction.
const EXTEND_MAX: usize = 27;

/// Subcommands of `lookup-table`.
#[derive(Debug, Subcommand)]
pub enum LookupTableCommand {
    /// Create an empty table.
    Create(CreateArgs),
    /// Append addresses to a table.
    Extend(ExtendArgs),
    /// Show a table and its addresses.
    #[command(visible_alias = "get")]
    Show(ShowArgs),
    /// Freeze a table permanently.
    Freeze(FinalArgs),
    /// Deactivate a table, so that it can be closed.
    Deactivate(FinalArgs),
    /// Close a table deactivated about 512 blocks ago and reclaim its lamports.
    Close(CloseArgs),
}

/// Arguments of `lookup-table create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Authority of the table [default: the keypair in use].
    #[arg(long, value_name = "ADDRESS")]
    authority: Option<String>,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Arguments of `lookup-table extend`.
#[derive(Debug, Args)]
pub struct ExtendArgs {
    /// Lookup table.
    #[arg(value_name = "TABLE")]
    table: String,
    /// Addresses to append, separated by commas.
    #[arg(long, value_name = "ADDRESSES", value_delimiter = ',', required = true)]
    addresses: Vec<String>,
    #[command(flatten)]
    authority: AuthorityArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Arguments of `lookup-table show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Lookup table.
    #[arg(value_name = "TABLE")]
    table: String,
}

/// Arguments of `lookup-table freeze` and `deactivate`, which cannot be undone.
#[derive(Debug, Args)]
pub struct FinalArgs {
    /// Lookup table.
    #[arg(value_name = "TABLE")]
    table: String,
    /// Confirm that this cannot be undone.
    #[arg(long)]
    bypass_warning: bool,
    #[command(flatten)]
    authority: AuthorityArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Arguments of `lookup-table close`.
#[derive(Debug, Args)]
pub struct CloseArgs {
    /// Lookup table.
    #[arg(value_name = "TABLE")]
    table: String,
    /// Recipient of the lamports [default: the address of the keypair in use].
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<String>,
    #[command(flatten)]
    authority: AuthorityArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

/// The authority of a table.
#[derive(Debug, Args)]
struct AuthorityArgs {
    /// Keypair file of the table's authority [default: the keypair in use].
    #[arg(long, value_name = "FILE")]
    authority: Option<PathBuf>,
}

/// Whether to wait for the block.
#[derive(Clone, Copy, Debug, Args)]
struct WaitArgs {
    /// Return once the node has accepted the transaction, without waiting for its block.
    #[arg(long)]
    no_wait: bool,
}

/// A node and the keys that sign: the fee payer and the authority of a table.
struct Session {
    rpc: RpcClient,
    payer: Keypair,
    authority: Keypair,
}

impl Session {
    fn open(authority: &AuthorityArgs, context: &Context) -> anyhow::Result<Self> {
        let payer = context.keypair()?;
        let authority = authority
            .authority
            .as_deref()
            .map_or_else(|| Ok(payer.clone()), read_keypair)?;
        Ok(Self {
            rpc: context.rpc()?,
            payer,
            authority,
        })
    }

    /// The head of a table and the number of its keys, if the authority of the session controls it.
    async fn controlled(&self, table: &Pubkey) -> anyhow::Result<(LookupTableMeta, usize)> {
        let bytes = fetch(&self.rpc, table).await?;
        let (meta, keys) = parse(table, &bytes)?;
        match meta.authority {
            Some(authority) if authority == self.authority.pubkey() => Ok((meta, keys.len())),
            Some(authority) => bail!(
                "the authority of lookup table {table} is {authority}, not {}; give its keypair with --authority",
                self.authority.pubkey()
            ),
            None => bail!("lookup table {table} is frozen and cannot be changed; create another one"),
        }
    }

    async fn send(&self, instruction: Instruction, wait: WaitArgs) -> anyhow::Result<Report> {
        let payer = self.payer.pubkey();
        let draft = Draft::new(&self.rpc, &payer, &[instruction]).await?;
        draft.check_funds(&payer, self.rpc.balance(&payer).await?, 0)?;
        let args = SendArgs {
            no_wait: wait.no_wait,
            ..SendArgs::default()
        };
        let signature = draft
            .send(&self.rpc, &[&self.payer, &self.authority], args)
            .await?;
        Ok(send::report(&signature))
    }
}

/// Runs `lookup-table`.
///
/// # Errors
/// An argument is invalid, the table does not allow the change, or the node rejects the transaction.
pub(crate) async fn run(command: &LookupTableCommand, context: &Context) -> anyhow::Result<Report> {
    match command {
        LookupTableCommand::Create(args) => create(args, context).await,
        LookupTableCommand::Extend(args) => extend(args, context).await,
        LookupTableCommand::Show(args) => show(args, context).await,
        LookupTableCommand::Freeze(args) => freeze(args, context).await,
        LookupTableCommand::Deactivate(args) => deactivate(args, context).await,
        LookupTableCommand::Close(args) => close(args, context).await,
    }
}

async fn create(args: &CreateArgs, context: &Context) -> anyhow::Result<Report> {
    let authority = context.address_or_own(args.authority.as_deref())?;
    let session = Session {
        rpc: context.rpc()?,
        payer: context.keypair()?,
        authority: context.keypair()?,
    };
    let slot = session.rpc.slot().await?;
    let (instruction, table) = create_lookup_table(&authority, &session.payer.pubkey(), slot)
        .context("no address can be derived for this authority and slot; try again")?;
    let sent = session.send(instruction, args.wait).await?;
    Ok(Report {
        text: format!("{}\nLookup Table Address: {table}", sent.text),
        json: json!({"lookupTableAddress": table, "signature": sent.json["signature"]}),
    })
}

async fn extend(args: &ExtendArgs, context: &Context) -> anyhow::Result<Report> {
    let table = parse_address(&args.table)?;
    let texts = args
        .addresses
        .iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty());
    let addresses = texts.map(parse_address).collect::<anyhow::Result<Vec<_>>>()?;
    if addresses.is_empty() || addresses.len() > EXTEND_MAX {
        bail!(
            "one transaction appends 1 to {EXTEND_MAX} addresses, got {}; call extend once per part",
            addresses.len()
        );
    }
    let session = Session::open(&args.authority, context)?;
    let (_, count) = session.controlled(&table).await?;
    if count.saturating_add(addresses.len()) > LOOKUP_TABLE_KEYS_MAX {
        bail!(
            "lookup table {table} holds {count} addresses and is limited to {LOOKUP_TABLE_KEYS_MAX}; create another one"
        );
    }
    let (authority, payer) = (session.authority.pubkey(), session.payer.pubkey());
    session
        .send(
            extend_lookup_table(&table, &authority, Some(&payer), addresses),
            args.wait,
        )
        .await
}

async fn show(args: &ShowArgs, context: &Context) -> anyhow::Result<Report> {
    let table = parse_address(&args.table)?;
    let bytes = fetch(&context.rpc()?, &table).await?;
    let (meta, keys) = parse(&table, &bytes)?;
    Ok(describe(&table, &meta, &keys))
}

async fn freeze(args: &FinalArgs, context: &Context) -> anyhow::Result<Report> {
    let table = parse_address(&args.table)?;
    if !args.bypass_warning {
        bail!(
            "a frozen lookup table cannot be changed, deactivated or closed; add --bypass-warning to freeze it"
        );
    }
    let session = Session::open(&args.authority, context)?;
    session.controlled(&table).await?;
    session
        .send(
            freeze_lookup_table(&table, &session.authority.pubkey()),
            args.wait,
        )
        .await
}

async fn deactivate(args: &FinalArgs, context: &Context) -> anyhow::Result<Report> {
    let table = parse_address(&args.table)?;
    if !args.bypass_warning {
        bail!("a deactivated lookup table cannot be used again; add --bypass-warning to deactivate it");
    }
    let session = Session::open(&args.authority, context)?;
    let (meta, _) = session.controlled(&table).await?;
    if meta.deactivation_slot != u64::MAX {
        bail!(
            "lookup table {table} was deactivated in slot {}; close it with `isobath lookup-table close`",
            meta.deactivation_slot
        );
    }
    session
        .send(
            deactivate_lookup_table(&table, &session.authority.pubkey()),
            args.wait,
        )
        .await
}

async fn close(args: &CloseArgs, context: &Context) -> anyhow::Result<Report> {
    let table = parse_address(&args.table)?;
    let recipient = context.address_or_own(args.recipient.as_deref())?;
    let session = Session::open(&args.authority, context)?;
    let (meta, _) = session.controlled(&table).await?;
    if meta.deactivation_slot == u64::MAX {
        bail!(
            "lookup table {table} is active; run `isobath lookup-table deactivate` first and close it 512 blocks later"
        );
    }
    session
        .send(
            close_lookup_table(&table, &session.authority.pubkey(), &recipient),
            args.wait,
        )
        .await
}

async fn fetch(rpc: &RpcClient, table: &Pubkey) -> anyhow::Result<Vec<u8>> {
    let Some(account) = rpc.account(table).await? else {
        bail!("there is no account at {table}; check the address and `--url`");
    };
    if account.owner != ids::ADDRESS_LOOKUP_TABLE_PROGRAM {
        bail!("account {table} is not a lookup table; create one with `isobath lookup-table create`");
    }
    Ok(account.data)
}

/// Parses account data as a table.
fn parse(table: &Pubkey, bytes: &[u8]) -> anyhow::Result<(LookupTableMeta, Vec<Pubkey>)> {
    let parsed =
        LookupTable::parse(bytes).with_context(|| format!("account {table} is not a lookup table"))?;
    Ok((parsed.meta, parsed.keys.iter().map(|key| Pubkey(*key)).collect()))
}

fn describe(table: &Pubkey, meta: &LookupTableMeta, keys: &[Pubkey]) -> Report {
    let authority = meta
        .authority
        .map_or_else(|| "None (frozen)".to_owned(), |key| key.to_string());
    let deactivation = Some(meta.deactivation_slot).filter(|slot| *slot != u64::MAX);
    let deactivation_text =
        deactivation.map_or_else(|| "None (still active)".to_owned(), |slot| slot.to_string());
    let (extended, entries) = if keys.is_empty() {
        (
            "None (empty)".to_owned(),
            "Address Table Entries: None (empty)".to_owned(),
        )
    } else {
        let lines = keys
            .iter()
            .enumerate()
            .map(|(index, key)| format!("\n  {index:<7}{key}"));
        let entries: String = lines.collect();
        (
            meta.last_extended_slot.to_string(),
            format!("Address Table Entries:\n  Index  Address{entries}"),
        )
    };
    Report {
        text: format!(
            "\nLookup Table Address: {table}\nAuthority: {authority}\nDeactivation Slot: {deactivation_text}\n\
             Last Extended Slot: {extended}\n{entries}"
        ),
        json: json!({
            "lookupTableAddress": table,
            "authority": meta.authority,
            "deactivationSlot": deactivation.unwrap_or(u64::MAX),
            "lastExtendedSlot": meta.last_extended_slot,
            "addresses": keys,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_shown_as_in_the_solana_cli() {
        let (table, key) = (Pubkey([1; 32]), Pubkey([2; 32]));
        let mut meta = LookupTableMeta::new(Some(key));
        let empty = describe(&table, &meta, &[]).text;
        assert!(
            empty.contains("Deactivation Slot: None (still active)"),
            "{empty}"
        );
        assert!(
            empty.ends_with("Last Extended Slot: None (empty)\nAddress Table Entries: None (empty)"),
            "{empty}"
        );
        meta.authority = None;
        meta.last_extended_slot = 9;
        meta.deactivation_slot = 10;
        let full = describe(&table, &meta, &[key, table]).text;
        assert!(
            full.contains("Authority: None (frozen)\nDeactivation Slot: 10\nLast Extended Slot: 9"),
            "{full}"
        );
        assert!(
            full.ends_with(&format!("  Index  Address\n  0      {key}\n  1      {table}")),
            "{full}"
        );
    }
}
