//! Rules that call page views alike whose paths differ in a part alone, such as a number.

use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rule for the paths of page views: what a pattern matches is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathCleaningFilter {
    /// A regular expression, replaced wherever it matches: `/orders/[0-9]+`.
    pub regex: String,
    /// What comes in its place: `/orders/:id`. `\1` to `\9` stand for what the groups of the pattern matched, `\0` for
    /// all of it, `\\` for a backslash.
    pub alias: String,
}

impl PathCleaningFilter {
    /// Refuses rules that can't be applied, naming the first by its position; `called` is what the list is called.
    ///
    /// # Errors
    ///
    /// `invalid_argument`.
    pub fn check(rules: &[Self], called: &str) -> Result<()> {
        for (rule, position) in rules.iter().zip(1..) {
            let refused = |why: String| {
                Err(Error::invalid(format!("rule {position} of {called} {why}"))
                    .with_hint(r#"a rule is such as {"regex": "/orders/[0-9]+", "alias": "/orders/:id"}"#))
            };
            if rule.regex.is_empty() {
                return refused("has an empty regex, which matches everywhere".to_owned());
            }
            if let Err(error) = regex::Regex::new(&rule.regex) {
                // The text of a syntax error shows the pattern on lines of its own; its last line is the cause.
                let text = error.to_string();
                let cause = text.lines().last().unwrap_or_default();
                let cause = cause.strip_prefix("error: ").unwrap_or(cause);
                return refused(format!("has the regex {:?}, which is none: {cause}", rule.regex));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_rule_is_named_by_its_position_and_what_is_wrong() {
        let rule = |regex: &str| PathCleaningFilter {
            regex: regex.to_owned(),
            alias: String::new(),
        };
        let said = |rules: &[PathCleaningFilter]| {
            PathCleaningFilter::check(rules, "path_cleaning_filters").map_err(|error| error.message().to_owned())
        };
        assert_eq!(said(&[rule(r"/\d+"), rule("a|b")]), Ok(()));
        let cases = [
            (
                "/(",
                r#"rule 2 of path_cleaning_filters has the regex "/(", which is none: unclosed group"#,
            ),
            (
                "(?=a)",
                "rule 2 of path_cleaning_filters has the regex \"(?=a)\", which is none: look-around, including look-ahead and look-behind, is not supported",
            ),
            (
                "",
                "rule 2 of path_cleaning_filters has an empty regex, which matches everywhere",
            ),
        ];
        for (regex, wanted) in cases {
            assert_eq!(said(&[rule("/a"), rule(regex)]), Err(wanted.to_owned()));
        }
    }
}
