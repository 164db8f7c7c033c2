//! One account of a running transaction.
//!
//! The image is shared with the store that loaded it until the first change, which copies it (`Arc::make_mut`); so
//! loading copies nothing, and a rolled-back change never reaches the shared image. An account that does not exist
//! reads as the empty account: no lamports, no data, owned by the System program.

use std::sync::Arc;

use crate::chain::account::Account;
use crate::pubkey::Pubkey;

/// An account as the programs of one transaction see it: its key and its current image.
#[derive(Debug, Clone)]
pub struct AccountCell {
    key: Pubkey,
    image: Arc<Account>,
}

impl AccountCell {
    /// A cell holding `image`; pass the empty account for a key without an account.
    #[must_use]
    pub const fn new(key: Pubkey, image: Arc<Account>) -> Self {
        Self { key, image }
    }

    /// The account's key.
    #[must_use]
    pub const fn key(&self) -> &Pubkey {
        &self.key
    }

    /// The current image.
    #[must_use]
    pub const fn account(&self) -> &Arc<Account> {
        &self.image
    }

    /// The current image, to modify; copied first if it is shared.
    pub fn account_mut(&mut self) -> &mut Account {
        Arc::make_mut(&mut self.image)
    }

    /// Takes key and image out of the cell.
    #[must_use]
    pub fn into_parts(self) -> (Pubkey, Arc<Account>) {
        (self.key, self.image)
    }

    /// Restores an earlier image.
    pub fn restore(&mut self, image: Arc<Account>) {
        self.image = image;
    }
}
