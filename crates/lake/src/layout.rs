//! The columns of the events table: fixed ones, then one per property key, and where the values of
//! each key lie.
//!
//! A key has one type in a project. Its values lie in a column of that type; a value of another
//! type lies in the column `rest`, a JSON object, and so do arrays, objects, and all values of keys
//! beyond the first [`MOST_COLUMNS`]. So nothing that a client sends can bend or lose another value.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use hedgerow_data_api::{EventBatch, PropertyColumn, ValueType};
use hedgerow_errors::{Code, Error, Result};

/// The metadata key by which Parquet writers take a field's id.
const FIELD_ID: &str = "PARQUET:field_id";

/// Keys that get a column of their own. Every column costs each file a little, so that the ten
/// thousandth key must not make all files slow.
pub(crate) const MOST_COLUMNS: usize = 512;

/// Keys that are longer are kept in `rest` and have no definition, as nobody can pick them.
const LONGEST_KEY: usize = 200;

/// Integers up to here are doubles without loss.
const EXACT: u64 = 1 << 53;

/// What speaks of persons and groups rather than of the event: kept in `rest`, without a definition.
const STRUCTURAL: [&str; 5] = ["$set", "$set_once", "$unset", "$groups", "$group_set"];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// The event's identity, 16 bytes.
    Uuid,
    /// Text.
    Text,
    /// An instant in UTC, microseconds.
    Timestamp,
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Double,
    /// True or false.
    Boolean,
    /// JSON text.
    Json,
}

const KINDS: [ColumnKind; 7] = [
    ColumnKind::Uuid,
    ColumnKind::Text,
    ColumnKind::Timestamp,
    ColumnKind::Integer,
    ColumnKind::Double,
    ColumnKind::Boolean,
    ColumnKind::Json,
];

impl ColumnKind {
    /// The type's name in a `DuckLake` catalog.
    pub(crate) fn ducklake_type(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::Text => "varchar",
            Self::Timestamp => "timestamptz",
            Self::Integer => "int64",
            Self::Double => "float64",
            Self::Boolean => "boolean",
            Self::Json => "json",
        }
    }

    pub(crate) fn from_ducklake_type(name: &str) -> Result<Self> {
        let found = KINDS.into_iter().find(|kind| kind.ducklake_type() == name);
        found.ok_or_else(|| {
            let message = format!("the catalog has a column of unknown type {name:?}");
            Error::new(Code::Corrupt, message)
        })
    }

    /// The Arrow type as it is written and read.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Uuid => DataType::FixedSizeBinary(16),
            Self::Text | Self::Json => DataType::Utf8,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Integer => DataType::Int64,
            Self::Double => DataType::Float64,
            Self::Boolean => DataType::Boolean,
        }
    }

    /// The property type that is kept in such a column.
    #[must_use]
    pub fn value_type(self) -> ValueType {
        match self {
            Self::Integer => ValueType::Integer,
            Self::Double => ValueType::Double,
            Self::Boolean => ValueType::Boolean,
            Self::Json => ValueType::Json,
            Self::Uuid | Self::Text | Self::Timestamp => ValueType::String,
        }
    }

    pub(crate) fn of_value_type(value_type: ValueType) -> Self {
        match value_type {
            ValueType::String => Self::Text,
            ValueType::Integer => Self::Integer,
            ValueType::Double => Self::Double,
            ValueType::Boolean => Self::Boolean,
            ValueType::Json => Self::Json,
        }
    }

    /// The type of a key that is seen for the first time: that of most of its values. Numbers are
    /// whole only where all are.
    fn of_most(values: &PropertyColumn) -> Self {
        let numbers = values.integers.rows.len() + values.doubles.rows.len();
        let number = if values.doubles.rows.is_empty() {
            Self::Integer
        } else {
            Self::Double
        };
        let counted = [
            (values.texts.len(), Self::Text),
            (numbers, number),
            (values.booleans.rows.len(), Self::Boolean),
            (values.json.len(), Self::Json),
        ];
        // The first of equals, so that the same batch gives the same type.
        let most = counted.into_iter().rev().max_by_key(|(count, _)| *count);
        most.map_or(Self::Text, |(_, kind)| kind)
    }
}

/// Whether an integer is the same as a double.
pub(crate) fn is_exact(number: i64) -> bool {
    number.unsigned_abs() <= EXACT
}

/// A column of the events table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeColumn {
    /// The id in catalog and files.
    pub id: i64,
    /// The name in files and SQL.
    pub name: String,
    /// The property key it holds; `None` for the fixed columns.
    pub key: Option<String>,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether files have it; the values of a key without a column lie in `rest`.
    pub stored: bool,
}

