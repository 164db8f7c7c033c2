//! Properties of the transaction decoder over random messages and damaged bytes.
//!
//! The oracle is [`sane`], which states the rules over the owned message one by one and knows nothing of bytes.

#![allow(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use isobath_sdk::{
    DecodeError, Hash, Message, MessageVersion, MessageView, Pubkey, Signature, Transaction,
    TransactionLayout, TransactionView,
    wire::layout::PACKET_DATA_SIZE,
    wire::message::{AddressTableLookup, CompiledInstruction, MessageHeader},
};
use proptest::{collection::vec, prelude::*, sample::Index};

/// Whether a transaction keeps every rule of the wire.
fn sane(tx: &Transaction) -> bool {
    let Message {
        version,
        header,
        account_keys,
        instructions,
        lookups,
        ..
    } = &tx.message;
    let signers = usize::from(header.num_required_signatures);
    let keys = account_keys.len();
    let loaded: usize = lookups
        .iter()
        .map(|l| l.writable_indexes.len() + l.readonly_indexes.len())
        .sum();
    tx.signatures.len() == signers
        && usize::from(header.num_readonly_signed) < signers
        && signers + usize::from(header.num_readonly_unsigned) <= keys
        && keys + loaded <= 256
        && instructions
            .iter()
            .all(|ix| ix.program_id_index != 0 && usize::from(ix.program_id_index) < keys)
        && instructions
            .iter()
            .flat_map(|ix| &ix.accounts)
            .all(|&index| usize::from(index) < keys + loaded)
        && lookups
            .iter()
            .all(|l| l.writable_indexes.len() + l.readonly_indexes.len() > 0)
        && (*version == MessageVersion::V0 || lookups.is_empty())
        && tx.serialize().len() <= PACKET_DATA_SIZE
}

fn keys() -> impl Strategy<Value = Vec<Pubkey>> {
    vec(any::<[u8; 32]>().prop_map(Pubkey), 0..8)
}

fn instructions() -> impl Strategy<Value = Vec<CompiledInstruction>> {
    let instruction =
        (0u8..8, vec(0u8..10, 0..6), vec(any::<u8>(), 0..200)).prop_map(|(program, accounts, data)| {
            CompiledInstruction {
                program_id_index: program,
                accounts,
                data,
            }
        });
    vec(instruction, 0..5)
}

fn lookups() -> impl Strategy<Value = Vec<AddressTableLookup>> {
    let indexes = || vec(any::<u8>(), 0..4);
    let lookup =
        (any::<[u8; 32]>(), indexes(), indexes()).prop_map(|(table, writable_indexes, readonly_indexes)| {
            AddressTableLookup {
                table: Pubkey(table),
                writable_indexes,
                readonly_indexes,
            }
        });
    vec(lookup, 0..3)
}

/// Transactions of any kind, about half of them insane.
fn any_transaction() -> impl Strategy<Value = Transaction> {
    let header = (0u8..4, 0u8..3, 0u8..4).prop_map(|(signatures, signed, unsigned)| MessageHeader {
        num_required_signatures: signatures,
        num_readonly_signed: signed,
        num_readonly_unsigned: unsigned,
    });
    let message = (
        any::<bool>(),
        header,
        keys(),
        any::<[u8; 32]>(),
        instructions(),
        lookups(),
    )
        .prop_map(
            |(is_v0, header, account_keys, blockhash, instructions, lookups)| Message {
                version: if is_v0 {
                    MessageVersion::V0
                } else {
                    MessageVersion::Legacy
                },
                header,
                account_keys,
                recent_blockhash: Hash(blockhash),
                instructions,
                lookups: if is_v0 { lookups } else { Vec::new() },
            },
        );
    (message, prop_oneof![9 => Just(0usize), 1 => 1usize..3]).prop_map(|(message, extra)| {
        let count = usize::from(message.header.num_required_signatures) + extra;
        Transaction {
            signatures: vec![Signature([5; 64]); count],
            message,
        }
    })
}

/// Transactions that keep every rule, made from any transaction by folding its parts into range.
fn sane_transaction() -> impl Strategy<Value = Transaction> {
    any_transaction().prop_map(|mut tx| {
        let message = &mut tx.message;
        while message.account_keys.len() < 8 {
            message.account_keys.push(Pubkey([0xaa; 32]));
        }
        message.header.num_required_signatures = message.header.num_required_signatures.max(1);
        message.header.num_readonly_signed %= message.header.num_required_signatures;
        message
            .lookups
            .retain(|l| !l.writable_indexes.is_empty() || !l.readonly_indexes.is_empty());
        for instruction in &mut message.instructions {
            instruction.program_id_index = instruction.program_id_index.max(1);
            instruction.accounts.iter_mut().for_each(|index| *index %= 8);
        }
        tx.signatures = vec![Signature([6; 64]); usize::from(message.header.num_required_signatures)];
        while tx.serialize().len() > PACKET_DATA_SIZE {
            tx.message
                .instructions
                .pop()
                .expect("what is left fits without instructions");
        }
        tx
    })
}

