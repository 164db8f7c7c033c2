//! The chain's formats, byte by byte.
//!
//! Every value below was written by the code that first made it and is what stored blocks and other nodes hold. A test
//! that fails here means that a ledger of the last version cannot be read or that two versions disagree about a hash.
//! There is no switch that regenerates the values: changing one is an explicit approval of a new format, which needs a
//! new version in the format itself, a new context string in `chain::hashing`, and a line in the change log.

use isobath_sdk::chain::account::{Account, AccountData, tombstone_leaf};
use isobath_sdk::chain::event::Event;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::hashing::{Tag, hash_tagged};
use isobath_sdk::chain::header::{Anchor, HEADER_VERSION, Header, transaction_leaf, transactions_root};
use isobath_sdk::chain::merkle::EMPTY_ROOT;
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass, ReturnData, outcomes_root};
use isobath_sdk::chain::record::{AccountHeader, ByteRange, Change, DataChange, RecordedDelta};
use isobath_sdk::chain::result::{BlockResult, FeeTotals, RESULT_VERSION};
use isobath_sdk::chain::state_tree::{StatePath, branch_hash, state_root};
use isobath_sdk::{Hash, InstructionError, Pubkey, TransactionError};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn canonical<T: borsh::BorshSerialize>(value: &T) -> String {
    hex(&borsh::to_vec(value).expect("borsh writes any value to memory"))
}

/// Checks all pairs at once, so that a failure shows every value that changed.
fn assert_frozen(actual: &[(&str, String)], frozen: &[(&str, &str)]) {
    let actual: Vec<String> = actual
        .iter()
        .map(|(name, value)| format!("{name}\n    {value}"))
        .collect();
    let frozen: Vec<String> = frozen
        .iter()
        .map(|(name, value)| format!("{name}\n    {value}"))
        .collect();
    assert_eq!(
        actual.join("\n"),
        frozen.join("\n"),
        "\n--- actual ---\n{}\n",
        actual.join("\n")
    );
}

const fn header() -> Header {
    Header {
        version: HEADER_VERSION,
        rules_version: 1,
        genesis_hash: Hash([1; 32]),
        slot: 0x0203_0405,
        height: 0x0607_0809,
        parent_slot: 0x0203_0404,
        parent_hash: Hash([2; 32]),
        timestamp_ms: 1_795_305_600_123,
        producer: Pubkey::new([3; 32]),
        transactions_root: Hash([4; 32]),
        transaction_count: 0x0a0b_0c0d,
        anchor: Anchor {
            slot: 0x0203_0403,
            result_hash: Hash([5; 32]),
        },
    }
}

const fn result(state_root: Option<Hash>) -> BlockResult {
    BlockResult {
        version: RESULT_VERSION,
        slot: 0x0203_0405,
        height: 0x0607_0809,
        block_hash: Hash([6; 32]),
        parent_result_hash: Hash([7; 32]),
        delta_root: Hash([8; 32]),
        outcomes_root: Hash([9; 32]),
        state_root,
        capitalization: 505_000_001_000_000_002,
        fees: FeeTotals {
            base: 15_000,
            priority: 7,
            burned: 7_500,
        },
        compute_units: 450,
    }
}

fn account() -> Account {
    Account {
        lamports: 1_000_000,
        owner: Pubkey::new([10; 32]),
        executable: true,
        last_change_epoch: 11,
        data: vec![12, 13, 14].into(),
    }
}

fn outcomes() -> [Outcome; 4] {
    let custom = TransactionError::InstructionError(2, InstructionError::Custom(6_001));
    [
        Outcome {
            class: OutcomeClass::Executed,
            error: None,
            fee: 5_000,
            compute_units: 150,
            return_data: Some(ReturnData {
                program: Pubkey::new([15; 32]),
                data: vec![16, 17],
            }),
        },
        Outcome {
            class: OutcomeClass::Executed,
            error: Some(custom),
            fee: 10_007,
            compute_units: 300,
            return_data: None,
        },
        Outcome::fees_only(TransactionError::ProgramAccountNotFound, 5_000),
        Outcome::no_op(TransactionError::InsufficientFundsForRent { account_index: 0 }),
    ]
}

