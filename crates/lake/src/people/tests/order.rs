//! No order, no pieces and no repetition of the same events makes a difference.

use proptest::prelude::*;

use super::model::{Outcome, batch, outcome, world};
use crate::people::PeopleChanges;
use crate::people::keys::{person_key, person_uuid};
use crate::people::merges::Reason;
use crate::people::state::json_object;
use crate::people::world::World;

/// What changes alone give, without a catalog.
fn of_changes(changes: PeopleChanges) -> Outcome {
    let groups = changes.groups.iter().map(|((kind, key), state)| {
        let group = (kind.to_string(), key.to_string());
        (group, (state.first_seen.unwrap(), json_object(state.properties())))
    });
    let mut outcome = Outcome {
        groups: groups.collect(),
        ..Outcome::default()
    };
    let mut world = World {
        ids: changes.ids.into_iter().collect(),
        ops: changes.ops,
    };
    for op in world.ops.values() {
        world.ids.entry(op.other.clone()).or_default();
    }
    let mut resolution = world.resolve();
    outcome.persons = world.persons(&mut resolution);
    for id in world.ids.keys() {
        let root = resolution.root(id);
        let person = (person_uuid(&root), person_key(&root));
        outcome.distinct_ids.insert(id.to_string(), person);
        if root != *id {
            outcome.overrides.insert(person_key(id), person_key(&root));
        }
    }
    let refused = resolution
        .refused
        .iter()
        .map(|op| (op.stamp, Reason::AlreadyIdentified));
    let illegal = changes.illegal.keys().map(|stamp| (*stamp, Reason::IllegalDistinctId));
    outcome.refusals = refused.chain(illegal).collect();
    outcome
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changes_are_what_the_model_says_in_any_order((events, pieces) in world()) {
        let expected = outcome(&events);
        let mut changes = PeopleChanges::default();
        for piece in pieces {
            changes.absorb(PeopleChanges::of(&batch(piece.into_iter().map(|at| &events[at]))));
        }
        prop_assert_eq!(of_changes(changes), expected);
    }
}
