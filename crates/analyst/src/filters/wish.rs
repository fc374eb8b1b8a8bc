//! Along the words: each is part of a condition, joins conditions, or is a listed word without a meaning of its
//! own. A word that is left over means that it is asked or refused.

use hedgerow_data_api::FilterGroup;

use crate::dates::Calendar;
use crate::intent::{Ask, Edit, Trouble};
use crate::tokens::tokenize;

use super::conditions::Condition;
use super::joining::{Joint, Piece, joined};
use super::list::List;
use super::reader::Reader;
use super::words::{noun_end, skip, stop_end};

/// Fields that are named where nothing is understood.
const NAMED: usize = 12;

/// The filter tree that words mean.
pub(super) fn tree(words: &str, list: &List, calendar: &Calendar) -> Result<FilterGroup, Trouble> {
    let tokens = tokenize(words);
    let reader = Reader {
        text: words,
        tokens: &tokens,
        list,
        calendar,
    };
    if is_question(&reader) {
        return Err(Trouble::Refuse(
            "That is a question, and this filters a list. Name what the list shall show.".to_owned(),
        ));
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut previous: Option<Condition> = None;
    // Which part, between commas, names persons, and which has a condition that they change.
    let (mut part, mut of_persons, mut shadowing) = (0, Vec::new(), Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        if let Some(condition) = reader.condition_at(at, previous.as_ref())? {
            if condition.shadows_person {
                shadowing.push((part, condition.field, (at, condition.end)));
            }
            at = condition.end.max(at + 1);
            pieces.push(Piece::Condition(condition.clone()));
            previous = Some(condition);
        } else if let Some((end, joint)) = joint_at(&reader, at) {
            part += usize::from(joint.is_comma());
            pieces.push(Piece::Joint(joint));
            at = end;
        } else if let Some((end, is_person)) = noun_end(&tokens, at, list.list) {
            if is_person {
                of_persons.push(part);
            }
            at = end;
        } else if let Some(end) = stop_end(&tokens, at) {
            at = end;
        } else if at + 1 == tokens.len() && [".", "?", "!"].contains(&tokens[at].text.as_str()) {
            at += 1;
        } else {
            return Err(left_over(&reader, at));
        }
    }
    if let Some((_, field, span)) = shadowing.iter().find(|(part, _, _)| of_persons.contains(part)) {
        return Err(own_or_person(&reader, *field, *span));
    }
    if !pieces.iter().any(|piece| matches!(piece, Piece::Condition(_))) {
        return Err(Trouble::Refuse(format!(
            "That names nothing to filter {} by. {}",
            list.list,
            possible(list)
        )));
    }
    joined(pieces).map_err(|doubt| {
        Trouble::Ask(Ask {
            question: doubt,
            options: Vec::new(),
            edit: Edit::Replace {
                start: 0,
                end: words.len(),
            },
        })
    })
}

/// `Is new-editor active`: a verb in front, and what it is about behind it.
fn is_question(reader: &Reader<'_>) -> bool {
    let asks = ["is", "are", "was", "were", "do", "does", "did"].contains(&reader.word(0));
    let subject = skip(reader.tokens, 1, &["a", "an", "the"]);
    asks && reader.values_at(subject).is_some() && reader.field_at(subject).is_none()
}

/// What joins two conditions.
fn joint_at(reader: &Reader<'_>, at: usize) -> Option<(usize, Joint)> {
    const AND: &[&str] = &["as well as", "and", "but", "plus", "&"];
    if let Some(end) = reader.phrase_end(at, &["either"]) {
        return Some((end, Joint::Either));
    }
    if let Some(end) = reader.phrase_end(at, AND) {
        return Some((end, Joint::And));
    }
    if let Some(end) = reader.phrase_end(at, &["or"]) {
        return Some((end, Joint::Or));
    }
    let after = reader.phrase_end(at, &[",", ";"])?;
    if let Some(end) = reader.phrase_end(after, AND) {
        return Some((end, Joint::CommaAnd));
    }
    if let Some(end) = reader.phrase_end(after, &["or"]) {
        return Some((end, Joint::CommaOr));
    }
    Some((after, Joint::Comma))
}

/// A word that nothing explains: asked where it looks like a value, else refused.
fn left_over(reader: &Reader<'_>, at: usize) -> Trouble {
    let list = reader.list;
    let token = &reader.tokens[at];
    let guesses = || list.matches.iter().filter(|(_, guess)| !guess.exact);
    let near = guesses()
        .filter(|(_, guess)| guess.start < token.end && token.start < guess.end)
        .chain(guesses().filter(|(_, guess)| guess.start >= token.start))
        .map(|(_, guess)| guess)
        .next();
    if let Some(guess) = near {
        let mut options: Vec<String> = Vec::new();
        for (_, other) in guesses().filter(|(_, other)| (other.start, other.end) == (guess.start, guess.end)) {
            if !options.contains(&other.value) {
                options.push(other.value.clone());
            }
        }
        let said = reader.text.get(guess.start..guess.end).unwrap_or(&token.text);
        return Trouble::Ask(Ask {
            question: format!("There is no {said} in the data. Which one do you mean?"),
            options,
            edit: Edit::Replace {
                start: guess.start,
                end: guess.end,
            },
        });
    }
    if let Some(named) = reader.field_at(at) {
        let fields: Vec<String> = named.fields.iter().take(1).map(|field| list.name(*field)).collect();
        return Trouble::Refuse(format!(
            "I can't read what is said of {}, or it has no such value in the data.",
            fields.join(", ")
        ));
    }
    Trouble::Refuse(format!(
        "\"{}\" fits nothing that {} can be filtered by. {}",
        token.text,
        list.list,
        possible(list)
    ))
}

/// "People on the team plan", of a list that has a plan itself.
fn own_or_person(reader: &Reader<'_>, field: usize, span: (usize, usize)) -> Trouble {
    let list = reader.list;
    let key = &list.fields[field].key;
    let question = format!("Is {key} meant that of the {} or that of the person?", list.list);
    reader.ask(question, &[], span)
}

fn possible(list: &List) -> String {
    let own = (0..list.fields.len()).filter(|field| list.is_own(*field) && !list.is_initial(*field));
    let mut names: Vec<&str> = own.map(|field| list.fields[field].key.as_str()).collect();
    let more = names.len() > NAMED;
    names.truncate(NAMED);
    let more = if more { " and more" } else { "" };
    format!("It can be filtered by {}{more}.", names.join(", "))
}
