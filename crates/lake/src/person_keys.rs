//! The number by which files know a person.

use hedgerow_data_api::EventBatch;

use crate::people::person_key;

/// The keys of a batch's distinct ids, by their numbers in the batch.
pub(crate) fn person_keys(batch: &EventBatch) -> Vec<i64> {
    batch.distinct_ids.dictionary.iter().map(person_key).collect()
}
