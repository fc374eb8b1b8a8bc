//! Names of the data that contain a word nobody knows: "pricing" in `/pricing`, "google" in a referrer.
//!
//! They are offered, never assumed, and only in a form with which the question is understood.

use hedgerow_data_api::ValueList;

use crate::chunks::Item;
use crate::intent::{Edit, Lookup, Trouble};
use crate::knowledge::{Knowledge, Match};
use crate::lexicon::Word;
use crate::parse::parse_with;
use crate::parser::Parser;
use crate::tokens::{Kind, tokenize};

/// Where names are looked for.
const KEYS: [&str; 5] = ["$pathname", "$browser", "$os", "$referrer", "$raw_user_agent"];

/// A shorter word is in too many names, and the most names of one property that are offered.
const SHORTEST: usize = 4;
const NAMES: usize = 2;

/// A name that could be meant.
struct Name {
    /// The words to ask with.
    text: String,
    /// The value, where it goes by its bare name.
    value: Option<Match>,
}

impl Parser<'_> {
    /// Asks whether a name that contains the word at a chunk is meant.
    pub(super) fn offer_names_with(&self, at: usize) -> Result<(), Trouble> {
        let word = self.text(at).to_owned();
        let is_word = self.tokens[self.chunks[at].start].kind == Kind::Word;
        if !is_word || word.chars().count() < SHORTEST || !word.chars().all(char::is_alphanumeric) {
            return Ok(());
        }
        let keys: Vec<&str> = KEYS
            .into_iter()
            .filter(|key| self.knowledge.property(key).is_some())
            .collect();
        let lookup = |key: &&str| Lookup {
            key: (*key).to_owned(),
            search: word.clone(),
        };
        let missing: Vec<Lookup> = keys
            .iter()
            .map(lookup)
            .filter(|lookup| !self.knowledge.values.contains_key(lookup))
            .collect();
        if !missing.is_empty() {
            return Err(Trouble::Lookup(missing));
        }
        let names: Vec<Name> = keys.iter().flat_map(|key| self.names(key, &word)).collect();
        for (start, end, before) in self.places(at) {
            let understood = |name: &&Name| self.is_understood(start, end, &format!("{before}{}", name.text), name);
            let options: Vec<String> = names
                .iter()
                .filter(understood)
                .map(|name| format!("{before}{}", name.text))
                .take(6)
                .collect();
            if !options.is_empty() {
                return Err(Trouble::Ask(crate::intent::Ask {
                    question: format!("I don't know \"{word}\". Do you mean one of these?"),
                    options,
                    edit: Edit::Replace { start, end },
                }));
            }
        }
        Ok(())
    }

    /// The names of a property that contain the word as a part of their own.
    fn names(&self, key: &str, word: &str) -> Vec<Name> {
        let lower = word.to_lowercase();
        let Some(found) = self.knowledge.found(key, word) else {
            return Vec::new();
        };
        let values = found.values.iter().map(|known| known.value.as_str());
        let matching = values.filter(|value| match key {
            "$pathname" => last_part(value).as_ref() == Some(&lower),
            "$referrer" => host(value).split('.').any(|label| label == lower),
            _ => value
                .to_lowercase()
                .split(|c: char| !c.is_alphanumeric())
                .any(|part| part == lower),
        });
        let containing = |noun: &str| Name {
            text: format!("a {noun} containing \"{word}\""),
            value: None,
        };
        let by_name = |value: &str| Name {
            text: value.to_owned(),
            value: (key != "$pathname").then(|| Match {
                span: value.to_owned(),
                kind: "value".to_owned(),
                key: Some(key.to_owned()),
                value: Some(value.into()),
                score: 1.0,
            }),
        };
        match key {
            "$referrer" => matching.take(1).map(|_| containing("referrer")).collect(),
            "$raw_user_agent" => matching.take(1).map(|_| containing("user agent")).collect(),
            _ => matching.take(NAMES).map(by_name).collect(),
        }
    }

    /// Where a name can stand, and what leads to it: with the noun after the word, in place of the word alone, or
    /// with the preposition or verb before it.
    fn places(&self, at: usize) -> Vec<(usize, usize, String)> {
        let (start, end) = self.bytes(at, at);
        let mut places = Vec::new();
        if let Some(Item::Word(Word::Measure(..))) = self.item(at + 1) {
            places.push((
                start,
                self.bytes(at + 1, at + 1).1,
                format!("{} with ", self.text(at + 1)),
            ));
        }
        places.push((start, end, String::new()));
        let joins = ["on", "from", "with", "via", "used", "use", "using"];
        if let Some(before) = at.checked_sub(1).filter(|before| joins.contains(&self.word(*before))) {
            let start = self.bytes(before, before).0;
            places.push((start, end, "with ".to_owned()));
            places.push((start, end, "had ".to_owned()));
        }
        places
    }

    fn is_understood(&self, start: usize, end: usize, text: &str, name: &Name) -> bool {
        let question = format!("{}{text}{}", &self.question[..start], &self.question[end..]);
        let mut knowledge: Knowledge = self.knowledge.clone();
        knowledge.matches.extend(name.value.clone());
        // What was found once need not be looked up again to read the question.
        let found: Vec<_> = self
            .knowledge
            .values
            .iter()
            .map(|(lookup, list)| (lookup.key.clone(), list))
            .collect();
        for (key, list) in found {
            let search = name.text.clone();
            let values = list.values.iter().filter(|known| known.value == search);
            let values: Vec<_> = values.cloned().collect();
            if !values.is_empty() {
                let list = ValueList { values, complete: true };
                knowledge.values.insert(Lookup { key, search }, list);
            }
        }
        let first = self.tokens.first().map_or(0, |token| token.start);
        let last = self.tokens.last().map_or(0, |token| token.end) + question.len() - self.question.len();
        let tokens = tokenize(&question)
            .into_iter()
            .filter(|token| token.start >= first && token.end <= last)
            .collect();
        match parse_with(&question, tokens, &knowledge, self.calendar, false) {
            Ok(_) => true,
            // The value was found, so it will be found again.
            Err(Trouble::Lookup(lookups)) => !lookups.is_empty(),
            Err(_) => false,
        }
    }
}

/// The last part of a page's path without its ending: `pricing` of `/de/pricing.html`. A style sheet is no page.
fn last_part(path: &str) -> Option<String> {
    let last = path.trim_end_matches('/').rsplit('/').next()?.to_lowercase();
    match last.split_once('.') {
        None => Some(last),
        Some((name, "html" | "htm" | "xhtml" | "php")) => Some(name.to_owned()),
        Some(_) => None,
    }
}

/// The host of a URL.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', ':']).next().unwrap_or_default().to_lowercase()
}
