//! HTTP, broken and half broken: heads, bodies, lengths and chunks that lie, and requests that are right but unusual.
//!
//! What is broken may be refused in any way except with a status of 500; what is right must be answered like any other
//! request, one answer for each.

use std::time::Duration;

use isobath_testkit::Random;

use super::attacker::Attacker;
use super::calls;
use super::http::{HttpAnswer, PATIENCE, post_bytes, send_and_read};
use super::oracle::{Owed, check_http, check_text};
use super::socket::{GOOD_HEADERS, handshake};
use crate::fuzz_bodies::noise;

/// How long an attack waits for what need not come.
const GLANCE: Duration = Duration::from_millis(50);
/// A call that is right.
const CALL: &[u8] = br#"{"jsonrpc":"2.0","id":7,"method":"getHealth"}"#;
/// The most requests sent without waiting for the first answer.
const PIPELINE_MAX: usize = 40;

/// What is sent, and which answers are owed for it.
struct Request {
    bytes: Vec<u8>,
    owed: Vec<Owed>,
}

/// Sends one request or many on connections of their own.
pub fn attack(attacker: &mut Attacker<'_>) {
    while attacker.goes_on() {
        let request = draw(&mut attacker.random);
        attacker.count_sent(request.owed.len().max(1) as u64);
        let (patience, count) = match request.owed.len() {
            0 => (GLANCE, 4),
            owed => (PATIENCE, owed),
        };
        let address = if request.owed.is_empty() && attacker.random.below(4) == 0 {
            attacker.target.ws
        } else {
            attacker.target.http
        };
        match send_and_read(address, &request.bytes, count, patience) {
            Ok(answers) => judge(attacker, &request, &answers),
            Err(error) => attacker.judge(&request.bytes, Err(format!("no connection: {error}"))),
        }
    }
}

fn judge(attacker: &mut Attacker<'_>, request: &Request, answers: &[HttpAnswer]) {
    attacker.count_answered(answers.len() as u64);
    if answers.len() < request.owed.len() {
        let verdict = format!("{} answers of {}", answers.len(), request.owed.len());
        attacker.judge(&request.bytes, Err(verdict));
    }
    for (index, answer) in answers.iter().enumerate() {
        let verdict = match request.owed.get(index) {
            Some(owed) => check_http(owed, answer),
            None => check_status(answer),
        };
        attacker.judge(&request.bytes, verdict);
    }
}

/// Judges an answer to something that is no call: any refusal, or a result in the right form.
///
/// # Errors
/// What is wrong with it.
pub fn check_status(answer: &HttpAnswer) -> Result<(), String> {
    match answer.status {
        200 if answer.body.is_empty() || answer.body == b"ok" => Ok(()),
        200 => check_text(&answer.body).map(drop),
        100..=499 | 501 | 505 => Ok(()),
        status => Err(format!("status {status}")),
    }
}

fn draw(random: &mut Random) -> Request {
    let owed = |bytes, count| Request {
        bytes,
        owed: vec![Owed::Answer; count],
    };
    match random.below(16) {
        0 => owed(noise::bytes(random, 1_000), 0),
        1 => {
            let mut bytes = post_bytes(CALL);
            noise::damage(random, &mut bytes);
            owed(bytes, 0)
        }
        2 => {
            let mut bytes = post_bytes(CALL);
            bytes.truncate(random.below(bytes.len()));
            owed(bytes, 0)
        }
        3 => owed(odd_request_line(random), 0),
        4 => owed(odd_headers(random), 0),
        5 => owed(lying_length(random), 0),
        6 => owed(bad_chunks(random), 0),
        7 => owed(other_protocol(random), 0),
        8 => owed(chunked(random, CALL), 1),
        9 => owed(chunked(random, &vec![b'{'; 200_000]), 1),
        10 => owed(post_bytes(&vec![b'['; 131_073 + random.below(100_000)]), 1),
        11 => owed(declared_too_long(random), 1),
        12 => owed(expecting(), 1),
        _ => pipelined(random),
    }
}

