//! Who is admitted, and who gives way.

use std::net::IpAddr;

use super::*;
use crate::counters::RpcCounters;
use crate::limits::peers::Peer;

struct Port {
    connections: Arc<Connections>,
    counters: Arc<RpcCounters>,
    limits: RpcLimits,
}

impl Port {
    /// Four regular connections, three of one address, and a reserve of four, one of one address.
    fn new() -> Self {
        let limits = RpcLimits {
            connections_max: 4,
            connections_per_address_max: 3,
            connections_reserve: 4,
            ..RpcLimits::default()
        };
        let counters = Arc::new(RpcCounters::default());
        let refusals = Arc::new(Refusals::new(Arc::clone(&counters), limits));
        Self {
            connections: Connections::new(limits, refusals),
            counters,
            limits,
        }
    }

    fn open(&self, address: u8) -> (ConnectionHandle, Option<Admission>) {
        let address = PeerAddress::of(IpAddr::from([10, 0, 0, address]));
        let handle = ConnectionHandle::new(&self.limits, Peer::new(address, &self.limits));
        let admission = self.connections.admit(&handle);
        (handle, admission)
    }

    fn admit(&self, address: u8) -> (ConnectionHandle, Admission) {
        let (handle, admission) = self.open(address);
        (handle, admission.expect("there is room"))
    }
}

#[test]
fn one_address_never_takes_the_connections_of_the_others() {
    let port = Port::new();
    let mine: Vec<_> = (0..3).map(|_| port.admit(1)).collect();
    assert!(mine.iter().all(|(_, admission)| admission.is_regular()));
    assert!(!port.admit(1).1.is_regular());
    assert!(port.admit(2).1.is_regular());
}

#[test]
fn a_request_takes_the_place_of_the_oldest_silent_connection() {
    let port = Port::new();
    let silent: Vec<_> = (0..3).map(|_| port.admit(1)).collect();
    let (_, newest) = port.admit(1);
    assert_eq!(newest.serve(), Err(Refusal::ConnectionOfAddress));
    std::thread::sleep(SILENT_MIN);
    assert_eq!(newest.serve(), Ok(()));
    assert!(newest.is_regular());
    let closed: Vec<_> = silent.iter().map(|(handle, _)| handle.is_closed()).collect();
    assert_eq!(closed, [true, false, false]);
    assert_eq!(port.counters.idle_closed.get(), 1);
}

#[test]
fn a_busy_connection_does_not_give_way() {
    let port = Port::new();
    let busy: Vec<_> = (0..3).map(|_| port.admit(1)).collect();
    let _work: Vec<_> = busy.iter().map(|(handle, _)| handle.begin_work()).collect();
    std::thread::sleep(SILENT_MIN);
    let (_, newest) = port.admit(1);
    assert_eq!(newest.serve(), Err(Refusal::ConnectionOfAddress));
    assert_eq!(port.counters.refused_connections_of_address.get(), 1);
    let (_, other) = port.admit(2);
    assert_eq!(other.serve(), Ok(()));
    let (_, third) = port.admit(3);
    assert_eq!(third.serve(), Err(Refusal::ConnectionInSum));
    drop(busy);
    assert_eq!(third.serve(), Ok(()));
}

#[test]
fn the_reserve_takes_the_newest_and_each_address_its_part() {
    let port = Port::new();
    let regular: Vec<_> = [1, 1, 1, 2].map(|address| port.admit(address)).into();
    let (first, _first) = port.admit(1);
    let (second, _second) = port.admit(1);
    assert!(first.is_closed() && !second.is_closed());
    let others: Vec<_> = [3, 4, 5].map(|address| port.admit(address)).into();
    let (newest, _newest) = port.admit(6);
    assert!(second.is_closed() && !newest.is_closed());
    assert!(
        others
            .iter()
            .chain(&regular)
            .all(|(handle, _)| !handle.is_closed())
    );
    // Connections that are asked about health finish first.
    let _work = newest.begin_work();
    assert!(port.open(6).1.is_none());
    assert_eq!(port.counters.refused_reserve.get(), 1);
}

#[test]
fn without_descriptors_nothing_is_added() {
    let port = Port::new();
    port.connections.note_short(true);
    let (_, admission) = port.admit(1);
    assert!(!admission.is_regular());
    assert_eq!(admission.serve(), Err(Refusal::Descriptor));
    port.connections.note_short(false);
    assert_eq!(admission.serve(), Ok(()));
}

#[test]
fn a_dropped_connection_is_forgotten() {
    let port = Port::new();
    for _ in 0..10 {
        assert!(port.admit(1).1.is_regular());
    }
    assert!(port.connections.lock().is_empty());
}
