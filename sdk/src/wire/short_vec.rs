//! compact-u16: the one variable-length integer of the wire.
//!
//! Seven bits per byte, low bits first; the top bit says that another byte follows; one to three bytes for 0 to 65535.
//!
//! Invariant: every value has exactly one encoding that [`decode`] accepts, so bytes that decode re-encode to
//! themselves. Longer encodings of a value (aliases) would let one transaction have several byte forms.

use crate::errors::DecodeError;

/// Bits of the value in each byte.
const VALUE_BITS: u32 = 7;
/// Set in a byte that is not the last.
const MORE: u8 = 0x80;
/// Maximum length of an encoding.
const LEN_MAX: usize = 3;

/// Appends the encoding of `value` to `out`.
pub fn encode(value: u16, out: &mut Vec<u8>) {
    let mut rest = value;
    while rest >= u16::from(MORE) {
        out.push(rest.to_le_bytes()[0] | MORE);
        rest >>= VALUE_BITS;
    }
    out.push(rest.to_le_bytes()[0]);
}

/// Reads an encoding from the front of `bytes`; returns the value and the length of the encoding (1 to 3).
///
/// # Errors
/// - [`DecodeError::Truncated`]: the bytes end in the middle of the encoding.
/// - [`DecodeError::AliasEncoding`]: the last byte adds nothing, so a shorter encoding exists.
/// - [`DecodeError::LengthOutOfRange`]: more than three bytes, or a value above 65535.
pub fn decode(bytes: &[u8]) -> Result<(u16, usize), DecodeError> {
    // Nearly every length on the wire is below 128.
    if let Some(&first) = bytes.first()
        && first & MORE == 0
    {
        return Ok((u16::from(first), 1));
    }
    decode_long(bytes)
}

/// [`decode`] for any number of bytes.
fn decode_long(bytes: &[u8]) -> Result<(u16, usize), DecodeError> {
    let mut value = 0u32;
    let mut shift = 0u32;
    for (index, &byte) in bytes.iter().take(LEN_MAX).enumerate() {
        value |= u32::from(byte & !MORE) << shift;
        if byte & MORE == 0 {
            if byte == 0 && index > 0 {
                return Err(DecodeError::AliasEncoding);
            }
            let value = u16::try_from(value).map_err(|_| DecodeError::LengthOutOfRange)?;
            return Ok((value, index.saturating_add(1)));
        }
        shift = shift.saturating_add(VALUE_BITS);
    }
    Err(if bytes.len() < LEN_MAX {
        DecodeError::Truncated
    } else {
        DecodeError::LengthOutOfRange
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pinned pairs of value and encoding.
    const VECTORS: [(u16, &[u8]); 10] = [
        (0, &[0x00]),
        (1, &[0x01]),
        (5, &[0x05]),
        (127, &[0x7f]),
        (128, &[0x80, 0x01]),
        (255, &[0xff, 0x01]),
        (256, &[0x80, 0x02]),
        (16383, &[0xff, 0x7f]),
        (16384, &[0x80, 0x80, 0x01]),
        (65535, &[0xff, 0xff, 0x03]),
    ];

    #[test]
    fn vectors() {
        for (value, bytes) in VECTORS {
            let mut out = Vec::new();
            encode(value, &mut out);
            assert_eq!(out, bytes);
            assert_eq!(decode(bytes), Ok((value, bytes.len())));
        }
    }

    #[test]
    fn refusals() {
        let cases: [(&[u8], DecodeError); 10] = [
            (&[], DecodeError::Truncated),
            (&[0x80], DecodeError::Truncated),
            (&[0x80, 0x80], DecodeError::Truncated),
            (&[0x80, 0x00], DecodeError::AliasEncoding),
            (&[0xff, 0x00], DecodeError::AliasEncoding),
            (&[0x80, 0x80, 0x00], DecodeError::AliasEncoding),
            (&[0x80, 0x80, 0x80], DecodeError::LengthOutOfRange),
            (&[0x80, 0x80, 0x80, 0x01], DecodeError::LengthOutOfRange),
            (&[0xff, 0xff, 0x04], DecodeError::LengthOutOfRange),
            (&[0xff, 0xff, 0x7f], DecodeError::LengthOutOfRange),
        ];
        for (bytes, error) in cases {
            assert_eq!(decode(bytes), Err(error), "{bytes:02x?}");
        }
    }

    #[test]
    fn every_value_round_trips_and_ignores_what_follows() {
        let mut out = Vec::new();
        for value in 0..=u16::MAX {
            out.clear();
            encode(value, &mut out);
            let len = out.len();
            out.push(0xff);
            assert_eq!(decode(&out), Ok((value, len)));
        }
    }

    #[test]
    fn every_accepted_prefix_of_three_bytes_is_canonical() {
        let mut out = Vec::new();
        for bits in 0..1u32 << 24 {
            let bytes = &bits.to_le_bytes()[..3];
            if let Ok((value, len)) = decode(bytes) {
                out.clear();
                encode(value, &mut out);
                assert_eq!(out, &bytes[..len]);
            }
        }
    }
}
