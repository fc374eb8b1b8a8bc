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
use crate::text_chunk::{NONE, Texts};

/// Which rows have one of a property's values, by their rank in the file order, and where it stands
/// among the values.
enum Ranked {
    /// The position for each rank; [`NONE`] where the row has none. For columns in which most have one.
    Most(Vec<u32>),
    /// The ranks that have one with their positions, by rank.
    Few(Vec<(u32, u32)>),
}

impl Default for Ranked {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Ranked {
    /// A column's rows by their rank; rows without a rank are not wanted.
    fn of(rows: &[u32], ranks: &[u32], wanted: usize) -> Self {
        let rank_of = |row: &u32| ranks.get(*row as usize).copied().unwrap_or(NONE);
        if rows.len() > ranks.len() / 8 {
            // Putting each where it belongs is cheaper than sorting them, and takes less than pairs do.
            let mut positions = vec![NONE; wanted];
            for (at, row) in (0..).zip(rows) {
                if let Some(slot) = positions.get_mut(rank_of(row) as usize) {
                    *slot = at;
                }
            }
            return Self::Most(positions);
        }
        let mut ranked: Vec<(u32, u32)> = rows
            .iter()
            .map(rank_of)
            .zip(0..)
            .filter(|(rank, _)| *rank != NONE)
            .collect();
        ranked.sort_unstable();
        Self::Few(ranked)
    }

    /// Calls with the ranks from one up to another that have a value, and where it stands.
    fn each(&self, from: u32, to: u32, mut call: impl FnMut(u32, u32)) {
        match self {
            Self::Most(positions) => {
                let positions = positions
                    .get(from as usize..positions.len().min(to as usize))
                    .unwrap_or_default();
                for (rank, at) in (from..).zip(positions).filter(|(_, at)| **at != NONE) {
                    call(rank, *at);
                }
            }
            Self::Few(ranked) => {
                let start = ranked.partition_point(|(rank, _)| *rank < from);
                let rest = ranked.get(start..).unwrap_or_default();
                for (rank, at) in rest.iter().take_while(|(rank, _)| *rank < to) {
                    call(*rank, *at);
                }
            }
        }
    }

    /// Whether a rank from one up to another has a value.
    fn has(&self, from: u32, to: u32) -> bool {
        match self {
            Self::Most(positions) => {
                let positions = positions
                    .get(from as usize..positions.len().min(to as usize))
                    .unwrap_or_default();
                positions.iter().any(|at| *at != NONE)
            }
            Self::Few(ranked) => {
                let start = ranked.partition_point(|(rank, _)| *rank < from);
                ranked.get(start).is_some_and(|(rank, _)| *rank < to)
            }
        }
    }

    /// Keeps the values that are wanted.
    fn retain(&mut self, mut keep: impl FnMut(u32, u32) -> bool) {
        match self {
            Self::Most(positions) => {
                for (rank, at) in (0..).zip(positions) {
                    if *at != NONE && !keep(rank, *at) {
                        *at = NONE;
                    }
                }
            }
            Self::Few(ranked) => ranked.retain(|(rank, at)| keep(*rank, *at)),
        }
    }
}

/// Where a stored column takes its values from.
struct Source<'a> {
    values: &'a PropertyColumn,
    texts: Ranked,
    integers: Ranked,
    doubles: Ranked,
    booleans: Ranked,
}

/// What a column has in some rows.
pub(crate) enum Cells<'a> {
    Array(ArrayRef),
    /// Texts are numbered, which files make use of.
    Texts(Texts<'a>),
}

/// A batch in the order of its files, ready to be cut into record batches.
pub(crate) struct Shredded<'a> {
    batch: &'a EventBatch,
    /// The batch's rows in file order.
    order: Vec<u32>,
    /// By number of the distinct id.
    person_keys: &'a [i64],
    columns: Vec<(&'a LakeColumn, Option<Source<'a>>)>,
    /// Where each stands among them, by its id.
    places: HashMap<i64, usize>,
    sessions: Ranked,
    /// The JSON members of `rest`: (rank, text), by rank, each row's in order of its keys.
    rest: Vec<(u32, String)>,
}

