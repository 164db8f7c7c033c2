//! Settings of the client commands, from flags, the configuration file and defaults, in this order.
//!
//! ```text
//! flag -> --config FILE, else ~/.config/isobath/config.yml, else ~/.config/solana/cli/config.yml -> default
//! ```
//!
//! Isobath's file has the keys and the format of the Solana CLI's, so that one parser reads both and either can be
//! copied to the other path. Only the first file that exists is read. The Solana CLI's file is never written, and the
//! node that it names is called only if it is on this machine: who tries Isobath beside a wallet for real money must
//! not spend it by accident.
//!
//! `args` has the flags, `file` parses and writes the file, `url` checks and derives the addresses of nodes.
//!
//! Invariant: what depends on the home folder is absent without one, and only a command that needs it fails.

mod args;
mod file;
pub(crate) mod url;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use isobath_rpc_client::{Commitment, redact_url};

pub use self::args::GlobalArgs;
use self::file::{KNOWN_KEYS, Values};
use self::url::LOCALHOST_URL;
use crate::output::note;
use crate::wallet::KeySource;

/// Isobath's configuration file, below the home folder.
const OUR_FILE: &str = ".config/isobath/config.yml";

/// The Solana CLI's configuration file, below the home folder.
const SOLANA_FILE: &str = ".config/solana/cli/config.yml";

/// The default keypair file, below the home folder.
const DEFAULT_KEYPAIR: &str = ".config/isobath/id.json";

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

/// What `--config` may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConfigFile {
    /// A file that exists.
    Existing,
    /// Also a file that the command creates.
    New,
}

/// Whose file was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Isobath,
    Solana,
}

/// The settings of the client commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Address of the node as given, unchecked: it may be a short name, or no address at all.
    pub(crate) url: Setting<String>,
    /// WebSocket address of the node; empty if it cannot be computed.
    pub(crate) websocket: Setting<String>,
    /// Keypair in use: a file or another source; none without a home folder.
    keypair_path: Option<Setting<PathBuf>>,
    /// Commitment of calls.
    pub(crate) commitment: Setting<Commitment>,
    /// The file that was read, if any.
    pub(crate) read_from: Option<PathBuf>,
    /// The file that `config set` writes; none without a home folder.
    written_to: Option<PathBuf>,
    /// Where `keygen new` writes by default; never the Solana CLI's keypair file.
    new_keypair_path: Option<PathBuf>,
    /// The values of the file, for `config set` to carry over.
    values: Values,
    /// Whose file was read.
    owner: Owner,
}

impl Settings {
    /// Reads the configuration file and applies the flags.
    ///
    /// # Errors
    /// The file cannot be read or parsed, or `--config` names none.
    pub(crate) fn load(args: &GlobalArgs, home: Option<&Path>, named: ConfigFile) -> anyhow::Result<Self> {
        let below_home = |file| home.map(|home| home.join(file));
        let ours = args.config_file.clone().or_else(|| below_home(OUR_FILE));
        let (owner, read_from, values) =
            find(args, ours.as_deref(), below_home(SOLANA_FILE).as_deref(), named)?;
        let resolve = || Self::resolve(args, home, values);
        let mut settings = match &read_from {
            Some(path) => resolve().with_context(|| {
                format!(
                    "{} has an invalid value; correct or delete the file",
                    path.display()
                )
            })?,
            None => resolve()?,
        };
        if owner == Owner::Isobath && read_from.is_some() {
            settings.new_keypair_path = settings.keypair_path.as_ref().map(|path| path.value.clone());
        }
        Ok(Self {
            read_from,
            written_to: ours,
            owner,
            ..settings
        })
    }

    fn resolve(args: &GlobalArgs, home: Option<&Path>, values: Values) -> anyhow::Result<Self> {
        let default_keypair = home.map(|home| home.join(DEFAULT_KEYPAIR));
        let url = Setting::choose(args.url.clone(), values.url.clone(), LOCALHOST_URL.to_owned());
        // The WebSocket URL of the file belongs to the RPC URL of the file.
        let file_websocket = values.websocket.clone().filter(|_| url.origin == Origin::File);
        let mut websocket = Setting::choose(args.websocket.clone(), file_websocket, String::new());
        if websocket.value.is_empty() {
            let address = url::rpc_url(&url.value).unwrap_or_default();
            websocket = Setting {
                value: url::websocket_url(&address).unwrap_or_default(),
                origin: Origin::Computed,
            };
        }
        let commitment = values.commitment.as_deref().map(parse_commitment).transpose()?;
        let file_keypair = values.keypair_path.as_deref().map(|path| expand(path, home));
        let (keypair, origin) = match (args.keypair_path.clone(), file_keypair) {
            (Some(path), _) => (Some(path), Origin::Flag),
            (None, Some(path)) => (Some(path?), Origin::File),
            (None, None) => (default_keypair.clone(), Origin::Default),
        };
        Ok(Self {
            url,
            websocket,
            keypair_path: keypair.map(|value| Setting { value, origin }),
            commitment: Setting::choose(args.commitment, commitment, Commitment::default()),
            read_from: None,
            written_to: None,
            new_keypair_path: default_keypair,
            values,
            owner: Owner::Isobath,
        })
    }

