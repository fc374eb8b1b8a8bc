//! Objects and their history over SQLite.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_agent_api::{Activity, ActivityFilter, Actor, Object, ObjectStore, ObjectWrite};
use hedgerow_errors::Result;
use hedgerow_ids::{ActivityId, ObjectId, ProjectId};

use crate::database::failed;
use crate::object_rows;
use crate::sqlite::SqliteMeta;

#[async_trait]
impl ObjectStore for SqliteMeta {
    async fn list(&self, project: &ProjectId, kind: Option<&str>) -> Result<Vec<Object>> {
        let rows = sqlx::query(
            "SELECT id, project, kind, name, version, body, created_at, created_by, updated_at, updated_by
             FROM objects WHERE project = ?1 AND (?2 IS NULL OR kind = ?2) ORDER BY name, kind",
        )
        .bind(project.as_str())
        .bind(kind)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| failed("listing objects", error))?;
        rows.iter().map(object_rows::object).collect()
    }

    async fn get(&self, project: &ProjectId, id: ObjectId) -> Result<Object> {
        let mut connection = self
            .pool
            .acquire()
            .await
            .map_err(|error| failed(format!("looking up object {id}"), error))?;
        let object = object_rows::current(&mut connection, project, id).await?;
        object.ok_or_else(|| object_rows::unknown("object", &id.to_string()))
    }

    async fn write(&self, write: ObjectWrite) -> Result<Vec<Activity>> {
        let (_turn, mut transaction) = self.begin().await?;
        let activities = object_rows::write(&mut transaction, &write).await?;
        let committed = transaction.commit().await;
        committed.map_err(|error| failed("writing objects", error))?;
        Ok(activities)
    }

    async fn undo(
        &self,
        project: &ProjectId,
        activities: &[ActivityId],
        actor: Actor,
        at: DateTime<Utc>,
    ) -> Result<Vec<Activity>> {
        let (_turn, mut transaction) = self.begin().await?;
        let mut undone = Vec::new();
        for id in activities {
            let activity = object_rows::activity(&mut transaction, project, *id).await?;
            let current = object_rows::current(&mut transaction, project, activity.object_id).await?;
            let write = ObjectWrite {
                project: project.clone(),
                actor: actor.clone(),
                at,
                changes: vec![activity.undo(current.as_ref())?],
            };
            undone.extend(object_rows::write_as(&mut transaction, &write, Some(*id)).await?);
        }
        let committed = transaction.commit().await;
        committed.map_err(|error| failed("undoing changes of objects", error))?;
        Ok(undone)
    }

    async fn activity(&self, project: &ProjectId, filter: &ActivityFilter) -> Result<Vec<Activity>> {
        object_rows::activities(&self.pool, project, filter).await
    }
}
