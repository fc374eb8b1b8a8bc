//! The `.slt` files under `tests/cases`: SQL with recorded results.

use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_data_api::{QueryEngine, SqlQuery};
use hedgerow_errors::Error;
use hedgerow_query::Engine;
use serde_json::Value;
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};

use crate::events::{clock, engine, project};

struct Database(Arc<Engine>);

#[async_trait]
impl AsyncDB for Database {
    type Error = Error;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Error> {
        let query = SqlQuery {
            query: sql.to_owned(),
            limit: Some(1000),
            ..SqlQuery::default()
        };
        let answer = self
            .0
            .sql(&project(), &query, &clock(), &hedgerow_data_api::Progress::ignore())
            .await?;
        let cell = |cell: Value| match cell {
            Value::String(text) => text,
            Value::Null => "NULL".to_owned(),
            other => other.to_string(),
        };
        let types = answer.columns.iter().map(|_| DefaultColumnType::Any).collect();
        let rows = answer
            .rows
            .into_iter()
            .map(|row| row.into_iter().map(cell).collect())
            .collect();
        Ok(DBOutput::Rows { types, rows })
    }

    async fn shutdown(&mut self) {}

    fn engine_name(&self) -> &'static str {
        "hedgerow"
    }
}

#[tokio::test]
async fn sql_cases_hold() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Arc::new(engine(folder.path()).await);
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cases");
    let mut files: Vec<_> = fs_err::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "slt"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let mut runner = Runner::new(|| async { Ok(Database(Arc::clone(&engine))) });
        runner
            .run_file_async(&file)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}
