//! Settings of clippy that several files share.

use super::{Workspace, map};

const RULE: &str = "clippy-settings";
const ROOT: &str = "# Root.\nallow-unwrap-in-tests = true\ndisallowed-methods = [\n    { path = \"a::b\", reason = \"no\" },\n]\n";

fn pure() -> Workspace {
    let map = map("`a` `tests` `c`\n").replace("a -> (none of ours)", "a c -> (none of ours)\npure: a c");
    Workspace::tidy()
        .with("ARCHITECTURE.md", &map)
        .with_package("c", &[])
        .with("c/Cargo.toml", "[package]\nname = \"c\"\n")
        .with("clippy.toml", ROOT)
        .with("a/clippy.toml", ROOT)
        .with("c/clippy.toml", ROOT)
}

#[test]
fn files_repeat_what_the_root_has() {
    let with = |text: &str| {
        Workspace::tidy()
            .with("clippy.toml", ROOT)
            .with("a/clippy.toml", text)
    };
    with(ROOT).reports_nothing();
    with(&format!("{ROOT}large-error-threshold = 8\n")).reports_nothing();
    let without = |line: &str| ROOT.replace(line, "");
    with(&without("allow-unwrap-in-tests = true\n")).reports(
        "a/clippy.toml",
        1,
        RULE,
        "add `allow-unwrap-in-tests = true`",
    );
    with(&without("    { path = \"a::b\", reason = \"no\" },\n")).reports(
        "a/clippy.toml",
        1,
        RULE,
        "as in the root's",
    );
    // A setting by this name in another list is another setting.
    with(&ROOT.replace("disallowed-methods", "disallowed-types")).reports("a/clippy.toml", 1, RULE, "a::b");
}

#[test]
fn one_subject_has_one_line() {
    let list = |reason: &str| {
        format!("x = 1\ndisallowed-methods = [\n    {{ path = \"c::d\", reason = \"{reason}\" }},\n]\n")
    };
    let with = |text: &str| {
        Workspace::tidy()
            .with("a/clippy.toml", &list("never"))
            .with("tests/clippy.toml", text)
    };
    with(&list("never")).reports_nothing();
    with(&list("not now")).reports("tests/clippy.toml", 3, RULE, "as in a/clippy.toml");
    with(&list("never").replace("x = 1", "x = 2")).reports("tests/clippy.toml", 1, RULE, "write `x = 1`");
}

#[test]
fn pure_crates_ban_the_same() {
    pure().reports_nothing();
    let more = ROOT.replace("]\n", "    { path = \"c::d\", reason = \"no\" },\n]\n");
    pure()
        .with("a/clippy.toml", &more)
        .reports("c/clippy.toml", 1, RULE, "as other pure crates do");
    pure().with("tests/clippy.toml", &more).reports_nothing();
    pure()
        .without("c/clippy.toml")
        .reports("c/clippy.toml", 1, RULE, "add the file");
}
