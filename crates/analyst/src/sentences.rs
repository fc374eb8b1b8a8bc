//! Texts of several sentences: a story around one question, or a question with its restrictions.
//!
//! Where every word of the whole is understood, the whole is read as one question. Else each sentence is read by
//! itself: one that only restricts what is counted joins the question if every word of it is consumed; for
//! anything else the reader is asked whether the part that was understood is the whole question.

use chrono::NaiveDate;

use crate::cursor::Cursor;
use crate::dates::words::range_words;
use crate::dates::{Calendar, When, when_at};
use crate::frames::without_purpose;
use crate::intent::{Ask, Edit, Intent, Lookup, Trouble};
use crate::knowledge::Knowledge;
use crate::parse::parse_tokens;
use crate::preamble::without_preamble;
use crate::tokens::{Kind, Token, tokenize};

/// Ways to say that only some are to be counted.
const ONLY: &[&str] = &[
    "only count",
    "only include",
    "only consider",
    "only show",
    "only those from",
    "only",
    "just count",
    "just",
    "count only",
    "include only",
    "consider only",
    "show only",
    "limit it to",
    "limit this to",
    "limit that to",
    "limit the result to",
    "restrict it to",
    "restrict this to",
    "restrict that to",
    "restrict the result to",
    "filter by",
    "filter it by",
    "filter for",
    "filter it to",
    "filter this to",
];

/// Ways to say that some are not to be counted; the grammar of conditions reads them.
const EXCLUDING: &[&str] = &[
    "exclude",
    "excluding",
    "ignore",
    "ignoring",
    "omit",
    "leave out",
    "leaving out",
    "leave aside",
    "disregard",
    "filter out",
    "without",
    "no",
    "not",
    "except",
    "apart from",
    "from",
    "on",
    "with",
];

/// Properties that one visitor has all the time; "only" of others could mean who did nothing else.
const OF_THE_VISITOR: [&str; 4] = ["$browser", "$os", "$is_bot", "$raw_user_agent"];

/// What a text means.
pub(crate) fn parse(question: &str, knowledge: &Knowledge, calendar: &Calendar) -> Result<Intent, Trouble> {
    let tokens = without_purpose(without_preamble(tokenize(question)));
    let reader = Reader {
        question,
        knowledge,
        calendar,
    };
    let whole = reader.read(tokens.clone());
    let sentences = sentences(&tokens);
    match whole {
        Err(Trouble::Refuse(_) | Trouble::Ask(_)) if sentences.len() > 1 => reader.read_each(&sentences, whole),
        whole => whole,
    }
}

struct Reader<'a> {
    question: &'a str,
    knowledge: &'a Knowledge,
    calendar: &'a Calendar,
}

impl Reader<'_> {
    fn read(&self, tokens: Vec<Token>) -> Result<Intent, Trouble> {
        parse_tokens(self.question, tokens, self.knowledge, self.calendar)
    }

    /// Reads each sentence by itself. `whole` is what came of all of them together.
    fn read_each(&self, sentences: &[Vec<Token>], whole: Result<Intent, Trouble>) -> Result<Intent, Trouble> {
        let read: Vec<_> = sentences.iter().map(|tokens| self.read(tokens.clone())).collect();
        let understood: Vec<usize> = (0..read.len()).filter(|at| read[*at].is_ok()).collect();
        let lookups: Vec<Lookup> = read
            .iter()
            .filter_map(|one| match one {
                Err(Trouble::Lookup(lookups)) => Some(lookups.clone()),
                _ => None,
            })
            .flatten()
            .collect();
        if !lookups.is_empty() {
            return Err(Trouble::Lookup(lookups));
        }
        let [at] = understood[..] else {
            return match understood[..] {
                [] => self.read_that_day(sentences).unwrap_or(whole),
                _ => whole,
            };
        };
        let Ok(alone) = &read[at] else { return whole };
        let mut joined = Joined {
            tokens: sentences[at].clone(),
            text: self.text(&sentences[at]),
        };
        let mut left = false;
        for other in (0..sentences.len()).filter(|other| *other != at) {
            // Only what follows the question can say what to leave out of it.
            let complete = match (other > at).then(|| self.join(alone, &mut joined, &sentences[other])) {
                Some(joined) => joined?,
                None => false,
            };
            left |= !complete;
        }
        if !left {
            return self.read(joined.tokens);
        }
        let unclear = |one: &Result<Intent, Trouble>| matches!(one, Err(Trouble::Ask(_)));
        if unclear(&whole) && read.iter().any(unclear) {
            return whole;
        }
        Err(self.ask_whether(joined.text))
    }

    fn ask_whether(&self, part: String) -> Trouble {
        Trouble::Ask(Ask {
            question: "I read only this part of it. Is it the whole question?".to_owned(),
            options: vec![part],
            edit: Edit::Replace {
                start: 0,
                end: self.question.len(),
            },
        })
    }

    /// A sentence about "that day" in a story that names one day: asked about with the day put in.
    fn read_that_day(&self, sentences: &[Vec<Token>]) -> Option<Result<Intent, Trouble>> {
        let (last, story) = sentences.split_last()?;
        let mut days: Vec<_> = story.iter().flat_map(|tokens| self.days(tokens)).collect();
        days.dedup();
        let [day] = days[..] else { return None };
        let at = (1..last.len()).find(|at| last[at - 1].is("that") && last[*at].is("day"))?;
        let first = if at >= 2 && last[at - 2].is("on") {
            at - 2
        } else {
            at - 1
        };
        let start = last.first()?.start;
        let before = &self.question[start..last[first].start];
        let after = &self.question[last[at].end..last.last()?.end];
        let text = format!("{before}{}{after}", range_words(day, day));
        match parse_tokens(&text, tokenize(&text), self.knowledge, self.calendar) {
            Ok(_) => Some(Err(self.ask_whether(text))),
            Err(Trouble::Lookup(lookups)) => Some(Err(Trouble::Lookup(lookups))),
            Err(_) => None,
        }
    }

    /// The days that a sentence names, each by itself.
    fn days(&self, tokens: &[Token]) -> Vec<NaiveDate> {
        let day = |at: usize| match when_at(tokens, at, self.calendar)?.1 {
            When::Span(span) => span.single_day(),
            _ => None,
        };
        (0..tokens.len()).filter_map(day).collect()
    }

    /// Joins a sentence that restricts the question, or its first clause; true where no word of it is left.
    fn join(&self, alone: &Intent, joined: &mut Joined, sentence: &[Token]) -> Result<bool, Trouble> {
        let comma = sentence.iter().position(|token| token.is(","));
        for end in std::iter::once(sentence.len()).chain(comma) {
            let Some(found) = restricted(&joined.tokens, &sentence[..end]) else {
                continue;
            };
            let Restricted { tokens, rest, leads } = found;
            match self.read(tokens.clone()) {
                Ok(intent) if is_restricted(alone, &intent) => {
                    joined.tokens = tokens;
                    let question = joined.text.trim_end_matches(['?', '.', '!', ' ']);
                    joined.text = format!("{question}, {leads}{}", self.text(&rest));
                    return Ok(end == sentence.len());
                }
                Err(Trouble::Lookup(lookups)) => return Err(Trouble::Lookup(lookups)),
                _ => {}
            }
        }
        Ok(false)
    }

    /// The words of a sentence as they were written.
    fn text(&self, tokens: &[Token]) -> String {
        let first = tokens.first().map_or(0, |token| token.start);
        let last = tokens.last().map_or(0, |token| token.end);
        let quote_before = tokens.first().is_some_and(|token| token.kind == Kind::Quoted);
        let quote_after = tokens.last().is_some_and(|token| token.kind == Kind::Quoted);
        let opened = self.question[..first].chars().next_back().filter(|_| quote_before);
        let closed = self.question[last..].chars().next().filter(|_| quote_after);
        let start = first - opened.map_or(0, char::len_utf8);
        let end = last + closed.map_or(0, char::len_utf8);
        self.question[start..end].trim().to_owned()
    }
}

