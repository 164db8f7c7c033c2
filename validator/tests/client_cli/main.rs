//! The client commands, run as a user would: the real binary against a real node, with a home folder of its own.

// The helpers unwrap as the tests do; the lint knows only functions marked as tests.
#![allow(clippy::unwrap_used)]

mod commands;
mod keygen;
mod settings;
mod terminal;
mod tls;
mod user;
