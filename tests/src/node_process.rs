//! A real node in a process of its own, and a plain JSON-RPC client for it.
//!
//! ```text
//! spawn --> child: dev --ledger DIR --rpc-port 0
//!   stdout --> thread --> Ready: the one line that names the ports
//!   stderr --> thread --> text, read whole when the process has ended
//! ```
//!
//! Invariant: a [`NodeProcess`] that goes out of scope is killed and reaped, whatever the test did.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long a node may take to answer a call.
const CALL_MAX: Duration = Duration::from_secs(20);
/// How often a process is asked whether it has ended.
const POLL: Duration = Duration::from_millis(2);

/// The command that runs `binary` as a development node on `ledger`.
#[must_use]
pub fn dev_command(binary: &str, ledger: &Path, slot_ms: u64) -> Command {
    let mut command = Command::new(binary);
    command
        .args(["dev", "--rpc-port", "0", "--slot-ms"])
        .arg(slot_ms.to_string())
        .arg("--ledger")
        .arg(ledger);
    command
}

/// The same command under a limit on the size of files, in blocks of the shell's `ulimit -f`.
#[must_use]
pub fn with_file_size_limit(command: &Command, blocks: u64) -> Command {
    let mut limited = Command::new("sh");
    limited
        .arg("-c")
        .arg(format!("ulimit -f {blocks} && exec \"$0\" \"$@\""))
        .arg(command.get_program())
        .args(command.get_args());
    limited
}

/// A running node.
#[derive(Debug)]
pub struct NodeProcess {
    child: Child,
    stderr: Option<JoinHandle<String>>,
}

/// The standard output of a node: one line, once it serves.
#[derive(Debug)]
pub struct Ready(Receiver<String>);

/// How a node ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// All that it wrote to standard error.
    pub stderr: String,
}

impl NodeProcess {
    /// Starts a process and the readers of its outputs.
    ///
    /// # Errors
    /// Whatever the system answers.
    pub fn spawn(command: &mut Command) -> io::Result<(Self, Ready)> {
        let mut child = command
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut errors = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let (sender, lines) = channel();
        thread::spawn(move || {
            let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines.try_for_each(|line| sender.send(line))
        });
        let stderr = thread::spawn(move || {
            let mut text = Vec::new();
            // What was written before a failure is worth having.
            drop(errors.read_to_end(&mut text));
            String::from_utf8_lossy(&text).into_owned()
        });
        let process = Self {
            child,
            stderr: Some(stderr),
        };
        Ok((process, Ready(lines)))
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process as a power failure would, with SIGKILL, and reaps it.
    ///
    /// # Errors
    /// Whatever the system answers.
    pub fn kill(mut self) -> io::Result<Ended> {
        self.child.kill()?;
        let status = self.child.wait()?;
        Ok(self.ended(status))
    }

    /// Asks the process to stop, with SIGTERM, and waits for its end.
    ///
    /// # Errors
    /// `TimedOut` after `patience`; else whatever the system answers.
    pub fn stop(self, patience: Duration) -> io::Result<Ended> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", "TERM", &pid]).status()?;
        if !sent.success() {
            return Err(io::Error::other("the signal was not sent"));
        }
        self.wait(patience)
    }

    /// Waits for the end of the process.
    ///
    /// # Errors
    /// `TimedOut` after `patience`; else whatever the system answers.
    pub fn wait(mut self, patience: Duration) -> io::Result<Ended> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(self.ended(status));
            }
            if start.elapsed() > patience {
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(POLL);
        }
    }

    fn ended(&mut self, status: ExitStatus) -> Ended {
        let stderr = self.stderr.take().and_then(|reader| reader.join().ok());
        Ended {
            status,
            stderr: stderr.unwrap_or_default(),
        }
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        // Nearly always the process has ended and was reaped; then both do nothing.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Ready {
    /// Waits for the ready line; a client of the address in it, or `None` when the process ended first.
    ///
    /// # Errors
    /// When the line has not come after `patience`, or is not one.
    pub fn wait(&self, patience: Duration) -> Result<Option<RpcClient>, String> {
        use std::sync::mpsc::RecvTimeoutError;
        match self.0.recv_timeout(patience) {
            Ok(line) => {
                let rest = line.strip_prefix("ready rpc=http://");
                let (address, _) = rest
                    .and_then(|rest| rest.split_once(" ws=ws://"))
                    .ok_or_else(|| format!("not a ready line: {line}"))?;
                Ok(Some(RpcClient::new(address)))
            }
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => Err("the node does not become ready".to_owned()),
        }
    }
}

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
