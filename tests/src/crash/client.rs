//! A client of a real node: sends, polls, checks after a restart, sends again.
//!
//! It lives through the deaths of the node. What one process reported to it, it expects of the next ([`Claims`]);
//! what it sent without an answer it sends again, since it cannot know.
//!
//! ```text
//! connect --> check (all that was confirmed) --> resend (what is open) --> load (send, poll) --> the node is gone
//! ```

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_rpc_client::{
    BlockingRpcClient, ClientConfig, Encoding, Preflight, Refusal, RpcClient, RpcError, STATUSES_PER_CALL,
    Search, SignatureStatus,
};
use isobath_sdk::chain::genesis::dev_keypairs;
use isobath_sdk::{Hash, Keypair, Pubkey};
use serde_json::Value;

use super::claims::Claims;

/// How long a node may take to answer a call.
const CALL_MAX: Duration = Duration::from_secs(20);
/// Transfers between two polls.
const BURST: usize = 16;
/// Pause after a burst.
const PAUSE: Duration = Duration::from_millis(4);
/// Confirmed transfers that are sent again after a restart.
const REPEATED: usize = 20;

/// Why a client stops.
#[derive(Debug)]
pub enum Stop {
    /// The node is gone.
    Gone,
    /// The node, or the ledger, is wrong.
    Wrong(String),
}

impl From<RpcError> for Stop {
    fn from(error: RpcError) -> Self {
        if error.is_unanswered() {
            Self::Gone
        } else {
            Self::Wrong(error.to_string())
        }
    }
}

impl From<String> for Stop {
    fn from(what: String) -> Self {
        Self::Wrong(what)
    }
}

/// What a client has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Transfers sent for the first time.
    pub sent: usize,
    /// Transfers sent again after a restart.
    pub resent: usize,
    /// Those of them that had landed before without a report to the client.
    pub landed_unseen: usize,
    /// Confirmed transfers sent again after a restart.
    pub repeated: usize,
    /// Calls of sendTransaction that were refused.
    pub refused: usize,
    /// Statuses that were asked for again after a restart.
    pub statuses_checked: usize,
    /// Transactions that were read back after a restart.
    pub transactions_checked: usize,
}

/// A client and what it knows.
#[derive(Debug)]
pub struct LoadClient {
    rpc: BlockingRpcClient,
    keys: Vec<Keypair>,
    /// What it sent, and what was reported to it.
    pub claims: Claims,
    /// What it did.
    pub tally: Tally,
    /// Open transfers whose blockhash has expired: nothing can apply them any more.
    expired: BTreeSet<usize>,
    /// Confirmed transfers that were read back once.
    read_back: BTreeSet<usize>,
    /// Open transfers of this connection, oldest first.
    outstanding: Vec<usize>,
}

