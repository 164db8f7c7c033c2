//! What a user types in a terminal: secrets are not shown.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::user::{BINARY, PATIENCE, User};

/// A program in a terminal of its own.
struct Terminal {
    child: Child,
    controller: File,
    shown: String,
}

impl Terminal {
    fn run(user: &User, args: &[&str]) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let controller = openpt(flags | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let terminal = ioctl_tiocgptpeer(&controller, flags | OpenptFlags::CLOEXEC).unwrap();
        let output = || Stdio::from(terminal.try_clone().unwrap());
        // A program asks for secrets on its controlling terminal, which only a leader of a session can get.
        let child = Command::new("setsid")
            .args(["--ctty", "--wait", BINARY])
            .args(args)
            .env("HOME", user.home.path())
            .current_dir(user.home.path())
            .stdin(output())
            .stdout(output())
            .stderr(output())
            .spawn()
            .unwrap();
        Self {
            child,
            controller: File::from(controller),
            shown: String::new(),
        }
    }

    /// Reads until the terminal shows `text`.
    fn wait_for(&mut self, text: &str) {
        let mut bytes = [0; 1024];
        while !self.shown.contains(text) {
            match self.controller.read(&mut bytes) {
                Ok(length) => self.shown.push_str(&String::from_utf8_lossy(&bytes[..length])),
                Err(error) => panic!("{error} after {}", self.shown),
            }
        }
    }

    /// Types a line once the terminal does not show what is typed.
    fn type_secret(&mut self, line: &str) {
        let begun = Instant::now();
        while tcgetattr(self.controller.as_fd())
            .unwrap()
            .local_modes
            .contains(LocalModes::ECHO)
        {
            assert!(
                begun.elapsed() < PATIENCE,
                "what is typed is shown: {}",
                self.shown
            );
            std::thread::sleep(Duration::from_millis(2));
        }
        self.type_line(line);
    }

    fn type_line(&mut self, line: &str) {
        writeln!(self.controller, "{line}").unwrap();
    }
}

#[test]
fn a_typed_phrase_is_not_shown() {
    let user = User::without_node();
    let phrase = "neither lonely flavor argue grass remind eye tag avocado spot unusual intact";
    let address = "5vftMkHL72JaJG6ExQfGAsT2uGVHpRR7oTNUPMs68Y2N";
    let mut terminal = Terminal::run(
        &user,
        &["keygen", "recover", "prompt://?key=0/0", "-o", "id.json"],
    );
    terminal.wait_for("seed phrase: ");
    terminal.type_secret(phrase);
    terminal.wait_for("press ENTER: ");
    terminal.type_secret("");
    terminal.wait_for(&format!("Recovered pubkey `{address}`. Continue? (y/n): "));
    terminal.type_line("y");
    terminal.wait_for("Wrote recovered keypair to id.json");
    assert!(terminal.child.wait().unwrap().success());
    assert!(!terminal.shown.contains("neither"), "{}", terminal.shown);
    assert_eq!(user.ok(&["keygen", "pubkey", "id.json"]).trim(), address);
}

#[test]
fn a_passphrase_is_asked_for_twice_where_there_is_a_terminal() {
    let user = User::without_node();
    let mut terminal = Terminal::run(&user, &["keygen", "new", "-o", "id.json"]);
    terminal.wait_for("BIP39 Passphrase (empty for none): ");
    terminal.type_secret("correct horse");
    terminal.wait_for("Enter same passphrase again: ");
    terminal.type_secret("correct horse");
    terminal.wait_for("Save this seed phrase and your BIP39 passphrase to recover");
    assert!(terminal.child.wait().unwrap().success());
    assert!(!terminal.shown.contains("horse"), "{}", terminal.shown);

    let mut terminal = Terminal::run(&user, &["keygen", "new", "-o", "other.json"]);
    terminal.wait_for("BIP39 Passphrase (empty for none): ");
    terminal.type_secret("correct horse");
    terminal.wait_for("Enter same passphrase again: ");
    terminal.type_secret("correct house");
    terminal.wait_for("the two passphrases differ");
    assert!(!terminal.child.wait().unwrap().success());
    assert!(!user.home.path().join("other.json").exists());
}
