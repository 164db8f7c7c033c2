//! A plain JSON-RPC client over one kept connection.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

/// How long a node may take to answer a call.
const CALL_MAX: Duration = Duration::from_secs(20);

/// Why a call has no result.
#[derive(Debug)]
pub enum CallError {
    /// The node is not there, or went away: whether it did what was asked is not known.
    Gone(io::Error),
    /// The node answered with an error.
    Refused {
        /// Its code.
        code: i64,
        /// Its text.
        message: String,
    },
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(error) => write!(f, "the node is gone: {error}"),
            Self::Refused { code, message } => write!(f, "refused with {code}: {message}"),
        }
    }
}

impl std::error::Error for CallError {}

impl From<io::Error> for CallError {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}

/// A JSON-RPC client over one kept connection.
#[derive(Debug)]
pub struct RpcClient {
    address: String,
    stream: Option<BufReader<TcpStream>>,
}

impl RpcClient {
    /// A client of the node at `address`; connects with the first call.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            stream: None,
        }
    }

    /// The address of the node.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Calls a method; its result.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn call(&mut self, method: &str, params: &Value) -> Result<Value, CallError> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let answer = self.exchange(&body)?;
        let mut answer: Value = serde_json::from_slice(&answer).map_err(io::Error::other)?;
        if let Some(error) = answer.get("error") {
            let message = error["message"].as_str().unwrap_or_default();
            return Err(CallError::Refused {
                code: error["code"].as_i64().unwrap_or_default(),
                message: message.to_owned(),
            });
        }
        Ok(answer["result"].take())
    }

    fn exchange(&mut self, body: &str) -> io::Result<Vec<u8>> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.connect()?,
        };
        let request = format!(
            "POST / HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.get_mut().write_all(request.as_bytes())?;
        let answer = read_answer(&mut stream)?;
        // Kept only after a whole answer; after a failure the next call connects again.
        self.stream = Some(stream);
        Ok(answer)
    }

    fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(CALL_MAX))?;
        stream.set_write_timeout(Some(CALL_MAX))?;
        Ok(BufReader::new(stream))
    }
}

/// Reads the body of one HTTP answer.
fn read_answer(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut len = None;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            len = Some(value.trim().parse::<usize>().map_err(io::Error::other)?);
        }
    }
    let len = len.ok_or_else(|| io::Error::other("an answer without its length"))?;
    let mut body = vec![0; len];
    stream.read_exact(&mut body)?;
    Ok(body)
}
