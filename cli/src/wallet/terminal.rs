//! What the user types: secrets, which the terminal does not show, and answers to questions.
//!
//! Where standard input is not a terminal, each is a line of it, and nothing is asked aloud.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use anyhow::{Context, bail};
use zeroize::Zeroizing;

/// Bytes that one secret may have; a keypair in JSON has fewer than 400.
const SECRET_BYTES_MAX: u64 = 16 << 10;

/// Whether there is a terminal to ask at.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal()
}

/// Reads one line that the terminal does not show; `None` at the end of standard input.
///
/// # Errors
/// The terminal or standard input cannot be read.
pub(crate) fn read_secret(prompt: &str) -> anyhow::Result<Option<Zeroizing<String>>> {
    if is_interactive() {
        let typed = rpassword::prompt_password(prompt).context("cannot read from the terminal")?;
        return Ok(Some(Zeroizing::new(typed)));
    }
    let mut line = Zeroizing::new(String::new());
    let mut input = io::stdin().lock().take(SECRET_BYTES_MAX);
    let length = input.read_line(&mut line).context(CANNOT_READ)?;
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok((length > 0).then_some(line))
}

/// Reads standard input to its end, or one line that the terminal does not show.
///
/// # Errors
/// Standard input cannot be read, or is longer than a secret may be.
pub(crate) fn read_all(prompt: &str) -> anyhow::Result<Zeroizing<String>> {
    if is_interactive() {
        return Ok(read_secret(prompt)?.unwrap_or_default());
    }
    let mut text = Zeroizing::new(String::new());
    let mut input = io::stdin().lock().take(SECRET_BYTES_MAX);
    input.read_to_string(&mut text).context(CANNOT_READ)?;
    if input.limit() == 0 {
        bail!("standard input has more than {SECRET_BYTES_MAX} bytes; give it one keypair");
    }
    Ok(text)
}

const CANNOT_READ: &str = "cannot read standard input";

/// Reads a passphrase twice; an empty one is typed once. The end of standard input means none.
///
/// # Errors
/// The two differ, or cannot be read.
pub(crate) fn read_passphrase(prompt: &str) -> anyhow::Result<Zeroizing<String>> {
    let passphrase = read_secret(prompt)?.unwrap_or_default();
    if !passphrase.is_empty()
        && read_secret("Enter same passphrase again: ")?.unwrap_or_default() != passphrase
    {
        bail!("the two passphrases differ; type the same one twice");
    }
    Ok(passphrase)
}

/// Asks a question on standard error; whether the answer was `y`.
///
/// # Errors
/// Standard input cannot be read.
pub(crate) fn confirm(question: &str) -> anyhow::Result<bool> {
    let mut stderr = io::stderr().lock();
    // An unseen question is answered by the end of standard input.
    let end = if is_interactive() { "" } else { "\n" };
    drop(write!(stderr, "{question} (y/n): {end}").and_then(|()| stderr.flush()));
    let mut answer = String::new();
    let mut input = io::stdin().lock().take(SECRET_BYTES_MAX);
    input.read_line(&mut answer).context(CANNOT_READ)?;
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}
