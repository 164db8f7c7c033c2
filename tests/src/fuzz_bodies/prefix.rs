//! The promise of decoders that tolerate bytes at the end.

/// Asserts that the first `len` bytes of what was written are the first `len` bytes that were read.
pub(super) fn assert_prefix(read: &[u8], written: &[u8], len: usize) {
    assert_eq!(
        read.get(..len)
            .expect("a decoder reads no further than the input"),
        &written[..len]
    );
}
