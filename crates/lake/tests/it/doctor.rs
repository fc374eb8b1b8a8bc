//! The check: each damage is found, and what can be repaired is, so that nobody could tell.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hedgerow_data_api::{
    CheckOptions, CheckReport, EventDefinition, EventRecord, EventSink, EventStore, Maintenance, PropertyDefinition,
    PropertyValue, Severity, ValueList,
};
use hedgerow_lake::{GroupRow, Lake, PersonDistinctId, PersonRow};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::append::{events, project};
use crate::log::logged;

const FULL: CheckOptions = CheckOptions {
    full: true,
    repair: false,
    drop_missing: false,
};

const REPAIR: CheckOptions = CheckOptions {
    full: false,
    repair: true,
    drop_missing: false,
};

const DROP: CheckOptions = CheckOptions {
    drop_missing: true,
    ..REPAIR
};

/// Events with merges, one of which is refused, groups, something that can't be used, and a property
/// without a column.
fn rich(count: u32) -> Vec<EventRecord> {
    let mut batch = events(count);
    let text = |text: &str| PropertyValue::Text(text.to_owned());
    for (at, event) in batch.iter_mut().enumerate() {
        if at % 100 == 42 {
            "loner".clone_into(&mut event.distinct_id);
        }
        if at % 100 == 7 {
            "$identify".clone_into(&mut event.event);
            // Who is known already by then is not absorbed.
            let other = if at == 907 {
                "visitor 0".to_owned()
            } else {
                format!("anonymous {at}")
            };
            event.properties.push(("$anon_distinct_id".into(), text(&other)));
            let set = format!(r#"{{"name":"ann {at}"}}"#);
            event.properties.push(("$set".into(), PropertyValue::Json(set)));
        }
        if at % 50 == 3 {
            let groups = format!(r#"{{"company":"acme {}"}}"#, at % 4);
            event.properties.push(("$groups".into(), PropertyValue::Json(groups)));
            event
                .properties
                .push(("cart".into(), PropertyValue::Json(format!("[{at}]"))));
        }
        if at % 500 == 11 {
            event.properties.push(("$set_once".into(), text("no object")));
        }
    }
    batch
}

/// A project with files of several days, two snapshots' worth, and merged persons.
async fn filled(folder: &Path) {
    let lake = logged(folder).await;
    lake.append(&project(), rich(500).into()).await.unwrap();
    lake.flush(&project()).await.unwrap();
    lake.append(&project(), rich(1_000).into()).await.unwrap();
    lake.flush(&project()).await.unwrap();
    lake.compact(&project()).await.unwrap();
}

/// All that a project tells of its events.
#[derive(Debug, PartialEq)]
struct Picture {
    rows: u64,
    events: Vec<EventDefinition>,
    properties: Vec<PropertyDefinition>,
    values: Vec<ValueList>,
    persons: Vec<PersonRow>,
    distinct_ids: Vec<PersonDistinctId>,
    groups: Vec<GroupRow>,
    overrides: Vec<(i64, i64)>,
    notes: (usize, usize),
}

async fn picture(lake: &Lake) -> Picture {
    let (view, taxonomy) = lake.snapshot(&project()).await.unwrap();
    let mut values = Vec::new();
    for property in &taxonomy.properties {
        values.push(lake.values(&project(), &property.key, "", 1_000).await.unwrap());
    }
    let (mut persons, mut distinct_ids, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    let mut people = lake.people(&project()).await.unwrap();
    let mut add = |rows| {
        persons.extend(rows);
        Ok(())
    };
    people.persons(&mut add).await.unwrap();
    let mut add = |rows| {
        distinct_ids.extend(rows);
        Ok(())
    };
    people.distinct_ids(&mut add).await.unwrap();
    let mut add = |rows| {
        groups.extend(rows);
        Ok(())
    };
    people.groups(&mut add).await.unwrap();
    let notes = (
        people.refusals(10).await.unwrap().len(),
        people.collisions().await.unwrap().len(),
    );
    let mut overrides: Vec<(i64, i64)> = view.overrides.iter().map(|(raw, person)| (*raw, *person)).collect();
    overrides.sort_unstable();
    Picture {
        rows: view.rows(),
        events: taxonomy.events.clone(),
        properties: taxonomy.properties.clone(),
        values,
        persons,
        distinct_ids,
        groups,
        overrides,
        notes,
    }
}

async fn damage(folder: &Path, statement: &str) {
    let options = SqliteConnectOptions::new().filename(folder.join("projects/site/catalog.sqlite"));
    let mut catalog = SqliteConnection::connect_with(&options).await.unwrap();
    let damaged = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))
        .execute(&mut catalog)
        .await;
    assert!(damaged.unwrap().rows_affected() > 0, "{statement}");
    catalog.close().await.unwrap();
}

async fn checked(folder: &Path, options: CheckOptions) -> CheckReport {
    let lake = logged(folder).await;
    lake.check(&project(), options).await.unwrap()
}

fn problems(report: &CheckReport) -> Vec<(&str, bool)> {
    let problems = report
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Info);
    problems
        .map(|finding| (finding.check.as_str(), finding.repaired))
        .collect()
}

