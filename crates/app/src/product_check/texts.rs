//! Texts: what models and people go by.

use hedgerow_agent_api::Mode;
use hedgerow_declared::{Files, ToolFile};

use super::{Check, Findings};

/// Words that a description has at least: what the tool does, and when to use it.
const FEWEST_WORDS: usize = 8;

pub(super) fn tool(path: &str, tool: &ToolFile, found: &mut Findings) {
    let words = tool
        .description
        .as_deref()
        .unwrap_or_default()
        .split_whitespace()
        .count();
    if words < FEWEST_WORDS {
        let message = format!("the description has {words} words");
        found.add(
            Check::Texts,
            path,
            message,
            "say what the tool does and when to use it, and when not",
        );
    }
    if tool.title.as_deref().unwrap_or_default().trim().is_empty() {
        found.add(Check::Texts, path, "it lacks `title`", "name it for people");
    }
    let display = tool.display.clone().unwrap_or_default();
    let first = |text: &Option<String>| {
        text.as_deref()
            .unwrap_or_default()
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let (running, done) = (first(&display.running), first(&display.done));
    if !running.ends_with("ing") {
        let message = format!("`display.running` begins with {running:?}, which does not go on");
        found.add(Check::Texts, path, message, "as in \"Counting page views\"");
    }
    if done.is_empty() || done.ends_with("ing") {
        let message = format!("`display.done` begins with {done:?}, which is not over");
        found.add(Check::Texts, path, message, "as in \"Counted page views\"");
    }
}

pub(super) fn modes(files: &Files, found: &mut Findings) {
    for (file, trajectories) in &files.modes {
        let texts: Vec<&str> = trajectories.iter().map(|file| file.text.as_str()).collect();
        match Mode::parse(&file.text, &texts) {
            Ok(mode) if mode.when.split_whitespace().count() < FEWEST_WORDS => {
                let hint = "the router reads it: name the questions that the mode is right for";
                found.add(
                    Check::Texts,
                    &file.path,
                    format!("`when` says only {:?}", mode.when),
                    hint,
                );
            }
            Ok(_) => {}
            Err(error) => found.add(
                Check::Texts,
                &file.path,
                error.chain(),
                "name, when and tools stand between --- lines",
            ),
        }
        if trajectories.is_empty() {
            found.add(
                Check::Trajectories,
                &file.path,
                "the mode has no trajectory",
                "work one job out, step by step",
            );
        }
        for trajectory in trajectories {
            let is_step = |line: &str| {
                line.split_once(". ")
                    .is_some_and(|(number, _)| number.parse::<u32>().is_ok())
            };
            let steps: Vec<&str> = trajectory.text.lines().filter(|line| is_step(line)).collect();
            if steps.len() < 2 || !steps.iter().any(|step| step.contains('`')) {
                let message = "it has no numbered steps that name a tool";
                found.add(
                    Check::Trajectories,
                    &trajectory.path,
                    message,
                    "number the steps, and name tools in `code`",
                );
            }
        }
    }
}
