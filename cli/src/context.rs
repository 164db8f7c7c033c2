//! What a command that asks a node works with.

use isobath_rpc_client::{ClientConfig, RpcClient};
use isobath_sdk::{Keypair, Pubkey};

use super::output::OutputFormat;
use super::settings::Settings;
use super::wallet::{parse_address, read_keypair};

/// Settings and output form of one run of a command.
#[derive(Debug)]
pub(crate) struct Context {
    /// The settings.
    pub(crate) settings: Settings,
    /// The form of the output.
    pub(crate) format: OutputFormat,
}

impl Context {
    /// Nothing is read or connected yet.
    pub(crate) const fn new(settings: Settings, format: OutputFormat) -> Self {
        Self { settings, format }
    }

    /// The node.
    ///
    /// # Errors
    /// This build cannot call the address.
    pub(crate) fn rpc(&self) -> anyhow::Result<RpcClient> {
        Ok(RpcClient::new(&self.settings.rpc_url()?, self.client_config())?)
    }

    /// What bounds the calls of the node.
    pub(crate) fn client_config(&self) -> ClientConfig {
        ClientConfig {
            commitment: self.settings.commitment.value,
            ..ClientConfig::default()
        }
    }

    /// The keypair of the user.
    ///
    /// # Errors
    /// There is none, or its file cannot be read.
    pub(crate) fn keypair(&self) -> anyhow::Result<Keypair> {
        read_keypair(&self.settings.keypair_path.value)
    }

    /// The address that was named, else that of the user's keypair.
    ///
    /// # Errors
    /// The text is no address, or there is no keypair.
    pub(crate) fn address_or_own(&self, text: Option<&str>) -> anyhow::Result<Pubkey> {
        match text {
            Some(text) => parse_address(text),
            None => Ok(self.keypair()?.pubkey()),
        }
    }

    /// Whether people read the output.
    pub(crate) fn is_display(&self) -> bool {
        self.format == OutputFormat::Display
    }
}
