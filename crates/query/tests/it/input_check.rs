//! What holds of the two doors whatever comes in: texts of SQL, and typed queries as JSON. The fuzzers call it with
//! inputs of their making, the tests with those that the fuzzers kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, Utc};
use hedgerow_data_api::{
    Clock, EventRecord, EventSink, EventStore, Progress, PropertyValue, QueryEngine, SqlQuery, TypedQuery,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use hedgerow_lake::{DataFolder, Lake, Settings, SystemFiles};
use hedgerow_query::Engine;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// What stands in everything that no query of the project may show: another project and files beside the data.
const MARK: &str = "qvzmark";
/// A query that takes longer is given up, as when who asked goes away.
const PATIENCE: Duration = Duration::from_secs(4);
/// By then it has ended, whatever it was doing.
const LIMIT: Duration = Duration::from_secs(10);
/// A Wednesday, within the days of the events.
const NOW: &str = "2015-05-20T12:00:00Z";

/// The door through which an input comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Sql,
    Typed,
}

/// Gives an input to the engine. Stops where it panics, hangs, writes, or shows what is not the project's.
pub(crate) fn check(door: Door, input: &[u8]) {
    // What is no text is none of the engine's business, and what has the mark may show it.
    let Ok(text) = std::str::from_utf8(input) else { return };
    if text.to_lowercase().contains(MARK) {
        return;
    }
    static PLACE: OnceLock<Place> = OnceLock::new();
    let place = PLACE.get_or_init(Place::new);
    let begun = Instant::now();
    let said = place.runtime.block_on(async {
        let asked = place.ask(door, text);
        tokio::time::timeout(PATIENCE, asked).await.unwrap_or_default()
    });
    let took = begun.elapsed();
    assert!(took < LIMIT, "took {took:?}, though it was given up");
    assert!(
        !said.to_lowercase().contains(MARK),
        "shows what is not the project's: {said}"
    );
    let files = files(place.folder.path());
    let changed = files
        .iter()
        .filter(|(path, facts)| place.files.get(*path) != Some(*facts));
    let changed: Vec<_> = changed.map(|(path, _)| path).collect();
    assert!(changed.is_empty(), "wrote {changed:?}");
    assert_eq!(files.len(), place.files.len(), "files are gone");
}

/// A folder with the data of two projects, and a file outside of it.
struct Place {
    folder: TempDir,
    files: BTreeMap<PathBuf, (u64, SystemTime)>,
    engine: Engine,
    clock: Clock,
    runtime: Runtime,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for file in ["beside.csv", "beside.json", "beside.parquet"] {
            fs_err::write(folder.path().join(file), format!("{MARK}\n{MARK}\n")).expect("a file");
        }
        // What is named without a folder lies here, and what were written without one would be found here.
        #[expect(clippy::disallowed_methods, reason = "nothing else runs in the process")]
        std::env::set_current_dir(folder.path()).expect("the folder");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let clock = Clock::fixed(NOW.parse().expect("a time"));
        let lake = runtime
            .block_on(lake(&folder.path().join("data"), &clock))
            .expect("a lake");
        let engine = Engine::new(lake).expect("an engine");
        let mut place = Self {
            folder,
            files: BTreeMap::new(),
            engine,
            clock,
            runtime,
        };
        // The first query of all may make what the others find.
        for text in ["SELECT count() AS n FROM events", "SELECT count() AS n FROM persons"] {
            place.runtime.block_on(place.ask(Door::Sql, text));
        }
        place.files = files(place.folder.path());
        place
    }

    /// All that is said to who asks: the answer or the error.
    async fn ask(&self, door: Door, text: &str) -> String {
        match self.answer(door, text).await {
            Ok(answer) => answer.to_string(),
            Err(error) => {
                assert_ne!(error.code(), Code::Internal, "{}", error.chain());
                format!("{} {}", error.chain(), error.hint().unwrap_or_default())
            }
        }
    }

    async fn answer(&self, door: Door, text: &str) -> Result<Value> {
        let (project, clock, progress) = (project("site"), &self.clock, Progress::ignore());
        if door == Door::Sql {
            let query = SqlQuery {
                query: text.to_owned(),
                ..SqlQuery::default()
            };
            return Ok(json!(self.engine.sql(&project, &query, clock, &progress).await?));
        }
        let query: TypedQuery =
            serde_json::from_str(text).map_err(|error| Error::invalid(format!("no query: {error}")))?;
        let engine = &self.engine;
        Ok(match &query {
            TypedQuery::Trends(query) => json!(engine.trends(&project, query, clock, &progress).await?),
            TypedQuery::Funnels(query) => json!(engine.funnels(&project, query, clock, &progress).await?),
            TypedQuery::Retention(query) => json!(engine.retention(&project, query, clock, &progress).await?),
            TypedQuery::Lifecycle(query) => json!(engine.lifecycle(&project, query, clock, &progress).await?),
            TypedQuery::Stickiness(query) => json!(engine.stickiness(&project, query, clock, &progress).await?),
            TypedQuery::CalendarHeatmap(query) => {
                json!(engine.calendar_heatmap(&project, query, clock, &progress).await?)
            }
            TypedQuery::Paths(query) => json!(engine.paths(&project, query, clock, &progress).await?),
            TypedQuery::Events(query) => json!(engine.events(&project, query, clock, &progress).await?),
            TypedQuery::Persons(query) => json!(engine.persons(&project, query, clock, &progress).await?),
            TypedQuery::Actors(query) => json!(engine.actors(&project, query, clock, &progress).await?),
        })
    }
}

