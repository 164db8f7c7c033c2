//! What Cargo knows of the workspace: its crates, what each depends on, and the packages of the lock file.
//!
//! Two sources, so that a fresh clone without any package downloaded can be judged: the manifests, through
//! `cargo metadata --no-deps`, tell the kinds of our own dependencies; `Cargo.lock` tells what the packages
//! of others lead to. The lock file does not separate features or platforms, so it names rather too many.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

/// A crate of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    /// Name of the package.
    pub(crate) name: String,
    /// Folder below the root of the workspace, with forward slashes.
    pub(crate) folder: String,
    /// Folders of the crates of the workspace that it depends on; dev-dependencies do not count.
    pub(crate) own: BTreeSet<String>,
    /// Names of the packages of others that it depends on; dev-dependencies do not count.
    pub(crate) foreign: BTreeSet<String>,
}

/// Output of `cargo metadata`, as far as it is read.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
    workspace_root: String,
}

#[derive(Deserialize)]
struct MetadataPackage {
    name: String,
    manifest_path: String,
    dependencies: Vec<MetadataDependency>,
}

#[derive(Deserialize)]
struct MetadataDependency {
    name: String,
    /// Null, `dev` or `build`.
    kind: Option<String>,
    /// Where a dependency by path lies.
    path: Option<String>,
}

/// Asks Cargo for the crates of the workspace at `root`. It needs neither network nor packages.
///
/// # Errors
///
/// Cargo cannot be started, reports an error, or answers in a form that is not known.
pub(crate) fn read_packages(root: &Path) -> io::Result<Vec<Package>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()?;
    if !output.status.success() {
        let cause = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(io::Error::other(cause));
    }
    packages_from_json(&output.stdout)
}

fn packages_from_json(json: &[u8]) -> io::Result<Vec<Package>> {
    let metadata: Metadata = serde_json::from_slice(json)?;
    let root = Path::new(&metadata.workspace_root);
    let folder_of = |path: &Path| {
        let inside = path.strip_prefix(root).ok()?;
        let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        Some(parts.join("/"))
    };
    let packages = metadata.packages.into_iter().map(|package| {
        let mut own = BTreeSet::new();
        let mut foreign = BTreeSet::new();
        for dependency in package.dependencies {
            if dependency.kind.as_deref() == Some("dev") {
                continue;
            }
            match dependency.path.and_then(|path| folder_of(Path::new(&path))) {
                Some(folder) => own.insert(folder),
                None => foreign.insert(dependency.name),
            };
        }
        Package {
            name: package.name,
            folder: Path::new(&package.manifest_path)
                .parent()
                .and_then(folder_of)
                .unwrap_or_default(),
            own,
            foreign,
        }
    });
    Ok(packages.collect())
}

/// The packages of a lock file: `name version` to the packages that it names as dependencies.
#[derive(Debug, Default)]
pub(crate) struct Lock<'a> {
    packages: BTreeMap<Id<'a>, Vec<&'a str>>,
}

/// Name and version.
pub(crate) type Id<'a> = (&'a str, &'a str);

impl<'a> Lock<'a> {
    /// Reads the text of a `Cargo.lock`.
    pub(crate) fn parse(text: &'a str) -> Self {
        let mut packages = BTreeMap::new();
        for block in text.split("[[package]]").skip(1) {
            let value = |key: &str| {
                let line = block.lines().find(|line| line.starts_with(key))?;
                line.split('"').nth(1)
            };
            let (Some(name), Some(version)) = (value("name = "), value("version = ")) else {
                continue;
            };
            let list = block.split_once("dependencies = [").map_or("", |(_, list)| list);
            let names = list.lines().filter_map(|line| line.split('"').nth(1));
            packages.insert((name, version), names.collect());
        }
        Self { packages }
    }

    /// The packages that a package of this name depends on; several versions answer together.
    pub(crate) fn dependencies_by_name(&self, name: &str) -> Vec<Id<'a>> {
        let ids = self.packages.keys().filter(|id| id.0 == name);
        ids.flat_map(|id| self.dependencies(*id)).collect()
    }

    /// The packages that a package depends on.
    pub(crate) fn dependencies(&self, id: Id<'_>) -> Vec<Id<'a>> {
        let names = self.packages.get(&id).map_or(&[][..], Vec::as_slice);
        names.iter().filter_map(|name| self.find(name)).collect()
    }

    /// A dependency is named `name`, or `name version` where the file holds several versions.
    fn find(&self, dependency: &str) -> Option<Id<'a>> {
        let mut words = dependency.split(' ');
        let (name, version) = (words.next()?, words.next());
        self.packages
            .keys()
            .find(|id| id.0 == name && version.is_none_or(|version| id.1 == version))
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn metadata_gives_the_dependencies_of_each_crate() {
        let json = r#"{"workspace_root": "/w", "packages": [{
            "name": "ours-b", "manifest_path": "/w/programs/b/Cargo.toml", "dependencies": [
                {"name": "ours-a", "kind": null, "path": "/w/a"},
                {"name": "ours-dev", "kind": "dev", "path": "/w/dev"},
                {"name": "ours-made", "kind": "build", "path": "/w/made"},
                {"name": "borsh", "kind": null},
                {"name": "proptest", "kind": "dev"}
            ]}]}"#;
        let expected = Package {
            name: "ours-b".to_owned(),
            folder: "programs/b".to_owned(),
            own: set(&["a", "made"]),
            foreign: set(&["borsh"]),
        };
        assert_eq!(packages_from_json(json.as_bytes()).unwrap(), [expected]);
        assert!(packages_from_json(b"{}").is_err());
    }

    #[test]
    fn this_workspace_is_known_to_cargo() {
        let packages = read_packages(Path::new(crate::ROOT)).unwrap();
        let tidy = packages.iter().find(|package| package.folder == "tests/tidy");
        assert_eq!(
            tidy.map(|package| package.foreign.clone()),
            Some(set(&["serde", "serde_json"]))
        );
        assert!(read_packages(Path::new("/")).is_err());
    }

    #[test]
    fn a_lock_file_tells_versions_apart() {
        let lock = Lock::parse(
            "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\ndependencies = [\n \"b\",\n \"c 2.0.0\",\n]\n\n\
             [[package]]\nname = \"b\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"c\"\nversion = \"1.0.0\"\n\n\
             [[package]]\nname = \"c\"\nversion = \"2.0.0\"\ndependencies = [\n \"b\",\n]\n",
        );
        assert_eq!(lock.dependencies_by_name("a"), [("b", "0.1.0"), ("c", "2.0.0")]);
        assert_eq!(lock.dependencies(("c", "2.0.0")), [("b", "0.1.0")]);
        assert_eq!(lock.dependencies(("c", "1.0.0")), []);
    }
}