/// One change to some bytes.
#[derive(Clone, Debug)]
enum Damage {
    Set(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Truncate(Index),
    Append(u8),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Set(at, byte) => *at.get_mut(bytes) = *byte,
            Self::Insert(at, byte) => bytes.insert(at.index(bytes.len()), *byte),
            Self::Remove(at) => drop(bytes.remove(at.index(bytes.len()))),
            Self::Truncate(at) => bytes.truncate(at.index(bytes.len())),
            Self::Append(byte) => bytes.push(*byte),
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        1 => any::<Index>().prop_map(Damage::Remove),
        1 => any::<Index>().prop_map(Damage::Truncate),
        1 => any::<u8>().prop_map(Damage::Append),
    ]
}

/// Everything that must hold of bytes from anywhere; returns whether they were accepted.
fn check_bytes(bytes: &[u8]) -> Result<bool, TestCaseError> {
    let owned = Transaction::parse(bytes);
    let layout = TransactionLayout::parse(bytes);
    prop_assert_eq!(owned.as_ref().err(), layout.as_ref().err());
    let (Ok(owned), Ok(layout)) = (owned, layout) else {
        return Ok(false);
    };
    prop_assert!(sane(&owned));
    prop_assert_eq!(owned.serialize(), bytes);
    prop_assert_eq!(layout.size_bytes(), bytes.len());
    let view = TransactionView::new(bytes, layout);
    prop_assert_eq!(view.layout(), layout);
    prop_assert_eq!(&view.to_owned(), &owned);
    check_view(view, &owned)?;
    Ok(true)
}

/// The accessors of a view against the owned parts.
fn check_view(view: TransactionView<'_>, owned: &Transaction) -> Result<(), TestCaseError> {
    let message = &owned.message;
    prop_assert_eq!(view.message_bytes(), message.serialize());
    prop_assert_eq!(
        MessageView::parse(view.message_bytes()).map(MessageView::to_owned),
        Ok(message.clone())
    );
    prop_assert_eq!(view.message_hash(), message.message_hash());
    prop_assert_eq!(view.instructions().len(), message.instructions.len());
    prop_assert_eq!(view.instructions().count(), message.instructions.len());
    prop_assert_eq!(view.lookups().len(), message.lookups.len());
    prop_assert_eq!(view.lookups().count(), message.lookups.len());
    let loaded_writable: usize = message.lookups.iter().map(|l| l.writable_indexes.len()).sum();
    let loaded_readonly: usize = message.lookups.iter().map(|l| l.readonly_indexes.len()).sum();
    prop_assert_eq!(view.lookup_account_count(), loaded_writable + loaded_readonly);
    let keys = message.account_keys.len();
    let header = message.header;
    let [signers, signed, unsigned] = [
        header.num_required_signatures,
        header.num_readonly_signed,
        header.num_readonly_unsigned,
    ]
    .map(usize::from);
    for index in 0..view.key_count() + 2 {
        let static_writable = index < signers - signed || (signers <= index && index < keys - unsigned);
        let writable = static_writable || (keys <= index && index < keys + loaded_writable);
        prop_assert_eq!(view.is_signer(index), index < signers);
        prop_assert_eq!(view.is_requested_writable(index), writable, "{}", index);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn decoder_accepts_exactly_the_sane(tx in any_transaction()) {
        prop_assert_eq!(check_bytes(&tx.serialize())?, sane(&tx));
    }

    #[test]
    fn sane_transactions_round_trip(tx in sane_transaction()) {
        prop_assert!(sane(&tx));
        let bytes = tx.serialize();
        prop_assert!(check_bytes(&bytes)?);
        prop_assert_eq!(Transaction::parse(&bytes), Ok(tx));
    }

    #[test]
    fn damaged_transactions_are_refused_or_canonical(tx in sane_transaction(), damages in vec(damage(), 1..4)) {
        let mut bytes = tx.serialize();
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        check_bytes(&bytes)?;
    }

    #[test]
    fn every_prefix_is_truncated(tx in sane_transaction()) {
        let bytes = tx.serialize();
        for len in 0..bytes.len() {
            prop_assert_eq!(TransactionLayout::parse(&bytes[..len]), Err(DecodeError::Truncated), "{}", len);
        }
    }

    #[test]
    fn noise_is_refused_or_canonical(bytes in vec(any::<u8>(), 0..1400)) {
        check_bytes(&bytes)?;
        if let Ok(message) = Message::parse(&bytes) {
            prop_assert_eq!(message.serialize(), bytes);
        }
    }
}
