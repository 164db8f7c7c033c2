//! Hexadecimal text in tests, where vectors are written in it.

/// The bytes of a hexadecimal text.
pub(crate) fn decode(text: &str) -> Vec<u8> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    assert!(rest.is_empty(), "hexadecimal digits come in pairs");
    pairs
        .iter()
        .map(|[high, low]| digit(*high) << 4 | digit(*low))
        .collect()
}

fn digit(character: u8) -> u8 {
    let value = char::from(character).to_digit(16).expect("a hexadecimal digit");
    u8::try_from(value).expect("a digit below 16")
}
