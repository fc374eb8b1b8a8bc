//! What is set for projects, over SQLite.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_agent_api::{ProjectSettings, Stage};
use hedgerow_data_api::QuerySettings;
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;

use crate::database::failed;
use crate::record::{column, time_text};
use crate::sqlite::SqliteMeta;

#[async_trait]
impl ProjectSettings for SqliteMeta {
    async fn early_access(&self, project: &ProjectId) -> Result<Stage> {
        let row = sqlx::query("SELECT early_access FROM project_settings WHERE project = ?1")
            .bind(project.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| failed(format!("reading the settings of project {project}"), error))?;
        let Some(row) = row else {
            return Ok(Stage::default());
        };
        let stage = column::<&str>(&row, "early_access")?;
        // Nothing that can't be read may open a product.
        stage
            .parse()
            .map_err(|error| Error::caused(Code::Corrupt, format!("the settings of project {project}"), error))
    }

    async fn set_early_access(&self, project: &ProjectId, stage: Stage, by: &str, at: DateTime<Utc>) -> Result<()> {
        let step = || format!("setting the early access of project {project}");
        let (_turn, mut transaction) = self.begin().await?;
        sqlx::query(
            "INSERT INTO project_settings (project, early_access, set_by, set_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (project) DO UPDATE SET early_access = ?2, set_by = ?3, set_at = ?4",
        )
        .bind(project.as_str())
        .bind(stage.as_str())
        .bind(by)
        .bind(time_text(at))
        .execute(&mut *transaction)
        .await
        .map_err(|error| failed(step(), error))?;
        transaction.commit().await.map_err(|error| failed(step(), error))
    }

    async fn query_settings(&self, project: &ProjectId) -> Result<QuerySettings> {
        let row = sqlx::query("SELECT settings FROM query_settings WHERE project = ?1")
            .bind(project.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| failed(format!("reading the query settings of project {project}"), error))?;
        let Some(row) = row else {
            return Ok(QuerySettings::default());
        };
        // What can't be read may not be taken for the defaults: the numbers would be others.
        serde_json::from_str(column::<&str>(&row, "settings")?)
            .map_err(|error| Error::caused(Code::Corrupt, format!("the query settings of project {project}"), error))
    }

    async fn set_query_settings(
        &self,
        project: &ProjectId,
        settings: &QuerySettings,
        by: &str,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let step = || format!("setting the query settings of project {project}");
        let text = serde_json::to_string(settings).map_err(|error| Error::caused(Code::Internal, step(), error))?;
        let (_turn, mut transaction) = self.begin().await?;
        sqlx::query(
            "INSERT INTO query_settings (project, settings, set_by, set_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (project) DO UPDATE SET settings = ?2, set_by = ?3, set_at = ?4",
        )
        .bind(project.as_str())
        .bind(text)
        .bind(by)
        .bind(time_text(at))
        .execute(&mut *transaction)
        .await
        .map_err(|error| failed(step(), error))?;
        transaction.commit().await.map_err(|error| failed(step(), error))
    }
}
