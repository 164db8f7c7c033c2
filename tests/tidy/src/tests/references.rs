//! Recipes and paths that documents name.

use super::{Workspace, source};

const RULE: &str = "reference";

fn workspace() -> Workspace {
    Workspace::tidy()
        .with(
            "justfile",
            "set shell := [\"bash\"]\n\n# Everything: later\n@_default:\n    just --list\n\ntest:\n    cargo test: x\n\nbench NAME=\"a\" *ARGS:\n\nalias t := test\n",
        )
        .with("docs/a.md", "# A\n")
        .with_bytes("docs/picture.png", b"\0")
        .with("a/tests/c.rs", "//! A target.\n")
}

#[test]
fn recipes_exist() {
    for text in [
        "`just lint`",
        "`just test && just lint`",
        "(`just lint --all`)",
        "```sh\njust test\n```\n`just lint`",
        "```sh\n$ CI=1 just lint; echo\n```",
    ] {
        let line = text
            .lines()
            .position(|line| line.contains("lint"))
            .map_or(0, |index| index + 1);
        workspace().with("README.md", &format!("{text}\n")).reports(
            "README.md",
            line,
            RULE,
            "no recipe `lint`",
        );
    }
    for text in [
        "`just test`, `just bench x`, `just t`, `just`, `just --list`, `just NAME`",
        "It is just lint, `adjust lint` and `just`.",
        "| `just lint` | planned |",
        "```\njust test\n```",
    ] {
        workspace()
            .with("README.md", &format!("{text}\n"))
            .reports_nothing();
    }
    let comment = source("/// See `just lint`.\nfn f() {}");
    workspace()
        .with("a/src/lib.rs", &comment)
        .reports("a/src/lib.rs", 3, RULE, "no recipe `lint`");
    let literal = source("const A: &str = \"`just lint`\";");
    workspace().with("a/src/lib.rs", &literal).reports_nothing();
}

#[test]
fn paths_exist() {
    for path in [
        "docs/b.md",
        "a/src/d.rs",
        "tests/src/",
        "docs/*.txt",
        "src/d/",
        "other/d.rs",
    ] {
        let text = format!("# A\n\nSee `{path}`.\n");
        let workspace = workspace().without("tests/src/lib.rs");
        std::fs::remove_dir(workspace.root.join("tests/src")).unwrap();
        workspace
            .with("docs/a.md", &text)
            .reports("docs/a.md", 3, RULE, "does not exist");
    }
    for text in [
        "`docs/a.md` `docs/` `docs/picture.png` `a/src/*.rs` `a/*/lib.rs` `src/b/` `b/tests.rs` `a/b/../src`",
        "`/etc/hosts` `~/a/x` `x/y` `a/target/x` `a/b c` `{a/x,a/y}` `a/<name>`",
        "```\ndocs/b.md\n```",
        "`docs/b.md` (planned)",
    ] {
        workspace()
            .with("docs/a.md", &format!("{text}\n"))
            .reports_nothing();
    }
    // From a folder above the file, as the tests of its own crate.
    let comment = source("// See `tests/c.rs` and `tests/d.rs`.");
    workspace()
        .with("a/src/lib.rs", &comment)
        .reports("a/src/lib.rs", 3, RULE, "`tests/d.rs`");
}

#[test]
fn links_lead_somewhere() {
    for target in ["b.md", "../docs/b.md#a", "../a/src/d.rs", "picture"] {
        workspace()
            .with("docs/a.md", &format!("# A\n\n[b]({target})\n"))
            .reports("docs/a.md", 3, RULE, target);
    }
    for target in [
        "a.md",
        "a.md#a",
        "#a",
        "../README.md",
        "../docs/",
        "https://example.com/x",
        "mailto:a@example.com",
    ] {
        workspace()
            .with("README.md", "# Readme\n")
            .with("docs/a.md", &format!("[b]({target})\n"))
            .reports_nothing();
    }
}
