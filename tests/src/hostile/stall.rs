//! Connections that do not behave: they dribble, fall silent, or send without reading the answers.
//!
//! Their number is bounded here; that the node bounds what each of them makes it hold is what the memory of the
//! process shows.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use super::attacker::Attacker;
use super::http::{connect, post_bytes};
use super::socket::{GOOD_HEADERS, Socket, TEXT, frame, handshake};

/// Connections that dribble at the same time.
const DRIBBLERS: usize = 64;
/// How often each of them sends a byte.
const DRIBBLE: Duration = Duration::from_millis(200);
/// The most that a connection sends without reading.
const UNREAD_BYTES_MAX: usize = 16 << 20;
/// How long it goes on.
const UNREAD_MAX: Duration = Duration::from_millis(500);
/// How long a write may be stuck before the connection is given up.
const STUCK_MAX: Duration = Duration::from_millis(300);

/// One connection that sends a byte now and then.
struct Dribbler {
    stream: TcpStream,
    bytes: Vec<u8>,
    at: usize,
}

/// Keeps connections that send their requests byte by byte, and some that send nothing.
pub fn attack_slowly(attacker: &mut Attacker<'_>) {
    let mut dribblers: Vec<Dribbler> = Vec::new();
    while attacker.goes_on() {
        if dribblers.len() < DRIBBLERS {
            dribblers.extend(open(attacker));
        }
        dribblers.retain_mut(Dribbler::goes_on);
        if attacker.random.below(8) == 0 && !dribblers.is_empty() {
            let at = attacker.random.below(dribblers.len());
            drop(dribblers.swap_remove(at));
        }
        let pause = if dribblers.len() < DRIBBLERS {
            DRIBBLE / 20
        } else {
            DRIBBLE
        };
        thread::sleep(pause);
    }
}

fn open(attacker: &mut Attacker<'_>) -> Option<Dribbler> {
    let (address, bytes) = draw(attacker);
    attacker.count_sent(1);
    match connect(address, STUCK_MAX) {
        Ok(stream) => Some(Dribbler { stream, bytes, at: 0 }),
        Err(error) => {
            attacker.judge(b"", Err(format!("no connection: {error}")));
            None
        }
    }
}

fn draw(attacker: &mut Attacker<'_>) -> (std::net::SocketAddr, Vec<u8>) {
    let target = attacker.target;
    let call = br#"{"jsonrpc":"2.0","id":1,"method":"getHealth"}"#;
    match attacker.random.below(5) {
        // Never says anything.
        0 => (target.http, Vec::new()),
        1 => (target.http, post_bytes(call)),
        // A head without an end.
        2 => (
            target.http,
            b"POST / HTTP/1.1\r\nx: "
                .iter()
                .copied()
                .chain([b'a'; 4_000])
                .collect(),
        ),
        // A body that never ends: one byte of a hundred thousand at a time.
        3 => {
            let mut bytes = post_bytes(&[b' '; 100_000]);
            bytes.truncate(1_000);
            (target.http, bytes)
        }
        _ => {
            let frames = [handshake(GOOD_HEADERS), frame(TEXT, &[b' '; 60_000])].concat();
            (target.ws, frames)
        }
    }
}

impl Dribbler {
    /// Sends the next byte; false once the node has hung up or nothing is left to send.
    fn goes_on(&mut self) -> bool {
        let Some(byte) = self.bytes.get(self.at) else {
            return self.bytes.is_empty();
        };
        self.at += 1;
        self.stream.write_all(&[*byte]).is_ok()
    }
}

/// Sends as much as the node takes without reading one answer. Every kind of piece has its turn, so that a short round
/// makes the node hold the most that each of them can.
pub fn attack_without_reading(attacker: &mut Attacker<'_>) {
    for piece in pieces().iter().cycle() {
        if !attacker.goes_on() {
            return;
        }
        let stream = if piece.is_frame {
            Socket::open(attacker.target.ws, STUCK_MAX * 20).map(Socket::into_stream)
        } else {
            connect(attacker.target.http, STUCK_MAX)
        };
        let Ok(stream) = stream else {
            attacker.judge(b"", Err("no connection".to_owned()));
            return;
        };
        let sent = send_unread(attacker, stream, &piece.bytes);
        attacker.count_sent((sent / piece.bytes.len().max(1)) as u64);
    }
}

/// What is sent again and again.
struct Piece {
    bytes: Vec<u8>,
    is_frame: bool,
}

fn pieces() -> [Piece; 8] {
    let account = br#"{"jsonrpc":"2.0","id":1,"method":"getAccountInfo","params":["SysvarS1otHashes111111111111111111111111111",{"encoding":"base64"}]}"#;
    let slot = br#"{"jsonrpc":"2.0","id":1,"method":"getSlot"}"#;
    let follow = br#"{"jsonrpc":"2.0","id":1,"method":"slotSubscribe"}"#;
    let frames = |bytes: Vec<u8>| Piece {
        bytes,
        is_frame: true,
    };
    let requests = |body: &[u8]| Piece {
        bytes: post_bytes(body),
        is_frame: false,
    };
    [
        frames(frame(TEXT, b"x")),
        frames(frame(TEXT, slot)),
        frames(frame(TEXT, account)),
        frames(frame(TEXT, br#"{"jsonrpc":"2.0","method":"ping"}"#)),
        frames(frame(TEXT, follow)),
        frames(frame(0x89, &[0; 125])),
        requests(slot),
        requests(account),
    ]
}

/// Sends pieces until the node does not take more; how many bytes it took.
fn send_unread(attacker: &Attacker<'_>, mut stream: TcpStream, piece: &[u8]) -> usize {
    let block = piece.repeat((1 << 14) / piece.len().max(1) + 1);
    let begun = Instant::now();
    let mut sent = 0;
    drop(stream.set_write_timeout(Some(STUCK_MAX)));
    while attacker.goes_on() && sent < UNREAD_BYTES_MAX && begun.elapsed() < UNREAD_MAX {
        match stream.write(&block) {
            Ok(count) => sent += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    sent
}
