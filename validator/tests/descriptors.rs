//! A node that may open few files, and more connections than that.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

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
