//! The claims of one sentence, each as a figure with its status.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use hedgerow_agent_api::{Claim, Figure, FigureStatus};
use hedgerow_data_api::Unit;
use serde_json::Value;

use super::binding::{self, Ground};
use super::clauses::Sentence;
use super::comparisons::Relation;
use super::evaluation::Evaluated;
use super::literals::{Amount, Literal};
use super::measures::{self, Tie};
use super::ranks;
use super::referencing::{self, Spot};
use super::scan::Kind;
use super::turn::CellAt;
use super::words::{self, Facts, Verdict};
use super::{
    checking, comparisons, computed, nouns, outsiders, rank_words, restrictions, rows, surroundings, vocabulary,
};

/// A figure, where it stands, and what is wrong with it.
pub(super) struct Found {
    pub(super) range: Range<usize>,
    pub(super) figure: Figure,
    pub(super) problem: Option<String>,
}

/// Checks the sentences of an answer.
pub(super) struct Checker<'a> {
    pub(super) ground: Ground<'a>,
    pub(super) evaluated: &'a [Result<Evaluated, String>],
    pub(super) text: &'a str,
    pub(super) ranges: &'a [Range<usize>],
    /// The user's words.
    pub(super) question: &'a str,
    /// The numbers of the question.
    pub(super) asked: Vec<Amount>,
    /// The numbers of the arguments.
    pub(super) given: Vec<Amount>,
}

/// What the numbers of a sentence came to.
#[derive(Default)]
struct Numbers<'e> {
    found: Vec<Found>,
    cells: Vec<(usize, CellAt)>,
    differences: Vec<(usize, &'e Evaluated)>,
    /// Items of differences that the sentence contradicts.
    contradicted: BTreeSet<usize>,
    given: BTreeSet<usize>,
}

impl<'a> Checker<'a> {
    /// The figures of a sentence.
    pub(super) fn check(&self, sentence: &Sentence, earlier: &[Sentence]) -> Vec<Found> {
        let numbers = binding::numbers(&self.ground, sentence);
        let ties = measures::ties(sentence, &numbers);
        let mut known = Numbers::default();
        for (at, item) in sentence.items.iter().enumerate() {
            let tie = ties.get(&at).unwrap_or(&Tie::Nothing);
            match &item.kind {
                Kind::Literal(literal) => self.check_literal(sentence, at, literal, tie, &mut known),
                Kind::Reference(position) => {
                    let spot = Spot {
                        sentence,
                        earlier,
                        at,
                        tie,
                    };
                    self.check_reference(&spot, *position, &mut known);
                }
                Kind::Date(mention) if mention.contradicts_itself(&self.ground.lexicon.years) => {
                    known.found.push(self.unsupported(
                        item.start..item.end,
                        Claim::Literal,
                        "the weekday is not that of the date",
                    ));
                }
                _ => {}
            }
        }
        self.check_words(sentence, &mut known);
        known.found
    }

    fn check_literal(&self, sentence: &Sentence, at: usize, literal: &Literal, tie: &Tie, known: &mut Numbers<'a>) {
        let range = sentence.items[at].start..sentence.items[at].end;
        let bound = checking::bind_literal(&self.ground, sentence, at, literal, tie);
        let is_in = |amounts: &[Amount]| {
            literal.amount.is_some_and(|amount| {
                amounts
                    .iter()
                    .any(|other| (other.float() - amount.float()).abs() <= 0.0)
            })
        };
        let asserted = checking::asserts(&self.ground, sentence, at, tie);
        let asked = is_in(&self.asked) && (bound.is_ok() || !asserted);
        if let (Ok(cell), false) = (&bound, asked) {
            known.cells.push((at, *cell));
            known
                .found
                .push(self.verified(range, Claim::Literal, &[*cell], self.ground.turn.name(*cell)));
            return;
        }
        if asked || (is_in(&self.given) && !asserted) {
            known.given.insert(at);
            let mut found = self.unsupported(range, Claim::Literal, "");
            found.figure.status = FigureStatus::Given;
            found.figure.value = literal.amount.map_or(Value::Null, Amount::json);
            found.figure.unit = if literal.percent { Unit::Percent } else { Unit::None };
            found.problem = None;
            known.found.push(found);
            return;
        }
        let before = self.text[..range.start].to_lowercase();
        let reason = if before.ends_with('#') || before.ends_with(" no. ") {
            "a place is no amount; write it in words, as in \"ranks second by page views\"".to_owned()
        } else {
            bound.err().unwrap_or_default()
        };
        let mut found = self.unsupported(range, Claim::Literal, &reason);
        found.figure.value = literal.amount.map_or(found.figure.value, Amount::json);
        found.figure.unit = if literal.percent { Unit::Percent } else { Unit::None };
        known.found.push(found);
    }

