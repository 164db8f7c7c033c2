//! Signed transactions as clients send them.

use isobath_program_abi::{Hash, Instruction, Pubkey};
use isobath_sdk::builtins::system;
use isobath_sdk::keypair::Keypair;
use isobath_sdk::wire::message::{Message, MessageVersion};
use isobath_sdk::wire::transaction::Transaction;

/// Wire bytes of a legacy transaction signed by `signers`, the first of which pays.
///
/// # Panics
/// When there is no signer, when the message does not compile, or when `signers` are not exactly those it needs.
#[must_use]
pub fn wire(signers: &[&Keypair], instructions: &[Instruction], blockhash: Hash) -> Vec<u8> {
    let payer = signers[0].pubkey();
    let message = Message::compile(MessageVersion::Legacy, &payer, instructions, blockhash)
        .expect("the instructions of a test compile");
    Transaction::sign(message, signers)
        .expect("the signers are those of the message")
        .serialize()
}

/// Wire bytes of a transfer that `from` pays for.
#[must_use]
pub fn transfer(blockhash: Hash, from: &Keypair, to: &Pubkey, lamports: u64) -> Vec<u8> {
    wire(
        &[from],
        &[system::transfer(&from.pubkey(), to, lamports)],
        blockhash,
    )
}
