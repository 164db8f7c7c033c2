//! Settings of the client commands, from flags, the configuration file and defaults, in this order.
//!
//! ```text
//! flag -> --config FILE, else ~/.config/isobath/config.yml, else ~/.config/solana/cli/config.yml -> default
//! ```
//!
//! Isobath's file has the keys and the format of the Solana CLI's, so that one parser reads both and either can be
//! copied to the other path. Only the first file that exists is read. The Solana CLI's file is never written.
//!
//! `file` parses and writes the file, `url` checks and derives the addresses of nodes.

mod file;
pub(crate) mod url;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use isobath_rpc_client::Commitment;

use self::file::Values;
use self::url::LOCALHOST_URL;
use crate::output::OutputFormat;

/// Isobath's configuration file, below the home folder.
const OUR_FILE: &str = ".config/isobath/config.yml";

/// The Solana CLI's configuration file, below the home folder.
const SOLANA_FILE: &str = ".config/solana/cli/config.yml";

/// The default keypair file, below the home folder.
const DEFAULT_KEYPAIR: &str = ".config/isobath/id.json";

/// Heading of the client options in the help.
const HEADING: &str = "Client options";

/// The options of all client commands.
#[derive(Clone, Debug, Default, Args)]
pub struct GlobalArgs {
    /// RPC URL of the node, or `localhost` (`l`) [default: from the configuration file, else localhost].
    #[arg(short = 'u', long = "url", global = true, value_name = "URL_OR_MONIKER", help_heading = HEADING)]
    pub(crate) url: Option<String>,
    /// WebSocket URL of the node [default: the port after that of the RPC URL].
    #[arg(long = "ws", global = true, value_name = "URL", help_heading = HEADING)]
    pub(crate) websocket: Option<String>,
    /// Keypair file that signs and pays [default: from the configuration file, else ~/.config/isobath/id.json].
    #[arg(short = 'k', long = "keypair", global = true, value_name = "FILE", help_heading = HEADING)]
    pub(crate) keypair_path: Option<PathBuf>,
    /// Output format [default: display].
    #[arg(long = "output", global = true, value_name = "FORMAT", help_heading = HEADING)]
    pub(crate) output_format: Option<OutputFormat>,
    /// Commitment level; all levels read the same view on this chain [default: confirmed].
    #[arg(long = "commitment", global = true, value_name = "LEVEL", value_parser = commitments(), help_heading = HEADING)]
    pub(crate) commitment: Option<Commitment>,
    /// Configuration file [default: ~/.config/isobath/config.yml, else that of the Solana CLI].
    #[arg(short = 'C', long = "config", global = true, value_name = "FILE", help_heading = HEADING)]
    pub(crate) config_file: Option<PathBuf>,
}

impl GlobalArgs {
    /// The name of the first of these options that is present.
    #[must_use]
    pub const fn first_given(&self) -> Option<&'static str> {
        match self {
            Self { url: Some(_), .. } => Some("--url"),
            Self {
                websocket: Some(_), ..
            } => Some("--ws"),
            Self {
                keypair_path: Some(_),
                ..
            } => Some("--keypair"),
            Self {
                output_format: Some(_),
                ..
            } => Some("--output"),
            Self {
                commitment: Some(_), ..
            } => Some("--commitment"),
            Self {
                config_file: Some(_), ..
            } => Some("--config"),
            _ => None,
        }
    }
}

/// Where a setting comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag of the command line.
    Flag,
    /// The configuration file.
    File,
    /// Derived from another setting.
    Computed,
    /// The default.
    Default,
}

impl Origin {
    /// What is shown after a setting.
    pub(crate) const fn note(self) -> &'static str {
        match self {
            Self::Flag | Self::File => "",
            Self::Computed => " (computed)",
            Self::Default => " (default)",
        }
    }
}

/// A setting and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    /// The value.
    pub(crate) value: T,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

impl<T> Setting<T> {
    fn choose(flag: Option<T>, file: Option<T>, default: T) -> Self {
        match (flag, file) {
            (Some(value), _) => Self {
                value,
                origin: Origin::Flag,
            },
            (None, Some(value)) => Self {
                value,
                origin: Origin::File,
            },
            (None, None) => Self {
                value: default,
                origin: Origin::Default,
            },
        }
    }
}

/// The settings of the client commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Address of the node as given, unchecked: it may be a short name or an address that this build cannot call.
    pub(crate) url: Setting<String>,
    /// WebSocket address of the node.
    pub(crate) websocket: Setting<String>,
    /// Keypair file.
    pub(crate) keypair_path: Setting<PathBuf>,
    /// Commitment of calls.
    pub(crate) commitment: Setting<Commitment>,
    /// The file that was read, if any.
    pub(crate) read_from: Option<PathBuf>,
    /// The file that `config set` writes.
    pub(crate) written_to: PathBuf,
    /// Where `keygen new` writes by default; never the Solana CLI's keypair file.
    pub(crate) new_keypair_path: PathBuf,
    /// The values of the file, for `config set` to carry over.
    pub(crate) values: Values,
}

