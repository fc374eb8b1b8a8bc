//! Names: what models choose by.

use hedgerow_agent_api::{Mode, Skill};
use hedgerow_declared::{Files, ToolFile};

use super::{Check, Findings};

/// Characters of a name at most; clients put their own prefix before it.
const LONGEST: usize = 40;

/// Verbs that names of tools begin with.
pub(super) const VERBS: [&str; 50] = [
    "add",
    "analyze",
    "apply",
    "archive",
    "ask",
    "assign",
    "call",
    "cancel",
    "check",
    "compare",
    "copy",
    "count",
    "create",
    "delete",
    "describe",
    "disable",
    "draft",
    "edit",
    "enable",
    "estimate",
    "evaluate",
    "execute",
    "explain",
    "export",
    "fetch",
    "filter",
    "find",
    "get",
    "import",
    "list",
    "make",
    "mark",
    "measure",
    "merge",
    "move",
    "preview",
    "query",
    "read",
    "remove",
    "rename",
    "restore",
    "run",
    "search",
    "send",
    "show",
    "summarize",
    "tag",
    "tick",
    "update",
    "write",
];

/// Modes and skills are named like their folders.
pub(super) fn folders(files: &Files, found: &mut Findings) {
    let modes = files
        .modes
        .iter()
        .filter_map(|(file, _)| Some((file, "mode", Mode::parse(&file.text, &[]).ok()?.name)));
    let skills = files
        .skills
        .iter()
        .filter_map(|file| Some((file, "skill", Skill::parse(&file.text).ok()?.name)));
    for (file, kind, name) in modes.chain(skills) {
        let folder = file.path.split('/').nth(1).unwrap_or_default();
        if name != folder {
            let message = format!("the {kind} names itself {name:?} and its folder {folder:?}");
            found.add(Check::Names, &file.path, message, "give both one name");
        }
        // Modes are named as tools are, skills as files for agents outside are.
        let mark = if kind == "mode" { '_' } else { '-' };
        let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        if !name
            .split(mark)
            .all(|word| !word.is_empty() && word.chars().all(is_plain))
        {
            let message =
                format!("the name {name:?} of the {kind} is not of lower-case words with {mark} between them");
            found.add(
                Check::Names,
                &file.path,
                message,
                "as in `product_analytics` or `query-trends`",
            );
        }
    }
}

pub(super) fn tool(path: &str, tool: &ToolFile, found: &mut Findings) {
    let Some(name) = &tool.name else {
        return found.add(Check::Names, path, "it lacks `name`", "name it like its file");
    };
    let is_snake = name.split('_').all(|word| {
        !word.is_empty()
            && word
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    });
    if !is_snake {
        let hint = "lower-case words with _ between them, as in query_trends";
        found.add(
            Check::Names,
            path,
            format!("the name {name:?} is not in snake_case"),
            hint,
        );
    } else if !VERBS.contains(&name.split('_').next().unwrap_or_default()) {
        let hint = format!("begin with one of {}", VERBS.join(", "));
        found.add(
            Check::Names,
            path,
            format!("the name {name:?} does not begin with a verb"),
            hint,
        );
    }
    if name.len() > LONGEST {
        let message = format!("the name {name:?} has {} characters of {LONGEST}", name.len());
        found.add(
            Check::Names,
            path,
            message,
            "say less in the name and more in the description",
        );
    }
    let stem = path
        .rsplit('/')
        .next()
        .and_then(|file| file.split('.').next())
        .unwrap_or_default();
    if name != stem {
        let message = format!("the tool names itself {name:?} and its file {stem:?}");
        found.add(Check::Names, path, message, "give both one name");
    }
}
