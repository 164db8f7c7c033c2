//! Arguments of the development node.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use isobath_node::{PendingOrder, SLOT_MS_MAX, SLOT_MS_MIN};
use isobath_rpc::Origin;
use isobath_sdk::rules::{Feature, FeatureChoice, Profile};

use crate::limits::LimitArgs;

/// Arguments of `isobath dev`.
#[derive(Debug, Args)]
pub(crate) struct DevArgs {
    /// Ledger folder, created if absent. Keys are written to LEDGER/keys.
    #[arg(long, value_name = "DIR", default_value = "./isobath-ledger")]
    pub(crate) ledger: PathBuf,
    /// Delete the ledger in that folder first, and nothing else.
    #[arg(long)]
    pub(crate) reset: bool,
    /// Genesis of a new ledger, as JSON [default: the development genesis]. An existing ledger keeps its own.
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: Option<PathBuf>,
    /// Features of Solana that are active in a new ledger: those of mainnet-beta, or all that Isobath has [default: those
    /// of the genesis, `mainnet` in the development genesis].
    #[arg(long, value_name = "PROFILE", value_parser = parse_profile)]
    pub(crate) features: Option<Profile>,
    /// Deactivate a feature in a new ledger, by its name or address; repeatable.
    #[arg(long, value_name = "FEATURE", value_parser = Feature::find)]
    pub(crate) deactivate_feature: Vec<Feature>,
    /// Milliseconds per slot, 20 to 60000 [default: slot time of the genesis].
    #[arg(long, value_name = "MS", value_parser = parse_slot_ms)]
    pub(crate) slot_ms: Option<u64>,
    /// Address of this machine to listen on, or a name of one. Anyone who can reach it can use the node, so any but a
    /// loopback address needs a genesis with keys of your own, or --allow-public-keys.
    #[arg(long, visible_alias = "bind", value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_parser = resolve_host)]
    pub(crate) rpc_host: IpAddr,
    /// JSON-RPC port; WebSocket uses the next one. 0 picks a free pair.
    #[arg(long, value_name = "PORT", default_value_t = 8899, value_parser = clap::value_parser!(u16).range(..=65_534))]
    pub(crate) rpc_port: u16,
    /// Listen on any address although the genesis uses development keys, which anyone can derive from the source.
    #[arg(long)]
    pub(crate) allow_public_keys: bool,
    /// Host name under which clients reach the node, besides localhost and loopback addresses; repeatable. Once one is
    /// given, or on a loopback address, requests to other hosts are refused.
    #[arg(long, value_name = "NAME", value_parser = parse_host)]
    pub(crate) allowed_host: Vec<String>,
    /// Origin, such as `https://wallet.example`, whose pages may request airdrops like those on localhost; repeatable.
    /// All other methods are open to pages of every origin.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) cors_origin: Vec<Origin>,
    /// Cost of a block, in units of Solana's cost model and of work [default: by the rules of the genesis, 60000000 or
    /// more].
    #[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) block_max_cost: Option<u64>,
    /// Cost of the transactions of a block that may write one account [default: a quarter of what the rules of the
    /// genesis allow a block].
    #[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) account_max_cost: Option<u64>,
    /// Transactions per block [default: 20000].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) block_max_transactions: Option<u64>,
    /// Order in which pending transactions enter blocks: by fee per unit of cost, by arrival, or in rounds with one
    /// transaction of each payer.
    #[arg(long, value_name = "ORDER", value_enum, default_value_t = OrderArg::Priority)]
    pub(crate) order: OrderArg,
    /// Capacity of the pool of pending transactions [default: 100000].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) pending_max: Option<u64>,
    /// Pending transactions of one payer [default: 4096].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) pending_per_payer: Option<u64>,
    /// Newest blocks that the node serves; older ones are answered as cleaned up, though the ledger keeps them
    /// [default: as many as --history-transactions allows].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) history_blocks: Option<u64>,
    /// Transactions in the served blocks, about 70 bytes of memory each [default: 8388608].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) history_transactions: Option<u64>,
    /// Transaction-address pairs for getSignaturesForAddress, about 120 bytes of memory each [default: 1048576].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) history_addresses: Option<u64>,
    /// Threads that execute a block [default: half of the cores, rounded up].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=62))]
    pub(crate) execution_threads: Option<u8>,
    /// Bytes of what accounts were in earlier blocks that slow reads may keep in memory; past them the oldest read is
    /// answered -32005 and may be tried again [default: 1073741824].
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) held_view_bytes: Option<u64>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// Log level or filter, such as `debug` or `isobath_node=trace` [default: RUST_LOG, else info].
    #[arg(long, value_name = "LEVEL", conflicts_with = "quiet")]
    pub(crate) log: Option<String>,
    /// Only warnings and errors on standard error; no keys, no summaries.
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// The values of `--order`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrderArg {
    Priority,
    Arrival,
    Fair,
}

