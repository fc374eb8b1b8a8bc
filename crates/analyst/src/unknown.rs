//! Words the analyst does not know: a near name is offered, else the question is refused.

mod within;

use crate::chunks::Item;
use crate::commands::names_objects;
use crate::cursor::Cursor;
use crate::dates::Doubt;
use crate::intent::{Lookup, Trouble};
use crate::lexicon::Word;
use crate::parser::{Parser, refuse};

/// How alike a name must be to be offered.
const ALIKE: f64 = 0.7;

/// Where something is found that is no question about events.
fn elsewhere(word: &str) -> Option<&'static str> {
    match word {
        "undo" | "revert" => Some("A change is taken back in the history, or with `hedgerow runs undo`."),
        word if names_objects(word) => {
            Some("What people and agents made is listed on its page, and by `hedgerow objects list`.")
        }
        _ => None,
    }
}

impl Parser<'_> {
    /// Refuses, or asks where one unknown name is near a known one.
    pub(crate) fn check_unknown(&mut self, offers: bool) -> Result<(), Trouble> {
        let unknown: Vec<usize> = (0..self.chunks.len()).filter(|at| self.is_unknown(*at)).collect();
        let (Some(first), Some(last)) = (unknown.first().copied(), unknown.last().copied()) else {
            return Ok(());
        };
        let in_one_place = last - first + 1 == unknown.len();
        if in_one_place && let Some(options) = self.near(first, last) {
            let options = options?;
            if !options.is_empty() {
                let question = format!("I don't know \"{}\". Do you mean one of these?", self.run(first, last));
                return Err(self.ask_about(first, last, Doubt { question, options }));
            }
        }
        if offers && unknown.len() == 1 {
            self.offer_names_with(first)?;
        }
        let words: Vec<String> = unknown.iter().map(|at| format!("\"{}\"", self.text(*at))).collect();
        let elsewhere = unknown.iter().find_map(|at| elsewhere(self.word(*at)));
        let elsewhere = elsewhere.map_or_else(String::new, |place| format!(" {place}"));
        Err(refuse(format!(
            "I don't know what to make of {}.{elsewhere}",
            words.join(", ")
        )))
    }

    fn is_unknown(&self, at: usize) -> bool {
        let chunk = &self.chunks[at];
        let counts_ranking = || {
            let beside = [at.checked_sub(1), Some(at + 1)];
            let is_top =
                |position: &usize| matches!(self.item(*position), Some(Item::Word(Word::Top(_) | Word::Popular)));
            let before_ranked = self.is_ranking() && matches!(self.item(at + 1), Some(Item::Property(_)));
            (beside.into_iter().flatten().any(|position| is_top(&position)) || before_ranked)
                && Cursor::new(self.tokens, chunk.start).eat_count().is_some()
        };
        chunk.item == Item::Unknown && !chunk.taken && !counts_ranking()
    }

    fn run(&self, first: usize, last: usize) -> String {
        let (start, end) = self.bytes(first, last);
        self.question[start..end].to_owned()
    }

    /// Names near an unknown one; `None` where there are none. A name after "from" may be part of a referrer.
    fn near(&self, first: usize, last: usize) -> Option<Result<Vec<String>, Trouble>> {
        let text = self.run(first, last);
        let lower = text.to_lowercase();
        let after_from = first > 0 && ["from", "via"].contains(&self.word(first - 1));
        if after_from && self.knowledge.property("$referrer").is_some() {
            let key = "$referrer".to_owned();
            let Some(found) = self.knowledge.found(&key, &text) else {
                return Some(Err(Trouble::Lookup(vec![Lookup { key, search: text }])));
            };
            let exact = found.values.iter().take(2).map(|known| known.value.clone());
            let containing = (!found.values.is_empty()).then(|| format!("a referrer containing \"{text}\""));
            return Some(Ok(containing.into_iter().chain(exact).collect()));
        }
        let alike = self
            .knowledge
            .matches
            .iter()
            .filter(|found| found.score >= ALIKE && found.span.to_lowercase() == lower);
        let names = alike.filter_map(|found| match found.kind.as_str() {
            "value" => found.value_text(),
            _ => found
                .key
                .clone()
                .map(|key| key.trim_start_matches('$').replace('_', " ")),
        });
        let mut options: Vec<String> = Vec::new();
        for name in names.filter(|name| name.to_lowercase() != lower) {
            if !options.contains(&name) {
                options.push(name);
            }
        }
        options.truncate(6);
        (!options.is_empty()).then_some(Ok(options))
    }
}
