//! A project to ask about: the names and most frequent values of a real access log, and the tools
//! over them.

use std::collections::BTreeMap;

use hedgerow_agent_api::{Message, ModelReply, ModelRequest, Tainted, ToolCallRequest, ToolCard, ToolOutcome};
use hedgerow_data_api::TrendsQuery;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::analyst::next_reply;

#[derive(Deserialize)]
pub(super) struct Project {
    events: Value,
    properties: Value,
    values: BTreeMap<String, Vec<(String, u64)>>,
}

/// What a question led to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ended {
    /// Queries were asked and answered with made-up numbers; the reply to them.
    Answered(Vec<TrendsQuery>, ModelReply),
    Refused(String),
    Asked(String, Vec<String>),
}

impl Project {
    pub(super) fn access_log() -> Self {
        serde_json::from_str(include_str!("taxonomy.json")).unwrap()
    }

    /// A shop that captures events of its own, without page views.
    pub(super) fn shop() -> Self {
        let event = |name: &str| json!({"name": name, "count": 5, "first_seen": "2024-02-01T08:00:00Z", "last_seen": "2024-04-30T20:00:00Z"});
        let property = |key: &str, value_type: &str| json!({"key": key, "column": key, "value_type": value_type, "count": 5, "values_complete": true});
        let values = json!({
            "plan": [["free", 3], ["pro", 2]], "$browser": [["Firefox", 3], ["Chrome", 2]], "amount": [["10", 1]],
        });
        serde_json::from_value(json!({
            "events": [event("purchase"), event("sign_up"), event("$request")],
            "properties": [property("$browser", "string"), property("amount", "integer"), property("plan", "string")],
            "values": values,
        }))
        .unwrap()
    }

    /// Asks a question with a clock.
    pub(super) fn ask(&self, question: &str, now: &str) -> Ended {
        self.go_on(&mut Vec::new(), question, now)
    }

    /// Asks the next question of a conversation.
    pub(super) fn go_on(&self, messages: &mut Vec<Message>, question: &str, now: &str) -> Ended {
        messages.push(Message::User {
            content: question.to_owned(),
        });
        let mut asked = Vec::new();
        for _ in 0..8 {
            let tools = ["read_taxonomy", "query_trends", "ask_user"].map(|name| ToolCard {
                name: name.to_owned(),
                description: String::new(),
                input_schema: Value::Null,
            });
            let request = ModelRequest {
                version: 1,
                system: Vec::new(),
                messages: messages.clone(),
                tools: tools.to_vec(),
                now: now.to_owned(),
                repair: None,
            };
            let reply = next_reply(&request).unwrap();
            if reply.tool_calls.is_empty() {
                return match reply.outcome {
                    hedgerow_agent_api::Outcome::Answered => Ended::Answered(asked, reply),
                    hedgerow_agent_api::Outcome::Refused => Ended::Refused(reply.text),
                };
            }
            messages.push(Message::Assistant {
                content: String::new(),
                tool_calls: reply.tool_calls.clone(),
            });
            for call in &reply.tool_calls {
                let content = self.run(call, &mut asked);
                let handle = (call.name == "query_trends").then(|| format!("r{}", asked.len()));
                let (call_id, name) = (call.id.clone(), call.name.clone());
                messages.push(Message::Tool {
                    call_id,
                    name,
                    handle,
                    outcome: ToolOutcome::Ok,
                    content,
                });
                if call.name == "ask_user" {
                    let options = serde_json::from_value(call.arguments["options"].clone()).unwrap();
                    return Ended::Asked(call.arguments["question"].as_str().unwrap().to_owned(), options);
                }
            }
        }
        panic!("no end to {question:?}");
    }

    fn run(&self, call: &ToolCallRequest, asked: &mut Vec<TrendsQuery>) -> String {
        let arguments = &call.arguments;
        let text = |name: &str| arguments[name].as_str().unwrap_or_default();
        let result = match (call.name.as_str(), text("kind")) {
            ("read_taxonomy", "events") => json!({"kind": "events", "events": self.events, "more": 0}),
            ("read_taxonomy", "properties") => json!({"kind": "properties", "properties": self.properties, "more": 0}),
            ("read_taxonomy", "match") => json!({"kind": "match", "matches": self.matches(text("text"))}),
            ("read_taxonomy", "property_values") => {
                let search = text("search").to_lowercase();
                let values: Vec<Value> = self.values[text("key")]
                    .iter()
                    .filter(|(value, _)| value.to_lowercase().contains(&search))
                    .map(|(value, count)| json!({"value": value, "count": count}))
                    .collect();
                json!({"kind": "property_values", "key": text("key"), "value_type": "string", "values": values,
                    "complete": true})
            }
            ("query_trends", _) => {
                let query: TrendsQuery = serde_json::from_value(arguments.clone()).unwrap();
                asked.push(query.clone());
                return made_up_result(&query, arguments["compareFilter"].is_object());
            }
            ("ask_user", _) => json!("asked"),
            other => panic!("{other:?}"),
        };
        Tainted::new(result.to_string()).fenced()
    }

