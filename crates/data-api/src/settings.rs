//! What is set for the queries of a project.

use std::fmt;

use chrono_tz::{TZ_VARIANTS, Tz};
use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::filter::FilterGroup;
use crate::modifiers::QueryModifiers;
use crate::path_cleaning::PathCleaningFilter;

/// What is set for the queries of a project. Names are those of `PostHog`'s settings.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuerySettings {
    /// The time zone in which days begin, dates are read and results are written, as the IANA database names it:
    /// `Europe/Berlin`. `UTC` unless set.
    #[serde(default)]
    pub timezone: TimeZoneName,
    /// What all but the project's own people meet, such as an email outside of the company: `filterTestAccounts` of a
    /// query asks for it. A list, or a group.
    #[serde(default, skip_serializing_if = "FilterGroup::is_empty")]
    pub test_account_filters: FilterGroup,
    /// Rules that clean the paths of page views, applied in order: `pathReplacements` of a paths query asks for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path_cleaning_filters: Vec<PathCleaningFilter>,
    /// How queries are computed that don't say it themselves.
    #[serde(default, skip_serializing_if = "QueryModifiers::is_empty")]
    pub modifiers: QueryModifiers,
}

/// A time zone of the IANA database by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeZoneName(pub Tz);

impl TimeZoneName {
    /// The zone with a name; an unknown one is refused with the nearest.
    ///
    /// # Errors
    ///
    /// `unknown_name`.
    pub fn new(name: &str) -> Result<Self> {
        let known = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name));
        let known = known.ok_or_else(|| Error::unknown("time zone", name, TZ_VARIANTS.iter().map(|zone| zone.name())));
        known.copied().map(Self)
    }
}

impl Default for TimeZoneName {
    fn default() -> Self {
        Self(Tz::UTC)
    }
}

impl fmt::Display for TimeZoneName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.name())
    }
}

impl Serialize for TimeZoneName {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for TimeZoneName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::new(&name).map_err(|error| de::Error::custom(error.message()))
    }
}

impl JsonSchema for TimeZoneName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TimeZoneName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "examples": ["UTC", "Europe/Berlin"]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_their_names_alone() {
        let settings: QuerySettings = serde_json::from_str(r#"{"timezone": "europe/berlin"}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&settings).unwrap(),
            r#"{"timezone":"Europe/Berlin"}"#
        );
        assert_eq!(
            serde_json::from_str::<QuerySettings>("{}")
                .unwrap()
                .timezone
                .to_string(),
            "UTC"
        );
        let error = TimeZoneName::new("Europe/Berln").unwrap_err();
        assert!(error.hint().unwrap().contains("Europe/Berlin"), "{error:?}");
    }
}