impl<'a> Shredded<'a> {
    /// Puts rows of a batch into a layout that knows all its keys.
    pub(crate) fn new(batch: &'a EventBatch, layout: &'a Layout, order: Vec<u32>, person_keys: &'a [i64]) -> Self {
        let mut ranks = vec![NONE; batch.len()];
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
            let (source, left) = place(values, column.map(|column| column.kind), &ranks, order.len());
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
        let stored = layout.columns.iter().enumerate().filter(|(_, column)| column.stored);
        let columns: Vec<_> = stored.map(|(at, column)| (column, sources.remove(&at))).collect();
        Self {
            batch,
            sessions: Ranked::of(&batch.sessions.rows, &ranks, order.len()),
            order,
            person_keys,
            places: columns
                .iter()
                .zip(0..)
                .map(|((column, _), at)| (column.id, at))
                .collect(),
            columns,
            rest: members,
        }
    }

    /// The columns of which rows from one rank up to another have a value, and the fixed ones.
    pub(crate) fn present(&self, from: u32, to: u32) -> Vec<&'a LakeColumn> {
        let has = |source: &Source<'_>| {
            [&source.texts, &source.integers, &source.doubles, &source.booleans]
                .into_iter()
                .any(|ranked| ranked.has(from, to))
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
        let arrays = columns.iter().map(|column| {
            Ok(match self.column(column, from, to)? {
                Cells::Array(array) => array,
                Cells::Texts(texts) => Arc::new(StringArray::from_iter(texts.iter())),
            })
        });
        let arrays = arrays.collect::<Result<Vec<ArrayRef>>>()?;
        RecordBatch::try_new(schema, arrays)
            .map_err(|error| Error::caused(Code::Internal, "cannot build a record batch", error))
    }

    /// What one column has in the rows from one rank up to another.
    pub(crate) fn column(&self, column: &LakeColumn, from: u32, to: u32) -> Result<Cells<'_>> {
        let known = self.places.get(&column.id).and_then(|at| self.columns.get(*at));
        Ok(match known {
            Some((column, _)) if column.key.is_none() => self.fixed(column, from, to)?,
            Some((column, Some(source))) => property(column.kind, source, from, to),
            Some((column, None)) => Cells::Array(datafusion::arrow::array::new_null_array(
                &column.kind.data_type(),
                (to - from) as usize,
            )),
            None => return Err(Error::internal("a column is asked for that the layout does not have")),
        })
    }

    fn fixed(&self, column: &LakeColumn, from: u32, to: u32) -> Result<Cells<'_>> {
        let batch = self.batch;
        let rows = self.order.get(from as usize..to as usize).unwrap_or_default();
        let text = |column: &'a TextColumn| {
            let number = |row: &u32| column.numbers.get(*row as usize).copied().unwrap_or(NONE);
            Cells::Texts(Texts {
                numbers: rows.iter().map(number).collect(),
                dictionary: &column.dictionary,
            })
        };
        let array: ArrayRef = match column.name.as_str() {
            "uuid" => {
                let uuids = rows.iter().filter_map(|row| batch.uuids.get(*row as usize));
                let uuids = FixedSizeBinaryArray::try_from_iter(uuids.map(uuid::Uuid::as_bytes));
                Arc::new(uuids.map_err(|error| Error::caused(Code::Internal, "cannot append a uuid", error))?)
            }
            "event" => return Ok(text(&batch.events)),
            "timestamp" => {
                let times = rows
                    .iter()
                    .filter_map(|row| batch.timestamps.get(*row as usize))
                    .copied();
                Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"))
            }
            "distinct_id" => return Ok(text(&batch.distinct_ids)),
            "person_key" => {
                let key = |row: &u32| {
                    self.person_keys
                        .get(*batch.distinct_ids.numbers.get(*row as usize)? as usize)
                };
                Arc::new(Int64Array::from_iter_values(rows.iter().filter_map(key).copied()))
            }
            "session_id" => return Ok(Cells::Texts(texts(&batch.sessions, &self.sessions, from, to))),
            REST => self.rest(from, to),
            other => return Err(Error::internal(format!("no way to fill column {other:?}"))),
        };
        Ok(Cells::Array(array))
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
fn place<'a>(
    values: &'a PropertyColumn,
    kind: Option<ColumnKind>,
    ranks: &[u32],
    wanted: usize,
) -> (Source<'a>, Vec<(u32, String)>) {
    let ranked = |rows: &[u32]| Ranked::of(rows, ranks, wanted);
    let mut source = Source {
        values,
        texts: ranked(&values.texts.rows),
        integers: ranked(&values.integers.rows),
        doubles: ranked(&values.doubles.rows),
        booleans: ranked(&values.booleans.rows),
    };
    let mut left = Vec::new();
    if kind != Some(ColumnKind::Text) {
        let json = |at: u32| serde_json::Value::from(values.texts.at(at as usize)).to_string();
        std::mem::take(&mut source.texts).each(0, NONE, |rank, at| left.push((rank, json(at))));
    }
    let integer = |at: u32| values.integers.values.get(at as usize).copied().unwrap_or_default();
    match kind {
        Some(ColumnKind::Integer) => {}
        Some(ColumnKind::Double) => source.integers.retain(|rank, at| {
            let exact = is_exact(integer(at));
            if !exact {
                left.push((rank, integer(at).to_string()));
            }
            exact
        }),
        _ => std::mem::take(&mut source.integers).each(0, NONE, |rank, at| left.push((rank, integer(at).to_string()))),
    }
    if kind != Some(ColumnKind::Double) {
        let double = |at: u32| values.doubles.values.get(at as usize).copied().unwrap_or_default();
        let json = |at: u32| serde_json::Value::from(double(at)).to_string();
        std::mem::take(&mut source.doubles).each(0, NONE, |rank, at| left.push((rank, json(at))));
    }
    if kind != Some(ColumnKind::Boolean) {
        let boolean = |at: u32| values.booleans.values.get(at as usize).copied().unwrap_or_default();
        std::mem::take(&mut source.booleans).each(0, NONE, |rank, at| left.push((rank, boolean(at).to_string())));
    }
    ranked(&values.json.rows).each(0, NONE, |rank, at| {
        left.push((rank, values.json.at(at as usize).to_owned()));
    });
    (source, left)
}

