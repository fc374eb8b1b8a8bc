//! From a command to the one call that carries it out.

use hedgerow_data_api::{FilterGroup, FilterNode, GroupType, Math, PropertyType};
use serde_json::{Value, json};

use super::cohorts;
use super::grammar::{Audience, Command, Kind, Part, Way, names};
use super::known::{Halt, Known, Object};
use crate::intent::{Ask, Edit, Shape, Trouble};
use crate::parser::refuse;

/// A call of a tool that writes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Write {
    pub(super) tool: String,
    pub(super) mode: &'static str,
    pub(super) arguments: Value,
}

impl Write {
    pub(super) fn new(verb: &str, kind: Kind, arguments: Value) -> Self {
        Self {
            tool: format!("{verb}_{}", kind.as_str()),
            mode: kind.mode(),
            arguments,
        }
    }
}

/// The call of a command; `text` is the whole of it.
pub(super) fn write(command: &Command, text: &str, known: &Known<'_>) -> Result<Write, Halt> {
    match command {
        Command::Create { kind, name, rest } => {
            known.check_free(*kind, &name.text)?;
            let body = body(*kind, name, rest.as_ref(), text, known)?;
            Ok(Write::new("create", *kind, json!({"name": name.text, "body": body})))
        }
        Command::CreateFlag { name, audience, on } => {
            known.check_free(Kind::Flag, &name.text)?;
            let groups = match audience {
                Some(audience) => groups(audience, known)?,
                None if *on => return Err(refuse("The wish does not say who shall get the feature flag.").into()),
                None => Vec::new(),
            };
            let body = json!({"active": on, "filters": {"groups": groups}});
            Ok(Write::new(
                "create",
                Kind::Flag,
                json!({"name": name.text, "body": body}),
            ))
        }
        Command::Delete { kind, name } => {
            let object = known.object(*kind, name)?;
            Ok(Write::new("delete", *kind, json!({"name": object.name})))
        }
        Command::Rename { kind, readings } => rename(*kind, readings, known),
        Command::Switch { name, on } => {
            let flag = known.object(Kind::Flag, name)?;
            if flag.body["active"] == json!(on) {
                let state = if *on { "on" } else { "off" };
                return Err(refuse(format!("The feature flag \"{}\" is {state} already.", flag.name)).into());
            }
            Ok(update(Kind::Flag, &flag, json!({"active": on})))
        }
        Command::Share { name, audience, way } => share(name, audience, *way, known),
        Command::AddTiles { insights, dashboard } => {
            let page = known.object(Kind::Dashboard, dashboard)?;
            let mut tiles = page.body["tiles"].as_array().cloned().unwrap_or_default();
            tiles.extend(insight_tiles(insights, text, known)?);
            Ok(update(Kind::Dashboard, &page, json!({"tiles": tiles})))
        }
        Command::Cohort(wish) => cohorts::write(wish, text, known),
    }
}

pub(super) fn update(kind: Kind, object: &Object, changes: Value) -> Write {
    Write::new("update", kind, json!({"name": object.name, "changes": changes}))
}

fn body(kind: Kind, name: &Part, rest: Option<&Part>, text: &str, known: &Known<'_>) -> Result<Value, Halt> {
    let consists = |example: &str| refuse(format!("Say what the {} consists of: {example}.", kind.noun()));
    match (kind, rest) {
        (Kind::Insight, Some(rest)) => Ok(json!({"query": known.question(rest)?.1})),
        (Kind::Insight, None) => Err(consists("\"... with page views by day\"").into()),
        (Kind::Dashboard, None) => Ok(json!({"tiles": []})),
        (Kind::Dashboard, Some(rest)) => Ok(json!({"tiles": insight_tiles(rest, text, known)?})),
        (Kind::Action, None) => Err(consists("\"... as page views in Firefox\"").into()),
        (Kind::Action, Some(rest)) => Ok(json!({"steps": [step(rest, known)?]})),
        (Kind::Notebook, _) => {
            let mut cells = vec![json!({"type": "text", "text": format!("# {}", name.text)})];
            if let Some(rest) = rest {
                let (_, query) = known.question(rest)?;
                cells.push(json!({"type": "query", "title": capitalized(&rest.text), "query": query}));
            }
            Ok(json!({"cells": cells}))
        }
        (Kind::Flag | Kind::Cohort, _) => Err(refuse(format!("A {} consists of conditions.", kind.noun())).into()),
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars
        .next()
        .map(|first| first.to_uppercase().to_string())
        .unwrap_or_default();
    first + chars.as_str()
}

/// "The insights Traffic and Sign-ups" as tiles; each must be there.
fn insight_tiles(part: &Part, text: &str, known: &Known<'_>) -> Result<Vec<Value>, Halt> {
    const LEADS: [&str; 6] = [
        "the insights ",
        "the insight ",
        "insights ",
        "insight ",
        "our insights ",
        "my insights ",
    ];
    let lower = part.text.to_lowercase();
    let skipped = LEADS
        .iter()
        .find(|lead| lower.starts_with(**lead))
        .map_or(0, |lead| lead.len());
    let listed = Part {
        start: part.start + skipped,
        ..part.clone()
    };
    let mut tiles = Vec::new();
    for name in names(&listed, text) {
        let insight = known.object(Kind::Insight, &name)?;
        tiles.push(json!({"type": "insight", "insight": insight.name}));
    }
    if tiles.is_empty() {
        return Err(refuse("The wish ends before it says which insights.").into());
    }
    Ok(tiles)
}

/// "Page views with status 404": an event and conditions, of no time and without a split.
fn step(part: &Part, known: &Known<'_>) -> Result<Value, Halt> {
    let (intent, query) = known.question(part)?;
    let is_plain = intent.shape == Shape::Number
        && intent.measure.math == Math::Total
        && intent.span.from.is_none()
        && intent.span.to.is_none();
    if !is_plain {
        let reason = "An action is an event with conditions, without a time and without a split. Say it so.";
        return Err(refuse(reason).into());
    }
    let event = &intent.measure.event;
    if event.is_none() && query.properties.is_empty() {
        return Err(refuse("That fits every event. Name an event, or a condition.").into());
    }
    let mut step = json!({});
    if let Some(event) = event {
        step["event"] = json!(event);
    }
    if !query.properties.is_empty() {
        step["properties"] = json!(query.properties);
    }
    Ok(step)
}

/// The reading whose first name is there, with its object.
pub(super) fn reading<'a>(
    kind: Kind,
    readings: &'a [(Part, Part)],
    known: &Known<'_>,
) -> Result<(Object, &'a Part), Halt> {
    let mut found = Vec::new();
    for (name, rest) in readings {
        if let Some(object) = known.named(kind, &name.text)? {
            found.push((object, rest));
        }
    }
    match (found.len(), found.pop(), readings) {
        (1, Some(only), _) => Ok(only),
        (0, _, [(name, _), ..]) => Err(known.unknown(kind, name)?),
        (0, ..) => Err(refuse("The wish names nothing.").into()),
        _ => Err(refuse("I can't tell where the name ends. Put it in quotes.").into()),
    }
}