fn events() -> Vec<Event> {
    let program_id = Pubkey::new([18; 32]);
    vec![
        Event::Invoke { program_id, depth: 1 },
        Event::Log("log".to_owned()),
        Event::Line("line".to_owned()),
        Event::Data(vec![vec![1, 2], vec![]]),
        Event::ReturnData {
            program_id,
            data: vec![3],
        },
        Event::Consumption { units_remaining: 4 },
        Event::Consumed {
            program_id,
            units: 5,
            limit: 6,
        },
        Event::Success { program_id },
        Event::Failed {
            program_id,
            error: InstructionError::Custom(7),
        },
        Event::InnerInstruction {
            outer_index: 8,
            depth: 2,
            program_id_index: 9,
            accounts: vec![10, 11],
            data: vec![12],
        },
        Event::LogTruncated,
        Event::Loaded { data_len: 13 },
    ]
}

#[test]
fn headers_and_results_are_frozen() {
    let (without_root, with_root) = (result(None), result(Some(Hash([19; 32]))));
    let actual = [
        ("header bytes", canonical(&header())),
        ("blockhash", header().blockhash().to_string()),
        ("result bytes", canonical(&without_root)),
        ("result hash", without_root.hash().to_string()),
        ("result with state root bytes", canonical(&with_root)),
        ("result with state root hash", with_root.hash().to_string()),
    ];
    assert_frozen(&actual, &HEADERS_AND_RESULTS);
}

#[test]
fn leaves_and_roots_are_frozen() {
    let key = Pubkey::new([20; 32]);
    let actual = [
        ("account bytes", canonical(&account())),
        ("account data hash", account().data.hash().to_string()),
        (
            "large account data hash",
            AccountData::from(vec![21; 40_000]).hash().to_string(),
        ),
        ("account leaf", account().leaf(&key).to_string()),
        ("tombstone leaf", tombstone_leaf(&key).to_string()),
        ("transaction leaf", transaction_leaf(b"wire bytes").to_string()),
        (
            "transactions root",
            transactions_root([b"one", b"two", b"six"]).to_string(),
        ),
        ("outcomes bytes", canonical(&outcomes())),
        (
            "outcome leaves",
            outcomes().map(|outcome| outcome.leaf().to_string()).join(" "),
        ),
        (
            "outcomes root",
            outcomes_root(outcomes().iter().map(Outcome::borrowed)).to_string(),
        ),
        ("empty root", EMPTY_ROOT.to_string()),
    ];
    assert_frozen(&actual, &LEAVES_AND_ROOTS);
}

#[test]
fn recorded_deltas_are_frozen() {
    let key = |number| Pubkey::new([number; 32]);
    let header = AccountHeader {
        lamports: 1,
        owner: key(2),
        executable: true,
        last_change_epoch: 3,
    };
    let change = DataChange {
        data_len: 5000,
        ranges: vec![ByteRange { offset: 4, len: 2 }, ByteRange { offset: 77, len: 1 }],
        bytes: vec![5, 6, 7],
    };
    let delta = RecordedDelta {
        changes: vec![
            (key(22), Change::Closed),
            (key(23), Change::Full(account())),
            (key(24), Change::Header(header)),
            (key(25), Change::Data(header, change)),
        ],
    };
    assert_frozen(&[("recorded delta bytes", canonical(&delta))], &DELTAS);
}

#[test]
fn events_are_frozen() {
    assert_frozen(&[("events bytes", canonical(&events()))], &EVENTS);
}

#[test]
fn the_development_genesis_is_frozen() {
    let genesis = Genesis::development();
    let bytes = borsh::to_vec(&genesis).unwrap();
    // Everything up to the number of features, in full; the rest is covered by the hash.
    let actual = [
        ("genesis rules bytes", hex(&bytes[..GENESIS_RULES_LEN])),
        ("genesis bytes count", bytes.len().to_string()),
        ("genesis hash", genesis.hash().to_string()),
    ];
    assert_frozen(&actual, &GENESIS);
}

#[test]
fn context_strings_are_frozen() {
    let actual: Vec<(&str, String)> = Tag::ALL
        .into_iter()
        .map(|tag| (tag.context(), hash_tagged(tag, b"").to_string()))
        .collect();
    assert_frozen(&actual, &CONTEXTS);
}

#[test]
fn the_state_tree_is_frozen() {
    let branch = |bit| Hash(branch_hash(bit, &[1; 32], &[2; 32])).to_string();
    let actual = [
        ("path", Hash(StatePath::of(&Pubkey::new([3; 32])).0).to_string()),
        ("branch at bit 0", branch(0)),
        ("branch at bit 17", branch(17)),
        ("branch at bit 255", branch(255)),
        (
            "root over two accounts",
            state_root(2, Some(&[4; 32])).to_string(),
        ),
        ("root over no account", state_root(0, None).to_string()),
    ];
    assert_frozen(&actual, &STATE_TREE);
}

