//! Queries that were answered, in memory.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use hedgerow_data_api::{KeptQuery, QueryStore};
use hedgerow_errors::Result;
use hedgerow_ids::{ProjectId, QueryId};

/// Keeps queries as long as it lives.
#[derive(Default)]
pub struct MemoryQueries {
    queries: Mutex<Vec<KeptQuery>>,
}

#[async_trait]
impl QueryStore for MemoryQueries {
    async fn keep_queries(&self, queries: Vec<KeptQuery>, most: u32) -> Result<()> {
        let mut kept = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        for query in queries {
            if kept.iter().any(|known| known.query_id == query.query_id) {
                continue;
            }
            let project = query.project.clone();
            kept.push(query);
            let of_project = kept.iter().filter(|kept| kept.project == project).count();
            if of_project > most as usize
                && let Some(first) = kept.iter().position(|kept| kept.project == project)
            {
                kept.remove(first);
            }
        }
        Ok(())
    }

    async fn kept_query(&self, project: &ProjectId, query_id: QueryId) -> Result<Option<KeptQuery>> {
        let kept = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept
            .iter()
            .find(|kept| kept.project == *project && kept.query_id == query_id);
        Ok(found.cloned())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn memory_queries_keep_the_promises() {
        crate::query_store_conformance(|| async { Arc::new(MemoryQueries::default()) as Arc<dyn QueryStore> }).await;
    }
}
