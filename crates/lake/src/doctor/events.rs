//! Whether each event is there once, in its place, and with the key of its person.

use std::collections::BTreeMap;

use hedgerow_data_api::Severity;
use hedgerow_errors::{Code, Result};
use sqlx::SqliteConnection;

use super::{BACKUP, Findings};
use crate::append::blocking;
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
    files.sort_by_key(|file| file.day);
    let reading = blocking(move || {
        let own: BTreeMap<i64, i64> = old.into_iter().collect();
        let mut reading = Reading::default();
        for file in files {
            match reading.file(&file, &columns, &own) {
                Err(error) if error.code() == Code::Corrupt => reading.damaged.push((file.id, error.chain())),
                read => read?,
            }
        }
        reading.end_of_day(i64::MAX);
        Ok(reading)
    })
    .await?;
    for (_, message) in &reading.damaged {
        findings.lasting("files", Severity::Error, message.clone(), BACKUP);
    }
    for file in reading.unsorted {
        let message = format!("file {file} is not sorted by person and time, so that queries may miss events of it");
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

/// What was read so far, by days in their order.
#[derive(Default)]
struct Reading {
    day: i64,
    /// The identities of this day and of the one before it.
    here: Vec<u128>,
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
        if file.day != self.day {
            self.end_of_day(file.day);
        }
        let (mut last, mut is_sorted) = (None::<(i64, i64, u128)>, true);
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
                let place = (keys.value(row), times.value(row), u128::from_be_bytes(bytes));
                // Files of older forms are sorted by person and time only.
                is_sorted &= last.is_none_or(|last| (last.0, last.1) <= (place.0, place.1));
                last = Some(place);
                self.here.push(place.2);
                let id = ids.value(row);
                let key = match known {
                    Some((same, key)) if same == id => key,
                    _ => person_key(id),
                };
                known = Some((id, key));
                let carried = own.get(&place.0).copied().unwrap_or(place.0);
                self.wrong_keys += u64::from(carried != key && place.0 != key);
            }
        }
        if !is_sorted {
            let name = file.path.file_name().unwrap_or_default();
            self.unsorted.push(name.to_string_lossy().into_owned());
        }
        Ok(())
    }

    /// Ends a day; the next one is given.
    fn end_of_day(&mut self, next: i64) {
        self.here.sort_unstable();
        let count = self.here.len();
        self.here.dedup();
        self.twice += (count - self.here.len()) as u64;
        let (day, before) = &self.before;
        if *day == self.day.saturating_sub(1) {
            let again = self.here.iter().filter(|uuid| before.binary_search(uuid).is_ok());
            self.twice += again.count() as u64;
        }
        self.before = (self.day, std::mem::take(&mut self.here));
        self.day = next;
    }
}
