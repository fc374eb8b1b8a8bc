//! Understands a question in full, or says what stands in the way.

use crate::chunks::{Item, chunks};
use crate::dates::{Calendar, Doubt};
use crate::intent::{Ask, Condition, Edit, Intent, Measure, Negation, Shape, Trouble};
use crate::knowledge::Knowledge;
use crate::lexicon::Word;
use crate::parser::{Parser, refuse};
use crate::period::{check_hours, coverage};
use crate::shapes::Parts;
use crate::spelling::respelt;
use crate::status_words::UnclearStatus;
use crate::tokens::Token;
use hedgerow_data_api::Math;

/// Properties that one visitor has all the time, so that "visitors who did not ..." can be counted.
pub(crate) const OF_THE_VISITOR: [&str; 4] = ["$browser", "$os", "$is_bot", "$raw_user_agent"];

/// What the tokens of a question mean.
pub(crate) fn parse_tokens(
    question: &str,
    tokens: Vec<Token>,
    knowledge: &Knowledge,
    calendar: &Calendar,
) -> Result<Intent, Trouble> {
    parse_with(question, tokens, knowledge, calendar, true)
}

/// `offers` says whether names that contain an unknown word are looked for; a question that is made of such a name
/// is read without.
pub(crate) fn parse_with(
    question: &str,
    tokens: Vec<Token>,
    knowledge: &Knowledge,
    calendar: &Calendar,
    offers: bool,
) -> Result<Intent, Trouble> {
    let respelt = respelt(question, tokens, knowledge, calendar);
    if !respelt.lookups.is_empty() {
        return Err(Trouble::Lookup(respelt.lookups));
    }
    let tokens = respelt.tokens;
    let chunks = chunks(&tokens, knowledge, calendar);
    let mut parser = Parser {
        question,
        tokens: &tokens,
        knowledge,
        calendar,
        chunks,
        lookups: Vec::new(),
    };
    let conditions = parser.conditions();
    parser.check_unknown(offers)?;
    if !parser.lookups.is_empty() {
        parser.lookups.sort();
        parser.lookups.dedup();
        return Err(Trouble::Lookup(parser.lookups));
    }
    let conditions = unique(conditions?)?;
    parser.read_bare_year();
    parser.check_doubts(&conditions)?;
    let (span, said) = parser.span()?;
    let covered = coverage(&span, knowledge, calendar)?;
    parser.check_distinct_counts()?;
    let is_ranking = parser.is_ranking();
    let split = parser.split()?;
    let (conditions, part) = match parser.share(conditions.clone())? {
        Some(Parts { whole, part, cut }) => (whole, Some((part, cut))),
        None => (conditions, None),
    };
    let of_part = part.iter().flat_map(|(part, _)| part);
    let all: Vec<Condition> = conditions.iter().chain(of_part).cloned().collect();
    let cut = part.as_ref().map(|(_, cut)| *cut);
    let (mut measure, part_event) = parser.measure(is_ranking, &all, cut)?;
    let shape = parser.shape(split, span.single_day().is_some(), &all)?;
    let shape = match (part, shape) {
        (Some((part, _)), Shape::Number) => Shape::Share {
            part,
            event: part_event,
        },
        (Some(_), _) => {
            return Err(refuse(
                "I can give a share of the whole period, not a share split further.",
            ));
        }
        (None, shape) => shape,
    };
    let pages = parser.read_pages(&mut measure, &shape, &all);
    parser.take_generic_properties(&all);
    parser.check_all_taken()?;
    check_properties(&parser, &shape, &all)?;
    check_persons(&parser, &measure, &all)?;
    check_hours(&shape, &span, said, calendar)?;
    let mut notes = respelt.notes;
    notes.extend(span.notes.iter().cloned());
    notes.extend(covered.filter(|covered| !span.notes.contains(covered)));
    notes.extend(all.iter().filter_map(|condition| condition.note.clone()));
    notes.extend(pages.map(str::to_owned));
    if let Shape::Share { event: Some(event), .. } = &shape {
        let name = if event == "$pageview" { "page view" } else { event };
        notes.push(format!(
            "the matching ones are counted by the event \"{name}\", all of them by any event"
        ));
    }
    if measure.math != Math::Total && all.len() > 1 {
        notes.push("all conditions hold for one and the same request".to_owned());
    }
    Ok(Intent {
        measure,
        conditions,
        span,
        shape,
        notes,
    })
}

