//! What a flag is for somebody: conditions in order, holdouts, variants, cohorts and other flags.
//!
//! The order and each step are those of `PostHog`'s SDKs (`posthog` 7.91 for Python, local evaluation), so that a
//! program which evaluates the flags itself and one that asks us agree.

use std::cell::RefCell;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::flag::{Bucketing, Condition, Flag, FlagOperator, FlagProperty, FlagPropertyType};
use crate::hash;
use crate::matching::{self, Known, Properties, Unresolved};

/// What a flag is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FlagValue {
    /// On or off.
    Switch(bool),
    /// A variant.
    Variant(String),
}

/// Why a flag is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A condition matched.
    ConditionMatch,
    /// None did.
    NoConditionMatch,
    /// A condition's properties matched, and its share left this one out.
    OutOfRolloutBound,
    /// It is for groups of a type, and there is no such group.
    NoGroupType,
    /// The person chose.
    SuperConditionValue,
    /// The person is held out.
    HoldoutConditionValue,
    /// It is not active.
    FlagDisabled,
}

/// A flag for somebody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evaluated {
    /// What it is.
    pub value: FlagValue,
    /// Why.
    pub reason: Reason,
    /// The condition that matched, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition_index: Option<usize>,
    /// What comes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
}

/// Conditions on people, nested to any depth: what a cohort consists of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CohortGroup {
    /// `AND` or `OR`.
    #[serde(rename = "type")]
    pub group_type: CohortGroupType,
    /// The members; a group without any holds.
    pub values: Vec<CohortNode>,
}

/// How a group combines its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CohortGroupType {
    /// All must hold.
    And,
    /// One must hold.
    Or,
}

/// A group or a condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CohortNode {
    /// Nested conditions.
    Group(CohortGroup),
    /// One condition.
    Property(FlagProperty),
}

/// Everything that flags of a project rest on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Definitions {
    /// The flags, by key.
    pub flags: BTreeMap<String, Flag>,
    /// The cohorts, by id as text.
    pub cohorts: BTreeMap<String, CohortGroup>,
    /// Of the cohorts that list their people: whether somebody is in them, by id as text.
    pub listed: BTreeMap<String, bool>,
    /// The names of group types, by their index.
    pub group_types: BTreeMap<u8, String>,
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Subject {
    /// The distinct id.
    pub distinct_id: String,
    /// The device.
    pub device_id: Option<String>,
    /// The person's properties.
    pub properties: Properties,
    /// The keys of the groups that the person is in, by the name of the group type.
    pub groups: BTreeMap<String, String>,
    /// The groups' properties, by the name of the group type.
    pub group_properties: BTreeMap<String, Properties>,
}

impl Subject {
    /// The same, knowing of itself what conditions may ask for: the distinct id as a property of the person, and
    /// each group's key as one of the group.
    fn with_own_keys(&self) -> Self {
        let mut whole = self.clone();
        let own = || Value::from(self.distinct_id.as_str());
        whole.properties.entry("distinct_id").or_insert_with(own);
        for (name, key) in &self.groups {
            let properties = whole.group_properties.entry(name.clone()).or_default();
            properties
                .entry("$group_key")
                .or_insert_with(|| Value::from(key.as_str()));
        }
        whole
    }
}

/// What a condition says.
enum Outcome {
    Match(FlagValue),
    NoMatch,
    OutOfRollout,
}

/// One flag after another for one subject, each once.
struct Evaluation<'a> {
    definitions: &'a Definitions,
    subject: &'a Subject,
    known: Known,
    now: DateTime<Utc>,
    /// What the flags that others depend on are; nothing where that can't be said.
    cache: RefCell<BTreeMap<String, Option<FlagValue>>>,
}

/// What a flag is evaluated with.
#[derive(Clone, Copy)]
struct View<'a> {
    /// The distinct id, or the group's key.
    id: &'a str,
    properties: &'a Properties,
    bucketing: &'a str,
    /// Whether conditions may be about groups.
    sees_groups: bool,
}

