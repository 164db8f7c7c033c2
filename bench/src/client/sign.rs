//! Signing transfers: from the number of a transfer to its wire bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_rpc_client::BlockhashLifetime;
use isobath_sdk::wire::message::{Message, MessageVersion};
use isobath_sdk::{Instruction, Keypair, Signature, Transaction, builtins::system};

use super::plan::Plan;
use crate::keys::Keys;

/// A signed transaction, ready to be sent, and what is needed to track it.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    /// Number of the transfer; unchanged when it is signed again.
    pub(crate) index: u64,
    /// Wire bytes, base64.
    pub(crate) wire: String,
    /// The first signature, which names the transaction.
    pub(crate) signature: Signature,
    /// The same as text, base58.
    pub(crate) name: String,
    /// The last block height at which it can enter a block.
    pub(crate) last_valid_height: u64,
}

/// Signs transfer number `index`.
pub(crate) fn sign_transfer(plan: Plan, keys: &Keys, index: u64, lifetime: BlockhashLifetime) -> Signed {
    let transfer = plan.transfer(index);
    let payer = keys.pair(transfer.from);
    let instruction = system::transfer(
        &keys.address(transfer.from),
        &keys.address(transfer.to),
        transfer.lamports,
    );
    sign(payer, &[instruction], index, lifetime)
}

/// Signs a legacy transaction of one signer.
pub(crate) fn sign(
    payer: &Keypair,
    instructions: &[Instruction],
    index: u64,
    lifetime: BlockhashLifetime,
) -> Signed {
    let message = Message::compile(
        MessageVersion::Legacy,
        &payer.pubkey(),
        instructions,
        lifetime.blockhash,
    )
    .expect("a few transfers fit a message");
    let transaction = Transaction::sign(message, &[payer]).expect("the payer is the only signer");
    let signature = transaction.signatures[0];
    Signed {
        index,
        wire: STANDARD.encode(transaction.serialize()),
        signature,
        name: signature.to_string(),
        last_valid_height: lifetime.last_valid_block_height,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use isobath_sdk::{Hash, TransactionView};

    #[test]
    fn signed_bytes_decode_to_the_transfer() {
        let keys = Keys::derive(1, 3, 1);
        let lifetime = BlockhashLifetime {
            blockhash: Hash([7; 32]),
            last_valid_block_height: 150,
        };
        let signed = sign_transfer(Plan::new(3), &keys, 4, lifetime);
        let bytes = STANDARD.decode(&signed.wire).unwrap();
        let view = TransactionView::parse(&bytes).unwrap();
        assert_eq!(view.signature(0), signed.signature);
        assert_eq!(view.recent_blockhash(), lifetime.blockhash);
        assert_eq!(
            view.static_key(0),
            keys.address(1),
            "number 4 of 3 accounts is paid by account 1"
        );
        assert_eq!(signed.name.parse::<Signature>().unwrap(), signed.signature);
        assert_eq!((signed.index, signed.last_valid_height), (4, 150));
    }

    #[test]
    fn signing_again_keeps_the_number_and_changes_the_signature() {
        let keys = Keys::derive(1, 3, 1);
        let early = BlockhashLifetime {
            blockhash: Hash([1; 32]),
            last_valid_block_height: 150,
        };
        let late = BlockhashLifetime {
            blockhash: Hash([2; 32]),
            last_valid_block_height: 300,
        };
        let (one, two) = (
            sign_transfer(Plan::new(3), &keys, 5, early),
            sign_transfer(Plan::new(3), &keys, 5, late),
        );
        assert_eq!(one.index, two.index);
        assert_ne!(one.signature, two.signature);
    }
}
