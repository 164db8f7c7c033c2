//! Bodies that are not a single call: garbage, damaged and truncated calls, batches.

use isobath_testkit::Random;

use super::calls::{self, BODY_BYTES_MAX, Call};
use super::oracle::Owed;
use super::values::odd_value;
use crate::fuzz_bodies::noise;

/// The most entries of a batch that a node must accept.
const BATCH_MAX: usize = 512;

/// Texts that are not JSON, or JSON that no client sends.
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

/// A body that is not a single call, or a damaged one.
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

/// A truncated call. What is left is not JSON.
fn truncated(random: &mut Random) -> Call {
    let mut call = calls::call(random).bytes;
    call.truncate(random.below(call.len()));
    Call {
        bytes: call,
        owed: Owed::Answer,
    }
}

/// A call among white space, up to the size that a node must accept.
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
