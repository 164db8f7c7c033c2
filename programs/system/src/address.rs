//! The address that an instruction works on, and the key that must sign for it.
//!
//! A plain address signs for itself; a seeded one is derived from a base key, and the base signs.

use isobath_program_abi::InstructionError;
use isobath_program_abi::Pubkey;
use isobath_sdk::builtins::system::SystemError;
use isobath_sdk::program::Frame;

/// An account's address; if it is derived from a seed, with the base key that signs for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address {
    key: Pubkey,
    base: Option<Pubkey>,
}

impl Address {
    /// An address that signs for itself.
    pub(crate) const fn plain(key: Pubkey) -> Self {
        Self { key, base: None }
    }

    /// The key of account `position`, which must be the one derived from `base`, `seed` and `owner`.
    pub(crate) fn seeded(
        frame: &mut Frame<'_>,
        position: usize,
        base: &Pubkey,
        seed: &str,
        owner: &Pubkey,
    ) -> Result<Self, InstructionError> {
        let key = frame.key(position)?;
        let derived = derive(base, seed, owner)?;
        if key != derived {
            frame.log(&format!(
                "Create: address {key} does not match derived address {derived}"
            ));
            return Err(SystemError::AddressWithSeedMismatch.into());
        }
        Ok(Self {
            key,
            base: Some(*base),
        })
    }

    /// Whether the required key has signed.
    pub(crate) fn has_signed(&self, frame: &Frame<'_>) -> bool {
        frame.has_signed(&self.base.unwrap_or(self.key))
    }

    /// The text of this address in Solana's log lines.
    pub(crate) fn log_text(&self) -> String {
        match self.base {
            Some(base) => format!("Address {{ address: {}, base: Some({base}) }}", self.key),
            None => format!("Address {{ address: {}, base: None }}", self.key),
        }
    }
}

/// The address derived from `base`, `seed` and `owner`; a failure is the custom error of its code, as in Solana's
/// program.
pub(crate) fn derive(base: &Pubkey, seed: &str, owner: &Pubkey) -> Result<Pubkey, InstructionError> {
    Pubkey::with_seed(base, seed, owner).map_err(|error| InstructionError::Custom(error.code()))
}
