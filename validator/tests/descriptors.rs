//! A node that may open few files, and more connections than that.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use isobath_testkit::node_process::{NodeProcess, dev_command, with_open_files_limit};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_isobath");
const PATIENCE: Duration = Duration::from_secs(60);
/// About what the node needs for itself, with a few to spare.
const FILES: u64 = 40;

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn health(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = connect(address);
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn health_is_answered_when_no_file_descriptor_is_left() {
    let folder = TempDir::new().unwrap();
    let command = dev_command(BINARY, folder.path(), 50);
    let (node, ready) = NodeProcess::spawn(&mut with_open_files_limit(&command, FILES)).unwrap();
    let addresses = ready.wait(PATIENCE).unwrap().expect("the node starts");
    let silent: Vec<_> = (0..50)
        .flat_map(|_| [connect(addresses.rpc), connect(addresses.ws)])
        .collect();
    for _ in 0..5 {
        // One that is accepted in the same moment as many silent ones may be closed with them.
        let answer = (0..10).find_map(|_| health(addresses.rpc).ok().filter(|text| !text.is_empty()));
        let answer = answer.expect("health is answered");
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok"),
            "{answer}"
        );
    }
    drop(silent);
    let ended = node.stop(PATIENCE).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("fewer open files"), "{}", ended.stderr);
    assert!(ended.stderr.contains("--limit-connections"), "{}", ended.stderr);
}

/// A connection with a subscription, which never gives way. The node may refuse it.
fn subscriber(address: SocketAddr) -> TcpStream {
    let mut stream = connect(address);
    let handshake = "GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
                     sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n";
    let call = br#"{"jsonrpc":"2.0","id":1,"method":"rootSubscribe"}"#;
    // One text frame, whose mask is zero.
    let frame = [
        &[0x81, 0x80 | u8::try_from(call.len()).unwrap(), 0, 0, 0, 0],
        &call[..],
    ]
    .concat();
    stream
        .write_all(&[handshake.as_bytes(), &frame].concat())
        .unwrap();
    stream
}

/// The processor time of a process, in hundredths of a second.
fn cpu_time(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn connections_that_never_give_way_leave_descriptors_for_health() {
    let folder = TempDir::new().unwrap();
    let command = dev_command(BINARY, folder.path(), 400);
    let (node, ready) = NodeProcess::spawn(&mut with_open_files_limit(&command, FILES)).unwrap();
    let addresses = ready.wait(PATIENCE).unwrap().expect("the node starts");
    let subscribers: Vec<_> = (0..100).map(|_| subscriber(addresses.ws)).collect();
    std::thread::sleep(Duration::from_secs(1));
    let (begun, used) = (Instant::now(), cpu_time(node.id()));
    for _ in 0..5 {
        let answer = health(addresses.rpc).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    std::thread::sleep(Duration::from_secs(2));
    let used = cpu_time(node.id()) - used;
    assert!(used < 100, "{used} hundredths of a second in two");
    drop(subscribers);
    let ended = node.stop(PATIENCE).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}
