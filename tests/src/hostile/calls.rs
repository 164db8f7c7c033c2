//! Calls with wrong parameters: every method, every position, every type.
//!
//! The envelope is mostly right, so that the parameters reach the method; one call in eight has a wrong one.

use std::fmt::Write;

use isobath_sdk::{Hash, Pubkey, Signature};
use isobath_testkit::Random;
use serde_json::Value;

use super::oracle::Owed;
use super::packets;
use super::values::odd_value;
use crate::fuzz_bodies::noise;

/// The largest body that a node must accept (`docs/rpc.md`).
pub const BODY_BYTES_MAX: usize = 128 << 10;
/// The type that a parameter of a method should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// An address.
    Address,
    /// A list of addresses.
    Addresses,
    /// A blockhash.
    Blockhash,
    /// A configuration object.
    Config,
    /// A length of data.
    Length,
    /// An amount.
    Lamports,
    /// A message, in base64.
    Message,
    /// A signature.
    Signature,
    /// A list of signatures.
    Signatures,
    /// A transaction.
    Transaction,
    /// The id of a subscription.
    Subscription,
    /// A slot, or a number of slots.
    Slot,
    /// A number of answers.
    Count,
    /// Which logs are wanted.
    Logs,
}

/// A method and its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
}

const fn method(name: &'static str, parameters: &'static [Parameter]) -> Method {
    Method { name, parameters }
}

/// Every method that `docs/rpc.md` lists, those of subscriptions included.
pub const METHODS: [Method; 61] = {
    use Parameter::{
        Address, Addresses, Blockhash, Config, Count, Lamports, Length, Logs, Message, Signature, Signatures,
        Slot, Subscription, Transaction,
    };
    [
        method("getHealth", &[]),
        method("getVersion", &[]),
        method("getGenesisHash", &[]),
        method("getSlot", &[Config]),
        method("getBlockHeight", &[Config]),
        method("getEpochInfo", &[Config]),
        method("getEpochSchedule", &[]),
        method("getTransactionCount", &[Config]),
        method("getLatestBlockhash", &[Config]),
        method("isBlockhashValid", &[Blockhash, Config]),
        method("getFeeForMessage", &[Message, Config]),
        method("getMinimumBalanceForRentExemption", &[Length, Config]),
        method("getBalance", &[Address, Config]),
        method("getAccountInfo", &[Address, Config]),
        method("getMultipleAccounts", &[Addresses, Config]),
        method("getProgramAccounts", &[Address, Config]),
        method("getSupply", &[Config]),
        method("getLargestAccounts", &[Config]),
        method("requestAirdrop", &[Address, Lamports, Config]),
        method("sendTransaction", &[Transaction, Config]),
        method("simulateTransaction", &[Transaction, Config]),
        method("getSignatureStatuses", &[Signatures, Config]),
        method("getTransaction", &[Signature, Config]),
        method("isobath_explainTransaction", &[Signature]),
        method("isobath_getContention", &[Slot]),
        method("getSignaturesForAddress", &[Address, Config]),
        method("getRecentPrioritizationFees", &[Addresses]),
        method("getRecentPerformanceSamples", &[Count]),
        method("getBlock", &[Slot, Config]),
        method("getBlocks", &[Slot, Slot, Config]),
        method("getBlocksWithLimit", &[Slot, Count, Config]),
        method("getBlockTime", &[Slot]),
        method("getFirstAvailableBlock", &[]),
        method("minimumLedgerSlot", &[]),
        method("getMaxRetransmitSlot", &[]),
        method("getMaxShredInsertSlot", &[]),
        method("getIdentity", &[]),
        method("getSlotLeader", &[Config]),
        method("getSlotLeaders", &[Slot, Count]),
        method("getLeaderSchedule", &[Slot, Config]),
        method("getClusterNodes", &[]),
        method("getBlockProduction", &[Config]),
        method("getVoteAccounts", &[Config]),
        method("getBlockCommitment", &[Slot]),
        method("getHighestSnapshotSlot", &[]),
        method("getInflationGovernor", &[Config]),
        method("getInflationRate", &[]),
        method("getInflationReward", &[Addresses, Config]),
        method("getStakeMinimumDelegation", &[Config]),
        method("signatureSubscribe", &[Signature, Config]),
        method("accountSubscribe", &[Address, Config]),
        method("programSubscribe", &[Address, Config]),
        method("logsSubscribe", &[Logs, Config]),
        method("rootSubscribe", &[]),
        method("slotSubscribe", &[]),
        method("signatureUnsubscribe", &[Subscription]),
        method("accountUnsubscribe", &[Subscription]),
        method("programUnsubscribe", &[Subscription]),
        method("logsUnsubscribe", &[Subscription]),
        method("rootUnsubscribe", &[Subscription]),
        method("slotUnsubscribe", &[Subscription]),
    ]
};

