//! The properties of a person with several distinct ids.
//!
//! They are the replay of the ids' registers and merges in order of their stamps. Writes that the
//! registers have forgotten would change nothing: an earlier `$set` of the same id was in the person
//! that this id belonged to, and merges never part ids, so that the later one overwrote it there
//! whatever had become of it; a later `$set_once` of the same id met the key that the earlier one had
//! made sure of (but for an `$unset` between them, see [`state`](super::state)).

use std::collections::{BTreeMap, HashMap};

use super::merges::Merge;
use super::state::{Stamp, State, Text, Written};

/// What happens at a stamp, in the order in which one event does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Merge,
    SetOnce,
    Set,
}

type Properties<'a> = BTreeMap<&'a Text, &'a Text>;

/// The properties of the person with these ids, in order of their keys. An id is its number in the
/// resolution that the merges come from; the merges are all those between these ids, in order.
pub(crate) fn replay<'a>(ids: &[(usize, &'a State)], merges: &[Merge]) -> Properties<'a> {
    let mut steps: Vec<(Stamp, Step, usize, Option<&'a Written>)> = Vec::new();
    for (id, state) in ids {
        let set = state
            .set
            .iter()
            .map(|written| (written.stamp, Step::Set, *id, Some(written)));
        let once = state
            .once
            .iter()
            .map(|written| (written.stamp, Step::SetOnce, *id, Some(written)));
        steps.extend(set.chain(once));
    }
    let merge = |(number, merge): (usize, &Merge)| (merge.stamp, Step::Merge, number, None);
    steps.extend(merges.iter().enumerate().map(merge));
    steps.sort_by_key(|(stamp, step, number, _)| (*stamp, *step, *number));

    // Which person an id belongs to changes with each merge, so the roots are found anew.
    let mut now: HashMap<usize, usize> = HashMap::new();
    let mut persons: HashMap<usize, Properties<'a>> = HashMap::new();
    for (_, step, number, written) in steps {
        let Some(written) = written else {
            let Some(Merge { into, absorbed, .. }) = merges.get(number).copied() else {
                continue;
            };
            now.insert(absorbed, into);
            let gone = persons.remove(&absorbed).unwrap_or_default();
            let into = persons.entry(into).or_default();
            for (key, value) in gone {
                into.entry(key).or_insert(value);
            }
            continue;
        };
        let person = persons.entry(find(&mut now, number)).or_default();
        match (&written.value, step) {
            (Some(value), Step::SetOnce) => {
                person.entry(&written.key).or_insert(value);
            }
            (Some(value), _) => {
                person.insert(&written.key, value);
            }
            (None, _) => {
                person.remove(&written.key);
            }
        }
    }
    let root = ids.first().map(|(id, _)| find(&mut now, *id));
    root.and_then(|root| persons.remove(&root)).unwrap_or_default()
}

/// The root of an id, by the merges so far.
fn find(above: &mut HashMap<usize, usize>, id: usize) -> usize {
    let mut root = id;
    while let Some(next) = above.get(&root) {
        root = *next;
    }
    // The next search of this id is one step.
    if root != id {
        above.insert(id, root);
    }
    root
}
