//! From a batch of events to the rows of a file: each value into its key's column, or into `rest`.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, FixedSizeBinaryArray, Float64Array, Int64Array, StringArray, StringBuilder,
    TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use hedgerow_data_api::{EventBatch, PropertyColumn, TextColumn};
use hedgerow_errors::{Code, Error, Result};

use crate::layout::{ColumnKind, LakeColumn, Layout, REST, field, is_exact, keys};

/// Which rows of a file have one of a property's values: (rank in the file order, position among the
/// values), by rank.
type Ranked = Vec<(u32, u32)>;

/// Where a stored column takes its values from.
struct Source<'a> {
    values: &'a PropertyColumn,
    texts: Ranked,
    integers: Ranked,
    doubles: Ranked,
    booleans: Ranked,
}

/// A batch in the order of its files, ready to be cut into record batches.
pub(crate) struct Shredded<'a> {
    batch: &'a EventBatch,
    /// The batch's rows in file order.
    order: Vec<u32>,
    /// By number of the distinct id.
    person_keys: &'a [i64],
    columns: Vec<(&'a LakeColumn, Option<Source<'a>>)>,
    sessions: Ranked,
    /// The JSON members of `rest`: (rank, text), by rank, each row's in order of its keys.
    rest: Vec<(u32, String)>,
}

impl<'a> Shredded<'a> {
    /// Puts rows of a batch into a layout that knows all its keys.
    pub(crate) fn new(batch: &'a EventBatch, layout: &'a Layout, order: Vec<u32>, person_keys: &'a [i64]) -> Self {
        let mut ranks = vec![u32::MAX; batch.len()];
        for (rank, row) in (0..).zip(&order) {
            if let Some(slot) = ranks.get_mut(*row as usize) {
                *slot = rank;
            }
        }
        let by_key: HashMap<&str, usize> = keys(&layout.columns).collect();
        let mut sources: HashMap<usize, Source<'a>> = HashMap::new();
        // By key, so that the members of an object come in the order of their keys.
        let mut rest: BTreeMap<&str, Vec<(u32, String)>> = BTreeMap::new();
        for values in &batch.properties {
            let at = by_key.get(values.key.as_str()).copied();
            let column = at.and_then(|at| layout.columns.get(at)).filter(|column| column.stored);
            let (source, left) = place(values, column.map(|column| column.kind), &ranks);
            if let (Some(at), true) = (at, column.is_some()) {
                sources.insert(at, source);
            }
            if !left.is_empty() {
                rest.insert(&values.key, left);
            }
        }
        let mut members: Vec<(u32, String)> = Vec::new();
        for (key, values) in rest {
            let key = serde_json::Value::from(key).to_string();
            members.extend(values.into_iter().map(|(rank, json)| (rank, format!("{key}:{json}"))));
        }
        // A stable sort: within a row the keys stay in their order.
        members.sort_by_key(|(rank, _)| *rank);
        Self {
            batch,
            sessions: ranked(&batch.sessions.rows, &ranks),
            order,
            person_keys,
            columns: layout
                .columns
                .iter()
                .enumerate()
                .filter(|(_, column)| column.stored)
                .map(|(at, column)| (column, sources.remove(&at)))
                .collect(),
            rest: members,
        }
    }

