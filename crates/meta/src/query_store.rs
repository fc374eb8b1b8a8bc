//! Queries that were answered, over SQLite.

use std::collections::BTreeSet;

use async_trait::async_trait;
use hedgerow_data_api::{KeptQuery, QueryStore};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ProjectId, QueryId};

use crate::database::failed;
use crate::record::{column, id, time, time_text};
use crate::sqlite::SqliteMeta;

#[async_trait]
impl QueryStore for SqliteMeta {
    async fn keep_queries(&self, queries: Vec<KeptQuery>, most: u32) -> Result<()> {
        let step = || "keeping queries";
        let (_turn, mut transaction) = self.begin().await?;
        let mut projects = BTreeSet::new();
        for query in queries {
            let text = serde_json::to_string(&query.query)
                .map_err(|error| Error::caused(Code::Internal, "writing a query as JSON", error))?;
            sqlx::query(
                "INSERT INTO queries (query_id, project, kind, query, now, snapshot_id, memory_rows)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (query_id) DO NOTHING",
            )
            .bind(query.query_id.to_string())
            .bind(query.project.as_str())
            .bind(&query.kind)
            .bind(text)
            .bind(time_text(query.now))
            .bind(query.snapshot_id)
            .bind(i64::try_from(query.memory_rows).unwrap_or(i64::MAX))
            .execute(&mut *transaction)
            .await
            .map_err(|error| failed(step(), error))?;
            projects.insert(query.project);
        }
        for project in projects {
            sqlx::query(
                "DELETE FROM queries WHERE project = ?1 AND position <=
                     (SELECT position FROM queries WHERE project = ?1 ORDER BY position DESC LIMIT 1 OFFSET ?2)",
            )
            .bind(project.as_str())
            .bind(i64::from(most))
            .execute(&mut *transaction)
            .await
            .map_err(|error| failed(step(), error))?;
        }
        transaction.commit().await.map_err(|error| failed(step(), error))
    }

    async fn kept_query(&self, project: &ProjectId, query_id: QueryId) -> Result<Option<KeptQuery>> {
        let row = sqlx::query(
            "SELECT query_id, project, kind, query, now, snapshot_id, memory_rows FROM queries
             WHERE project = ?1 AND query_id = ?2",
        )
        .bind(project.as_str())
        .bind(query_id.to_string())
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| failed(format!("reading query {query_id}"), error))?;
        let Some(row) = row else {
            return Ok(None);
        };
        let unreadable = |error| Error::caused(Code::Corrupt, format!("query {query_id} as it is kept"), error);
        let memory_rows = column::<i64>(&row, "memory_rows")?;
        Ok(Some(KeptQuery {
            query_id: id(&row, "query_id")?,
            project: id(&row, "project")?,
            kind: column(&row, "kind")?,
            query: serde_json::from_str(column::<&str>(&row, "query")?).map_err(unreadable)?,
            now: time(column(&row, "now")?)?,
            snapshot_id: column(&row, "snapshot_id")?,
            memory_rows: u64::try_from(memory_rows).unwrap_or(0),
        }))
    }
}