    fn check_reference(&self, spot: &Spot<'_>, position: usize, known: &mut Numbers<'a>) {
        let range = self.ranges[position].clone();
        let expression = super::inner(self.text, &range).to_owned();
        let evaluated = match &self.evaluated[position] {
            Ok(evaluated) => evaluated,
            Err(reason) => {
                let figure = Figure {
                    text: format!("[unverified: {expression}]"),
                    value: Value::Null,
                    unit: Unit::None,
                    status: FigureStatus::Unverified,
                    expression: expression.clone(),
                    cells: Vec::new(),
                    claim: Claim::Reference,
                };
                let problem = Some(format!("`{{{{{expression}}}}}` has no value: {reason}."));
                known.found.push(Found { range, figure, problem });
                return;
            }
        };
        let checked = referencing::check(&self.ground, spot, evaluated);
        if computed::difference(&evaluated.shape).is_some() {
            known.differences.push((spot.at, evaluated));
            if checked.is_err() {
                known.contradicted.insert(spot.at);
            }
        }
        if let (Ok(()), [cell]) = (&checked, evaluated.cells.as_slice())
            && self.ground.turn.cell(*cell).is_number()
        {
            known.cells.push((spot.at, *cell));
        }
        let mut text = evaluated.text.clone();
        let after = self.text[range.end..].trim_start_matches([' ', '\u{a0}']);
        if evaluated.unit == Unit::Percent && !after.starts_with('%') && !has_percent_word(after) {
            text.push('%');
        }
        let figure = Figure {
            text,
            value: evaluated.value.clone(),
            unit: evaluated.unit,
            status: if checked.is_ok() {
                FigureStatus::Verified
            } else {
                FigureStatus::Unverified
            },
            expression: expression.clone(),
            cells: evaluated
                .cells
                .iter()
                .map(|cell| self.ground.turn.cell_ref(*cell))
                .collect(),
            claim: Claim::Reference,
        };
        let problem = checked
            .err()
            .map(|reason| format!("`{{{{{expression}}}}}` does not fit its sentence: {reason}."));
        known.found.push(Found { range, figure, problem });
    }

    fn check_words(&self, sentence: &Sentence, known: &mut Numbers<'a>) {
        let mut found: Vec<Found> = Vec::new();
        let mut flagged: BTreeMap<usize, String> = BTreeMap::new();
        let facts = Facts {
            cells: &known.cells,
            differences: &known.differences,
        };
        let stated = if sentence.asks { 0 } else { sentence.items.len() };
        for at in 0..stated {
            let span = |start: usize| sentence.items[start].start..sentence.items[at].end;
            if let Some(change) = words::change_at(sentence, at) {
                let group = sentence.group_of(at);
                let verdict = if known.contradicted.iter().any(|item| group.contains(item)) {
                    Err("the number beside it is not supported".to_owned())
                } else {
                    words::check(&self.ground, sentence, at, change, &facts)
                };
                found.push(self.word(sentence, at, span(at), verdict));
            } else if let Some((relation, than)) = comparisons::comparison_at(sentence, at) {
                let verdict = self.compare(sentence, at, relation, than, &facts);
                found.push(self.word(sentence, at, span(at), verdict));
            } else if let Some((more, literal)) = self.threshold(sentence, at, known) {
                let verdict = comparisons::check_threshold(&self.ground, sentence, at, more, literal, &facts);
                found.push(self.word(sentence, at, span(at), verdict));
            } else if self.is_own_word(sentence, at, &facts) {
                // "The largest response had {{r1[0].max_bytes}} bytes" ranks no rows.
            } else if let Some(rank) = rank_words::rank_at(sentence, at) {
                let checked = ranks::check(&self.ground, sentence, at, rank, &facts);
                for name in checked.wrong_names {
                    flagged.insert(name, "another row has that rank".to_owned());
                }
                found.push(self.word(sentence, at, span(rank.start), checked.verdict));
            } else if surroundings::is_part_word(sentence, at) {
                let counted = usize::from(vocabulary::number_word(sentence.word_before(at, 1)).is_some());
                found.push(self.word(
                    sentence,
                    at,
                    span(at - counted),
                    Err("write a reference for a part or a multiple".to_owned()),
                ));
            }
        }
        for (name, reason) in flagged {
            let item = &sentence.items[name];
            if let Some(reference) = known.found.iter_mut().find(|found| found.range.start == item.start) {
                reference.figure.status = FigureStatus::Unverified;
                reference.problem = Some(format!("`{}` is not the one: {reason}.", reference.figure.expression));
                continue;
            }
            found.push(self.unsupported(item.start..item.end, Claim::Literal, &reason));
        }
        known.found.append(&mut found);
    }

    /// True for a word of the name of a measure that has one cell alone.
    fn is_own_word(&self, sentence: &Sentence, at: usize, facts: &Facts<'_>) -> bool {
        let group = sentence.group_of(at);
        let mut beside = facts.cells.iter().filter(|(item, _)| group.contains(item));
        rank_words::direction_of(sentence.word(at)).is_some()
            && beside.any(|(_, cell)| {
                rows::is_total(self.ground.turn, cell.table)
                    && nouns::is_own_word(&self.ground, *cell, sentence.word(at))
            })
    }

