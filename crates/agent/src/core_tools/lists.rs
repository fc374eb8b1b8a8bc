//! What the lists of a project can be filtered by: fields, the words for them, and their values.
//!
//! Events and persons have what the project's taxonomy names; sessions and flags have fixed fields. The values of
//! flags are those of the flags that the project keeps, and the keys that its events name.

mod fixed;
mod flags;
mod values;
mod words;

use std::sync::Arc;

use hedgerow_agent_api::{ObjectStore, ToolContext};
use hedgerow_data_api::{
    Data, EventStore, FieldKind, FilterField, FilterFields, FilterList, PersonTaxonomy, PropertyType, Taxonomy,
    ValueType,
};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;

use flags::StoredFlag;
pub(super) use values::{Known, known, listed};
pub(super) use words::{fold, of_event, singular_fold};

/// What starts the keys that keep a person's first value of another key.
pub(super) const INITIAL: &str = "$initial_";
/// Keys whose values name somebody or something: the value is what was typed, not one of a list.
const FREE: [&str; 6] = ["distinct_id", "email", "$email", "name", "$name", "created_by"];

/// A list of a project with everything that its fields and values follow from.
pub(super) struct ListData {
    /// The list's fields.
    pub(super) fields: FilterFields,
    /// The events and their properties.
    pub(super) taxonomy: Arc<Taxonomy>,
    /// The properties of persons.
    pub(super) persons: Arc<PersonTaxonomy>,
    /// The flags that the project keeps; none for other lists.
    flags: Vec<StoredFlag>,
}

/// The lists of all projects.
#[derive(Clone)]
pub(super) struct Lists {
    /// The events and persons.
    pub(super) data: Data,
    /// The objects, among which are flags.
    pub(super) objects: Arc<dyn ObjectStore>,
}

impl Lists {
    /// Reads what a list can be filtered by, as far as the caller may know.
    pub(super) async fn read(&self, ctx: &ToolContext, list: FilterList) -> Result<ListData> {
        let flags = match list {
            FilterList::Flags => flags::stored(self.objects.as_ref(), ctx).await?,
            FilterList::Events | FilterList::Persons | FilterList::Sessions => Vec::new(),
        };
        ListData::read(self.data.store.as_ref(), &ctx.project, list, flags).await
    }
}

impl ListData {
    async fn read(
        store: &dyn EventStore,
        project: &ProjectId,
        list: FilterList,
        flags: Vec<StoredFlag>,
    ) -> Result<Self> {
        let taxonomy = store.taxonomy(project).await?;
        let persons = match list {
            FilterList::Flags => Arc::default(),
            FilterList::Events | FilterList::Persons | FilterList::Sessions => store.person_taxonomy(project).await?,
        };
        let mut fields = match list {
            FilterList::Events => fixed::events(),
            FilterList::Persons => fixed::persons(),
            FilterList::Sessions => fixed::sessions(),
            FilterList::Flags => fixed::flags(),
        };
        if !flags.is_empty() {
            // All of their values are known, so that one that none has is refused.
            for field in fields
                .iter_mut()
                .filter(|field| flags::CHECKED.contains(&field.key.as_str()))
            {
                field.is_checked = true;
            }
        }
        if list == FilterList::Events {
            for property in &taxonomy.properties {
                let mut field = of_property(PropertyType::Event, &property.key, property.value_type);
                field.has_zero = field.kind == FieldKind::Whole
                    && store.has_value(project, &property.key, "0").await? != Some(false);
                fields.push(field);
            }
        }
        fields.extend(persons.properties.iter().map(|property| {
            let mut field = of_property(PropertyType::Person, &property.key, property.value_type);
            let is_zero = || property.values.iter().any(|value| value.value == "0");
            field.has_zero = field.kind == FieldKind::Whole && (!property.values_complete || is_zero());
            field
        }));
        Ok(Self {
            fields: FilterFields { list, fields },
            taxonomy,
            persons,
            flags,
        })
    }
}

/// What a list of a project can be filtered by, whatever flags it keeps.
///
/// # Errors
/// Where the project is unknown, or can't be read.
pub async fn filter_fields(store: &dyn EventStore, project: &ProjectId, list: FilterList) -> Result<FilterFields> {
    let data = ListData::read(store, project, list, Vec::new()).await?;
    Ok(data.fields)
}

/// The keys of the feature flags that a project's events name.
pub(crate) fn flag_keys(taxonomy: &Taxonomy) -> Vec<String> {
    let keys = taxonomy.properties.iter().map(|property| property.key.as_str());
    keys.filter_map(|key| key.strip_prefix("$feature/"))
        .map(str::to_owned)
        .collect()
}

/// A property as a field.
fn of_property(property_type: PropertyType, key: &str, value_type: ValueType) -> FilterField {
    let kind = match value_type {
        ValueType::String if key.trim_start_matches('$') == "app_version" => FieldKind::Version,
        ValueType::String => FieldKind::Text,
        ValueType::Integer => FieldKind::Whole,
        ValueType::Double => FieldKind::Number,
        ValueType::Boolean => FieldKind::Boolean,
        ValueType::Json => FieldKind::Json,
    };
    field(property_type, key, kind, true)
}

/// A field with the words and the unit that its key tells.
fn field(property_type: PropertyType, key: &str, kind: FieldKind, may_be_missing: bool) -> FilterField {
    let is_text = matches!(kind, FieldKind::Text | FieldKind::Version);
    FilterField {
        key: key.to_owned(),
        property_type,
        kind,
        may_be_missing,
        has_zero: false,
        is_checked: is_text && !FREE.contains(&key),
        is_prose: is_text && words::is_prose(key),
        unit: if kind.is_number() { words::unit(key) } else { None },
        words: words::of_key(key),
    }
}
