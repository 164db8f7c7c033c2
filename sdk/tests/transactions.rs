//! Whole transactions, pinned byte for byte.
//!
//! The vectors were made with the reference client crates and agree with the JavaScript clients. Keys: A, B and C are the
//! ed25519 pairs of the seeds 01, 02 and 03 (32 times each); the blockhash is 32 times 07.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use base64::{Engine, prelude::BASE64_STANDARD};
use isobath_sdk::{
    AccountMeta, DecodeError, Hash, Instruction, Keypair, Message, MessageVersion, MessageView, Pubkey,
    Signature, Transaction, TransactionView, wire::message::TableAddresses,
};

/// One pinned transaction.
struct Vector {
    message_hex: &'static str,
    wire_base64: &'static str,
    signatures: &'static [&'static str],
}

/// legacy transfer A->B 1_000_000: message of 150 bytes, transaction of 215.
const TX1: Vector = Vector {
    message_hex: "010001038a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c8139770ea87d175f56a35466c34c\
        7ecccb8d8a91b4ee37a25df60f5b8fc9b3940000000000000000000000000000000000000000000000000000000000000000\
        070707070707070707070707070707070707070707070707070707070707070701020200010c0200000040420f0000000000",
    wire_base64: "AZqNNlCoHs4lmBB3QsQocfUjzY7JvG0OgwUkE9MVd1rvlIUblLlAJmoOnHrIKEX2DwhiXRep0kyvKFkrzZYn8wcBAAEDiojj3XQJ\
        8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1yBOXcOqH0XX1ajVGbDTH7My42KkbTuN6Jd9g9bj8mzlAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAABwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcBAgIAAQwCAAAAQEIPAAAAAAA=",
    signatures: &["46DhWdDqEZA8qDQwenNU1jNcuvMZi5Wk5zhwjTSyeFLoBkNfQjgByX5f3Mbdv5iHBTk545t7Tw1oiTMKwUPXfYwY"],
};

/// legacy createAccount A creates B lamports 1461600 space 82 owner Token: message of 190 bytes, transaction of 319.
const TX2: Vector = Vector {
    message_hex: "020001038a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c8139770ea87d175f56a35466c34c\
        7ecccb8d8a91b4ee37a25df60f5b8fc9b3940000000000000000000000000000000000000000000000000000000000000000\
        070707070707070707070707070707070707070707070707070707070707070701020200013400000000604d160000000000\
        520000000000000006ddf6e1d765a193d9cbe146ceeb79ac1cb485ed5f5b37913a8cf5857eff00a9",
    wire_base64: "AifXxjglcqhtlixkVuiVbfzcsLgRi+Pj+vACwZSOcEoBdMrszTeHN1a0YoULI3UK2r7IWS8p3A/8yhLrKd6mnQ74d4CmAEKSfZD7\
        Jw48Jghd50YK0CYs4pn04Jybc1xprvISQPHKKsQgzRRkhjdWmM7axra32Z17mlnI+7aVPZ0MAgABA4qI4910CfGV/VLbLTy6XXLK\
        Zwm/HZQSG/N0iAG0D29cgTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5QAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHAQICAAE0AAAAAGBNFgAAAAAAUgAAAAAAAAAG3fbh12Whk9nL4UbO\
        63msHLSF7V9bN5E6jPWFfv8AqQ==",
    signatures: &[
        "oCibYQ5j7MLupepoLJEwxX7VAPNmxuMiMEMA64z5mbGph62shkTvscnMKPbZMy7wdNHv6e7LZDkTMGiiLLqVQ2R",
        "5y8AbkhPVb3CccmCdduXqY2WgXea4L7zunNT9SL5ZMeikBjnfmZ5dJbijT7jxECmU3BsGSTUypX7w4x5nHojGskF",
    ],
};

/// legacy CU limit 200000 + CU price 1000 + transfer A->B 42: message of 202 bytes, transaction of 267.
const TX3: Vector = Vector {
    message_hex: "010002048a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c8139770ea87d175f56a35466c34c\
        7ecccb8d8a91b4ee37a25df60f5b8fc9b3940000000000000000000000000000000000000000000000000000000000000000\
        0306466fe5211732ffecadba72c39be7bc8ce5bbc5f7126b2c439b3a40000000070707070707070707070707070707070707\
        07070707070707070707070707070303000502400d030003000903e803000000000000020200010c020000002a0000000000\
        0000",
    wire_base64: "Aene86ofCsuLdVTWNp+6GqNlT4qtwGlueVqPUjAqNTljbaYuEbjoEABPDCeNSHn/8Txu2//N3lhiUzGBElUnHQMBAAIEiojj3XQJ\
        8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1yBOXcOqH0XX1ajVGbDTH7My42KkbTuN6Jd9g9bj8mzlAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAwZGb+UhFzL/7K26csOb57yM5bvF9xJrLEObOkAAAAAHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\
        BwcHBwMDAAUCQA0DAAMACQPoAwAAAAAAAAICAAEMAgAAACoAAAAAAAAA",
    signatures: &["5gCVFHqyiNLtXvSJitaXGfav4GPHhkzH1db6VrHbhjhJN6zCs5SAGLBCUZYUoWtb5npS9kUfH7TUksqGy8pMrgVg"],
};

