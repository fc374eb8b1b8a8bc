//! `read_taxonomy`: what exists in the project, so that nobody has to guess a name.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{
    EventDefinition, FieldKind, FilterField, FilterList, PropertyDefinition, PropertyType, Taxonomy, ValueCount,
    ValueList, ValueType,
};
use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json_output;
use super::lists::{Lists, listed};
use super::phrases::{ListMatch, Match, list_mentions, mentions, names};

/// Lines when no limit is given.
const DEFAULT_LIMIT: usize = 100;
/// Lines at most.
const MOST: usize = 500;
/// Values shown in place of one that does not exist, and how like they must be, from 0 to 1.
const NEAREST: usize = 5;
const ALIKE: f64 = 0.6;
/// Characters of a text to match.
const MOST_TEXT: usize = 4_000;

/// What to look up. Which other fields are used depends on the kind; others are refused.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadTaxonomyArgs {
    /// What to look up.
    kind: TaxonomyKind,
    /// For `property_values`: the property's key, e.g. `$browser`.
    #[serde(default)]
    key: Option<String>,
    /// For `events` and `properties`: only names that contain this text or are like it. For
    /// `property_values`: only values that contain it, ignoring case.
    #[serde(default)]
    search: Option<String>,
    /// For the same kinds: lines at most, 1 to 500; 100 when absent.
    #[serde(default)]
    limit: Option<usize>,
    /// For `match`: the text whose words are looked up, usually the user's question.
    #[serde(default)]
    text: Option<String>,
    /// A list that `make_filters` filters. With `fields`: the list. With `match` and `property_values`: finds the
    /// values of the list's fields instead of those of events.
    #[serde(default)]
    list: Option<FilterList>,
    /// For `property_values` of a list: the field's type, where several fields have the key.
    #[serde(default, rename = "type")]
    property_type: Option<PropertyType>,
}

/// What can be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TaxonomyKind {
    /// The events, most frequent first.
    Events,
    /// The properties with their types, by key.
    Properties,
    /// A property's values, most frequent first.
    PropertyValues,
    /// Every event, property and value that a text mentions.
    Match,
    /// What a list can be filtered by.
    Fields,
}

/// What was found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum ReadTaxonomyOutput {
    /// Events.
    Events {
        /// Most frequent first.
        events: Vec<EventDefinition>,
        /// How many more there are.
        more: usize,
    },
    /// Properties.
    Properties {
        /// By key.
        properties: Vec<PropertyDefinition>,
        /// How many more there are.
        more: usize,
    },
    /// Values of a property.
    PropertyValues {
        /// The property.
        key: String,
        /// Its type.
        value_type: ValueType,
        /// Most frequent first.
        values: Vec<ValueCount>,
        /// True where these are all values (that contain the text).
        complete: bool,
        /// Where no value contains the text: those that look like it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        nearest: Vec<String>,
    },
    /// What a list can be filtered by.
    Fields {
        /// The list.
        list: FilterList,
        /// The list's own fields first, then those of its persons.
        fields: Vec<FilterField>,
    },
    /// Values of a list's field.
    FieldValues {
        /// The list.
        list: FilterList,
        /// The field's type.
        #[serde(rename = "type")]
        property_type: PropertyType,
        /// The field's key.
        key: String,
        /// What it holds.
        field: FieldKind,
        /// Most frequent first.
        values: Vec<ValueCount>,
        /// True where these are all values (that contain the text).
        complete: bool,
    },
    /// The values of a list's fields that a text mentions.
    ListMatch {
        /// The list.
        list: FilterList,
        /// In the order of the text; at one place the longest and best first.
        matches: Vec<ListMatch>,
    },
    /// What a text mentions.
    Match {
        /// In the order of the text; at one place the longest and best first. A word that is in no
        /// match names nothing that exists, unless it is a misspelt value of a property of
        /// `partly_compared`.
        matches: Vec<Match>,
        /// Words that were not looked for among rare values, because there were too many.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skipped: Vec<String>,
        /// Properties with so many values that misspelt rare ones, and misspelt paths, are not found.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        partly_compared: Vec<String>,
    },
}

/// The tool.
pub(super) struct ReadTaxonomy {
    lists: Lists,
}

impl ReadTaxonomy {
    pub(super) fn new(lists: Lists) -> Self {
        Self { lists }
    }