    /// The columns of which rows from one rank up to another have a value, and the fixed ones.
    pub(crate) fn present(&self, from: u32, to: u32) -> Vec<&'a LakeColumn> {
        let has = |source: &Source<'_>| {
            [&source.texts, &source.integers, &source.doubles, &source.booleans]
                .into_iter()
                .any(|ranked| !within(ranked, from, to).is_empty())
        };
        let present = self
            .columns
            .iter()
            .filter(|(column, source)| column.key.is_none() || source.as_ref().is_some_and(has));
        present.map(|(column, _)| *column).collect()
    }

    /// The rows from one rank up to another, in the given columns.
    pub(crate) fn rows(&self, columns: &[&LakeColumn], from: u32, to: u32) -> Result<RecordBatch> {
        let fields: Vec<_> = columns.iter().map(|column| field(column)).collect();
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let wanted: HashMap<i64, usize> = columns.iter().zip(0..).map(|(column, at)| (column.id, at)).collect();
        let mut arrays: Vec<Option<ArrayRef>> = vec![None; columns.len()];
        for (column, source) in &self.columns {
            let Some(slot) = wanted.get(&column.id).and_then(|at| arrays.get_mut(*at)) else {
                continue;
            };
            *slot = Some(match (&column.key, source) {
                (None, _) => self.fixed(column, from, to)?,
                (Some(_), Some(source)) => property(column.kind, source, from, to),
                (Some(_), None) => {
                    datafusion::arrow::array::new_null_array(&column.kind.data_type(), (to - from) as usize)
                }
            });
        }
        let arrays: Option<Vec<ArrayRef>> = arrays.into_iter().collect();
        let arrays = arrays.ok_or_else(|| Error::internal("a column is asked for that the layout does not have"))?;
        RecordBatch::try_new(schema, arrays)
            .map_err(|error| Error::caused(Code::Internal, "cannot build a record batch", error))
    }

    fn fixed(&self, column: &LakeColumn, from: u32, to: u32) -> Result<ArrayRef> {
        let batch = self.batch;
        let rows = self.order.get(from as usize..to as usize).unwrap_or_default();
        let text = |column: &'a TextColumn| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(
                rows.iter().map(|row| column.at(*row as usize)),
            ))
        };
        Ok(match column.name.as_str() {
            "uuid" => {
                let uuids = rows.iter().filter_map(|row| batch.uuids.get(*row as usize));
                let uuids = FixedSizeBinaryArray::try_from_iter(uuids.map(|uuid| uuid.as_bytes()));
                Arc::new(uuids.map_err(|error| Error::caused(Code::Internal, "cannot append a uuid", error))?)
            }
            "event" => text(&batch.events),
            "timestamp" => {
                let times = rows
                    .iter()
                    .filter_map(|row| batch.timestamps.get(*row as usize))
                    .copied();
                Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"))
            }
            "distinct_id" => text(&batch.distinct_ids),
            "person_key" => {
                let key = |row: &u32| {
                    self.person_keys
                        .get(*batch.distinct_ids.numbers.get(*row as usize)? as usize)
                };
                Arc::new(Int64Array::from_iter_values(rows.iter().filter_map(key).copied()))
            }
            "session_id" => texts(&batch.sessions, &self.sessions, from, to),
            REST => self.rest(from, to),
            other => return Err(Error::internal(format!("no way to fill column {other:?}"))),
        })
    }

    fn rest(&self, from: u32, to: u32) -> ArrayRef {
        let start = self.rest.partition_point(|(rank, _)| *rank < from);
        let mut members = self.rest.get(start..).unwrap_or_default().iter().peekable();
        let mut array = StringBuilder::new();
        for rank in from..to {
            let mut first = true;
            while let Some((_, member)) = members.next_if(|(of, _)| *of == rank) {
                let _ = array.write_str(if first { "{" } else { "," });
                let _ = array.write_str(member);
                first = false;
            }
            if first {
                array.append_null();
            } else {
                array.append_value("}");
            }
        }
        Arc::new(array.finish())
    }
}

/// Tells what of a property's values goes into a column of a kind, and what into `rest`, as JSON.
fn place<'a>(values: &'a PropertyColumn, kind: Option<ColumnKind>, ranks: &[u32]) -> (Source<'a>, Vec<(u32, String)>) {
    let mut source = Source {
        values,
        texts: ranked(&values.texts.rows, ranks),
        integers: ranked(&values.integers.rows, ranks),
        doubles: ranked(&values.doubles.rows, ranks),
        booleans: ranked(&values.booleans.rows, ranks),
    };
    let mut left = Vec::new();
    let json = |text: &str| serde_json::Value::from(text).to_string();
    if kind != Some(ColumnKind::Text) {
        let texts = std::mem::take(&mut source.texts);
        left.extend(
            texts
                .iter()
                .map(|(rank, at)| (*rank, json(values.texts.at(*at as usize)))),
        );
    }
    let integer = |at: u32| values.integers.values.get(at as usize).copied().unwrap_or_default();
    match kind {
        Some(ColumnKind::Integer) => {}
        Some(ColumnKind::Double) => {
            source.integers.retain(|(rank, at)| {
                let exact = is_exact(integer(*at));
                if !exact {
                    left.push((*rank, integer(*at).to_string()));
                }
                exact
            });
        }
        _ => {
            let integers = std::mem::take(&mut source.integers);
            left.extend(integers.iter().map(|(rank, at)| (*rank, integer(*at).to_string())));
        }
    }
    if kind != Some(ColumnKind::Double) {
        let doubles = std::mem::take(&mut source.doubles);
        let double = |at: u32| values.doubles.values.get(at as usize).copied().unwrap_or_default();
        left.extend(
            doubles
                .iter()
                .map(|(rank, at)| (*rank, serde_json::Value::from(double(*at)).to_string())),
        );
    }
    if kind != Some(ColumnKind::Boolean) {
        let booleans = std::mem::take(&mut source.booleans);
        let boolean = |at: u32| values.booleans.values.get(at as usize).copied().unwrap_or_default();
        left.extend(booleans.iter().map(|(rank, at)| (*rank, boolean(*at).to_string())));
    }
    let nested = ranked(&values.json.rows, ranks);
    left.extend(
        nested
            .iter()
            .map(|(rank, at)| (*rank, values.json.at(*at as usize).to_owned())),
    );
    (source, left)
}

