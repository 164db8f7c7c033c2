//! The rules, one module per family.

mod architecture;
mod clippy_settings;
mod contents;
mod cycles;
mod dependencies;
mod manifests;
mod modules;
mod purity;
mod references;
mod size;
mod sources;
mod text;
mod words;

use crate::cargo::Package;
use crate::problem::Problem;
use crate::tree::Tree;

/// Applies every rule to the texts of the workspace and to its packages; the problems come sorted by place.
pub(crate) fn check(tree: &Tree, packages: &[Package]) -> Vec<Problem> {
    let modules = modules::Modules::find(tree);
    let mut problems = [
        architecture::check(tree),
        clippy_settings::check(tree),
        contents::check(tree),
        cycles::check(tree, &modules),
        dependencies::check(tree, packages),
        manifests::check(tree),
        modules.dead_files(tree),
        purity::check(tree, packages),
        references::check(tree),
        size::check(tree, &modules),
        sources::check(tree, &modules),
        text::check(tree),
        words::check(tree, &modules),
    ]
    .concat();
    problems.sort();
    problems
}
