//! Objects and their history over SQLite.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_agent_api::{Activity, ActivityFilter, Actor, Object, ObjectStore, ObjectWrite, UndoPlan};
use hedgerow_errors::{Code, Result};
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
            undone.extend(object_rows::undo(&mut transaction, &activity, &actor, at).await?);
        }
        let committed = transaction.commit().await;
        committed.map_err(|error| failed("undoing changes of objects", error))?;
        Ok(undone)
    }

    async fn plan_undo(&self, project: &ProjectId, activities: &[ActivityId]) -> Result<UndoPlan> {
        // It is done, and never committed: so a plan can't say anything else than what undoing does, also
        // where one step rests on another. Who and when are gone with it.
        let (_turn, mut transaction) = self.begin().await?;
        let nobody = Actor::Person { name: String::new() };
        let mut plan = UndoPlan::default();
        for id in activities {
            let activity = object_rows::activity(&mut transaction, project, *id).await?;
            match object_rows::undo(&mut transaction, &activity, &nobody, DateTime::UNIX_EPOCH).await {
                Ok(undone) => undone.into_iter().for_each(|step| plan.add(step.change())),
                Err(error) if error.code() == Code::Conflict => {
                    // Read outside of the transaction, which has changes of its own.
                    let of_object = ActivityFilter {
                        object: Some(activity.object_id),
                        ..ActivityFilter::default()
                    };
                    let history = object_rows::activities(&self.pool, project, &of_object).await?;
                    plan.refuse(&activity, &error, activities, history);
                }
                Err(error) => return Err(error),
            }
        }
        let left = transaction.rollback().await;
        left.map_err(|error| failed("planning to undo changes of objects", error))?;
        Ok(plan.finish())
    }

    async fn change(&self, project: &ProjectId, id: ActivityId) -> Result<Activity> {
        let connection = self.pool.acquire().await;
        let mut connection = connection.map_err(|error| failed(format!("looking up change {id}"), error))?;
        object_rows::activity(&mut connection, project, id).await
    }

    async fn activity(&self, project: &ProjectId, filter: &ActivityFilter) -> Result<Vec<Activity>> {
        object_rows::activities(&self.pool, project, filter).await
    }
}
