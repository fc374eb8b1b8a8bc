//! `evaluate_feature_flags`: what flags are for somebody, and why.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{
    Declaration, Display, Effect, Example, ObjectStore, Tainted, Tool, ToolContext, ToolOutput, body_of,
};
use hedgerow_data_api::{Maintenance, PersonInfo};
use hedgerow_errors::{Code, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cohorts::add_cohorts;
use crate::evaluation::{Definitions, Evaluated, Subject};
use crate::flag::{Flag, KIND};
use crate::matching::{Known, Properties, Unresolved};

const EXAMPLES: &[Example] = &[
    Example::new("What all flags are for a person", r#"{"distinct_id": "user-1"}"#),
    Example::new(
        "What one flag would be with another property",
        r#"{"distinct_id": "user-3", "flags": ["new-editor"], "person_properties": {"plan": "pro"}}"#,
    ),
];

/// For whom, and which flags.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// The distinct id.
    distinct_id: String,
    /// The keys of the flags; all when absent.
    #[serde(default)]
    flags: Vec<String>,
    /// Properties that count instead of the person's stored ones.
    #[serde(default)]
    person_properties: Properties,
    /// The keys of the groups that the person is in, by the name of the group type.
    #[serde(default)]
    groups: BTreeMap<String, String>,
    /// The groups' properties, by the name of the group type.
    #[serde(default)]
    group_properties: BTreeMap<String, Properties>,
    /// The device's id, for flags that tell devices apart.
    #[serde(default)]
    device_id: Option<String>,
}

/// One flag for somebody.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FlagResult {
    /// The flag's key.
    pub name: String,
    /// What it is and why; absent where that can't be said.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<Evaluated>,
    /// Why it can't be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unresolved: Option<String>,
}

/// The flags for somebody.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FlagResults {
    /// By key.
    pub flags: Vec<FlagResult>,
    /// Whether there is a person with this distinct id; without one only the given properties count.
    pub person_is_known: bool,
}

/// The tool.
pub struct EvaluateFeatureFlags {
    objects: Arc<dyn ObjectStore>,
    persons: Arc<dyn Maintenance>,
    cohorts: Arc<dyn hedgerow_data_api::Definitions>,
}

impl EvaluateFeatureFlags {
    /// The tool over stored flags, persons and cohorts.
    #[must_use]
    pub fn new(
        objects: Arc<dyn ObjectStore>,
        persons: Arc<dyn Maintenance>,
        cohorts: Arc<dyn hedgerow_data_api::Definitions>,
    ) -> Self {
        Self {
            objects,
            persons,
            cohorts,
        }
    }

    async fn definitions(&self, ctx: &ToolContext) -> Result<Definitions> {
        let mut definitions = Definitions::default();
        for object in self.objects.list(&ctx.project, Some(KIND)).await? {
            let flag: Flag = body_of(&object)?;
            definitions.flags.insert(object.name, flag);
        }
        Ok(definitions)
    }

    /// The person, where there is one.
    async fn person(&self, ctx: &ToolContext, distinct_id: &str) -> Result<Option<PersonInfo>> {
        match self.persons.person(&ctx.project, distinct_id).await {
            Ok(person) => Ok(Some(person)),
            Err(error) if error.code() == Code::UnknownName => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Tool for EvaluateFeatureFlags {
    type Args = Arguments;
    type Output = FlagResults;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "evaluate_feature_flags".into(),
            title: "Evaluate feature flags".into(),
            description:
                "Says what feature flags are for one person and why: which condition matched, or that its share \
                          left the person out. Stored properties count unless others are given."
                    .into(),
            display: Display::new("Evaluating feature flags", "Evaluated feature flags"),
            expected: Duration::from_millis(100),
            progress: None,
            access: "feature_flag:read".into(),
            examples: EXAMPLES.into(),
        }
    }

    fn phrases(&self) -> &'static [&'static str] {
        &[
            "which condition of a flag matched a person",
            "why a flag left a person out",
        ]
    }

    async fn effect(&self, _: &ToolContext, _: &Arguments) -> Result<Effect> {
        Ok(Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, args: Arguments) -> Result<ToolOutput<FlagResults>> {
        let mut definitions = self.definitions(ctx).await?;
        for name in &args.flags {
            if !definitions.flags.contains_key(name) {
                return Err(Error::unknown(
                    "feature flag",
                    name,
                    definitions.flags.keys().map(String::as_str),
                ));
            }
        }
        let person = self.person(ctx, &args.distinct_id).await?;
        let person_is_known = person.is_some();
        let ids = person
            .as_ref()
            .map(|person| person.distinct_ids.as_slice())
            .unwrap_or_default();
        add_cohorts(&mut definitions, self.cohorts.as_ref(), &ctx.project, ids).await?;
        let stored = person.and_then(|person| person.properties.as_object().cloned());
        let mut properties = stored.unwrap_or_default();
        properties.extend(args.person_properties);
        let subject = Subject {
            distinct_id: args.distinct_id,
            device_id: args.device_id,
            properties,
            groups: args.groups,
            group_properties: args.group_properties,
        };
        let now = ctx.clock.now();
        let wanted = |name: &&String| args.flags.is_empty() || args.flags.contains(name);
        let evaluate = |name: &String| {
            let (evaluated, unresolved) = match definitions.evaluate(name, &subject, Known::All, now) {
                Ok(evaluated) => (Some(evaluated), None),
                Err(Unresolved::Inconclusive(why) | Unresolved::Unknown(why)) => (None, Some(why)),
            };
            FlagResult {
                name: name.clone(),
                evaluated,
                unresolved,
            }
        };
        let results = FlagResults {
            flags: definitions.flags.keys().filter(wanted).map(evaluate).collect(),
            person_is_known,
        };
        let content =
            serde_json::to_string(&results).map_err(|error| Error::internal(format!("flags are not JSON: {error}")))?;
        Ok(ToolOutput::text(results, Tainted::new(content).fenced()))
    }
}
