//! The names that a source defines and imports, and the paths that its code mentions.
//!
//! Items inside of functions and of impl blocks are not names of a module. What macros make is not seen.

use super::{Token, text_at, tokens};

/// A module: a file, or a `mod name { ... }` in one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Module<'a> {
    pub(crate) name: &'a str,
    /// Modules written out here.
    pub(crate) inline: Vec<Self>,
    /// Names of the items that are defined here; modules are none of them.
    pub(crate) items: Vec<&'a str>,
    pub(crate) imports: Vec<Import<'a>>,
    /// The paths in code, imports left out.
    pub(crate) mentions: Vec<Mention<'a>>,
}

/// One name of a `use` declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import<'a> {
    /// The name by which it is known here; `*` for all names of a module.
    pub(crate) alias: &'a str,
    /// The whole path, without the star.
    pub(crate) path: Vec<&'a str>,
    /// It has a visibility, so others may use it from here.
    pub(crate) is_reexport: bool,
    pub(crate) position: usize,
}

/// A path in code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mention<'a> {
    pub(crate) path: Vec<&'a str>,
    pub(crate) position: usize,
}

/// Words before the name of an item.
const DEFINING: [&str; 9] = [
    "fn", "struct", "enum", "union", "trait", "type", "const", "static", "mod",
];

/// Reads a masked text from which test code has been blanked too.
pub(crate) fn module(code: &str) -> Module<'_> {
    let tokens = tokens(code);
    let mut reader = Reader {
        tokens: &tokens,
        index: 0,
    };
    reader.module("")
}

struct Reader<'a, 't> {
    tokens: &'t [Token<'a>],
    index: usize,
}

