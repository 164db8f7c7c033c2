//! The report as text for a terminal: short, aligned, with the next steps.

use std::fmt::Write as _;

use super::{ChainCheck, Conservation, CpuShares, Late, Latency, LatencyFrom, Reopened, Report, SLOTS_MIN};

/// Width of the column of names.
const NAME_WIDTH: usize = 13;

/// Share of the cores that other programs may use before the report warns that its figures are disturbed.
const DISTURBED_SHARE: f64 = 0.1;

/// The whole text, ending in a newline.
pub(crate) fn render(report: &Report) -> String {
    let mut text = format!("\n{}\n\n", headline(report));
    for (name, value) in figures(report) {
        let _infallible = writeln!(text, "  {name:NAME_WIDTH$}{value}");
    }
    text.push_str("\nChecked\n");
    for (holds, what) in checks(report) {
        let verdict = if holds { "ok  " } else { "FAIL" };
        let _infallible = writeln!(text, "  {verdict}  {what}");
    }
    for note in notes(report) {
        let _infallible = write!(text, "\n{note}\n");
    }
    text
}

fn headline(report: &Report) -> String {
    let verdict = match (report.interrupted, report.stalled, report.ok) {
        (true, ..) if !report.checks_hold() => "Interrupted by Ctrl-C; a check FAILED, see below.",
        (true, ..) => "Interrupted by Ctrl-C; every check passed for what was sent.",
        (_, true, _) => "Gave up: confirmations stopped.",
        (_, _, false) => "Run FAILED, see below.",
        (_, _, true) => "Every check passed.",
    };
    match report.command {
        "demo" => format!("Isobath demo: node and load generator on this machine. {verdict}"),
        _ => format!("Isobath load on {}. {verdict}", report.settings.url),
    }
}

/// Name and value of each line.
fn figures(report: &Report) -> Vec<(&'static str, String)> {
    let all = if report.confirmed == report.sent {
        "all"
    } else {
        "not all"
    };
    let mut lines = vec![
        (
            "confirmed",
            format!(
                "{} transfers, {all} of {} sent, in {:.2} s",
                group(report.confirmed),
                group(report.sent),
                report.elapsed_seconds
            ),
        ),
        (
            "throughput",
            format!(
                "{} transactions/s, {} compute units/s",
                round(report.tps),
                round(report.cu_per_second)
            ),
        ),
        (
            "latency",
            report.latency_us.map_or_else(
                || "no transfer was confirmed".to_owned(),
                |latency| latency_line(latency, report.latency_from),
            ),
        ),
    ];
    lines.extend(report.late.map(|late| ("late", late_line(late))));
    lines.extend(failure_lines(report));
    lines.extend(retry_lines(report));
    lines.extend(set_up_lines(report));
    lines
}

/// Retries and missing statuses, if any.
fn retry_lines(report: &Report) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if report.unresolved > 0 {
        lines.push((
            "unresolved",
            format!("{} without a status when the run ended", group(report.unresolved)),
        ));
    }
    if report.resigned > 0 {
        lines.push((
            "re-signed",
            format!("{} times, with a newer blockhash", group(report.resigned)),
        ));
    }
    if report.busy_answers > 0 {
        lines.push((
            "busy",
            format!("{} busy answers, sent again", group(report.busy_answers)),
        ));
    }
    lines
}

/// Load, node and machine.
fn set_up_lines(report: &Report) -> Vec<(&'static str, String)> {
    let settings = &report.settings;
    let rate = settings.rate.map_or_else(String::new, |rate| {
        format!(", at most {} per second", group(rate.into()))
    });
    let load = format!(
        "transfers between {} accounts, at most {} in flight{rate}, seed {}",
        group(settings.accounts),
        group(settings.window.into()),
        report.seed
    );
    let mut lines = vec![("load", load)];
    if let Some(slot_ms) = settings.slot_ms {
        let node =
            format!("{slot_ms} ms slots, every block synced to a real ledger file, JSON-RPC over loopback");
        lines.push(("node", node));
    }
    lines.push(("machine", machine_line(report)));
    if let Some(cpu) = report.cpu {
        lines.push(("CPU", cpu_line(cpu, report.machine.cores)));
    }
    lines
}

