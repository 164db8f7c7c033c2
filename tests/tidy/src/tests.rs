//! Each rule, seen to catch its violation: a tidy workspace is written to a scratch folder, one thing is
//! spoiled, and exactly that has to be reported.

mod contents;
mod cycles;
mod dependencies;
mod references;
mod settings;
mod words;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::cargo::Package;
use crate::problem::Problem;
use crate::rules;
use crate::tree::Tree;

/// A workspace in a scratch folder, removed when dropped.
struct Workspace {
    root: PathBuf,
    packages: Vec<Package>,
}

impl Workspace {
    /// Two crates, a map and a list of exceptions, with nothing to report.
    fn tidy() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let serial = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("tidy-{}-{serial}", std::process::id()));
        let workspace = Self {
            root,
            packages: Vec::new(),
        };
        workspace
            .with_package("a", &[])
            .with_package("tests", &["a"])
            .with(
                "Cargo.toml",
                "[workspace]\nmembers = [\"a\", \"tests\"]\n[workspace.dependencies]\nc = \"1\"\n",
            )
            .with(
                "ARCHITECTURE.md",
                &map("- `a/`: everything.\n- `tests`: the tests.\n"),
            )
            .with(
                "a/Cargo.toml",
                "[package]\nname = \"a\"\n\n[dependencies]\nc.workspace = true\n",
            )
            .with("a/src/lib.rs", "//! Crate a: `b`.\n\nmod b;\n")
            .with(
                "a/src/b.rs",
                "//! Module b.\n\nfn f() {}\n\n#[cfg(test)]\nmod tests;\n",
            )
            .with(
                "a/src/b/tests.rs",
                "//! Tests of b.\n\n#[test]\nfn t() {\n    g().unwrap();\n}\n",
            )
            .with("tests/Cargo.toml", "[package]\nname = \"tests\"\n")
            .with(
                "tests/src/lib.rs",
                "//! Tests.\n\nfn h() {\n    g().unwrap();\n}\n",
            )
            .with("tests/tidy/allowed.txt", "# None.\n")
            .with("target/debug/out.rs", "fn f() { g().unwrap() }")
    }

    /// Writes a file, over what was there.
    fn with(self, path: &str, text: &str) -> Self {
        self.with_bytes(path, text.as_bytes())
    }

    fn with_bytes(self, path: &str, bytes: &[u8]) -> Self {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("files lie in folders")).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    fn without(self, path: &str) -> Self {
        fs::remove_file(self.root.join(path)).unwrap();
        self
    }

    /// Tells what Cargo knows of a crate: its folder, the crates of ours and the packages of others that it
    /// depends on.
    fn with_package(mut self, folder: &str, dependencies: &[&str]) -> Self {
        let (foreign, own): (BTreeSet<String>, BTreeSet<String>) = dependencies
            .iter()
            .map(|name| (*name).to_owned())
            .partition(|name| name.starts_with("foreign-"));
        self.packages.retain(|package| package.folder != folder);
        self.packages.push(Package {
            name: folder.replace('/', "-"),
            folder: folder.to_owned(),
            own,
            foreign,
        });
        self
    }

    fn problems(&self) -> Vec<Problem> {
        rules::check(&Tree::read(&self.root).unwrap(), &self.packages)
    }

    /// Asserts that there is one problem: this one, with advice that contains `advice`.
    #[track_caller]
    fn reports(&self, path: &str, line: usize, rule: &str, advice: &str) {
        let problems = self.problems();
        let places: Vec<_> = problems
            .iter()
            .map(|found| (found.path.as_str(), found.line, found.rule))
            .collect();
        assert_eq!(places, [(path, line, rule)]);
        assert!(problems[0].advice.contains(advice), "{}", problems[0]);
    }

    #[track_caller]
    fn reports_nothing(&self) {
        assert_eq!(self.problems(), []);
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // Nothing to be done about a scratch folder that stays.
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// A map with the graph of the two crates and this text.
fn map(text: &str) -> String {
    format!("# Map\n\n```deps\na -> (none of ours)\ntests -> anything above\n```\n\n{text}")
}

/// A source with a module doc in which line 3 is `line`.
fn source(line: &str) -> String {
    format!("//! Crate a: `b`.\n\n{line}\nmod b;\n")
}

/// A function of so many lines.
fn function(name: &str, line_count: usize) -> String {
    format!("fn {name}() {{\n{}}}\n", "    g();\n".repeat(line_count - 2))
}

#[test]
fn a_tidy_workspace_has_no_problems() {
    Workspace::tidy().reports_nothing();
}

#[test]
fn this_workspace_is_read_without_an_error() {
    assert!(
        Tree::read(Path::new(crate::ROOT))
            .unwrap()
            .text("Cargo.toml")
            .is_some()
    );
}

#[test]
fn a_problem_is_one_line() {
    let problem = Problem::new("a/src/lib.rs", 3, "unwrap", "say why");
    assert_eq!(problem.to_string(), "a/src/lib.rs:3: unwrap: say why");
}

#[test]
fn files_over_the_budget() {
    let lines = |count: usize| {
        format!(
            "//! Crate a: `b`.\n\nmod b;\n{}",
            "use c as _;\n".repeat(count - 3)
        )
    };
    Workspace::tidy()
        .with("a/src/lib.rs", &lines(800))
        .reports_nothing();
    Workspace::tidy()
        .with("a/src/lib.rs", &lines(801))
        .reports("a/src/lib.rs", 1, "file-size", "801");
    // Test code does not count, neither in the file nor in a file of its own.
    let inline_tests = format!(
        "{}#[cfg(test)]\nmod more {{\n{}}}\n",
        lines(700),
        "    use c as _;\n".repeat(200)
    );
    Workspace::tidy()
        .with("a/src/lib.rs", &inline_tests)
        .reports_nothing();
    Workspace::tidy()
        .with("a/src/b/tests.rs", &lines(900).replace("mod b;", ""))
        .reports_nothing();
}

#[test]
fn functions_over_the_budget() {
    Workspace::tidy()
        .with("a/src/lib.rs", &source(&function("f", 70)))
        .reports_nothing();
    let long = source(&function("f", 71));
    Workspace::tidy().with("a/src/lib.rs", &long).reports(
        "a/src/lib.rs",
        3,
        "function-size",
        "`f` has 71 lines",
    );
    let long_test = format!("#[cfg(test)]\n{}", function("f", 90));
    Workspace::tidy()
        .with("a/src/lib.rs", &source(&long_test))
        .reports_nothing();
    let long_in_tests = format!("//! Tests of b.\n\n{}", function("f", 90));
    Workspace::tidy()
        .with("a/src/b/tests.rs", &long_in_tests)
        .reports_nothing();
}

#[test]
fn the_list_of_exceptions_may_only_shrink() {
    let allowed = "tests/tidy/allowed.txt";
    let with = |lines, list| {
        Workspace::tidy()
            .with("a/src/lib.rs", &source(&function("f", lines)))
            .with(allowed, list)
    };
    with(80, "# Long.\na/src/lib.rs f 80\n").reports_nothing();
    with(81, "a/src/lib.rs f 80\n").reports("a/src/lib.rs", 3, "function-size", "at most 80");
    with(79, "a/src/lib.rs f 80\n").reports(allowed, 1, "ratchet", "write 79");
    with(70, "\na/src/lib.rs f 80\n").reports(allowed, 2, "ratchet", "remove this line");
    with(10, "a/src/gone.rs f 80\n").reports(allowed, 1, "ratchet", "remove this line");
    with(10, "a/src/lib.rs f\n").reports(allowed, 1, "ratchet", "path function lines");
}

#[test]
fn text_that_is_not_ascii() {
    let comment = "// A dash \u{2014} in a comment.";
    Workspace::tidy()
        .with("a/src/lib.rs", &source(comment))
        .reports("a/src/lib.rs", 3, "ascii", "U+2014");
    for path in [
        "a/README.md",
        "deny.toml",
        ".ci/run.sh",
        "web/x.js",
        "web/x.mjs",
        "justfile",
    ] {
        Workspace::tidy()
            .with(path, "\nna\u{ef}ve\n")
            .reports(path, 2, "ascii", "U+00EF");
    }
    // Fixtures may hold what the world sends.
    Workspace::tidy()
        .with("tests/fixtures/memo.json", "\"na\u{ef}ve\"")
        .reports_nothing();
}

#[test]
fn line_ends() {
    for end in [" ", "\t", "\r"] {
        let text = format!("one{end}\ntwo\n");
        Workspace::tidy()
            .with("README.md", &text)
            .reports("README.md", 1, "trailing-whitespace", "remove");
    }
    Workspace::tidy()
        .with("README.md", "one\ntwo")
        .reports("README.md", 2, "final-newline", "line break");
    Workspace::tidy().with("README.md", "").reports_nothing();
}

#[test]
fn paths_of_one_machine() {
    for folder in ["home", "root", "work", "Users"] {
        for text in [
            format!("see /{folder}/x\n"),
            format!("\"file:///{folder}/x\"\n"),
            format!("/{folder}/x\n"),
        ] {
            Workspace::tidy()
                .with("notes.txt", &text)
                .reports("notes.txt", 1, "machine-path", folder);
        }
        for text in [
            format!("https://example.com/{folder}/x\n"),
            format!("./{folder}/x {folder}/x\n"),
        ] {
            Workspace::tidy().with("notes.txt", &text).reports_nothing();
        }
    }
}

#[test]
fn sources_without_a_module_doc() {
    for text in [
        "mod b;\n",
        "// Crate a.\nmod b;\n",
        "#![forbid(unsafe_code)]\n//! Crate a: `b`.\nmod b;\n",
    ] {
        Workspace::tidy()
            .with("a/src/lib.rs", text)
            .reports("a/src/lib.rs", 1, "module-doc", "//!");
    }
    Workspace::tidy()
        .with("a/src/lib.rs", "\n//! Crate a: `b`.\nmod b;\n")
        .reports_nothing();
}

#[test]
fn left_overs() {
    for mark in [concat!("TO", "DO"), concat!("FIX", "ME")] {
        for line in [
            format!("// {mark}: later"),
            format!("// ({mark})"),
            format!("const A: &str = \"{mark}\";"),
        ] {
            Workspace::tidy().with("a/src/lib.rs", &source(&line)).reports(
                "a/src/lib.rs",
                3,
                "left-over",
                mark,
            );
        }
    }
    for code in [
        "dbg!(1);",
        "todo!()",
        "unimplemented!()",
        "#[ignore]",
        "#[ignore = \"slow\"]",
    ] {
        let line = format!("fn f() {{ {code} }}");
        Workspace::tidy().with("a/src/lib.rs", &source(&line)).reports(
            "a/src/lib.rs",
            3,
            "left-over",
            "remove",
        );
        let quoted = format!("const A: &str = {code:?}; // {code}");
        Workspace::tidy()
            .with("a/src/lib.rs", &source(&quoted))
            .reports_nothing();
    }
    // They do not belong into tests either.
    let tests = "//! Tests of b.\n\n#[test]\n#[ignore]\nfn t() {}\n";
    Workspace::tidy()
        .with("a/src/b/tests.rs", tests)
        .reports("a/src/b/tests.rs", 4, "left-over", "note");
}

#[test]
fn unwrap_outside_tests() {
    for code in [
        "fn f() { g().unwrap() }",
        "fn f() { g() . unwrap ( ) }",
        "#[cfg(not(test))] fn f() { g().unwrap() }",
    ] {
        Workspace::tidy()
            .with("a/src/lib.rs", &source(code))
            .reports("a/src/lib.rs", 3, "unwrap", "expect");
    }
    for code in [
        "/// `g().unwrap()`\nfn f() {}",
        "fn f() { g().unwrap_or(1) }",
        "#[cfg(test)]\nfn f() { g().unwrap() }",
    ] {
        Workspace::tidy()
            .with("a/src/lib.rs", &source(code))
            .reports_nothing();
    }
    // Tidy lies in a folder of tests and is judged like any other program.
    let tidy = Workspace::tidy()
        .with("ARCHITECTURE.md", &map("`a` `tests` `tests/tidy`\n"))
        .with("tests/tidy/Cargo.toml", "[package]\n")
        .with(
            "tests/tidy/src/main.rs",
            "//! Tidy.\nfn main() { g().unwrap() }\n",
        );
    tidy.reports("tests/tidy/src/main.rs", 2, "unwrap", "expect");
}

#[test]
fn crates_that_the_map_does_not_name() {
    let map = map("- `tests`: and a crate a, in prose only.\n");
    Workspace::tidy()
        .with("ARCHITECTURE.md", &map)
        .reports("ARCHITECTURE.md", 1, "architecture", "`a/`");
    let problems = Workspace::tidy().without("ARCHITECTURE.md").problems();
    assert!(problems[0].advice.contains("write it"), "{problems:?}");
    // A workspace of its own is not ours to list.
    let fuzz = Workspace::tidy()
        .with(
            "fuzz/Cargo.toml",
            "[package]\nname = \"fuzz\"\n[workspace]\n[dependencies]\nc = \"1\"\n",
        )
        .with("fuzz/src/main.rs", "//! Fuzzing.\n");
    fuzz.reports_nothing();
}

#[test]
fn dead_files() {
    Workspace::tidy()
        .with("a/src/c.rs", "//! Lost.\n")
        .reports("a/src/c.rs", 1, "dead-file", "declare it");
    Workspace::tidy()
        .with("lost.rs", "//! Lost.\n")
        .reports("lost.rs", 1, "dead-file", "declare it");
    Workspace::tidy()
        .with("a/src/c.rs", "//! Found.\n")
        .with("a/src/lib.rs", &source("mod c;").replace("`b`", "`b`, `c`"))
        .reports_nothing();
    Workspace::tidy()
        .with("a/tests/c.rs", "//! A target.\n")
        .reports_nothing();
    let commented = source("// mod c;");
    let lost = Workspace::tidy()
        .with("a/src/c.rs", "//! Lost.\n")
        .with("a/src/lib.rs", &commented);
    lost.reports("a/src/c.rs", 1, "dead-file", "declare it");
    let named = "[package]\nname = \"a\"\n[[bin]]\nname = \"c\"\npath = \"c/start.rs\"\n";
    Workspace::tidy()
        .with("a/c/start.rs", "//! A target.\n")
        .with("a/Cargo.toml", named)
        .reports_nothing();
}

#[test]
fn versions_outside_the_workspace() {
    for line in [
        "c = \"1\"",
        "c = { version = \"1\" }",
        "c = { path = \"../c\" }",
        "[dependencies.c]\nversion = \"1\"",
    ] {
        let manifest = format!("[package]\nname = \"a\"\n[dev-dependencies]\n{line}\n");
        let workspace = Workspace::tidy().with("a/Cargo.toml", &manifest);
        let line = manifest.lines().count();
        workspace.reports("a/Cargo.toml", line, "dependency-version", "`c.workspace = true`");
    }
}

#[test]
fn binary_files_are_left_alone() {
    let workspace = Workspace::tidy()
        .with_bytes("a/data.md", b"\xff\xfe \n")
        .with_bytes("a/zero.md", b"\0 \n");
    workspace.reports_nothing();
}
