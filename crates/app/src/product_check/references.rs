//! References: a text may only name what exists.

use std::collections::BTreeSet;

use hedgerow_agent_api::{Mode, Skill};
use hedgerow_declared::{Files, TextFile, ToolFile};
use hedgerow_errors::did_you_mean;

use super::{Check, Findings, Known};

pub(super) fn check(files: &Files, tools: &[(String, ToolFile)], known: &Known, found: &mut Findings) {
    let mut names: BTreeSet<&str> = known.names.iter().map(String::as_str).collect();
    names.extend(tools.iter().filter_map(|(_, tool)| tool.name.as_deref()));
    let parameters = tools.iter().flat_map(|(_, tool)| tool.parameters.keys());
    let fields: BTreeSet<&str> = parameters.chain(&known.fields).map(String::as_str).collect();
    let modes: Vec<(&TextFile, Mode)> = files
        .modes
        .iter()
        .filter_map(|(file, _)| Some((file, Mode::parse(&file.text, &[]).ok()?)))
        .collect();
    names.extend(modes.iter().map(|(_, mode)| mode.name.as_str()));
    let skills: Vec<Skill> = files
        .skills
        .iter()
        .filter_map(|file| Skill::parse(&file.text).ok())
        .collect();
    names.extend(skills.iter().map(|skill| skill.name.as_str()));
    for (file, mode) in &modes {
        for tool in mode.tools.iter().filter(|tool| !names.contains(tool.as_str())) {
            let message = format!("the mode brings {tool:?}, which does not exist");
            // A mode names tools, and those of its own product before all others.
            let own: Vec<&str> = tools.iter().filter_map(|(_, tool)| tool.name.as_deref()).collect();
            let hint = match own.as_slice() {
                [] => did_you_mean(tool, names.iter().copied()),
                own => format!("the product's tools are {}", own.join(", ")),
            };
            found.add(Check::References, &file.path, message, hint);
        }
    }
    let trajectories = files.modes.iter().flat_map(|(_, trajectories)| trajectories);
    let prompts = files.modes.iter().map(|(mode, _)| mode);
    for file in prompts.chain(trajectories).chain(&files.skills) {
        for name in skills_named(&file.text).filter(|name| !names.contains(name)) {
            let message = format!("it names the skill `{name}`, which does not exist");
            let hint = did_you_mean(name, names.iter().copied());
            found.add(Check::References, &file.path, message, hint);
        }
        for name in mentioned(&file.text) {
            if !names.contains(name) && !fields.contains(name) && looks_like_a_tool(file, name) {
                let message = format!("it names `{name}`, which does not exist");
                found.add(
                    Check::References,
                    &file.path,
                    message,
                    did_you_mean(name, names.iter().copied()),
                );
            }
        }
    }
}

/// Words in `code` right after `skill`.
fn skills_named(text: &str) -> impl Iterator<Item = &str> {
    let spoken = text
        .match_indices("skill `")
        .map(|(at, before)| &text[at + before.len()..]);
    spoken.filter_map(|rest| rest.split('`').next())
}

/// Words in `code` that could be names.
fn mentioned(text: &str) -> impl Iterator<Item = &str> {
    let is_name = |word: &&str| {
        word.starts_with(|letter: char| letter.is_ascii_lowercase())
            && word
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    };
    text.split('`').skip(1).step_by(2).filter(is_name)
}

/// Whether a word in `code` is meant as a tool or a mode and not as an event or a column: what is called,
/// used or enabled.
fn looks_like_a_tool(file: &TextFile, name: &str) -> bool {
    let Some(at) = file.text.find(&format!("`{name}`")) else {
        return false;
    };
    let before = file.text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default().to_lowercase();
    let last: Vec<&str> = line.split_whitespace().rev().take(3).collect();
    let is_call = ["with", "from", "call", "use", "mode", "run", "enable", "by", "and"];
    last.iter().any(|word| is_call.contains(&word.trim_matches(','))) || line.trim_end().ends_with('.')
}
