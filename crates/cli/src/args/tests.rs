//! Tests of the command line's form.

use clap::CommandFactory as _;

use super::*;

/// Words of a shell line with single and double quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn examples(command: &clap::Command, found: &mut Vec<(String, Vec<String>)>) {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let lines = help
        .lines()
        .filter_map(|line| line.strip_prefix("  hedgerow"))
        .map(|line| format!("hedgerow{line}"));
    found.push((command.get_name().to_owned(), lines.collect()));
    for verb in command.get_subcommands() {
        examples(verb, found);
    }
}

#[test]
fn every_verb_has_an_example_that_parses() {
    let mut found = Vec::new();
    examples(&Cli::command(), &mut found);
    assert!(found.len() > 20, "{}", found.len());
    for (name, lines) in found {
        assert!(!lines.is_empty(), "{name} has no example");
        for line in lines {
            if let Err(error) = Cli::try_parse_from(words(&line)) {
                panic!("{line}: {error}");
            }
        }
    }
}

#[test]
fn command_is_consistent() {
    Cli::command().debug_assert();
    // An argument with the name of a global one would get that one's value, and set it.
    let globals: Vec<String> = Cli::command()
        .get_arguments()
        .map(|argument| argument.get_id().to_string())
        .collect();
    let mut pending: Vec<clap::Command> = Cli::command().get_subcommands().cloned().collect();
    while let Some(command) = pending.pop() {
        let own = command
            .get_arguments()
            .find(|argument| globals.contains(&argument.get_id().to_string()));
        assert!(own.is_none(), "{} {own:?}", command.get_name());
        pending.extend(command.get_subcommands().cloned());
    }
}

#[test]
fn now_takes_days_and_times() {
    let cases = [
        ("2015-05-21", Some("2015-05-21T00:00:00+00:00")),
        ("2015-05-21T12:00:00Z", Some("2015-05-21T12:00:00+00:00")),
        ("2015-05-21T12:00:00+02:00", Some("2015-05-21T10:00:00+00:00")),
        ("yesterday", None),
    ];
    for (text, expected) in cases {
        assert_eq!(
            parse_time(text).ok().map(|time| time.to_rfc3339()),
            expected.map(str::to_owned),
            "{text}"
        );
    }
}

#[cfg(not(target_os = "macos"))]
#[test]
fn data_dir_is_the_named_one_or_the_users() {
    let cases = [
        (
            "hedgerow --data /d projects list",
            Some("/x"),
            Some("/home/me"),
            Some("/d"),
        ),
        (
            "hedgerow projects list",
            Some("/x"),
            Some("/home/me"),
            Some("/x/hedgerow"),
        ),
        (
            "hedgerow projects list",
            None,
            Some("/home/me"),
            Some("/home/me/.local/share/hedgerow"),
        ),
        (
            "hedgerow projects list",
            Some("relative"),
            Some("/home/me"),
            Some("/home/me/.local/share/hedgerow"),
        ),
        ("hedgerow projects list", None, None, None),
    ];
    for (line, xdg, home, expected) in cases {
        let globals = Cli::try_parse_from(words(line)).unwrap().globals;
        let dir = globals.data_dir(xdg.map(OsString::from), home.map(PathBuf::from));
        assert_eq!(dir.ok(), expected.map(PathBuf::from), "{line} {xdg:?} {home:?}");
    }
}

#[test]
fn globals_stand_before_and_after_the_verb() {
    for line in [
        "hedgerow --json --project site projects list",
        "hedgerow projects list --json --project site",
    ] {
        let cli = Cli::try_parse_from(words(line)).unwrap();
        assert!(cli.globals.json);
        assert_eq!(cli.globals.project().unwrap().as_str(), "site");
    }
}