impl From<OrderArg> for PendingOrder {
    fn from(order: OrderArg) -> Self {
        match order {
            OrderArg::Priority => Self::Priority,
            OrderArg::Arrival => Self::Arrival,
            OrderArg::Fair => Self::Fair,
        }
    }
}

impl DevArgs {
    /// What to change in the features of a new ledger.
    pub(crate) fn features(&self) -> FeatureChoice {
        FeatureChoice {
            profile: self.features,
            deactivated: self.deactivate_feature.clone(),
        }
    }
}

fn parse_profile(text: &str) -> Result<Profile, String> {
    let names = Profile::EVERY.map(Profile::name).join(" or ");
    Profile::named(text).ok_or_else(|| format!("unknown profile; give {names}"))
}

/// Reads an address, or resolves a name; of several addresses the first of IPv4, which all clients reach.
fn resolve_host(text: &str) -> Result<IpAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let cure = "give an address of this machine, such as 127.0.0.1";
    let found = (text, 0).to_socket_addrs();
    let found: Vec<_> = found.map_err(|cause| format!("{cause}; {cure}"))?.collect();
    let address = found.iter().find(|address| address.is_ipv4()).or(found.first());
    address
        .map(SocketAddr::ip)
        .ok_or_else(|| format!("the name has no address; {cure}"))
}

fn parse_slot_ms(text: &str) -> Result<u64, String> {
    let slot_ms: u64 = text.parse().map_err(|error| format!("{error}"))?;
    if slot_ms < SLOT_MS_MIN {
        return Err(format!(
            "slot time must be at least {SLOT_MS_MIN} ms: every block is synced to disk and a blockhash expires after \
             a fixed number of blocks"
        ));
    }
    if slot_ms > SLOT_MS_MAX {
        return Err(format!("slot time must not exceed {SLOT_MS_MAX} ms"));
    }
    Ok(slot_ms)
}

/// A host name or address as in a Host header, without a port.
fn parse_host(text: &str) -> Result<String, String> {
    let is_part = |part: u8| part.is_ascii_alphanumeric() || b"-_.[]:".contains(&part);
    let has_port = !text.starts_with('[') && text.contains(':');
    if text.is_empty() || has_port || !text.bytes().all(is_part) {
        return Err(
            "not a host name; write it without scheme and port, such as node.example, or [fd00::1]"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_without_scheme_and_port() {
        for name in ["node.example", "my_node-1", "10.0.0.7", "[fd00::1]"] {
            assert_eq!(parse_host(name).as_deref(), Ok(name));
        }
        for name in ["", "http://node", "node:8899", "node/x", "*", "fd00::1"] {
            assert!(
                parse_host(name).unwrap_err().contains("scheme and port"),
                "{name}"
            );
        }
    }

    #[test]
    fn every_order_of_the_pool_has_a_value_of_its_name() {
        for order in OrderArg::value_variants() {
            let value = order.to_possible_value().unwrap();
            assert_eq!(PendingOrder::from(*order).name(), value.get_name());
        }
        assert_eq!(PendingOrder::from(OrderArg::Priority), PendingOrder::default());
    }

    #[test]
    fn slot_range_is_enforced_with_a_reason() {
        assert_eq!(parse_slot_ms("20"), Ok(20));
        assert!(parse_slot_ms("19").unwrap_err().contains("synced"));
        assert!(parse_slot_ms("60001").is_err());
        assert!(parse_slot_ms("-1").is_err());
    }

    #[test]
    fn names_of_this_machine_are_resolved() {
        assert_eq!(resolve_host("::1"), Ok("::1".parse().unwrap()));
        assert!(resolve_host("localhost").unwrap().is_loopback());
        assert!(resolve_host("no such name").unwrap_err().contains("127.0.0.1"));
    }
}
