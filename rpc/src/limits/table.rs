//! The limits of the RPC by name, for command lines and for their page in `docs`.
//!
//! Invariant: every member of [`RpcLimits`] has an entry. A flag, its default and its help come from here and from
//! nowhere else.

use std::time::Duration;

use crate::config::RpcLimits;

/// One limit.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Its name.
    pub name: &'static str,
    /// Its flag without the dashes: `limit-NAME`.
    pub long: &'static str,
    /// What its value counts: `COUNT`, `BYTES`, `MS` or `UNITS` of cost.
    pub unit: &'static str,
    /// What it bounds, in one sentence.
    pub help: &'static str,
    /// The smallest and the largest value.
    pub range: (u64, u64),
    get: fn(&RpcLimits) -> u64,
    set: fn(&mut RpcLimits, u64),
}

impl Limit {
    /// Its value.
    #[must_use]
    pub fn get(&self, limits: &RpcLimits) -> u64 {
        (self.get)(limits)
    }

    /// Sets it; a value outside of its range is moved to the nearest one inside.
    pub fn set(&self, limits: &mut RpcLimits, value: u64) {
        let (least, most) = self.range;
        (self.set)(limits, value.clamp(least, most));
    }

    /// Its flag on the command line.
    #[must_use]
    pub fn flag(&self) -> String {
        format!("--{}", self.long)
    }
}

/// A number as the type of its member.
trait Value: Sized {
    fn to_u64(self) -> u64;
    fn from_u64(value: u64) -> Self;
}

impl Value for u64 {
    fn to_u64(self) -> u64 {
        self
    }
    fn from_u64(value: u64) -> Self {
        value
    }
}

impl Value for u32 {
    fn to_u64(self) -> u64 {
        self.into()
    }
    fn from_u64(value: u64) -> Self {
        value.try_into().unwrap_or(Self::MAX)
    }
}

impl Value for usize {
    fn to_u64(self) -> u64 {
        self.try_into().unwrap_or(u64::MAX)
    }
    fn from_u64(value: u64) -> Self {
        value.try_into().unwrap_or(Self::MAX)
    }
}

impl Value for Duration {
    fn to_u64(self) -> u64 {
        self.as_millis().try_into().unwrap_or(u64::MAX)
    }
    fn from_u64(value: u64) -> Self {
        Self::from_millis(value)
    }
}

macro_rules! limit {
    ($name:literal, $member:ident, $unit:literal, $range:expr, $help:literal) => {
        Limit {
            name: $name,
            long: concat!("limit-", $name),
            unit: $unit,
            help: $help,
            range: $range,
            get: |limits| limits.$member.to_u64(),
            set: |limits, value| limits.$member = Value::from_u64(value),
        }
    };
}

/// A day, as the longest time.
const DAY_MS: u64 = 86_400_000;
/// The largest count.
const MANY: u64 = 1 << 24;

