//! Tests of the rule: every check on its own and in its order, and properties.

pub(crate) mod forge;
mod order;
mod properties;
mod torsion;