/// Bytes of the fields from `rules_version` to `rent`, and of the number of features.
const GENESIS_RULES_LEN: usize = 2 + 7 * 8 + 32 + 9 + 8 + 4;

#[rustfmt::skip]
const HEADERS_AND_RESULTS: [(&str, &str); 6] = [
    (
        "header bytes",
        "010001000101010101010101010101010101010101010101010101010101010101010101050403020000000009080706\
         00000000040403020000000002020202020202020202020202020202020202020202020202020202020202027b748d00\
         a20100000303030303030303030303030303030303030303030303030303030303030303040404040404040404040404\
         04040404040404040404040404040404040404040d0c0b0a030403020000000005050505050505050505050505050505\
         05050505050505050505050505050505",
    ),
    ("blockhash", "FgsYWMiyYegZ7mBELcWXCTQwJwioNzbUf658rxAuNTsL"),
    (
        "result bytes",
        "010005040302000000000908070600000000060606060606060606060606060606060606060606060606060606060606\
         060607070707070707070707070707070707070707070707070707070707070707070808080808080808080808080808\
         080808080808080808080808080808080808090909090909090909090909090909090909090909090909090909090909\
         090900024a2d47d31e0207983a00000000000007000000000000004c1d000000000000c201000000000000",
    ),
    ("result hash", "BCdqff2csSXZh3Uc5jnT7dyH9V7sCsSzKfu6fHgFWSVQ"),
    (
        "result with state root bytes",
        "010005040302000000000908070600000000060606060606060606060606060606060606060606060606060606060606\
         060607070707070707070707070707070707070707070707070707070707070707070808080808080808080808080808\
         080808080808080808080808080808080808090909090909090909090909090909090909090909090909090909090909\
         0909011313131313131313131313131313131313131313131313131313131313131313024a2d47d31e0207983a000000\
         00000007000000000000004c1d000000000000c201000000000000",
    ),
    ("result with state root hash", "8smUjwr7HyUw3i3apKpSR5exUp2fhSGBWTEapcxD7KZu"),
];

#[rustfmt::skip]
const STATE_TREE: [(&str, &str); 6] = [
    ("path", "2TczEAZKyA72ZgcDN6wAbiU7VbT9NRjE7jDk12ud3VpL"),
    ("branch at bit 0", "5YsKqELkXNvFSLZGNBcd529H1p1LMU6bynLVUYxcktKi"),
    ("branch at bit 17", "5MaqorTJ8z6fbNvCVXuPkmbgjzreibVcs6Y45ZZcGqEX"),
    ("branch at bit 255", "7iueeYLbkjdHMXTUEpEyRfKuSd5kpPf8f6aNWNviWw4k"),
    ("root over two accounts", "GVovhYLGT2t87MDkXVkYfxwfpf9dWGGGxYPghLXxFXyW"),
    ("root over no account", "2VoqNGFRnnxMhmeYSZmrQ2xMX8ReUk5N5xpFVaSET38F"),
];

#[rustfmt::skip]
const LEAVES_AND_ROOTS: [(&str, &str); 11] = [
    (
        "account bytes",
        "40420f00000000000a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a010b000000000000\
         00030000000c0d0e",
    ),
    ("account data hash", "EC6rkyLs1WZUq9PzjfyE4U6STBTprhgzmv53G6JVVpsT"),
    ("large account data hash", "2NxaGrRoLUnnkZdwSjkswLmaDzo3D5N8wbhq1hCvczWK"),
    ("account leaf", "AbWnVCywdi7RcVs1Kdj13pQShh7L1no5McNZYknsCfUe"),
    ("tombstone leaf", "384y1YXLeABLYNLWE1vK12qBSMvBvzHqwFQhVhSQz4wi"),
    ("transaction leaf", "5KMwZcybKJqSb5taoUpmZkMvbcnjXGFjtqtxr6Kgyzv2"),
    ("transactions root", "39tHFXUAh5bH2jR7ZtcFYqPustA7TViVwYmZNXn4GNJi"),
    (
        "outcomes bytes",
        "000088130000000000009600000000000000010f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f\
         0f0f0f02000000101100010802197117000017270000000000002c010000000000000001010388130000000000000000\
         0000000000000002011f000000000000000000000000000000000000",
    ),
    (
        "outcome leaves",
        "Drvv12DcLVjpVJ5Mv1JUWPd2jo8vug63khMbtgoPSKpk \
         EnQKkTonqM4agK3gv46Ej3TMjEMLAVJJwyWkNAbVvwSN \
         BXHHkkQwZoK6amsKtS78613nnFZAYfmVpiQu75bzEsDc \
         7XVUKdAkpdgTs3W3rLdTL9oCwpbeQX4q4VrSy3XnZBpb",
    ),
    ("outcomes root", "Eg8pqFTxPMsq68vzikW2nao2NPxnj4iUF1hL4251cSxA"),
    ("empty root", "6oWHMcBUCC6sAHWxEasxPPzDf4NM93go9T2c4R69HdVm"),
];

