//! JSON values that are wrong in most places.

use isobath_testkit::Random;

/// Values, each of them valid JSON by its grammar.
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

/// A value that is valid nearly nowhere.
pub fn odd_value(random: &mut Random) -> String {
    match random.below(40) {
        0 => long_string(random),
        1 => nested(random, "[", "]"),
        2 => nested(random, "{\"a\":", "}").replace(":}", ":0}"),
        3 => long_list(random),
        _ => VALUES[random.below(VALUES.len())].to_owned(),
    }
}

/// A string of up to 100 000 characters, each of which some decoder accepts.
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