    /// Every run of up to four words that is a value, or nearly: other marks, or one letter away from it.
    fn matches(&self, text: &str) -> Vec<Value> {
        let words: Vec<&str> = text
            .split(|c: char| c.is_whitespace() || "?,;()\"".contains(c))
            .filter(|word| !word.is_empty())
            .collect();
        let mut found = Vec::new();
        for length in 1..=4 {
            for phrase in words.windows(length).map(|window| window.join(" ")) {
                for (key, values) in &self.values {
                    for (value, _) in values {
                        let same = value.to_lowercase() == phrase.to_lowercase();
                        let (value_letters, letters) = (letters(value), letters(&phrase));
                        let same_letters = !letters.is_empty() && value_letters == letters;
                        if same || same_letters || is_typo(&value_letters, &letters) {
                            let score = match (same, same_letters) {
                                (true, _) => 1.0,
                                (false, true) => 0.95,
                                (false, false) => 0.8,
                            };
                            found.push(
                                json!({"text": phrase, "start": 0, "end": 0, "kind": "value", "key": key,
                                "value": value, "score": score, "exact": same}),
                            );
                        }
                    }
                }
            }
        }
        found
    }
}

/// A text without marks and case, each word in the singular.
fn letters(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let singular = |word: &str| {
        let lower = word.to_lowercase();
        lower
            .strip_suffix('s')
            .filter(|stem| stem.len() > 2)
            .map(str::to_owned)
            .unwrap_or(lower)
    };
    words.map(singular).collect()
}

/// One letter is wrong, missing or too many, or two are swapped; never the first.
fn is_typo(value: &str, word: &str) -> bool {
    let (value, word): (Vec<char>, Vec<char>) = (value.chars().collect(), word.chars().collect());
    if value.len().min(word.len()) < 5 || value == word || value[0] != word[0] {
        return false;
    }
    let same = value.iter().zip(&word).take_while(|(a, b)| a == b).count();
    let (rest_value, rest_word) = (&value[same..], &word[same..]);
    let (skip_value, skip_word) = (rest_value.get(1..), rest_word.get(1..));
    let swapped = matches!((rest_value, rest_word), ([a, b, v @ ..], [c, d, w @ ..]) if a == d && b == c && v == w);
    swapped
        || skip_value == Some(rest_word)
        || Some(rest_value) == skip_word
        || (skip_value.is_some() && skip_value == skip_word)
}

/// A result in the form the tool gives it, with falling numbers.
fn made_up_result(query: &TrendsQuery, compares: bool) -> String {
    let mut columns = Vec::new();
    if !query.trends_filter.display.is_total() {
        columns.push(query.interval.as_str().to_owned());
    }
    if let Some(breakdown) = &query.breakdown_filter {
        columns.push(breakdown.name());
    }
    let labels = columns.len();
    columns.extend(query.series.iter().map(|node| {
        node.custom_name
            .clone()
            .or(node.event.clone())
            .unwrap_or("events".into())
            .replace([' ', '$'], "_")
    }));
    if compares {
        columns.extend(["previous", "change", "change_percent"].map(str::to_owned));
    }
    let rows = if labels == 0 { 1 } else { 3 };
    let mut lines = vec!["made up".to_owned(), format!("row\t{}", columns.join("\t"))];
    for row in 0..rows {
        let cells: Vec<String> = (0..columns.len())
            .map(|column| {
                if column < labels {
                    format!("label {row}")
                } else {
                    (30 - row * 10).to_string()
                }
            })
            .collect();
        lines.push(format!("{row}\t{}", cells.join("\t")));
    }
    let measure = columns.last().unwrap();
    if rows > 1 {
        lines.push(format!("# highest {measure}: 30 in row 0"));
        lines.push(format!("# lowest {measure}: 10 in row 2"));
    }
    Tainted::new(lines.join("\n")).fenced()
}
