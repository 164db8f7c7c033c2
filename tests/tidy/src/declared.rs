//! The dependencies that `ARCHITECTURE.md` declares, in a block of code marked `deps`.
//!
//! ```text
//! sdk        -> program-abi            exactly these of our crates
//! sigverify  -> (none of ours)
//! programs/* -> sdk program-abi        each crate in the folder without a line of its own
//! bench      -> anything above         not compared; nothing but another such crate depends on it
//! sbpf       -> sdk planned            no such crate yet
//! pure: program-abi sdk programs/*     these lead to no input or output
//! ```
//!
//! Several names on the left share a line. What follows `#` is a comment.

use crate::tree::Tree;

/// The file with the block.
pub(crate) const MAP: &str = "ARCHITECTURE.md";

/// What a crate may depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// These names, all of them.
    Exactly(Vec<String>),
    /// Whatever it needs.
    Anything,
}

/// One name on the left of an arrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Where it is declared.
    pub(crate) line: usize,
    /// A folder, or `folder/*`.
    pub(crate) name: String,
    pub(crate) allowed: Allowed,
    /// The crate does not exist yet.
    pub(crate) is_planned: bool,
}

/// The block, parsed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) lines: Vec<Line>,
    /// Names of the `pure:` lines, with the place of each.
    pub(crate) pure: Vec<(usize, String)>,
    /// Lines that are none of the above.
    pub(crate) unread: Vec<usize>,
}

impl Declared {
    /// Reads the block of the map; `None` if there is none.
    pub(crate) fn read(tree: &Tree) -> Option<Self> {
        let map = tree.text(MAP)?;
        let mut lines = (1..).zip(map.lines());
        lines.find(|(_, content)| content.trim() == "```deps")?;
        let mut declared = Self::default();
        for (line, content) in lines.take_while(|(_, content)| !content.trim_start().starts_with("```")) {
            declared.read_line(line, content);
        }
        Some(declared)
    }

    fn read_line(&mut self, line: usize, content: &str) {
        let content = content.split('#').next().unwrap_or("").trim();
        if content.is_empty() {
            return;
        }
        if let Some(names) = content.strip_prefix("pure:") {
            let names = names.split_whitespace().map(|name| (line, name.to_owned()));
            self.pure.extend(names);
            return;
        }
        let Some((names, rest)) = content.split_once("->") else {
            self.unread.push(line);
            return;
        };
        let planned = rest.trim().strip_suffix("planned");
        let allowed = match planned.unwrap_or(rest).trim() {
            "anything above" => Allowed::Anything,
            "(none of ours)" => Allowed::Exactly(Vec::new()),
            "" => return self.unread.push(line),
            list => Allowed::Exactly(list.split_whitespace().map(str::to_owned).collect()),
        };
        self.lines.extend(names.split_whitespace().map(|name| Line {
            line,
            name: name.to_owned(),
            allowed: allowed.clone(),
            is_planned: planned.is_some(),
        }));
    }

    /// Whether a name stands for the crate in a folder. `programs/*` leaves out what has a line of its own.
    pub(crate) fn is_meant(&self, name: &str, folder: &str) -> bool {
        let Some(parent) = name.strip_suffix('*') else {
            return name == folder;
        };
        folder.starts_with(parent) && !self.lines.iter().any(|line| line.name == folder)
    }

    /// The lines that cover the crate in a folder; there should be one.
    pub(crate) fn covering<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a Line> {
        self.lines
            .iter()
            .filter(move |line| self.is_meant(&line.name, folder))
    }

    /// Whether the crate in a folder is declared to be pure.
    pub(crate) fn is_pure(&self, folder: &str) -> bool {
        self.pure.iter().any(|(_, name)| self.is_meant(name, folder))
    }
}
