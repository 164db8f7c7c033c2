//! How many transactions fit the body of one request.
//!
//! Solana's nodes reject a body of more than 50 KiB; a batch that would exceed it goes out in several requests.

/// Bytes of a body at most.
const BODY_BYTES_MAX: usize = 50 << 10;

/// Bytes of a call beside its transaction: method, options, a number of up to twenty digits and a comma; 137 today.
const CALL_BYTES: usize = 160;

/// How many calls fit one body, given the lengths of their transactions in base64; at least one.
pub(super) fn count_fitting(wire_lens: impl Iterator<Item = usize>) -> usize {
    let body_lens = wire_lens.scan(2_usize, |body, wire| {
        *body = body.saturating_add(wire).saturating_add(CALL_BYTES);
        Some(*body)
    });
    body_lens
        .take_while(|&body| body <= BODY_BYTES_MAX)
        .count()
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_filled_and_not_exceeded() {
        assert_eq!(count_fitting([288; 64].into_iter()), 64, "a default batch fits");
        let most = (BODY_BYTES_MAX - 2) / (288 + CALL_BYTES);
        assert_eq!(count_fitting(std::iter::repeat_n(288, 1_000)), most);
        assert_eq!(
            count_fitting([BODY_BYTES_MAX; 2].into_iter()),
            1,
            "one is always sent"
        );
    }
}
