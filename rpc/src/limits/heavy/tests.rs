//! Turns between clients, and room for answers.

use std::net::IpAddr;

use super::*;
use crate::counters::RpcCounters;
use crate::limits::peers::Peer;

const ANSWER: u64 = 1 << 10;

fn limits() -> RpcLimits {
    RpcLimits {
        response_bytes_max: 1 << 10,
        large_answers_bytes_max: 4 * ANSWER,
        heavy_calls_max: 1,
        heavy_queued_max: 8,
        heavy_queued_per_address_max: 6,
        unread_max: Duration::from_millis(50),
        ..RpcLimits::default()
    }
}

fn calls(limits: &RpcLimits) -> (HeavyCalls, Arc<RpcCounters>) {
    let counters = Arc::new(RpcCounters::default());
    let refusals = Arc::new(Refusals::new(Arc::clone(&counters), *limits));
    (HeavyCalls::new(limits, refusals), counters)
}

fn connection(limits: &RpcLimits, address: u8) -> ConnectionHandle {
    let address = PeerAddress::of(IpAddr::from([10, 0, 0, address]));
    ConnectionHandle::new(limits, Peer::new(address, limits))
}

/// Lets every task run until it waits.
async fn let_others_run() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Queues calls of these connections in order; each sends its connection's name when it has its turn.
async fn queue(
    calls: &HeavyCalls,
    of: &[(char, &ConnectionHandle)],
    order: &tokio::sync::mpsc::UnboundedSender<char>,
) {
    for (name, connection) in of {
        let (calls, name, connection, order) = (calls.clone(), *name, (*connection).clone(), order.clone());
        tokio::spawn(async move {
            let turn = calls.turn(&connection).await.unwrap();
            order.send(name).unwrap();
            drop(turn);
        });
        let_others_run().await;
    }
}

#[tokio::test]
async fn turns_go_round_between_addresses_and_then_between_connections() {
    let limits = limits();
    let (calls, _) = calls(&limits);
    let [a, b] = [(); 2].map(|()| connection(&limits, 1));
    let c = connection(&limits, 2);
    let running = calls.turn(&c).await.unwrap();
    let (sender, mut order) = tokio::sync::mpsc::unbounded_channel();
    let all = [('a', &a), ('a', &a), ('a', &a), ('b', &b), ('c', &c), ('c', &c)];
    queue(&calls, &all, &sender).await;
    drop((running, sender));
    let mut served = String::new();
    while let Some(name) = order.recv().await {
        served.push(name);
    }
    assert_eq!(served, "acbcaa");
    let state = calls.lock();
    assert!(state.addresses.is_empty() && state.waiting.is_empty() && state.bytes == 0);
}

#[tokio::test]
async fn the_queue_is_bounded_in_sum_and_for_each_address() {
    let limits = limits();
    let (calls, _) = calls(&limits);
    let [a, b] = [1, 2].map(|address| connection(&limits, address));
    let running = calls.turn(&a).await.unwrap();
    let waiting: Vec<_> = (0..6).map(|_| calls.enqueue(&a).unwrap()).collect();
    assert_eq!(calls.enqueue(&a).err(), Some(Refusal::HeavyCallOfAddress));
    let others: Vec<_> = (0..2).map(|_| calls.enqueue(&b).unwrap()).collect();
    assert_eq!(calls.enqueue(&b).err(), Some(Refusal::HeavyCall));
    // Callers that go away leave the queue.
    drop((waiting, others));
    assert_eq!(calls.lock().queued, 0);
    drop(running);
    drop(calls.turn(&b).await.unwrap());
}

#[tokio::test]
async fn an_address_gets_half_of_the_room_and_the_others_do_not_wait_for_it() {
    let limits = limits();
    let (calls, _) = calls(&limits);
    let [a, b] = [1, 2].map(|address| connection(&limits, address));
    let mut unread = Vec::new();
    for _ in 0..2 {
        let mut turn = calls.turn(&a).await.unwrap();
        turn.finish(1 << 10);
        unread.push(turn);
    }
    let third = tokio::spawn({
        let (calls, a) = (calls.clone(), a.clone());
        async move { calls.turn(&a).await.map(drop) }
    });
    let_others_run().await;
    assert!(!third.is_finished());
    let mut turn = calls.turn(&b).await.unwrap();
    turn.finish(10);
    assert_eq!(calls.lock().bytes, 2 * ANSWER + 10);
    unread.clear();
    third.await.unwrap().unwrap();
}

#[tokio::test]
async fn who_does_not_read_is_closed_once_others_wait_for_the_room() {
    let limits = limits();
    let (calls, counters) = calls(&limits);
    let lazy = connection(&limits, 1);
    lazy.note_stalled(true);
    let mut unread = Vec::new();
    for _ in 0..2 {
        let mut turn = calls.turn(&lazy).await.unwrap();
        turn.finish(1 << 10);
        unread.push(turn);
    }
    tokio::time::sleep(limits.unread_max).await;
    assert!(!lazy.is_closed(), "nobody waits");
    let reader = connection(&limits, 1);
    let waiting = calls.turn(&reader);
    let release = async {
        while !lazy.is_closed() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        unread.clear();
    };
    let (turn, ()) = tokio::join!(waiting, release);
    drop(turn.unwrap());
    assert!(!reader.is_closed());
    assert_eq!(counters.large_unread_closed.get(), 1);
}