/// Members of the configuration objects, with values that are right somewhere.
const MEMBERS: [(&str, &str); 36] = [
    ("commitment", "\"processed\""),
    ("commitment", "\"singleGossip\""),
    ("minContextSlot", "1"),
    ("minContextSlot", "18446744073709551615"),
    ("encoding", "\"base64\""),
    ("encoding", "\"base58\""),
    ("encoding", "\"jsonParsed\""),
    ("encoding", "\"base64+zstd\""),
    ("dataSlice", "{\"offset\":0,\"length\":10485760}"),
    (
        "dataSlice",
        "{\"offset\":18446744073709551615,\"length\":18446744073709551615}",
    ),
    ("skipPreflight", "true"),
    ("preflightCommitment", "\"max\""),
    ("maxRetries", "0"),
    ("sigVerify", "true"),
    ("replaceRecentBlockhash", "true"),
    ("innerInstructions", "true"),
    (
        "accounts",
        "{\"encoding\":\"base64\",\"addresses\":[\"11111111111111111111111111111111\"]}",
    ),
    (
        "accounts",
        "{\"addresses\":[\"x\",1,null,\"SysvarC1ock11111111111111111111111111111111\"]}",
    ),
    ("searchTransactionHistory", "true"),
    ("maxSupportedTransactionVersion", "255"),
    (
        "recentBlockhash",
        "\"US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx\"",
    ),
    ("enableReceivedNotification", "true"),
    ("filters", "[{\"dataSize\":80}]"),
    (
        "filters",
        "[{\"memcmp\":{\"offset\":18446744073709551615,\"bytes\":\"1\"}},{\"dataSize\":0}]",
    ),
    ("withContext", "true"),
    ("transactionDetails", "\"none\""),
    ("transactionDetails", "\"accounts\""),
    ("rewards", "false"),
    ("limit", "1000"),
    ("limit", "18446744073709551615"),
    (
        "before",
        "\"1111111111111111111111111111111111111111111111111111111111111111\"",
    ),
    (
        "until",
        "\"1111111111111111111111111111111111111111111111111111111111111111\"",
    ),
    ("identity", "\"11111111111111111111111111111111\""),
    ("range", "{\"firstSlot\":0,\"lastSlot\":18446744073709551615}"),
    ("range", "{\"firstSlot\":1}"),
    ("filter", "\"circulating\""),
];

/// Ids that the answer must repeat.
const IDS: [&str; 6] = [
    "1",
    "0",
    "18446744073709551615",
    "\"\"",
    "\"\\u0000\\n\\\"x\"",
    "null",
];
/// Values that are not ids.
const ODD_IDS: [&str; 8] = [
    "-1",
    "1.5",
    "18446744073709551616",
    "1e400",
    "true",
    "[]",
    "{\"id\":1}",
    "[[[[[[[[1]]]]]]]]",
];

/// One call as text.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it is owed.
    pub owed: Owed,
}