/// The same condition said twice counts once; two different values of one property can't both hold.
fn unique(conditions: Vec<Condition>) -> Result<Vec<Condition>, Trouble> {
    let mut kept: Vec<Condition> = Vec::new();
    let error_status = |condition: &Condition| {
        let status = condition.filter.value.as_ref().and_then(serde_json::Value::as_u64);
        condition.key() == "status" && condition.is_exact() && status.is_some_and(|status| status >= 400)
    };
    let names_error = conditions.iter().any(error_status);
    for condition in conditions {
        // "404 errors": the noun says nothing that the status does not.
        let general_error = condition.key() == "status" && condition.note.is_some() && condition.negation.is_none();
        if names_error && general_error {
            continue;
        }
        if kept.iter().any(|other| other.filter == condition.filter) {
            continue;
        }
        let exact =
            |one: &Condition| one.is_exact() || matches!(one.filter.operator, hedgerow_data_api::Operator::IsNot);
        let clash = kept.iter().find(|other| {
            other.key() == condition.key()
                && exact(other)
                && exact(&condition)
                && (other.is_exact() || condition.is_exact())
        });
        if let Some(other) = clash {
            return Err(refuse(format!(
                "Both \"{}\" and \"{}\" are asked for, and I can't tell how they go together; join values with \"or\" if \
                 any of them will do.",
                other.words, condition.words
            )));
        }
        kept.push(condition);
    }
    Ok(kept)
}

impl Parser<'_> {
    /// What is unclear is asked, the first doubt first.
    fn check_doubts(&mut self, conditions: &[Condition]) -> Result<(), Trouble> {
        for at in 0..self.chunks.len() {
            let doubt = match &self.chunks[at].item {
                Item::Doubt(doubt) => Some(doubt.clone()),
                Item::UnclearStatus(unclear) => unsettled(unclear, conditions),
                Item::Word(Word::Traffic) if !self.says_how_traffic_is_counted(at) => Some(Doubt {
                    question: "What is meant by traffic?".to_owned(),
                    options: ["requests", "page views", "unique visitors"]
                        .map(str::to_owned)
                        .to_vec(),
                }),
                Item::Word(Word::Traffic) => None,
                Item::Word(Word::Opened) => Some(Doubt {
                    question: format!("How should \"{}\" be counted?", self.text(at)),
                    options: ["requested", "viewed"].map(str::to_owned).to_vec(),
                }),
                _ => continue,
            };
            if let Some(doubt) = doubt {
                return Err(self.ask_about(at, at, doubt));
            }
            self.take(at);
        }
        Ok(())
    }

    /// "traffic, counted in requests", "traffic in page views".
    fn says_how_traffic_is_counted(&self, at: usize) -> bool {
        let is_measure =
            |at: Option<usize>| at.is_some_and(|at| matches!(self.chunks[at].item, Item::Word(Word::Measure(..))));
        let counted_in = (0..self.chunks.len())
            .any(|at| self.chunks[at].item == Item::Word(Word::CountedIn) && is_measure(self.content_from(at + 1)));
        let next = self.content_from(at + 1);
        let joint = next.map(|next| self.stops_between(at, next)).unwrap_or_default();
        counted_in || (is_measure(next) && ["in", "(", "as"].iter().any(|word| joint.first() == Some(word)))
    }

    /// "the pages whose path starts with /blog/": the pages are those of the condition.
    fn take_generic_properties(&mut self, conditions: &[Condition]) {
        for chunk in &mut self.chunks {
            if let Item::Property(key) = &chunk.item {
                chunk.taken |= conditions.iter().any(|condition| condition.key() == key);
            }
        }
    }

    /// The law: nothing may be left over.
    fn check_all_taken(&self) -> Result<(), Trouble> {
        let last = self.chunks.len().checked_sub(1);
        let dangling = last.filter(|_| {
            self.question
                .trim_end()
                .trim_end_matches(['?', '!', '.', ' '])
                .ends_with(" where")
        });
        if dangling.is_some() {
            return Err(refuse("The question ends before it says where."));
        }
        let left: Vec<usize> = (0..self.chunks.len()).filter(|at| !self.chunks[*at].taken).collect();
        if left.is_empty() {
            return Ok(());
        }
        let words: Vec<String> = left.iter().map(|at| format!("\"{}\"", self.text(*at))).collect();
        Err(refuse(format!(
            "I could not use these words of the question: {}.",
            words.join(", ")
        )))
    }
}

