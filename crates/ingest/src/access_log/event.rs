//! The event that a line becomes.

use std::ops::Range;

use chrono::{DateTime, Utc};
use hedgerow_data_api::{EventRecord, PropertyValue};
use uuid::Uuid;

use super::identity::visitor_id;
use super::line::Fields;
use super::page_view::is_page_view;
use super::request::Request;
use super::sessions::Sessions;
use super::text::decode;
use crate::user_agent::UserAgents;

/// A line on its way to becoming an event.
pub(super) struct Pending {
    pub uuid: Uuid,
    pub raw: Box<[u8]>,
    pub fields: Fields,
}

/// A second since 1970 as a time.
pub(super) fn time(timestamp: i64) -> DateTime<Utc> {
    // The years of a log are four digits, which is within what the type holds.
    DateTime::from_timestamp(timestamp, 0).unwrap_or_default()
}

/// Makes the event of a line. Lines have to come in order of time for the sessions' sake.
pub(super) fn event(line: &Pending, agents: &mut UserAgents, sessions: &mut Sessions) -> EventRecord {
    let Fields {
        timestamp,
        address,
        request,
        status,
        bytes,
        referrer,
        agent,
        ..
    } = &line.fields;
    let field = |range: &Range<u32>| {
        line.raw
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
    };
    let sent = |range: &Option<Range<u32>>| range.as_ref().map(field).filter(|text| !matches!(*text, b"" | b"-"));

    let agent_sent = sent(agent);
    let visitor = visitor_id(field(address), agent_sent.unwrap_or_default());
    let session = sessions.assign(visitor, *timestamp);
    let request_text = decode(field(request));
    let request = Request::read(&request_text);

    let mut properties = Vec::with_capacity(10);
    let mut add = |key: &'static str, text: Option<&str>| {
        properties.extend(text.map(|text| (key.into(), PropertyValue::Text(text.to_owned()))));
    };
    add("$pathname", request.path);
    add("$current_url", request.target);
    add("$referrer", sent(referrer).map(decode).as_deref());
    add("method", request.method);
    if let Some(agent) = agent_sent.map(decode) {
        let facts = agents.facts(&agent);
        add("$browser", facts.browser.as_deref());
        add("$os", facts.os.as_deref());
        add("$raw_user_agent", Some(&agent));
        properties.push(("$is_bot".into(), PropertyValue::Boolean(facts.is_bot)));
    } else if agent.is_some() {
        // The client sent no agent, so no pattern matches; in the common format nobody knows.
        properties.push(("$is_bot".into(), PropertyValue::Boolean(false)));
    }
    properties.push(("status".into(), PropertyValue::Integer(i64::from(*status))));
    properties.extend(bytes.map(|bytes| ("bytes".into(), PropertyValue::Integer(bytes))));

    let name = if is_page_view(&request, *status) {
        "$pageview"
    } else {
        "$request"
    };
    EventRecord {
        uuid: line.uuid,
        event: name.to_owned(),
        timestamp: time(*timestamp),
        distinct_id: visitor.to_string(),
        session_id: Some(session.to_string()),
        properties,
    }
}
