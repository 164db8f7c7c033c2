//! JSON values that are wrong in most places, and bodies that are no calls at all.

use isobath_testkit::Random;

use super::calls::{self, Call};
use super::oracle::Owed;
use crate::fuzz_bodies::noise;

/// The largest body that a node must take (`docs/rpc.md`).
pub const BODY_BYTES_MAX: usize = 128 << 10;
/// The most entries of a batch that a node must take.
const BATCH_MAX: usize = 512;

/// Values, each of them JSON by its grammar.
const VALUES: [&str; 44] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "-1",
    "255",
    "256",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775809",
    "1.0",
    "1.5",
    "1e308",
    "-1e308",
    "1e309",
    "1e-400",
    "1e999999999999",
    "0.000000000000000000000000000000000000000000000000000000000000001",
    "\"\"",
    "\" \"",
    "\"1\"",
    "\"-1\"",
    "\"1.5\"",
    "\"NaN\"",
    "\"null\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udbff\\udfff\\u202e\"",
    "\"../../etc/passwd\"",
    "\"11111111111111111111111111111111\"",
    "\"0OIl\"",
    "\"====\"",
    "[]",
    "[null]",
    "{}",
    "{\"\":{}}",
    "{\"commitment\":\"\",\"commitment\":1}",
    "[[],{},\"\",0,-1,null,true]",
];

/// Texts that are no JSON, or JSON that nobody sends.
const GARBAGE: [&[u8]; 26] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"[]",
    b"{}",
    b"[{}]",
    b"[1,2,3]",
    b"[null]",
    b"null",
    b"0",
    b"\"text\"",
    b"{\"id\":}",
    b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\",}",
    b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\"}}",
    b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\"} x",
    b"{'jsonrpc':'2.0','id':1,'method':'getSlot'}",
    b"{\"jsonrpc\":\"2.0\",\"id\":NaN,\"method\":\"getSlot\"}",
    b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getMinimumBalanceForRentExemption\",\"params\":[Infinity]}",
    b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getMinimumBalanceForRentExemption\",\"params\":[0x10]}",
    b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"get\xff\xfeSlot\"}",
    b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getBalance\",\"params\":[\"\xed\xa0\x80\"]}",
    b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\",\"params\":[\"\x00\"]}",
    b"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\"}",
    b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\u0067etSlot\"}",
    b"/* comment */ {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\"}",
];

/// A value that is right nearly nowhere.
pub fn odd_value(random: &mut Random) -> String {
    match random.below(40) {
        0 => long_string(random),
        1 => nested(random, "[", "]"),
        2 => nested(random, "{\"a\":", "}").replace(":}", ":0}"),
        3 => long_list(random),
        _ => VALUES[random.below(VALUES.len())].to_owned(),
    }
}

/// A string of up to 100 000 characters, each of which some decoder takes.
fn long_string(random: &mut Random) -> String {
    const CHARACTERS: [&str; 6] = ["1", "z", "A", "/", "\\u0000", " "];
    let character = CHARACTERS[random.below(CHARACTERS.len())];
    let len_max = 100_000 / character.len();
    format!("\"{}\"", character.repeat(random.below(len_max)))
}

fn nested(random: &mut Random, open: &str, close: &str) -> String {
    const DEPTHS: [usize; 8] = [1, 2, 126, 127, 128, 129, 1_000, 8_000];
    let depth = DEPTHS[random.below(DEPTHS.len())];
    format!("{}{}", open.repeat(depth), close.repeat(depth))
}

fn long_list(random: &mut Random) -> String {
    const ELEMENTS: [&str; 4] = ["0", "\"\"", "null", "{}"];
    let element = ELEMENTS[random.below(ELEMENTS.len())];
    format!("[{}]", vec![element; random.below(20_000) + 1].join(","))
}

/// A body that is no single call, or a damaged one.
pub fn draw(random: &mut Random) -> Call {
    match random.below(8) {
        0 => Call {
            bytes: GARBAGE[random.below(GARBAGE.len())].to_vec(),
            owed: Owed::Answer,
        },
        1 => uncertain(noise::bytes(random, 300)),
        2 => uncertain(odd_value(random).into_bytes()),
        3 => truncated(random),
        4 => padded(random),
        5 => batch(random),
        _ => {
            let mut call = calls::call(random).bytes;
            noise::damage(random, &mut call);
            uncertain(call)
        }
    }
}

const fn uncertain(bytes: Vec<u8>) -> Call {
    Call {
        bytes,
        owed: Owed::Nothing,
    }
}

/// A call that breaks off. What breaks off is no JSON.
fn truncated(random: &mut Random) -> Call {
    let mut call = calls::call(random).bytes;
    call.truncate(random.below(call.len()));
    Call {
        bytes: call,
        owed: Owed::Answer,
    }
}

/// A call among white space, up to the size that must be taken.
fn padded(random: &mut Random) -> Call {
    let call = calls::call(random).bytes;
    let room = BODY_BYTES_MAX.saturating_sub(call.len());
    let before = random.below(room.clamp(1, 200));
    let after = random.below((room - before).max(1));
    Call {
        bytes: [vec![b' '; before], call, vec![b'\n'; after]].concat(),
        owed: Owed::Nothing,
    }
}

/// A batch: of calls, of garbage, of one call many times, and sometimes of too many.
fn batch(random: &mut Random) -> Call {
    let count = match random.below(16) {
        0 => BATCH_MAX + 1,
        1 => BATCH_MAX,
        _ => random.below(8) + 1,
    };
    let repeated = [r#"{"jsonrpc":"2.0","id":1,"method":"getSlot"}"#, "1", "{}", "[]"][random.below(4)];
    let mut bytes = vec![b'['];
    for index in 0..count {
        let entry = if count < 100 && random.below(3) > 0 {
            calls::call(random).bytes
        } else {
            repeated.as_bytes().to_vec()
        };
        if bytes.len() + entry.len() + 2 > BODY_BYTES_MAX {
            break;
        }
        if index > 0 {
            bytes.push(b',');
        }
        bytes.extend(entry);
    }
    bytes.push(b']');
    Call {
        bytes,
        owed: Owed::Nothing,
    }
}