fn property(kind: ColumnKind, source: &Source<'_>, from: u32, to: u32) -> ArrayRef {
    let values = source.values;
    match kind {
        ColumnKind::Integer => Arc::new(Int64Array::from(spread(
            &values.integers.values,
            &source.integers,
            from,
            to,
        ))),
        ColumnKind::Double => {
            let mut doubles = spread(&values.doubles.values, &source.doubles, from, to);
            for (rank, at) in within(&source.integers, from, to) {
                if let Some(slot) = doubles.get_mut((rank - from) as usize) {
                    #[expect(clippy::cast_precision_loss, reason = "only exact ones have been kept")]
                    let exact = values.integers.values.get(*at as usize).map(|number| *number as f64);
                    *slot = exact;
                }
            }
            Arc::new(Float64Array::from(doubles))
        }
        ColumnKind::Boolean => Arc::new(BooleanArray::from(spread(
            &values.booleans.values,
            &source.booleans,
            from,
            to,
        ))),
        ColumnKind::Uuid | ColumnKind::Text | ColumnKind::Timestamp | ColumnKind::Json => {
            texts(&values.texts, &source.texts, from, to)
        }
    }
}

fn spread<T: Copy>(values: &[T], ranked: &Ranked, from: u32, to: u32) -> Vec<Option<T>> {
    let mut spread = vec![None; (to - from) as usize];
    for (rank, at) in within(ranked, from, to) {
        if let Some(slot) = spread.get_mut((rank - from) as usize) {
            *slot = values.get(*at as usize).copied();
        }
    }
    spread
}

fn texts(values: &TextColumn, ranked: &Ranked, from: u32, to: u32) -> ArrayRef {
    let mut array = StringBuilder::with_capacity((to - from) as usize, 0);
    let mut next = from;
    for (rank, at) in within(ranked, from, to) {
        array.append_nulls((rank - next) as usize);
        array.append_value(values.at(*at as usize));
        next = rank + 1;
    }
    array.append_nulls((to - next) as usize);
    Arc::new(array.finish())
}

/// The part of a column that lies between two ranks.
fn within(ranked: &Ranked, from: u32, to: u32) -> &[(u32, u32)] {
    let start = ranked.partition_point(|(rank, _)| *rank < from);
    let end = ranked.partition_point(|(rank, _)| *rank < to);
    ranked.get(start..end).unwrap_or_default()
}

/// A column's rows by their rank; rows without a rank are not wanted.
fn ranked(rows: &[u32], ranks: &[u32]) -> Ranked {
    let rank_of = |row: &u32| ranks.get(*row as usize).copied().unwrap_or(u32::MAX);
    if rows.len() > ranks.len() / 8 {
        // Most rows have a value: putting each where it belongs is cheaper than sorting them.
        let mut slots = vec![u32::MAX; ranks.len()];
        for (at, row) in (0..).zip(rows) {
            if let Some(slot) = slots.get_mut(rank_of(row) as usize) {
                *slot = at;
            }
        }
        return (0..).zip(slots).filter(|(_, at)| *at != u32::MAX).collect();
    }
    let mut ranked: Ranked = rows
        .iter()
        .map(rank_of)
        .zip(0..)
        .filter(|(rank, _)| *rank != u32::MAX)
        .collect();
    ranked.sort_unstable();
    ranked
}

#[cfg(test)]
mod tests;
