//! Rules for `Cargo.toml`: versions of dependencies stand in one place, the workspace.

use crate::problem::Problem;
use crate::tree::Tree;

/// Checks the packages of the workspace. A package with a workspace of its own (fuzzing, comparisons with
/// other systems) has its own versions too.
pub(crate) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in members(tree) {
        for (line, name) in unshared_dependencies(text) {
            let advice = format!("`{name}.workspace = true` here, its version in [workspace.dependencies]");
            problems.push(Problem::new(path, line, "dependency-version", advice));
        }
    }
    problems
}

/// The manifests of the packages that belong to the workspace.
pub(crate) fn members(tree: &Tree) -> Vec<(&str, &str)> {
    let manifests = || {
        tree.with_extension("toml")
            .filter(|(path, _)| path.ends_with("/Cargo.toml"))
    };
    let foreign: Vec<&str> = manifests()
        .filter(|(_, text)| text.lines().any(|line| line.trim() == "[workspace]"))
        .filter_map(|(path, _)| path.strip_suffix("Cargo.toml"))
        .collect();
    manifests()
        .filter(|(path, text)| {
            text.lines().any(|line| line.trim() == "[package]")
                && !foreign.iter().any(|folder| path.starts_with(folder))
        })
        .collect()
}

/// Line and name of each dependency that does not come from the workspace.
fn unshared_dependencies(manifest: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut section = "";
    for (line, content) in (1..).zip(manifest.lines()) {
        let content = content.trim();
        if let Some(header) = content.strip_prefix('[') {
            section = header.trim_end_matches(']');
            continue;
        }
        let Some((key, value)) = content.split_once('=').filter(|_| !content.starts_with('#')) else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        if is_list_of_dependencies(section) && !key.ends_with(".workspace") && !is_from_workspace(value) {
            found.push((line, key.split('.').next().unwrap_or(key)));
        }
        // `[dependencies.name]` with a version of its own.
        if let Some((list, name)) = section.rsplit_once('.')
            && is_list_of_dependencies(list)
            && ["version", "path", "git"].contains(&key)
        {
            found.push((line, name));
        }
    }
    found
}

fn is_list_of_dependencies(section: &str) -> bool {
    let last = section.rsplit('.').next().unwrap_or(section);
    ["dependencies", "dev-dependencies", "build-dependencies"].contains(&last)
}

fn is_from_workspace(value: &str) -> bool {
    value.replace(' ', "").contains("workspace=true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_dependency_is_judged() {
        let manifest = [
            "[package]\nversion = \"1\"\n[dependencies]\na.workspace = true",
            "b = { workspace = true, features = [\"x\"] }\nc = \"1\"\nd = { version = \"1\" }\n# e = \"1\"",
            "[target.'cfg(unix)'.dev-dependencies]\nf = \"1\"\n[dependencies.g]\nworkspace = true",
            "[dependencies.h]\nversion = \"1\"\n[dependencies]\ni.version = \"1\"\n[features]\nj = []",
        ];
        assert_eq!(
            unshared_dependencies(&manifest.join("\n")),
            [(6, "c"), (7, "d"), (10, "f"), (14, "h"), (16, "i")]
        );
    }
}