fn rename(kind: Kind, readings: &[(Part, Part)], known: &Known<'_>) -> Result<Write, Halt> {
    let (object, new) = reading(kind, readings, known)?;
    // Another case of its own name is free for it.
    if object.name.to_lowercase() != new.text.to_lowercase() {
        known.check_free(kind, &new.text)?;
    }
    Ok(Write::new(
        "update",
        kind,
        json!({"name": object.name, "new_name": new.text}),
    ))
}

/// Another share for a flag, with the conditions that it has.
fn share(name: &Part, audience: &Audience, way: Way, known: &Known<'_>) -> Result<Write, Halt> {
    let flag = known.object(Kind::Flag, name)?;
    if audience.people.is_some() {
        let reason =
            "I can't tell whether these people come to those who have it or take their place. Name a share alone.";
        return Err(refuse(reason).into());
    }
    let current = flag.body["filters"]["groups"].as_array().cloned().unwrap_or_default();
    let groups = match &current[..] {
        _ if audience.everybody => vec![json!({"properties": [], "rollout_percentage": 100.0})],
        [] => vec![json!({"properties": [], "rollout_percentage": audience.share})],
        [only] => {
            let before = only["rollout_percentage"].as_f64().unwrap_or(100.0);
            check_way(way, before, audience.share, name)?;
            let mut group = only.clone();
            group["rollout_percentage"] = json!(audience.share);
            vec![group]
        }
        _ => {
            let reason = format!(
                "The feature flag \"{}\" has several conditions, and each has its own share.",
                flag.name
            );
            return Err(refuse(reason).into());
        }
    };
    let mut changes = json!({"filters": {"groups": groups}});
    if way == Way::RollOut && flag.body["active"] != json!(true) {
        changes["active"] = json!(true);
    }
    Ok(update(Kind::Flag, &flag, changes))
}

/// "Raise" to less is a slip of one word or of the other.
fn check_way(way: Way, before: f64, after: f64, name: &Part) -> Result<(), Halt> {
    let (question, verb) = match way {
        Way::Up if after < before => ("The share would go down by that, not up. Shall it?", "set"),
        Way::Down if after > before => ("The share would go up by that, not down. Shall it?", "set"),
        _ => return Ok(()),
    };
    Err(Trouble::Ask(Ask {
        question: question.to_owned(),
        options: vec![format!("{verb} the flag {}", name.text)],
        edit: Edit::Replace {
            start: 0,
            end: name.end,
        },
    })
    .into())
}

/// The conditions of a flag: one for each alternative, all with the same share.
fn groups(audience: &Audience, known: &Known<'_>) -> Result<Vec<Value>, Halt> {
    let alternatives = match &audience.people {
        None => vec![Vec::new()],
        Some(people) => alternatives(&known.people(people)?)?,
    };
    let group = |properties: Vec<Value>| json!({"properties": properties, "rollout_percentage": audience.share});
    Ok(alternatives.into_iter().map(group).collect())
}

fn alternatives(group: &FilterGroup) -> Result<Vec<Vec<Value>>, Halt> {
    match (group.group_type, &group.values[..]) {
        (_, [FilterNode::Group(only)]) => alternatives(only),
        (GroupType::And, members) => Ok(vec![members.iter().map(property).collect::<Result<_, _>>()?]),
        (GroupType::Or, members) => {
            let alternative = |member: &FilterNode| match member {
                FilterNode::Group(group) if group.group_type == GroupType::And => {
                    group.values.iter().map(property).collect()
                }
                leaf => Ok(vec![property(leaf)?]),
            };
            members.iter().map(alternative).collect()
        }
    }
}

fn property(node: &FilterNode) -> Result<Value, Halt> {
    match node {
        FilterNode::Filter(filter) if filter.property_type == PropertyType::Person => Ok(json!(filter)),
        FilterNode::Filter(filter) => Err(no_property(Kind::Flag, &filter.key)),
        FilterNode::Group(_) => {
            Err(refuse("These conditions can't be a feature flag's. Say them as alternatives, or all at once.").into())
        }
    }
}

/// A condition on something else than a property of people.
pub(super) fn no_property(kind: Kind, key: &str) -> Halt {
    let noun = kind.noun();
    refuse(format!("A {noun} can't ask for {key}: it is no property of people.")).into()
}