impl Definitions {
    /// What a flag is for a subject.
    ///
    /// # Errors
    ///
    /// [`Unresolved`] where too little is known; never with [`Known::All`] unless a cohort or a flag that it
    /// depends on is missing.
    pub fn evaluate(
        &self,
        key: &str,
        subject: &Subject,
        known: Known,
        now: DateTime<Utc>,
    ) -> Result<Evaluated, Unresolved> {
        let Some(flag) = self.flags.get(key) else {
            return Err(Unresolved::Unknown(format!("there is no flag {key:?}")));
        };
        let subject = &subject.with_own_keys();
        let evaluation = Evaluation {
            definitions: self,
            subject,
            known,
            now,
            cache: RefCell::default(),
        };
        let mut evaluated = evaluation.flag(key, flag)?;
        let payload = match &evaluated.value {
            FlagValue::Switch(true) => flag.filters.payloads.get("true"),
            FlagValue::Switch(false) => None,
            FlagValue::Variant(variant) => flag.filters.payloads.get(variant),
        };
        evaluated.payload = payload.cloned();
        Ok(evaluated)
    }
}

impl Evaluated {
    fn new(value: FlagValue, reason: Reason) -> Self {
        Self {
            value,
            reason,
            condition_index: None,
            payload: None,
        }
    }

    fn off(reason: Reason) -> Self {
        Self::new(FlagValue::Switch(false), reason)
    }
}

fn inconclusive<T>(why: impl Into<String>) -> Result<T, Unresolved> {
    Err(Unresolved::Inconclusive(why.into()))
}

impl<'a> Evaluation<'a> {
    fn flag(&self, key: &str, flag: &'a Flag) -> Result<Evaluated, Unresolved> {
        if !flag.active {
            return Ok(Evaluated::off(Reason::FlagDisabled));
        }
        let Some(index) = flag.filters.aggregation_group_type_index else {
            let bucketing = self.bucketing(flag, &self.subject.distinct_id)?;
            let view = View {
                id: &self.subject.distinct_id,
                properties: &self.subject.properties,
                bucketing,
                sees_groups: true,
            };
            return self.conditions(key, flag, view);
        };
        let Some(name) = self.definitions.group_types.get(&index) else {
            return inconclusive(format!("group type {index} is not known"));
        };
        let Some(group) = self.subject.groups.get(name) else {
            return Ok(Evaluated::off(Reason::NoGroupType));
        };
        let view = View {
            id: group,
            properties: &self.subject.group_properties[name],
            bucketing: group,
            sees_groups: true,
        };
        self.conditions(key, flag, view)
    }

