//! Which file of a crate uses which: the modules of one target, and where the paths in their code lead.
//!
//! ```text
//! root file --mod--> modules --(imports, paths)--> resolve --> item --> file that defines it
//! ```
//!
//! A path is followed to the definition, through imports and re-exports. So a parent that only re-exports its
//! children uses none of them, and who names `parent::Item` uses the child that defines it. Naming a module
//! is no use of it; naming something inside is. Methods are not seen, but the import of a trait or the name
//! of a type gives its file away.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::modules::{Declaration, declarations};
use crate::rust::{Import, Mention, Module, line_of};
use crate::tree::Tree;

/// How many imports are followed before a name is given up; imports may lead in circles.
const STEPS_MAX: u32 = 12;

/// The first use of one file by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) line: usize,
    /// The path as written.
    pub(super) name: String,
}

/// User and used file to the first use.
pub(super) type Graph<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Use>>;

/// Masked texts without test code, by path.
pub(super) type Codes<'a> = BTreeMap<&'a str, String>;

/// The modules of one target; the first is its root.
struct Target<'a> {
    nodes: Vec<Node<'a>>,
}

/// A module, inline or a file.
struct Node<'a> {
    file: &'a str,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    items: BTreeSet<&'a str>,
    imports: Vec<Import<'a>>,
    mentions: Vec<Mention<'a>>,
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// A module of the target.
    Module(usize),
    /// An item of the module with this index.
    Item(usize),
    /// Another crate.
    Elsewhere,
    /// Nothing that is known.
    Unknown,
}

/// The uses among the files of the target that begins with the file `root`.
pub(super) fn graph_of<'a>(tree: &'a Tree, codes: &'a Codes<'a>, root: &str) -> Graph<'a> {
    let mut target = Target { nodes: Vec::new() };
    target.add_file(tree, codes, root, None);
    let mut graph = Graph::new();
    for (index, node) in target.nodes.iter().enumerate() {
        for (used, position, path) in target.uses(index) {
            let (from, to) = (node.file, target.nodes[used].file);
            if from != to {
                graph.entry(from).or_default().entry(to).or_insert_with(|| Use {
                    line: line_of(&codes[from], position),
                    name: path.join("::"),
                });
            }
        }
    }
    graph
}

impl<'a> Target<'a> {
    /// Adds the module of a file and all below it; gives its index.
    fn add_file(
        &mut self,
        tree: &'a Tree,
        codes: &'a Codes<'a>,
        path: &str,
        parent: Option<usize>,
    ) -> Option<usize> {
        let (path, code) = codes.get_key_value(path)?;
        let index = self.add(path, crate::rust::module(code), parent);
        let declared = declarations(path, tree.text(path)?, parent.is_none());
        for Declaration {
            mut name, candidates, ..
        } in declared.into_iter().filter(|declaration| !declaration.is_test)
        {
            let Some(last) = name.pop() else { continue };
            let inline = name
                .iter()
                .try_fold(index, |at, name| self.nodes[at].children.get(name).copied());
            // A file that declares itself would have no end.
            let files = candidates.iter().filter(|candidate| *candidate != path);
            let Some(inline) = inline else { continue };
            for file in files {
                if let Some(child) = self.add_file(tree, codes, file, Some(inline)) {
                    self.nodes[inline].children.insert(last.clone(), child);
                }
            }
        }
        Some(index)
    }

    /// Adds a module and those written out in it.
    fn add(&mut self, file: &'a str, module: Module<'a>, parent: Option<usize>) -> usize {
        let index = self.nodes.len();
        self.nodes.push(Node {
            file,
            parent,
            children: BTreeMap::new(),
            items: module.items.into_iter().collect(),
            imports: module.imports,
            mentions: module.mentions,
        });
        for inline in module.inline {
            let name = inline.name.to_owned();
            let child = self.add(file, inline, Some(index));
            self.nodes[index].children.insert(name, child);
        }
        index
    }

    /// The modules whose items a module uses, with position and path of the use.
    ///
    /// A re-export is no use; if the module needs the name itself, its code mentions it.
    fn uses(&self, index: usize) -> Vec<(usize, usize, &[&'a str])> {
        let node = &self.nodes[index];
        let mut uses = Vec::new();
        for import in node.imports.iter().filter(|import| !import.is_reexport) {
            match self.resolve(index, &import.path, true, STEPS_MAX) {
                Found::Item(used) => uses.push((used, import.position, import.path.as_slice())),
                Found::Module(used) if import.alias == "*" => {
                    uses.push((used, import.position, import.path.as_slice()));
                }
                _ => {}
            }
        }
        for mention in &node.mentions {
            if let Found::Item(used) = self.resolve(index, &mention.path, true, STEPS_MAX) {
                uses.push((used, mention.position, mention.path.as_slice()));
            }
        }
        uses
    }

    /// Follows a path that stands in module `from`. A name may be a module and an item at once;
    /// `prefers_item` decides for the last one, the others are modules if they can be.
    fn resolve(&self, from: usize, path: &[&str], prefers_item: bool, steps: u32) -> Found {
        let mut found = Found::Module(from);
        for (position, segment) in path.iter().enumerate() {
            let Found::Module(module) = found else {
                return found;
            };
            let is_last = position + 1 == path.len();
            found = match *segment {
                "crate" => Found::Module(0),
                "self" => Found::Module(module),
                "super" => self.nodes[module].parent.map_or(Found::Unknown, Found::Module),
                name => self.look_up(module, name, is_last && prefers_item, steps),
            };
            if found == Found::Unknown {
                // A first name that is unknown here is another crate, a local variable or from the prelude;
                // a later one was made by a macro of its module.
                return if position == 0 {
                    Found::Elsewhere
                } else {
                    Found::Item(module)
                };
            }
        }
        found
    }

    fn look_up(&self, module: usize, name: &str, prefers_item: bool, steps: u32) -> Found {
        let Some(steps) = steps.checked_sub(1) else {
            return Found::Elsewhere;
        };
        let node = &self.nodes[module];
        let child = node.children.get(name).map(|child| Found::Module(*child));
        let item = node.items.contains(name).then_some(Found::Item(module));
        let imported = || {
            let mut imports = node.imports.iter().filter(|import| import.alias == name);
            let mut resolve = |import: &Import<'_>| self.resolve(module, &import.path, prefers_item, steps);
            let first = imports.next().map(&mut resolve);
            let preferred = |found: &Found| matches!(found, Found::Item(_)) == prefers_item;
            imports.map(resolve).chain(first).find(preferred).or(first)
        };
        let found = if prefers_item {
            item.or_else(|| imported().filter(|found| child.is_none() || matches!(found, Found::Item(_))))
                .or(child)
        } else {
            child.or_else(imported).or(item)
        };
        found.unwrap_or_else(|| self.look_up_in_globs(module, name, prefers_item, steps))
    }

    fn look_up_in_globs(&self, module: usize, name: &str, prefers_item: bool, steps: u32) -> Found {
        let globs = self.nodes[module]
            .imports
            .iter()
            .filter(|import| import.alias == "*");
        globs
            .filter_map(|glob| match self.resolve(module, &glob.path, false, steps) {
                Found::Module(other) if other != module => {
                    Some(self.look_up(other, name, prefers_item, steps))
                }
                _ => None,
            })
            .find(|found| *found != Found::Unknown)
            .unwrap_or(Found::Unknown)
    }
}
