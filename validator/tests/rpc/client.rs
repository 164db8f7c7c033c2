//! A small HTTP client and a small WebSocket client on std sockets, so that the tests see the raw bytes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

const TIMEOUT: Duration = Duration::from_secs(20);

/// An HTTP answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream.set_write_timeout(Some(TIMEOUT)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Sends one request on a fresh connection.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut stream = connect(address);
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes()).unwrap();
    // A server that refuses a large body may hang up before it has read all of it.
    drop(stream.write_all(body));
    read_answer(stream)
}

/// Sends bytes on a fresh connection and reads one answer.
pub(crate) fn exchange(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = connect(address);
    // A server that refuses a large request may hang up before it has read all of it.
    drop(stream.write_all(bytes));
    read_answer(stream)
}

/// Reads one answer.
pub(crate) fn read_answer(stream: TcpStream) -> Answer {
    let mut reader = BufReader::new(stream);
    let status = read_line(&mut reader)
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .expect("a status line");
    let mut headers = Vec::new();
    loop {
        let line = read_line(&mut reader);
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut body = Vec::new();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok());
    match length {
        Some(length) => {
            body.resize(length, 0);
            reader.read_exact(&mut body).unwrap();
        }
        None => drop(reader.read_to_end(&mut body)),
    }
    Answer {
        status,
        headers,
        body: String::from_utf8(body).unwrap(),
    }
}

fn read_line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// Posts a body as JSON.
pub(crate) fn post(address: SocketAddr, body: &str) -> Answer {
    request(
        address,
        "POST",
        "/",
        &[("content-type", "application/json")],
        body.as_bytes(),
    )
}

/// Calls a method and returns the whole answer.
pub(crate) fn call(address: SocketAddr, method: &str, params: Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let answer = post(address, &body.to_string());
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = answer.json();
    assert_eq!(answer["jsonrpc"], "2.0");
    assert_eq!(answer["id"], 1);
    answer
}

/// A text in one frame. The mask is zero: servers must unmask, but nothing says with what.
pub(crate) fn frame(text: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81];
    match text.len() {
        length @ 0..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..65_536 => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&u64::try_from(length).unwrap().to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(text);
    frame
}

/// A WebSocket connection.
pub(crate) struct WebSocket {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl WebSocket {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let head = format!(
            "GET / HTTP/1.1\r\nhost: {address}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"
        );
        Self::open_with(&head, address)
    }

    /// Opens a connection with this handshake.
    pub(crate) fn open_with(handshake: &str, address: SocketAddr) -> Self {
        let mut writer = connect(address);
        writer.write_all(handshake.as_bytes()).unwrap();
        let mut reader = BufReader::new(writer.try_clone().unwrap());
        assert!(read_line(&mut reader).contains("101"), "no upgrade");
        while !read_line(&mut reader).is_empty() {}
        Self { reader, writer }
    }

    /// Sends a text.
    pub(crate) fn send(&mut self, text: &str) {
        self.writer.write_all(&frame(text.as_bytes())).unwrap();
    }

    /// The connection itself.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.writer
    }

    pub(crate) fn send_call(&mut self, id: u64, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string());
    }

    /// The next text; `None` when the connection is closed.
    pub(crate) fn receive_text(&mut self) -> Option<String> {
        loop {
            let (opcode, payload) = self.receive_frame()?;
            match opcode {
                1 => return Some(String::from_utf8(payload).unwrap()),
                8 => return None,
                _ => {}
            }
        }
    }

    fn receive_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let [first, second] = self.receive_bytes::<2>()?;
        let length = match second {
            126 => u64::from(u16::from_be_bytes(self.receive_bytes()?)),
            127 => u64::from_be_bytes(self.receive_bytes()?),
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.reader.read_exact(&mut payload).ok()?;
        Some((first & 0x0f, payload))
    }

    fn receive_bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    pub(crate) fn receive(&mut self) -> Value {
        let text = self.receive_text().expect("the connection is open");
        serde_json::from_str(&text).unwrap()
    }

    /// Calls a method and returns the answer; notifications that come first are dropped.
    pub(crate) fn call(&mut self, id: u64, method: &str, params: Value) -> Value {
        self.send_call(id, method, params);
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
        }
    }
}
