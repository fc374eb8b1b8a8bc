//! The number by which files know a person.

use hedgerow_data_api::EventBatch;
use uuid::Uuid;

const NAMESPACE: Uuid = Uuid::from_u128(0x7a1e_2f0c_9b5d_4c4e_8d06_3f6f_5a0e_91b7);

fn person_key(distinct_id: &str) -> i64 {
    let (high, low) = Uuid::new_v5(&NAMESPACE, distinct_id.as_bytes()).as_u64_pair();
    ((high ^ low) >> 1) as i64
}

/// The keys of a batch's distinct ids, by their numbers in the batch.
pub(crate) fn person_keys(batch: &EventBatch) -> Vec<i64> {
    batch.distinct_ids.dictionary.iter().map(person_key).collect()
}
