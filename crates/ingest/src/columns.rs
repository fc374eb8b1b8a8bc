//! Which columns of a file say what happened, when, and to whom.

use hedgerow_errors::{Error, Result};

/// The columns that are given by name; the others are found by what such columns are usually called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnOptions {
    /// The event's name.
    pub event: Option<String>,
    /// Who did it.
    pub distinct_id: Option<String>,
    /// When it happened.
    pub timestamp: Option<String>,
    /// The session it belongs to.
    pub session: Option<String>,
    /// What identifies the event.
    pub uuid: Option<String>,
}

impl ColumnOptions {
    /// True where every column is to be found by its name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn named(&self) -> impl Iterator<Item = &String> {
        let Self {
            event,
            distinct_id,
            timestamp,
            session,
            uuid,
        } = self;
        [event, distinct_id, timestamp, session, uuid].into_iter().flatten()
    }
}

/// Where the columns are, by their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roles {
    pub event: Option<usize>,
    pub distinct_id: usize,
    pub timestamp: usize,
    pub session: Option<usize>,
    pub uuid: Option<usize>,
}

const EVENT_NAMES: [&str; 6] = ["event", "event_name", "eventname", "event_type", "action", "name"];
const DISTINCT_ID_NAMES: [&str; 14] = [
    "distinct_id",
    "distinctid",
    "user_id",
    "userid",
    "user",
    "anonymous_id",
    "anonymousid",
    "visitor_id",
    "visitorid",
    "visitor",
    "customer_id",
    "client_id",
    "device_id",
    "uid",
];
const TIMESTAMP_NAMES: [&str; 11] = [
    "timestamp",
    "event_timestamp",
    "event_time",
    "time",
    "occurred_at",
    "created_at",
    "datetime",
    "date_time",
    "date",
    "ts",
    "$time",
];
const SESSION_NAMES: [&str; 4] = ["session_id", "$session_id", "sessionid", "session"];
const UUID_NAMES: [&str; 6] = [
    "uuid",
    "event_uuid",
    "insert_id",
    "$insert_id",
    "event_id",
    "message_id",
];

/// How many columns an error or a note lists.
const MOST_LISTED: usize = 50;

