//! Differences: their order against the words of direction and comparison beside them.

use std::collections::BTreeSet;

use super::assign;
use super::binding::{self, Ground};
use super::clauses::Sentence;
use super::comparisons;
use super::computed;
use super::evaluation::{Evaluated, Linear};
use super::parts::Part;
use super::referencing::{self, Spot};
use super::turn::CellAt;
use super::words::{Change, change_at, in_time};

/// Checks the words of direction beside a difference.
pub(super) fn check_difference(
    ground: &Ground<'_>,
    spot: &Spot<'_>,
    linear: &Linear,
    under: Option<&Linear>,
    evaluated: &Evaluated,
) -> Result<(), String> {
    let sentence = spot.sentence;
    let group = sentence.group_of(spot.at);
    let said = group
        .clone()
        .filter_map(|item| change_at(sentence, item))
        .find(|change| matches!(change, Change::Up | Change::Down | Change::Any));
    if let Some(change) = said {
        return check_order(ground, sentence, spot.at, linear, under, evaluated, change);
    }
    let compares = |item: usize| match sentence.word(item) {
        "above" | "ahead" => Some(true),
        "below" | "behind" => Some(false),
        word => comparisons::comparative(word),
    };
    if let Some(more) = (spot.at + 1..=spot.at + 3).find_map(compares) {
        return check_than(ground, spot, linear, under, evaluated, more);
    }
    if value(evaluated) < 0.0 || under.is_some() {
        // Without a word of direction a sign needs the order of time.
        return check_order(ground, sentence, spot.at, linear, under, evaluated, Change::Any);
    }
    Ok(())
}

fn value(evaluated: &Evaluated) -> f64 {
    evaluated.value.as_f64().unwrap_or_default()
}

/// The later minus the earlier for a rise, the earlier minus the later for a fall, and positive.
pub(super) fn check_order(
    ground: &Ground<'_>,
    sentence: &Sentence,
    at: usize,
    linear: &Linear,
    under: Option<&Linear>,
    evaluated: &Evaluated,
    change: Change,
) -> Result<(), String> {
    let (plus, minus) = computed::two_ends(linear).ok_or("it is not the difference of two cells")?;
    let ordered = in_time(ground, &[plus, minus], true)?;
    let later = ordered[1];
    let right = match change {
        Change::Up => later == plus && value(evaluated) > 0.0,
        Change::Down => later == minus && value(evaluated) > 0.0,
        _ => later == plus,
    };
    if !right {
        return Err("the difference is the wrong way round for the words beside it".to_owned());
    }
    if under.is_some_and(|under| under.single() != Some(ordered[0])) {
        return Err("a change is divided by the earlier cell".to_owned());
    }
    // "from 19 May to 18 May" against the order of time.
    let time = ground
        .turn
        .dimensions(plus.table)
        .into_iter()
        .find(|column| ground.turn.is_time(plus.table, *column));
    let marks = time
        .map(|time| binding::marks(ground, sentence, plus.table, Some(time)))
        .unwrap_or_default();
    let group = sentence.group_of(at);
    let spoken: Vec<&binding::LabelMark> = marks.iter().filter(|mark| group.contains(&mark.item)).collect();
    if let ([first, second], Some(time)) = (spoken.as_slice(), time) {
        let earlier = ground.turn.text(CellAt {
            column: time,
            ..ordered[0]
        });
        if assign::is_span(sentence, first.item, second.item) && !first.names(&earlier) {
            return Err("the sentence has the times the wrong way round".to_owned());
        }
        let swapped = first.names(&earlier) && second.part == Part::Comparand;
        let unsaid = second.names(&earlier) && first.part == Part::Comparand;
        if swapped || unsaid {
            return Err("the sentence compares the other way round".to_owned());
        }
    }
    Ok(())
}

/// `{{a - b}} more visitors than Firefox`: the subject minus what it is compared with.
fn check_than(
    ground: &Ground<'_>,
    spot: &Spot<'_>,
    linear: &Linear,
    under: Option<&Linear>,
    evaluated: &Evaluated,
    more: bool,
) -> Result<(), String> {
    let (plus, minus) = computed::two_ends(linear).ok_or("it is not the difference of two cells")?;
    let (subject, base) = if more { (plus, minus) } else { (minus, plus) };
    let fits = ground.turn.dimensions(plus.table).into_iter().all(|column| {
        let text = |cell: CellAt| ground.turn.text(CellAt { column, ..cell });
        if text(plus) == text(minus) {
            return true;
        }
        let spoken = referencing::spoken(ground, spot, plus.table, column);
        let is = |part: Part, cell: CellAt| {
            referencing::named(&spoken, part).is_some_and(|texts| texts == BTreeSet::from([text(cell)]))
        };
        is(Part::Subject, subject) && is(Part::Comparand, base)
    });
    if !fits || value(evaluated) <= 0.0 {
        return Err("the difference is the wrong way round for the words beside it".to_owned());
    }
    if under.is_some_and(|under| under.single() != Some(base)) {
        return Err("a comparison is divided by what it compares with".to_owned());
    }
    Ok(())
}
