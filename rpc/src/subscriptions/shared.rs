//! Accounts that a block changed, each encoded once for all subscriptions that want it in one shape.
//!
//! ```text
//! changed account, shape --> SharedAccount --> queues of all its followers
//!                            encoded by the first subscription that sends it; the others splice the same text
//! ```
//!
//! What differs between subscriptions is spliced around the text: the id, and for programs the address.
//!
//! Nothing is encoded for a client that does not read, and nothing twice, unless a client goes away while it encodes.

use std::hash::RandomState;
use std::sync::Arc;

use hashbrown::HashMap;
use isobath_sdk::Pubkey;
use isobath_sdk::chain::account::Account;
use jsonrpsee::core::JsonRawValue;
use serde::Serialize;
use tokio::sync::OnceCell;

use crate::context::Context;
use crate::counters::RpcCounters;
use crate::errors::RpcFailure;
use crate::params::encoding::{AccountEncoding, DataSlice};
use crate::render::accounts::UiAccount;
use crate::subscriptions::held::{EventBytes, HeldBytes, HeldNotifications, bytes_with};
use crate::subscriptions::notify::encode;

/// Accounts up to this size, in bytes, are encoded where they are sent. A blocking thread would cost more than the encoding.
const SMALL_BYTES_MAX: usize = 1 << 10;

/// How an account is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    pub(crate) encoding: AccountEncoding,
    pub(crate) data_slice: Option<DataSlice>,
}

/// A changed account in one shape, as of a slot.
#[derive(Debug)]
pub(crate) struct SharedAccount {
    pub(crate) slot: u64,
    pub(crate) key: Pubkey,
    /// `None` when it was closed.
    pub(crate) account: Option<Account>,
    shape: Shape,
    encoded: OnceCell<EncodedAccount>,
    _held: HeldBytes,
}

/// An account as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct EncodedAccount {
    pub(crate) pubkey: String,
    pub(crate) account: Box<JsonRawValue>,
}

impl SharedAccount {
    /// The account as JSON, encoded by the first who asks.
    pub(crate) async fn encoded(
        self: &Arc<Self>,
        context: &Arc<Context>,
    ) -> Result<&EncodedAccount, RpcFailure> {
        let encode = || async {
            if self.data_len() <= SMALL_BYTES_MAX {
                return self.encode(&context.counters);
            }
            let shared = Arc::clone(self);
            context
                .run_blocking(move |context| shared.encode(&context.counters))
                .await
        };
        self.encoded.get_or_try_init(encode).await
    }

    fn encode(&self, counters: &RpcCounters) -> Result<EncodedAccount, RpcFailure> {
        let Shape { encoding, data_slice } = self.shape;
        let account = match &self.account {
            Some(account) => UiAccount::new(&self.key, account, encoding, data_slice),
            None => UiAccount::closed(&self.key, encoding),
        };
        Ok(EncodedAccount {
            pubkey: self.key.to_string(),
            account: encode(&account, counters)?,
        })
    }

    fn data_len(&self) -> usize {
        self.account.as_ref().map_or(0, |account| account.data.len())
    }
}

/// The accounts that one block changed, as far as they are followed.
pub(super) struct BlockAccounts<'a> {
    slot: u64,
    held: &'a Arc<HeldNotifications>,
    shared: HashMap<(Pubkey, Shape), Arc<SharedAccount>, RandomState>,
}

impl<'a> BlockAccounts<'a> {
    pub(super) fn new(slot: u64, held: &'a Arc<HeldNotifications>) -> Self {
        Self {
            slot,
            held,
            shared: HashMap::default(),
        }
    }

    /// What a changed account takes in one shape.
    pub(super) fn bytes_of(&self, key: &Pubkey, account: Option<&Account>, shape: Shape) -> EventBytes {
        let all = account_bytes(account);
        let is_made = self.shared.contains_key(&(*key, shape));
        EventBytes {
            all,
            new: if is_made { 0 } else { all },
        }
    }

    /// A changed account in one shape: the same object whenever it is asked for.
    pub(super) fn share(
        &mut self,
        key: &Pubkey,
        account: Option<&Account>,
        shape: Shape,
    ) -> Arc<SharedAccount> {
        let (slot, held) = (self.slot, self.held);
        let shared = self.shared.entry((*key, shape)).or_insert_with(|| {
            Arc::new(SharedAccount {
                slot,
                key: *key,
                account: account.cloned(),
                shape,
                encoded: OnceCell::new(),
                _held: held.hold(account_bytes(account)),
            })
        });
        Arc::clone(shared)
    }
}

/// The account itself, and its text in base64.
fn account_bytes(account: Option<&Account>) -> usize {
    let data_len = account.map_or(0, |account| account.data.len());
    bytes_with(data_len.saturating_add((data_len / 3).saturating_mul(4)))
}
