//! Actions, cohorts and settings without a store.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use hedgerow_data_api::{ActionDefinition, CohortDefinition, Defined, Definitions, QuerySettings};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::{ObjectId, ProjectId};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Definitions in memory, the same for every project.
#[derive(Default)]
pub struct FakeDefinitions {
    cohorts: Mutex<Vec<Defined<CohortDefinition>>>,
    actions: Mutex<Vec<Defined<ActionDefinition>>>,
    settings: Mutex<QuerySettings>,
}

impl FakeDefinitions {
    /// Defines a cohort anew, or for the first time.
    pub fn define_cohort(&self, name: &str, body: Value) -> ObjectId {
        define(&self.cohorts, name, body)
    }

    /// Defines an action anew, or for the first time.
    pub fn define_action(&self, name: &str, body: Value) -> ObjectId {
        define(&self.actions, name, body)
    }

    /// Gives a cohort another name.
    pub fn rename_cohort(&self, name: &str, new_name: &str) {
        for cohort in lock(&self.cohorts).iter_mut().filter(|cohort| cohort.name == name) {
            new_name.clone_into(&mut cohort.name);
            cohort.version += 1;
        }
    }

    /// Sets what is set for queries.
    pub fn set(&self, settings: Value) {
        let settings = serde_json::from_value(settings).expect("settings of queries");
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// Forgets a cohort.
    pub fn delete_cohort(&self, name: &str) {
        lock(&self.cohorts).retain(|cohort| cohort.name != name);
    }
}

fn lock<T>(definitions: &Mutex<Vec<Defined<T>>>) -> MutexGuard<'_, Vec<Defined<T>>> {
    definitions.lock().unwrap_or_else(PoisonError::into_inner)
}

fn define<T: DeserializeOwned>(definitions: &Mutex<Vec<Defined<T>>>, name: &str, body: Value) -> ObjectId {
    let body: T = serde_json::from_value(body).expect("the body of a definition");
    let mut definitions = lock(definitions);
    if let Some(known) = definitions.iter_mut().find(|known| known.name == name) {
        known.body = body;
        known.version += 1;
        return known.id;
    }
    let id = ObjectId::new();
    definitions.push(Defined {
        id,
        name: name.to_owned(),
        version: 1,
        body,
    });
    id
}

fn find<T: Clone>(definitions: &Mutex<Vec<Defined<T>>>, kind: &str, reference: &str) -> Result<Defined<T>> {
    let definitions = lock(definitions);
    let is = |known: &&Defined<T>| known.name == reference || known.id.to_string() == reference;
    let found = definitions.iter().find(is).cloned();
    found.ok_or_else(|| Error::unknown(kind, reference, definitions.iter().map(|known| known.name.as_str())))
}

#[async_trait]
impl Definitions for FakeDefinitions {
    async fn cohort(&self, _: &ProjectId, reference: &str) -> Result<Defined<CohortDefinition>> {
        find(&self.cohorts, "cohort", reference)
    }

    async fn action(&self, _: &ProjectId, reference: &str) -> Result<Defined<ActionDefinition>> {
        find(&self.actions, "action", reference)
    }

    async fn cohorts(&self, _: &ProjectId) -> Result<Vec<Defined<CohortDefinition>>> {
        Ok(lock(&self.cohorts).clone())
    }

    async fn settings(&self, _: &ProjectId) -> Result<QuerySettings> {
        Ok(self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
