//! Ed25519 verification for consensus: every validator must give every signature the same verdict.
//!
//! The crate knows bytes, keys and signatures; it knows nothing of transactions or accounts.
//!
//! | module | contents |
//! |---|---|
//! | `rule` | [`Item`], and [`verify_one`]: the rule for one signature in scalar form, the oracle of all other paths |
//! | `verdict` | [`Verdict`], [`Cause`], [`Verdicts`] |
//! | `encoding` | which 32 bytes are the canonical encoding of a point |
//! | `kernels` | field, points and multi-scalar sums in vector lanes; [`Backend`] says on which instructions |
//! | `sha512` | SHA-512 of several messages at once |
//! | `verifier` | [`Verifier`]: batches, lanes, and the choice between them |
//! | `batch` | [`verify_batch`], for callers that keep no verifier |
//! | [`stage`] | the pipeline form, with threads |
//!
//! # The rule (version 1)
//!
//! A signature is 64 bytes: the commitment `R` (a point, 32 bytes) and the scalar `s` (32 bytes, little
//! endian). With the verifying key `A` (32 bytes), the base point `B`, its order `L` and the challenge
//! `k = SHA-512(R || A || message) mod L`, the signature is valid when all of these hold. They are
//! checked, and a failure is reported, in exactly this order:
//!
//! | # | check | cause when it fails |
//! |---|---|---|
//! | 1 | `s < L` | [`Cause::ScalarNotCanonical`] |
//! | 2 | `A` is the canonical encoding of a curve point | [`Cause::KeyEncoding`] |
//! | 3 | `A` is not of small order: `8A != 0` | [`Cause::KeySmallOrder`] |
//! | 4 | `R` is the canonical encoding of a curve point | [`Cause::CommitmentEncoding`] |
//! | 5 | `R` is not of small order: `8R != 0` | [`Cause::CommitmentSmallOrder`] |
//! | 6 | `8(sB - kA - R) = 0` | [`Cause::Equation`] |
//!
//! It is the rule that Solana's SIMD-0376 proposes with its pending amendment. Each part has a reason:
//!
//! - **Cofactored** (the factor 8). The curve has 8 times as many points as the subgroup that `B`
//!   generates, and the maker of a key can hide a small component outside that subgroup in `A` or `R`.
//!   Without the factor, a batch that sums many equations can accept such a signature when checking it
//!   alone rejects it, or accept it in one batch and reject it in another; two validators that batch
//!   differently would then fork. Multiplying by 8 removes the hidden component from every equation and
//!   from every sum, so that batched and single checks are the same statement.
//! - **Canonical encodings.** The challenge hashes the *bytes* of `R` and `A`. With two byte strings for
//!   one point an account would have two addresses, and implementations that hash the bytes received
//!   and those that hash a re-encoded point would disagree. Canonical means: the point decoded from the
//!   32 bytes encodes to the same 32 bytes. This rejects `y >= p` and a sign bit set on `x = 0`.
//! - **No small order.** If `A` has small order then `kA` vanishes from the equation and one signature
//!   fits every message; the all-zero key, which programs use as "no authority", is such an `A`. A
//!   signer that follows RFC 8032 never makes such an `A` or `R`.
//! - **`s < L`.** Otherwise `s + L` would be a second valid signature of the same message.
//!
//! Every signature made by a correct signer passes, here and under stricter rules alike. Keys and
//! commitments of *mixed* order (with a hidden component, but not only that) are accepted when the
//! equation holds; a cofactorless verifier would reject most of them.
//!
//! # Paths
//!
//! [`verify_one`] is the oracle: the scalar form of the rule, kept simple. Every faster path gives exactly its verdict,
//! cause included: **the verdict of an item never depends on the other items of its batch**, on its position among
//! them, on the backend, or on what was verified before.
//!
//! ```text
//!  items {key, message, signature}
//!    |  s < L | decode A, order | decode R, order | k = SHA-512(R || A || message) mod L        lanes side by side
//!    |
//!    |  8 (sum of z (sB - kA - R)) = 0, z secret, 128 bits, fresh for each signature             batch
//!    v  8(sB - kA - R) = 0 for each                     when that fails, and for few items       lanes
//!  Verdict = Ok(()) | Err(Cause)
//! ```
//!
//! - [`Verifier`] holds memory and secrets and chooses the path; a batch that fails is resolved in one pass of the lanes.
//! - [`verify_batch`] is the same for callers that keep no verifier.
//! - [`stage`] is the pipeline form, with threads: packets in, verdicts out in the same order.
//!
//! The coefficients `z` are drawn fresh for every signature, 128 bits wide, from a generator whose seed the senders
//! of signatures cannot know: with predictable coefficients two invalid signatures can be made to cancel.
//!
//! Nothing else here is secret, so all arithmetic runs in variable time. The crate does not sign and does not parse
//! transactions. Outside of [`stage`] it reads no clock and starts no threads; a new verifier reads one seed from the
//! operating system.
//!
//! ```
//! use ed25519_dalek::{Signer, SigningKey};
//! use isobath_sigverify::{Cause, Item, verify_batch, verify_one};
//!
//! let signer = SigningKey::from_bytes(&[7; 32]);
//! let key = signer.verifying_key().to_bytes();
//! let signature = signer.sign(b"sealed").to_bytes();
//!
//! let good = Item { key: &key, message: b"sealed", signature: &signature };
//! let bad = Item { message: b"opened", ..good };
//! assert_eq!(verify_one(&good), Ok(()));
//! assert_eq!(verify_batch(&[good, bad]).first_invalid(), Some((1, Cause::Equation)));
//! ```

mod batch;
mod encoding;
mod kernels;
mod rule;
mod sha512;
pub mod stage;
mod verdict;
mod verifier;

pub use batch::verify_batch;
pub use kernels::Backend;
#[doc(hidden)]
pub use kernels::hook as kernel_hook;
pub use rule::{Item, verify_one};
pub use verdict::{Cause, Verdict, Verdicts};
#[doc(hidden)]
pub use verifier::hook as verifier_hook;
pub use verifier::{Policy, Verifier, VerifierConfig, VerifierCounters};

/// Runs the example of the README with the doc tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
