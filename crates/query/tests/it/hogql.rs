//! The HogQL queries of `tests/cases/hogql` over the seeded world: those that shall run, and those that are refused
//! by name.

use std::sync::Arc;

use hedgerow_data_api::{Clock, EventBatch, EventSink, EventStore, Progress, QueryEngine, SqlQuery};
use hedgerow_lake::{DataFolder, Lake, Settings, SystemFiles};
use hedgerow_query::Engine;
use hedgerow_testkit::FakeDefinitions;
use hedgerow_world::World;
use serde_json::{Map, Value, json};

use crate::events::project;

/// Queries that do not what they shall yet. One that does fails the test, too: it is to be struck out here.
const NOT_YET: [&str; 0] = [];
/// Events of the world: enough that every property is there.
const EVENTS: u64 = 60_000;

struct Case {
    id: String,
    /// What a refusal names; absent where it runs.
    refused: Option<String>,
    given: Map<String, Value>,
    sql: String,
}

fn cases(file: &str) -> Vec<Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cases/hogql/");
    let text = fs_err::read_to_string(format!("{folder}{file}.sql")).unwrap();
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(id) = line.strip_prefix("-- id: ") {
            cases.push(Case {
                id: id.to_owned(),
                refused: None,
                given: Map::new(),
                sql: String::new(),
            });
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        if let Some(expected) = line.strip_prefix("-- expect: ") {
            case.refused = expected.strip_prefix("refused, naming ").map(str::to_owned);
        } else if let Some(given) = line.strip_prefix("-- given: ") {
            let Value::Object(given) = serde_json::from_str(given).unwrap() else {
                panic!("{given}")
            };
            for (key, value) in given {
                match (key.as_str(), value) {
                    ("values", Value::Object(values)) => case.given.extend(values),
                    (_, value) => {
                        case.given.insert(key, value);
                    }
                }
            }
        } else if !line.starts_with("-- asks: ") {
            case.sql.push_str(line);
            case.sql.push('\n');
        }
    }
    cases
}

/// Whether a text has some words as whole words, capitals or not.
fn names(text: &str, wanted: &str) -> bool {
    let (text, wanted) = (text.to_lowercase(), wanted.to_lowercase());
    let is_part = |ch: Option<char>| ch.is_some_and(|ch| ch.is_alphanumeric() || ch == '_');
    text.match_indices(&wanted).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + wanted.len()..].chars().next());
        !is_part(before) && !is_part(after)
    })
}

async fn world(folder: &std::path::Path, clock: &Clock) -> Engine {
    let settings = Settings {
        flush_after: std::time::Duration::from_secs(3600),
        ..Settings::default()
    };
    let owned = DataFolder::open(folder).unwrap();
    let lake = Arc::new(Lake::with(owned, clock.clone(), Arc::new(SystemFiles), settings));
    lake.create_project(&project()).await.unwrap();
    let mut batch = EventBatch::default();
    World::new(7, EVENTS).for_each(|event| event.add_to(&mut batch));
    lake.append(&project(), batch).await.unwrap();
    lake.flush(&project()).await.unwrap();
    let defined = FakeDefinitions::default();
    let of_person = |key: &str, value: Value| json!({"filters": [{"type": "person", "key": key, "value": value}]});
    defined.define_cohort("Paying", of_person("plan", json!(["pro", "team"])));
    defined.define_cohort("Founders", of_person("role", json!("founder")));
    let steps = json!({"steps": [{"event": "note_created"}, {"event": "note_edited"}]});
    defined.define_action("Wrote a note", steps);
    Engine::new(lake).unwrap().with_definitions(Arc::new(defined))
}

#[tokio::test(flavor = "multi_thread")]
async fn hogql_queries_run_or_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::fixed("2026-07-01T00:00:00Z".parse().unwrap());
    let engine = world(folder.path(), &clock).await;
    let (mut ran, mut refused, mut wrong) = (0, 0, Vec::new());
    for case in ["easy", "middle", "hard", "outside"].into_iter().flat_map(cases) {
        let query = SqlQuery {
            query: case.sql.clone(),
            parameters: case.given.clone(),
            limit: None,
        };
        let answer = engine.sql(&project(), &query, &clock, &Progress::ignore()).await;
        let (is_right, said) = match (&case.refused, &answer) {
            (None, Ok(_)) => (true, String::new()),
            (None, Err(error)) => (false, format!("{} | {:?}", error.chain(), error.hint())),
            (Some(wanted), Err(error)) => {
                let said = format!("{} | {}", error.message(), error.hint().unwrap_or_default());
                (names(&said, wanted), said)
            }
            (Some(_), Ok(_)) => (false, "it ran".to_owned()),
        };
        match (is_right, NOT_YET.contains(&case.id.as_str())) {
            (true, false) if case.refused.is_some() => refused += 1,
            (true, false) => ran += 1,
            (false, true) => {}
            (true, true) => wrong.push(format!("right, though it is listed: {}", case.id)),
            (false, false) => {
                let wanted = case
                    .refused
                    .as_ref()
                    .map_or("runs".to_owned(), |wanted| format!("refused, naming {wanted}"));
                wrong.push(format!("{}: {wanted}\n{}    {said}", case.id, case.sql));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{ran} ran, {refused} were refused; {} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_of_tools_take_their_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::fixed("2026-07-01T00:00:00Z".parse().unwrap());
    let engine = world(folder.path(), &clock).await;
    let tools = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    for (file, parameters, least) in [
        (
            "examples/products/release_watch/tools/compare_versions.toml",
            json!({"first": "3.4.0", "second": "3.4.1"}),
            2,
        ),
        (
            "tests/products/activation/tools/list_first_note_delays.toml",
            json!({"most_days": 7}),
            2,
        ),
    ] {
        let text = fs_err::read_to_string(format!("{tools}{file}")).unwrap();
        let statement = text
            .split("query = \"\"\"")
            .nth(1)
            .unwrap()
            .split("\"\"\"")
            .next()
            .unwrap();
        let query = SqlQuery {
            query: statement.to_owned(),
            parameters: parameters.as_object().cloned().unwrap(),
            limit: None,
        };
        let answer = engine.sql(&project(), &query, &clock, &Progress::ignore()).await;
        let answer = answer.unwrap_or_else(|error| panic!("{file}: {}", error.chain()));
        assert!(answer.rows.len() >= least, "{file}: {:?}", answer.rows);
        assert!(
            answer.written_columns.is_empty() || file.contains("delays"),
            "{file}: {:?}",
            answer.written_columns
        );
    }
}