fn machine_line(report: &Report) -> String {
    let machine = &report.machine;
    let plural = if machine.cores == 1 { "core" } else { "cores" };
    let shared = if report.command == "demo" {
        ", shared by node and generator"
    } else {
        ""
    };
    format!("{}, {} {plural}{shared}", machine.cpu, machine.cores)
}

/// Microseconds as whole milliseconds.
fn ms(us: u64) -> String {
    group(us.saturating_add(500) / 1_000)
}

fn latency_line(latency: Latency, from: LatencyFrom) -> String {
    let Latency {
        p50,
        p90,
        p99,
        p999,
        max,
    } = latency;
    let from = match from {
        LatencyFrom::Due => "due time",
        LatencyFrom::Sent => "send",
    };
    format!(
        "p50 {} ms, p90 {} ms, p99 {} ms, p99.9 {} ms, max {} ms, {from} to confirmation",
        ms(p50),
        ms(p90),
        ms(p99),
        ms(p999),
        ms(max)
    )
}

fn late_line(late: Late) -> String {
    let unsent = match late.unsent {
        0 => String::new(),
        unsent => format!("; {} due and never sent", group(unsent)),
    };
    if late.transfers == 0 {
        return format!("none: every transfer was sent within 10 ms of its due time{unsent}");
    }
    format!(
        "{} transfers sent after their due time, by {} ms on average, {} ms at most{unsent}",
        group(late.transfers),
        ms(late.mean_us),
        ms(late.max_us)
    )
}

/// The available CPU time: all cores for the whole duration.
#[expect(
    clippy::cast_precision_loss,
    reason = "no machine has more cores than a float counts exactly"
)]
fn capacity_seconds(cpu: CpuShares, cores: usize) -> f64 {
    cpu.wall_seconds * cores as f64
}

fn cpu_line(cpu: CpuShares, cores: usize) -> String {
    format!(
        "node {:.1} s, generator {:.1} s, other programs {:.1} s, of {:.1} s",
        cpu.node_seconds,
        cpu.generator_seconds,
        cpu.elsewhere_seconds,
        capacity_seconds(cpu, cores)
    )
}

fn failure_lines(report: &Report) -> Vec<(&'static str, String)> {
    if report.failures.is_empty() {
        return vec![("failures", "none".to_owned())];
    }
    let mut names = std::iter::once("failures").chain(std::iter::repeat(""));
    report
        .failures
        .iter()
        .map(|(cause, count)| {
            (
                names.next().unwrap_or_default(),
                format!("{} {cause}", group(*count)),
            )
        })
        .collect()
}

/// Each check with its verdict.
fn checks(report: &Report) -> Vec<(bool, String)> {
    let mut lines = vec![accounts_line(report.settings.accounts, report.conservation)];
    lines.extend(report.chain.map(chain_line));
    lines.extend(report.reopened.map(reopened_line));
    lines
}

fn accounts_line(accounts: u64, check: Option<Conservation>) -> (bool, String) {
    let accounts = group(accounts);
    let text = match check {
        None => format!("the {accounts} balances could not be read after the run"),
        Some(check) if check.holds => {
            format!(
                "the {accounts} balances are what the transfers left, and shrank in sum by exactly the fees"
            )
        }
        Some(Conservation {
            wrong_accounts,
            first_wrong: Some(first),
            ..
        }) => format!(
            "{} of the {accounts} accounts do not hold what their transfers left; {} holds {} lamports, expected {}",
            group(wrong_accounts),
            first.address,
            group(first.lamports),
            group(first.expected_lamports)
        ),
        Some(check) => format!(
            "the {accounts} balances sum to {} lamports, expected {}",
            group(check.after_lamports),
            group(check.expected_lamports)
        ),
    };
    (check.is_some_and(|check| check.holds), text)
}

