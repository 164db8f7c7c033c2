//! What the crowds do. Each attack goes on until it is stopped and then closes all its connections.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use isobath_sdk::ids;
use isobath_testkit::keys::dev_key;
use serde_json::{Value, json};

use super::scene::Scene;
use crate::hostile::http::{HttpClient, connect, post_bytes};
use crate::hostile::socket::{Socket, TEXT, frame};

/// How long a client of a crowd waits for the system.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the crowds look around.
const TICK: Duration = Duration::from_millis(50);

/// An attack, and how long it may go on: until `stop`.
pub type Attack = fn(&Scene, &AtomicBool);

/// The attacks by name.
pub const ATTACKS: [(&str, Attack); 8] = [
    ("nobody", quiet),
    ("150 clients leave a block unread", unread_blocks),
    ("1024 silent connections", silent),
    ("24 clients read blocks", blocks),
    ("16 clients search history and scan", scans),
    ("8 clients ask for leader schedules", schedules),
    ("256 connections subscribe", subscriptions),
    ("64 program and log subscriptions", programs),
];

fn goes_on(stop: &AtomicBool) -> bool {
    !stop.load(Ordering::Relaxed)
}

fn quiet(_: &Scene, stop: &AtomicBool) {
    while goes_on(stop) {
        thread::sleep(TICK);
    }
}

fn text(method: &str, params: &Value) -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
        .to_string()
        .into_bytes()
}

fn block_call(scene: &Scene) -> Vec<u8> {
    text(
        "getBlock",
        &json!([scene.slot, { "maxSupportedTransactionVersion": 0 }]),
    )
}

/// Opens connections until there are `count`, and opens another for each that the node closes.
fn keep_open(address: SocketAddr, count: usize, first: &[u8], stop: &AtomicBool) {
    let mut open: Vec<TcpStream> = Vec::new();
    while goes_on(stop) {
        open.retain(is_open);
        while open.len() < count && goes_on(stop) {
            let Ok(mut stream) = connect(address, PATIENCE) else {
                break;
            };
            if stream.write_all(first).is_ok() {
                open.push(stream);
            }
        }
        thread::sleep(TICK);
    }
}

/// Whether the node has not closed a connection. Reads nothing of an answer.
fn is_open(stream: &TcpStream) -> bool {
    let mut byte = [0];
    let peeked = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut byte));
    drop(stream.set_nonblocking(false));
    match peeked {
        Ok(count) => count > 0,
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}

fn unread_blocks(scene: &Scene, stop: &AtomicBool) {
    keep_open(scene.target.http, 150, &post_bytes(&block_call(scene)), stop);
}

fn silent(scene: &Scene, stop: &AtomicBool) {
    keep_open(scene.target.http, 1_024, b"", stop);
}

/// More connections than the node may have files, half of them to each port.
pub fn descriptors(scene: &Scene, stop: &AtomicBool) {
    thread::scope(|scope| {
        scope.spawn(|| keep_open(scene.target.ws, 128, b"", stop));
        keep_open(scene.target.http, 128, b"", stop);
    });
}

/// Clients that ask the same calls again and again and read the answers.
fn ask(scene: &Scene, clients: usize, calls: &[Vec<u8>], stop: &AtomicBool) {
    thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| {
                let mut client = HttpClient::new(scene.target.http);
                for call in calls.iter().cycle() {
                    if !goes_on(stop) {
                        return;
                    }
                    if client.post(call).is_err() {
                        thread::sleep(TICK);
                    }
                }
            });
        }
    });
}

fn blocks(scene: &Scene, stop: &AtomicBool) {
    ask(scene, 24, &[block_call(scene)], stop);
}

fn scans(scene: &Scene, stop: &AtomicBool) {
    let calls = [
        text("getSignaturesForAddress", &json!([dev_key(0).pubkey()])),
        text(
            "getProgramAccounts",
            &json!([ids::SYSTEM_PROGRAM, { "filters": [{ "dataSize": 80 }] }]),
        ),
        text("getLargestAccounts", &json!([])),
        text("getBlocks", &json!([0])),
        text("getBlockTime", &json!([scene.slot])),
    ];
    ask(scene, 16, &calls, stop);
}

fn schedules(scene: &Scene, stop: &AtomicBool) {
    let calls = [
        text("getLeaderSchedule", &json!([])),
        text("getSlotLeaders", &json!([1, 5_000])),
    ];
    ask(scene, 8, &calls, stop);
}

/// Connections that subscribe as often as they may and then do nothing.
fn subscriptions(scene: &Scene, stop: &AtomicBool) {
    let mut sockets = Vec::new();
    for number in 0..256_u32 {
        if !goes_on(stop) {
            return;
        }
        // The node refuses connections and subscriptions beyond its limits; then the attack has what it can get.
        let Ok(mut socket) = Socket::open(scene.target.ws, PATIENCE) else {
            thread::sleep(TICK);
            continue;
        };
        let address = dev_key((number % 10) as usize).pubkey();
        let subscribe = frame(TEXT, &text("accountSubscribe", &json!([address])));
        for _ in 0..16 {
            let answers = socket
                .send_raw(&subscribe.repeat(256))
                .and_then(|()| receive(&mut socket, 256));
            if answers.is_err() {
                break;
            }
        }
        sockets.push(socket);
    }
    quiet(scene, stop);
}

fn receive(socket: &mut Socket, count: usize) -> std::io::Result<()> {
    for _ in 0..count {
        socket.receive()?;
    }
    Ok(())
}

/// Subscriptions that cost much for each block, half of which are never read.
fn programs(scene: &Scene, stop: &AtomicBool) {
    thread::scope(|scope| {
        for number in 0..64 {
            scope.spawn(move || {
                let params = json!([ids::SYSTEM_PROGRAM, { "encoding": "base64" }]);
                let subscribe = if number % 2 == 0 {
                    text("programSubscribe", &params)
                } else {
                    text("logsSubscribe", &json!(["all"]))
                };
                while goes_on(stop) {
                    let Ok(mut socket) = Socket::open(scene.target.ws, PATIENCE) else {
                        thread::sleep(TICK);
                        continue;
                    };
                    drop(socket.send_raw(&frame(TEXT, &subscribe)));
                    read_or_not(socket.into_stream(), number % 4 < 2, stop);
                }
            });
        }
    });
}

fn read_or_not(mut stream: TcpStream, reads: bool, stop: &AtomicBool) {
    drop(stream.set_read_timeout(Some(TICK)));
    let mut bytes = vec![0; 1 << 16];
    let begun = Instant::now();
    while goes_on(stop) && begun.elapsed() < PATIENCE {
        if !reads {
            thread::sleep(TICK);
        } else if matches!(stream.read(&mut bytes), Ok(0)) {
            return;
        }
    }
}