/// A property that goes by a known word may still be missing in this project.
fn check_properties(parser: &Parser, shape: &Shape, conditions: &[Condition]) -> Result<(), Trouble> {
    let by = match shape {
        Shape::Series { by, .. } => by.as_deref(),
        Shape::Breakdown { by } | Shape::Top { by, .. } => Some(by.as_str()),
        Shape::Number | Shape::Peak { .. } | Shape::Share { .. } => None,
    };
    let mut keys = conditions.iter().map(Condition::key).chain(by);
    match keys.find(|key| parser.knowledge.property(key).is_none()) {
        Some(missing) => Err(refuse(format!("This project's events have no property {missing}."))),
        None => Ok(()),
    }
}

/// The question about a name for statuses, unless a condition says which statuses are meant.
fn unsettled(unclear: &UnclearStatus, conditions: &[Condition]) -> Option<Doubt> {
    let settles = |condition: &Condition| {
        let value = condition.filter.value.as_ref();
        condition.key() == "status"
            && value.is_some_and(|value| unclear.is_settled_by(condition.filter.operator, value))
    };
    (!conditions.iter().any(settles)).then(|| Doubt {
        question: unclear.question.to_owned(),
        options: unclear.options.iter().map(ToString::to_string).collect(),
    })
}

/// Counting persons or sessions by their events can't say what a person did not do at all, nor that
/// a person did two things.
fn check_persons(parser: &Parser, measure: &Measure, conditions: &[Condition]) -> Result<(), Trouble> {
    if measure.math == Math::Total {
        return Ok(());
    }
    let of_requests: Vec<&Condition> = conditions
        .iter()
        .filter(|condition| !OF_THE_VISITOR.contains(&condition.key()))
        .collect();
    for pair in of_requests.windows(2) {
        let (first, second) = (pair[0].end.min(pair[1].end), pair[0].start.max(pair[1].start));
        let parting = ["and", "but", "also", "who", "that", "plus", ","];
        let parted = parser.tokens[first..second.max(first)]
            .iter()
            .any(|token| parting.iter().any(|word| token.is(word)));
        if parted {
            return Err(refuse(format!(
                "I count {} by single requests, so I can't tell who did two things ({}; {}).",
                measure.noun, pair[0].words, pair[1].words
            )));
        }
    }
    for condition in of_requests {
        if condition.negation == Some(Negation::Clause) {
            return Err(refuse(format!(
                "I count {} by single requests, so I can't tell who never did something ({}).",
                measure.noun, condition.words
            )));
        }
        if condition.and_list {
            let (start, end) = (
                parser.tokens[condition.start].start,
                parser.tokens[condition.end - 1].end,
            );
            let text = parser.question[start..end].replace(" and ", " or ");
            let question = "I can count those with any of these, not those with all of them. Shall I?".to_owned();
            return Err(Trouble::Ask(Ask {
                question,
                options: vec![text],
                edit: Edit::Replace { start, end },
            }));
        }
    }
    Ok(())
}
