//! Numbers by reference: evaluates what an answer refers to, and checks what it writes out.
//!
//! A writer refers to cells of this run's results (`{{r1[0].page_views}}`); code evaluates the
//! reference and checks that the sentence around it speaks of those cells. A number written out
//! counts only if it equals one cell whose row and measure are said of it, and a word of direction
//! or rank only if the cells say so. Whatever is in doubt is unverified: a figure that is shown as
//! verified must be right.

mod aggregates;
mod assign;
mod binding;
mod checking;
mod claims;
mod clauses;
mod comparisons;
mod computed;
mod counts;
mod dates;
mod differences;
mod evaluation;
mod exclusions;
mod expression;
mod extremes;
mod filters;
mod lexicon;
mod literals;
mod measures;
mod names;
mod nouns;
mod outsiders;
mod parts;
mod rank_words;
mod ranks;
mod ratios;
mod referencing;
mod render;
mod restrictions;
mod rows;
mod scan;
mod selections;
mod sentences;
mod series;
mod surroundings;
mod turn;
mod uniques;
mod vocabulary;
mod words;

#[cfg(test)]
mod tests;

use std::ops::Range;

use hedgerow_agent_api::{Answer, Claim, Figure, FigureStatus, ResultSnapshot, Segment};
use hedgerow_data_api::Unit;
use serde_json::Value;

use claims::{Checker, Found};
use clauses::Sentence;
use evaluation::Evaluated;
use lexicon::Lexicon;
use literals::Amount;
use scan::{Kind, Source};
use turn::Turn;

/// What follows an unverified figure in the text of an answer.
const MARKER: &str = " [unverified]";

/// What was there before the answer: numbers from it are echoes and no claims.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The user's question.
    pub question: String,
    /// The arguments of this run's calls.
    pub arguments: Vec<Value>,
}

/// An answer with its figures, and what is wrong with them.
#[derive(Debug, Clone, Default)]
pub struct Bound {
    /// The answer.
    pub answer: Answer,
    /// One sentence for each reference without a value, and for each number or word that nothing
    /// supports: what the writer has to repair.
    pub problems: Vec<String>,
}

/// Binds the figures of an answer to the results of the run. `headline` is the reference, without
/// braces, whose figure answers the question; without it the first figure does.
#[must_use]
pub fn bind(text: &str, headline: Option<&str>, results: &[ResultSnapshot], given: &Given) -> Bound {
    // A writer that repairs its answer may repeat the marks of the checker.
    let text = text.replace(MARKER, "");
    let turn = Turn::new(results);
    let lexicon = Lexicon::new(&turn);
    let ranges = sentences::references(&text);
    let evaluated: Vec<Result<Evaluated, String>> = ranges
        .iter()
        .map(|range| expression::parse(inner(&text, range)).and_then(|parsed| evaluation::evaluate(&parsed, &turn)))
        .collect();
    let values: Vec<Option<Evaluated>> = evaluated.iter().map(|value| value.as_ref().ok().cloned()).collect();
    let question = read_question(&lexicon, &given.question);
    let checker = Checker {
        ground: binding::Ground {
            turn: &turn,
            lexicon: &lexicon,
            references: &values,
            question: &question,
            focus: &[],
        },
        evaluated: &evaluated,
        text: &text,
        ranges: &ranges,
        question: &given.question,
        asked: literal_amounts(&question),
        given: given_amounts(&given.arguments),
    };
    let source = Source {
        text: &text,
        references: &ranges,
        lexicon: &lexicon,
    };
    let mut read: Vec<Sentence> = Vec::new();
    let mut found: Vec<Found> = Vec::new();
    for range in sentences::split(&text, &ranges) {
        let asks = text[range.clone()]
            .trim_end_matches(['"', ')', '*', '_', ' ', '\n', '”'])
            .ends_with('?');
        let sentence = Sentence::new(names::settle(scan::scan(&source, range), &lexicon), asks);
        found.extend(checker.check(&sentence, &read));
        read.push(sentence);
    }
    let mut bound = assemble(&text, found);
    if outside(&text, &ranges).contains("{{") {
        bound
            .problems
            .push("A reference has no closing braces `}}`.".to_owned());
    }
    choose_headline(&mut bound, headline);
    bound
}

