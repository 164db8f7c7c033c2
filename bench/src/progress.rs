//! Progress bars on stderr, only on a terminal.
//!
//! Invariant: nothing is written when stderr is not a terminal, and never anything to stdout.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The length of a bar.
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
    let bar = bar_on(ProgressDrawTarget::stderr(), title, length);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn bar_on(target: ProgressDrawTarget, title: &'static str, length: Length) -> ProgressBar {
    let (total, template) = match length {
        Length::Items(total) => (
            Some(total),
            "{msg:10} [{bar:30}] {human_pos} of {human_len}  {per_sec}",
        ),
        Length::Open => (None, "{msg:10} {spinner} {human_pos}  {per_sec}  {elapsed}"),
    };
    let style = ProgressStyle::with_template(template).expect("both templates are constants that parse");
    let bar = ProgressBar::with_draw_target(total, target).with_style(style.progress_chars("=> "));
    bar.set_message(title);
    bar
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
        assert!(known.contains("signing    [==="), "{known}");
        assert!(known.contains("1,234 of 10,000"), "{known}");
        let open = Screen::draw("sending", Length::Open);
        assert!(
            open.contains("sending    ") && open.contains(" 1,234  "),
            "{open}"
        );
        assert!(!open.contains(" of "), "{open}");
    }

    #[test]
    fn a_bar_is_shown_on_a_terminal_alone() {
        let shown = bar("signing", Length::Open);
        assert_eq!(shown.is_hidden(), !io::stderr().is_terminal());
        shown.finish_and_clear();
    }
}
