//! A page: the leaves of neighbouring accounts, in the order of the tree.
//!
//! The order alone says where the branches between them are: at the first bit that differs between each leaf and the next.
//! So a page holds no branches and no links, and is hashed as a whole when one of its leaves changes.

use isobath_program_abi::Hash;

use super::batch::Change;
use super::place::Place;

/// An account in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) leaf: Hash,
}

/// Accounts in order. An empty one has no memory of its own.
pub(super) type Page = Box<[Entry]>;

/// Changes a page. What was there before goes to `undo`, which then leads back; `scratch` is memory to use again.
///
/// Returns whether anything changed.
pub(super) fn change_page(
    page: &mut Page,
    changes: &[Change],
    undo: &mut Vec<Change>,
    scratch: &mut Vec<Entry>,
) -> bool {
    let undone = undo.len();
    if has_all(page, changes) {
        overwrite(page, changes, undo);
    } else {
        scratch.clear();
        merge(page, changes, scratch, |earlier| undo.push(earlier));
        if undo.len() > undone {
            *page = Page::from(scratch.as_slice());
        }
    }
    undo.len() > undone
}

/// Whether every change gives a new leaf to an account that is there.
fn has_all(page: &[Entry], changes: &[Change]) -> bool {
    let mut entries = page.iter();
    changes
        .iter()
        .all(|change| change.leaf.is_some() && entries.any(|entry| entry.place == change.place))
}

/// Replaces leaves of accounts that are there.
fn overwrite(page: &mut [Entry], changes: &[Change], undo: &mut Vec<Change>) {
    let mut entries = page.iter_mut();
    for change in changes {
        let entry = entries.find(|entry| entry.place == change.place);
        let (Some(entry), Some(leaf)) = (entry, change.leaf) else {
            unreachable!("the page has all that the changes replace");
        };
        if entry.leaf != leaf {
            undo.push(Change {
                place: entry.place,
                leaf: Some(entry.leaf),
            });
            entry.leaf = leaf;
        }
    }
}

/// Writes to `out` what `changes` make of `page`, and reports for each that has an effect how to undo it.
pub(super) fn merge(page: &[Entry], changes: &[Change], out: &mut Vec<Entry>, mut undo: impl FnMut(Change)) {
    let mut rest = page;
    for change in changes {
        let before = rest.partition_point(|entry| entry.place < change.place);
        out.extend_from_slice(&rest[..before]);
        rest = &rest[before..];
        let found = rest
            .split_first()
            .filter(|(entry, _)| entry.place == change.place);
        let earlier = found.map(|(entry, _)| entry.leaf);
        if let Some((_, behind)) = found {
            rest = behind;
        }
        if earlier != change.leaf {
            undo(Change {
                place: change.place,
                leaf: earlier,
            });
        }
        out.extend(change.leaf.map(|leaf| Entry {
            place: change.place,
            leaf,
        }));
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use isobath_program_abi::Pubkey;

    use super::*;

    fn place(prefix: u64) -> Place {
        Place {
            prefix,
            key: Pubkey::default(),
        }
    }

    fn page(leaves: &BTreeMap<u64, u8>) -> Page {
        let entries = leaves.iter().map(|(prefix, leaf)| Entry {
            place: place(*prefix),
            leaf: Hash([*leaf; 32]),
        });
        entries.collect()
    }

    /// Every page over three places, under every change of them: 3^3 pages, 4^3 changes.
    #[test]
    fn a_page_is_what_the_changes_make_of_it_and_its_undo_leads_back() {
        for case in 0..27 * 64 {
            let (mut state, mut what) = (case % 27, case / 27);
            let (mut before, mut changes) = (BTreeMap::new(), Vec::new());
            let mut after = BTreeMap::new();
            for prefix in 0..3 {
                let earlier = [None, Some(1), Some(2)][state % 3];
                let later = [earlier, None, Some(1), Some(2)][what % 4];
                if what % 4 > 0 {
                    changes.push(Change {
                        place: place(prefix),
                        leaf: later.map(|leaf| Hash([leaf; 32])),
                    });
                }
                before.extend(earlier.map(|leaf| (prefix, leaf)));
                after.extend(later.map(|leaf| (prefix, leaf)));
                (state, what) = (state / 3, what / 4);
            }
            let (mut undo, mut scratch) = (Vec::new(), Vec::new());
            let mut changed = page(&before);
            let has_changed = change_page(&mut changed, &changes, &mut undo, &mut scratch);
            assert_eq!(changed, page(&after), "case {case}");
            assert_eq!(has_changed, before != after, "case {case}");
            let mut back = Vec::new();
            merge(&changed, &undo, &mut back, |_| ());
            assert_eq!(back, page(&before).to_vec(), "case {case}");
        }
    }
}