/// One call. Sometimes it is larger than a node must accept; it is owed an answer even then.
pub fn call(random: &mut Random) -> Call {
    let method = METHODS[random.below(METHODS.len())];
    let params = params(random, method.parameters);
    let mut call = if random.below(8) == 0 {
        odd_envelope(random, method.name, &params)
    } else {
        let id = IDS[random.below(IDS.len())];
        envelope("\"2.0\"", id, &format!("\"{}\"", method.name), &params)
    };
    if call.bytes.len() > BODY_BYTES_MAX {
        call.owed = Owed::Answer;
    }
    call
}

fn envelope(version: &str, id: &str, method: &str, params: &str) -> Call {
    Call {
        bytes: format!(r#"{{"jsonrpc":{version},"id":{id},"method":{method},"params":{params}}}"#)
            .into_bytes(),
        owed: Owed::Id(serde_json::from_str::<Value>(id).unwrap_or_default()),
    }
}

/// A call with something wrong around its parameters.
fn odd_envelope(random: &mut Random, method: &str, params: &str) -> Call {
    let id = IDS[random.below(IDS.len())];
    let name = format!("\"{method}\"");
    let odd = odd_value(random);
    let bytes = match random.below(7) {
        0 => envelope(&odd, id, &name, params).bytes,
        1 => envelope("\"2.0\"", id, &odd, params).bytes,
        2 => envelope("\"2.0\"", &odd, &name, params).bytes,
        3 => envelope("\"2.0\"", ODD_IDS[random.below(ODD_IDS.len())], &name, params).bytes,
        4 => {
            format!(r#"{{"id":{id},"id":2,"jsonrpc":"2.0","method":{name},"method":"x","params":{params}}}"#)
                .into_bytes()
        }
        5 => format!(r#"{{"jsonrpc":"2.0","id":{id},"method":{name},"more":{odd},"result":1}}"#).into_bytes(),
        _ => {
            return Call {
                bytes: format!(r#"{{"jsonrpc":"2.0","method":{name},"params":{params}}}"#).into_bytes(),
                owed: Owed::Nothing,
            };
        }
    };
    Call {
        bytes,
        owed: Owed::Answer,
    }
}

/// The parameters of a call: mostly right, with one or two of them wrong.
fn params(random: &mut Random, parameters: &[Parameter]) -> String {
    if random.below(12) == 0 {
        return odd_value(random);
    }
    let mut values: Vec<String> = parameters.iter().map(|kind| right(random, *kind)).collect();
    for _ in 0..random.below(3) {
        let odd = if random.below(3) == 0 {
            config(random)
        } else {
            odd_value(random)
        };
        match random.below(values.len() + 2) {
            at if at < values.len() => values[at] = odd,
            at if at == values.len() => values.push(odd),
            _ => drop(values.pop()),
        }
    }
    format!("[{}]", values.join(","))
}

/// A value of the right type.
fn right(random: &mut Random, kind: Parameter) -> String {
    match kind {
        Parameter::Address => address(random),
        Parameter::Addresses => list(random, 101, address),
        Parameter::Blockhash => format!("\"{}\"", Hash(key(random))),
        Parameter::Config => config(random),
        Parameter::Length => random.below(10 << 20).to_string(),
        // Mostly more than the faucet gives: few transactions of these rounds are meant to be confirmed.
        Parameter::Lamports => {
            ["1000000000000001", "18446744073709551615", "890879", "1"][random.below(4)].to_owned()
        }
        Parameter::Message => format!("\"{}\"", packets::message_base64(random)),
        Parameter::Signature => quoted_signature(random),
        Parameter::Signatures => list(random, 257, quoted_signature),
        Parameter::Transaction => format!("\"{}\"", packets::text(random)),
        Parameter::Subscription => random.next_u64().to_string(),
        Parameter::Slot => ["0", "1", "7", "1000000000", "18446744073709551615"][random.below(5)].to_owned(),
        Parameter::Count => ["0", "1", "720", "500000", "18446744073709551615"][random.below(5)].to_owned(),
        Parameter::Logs => match random.below(3) {
            0 => "\"all\"".to_owned(),
            1 => "\"allWithVotes\"".to_owned(),
            _ => format!("{{\"mentions\":[{}]}}", address(random)),
        },
    }
}

fn list(random: &mut Random, count_max: usize, element: fn(&mut Random) -> String) -> String {
    let count = match random.below(4) {
        0 => count_max,
        1 => count_max - 1,
        _ => random.below(5),
    };
    let elements: Vec<_> = (0..count).map(|_| element(random)).collect();
    format!("[{}]", elements.join(","))
}

fn key(random: &mut Random) -> [u8; 32] {
    std::array::from_fn(|_| noise::byte(random))
}

/// The address of a funded account, of a sysvar, or of no account.
fn address(random: &mut Random) -> String {
    const KNOWN: [&str; 4] = [
        "11111111111111111111111111111111",
        "SysvarC1ock11111111111111111111111111111111",
        "SysvarS1otHashes111111111111111111111111111",
        "ComputeBudget111111111111111111111111111111",
    ];
    match random.below(4) {
        0 => format!("\"{}\"", KNOWN[random.below(KNOWN.len())]),
        1 => format!("\"{}\"", packets::dev(random).pubkey()),
        _ => format!("\"{}\"", Pubkey(key(random))),
    }
}

/// A signature of no key.
pub fn signature(random: &mut Random) -> Signature {
    Signature(std::array::from_fn(|_| noise::byte(random)))
}

fn quoted_signature(random: &mut Random) -> String {
    format!("\"{}\"", signature(random))
}

/// A configuration object with up to five members, right or wrong.
pub fn config(random: &mut Random) -> String {
    let mut text = String::from("{");
    for index in 0..random.below(6) {
        let (name, value) = MEMBERS[random.below(MEMBERS.len())];
        let value = if random.below(3) == 0 {
            odd_value(random)
        } else {
            value.to_owned()
        };
        let comma = if index == 0 { "" } else { "," };
        write!(text, "{comma}\"{name}\":{value}").expect("writing to a string cannot fail");
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Every word in backquotes of the first column of a table of `docs/rpc.md`.
    fn documented() -> BTreeSet<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rpc.md");
        let text = fs::read_to_string(path).unwrap();
        let tables = text
            .split("## ")
            .filter(|section| section.starts_with("Methods\n") || section.starts_with("Subscriptions\n"));
        let mut names = BTreeSet::new();
        for section in tables {
            for line in section.lines().filter(|line| line.contains('`')) {
                let cell = line
                    .strip_prefix("| ")
                    .map_or("", |row| row.split('|').next().unwrap());
                names.extend(cell.split('`').skip(1).step_by(2).map(str::to_owned));
                let words = line.split('`').skip(1).step_by(2);
                names.extend(
                    words
                        .filter(|word| word.ends_with("Unsubscribe"))
                        .map(str::to_owned),
                );
            }
        }
        // Words of another form are values of parameters.
        names.retain(|name| name.chars().all(|c| c.is_ascii_alphanumeric()));
        names.retain(|name| name.starts_with("get") || !name.chars().all(|c| c.is_lowercase()));
        names.remove("enableReceivedNotification");
        names.remove("encoding");
        names.remove("dataSlice");
        names.remove("allWithVotes");
        // The methods of our own have a section instead of a row.
        for (own, parameter) in [
            ("isobath_explainTransaction", "signature"),
            ("isobath_getContention", "slot"),
        ] {
            if text.contains(&format!("\n`{own}` ({parameter})")) {
                names.insert(own.to_owned());
            }
        }
        names
    }

    #[test]
    fn the_table_is_that_of_the_documentation() {
        let attacked: BTreeSet<_> = METHODS.iter().map(|method| method.name.to_owned()).collect();
        assert_eq!(attacked, documented());
    }

    #[test]
    fn right_envelopes_are_json_unless_a_value_is_not() {
        let mut random = Random::new(3);
        let parsed = (0..500)
            .filter(|_| serde_json::from_slice::<Value>(&call(&mut random).bytes).is_ok())
            .count();
        assert!(parsed > 250, "{parsed}");
    }
}
