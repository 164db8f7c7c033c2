//! The report of a command and its output formats.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::Value;

/// The form in which a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Human-readable text.
    #[default]
    Display,
    /// Indented JSON.
    Json,
    /// JSON on one line.
    JsonCompact,
}

/// The result of a command, as text and as JSON.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Report {
    /// For people; without a final line break.
    pub(crate) text: String,
    /// For programs.
    pub(crate) json: Value,
}

impl Report {
    /// A report of one value whose text is its JSON form, such as a number.
    pub(crate) fn value(value: impl Into<Value>) -> Self {
        let json = value.into();
        let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        Self { text, json }
    }

    /// The report in one format, without a final line break.
    pub(crate) fn render(&self, format: OutputFormat) -> String {
        match format {
            OutputFormat::Display => self.text.clone(),
            OutputFormat::Json => format!("{:#}", self.json),
            OutputFormat::JsonCompact => self.json.to_string(),
        }
    }
}

/// Writes one line, or several, to standard output.
///
/// # Errors
/// Standard output cannot be written, for instance because its reader is gone.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.write_all(b"\n")?;
    stdout.flush()?;
    Ok(())
}

/// Writes a remark to standard error, beside the report.
pub(crate) fn note(text: &str) {
    // The command succeeds even if the remark cannot be written.
    drop(writeln!(io::stderr(), "note: {text}"));
}

/// Whether an error of [`print()`] means that standard output has no reader any more.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_has_three_forms() {
        let report = Report {
            text: "1 SOL".to_owned(),
            json: json!({"lamports": 1}),
        };
        assert_eq!(report.render(OutputFormat::Display), "1 SOL");
        assert_eq!(report.render(OutputFormat::Json), "{\n  \"lamports\": 1\n}");
        assert_eq!(report.render(OutputFormat::JsonCompact), "{\"lamports\":1}");
    }

    #[test]
    fn a_single_value_is_its_own_text() {
        assert_eq!(Report::value(7).text, "7");
        assert_eq!(Report::value("x").text, "x");
        assert_eq!(Report::value("x").render(OutputFormat::Json), "\"x\"");
    }
}
