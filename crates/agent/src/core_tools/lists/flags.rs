//! The feature flags that a project keeps, as far as their list can be filtered by them.

use hedgerow_agent_api::{Access, Object, ObjectStore, ToolContext};
use hedgerow_data_api::ValueCount;
use hedgerow_errors::Result;
use serde_json::Value;

/// The kind of object that a flag is.
const KIND: &str = "feature_flag";
/// Fields whose values are compared with those of the flags, where there are some.
pub(super) const CHECKED: [&str; 2] = ["created_by", "tags"];

/// A flag's values by the keys of the list's fields; a flag can have several tags.
pub(in super::super) struct StoredFlag {
    values: Vec<(&'static str, String)>,
}

/// The flags of a project; none for whoever may not read them.
pub(super) async fn stored(objects: &dyn ObjectStore, ctx: &ToolContext) -> Result<Vec<StoredFlag>> {
    if !ctx.principal.may(&Access::read_kind(KIND), &ctx.project) {
        return Ok(Vec::new());
    }
    let flags = objects.list(&ctx.project, Some(KIND)).await?;
    Ok(flags.iter().map(StoredFlag::of).collect())
}

impl StoredFlag {
    fn of(object: &Object) -> Self {
        let body = &object.body;
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let share = |group: &Value| group["rollout_percentage"].as_f64().unwrap_or(100.0);
        // As the list shows it: the widest share, and nobody gets a flag without conditions.
        let rollout = list(&body["filters"]["groups"]).iter().map(share).fold(0.0, f64::max);
        let mut values = vec![
            ("key", object.name.clone()),
            ("active", (body["active"] == true).to_string()),
            (
                "has_variants",
                (!list(&body["filters"]["multivariate"]["variants"]).is_empty()).to_string(),
            ),
            ("rollout_percentage", rollout.to_string()),
            ("created_by", object.created_by.name().to_owned()),
        ];
        values.extend(body["description"].as_str().map(|text| ("name", text.to_owned())));
        let tags = list(&body["tags"]);
        values.extend(tags.iter().filter_map(|tag| Some(("tags", tag.as_str()?.to_owned()))));
        Self { values }
    }
}

/// The values of a field, most frequent first, with `others` that no flag needs to have.
pub(super) fn values(flags: &[StoredFlag], key: &str, others: Vec<String>) -> Vec<ValueCount> {
    let mut found: Vec<ValueCount> = Vec::new();
    let of_flags = flags.iter().flat_map(|flag| &flag.values);
    for (_, value) in of_flags.filter(|(of, _)| *of == key) {
        match found.iter_mut().find(|known| known.value == *value) {
            Some(known) => known.count += 1,
            None => found.push(ValueCount {
                value: value.clone(),
                count: 1,
            }),
        }
    }
    for value in others {
        if !found.iter().any(|known| known.value == value) {
            found.push(ValueCount { value, count: 1 });
        }
    }
    found.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.value.cmp(&other.value)));
    found
}