/// v0 transfer A->B 1_000_000 (no lookup table): message of 152 bytes, transaction of 217.
const TX4: Vector = Vector {
    message_hex: "80010001038a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c8139770ea87d175f56a35466c3\
        4c7ecccb8d8a91b4ee37a25df60f5b8fc9b39400000000000000000000000000000000000000000000000000000000000000\
        00070707070707070707070707070707070707070707070707070707070707070701020200010c0200000040420f00000000\
        0000",
    wire_base64: "ARiLFH0lETIGKJXv+uBCk5eZKVy4CRp3IqqRos+YZvn5WPFfUd2CVEBD3JGsXMZfRm/4tR13MbcloIBoXPlItAaAAQABA4qI4910\
        CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29cgTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5QAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHAQICAAEMAgAAAEBCDwAAAAAAAA==",
    signatures: &["VTiE5M7XzQzQNKrUh6F3U9ChD4CXF1d8BL7NtF1PY8jTXuJnt8zbehvELGkwxKLsX2H4sU72zQ7rs5WEca3MEA9"],
};

/// v0 transfer A->B 1_000_000, B through lookup table 09x32 index 1: message of 155 bytes, transaction of 220.
const TX5: Vector = Vector {
    message_hex: "80010001028a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c00000000000000000000000000\
        0000000000000000000000000000000000000007070707070707070707070707070707070707070707070707070707070707\
        0701010200020c0200000040420f000000000001090909090909090909090909090909090909090909090909090909090909\
        0909010100",
    wire_base64: "AXu8jHcO3+UDgxoYMsq637D/tcQhukGnPd6ejnn+eLxC2x1WDNmpFFphpAhc+sGQoy40J22oLWCQQAyre5tN7wGAAQABAoqI4910\
        CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29cAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAHBwcHBwcHBwcHBwcHBwcH\
        BwcHBwcHBwcHBwcHBwcHBwEBAgACDAIAAABAQg8AAAAAAAEJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQEBAA==",
    signatures: &["3UVAVeBXb2qm5Scft9m4Jh5fN3EaWwxV47Qr2gk52Y3MPobhHnBpwDw6QwkZXesUY17pn2JihLsWSsKoDUq8oeG8"],
};

/// v1 transfer A->B 1_000_000, priority_fee 500, cu_limit 300: message of 168 bytes, transaction of 232.
const TX6: Vector = Vector {
    message_hex: "8101000107000000070707070707070707070707070707070707070707070707070707070707070701038a88e3dd7409f195\
        fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df6\
        0f5b8fc9b3940000000000000000000000000000000000000000000000000000000000000000f4010000000000002c010000\
        02020c0000010200000040420f0000000000",
    wire_base64: "gQEAAQcAAAAHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwEDiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1yB\
        OXcOqH0XX1ajVGbDTH7My42KkbTuN6Jd9g9bj8mzlAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA9AEAAAAAAAAsAQAA\
        AgIMAAABAgAAAEBCDwAAAAAA37TGpqVJZpREdkO5uLNLVIv790rsXh8VPeaD3WuDANWq2zprUP5H+IDUqx+Cd5aoOmMnESYf1+ZG\
        FaRqzF1tCw==",
    signatures: &["5UQqSF331QwR2by4qmW8qtyPuPrn4EUzGbE82UsrrFkSJpQAbbSmsxRxcyiis4nk9AK939yUg42yScybknLWQ5VU"],
};

