//! Tests of messages: building and sanitizing.

use super::*;
use crate::{
    instruction::{AccountMeta, Instruction},
    keypair::Keypair,
    signature::Signature,
    wire::layout::{MessageLayout, PACKET_DATA_SIZE, TransactionLayout},
    wire::transaction::{SignError, Transaction},
};

/// Two signers of which one is read-only, one writable and two read-only others, one instruction on all of them.
fn message(version: MessageVersion) -> Message {
    Message {
        version,
        header: MessageHeader {
            num_required_signatures: 2,
            num_readonly_signed: 1,
            num_readonly_unsigned: 2,
        },
        account_keys: (1..=5).map(|byte| Pubkey([byte; 32])).collect(),
        recent_blockhash: Hash([7; 32]),
        instructions: vec![CompiledInstruction {
            program_id_index: 4,
            accounts: vec![0, 1, 2, 3, 3],
            data: vec![1, 2],
        }],
        lookups: Vec::new(),
    }
}

fn lookup(writable: &[u8], readonly: &[u8]) -> AddressTableLookup {
    AddressTableLookup {
        table: Pubkey([9; 32]),
        writable_indexes: writable.to_vec(),
        readonly_indexes: readonly.to_vec(),
    }
}

/// The error of a v0 message after `change`, and of the same legacy message if the change applies to one.
fn refusal(change: impl Fn(&mut Message)) -> DecodeError {
    let answers = [MessageVersion::V0, MessageVersion::Legacy].map(|version| {
        let mut message = message(version);
        change(&mut message);
        (
            message.lookups.is_empty(),
            MessageLayout::parse(&message.serialize()),
        )
    });
    let [(_, v0), (comparable, legacy)] = answers;
    assert!(!comparable || v0.is_err() == legacy.is_err() && v0.err() == legacy.err());
    v0.expect_err("the change makes the message insane")
}

#[test]
fn sane_messages_round_trip() {
    for version in [MessageVersion::Legacy, MessageVersion::V0] {
        let message = message(version);
        assert_eq!(Message::parse(&message.serialize()), Ok(message));
    }
    let mut with_lookups = message(MessageVersion::V0);
    with_lookups.lookups = vec![lookup(&[0, 0], &[255]), lookup(&[], &[3])];
    with_lookups.instructions[0].accounts.extend([5, 6, 7, 8]);
    assert_eq!(Message::parse(&with_lookups.serialize()), Ok(with_lookups));
}

#[test]
fn header_rules() {
    let no_signature = |message: &mut Message| {
        message.header.num_required_signatures = 0;
        message.header.num_readonly_signed = 0;
    };
    assert_eq!(refusal(no_signature), DecodeError::NoWritableSigner);
    assert_eq!(
        refusal(|m| m.header.num_readonly_signed = 2),
        DecodeError::NoWritableSigner
    );
    assert_eq!(
        refusal(|m| m.header.num_readonly_signed = 255),
        DecodeError::NoWritableSigner
    );
    assert_eq!(
        refusal(|m| m.header.num_required_signatures = 4),
        DecodeError::TooFewKeys
    );
    assert_eq!(
        refusal(|m| m.header.num_readonly_unsigned = 4),
        DecodeError::TooFewKeys
    );
    assert_eq!(
        refusal(|m| m.header.num_readonly_unsigned = 255),
        DecodeError::TooFewKeys
    );
    assert_eq!(refusal(|m| m.account_keys.clear()), DecodeError::TooFewKeys);
}

#[test]
fn index_rules() {
    assert_eq!(
        refusal(|m| m.instructions[0].program_id_index = 0),
        DecodeError::PayerAsProgram
    );
    assert_eq!(
        refusal(|m| m.instructions[0].program_id_index = 5),
        DecodeError::ProgramIndexOutOfRange
    );
    assert_eq!(
        refusal(|m| m.instructions[0].program_id_index = 255),
        DecodeError::ProgramIndexOutOfRange
    );
    assert_eq!(
        refusal(|m| m.instructions[0].accounts[2] = 5),
        DecodeError::AccountIndexOutOfRange
    );
    assert_eq!(
        refusal(|m| m.instructions[0].accounts[2] = 255),
        DecodeError::AccountIndexOutOfRange
    );
}

