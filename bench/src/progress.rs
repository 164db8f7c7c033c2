//! Progress on stderr, only when a person is looking at a terminal.
//!
//! Invariant: nothing is written when stderr is not a terminal, and never anything to stdout.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// What the number of a bar means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// Counts up to a known total.
    Items(u64),
    /// Counts without a known total.
    Open,
}

/// A bar for one phase; it disappears when the phase is over.
pub(crate) fn bar(title: &'static str, length: Length) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match length {
        Length::Items(total) => (
            ProgressBar::new(total),
            "{msg:10} [{bar:30}] {human_pos} of {human_len}  {per_sec}",
        ),
        Length::Open => (
            ProgressBar::new_spinner(),
            "{msg:10} {spinner} {human_pos}  {per_sec}  {elapsed}",
        ),
    };
    let style = ProgressStyle::with_template(template).expect("both templates are constants that parse");
    bar.set_style(style.progress_chars("=> "));
    bar.set_message(title);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_parses() {
        // Under a test runner stderr may be a terminal or not; both ways must work.
        bar("signing", Length::Items(10)).finish_and_clear();
        bar("sending", Length::Open).finish_and_clear();
    }
}