fn project(name: &str) -> ProjectId {
    name.parse().expect("a project's name")
}

async fn lake(folder: &Path, clock: &Clock) -> Result<Arc<Lake>> {
    // What the lake writes by itself would hide what a query writes.
    let settings = Settings {
        flush_after: Duration::from_secs(365 * 24 * 3600),
        compact_files: usize::MAX,
        ..Settings::default()
    };
    let lake = Arc::new(Lake::with(
        DataFolder::open(folder)?,
        clock.clone(),
        Arc::new(SystemFiles),
        settings,
    ));
    for (name, mark) in [("site", ""), ("other", MARK)] {
        let project = project(name);
        lake.create_project(&project).await?;
        let (stored, fresh) = (0..60)
            .map(|n| event(n, mark))
            .partition::<Vec<_>, _>(|event| event.uuid.as_bytes()[0] > 90);
        lake.append(&project, stored.into()).await?;
        lake.flush(&project).await?;
        lake.append(&project, fresh.into()).await?;
    }
    Ok(lake)
}

/// An event of a few visitors over ten days, with properties of every type, that has the mark wherever it has text.
fn event(n: u64, mark: &str) -> EventRecord {
    let start: DateTime<Utc> = "2015-05-11T00:00:00Z".parse().expect("a time");
    let text = |text: &str| PropertyValue::Text(format!("{text}{mark}"));
    let mut properties = vec![
        (
            format!("$pathname{mark}").into(),
            text(["/", "/pricing", "/docs"][(n % 3) as usize]),
        ),
        (
            "status".into(),
            PropertyValue::Integer([200, 304, 404][(n % 3) as usize]),
        ),
        ("ratio".into(), PropertyValue::Double(n as f64 / 8.0)),
        ("$is_bot".into(), PropertyValue::Boolean(n.is_multiple_of(4))),
        ("tags".into(), PropertyValue::Json(format!("[\"a{mark}\", {n}]"))),
    ];
    if n.is_multiple_of(5) {
        properties.push((
            "$set".into(),
            PropertyValue::Json(format!("{{\"plan\": \"pro{mark}\"}}")),
        ));
    }
    EventRecord {
        uuid: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{mark}{n}").as_bytes()),
        event: format!("{}{mark}", ["$pageview", "sign up", "pay"][(n % 3) as usize]),
        timestamp: start + chrono::Duration::minutes((n * 231) as i64),
        distinct_id: format!("visitor {}{mark}", n % 7),
        session_id: (!n.is_multiple_of(6)).then(|| format!("session {}{mark}", n / 5)),
        properties,
    }
}

/// Every file below a folder, with its length and when it was last written.
fn files(folder: &Path) -> BTreeMap<PathBuf, (u64, SystemTime)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let facts = fs_err::metadata(&path).expect("a file");
            if facts.is_dir() {
                folders.push(path);
            } else {
                found.insert(path, (facts.len(), facts.modified().expect("a time")));
            }
        }
    }
    found
}