    async fn values(
        &self,
        ctx: &ToolContext,
        taxonomy: &Taxonomy,
        args: &ReadTaxonomyArgs,
    ) -> Result<ReadTaxonomyOutput> {
        let key = args.key.as_deref().unwrap_or_default();
        let property = taxonomy.property(key).ok_or_else(|| {
            Error::unknown(
                "property",
                key,
                taxonomy.properties.iter().map(|property| property.key.as_str()),
            )
        })?;
        let search = args.search.as_deref().unwrap_or_default();
        let mut list = self
            .lists
            .data
            .store
            .values(&ctx.project, key, search, args.limit())
            .await?;
        let lower = search.to_lowercase();
        let is_alike = |value: &ValueCount| !value.value.to_lowercase().contains(&lower);
        let nearest = if !list.values.is_empty() && list.values.iter().all(is_alike) {
            // None contains the text, and the store gave those that are like it, the most alike first.
            let alike = std::mem::take(&mut list.values).into_iter().take(NEAREST);
            alike.map(|value| value.value).collect()
        } else if list.values.is_empty() && !search.is_empty() {
            nearest(
                &self.lists.data.store.values(&ctx.project, key, "", MOST).await?,
                search,
            )
        } else {
            Vec::new()
        };
        let (key, value_type) = (key.to_owned(), property.value_type);
        Ok(ReadTaxonomyOutput::PropertyValues {
            key,
            value_type,
            values: list.values,
            complete: list.complete,
            nearest,
        })
    }

    /// What belongs to a list that can be filtered.
    async fn of_list(
        &self,
        ctx: &ToolContext,
        list: FilterList,
        args: &ReadTaxonomyArgs,
    ) -> Result<ReadTaxonomyOutput> {
        let store = self.lists.data.store.as_ref();
        let data = self.lists.read(ctx, list).await?;
        if args.kind == TaxonomyKind::Match {
            let text = args.text.as_deref().unwrap_or_default();
            let matches = list_mentions(store, &ctx.project, &data, text).await?;
            return Ok(ReadTaxonomyOutput::ListMatch { list, matches });
        }
        let search = args.search.as_deref().unwrap_or_default();
        if args.kind == TaxonomyKind::Fields {
            let lower = search.to_lowercase();
            let is_wanted = |field: &FilterField| {
                field.key.to_lowercase().contains(&lower) || field.words.iter().any(|words| words.contains(&lower))
            };
            let fields = data.fields.fields.into_iter().filter(is_wanted).collect();
            return Ok(ReadTaxonomyOutput::Fields { list, fields });
        }
        let key = args.key.as_deref().unwrap_or_default();
        let fields = &data.fields.fields;
        let field = fields
            .iter()
            .find(|field| field.key == key && args.property_type.is_none_or(|of| of == field.property_type))
            .ok_or_else(|| {
                Error::unknown(
                    &format!("field of {list}"),
                    key,
                    fields.iter().map(|field| field.key.as_str()),
                )
            })?;
        let found = listed(store, &ctx.project, &data, field, search, args.limit()).await?;
        Ok(ReadTaxonomyOutput::FieldValues {
            list,
            property_type: field.property_type,
            key: field.key.clone(),
            field: field.kind,
            values: found.values,
            complete: found.complete,
        })
    }

    async fn matches(
        &self,
        ctx: &ToolContext,
        taxonomy: &Taxonomy,
        args: &ReadTaxonomyArgs,
    ) -> Result<ReadTaxonomyOutput> {
        let text = args.text.as_deref().unwrap_or_default();
        let found = mentions(self.lists.data.store.as_ref(), &ctx.project, taxonomy, text).await?;
        Ok(ReadTaxonomyOutput::Match {
            matches: found.matches,
            skipped: found.skipped,
            partly_compared: found.partly_compared,
        })
    }
}

