//! Actions and cohorts as objects keep them, and what is set for queries.

use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_agent_api::{ActivityAction, ActivityFilter, Object, ObjectStore, ProjectSettings, body_of};
use hedgerow_data_api::{ActionDefinition, CohortDefinition, Defined, Definitions, QuerySettings};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ObjectId, ProjectId};
use serde::de::DeserializeOwned;

/// The kinds of the objects.
const COHORT: &str = "cohort";
const ACTION: &str = "action";

/// The definitions in a store of objects.
pub struct StoredDefinitions {
    objects: Arc<dyn ObjectStore>,
    settings: Arc<dyn ProjectSettings>,
}

impl StoredDefinitions {
    /// Those of a store, with what is set for queries.
    #[must_use]
    pub fn new(objects: Arc<dyn ObjectStore>, settings: Arc<dyn ProjectSettings>) -> Self {
        Self { objects, settings }
    }

    async fn defined<T: DeserializeOwned>(
        &self,
        project: &ProjectId,
        kind: &str,
        reference: &str,
    ) -> Result<Defined<T>> {
        of_object(self.object(project, kind, reference).await?)
    }

    async fn object(&self, project: &ProjectId, kind: &str, reference: &str) -> Result<Object> {
        let Ok(id) = reference.parse::<ObjectId>() else {
            return self.objects.named(project, kind, reference).await;
        };
        match self.objects.get(project, id).await {
            Ok(object) if object.kind == kind => return Ok(object),
            Ok(other) => {
                let what = other.kind.replace('_', " ");
                let message = format!("{reference} is the {what} {:?}, not a {kind}", other.name);
                return Err(Error::invalid(message));
            }
            Err(error) if error.code() == Code::UnknownName => {}
            Err(error) => return Err(error),
        }
        match (
            self.objects.named(project, kind, reference).await,
            self.last_name(project, id).await?,
        ) {
            (Err(error), Some(name)) if error.code() == Code::UnknownName => {
                let message = format!("the {kind} {name:?} was deleted");
                Err(Error::new(Code::UnknownName, message).with_hint(format!("undo that, or take another {kind}")))
            }
            (found, _) => found,
        }
    }

    /// The name that a deleted object had.
    async fn last_name(&self, project: &ProjectId, id: ObjectId) -> Result<Option<String>> {
        let filter = ActivityFilter {
            object: Some(id),
            limit: Some(1),
            ..ActivityFilter::default()
        };
        let last = self.objects.activity(project, &filter).await?.pop();
        let deleted = last.filter(|activity| activity.action == ActivityAction::Deleted || activity.after.is_none());
        Ok(deleted.and_then(|activity| activity.before).map(|state| state.name))
    }
}

#[async_trait]
impl Definitions for StoredDefinitions {
    async fn cohort(&self, project: &ProjectId, reference: &str) -> Result<Defined<CohortDefinition>> {
        self.defined(project, COHORT, reference).await
    }

    async fn action(&self, project: &ProjectId, reference: &str) -> Result<Defined<ActionDefinition>> {
        self.defined(project, ACTION, reference).await
    }

    async fn cohorts(&self, project: &ProjectId) -> Result<Vec<Defined<CohortDefinition>>> {
        let objects = self.objects.list(project, Some(COHORT)).await?;
        objects.into_iter().map(of_object).collect()
    }

    async fn settings(&self, project: &ProjectId) -> Result<QuerySettings> {
        self.settings.query_settings(project).await
    }
}

fn of_object<T: DeserializeOwned>(object: Object) -> Result<Defined<T>> {
    Ok(Defined {
        body: body_of(&object)?,
        id: object.id,
        name: object.name,
        version: object.version,
    })
}
