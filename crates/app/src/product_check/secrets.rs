//! Secrets: they are referred to, never written down.

use hedgerow_declared::Files;

use super::{Check, Findings};

/// What keys of known makers begin with.
const PREFIXES: [&str; 21] = [
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "sk-",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "phx_",
    "glpat-",
    "npm_",
    "pypi-",
    "hf_",
    "eyJ",
];
/// Words before a value that should be a secret.
const WORDS: [&str; 9] = [
    "authorization",
    "api_key",
    "apikey",
    "api-key",
    "password",
    "passwd",
    "secret",
    "token",
    "cookie",
];
/// A random text has so many characters at least.
const SHORTEST: usize = 16;

pub(super) fn check(files: &Files, found: &mut Findings) {
    for file in files.all() {
        for (number, line) in (1..).zip(file.text.lines()) {
            if let Some(what) = secret(line) {
                let message = format!("line {number} holds what looks like a secret ({what})");
                found.add(Check::Secrets, &file.path, message, "refer to it: ${secret:NAME}");
            }
        }
    }
}

/// What a line gives away; the secret itself is not said.
fn secret(line: &str) -> Option<String> {
    if line.contains("-----BEGIN") && line.contains("PRIVATE KEY") {
        return Some("a private key".to_owned());
    }
    let words = || line.split(|letter: char| letter.is_whitespace() || "\"'`={},;?&()[]".contains(letter));
    let beside = named(line).map_or(String::new(), |word| format!(" beside {word}"));
    for word in words() {
        if let Some(prefix) = PREFIXES
            .iter()
            .find(|prefix| word.starts_with(**prefix) && word.len() >= SHORTEST)
        {
            return Some(format!("it begins with {prefix}{beside}"));
        }
        if let Some((_, rest)) = word.split_once("://")
            && let Some((user, _)) = rest.split('/').next().unwrap_or_default().split_once('@')
            && user.contains(':')
        {
            return Some("a password in an address".to_owned());
        }
    }
    let is_random = |word: &str| {
        word.len() >= SHORTEST
            && word
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
            && word.chars().any(|letter| letter.is_ascii_digit())
            && word.chars().any(|letter| letter.is_ascii_alphabetic())
    };
    // A value is what stands behind the word and a mark that sets it.
    let value = named(line).and_then(|word| {
        let (_, rest) = line.split_once(word)?;
        let at = rest.find(['=', ':'])?;
        rest.get(at + 1..)
    });
    let value = value.filter(|value| !value.contains("${"))?;
    let mut of_value = value.split(|letter: char| letter.is_whitespace() || "\"'`{},;".contains(letter));
    of_value.any(is_random).then(|| format!("a random text{beside}"))
}

/// The word of a line that says that a secret follows, as the line has it.
fn named(line: &str) -> Option<&str> {
    let lower = line.to_ascii_lowercase();
    let (at, word) = WORDS.iter().find_map(|word| Some((lower.find(word)?, word)))?;
    line.get(at..at + word.len())
}
