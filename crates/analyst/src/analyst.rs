//! The provider: one reply to one request.

use async_trait::async_trait;
use hedgerow_agent_api::{DeltaSink, ModelProvider, ModelReply, ModelRequest, ToolCallRequest, Usage};
use hedgerow_data_api::TrendsQuery;
use hedgerow_errors::{Code, Error, Result};
use serde_json::{Value, json};

use crate::answer::{about, answer};
use crate::commands;
use crate::conversation::{ASK_USER, Called, OPTIONS, READ_TAXONOMY, Turn, calendar, read, text_to_match};
use crate::dates::Calendar;
use crate::filters;
use crate::follow_up::{text_to_read, understand};
use crate::intent::{Ask, Intent, Lookup, Trouble};
use crate::lists;
use crate::plan::queries;
use crate::product_questions::{self, Claim};
use crate::refusal;
use crate::results::Shown;

/// The tool that counts, and the mode it comes with.
const QUERY_TRENDS: &str = "query_trends";
const MODE: &str = "product_analytics";
/// Values that one look-up brings.
const VALUES: usize = 500;

/// Answers questions without a model.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltinAnalyst;

#[async_trait]
impl ModelProvider for BuiltinAnalyst {
    fn name(&self) -> String {
        "builtin".to_owned()
    }

    async fn reply(&self, request: &ModelRequest, deltas: &dyn DeltaSink) -> Result<ModelReply> {
        let mut reply = next_reply(request)?;
        if !reply.text.is_empty() {
            deltas.delta(&reply.text);
        }
        reply.usage = Usage {
            replies: 1,
            ..Usage::default()
        };
        Ok(reply)
    }
}

pub(crate) fn next_reply(request: &ModelRequest) -> Result<ModelReply> {
    if let Some(reply) = filters::reply(request)? {
        return Ok(reply);
    }
    if let Some(reply) = commands::reply(request)? {
        return Ok(reply);
    }
    if let Some(reply) = lists::reply(request)? {
        return Ok(reply);
    }
    let turn = read(request)?;
    if turn.question.trim().is_empty() {
        return Ok(refusal::reply("The question is empty."));
    }
    let missing = first_lookups(request, &turn);
    if !missing.is_empty() {
        return Ok(calls(missing));
    }
    if let Some(reply) = failed_lookup(&turn)? {
        return Ok(reply);
    }
    let calendar = calendar(&turn.knowledge, turn.now);
    let product = product_questions::read(&turn.question, &turn.knowledge, &calendar);
    if let Some((Claim::Sure, read)) = &product {
        return match read {
            Ok(plan) => product_questions::reply(request, &turn, plan),
            Err(trouble) => Ok(in_the_way(trouble)),
        };
    }
    match (
        understand(&turn.history, &turn.question, &turn.knowledge, &calendar),
        product,
    ) {
        (Ok(intent), _) => count(request, &turn, &intent, &calendar),
        (Err(Trouble::Lookup(lookups)), _) => Ok(in_the_way(&Trouble::Lookup(lookups))),
        (Err(_), Some((_, Ok(plan)))) => product_questions::reply(request, &turn, &plan),
        (Err(_), Some((_, Err(trouble @ Trouble::Lookup(_))))) | (Err(trouble), _) => Ok(in_the_way(&trouble)),
    }
}

/// The reply where something stands in the way of an answer.
fn in_the_way(trouble: &Trouble) -> ModelReply {
    match trouble {
        Trouble::Lookup(lookups) => calls(value_lookups(lookups)),
        Trouble::Ask(ask) => ask_back(ask),
        Trouble::Refuse(reason) => refusal::reply(reason),
    }
}

/// The look-ups of the names in a text.
pub(crate) fn name_lookups(text: &str) -> Vec<(&'static str, Value)> {
    vec![
        (READ_TAXONOMY, json!({"kind": "events"})),
        (READ_TAXONOMY, json!({"kind": "properties", "limit": VALUES})),
        (READ_TAXONOMY, json!({"kind": "match", "text": text_to_match(text)})),
    ]
}

/// The look-ups of values.
pub(crate) fn value_lookups(lookups: &[Lookup]) -> Vec<(&'static str, Value)> {
    let arguments = lookups.iter().map(|lookup| {
        let search = (!lookup.search.is_empty()).then_some(lookup.search.as_str());
        let mut arguments = json!({"kind": "property_values", "key": lookup.key, "limit": VALUES});
        if let Some(search) = search {
            arguments["search"] = json!(search);
        }
        arguments
    });
    arguments.map(|arguments| (READ_TAXONOMY, arguments)).collect()
}

