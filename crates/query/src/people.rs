//! The tables `persons`, `person_distinct_ids` and `groups`.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use hedgerow_errors::{Code, Error};
use hedgerow_ids::ProjectId;
use hedgerow_lake::{GroupRow, Lake, PeopleReader, PersonDistinctId, PersonRow};

/// What the rows that a query needs of such a table may take together.
const MOST_BYTES: usize = 512 << 20;

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeopleKind {
    Persons,
    DistinctIds,
    Groups,
}

impl PeopleKind {
    pub(crate) const ALL: [Self; 3] = [Self::Persons, Self::DistinctIds, Self::Groups];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Persons => "persons",
            Self::DistinctIds => "person_distinct_ids",
            Self::Groups => "groups",
        }
    }

    pub(crate) fn schema(self) -> SchemaRef {
        let time = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let fields: Vec<(&str, DataType)> = match self {
            Self::Persons => return PersonRow::schema(),
            Self::DistinctIds => vec![
                ("distinct_id", DataType::Utf8),
                ("person_id", DataType::Utf8),
                ("person_key", DataType::Int64),
            ],
            Self::Groups => vec![
                ("group_type", DataType::Utf8),
                ("group_type_index", DataType::Int64),
                ("group_key", DataType::Utf8),
                ("created_at", time()),
                ("properties", DataType::Utf8),
            ],
        };
        let fields = fields.into_iter().map(|(name, kind)| Field::new(name, kind, false));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

/// A table of persons or groups. A query reads it when it begins, all of one moment.
pub(crate) struct PeopleTable {
    lake: Arc<Lake>,
    project: ProjectId,
    kind: PeopleKind,
    schema: SchemaRef,
}

impl PeopleTable {
    pub(crate) fn new(lake: Arc<Lake>, project: ProjectId, kind: PeopleKind) -> Self {
        Self {
            lake,
            project,
            kind,
            schema: kind.schema(),
        }
    }

    async fn read(&self, projection: Option<&Vec<usize>>) -> hedgerow_errors::Result<Vec<RecordBatch>> {
        if self.kind == PeopleKind::Persons {
            let (mut moment, persons) = self.lake.moment_with_persons(&self.project).await?;
            let Some(rows) = &persons.rows else {
                return read(&mut moment.people, self.kind, projection).await;
            };
            let page = |page: &RecordBatch| match projection {
                Some(columns) => page.project(columns),
                None => Ok(page.clone()),
            };
            return rows
                .iter()
                .map(page)
                .collect::<std::result::Result<_, _>>()
                .map_err(unbuilt);
        }
        let mut reader = self.lake.people(&self.project).await?;
        read(&mut reader, self.kind, projection).await
    }
}

/// The rows of a table as a reader has them, in the columns that are wanted.
pub(crate) async fn read(
    reader: &mut PeopleReader,
    kind: PeopleKind,
    projection: Option<&Vec<usize>>,
) -> hedgerow_errors::Result<Vec<RecordBatch>> {
    let mut gathered = Gathered::new(kind, projection);
    match kind {
        PeopleKind::Persons => {
            let page = |rows: Vec<PersonRow>| gathered.keep(PersonRow::batch(&rows)?.columns().to_vec());
            reader.persons(page).await?;
        }
        PeopleKind::DistinctIds => reader.distinct_ids(|rows| gathered.keep(distinct_ids(&rows))).await?,
        PeopleKind::Groups => reader.groups(|rows| gathered.keep(groups(&rows))).await?,
    }
    Ok(gathered.batches)
}

/// What was read of a table so far.
struct Gathered<'a> {
    kind: PeopleKind,
    projection: Option<&'a Vec<usize>>,
    batches: Vec<RecordBatch>,
    bytes: usize,
}

impl<'a> Gathered<'a> {
    fn new(kind: PeopleKind, projection: Option<&'a Vec<usize>>) -> Self {
        Self {
            kind,
            projection,
            batches: Vec::new(),
            bytes: 0,
        }
    }

    fn keep(&mut self, arrays: Vec<ArrayRef>) -> hedgerow_errors::Result<()> {
        let built = RecordBatch::try_new(self.kind.schema(), arrays);
        let built = built.and_then(|batch| match self.projection {
            Some(columns) => batch.project(columns),
            None => Ok(batch),
        });
        let batch = built.map_err(unbuilt)?;
        self.bytes += batch.get_array_memory_size();
        if self.bytes > MOST_BYTES {
            let message = format!("{} takes more than {} MB", self.kind.name(), MOST_BYTES >> 20);
            return Err(Error::new(Code::LimitExceeded, message).with_hint("select fewer of its columns"));
        }
        self.batches.push(batch);
        Ok(())
    }
}

fn unbuilt(error: ArrowError) -> Error {
    Error::caused(Code::Internal, "cannot build rows of persons", error)
}

fn distinct_ids(rows: &[PersonDistinctId]) -> Vec<ArrayRef> {
    vec![
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.distinct_id))),
        Arc::new(StringArray::from_iter_values(
            rows.iter().map(|row| row.person_id.to_string()),
        )),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.person_key))),
    ]
}

fn groups(rows: &[GroupRow]) -> Vec<ArrayRef> {
    vec![
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.group_type))),
        Arc::new(Int64Array::from_iter_values(
            rows.iter().map(|row| row.group_type_index),
        )),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.group_key))),
        time(rows.iter().map(|row| row.created_at)),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.properties))),
    ]
}

fn time(times: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"))
}

impl fmt::Debug for PeopleTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("PeopleTable").field(&self.kind).finish()
    }
}

#[async_trait]
impl TableProvider for PeopleTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let rows = self
            .read(projection)
            .await
            .map_err(|error| DataFusionError::External(Box::new(error)))?;
        let schema = match projection {
            Some(columns) => Arc::new(self.schema.project(columns)?),
            None => Arc::clone(&self.schema),
        };
        Ok(MemorySourceConfig::try_new_exec(&[rows], schema, None)?)
    }
}