impl LoadClient {
    /// A client of the node at `address` that has sent nothing yet.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self {
            rpc: client_of(address),
            keys: dev_keypairs().into(),
            claims: Claims::default(),
            tally: Tally::default(),
            expired: BTreeSet::new(),
            read_back: BTreeSet::new(),
            outstanding: Vec::new(),
        }
    }

    /// Goes on with the next process.
    pub fn connect(&mut self, address: SocketAddr) {
        self.rpc = client_of(address);
        self.outstanding.clear();
    }

    /// Holds the node to everything that was confirmed: statuses of all, and the transactions that were not read
    /// back before.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn check(&mut self) -> Result<(), Stop> {
        let confirmed = self.claims.confirmed();
        for indexes in confirmed.chunks(STATUSES_PER_CALL) {
            let known = self.poll(indexes, Search::WholeHistory)?;
            if let Some(lost) = indexes.iter().find(|index| !known.contains(index)) {
                return Err(self.wrong(*lost, "was confirmed and has no status"));
            }
            self.tally.statuses_checked += indexes.len();
        }
        for index in confirmed {
            if !self.read_back.contains(&index) {
                self.read_transaction(index)?;
                self.read_back.insert(index);
                self.tally.transactions_checked += 1;
            }
        }
        Ok(())
    }

    /// Forgets what was read back, so that the next [`LoadClient::check`] reads every transaction.
    pub fn forget_checks(&mut self) {
        self.read_back.clear();
    }

    /// Sends again what is open and the last of what is confirmed, as a client may. What has landed unseen is
    /// confirmed by the next poll, what has expired is given up, and nothing must be applied a second time.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn resend(&mut self) -> Result<(), Stop> {
        let mut open = self.claims.open();
        open.retain(|index| !self.expired.contains(index));
        for indexes in open.chunks(STATUSES_PER_CALL) {
            let statuses = self.statuses(indexes, Search::WholeHistory)?;
            self.tally.landed_unseen += statuses.iter().flatten().count();
        }
        for index in open {
            if self.send_again(index)? {
                self.outstanding.push(index);
            }
            self.tally.resent += 1;
        }
        for index in self.claims.confirmed().into_iter().rev().take(REPEATED) {
            self.send_again(index)?;
            self.tally.repeated += 1;
        }
        Ok(())
    }

    /// Sends something that may have been applied; whether the node has it, or can still take it.
    fn send_again(&mut self, index: usize) -> Result<bool, Stop> {
        let Err(error) = self.send(index) else {
            return Ok(true);
        };
        match error.refusal() {
            Some(Refusal { message, .. }) if message.contains("Blockhash not found") => {
                self.expired.insert(index);
                Ok(false)
            }
            Some(refusal) if refusal.is_busy() => Ok(false),
            _ => Err(error.into()),
        }
    }

    /// Sends and polls until the node is gone. A node that refuses is asked again until it goes.
    ///
    /// # Errors
    /// [`Stop`], always: [`Stop::Gone`] is the good end.
    pub fn load(&mut self) -> Result<(), Stop> {
        loop {
            self.burst(BURST)?;
            thread::sleep(PAUSE);
        }
    }

    /// Sends `count` new transfers and asks for the statuses of what is open.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn burst(&mut self, count: usize) -> Result<(), Stop> {
        let blockhash = self.blockhash()?;
        for _ in 0..count {
            let from = &self.keys[self.tally.sent % self.keys.len()];
            let index = self.claims.next(from, blockhash);
            self.tally.sent += 1;
            match self.send(index) {
                Ok(()) => self.outstanding.push(index),
                Err(RpcError::Refused { .. }) => self.tally.refused += 1,
                Err(error) => return Err(error.into()),
            }
        }
        let oldest: Vec<usize> = self.outstanding.iter().take(STATUSES_PER_CALL).copied().collect();
        let known = self.poll(&oldest, Search::Recent)?;
        self.outstanding.retain(|index| !known.contains(index));
        Ok(())
    }

    /// Open transfers of this connection.
    #[must_use]
    pub const fn outstanding(&self) -> usize {
        self.outstanding.len()
    }

    /// Compares the balance of every recipient with what is known: a confirmed transfer was applied once, an open
    /// one at most once.
    ///
    /// # Errors
    /// [`Stop`].
    pub fn check_balances(&mut self) -> Result<(), Stop> {
        let transfers = self.claims.transfers().iter();
        let recipients: Vec<Pubkey> = transfers.map(|transfer| transfer.recipient).collect();
        let balances = self.rpc.wait(|rpc| rpc.balances(&recipients))?;
        for (index, lamports) in balances.into_iter().enumerate() {
            let amount = self.claims.transfers()[index].lamports;
            let is_right = match self.claims.slot(index) {
                Some(_) => lamports == amount,
                None => lamports == amount || lamports == 0,
            };
            if !is_right {
                return Err(self.wrong(index, &format!("moved {lamports} lamports, not {amount}")));
            }
        }
        Ok(())
    }

    fn blockhash(&self) -> Result<Hash, Stop> {
        Ok(self.rpc.wait(RpcClient::latest_blockhash)?.blockhash)
    }

    fn send(&self, index: usize) -> Result<(), RpcError> {
        let transfer = &self.claims.transfers()[index];
        let wire = STANDARD.encode(&transfer.wire);
        let signature = self
            .rpc
            .wait(|rpc| rpc.send_transaction(&wire, Preflight::Skip))?;
        assert_eq!(
            signature, transfer.signature,
            "a transaction is named by its first signature"
        );
        Ok(())
    }

    /// The statuses of up to [`STATUSES_PER_CALL`] transfers.
    fn statuses(&self, indexes: &[usize], search: Search) -> Result<Vec<Option<SignatureStatus>>, Stop> {
        let transfers = self.claims.transfers();
        let signatures: Vec<_> = indexes.iter().map(|index| transfers[*index].signature).collect();
        Ok(self.rpc.wait(|rpc| rpc.statuses(&signatures, search))?)
    }

    /// Asks for statuses; the transfers that have one are confirmed and returned.
    fn poll(&mut self, indexes: &[usize], search: Search) -> Result<BTreeSet<usize>, Stop> {
        let statuses = self.statuses(indexes, search)?;
        let mut known = BTreeSet::new();
        for (index, status) in indexes.iter().zip(statuses) {
            let Some(status) = status else {
                continue;
            };
            if status.err.is_some() {
                return Err(self.wrong(*index, &format!("has the status {status:?}")));
            }
            let signature = self.claims.transfers()[*index].signature;
            self.claims.confirm(&signature, status.slot)?;
            known.insert(*index);
        }
        Ok(known)
    }

    fn read_transaction(&self, index: usize) -> Result<(), Stop> {
        let transfer = &self.claims.transfers()[index];
        let (wire, lamports) = (STANDARD.encode(&transfer.wire), transfer.lamports);
        let found: Option<Value> = self
            .rpc
            .wait(|rpc| rpc.transaction(transfer.signature, Encoding::Base64))?;
        let found = found.unwrap_or_default();
        let is_right = found["slot"].as_u64() == self.claims.slot(index)
            && found["transaction"][0].as_str() == Some(&wire)
            && found["meta"]["err"].is_null()
            && found["meta"]["preBalances"][1] == 0
            && found["meta"]["postBalances"][1] == lamports;
        if is_right {
            Ok(())
        } else {
            Err(self.wrong(index, &format!("reads back as {found}")))
        }
    }

    fn wrong(&self, index: usize, what: &str) -> Stop {
        let signature = self.claims.transfers()[index].signature;
        Stop::Wrong(format!("transfer {index}, {signature}, {what}"))
    }
}

fn client_of(address: SocketAddr) -> BlockingRpcClient {
    let config = ClientConfig {
        call_timeout: CALL_MAX,
        ..ClientConfig::default()
    };
    BlockingRpcClient::new(&format!("http://{address}"), config).expect("an address makes a URL")
}
