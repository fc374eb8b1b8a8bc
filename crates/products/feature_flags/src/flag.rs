//! A feature flag as it is stored: the shape of `PostHog`'s, so that its SDKs can evaluate it themselves.

use std::collections::{BTreeMap, BTreeSet};

use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::matching;

/// The kind of object that a flag is.
pub const KIND: &str = "feature_flag";

/// The longest key.
const MAX_KEY: usize = 400;
/// Group types of a project: `$group_0` to `$group_4`.
const GROUP_TYPES: u8 = 5;

/// All of a flag but its key, which is the object's name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether it is evaluated at all; an inactive flag is false for everybody.
    #[serde(default)]
    pub active: bool,
    /// Who gets it, and which variant.
    #[serde(default)]
    pub filters: FlagFilters,
    /// Labels to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What people are told apart by: `distinct_id`, or `device_id` for a flag that is kept before and after
    /// somebody signs in.
    #[serde(default)]
    pub bucketing_identifier: Bucketing,
}

/// What people are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bucketing {
    /// The distinct id.
    #[default]
    DistinctId,
    /// The device's id.
    DeviceId,
}

/// Who gets a flag, and which variant.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlagFilters {
    /// The conditions, tried in order: the first that matches decides. Without one nobody gets the flag.
    #[serde(default)]
    pub groups: Vec<Condition>,
    /// The variants; without them the flag is just on or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multivariate: Option<Multivariate>,
    /// What comes with the flag: a JSON value by variant, or under `true` for a flag without variants.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub payloads: BTreeMap<String, Value>,
    /// The group type whose groups get the flag instead of people, 0 to 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregation_group_type_index: Option<u8>,
    /// People who get none of it, whatever the conditions say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdout: Option<Holdout>,
    /// Whether people decide for themselves, by the property `$feature_enrollment/<key>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature_enrollment: Option<bool>,
    /// Whether later conditions are left out once one matches but for its share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_exit: Option<bool>,
}

/// One condition: all of its properties, and a share of those who have them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// What must hold; nothing means everybody.
    #[serde(default)]
    pub properties: Vec<FlagProperty>,
    /// The share of those who get it, in percent from 0 to 100; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout_percentage: Option<f64>,
    /// The variant that they get, instead of one by chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The group type that this condition is about, where it is another than the flag's; `null` means people.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u8>")]
    pub aggregation_group_type_index: Option<Option<u8>>,
    /// What the condition is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Tells a field that is `null` from one that is not there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u8>>, D::Error> {
    Option::<u8>::deserialize(deserializer).map(Some)
}

/// One property of a condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlagProperty {
    /// The property's key; for a flag that this one depends on, the flag's key; for a cohort `id`.
    pub key: String,
    /// A text, number or boolean, or a list of them; for a cohort its name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// How to compare; `exact` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<FlagOperator>,
    /// Whose property it is; `person` when absent.
    #[serde(default, rename = "type")]
    pub property_type: FlagPropertyType,
    /// The group type, where the property is a group's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_type_index: Option<u8>,
    /// For a flag that this one depends on: the flags to evaluate first, that one last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependency_chain: Option<Vec<String>>,
    /// Whether the opposite is meant; within cohorts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub negation: bool,
}

impl FlagProperty {
    /// How to compare.
    #[must_use]
    pub fn operator(&self) -> FlagOperator {
        self.operator.unwrap_or(FlagOperator::Exact)
    }
}

/// Whose property it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlagPropertyType {
    /// The person's.
    #[default]
    Person,
    /// The group's.
    Group,
    /// Whether the person is in a cohort.
    Cohort,
    /// What another flag is.
    Flag,
}

/// How a property is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlagOperator {
    /// Equal to the value, or to one of a list, ignoring case.
    Exact,
    /// Equal to none.
    IsNot,
    /// Has a value.
    IsSet,
    /// Has no value.
    IsNotSet,
    /// Contains the text, ignoring the case of ASCII letters.
    Icontains,
    /// Does not contain it.
    NotIcontains,
    /// Begins with the text, ignoring the case of ASCII letters.
    StartsWith,
    /// Does not begin with it.
    NotStartsWith,
    /// Ends with the text, ignoring the case of ASCII letters.
    EndsWith,
    /// Does not end with it.
    NotEndsWith,
    /// Matches the regular expression (Rust `regex` syntax).
    Regex,
    /// Does not match it.
    NotRegex,
    /// Greater than a number.
    Gt,
    /// Greater than or equal to it.
    Gte,
    /// Less than a number.
    Lt,
    /// Less than or equal to it.
    Lte,
    /// Before a date, or a time ago such as `-7d`.
    IsDateBefore,
    /// After a date, or a time ago.
    IsDateAfter,
    /// The same semantic version.
    SemverEq,
    /// Another one.
    SemverNeq,
    /// A later one.
    SemverGt,
    /// The same or a later one.
    SemverGte,
    /// An earlier one.
    SemverLt,
    /// The same or an earlier one.
    SemverLte,
    /// From `1.2.3` up to before `1.3.0`.
    SemverTilde,
    /// From `1.2.3` up to before `2.0.0`.
    SemverCaret,
    /// Within `1.*` or `1.2.*`.
    SemverWildcard,
    /// In the cohort.
    In,
    /// Not in the cohort.
    NotIn,
    /// The flag is what the value says: true, false or a variant.
    FlagEvaluatesTo,
}

/// The variants of a flag.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Multivariate {
    /// The variants, whose shares add up to at most 100; who falls beyond them gets the flag without variant.
    pub variants: Vec<Variant>,
}