/// Many good requests in one write.
fn pipelined(random: &mut Random) -> Request {
    let (mut bytes, mut owed) = (Vec::new(), Vec::new());
    for _ in 0..=random.below(PIPELINE_MAX) {
        let call = calls::call(random);
        bytes.extend(post_bytes(&call.bytes));
        owed.push(call.owed);
    }
    Request { bytes, owed }
}

fn odd_request_line(random: &mut Random) -> Vec<u8> {
    const LINES: [&str; 22] = [
        "GET / HTTP/1.1",
        "GET /health HTTP/1.1",
        "HEAD /health HTTP/1.1",
        "PUT / HTTP/1.1",
        "DELETE / HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "OPTIONS / HTTP/1.1",
        "TRACE / HTTP/1.1",
        "CONNECT node:443 HTTP/1.1",
        "PATCH //////// HTTP/1.1",
        "POST http://elsewhere.example/ HTTP/1.1",
        "POST /../../etc/passwd HTTP/1.1",
        "POST /%00%ff HTTP/1.1",
        "POST / HTTP/0.9",
        "POST / HTTP/1.0",
        "POST / HTTP/2.0",
        "POST / HTTP/9.9",
        "POST / HTTP/1.1 HTTP/1.1",
        "POST",
        "",
        " POST / HTTP/1.1",
        "P\u{0}ST / HTTP/1.1",
    ];
    let line = match random.below(LINES.len() + 2) {
        at if at < LINES.len() => LINES[at].to_owned(),
        at if at == LINES.len() => format!("POST /{} HTTP/1.1", "a".repeat(70_000 + random.below(400_000))),
        _ => format!("{} / HTTP/1.1", "A".repeat(random.below(100_000))),
    };
    let headers = "host: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n";
    format!("{line}\r\n{headers}\r\n{{}}").into_bytes()
}

fn odd_headers(random: &mut Random) -> Vec<u8> {
    let headers = match random.below(10) {
        0 => format!("x: {}\r\n", "a".repeat(random.below(600_000))),
        1 => "x: y\r\n".repeat(random.below(3_000)),
        2 => format!("{}: y\r\n", "x".repeat(random.below(100_000))),
        3 => "no colon\r\n".to_owned(),
        4 => ": no name\r\n".to_owned(),
        5 => "x: \u{0}\u{1}\u{7f}\r\n".to_owned(),
        6 => "x: y\nz: bare line feeds\n".to_owned(),
        7 => "x:\r\n folded\r\n\tlines\r\n".to_owned(),
        8 => "host: a\r\nhost: b\r\nhost:\r\n".to_owned(),
        _ => "content-type: \u{e9}\r\norigin: \u{202e}\r\naccess-control-request-headers: \r\n".to_owned(),
    };
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    format!("{head}{headers}content-length: 2\r\n\r\n{{}}").into_bytes()
}

/// Lengths that are no lengths, contradict each other, or are not those of the body.
fn lying_length(random: &mut Random) -> Vec<u8> {
    const LENGTHS: [&str; 14] = [
        "content-length: -1",
        "content-length: +2",
        "content-length: 0x10",
        "content-length: 1e3",
        "content-length: 1 2",
        "content-length: ",
        "content-length: 0",
        "content-length: 1000",
        "content-length: 1\r\ncontent-length: 2",
        "content-length: 2, 2",
        "content-length: 2\r\ntransfer-encoding: chunked",
        "content-length: 99999999999999999999999999",
        "transfer-encoding: gzip",
        "transfer-encoding: chunked, chunked",
    ];
    let length = LENGTHS[random.below(LENGTHS.len())];
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    format!("{head}{length}\r\n\r\n{{}}{{}}").into_bytes()
}

const CHUNKED_HEAD: &[u8] =
    b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";

