//! Questions worth asking, made from what the data really holds.

use chrono::{DateTime, Utc};
use hedgerow_agent_api::Suggestion;
use hedgerow_data_api::Taxonomy;
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;

use crate::App;

/// How many questions are suggested.
const SUGGESTIONS: usize = 4;
/// How many of them are products' own.
const OF_PRODUCTS: usize = 2;

impl App {
    /// Up to four questions that this project's data can answer; none while it is empty. At most two of them are
    /// those that products offer: on a page those for it come first, and those for other pages are left out.
    pub async fn suggestions(&self, project: &ProjectId, page: Option<&str>) -> Result<Vec<String>> {
        let taxonomy = self.taxonomy(project).await?;
        if taxonomy.events.is_empty() {
            return Ok(Vec::new());
        }
        let registry = self.seen(Some(project)).await?;
        let mut offered: Vec<&Suggestion> = registry
            .products()
            .flat_map(|product| &product.suggestions)
            .filter(|suggestion| is_for(suggestion, page))
            .collect();
        offered.sort_by_key(|suggestion| suggestion.page.is_none());
        let mut questions: Vec<String> = offered
            .into_iter()
            .filter(|suggestion| missing(suggestion, &taxonomy).next().is_none())
            .take(OF_PRODUCTS)
            .map(|suggestion| suggestion.text.clone())
            .collect();
        questions.extend(suggest(&taxonomy));
        let mut seen = std::collections::BTreeSet::new();
        questions.retain(|question| seen.insert(question.clone()));
        questions.truncate(SUGGESTIONS);
        Ok(questions)
    }
}

/// Whether a suggestion is offered on a page. One for a page is offered on those below it, too; without a page, only
/// those for every page are.
fn is_for(suggestion: &Suggestion, page: Option<&str>) -> bool {
    let Some(wanted) = suggestion.page.as_deref() else {
        return true;
    };
    let plain = |path: &str| path.trim_matches('/').to_owned();
    let (wanted, page) = (plain(wanted), page.map(plain));
    page.is_some_and(|page| page == wanted || page.starts_with(&format!("{wanted}/")))
}

/// The events that a suggestion needs and that a project does not have.
pub(crate) fn missing<'s>(suggestion: &'s Suggestion, taxonomy: &'s Taxonomy) -> impl Iterator<Item = &'s str> {
    let needs = suggestion.needs.iter().map(String::as_str);
    needs.filter(|name| taxonomy.event(name).is_none())
}

/// Each question is asked only where the events and properties that it needs are there. Days are
/// taken from the data, since a question about a time without data would be refused.
fn suggest(taxonomy: &Taxonomy) -> Vec<String> {
    let has = |key: &str| taxonomy.property(key).is_some();
    let mut questions = Vec::new();
    if let Some(views) = taxonomy.event("$pageview") {
        questions.push(format!("How many page views did we get on {}?", day(views.last_seen)));
        if has("$pathname") {
            questions.push("Which page was viewed most?".to_owned());
        }
        questions.push(series("page views", views.first_seen, views.last_seen));
    }
    if let Some((first, last)) = taxonomy.span() {
        if has("$browser") {
            questions.push("What is the most common browser, counting unique visitors?".to_owned());
        }
        questions.push(format!("How many unique visitors did we have on {}?", day(last)));
        questions.push(series("events", first, last));
        questions.push(format!("How many sessions were there on {}?", day(last)));
        questions.push(format!("How many events were there on {}?", day(last)));
    }
    questions.truncate(SUGGESTIONS);
    questions
}

/// A series over the whole span, in steps that give a readable number of points.
fn series(what: &str, first: DateTime<Utc>, last: DateTime<Utc>) -> String {
    let days = (last.date_naive() - first.date_naive()).num_days();
    match days {
        0 => format!("Show me {what} per hour on {}", day(last)),
        1..=45 => format!("Daily {what} from {} to {}", day(first), day(last)),
        46..=200 => format!("Weekly {what} from {} to {}", day(first), day(last)),
        _ => format!("Monthly {what} from {} to {}", day(first), day(last)),
    }
}

fn day(time: DateTime<Utc>) -> String {
    time.format("%-d %B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use hedgerow_data_api::{EventDefinition, PropertyDefinition, ValueType};

    use super::*;

    fn event(name: &str, first: &str, last: &str) -> EventDefinition {
        let time = |text: &str| text.parse().unwrap();
        EventDefinition {
            name: name.to_owned(),
            count: 5,
            first_seen: time(first),
            last_seen: time(last),
        }
    }

    fn property(key: &str) -> PropertyDefinition {
        let (key, column) = (key.to_owned(), key.to_owned());
        PropertyDefinition {
            key,
            column,
            value_type: ValueType::String,
            count: 1,
            values_complete: true,
        }
    }

    #[test]
    fn a_suggestion_for_a_page_is_offered_there_only() {
        let suggestion = |page: Option<&str>| Suggestion {
            text: "Which flags are on?".to_owned(),
            page: page.map(str::to_owned),
            needs: Vec::new(),
        };
        for page in [None, Some("/"), Some("/objects/feature_flag")] {
            assert!(is_for(&suggestion(None), page));
        }
        let flags = suggestion(Some("/objects/feature_flag"));
        for (page, expected) in [
            (None, false),
            (Some("/"), false),
            (Some("/objects/feature_flags"), false),
            (Some("/objects/feature_flag/"), true),
            (Some("objects/feature_flag/beta"), true),
        ] {
            assert_eq!(is_for(&flags, page), expected, "{page:?}");
        }
    }

    #[test]
    fn suggestions_name_only_what_exists() {
        let events = vec![
            event("$pageview", "2015-05-17T10:05:00Z", "2015-05-20T21:05:00Z"),
            event("$request", "2015-05-16T10:05:00Z", "2015-05-21T21:05:00Z"),
        ];
        let properties = vec![property("$browser"), property("$pathname")];
        let full = Taxonomy {
            snapshot_id: 1,
            events,
            properties,
        };
        let expected = [
            "How many page views did we get on 20 May 2015?",
            "Which page was viewed most?",
            "Daily page views from 17 May 2015 to 20 May 2015",
            "What is the most common browser, counting unique visitors?",
        ];
        assert_eq!(suggest(&full), expected);

        let events = vec![event("sign up", "2024-03-01T00:00:00Z", "2024-03-01T05:00:00Z")];
        let bare = Taxonomy {
            snapshot_id: 1,
            events,
            properties: Vec::new(),
        };
        let expected = [
            "How many unique visitors did we have on 1 March 2024?",
            "Show me events per hour on 1 March 2024",
            "How many sessions were there on 1 March 2024?",
            "How many events were there on 1 March 2024?",
        ];
        assert_eq!(suggest(&bare), expected);
        assert!(suggest(&Taxonomy::default()).is_empty());
    }
}