fn chain_line(check: ChainCheck) -> (bool, String) {
    let text = if check.holds {
        "all accounts sum to the capitalization, which is the genesis less the burned fees".to_owned()
    } else {
        format!(
            "all accounts sum to {}, the capitalization is {}, the genesis less the burned fees is {}",
            group(check.sum_lamports),
            group(check.capitalization_lamports),
            group(check.genesis_lamports.saturating_sub(check.burned_lamports))
        )
    };
    (check.holds, text)
}

fn reopened_line(check: Reopened) -> (bool, String) {
    let mut text = format!(
        "after a power loss the ledger ({} blocks, {} MB) holds {} of {} confirmed transfers",
        group(check.blocks),
        group(check.ledger_bytes.div_ceil(1_000_000)),
        group(check.found),
        group(check.looked_up)
    );
    if check.holds {
        text.push_str(" and every balance");
    }
    if check.lost_blocks > 0 {
        let _infallible = write!(text, "; {} published blocks are lost", group(check.lost_blocks));
    }
    if check.wrong_accounts > 0 {
        let _infallible = write!(text, "; {} balances are wrong", group(check.wrong_accounts));
    }
    if !check.lamports_hold {
        text.push_str("; its lamports do not sum to the capitalization");
    }
    (check.holds, text)
}

/// The meaning of the figures and the next steps.
fn notes(report: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(error) = &report.last_error {
        notes.push(format!("Latest connection error: {error}"));
    }
    notes.extend(too_short_note(report));
    let is_disturbed = |cpu: CpuShares| {
        cpu.elsewhere_seconds > capacity_seconds(cpu, report.machine.cores) * DISTURBED_SHARE
    };
    if report.cpu.is_some_and(is_disturbed) {
        notes.push("Other programs used CPU time; measure again on an idle machine.".to_owned());
    }
    notes.push(
        "Timed: first transfer sent to last confirmation, including signing during the run. Not timed: key\n\
         derivation, funding, signing ahead. A transfer is little work: one signature, two accounts, 150\n\
         compute units."
            .to_owned(),
    );
    if report.command == "demo" {
        notes.push(
            "Next:\n\
             \x20 cargo run --release -- dev                       a long-running node on port 8899\n\
             \x20 cargo run --release -p isobath-bench -- client   this load against it, from another terminal"
                .to_owned(),
        );
    }
    notes
}

/// Says that a run was too short, and how to make it longer.
fn too_short_note(report: &Report) -> Option<String> {
    let longer = match report.command {
        "demo" => "--seconds",
        _ => "--txs",
    };
    report.too_short.then(|| {
        format!(
            "Too short: the transfers fell into {} slots. With fewer than {SLOTS_MIN}, the figures depend on how they fell; \
             raise {longer}.",
            report.slots
        )
    })
}

/// Groups digits by three.
fn group(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len().saturating_mul(2));
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A rate as a whole number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are finite and not negative"
)]
fn round(rate: f64) -> String {
    group(rate.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(group(number), text);
        }
        assert_eq!(round(1_999.6), "2,000");
    }

    #[test]
    fn latencies_are_rounded_to_milliseconds() {
        let latency = Latency {
            p50: 1_499,
            p90: 1_500,
            p99: 2_000_000,
            p999: 2_000_400,
            max: 2_000_501,
        };
        assert_eq!(
            latency_line(latency, LatencyFrom::Due),
            "p50 1 ms, p90 2 ms, p99 2,000 ms, p99.9 2,000 ms, max 2,001 ms, due time to confirmation"
        );
    }

    #[test]
    fn what_was_late_is_counted() {
        let late = Late {
            transfers: 1_200,
            mean_us: 40_000,
            max_us: 1_234_000,
            unsent: 0,
        };
        assert_eq!(
            late_line(late),
            "1,200 transfers sent after their due time, by 40 ms on average, 1,234 ms at most"
        );
        let unsent = Late {
            transfers: 0,
            unsent: 5,
            ..late
        };
        assert!(
            late_line(unsent).ends_with("; 5 due and never sent"),
            "{}",
            late_line(unsent)
        );
    }
}
