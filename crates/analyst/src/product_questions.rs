//! Questions about what people do one after another, and again: funnels, retention, lifecycle, stickiness, compared
//! periods, averages, active users, and what comes next.
//!
//! The question is taken into pieces (`pieces`, with `phrases` and `events`), the pieces say of which kind it is, and
//! the kind reads them into a query (`funnel`, `retention`, ...). The law holds here, too: a piece that the kind has no
//! place for stops the answer, so that no condition is ever dropped. One query answers, and `answer` refers to its cells.

mod answer;
mod averages;
mod compare;
mod events;
mod funnel;
mod lifecycle;
mod phrases;
mod pieces;
mod plan;
mod ranked;
mod retention;
mod slips;
mod stems;
mod steps;

use hedgerow_agent_api::{ModelReply, ModelRequest};
use hedgerow_errors::Result;

use crate::analyst::{calls, failure};
use crate::conversation::Turn;
use crate::dates::Calendar;
use crate::frames::without_purpose;
use crate::intent::Trouble;
use crate::knowledge::Knowledge;
use crate::preamble::without_preamble;
use crate::refusal;
use crate::results::Shown;
use crate::tokens::tokenize;
use pieces::{Piece, Pieces};
pub(crate) use plan::Plan;

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Funnel,
    Retention,
    Lifecycle,
    Stickiness,
    Compare,
    PerPerson,
    OfProperty,
    Active,
    Next,
    Top,
}

/// How sure it is that a question is one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// No other reading can be right.
    Sure,
    /// The grammar of counts may read it; this one where that can't.
    Perhaps,
}

/// What a question of these kinds means, and how sure it is that it is one; `None` where it is none.
pub(crate) fn read(
    question: &str,
    knowledge: &Knowledge,
    calendar: &Calendar,
) -> Option<(Claim, std::result::Result<Plan, Trouble>)> {
    let tokens = without_purpose(without_preamble(tokenize(question)));
    if tokens.is_empty() {
        return None;
    }
    let mut pieces = Pieces::read(question, tokens, knowledge, calendar);
    let (kind, claim) = kind(&pieces)?;
    let plan = pieces.read_conditions().and_then(|()| {
        if pieces.has(|piece| *piece == Piece::Negation) {
            // Who did not do something is another question than any of these.
            pieces.check_all_taken()?;
        }
        of_kind(kind, &mut pieces)
    });
    let notes = pieces.notes;
    let plan = plan.map(|mut plan| {
        plan.notes.splice(0..0, notes);
        plan
    });
    Some((claim, plan))
}

fn of_kind(kind: Kind, pieces: &mut Pieces<'_>) -> std::result::Result<Plan, Trouble> {
    match kind {
        Kind::Funnel => funnel::read(pieces),
        Kind::Retention => retention::read(pieces),
        Kind::Lifecycle => lifecycle::read_lifecycle(pieces),
        Kind::Stickiness => lifecycle::read_stickiness(pieces),
        Kind::Compare => compare::read(pieces),
        Kind::PerPerson => averages::read_per_person(pieces),
        Kind::OfProperty => averages::read_of_property(pieces),
        Kind::Active => averages::read_active(pieces),
        Kind::Next => ranked::read_next(pieces),
        Kind::Top => ranked::read_top(pieces),
    }
}

/// The kind of a question, by the pieces that only one kind has.
fn kind(pieces: &Pieces<'_>) -> Option<(Kind, Claim)> {
    let events = pieces.events();
    let has = |test: fn(&Piece) -> bool| pieces.has(test);
    let sure = |kind: Kind| Some((kind, Claim::Sure));
    let follows = has(|piece| matches!(piece, Piece::Then | Piece::Window { .. } | Piece::After));
    // "Next week's page views" are a forecast, and nobody's return.
    let of_people = pieces.counts_people() || events.len() > 1;
    let comes_later = of_people && has(|piece| matches!(piece, Piece::Index(..) | Piece::Offset(..)));
    if pieces.says("lifecycle dormant dormancy resurrecting resurrected") {
        return sure(Kind::Lifecycle);
    }
    if has(|piece| matches!(piece, Piece::Days(..))) || pieces.says("stickiness sticky") {
        return sure(Kind::Stickiness);
    }
    if pieces.says("retention retained retain") {
        return sure(Kind::Retention);
    }
    if ranked::is_next(pieces) {
        return sure(Kind::Next);
    }
    if has(|piece| matches!(piece, Piece::ActiveUsers(_))) {
        return sure(Kind::Active);
    }
    let again = events.iter().any(|(_, named)| named.is_again);
    let two_times = events.len() > 1 && pieces.spans().len() > 1;
    let is_change = compare::is_wanted(pieces);
    if !is_change && !events.is_empty() && (comes_later || again || (two_times && !follows)) {
        return sure(Kind::Retention);
    }
    if is_change && !follows {
        return sure(Kind::Compare);
    }
    let follows = follows && !events.is_empty();
    if follows || (!events.is_empty() && pieces.says("funnel conversion convert converted converts converting")) {
        return sure(Kind::Funnel);
    }
    // "What's our conversion rate" names no step, which the funnel says.
    if pieces.says("funnel") {
        return sure(Kind::Funnel);
    }
    if events.len() > 1
        && (pieces.says("drop dropped lost lose take takes took long") || has(|piece| matches!(piece, Piece::Stat(_))))
        && !averages::is_per_person(pieces)
    {
        return sure(Kind::Funnel);
    }
    if averages::is_of_property(pieces) {
        return sure(Kind::OfProperty);
    }
    let counts = !events.is_empty() || has(|piece| matches!(piece, Piece::Events | Piece::Sessions));
    let named = events.iter().any(|(_, named)| named.event.is_some());
    if averages::is_per_person(pieces)
        && counts
        && (named || has(|piece| matches!(piece, Piece::Active | Piece::Events)))
    {
        return sure(Kind::PerPerson);
    }
    ranked::is_top(pieces).then_some((Kind::Top, Claim::Perhaps))
}

/// The next step to the answer of a plan: its query, or the answer from what it brought.
pub(crate) fn reply(request: &ModelRequest, turn: &Turn<'_>, plan: &Plan) -> Result<ModelReply> {
    let made = turn
        .calls
        .iter()
        .find(|call| call.name == plan.tool && *call.arguments == plan.arguments);
    match made {
        Some(call) if !call.ok => failure(call, "That can't be computed"),
        Some(call) => Ok(answer::answer(
            plan,
            &Shown::read(call.handle.unwrap_or_default(), call.content),
        )),
        None if request.tools.iter().any(|tool| tool.name == plan.tool) => {
            Ok(calls(vec![(plan.tool, plan.arguments.clone())]))
        }
        None => Ok(refusal::reply(&format!(
            "The tool that computes this, {}, is not installed.",
            plan.tool
        ))),
    }
}

#[cfg(test)]
mod tests;