fn says(report: &CheckReport, text: &str) -> bool {
    report.findings.iter().any(|finding| finding.message.contains(text))
}

fn folder_of_files(folder: &Path) -> PathBuf {
    folder.join("projects/site/data/main/events")
}

/// A file of the newest snapshot, with its events.
async fn a_file(lake: &Arc<Lake>) -> (PathBuf, u64) {
    let (view, _) = lake.snapshot(&project()).await.unwrap();
    let file = view.files.first().unwrap();
    (file.path.clone(), file.rows)
}

#[tokio::test]
async fn a_project_as_it_was_written_is_clean_with_events_in_memory_too() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let lake = logged(folder.path()).await;
    lake.append(&project(), rich(1_120).into()).await.unwrap();
    let before = picture(&lake).await;
    for options in [CheckOptions::default(), FULL] {
        let report = lake.check(&project(), options).await.unwrap();
        assert_eq!(problems(&report), []);
        assert_eq!((report.events, report.in_memory, report.is_clean()), (1_000, 120, true));
    }
    // A crash now: what is in the log is counted at once when the project is opened again.
    drop(lake);
    let lake = logged(folder.path()).await;
    assert_eq!(picture(&lake).await, before);
    let report = lake.check(&project(), REPAIR).await.unwrap();
    assert_eq!(problems(&report), []);
    assert_eq!(picture(&lake).await, before);
    let report = lake.check(&project(), FULL).await.unwrap();
    assert_eq!((report.events, report.in_memory, report.is_clean()), (1_120, 0, true));
}

#[tokio::test]
async fn what_could_not_be_done_is_noted_and_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let report = checked(folder.path(), CheckOptions::default()).await;
    assert!(report.is_clean());
    let notes: Vec<&str> = report.findings.iter().map(|finding| finding.check.as_str()).collect();
    assert_eq!(notes, ["refused_merges", "ignored"], "{report:?}");
    assert!(says(
        &report,
        "1 merges of persons were refused: cannot_merge_already_identified"
    ));
    assert!(says(&report, "malformed_set_once"));
}

#[tokio::test]
async fn events_of_a_source_that_knows_nobody_are_no_lost_persons() {
    let folder = tempfile::tempdir().unwrap();
    let lake = logged(folder.path()).await;
    let mut batch = hedgerow_data_api::EventBatch::default();
    for mut event in rich(100) {
        let hash = |text: &str| uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, text.as_bytes()).to_string();
        event.distinct_id = hash(&event.distinct_id);
        event.session_id = Some(hash("session"));
        batch.push(&event);
        batch.without_person();
    }
    lake.append(&project(), batch).await.unwrap();
    lake.flush(&project()).await.unwrap();
    let report = lake.check(&project(), FULL).await.unwrap();
    assert_eq!(problems(&report), [], "{report:?}");
    assert!(lake.persons(&project(), "", 10).await.unwrap().is_empty());
}