impl ReadTaxonomyArgs {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }

    /// Refuses what does not belong to the kind, instead of dropping it.
    fn check(&self) -> Result<()> {
        let is_match = self.kind == TaxonomyKind::Match;
        let has_key = self.kind == TaxonomyKind::PropertyValues;
        let is_fields = self.kind == TaxonomyKind::Fields;
        if is_fields && self.list.is_none() {
            return Err(Error::invalid("fields needs a list").with_hint("events, persons, sessions or flags"));
        }
        let fields = [
            ("key", self.key.is_some(), has_key),
            ("text", self.text.is_some(), is_match),
            ("search", self.search.is_some(), !is_match),
            ("limit", self.limit.is_some(), !is_match && !is_fields),
            ("list", self.list.is_some(), is_match || has_key || is_fields),
            ("type", self.property_type.is_some(), has_key && self.list.is_some()),
        ];
        for (field, given, belongs) in fields {
            if given && !belongs {
                return Err(Error::invalid(format!("{field} does not belong to this kind")).with_hint("leave it out"));
            }
        }
        if has_key && self.key.is_none() {
            return Err(Error::invalid("property_values needs a key").with_hint("kind properties lists the keys"));
        }
        let text = self.text.as_deref().unwrap_or_default().chars().count();
        if is_match && (text == 0 || text > MOST_TEXT) {
            return Err(Error::invalid(format!(
                "match needs a text of 1 to {MOST_TEXT} characters, this one has {text}"
            )));
        }
        if !(1..=MOST).contains(&self.limit()) {
            return Err(Error::invalid(format!(
                "limit must be 1 to {MOST}, not {}",
                self.limit()
            )));
        }
        Ok(())
    }
}

/// The values that look like a text, most alike first.
fn nearest(list: &ValueList, search: &str) -> Vec<String> {
    let search = search.to_lowercase();
    let mut near: Vec<(f64, &str)> = list
        .values
        .iter()
        .map(|value| {
            (
                strsim::normalized_damerau_levenshtein(&search, &value.value.to_lowercase()),
                value.value.as_str(),
            )
        })
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    near.into_iter()
        .take(NEAREST)
        .map(|(_, value)| value.to_owned())
        .collect()
}

/// The lines whose name contains the text or is like it, up to the limit, and how many more there are.
fn page<T: Clone>(all: &[T], args: &ReadTaxonomyArgs, name: impl Fn(&T) -> &str) -> (Vec<T>, usize) {
    let search = args.search.as_deref().unwrap_or_default().to_lowercase();
    let found: Vec<&T> = all
        .iter()
        .filter(|line| name(line).to_lowercase().contains(&search) || names(&search, name(line)) > 0.0)
        .collect();
    let more = found.len().saturating_sub(args.limit());
    (found.into_iter().take(args.limit()).cloned().collect(), more)
}

#[async_trait]
impl Tool for ReadTaxonomy {
    type Args = ReadTaxonomyArgs;
    type Output = ReadTaxonomyOutput;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "read_taxonomy".into(),
            title: "Read the taxonomy".into(),
            description: "Looks up what exists: events, properties, property_values of one key, or match, which finds \
                every event, property and value that a text mentions (case, plurals, typos, paths, numbers) with its \
                exact spelling. Use match on the question before the first query, and never guess a name. For make_filters: \
                fields lists what a list can be filtered by, and match with that list finds its values."
                .into(),
            display: Display::new("Looking up names", "Looked up names"),
            expected: Duration::from_millis(100),
            progress: None,
            access: "taxonomy:read".into(),
            examples: const {
                &[
                    Example::new(
                        "What the question mentions",
                        r#"{"kind": "match", "text": "How many chrome users got a 404 on /blog/?"}"#,
                    ),
                    Example::new("All properties", r#"{"kind": "properties"}"#),
                    Example::new(
                        "Browsers with fire in the name",
                        r#"{"kind": "property_values", "key": "$browser", "search": "fire", "limit": 10}"#,
                    ),
                    Example::new("What sessions can be filtered by", r#"{"kind": "fields", "list": "sessions"}"#),
                ]
            }
            .into(),
        }
    }

    async fn effect(&self, _: &ToolContext, args: &ReadTaxonomyArgs) -> Result<Effect> {
        args.check().map(|()| Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, args: ReadTaxonomyArgs) -> Result<ToolOutput<ReadTaxonomyOutput>> {
        args.check()?;
        if let Some(list) = args.list {
            return json_output(self.of_list(ctx, list, &args).await?);
        }
        let taxonomy = self.lists.data.store.taxonomy(&ctx.project).await?;
        let output = match args.kind {
            TaxonomyKind::Fields => return Err(Error::invalid("fields needs a list")),
            TaxonomyKind::Events => {
                let (events, more) = page(&taxonomy.events, &args, |event| &event.name);
                ReadTaxonomyOutput::Events { events, more }
            }
            TaxonomyKind::Properties => {
                let (properties, more) = page(&taxonomy.properties, &args, |property| &property.key);
                ReadTaxonomyOutput::Properties { properties, more }
            }
            TaxonomyKind::PropertyValues => self.values(ctx, &taxonomy, &args).await?,
            TaxonomyKind::Match => self.matches(ctx, &taxonomy, &args).await?,
        };
        json_output(output)
    }
}
