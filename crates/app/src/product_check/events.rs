//! Names of the data: a query or a text may only name events and properties that exist, and a parameter that is
//! compared with a property of few values is a closed set.

use std::collections::BTreeSet;

use hedgerow_data_api::{EventStore, Taxonomy, ValueType};
use hedgerow_declared::{Kind, ToolFile};
use hedgerow_errors::{Result, did_you_mean};
use hedgerow_ids::ProjectId;

use super::sql_text::{self, Token};
use super::{Check, Findings, Subject};

/// A property with at most so many values is a closed set.
const FEW: usize = 12;
/// Columns that every event has, beside its properties.
const COLUMNS: [&str; 7] = [
    "uuid",
    "event",
    "timestamp",
    "distinct_id",
    "person_key",
    "session_id",
    "rest",
];

pub(super) async fn check(
    subject: &Subject,
    store: &dyn EventStore,
    project: &ProjectId,
    fields: &BTreeSet<String>,
    found: &mut Findings,
) -> Result<()> {
    let taxonomy = store.taxonomy(project).await?;
    let events = || taxonomy.events.iter().map(|event| event.name.as_str());
    for (path, tool) in &subject.tools {
        let Some(sql) = &tool.sql else {
            continue;
        };
        let tokens = sql_text::tokens(&sql.query);
        for name in sql_text::compared_texts(&tokens, "event") {
            if taxonomy.event(name).is_none() {
                let message = format!("the query wants events {name:?}, which nobody sends");
                found.add(Check::References, path, message, did_you_mean(name, events()));
            }
        }
        closed_sets(path, tool, &tokens, &taxonomy, (store, project), found).await?;
    }
    texts(subject, &taxonomy, fields, found);
    Ok(())
}

/// Texts that speak of an event or a property by name.
fn texts(subject: &Subject, taxonomy: &Taxonomy, fields: &BTreeSet<String>, found: &mut Findings) {
    let mut known: BTreeSet<&str> = fields.iter().map(String::as_str).chain(COLUMNS).collect();
    known.extend(taxonomy.events.iter().map(|event| event.name.as_str()));
    let properties = taxonomy.properties.iter();
    known.extend(properties.flat_map(|property| [property.key.as_str(), property.column.as_str()]));
    let named: Vec<Token> = subject
        .tools
        .iter()
        .filter_map(|(_, tool)| tool.sql.as_ref())
        .flat_map(|sql| sql_text::tokens(&sql.query))
        .collect();
    known.extend(named.iter().filter_map(|token| match token {
        Token::Name(name) => Some(name.as_str()),
        _ => None,
    }));
    let modes = subject.files.modes.iter();
    let of_modes = modes.flat_map(|(mode, trajectories)| std::iter::once(mode).chain(trajectories));
    for file in of_modes.chain(&subject.files.skills) {
        for (kind, name) in spoken_of(&file.text) {
            if !known.contains(name) {
                let message = format!("it speaks of the {kind} `{name}`, which does not exist");
                let hint = did_you_mean(name, known.iter().copied());
                found.add(Check::References, &file.path, message, hint);
            }
        }
    }
}

/// Names in `code` right after `event`, `events`, `property` or `properties`.
fn spoken_of(text: &str) -> Vec<(&'static str, &str)> {
    let is_name = |word: &&str| {
        !word.is_empty()
            && word
                .chars()
                .all(|letter| letter.is_alphanumeric() || "_$".contains(letter))
    };
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((name, next)) = after.split_once('`') else {
            break;
        };
        let kind = match before.split_whitespace().next_back().map(str::to_lowercase).as_deref() {
            Some("event" | "events") => Some("event"),
            Some("property" | "properties") => Some("property"),
            _ => None,
        };
        found.extend(kind.zip(Some(name).filter(is_name)));
        rest = next;
    }
    found
}

/// A text that is compared with a property of few values must be one of them.
async fn closed_sets(
    path: &str,
    tool: &ToolFile,
    tokens: &[Token],
    taxonomy: &Taxonomy,
    (store, project): (&dyn EventStore, &ProjectId),
    found: &mut Findings,
) -> Result<()> {
    for (column, name) in sql_text::compared_parameters(tokens) {
        let is_open = tool
            .parameters
            .get(name)
            .is_some_and(|parameter| parameter.kind == Kind::Text && parameter.values.is_none());
        let property = taxonomy.properties.iter().find(|property| property.column == column);
        let Some(property) = property.filter(|property| is_open && property.value_type == ValueType::String) else {
            continue;
        };
        let values = store.values(project, &property.key, "", FEW + 1).await?;
        if values.complete && values.values.len() <= FEW {
            let known: Vec<&str> = values.values.iter().map(|value| value.value.as_str()).collect();
            let message = format!(
                "the parameter {name} is left open, and {} has {} values",
                property.key,
                known.len()
            );
            found.add(Check::Fields, path, message, format!("close it: values = {known:?}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_speaks_of_names_after_their_kind() {
        let text = "Read the event `signed_up` and its\nproperties `$os`; `note` is no name, events `a b` neither.";
        assert_eq!(spoken_of(text), [("event", "signed_up"), ("property", "$os")]);
    }
}