/// What is done to the catalog, the check that finds it, and whether all events have to be read for it.
const DAMAGES: &[(&str, &str, bool)] = &[
    // Files.
    ("DELETE FROM hedgerow_data_file WHERE data_file_id = (SELECT max(data_file_id) FROM ducklake_data_file)", "spans", false),
    ("UPDATE hedgerow_data_file SET first_us = first_us + 1", "spans", false),
    ("UPDATE hedgerow_data_file SET day = day - 1", "spans", false),
    ("INSERT INTO hedgerow_data_file VALUES (999, 0, 0, 0)", "relations", false),
    ("INSERT INTO ducklake_file_column_stats(data_file_id, table_id, column_id) VALUES (999, 1, 1)", "relations", false),
    ("UPDATE ducklake_file_column_stats SET min_value = 'a' WHERE column_id = 2", "statistics", false),
    ("UPDATE ducklake_data_file SET footer_size = 1 WHERE end_snapshot IS NULL", "statistics", false),
    ("DELETE FROM ducklake_data_file WHERE data_file_id = (SELECT max(data_file_id) FROM ducklake_data_file WHERE end_snapshot IS NULL)", "relations", false),
    ("DELETE FROM ducklake_data_file WHERE end_snapshot IS NULL", "relations", false),
    // The table.
    ("UPDATE ducklake_table_stats SET record_count = 1", "relations", false),
    ("DELETE FROM ducklake_table_stats", "relations", false),
    ("DELETE FROM ducklake_snapshot_changes", "snapshots", false),
    ("DELETE FROM ducklake_snapshot WHERE snapshot_id >= (SELECT max(begin_snapshot) FROM ducklake_data_file)", "snapshots", false),
    ("DELETE FROM ducklake_column WHERE column_name = 'status'", "properties", false),
    ("DELETE FROM hedgerow_property WHERE key = 'status'", "properties", false),
    ("UPDATE hedgerow_property SET value_type = 'string' WHERE key = 'status'", "properties", false),
    // Counts.
    ("DELETE FROM hedgerow_property WHERE key = 'cart'", "taxonomy", true),
    ("UPDATE hedgerow_event SET count = count + 1", "taxonomy", false),
    ("DELETE FROM hedgerow_event WHERE name = '$request'", "taxonomy", false),
    ("UPDATE hedgerow_event SET first_us = 0", "taxonomy", true),
    ("UPDATE hedgerow_event SET last_us = last_us - 1", "taxonomy", true),
    ("UPDATE hedgerow_event SET name = 'another' WHERE name = '$request'", "taxonomy", true),
    ("UPDATE hedgerow_property SET count = count + 1 WHERE key = 'cart'", "taxonomy", true),
    // Values.
    ("UPDATE hedgerow_property SET count = count + 1 WHERE key = 'status'", "value_index", false),
    ("UPDATE hedgerow_property SET values_closed = 7 WHERE key = 'status'", "value_index", false),
    ("UPDATE hedgerow_property SET values_complete = 1 WHERE key = 'cart'", "value_index", false),
    ("DELETE FROM hedgerow_value_run", "value_index", false),
    ("DELETE FROM hedgerow_value_block", "value_index", false),
    ("UPDATE hedgerow_value_block SET data = x'0001'", "value_index", false),
    ("UPDATE hedgerow_value_block SET first = x'00'", "value_index", false),
    ("UPDATE hedgerow_value_run SET entries = entries + 1", "value_index", false),
    ("INSERT INTO hedgerow_value_run(column_id, run, entries, bytes) VALUES (999, 1, 1, 1)", "value_index", false),
    // One less of 200, and one more of 404.
    ("UPDATE hedgerow_value_block SET data = unhex(replace(replace(hex(data), '3230308407', '3230308307'), '34303464', '34303465'))
      WHERE column_id = (SELECT column_id FROM hedgerow_property WHERE key = 'status')", "value_index", true),
    // Persons and groups.
    ("DELETE FROM hedgerow_id WHERE distinct_id = 'visitor 3'", "persons", false),
    ("DELETE FROM hedgerow_id WHERE distinct_id = 'loner'", "persons", true),
    ("DELETE FROM hedgerow_id", "persons", false),
    ("UPDATE hedgerow_id SET state = x'07'", "persons", false),
    ("UPDATE hedgerow_id SET state = x'01000000' WHERE distinct_id = 'visitor 0'", "persons", true),
    ("UPDATE hedgerow_id SET first_seen_us = first_seen_us + 1", "persons", true),
    ("UPDATE hedgerow_id SET identified_us = NULL", "persons", true),
    ("UPDATE hedgerow_id SET root_key = 12345 WHERE distinct_id = 'anonymous 7'", "persons", false),
    ("UPDATE hedgerow_id SET root_key = (SELECT person_key FROM hedgerow_id WHERE distinct_id = 'visitor 1') WHERE distinct_id = 'anonymous 7'", "persons", false),
    ("DELETE FROM hedgerow_merge", "persons", false),
    ("UPDATE hedgerow_merge SET event = '$unknown'", "persons", false),
    ("DELETE FROM hedgerow_merge_refusal", "persons", false),
    ("DELETE FROM hedgerow_group", "persons", true),
    ("UPDATE hedgerow_group SET state = x''", "persons", false),
    ("DELETE FROM hedgerow_group_type", "persons", false),
    ("UPDATE hedgerow_override SET person_key = person_key + 1", "overrides", false),
    ("DELETE FROM hedgerow_override", "overrides", false),
];

fn copy(from: &Path, to: &Path) {
    fs_err::create_dir_all(to).unwrap();
    for entry in fs_err::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs_err::copy(entry.path(), to).unwrap();
        }
    }
}