/// The look-ups that every question starts with, as far as they were not made.
fn first_lookups(request: &ModelRequest, turn: &Turn<'_>) -> Vec<(&'static str, Value)> {
    let mut wanted = name_lookups(&text_to_read(&turn.history, &turn.question));
    if !request.tools.iter().any(|tool| tool.name == QUERY_TRENDS) {
        wanted.push(("enable_mode", json!({"mode": MODE})));
    }
    wanted.retain(|(name, arguments)| find(turn, name, arguments).is_none());
    wanted
}

fn find<'a>(turn: &Turn<'a>, name: &str, arguments: &Value) -> Option<Called<'a>> {
    turn.calls
        .iter()
        .find(|call| call.name == name && call.arguments == arguments)
        .copied()
}

/// A look-up that failed leaves nothing to parse with.
fn failed_lookup(turn: &Turn<'_>) -> Result<Option<ModelReply>> {
    let is_query = |name: &str| name.starts_with("query_");
    let failed = turn.calls.iter().find(|call| !call.ok && !is_query(call.name));
    failed
        .map(|call| failure(call, "The names of the project could not be looked up"))
        .transpose()
}

/// A failed call: a refusal where the arguments were to blame, else a failed run.
pub(crate) fn failure(call: &Called<'_>, step: &str) -> Result<ModelReply> {
    let (first, rest) = call.content.split_once('\n').unwrap_or((call.content, ""));
    let reason = hedgerow_agent_api::Tainted::unfenced(rest);
    let reason = if reason.is_empty() { first } else { reason };
    if is_to_blame(call) {
        return Ok(refusal::reply(&format!(
            "{step}: {}.",
            reason.replace('\n', "; ").trim_end_matches('.')
        )));
    }
    Err(Error::new(
        Code::Unavailable,
        format!("{step}: {}", reason.replace('\n', "; ")),
    ))
}

/// True for a failed call whose arguments were to blame.
pub(crate) fn is_to_blame(call: &Called<'_>) -> bool {
    let first = call.content.lines().next().unwrap_or_default();
    let adjustable = [
        Code::InvalidArgument,
        Code::UnknownName,
        Code::NoData,
        Code::LimitExceeded,
        Code::Denied,
    ];
    adjustable
        .iter()
        .any(|code| first.contains(&format!("({})", code.as_str())))
}

/// Asks the queries, then answers.
fn count(request: &ModelRequest, turn: &Turn<'_>, intent: &Intent, calendar: &Calendar) -> Result<ModelReply> {
    let mut results = Vec::new();
    let mut missing = Vec::new();
    for query in queries(intent, calendar) {
        let arguments = arguments(&query)?;
        match find(turn, QUERY_TRENDS, &arguments) {
            None => missing.push((QUERY_TRENDS, arguments)),
            Some(call) if !call.ok => return failure(&call, &format!("I can't count {}", about(intent, calendar))),
            Some(call) => results.push(Shown::read(call.handle.unwrap_or_default(), call.content)),
        }
    }
    if !missing.is_empty() {
        if !request.tools.iter().any(|tool| tool.name == QUERY_TRENDS) {
            return Ok(refusal::reply("The tool that counts, query_trends, is not installed."));
        }
        return Ok(calls(missing));
    }
    Ok(answer(intent, &results, calendar, request.repair.is_some()))
}

fn arguments(query: &TrendsQuery) -> Result<Value> {
    serde_json::to_value(query).map_err(|error| Error::internal(format!("a trends query is not JSON: {error}")))
}

pub(crate) fn calls(wanted: Vec<(&'static str, Value)>) -> ModelReply {
    let call = |(position, (name, arguments)): (usize, (&str, Value))| ToolCallRequest {
        id: format!("{name}_{}", position + 1),
        name: name.to_owned(),
        arguments,
    };
    ModelReply {
        tool_calls: wanted.into_iter().enumerate().map(call).collect(),
        ..ModelReply::default()
    }
}

pub(crate) fn ask_back(ask: &Ask) -> ModelReply {
    let options: Vec<&String> = ask.options.iter().take(OPTIONS).collect();
    calls(vec![(ASK_USER, json!({"question": ask.question, "options": options}))])
}
