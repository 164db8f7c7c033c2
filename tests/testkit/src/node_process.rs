//! A real node in a process of its own.
//!
//! ```text
//! spawn --> child: dev --ledger DIR --rpc-port 0
//!   stdout --> thread --> Ready: the one line that names the ports
//!   stderr --> thread --> log: searched while the process runs, read whole when it has ended
//! ```
//!
//! Invariant: a [`NodeProcess`] that goes out of scope is killed and reaped, whatever the test did.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

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

/// The same command with the usual effect of SIGHUP, even if the tests themselves were started to outlive a terminal.
#[must_use]
pub fn with_default_hangup(command: &Command) -> Command {
    let mut reset = Command::new("env");
    reset
        .arg("--default-signal=HUP")
        .arg(command.get_program())
        .args(command.get_args());
    reset
}

/// The same command under a limit on the size of files, in blocks of the shell's `ulimit -f`.
#[must_use]
pub fn with_file_size_limit(command: &Command, blocks: u64) -> Command {
    with_limit(command, 'f', blocks)
}

/// The same command under a limit on the number of open files.
#[must_use]
pub fn with_open_files_limit(command: &Command, files: u64) -> Command {
    with_limit(command, 'n', files)
}

fn with_limit(command: &Command, flag: char, limit: u64) -> Command {
    let mut limited = Command::new("sh");
    limited
        .arg("-c")
        .arg(format!("ulimit -{flag} {limit} && exec \"$0\" \"$@\""))
        .arg(command.get_program())
        .args(command.get_args());
    limited
}

/// A running node.
#[derive(Debug)]
pub struct NodeProcess {
    child: Child,
    stderr: Option<JoinHandle<()>>,
    log: Arc<Mutex<String>>,
}

/// The standard output of a node: one line, once it serves.
#[derive(Debug)]
pub struct Ready(Receiver<String>);

/// Where a node serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// JSON-RPC over HTTP.
    pub rpc: SocketAddr,
    /// WebSocket.
    pub ws: SocketAddr,
}

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
        let errors = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let (sender, lines) = channel();
        thread::spawn(move || {
            let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines.try_for_each(|line| sender.send(line))
        });
        let log = Arc::<Mutex<String>>::default();
        let written = Arc::clone(&log);
        let stderr = thread::spawn(move || {
            let mut errors = BufReader::new(errors);
            let mut line = Vec::new();
            while errors.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                lock(&written).push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        let process = Self {
            child,
            stderr: Some(stderr),
            log,
        };
        Ok((process, Ready(lines)))
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line on standard error that contains `text`; returns the first one.
    ///
    /// # Errors
    /// `TimedOut` after `patience`, with all that was written.
    pub fn wait_for_log(&self, text: &str, patience: Duration) -> io::Result<String> {
        let start = Instant::now();
        loop {
            let log = lock(&self.log).clone();
            if let Some(line) = log.lines().find(|line| line.contains(text)) {
                return Ok(line.to_owned());
            }
            if start.elapsed() > patience {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("no {text:?} in:\n{log}"),
                ));
            }
            thread::sleep(POLL);
        }
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

    /// Sends the process a signal, e.g. `TERM`.
    ///
    /// # Errors
    /// When the signal is not sent.
    pub fn signal(&self, name: &str) -> io::Result<()> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status()?;
        if sent.success() {
            Ok(())
        } else {
            Err(io::Error::other("the signal was not sent"))
        }
    }

    /// Asks the process to stop, with SIGTERM, and waits for its end.
    ///
    /// # Errors
    /// `TimedOut` after `patience`; else whatever the system answers.
    pub fn stop(self, patience: Duration) -> io::Result<Ended> {
        self.signal("TERM")?;
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
        // What was written before a failure is worth having.
        drop(self.stderr.take().map(JoinHandle::join));
        Ended {
            status,
            stderr: lock(&self.log).clone(),
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
    /// Waits for the ready line; `None` when the process ended first.
    ///
    /// # Errors
    /// When the line has not come after `patience`, or is not one.
    pub fn wait(&self, patience: Duration) -> Result<Option<Addresses>, String> {
        match self.0.recv_timeout(patience) {
            Ok(line) => match addresses(&line) {
                Some(addresses) => Ok(Some(addresses)),
                None => Err(format!("not a ready line: {line}")),
            },
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => Err("the node does not become ready".to_owned()),
        }
    }

    /// The lines that were not waited for, once the process has ended.
    #[must_use]
    pub fn rest(self) -> Vec<String> {
        self.0.into_iter().collect()
    }
}

fn lock(log: &Mutex<String>) -> MutexGuard<'_, String> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The addresses in `ready rpc=http://ADDRESS ws=ws://ADDRESS`.
fn addresses(line: &str) -> Option<Addresses> {
    let (rpc, ws) = line.strip_prefix("ready rpc=http://")?.split_once(" ws=ws://")?;
    Some(Addresses {
        rpc: rpc.parse().ok()?,
        ws: ws.parse().ok()?,
    })
}