    /// A comparison with another row, or with all others.
    fn compare(&self, sentence: &Sentence, at: usize, relation: Relation, than: usize, facts: &Facts<'_>) -> Verdict {
        let others = matches!(sentence.word(than + 1), "any" | "all" | "every" | "other" | "others");
        if others && !matches!(relation, Relation::Times(_)) {
            let greatest = relation == Relation::More;
            let rank = rank_words::Rank {
                place: 1,
                greatest,
                start: at,
            };
            return ranks::check(&self.ground, sentence, at, rank, facts).verdict;
        }
        comparisons::check(&self.ground, sentence, at, relation, than, facts)
    }

    /// `more than 1,000` where the question has the number.
    fn threshold<'s>(&self, sentence: &'s Sentence, at: usize, known: &Numbers<'_>) -> Option<(bool, &'s Literal)> {
        let more = comparisons::comparative(sentence.word(at))?;
        let Some(Kind::Literal(literal)) = sentence.kind(at + 2) else {
            return None;
        };
        (sentence.word(at + 1) == "than" && known.given.contains(&(at + 2))).then_some((more, literal))
    }

    fn word(&self, sentence: &Sentence, at: usize, range: Range<usize>, verdict: Verdict) -> Found {
        if self.is_quoted_from_question(&range) {
            let mut found = self.unsupported(range, Claim::Word, "");
            found.figure.status = FigureStatus::Given;
            found.problem = None;
            return found;
        }
        let verdict = verdict.and_then(|cells| {
            let focus = binding::measures_of(&cells);
            let ground = Ground {
                focus: &focus,
                ..self.ground
            };
            if focus.len() == 1
                && surroundings::is_denied(&self.ground, sentence, at) != surroundings::is_denied(&ground, sentence, at)
            {
                return Err("the sentence denies it".to_owned());
            }
            let mut tables = cells.iter().map(|cell| cell.table);
            let restriction = tables.find_map(|table| restrictions::restriction(&ground, sentence, at, table));
            match restriction.or_else(|| outsiders::outsider(&ground, sentence, at, &cells)) {
                Some(word) => Err(format!("the result does not tell apart what `{word}` says")),
                None => Ok(cells),
            }
        });
        match verdict {
            Ok(cells) => {
                let names: Vec<String> = cells.iter().map(|cell| self.ground.turn.name(*cell)).collect();
                let mut found = self.verified(range, Claim::Word, &cells, names.join(", "));
                found.figure.value = Value::String(found.figure.text.clone());
                found.figure.unit = Unit::None;
                found
            }
            Err(reason) => self.unsupported(range, Claim::Word, &reason),
        }
    }

    /// True within quotation marks around words of the question: there a word is named, not used.
    fn is_quoted_from_question(&self, range: &Range<usize>) -> bool {
        const MARKS: [char; 3] = ['"', '“', '”'];
        let before = &self.text[..range.start];
        if before.matches(MARKS).count().is_multiple_of(2) {
            return false;
        }
        let start = before
            .rfind(MARKS)
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        let Some(length) = self.text[start..].find(MARKS) else {
            return false;
        };
        let quoted = words_of(&self.text[start..start + length]);
        let asked = words_of(self.question);
        !quoted.is_empty() && start + length >= range.end && asked.windows(quoted.len()).any(|window| window == quoted)
    }

    fn verified(&self, range: Range<usize>, claim: Claim, cells: &[CellAt], expression: String) -> Found {
        let turn = self.ground.turn;
        let first = cells.first();
        let figure = Figure {
            text: self.text[range.clone()].to_owned(),
            value: first.map_or(Value::Null, |cell| turn.cell(*cell).clone()),
            unit: first.map_or(Unit::None, |cell| turn.unit(*cell)),
            status: FigureStatus::Verified,
            expression,
            cells: cells.iter().map(|cell| turn.cell_ref(*cell)).collect(),
            claim,
        };
        Found {
            range,
            figure,
            problem: None,
        }
    }

    fn unsupported(&self, range: Range<usize>, claim: Claim, reason: &str) -> Found {
        let text = self.text[range.clone()].to_owned();
        let figure = Figure {
            value: Value::String(text.clone()),
            unit: Unit::None,
            status: FigureStatus::Unverified,
            expression: String::new(),
            cells: Vec::new(),
            claim,
            text: text.clone(),
        };
        let reason = if reason.is_empty() {
            "nothing supports it"
        } else {
            reason
        };
        Found {
            range,
            figure,
            problem: Some(format!("\"{text}\" is not supported: {reason}.")),
        }
    }
}

fn words_of(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn has_percent_word(after: &str) -> bool {
    let word: String = after.chars().take_while(|c| c.is_alphabetic()).collect();
    matches!(word.to_lowercase().as_str(), "percent" | "percentage" | "points" | "pp" | "pct" | "per" if word != "per" || after.starts_with("per cent"))
}
