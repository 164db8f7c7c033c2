//! One account of a running transaction.
//!
//! The image is shared with whoever loaded it until the first change, which copies it (`Arc::make_mut`);
//! so loading costs no copy and a rolled-back change never reaches the shared image. An account that does
//! not exist reads as the empty account: no lamports, no data, owned by the System program.

use std::sync::Arc;

use crate::chain::account::Account;
use crate::pubkey::Pubkey;

/// An account as the programs of one transaction see it: its key and its present image.
#[derive(Debug, Clone)]
pub struct AccountCell {
    key: Pubkey,
    image: Arc<Account>,
}

impl AccountCell {
    /// A cell holding `image`; pass the empty account for a key that holds nothing.
    #[must_use]
    pub const fn new(key: Pubkey, image: Arc<Account>) -> Self {
        Self { key, image }
    }

    /// The account's key.
    #[must_use]
    pub const fn key(&self) -> &Pubkey {
        &self.key
    }

    /// The present image.
    #[must_use]
    pub const fn account(&self) -> &Arc<Account> {
        &self.image
    }

    /// The present image, to change; copied first if anybody else holds it.
    pub fn account_mut(&mut self) -> &mut Account {
        Arc::make_mut(&mut self.image)
    }

    /// Key and image, moved out.
    #[must_use]
    pub fn into_parts(self) -> (Pubkey, Arc<Account>) {
        (self.key, self.image)
    }

    /// Puts an earlier image back.
    pub fn restore(&mut self, image: Arc<Account>) {
        self.image = image;
    }
}
