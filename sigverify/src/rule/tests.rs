//! Tests of the rule: outside vectors, every check on its own and in its order, and properties.

pub(crate) mod forge;
mod order;
mod properties;
mod rfc8032;
mod torsion;
