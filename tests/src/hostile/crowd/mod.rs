//! Crowds of hostile clients against a node, and what honest ones notice of them.
//!
//! ```text
//! scene      a node with a large block, and its addresses
//! attacks    what the crowds do, one function each
//! probes     honest clients beside them: how long their calls take
//! report     the table of both, with a verdict on each row
//! ```
//!
//! Invariant: an attack is bounded in connections and time and reaches the loopback address only; when it has ended, all
//! its connections are closed.

pub mod attacks;
pub mod probes;
pub mod report;
pub mod scene;
