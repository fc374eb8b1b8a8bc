//! Holds values against the data: what does not exist is refused or asked about, never counted as 0.

use super::make;
use crate::chunks::Candidate;
use crate::comparisons::TextKind;
use crate::dates::Doubt;
use crate::intent::{Lookup, Trouble};
use crate::parser::{Parser, refuse};

impl Parser<'_> {
    /// A name that stands alone is asked about where it is part of a page or a referrer more often
    /// than it is the value: "favicon" and "Google" are rare browsers, too.
    pub(super) fn check_only_meaning(&mut self, at: usize, candidate: &Candidate) -> Result<(), Trouble> {
        if !["$browser", "$os"].contains(&candidate.key.as_str()) {
            return Ok(());
        }
        let text = candidate.value.clone();
        let own = self.events_with(&candidate.key, &text, |value| value == text);
        let mut others = Vec::new();
        for key in ["$referrer", "$pathname"] {
            if self.knowledge.property(key).is_some() {
                others.push((self.events_with(key, &text, |_| true), key));
            }
        }
        if !others.iter().any(|(count, _)| *count > own) || own.is_none() {
            return Ok(());
        }
        others.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let of_part = others.iter().filter(|(count, _)| count.is_some_and(|count| count > 0));
        let mut options: Vec<String> = of_part
            .map(|(_, key)| format!("{} containing \"{text}\"", make::title(key)))
            .collect();
        options.push(format!("{} {text}", make::title(&candidate.key)));
        let question = format!("\"{text}\" can mean several things here. Which one do you mean?");
        Err(self.ask_about(at, at, Doubt { question, options }))
    }

    /// How many events have a value that contains a text and passes a test; `None` until looked up.
    fn events_with(&mut self, key: &str, text: &str, passes: impl Fn(&str) -> bool) -> Option<u64> {
        let Some(found) = self.knowledge.found(key, text) else {
            self.lookups.push(Lookup {
                key: key.to_owned(),
                search: text.to_owned(),
            });
            return None;
        };
        Some(
            found
                .values
                .iter()
                .filter(|known| passes(&known.value))
                .map(|known| known.count)
                .sum(),
        )
    }

    /// Refuses or asks unless the property has exactly this value.
    pub(super) fn check_exists(&mut self, key: &str, value: &str, at: usize) -> Result<(), Trouble> {
        let Some(found) = self.knowledge.found(key, value) else {
            self.lookups.push(Lookup {
                key: key.to_owned(),
                search: value.to_owned(),
            });
            return Ok(());
        };
        if found.values.iter().any(|known| known.value == value) || !found.complete {
            return Ok(());
        }
        let plain = |text: &str| text.trim_end_matches('/').to_lowercase();
        let alike: Vec<String> = found
            .values
            .iter()
            .map(|known| known.value.clone())
            .filter(|known| plain(known) == plain(value))
            .collect();
        let title = make::title(key);
        if !alike.is_empty() {
            let question = format!("There is no {title} \"{value}\". Did you mean {}?", alike.join(" or "));
            return Err(self.ask_about(
                at,
                at,
                Doubt {
                    question,
                    options: alike,
                },
            ));
        }
        let Some(all) = self.knowledge.found(key, "") else {
            self.lookups.push(Lookup {
                key: key.to_owned(),
                search: String::new(),
            });
            return Ok(());
        };
        let known = found.values.iter().chain(&all.values).map(|known| known.value.as_str());
        // The nearest number is no help, and would stand in the text like a result.
        let limit = if self.knowledge.is_number(key) { 0 } else { 3 };
        let near = hedgerow_errors::nearest(value, known, limit);
        let hint = if near.is_empty() {
            String::new()
        } else {
            format!(" The nearest: {}.", near.join(", "))
        };
        Err(refuse(format!("There is no {title} \"{value}\" in the data.{hint}")))
    }

    /// Refuses unless some value meets the text condition.
    pub(super) fn check_text(&mut self, key: &str, texts: &[String], kind: TextKind, at: usize) -> Result<(), Trouble> {
        for text in texts {
            let Some(found) = self.knowledge.found(key, text) else {
                self.lookups.push(Lookup {
                    key: key.to_owned(),
                    search: text.clone(),
                });
                continue;
            };
            let meets = |value: &str| match kind {
                TextKind::Contains => true,
                TextKind::ContainsAsWritten => value.contains(text.as_str()),
                TextKind::StartsWith => value.starts_with(text.as_str()),
                TextKind::EndsWith => value.ends_with(text.as_str()),
            };
            if found.complete && !found.values.iter().any(|known| meets(&known.value)) {
                let title = make::title(key);
                return Err(refuse(format!(
                    "No {title} in the data is {}.",
                    self.text(at).trim_start_matches("is ")
                )));
            }
        }
        Ok(())
    }
}
