//! The address that a client is counted by, and what all connections from it have together.
//!
//! One client has a whole /64 network of IPv6, so addresses of one such network count as one. An IPv4 address counts
//! alone, in either notation.
//!
//! Cost: one entry for each address with an open connection.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::config::RpcLimits;
use crate::limits::quota::Quota;

/// Entries after which those of addresses without connections are removed, at least.
const PRUNE_MIN: usize = 64;

/// The address that a client is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PeerAddress(IpAddr);

impl PeerAddress {
    pub(crate) const fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            v4 => v4,
        })
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => v4.fmt(f),
            IpAddr::V6(v6) => write!(f, "{v6}/64"),
        }
    }
}

/// What the connections from one address have together.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) address: PeerAddress,
    /// Subscriptions.
    pub(crate) subscriptions: Arc<Quota>,
    /// Bytes of small answers that it has not read.
    pub(crate) unread_bytes: Arc<Quota>,
}

impl Peer {
    pub(crate) fn new(address: PeerAddress, limits: &RpcLimits) -> Arc<Self> {
        Arc::new(Self {
            address,
            subscriptions: Quota::new(u64::from(limits.subscriptions_per_address_max)),
            // Half of what all may have: one address never takes the room of the others.
            unread_bytes: Quota::new(limits.small_answers_bytes_max / 2),
        })
    }

    /// An address of a test.
    #[cfg(test)]
    pub(crate) fn of_test(limits: &RpcLimits) -> Arc<Self> {
        Self::new(PeerAddress::of(IpAddr::from([127, 0, 0, 1])), limits)
    }
}

/// The addresses with open connections.
#[derive(Debug, Default)]
pub(crate) struct Peers(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    peers: HashMap<PeerAddress, Weak<Peer>>,
    prune_at: usize,
}

impl Peers {
    /// The entry of an address; a new one when it has no connection.
    pub(crate) fn of(&self, address: IpAddr, limits: &RpcLimits) -> Arc<Peer> {
        let address = PeerAddress::of(address);
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = table.peers.get(&address).and_then(Weak::upgrade) {
            return peer;
        }
        if table.peers.len() >= table.prune_at {
            table.peers.retain(|_, peer| peer.strong_count() > 0);
            table.prune_at = table.peers.len().saturating_mul(2).max(PRUNE_MIN);
        }
        let peer = Peer::new(address, limits);
        table.peers.insert(address, Arc::downgrade(&peer));
        peer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        PeerAddress::of(text.parse().unwrap()).to_string()
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        assert_eq!(shown("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(shown("2001:db8:1:2::9"), "2001:db8:1:2::/64");
        assert_eq!(shown("2001:db8:1:3::9"), "2001:db8:1:3::/64");
        assert_eq!(shown("192.0.2.7"), "192.0.2.7");
        assert_eq!(shown("::ffff:192.0.2.7"), "192.0.2.7");
    }

    #[test]
    fn connections_of_one_address_share_an_entry_and_old_entries_go() {
        let (peers, limits) = (Peers::default(), RpcLimits::default());
        let first = peers.of(IpAddr::from([10, 0, 0, 1]), &limits);
        assert!(Arc::ptr_eq(
            &first,
            &peers.of(IpAddr::from([10, 0, 0, 1]), &limits)
        ));
        for number in 0..10_000_u32 {
            drop(peers.of(IpAddr::from(number.to_be_bytes()), &limits));
        }
        let table = peers.0.lock().unwrap();
        assert!(table.peers.len() <= PRUNE_MIN, "{} entries", table.peers.len());
        assert!(table.peers.contains_key(&first.address));
    }
}
