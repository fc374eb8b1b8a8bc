//! Conditions that are read from a value: with its property beside it, or standing alone.

use serde_json::{Value, json};

use super::make;
use crate::chunks::{Candidate, Item};
use crate::comparisons::{TextKind, TextTest};
use crate::dates::Doubt;
use crate::intent::{Condition, Trouble};
use crate::lexicon::Word;
use crate::parser::{Parser, refuse};
use crate::status_words;
use crate::tokens::{Kind, whole};

/// Words before a number that make it a status.
const STATUS_BEFORE: [&str; 35] = [
    "error",
    "errors",
    "http",
    "one",
    "into",
    "status",
    "code",
    "codes",
    "returned",
    "return",
    "returns",
    "returning",
    "got",
    "get",
    "gets",
    "gave",
    "give",
    "with",
    "answered",
    "ended",
    "end",
    "were",
    "was",
    "are",
    "is",
    "be",
    "being",
    "as",
    "received",
    "produced",
    "resulted",
    "in",
    "a",
    "an",
    "most",
];

/// Words after a number that make it a status.
const STATUS_AFTER: [&str; 9] = [
    "responses",
    "response",
    "errors",
    "error",
    "requests",
    "request",
    "hits",
    "codes",
    "status",
];

/// True for a text that only a path has there: `/blog/` at its start, `.pdf` at its end.
fn is_of_path(kind: TextKind, text: &str) -> bool {
    text.starts_with('/') || (kind == TextKind::EndsWith && text.starts_with('.'))
}