    /// What a flag of people tells them apart by.
    fn bucketing(&self, flag: &Flag, id: &'a str) -> Result<&'a str, Unresolved> {
        match (flag.bucketing_identifier, self.subject.device_id.as_deref()) {
            (Bucketing::DistinctId, _) => Ok(id),
            (Bucketing::DeviceId, Some(device)) if !device.is_empty() => Ok(device),
            (Bucketing::DeviceId, _) => inconclusive("the device is not known"),
        }
    }

    fn conditions(&self, key: &str, flag: &'a Flag, view: View<'a>) -> Result<Evaluated, Unresolved> {
        let filters = &flag.filters;
        if filters.feature_enrollment == Some(true) {
            return self.enrollment(key, flag, view);
        }
        if let Some(holdout) = &filters.holdout {
            let share = holdout.exclusion_percentage;
            if share >= 100.0 || hash::holdout_place(view.bucketing) <= share / 100.0 {
                let variant = FlagValue::Variant(format!("holdout-{}", holdout.id));
                return Ok(Evaluated::new(variant, Reason::HoldoutConditionValue));
            }
        }
        let mut unresolved = None;
        let mut reason = Reason::NoConditionMatch;
        for (position, condition) in filters.groups.iter().enumerate() {
            match self.condition(key, flag, condition, view) {
                Ok(Outcome::Match(value)) => {
                    return Ok(Evaluated {
                        condition_index: Some(position),
                        ..Evaluated::new(value, Reason::ConditionMatch)
                    });
                }
                Ok(Outcome::NoMatch) => {}
                Ok(Outcome::OutOfRollout) => {
                    reason = Reason::OutOfRolloutBound;
                    if filters.early_exit == Some(true) {
                        break;
                    }
                }
                Err(Unresolved::Inconclusive(why)) => unresolved = unresolved.or(Some(why)),
                Err(unknown) => return Err(unknown),
            }
        }
        match unresolved {
            Some(why) => inconclusive(why),
            None => Ok(Evaluated::off(reason)),
        }
    }

    fn enrollment(&self, key: &str, flag: &Flag, view: View<'a>) -> Result<Evaluated, Unresolved> {
        if flag.filters.aggregation_group_type_index.is_some() {
            return inconclusive("people enrol, and the flag is for groups");
        }
        let enrolled = match view.properties.get(&format!("$feature_enrollment/{key}")) {
            Some(enrolled) => *enrolled == Value::Bool(true) || enrolled.as_str() == Some("true"),
            None if self.known == Known::All => false,
            None => return inconclusive("whether the person has enrolled is not known"),
        };
        Ok(Evaluated::new(FlagValue::Switch(enrolled), Reason::SuperConditionValue))
    }

    fn condition(
        &self,
        key: &str,
        flag: &'a Flag,
        condition: &'a Condition,
        view: View<'a>,
    ) -> Result<Outcome, Unresolved> {
        let of_flag = flag.filters.aggregation_group_type_index;
        let aggregation = condition.aggregation_group_type_index.unwrap_or(of_flag);
        let view = match aggregation {
            Some(index) if aggregation != of_flag => {
                let name = self.definitions.group_types.get(&index).filter(|_| view.sees_groups);
                let group = name.and_then(|name| Some((name, self.subject.groups.get(name)?)));
                let Some((name, group)) = group else {
                    return Ok(Outcome::NoMatch);
                };
                View {
                    properties: &self.subject.group_properties[name],
                    bucketing: group,
                    ..view
                }
            }
            _ => view,
        };
        if !self.all_hold(&condition.properties, view)? {
            return Ok(Outcome::NoMatch);
        }
        if let Some(share) = condition.rollout_percentage
            && hash::place(key, view.bucketing) > share / 100.0
        {
            return Ok(Outcome::OutOfRollout);
        }
        let forced = condition
            .variant
            .as_deref()
            .filter(|wanted| flag.variants().any(|variant| variant.key == *wanted));
        let variant = forced.or_else(|| hash::variant(key, view.bucketing, flag.variants()));
        Ok(Outcome::Match(match variant {
            Some(variant) => FlagValue::Variant(variant.to_owned()),
            None => FlagValue::Switch(true),
        }))
    }

    /// Whether all properties hold: one that does not decides, even where others can't be compared.
    fn all_hold(&self, properties: &'a [FlagProperty], view: View<'a>) -> Result<bool, Unresolved> {
        let mut first: Option<Unresolved> = None;
        for property in properties {
            match self.property(property, view) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(unresolved) => first = first.or(Some(unresolved)),
            }
        }
        first.map_or(Ok(true), Err)
    }

    fn property(&self, property: &'a FlagProperty, view: View<'a>) -> Result<bool, Unresolved> {
        match property.property_type {
            FlagPropertyType::Person | FlagPropertyType::Group => {
                matching::matches(property, view.properties, self.known, self.now)
            }
            FlagPropertyType::Cohort => self.in_cohort(property, view),
            FlagPropertyType::Flag => self.depends(property, view),
        }
    }