/// A body in chunks of random sizes.
fn chunked(random: &mut Random, body: &[u8]) -> Vec<u8> {
    let mut bytes = CHUNKED_HEAD.to_vec();
    let mut rest = body;
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at((random.below(20_000) + 1).min(rest.len()));
        bytes.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
        rest = after;
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

fn bad_chunks(random: &mut Random) -> Vec<u8> {
    const CHUNKS: [&str; 10] = [
        "g\r\n{}\r\n0\r\n\r\n",
        "-1\r\n{}\r\n0\r\n\r\n",
        "ffffffffffffffff\r\n{}",
        "10000000000000000\r\n{}",
        "2\r\n{}{}{}\r\n0\r\n\r\n",
        "2\r\n{",
        "\r\n\r\n\r\n",
        "2;ext=\"\r\n{}\r\n0\r\n\r\n",
        "0\r\nx\r\n\r\n",
        "000000000000000000000000000000002\r\n{}\r\n0\r\n\r\n",
    ];
    let chunks = match random.below(CHUNKS.len() + 3) {
        at if at < CHUNKS.len() => CHUNKS[at].to_owned(),
        10 => format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(random.below(200_000))),
        11 => format!(
            "2\r\n{{}}\r\n0\r\n{}\r\n",
            "trailer: x\r\n".repeat(random.below(10_000))
        ),
        _ => format!(
            "{}2\r\n{{}}\r\n0\r\n\r\n",
            "1\r\n \r\n".repeat(random.below(2_000))
        ),
    };
    [CHUNKED_HEAD, chunks.as_bytes()].concat()
}

/// A body that says beforehand that it is too long, and comes no further. It can be refused without being read.
fn declared_too_long(random: &mut Random) -> Vec<u8> {
    const LENGTHS: [u64; 6] = [131_073, 1 << 30, 1 << 32, (1 << 32) + 2, 1 << 53, 1 << 62];
    let length = LENGTHS[random.below(LENGTHS.len())];
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    format!("{head}content-length: {length}\r\n\r\n{{").into_bytes()
}

/// A client that would wait for leave to send its body, but does not.
fn expecting() -> Vec<u8> {
    let head =
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nexpect: 100-continue\r\n";
    let length = format!("content-length: {}\r\n\r\n", CALL.len());
    [head.as_bytes(), length.as_bytes(), CALL].concat()
}

/// HTTP/2 without asking, TLS, a WebSocket handshake, and the like.
fn other_protocol(random: &mut Random) -> Vec<u8> {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    match random.below(6) {
        0 => [PREFACE, &noise::bytes(random, 500)].concat(),
        1 => [PREFACE, SETTINGS, &noise::bytes(random, 500)].concat(),
        // A stream opened and reset, again and again.
        2 => [PREFACE, SETTINGS, &reset_streams(200)].concat(),
        3 => [
            &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..],
            &noise::bytes(random, 500),
        ]
        .concat(),
        4 => handshake(GOOD_HEADERS),
        _ => b"\x05\x01\x00SSH-2.0-x\r\n".to_vec(),
    }
}

fn reset_streams(count: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for stream in (1..).step_by(2).take(count as usize) {
        // HEADERS of ":method GET, :path /, :scheme http" from the static table, then RST_STREAM.
        bytes.extend([0, 0, 3, 1, 5]);
        bytes.extend(u32::to_be_bytes(stream));
        bytes.extend([0x82, 0x84, 0x86]);
        bytes.extend([0, 0, 4, 3, 0]);
        bytes.extend(u32::to_be_bytes(stream));
        bytes.extend([0, 0, 0, 8]);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_any_kind_will_do_except_a_status_of_500() {
        let answer = |status, body: &str| HttpAnswer {
            status,
            body: body.as_bytes().to_vec(),
        };
        assert!(check_status(&answer(431, "")).is_ok());
        assert!(check_status(&answer(200, "ok")).is_ok());
        assert!(check_status(&answer(200, "Could not upgrade")).is_err());
        assert!(check_status(&answer(500, "")).is_err());
        assert!(check_status(&answer(503, "")).is_err());
    }
}
