//! The options of all client commands.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use isobath_rpc_client::Commitment;

use crate::output::OutputFormat;

/// Heading of the client options in the help.
const HEADING: &str = "Client options";

/// The options of all client commands.
#[derive(Clone, Debug, Default, Args)]
pub struct GlobalArgs {
    /// RPC URL of the node, HOST:PORT, or `localhost` (`l`), `devnet` (`d`), `testnet` (`t`), `mainnet-beta` (`m`)
    /// [default: from the configuration file, else localhost].
    #[arg(short = 'u', long = "url", global = true, value_name = "URL_OR_MONIKER", help_heading = HEADING)]
    pub(crate) url: Option<String>,
    /// WebSocket URL of the node [default: computed from the RPC URL].
    #[arg(long = "ws", global = true, value_name = "URL", help_heading = HEADING)]
    pub(crate) websocket: Option<String>,
    /// Keypair that signs and pays: a file, `-` for standard input, or `prompt://` for a seed phrase
    /// [default: from the configuration file, else ~/.config/isobath/id.json].
    #[arg(short = 'k', long = "keypair", global = true, value_name = "KEYPAIR", help_heading = HEADING)]
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
    /// Seconds that a call may take [default: 30].
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3_600), help_heading = HEADING)]
    pub(crate) rpc_timeout: Option<u64>,
    #[command(flatten)]
    pub(crate) solana: SolanaArgs,
}

/// Global flags of the Solana CLI that have no effect here, or are refused with the reason.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SolanaArgs {
    /// Has an effect where a command lists it.
    #[arg(short, long, global = true, hide = true)]
    verbose: bool,
    /// There are no address labels.
    #[arg(long, global = true, hide = true)]
    no_address_labels: bool,
    #[arg(long, global = true, hide = true)]
    use_tpu_client: bool,
    #[arg(long, global = true, hide = true, value_name = "SECONDS")]
    confirm_timeout: Option<u64>,
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
            Self {
                rpc_timeout: Some(_), ..
            } => Some("--rpc-timeout"),
            _ => None,
        }
    }
}

impl GlobalArgs {
    /// Fails if a flag of the Solana CLI asks for what does not exist here.
    ///
    /// # Errors
    /// It does; the message has the reason.
    pub(crate) fn refuse_unsupported(&self) -> anyhow::Result<()> {
        if self.solana.use_tpu_client {
            bail!(
                "--use-tpu-client is not available: this node takes transactions by JSON-RPC only; leave it out"
            );
        }
        if self.solana.confirm_timeout.is_some() {
            bail!(
                "--confirm-timeout is not available: a transaction is waited for until its blockhash expires; use \
                 --no-wait to return at once"
            );
        }
        Ok(())
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