/// The fixed columns, ids 1 to 7 in a new catalog. One that was made before `rest` has it later.
pub(crate) const FIXED: [(&str, ColumnKind); 7] = [
    ("uuid", ColumnKind::Uuid),
    ("event", ColumnKind::Text),
    ("timestamp", ColumnKind::Timestamp),
    ("distinct_id", ColumnKind::Text),
    ("person_key", ColumnKind::Integer),
    ("session_id", ColumnKind::Text),
    (REST, ColumnKind::Json),
];

/// The fixed column for everything that lies in no column of its own.
pub(crate) const REST: &str = "rest";

/// All columns in order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) columns: Vec<LakeColumn>,
}

impl Layout {
    pub(crate) fn fixed() -> Self {
        let columns = FIXED.iter().zip(1..).map(|((name, kind), id)| LakeColumn {
            id,
            name: (*name).to_owned(),
            key: None,
            kind: *kind,
            stored: true,
        });
        Self {
            columns: columns.collect(),
        }
    }

    /// This layout with what a batch makes of it: columns for new keys, and columns of whole
    /// numbers that become columns of doubles. `None` where it stays as it is.
    pub(crate) fn with(&self, batch: &EventBatch) -> Option<Self> {
        let mut growing: Option<Growing> = None;
        let known: HashMap<&str, usize> = keys(&self.columns).collect();
        for values in &batch.properties {
            if values.is_empty() || !is_defined(&values.key) {
                continue;
            }
            let Some(at) = known.get(values.key.as_str()).copied() else {
                let kind = ColumnKind::of_most(values);
                growing.get_or_insert_with(|| Growing::of(self)).add(&values.key, kind);
                continue;
            };
            let is_integer = self
                .columns
                .get(at)
                .is_some_and(|column| column.kind == ColumnKind::Integer);
            if is_integer && !values.doubles.rows.is_empty() {
                let changed = growing.get_or_insert_with(|| Growing::of(self));
                if let Some(column) = changed.layout.columns.get_mut(at) {
                    column.kind = ColumnKind::Double;
                }
            }
        }
        growing.map(|growing| growing.layout)
    }

    /// The columns of a newer snapshot, and after them those of this layout that it does not know.
    pub(crate) fn rebased(&self, committed: &[LakeColumn]) -> Self {
        let mut growing = Growing::of(&Self {
            columns: committed.to_vec(),
        });
        let known: HashMap<&str, usize> = keys(committed).collect();
        for column in &self.columns {
            let Some(key) = column.key.as_deref() else {
                continue;
            };
            match known.get(key).and_then(|at| growing.layout.columns.get_mut(*at)) {
                None => growing.add(key, column.kind),
                // Whole numbers that became doubles since that snapshot was made stay doubles.
                Some(known) if known.kind == ColumnKind::Integer && column.kind == ColumnKind::Double => {
                    known.kind = ColumnKind::Double;
                }
                Some(_) => {}
            }
        }
        growing.layout
    }

    /// The columns as readers see them, field ids included.
    pub(crate) fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }
}

/// A layout that gets new columns.
struct Growing {
    layout: Layout,
    /// SQL compares names without case, so these are in lower case.
    names: HashSet<String>,
    next_id: i64,
    room: usize,
}

impl Growing {
    fn of(layout: &Layout) -> Self {
        let stored = layout
            .columns
            .iter()
            .filter(|column| column.stored && column.key.is_some());
        Self {
            names: layout.columns.iter().map(|column| column.name.to_lowercase()).collect(),
            next_id: layout.columns.iter().map(|column| column.id).max().unwrap_or(0) + 1,
            room: MOST_COLUMNS.saturating_sub(stored.count()),
            layout: layout.clone(),
        }
    }

    fn add(&mut self, key: &str, kind: ColumnKind) {
        // A name that differs only in case gets a suffix.
        let mut candidates = std::iter::once(key.to_owned()).chain((2..).map(|n| format!("{key}_{n}")));
        let free = candidates.find(|name| self.names.insert(name.to_lowercase()));
        let stored = kind != ColumnKind::Json && self.room > 0;
        self.room -= usize::from(stored);
        self.layout.columns.push(LakeColumn {
            id: self.next_id,
            name: free.unwrap_or_default(),
            key: Some(key.to_owned()),
            kind,
            stored,
        });
        self.next_id += 1;
    }
}

/// A column as an Arrow field with its id.
pub(crate) fn field(column: &LakeColumn) -> Field {
    let metadata = [(FIELD_ID.to_owned(), column.id.to_string())].into();
    let nullable = column.key.is_some() || column.name == "session_id" || column.name == REST;
    Field::new(&column.name, column.kind.data_type(), nullable).with_metadata(metadata)
}

