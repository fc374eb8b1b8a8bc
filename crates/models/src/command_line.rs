//! A command line as words, split like a shell does it but without a shell.

use hedgerow_errors::{Error, Result};

/// What a shell would act on and nobody acts on here.
const SHELL_ONLY: &str = "|&;<>()$`";

/// Splits at white space. Single quotes keep everything as it is, double quotes keep everything but
/// `\"` and `\\`, a backslash outside of quotes keeps the next character. Unquoted `| & ; < > ( ) $`
/// and backticks are refused, because without a shell they would be plain text by surprise.
pub(crate) fn split(line: &str) -> Result<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars();
    while let Some(next) = rest.next() {
        match next {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' => single_quoted(&mut rest, word.get_or_insert_default(), line)?,
            '"' => double_quoted(&mut rest, word.get_or_insert_default(), line)?,
            '\\' => {
                let kept = rest.next().ok_or_else(|| refused(line, "it ends in a backslash"))?;
                word.get_or_insert_default().push(kept);
            }
            c if SHELL_ONLY.contains(c) => {
                return Err(refused(line, &format!("no shell runs it, so {c:?} has no meaning")));
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn single_quoted(rest: &mut std::str::Chars<'_>, word: &mut String, line: &str) -> Result<()> {
    for next in rest.by_ref() {
        match next {
            '\'' => return Ok(()),
            c => word.push(c),
        }
    }
    Err(refused(line, "a quote is not closed"))
}

fn double_quoted(rest: &mut std::str::Chars<'_>, word: &mut String, line: &str) -> Result<()> {
    while let Some(next) = rest.next() {
        match next {
            '"' => return Ok(()),
            '\\' => match rest.next() {
                Some(kept @ ('"' | '\\')) => word.push(kept),
                Some(other) => word.extend(['\\', other]),
                None => break,
            },
            c => word.push(c),
        }
    }
    Err(refused(line, "a quote is not closed"))
}

fn refused(line: &str, why: &str) -> Error {
    Error::invalid(format!("the command {line:?} can't be split into words: {why}"))
        .with_hint("quote it, put the line into a script, or say exec:sh -c '...'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_gives_words() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            (" \t\n", &[]),
            ("python3 model.py", &["python3", "model.py"]),
            ("  a   b ", &["a", "b"]),
            (r#"a 'b c' "d e" f\ g"#, &["a", "b c", "d e", "f g"]),
            (r#"a '' """#, &["a", "", ""]),
            (r#"x'y'"z""#, &["xyz"]),
            (r#"'\n' "\n" "\"" "\\" \\"#, &[r"\n", r"\n", "\"", "\\", "\\"]),
            (r"sh -c 'echo $HOME | cat'", &["sh", "-c", "echo $HOME | cat"]),
            ("caf\u{e9}\u{a0}\u{1f407}", &["caf\u{e9}", "\u{1f407}"]),
        ];
        for (line, words) in cases {
            assert_eq!(split(line).unwrap(), *words, "{line}");
        }
    }

    #[test]
    fn split_refuses_what_only_a_shell_knows() {
        for line in [
            "'a", "\"a", "\"a\\", "a\\", "a | b", "a;b", "a && b", "a > b", "a < b", "$HOME/a", "`a`", "(a)",
        ] {
            let error = split(line).unwrap_err();
            assert!(error.hint().is_some(), "{line}: {error}");
        }
    }
}