impl Settings {
    /// Reads the configuration file and applies the flags.
    ///
    /// # Errors
    /// The file cannot be read or parsed.
    pub(crate) fn load(args: &GlobalArgs, home: &Path) -> anyhow::Result<Self> {
        let ours = args.config_file.clone().unwrap_or_else(|| home.join(OUR_FILE));
        let solana = home.join(SOLANA_FILE);
        let (values, read_from) = match read(&ours)? {
            Some(values) => (values, Some(ours.clone())),
            None if args.config_file.is_some() => (Values::default(), None),
            None => read(&solana)?.map_or_else(
                || (Values::default(), None),
                |values| (values, Some(solana.clone())),
            ),
        };
        let resolve = || Self::resolve(args, home, values.clone());
        let mut settings = match &read_from {
            Some(path) => resolve().with_context(|| {
                format!(
                    "{} has an invalid value; correct or delete the file",
                    path.display()
                )
            })?,
            None => resolve()?,
        };
        if read_from.as_ref() == Some(&ours) {
            settings.new_keypair_path.clone_from(&settings.keypair_path.value);
        }
        Ok(Self {
            read_from,
            written_to: ours,
            ..settings
        })
    }

    fn resolve(args: &GlobalArgs, home: &Path, values: Values) -> anyhow::Result<Self> {
        let default_keypair = home.join(DEFAULT_KEYPAIR);
        let url = Setting::choose(args.url.clone(), values.url.clone(), LOCALHOST_URL.to_owned());
        // The WebSocket URL of the file belongs to the RPC URL of the file.
        let file_websocket = values.websocket.clone().filter(|_| url.origin == Origin::File);
        let mut websocket = Setting::choose(args.websocket.clone(), file_websocket, String::new());
        if websocket.origin == Origin::Default {
            let address = url::rpc_url(&url.value).unwrap_or_else(|_| url.value.clone());
            websocket = Setting {
                value: url::websocket_url(&address),
                origin: Origin::Computed,
            };
        }
        let commitment = values.commitment.as_deref().map(parse_commitment).transpose()?;
        let file_keypair = values.keypair_path.as_deref().map(|path| expand(path, home));
        let flag_keypair = args.keypair_path.clone();
        Ok(Self {
            url,
            websocket,
            keypair_path: Setting::choose(flag_keypair, file_keypair, default_keypair.clone()),
            commitment: Setting::choose(args.commitment, commitment, Commitment::default()),
            read_from: None,
            written_to: PathBuf::new(),
            new_keypair_path: default_keypair,
            values,
        })
    }

    /// The address of the node, checked.
    ///
    /// # Errors
    /// This build cannot call it; the message names the file if the address comes from it.
    pub(crate) fn rpc_url(&self) -> anyhow::Result<String> {
        url::rpc_url(&self.url.value).map_err(|error| match (&self.url.origin, &self.read_from) {
            (Origin::File, Some(path)) => anyhow::anyhow!(
                "{error}; the address is set in {}, change it with `isobath config set --url localhost`",
                path.display()
            ),
            _ => error,
        })
    }
}

