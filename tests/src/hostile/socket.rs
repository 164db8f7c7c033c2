//! WebSocket, well-formed: hostile calls in good frames, and floods of subscriptions.
//!
//! Every message is answered, in any order, except calls without an id. So answers are counted: what is owed on a
//! connection has come before the connection is given up.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use super::attacker::Attacker;
use super::calls::{self, Call};
use super::http::{PATIENCE, connect};
use super::oracle::{Owed, check_message};
use super::{bodies, packets};

/// A whole text in one frame.
pub const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0x8a;
/// The longest message that this client takes.
const MESSAGE_BYTES_MAX: u64 = 64 << 20;
/// Messages sent before their answers are read.
const WINDOW: usize = 16;
/// Messages of one connection.
const MESSAGES_PER_CONNECTION: usize = 2_000;
/// Subscriptions asked for on one connection: more than it may have.
const SUBSCRIPTIONS: u64 = 4_200;

/// A WebSocket connection.
#[derive(Debug)]
pub struct Socket {
    reader: BufReader<TcpStream>,
}

/// The bytes of an opening handshake with these headers besides `host`.
#[must_use]
pub fn handshake(headers: &str) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n").into_bytes()
}

/// The headers of a good handshake.
pub const GOOD_HEADERS: &str = "upgrade: websocket\r\nconnection: Upgrade\r\n\
     sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n";

