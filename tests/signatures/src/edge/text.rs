//! The table as text: one row a line, its fields apart by spaces, bytes in hexadecimal, `-` for none.
//!
//! Invariant: `parse(render(cases)) == cases`, so the file is readable and loses nothing.

use std::fmt::Write as _;

use isobath_sigverify::{Cause, Verdict};

use super::case::{Case, Class, Expected};

const HEADER: &str = "\
# Edge cases of Ed25519 verification with their verdicts under four rules. Written by the binary isobath-edge-cases;
# do not edit. Fields: group, classes, key, message, signature, then the verdicts:
# rule version 1 (yes, or the first check that fails), ed25519-dalek's verify_strict, ZIP-215, ed25519-dalek's verify.
";

/// The name of a cause in the table.
#[must_use]
pub const fn cause_name(cause: Cause) -> &'static str {
    match cause {
        Cause::ScalarNotCanonical => "scalar-not-canonical",
        Cause::KeyEncoding => "key-encoding",
        Cause::KeySmallOrder => "key-small-order",
        Cause::CommitmentEncoding => "commitment-encoding",
        Cause::CommitmentSmallOrder => "commitment-small-order",
        Cause::Equation => "equation",
    }
}

const CAUSES: [Cause; 6] = [
    Cause::ScalarNotCanonical,
    Cause::KeyEncoding,
    Cause::KeySmallOrder,
    Cause::CommitmentEncoding,
    Cause::CommitmentSmallOrder,
    Cause::Equation,
];

/// The whole file.
#[must_use]
pub fn render(cases: &[Case]) -> String {
    let mut text = HEADER.to_owned();
    for case in cases {
        let classes: Vec<&str> = case.classes.iter().map(|class| class.name()).collect();
        let expected = &case.expected;
        let ours = expected.ours.map_or_else(cause_name, |()| "yes");
        let _infallible = writeln!(
            text,
            "{} {} {} {} {} {ours} {} {} {}",
            case.group,
            classes.join("+"),
            hex(&case.key),
            hex(&case.message),
            hex(&case.signature),
            yes_no(expected.strict),
            yes_no(expected.zip215),
            yes_no(expected.cofactorless),
        );
    }
    text
}

/// The rows of a file; `None` if a line is not a row.
#[must_use]
pub fn parse(text: &str) -> Option<Vec<Case>> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(parse_row)
        .collect()
}

fn parse_row(line: &str) -> Option<Case> {
    let fields: Vec<&str> = line.split(' ').collect();
    let [
        group,
        classes,
        key,
        message,
        signature,
        ours,
        strict,
        zip215,
        cofactorless,
    ] = fields[..]
    else {
        return None;
    };
    let class = |name: &str| Class::ALL.into_iter().find(|class| class.name() == name);
    Some(Case {
        group: group.to_owned(),
        classes: classes.split('+').map(class).collect::<Option<_>>()?,
        key: bytes(key)?.try_into().ok()?,
        message: bytes(message)?,
        signature: bytes(signature)?.try_into().ok()?,
        expected: Expected {
            ours: parse_verdict(ours)?,
            strict: parse_yes_no(strict)?,
            zip215: parse_yes_no(zip215)?,
            cofactorless: parse_yes_no(cofactorless)?,
        },
    })
}

fn parse_verdict(text: &str) -> Option<Verdict> {
    if text == "yes" {
        return Some(Ok(()));
    }
    let cause = CAUSES.into_iter().find(|cause| cause_name(*cause) == text)?;
    Some(Err(cause))
}

const fn yes_no(holds: bool) -> &'static str {
    if holds { "yes" } else { "no" }
}

fn parse_yes_no(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".to_owned();
    }
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    if text == "-" {
        return Some(Vec::new());
    }
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.iter().map(byte).collect()
}