    fn in_cohort(&self, property: &'a FlagProperty, view: View<'a>) -> Result<bool, Unresolved> {
        let id = match &property.value {
            Some(Value::String(id)) => id.clone(),
            other => other.as_ref().map(Value::to_string).unwrap_or_default(),
        };
        let inside = match (self.definitions.listed.get(&id), self.definitions.cohorts.get(&id)) {
            (Some(inside), _) => *inside,
            (None, Some(cohort)) => self.cohort(cohort, view)?,
            (None, None) => return Err(Unresolved::Unknown(format!("cohort {id} is not known"))),
        };
        Ok(inside != (property.operator() == FlagOperator::NotIn))
    }

    fn cohort(&self, group: &'a CohortGroup, view: View<'a>) -> Result<bool, Unresolved> {
        let all = group.group_type == CohortGroupType::And;
        if group.values.is_empty() {
            return Ok(true);
        }
        let (mut decided, mut unresolved) = (false, None);
        for node in &group.values {
            let holds = match node {
                CohortNode::Group(nested) => self.cohort(nested, view),
                CohortNode::Property(property) => self.property(property, view).map(|holds| holds != property.negation),
            };
            match holds {
                Ok(holds) => decided |= holds != all,
                Err(Unresolved::Inconclusive(why)) => unresolved = unresolved.or(Some(why)),
                Err(unknown) => return Err(unknown),
            }
        }
        match unresolved {
            _ if decided => Ok(!all),
            Some(why) => inconclusive(why),
            None => Ok(all),
        }
    }

    /// Whether another flag is what the property says.
    fn depends(&self, property: &'a FlagProperty, view: View<'a>) -> Result<bool, Unresolved> {
        let own = std::slice::from_ref(&property.key);
        let chain = property.dependency_chain.as_deref().unwrap_or(own);
        if chain.is_empty() {
            return inconclusive(format!("the flag {} depends on itself", property.key));
        }
        for key in chain {
            if !self.cache.borrow().contains_key(key) && !self.definitions.flags.contains_key(key) {
                return inconclusive(format!("there is no flag {key:?}"));
            }
        }
        for key in chain {
            if self.cache.borrow().contains_key(key) {
                continue;
            }
            let Some(flag) = self.definitions.flags.get(key) else {
                continue;
            };
            // A flag that comes to itself again finds that nothing can be said.
            self.cache.borrow_mut().insert(key.clone(), None);
            let value = match self.dependency(key, flag, view) {
                Ok(value) => value,
                Err(unresolved) => {
                    if matches!(unresolved, Unresolved::Unknown(_)) {
                        self.cache.borrow_mut().remove(key);
                    }
                    return Err(unresolved);
                }
            };
            self.cache.borrow_mut().insert(key.clone(), Some(value));
        }
        let actual = self.cache.borrow().get(&property.key).cloned().flatten();
        match (actual, &property.value) {
            (None, _) => inconclusive(format!("what the flag {} is can't be said", property.key)),
            (Some(FlagValue::Variant(_)), Some(Value::Bool(wanted))) => Ok(*wanted),
            (Some(FlagValue::Variant(variant)), Some(Value::String(wanted))) => Ok(variant == *wanted),
            (Some(FlagValue::Switch(actual)), Some(Value::Bool(wanted))) => Ok(actual == *wanted),
            _ => Ok(false),
        }
    }

    fn dependency(&self, key: &str, flag: &'a Flag, view: View<'a>) -> Result<FlagValue, Unresolved> {
        if !flag.active {
            return Ok(FlagValue::Switch(false));
        }
        let bucketing = match flag.filters.aggregation_group_type_index {
            Some(_) => view.id,
            None => self.bucketing(flag, view.id)?,
        };
        let view = View {
            bucketing,
            // The SDKs hand no groups on to the flags that a flag depends on.
            sees_groups: self.known == Known::All,
            ..view
        };
        self.conditions(key, flag, view).map(|evaluated| evaluated.value)
    }
}
