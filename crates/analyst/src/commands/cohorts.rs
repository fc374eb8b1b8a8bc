//! From a wish about a cohort to the one call that carries it out.
//!
//! The people of a cohort are listed by distinct id or described by conditions on their properties, never both. The
//! conditions are read as those of the list of persons, so the same words mean the same people there.

use hedgerow_data_api::{FilterGroup, FilterNode, GroupType, Operator, PropertyType};
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::{Write, no_property, reading, update};
use super::grammar::{CohortWish, Form, Kind, Part};
use super::known::{Halt, Known, Object};
use super::pieces::{Piece, pieces};
use crate::intent::{Ask, Edit, Trouble};
use crate::parser::refuse;

/// Words before ids that have no meaning of their own.
const DETERMINERS: &[&str] = &["the", "these", "those", "our", "only", "just", "with", "having"];
/// Nouns behind which people are named one by one, and those that need "the" for it.
const SINGLE: &[&str] = &["persons", "person", "user", "members", "member"];
const NOUNS: &[&str] = &["people", "users", "visitors"];
const COUNTS: [(&str, usize); 9] = [
    ("two", 2),
    ("both", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("one", 1),
];

/// Who belongs to a cohort.
enum Members {
    /// Distinct ids.
    Listed(Vec<String>),
    /// Conditions on properties of people.
    Described(FilterGroup),
}

/// People who are listed one by one, as they were said.
struct Listing {
    ids: Vec<String>,
    /// True where the words name single persons: "the users ...", "persons ...", "ids ...".
    is_said: bool,
    /// True where the words say that these are ids.
    are_ids: bool,
}

/// What a cohort keeps of its people.
#[derive(Deserialize)]
struct Kept {
    #[serde(default)]
    filters: FilterGroup,
    #[serde(default)]
    persons: Vec<String>,
}

/// The call of a wish; `text` is the whole of it.
pub(super) fn write(wish: &CohortWish, text: &str, known: &Known<'_>) -> Result<Write, Halt> {
    match wish {
        CohortWish::Create {
            name,
            people,
            form,
            named_behind,
        } => {
            known.check_free(Kind::Cohort, &name.text)?;
            let members = members(people, text, *form, known)?;
            if let (true, Members::Described(tree)) = (*named_behind, &members) {
                check_named(tree, people, text)?;
            }
            let body = match members {
                Members::Listed(ids) => json!({"persons": ids}),
                Members::Described(tree) => json!({"filters": tree}),
            };
            Ok(Write::new(
                "create",
                Kind::Cohort,
                json!({"name": name.text, "body": body}),
            ))
        }
        CohortWish::Add { cohort, people } => {
            let (object, kept) = cohort_of(cohort, known)?;
            if kept.persons.is_empty() {
                if listing(people, text).is_some_and(|listing| listing.are_ids || listing.looks_so()) {
                    return Err(is_described(&object));
                }
                let added = described(people, known)?;
                return change(&object, GroupType::Or, kept.filters, added, known);
            }
            let mut persons = kept.persons;
            for id in added(people, text, &object, known)? {
                if !persons.contains(&id) {
                    persons.push(id);
                }
            }
            Ok(update(Kind::Cohort, &object, json!({"persons": persons})))
        }
        CohortWish::Remove { cohort, people } => {
            let (object, kept) = cohort_of(cohort, known)?;
            if kept.persons.is_empty() {
                return Err(is_described(&object));
            }
            remove(people, text, &object, kept.persons)
        }
        CohortWish::Describe { readings, narrows } => {
            let (object, people) = reading(Kind::Cohort, readings, known)?;
            let kept = kept(&object)?;
            if *narrows {
                if kept.filters.is_empty() {
                    return Err(is_listed(&object));
                }
                let further = described(people, known)?;
                return change(&object, GroupType::And, kept.filters, further, known);
            }
            let mut changes = match members(people, text, None, known)? {
                Members::Listed(ids) => json!({"persons": ids}),
                Members::Described(tree) => json!({"filters": tree}),
            };
            // Never both: what it had of the other goes.
            for (key, had) in [
                ("persons", !kept.persons.is_empty()),
                ("filters", !kept.filters.is_empty()),
            ] {
                if had && changes.get(key).is_none() {
                    changes[key] = Value::Null;
                }
            }
            Ok(update(Kind::Cohort, &object, changes))
        }
    }
}

fn cohort_of(name: &Part, known: &Known<'_>) -> Result<(Object, Kept), Halt> {
    let object = known.object(Kind::Cohort, name)?;
    let kept = kept(&object)?;
    Ok((object, kept))
}

fn kept(object: &Object) -> Result<Kept, Halt> {
    Kept::deserialize(&object.body).map_err(|_| refuse(format!("The cohort \"{}\" can't be read.", object.name)).into())
}

fn is_described(object: &Object) -> Halt {
    let reason = format!(
        "The cohort \"{}\" consists of conditions, and nobody is listed in it one by one. Say whom it shall consist of: \
         \"change the cohort {} to ...\".",
        object.name, object.name
    );
    refuse(reason).into()
}

fn is_listed(object: &Object) -> Halt {
    let reason = format!(
        "The people of the cohort \"{}\" are listed one by one, without conditions.",
        object.name
    );
    refuse(reason).into()
}

/// Further conditions beside those that a cohort has.
fn change(
    object: &Object,
    group_type: GroupType,
    before: FilterGroup,
    further: FilterGroup,
    known: &Known<'_>,
) -> Result<Write, Halt> {
    let both = FilterGroup {
        group_type,
        values: vec![FilterNode::Group(before), FilterNode::Group(further)],
    };
    let filters = known.checked(&both)?;
    Ok(update(Kind::Cohort, object, json!({"filters": filters})))
}

fn members(part: &Part, text: &str, form: Option<Form>, known: &Known<'_>) -> Result<Members, Halt> {
    if let Some(listing) = listing(part, text)
        && (listing.are_ids || listing.looks_so())
    {
        if form == Some(Form::Dynamic) {
            return Err(refuse("A dynamic cohort consists of conditions, and these are people one by one.").into());
        }
        if !listing.is_said {
            return Err(ask_for_ids(&listing, part));
        }
        check_ids(&listing, part, known)?;
        return Ok(Members::Listed(listing.ids));
    }
    if form == Some(Form::Static) {
        let reason = "A static cohort lists people one by one: \"... with the distinct ids ann and ben\".";
        return Err(refuse(reason).into());
    }
    described(part, known).map(Members::Described)
}

/// Conditions, each on a property of people.
fn described(part: &Part, known: &Known<'_>) -> Result<FilterGroup, Halt> {
    let tree = known.people(part)?;
    check_types(&tree)?;
    Ok(tree)
}

fn check_types(group: &FilterGroup) -> Result<(), Halt> {
    group.values.iter().try_for_each(|node| match node {
        FilterNode::Group(nested) => check_types(nested),
        FilterNode::Filter(filter) if filter.property_type == PropertyType::Person => Ok(()),
        FilterNode::Filter(filter) => Err(no_property(Kind::Cohort, &filter.key)),
    })
}

/// "People with a plan called pro": is that the name of the cohort, or the plan?
fn check_named(tree: &FilterGroup, people: &Part, text: &str) -> Result<(), Halt> {
    let last = people.text.to_lowercase();
    let last = last.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_open = tree.values.iter().any(|node| match node {
        FilterNode::Filter(filter) => {
            matches!(filter.operator, Operator::IsSet | Operator::IsNotSet)
                && filter.key.rsplit(|c: char| !c.is_alphanumeric()).next() == Some(last)
        }
        FilterNode::Group(_) => false,
    });
    if !is_open {
        return Ok(());
    }
    Err(Trouble::Ask(Ask {
        question: format!("Is that the name of the cohort, or what the {last} is? Say the name first, in quotes."),
        options: Vec::new(),
        edit: Edit::Replace {
            start: 0,
            end: text.len(),
        },
    })
    .into())
}

/// "The persons a@x.example and b@x.example", "the distinct ids user-1, user-2"; `None` for words that list nobody.
fn listing(part: &Part, text: &str) -> Option<Listing> {
    let inside: Vec<Piece> = pieces(text)
        .into_iter()
        .filter(|piece| piece.start >= part.start && piece.end <= part.end)
        .collect();
    let word = |at: usize| inside.get(at).map_or("", |piece| piece.word.as_str());
    let (mut at, mut count, mut is_said, mut are_ids) = (0, None, false, false);
    let mut is_definite = false;
    loop {
        if DETERMINERS.contains(&word(at)) {
            is_definite |= ["the", "these", "those", "our"].contains(&word(at));
            at += 1;
        } else if SINGLE.contains(&word(at)) || NOUNS.contains(&word(at)) {
            is_said |= is_definite || SINGLE.contains(&word(at));
            at += 1;
        } else if ["distinct", "whose"].contains(&word(at)) && ["id", "ids", "distinct"].contains(&word(at + 1)) {
            at += 1;
        } else if ["id", "ids"].contains(&word(at)) {
            (at, is_said, are_ids) = (at + 1, true, true);
        } else if are_ids && ["is", "are"].contains(&word(at)) {
            at += 1;
        } else if let Some((_, number)) = COUNTS.iter().find(|(said, _)| *said == word(at) && count.is_none()) {
            (at, count) = (at + 1, Some(*number));
        } else {
            break;
        }
    }
    let mut ids: Vec<String> = Vec::new();
    for piece in inside.iter().skip(at) {
        match piece.word.as_str() {
            "and" | "&" | "plus" => {}
            _ if ids.contains(&piece.text) => {}
            _ => ids.push(piece.text.clone()),
        }
    }
    // Ids side by side are no list: "people on plan pro".
    let is_list = inside
        .iter()
        .skip(at)
        .zip(inside.iter().skip(at + 1))
        .all(|(piece, next)| {
            piece.comma
                || [piece, next]
                    .iter()
                    .any(|piece| ["and", "&", "plus"].contains(&piece.word.as_str()))
        });
    let is_counted = count.is_none_or(|count| count == ids.len());
    let all_quoted = inside.iter().skip(at).all(|piece| piece.quoted || piece.word == "and");
    (!ids.is_empty() && is_list && is_counted).then_some(Listing {
        are_ids: are_ids || (is_said && all_quoted),
        ids,
        is_said,
    })
}

impl Listing {
    /// True where each is of a form that only an id has: an address, or letters with digits.
    fn looks_so(&self) -> bool {
        self.ids.iter().all(|id| {
            let has = |is: fn(char) -> bool| id.contains(is);
            let is_address = id
                .split_once('@')
                .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
            is_address || (has(char::is_alphabetic) && has(|c| c.is_ascii_digit()))
        })
    }
}

/// Refuses ids that are a value of a property as well.
fn check_ids(listing: &Listing, part: &Part, known: &Known<'_>) -> Result<(), Halt> {
    if listing.are_ids {
        return Ok(());
    }
    for id in &listing.ids {
        if let Some(key) = known.fields_with(part, id)?.first() {
            let ids = listing.ids.join(" and ");
            return Err(Trouble::Ask(Ask {
                question: format!("Is {id} a distinct id, or the {key} of people?"),
                options: vec![format!("the distinct ids {ids}"), format!("people whose {key} is {id}")],
                edit: Edit::Replace {
                    start: part.start,
                    end: part.end,
                },
            })
            .into());
        }
    }
    Ok(())
}

fn ask_for_ids(listing: &Listing, part: &Part) -> Halt {
    let ids = listing.ids.join(" and ");
    Trouble::Ask(Ask {
        question: format!("Is {ids} meant as distinct ids?"),
        options: vec![format!("the distinct ids {ids}")],
        edit: Edit::Replace {
            start: part.start,
            end: part.end,
        },
    })
    .into()
}

/// Who comes to a cohort that lists its people.
fn added(people: &Part, text: &str, object: &Object, known: &Known<'_>) -> Result<Vec<String>, Halt> {
    let Some(listing) = listing(people, text) else {
        return Err(is_listed(object));
    };
    if !(listing.are_ids || listing.looks_so()) {
        return Err(ask_for_ids(&listing, people));
    }
    check_ids(&listing, people, known)?;
    Ok(listing.ids)
}

/// A cohort without some of those whom it lists.
fn remove(people: &Part, text: &str, object: &Object, persons: Vec<String>) -> Result<Write, Halt> {
    let Some(listing) = listing(people, text) else {
        return Err(is_listed(object));
    };
    if let Some(other) = listing.ids.iter().find(|id| !persons.contains(id)) {
        return Err(refuse(format!("\"{other}\" is not in the cohort \"{}\".", object.name)).into());
    }
    let left: Vec<String> = persons.into_iter().filter(|id| !listing.ids.contains(id)).collect();
    if left.is_empty() {
        let reason = format!(
            "Nobody would be left in the cohort \"{}\". Delete it instead.",
            object.name
        );
        return Err(refuse(reason).into());
    }
    Ok(update(Kind::Cohort, object, json!({"persons": left})))
}
