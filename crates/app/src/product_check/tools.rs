//! Tools: parameters, examples, effect, access, display and progress.

use hedgerow_agent_api::{Effect, Mode, ResultView};
use hedgerow_declared::{Parameter, ToolFile, duration};

use super::sql_text::{self, Token};
use super::{Check, Findings, Known, Subject};

/// From this time on a call says how far it is.
const PROGRESS_FROM_MS: u128 = 2_000;

/// Levels of access, the least first.
const LEVELS: [&str; 2] = ["read", "write"];

/// The right that reads the project's own tables.
const READS_EVENTS: &str = "query:read";

/// Words of a parameter's description at least.
const FEWEST_WORDS: usize = 3;

/// Words that begin statements which change something.
const WRITES: [&str; 10] = [
    "insert", "update", "delete", "drop", "create", "alter", "truncate", "merge", "grant", "copy",
];

pub(super) fn check(path: &str, tool: &ToolFile, subject: &Subject, known: &Known, found: &mut Findings) {
    for (name, parameter) in &tool.parameters {
        field(path, name, parameter, FEWEST_WORDS, found);
    }
    statement(path, tool, found);
    examples(path, tool, found);
    effect_and_access(path, tool, subject, known, found);
    let display = tool.display.clone().unwrap_or_default();
    match display.result.as_deref() {
        None => {
            let hint = format!("declare `display.result`: {}", views().join(", "));
            found.add(Check::Display, path, "nothing says how the result is shown", hint);
        }
        Some(result) if ResultView::named(result).is_none() => {
            let message = format!("no renderer is named {result:?}, the `result` of `display`");
            found.add(
                Check::Display,
                path,
                message,
                format!("take one of {}", views().join(", ")),
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
        Ok(time)
            if time.as_millis() > PROGRESS_FROM_MS
                && tool.progress.as_deref().unwrap_or_default().trim().is_empty() =>
        {
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

/// Ways to show a result that need no renderer of the product's own.
fn views() -> Vec<&'static str> {
    ResultView::ALL.iter().map(|(name, _)| *name).collect()
}

pub(super) fn field(path: &str, name: &str, parameter: &Parameter, words: usize, found: &mut Findings) {
    if parameter.description.split_whitespace().count() < words {
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
    if let (Some(least), Some(most)) = (parameter.minimum, parameter.maximum)
        && least > most
    {
        let message = format!("no value of {name} is possible: the least is {least}, the greatest {most}");
        found.add(Check::Fields, path, message, "exchange them");
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
    let tokens = sql_text::tokens(&sql.query);
    let named = sql_text::parameters(&tokens);
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
    let begins = tokens
        .first()
        .is_some_and(|token| token.is("select") || token.is("with"));
    let ends = tokens.iter().position(|token| *token == Token::Mark(";".to_owned()));
    let is_one = ends.is_none_or(|at| at + 1 == tokens.len());
    // Within one statement such a word begins a part that changes something, unless it is a quoted name.
    let writes = tokens.windows(2).find_map(|pair| {
        let begins = WRITES.iter().find(|word| pair[0].is(word))?;
        let is_part = pair[1].is("into") || pair[1].is("from") || pair[1].is("table") || pair[1].is("view");
        is_part.then_some(*begins)
    });
    if !begins || !is_one || writes.is_some() {
        let what = writes.map(|word| format!(": it has {word}")).unwrap_or_default();
        let message = format!("the query is not one SELECT{what}");
        found.add(Check::Effects, path, message, "SQL tools only read: write one SELECT");
    }
}

fn examples(path: &str, tool: &ToolFile, found: &mut Findings) {
    if tool.examples.is_empty() {
        found.add(Check::Examples, path, "there is no example", "show a call that works");
    }
    for example in &tool.examples {
        if example.purpose.trim().is_empty() {
            found.add(Check::Examples, path, "an example has no purpose", "say what it is for");
        }
        // Only a SQL tool's file has all of its parameters.
        if tool.sql.is_none() {
            continue;
        }
        if example.reply.is_some() {
            let message = format!(
                "the example {:?} has a reply, and nothing outside is asked",
                example.purpose
            );
            found.add(Check::Examples, path, message, "leave `reply` out: the query runs");
        }
        let missing = tool
            .parameters
            .iter()
            .filter(|(name, parameter)| parameter.is_required() && !example.arguments.contains_key(*name))
            .map(|(name, _)| format!("{name} is missing"));
        let wrong = example
            .arguments
            .iter()
            .filter_map(|(name, value)| match tool.parameters.get(name) {
                None => Some(format!("there is no parameter {name:?}")),
                Some(parameter) => parameter
                    .check(name, value)
                    .err()
                    .map(|error| error.message().to_owned()),
            });
        for problem in missing.chain(wrong) {
            let message = format!("the example {:?} is not valid: {problem}", example.purpose);
            found.add(Check::Examples, path, message, "correct the call or the parameter");
        }
    }
}

fn effect_and_access(path: &str, tool: &ToolFile, subject: &Subject, known: &Known, found: &mut Findings) {
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
    let own = subject.product.as_ref().map_or("", |product| product.name.as_str());
    match access.split_once(':') {
        Some((resource, level))
            if LEVELS.contains(&level) && (resource == own || known.resources.contains(resource)) =>
        {
            if tool.sql.is_some() && access != READS_EVENTS {
                let message = format!("the right {access} does not suffice: the query reads the project's events");
                found.add(Check::Access, path, message, format!("ask for {READS_EVENTS}"));
            }
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
                format!(
                    "a right is resource:read or resource:write, of {own} or of {}",
                    known
                        .resources
                        .iter()
                        .map(String::as_str)
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            );
        }
    }
}

/// A tool that no mode brings can be called by nobody who asks in words.
pub(super) fn in_modes(subject: &Subject, found: &mut Findings) {
    let modes: Vec<Mode> = subject
        .files
        .modes
        .iter()
        .filter_map(|(file, _)| Mode::parse(&file.text, &[]).ok())
        .collect();
    for (path, tool) in &subject.tools {
        let name = tool.name.as_deref().unwrap_or_default();
        if !modes
            .iter()
            .any(|mode| mode.tools.iter().any(|brought| brought == name))
        {
            let message = format!("no mode of the product brings {name}");
            found.add(Check::Discovery, path, message, "name it in `tools` of a mode.md");
        }
    }
}