fn read(path: &Path) -> anyhow::Result<Option<Values>> {
    match fs::read_to_string(path) {
        Ok(text) => Values::parse(&text)
            .map(Some)
            .with_context(|| format!("cannot parse {}; correct or delete the file", path.display())),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// The levels that `--commitment` accepts.
fn commitments() -> impl TypedValueParser<Value = Commitment> {
    let levels = [
        (Commitment::Processed, "The newest block"),
        (Commitment::Confirmed, "A block confirmed by votes"),
        (Commitment::Finalized, "A finalized block"),
    ];
    let values = levels.map(|(level, help)| PossibleValue::new(level.name()).help(help));
    PossibleValuesParser::new(values).try_map(|name| name.parse())
}

fn parse_commitment(name: &str) -> anyhow::Result<Commitment> {
    match name {
        "processed" | "recent" => Ok(Commitment::Processed),
        "confirmed" | "single" | "singleGossip" => Ok(Commitment::Confirmed),
        "finalized" | "root" | "max" => Ok(Commitment::Finalized),
        _ => bail!("`{name}` is not a commitment level; use processed, confirmed or finalized"),
    }
}

/// The path with a leading `~/` replaced by the home folder.
fn expand(path: &str, home: &Path) -> PathBuf {
    path.strip_prefix("~/")
        .map_or_else(|| PathBuf::from(path), |rest| home.join(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(home: &Path, file: &str, text: &str) {
        let path = home.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn load(home: &Path, args: &GlobalArgs) -> Settings {
        Settings::load(args, home).unwrap()
    }

    #[test]
    fn defaults_apply_without_flags_and_file() {
        let home = tempfile::tempdir().unwrap();
        let settings = load(home.path(), &GlobalArgs::default());
        assert_eq!(settings.url.value, LOCALHOST_URL);
        assert_eq!(settings.websocket.value, "ws://127.0.0.1:8900");
        assert_eq!(settings.websocket.origin, Origin::Computed);
        assert_eq!(settings.keypair_path.value, home.path().join(DEFAULT_KEYPAIR));
        assert_eq!(settings.commitment.value, Commitment::Confirmed);
        assert_eq!(settings.read_from, None);
        assert_eq!(settings.written_to, home.path().join(OUR_FILE));
    }

    #[test]
    fn solanas_file_is_read_until_ours_exists() {
        let home = tempfile::tempdir().unwrap();
        let solana = "---\njson_rpc_url: \"http://solana:1\"\nwebsocket_url: ''\nkeypair_path: ~/sol.json\n\
                      address_labels:\n  \"1111\": System\ncommitment: finalized\n";
        write(home.path(), SOLANA_FILE, solana);
        let settings = load(home.path(), &GlobalArgs::default());
        assert_eq!(settings.url.value, "http://solana:1");
        assert_eq!(settings.websocket.value, "ws://solana:2");
        assert_eq!(settings.keypair_path.value, home.path().join("sol.json"));
        assert_eq!(settings.commitment.value, Commitment::Finalized);
        assert_eq!(settings.new_keypair_path, home.path().join(DEFAULT_KEYPAIR));
        assert_eq!(settings.read_from, Some(home.path().join(SOLANA_FILE)));

        write(
            home.path(),
            OUR_FILE,
            "json_rpc_url: http://ours:5\nkeypair_path: /k.json\n",
        );
        let settings = load(home.path(), &GlobalArgs::default());
        assert_eq!(settings.url.value, "http://ours:5");
        assert_eq!(settings.keypair_path.value, Path::new("/k.json"));
        assert_eq!(settings.new_keypair_path, Path::new("/k.json"));
        assert_eq!(settings.commitment.origin, Origin::Default);
    }

    #[test]
    fn flags_override_the_file() {
        let home = tempfile::tempdir().unwrap();
        let ours = "json_rpc_url: http://ours:5\nwebsocket_url: ws://ours:99\ncommitment: processed\n";
        write(home.path(), OUR_FILE, ours);
        assert_eq!(
            load(home.path(), &GlobalArgs::default()).websocket.value,
            "ws://ours:99"
        );
        let args = GlobalArgs {
            url: Some("l".to_owned()),
            commitment: Some(Commitment::Finalized),
            keypair_path: Some(PathBuf::from("x.json")),
            ..GlobalArgs::default()
        };
        let settings = load(home.path(), &args);
        assert_eq!(settings.rpc_url().unwrap(), LOCALHOST_URL);
        assert_eq!(
            settings.websocket.value, "ws://127.0.0.1:8900",
            "not that of the file's node"
        );
        assert_eq!(settings.commitment.value, Commitment::Finalized);
        assert_eq!(settings.keypair_path.value, Path::new("x.json"));
    }

    #[test]
    fn a_file_named_by_flag_is_the_only_one() {
        let home = tempfile::tempdir().unwrap();
        write(home.path(), SOLANA_FILE, "json_rpc_url: http://solana:1\n");
        write(home.path(), "mine.yml", "json_rpc_url: http://mine:1\n");
        let mut args = GlobalArgs {
            config_file: Some(home.path().join("mine.yml")),
            ..GlobalArgs::default()
        };
        assert_eq!(load(home.path(), &args).url.value, "http://mine:1");
        args.config_file = Some(home.path().join("none.yml"));
        assert_eq!(load(home.path(), &args).url.value, LOCALHOST_URL);
    }

    #[test]
    fn bad_values_name_the_file() {
        let home = tempfile::tempdir().unwrap();
        write(home.path(), OUR_FILE, "commitment: certain\n");
        let error = Settings::load(&GlobalArgs::default(), home.path()).unwrap_err();
        assert!(format!("{error:#}").contains("config.yml"), "{error:#}");
        write(home.path(), OUR_FILE, "json_rpc_url: https://far\n");
        let error = load(home.path(), &GlobalArgs::default())
            .rpc_url()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("http only") && error.contains("config.yml"),
            "{error}"
        );
    }
}
