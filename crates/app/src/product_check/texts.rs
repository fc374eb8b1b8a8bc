//! Texts: what models and people go by.

use hedgerow_agent_api::{Mode, Skill, Trajectory};
use hedgerow_declared::{Files, TextFile, ToolFile};

use super::names::VERBS;
use super::rehearsals::Rehearsal;
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
    // What is done has another form than the verb alone, but for a few verbs.
    let verb = done.to_lowercase();
    let is_present = verb != "read" && VERBS.iter().any(|known| verb == *known || verb == format!("{known}s"));
    if done.is_empty() || done.ends_with("ing") || is_present {
        let message = format!("`display.done` begins with {done:?}, which is not over");
        found.add(Check::Texts, path, message, "as in \"Counted page views\"");
    }
}

pub(super) fn modes(files: &Files, found: &mut Findings) {
    for skill in &files.skills {
        let problem = match Skill::parse(&skill.text) {
            Ok(read) if read.description.split_whitespace().count() < FEWEST_WORDS => {
                format!("`description` says only {:?}", read.description)
            }
            Ok(read) if read.body.trim().is_empty() => "it has no text".to_owned(),
            Ok(_) => continue,
            Err(error) => error.chain(),
        };
        let hint = "name and description stand between --- lines: what is in it, and when to read it";
        found.add(Check::Texts, &skill.path, problem, hint);
    }
    for (file, trajectories) in &files.modes {
        match Mode::parse(&file.text, &[]) {
            Ok(mode) if mode.when.split_whitespace().count() < FEWEST_WORDS => {
                let hint = "the router reads it: name the questions that the mode is right for";
                found.add(
                    Check::Texts,
                    &file.path,
                    format!("`when` says only {:?}", mode.when),
                    hint,
                );
            }
            Ok(mode) if mode.prompt.split_whitespace().count() < FEWEST_WORDS => {
                let hint = "say what the model must know to use the tools well";
                found.add(Check::Texts, &file.path, "the prompt says next to nothing", hint);
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
            self::trajectory(trajectory, found);
        }
    }
}

fn trajectory(file: &TextFile, found: &mut Findings) {
    let (text, rehearsal) = Trajectory::split(&file.text);
    let job = text
        .trim_start()
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("# "));
    if job.is_none_or(|job| job.trim().is_empty()) {
        let message = "it does not begin with its job as a heading";
        found.add(
            Check::Trajectories,
            &file.path,
            message,
            "as in `# Find out whether sign-ups grow`",
        );
    }
    let is_step = |line: &&str| {
        line.split_once(". ")
            .is_some_and(|(number, _)| number.parse::<u32>().is_ok())
    };
    let steps: Vec<&str> = text.lines().filter(is_step).collect();
    if steps.len() < 2 || !steps.iter().any(|step| step.contains('`')) {
        let message = "it has no numbered steps that name a tool";
        let hint = "number the steps, and name tools in `code`";
        found.add(Check::Trajectories, &file.path, message, hint);
    }
    let Some(rehearsal) = rehearsal else {
        let message = "it has no rehearsal";
        let hint = "show in `## Rehearsal` how the job goes: question, calls and answer in YAML";
        return found.add(Check::Trajectories, &file.path, message, hint);
    };
    match Rehearsal::parse(&rehearsal) {
        Err(error) => found.add(
            Check::Trajectories,
            &file.path,
            error.chain(),
            "it is a block of ```yaml with question, calls and answer",
        ),
        Ok(rehearsal) => {
            let tools = rehearsal.calls.iter().map(|call| call.tool.as_str());
            for tool in tools.filter(|tool| !text.contains(&format!("`{tool}`"))) {
                let message = format!("the rehearsal calls {tool}, which no step names");
                found.add(
                    Check::Trajectories,
                    &file.path,
                    message,
                    "rehearse the steps as they are",
                );
            }
        }
    }
}
