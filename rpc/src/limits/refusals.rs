//! What a limit refused: a counter for each limit, and a log line at most every ten seconds.
//!
//! A client can make the node refuse as often as it likes, so the lines are few: each names the limit, its flag, the
//! address that ran into it last, and how many refusals it stands for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use isobath_node::Counter;

use crate::config::RpcLimits;
use crate::counters::RpcCounters;
use crate::limits::peers::PeerAddress;
use crate::limits::table;

/// The shortest time between two lines about one limit.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// What a limit led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    ConnectionInSum,
    ConnectionOfAddress,
    ConnectionBeyondReserve,
    IdleConnection,
    CallInFlight,
    Batch,
    BatchAnswers,
    HeavyCall,
    HeavyCallOfAddress,
    Simulation,
    SimulationOfAddress,
    LargeAnswerUnread,
    SmallAnswersUnread,
    Subscription,
    SubscriptionOfAddress,
    SubscriptionOfConnection,
    Descriptor,
    RequestBytes,
    RequestTime,
    WriteStall,
    Host,
    Origin,
}

impl Refusal {
    /// What a client reads: the cause, and then the cure.
    pub(crate) fn text(self, limits: &RpcLimits) -> String {
        match self {
            Self::ConnectionInSum => format!(
                "the port has {} connections, the maximum; try again later",
                limits.connections_max
            ),
            Self::ConnectionOfAddress => format!(
                "your address has {} connections to the port, the maximum; close some, or use them for several calls",
                limits.connections_per_address_max
            ),
            Self::Descriptor => "the node has no file descriptor left; try again later".to_owned(),
            Self::CallInFlight => "too many calls in flight on this connection".to_owned(),
            Self::HeavyCall => format!(
                "{} calls of this kind are waiting, the maximum; try again later",
                limits.heavy_queued_max
            ),
            Self::HeavyCallOfAddress => format!(
                "{} calls of this kind from your address are waiting, the maximum; wait for their answers first",
                limits.heavy_queued_per_address_max
            ),
            Self::Simulation => {
                "too many addresses simulate; try again later, or send without preflight".to_owned()
            }
            Self::SimulationOfAddress => format!(
                "the simulations and preflights from your address cost more than its share of {} units per second; try \
                 again later, or send without preflight",
                limits.simulation_units_per_second
            ),
            Self::BatchAnswers => format!(
                "the answers of batches take {} bytes, the maximum, or those of your address half of it, and entries \
                 of this one may have been executed; read them, or send smaller batches",
                limits.batch_answers_bytes_max
            ),
            Self::Subscription => format!(
                "the node has {} subscriptions, the maximum; try again later",
                limits.subscriptions_sum_max
            ),
            Self::SubscriptionOfAddress => format!(
                "your address has {} subscriptions, the maximum; unsubscribe from some",
                limits.subscriptions_per_address_max
            ),
            Self::SubscriptionOfConnection => format!(
                "the connection has {} subscriptions, the maximum",
                limits.subscriptions_max
            ),
            Self::Batch => format!(
                "at most {} entries of a batch are served",
                limits.batch_entries_max
            ),
            Self::ConnectionBeyondReserve
            | Self::IdleConnection
            | Self::LargeAnswerUnread
            | Self::SmallAnswersUnread
            | Self::WriteStall => "the connection is closed".to_owned(),
            Self::RequestBytes => format!("the request has more than {} bytes", limits.request_bytes_max),
            Self::RequestTime => "timed out reading the request".to_owned(),
            Self::Host | Self::Origin => "the request is refused".to_owned(),
        }
    }
}

/// How a refusal is counted and logged.
struct Kind {
    refusal: Refusal,
    /// Its limit in the [table](table::LIMITS); `None` for a limit of the system.
    limit: Option<&'static str>,
    /// The name of its counter.
    counter_name: &'static str,
    counter: fn(&RpcCounters) -> &Counter,
    what: &'static str,
}

macro_rules! kind {
    ($refusal:ident, $limit:expr, $counter:ident, $what:literal) => {
        Kind {
            refusal: Refusal::$refusal,
            limit: $limit,
            counter_name: stringify!($counter),
            counter: |counters| &counters.$counter,
            what: $what,
        }
    };
}

