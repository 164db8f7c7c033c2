//! What a command that calls a node receives: settings, output format, and the client and key that they name.

use std::cell::OnceCell;
use std::time::Duration;

use isobath_rpc_client::{ClientConfig, RpcClient};
use isobath_sdk::{Keypair, Pubkey};

use crate::output::OutputFormat;
use crate::settings::Settings;
use crate::wallet::{parse_address, read_keypair};

/// Settings and output format of one run of a command.
#[derive(Debug)]
pub(crate) struct Context {
    /// The settings.
    pub(crate) settings: Settings,
    /// The output format.
    pub(crate) format: OutputFormat,
    /// The keypair in use, once it was read: nobody types a phrase twice, and standard input can be read only once.
    keypair: OnceCell<Keypair>,
    /// Seconds that a call may take, if that was given.
    call_seconds: Option<u64>,
}

impl Context {
    /// Reads and connects nothing yet.
    pub(crate) const fn new(settings: Settings, format: OutputFormat, call_seconds: Option<u64>) -> Self {
        Self {
            settings,
            format,
            call_seconds,
            keypair: OnceCell::new(),
        }
    }

    /// A client of the node.
    ///
    /// # Errors
    /// The address of the node is invalid.
    pub(crate) fn rpc(&self) -> anyhow::Result<RpcClient> {
        Ok(RpcClient::new(&self.settings.rpc_url()?, self.client_config())?)
    }

    /// Commitment and limits of the calls.
    pub(crate) fn client_config(&self) -> ClientConfig {
        let defaults = ClientConfig::default();
        ClientConfig {
            commitment: self.settings.commitment.value,
            call_timeout: self
                .call_seconds
                .map_or(defaults.call_timeout, Duration::from_secs),
            ..defaults
        }
    }

    /// The keypair in use.
    ///
    /// # Errors
    /// None is named, or it cannot be read.
    pub(crate) fn keypair(&self) -> anyhow::Result<Keypair> {
        if let Some(keypair) = self.keypair.get() {
            return Ok(keypair.clone());
        }
        let keypair = read_keypair(self.settings.keypair_path()?)?;
        Ok(self.keypair.get_or_init(|| keypair).clone())
    }

    /// The given address, else that of the keypair in use.
    ///
    /// # Errors
    /// The text is not an address, or the keypair cannot be read.
    pub(crate) fn address_or_own(&self, text: Option<&str>) -> anyhow::Result<Pubkey> {
        match text {
            Some(text) => parse_address(text),
            None => Ok(self.keypair()?.pubkey()),
        }
    }

    /// Whether the output is text for people.
    pub(crate) fn is_display(&self) -> bool {
        self.format == OutputFormat::Display
    }
}