fn property<'a>(kind: ColumnKind, source: &Source<'a>, from: u32, to: u32) -> Cells<'a> {
    let values = source.values;
    let array: ArrayRef = match kind {
        ColumnKind::Integer => Arc::new(Int64Array::from(spread(
            &values.integers.values,
            &source.integers,
            from,
            to,
        ))),
        ColumnKind::Double => {
            let mut doubles = spread(&values.doubles.values, &source.doubles, from, to);
            source.integers.each(from, to, |rank, at| {
                #[expect(clippy::cast_precision_loss, reason = "only exact ones have been kept")]
                let exact = values.integers.values.get(at as usize).map(|number| *number as f64);
                if let Some(slot) = doubles.get_mut((rank - from) as usize) {
                    *slot = exact;
                }
            });
            Arc::new(Float64Array::from(doubles))
        }
        ColumnKind::Boolean => Arc::new(BooleanArray::from(spread(
            &values.booleans.values,
            &source.booleans,
            from,
            to,
        ))),
        ColumnKind::Uuid | ColumnKind::Text | ColumnKind::Timestamp | ColumnKind::Json => {
            return Cells::Texts(texts(&values.texts, &source.texts, from, to));
        }
    };
    Cells::Array(array)
}

fn spread<T: Copy>(values: &[T], ranked: &Ranked, from: u32, to: u32) -> Vec<Option<T>> {
    let mut spread = vec![None; (to - from) as usize];
    ranked.each(from, to, |rank, at| {
        if let Some(slot) = spread.get_mut((rank - from) as usize) {
            *slot = values.get(at as usize).copied();
        }
    });
    spread
}

fn texts<'a>(values: &'a TextColumn, ranked: &Ranked, from: u32, to: u32) -> Texts<'a> {
    let mut numbers = vec![NONE; (to - from) as usize];
    ranked.each(from, to, |rank, at| {
        let number = values.numbers.get(at as usize).copied();
        if let (Some(slot), Some(number)) = (numbers.get_mut((rank - from) as usize), number) {
            *slot = number;
        }
    });
    Texts {
        numbers,
        dictionary: &values.dictionary,
    }
}

#[cfg(test)]
mod tests;
