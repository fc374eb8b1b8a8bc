//! The columns of the events table: fixed ones, then one per property key.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use hedgerow_data_api::{PropertyValue, ValueType};
use hedgerow_errors::{Code, Error, Result};

/// The metadata key by which Parquet writers take a field's id.
const FIELD_ID: &str = "PARQUET:field_id";

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
}

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
        }
    }

    pub(crate) fn from_ducklake_type(name: &str) -> Result<Self> {
        let all = [
            Self::Uuid,
            Self::Text,
            Self::Timestamp,
            Self::Integer,
            Self::Double,
            Self::Boolean,
        ];
        let found = all.into_iter().find(|kind| kind.ducklake_type() == name);
        found.ok_or_else(|| {
            Error::new(
                Code::Corrupt,
                format!("the catalog has a column of unknown type {name:?}"),
            )
        })
    }

    /// The Arrow type as it is written and read.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Uuid => DataType::FixedSizeBinary(16),
            Self::Text => DataType::Utf8,
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
            Self::Uuid | Self::Text | Self::Timestamp => ValueType::String,
        }
    }

    fn of(value: &PropertyValue) -> Self {
        match value {
            PropertyValue::Text(_) => Self::Text,
            PropertyValue::Integer(_) => Self::Integer,
            PropertyValue::Double(_) => Self::Double,
            PropertyValue::Boolean(_) => Self::Boolean,
        }
    }
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
}

/// The fixed columns, ids 1 to 6.
pub(crate) const FIXED: [(&str, ColumnKind); 6] = [
    ("uuid", ColumnKind::Uuid),
    ("event", ColumnKind::Text),
    ("timestamp", ColumnKind::Timestamp),
    ("distinct_id", ColumnKind::Text),
    ("person_key", ColumnKind::Integer),
    ("session_id", ColumnKind::Text),
];

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
        });
        Self {
            columns: columns.collect(),
        }
    }

    /// This layout with a column for each new key. A value whose type is not its key's is refused,
    /// so that nothing is lost or bent.
    pub(crate) fn with_properties<'a>(
        &self,
        properties: impl Iterator<Item = &'a (&'static str, PropertyValue)>,
    ) -> Result<Self> {
        let mut layout = self.clone();
        let mut kinds: BTreeMap<String, ColumnKind> = layout
            .columns
            .iter()
            .filter_map(|column| Some((column.key.clone()?, column.kind)))
            .collect();
        for (key, value) in properties {
            let kind = ColumnKind::of(value);
            match kinds.get(*key) {
                Some(known) if *known == kind => {}
                Some(known) => {
                    let (known, found) = (known.value_type().as_str(), kind.value_type().as_str());
                    return Err(Error::invalid(format!(
                        "property {key:?} is a {known}, but a value is a {found}"
                    )));
                }
                None => {
                    kinds.insert((*key).to_owned(), kind);
                    layout.add(key, kind);
                }
            }
        }
        Ok(layout)
    }

    fn add(&mut self, key: &str, kind: ColumnKind) {
        // SQL compares names without case, so a name that differs only in case gets a suffix.
        let taken = |name: &str| self.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        let free = (2..).map(|n| format!("{key}_{n}")).find(|name| !taken(name));
        let name = if taken(key) {
            free.unwrap_or_default()
        } else {
            key.to_owned()
        };
        let id = self.columns.last().map_or(1, |column| column.id + 1);
        self.columns.push(LakeColumn {
            id,
            name,
            key: Some(key.to_owned()),
            kind,
        });
    }

    /// The Arrow schema, field ids included.
    pub(crate) fn schema(&self) -> SchemaRef {
        let field = |column: &LakeColumn| {
            let metadata = [(FIELD_ID.to_owned(), column.id.to_string())].into();
            let nullable = column.key.is_some() || column.name == "session_id";
            Field::new(&column.name, column.kind.data_type(), nullable).with_metadata(metadata)
        };
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_get_a_suffix() {
        let properties = [
            ("Plan", PropertyValue::Text("a".into())),
            ("plan", PropertyValue::Integer(1)),
            ("event", PropertyValue::Boolean(true)),
        ];
        let layout = Layout::fixed().with_properties(properties.iter()).unwrap();
        let names: Vec<_> = layout.columns[6..]
            .iter()
            .map(|column| (column.id, column.name.as_str()))
            .collect();
        assert_eq!(names, [(7, "Plan"), (8, "plan_2"), (9, "event_2")]);
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        let first = [("plan", PropertyValue::Text("a".into()))];
        let layout = Layout::fixed().with_properties(first.iter()).unwrap();
        let error = layout
            .with_properties([("plan", PropertyValue::Integer(1))].iter())
            .unwrap_err();
        assert_eq!(
            error.message(),
            "property \"plan\" is a string, but a value is a integer"
        );
    }
}
