//! A node, and a user with a home folder who runs the binary.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use isobath_sdk::Pubkey;
use isobath_testkit::node_process::{NodeProcess, dev_command};
use serde_json::Value;
use tempfile::TempDir;

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_isobath");

/// How long a node may take to start.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A node, ended with the test.
pub(crate) struct Node {
    _process: NodeProcess,
    pub(crate) url: String,
    pub(crate) ledger: TempDir,
}

impl Node {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(args: &[&str]) -> Self {
        let ledger = tempfile::tempdir().unwrap();
        let mut command = dev_command(BINARY, ledger.path(), 20);
        command.arg("--quiet").args(args);
        let (process, ready) = NodeProcess::spawn(&mut command).unwrap();
        let addresses = ready.wait(PATIENCE).unwrap().expect("the node starts");
        Self {
            _process: process,
            url: format!("http://{}", addresses.rpc),
            ledger,
        }
    }

    pub(crate) fn key_file(&self, index: usize) -> PathBuf {
        self.ledger.path().join(format!("keys/dev-{index}.json"))
    }
}

/// A user with a home folder, and an address of a node if there is one.
pub(crate) struct User {
    pub(crate) home: TempDir,
    pub(crate) url: Option<String>,
}

impl User {
    pub(crate) fn of(node: &Node) -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            url: Some(node.url.clone()),
        }
    }

    pub(crate) fn without_node() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            url: None,
        }
    }

    /// The command that runs the binary in the home folder, with nothing else in its environment.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .env_clear()
            .env("HOME", self.home.path())
            .current_dir(self.home.path());
        if let Some(url) = &self.url {
            command.args(["--url", url]);
        }
        command.args(args).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command that reads `input`.
    pub(crate) fn run_with(&self, input: &str, args: &[&str]) -> Output {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that does not read all of it closes the pipe.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        child.wait_with_output().unwrap()
    }

    /// Standard output of a command that reads `input` and works.
    pub(crate) fn ok_with(&self, input: &str, args: &[&str]) -> String {
        let output = self.run_with(input, args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{args:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The last line that a command which reads `input` and fails writes.
    pub(crate) fn fails_with(&self, input: &str, args: &[&str]) -> String {
        let output = self.run_with(input, args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        stderr.lines().last().unwrap().to_owned()
    }

    /// Standard output of a command that works.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{args:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let text = self.ok(&[args, &["--output", "json-compact"]].concat());
        assert_eq!(text.lines().count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The one line that a command which fails writes.
    pub(crate) fn fails(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        let line = stderr.trim_end().to_owned();
        assert!(line.starts_with("error: "), "{line}");
        line
    }

    pub(crate) fn balance(&self, address: &Pubkey) -> u64 {
        let address = address.to_string();
        self.json(&["balance", &address])["lamports"].as_u64().unwrap()
    }

    /// Makes the default key and funds it.
    pub(crate) fn with_funds(self, sol: &str) -> Self {
        self.ok(&["keygen", "new"]);
        self.ok(&["airdrop", sol]);
        self
    }

    pub(crate) fn pubkey(&self) -> Pubkey {
        self.ok(&["address"]).trim().parse().unwrap()
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
