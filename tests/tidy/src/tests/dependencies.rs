//! The declared graph, the pure crates, and what Cargo has.

use super::Workspace;

const MAP: &str = "ARCHITECTURE.md";

/// A workspace of five crates whose map declares these lines from line 2 on.
fn declaring(lines: &str) -> Workspace {
    let map = format!(
        "```deps\n{lines}tests -> anything above\n```\n`a` `tests` `base` `programs/x` `programs/y` `z`\n"
    );
    Workspace::tidy()
        .with(MAP, &map)
        .with_package("base", &[])
        .with_package("programs/x", &["base", "foreign-codec"])
        .with_package("programs/y", &[])
        .with_package("z", &["base", "programs/x"])
        .with_package("tests", &["z", "a"])
        .with(
            "Cargo.lock",
            "[[package]]\nname = \"programs-x\"\nversion = \"1.0.0\"\ndependencies = [\n \"foreign-codec\",\n \"mio\",\n]\n\
             [[package]]\nname = \"foreign-codec\"\nversion = \"1.0.0\"\ndependencies = [\n \"foreign-bytes\",\n]\n\
             [[package]]\nname = \"foreign-bytes\"\nversion = \"1.0.0\"\n\
             [[package]]\nname = \"mio\"\nversion = \"1.0.0\"\n",
        )
}

const LINES: &str = "a base -> (none of ours)\nprograms/* -> base\nz -> base programs/*\n";

#[test]
fn a_graph_as_declared() {
    declaring(LINES).reports_nothing();
    let planned = format!("{LINES}later -> base planned # soon\n\n# More.\n");
    declaring(&planned).reports_nothing();
    // A crate that is still to come may be named, and is not missed.
    let named = LINES.replace("z -> base", "z -> later base");
    declaring(&format!("{named}later -> base planned\n")).reports_nothing();
}

#[test]
fn a_map_without_a_graph() {
    Workspace::tidy()
        .with(MAP, "`a` `tests`\n")
        .reports(MAP, 1, "dependencies", "marked `deps`");
    declaring(&format!("{LINES}base\n")).reports(MAP, 5, "dependencies", "write `crate -> dependencies`");
    declaring(&format!("{LINES}base ->\n")).reports(MAP, 5, "dependencies", "write `crate -> dependencies`");
}

#[test]
fn an_edge_that_is_not_declared() {
    let advice =
        "`z` depends on `a`, which is not declared (declared: base programs/*; Cargo has: a base programs/x)";
    declaring(LINES)
        .with_package("z", &["a", "base", "programs/x"])
        .reports(MAP, 4, "dependencies", advice);
    declaring(LINES)
        .with_package("programs/y", &["programs/x"])
        .reports(MAP, 3, "dependencies", "`programs/y` depends on `programs/x`");
    declaring(LINES).with_package("base", &["tests"]).reports(
        MAP,
        2,
        "dependencies",
        "`base` depends on `tests`",
    );
}

#[test]
fn an_edge_that_is_declared_only() {
    let advice =
        "`z` does not depend on `programs/*`, which is declared (declared: base programs/*; Cargo has: base)";
    declaring(LINES)
        .with_package("z", &["base"])
        .reports(MAP, 4, "dependencies", advice);
    declaring(LINES).with_package("programs/x", &[]).reports(
        MAP,
        3,
        "dependencies",
        "`programs/*` does not depend on `base`",
    );
}

#[test]
fn a_line_of_its_own_wins_over_the_folder() {
    let own =
        "a base -> (none of ours)\nprograms/* -> (none of ours)\nprograms/x -> base\nz -> base programs/x\n";
    declaring(own).reports_nothing();
    let advices: Vec<String> = declaring(&own.replace("base programs/x\n", "base programs/*\n"))
        .problems()
        .into_iter()
        .map(|problem| problem.advice)
        .collect();
    assert!(advices[0].contains("`z` depends on `programs/x`"), "{advices:?}");
    assert!(
        advices[1].contains("`z` does not depend on `programs/*`"),
        "{advices:?}"
    );
}

#[test]
fn every_crate_has_one_line() {
    declaring(LINES)
        .with_package("new", &[])
        .reports(MAP, 1, "dependencies", "what `new` depends on");
    let twice = format!("{LINES}base -> (none of ours)\n");
    declaring(&twice).reports(MAP, 5, "dependencies", "`base` is declared in line 2");
    let gone = format!("{LINES}gone -> base\n");
    declaring(&gone).reports(MAP, 5, "dependencies", "no crate of the workspace is `gone`");
    let exists = LINES.replace("base programs/*", "base programs/* planned");
    declaring(&exists).reports(MAP, 4, "dependencies", "remove `planned`");
}

#[test]
fn names_have_to_be_declared() {
    let naming = |name| declaring(&LINES.replace("* -> base", &format!("* -> base {name}")));
    naming("other").reports(MAP, 3, "dependencies", "`other` has no line of its own");
    naming("tests").reports(MAP, 3, "dependencies", "nothing may depend on it");
}

#[test]
fn pure_crates_lead_to_no_io() {
    let pure = format!("{LINES}pure: base programs/* # mio is for tests\n");
    declaring(&pure).reports_nothing();
    declaring(&format!("{LINES}pure: programs/*\n")).reports(MAP, 5, "purity", "declare `base` pure too");
    declaring(&format!("{LINES}pure: other\n")).reports(MAP, 5, "purity", "`other` has no line");
    declaring(&pure)
        .with(
            "Cargo.lock",
            "[[package]]\nname = \"programs-x\"\nversion = \"1.0.0\"\ndependencies = [\n \"foreign-codec\",\n]\n\
             [[package]]\nname = \"foreign-codec\"\nversion = \"1.0.0\"\ndependencies = [\n \"tokio-util\",\n]\n\
             [[package]]\nname = \"tokio-util\"\nversion = \"1.0.0\"\n",
        )
        .reports(MAP, 5, "purity", "programs/x -> foreign-codec -> tokio-util");
}