#[test]
fn lookup_rules() {
    assert_eq!(
        refusal(|m| m.lookups = vec![lookup(&[], &[])]),
        DecodeError::EmptyLookup
    );
    let program_from_table = |m: &mut Message| {
        m.lookups = vec![lookup(&[1], &[2])];
        m.instructions[0].program_id_index = 5;
    };
    assert_eq!(refusal(program_from_table), DecodeError::ProgramIndexOutOfRange);
    let account_past_loaded = |m: &mut Message| {
        m.lookups = vec![lookup(&[1], &[2])];
        m.instructions[0].accounts[0] = 7;
    };
    assert_eq!(refusal(account_past_loaded), DecodeError::AccountIndexOutOfRange);
    let keys = |m: &mut Message, loaded: usize| m.lookups = vec![lookup(&vec![0; loaded], &[1])];
    assert_eq!(refusal(|m| keys(m, 251)), DecodeError::TooManyKeys);
    let mut full = message(MessageVersion::V0);
    keys(&mut full, 250);
    full.instructions[0].accounts[0] = 255;
    assert!(Message::parse(&full.serialize()).is_ok());
}

#[test]
fn sizes_and_ends() {
    let mut long = message(MessageVersion::Legacy);
    let spare = PACKET_DATA_SIZE - long.serialize().len() - 1;
    long.instructions[0].data.extend(vec![0; spare]);
    let mut bytes = long.serialize();
    assert_eq!(bytes.len(), PACKET_DATA_SIZE);
    assert!(MessageLayout::parse(&bytes).is_ok());
    bytes.push(0);
    assert_eq!(MessageLayout::parse(&bytes), Err(DecodeError::TooLarge));

    let bytes = message(MessageVersion::V0).serialize();
    for len in 0..bytes.len() {
        assert_eq!(
            MessageLayout::parse(&bytes[..len]),
            Err(DecodeError::Truncated),
            "{len}"
        );
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(MessageLayout::parse(&longer), Err(DecodeError::TrailingBytes));
}

#[test]
fn aliases_of_lengths_are_refused() {
    let message = message(MessageVersion::Legacy);
    let tx = Transaction::unsigned(message.clone());
    // The number of keys is the byte after the header.
    let mut bytes = message.serialize();
    bytes.splice(3..4, [0x85, 0x00]);
    assert_eq!(MessageLayout::parse(&bytes), Err(DecodeError::AliasEncoding));
    let mut bytes = tx.serialize();
    bytes.splice(0..1, [0x80, 0x00]);
    assert_eq!(TransactionLayout::parse(&bytes), Err(DecodeError::AliasEncoding));
}

#[test]
fn versions_are_named() {
    let mut bytes = message(MessageVersion::V0).serialize();
    for version in 1..=127 {
        bytes[0] = VERSION_FLAG | version;
        assert_eq!(
            MessageLayout::parse(&bytes),
            Err(DecodeError::UnsupportedVersion(version))
        );
        // As the message of a signed envelope, and as the first byte of a message-first transaction.
        let enveloped = [&[1][..], &[0; 64], &bytes].concat();
        assert_eq!(
            TransactionLayout::parse(&enveloped),
            Err(DecodeError::UnsupportedVersion(version))
        );
        assert_eq!(
            TransactionLayout::parse(&bytes),
            Err(DecodeError::UnsupportedVersion(version))
        );
    }
}

#[test]
fn signature_count_must_match_the_header() {
    let mut tx = Transaction::unsigned(message(MessageVersion::Legacy));
    assert_eq!(tx.signatures.len(), 2);
    assert_eq!(Transaction::parse(&tx.serialize()), Ok(tx.clone()));
    tx.signatures.push(Signature::default());
    assert_eq!(
        Transaction::parse(&tx.serialize()),
        Err(DecodeError::SignatureCountMismatch)
    );
    tx.signatures.truncate(1);
    assert_eq!(
        Transaction::parse(&tx.serialize()),
        Err(DecodeError::SignatureCountMismatch)
    );
    tx.signatures.clear();
    assert_eq!(
        Transaction::parse(&tx.serialize()),
        Err(DecodeError::SignatureCountMismatch)
    );
}

#[test]
fn signing_needs_exactly_the_required_keys() {
    let (a, b, c) = (
        Keypair::from_seed([1; 32]),
        Keypair::from_seed([2; 32]),
        Keypair::from_seed([3; 32]),
    );
    let accounts = vec![AccountMeta::signer(b.pubkey()), AccountMeta::readonly(c.pubkey())];
    let instruction = Instruction::new(Pubkey([5; 32]), accounts, Vec::new());
    let message =
        Message::compile(MessageVersion::Legacy, &a.pubkey(), &[instruction], Hash([7; 32])).unwrap();
    let sign = |pairs: &[&Keypair]| Transaction::sign(message.clone(), pairs).map(|tx| tx.signatures.len());
    assert_eq!(sign(&[&b, &a]), Ok(2));
    assert_eq!(sign(&[&a]), Err(SignError::MissingSigner(b.pubkey())));
    assert_eq!(sign(&[&a, &b, &c]), Err(SignError::UnexpectedSigner(c.pubkey())));
}

#[test]
fn compiling_merges_access_and_keeps_the_payer_first() {
    let (payer, x, program) = (Pubkey([0xff; 32]), Pubkey([1; 32]), Pubkey([2; 32]));
    let first = Instruction::new(program, vec![AccountMeta::readonly(x)], vec![1]);
    let second = Instruction::new(
        program,
        vec![AccountMeta::writable(x), AccountMeta::readonly(payer)],
        vec![2],
    );
    let third = Instruction::new(program, vec![AccountMeta::signer(x)], vec![3]);
    let message = Message::compile(MessageVersion::V0, &payer, &[first, second, third], Hash::ZERO).unwrap();
    assert_eq!(message.account_keys, [payer, x, program]);
    assert_eq!(
        message.header,
        MessageHeader {
            num_required_signatures: 2,
            num_readonly_signed: 0,
            num_readonly_unsigned: 1
        }
    );
    assert_eq!(message.instructions[1].accounts, [1, 0]);
}

#[test]
fn compiling_refuses_what_indexes_cannot_name() {
    let key = |index: u16| {
        let mut bytes = [1; 32];
        bytes[..2].copy_from_slice(&index.to_le_bytes());
        Pubkey(bytes)
    };
    let payer = Pubkey([0xff; 32]);
    let compile = |metas: Vec<AccountMeta>, data: Vec<u8>| {
        let instruction = Instruction::new(Pubkey([2; 32]), metas, data);
        Message::compile(MessageVersion::Legacy, &payer, &[instruction], Hash::ZERO)
            .map(|m| m.account_keys.len())
    };
    let metas = |count: u16| {
        (0..count)
            .map(|index| AccountMeta::writable(key(index)))
            .collect::<Vec<_>>()
    };
    assert_eq!(compile(metas(254), Vec::new()), Ok(256));
    assert_eq!(compile(metas(255), Vec::new()), Err(CompileError::TooManyKeys));
    let signers = (0..255).map(|index| AccountMeta::signer(key(index))).collect();
    assert_eq!(compile(signers, Vec::new()), Err(CompileError::TooManyKeys));
    assert_eq!(
        compile(Vec::new(), vec![0; 65_536]),
        Err(CompileError::InstructionTooLong)
    );
    assert_eq!(compile(Vec::new(), vec![0; 65_535]), Ok(2));
}

#[test]
fn tables_take_what_neither_signs_nor_is_called() {
    let [payer, signer, program, writable, readonly, elsewhere] =
        [1, 2, 3, 4, 5, 6].map(|byte| Pubkey([byte; 32]));
    let metas = vec![
        AccountMeta::signer(signer),
        AccountMeta::writable(writable),
        AccountMeta::readonly(readonly),
        AccountMeta::readonly(elsewhere),
    ];
    let instruction = Instruction::new(program, metas, Vec::new());
    let all = [payer, signer, program, readonly, writable];
    let tables = [
        TableAddresses {
            table: Pubkey([20; 32]),
            addresses: &[payer, program],
        },
        TableAddresses {
            table: Pubkey([21; 32]),
            addresses: &all,
        },
        TableAddresses {
            table: Pubkey([22; 32]),
            addresses: &all,
        },
    ];
    let message = Message::compile_with_tables(&payer, &[instruction], &tables, Hash::ZERO).unwrap();
    assert_eq!(message.account_keys, [payer, signer, program, elsewhere]);
    assert_eq!(
        message.lookups,
        [AddressTableLookup {
            table: Pubkey([21; 32]),
            writable_indexes: vec![4],
            readonly_indexes: vec![3]
        }]
    );
    assert_eq!(message.instructions[0].accounts, [1, 4, 5, 3]);
}
