//! From distinct ids to persons: ids and keys that need no table, and the ids that stand for nobody.

use hedgerow_data_api::EventBatch;
use uuid::Uuid;

/// The namespace of person ids: a random UUID of this project's own.
const NAMESPACE: Uuid = Uuid::from_u128(0x5d0c_6f7e_91b4_4a3d_8e27_c1f0_a64b_93d8);

/// Whose ids differ only in case are illegal too.
const ILLEGAL_IN_ANY_CASE: [&str; 10] = [
    "anonymous",
    "guest",
    "distinctid",
    "distinct_id",
    "id",
    "not_authenticated",
    "email",
    "undefined",
    "true",
    "false",
];

/// Illegal exactly as they are written: what programs print for something that is not there.
const ILLEGAL_AS_WRITTEN: [&str; 6] = ["[object Object]", "NaN", "None", "none", "null", "0"];

/// The id of the person that a distinct id is by itself, before any merge.
#[must_use]
pub fn person_uuid(distinct_id: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, distinct_id.as_bytes())
}

/// The key of a distinct id, by which its events are sorted and counted: at least 0.
///
/// Of the 63 bits one or two are fixed by the form of a UUID and folded into others, which leaves a
/// uniform hash. Among `n` distinct ids two have the same key with a chance of about n² / 2⁶⁴: one in
/// 18 million for a million ids, one in 1,800 for a hundred million.
#[must_use]
pub fn person_key(distinct_id: &str) -> i64 {
    let (high, low) = person_uuid(distinct_id).as_u64_pair();
    // The sign bit is cleared, so that a key is also a plain number where signs are unknown.
    ((high ^ low) & (u64::MAX >> 1)).cast_signed()
}

/// The keys of a batch's distinct ids, by their numbers in the batch.
pub(crate) fn person_keys(batch: &EventBatch) -> Vec<i64> {
    batch.distinct_ids.dictionary.iter().map(person_key).collect()
}

/// True for an id that no merge may use, since unrelated people share it.
pub(crate) fn is_illegal(distinct_id: &str) -> bool {
    let trimmed = distinct_id.trim();
    let unquoted = ['\'', '"'].iter().find_map(|quote| {
        let inner = trimmed.strip_prefix(*quote)?.strip_suffix(*quote)?;
        Some(inner)
    });
    trimmed.is_empty()
        || [distinct_id].into_iter().chain(unquoted).any(|id| {
            ILLEGAL_AS_WRITTEN.contains(&id)
                || ILLEGAL_IN_ANY_CASE
                    .iter()
                    .any(|illegal| illegal.eq_ignore_ascii_case(id))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_what_they_are() {
        // Files carry these keys: a change here would part every event from its person.
        let cases = [
            (
                "visitor 1",
                "e8b09aae-bd22-55f2-9d56-98414b1b0527",
                8_495_480_976_732_410_069,
            ),
            ("", "da799dd2-12f8-5dbf-aa7e-3db01b15fd38", 8_072_597_200_018_710_663),
            ("ü", "964b96b4-30d7-5056-a11f-9076e20dbd41", 3_986_819_003_960_716_567),
        ];
        for (id, uuid, key) in cases {
            assert_eq!(
                (person_uuid(id).to_string().as_str(), person_key(id)),
                (uuid, key),
                "{id}"
            );
        }
    }

    #[test]
    fn ids_that_stand_for_nobody_are_illegal() {
        let cases = [
            ("Anonymous", true),
            ("GUEST", true),
            ("Distinct_Id", true),
            ("undefined", true),
            ("True", true),
            ("NaN", true),
            ("nan", false),
            ("None", true),
            ("NONE", false),
            ("null", true),
            ("Null", false),
            ("0", true),
            ("00", false),
            ("[object Object]", true),
            ("", true),
            (" \t", true),
            ("'guest'", true),
            ("\"null\"", true),
            ("\"null'", false),
            ("'Null'", false),
            ("\"", false),
            ("guest1", false),
            ("ann@example.com", false),
        ];
        for (id, illegal) in cases {
            assert_eq!(is_illegal(id), illegal, "{id:?}");
        }
    }
}
