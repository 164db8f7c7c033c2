//! `isobath config`: shows the settings and their origin, and changes the configuration file of Isobath.

use std::path::{self, Path};

use anyhow::{Context, anyhow, bail};
use clap::{Subcommand, ValueEnum};
use serde_json::json;

use crate::output::Report;
use crate::replace::{Existing, write_private};
use crate::settings::url;
use crate::settings::{ConfigFile, GlobalArgs, Settings};
use crate::wallet::KeySource;

/// Shown in the place of a path that depends on the home folder.
const NO_HOME: &str = "none (HOME is not set)";

/// Subcommands of `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show the settings in use.
    Get {
        /// Show only this setting.
        #[arg(value_name = "FIELD")]
        field: Option<Field>,
    },
    /// Change settings: `config set --url localhost`, `--ws`, `--keypair`, `--commitment`.
    Set,
}

/// A setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Field {
    /// RPC URL of the node.
    JsonRpcUrl,
    /// WebSocket URL of the node.
    WebsocketUrl,
    /// Keypair file.
    Keypair,
    /// Commitment level.
    Commitment,
}

/// Runs `config`.
///
/// # Errors
/// `set` has no flag or an address that cannot be called, or the file cannot be written.
pub(crate) fn run(command: &ConfigCommand, settings: &Settings, args: &GlobalArgs) -> anyhow::Result<Report> {
    match command {
        ConfigCommand::Get { field } => Ok(show(settings, *field)),
        ConfigCommand::Set => {
            set(settings, args)?;
            let reread = GlobalArgs {
                config_file: Some(settings.written_to()?.to_owned()),
                ..GlobalArgs::default()
            };
            Ok(show(&Settings::load(&reread, None, ConfigFile::Existing)?, None))
        }
    }
}

fn show(settings: &Settings, field: Option<Field>) -> Report {
    let file = match &settings.read_from {
        Some(path) => path.display().to_string(),
        None => settings.written_to().map_or_else(
            |_| NO_HOME.to_owned(),
            |path| format!("{} (does not exist)", path.display()),
        ),
    };
    let keypair = settings.keypair_setting();
    let line = |field| match field {
        Field::JsonRpcUrl => format!("RPC URL: {}{}", settings.url.value, settings.url.origin.note()),
        Field::WebsocketUrl => format!(
            "WebSocket URL: {}{}",
            settings.websocket.value,
            settings.websocket.origin.note()
        ),
        Field::Keypair => keypair.map_or_else(
            || format!("Keypair Path: {NO_HOME}"),
            |path| format!("Keypair Path: {}{}", path.value.display(), path.origin.note()),
        ),
        Field::Commitment => format!(
            "Commitment: {}{}",
            settings.commitment.value.name(),
            settings.commitment.origin.note()
        ),
    };
    let text = match field {
        Some(field) => line(field),
        None => {
            let lines: Vec<_> = Field::value_variants().iter().copied().map(line).collect();
            format!("Config File: {file}\n{}", lines.join("\n"))
        }
    };
    Report {
        text,
        json: json!({
            "configFile": settings.read_from,
            "jsonRpcUrl": settings.url.value,
            "websocketUrl": settings.websocket.value,
            "keypairPath": keypair.map(|path| &path.value),
            "commitment": settings.commitment.value,
        }),
    }
}

/// Writes the configuration file: the settings in use, changed by the flags.
fn set(settings: &Settings, args: &GlobalArgs) -> anyhow::Result<()> {
    let mut values = settings.carried_values();
    let mut changed = false;
    if let Some(text) = &args.url {
        values.url = Some(url::rpc_url(text)?);
        values.websocket = None;
        changed = true;
    }
    if let Some(websocket) = args.websocket.as_deref() {
        // As with the Solana CLI, an empty one is computed again.
        if !websocket.is_empty() {
            url::check_websocket_url(websocket)?;
        }
        values.websocket = Some(websocket.to_owned());
        changed = true;
    }
    if let Some(keypair) = settings.keypair_setting() {
        values.keypair_path = Some(stored_keypair(&keypair.value)?);
    }
    changed |= args.keypair_path.is_some();
    if let Some(commitment) = args.commitment {
        values.commitment = Some(commitment.name().to_owned());
        changed = true;
    }
    if !changed {
        bail!("nothing to set; add --url, --ws, --keypair or --commitment");
    }
    let path = settings.written_to()?;
    write_private(path, &values.to_text(), Existing::Replace).with_context(|| {
        format!(
            "cannot write {}; choose another file with --config",
            path.display()
        )
    })
}

/// The keypair as the file has it: a path absolute, so that it means the same in every working directory.
fn stored_keypair(keypair: &Path) -> anyhow::Result<String> {
    let absolute = match KeySource::parse(keypair)? {
        KeySource::File(path) => {
            path::absolute(path).context("cannot determine the current folder; give an absolute path")?
        }
        _ => keypair.to_owned(),
    };
    let text = absolute.into_os_string().into_string();
    text.map_err(|_| anyhow!("the keypair path is not valid UTF-8; choose another path"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use isobath_rpc_client::Commitment;

    #[test]
    fn set_carries_over_the_settings_of_the_file_in_use() {
        let home = tempfile::tempdir().unwrap();
        let solana = home.path().join(".config/solana/cli");
        fs::create_dir_all(&solana).unwrap();
        let text = "json_rpc_url: https://far\nkeypair_path: ~/sol.json\ncommitment: finalized\n";
        fs::write(solana.join("config.yml"), text).unwrap();
        let args = GlobalArgs {
            url: Some("l".to_owned()),
            ..GlobalArgs::default()
        };
        let settings = Settings::load(&args, Some(home.path()), ConfigFile::New).unwrap();
        run(&ConfigCommand::Set, &settings, &args).unwrap();

        let settings =
            Settings::load(&GlobalArgs::default(), Some(home.path()), ConfigFile::Existing).unwrap();
        assert_eq!(
            settings.read_from,
            Some(home.path().join(".config/isobath/config.yml"))
        );
        assert_eq!(settings.url.value, url::LOCALHOST_URL);
        assert_eq!(settings.keypair_path().unwrap(), home.path().join("sol.json"));
        assert_eq!(settings.commitment.value, Commitment::Finalized);
        assert_eq!(fs::read_to_string(solana.join("config.yml")).unwrap(), text);
    }

    #[test]
    fn missing_flags_and_bad_addresses_are_rejected() {
        let home = tempfile::tempdir().unwrap();
        for (url, cure) in [(None, "--url"), (Some("far".to_owned()), "not the address")] {
            let args = GlobalArgs {
                url,
                ..GlobalArgs::default()
            };
            let settings = Settings::load(&args, Some(home.path()), ConfigFile::New).unwrap();
            let error = run(&ConfigCommand::Set, &settings, &args)
                .unwrap_err()
                .to_string();
            assert!(error.contains(cure), "{error}");
        }
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn one_field_can_be_shown_alone() {
        let home = tempfile::tempdir().unwrap();
        let settings =
            Settings::load(&GlobalArgs::default(), Some(home.path()), ConfigFile::Existing).unwrap();
        let report = show(&settings, Some(Field::Commitment));
        assert_eq!(report.text, "Commitment: confirmed (default)");
        assert!(
            show(&settings, None)
                .text
                .contains("WebSocket URL: ws://127.0.0.1:8900/ (computed)")
        );
    }
}