/// legacy ordering: program 50x32, metas [C ro, 10x32 w, B ro signer, A w signer, 0fx32 w]: message of 240 bytes, transaction of 369.
const TX7: Vector = Vector {
    message_hex: "020102068a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c8139770ea87d175f56a35466c34c\
        7ecccb8d8a91b4ee37a25df60f5b8fc9b3940f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f\
        1010101010101010101010101010101010101010101010101010101010101010505050505050505050505050505050505050\
        5050505050505050505050505050ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d107070707\
        07070707070707070707070707070707070707070707070707070707010405050301000203010203",
    wire_base64: "AlLgUNdrGRch9zewoHF07raeP+FUISQhICweVrDGEezxu62wzAWyiIfMhtXn6gp5sL+tOMcqnFCNfMATi3zTCAB8CW02E1OrQir7\
        4Pbqo3tmW0+Cr4pm5UVC6xFh8EdFiRV0pWZObmkRS60GbMV0SlSZPiaCVZwtCcuqBCTVengKAgECBoqI4910CfGV/VLbLTy6XXLK\
        Zwm/HZQSG/N0iAG0D29cgTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5QPDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8P\
        Dw8PDxAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFDtSSjGKNHC\
        xurpAziQWZVhKVknOlxj+TY2wUYUrIc30QcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHAQQFBQMBAAIDAQID",
    signatures: &[
        "2f723aMMFRxvpoMYd3BDY5tneLhg7Hiyek3XyKNaQRiYkXs8rrvHXp7Hv6M6htjcMYSFCDAXVV8SDdrTwMVFXd9H",
        "3UqMxQM4n4iKcg9Y8MphwJbkdxHf6SrJJTA9DSAWLUKRApg9W79QgdoAe2p72iz2T76WZhAzoz7XpXL6X5jM2zdw",
    ],
};

const BLOCKHASH: Hash = Hash([7; 32]);
const SYSTEM: Pubkey = Pubkey([0; 32]);

fn pair(seed: u8) -> Keypair {
    Keypair::from_seed([seed; 32])
}

fn key(text: &str) -> Pubkey {
    text.parse().unwrap()
}