/// The properties' keys with the positions of their columns.
pub(crate) fn keys(columns: &[LakeColumn]) -> impl Iterator<Item = (&str, usize)> {
    columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| Some((column.key.as_deref()?, at)))
}

/// Whether a key gets a definition.
pub(crate) fn is_defined(key: &str) -> bool {
    !key.is_empty() && key.len() <= LONGEST_KEY && !STRUCTURAL.contains(&key)
}

#[cfg(test)]
mod tests {
    use hedgerow_data_api::Value;
    use uuid::Uuid;

    use super::*;

    fn batch(rows: &[&[(&str, Value<'_>)]]) -> EventBatch {
        let mut batch = EventBatch::default();
        for row in rows {
            batch.begin(Uuid::nil(), "a", 0, "p", None);
            for (key, value) in *row {
                batch.set(key, *value);
            }
        }
        batch
    }

    fn shown(layout: &Layout) -> Vec<(i64, &str, ColumnKind, bool)> {
        let properties = layout.columns.iter().filter(|column| column.key.is_some());
        properties
            .map(|column| (column.id, column.name.as_str(), column.kind, column.stored))
            .collect()
    }

    #[test]
    fn names_that_differ_in_case_get_a_suffix() {
        let batch = batch(&[&[
            ("Plan", Value::Text("a")),
            ("plan", Value::Integer(1)),
            ("event", Value::Boolean(true)),
            ("REST", Value::Text("x")),
        ]]);
        let layout = Layout::fixed().with(&batch).unwrap();
        let expected = [
            (8, "Plan", ColumnKind::Text, true),
            (9, "plan_2", ColumnKind::Integer, true),
            (10, "event_2", ColumnKind::Boolean, true),
            (11, "REST_2", ColumnKind::Text, true),
        ];
        assert_eq!(shown(&layout), expected);
        assert_eq!(layout.with(&batch), None);
    }

    #[test]
    fn a_key_gets_the_type_of_most_of_its_values() {
        let rows: [&[(&str, Value<'_>)]; 3] = [
            &[
                ("n", Value::Integer(1)),
                ("m", Value::Text("1")),
                ("j", Value::Json("[]")),
                ("$set", Value::Json("{}")),
            ],
            &[
                ("n", Value::Double(1.5)),
                ("m", Value::Integer(1)),
                ("", Value::Integer(1)),
            ],
            &[("n", Value::Text("x")), ("m", Value::Integer(2))],
        ];
        let layout = Layout::fixed().with(&batch(&rows)).unwrap();
        let expected = [
            (8, "n", ColumnKind::Double, true),
            (9, "m", ColumnKind::Integer, true),
            (10, "j", ColumnKind::Json, false),
        ];
        assert_eq!(shown(&layout), expected);
    }

    #[test]
    fn whole_numbers_become_doubles_where_one_comes_and_nothing_else_changes() {
        let layout = Layout::fixed().with(&batch(&[&[("n", Value::Integer(1))]])).unwrap();
        let text = batch(&[&[("n", Value::Text("many"))], &[("n", Value::Text("more"))]]);
        assert_eq!(layout.with(&text), None);
        let layout = layout.with(&batch(&[&[("n", Value::Double(0.5))]])).unwrap();
        assert_eq!(shown(&layout), [(8, "n", ColumnKind::Double, true)]);
        assert_eq!(layout.with(&batch(&[&[("n", Value::Integer(1))]])), None);
    }

    #[test]
    fn a_column_that_became_a_double_since_a_snapshot_stays_one() {
        let committed = Layout::fixed().with(&batch(&[&[("n", Value::Integer(1))]])).unwrap();
        let since = batch(&[&[("n", Value::Double(0.5)), ("m", Value::Boolean(true))]]);
        let grown = committed.with(&since).unwrap();
        assert_eq!(grown.rebased(&committed.columns), grown);
        assert_eq!(committed.rebased(&grown.columns), grown);
    }

    #[test]
    fn keys_beyond_the_most_have_no_column() {
        let mut wide = EventBatch::default();
        wide.begin(Uuid::nil(), "a", 0, "p", None);
        for n in 0..MOST_COLUMNS + 3 {
            wide.set(&format!("key {n}"), Value::Integer(1));
        }
        let layout = Layout::fixed().with(&wide).unwrap();
        let stored = shown(&layout).iter().filter(|column| column.3).count();
        assert_eq!(
            (stored, layout.columns.len()),
            (MOST_COLUMNS, FIXED.len() + MOST_COLUMNS + 3)
        );
    }
}