/// All kinds, in the order of [`Refusal`].
const KINDS: [Kind; 22] = [
    kind!(
        ConnectionInSum,
        Some("connections"),
        refused_connections,
        "refused a connection"
    ),
    kind!(
        ConnectionOfAddress,
        Some("connections-per-address"),
        refused_connections_of_address,
        "refused a connection"
    ),
    kind!(
        ConnectionBeyondReserve,
        Some("connections-reserve"),
        refused_reserve,
        "closed a connection unanswered"
    ),
    kind!(
        IdleConnection,
        Some("connections"),
        idle_closed,
        "closed an idle connection to make room"
    ),
    kind!(
        CallInFlight,
        Some("calls-in-flight"),
        refused_busy,
        "refused a call"
    ),
    kind!(Batch, Some("batch-entries"), refused_batches, "refused a batch"),
    kind!(
        BatchAnswers,
        Some("batch-answers-bytes"),
        refused_batch_answers,
        "refused a batch"
    ),
    kind!(
        HeavyCall,
        Some("heavy-queued"),
        refused_heavy,
        "refused a heavy call"
    ),
    kind!(
        HeavyCallOfAddress,
        Some("heavy-queued-per-address"),
        refused_heavy_of_address,
        "refused a heavy call"
    ),
    kind!(
        Simulation,
        Some("simulation-units"),
        refused_simulations,
        "refused a simulation"
    ),
    kind!(
        SimulationOfAddress,
        Some("simulation-units"),
        refused_simulations_of_address,
        "refused a simulation"
    ),
    kind!(
        LargeAnswerUnread,
        Some("unread-ms"),
        large_unread_closed,
        "closed a connection with an unread answer"
    ),
    kind!(
        SmallAnswersUnread,
        Some("small-answers-bytes"),
        small_unread_closed,
        "closed a connection with unread answers"
    ),
    kind!(
        Subscription,
        Some("subscriptions"),
        refused_subscriptions,
        "refused a subscription"
    ),
    kind!(
        SubscriptionOfAddress,
        Some("subscriptions-per-address"),
        refused_subscriptions_of_address,
        "refused a subscription"
    ),
    kind!(
        SubscriptionOfConnection,
        Some("subscriptions-per-connection"),
        refused_subscriptions_of_connection,
        "refused a subscription"
    ),
    kind!(
        Descriptor,
        None,
        accept_failures,
        "cannot accept a connection for want of file descriptors; raise `ulimit -n`"
    ),
    kind!(
        RequestBytes,
        Some("request-bytes"),
        refused_request_bytes,
        "refused a request that is too large"
    ),
    kind!(
        RequestTime,
        Some("request-ms"),
        refused_request_time,
        "refused a request that did not arrive in time"
    ),
    kind!(
        WriteStall,
        Some("write-stall-ms"),
        stalled_closed,
        "closed a connection that does not read"
    ),
    kind!(
        Host,
        None,
        refused_hosts,
        "refused a request that names another host; see --allowed-host"
    ),
    kind!(
        Origin,
        None,
        refused_origins,
        "refused a call of a page of a foreign origin; see --cors-origin"
    ),
];

/// The counters of what a limit refused, as the members of [`RpcCounters`] are named.
#[must_use]
pub fn counters_of(limit: &table::Limit) -> Vec<&'static str> {
    let kinds = KINDS.iter().filter(|kind| kind.limit == Some(limit.name));
    kinds.map(|kind| kind.counter_name).collect()
}

/// When a kind was logged last, and what happened since.
#[derive(Debug, Default)]
struct Noted {
    /// Milliseconds since the start, and one; 0 before the first line.
    logged_at: AtomicU64,
    unlogged: AtomicU64,
}

/// Counts and logs refusals.
#[derive(Debug)]
pub(crate) struct Refusals {
    counters: Arc<RpcCounters>,
    limits: RpcLimits,
    start: Instant,
    noted: [Noted; KINDS.len()],
}

impl Refusals {
    pub(crate) fn new(counters: Arc<RpcCounters>, limits: RpcLimits) -> Self {
        Self {
            counters,
            limits,
            start: Instant::now(),
            noted: Default::default(),
        }
    }

    /// The counters.
    pub(crate) fn counters(&self) -> Arc<RpcCounters> {
        Arc::clone(&self.counters)
    }

    /// Counts a refusal; logs it when the last line is old enough.
    pub(crate) fn note(&self, refusal: Refusal, peer: PeerAddress) {
        let Some((kind, noted)) = KINDS
            .iter()
            .zip(&self.noted)
            .find(|(kind, _)| kind.refusal == refusal)
        else {
            return;
        };
        (kind.counter)(&self.counters).increment();
        if let Some(count) = self.to_log(noted) {
            let limit = kind.limit.and_then(table::find);
            let max = limit.map(|limit| limit.get(&self.limits));
            let flag = limit.map(|limit| limit.flag());
            tracing::warn!(%peer, max, flag, count, "{}", kind.what);
        }
    }

    /// How many refusals a line stands for, if one is due.
    fn to_log(&self, noted: &Noted) -> Option<u64> {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let now = now.saturating_add(1);
        let last = noted.logged_at.load(Ordering::Acquire);
        let every = u64::try_from(LOG_EVERY.as_millis()).unwrap_or(u64::MAX);
        let is_due = last == 0 || now.saturating_sub(last) >= every;
        let is_mine = is_due
            && noted
                .logged_at
                .compare_exchange(last, now, Ordering::AcqRel, Ordering::Acquire)
                .is_ok();
        if !is_mine {
            noted.unlogged.fetch_add(1, Ordering::AcqRel);
            return None;
        }
        Some(noted.unlogged.swap(0, Ordering::AcqRel).saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn every_refusal_is_counted_and_few_are_logged() {
        let counters = Arc::new(RpcCounters::default());
        let refusals = Refusals::new(Arc::clone(&counters), RpcLimits::default());
        let peer = PeerAddress::of(IpAddr::from([10, 0, 0, 1]));
        for kind in &KINDS {
            for _ in 0..3 {
                refusals.note(kind.refusal, peer);
            }
            assert_eq!((kind.counter)(&counters).get(), 3, "{}", kind.counter_name);
        }
        assert!(
            refusals
                .noted
                .iter()
                .all(|noted| noted.unlogged.load(Ordering::Acquire) == 2)
        );
    }

    #[test]
    fn a_refusal_names_a_limit_that_exists() {
        for kind in &KINDS {
            assert!(
                kind.limit.is_none_or(|name| table::find(name).is_some()),
                "{}",
                kind.what
            );
        }
    }
}
