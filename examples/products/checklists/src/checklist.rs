//! A checklist: what has to be done for a launch, and by what event its use is seen.

use async_trait::async_trait;
use chrono::NaiveDate;
use hedgerow_agent_api::{ObjectKind, ToolContext};
use hedgerow_data_api::Data;
use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// The most items.
const MOST_ITEMS: usize = 100;
/// The longest text of an item or name of an owner, in characters.
const LONGEST_TEXT: usize = 200;

/// All of a checklist but its name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Checklist {
    /// What is launched, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The event that people send who use it; it must exist in the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The day of the launch in UTC, e.g. 2026-05-18; absent while it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "day")]
    #[schemars(with = "Option<String>")]
    pub launched_on: Option<NaiveDate>,
    /// What has to be done, in order. No two have the same text.
    pub items: Vec<ChecklistItem>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecklistItem {
    /// What has to be done, 1 to 200 characters.
    pub text: String,
    /// Who does it: a name or a team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whether it is done.
    #[serde(default)]
    pub done: bool,
}

/// Reads the day of a launch; the date's own error would not say which field it is about.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let read = |text: String| {
        let wrong = || D::Error::custom(format!("launched_on takes a day such as 2026-05-18, not {text:?}"));
        text.parse::<NaiveDate>().map_err(|_| wrong())
    };
    text.map(read).transpose()
}

impl Checklist {
    /// The item with a text; an unknown one is refused with the nearest.
    ///
    /// # Errors
    ///
    /// `unknown_name` where no item has the text.
    pub fn item(&mut self, text: &str) -> Result<&mut ChecklistItem> {
        match self.items.iter().position(|item| item.text == text) {
            Some(position) => Ok(&mut self.items[position]),
            None => Err(Error::unknown(
                "item",
                text,
                self.items.iter().map(|item| item.text.as_str()),
            )),
        }
    }

    /// Refuses items that people could not tell apart or read.
    fn check_items(&self) -> Result<()> {
        if self.items.len() > MOST_ITEMS {
            let message = format!("{} items are more than {MOST_ITEMS}", self.items.len());
            return Err(Error::invalid(message).with_hint("make a checklist for each part of the launch"));
        }
        for (position, item) in self.items.iter().enumerate() {
            check_text("the text", position, &item.text)?;
            if let Some(owner) = &item.owner {
                check_text("the owner", position, owner)?;
            }
            if self.items[..position].iter().any(|earlier| earlier.text == item.text) {
                let message = format!("two items are {:?}", item.text);
                return Err(Error::invalid(message).with_hint("items are ticked by their text: word one anew"));
            }
        }
        Ok(())
    }
}

fn check_text(what: &str, position: usize, text: &str) -> Result<()> {
    let length = text.chars().count();
    if text.trim() == text && (1..=LONGEST_TEXT).contains(&length) {
        return Ok(());
    }
    let message = format!("{what} of item {} is {text:?}", position + 1);
    Err(Error::invalid(message).with_hint(format!(
        "give 1 to {LONGEST_TEXT} characters, without spaces around them"
    )))
}

/// The kind `checklist`.
pub struct Checklists {
    data: Data,
}

impl Checklists {
    /// The kind over engines, which know the events.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data }
    }
}

#[async_trait]
impl ObjectKind for Checklists {
    type Body = Checklist;

    const KIND: &'static str = "checklist";
    const NOUN: &'static str = "checklist";

    async fn settle(&self, ctx: &ToolContext, _: &str, checklist: Checklist) -> Result<Checklist> {
        checklist.check_items()?;
        if let Some(event) = &checklist.event {
            let taxonomy = self.data.store.taxonomy(&ctx.project).await?;
            let known = taxonomy.events.iter().map(|known| known.name.as_str());
            if known.clone().all(|name| name != event) {
                return Err(Error::unknown("event", event, known));
            }
        }
        Ok(checklist)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checklist(texts: &[&str]) -> Checklist {
        let items = texts.iter().map(|text| ChecklistItem {
            text: (*text).to_owned(),
            owner: None,
            done: false,
        });
        Checklist {
            items: items.collect(),
            ..Checklist::default()
        }
    }

    #[test]
    fn items_that_nobody_could_tick_are_refused() {
        let long = "x".repeat(LONGEST_TEXT + 1);
        let cases: [(&[&str], &str); 5] = [
            (&["Write the docs", ""], "the text of item 2"),
            (&[" Write the docs"], "the text of item 1"),
            (&["Write the docs\n"], "the text of item 1"),
            (&[&long], "the text of item 1"),
            (&["Write the docs", "Tell sales", "Write the docs"], "two items are"),
        ];
        for (texts, expected) in cases {
            let error = checklist(texts).check_items().unwrap_err().to_string();
            assert!(error.contains(expected), "{texts:?}: {error}");
        }
        checklist(&["Write the docs", "Tell sales"]).check_items().unwrap();
        assert!(
            checklist(&["x"; MOST_ITEMS + 1])
                .check_items()
                .unwrap_err()
                .to_string()
                .contains("101 items")
        );
    }

    #[test]
    fn day_that_is_none_is_refused_with_its_field() {
        let read = |day: &str| serde_json::from_str::<Checklist>(&format!(r#"{{"launched_on": {day}, "items": []}}"#));
        assert_eq!(
            read(r#""2026-05-18""#).unwrap().launched_on,
            NaiveDate::from_ymd_opt(2026, 5, 18)
        );
        assert_eq!(read("null").unwrap().launched_on, None);
        for day in [r#""next week""#, r#""2026-02-30""#] {
            let error = read(day).unwrap_err().to_string();
            assert!(error.starts_with("launched_on takes a day such as"), "{error}");
        }
    }

    #[test]
    fn unknown_item_is_refused_with_the_nearest() {
        let error = checklist(&["Write the docs", "Tell sales"])
            .item("Tell sale")
            .unwrap_err();
        assert!(error.hint().unwrap().contains("Tell sales"), "{error:?}");
    }
}
