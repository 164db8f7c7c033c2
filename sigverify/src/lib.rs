//! Ed25519 verification for consensus: every validator must give every signature the same verdict.
//!
//! The crate knows bytes, keys and signatures; it knows nothing of transactions or accounts.
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
//!   generates, and whoever makes a key may hide a small component outside that subgroup in `A` or `R`.
//!   Without the factor, a batch that sums many equations can accept such a signature when checking it
//!   alone refuses it, or accept it in one batch and refuse it in another; two validators that batch
//!   differently would then fork. Multiplying by 8 removes the hidden component from every equation and
//!   from every sum, so that batched and single checks are the same statement.
//! - **Canonical encodings.** The challenge hashes the *bytes* of `R` and `A`. With two byte strings for
//!   one point an account would have two addresses, and implementations that hash the bytes received
//!   and those that hash a re-encoded point would disagree. Canonical means: the point decoded from the
//!   32 bytes encodes to the same 32 bytes. It refuses `y >= p` and a sign bit set on `x = 0`.
//! - **No small order.** If `A` has small order then `kA` vanishes from the equation and one signature
//!   fits every message; the all-zero key, which programs use as "no authority", is such an `A`. A
//!   signer that follows RFC 8032 never makes such an `A` or `R`.
//! - **`s < L`.** Otherwise `s + L` would be a second valid signature of the same message.
//!
//! Every signature made by a correct signer passes, here and under stricter rules alike. Keys and
//! commitments of *mixed* order (with a hidden component, but not only that) are accepted when the
//! equation holds, where a cofactorless verifier would mostly refuse them.
//!
//! # Paths
//!
//! [`verify_one`] is the oracle: the scalar form of the rule, kept obvious. Every faster path gives exactly its verdict,
//! cause included: **the verdict of an item never depends on the other items of its batch**, nor on its place among
//! them, the backend, or what was verified before.
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
//! - [`stage`] is the pipeline form, with threads: packets in, verdicts out in their order.
//!
//! The coefficients `z` are drawn fresh for every signature, 128 bits wide, from a generator whose seed the senders
//! of signatures cannot know: with predictable coefficients two invalid signatures can be made to cancel.
//!
//! Nothing else here is secret, so all arithmetic is variable time. The crate does not sign and does not parse
//! transactions. Outside of [`stage`] it reads no clock and starts no threads; a verifier asks the operating system for one
//! seed when it is made.
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

/// Runs the README's example with the doc tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