impl<'a> Reader<'a, '_> {
    fn text(&self, offset: usize) -> &'a str {
        text_at(self.tokens, self.index + offset)
    }

    fn position(&self) -> usize {
        self.tokens.get(self.index).map_or(0, |token| token.position)
    }

    /// Reads to the end or past the brace that closes the module.
    fn module(&mut self, name: &'a str) -> Module<'a> {
        let mut module = Module {
            name,
            ..Module::default()
        };
        let mut depth = 0_usize;
        while self.index < self.tokens.len() {
            match (self.text(0), self.text(1), self.text(2)) {
                ("}", ..) if depth == 0 => {
                    self.index += 1;
                    break;
                }
                ("mod", name, "{") => {
                    self.index += 3;
                    module.inline.push(self.module(name));
                    continue;
                }
                ("mod", _, ";") => {}
                ("use", ..) if !self.is_capture() => {
                    self.import(&mut module.imports);
                    continue;
                }
                ("macro_rules", "!", name) => module.items.push(name),
                ("{" | "(" | "[", ..) => depth += 1,
                ("}" | ")" | "]", ..) => depth = depth.saturating_sub(1),
                // Of `const fn name` the second word tells.
                (word, name, _) if depth == 0 && DEFINING.contains(&word) && name != "fn" => {
                    module.items.push(name);
                }
                _ => {}
            }
            self.mention(&mut module.mentions);
        }
        module
    }

    /// `use<'a>` in a type says what an opaque type captures.
    fn is_capture(&self) -> bool {
        self.text(1) == "<"
    }

    /// Reads `use ...;`.
    fn import(&mut self, imports: &mut Vec<Import<'a>>) {
        let before = self
            .index
            .checked_sub(1)
            .map_or("", |index| self.tokens[index].text);
        let is_reexport = before == "pub" || before == ")";
        self.index += 1;
        let first = imports.len();
        self.import_tree(&[], imports);
        for import in &mut imports[first..] {
            import.is_reexport = is_reexport;
        }
    }

    /// Reads one branch of the tree of an import: `a::b`, `a as b`, `a::*` or `a::{...}`.
    fn import_tree(&mut self, prefix: &[&'a str], imports: &mut Vec<Import<'a>>) {
        let mut path = prefix.to_vec();
        let position = self.position();
        let mut alias = None;
        while self.index < self.tokens.len() {
            match self.text(0) {
                ";" | "," | "}" => break,
                ":" => {}
                "{" => return self.import_group(&path, imports),
                "*" => alias = Some("*"),
                "as" => {
                    alias = Some(self.text(1));
                    self.index += 1;
                }
                // `a::{self}` names `a`.
                "self" if !prefix.is_empty() => {}
                segment => path.push(segment),
            }
            self.index += 1;
        }
        if let Some(last) = path.last() {
            imports.push(Import {
                alias: alias.unwrap_or(last),
                path,
                is_reexport: false,
                position,
            });
        }
    }

    fn import_group(&mut self, path: &[&'a str], imports: &mut Vec<Import<'a>>) {
        self.index += 1;
        loop {
            self.import_tree(path, imports);
            let end = self.text(0);
            self.index += 1;
            if end != "," {
                break;
            }
        }
    }

    /// Steps over one token, or over a whole path, which is kept if it can name an item.
    fn mention(&mut self, mentions: &mut Vec<Mention<'a>>) {
        let before = |offset: usize| {
            let index = self.index.checked_sub(offset);
            index.map_or("", |index| self.tokens[index].text)
        };
        let is_field = before(1) == "." && before(2) != ".";
        let is_head = !is_field && before(1) != "'" && !(before(1) == ":" && before(2) == ":");
        let is_name = is_identifier(self.text(0)) && !DEFINING.contains(&before(1));
        let position = self.position();
        let mut path = vec![self.text(0)];
        self.index += 1;
        if !is_name || !is_head {
            return;
        }
        while self.text(0) == ":" && self.text(1) == ":" && is_identifier(self.text(2)) {
            path.push(self.text(2));
            self.index += 3;
        }
        mentions.push(Mention { path, position });
    }
}

fn is_identifier(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(code: &str) -> Vec<(String, String, bool)> {
        let imports = module(code).imports.into_iter();
        imports
            .map(|import| {
                (
                    import.alias.to_owned(),
                    import.path.join("::"),
                    import.is_reexport,
                )
            })
            .collect()
    }

    #[test]
    fn every_form_of_an_import() {
        let code = "use a::b;\npub use a::{c, d as e, f::*, g::{self, h}};\npub(crate) use super::x as _;\nuse z;\n\
                    fn f() -> impl Fn() + use<'a> {}";
        let expected = [
            ("b", "a::b", false),
            ("c", "a::c", true),
            ("e", "a::d", true),
            ("*", "a::f", true),
            ("g", "a::g", true),
            ("h", "a::g::h", true),
            ("_", "super::x", true),
            ("z", "z", false),
        ];
        let expected = expected.map(|(alias, path, reexport)| (alias.to_owned(), path.to_owned(), reexport));
        assert_eq!(imports(code), expected);
    }

    #[test]
    fn items_of_a_module_and_not_those_inside() {
        let code = "pub struct A { b: u8 }\nimpl A { fn c() { struct D; } }\nconst fn e() {}\nmod f;\n\
                    mod g { fn h() {} const I: u8 = 1; }\nmacro_rules! j { () => { fn k() {} } }\nstatic L: u8 = 0;";
        let module = module(code);
        assert_eq!(module.items, ["A", "e", "j", "L"]);
        assert_eq!(module.inline.len(), 1);
        assert_eq!(module.inline[0].name, "g");
        assert_eq!(module.inline[0].items, ["h", "I"]);
    }

    #[test]
    fn paths_in_code() {
        let code =
            "fn f<'a>(x: a::B) -> C { x.d(e::f()) + E::<u8>::new() + [0; g::H] + (0..I) + <J as K>::l }";
        let found: Vec<String> = module(code)
            .mentions
            .into_iter()
            .map(|mention| mention.path.join("::"))
            .collect();
        let expected = [
            "x", "a::B", "C", "x", "e::f", "E", "u8", "g::H", "I", "J", "as", "K",
        ];
        assert_eq!(found[1..], expected, "{found:?}");
    }

    #[test]
    fn unfinished_code_does_not_loop() {
        for code in [
            "use",
            "use a::{",
            "use a::{b",
            "use a::{b}}",
            "mod a {",
            "}",
            "a::",
            "use {,",
        ] {
            module(code);
        }
    }
}
