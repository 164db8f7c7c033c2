//! What was reported to a client about its transfers, and whether a ledger keeps it.
//!
//! Every transfer has a recipient of its own and an amount of its own, so that a balance alone tells whether it was
//! applied never, once or twice. A client that loses its connection does not know what became of a transfer it sent;
//! it may send it again, and it must still be applied at most once.

use std::collections::HashMap;

use isobath_node::Store;
use isobath_sdk::builtins::system;
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::wire::view::TransactionView;
use isobath_sdk::{Hash, Keypair, Message, MessageVersion, Pubkey, Signature, Transaction};
use isobath_storage::Storage;

use super::audit::Audit;

/// The smallest amount: above the rent minimum of the recipient.
const LAMPORTS_MIN: u64 = 1_000_000;

/// A transfer to a recipient of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Its signature.
    pub signature: Signature,
    /// Who receives.
    pub recipient: Pubkey,
    /// How much.
    pub lamports: u64,
    /// The signed bytes.
    pub wire: Vec<u8>,
}

/// What a client knows of all its transfers.
#[derive(Debug, Default)]
pub struct Claims {
    transfers: Vec<Transfer>,
    /// Slot of each transfer that was reported confirmed.
    confirmed: Vec<Option<u64>>,
    by_signature: HashMap<Signature, usize>,
}

/// What a ledger holds of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landed {
    /// Blocks of the ledger.
    pub blocks: u64,
    /// Transfers that are in it.
    pub transfers: usize,
    /// Those that had been reported confirmed.
    pub confirmed: usize,
    /// Lamports burned.
    pub burned: u128,
}

impl Claims {
    /// Signs the next transfer.
    ///
    /// # Panics
    /// Never: a transfer compiles and `from` is its only signer.
    pub fn next(&mut self, from: &Keypair, blockhash: Hash) -> usize {
        let index = self.transfers.len();
        let mut recipient = [7; 32];
        recipient[..8].copy_from_slice(&(index as u64).to_be_bytes());
        let recipient = Pubkey(recipient);
        let lamports = LAMPORTS_MIN + index as u64;
        let payer = from.pubkey();
        let instruction = system::transfer(&payer, &recipient, lamports);
        let message = Message::compile(MessageVersion::Legacy, &payer, &[instruction], blockhash)
            .expect("a transfer compiles");
        let transaction = Transaction::sign(message, &[from]).expect("the payer is the only signer");
        let signature = transaction.signatures[0];
        self.transfers.push(Transfer {
            signature,
            recipient,
            lamports,
            wire: transaction.serialize(),
        });
        self.confirmed.push(None);
        self.by_signature.insert(signature, index);
        index
    }

    /// All transfers, in the order of their signing.
    #[must_use]
    pub fn transfers(&self) -> &[Transfer] {
        &self.transfers
    }

    /// Writes down that a transfer was reported confirmed in `slot`. Signatures of others are passed over.
    ///
    /// # Errors
    /// When it was reported in another slot before.
    pub fn confirm(&mut self, signature: &Signature, slot: u64) -> Result<(), String> {
        let Some(index) = self.by_signature.get(signature) else {
            return Ok(());
        };
        match self.confirmed[*index].replace(slot) {
            Some(before) if before != slot => Err(format!(
                "{signature} was confirmed in slot {before}, now in {slot}"
            )),
            _ => Ok(()),
        }
    }

    /// The slot in which transfer `index` was reported confirmed.
    #[must_use]
    pub fn slot(&self, index: usize) -> Option<u64> {
        self.confirmed.get(index).copied().flatten()
    }

    /// The transfers that were reported confirmed.
    #[must_use]
    pub fn confirmed(&self) -> Vec<usize> {
        self.select(Option::is_some)
    }

    /// The transfers of which nothing is known.
    #[must_use]
    pub fn open(&self) -> Vec<usize> {
        self.select(Option::is_none)
    }

    fn select(&self, is_wanted: impl Fn(&Option<u64>) -> bool) -> Vec<usize> {
        let slots = self.confirmed.iter().enumerate();
        slots
            .filter(|(_, slot)| is_wanted(slot))
            .map(|(index, _)| index)
            .collect()
    }

    /// Opens the ledger in `storage` and holds it to the claims, and to the rules of every ledger ([`Audit`]).
    ///
    /// # Errors
    /// What is lost, applied twice, or not as it was reported.
    pub fn check_ledger(&self, storage: Box<dyn Storage>) -> Result<Landed, String> {
        let genesis = Store::genesis_of(&*storage)
            .map_err(|error| error.to_string())?
            .ok_or("there is no ledger")?;
        let mut audit = Audit::new(&genesis);
        let mut slots: Vec<Vec<u64>> = vec![Vec::new(); self.transfers.len()];
        let opened = Store::open(storage, &genesis, &mut |record| {
            audit.record(record)?;
            self.find_in(record, &mut slots)
        });
        let (db, report) = opened.map_err(|error| format!("cannot be opened: {error}"))?;
        audit.accounts(&db)?;
        for (index, slots) in slots.iter().enumerate() {
            self.check_transfer(index, slots, &db)?;
        }
        Ok(Landed {
            blocks: report.blocks,
            transfers: slots.iter().filter(|slots| !slots.is_empty()).count(),
            confirmed: self.confirmed().len(),
            burned: audit.burned(),
        })
    }

    /// Writes down which transfers a record applies.
    fn find_in(&self, record: &BlockRecord, slots: &mut [Vec<u64>]) -> Result<(), String> {
        let history = &record.history;
        for (wire, execution) in history.transactions.iter().zip(&history.executions) {
            let view = TransactionView::parse(wire).map_err(|error| error.to_string())?;
            let signature = view.signature(0);
            let index = self.by_signature.get(&signature);
            let index = index.ok_or_else(|| format!("{signature} was never sent"))?;
            let outcome = execution.outcome;
            if (outcome.class, outcome.error) != (OutcomeClass::Executed, None) {
                return Err(format!("{signature} did not succeed: {outcome:?}"));
            }
            slots[*index].push(history.header.slot);
        }
        Ok(())
    }

    fn check_transfer(&self, index: usize, slots: &[u64], db: &Store) -> Result<(), String> {
        let transfer = &self.transfers[index];
        let signature = transfer.signature;
        match (self.slot(index), slots) {
            (None, []) => {}
            (Some(slot), []) => return Err(format!("lost: {signature}, reported in slot {slot}")),
            (_, [_, _, ..]) => return Err(format!("applied twice: {signature}, in slots {slots:?}")),
            (Some(slot), [found]) if slot != *found => {
                return Err(format!(
                    "{signature} was reported in slot {slot}, is in slot {found}"
                ));
            }
            (_, [_]) => {}
        }
        let balance = db
            .view()
            .get(&transfer.recipient)
            .map_or(0, |account| account.lamports);
        let expected = transfer.lamports * slots.len() as u64;
        if balance == expected {
            Ok(())
        } else {
            Err(format!("{signature} moved {balance} lamports, not {expected}"))
        }
    }
}
