//! `isobath ping`: sends small transfers, one after the other, and shows how long each takes to be in a block.
//!
//! Each moves one lamport from the keypair in use to itself, so it costs only the fee. It ends after `--count`
//! transactions or on Ctrl-C, with a summary either way.

use std::time::{Duration, Instant};

use clap::Args;
use isobath_rpc_client::RpcClient;
use isobath_sdk::builtins::compute_budget::set_compute_unit_limit;
use isobath_sdk::{Keypair, Signature, builtins::system};
use serde_json::json;

use crate::context::Context;
use crate::output::{Report, print};
use crate::transaction::send::{Draft, SendArgs};

/// Compute units of a ping without its number, which makes each transaction another one.
const COMPUTE_UNITS: u32 = 1_000;

/// Arguments of `ping`.
#[derive(Debug, Args)]
pub struct PingArgs {
    /// Stop after this many transactions [default: until Ctrl-C].
    #[arg(short, long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// Seconds between two transactions.
    #[arg(short, long, value_name = "SECONDS", default_value_t = 2)]
    interval: u64,
    /// Priority fee, in micro-lamports per compute unit.
    #[arg(long, value_name = "MICRO_LAMPORTS")]
    with_compute_unit_price: Option<u64>,
}

/// The pings so far.
#[derive(Debug, Default)]
struct Pings {
    sent: u32,
    times: Vec<Duration>,
}

/// Runs `ping`.
///
/// # Errors
/// The keypair cannot be read, or standard output cannot be written. A ping that fails is counted as lost.
pub(crate) async fn run(args: &PingArgs, context: &Context) -> anyhow::Result<Report> {
    let rpc = context.rpc()?;
    let payer = context.keypair()?;
    let mut pings = Pings::default();
    tokio::select! {
        result = ping_all(args, &rpc, &payer, context, &mut pings) => result?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(pings.report())
}

async fn ping_all(
    args: &PingArgs,
    rpc: &RpcClient,
    payer: &Keypair,
    context: &Context,
    pings: &mut Pings,
) -> anyhow::Result<()> {
    while args.count.is_none_or(|count| pings.sent < count) {
        if pings.sent > 0 {
            tokio::time::sleep(Duration::from_secs(args.interval)).await;
        }
        let sequence = pings.sent;
        pings.sent = pings.sent.saturating_add(1);
        let begin = Instant::now();
        let result = ping(sequence, args, rpc, payer).await;
        let time = begin.elapsed();
        let line = match &result {
            Ok(signature) => {
                pings.times.push(time);
                format!(
                    "1 lamport transferred: seq={sequence:<3} time={:>4}ms signature={signature}",
                    time.as_millis()
                )
            }
            Err(error) => format!("lost: seq={sequence:<3} error: {error:#}"),
        };
        if context.is_display() {
            print(&line)?;
        }
    }
    Ok(())
}

async fn ping(sequence: u32, args: &PingArgs, rpc: &RpcClient, payer: &Keypair) -> anyhow::Result<Signature> {
    let from = payer.pubkey();
    let units = COMPUTE_UNITS.saturating_add(sequence % 100_000);
    let mut instructions = vec![set_compute_unit_limit(units), system::transfer(&from, &from, 1)];
    let price = args.with_compute_unit_price;
    instructions.extend(price.map(isobath_sdk::builtins::compute_budget::set_compute_unit_price));
    let draft = Draft::new(rpc, &from, &instructions).await?;
    draft.send(rpc, &[payer], SendArgs::default()).await
}

impl Pings {
    fn report(mut self) -> Report {
        let confirmed = self.times.len();
        let lost = usize::try_from(self.sent)
            .unwrap_or(usize::MAX)
            .saturating_sub(confirmed);
        let percent = lost
            .saturating_mul(100)
            .checked_div(usize::try_from(self.sent).unwrap_or(usize::MAX))
            .unwrap_or_default();
        self.times.sort_unstable();
        let mut text = format!(
            "\n{} transactions submitted, {confirmed} transactions confirmed, {percent}% transaction loss",
            self.sent
        );
        let ms = |time: Option<&Duration>| time.map_or(0, Duration::as_millis);
        let (min, max) = (ms(self.times.first()), ms(self.times.last()));
        let median = ms(self.times.get(confirmed / 2));
        if confirmed > 0 {
            text.push_str(&format!(
                "\nconfirmation min/median/max = {min}/{median}/{max} ms"
            ));
        }
        Report {
            text,
            json: json!({
                "submitted": self.sent, "confirmed": confirmed,
                "minMs": min, "medianMs": median, "maxMs": max,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_what_was_lost() {
        let pings = Pings {
            sent: 4,
            times: [30, 10, 20].map(Duration::from_millis).to_vec(),
        };
        let expected = "\n4 transactions submitted, 3 transactions confirmed, 25% transaction loss\n\
                        confirmation min/median/max = 10/20/30 ms";
        assert_eq!(pings.report().text, expected);
        assert!(Pings::default().report().text.contains("0% transaction loss"));
    }
}
