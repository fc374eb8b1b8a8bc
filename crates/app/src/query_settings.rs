//! What is set for the queries of a project: its time zone, who its test accounts are, and how paths are cleaned.

use hedgerow_agent_api::{Access, Resource};
use hedgerow_data_api::{EventsQuery, PathCleaningFilter, Progress, QuerySettings, filters_by_ids};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;

use crate::App;

impl App {
    /// What is set for a project's queries.
    pub async fn query_settings(&self, project: &ProjectId) -> Result<QuerySettings> {
        self.check(&Access::read(Resource::Project), Some(project))?;
        self.require_project(project).await?;
        self.parts.settings.query_settings(project).await
    }

    /// Sets all of it. Filters with names that the project does not know are refused, as are rules for paths that can't be
    /// applied; cohorts are kept by their ids.
    pub async fn set_query_settings(&self, project: &ProjectId, mut settings: QuerySettings) -> Result<QuerySettings> {
        self.check(&Access::admin(Resource::Project), Some(project))?;
        self.require_project(project).await?;
        PathCleaningFilter::check(&settings.path_cleaning_filters, "path_cleaning_filters")?;
        let data = &self.parts.data;
        let filters = std::mem::take(&mut settings.test_account_filters);
        settings.test_account_filters = filters_by_ids(data.definitions.as_ref(), project, filters).await?;
        if !settings.test_account_filters.is_empty() {
            // A list with these conditions is what knows their names.
            let list = EventsQuery {
                properties: settings.test_account_filters.clone(),
                limit: Some(1),
                ..EventsQuery::default()
            };
            let listed = data
                .queries
                .events(project, &list, &self.clock, &Progress::ignore())
                .await;
            listed.map_err(|error| {
                let named = Error::new(error.code(), format!("test_account_filters: {}", error.message()));
                match error.hint() {
                    Some(hint) => named.with_hint(hint),
                    None => named,
                }
            })?;
        }
        let (by, at) = (&self.principal.name, self.clock.now());
        self.parts
            .settings
            .set_query_settings(project, &settings, by, at)
            .await?;
        Ok(settings)
    }
}
