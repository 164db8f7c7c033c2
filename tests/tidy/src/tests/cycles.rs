//! Circles of files, and paths that only seem to make one.

use super::Workspace;

const LIST: &str = "tests/tidy/cycles.txt";

/// A crate whose root declares the modules `b` and `c`, with this code in them.
fn crate_of(b: &str, c: &str) -> Workspace {
    Workspace::tidy()
        .with("a/src/lib.rs", "//! Crate a: `b` and `c`.\n\nmod b;\nmod c;\n")
        .with("a/src/b.rs", &format!("//! Module b.\n\n{b}\n"))
        .with("a/src/c.rs", &format!("//! Module c.\n\n{c}\n"))
        .without("a/src/b/tests.rs")
}

#[test]
fn two_files_that_use_each_other() {
    let advice = "b uses c (line 3: crate::c::C) uses b (line 3: super::b::B); move";
    crate_of(
        "use crate::c::C;\npub struct B;",
        "use super::b::B;\npub struct C;",
    )
    .reports("a/src/b.rs", 3, "cycle", advice);
    // However the name is written.
    for b in [
        "fn f() -> crate::c::C {}",
        "use crate::{c::{self}};\nfn f() { c::C::new() }",
        "use crate::c as other;\nfn f() { other::C::new() }",
        "use crate::c::*;\nfn f(c: C) {}",
        "pub use crate::c::C as D;\nfn f(c: D) {}",
        "mod inside { use super::super::c::C; }",
        "fn f() { use crate::c::C; }",
        "fn f() { crate::c::made_by_a_macro() }",
        "#[derive(crate::c::C)]\nstruct D;",
        "#[cfg(any(unix, test))]\nuse crate::c::C;",
    ] {
        let problems = crate_of(&format!("pub struct B;\n{b}"), "use super::b::B;\npub struct C;").problems();
        assert_eq!(problems.len(), 1, "{b}: {problems:?}");
        assert_eq!(problems[0].rule, "cycle");
    }
}

#[test]
fn one_direction_only() {
    for b in [
        "// crate::c::C\nconst A: &str = \"crate::c::C\";",
        "pub use crate::c::C;",
        "use crate::c;",
        "use other::c::C;",
        "#[cfg(test)]\nuse crate::c::C;",
        "fn f(c: u8) { self.c(); c + 1 }",
        "pub(in crate::c) fn f() {}",
    ] {
        let workspace = crate_of(&format!("pub struct B;\n{b}"), "use super::b::B;\npub struct C;");
        assert_eq!(workspace.problems(), [], "{b}");
    }
}

#[test]
fn a_parent_and_its_children() {
    let family = |parent: &str, child: &str| {
        crate_of(&format!("mod d;\nmod e;\n{parent}"), "")
            .with("a/src/b/d.rs", &format!("//! Module d.\n\n{child}\n"))
            .with("a/src/b/e.rs", "//! Module e.\n\npub struct E;\npub fn e() {}\n")
    };
    // Names are followed through a parent that re-exports them, through the root as well.
    family("pub use self::{d::D, e::E};", "use super::E;\npub struct D;").reports_nothing();
    family(
        "pub use d::D;\npub use e::E;\nfn f(d: D) {}",
        "use crate::b::E;\npub struct D;",
    )
    .reports_nothing();
    family("pub use e::*;\nfn f(d: d::D) {}", "use super::E;\npub struct D;").reports_nothing();
    // A function may have the name of its module.
    family(
        "pub use e::e;\nfn f() { d::f() }",
        "use super::e;\npub fn f() { e() }",
    )
    .reports_nothing();
    let advice = "b uses b/d (line 5: d::D) uses b (line 3: super::Y); move";
    family("struct Y(d::D);", "use super::Y;\npub struct D;").reports("a/src/b.rs", 5, "cycle", advice);
}

#[test]
fn circles_of_a_binary_and_longer_ones() {
    Workspace::tidy()
        .with(
            "a/src/main.rs",
            "//! Main.\n\nmod x;\nmod y;\nmod z;\n\nfn main() { x::x() }\n",
        )
        .with("a/src/x.rs", "//! X.\n\npub fn x() { crate::y::y() }\n")
        .with("a/src/y.rs", "//! Y.\n\npub fn y() { crate::z::z() }\n")
        .with("a/src/z.rs", "//! Z.\n\nuse crate::x::x;\npub fn z() { x() }\n")
        .reports("a/src/x.rs", 3, "cycle", "3 files lead to one another: x y z");
}

#[test]
fn the_list_of_circles_may_only_shrink() {
    let circle = |list: &str| {
        crate_of(
            "use crate::c::C;\npub struct B;",
            "use super::b::B;\npub struct C;",
        )
        .with(LIST, list)
    };
    let straight = |list: &str| crate_of("", "").with(LIST, list);
    circle("# Circles.\n\na: b c # they mean each other\n").reports_nothing();
    circle("a: b c d # grown less\n").reports(LIST, 1, "cycle", "write `a: b c`");
    straight("a: b c # they mean each other\n").reports(LIST, 1, "cycle", "remove this line");
    straight("a: b c #\n").reports(LIST, 1, "cycle", "# reason");
    straight("a b c\n").reports(LIST, 1, "cycle", "# reason");
    let grown = circle("a: b d # it was another one\n").problems();
    let places: Vec<&str> = grown.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(places, ["a/src/b.rs", LIST]);
}
