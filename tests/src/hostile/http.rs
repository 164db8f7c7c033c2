//! A plain HTTP client that keeps its connection and sees the bytes of each answer.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer that is owed may take. The machine may be busy with other tests.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// The longest head and body that this client takes.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
}

/// A connection of its own to `address`, with patience in both directions.
///
/// # Errors
/// Whatever the system answers.
pub fn connect(address: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    Ok(stream)
}

/// The bytes of a POST of JSON.
#[must_use]
pub fn post_bytes(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A client of one node.
#[derive(Debug)]
pub struct HttpClient {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl HttpClient {
    /// A client that connects with its first request.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self {
            address,
            stream: None,
        }
    }

    /// Posts a body as JSON and reads the answer.
    ///
    /// # Errors
    /// The connection failed, or was closed before the answer.
    pub fn post(&mut self, body: &[u8]) -> io::Result<HttpAnswer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(connect(self.address, PATIENCE)?),
        };
        // A node that refuses a large body may answer and hang up before it has read all of it.
        let sent = stream.get_mut().write_all(&post_bytes(body));
        let (answer, keeps) = read_answer(&mut stream)?;
        if sent.is_ok() && keeps {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

/// Sends `bytes` on a connection of their own and reads at most `count` answers.
///
/// # Errors
/// The connection could not be made. An answer that breaks off or does not come ends the list.
pub fn send_and_read(
    address: SocketAddr,
    bytes: &[u8],
    count: usize,
    patience: Duration,
) -> io::Result<Vec<HttpAnswer>> {
    let mut stream = connect(address, patience)?;
    // A node that refuses a request may hang up before it has read all of it.
    drop(stream.write_all(bytes));
    let mut stream = BufReader::new(stream);
    let mut answers = Vec::new();
    while answers.len() < count {
        match read_answer(&mut stream) {
            Ok((answer, _)) => answers.push(answer),
            Err(_) => break,
        }
    }
    Ok(answers)
}

/// Reads one answer, past any `100 Continue`; whether the connection stays open after it.
///
/// # Errors
/// The connection was closed or fell silent before its end, or it is not HTTP.
pub fn read_answer(stream: &mut BufReader<TcpStream>) -> io::Result<(HttpAnswer, bool)> {
    loop {
        let (answer, keeps) = read_one(stream)?;
        if answer.status != 100 {
            return Ok((answer, keeps));
        }
    }
}

fn read_one(stream: &mut BufReader<TcpStream>) -> io::Result<(HttpAnswer, bool)> {
    let first = read_line(stream)?;
    let status = first
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1))
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| io::Error::other(format!("not a status line: {first}")))?;
    let (mut len, mut keeps) = (None, true);
    loop {
        let line = read_line(stream)?.to_ascii_lowercase();
        match line.split_once(':').map(|(name, value)| (name, value.trim())) {
            Some(("content-length", value)) => len = value.parse::<usize>().ok(),
            Some(("connection", value)) => keeps = value != "close",
            Some(_) => {}
            None if line.is_empty() => break,
            None => return Err(io::Error::other(format!("not a header: {line}"))),
        }
    }
    let body = read_body(stream, status, len)?;
    Ok((HttpAnswer { status, body }, keeps && len.is_some()))
}

fn read_body(stream: &mut BufReader<TcpStream>, status: u16, len: Option<usize>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    match len {
        _ if status < 200 || status == 204 => {}
        Some(len) if len <= ANSWER_BYTES_MAX => {
            body.resize(len, 0);
            stream.read_exact(&mut body)?;
        }
        Some(_) => return Err(io::Error::other("an answer that is too long")),
        None => {
            stream.take(ANSWER_BYTES_MAX as u64).read_to_end(&mut body)?;
        }
    }
    Ok(body)
}

fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = Vec::new();
    stream.take(1 << 16).read_until(b'\n', &mut line)?;
    if line.last() != Some(&b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}
