//! Whether each event is there once, in its place, and with the key of its person.

use std::collections::BTreeMap;

use hedgerow_data_api::Severity;
use hedgerow_errors::{Code, Result};
use sqlx::SqliteConnection;

use super::{BACKUP, Findings};
use crate::append::blocking;
use crate::days::day_of;
use crate::layout::LakeColumn;
use crate::people::person_key;
use crate::rows::file_rows;
use crate::sqlite_error::failed;
use crate::view::LakeFile;

/// Reads all events: their order, their identities, and the keys of their persons. Says which files can't
/// be read to their end.
pub(super) async fn check(
    connection: &mut SqliteConnection,
    mut files: Vec<LakeFile>,
    columns: &[LakeColumn],
    findings: &mut Findings,
) -> Result<Vec<i64>> {
    let old = sqlx::query_as("SELECT raw_key, own_key FROM hedgerow_override WHERE raw_key <> own_key");
    let old: Vec<(i64, i64)> = old
        .fetch_all(connection)
        .await
        .map_err(failed("cannot read the keys of older files"))?;
    let wanted = ["uuid", "timestamp", "distinct_id", "person_key"];
    let columns: Vec<LakeColumn> = columns
        .iter()
        .filter(|column| column.key.is_none() && wanted.contains(&column.name.as_str()))
        .cloned()
        .collect();
    files.sort_by_key(|file| file.first_us);
    let reading = blocking(move || {
        let own: BTreeMap<i64, i64> = old.into_iter().collect();
        let mut reading = Reading::default();
        for file in files {
            match reading.file(&file, &columns, &own) {
                Err(error) if error.code() == Code::Corrupt => reading.damaged.push((file.id, error.chain())),
                read => read?,
            }
        }
        reading.close(i64::MAX);
        Ok(reading)
    })
    .await?;
    for (_, message) in &reading.damaged {
        findings.lasting("files", Severity::Error, message.clone(), BACKUP);
    }
    for file in reading.unsorted {
        let message =
            format!("file {file} is not sorted by day, person and time, so that queries may miss events of it");
        findings.lasting("order", Severity::Error, message, BACKUP);
    }
    if reading.twice > 0 {
        let message = format!(
            "{} events are there more than once within a day of each other",
            reading.twice
        );
        findings.lasting(
            "duplicates",
            Severity::Error,
            message,
            "export the events, and import them into a new project",
        );
    }
    if reading.wrong_keys > 0 {
        let message = format!(
            "{} events carry a person key that is not that of their distinct id",
            reading.wrong_keys
        );
        findings.lasting(
            "person_keys",
            Severity::Error,
            message,
            "export the events, and import them into a new project",
        );
    }
    Ok(reading.damaged.into_iter().map(|(id, _)| id).collect())
}

/// What was read so far, by files in order of their first days.
#[derive(Default)]
struct Reading {
    /// The identities of the days that a file to come may have events of.
    days: BTreeMap<i64, Vec<u128>>,
    /// The last day that no file to come has events of, with its identities in order.
    before: (i64, Vec<u128>),
    twice: u64,
    wrong_keys: u64,
    unsorted: Vec<String>,
    damaged: Vec<(i64, String)>,
}

impl Reading {
    fn file(&mut self, file: &LakeFile, columns: &[LakeColumn], own: &BTreeMap<i64, i64>) -> Result<()> {
        use datafusion::arrow::array::AsArray as _;
        use datafusion::arrow::datatypes::{Int64Type, TimestampMicrosecondType};
        self.close(*file.days().start());
        let (mut last, mut is_sorted) = (None::<(i64, i64, i64)>, true);
        for rows in file_rows(&file.path, columns)? {
            let rows = rows?;
            let column = |name: &str| rows.column_by_name(name);
            let (Some(uuids), Some(times), Some(ids), Some(keys)) = (
                column("uuid").and_then(|array| array.as_fixed_size_binary_opt()),
                column("timestamp").and_then(|array| array.as_primitive_opt::<TimestampMicrosecondType>()),
                column("distinct_id").and_then(|array| array.as_string_opt::<i32>()),
                column("person_key").and_then(|array| array.as_primitive_opt::<Int64Type>()),
            ) else {
                is_sorted = false;
                continue;
            };
            let mut known = None::<(&str, i64)>;
            for row in 0..rows.num_rows() {
                let bytes = uuids.value(row).try_into().unwrap_or_default();
                let (person, time) = (keys.value(row), times.value(row));
                let place = (day_of(time), person, time);
                is_sorted &= last.is_none_or(|last| last <= place);
                last = Some(place);
                self.days.entry(place.0).or_default().push(u128::from_be_bytes(bytes));
                let id = ids.value(row);
                let key = match known {
                    Some((same, key)) if same == id => key,
                    _ => person_key(id),
                };
                known = Some((id, key));
                let carried = own.get(&person).copied().unwrap_or(person);
                self.wrong_keys += u64::from(carried != key && person != key);
            }
        }
        if !is_sorted {
            let name = file.path.file_name().unwrap_or_default();
            self.unsorted.push(name.to_string_lossy().into_owned());
        }
        Ok(())
    }

    /// Ends the days before one.
    fn close(&mut self, next: i64) {
        while let Some(day) = self.days.first_entry().filter(|day| *day.key() < next) {
            let (day, mut uuids) = day.remove_entry();
            uuids.sort_unstable();
            let count = uuids.len();
            uuids.dedup();
            self.twice += (count - uuids.len()) as u64;
            let (before, known) = &self.before;
            if *before == day.saturating_sub(1) {
                let again = uuids.iter().filter(|uuid| known.binary_search(uuid).is_ok());
                self.twice += again.count() as u64;
            }
            self.before = (day, uuids);
        }
    }
}
