//! Progress bars and notes on stderr.
//!
//! Invariants: bars are drawn on a terminal alone, and nothing ever goes to stdout. One phase is shown at a time, and
//! its bar disappears with it; whatever else goes to stderr meanwhile (notes, warnings of the libraries) is written
//! above the bar, so that no piece of a bar is left behind.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::LazyLock;
use std::time::Duration;

use indicatif::{
    HumanCount, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressState, ProgressStyle,
};

/// Width of a bar in characters.
const BAR_WIDTH: u128 = 30;

/// The bars that are shown.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// The length of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// Counts up to a known total.
    Items(u64),
    /// Counts for a known time.
    Time(Duration),
}

/// A bar for one phase; it disappears when the phase is over.
pub(crate) fn bar(title: &'static str, length: Length) -> ProgressBar {
    let bar = hidden_bar(title, length);
    show(&bar);
    bar
}

/// A bar for a phase that has not begun.
pub(crate) fn hidden_bar(title: &'static str, length: Length) -> ProgressBar {
    bar_on(ProgressDrawTarget::hidden(), title, length)
}

/// Shows a hidden bar from now on, if there is a terminal.
pub(crate) fn show(bar: &ProgressBar) {
    if !io::stderr().is_terminal() {
        return;
    }
    let shown = BARS.add(bar.clone());
    shown.reset();
    shown.enable_steady_tick(Duration::from_millis(100));
}

/// Writes a line to stderr, above the bar.
pub(crate) fn note(text: &str) {
    BARS.suspend(|| eprintln!("{text}"));
}

/// Writes to stderr, above the bar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        BARS.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn bar_on(target: ProgressDrawTarget, title: &'static str, length: Length) -> ProgressBar {
    let (total, template) = match length {
        Length::Items(total) => (
            Some(total),
            "{msg:8} [{bar:30}] {human_pos} of {human_len}  {rate}",
        ),
        Length::Time(_) => (None, "{msg:8} {time}  {human_pos} confirmed  {rate}"),
    };
    let time = match length {
        Length::Items(_) => Duration::ZERO,
        Length::Time(time) => time,
    };
    let style = ProgressStyle::with_template(template)
        .expect("both templates are constants that parse")
        .with_key("rate", write_rate)
        .with_key("time", move |state: &ProgressState, out: &mut dyn fmt::Write| {
            write_time(state.elapsed(), time, out);
        })
        .progress_chars("=> ");
    let bar = ProgressBar::with_draw_target(total, target)
        .with_style(style)
        .with_finish(ProgressFinish::AndClear);
    bar.set_message(title);
    bar
}

/// The rate as a whole number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are finite and not negative"
)]
fn write_rate(state: &ProgressState, out: &mut dyn fmt::Write) {
    // A failed write leaves a bar incomplete until it is drawn again.
    let _drawn_again = write!(out, "{}/s", HumanCount(state.per_sec().round() as u64));
}

/// A bar that is full when the time is over.
fn write_time(elapsed: Duration, total: Duration, out: &mut dyn fmt::Write) {
    let elapsed = elapsed.min(total);
    let share = elapsed.as_millis().saturating_mul(BAR_WIDTH);
    let filled = share.checked_div(total.as_millis()).unwrap_or(BAR_WIDTH);
    let cells: String = (0..BAR_WIDTH)
        .map(|cell| if cell < filled { '=' } else { ' ' })
        .collect();
    // As for the rate.
    let _drawn_again = write!(out, "[{cells}] {} of {} s", elapsed.as_secs(), total.as_secs());
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    use super::*;

    /// A terminal that keeps what is written to it.
    #[derive(Clone, Debug, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl Screen {
        /// Draws a bar at 1,234 and returns what was written.
        fn draw(title: &'static str, length: Length) -> String {
            let screen = Self::default();
            let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
            let bar = bar_on(target, title, length);
            bar.set_position(1_234);
            bar.tick();
            let written = screen.0.lock().unwrap().clone();
            bar.finish_and_clear();
            written
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            100
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_template_shows_title_and_count() {
        let known = Screen::draw("signing", Length::Items(10_000));
        assert!(known.contains("signing  [==="), "{known}");
        assert!(known.contains("1,234 of 10,000"), "{known}");
        let timed = Screen::draw("sending", Length::Time(Duration::from_secs(10)));
        assert!(
            timed.contains("sending  [") && timed.contains("1,234 confirmed"),
            "{timed}"
        );
        assert!(timed.contains("] 0 of 10 s"), "{timed}");
        for bar in [known, timed] {
            let rate = bar.split_once("/s").unwrap().0.rsplit_once(' ').unwrap().1;
            assert!(rate.chars().all(|c| c.is_ascii_digit() || c == ','), "{bar}");
        }
    }

    #[test]
    fn a_time_bar_fills_and_stays_full() {
        let draw = |elapsed| {
            let mut text = String::new();
            write_time(Duration::from_secs(elapsed), Duration::from_secs(10), &mut text);
            text
        };
        assert_eq!(draw(0), format!("[{}] 0 of 10 s", " ".repeat(30)));
        assert_eq!(
            draw(5),
            format!("[{}{}] 5 of 10 s", "=".repeat(15), " ".repeat(15))
        );
        assert_eq!(draw(99), format!("[{}] 10 of 10 s", "=".repeat(30)));
    }

    #[test]
    fn a_bar_is_shown_on_a_terminal_alone() {
        let shown = bar("signing", Length::Items(1));
        assert_eq!(shown.is_hidden(), !io::stderr().is_terminal());
        shown.finish_and_clear();
    }
}