/// A question with the restrictions that were found to belong to it.
struct Joined {
    tokens: Vec<Token>,
    text: String,
}

/// A question with a sentence that begins like a restriction.
struct Restricted {
    tokens: Vec<Token>,
    /// What the sentence adds, without the words that say that it restricts.
    rest: Vec<Token>,
    /// What says so in one sentence.
    leads: &'static str,
}

fn restricted(question: &[Token], sentence: &[Token]) -> Option<Restricted> {
    let mut cursor = Cursor::new(sentence, 0);
    while cursor.eat(&["and", "but", "please", "kindly", ","]).is_some() {}
    let excludes = EXCLUDING.iter().any(|phrase| cursor.clone().eat_phrase(phrase));
    if !excludes {
        cursor.eat_one_of(ONLY)?;
        cursor.eat_one_of(&["those from", "those on", "those using", "the ones from", "the ones on"]);
    }
    let rest = sentence.get(cursor.at..).filter(|rest| !rest.is_empty())?.to_vec();
    let mut tokens = question.to_vec();
    while tokens.last().is_some_and(is_end) {
        tokens.pop();
    }
    let last = tokens.last()?;
    let comma = Token {
        text: ",".to_owned(),
        lower: ",".to_owned(),
        kind: Kind::Symbol,
        start: last.end,
        end: last.end,
    };
    tokens.push(comma);
    tokens.extend(rest.iter().cloned());
    Some(Restricted {
        tokens,
        rest,
        leads: if excludes { "" } else { "limited to " },
    })
}

/// True where a question differs from another by further conditions only.
fn is_restricted(alone: &Intent, with: &Intent) -> bool {
    let kept = alone.conditions.iter().zip(&with.conditions);
    let added = with.conditions.get(alone.conditions.len()..).unwrap_or_default();
    let counts_events = alone.measure.math == hedgerow_data_api::Math::Total;
    !added.is_empty()
        && kept.clone().count() == alone.conditions.len()
        && kept.into_iter().all(|(one, other)| one.filter == other.filter)
        && added
            .iter()
            .all(|one| counts_events || OF_THE_VISITOR.contains(&one.key()))
        && alone.measure == with.measure
        && alone.shape == with.shape
        && alone.span == with.span
}

fn is_end(token: &Token) -> bool {
    token.kind == Kind::Symbol && [".", "?", "!", ":", ";"].contains(&token.text.as_str())
}

/// The sentences of a text, each with its end. A colon parts, too: what stands before it may be a story.
fn sentences(tokens: &[Token]) -> Vec<Vec<Token>> {
    let mut sentences = vec![Vec::new()];
    for (at, token) in tokens.iter().enumerate() {
        if let Some(last) = sentences.last_mut() {
            last.push(token.clone());
        }
        let next = tokens.get(at + 1);
        let apart = next.is_some_and(|next| next.start > token.end);
        // A full stop also ends an abbreviation, so a sentence must begin after it.
        let begins = next.is_some_and(|next| next.text.starts_with(char::is_uppercase));
        if is_end(token) && apart && (token.text != "." || begins) {
            sentences.push(Vec::new());
        }
    }
    let says_something = |sentence: &Vec<Token>| sentence.iter().any(|token| !is_end(token));
    sentences.retain(says_something);
    sentences.into_iter().map(without_purpose).collect()
}