impl Parser<'_> {
    /// The value at a chunk as one of a property that was named before it.
    pub(super) fn value_of(&mut self, key: &str, at: usize) -> Result<Option<Condition>, Trouble> {
        let Some(chunk) = self.chunks.get(at) else {
            return Ok(None);
        };
        let place = (chunk.start, chunk.end);
        let numeric = self.knowledge.is_number(key);
        let item = chunk.item.clone();
        Ok(match item {
            Item::Value(candidates) => {
                let found = candidates.iter().find(|candidate| candidate.key == key);
                found.map(|candidate| make::exact(key, vec![self.typed(key, &candidate.value)], place))
            }
            Item::Literal if !numeric => {
                let text = self.literal(at);
                self.check_exists(key, &text, at)?;
                Some(make::exact(key, vec![json!(text)], place))
            }
            Item::Number(number) if numeric => {
                let value = whole(number).map_or_else(|| json!(number), |number| json!(number));
                if key == "status" {
                    self.check_exists(key, &value.to_string(), at)?;
                }
                Some(make::exact(key, vec![value], place))
            }
            Item::Status(test) if key == "status" => Some(self.status(&test, at)?),
            Item::NumberTest(test) if numeric && (!test.bytes || key == "bytes") => {
                if key == "status" && self.is_one_status(at) {
                    self.check_exists(key, &test.value.to_string(), at)?;
                }
                Some(make::number(key, &test, place))
            }
            Item::TextTest(test) if !numeric => {
                self.check_text(key, &test.texts, test.kind, at)?;
                make::text(key, &test, place)
            }
            Item::Word(Word::HomePage) if key == "$pathname" => Some(make::exact(key, vec![json!("/")], place)),
            _ => None,
        })
    }

    /// A condition that needs no property beside it, with the position after it.
    pub(super) fn bare_condition(&mut self, at: usize) -> Result<Option<(Condition, usize)>, Trouble> {
        let chunk = &self.chunks[at];
        let place = (chunk.start, chunk.end);
        let item = chunk.item.clone();
        let condition = match item {
            Item::Value(candidates) => return self.bare_value(at, &candidates).map(Some),
            Item::Literal => {
                if let Some(found) = self.text_within(at)? {
                    return Ok(Some(found));
                }
                Some(self.bare_literal(at)?)
            }
            Item::Number(number) => match whole(number) {
                Some(status) if self.is_status_number(at, status) => Some(self.status(&status_words::one(status), at)?),
                _ => None,
            },
            Item::Status(test) if self.knowledge.property("status").is_some() => Some(self.status(&test, at)?),
            Item::NumberTest(test) if test.bytes && self.knowledge.property("bytes").is_some() => {
                Some(make::number("bytes", &test, place))
            }
            // "requests starting with /blog/", "requests ending in .pdf": that is of the page.
            Item::TextTest(test) if test.texts.iter().all(|text| is_of_path(test.kind, text)) => {
                if self.knowledge.property("$pathname").is_none() {
                    return Ok(None);
                }
                self.check_text("$pathname", &test.texts, test.kind, at)?;
                make::text("$pathname", &test, place)
            }
            Item::Word(Word::Bot(is_bot)) if self.knowledge.property("$is_bot").is_some() => {
                let bot = make::bot(place);
                if is_bot { Some(bot) } else { self.human(bot) }
            }
            Item::Word(Word::HomePage) if self.knowledge.property("$pathname").is_some() => {
                self.check_exists("$pathname", "/", at)?;
                Some(make::exact("$pathname", vec![json!("/")], place))
            }
            _ => None,
        };
        let Some(condition) = condition else { return Ok(None) };
        self.take(at);
        Ok(Some((condition, at + 1)))
    }

    fn human(&self, bot: Condition) -> Option<Condition> {
        let mut condition = make::negated(bot, Some(crate::intent::Negation::Noun))?;
        condition.note = Some("humans are taken to be all clients that are not known bots".to_owned());
        Some(condition)
    }

    /// `Firefox`, `Firefox browser`.
    fn bare_value(&mut self, at: usize, candidates: &[Candidate]) -> Result<(Condition, usize), Trouble> {
        let named = match self.item(at + 1) {
            Some(Item::Property(key)) => candidates.iter().find(|candidate| candidate.key == *key),
            _ => None,
        };
        let (candidate, last) = match (named, candidates) {
            (Some(candidate), _) => (candidate, at + 1),
            (None, [candidate]) if candidate.key == "$os" && self.is_machine(at + 1) => (candidate, at + 1),
            (None, [candidate]) => (candidate, at),
            (None, several) => {
                let options = several
                    .iter()
                    .map(|one| format!("{} {}", make::title(&one.key), one.value))
                    .collect();
                let question = format!(
                    "\"{}\" is a value of several properties. Which one do you mean?",
                    self.text(at)
                );
                return Err(self.ask_about(at, at, Doubt { question, options }));
            }
        };
        if last == at {
            self.check_only_meaning(at, candidate)?;
        }
        let place = (self.chunks[at].start, self.chunks[last].end);
        for position in at..=last {
            self.take(position);
        }
        let value = self.typed(&candidate.key, &candidate.value);
        let condition = make::exact(&candidate.key, vec![value], place);
        let names_responses = self.names_requests(at);
        Ok((
            Condition {
                names_responses,
                ..condition
            },
            last + 1,
        ))
    }

    /// "POSTs": the requests with a method, by its name.
    pub(crate) fn names_requests(&self, at: usize) -> bool {
        match self.item(at) {
            Some(Item::Value(candidates)) => candidates
                .iter()
                .any(|one| one.key == "method" && self.text(at).strip_suffix('s') == Some(one.value.as_str())),
            _ => false,
        }
    }

    /// "Windows machines": a noun that says no more than the operating system.
    fn is_machine(&self, at: usize) -> bool {
        const MACHINES: [&str; 12] = [
            "device",
            "devices",
            "machine",
            "machines",
            "computer",
            "computers",
            "pc",
            "pcs",
            "system",
            "systems",
            "box",
            "boxes",
        ];
        self.item(at) == Some(&Item::Unknown) && MACHINES.contains(&self.word(at))
    }

    /// `"google" in the referrer`.
    fn text_within(&mut self, at: usize) -> Result<Option<(Condition, usize)>, Trouble> {
        let is_quoted = self.tokens[self.chunks[at].start].kind == Kind::Quoted;
        let Some(next) = self.content_from(at + 1).filter(|_| is_quoted) else {
            return Ok(None);
        };
        let Some(Item::Property(key)) = self.item(next) else {
            return Ok(None);
        };
        let key = key.clone();
        let joint = self.stops_between(at, next);
        if !matches!(joint[..], ["in"] | ["in", "the"]) || self.knowledge.is_number(&key) {
            return Ok(None);
        }
        let test = TextTest {
            kind: TextKind::Contains,
            texts: vec![self.literal(at)],
        };
        self.check_text(&key, &test.texts, test.kind, at)?;
        let place = (self.chunks[at].start, self.chunks[next].end);
        let condition = make::text(&key, &test, place);
        Ok(condition.map(|condition| {
            self.take(at);
            self.take(next);
            (condition, next + 1)
        }))
    }

    /// A path is a page, a URL a referrer; a quoted text alone does not say what it is of.
    fn bare_literal(&mut self, at: usize) -> Result<Condition, Trouble> {
        let place = (self.chunks[at].start, self.chunks[at].end);
        let key = match self.tokens[place.0].kind {
            Kind::Path => "$pathname",
            Kind::Url => "$referrer",
            _ => {
                let message = format!(
                    "I can't tell which property \"{}\" is a value of; name it beside the value.",
                    self.text(at)
                );
                return Err(refuse(message));
            }
        };
        if self.knowledge.property(key).is_none() {
            return Err(refuse(format!(
                "This project has no property \"{key}\", so I can't filter by \"{}\".",
                self.text(at)
            )));
        }
        let text = self.literal(at);
        self.check_exists(key, &text, at)?;
        Ok(make::exact(key, vec![json!(text)], place))
    }

    fn status(&mut self, test: &status_words::StatusTest, at: usize) -> Result<Condition, Trouble> {
        let place = (self.chunks[at].start, self.chunks[at].end);
        if let Some(number) = test.value.as_u64() {
            let is_exact = test.operator == hedgerow_data_api::Operator::Exact;
            if is_exact {
                self.check_exists("status", &number.to_string(), at)?;
            }
        }
        Ok(make::status(test, place))
    }

    /// True for a number that its neighbours make a status: `returned 404`, `404 responses`.
    fn is_status_number(&self, at: usize, number: u32) -> bool {
        let before = self.chunks[at]
            .start
            .checked_sub(1)
            .map_or("", |before| self.tokens[before].lower.as_str());
        let after = self
            .tokens
            .get(self.chunks[at].end)
            .map_or("", |token| token.lower.as_str());
        let in_negation = matches!(
            at.checked_sub(1).and_then(|before| self.item(before)),
            Some(Item::Word(Word::Negation(_)))
        );
        (100..600).contains(&number)
            && self.knowledge.property("status").is_some()
            && (STATUS_BEFORE.contains(&before)
                || STATUS_AFTER.contains(&after)
                || in_negation
                || self.is_counted_number(at, before, after))
    }

    /// "404 count", "404 by path", "404 yesterday": what is counted is that status, where nothing else is
    /// named to count.
    fn is_counted_number(&self, at: usize, before: &str, after: &str) -> bool {
        let is_measure = |chunk: &crate::chunks::Chunk| matches!(chunk.item, Item::Word(Word::Measure(..)));
        let counted = ["count", "total", "counts"];
        let opens = at == 0 && matches!(self.item(1), Some(Item::Word(Word::By) | Item::Span(_)));
        (opens || counted.contains(&before) || counted.contains(&after)) && !self.chunks.iter().any(is_measure)
    }

    /// The text of a literal, without quotes.
    fn literal(&self, at: usize) -> String {
        self.tokens[self.chunks[at].start].text.clone()
    }

    fn typed(&self, key: &str, value: &str) -> Value {
        if self.knowledge.is_number(key) {
            return value
                .parse::<i64>()
                .map_or_else(|_| json!(value), |number| json!(number));
        }
        match value {
            "true" | "false" if key.starts_with("$is_") => json!(value == "true"),
            text => json!(text),
        }
    }
}