fn from_hex(text: &str) -> Vec<u8> {
    assert_eq!(text.len() % 2, 0);
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn transfer(lamports: u64) -> Instruction {
    let mut data = vec![2, 0, 0, 0];
    data.extend(lamports.to_le_bytes());
    let accounts = vec![
        AccountMeta::signer_writable(pair(1).pubkey()),
        AccountMeta::writable(pair(2).pubkey()),
    ];
    Instruction::new(SYSTEM, accounts, data)
}

/// Signs `message` and compares every form of it with the vector.
fn check(vector: &Vector, message: Message, signers: &[&Keypair]) {
    let message_bytes = from_hex(vector.message_hex);
    let wire = BASE64_STANDARD.decode(vector.wire_base64).unwrap();
    assert_eq!(message.serialize(), message_bytes);
    assert_eq!(Message::parse(&message_bytes), Ok(message.clone()));

    let tx = Transaction::sign(message.clone(), signers).unwrap();
    assert_eq!(tx.serialize(), wire);
    assert_eq!(Transaction::parse(&wire), Ok(tx.clone()));
    let names: Vec<String> = tx.signatures.iter().map(Signature::to_string).collect();
    assert_eq!(names, vector.signatures);

    let view = TransactionView::parse(&wire).unwrap();
    assert_eq!(view.message_bytes(), message_bytes);
    assert_eq!(view.to_owned(), tx);
    assert_eq!(view.signature(0), tx.signatures[0]);
    assert_eq!(view.recent_blockhash(), BLOCKHASH);
    assert_eq!(view.static_key(0), pair(1).pubkey());
    assert_eq!(MessageView::parse(&message_bytes).unwrap().to_owned(), message);
}

#[test]
fn tx1_legacy_transfer() {
    let a = pair(1);
    let message = Message::compile(
        MessageVersion::Legacy,
        &a.pubkey(),
        &[transfer(1_000_000)],
        BLOCKHASH,
    )
    .unwrap();
    check(&TX1, message, &[&a]);
}

#[test]
fn tx2_two_signers() {
    let (a, b) = (pair(1), pair(2));
    let mut data = vec![0, 0, 0, 0];
    data.extend(1_461_600u64.to_le_bytes());
    data.extend(82u64.to_le_bytes());
    data.extend(key("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA").as_bytes());
    let accounts = vec![
        AccountMeta::signer_writable(a.pubkey()),
        AccountMeta::signer_writable(b.pubkey()),
    ];
    let create = Instruction::new(SYSTEM, accounts, data);
    let message = Message::compile(MessageVersion::Legacy, &a.pubkey(), &[create], BLOCKHASH).unwrap();
    // The order in which key pairs are given does not matter.
    check(&TX2, message, &[&b, &a]);
}

#[test]
fn tx3_compute_budget() {
    let a = pair(1);
    let budget = key("ComputeBudget111111111111111111111111111111");
    let limit = Instruction::new(budget, Vec::new(), from_hex("02400d0300"));
    let price = Instruction::new(budget, Vec::new(), from_hex("03e803000000000000"));
    let instructions = [limit, price, transfer(42)];
    let message = Message::compile(MessageVersion::Legacy, &a.pubkey(), &instructions, BLOCKHASH).unwrap();
    check(&TX3, message, &[&a]);
}

#[test]
fn tx4_v0_without_lookups() {
    let a = pair(1);
    let message =
        Message::compile(MessageVersion::V0, &a.pubkey(), &[transfer(1_000_000)], BLOCKHASH).unwrap();
    check(&TX4, message, &[&a]);
}

#[test]
fn tx5_v0_with_lookup() {
    let a = pair(1);
    let addresses = [pair(3).pubkey(), pair(2).pubkey()];
    let table = TableAddresses {
        table: Pubkey([9; 32]),
        addresses: &addresses,
    };
    let message =
        Message::compile_with_tables(&a.pubkey(), &[transfer(1_000_000)], &[table], BLOCKHASH).unwrap();
    check(&TX5, message, &[&a]);

    let wire = BASE64_STANDARD.decode(TX5.wire_base64).unwrap();
    let view = TransactionView::parse(&wire).unwrap();
    assert_eq!(
        (
            view.static_key_count(),
            view.lookup_account_count(),
            view.key_count()
        ),
        (2, 1, 3)
    );
    let writable: Vec<bool> = (0..4).map(|index| view.is_requested_writable(index)).collect();
    assert_eq!(writable, [true, false, true, false]);
    let lookup = view.lookups().next().unwrap();
    assert_eq!(
        (lookup.table, lookup.writable, lookup.readonly),
        (Pubkey([9; 32]), &[1][..], &[][..])
    );
}

#[test]
fn tx6_version_1_is_named_and_refused() {
    let wire = BASE64_STANDARD.decode(TX6.wire_base64).unwrap();
    let message = from_hex(TX6.message_hex);
    assert_eq!(wire[..message.len()], message);
    assert_eq!(
        wire[message.len()..],
        *TX6.signatures[0].parse::<Signature>().unwrap().as_bytes()
    );

    let error = DecodeError::UnsupportedVersion(1);
    assert_eq!(Transaction::parse(&wire), Err(error));
    assert_eq!(Message::parse(&message), Err(error));
    // Version 1 allows more bytes than a packet; the answer stays the same.
    let mut long = wire;
    long.resize(4096, 0);
    assert_eq!(Transaction::parse(&long), Err(error));
    assert_eq!(Message::parse(&long), Err(error));
}

#[test]
fn tx7_key_order() {
    let (a, b, c) = (pair(1), pair(2), pair(3));
    let accounts = vec![
        AccountMeta::readonly(c.pubkey()),
        AccountMeta::writable(Pubkey([0x10; 32])),
        AccountMeta::signer(b.pubkey()),
        AccountMeta::signer_writable(a.pubkey()),
        AccountMeta::writable(Pubkey([0x0f; 32])),
    ];
    let instruction = Instruction::new(Pubkey([0x50; 32]), accounts, vec![1, 2, 3]);
    let message = Message::compile(MessageVersion::Legacy, &a.pubkey(), &[instruction], BLOCKHASH).unwrap();
    check(&TX7, message, &[&a, &b]);

    let wire = BASE64_STANDARD.decode(TX7.wire_base64).unwrap();
    let view = TransactionView::parse(&wire).unwrap();
    let access: Vec<(bool, bool)> = (0..6)
        .map(|index| (view.is_signer(index), view.is_requested_writable(index)))
        .collect();
    let (signs, others) = (
        [(true, true), (true, false)],
        [(false, true), (false, true), (false, false), (false, false)],
    );
    assert_eq!(access, [&signs[..], &others[..]].concat());
}

#[test]
fn message_hash_is_pinned() {
    // blake3 of "solana-tx-message-v1" and the message bytes, computed independently of this crate.
    let expected = from_hex("377800b6c0497622a7697a5cb6218af3592da2ef2615034988ee2fa121126eca");
    let wire = BASE64_STANDARD.decode(TX1.wire_base64).unwrap();
    assert_eq!(
        TransactionView::parse(&wire).unwrap().message_hash().as_ref(),
        expected
    );
    assert_eq!(
        Message::parse(&from_hex(TX1.message_hex))
            .unwrap()
            .message_hash()
            .as_ref(),
        expected
    );
}
