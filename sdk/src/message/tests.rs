//! Tests of messages: building and sanitizing.
