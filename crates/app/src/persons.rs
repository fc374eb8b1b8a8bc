//! Persons: finding, showing and deleting them.

use hedgerow_agent_api::{Access, Resource};
use hedgerow_data_api::{PersonDeleted, PersonInfo};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use crate::App;

/// The most persons that one list holds.
const MAX_PERSONS: usize = 1_000;

impl App {
    /// Persons with a distinct id that contains `search`, at most `limit`.
    pub async fn persons(&self, project: &ProjectId, search: &str, limit: usize) -> Result<Vec<PersonInfo>> {
        self.check(&Access::read(Resource::Person), Some(project))?;
        if limit == 0 || limit > MAX_PERSONS {
            return Err(Error::invalid(format!(
                "limit {limit} is not within 1 to {MAX_PERSONS}"
            )));
        }
        self.parts.maintenance.persons(project, search, limit).await
    }

    /// A person by one of its distinct ids or by its id.
    pub async fn person(&self, project: &ProjectId, id: &str) -> Result<PersonInfo> {
        self.check(&Access::read(Resource::Person), Some(project))?;
        self.parts.maintenance.person(project, id).await
    }

    /// Deletes a person with all its distinct ids and events. It goes on to its end when the future is
    /// dropped.
    pub async fn delete_person(&self, project: &ProjectId, id: &str) -> Result<PersonDeleted> {
        self.check(&Access::admin(Resource::Person), Some(project))?;
        self.parts.maintenance.delete_person(project, id).await
    }
}