/// A masked frame: `first` is its first byte. The mask is zero, which leaves the payload as it is.
#[must_use]
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    let len = payload.len();
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(short @ 0..126), _) => frame.push(0x80 | short),
        (_, Ok(medium)) => {
            frame.push(0x80 | 126);
            frame.extend(medium.to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

impl Socket {
    /// Connects and shakes hands.
    ///
    /// # Errors
    /// The connection failed, or the node refuses.
    pub fn open(address: SocketAddr, patience: Duration) -> io::Result<Self> {
        let mut stream = connect(address, patience)?;
        stream.write_all(&handshake(GOOD_HEADERS))?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if !line.contains(" 101 ") {
            return Err(io::Error::other(format!("no upgrade: {line}")));
        }
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Self { reader })
    }

    /// The connection itself, for those who stop being polite.
    #[must_use]
    pub fn into_stream(self) -> TcpStream {
        self.reader.into_inner()
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The connection is lost, or the node does not read.
    pub fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// The next text; `None` once the node has closed the connection.
    ///
    /// # Errors
    /// The connection is lost or silent.
    pub fn receive(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let Some((opcode, payload)) = self.receive_frame()? else {
                return Ok(None);
            };
            match opcode {
                CLOSE => return Ok(None),
                PING => self.send_raw(&frame(PONG, &payload))?,
                _ => return Ok(Some(payload)),
            }
        }
    }

    fn receive_frame(&mut self) -> io::Result<Option<(u8, Vec<u8>)>> {
        let mut head = [0; 2];
        match self.reader.read_exact(&mut head) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            result => result?,
        }
        let len = match head[1] {
            126 => u64::from(u16::from_be_bytes(self.receive_bytes()?)),
            127 => u64::from_be_bytes(self.receive_bytes()?),
            short => u64::from(short),
        };
        if len > MESSAGE_BYTES_MAX {
            return Err(io::Error::other("a message that is too long"));
        }
        let mut payload = Vec::new();
        self.reader.by_ref().take(len).read_to_end(&mut payload)?;
        if payload.len() as u64 != len {
            return Ok(None);
        }
        Ok(Some((head[0] & 0x0f, payload)))
    }

    fn receive_bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// A connection and what is still owed on it.
struct Session {
    socket: Socket,
    owed: u64,
}

impl Session {
    fn open(attacker: &Attacker<'_>) -> Option<Self> {
        match Socket::open(attacker.target.ws, PATIENCE) {
            Ok(socket) => Some(Self { socket, owed: 0 }),
            Err(error) => {
                attacker.judge(b"a handshake", Err(error.to_string()));
                None
            }
        }
    }

    /// Sends one message. Whether the connection still stands.
    fn send(&mut self, attacker: &mut Attacker<'_>, call: &Call) -> bool {
        attacker.count_sent(1);
        self.owed += u64::from(call.owed != Owed::Nothing);
        match self.socket.send_raw(&frame(TEXT, &call.bytes)) {
            Ok(()) => true,
            Err(error) => {
                attacker.judge(&call.bytes, Err(format!("not taken: {error}")));
                false
            }
        }
    }

    /// Reads until at most `owed_max` answers are missing; the last of them. `None` when the connection does not stand.
    fn settle(&mut self, attacker: &mut Attacker<'_>, owed_max: u64) -> Option<Vec<u8>> {
        let mut last = Vec::new();
        while self.owed > owed_max {
            match self.socket.receive() {
                Ok(Some(text)) => {
                    let verdict = check_message(&text);
                    if verdict != Ok(false) {
                        self.owed -= 1;
                        attacker.count_answered(1);
                    }
                    attacker.judge(&text, verdict.map(|_| ()));
                    last = text;
                }
                Ok(None) => {
                    attacker.judge(b"", Err(format!("closed with {} answers owed", self.owed)));
                    return None;
                }
                Err(error) => {
                    attacker.judge(b"", Err(format!("{} answers owed: {error}", self.owed)));
                    return None;
                }
            }
        }
        Some(last)
    }
}

/// Hostile calls in good frames.
pub fn attack(attacker: &mut Attacker<'_>) {
    while attacker.goes_on() {
        let Some(mut session) = Session::open(attacker) else {
            return;
        };
        if send_calls(attacker, &mut session).is_none() {
            return;
        }
    }
}

fn send_calls(attacker: &mut Attacker<'_>, session: &mut Session) -> Option<()> {
    for _ in 0..MESSAGES_PER_CONNECTION {
        if !attacker.goes_on() {
            break;
        }
        let call = bodies::draw(&mut attacker.random);
        if !session.send(attacker, &call) {
            return None;
        }
        session.settle(attacker, WINDOW as u64)?;
    }
    session.settle(attacker, 0).map(drop)
}

/// Thousands of subscriptions: more than a connection may have, without and with ending them.
pub fn attack_subscriptions(attacker: &mut Attacker<'_>) {
    let mut ends = false;
    while attacker.goes_on() {
        let Some(mut session) = Session::open(attacker) else {
            return;
        };
        if subscribe_many(attacker, &mut session, ends).is_none() {
            return;
        }
        ends = !ends;
    }
}

fn subscribe_many(attacker: &mut Attacker<'_>, session: &mut Session, ends: bool) -> Option<()> {
    let kinds = ["signature", "account", "slot"];
    for number in 0..SUBSCRIPTIONS {
        if !attacker.goes_on() {
            break;
        }
        // Slots notify everybody at every block; a few of those will do.
        let kind = kinds[attacker.random.below(if number < 50 { 3 } else { 2 })];
        let id = subscribe(attacker, session, kind)?;
        if ends && let Some(id) = id {
            let end = request(&format!("{kind}Unsubscribe"), &json!([id]));
            session.send(attacker, &end).then_some(())?;
        }
        if number % 64 == 0 {
            let unknown = request(
                &format!("{kind}Unsubscribe"),
                &json!([attacker.random.next_u64()]),
            );
            session.send(attacker, &unknown).then_some(())?;
        }
    }
    session.settle(attacker, 0).map(drop)
}

/// Subscribes to something; the id of the subscription, unless the connection has too many.
fn subscribe(attacker: &mut Attacker<'_>, session: &mut Session, kind: &str) -> Option<Option<Value>> {
    let params = match kind {
        "slot" => json!([]),
        "account" => {
            json!([packets::dev(&mut attacker.random).pubkey().to_string(), { "encoding": "base64" }])
        }
        _ => json!([calls::signature(&mut attacker.random).to_string()]),
    };
    session
        .send(attacker, &request(&format!("{kind}Subscribe"), &params))
        .then_some(())?;
    let answer = session.settle(attacker, 0)?;
    let answer: Value = serde_json::from_slice(&answer).ok()?;
    Some(answer.get("result").filter(|result| result.is_u64()).cloned())
}

fn request(method: &str, params: &Value) -> Call {
    Call {
        bytes: json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
            .to_string()
            .into_bytes(),
        owed: Owed::Answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_say_how_long_they_are() {
        for (len, head) in [
            (0, &[0x81, 0x80][..]),
            (125, &[0x81, 0xfd]),
            (126, &[0x81, 0xfe, 0, 126]),
            (65_535, &[0x81, 0xfe, 0xff, 0xff]),
            (65_536, &[0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let bytes = frame(TEXT, &vec![b'x'; len]);
            assert_eq!(&bytes[..head.len()], head);
            assert_eq!(bytes.len(), head.len() + 4 + len);
        }
    }
}