#[rustfmt::skip]
const DELTAS: [(&str, &str); 1] = [
    (
        "recorded delta bytes",
        "040000001616161616161616161616161616161616161616161616161616161616161616001717171717171717171717\
         1717171717171717171717171717171717171717170140420f00000000000a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a\
         0a0a0a0a0a0a0a0a0a0a0a0a0a0a010b00000000000000030000000c0d0e181818181818181818181818181818181818\
         181818181818181818181818181802010000000000000002020202020202020202020202020202020202020202020202\
         020202020202020103000000000000001919191919191919191919191919191919191919191919191919191919191919\
         030100000000000000020202020202020202020202020202020202020202020202020202020202020201030000000000\
         0000881300000200000004000000020000004d0000000100000003000000050607",
    ),
];

#[rustfmt::skip]
const EVENTS: [(&str, &str); 1] = [
    (
        "events bytes",
        "0c0000000012121212121212121212121212121212121212121212121212121212121212120101030000006c6f670204\
         0000006c696e650302000000020000000102000000000412121212121212121212121212121212121212121212121212\
         121212121212120100000003050400000000000000061212121212121212121212121212121212121212121212121212\
         121212121212050000000000000006000000000000000712121212121212121212121212121212121212121212121212\
         121212121212120812121212121212121212121212121212121212121212121212121212121212121907000000090802\
         09020000000a0b010000000c0a0b0d000000",
    ),
];

#[rustfmt::skip]
const GENESIS: [(&str, &str); 3] = [
    (
        "genesis rules bytes",
        "010000748d00a20100009001000000000000002000000000000000000000000000000800000000000000100000000000\
         0000960000000000000069736f6261746820646576656c6f706d656e7420626c6f636b68617368207631881300000000\
         000032301b000000000000f2000000",
    ),
    ("genesis bytes count", "9480"),
    ("genesis hash", "4uea6wQmDoqfREhQV5LXkkkovCRCD8RbhSrLfnqNHwFt"),
];

#[rustfmt::skip]
const CONTEXTS: [(&str, &str); 13] = [
    ("isobath 2026-11 genesis v1", "8Mv9ZjZPGMVbTGVZcgsahMEfTEVx3QfhTvqcsTuZFJRz"),
    ("isobath 2026-11 header v1", "EqSRckfXoKTYS5aGKBg17rt9nFxm135kNX2hhky1Bixc"),
    ("isobath 2026-11 block result v1", "GyG2gm1hAFot5wjg2Wyn96vQQxVepbp48psGRQeKibt5"),
    ("isobath 2026-11 transaction leaf v1", "Fnkp1QB4ceFWpKeFjKjJ5c2Pw9QAfU8gC1Z8zALEgYDm"),
    ("isobath 2026-11 outcome leaf v1", "C8JJKkHtCxi6e6juFd98vqhU84mwpxT3GLCn8DuQVwkP"),
    ("isobath 2026-11 account leaf v2", "7eUjX2fKJMv2pQAGK6jwqwJeshseCAzf7HPTeTTuRN6H"),
    ("isobath 2026-11 account data v1", "BQZu2GFJ5ykjMDzpDgnzZwXNhXFQT34Xrb5xajyKNkMw"),
    ("isobath 2026-11 tombstone leaf v1", "6LDVyrH4wy2PiaAG2qrC5tuCs5Bm1dywHAtv9A7Vp84Q"),
    ("isobath 2026-11 merkle node v1", "HU4ixs9hYpGv7BDzZ3xT3mQ4DrXsXMoxp9Xpcu1ficKP"),
    ("isobath 2026-11 merkle root v1", "6joT67WNab7NJobiP5EDRZ6LrUABeqqRYqG9fePzUSeY"),
    ("isobath 2026-11 state path v1", "GtDFMbxKo4amnec5YojyFzTuyjYaCsunJo4YLqzB9D5c"),
    ("isobath 2026-11 state root v1", "14Twqe1zKSKk6t3JASLDQK8wpyi1Um9VRAGYdexSejih"),
    ("isobath development key v1", "GVpVNi6y9VfLTmSmdT732QaLz3GtBRySA1DqdPNeF3So"),
];
