//! Where the RPC listens and how much it serves at once.
//!
//! Every limit bounds what clients can make the node hold: one connection, one address, or all of them together.
//! [`RpcLimits::default`] fits a development node. `docs/limits.md` lists the limits with their flags;
//! [`LIMITS`](crate::LIMITS) is the same list for programs.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::access::Origin;

/// How the RPC is served.
#[derive(Clone, Debug)]
pub struct RpcConfig {
    /// The address to listen on. The default is the loopback address: the methods carry no authentication.
    pub host: IpAddr,
    /// Port of HTTP; WebSocket listens on the next one. 0 takes any free pair.
    pub port: u16,
    /// Host names that requests may name besides `localhost` and loopback addresses. Hosts are checked on a loopback
    /// address, and on any other once a name is listed here.
    pub allowed_hosts: Vec<String>,
    /// Origins whose pages may call the methods that change state without a signature, besides local ones.
    pub cors_origins: Vec<Origin>,
    /// The most lamports of one `requestAirdrop`.
    pub airdrop_lamports_max: u64,
    /// The bounds on clients.
    pub limits: RpcLimits,
}

impl Default for RpcConfig {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 8899,
            allowed_hosts: Vec::new(),
            cors_origins: Vec::new(),
            airdrop_lamports_max: 1_000_000_000_000_000,
            limits: RpcLimits::default(),
        }
    }
}

impl RpcConfig {
    /// The defaults on another port; 0 takes any free pair.
    #[must_use]
    pub fn on_port(port: u16) -> Self {
        Self {
            port,
            ..Self::default()
        }
    }
}

/// The bounds on clients.
#[derive(Clone, Copy, Debug)]
pub struct RpcLimits {
    /// Bytes of one request body or WebSocket message.
    pub request_bytes_max: u32,
    /// Bytes of one answer, or of all answers to one batch.
    pub response_bytes_max: u32,
    /// Entries of one batch.
    pub batch_entries_max: usize,
    /// Entries of one batch that are executed at the same time. The sweep in `docs/bench.md` shows what fewer would cost.
    pub batch_calls_running_max: usize,
    /// Open connections of each of the two listeners.
    pub connections_max: usize,
    /// Those of one address; an IPv6 network of /64 counts as one address.
    pub connections_per_address_max: usize,
    /// Open connections of each listener beyond these limits. They are answered about health only, unless another
    /// connection has become free by the time of their request.
    pub connections_reserve: usize,
    /// How long such a connection may take for its request.
    pub reserve_time_max: Duration,
    /// Calls of one connection whose answers have not been handed to it yet.
    pub calls_in_flight_max: usize,
    /// Answers and notifications that may be large and are being rendered for, or queued to, one connection; more of
    /// them wait before they are rendered.
    pub large_answers_max: usize,
    /// Bytes of all large answers that are being rendered or have not been read. One address gets at most half.
    pub large_answers_bytes_max: u64,
    /// Bytes of all answers of batches that wait for the rest of their batch or have not been read. One address gets at
    /// most half.
    pub batch_answers_bytes_max: u64,
    /// Bytes of all other answers that have not been read. One address gets at most half.
    pub small_answers_bytes_max: u64,
    /// How long a client may leave a large answer unread while others wait for the room.
    pub unread_max: Duration,
    /// Heavy calls that run at once; 0 for one less than the cores, 1 to 4.
    pub heavy_calls_max: usize,
    /// Heavy calls that wait for their turn.
    pub heavy_queued_max: usize,
    /// Those of one address.
    pub heavy_queued_per_address_max: usize,
    /// Cost of simulations and preflights per second. By default a block of 60 million units every 400 ms.
    pub simulation_units_per_second: u64,
    /// Subscriptions of one WebSocket connection.
    pub subscriptions_max: u32,
    /// Subscriptions of all connections.
    pub subscriptions_sum_max: u32,
    /// Subscriptions of all connections from one address.
    pub subscriptions_per_address_max: u32,
    /// Notifications that one subscription may lag behind before its connection is closed.
    pub notifications_queued_max: usize,
    /// Bytes of the notifications that wait for any subscription, each counted once, before the connections that hold
    /// most are closed. What waits for connections that are being closed may take as much again.
    pub notification_bytes_max: usize,
    /// Messages of one WebSocket connection that are being answered; each KiB of a message counts as one more.
    pub messages_in_flight_max: u32,
    /// Messages waiting to be written to one WebSocket connection before its senders have to wait.
    pub messages_buffered_max: u32,
    /// Notifications that are rendered at the same time.
    pub blocking_calls_max: usize,
    /// How long a connection may neither send nor receive anything before it is closed.
    pub idle_max: Duration,
    /// How long the head of an HTTP request may take since the answer before it, and then its body.
    pub request_time_max: Duration,
    /// How long a client may leave an answer unread before its connection is closed.
    pub write_stall_max: Duration,
    /// How long a subscription waits after its answer before the first notification. A client that registers its
    /// listener only after it has read the answer would lose a notification that comes in the same read.
    pub first_notification_delay: Duration,
}

impl Default for RpcLimits {
    fn default() -> Self {
        Self {
            request_bytes_max: 128 << 10,
            response_bytes_max: 32 << 20,
            batch_entries_max: 512,
            batch_calls_running_max: 64,
            connections_max: 1_024,
            connections_per_address_max: 256,
            connections_reserve: 64,
            reserve_time_max: Duration::from_secs(5),
            calls_in_flight_max: 1_024,
            large_answers_max: 4,
            large_answers_bytes_max: 192 << 20,
            batch_answers_bytes_max: 96 << 20,
            small_answers_bytes_max: 64 << 20,
            unread_max: Duration::from_secs(1),
            heavy_calls_max: 0,
            heavy_queued_max: 1_024,
            heavy_queued_per_address_max: 256,
            simulation_units_per_second: 150_000_000,
            subscriptions_max: 4_096,
            subscriptions_sum_max: 65_536,
            subscriptions_per_address_max: 16_384,
            notifications_queued_max: 1_024,
            notification_bytes_max: 64 << 20,
            messages_in_flight_max: 256,
            messages_buffered_max: 16,
            blocking_calls_max: 4,
            idle_max: Duration::from_secs(120),
            request_time_max: Duration::from_secs(60),
            write_stall_max: Duration::from_secs(30),
            first_notification_delay: Duration::from_millis(15),
        }
    }
}