/// One variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// What code asks for.
    pub key: String,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its share, in percent from 0 to 100.
    pub rollout_percentage: f64,
}

/// People who get none of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holdout {
    /// Its number, which names the variant that they see: `holdout-<id>`.
    pub id: u64,
    /// How many are held out, in percent from 0 to 100.
    pub exclusion_percentage: f64,
}

impl Flag {
    /// The keys of the variants, in order.
    pub fn variants(&self) -> impl Iterator<Item = &Variant> {
        self.filters
            .multivariate
            .iter()
            .flat_map(|multivariate| &multivariate.variants)
    }

    /// Whether somebody can get it.
    #[must_use]
    pub fn reaches_somebody(&self) -> bool {
        let shares = |condition: &Condition| condition.rollout_percentage.is_none_or(|share| share > 0.0);
        self.active && (self.filters.feature_enrollment == Some(true) || self.filters.groups.iter().any(shares))
    }

    /// Refuses a flag that could not be evaluated, or not as it reads.
    ///
    /// # Errors
    ///
    /// `invalid_argument`, naming the place.
    pub fn check(&self) -> Result<()> {
        let mut keys = BTreeSet::new();
        let mut sum = 0.0;
        for variant in self.variants() {
            check_share(variant.rollout_percentage, &format!("variant {:?}", variant.key))?;
            if variant.key.is_empty() || !keys.insert(variant.key.as_str()) {
                return Err(Error::invalid(format!(
                    "variant {:?} has no key, or one that another has",
                    variant.key
                )));
            }
            sum += variant.rollout_percentage;
        }
        // Thirds are written as 33.33 and 33.34, so that rounding is let pass.
        if sum > 100.0 + 1e-6 {
            return Err(
                Error::invalid(format!("the variants' shares add up to {sum}, more than 100"))
                    .with_hint("lower some of them"),
            );
        }
        check_group_type(self.filters.aggregation_group_type_index)?;
        if let Some(holdout) = &self.filters.holdout {
            check_share(holdout.exclusion_percentage, "the holdout")?;
        }
        for (position, condition) in self.filters.groups.iter().enumerate() {
            let place = format!("condition {}", position + 1);
            condition.check(&place, &keys)?;
        }
        for key in self.filters.payloads.keys() {
            let known = if keys.is_empty() {
                key == "true"
            } else {
                keys.contains(key.as_str())
            };
            if !known {
                let known = keys.iter().copied().chain(keys.is_empty().then_some("true"));
                return Err(Error::unknown("variant of a payload", key, known));
            }
        }
        Ok(())
    }
}

impl Condition {
    fn check(&self, place: &str, variants: &BTreeSet<&str>) -> Result<()> {
        if let Some(share) = self.rollout_percentage {
            check_share(share, place)?;
        }
        if let Some(variant) = &self.variant
            && !variants.contains(variant.as_str())
        {
            return Err(Error::unknown("variant", variant, variants.iter().copied()));
        }
        check_group_type(self.aggregation_group_type_index.flatten())?;
        for property in &self.properties {
            property
                .check()
                .map_err(|error| Error::caused(error.code(), format!("{place}, {}", property.key), error))?;
        }
        Ok(())
    }
}

impl FlagProperty {
    fn check(&self) -> Result<()> {
        let operator = self.operator();
        let wanted: &[FlagOperator] = match self.property_type {
            FlagPropertyType::Cohort => &[FlagOperator::Exact, FlagOperator::In, FlagOperator::NotIn],
            FlagPropertyType::Flag => &[FlagOperator::FlagEvaluatesTo],
            FlagPropertyType::Person | FlagPropertyType::Group => &[],
        };
        let only_elsewhere = [FlagOperator::In, FlagOperator::NotIn, FlagOperator::FlagEvaluatesTo];
        let fits = if wanted.is_empty() {
            !only_elsewhere.contains(&operator)
        } else {
            wanted.contains(&operator)
        };
        if !fits {
            return Err(Error::invalid(format!(
                "the operator {operator:?} is not for a condition on a {:?}",
                self.property_type
            )));
        }
        if self.key.is_empty() {
            return Err(Error::invalid("a property has no key"));
        }
        match self.property_type {
            FlagPropertyType::Flag => {
                let expected = matches!(self.value, Some(Value::Bool(_) | Value::String(_)));
                if !expected {
                    return Err(Error::invalid("a flag is compared with true, false or a variant"));
                }
                Ok(())
            }
            FlagPropertyType::Cohort => match self.value {
                Some(Value::String(_) | Value::Number(_)) => Ok(()),
                _ => Err(Error::invalid("a cohort is named by its name or id")),
            },
            _ => matching::check(operator, self.value.as_ref()),
        }
    }
}

/// Refuses a key that code could not ask for.
pub(crate) fn check_key(key: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !key.is_empty() && key.len() <= MAX_KEY && key.chars().all(allowed) {
        return Ok(());
    }
    Err(Error::invalid(format!("{key:?} is no key of a flag"))
        .with_hint("take letters, digits, - and _, e.g. new-editor"))
}

fn check_share(share: f64, of: &str) -> Result<()> {
    if (0.0..=100.0).contains(&share) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "the share of {of} is {share}, not within 0 to 100"
    )))
}

fn check_group_type(index: Option<u8>) -> Result<()> {
    match index {
        Some(index) if index >= GROUP_TYPES => Err(Error::invalid(format!(
            "group type {index} is not within 0 to {}",
            GROUP_TYPES - 1
        ))),
        _ => Ok(()),
    }
}
