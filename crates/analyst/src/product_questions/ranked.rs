//! What comes next, and the value with the most or the fewest.

use serde_json::json;

use super::compare::{TRENDS, counted};
use super::events::VIEW;
use super::funnel::period;
use super::pieces::{Piece, Pieces, is_in};
use super::plan::{Plan, Wanted, only_span, range};
use super::steps::entities;
use crate::intent::{Ask, Edit, Order, Trouble};
use crate::parser::refuse;
use crate::tokens::Kind;

pub(super) const PATHS: &str = "query_paths";

const FREE_NEXT: &str = "next common popular event events right straight directly immediately do does did go goes going happen happens \
    happening follow follows come comes after counting count only custom pages page where just frequent frequently per in first";
const FREE_TOP: &str = "by per which what one for value had has with in each many";

/// True for a question about what comes next: "the most common next event", "most often comes right after".
pub(super) fn is_next(pieces: &Pieces<'_>) -> bool {
    let right_after =
        pieces.has(|piece| matches!(piece, Piece::After)) && pieces.says("right directly immediately straight");
    let starts = !pieces.events().is_empty() || pieces.tokens.iter().any(|token| token.kind == Kind::Path);
    starts && (pieces.says("next") || right_after) && ranks(pieces)
}

fn ranks(pieces: &Pieces<'_>) -> bool {
    pieces.has(|piece| matches!(piece, Piece::Order(_))) || pieces.says("common popular frequent")
}

/// Reads a question about what comes next.
pub(super) fn read_next(pieces: &mut Pieces<'_>) -> Result<Plan, Trouble> {
    let least = pieces.has(|piece| matches!(piece, Piece::Order(Order::Least)));
    if least {
        return Err(refuse("I can tell what comes next most often, not least often."));
    }
    let custom = pieces.says("custom");
    let mut views = false;
    let events = pieces.events();
    // "Page views only": a kind of what comes next, not where the way begins.
    let mut start = None;
    for (at, named) in &events {
        let only = named.event.as_deref() == Some(VIEW)
            && (pieces.word(at + 1) == "only"
                || is_in(
                    "only counting just",
                    at.checked_sub(1).map_or("", |before| pieces.word(before)),
                ));
        if only {
            views = true;
            pieces.take(*at);
            pieces.list[*at].piece = Piece::Stop(String::new());
        }
    }
    let path = pieces.list.iter().find_map(|placed| match &placed.piece {
        Piece::Condition(condition) if condition.key() == "$pathname" && condition.is_exact() => {
            condition.filter.value.clone()
        }
        _ => None,
    });
    if let Some(path) = &path {
        let of_paths =
            pieces.places(|piece| matches!(piece, Piece::Condition(condition) if condition.key() == "$pathname"));
        let same = |at: &usize| matches!(pieces.piece(*at), Some(Piece::Condition(condition)) if condition.filter.value.as_ref() == Some(path));
        if !of_paths.iter().all(same) {
            return Err(refuse("The question names two pages; please ask about one."));
        }
        for at in of_paths {
            pieces.take(at);
        }
        pieces.take_all(|piece| matches!(piece, Piece::Property(key) if key == "$pathname"));
        start = path.as_str().map(str::to_owned);
    }
    let mut found = entities(pieces, &[])?;
    if start.is_some() {
        found.retain(|(_, _, entity)| entity.event.as_deref() != Some(VIEW));
        views = views || !custom;
    }
    match &found[..] {
        [] => {}
        [(_, named, entity)] if start.is_none() && entity.conditions.is_empty() && !named.is_first => {
            start.clone_from(&entity.event);
        }
        _ => return Err(refuse("Say after which one event or page.")),
    }
    let Some(start) = start else {
        return Err(refuse("Say after which event or page."));
    };
    let kinds = match (custom, views) {
        (true, false) => "custom_event",
        (false, true) => "$pageview",
        (true, true) => return Err(refuse("Say whether custom events or page views come next.")),
        (false, false) => {
            return Err(Trouble::Ask(Ask {
                question: "Which are counted?".to_owned(),
                options: ["counting only custom events", "page views only"]
                    .map(str::to_owned)
                    .to_vec(),
                edit: Edit::Append,
            }));
        }
    };
    let span = only_span(pieces)?;
    pieces.take_all(|piece| {
        matches!(
            piece,
            Piece::Order(_) | Piece::People | Piece::After | Piece::Events | Piece::Then
        )
    });
    pieces.take_words(FREE_NEXT);
    pieces.check_all_taken()?;
    let (date_range, notes) = range(&span, pieces)?;
    let arguments = json!({
        "kind": "PathsQuery",
        "dateRange": date_range,
        "pathsFilter": {"includeEventTypes": [kinds], "startPoint": start, "stepLimit": 2, "edgeLimit": 50},
    });
    let counted = if kinds == "$pageview" {
        "page views"
    } else {
        "custom events"
    };
    let said = vec![
        format!("After \"{start}\", in the same session, counting {counted}"),
        period(&span, pieces),
    ];
    Ok(Plan {
        tool: PATHS,
        arguments,
        wanted: Wanted::Next,
        said,
        notes,
    })
}

/// True for a question about the value of a property that has the most or the fewest.
pub(super) fn is_top(pieces: &Pieces<'_>) -> bool {
    pieces.has(|piece| matches!(piece, Piece::Order(_)))
        && pieces.places(|piece| matches!(piece, Piece::Property(_))).len() == 1
        && !pieces.events().is_empty()
}

/// Reads a question about such a value.
pub(super) fn read_top(pieces: &mut Pieces<'_>) -> Result<Plan, Trouble> {
    let orders = pieces.places(|piece| matches!(piece, Piece::Order(_)));
    let [at] = orders[..] else {
        return Err(refuse("The question ranks twice."));
    };
    let Some(Piece::Order(order)) = pieces.piece(at).cloned() else {
        return Err(refuse("The question ranks nothing."));
    };
    let properties = pieces.places(|piece| matches!(piece, Piece::Property(_)));
    let [place] = properties[..] else {
        return Err(refuse("The question names several properties."));
    };
    let Some(Piece::Property(key)) = pieces.piece(place).cloned() else {
        return Err(refuse("The question names no property."));
    };
    let (entity, math, noun) = counted(pieces)?;
    let span = only_span(pieces)?;
    pieces.take(at);
    pieces.take(place);
    pieces.take_all(|piece| matches!(piece, Piece::People | Piece::Events | Piece::Sessions));
    pieces.take_words(FREE_TOP);
    pieces.check_all_taken()?;
    let (date_range, notes) = range(&span, pieces)?;
    let mut split = json!({"breakdown": key, "breakdown_type": "event"});
    if order == Order::Least {
        // The least can only be named when every value is there.
        split["breakdown_limit"] = json!(1_000);
    }
    let arguments = json!({
        "kind": "TrendsQuery",
        "series": [entity.node(Some(math))],
        "dateRange": date_range,
        "breakdownFilter": split,
        "trendsFilter": {"display": "ActionsBarValue"},
    });
    let said = vec![format!("Counted are {noun}: {}", entity.words()), period(&span, pieces)];
    Ok(Plan {
        tool: TRENDS,
        arguments,
        wanted: Wanted::Top { order },
        said,
        notes,
    })
}
