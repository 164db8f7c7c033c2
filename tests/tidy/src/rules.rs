//! The rules, one module per family.

mod architecture;
mod manifests;
mod modules;
mod size;
mod sources;
mod text;

use crate::problem::Problem;
use crate::tree::Tree;

/// Applies every rule; the problems come sorted by place.
pub(crate) fn check(tree: &Tree) -> Vec<Problem> {
    let modules = modules::Modules::find(tree);
    let mut problems = [
        architecture::check(tree),
        manifests::check(tree),
        modules.dead_files(tree),
        size::check(tree, &modules),
        sources::check(tree, &modules),
        text::check(tree),
    ]
    .concat();
    problems.sort();
    problems
}