/// Finds the columns. Says in a note which ones were taken.
///
/// # Errors
/// Where a named column is not there, or no column can be found for the time, the person or, without a
/// name for all events, the event.
pub(crate) fn find(
    columns: &[&str],
    options: &ColumnOptions,
    event_name: Option<&str>,
    shown: &str,
    notes: &mut Vec<String>,
) -> Result<Roles> {
    // Named columns first, so that no guess takes one of them.
    let mut taken = Vec::new();
    for name in options.named() {
        let at = named(columns, name, shown)?;
        if taken.contains(&at) {
            let message = format!("read {shown}: the column {name:?} is given for two things");
            return Err(Error::invalid(message).with_hint("name another column for one of them"));
        }
        taken.push(at);
    }
    let mut find = |given: &Option<String>, names: &[&str]| -> Result<Option<usize>> {
        match given {
            Some(name) => named(columns, name, shown).map(Some),
            None => {
                let found = usual(columns, names, &taken);
                taken.extend(found);
                Ok(found)
            }
        }
    };
    let (timestamp, distinct_id) = (
        find(&options.timestamp, &TIMESTAMP_NAMES)?,
        find(&options.distinct_id, &DISTINCT_ID_NAMES)?,
    );
    let event = if event_name.is_some() && options.event.is_none() {
        None
    } else {
        find(&options.event, &EVENT_NAMES)?
    };
    let (session, uuid) = (
        find(&options.session, &SESSION_NAMES)?,
        find(&options.uuid, &UUID_NAMES)?,
    );
    let missing = |what: &str, option: &str| {
        Error::invalid(format!(
            "read {shown}: no column looks like {what}; its columns are {}",
            list(columns)
        ))
        .with_hint(format!("name it with {option}"))
    };
    let roles = Roles {
        timestamp: timestamp.ok_or_else(|| missing("a timestamp", "--timestamp COLUMN"))?,
        distinct_id: distinct_id.ok_or_else(|| missing("a distinct id", "--distinct-id COLUMN"))?,
        event: match (event, event_name) {
            (None, None) => {
                let options = "--event COLUMN, or name all events with --event-name NAME";
                return Err(missing("an event name", options));
            }
            (event, _) => event,
        },
        session,
        uuid,
    };
    notes.push(note(columns, &roles, event_name, shown));
    Ok(roles)
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Event,
    DistinctId,
    Timestamp,
    Session,
    Uuid,
    /// JSON objects that hold properties.
    Spread,
    /// A property of the column's name.
    Property,
    /// A property of another name.
    Renamed(&'static str),
    /// Nothing of an event.
    Ignored,
}

/// What each column is for. `holds_object` says whether a column's first value looks like a JSON object.
pub(crate) fn uses(columns: &[&str], roles: &Roles, holds_object: impl Fn(usize) -> bool) -> Vec<Use> {
    let place = |name: &str| columns.iter().position(|column| *column == name);
    let spread = |name: &str| place(name).filter(|at| holds_object(*at));
    // What `hedgerow` writes names a person's key beside what does not fit in a column.
    let is_own = place("person_key").is_some() && place("rest").is_some();
    let is_posthog = spread("properties").is_some() && place("distinct_id").is_some();
    let role = |at: usize| {
        let name = columns.get(at).copied().unwrap_or_default();
        match Some(at) {
            found if found == roles.event => Use::Event,
            found if found == Some(roles.distinct_id) => Use::DistinctId,
            found if found == Some(roles.timestamp) => Use::Timestamp,
            found if found == roles.session => Use::Session,
            found if found == roles.uuid => Use::Uuid,
            found if found == spread("properties") => Use::Spread,
            _ => match name {
                "rest" if is_own => Use::Spread,
                "person_key" if is_own => Use::Ignored,
                "elements_chain" if is_posthog => Use::Renamed("$elements_chain"),
                "ip" if is_posthog => Use::Renamed("$ip"),
                _ if is_posthog && crate::posthog::IGNORED.contains(&name) => Use::Ignored,
                _ => Use::Property,
            },
        }
    };
    (0..columns.len()).map(role).collect()
}

fn note(columns: &[&str], roles: &Roles, event_name: Option<&str>, shown: &str) -> String {
    let name = |at: usize| columns.get(at).copied().unwrap_or_default();
    let optional =
        |at: Option<usize>, otherwise: &str| at.map_or_else(|| otherwise.to_owned(), |at| name(at).to_owned());
    let event = match (roles.event, event_name) {
        (Some(at), _) => format!("in {}", name(at)),
        (None, Some(constant)) => format!("always {constant:?}"),
        (None, None) => "nowhere".to_owned(),
    };
    format!(
        "{shown}: event {event}, distinct id in {}, timestamp in {}, session in {}, identity in {}",
        name(roles.distinct_id),
        name(roles.timestamp),
        optional(roles.session, "no column"),
        optional(roles.uuid, "no column, so that it is made of the row"),
    )
}

/// The place of a column that was named.
fn named(columns: &[&str], name: &str, shown: &str) -> Result<usize> {
    let exact = columns.iter().position(|column| *column == name);
    let alike = || columns.iter().position(|column| column.eq_ignore_ascii_case(name));
    exact.or_else(alike).ok_or_else(|| {
        let message = format!(
            "read {shown}: there is no column {name:?}; its columns are {}",
            list(columns)
        );
        Error::invalid(message).with_hint(hedgerow_errors::did_you_mean(name, columns.iter().copied()))
    })
}

/// The place of the column with the first of some usual names.
fn usual(columns: &[&str], names: &[&str], taken: &[usize]) -> Option<usize> {
    let simple = |column: &str| column.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    let simple: Vec<String> = columns.iter().map(|column| simple(column)).collect();
    names.iter().find_map(|name| {
        simple
            .iter()
            .enumerate()
            .find(|(at, column)| column == name && !taken.contains(at))
            .map(|(at, _)| at)
    })
}

/// Some columns' names in one line.
pub(crate) fn list(columns: &[&str]) -> String {
    let shown = columns
        .get(..MOST_LISTED.min(columns.len()))
        .unwrap_or_default()
        .join(", ");
    match columns.len().checked_sub(MOST_LISTED) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name_or_as_given() {
        let given = |event: &str, distinct_id: &str| ColumnOptions {
            event: (!event.is_empty()).then(|| event.to_owned()),
            distinct_id: (!distinct_id.is_empty()).then(|| distinct_id.to_owned()),
            ..ColumnOptions::default()
        };
        let cases: [(&[&str], ColumnOptions, Option<&str>, Option<[&str; 5]>); 10] = [
            (
                &["event", "distinct_id", "timestamp", "session_id", "uuid"],
                given("", ""),
                None,
                Some(["event", "distinct_id", "timestamp", "session_id", "uuid"]),
            ),
            (
                &["Event Name", "USER-ID", "Created At", "x"],
                given("", ""),
                None,
                Some(["Event Name", "USER-ID", "Created At", "", ""]),
            ),
            (
                &["created_at", "time", "user_id", "anonymous_id", "name"],
                given("", ""),
                None,
                Some(["name", "user_id", "time", "", ""]),
            ),
            (
                &["event", "kind", "user", "ts"],
                given("KIND", ""),
                None,
                Some(["kind", "user", "ts", "", ""]),
            ),
            (
                &["name", "user_id", "date"],
                given("", "name"),
                Some("signup"),
                Some(["", "name", "date", "", ""]),
            ),
            (&["name", "user_id", "date"], given("", "name"), None, None),
            (
                &["event", "user_id", "date"],
                given("", ""),
                Some("signup"),
                Some(["", "user_id", "date", "", ""]),
            ),
            (&["event", "user_id", "date"], given("event", "event"), None, None),
            (&["event", "user_id", "date"], given("evnt", ""), None, None),
            (&["event", "date"], given("", ""), None, None),
        ];
        for (columns, options, event_name, expected) in cases {
            let mut notes = Vec::new();
            let found = find(columns, &options, event_name, "a.csv", &mut notes);
            let name = |at: Option<usize>| at.map_or("", |at| columns[at]);
            let names = found.as_ref().ok().map(|roles| {
                [
                    name(roles.event),
                    name(Some(roles.distinct_id)),
                    name(Some(roles.timestamp)),
                    name(roles.session),
                    name(roles.uuid),
                ]
            });
            assert_eq!(names, expected, "{columns:?} {options:?}");
            assert_eq!(notes.len(), usize::from(expected.is_some()));
            if let Err(error) = found {
                assert!(error.hint().is_some(), "{error}");
            }
        }
    }

    #[test]
    fn many_columns_are_listed_in_part() {
        let names: Vec<String> = (0..60).map(|at| format!("c{at}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(list(&names).ends_with("c49 and 10 more"));
        assert_eq!(list(&names[..2]), "c0, c1");
    }
}