    /// The address of the node, checked.
    ///
    /// # Errors
    /// It is not an address, or the Solana CLI's file names a node of another machine; the message names the file if
    /// the address comes from it.
    pub(crate) fn rpc_url(&self) -> anyhow::Result<String> {
        let from_file = self
            .read_from
            .as_ref()
            .filter(|_| self.url.origin == Origin::File);
        let checked = url::rpc_url(&self.url.value);
        let Some(file) = from_file.map(|path| path.display()) else {
            return checked;
        };
        let url = checked.map_err(|error| {
            anyhow!(
                "{error}; the address is set in {file}, change it with `isobath config set --url localhost`"
            )
        })?;
        if self.owner == Owner::Solana && !url::is_loopback(&url) {
            bail!(
                "{file} is the configuration of the Solana CLI and names {}, which is not a node of this machine; run \
                 `isobath config set --url localhost` to use the node of this machine from now on, or add --url to \
                 name another",
                redact_url(&url)
            );
        }
        Ok(url)
    }

    /// The WebSocket address of the node.
    ///
    /// # Errors
    /// It cannot be computed from the address of the node.
    pub(crate) fn websocket_url(&self) -> anyhow::Result<&str> {
        // Who follows a node that may not be called is told why.
        let url = self.rpc_url()?;
        match self.websocket.value.as_str() {
            "" => bail!(
                "there is no port after that of {}; give the WebSocket address with --ws",
                redact_url(&url)
            ),
            websocket => Ok(websocket),
        }
    }

    /// The keypair in use, if there is one.
    pub(crate) const fn keypair_setting(&self) -> Option<&Setting<PathBuf>> {
        self.keypair_path.as_ref()
    }

    /// The keypair in use.
    ///
    /// # Errors
    /// None is named, and without a home folder there is no default; or the Solana CLI's file names a file that does
    /// not exist.
    pub(crate) fn keypair_path(&self) -> anyhow::Result<&Path> {
        let setting = self.keypair_path.as_ref().context(
            "HOME is not set, so there is no default keypair; name one with --keypair, or set HOME",
        )?;
        if let (Owner::Solana, Origin::File, KeySource::File(path), Some(file), Some(ours)) = (
            self.owner,
            setting.origin,
            KeySource::parse(&setting.value)?,
            &self.read_from,
            &self.new_keypair_path,
        ) && !path.exists()
        {
            bail!(
                "there is no keypair at {}, which {} names; use a key of your own by `isobath keygen new` and \
                 `isobath config set --keypair {}`",
                path.display(),
                file.display(),
                ours.display()
            );
        }
        Ok(&setting.value)
    }

    /// The values of the file that `config set` carries over. A node that may not be called is not among them.
    pub(crate) fn carried_values(&self) -> Values {
        let mut values = self.values.clone();
        let is_callable = |url: &String| url::rpc_url(url).is_ok_and(|url| url::is_loopback(&url));
        if self.owner == Owner::Solana && !values.url.as_ref().is_none_or(is_callable) {
            values.url = None;
            values.websocket = None;
        }
        values
    }

    /// Where `keygen` writes a key unless a file is named.
    ///
    /// # Errors
    /// There is no home folder.
    pub(crate) fn new_keypair_path(&self) -> anyhow::Result<&Path> {
        let flag = self
            .keypair_path
            .as_ref()
            .filter(|path| path.origin == Origin::Flag);
        let path = flag.map(|path| &path.value).or(self.new_keypair_path.as_ref());
        path.map(PathBuf::as_path).context(
            "HOME is not set, so there is no default keypair file; name one with --outfile, or set HOME",
        )
    }

    /// The file that `config set` writes.
    ///
    /// # Errors
    /// There is no home folder.
    pub(crate) fn written_to(&self) -> anyhow::Result<&Path> {
        self.written_to.as_deref().context(
            "HOME is not set, so there is no configuration file; name one with --config, or set HOME",
        )
    }
}

/// The first file that exists: whose it is, its path and its values.
fn find(
    args: &GlobalArgs,
    ours: Option<&Path>,
    solana: Option<&Path>,
    named: ConfigFile,
) -> anyhow::Result<(Owner, Option<PathBuf>, Values)> {
    let is_named = args.config_file.is_some();
    let solana = solana.filter(|_| !is_named);
    for (path, owner) in [(ours, Owner::Isobath), (solana, Owner::Solana)] {
        let Some(path) = path else { continue };
        match read(path, owner)? {
            Some(values) => return Ok((owner, Some(path.to_owned()), values)),
            None if is_named && named == ConfigFile::Existing => bail!(
                "there is no configuration file {}; correct --config, or create the file with `isobath config set`",
                path.display()
            ),
            None => {}
        }
    }
    Ok((Owner::Isobath, None, Values::default()))
}

/// The values of a file, `None` if it does not exist.
fn read(path: &Path, owner: Owner) -> anyhow::Result<Option<Values>> {
    let shown = path.display();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
    };
    let parsed =
        Values::parse(&text).with_context(|| format!("cannot parse {shown}; correct or delete the file"))?;
    match (parsed.unknown.first(), owner) {
        (None, _) => {}
        (Some(key), Owner::Isobath) => {
            bail!("{shown} has the unknown key `{key}`; the keys are {KNOWN_KEYS}")
        }
        // Another version of the Solana CLI may know more keys than this one.
        (Some(key), Owner::Solana) => note(&format!(
            "the key `{key}` of {shown} is not known and has no effect"
        )),
    }
    Ok(Some(parsed.values))
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
fn expand(path: &str, home: Option<&Path>) -> anyhow::Result<PathBuf> {
    match (path.strip_prefix("~/"), home) {
        (None, _) => Ok(PathBuf::from(path)),
        (Some(rest), Some(home)) => Ok(home.join(rest)),
        (Some(_), None) => {
            bail!("keypair_path begins with ~/ but HOME is not set; set HOME, or write the whole path")
        }
    }
}

#[cfg(test)]
mod tests;
