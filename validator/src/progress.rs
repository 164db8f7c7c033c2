//! Shows how far the start of a node has come: a bar on a terminal, else a line every few seconds.
//!
//! ```text
//! StartProgress, read 10 times a second --> terminal:  replaying [=>    ] slot 1,200 of 34,000  20s left
//!                                       --> otherwise: starting, slot 1200 of 34000
//! ```
//!
//! The bar shares standard error with the logs, so these take it away while they write ([`Screen::write_between`]).

use std::convert::Infallible;
use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use isobath_node::StartProgress;
use tokio::time::{MissedTickBehavior, interval};

/// How often the bar is drawn.
const DRAWN_EVERY: Duration = Duration::from_millis(100);
/// How often a line is written.
const LINE_EVERY: Duration = Duration::from_secs(2);
const TEMPLATE: &str = "{msg} [{bar:30}] slot {human_pos} of {human_len}  {eta} left";

/// Standard error, as logs and the bar share it.
#[derive(Clone, Debug)]
pub(crate) struct Screen {
    bars: MultiProgress,
    shows_bars: bool,
}

impl Screen {
    /// Standard error of this process; a quiet one shows no progress.
    pub(crate) fn stderr(quiet: bool) -> Self {
        let shows_bars = !quiet && io::stderr().is_terminal();
        Self::on(ProgressDrawTarget::stderr(), shows_bars)
    }

    fn on(target: ProgressDrawTarget, shows_bars: bool) -> Self {
        Self {
            bars: MultiProgress::with_draw_target(target),
            shows_bars,
        }
    }

    /// Writes something while no bar is shown.
    pub(crate) fn write_between<T>(&self, write: impl FnOnce() -> T) -> T {
        if self.shows_bars {
            self.bars.suspend(write)
        } else {
            write()
        }
    }

    /// Shows the progress of a start until the returned future is dropped. A new ledger has none.
    pub(crate) async fn show(&self, progress: &StartProgress) -> Infallible {
        if progress.last_slot() == 0 {
            return std::future::pending().await;
        }
        if self.shows_bars {
            self.draw(progress).await
        } else {
            write_lines(progress).await
        }
    }

    async fn draw(&self, progress: &StartProgress) -> Infallible {
        let bar = Bar(self.bars.add(new_bar(progress.last_slot())));
        let mut ticks = interval(DRAWN_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            bar.0.set_position(progress.replayed_slot());
        }
    }
}

/// A bar that disappears when it is dropped.
struct Bar(ProgressBar);

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn new_bar(last_slot: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(TEMPLATE).expect("the template is a constant that parses");
    ProgressBar::new(last_slot)
        .with_style(style.progress_chars("=> "))
        .with_message("replaying")
}

async fn write_lines(progress: &StartProgress) -> Infallible {
    let mut ticks = interval(LINE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        tracing::info!("{progress}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    use super::*;

    /// A terminal that keeps what is written to it.
    #[derive(Clone, Debug, Default)]
    struct Paper(Arc<Mutex<String>>);

    impl Paper {
        fn text(&self) -> String {
            self.0.lock().unwrap().clone()
        }
    }

    impl TermLike for Paper {
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
            self.write_str("<clear>")
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_bar_counts_slots_and_makes_room_for_logs() {
        let paper = Paper::default();
        let target = ProgressDrawTarget::term_like(Box::new(paper.clone()));
        let screen = Screen::on(target, true);
        let bar = Bar(screen.bars.add(new_bar(34_000)));
        bar.0.set_position(1_200);
        bar.0.tick();
        assert!(paper.text().contains("slot 1,200 of 34,000"), "{}", paper.text());
        let seen = paper.text().len();
        let before_log = screen.write_between(|| paper.text()[seen..].to_owned());
        assert!(before_log.contains("<clear>"), "{before_log}");
        drop(bar);
        assert!(paper.text().ends_with("<clear>"), "{}", paper.text());
    }
}