/// The limits of the RPC.
pub const LIMITS: [Limit; 30] = [
    limit!(
        "connections",
        connections_max,
        "COUNT",
        (1, 1 << 20),
        "Connections of each port"
    ),
    limit!(
        "connections-per-address",
        connections_per_address_max,
        "COUNT",
        (1, 1 << 20),
        "Connections of each port from one address (IPv6: one /64 network)"
    ),
    limit!(
        "connections-reserve",
        connections_reserve,
        "COUNT",
        (2, 1 << 20),
        "Connections of each port beyond that, on which only health is answered"
    ),
    limit!(
        "reserve-ms",
        reserve_time_max,
        "MS",
        (1, DAY_MS),
        "How long a connection of the reserve may take for its request"
    ),
    limit!(
        "idle-ms",
        idle_max,
        "MS",
        (1, DAY_MS),
        "How long a connection may neither send nor receive"
    ),
    limit!(
        "request-ms",
        request_time_max,
        "MS",
        (1, DAY_MS),
        "How long the head of a request may take, and then its body"
    ),
    limit!(
        "request-bytes",
        request_bytes_max,
        "BYTES",
        (1 << 10, 1 << 30),
        "A request body or WebSocket message"
    ),
    limit!(
        "batch-entries",
        batch_entries_max,
        "COUNT",
        (1, MANY),
        "Entries of a batch"
    ),
    limit!(
        "batch-calls-running",
        batch_calls_running_max,
        "COUNT",
        (1, MANY),
        "Entries of one batch that are executed at the same time"
    ),
    limit!(
        "calls-in-flight",
        calls_in_flight_max,
        "COUNT",
        (1, MANY),
        "Calls of one connection that are not answered yet"
    ),
    limit!(
        "messages-in-flight",
        messages_in_flight_max,
        "COUNT",
        (1, MANY),
        "Messages of one WebSocket connection that are being answered, each KiB counting as one more"
    ),
    limit!(
        "messages-buffered",
        messages_buffered_max,
        "COUNT",
        (1, MANY),
        "Messages that wait to be written to one WebSocket connection"
    ),
    limit!(
        "response-bytes",
        response_bytes_max,
        "BYTES",
        (1 << 10, 1 << 30),
        "An answer, or all answers of a batch"
    ),
    limit!(
        "large-answers",
        large_answers_max,
        "COUNT",
        (1, MANY),
        "Large answers of one connection that are being rendered or not read yet"
    ),
    limit!(
        "large-answers-bytes",
        large_answers_bytes_max,
        "BYTES",
        (1 << 10, 1 << 40),
        "Large answers of all connections that are being rendered or not read yet; one address gets half"
    ),
    limit!(
        "batch-answers-bytes",
        batch_answers_bytes_max,
        "BYTES",
        (1 << 10, 1 << 40),
        "Answers of all batches that wait for the rest of their batch or are not read yet; one address gets half"
    ),
    limit!(
        "small-answers-bytes",
        small_answers_bytes_max,
        "BYTES",
        (1 << 10, 1 << 40),
        "Small answers of all connections that are not read yet; one address gets half"
    ),
    limit!(
        "unread-ms",
        unread_max,
        "MS",
        (1, DAY_MS),
        "How long a client may leave a large answer unread while others wait for its room"
    ),
    limit!(
        "write-stall-ms",
        write_stall_max,
        "MS",
        (1, DAY_MS),
        "How long a client may leave any answer unread"
    ),
    limit!(
        "heavy-calls",
        heavy_calls_max,
        "COUNT",
        (0, 1 << 10),
        "Heavy calls that run at once; 0 is one less than the cores, 1 to 4"
    ),
    limit!(
        "heavy-queued",
        heavy_queued_max,
        "COUNT",
        (1, MANY),
        "Heavy calls that wait for their turn"
    ),
    limit!(
        "heavy-queued-per-address",
        heavy_queued_per_address_max,
        "COUNT",
        (1, MANY),
        "Heavy calls from one address that wait for their turn"
    ),
    limit!(
        "simulation-units",
        simulation_units_per_second,
        "UNITS",
        (1, 1 << 40),
        "Cost of simulations and preflights per second, in equal shares of the addresses that have some"
    ),
    limit!(
        "subscriptions",
        subscriptions_sum_max,
        "COUNT",
        (1, MANY),
        "Subscriptions of all connections"
    ),
    limit!(
        "subscriptions-per-address",
        subscriptions_per_address_max,
        "COUNT",
        (1, MANY),
        "Subscriptions of all connections from one address"
    ),
    limit!(
        "subscriptions-per-connection",
        subscriptions_max,
        "COUNT",
        (1, MANY),
        "Subscriptions of one connection"
    ),
    limit!(
        "notifications-queued",
        notifications_queued_max,
        "COUNT",
        (1, MANY),
        "Notifications that one subscription may lag behind; for programs and logs, blocks times 16"
    ),
    limit!(
        "notification-bytes",
        notification_bytes_max,
        "BYTES",
        (1 << 10, 1 << 40),
        "Notifications that wait for all subscriptions, each counted once with its account and text; what closed connections still hold may take as much again"
    ),
    limit!(
        "notification-threads",
        blocking_calls_max,
        "COUNT",
        (1, 1 << 10),
        "Notifications that are rendered at once"
    ),
    limit!(
        "first-notification-ms",
        first_notification_delay,
        "MS",
        (0, 60_000),
        "How long a subscription waits after its answer before the first notification"
    ),
];

/// The limit of that name.
pub(crate) fn find(name: &str) -> Option<&'static Limit> {
    static TABLE: [Limit; LIMITS.len()] = LIMITS;
    TABLE.iter().find(|limit| limit.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_set_within_its_range_and_read_back() {
        for limit in &LIMITS {
            let mut limits = RpcLimits::default();
            let (least, most) = limit.range;
            let default = limit.get(&limits);
            assert!((least..=most).contains(&default), "{}: {default}", limit.name);
            for (value, read) in [(least, least), (most, most), (u64::MAX, most)] {
                limit.set(&mut limits, value);
                assert_eq!(limit.get(&limits), read, "{}", limit.name);
            }
        }
    }

    #[test]
    fn every_member_has_one_entry() {
        let shown = format!("{:?}", RpcLimits::default());
        assert_eq!(shown.matches(": ").count(), LIMITS.len());
        for limit in &LIMITS {
            let mut limits = RpcLimits::default();
            let value = if limit.get(&limits) == limit.range.0 {
                limit.range.1
            } else {
                limit.range.0
            };
            limit.set(&mut limits, value);
            let changed = LIMITS
                .iter()
                .filter(|other| other.get(&limits) != other.get(&RpcLimits::default()));
            assert_eq!(changed.map(|other| other.name).collect::<Vec<_>>(), [limit.name]);
        }
    }
}
