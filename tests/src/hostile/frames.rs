//! WebSocket, broken: bad handshakes, and frames that no client may send.
//!
//! The node may close such a connection whenever it likes. What it may not do is answer a handshake with a status of
//! 500, or stop serving others; that is seen by the attackers whose requests are well-formed.

use std::io::Read;
use std::time::Duration;

use isobath_testkit::Random;

use super::attacker::Attacker;
use super::http::{HttpAnswer, PATIENCE, send_and_read};
use super::raw_http::check_status;
use super::socket::{GOOD_HEADERS, Socket, TEXT, frame, handshake};
use crate::fuzz_bodies::noise;

/// How long an attack waits for what need not come.
const GLANCE: Duration = Duration::from_millis(50);
/// Frames of one flood.
const FLOOD: usize = 2_000;

const BINARY: u8 = 0x82;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;
const CLOSE: u8 = 0x88;
const FIRST_PART: u8 = 0x01;
const NEXT_PART: u8 = 0x00;

/// Handshakes that are wrong.
const HANDSHAKES: [&str; 14] = [
    "",
    "upgrade: websocket\r\n",
    "connection: upgrade\r\n",
    "upgrade: websocket\r\nconnection: Upgrade\r\n",
    "upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n",
    "upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-key: x\r\nsec-websocket-version: 13\r\n",
    "upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    "upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 12\r\n",
    "upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: -1\r\n",
    "upgrade: h2c\r\nconnection: Upgrade\r\n",
    "upgrade: websocket, h2c\r\nconnection: keep-alive\r\n",
    "upgrade: \u{e9}\r\nconnection: \u{e9}\r\n",
    "upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-key: ====\r\nsec-websocket-version: 13\r\ncontent-length: 5\r\n",
    "upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-extensions: permessage-deflate; x=\"\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n",
];

/// Breaks the protocol in every way, one connection each.
pub fn attack(attacker: &mut Attacker<'_>) {
    while attacker.goes_on() {
        if attacker.random.below(4) == 0 {
            shake_hands_badly(attacker);
        } else {
            send_bad_frames(attacker);
        }
    }
}

fn shake_hands_badly(attacker: &mut Attacker<'_>) {
    let headers = HANDSHAKES[attacker.random.below(HANDSHAKES.len())];
    let mut bytes = handshake(headers);
    match attacker.random.below(6) {
        0 => {
            bytes = handshake(GOOD_HEADERS);
            noise::damage(&mut attacker.random, &mut bytes);
        }
        1 => bytes = [b"POST", &handshake(GOOD_HEADERS)[3..]].concat(),
        2 => {
            bytes = handshake(GOOD_HEADERS);
            bytes.truncate(attacker.random.below(bytes.len()));
        }
        _ => {}
    }
    attacker.count_sent(1);
    match send_and_read(attacker.target.ws, &bytes, 1, GLANCE) {
        Ok(answers) => {
            attacker.count_answered(answers.len() as u64);
            for answer in answers {
                attacker.judge(&bytes, check_handshake(&answer));
            }
        }
        Err(error) => attacker.judge(&bytes, Err(format!("no connection: {error}"))),
    }
}

/// A handshake is accepted or refused; it is no call that succeeds.
fn check_handshake(answer: &HttpAnswer) -> Result<(), String> {
    if answer.status == 200 {
        let body = answer.body.escape_ascii();
        return Err(format!("a handshake answered with status 200: {body}"));
    }
    check_status(answer)
}

fn send_bad_frames(attacker: &mut Attacker<'_>) {
    let Ok(mut socket) = Socket::open(attacker.target.ws, PATIENCE) else {
        attacker.judge(b"a good handshake", Err("no connection".to_owned()));
        return;
    };
    let bytes = bad_frames(&mut attacker.random);
    attacker.count_sent(1);
    if socket.send_raw(&bytes).is_err() {
        return;
    }
    // Read a little and leave: closing at once would hide what the node answers from the node itself.
    let mut glance = Vec::new();
    let stream = socket.into_stream();
    drop(stream.set_read_timeout(Some(GLANCE)));
    drop(stream.take(1 << 16).read_to_end(&mut glance));
    attacker.count_answered(u64::from(!glance.is_empty()));
}

/// Frames of one attack.
fn bad_frames(random: &mut Random) -> Vec<u8> {
    let call = br#"{"jsonrpc":"2.0","id":1,"method":"getSlot"}"#;
    match random.below(16) {
        0 => noise::bytes(random, 2_000),
        1 => unmasked(TEXT, call),
        2 => frame(noise::byte(random), call),
        3 => claimed_length(random),
        4 => frame(PING, &vec![0; 126 + random.below(70_000)]),
        5 => frame(PING & 0x7f, b"a part of a ping"),
        6 => [frame(NEXT_PART, call), frame(TEXT, call)].concat(),
        7 => [frame(FIRST_PART, call), frame(TEXT, call), frame(0x80, b"")].concat(),
        8 => [
            frame(FIRST_PART, b"{"),
            frame(NEXT_PART, b"").repeat(FLOOD),
            frame(0x80, b"}"),
        ]
        .concat(),
        9 => frame(TEXT, b"\xff\xfe{\xc0\x80}"),
        10 => frame(BINARY, &noise::bytes(random, 3_000)),
        11 => frame(CLOSE, &noise::bytes(random, 4)),
        12 => frame(PING, b"flood").repeat(FLOOD),
        13 => frame(PONG, b"nobody asked").repeat(FLOOD),
        14 => frame(TEXT, b"").repeat(FLOOD),
        _ => {
            let mut bytes = [frame(TEXT, call), frame(PING, b"x"), frame(FIRST_PART, call)].concat();
            noise::damage(random, &mut bytes);
            bytes
        }
    }
}

fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).unwrap_or(125);
    [&[first, len & 0x7f], payload].concat()
}

/// A frame that claims to be far longer than anybody will send, and some of it.
fn claimed_length(random: &mut Random) -> Vec<u8> {
    const LENGTHS: [u64; 6] = [0, 131_073, 1 << 31, 1 << 32, i64::MAX as u64, u64::MAX];
    let mut bytes = vec![TEXT, 0xff];
    bytes.extend(LENGTHS[random.below(LENGTHS.len())].to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(vec![b'x'; random.below(300_000)]);
    bytes
}
