//! What `--model` can say.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use hedgerow_errors::{Code, Error, Result};

/// The models there are, for hints.
const KNOWN: &str = "builtin, scripted:FILE, exec:COMMAND";
/// Kinds that many know from elsewhere.
const NOT_YET: [&str; 2] = ["anthropic", "openai"];

/// The choice of a model, as text `builtin`, `scripted:FILE` or `exec:COMMAND`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelSpec {
    /// The built-in analyst: no model at all.
    Builtin,
    /// Replies from a file, for tests and demonstrations.
    Scripted(PathBuf),
    /// A program that is started once a reply.
    Exec(String),
}

impl FromStr for ModelSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (kind, rest) = text
            .split_once(':')
            .map_or((text, None), |(kind, rest)| (kind, Some(rest.trim())));
        match (kind.trim(), rest) {
            ("builtin", None) => Ok(Self::Builtin),
            ("scripted", Some(file)) if !file.is_empty() => Ok(Self::Scripted(PathBuf::from(file))),
            ("exec", Some(command)) if !command.is_empty() => Ok(Self::Exec(command.to_owned())),
            ("scripted", _) => Err(malformed(text, "the file is missing: scripted:FILE")),
            ("exec", _) => Err(malformed(text, "the program is missing: exec:COMMAND")),
            ("builtin", Some(_)) => Err(malformed(text, "nothing comes after builtin")),
            (provider, _) if NOT_YET.contains(&provider) => {
                let message = format!("the provider {provider} is not part of this version");
                let hint = format!("these models exist: {KNOWN}; a program behind exec: can call any provider");
                Err(Error::new(Code::UnknownName, message).with_hint(hint))
            }
            _ => {
                let hint = format!("these models exist: {KNOWN}");
                Err(Error::new(Code::UnknownName, format!("unknown model {text:?}")).with_hint(hint))
            }
        }
    }
}

impl fmt::Display for ModelSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin => formatter.write_str("builtin"),
            Self::Scripted(file) => write!(formatter, "scripted:{}", file.display()),
            Self::Exec(command) => write!(formatter, "exec:{command}"),
        }
    }
}

fn malformed(text: &str, hint: &str) -> Error {
    Error::invalid(format!("model {text:?} is not complete")).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_reads_what_it_writes() {
        let known = [
            ("builtin", ModelSpec::Builtin),
            ("scripted:a b/c.json", ModelSpec::Scripted("a b/c.json".into())),
            (
                "exec:python3 m.py --x 'a:b'",
                ModelSpec::Exec("python3 m.py --x 'a:b'".to_owned()),
            ),
        ];
        for (text, spec) in known {
            assert_eq!(text.parse::<ModelSpec>().unwrap(), spec);
            assert_eq!(spec.to_string(), text);
        }
    }

    #[test]
    fn spec_refuses_the_rest_with_a_way_out() {
        let refused = [
            ("", "builtin, scripted:FILE, exec:COMMAND"),
            ("gpt", "builtin, scripted:FILE, exec:COMMAND"),
            ("Builtin", "builtin, scripted:FILE, exec:COMMAND"),
            ("anthropic:some-model", "exec:"),
            ("openai", "exec:"),
            ("scripted:", "scripted:FILE"),
            ("scripted", "scripted:FILE"),
            ("exec: ", "exec:COMMAND"),
            ("builtin:x", "nothing comes after"),
        ];
        for (text, hint) in refused {
            let error = text.parse::<ModelSpec>().unwrap_err();
            assert!(error.hint().unwrap().contains(hint), "{text:?}: {error:?}");
        }
        let error = "anthropic:m".parse::<ModelSpec>().unwrap_err();
        assert!(error.message().contains("not part of this version"), "{error}");
    }
}
