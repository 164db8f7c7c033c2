//! The token program: mints, accounts that hold their tokens, and who may move them.
//!
//! Semantics, order of checks, errors and log lines are those of the published program (p-token 1.0), as recorded in the
//! conformance fixtures (`docs/conformance.md`). Invariants: tokens of a mint are created and destroyed only together with
//! its supply, and the lamports of a native account above its reserve are its amount after every instruction that moves
//! either.
//!
//! ```text
//! dispatch    call: one instruction or a batch, and the log line of an error
//! batch       several instructions in one
//! instruction charge compute units, decode, run the instruction
//! arguments   what instructions that differ in little else are given
//! units       what each instruction costs
//! accounts    which accounts of the call an instruction has
//! state       reading and writing mints, accounts and multisigs in place
//! authority   who must sign: an owner, a delegate or a multisig
//! initialize  mints, accounts, multisigs
//! transfer    moving tokens
//! supply      creating and destroying tokens
//! delegate    approving and revoking delegates
//! authorities changing authorities
//! freeze      freezing and thawing
//! close       closing accounts
//! lamports    native accounts and lamports above the rent minimum
//! amounts     amounts as text, lengths of accounts
//! fault       errors of the program, and account rules that it breaks
//! ```
//!
//! The published program works on a copy of the accounts, and account rules are checked when it has ended. So every
//! instruction here makes all checks of its own before it writes, writes in the order of its accounts, and leaves out
//! what would write the same bytes; the first error is then the same. In a batch this holds for each part alone: a part
//! that breaks an account rule ends the batch before the checks of later parts.
//!
//! Cost: a transfer allocates nothing and writes eight bytes of each account.

mod accounts;
mod amounts;
mod arguments;
mod authorities;
mod authority;
mod batch;
mod close;
mod delegate;
mod dispatch;
mod fault;
mod freeze;
mod initialize;
mod instruction;
mod lamports;
mod state;
mod supply;
mod transfer;
pub mod units;

pub use dispatch::call;