#[tokio::test]
async fn damage_in_the_catalog_is_repaired_so_that_the_project_is_as_its_undamaged_twin() {
    let whole = tempfile::tempdir().unwrap();
    filled(whole.path()).await;
    let twin = picture(&*logged(whole.path()).await).await;
    let mut wrong = Vec::new();
    for (statement, check, needs_reading) in DAMAGES {
        let folder = tempfile::tempdir().unwrap();
        copy(&whole.path().join("projects"), &folder.path().join("projects"));
        damage(folder.path(), statement).await;
        let quick = checked(folder.path(), CheckOptions::default()).await;
        if problems(&quick).contains(&(*check, false)) == *needs_reading {
            wrong.push(format!("{statement}: quick check: {quick:?}"));
        }
        let found = checked(folder.path(), FULL).await;
        if !problems(&found).contains(&(*check, false)) || found.is_clean() {
            wrong.push(format!("{statement}: full check: {found:?}"));
        }
        let lake = logged(folder.path()).await;
        // Values that are held for look-ups are damaged, too, and have to be forgotten.
        let _ = lake.values(&project(), "status", "", 10).await;
        let repaired = lake.check(&project(), REPAIR).await.unwrap();
        if !repaired.is_clean() {
            wrong.push(format!("{statement}: repair: {repaired:?}"));
            continue;
        }
        let after = picture(&lake).await;
        if after != twin {
            wrong.push(format!("{statement}: {repaired:?}\n{after:#?}\n{twin:#?}"));
        }
        // And the catalog goes on as it should.
        let more = lake.append(&project(), rich(1_200).into()).await.unwrap();
        lake.flush(&project()).await.unwrap();
        lake.compact(&project()).await.unwrap();
        let last = lake.check(&project(), FULL).await.unwrap();
        if more.added != 200 || last.events != 1_200 || !problems(&last).is_empty() {
            wrong.push(format!("{statement}: afterwards: {more:?} {last:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn files_that_nothing_names_go() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let lake = logged(folder.path()).await;
    let orphan = folder_of_files(folder.path()).join("stray.parquet");
    fs_err::write(&orphan, "x").unwrap();
    let found = lake.check(&project(), CheckOptions::default()).await.unwrap();
    assert_eq!(problems(&found), [("orphans", false)]);
    assert!(orphan.exists() && says(&found, "stray.parquet"));
    let repaired = lake.check(&project(), REPAIR).await.unwrap();
    assert_eq!((problems(&repaired), orphan.exists()), (vec![("orphans", true)], false));
}

#[tokio::test]
async fn a_missing_file_is_given_up_only_when_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let lake = logged(folder.path()).await;
    let (lost, rows) = a_file(&lake).await;
    fs_err::remove_file(&lost).unwrap();
    for options in [CheckOptions::default(), FULL, REPAIR] {
        let found = lake.check(&project(), options).await.unwrap();
        assert_eq!(problems(&found), [("files", false)]);
        assert!(says(&found, lost.file_name().unwrap().to_str().unwrap()));
        assert!(found.findings[0].hint.as_ref().unwrap().contains("hedgerow restore"));
        assert_eq!((found.events, found.events_dropped), (1_000 - rows, 0));
    }
    let dropped = lake.check(&project(), DROP).await.unwrap();
    assert_eq!((dropped.events_dropped, dropped.is_clean()), (rows, true));
    let after = lake.check(&project(), FULL).await.unwrap();
    assert_eq!(problems(&after), []);
    let taxonomy = lake.taxonomy(&project()).await.unwrap();
    let counted: u64 = taxonomy.events.iter().map(|event| event.count).sum();
    assert_eq!(counted, 1_000 - rows);
}

#[tokio::test]
async fn a_file_whose_name_and_content_are_lost_is_no_matter_of_counting() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let lake = logged(folder.path()).await;
    let (lost, rows) = a_file(&lake).await;
    drop(lake);
    let name = lost.file_name().unwrap().to_str().unwrap();
    damage(
        folder.path(),
        &format!("DELETE FROM ducklake_data_file WHERE path = '{name}'"),
    )
    .await;
    fs_err::remove_file(&lost).unwrap();
    for options in [CheckOptions::default(), FULL, REPAIR] {
        let found = checked(folder.path(), options).await;
        assert!(problems(&found).contains(&("relations", false)), "{found:?}");
        assert!(says(&found, &format!("{rows} events are in no file")), "{found:?}");
    }
    // Without a trace but in the totals it is the same.
    damage(folder.path(), "DELETE FROM ducklake_file_column_stats WHERE data_file_id NOT IN (SELECT data_file_id FROM ducklake_data_file)").await;
    damage(
        folder.path(),
        "DELETE FROM hedgerow_data_file WHERE data_file_id NOT IN (SELECT data_file_id FROM ducklake_data_file)",
    )
    .await;
    damage(folder.path(), "UPDATE ducklake_table_stats SET record_count = 1000").await;
    let found = checked(folder.path(), FULL).await;
    assert!(says(&found, &format!("{rows} events are in no file")), "{found:?}");
    assert!(checked(folder.path(), DROP).await.is_clean());
    let after = checked(folder.path(), FULL).await;
    assert_eq!((problems(&after), after.events), (vec![], 1_000 - rows));
}

#[tokio::test]
async fn a_file_that_was_cut_or_overwritten_is_found_and_stays() {
    let cut: fn(&mut Vec<u8>) = |bytes| bytes.truncate(bytes.len() - 10);
    let overwritten: fn(&mut Vec<u8>) = |bytes| bytes[4..400].fill(0x5a);
    for (change, needs_reading) in [(cut, false), (overwritten, true)] {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path()).await;
        let (file, rows) = a_file(&logged(folder.path()).await).await;
        let mut bytes = fs_err::read(&file).unwrap();
        change(&mut bytes);
        fs_err::write(&file, bytes).unwrap();
        let quick = checked(folder.path(), CheckOptions::default()).await;
        assert_eq!(quick.is_clean(), needs_reading);
        for options in [FULL, REPAIR] {
            let found = checked(folder.path(), options).await;
            assert_eq!(problems(&found), [("files", false)], "{found:?}");
            assert!(says(&found, file.file_name().unwrap().to_str().unwrap()));
            assert!(found.findings[0].hint.as_ref().unwrap().contains("hedgerow restore"));
            assert_eq!(found.events, 1_000 - rows);
        }
        assert!(file.exists());
    }
}

#[tokio::test]
async fn the_end_of_a_log_that_is_not_whole_is_found() {
    let garbage: fn(&mut Vec<u8>) = |bytes| bytes.extend_from_slice(b"garbage");
    let zeros: fn(&mut Vec<u8>) = |bytes| bytes.extend([0; 64]);
    let damaged: fn(&mut Vec<u8>) = |bytes| *bytes.last_mut().unwrap() ^= 1;
    let damaged_at_once: fn(&mut Vec<u8>) = |bytes| bytes[100] ^= 1;
    for (change, events, severity) in [
        (garbage, 40, Severity::Info),
        (zeros, 40, Severity::Info),
        (damaged, 30, Severity::Error),
        (damaged_at_once, 0, Severity::Error),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let lake = logged(folder.path()).await;
        lake.append(&project(), rich(30).into()).await.unwrap();
        lake.append(&project(), rich(40).into()).await.unwrap();
        drop(lake);
        let segment = fs_err::read_dir(folder.path().join("projects/site/log"))
            .unwrap()
            .next();
        let segment = segment.unwrap().unwrap().path();
        let mut bytes = fs_err::read(&segment).unwrap();
        change(&mut bytes);
        fs_err::write(&segment, bytes).unwrap();
        for options in [FULL, REPAIR] {
            let found = checked(folder.path(), options).await;
            assert_eq!(found.in_memory, events);
            let finding = found.findings.iter().find(|finding| finding.check == "log").unwrap();
            assert_eq!(finding.severity, severity);
            let name = segment.file_stem().unwrap().to_str().unwrap();
            assert!(finding.message.contains(name), "{finding:?}");
        }
        let after = checked(folder.path(), FULL).await;
        // A damaged log is told of until somebody has seen to it.
        assert_eq!(
            (after.is_clean(), after.events, segment.exists()),
            (severity == Severity::Info, events, false)
        );
    }
}

#[tokio::test]
async fn events_whose_catalog_is_missing_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let catalog = folder.path().join("projects/site/catalog.sqlite");
    let away = folder.path().join("away");
    fs_err::rename(&catalog, &away).unwrap();
    let data = folder.path().join("projects/site/data/main/events");
    let files = || fs_err::read_dir(&data).unwrap().count();
    let before = files();
    assert!(before > 0);
    let lake = Lake::new(
        crate::append::owned(folder.path()).await,
        hedgerow_data_api::Clock::fixed(crate::append::now()),
    );
    let found = lake.check(&project(), REPAIR).await.unwrap();
    assert_eq!(problems(&found).first(), Some(&("open", false)));
    let refused = lake
        .create_project(&project())
        .await
        .and(lake.append(&project(), rich(3).into()).await.map(drop));
    assert_eq!(refused.unwrap_err().code(), hedgerow_errors::Code::Corrupt);
    assert_eq!(lake.projects().await.unwrap().len(), 1);
    drop(lake);
    assert_eq!((files(), catalog.exists()), (before, false));
    fs_err::rename(&away, &catalog).unwrap();
    assert!(checked(folder.path(), FULL).await.is_clean());
}

#[tokio::test]
async fn a_project_that_cannot_be_opened_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let catalog = folder.path().join("projects/site/catalog.sqlite");
    let mut bytes = fs_err::read(&catalog).unwrap();
    let end = bytes.len().min(40_000);
    bytes[100..end].fill(0x5a);
    fs_err::write(&catalog, bytes).unwrap();
    let owned = crate::append::owned(folder.path()).await;
    let clock = hedgerow_data_api::Clock::fixed(crate::append::now());
    let lake = Lake::new(owned, clock);
    for options in [FULL, REPAIR] {
        let found = lake.check(&project(), options).await.unwrap();
        assert_eq!(problems(&found).first(), Some(&("open", false)));
    }
}
