//! Tools: parameters, examples, effect, access, display and progress.

use hedgerow_agent_api::Effect;
use hedgerow_declared::{Parameter, ToolFile, duration};

use super::{Check, Findings};

/// From this time on a call says how far it is.
const PROGRESS_FROM_MS: u128 = 2_000;

/// Ways to show a result that need no renderer of the product's own.
const RESULTS: [&str; 4] = ["table", "figure", "fields", "text"];

/// Levels of access, the least first.
const LEVELS: [&str; 2] = ["read", "write"];

pub(super) fn check(path: &str, tool: &ToolFile, found: &mut Findings) {
    for (name, parameter) in &tool.parameters {
        field(path, name, parameter, found);
    }
    statement(path, tool, found);
    examples(path, tool, found);
    effect_and_access(path, tool, found);
    let display = tool.display.clone().unwrap_or_default();
    match display.result.as_deref() {
        None => {
            let hint = format!("declare `display.result`: {}", RESULTS.join(", "));
            found.add(Check::Display, path, "nothing says how the result is shown", hint);
        }
        Some(result) if !RESULTS.contains(&result) => {
            let message = format!("no renderer is named {result:?}, the `result` of `display`");
            found.add(
                Check::Display,
                path,
                message,
                format!("take one of {}", RESULTS.join(", ")),
            );
        }
        Some(_) => {}
    }
    let expected = tool.expected.as_deref().unwrap_or_default();
    match duration(expected) {
        Err(error) => found.add(
            Check::Progress,
            path,
            format!("`expected`: {}", error.message()),
            "write 300ms, 3s or 2min",
        ),
        Ok(time) if time.as_millis() > PROGRESS_FROM_MS && tool.progress.is_none() => {
            let message = format!("a call takes {expected} and does not say how far it is");
            found.add(
                Check::Progress,
                path,
                message,
                "say in `progress` what is counted, e.g. \"rows read\"",
            );
        }
        Ok(_) => {}
    }
    if tool.phrases.len() < 2 {
        let message = format!("it has {} phrases", tool.phrases.len());
        found.add(
            Check::Discovery,
            path,
            message,
            "write at least two things that people would type to find it",
        );
    }
}

fn field(path: &str, name: &str, parameter: &Parameter, found: &mut Findings) {
    if parameter.description.split_whitespace().count() < 3 {
        let hint = "say what it means, in which unit, and what its absence means";
        found.add(
            Check::Fields,
            path,
            format!("the parameter {name} is not described"),
            hint,
        );
    }
    if parameter.values.as_ref().is_some_and(Vec::is_empty) {
        found.add(
            Check::Fields,
            path,
            format!("the values of {name} are an empty list"),
            "name them, or leave the list out",
        );
    }
    if let Some(default) = &parameter.default
        && let Err(error) = parameter.check(name, default)
    {
        let message = format!("the default of {name} does not fit: {}", error.message());
        found.add(Check::Fields, path, message, "take one that a call could give");
    }
}

/// Whether the statement and the parameters name each other.
fn statement(path: &str, tool: &ToolFile, found: &mut Findings) {
    let Some(sql) = &tool.sql else {
        return;
    };
    let named = placeholders(&sql.query);
    for name in tool.parameters.keys().filter(|name| !named.contains(*name)) {
        let message = format!("the query does not use the parameter {name}");
        found.add(
            Check::Fields,
            path,
            message,
            format!("write ${name} where it belongs, or drop it"),
        );
    }
    for name in named.iter().filter(|name| !tool.parameters.contains_key(*name)) {
        let message = format!("the query wants ${name}, which is no parameter");
        found.add(
            Check::Fields,
            path,
            message,
            "declare it, or name the one that is meant",
        );
    }
    let first = sql
        .query
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_ascii_uppercase();
    if !matches!(first.as_str(), "SELECT" | "WITH") || sql.query.trim_end_matches([' ', '\n', ';']).contains(';') {
        let message = "the query is not one SELECT";
        found.add(Check::Effects, path, message, "SQL tools only read: write one SELECT");
    }
}

/// The names after `$` outside of quotes.
fn placeholders(query: &str) -> Vec<String> {
    let (mut names, mut quote) = (Vec::new(), None);
    for (at, character) in query.char_indices() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, '$') => {
                let text = query.get(at + 1..).unwrap_or_default();
                let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
                let name = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
                names.push(name.to_owned());
            }
            _ => {}
        }
    }
    names.sort();
    names.dedup();
    names
}

fn examples(path: &str, tool: &ToolFile, found: &mut Findings) {
    if tool.examples.is_empty() {
        found.add(Check::Examples, path, "there is no example", "show a call that works");
    }
    for example in &tool.examples {
        if example.purpose.trim().is_empty() {
            found.add(Check::Examples, path, "an example has no purpose", "say what it is for");
        }
        for (name, value) in &example.arguments {
            let problem = match tool.parameters.get(name) {
                None if tool.sql.is_some() => Some(format!("there is no parameter {name:?}")),
                None => None,
                Some(parameter) => parameter
                    .check(name, value)
                    .err()
                    .map(|error| error.message().to_owned()),
            };
            if let Some(problem) = problem {
                let message = format!("the example {:?} is not valid: {problem}", example.purpose);
                found.add(Check::Examples, path, message, "correct the call or the parameter");
            }
        }
    }
}

fn effect_and_access(path: &str, tool: &ToolFile, found: &mut Findings) {
    match tool.effect {
        None => found.add(
            Check::Effects,
            path,
            "it lacks `effect`",
            "an unknown effect asks for approval on every call",
        ),
        Some(Effect::Read) => {}
        Some(effect) if tool.sql.is_some() => {
            let name = serde_json::json!(effect).as_str().unwrap_or_default().to_owned();
            found.add(
                Check::Effects,
                path,
                format!("SQL only reads, and the effect says {name}"),
                "declare `read`",
            );
        }
        Some(_) => {}
    }
    let Some(access) = &tool.access else {
        return found.add(
            Check::Access,
            path,
            "it lacks `access`",
            "name the right a caller needs, as in query:read",
        );
    };
    let level = access.split_once(':').map(|(_, level)| level);
    match level {
        Some(level) if LEVELS.contains(&level) => {
            if level == "read" && !matches!(tool.effect, Some(Effect::Read) | None) && tool.sql.is_none() {
                let message = format!("the right {access} lets nobody write, and the tool writes");
                found.add(Check::Access, path, message, "ask for the right to write");
            }
        }
        _ => {
            let message = format!("{access:?} is no right");
            found.add(
                Check::Access,
                path,
                message,
                "a right is resource:read or resource:write",
            );
        }
    }
}