fn inner<'t>(text: &'t str, range: &Range<usize>) -> &'t str {
    text[range.start + 2..range.end - 2].trim()
}

fn outside(text: &str, ranges: &[Range<usize>]) -> String {
    let mut rest = String::new();
    let mut at = 0;
    for range in ranges {
        rest.push_str(&text[at..range.start]);
        rest.push(' ');
        at = range.end;
    }
    rest.push_str(&text[at..]);
    rest
}

fn read_question(lexicon: &Lexicon, question: &str) -> Sentence {
    let source = Source {
        text: question,
        references: &[],
        lexicon,
    };
    Sentence::new(names::settle(scan::scan(&source, 0..question.len()), lexicon), true)
}

fn literal_amounts(sentence: &Sentence) -> Vec<Amount> {
    let amount = |kind: &Kind| {
        if let Kind::Literal(literal) = kind {
            literal.amount
        } else {
            None
        }
    };
    sentence.items.iter().filter_map(|item| amount(&item.kind)).collect()
}

/// The numbers of arguments: JSON numbers, texts that are numbers, and counts such as `-7d`.
fn given_amounts(arguments: &[Value]) -> Vec<Amount> {
    let mut found = Vec::new();
    let mut open: Vec<&Value> = arguments.iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Number(number) => found.extend(number.as_f64().map(Amount::Fraction)),
            Value::String(text) => {
                let count = text
                    .trim_start_matches('-')
                    .trim_end_matches(['h', 'd', 'w', 'm', 'q', 'y']);
                found.extend(count.parse().ok().map(Amount::Fraction));
            }
            Value::Array(values) => open.extend(values),
            Value::Object(fields) => open.extend(fields.values()),
            Value::Null | Value::Bool(_) => {}
        }
    }
    found
}

/// Puts text and figures together, in the order of the answer.
fn assemble(text: &str, mut found: Vec<Found>) -> Bound {
    found.sort_by_key(|found| found.range.start);
    let mut bound = Bound::default();
    let mut at = 0;
    for Found { range, figure, problem } in found {
        if range.start < at {
            continue;
        }
        push_text(&mut bound.answer, &text[at..range.start]);
        at = range.end;
        bound.answer.text.push_str(&figure.text);
        if figure.status == FigureStatus::Unverified && !is_refused(&figure) {
            bound.answer.text.push_str(MARKER);
        }
        bound.answer.segments.push(Segment::Figure {
            index: bound.answer.figures.len(),
        });
        bound.answer.figures.push(figure);
        bound.problems.extend(problem);
    }
    push_text(&mut bound.answer, &text[at..]);
    bound
}

/// True for a reference without a value, whose text says so itself.
fn is_refused(figure: &Figure) -> bool {
    figure.claim == Claim::Reference && figure.value.is_null() && figure.unit == Unit::None
}

fn push_text(answer: &mut Answer, text: &str) {
    if !text.is_empty() {
        answer.text.push_str(text);
        answer.segments.push(Segment::Text { text: text.to_owned() });
    }
}

fn choose_headline(bound: &mut Bound, headline: Option<&str>) {
    let figures = &bound.answer.figures;
    let bare = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '{' | '}'))
            .collect()
    };
    let verified = |figure: &Figure| figure.status == FigureStatus::Verified;
    let chosen = match headline.map(bare).filter(|wanted| !wanted.is_empty()) {
        Some(wanted) => {
            let position = figures
                .iter()
                .position(|figure| figure.claim == Claim::Reference && bare(&figure.expression) == wanted);
            if position.is_none() {
                bound
                    .problems
                    .push(format!("The headline `{wanted}` is not a reference of the answer."));
            }
            position
        }
        None => figures
            .iter()
            .position(|figure| figure.claim == Claim::Reference && verified(figure))
            .or_else(|| {
                figures
                    .iter()
                    .position(|figure| figure.claim == Claim::Literal && verified(figure))
            }),
    };
    bound.answer.headline = chosen;
}
