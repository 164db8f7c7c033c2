//! The line that ends a command which fails: `error: cause; cure`.
//!
//! Invariant: every binary of the project reports its failure by this function, so all of them look alike: one line on
//! standard error, with `error:` in red where that is a terminal which shows colours (`NO_COLOR` and `CLICOLOR` are
//! respected), as in the errors of the argument parser.

use std::io::Write;

use anstyle::{AnsiColor, Style};

/// The style of the word `error:`, that of the argument parser.
const ERROR: Style = AnsiColor::Red.on_default().bold();

/// Writes `error: ` and the error with its causes, in one line, to standard error.
pub fn print_error(error: &anyhow::Error) {
    // A closed standard error cannot be reported anywhere.
    drop(writeln!(
        anstream::stderr(),
        "{ERROR}error:{ERROR:#} {}",
        one_line(error)
    ));
}

/// An error and its causes in one line, without causes that the line already contains.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(|cause| cause.to_string().replace('\n', " ")) {
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line.push_str(": ");
            line.push_str(&cause);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn causes_are_named_once() {
        let cause = io::Error::other("the disk is gone");
        let error = anyhow::Error::new(cause)
            .context("cannot write: the disk is gone; buy one")
            .context("cannot start");
        assert_eq!(
            one_line(&error),
            "cannot start: cannot write: the disk is gone; buy one"
        );
    }
}
