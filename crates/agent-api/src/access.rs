//! Rights, roles and scopes, and the one table that says what each role may.
//!
//! A tool and a route each state the right that a call needs, an [`Access`]; whether somebody has it is for
//! [`Principal::check`](crate::Principal::check) to say.

use std::fmt;
use std::str::FromStr;

use hedgerow_errors::{Error, Result, did_you_mean};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What can be done with a resource. Each level has those before it in it: who may write may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// See it.
    Read,
    /// Make and change it.
    Write,
    /// Do what others lose by: delete persons, make keys, ...
    Admin,
}

impl Level {
    /// All levels, from the least.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// The name in a right.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// What a right is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Projects: that they exist, their span, what is in them by name.
    Project,
    /// Events, properties and values of a project, by name.
    Taxonomy,
    /// Typed queries and SQL over a project's events and persons.
    Query,
    /// Events themselves: exporting and importing them.
    Event,
    /// Persons one by one: finding, showing and deleting them.
    Person,
    /// Runs: questions, their events and answers.
    Run,
    /// The history of objects, of those kinds that may be read.
    Activity,
    /// What is installed: products and tools.
    Product,
    /// Members of the organisation.
    Member,
    /// Keys.
    Key,
    /// The stored data as a whole: checks, repairs, backups.
    Storage,
    /// What products bring: a kind of objects, e.g. `feature_flag`, or a product by its name.
    Named(String),
}

/// The resources that are always there, by name.
const CORE: [(&str, Resource); 11] = [
    ("activity", Resource::Activity),
    ("event", Resource::Event),
    ("key", Resource::Key),
    ("member", Resource::Member),
    ("person", Resource::Person),
    ("product", Resource::Product),
    ("project", Resource::Project),
    ("query", Resource::Query),
    ("run", Resource::Run),
    ("storage", Resource::Storage),
    ("taxonomy", Resource::Taxonomy),
];

impl Resource {
    /// The names of the resources that are always there.
    pub fn core<'a>() -> impl Iterator<Item = &'a str> {
        CORE.iter().map(|(name, _)| *name)
    }

    fn named(name: &str) -> Self {
        let core = CORE.into_iter().find(|(core, _)| *core == name);
        core.map_or_else(|| Self::Named(name.to_owned()), |(_, resource)| resource)
    }

    /// The name in a right.
    #[must_use]
    pub fn as_str(&self) -> &str {
        if let Self::Named(name) = self {
            return name;
        }
        let core = CORE.iter().find(|(_, resource)| resource == self);
        core.map_or("", |(name, _)| name)
    }
}

/// The right that a call needs, as text `resource:level`, e.g. `query:read`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Access {
    /// What it is about.
    pub resource: Resource,
    /// What is done with it.
    pub level: Level,
}

impl Access {
    /// The right to see something.
    #[must_use]
    pub fn read(resource: Resource) -> Self {
        let level = Level::Read;
        Self { resource, level }
    }

    /// The right to make and change something.
    #[must_use]
    pub fn write(resource: Resource) -> Self {
        let level = Level::Write;
        Self { resource, level }
    }

    /// The right to do what others lose by.
    #[must_use]
    pub fn admin(resource: Resource) -> Self {
        let level = Level::Admin;
        Self { resource, level }
    }

    /// The right to do something with the resource of a name: one of those that are always there, a kind of
    /// objects or a product.
    #[must_use]
    pub fn named(resource: &str, level: Level) -> Self {
        let resource = Resource::named(resource);
        Self { resource, level }
    }

    /// The right to see objects of a kind.
    #[must_use]
    pub fn read_kind(kind: &str) -> Self {
        Self::read(Resource::named(kind))
    }

    /// The right to make and change objects of a kind.
    #[must_use]
    pub fn write_kind(kind: &str) -> Self {
        Self::write(Resource::named(kind))
    }
}

impl fmt::Display for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.resource.as_str(), self.level.as_str())
    }
}

impl FromStr for Access {
    type Err = Error;

    /// Reads `resource:level`. Whether the resource exists is for the registry to say, since products
    /// bring some.
    fn from_str(text: &str) -> Result<Self> {
        let is_name = |name: &str| {
            let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
            name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(allowed)
        };
        let Some((resource, level)) = text.split_once(':').filter(|(resource, _)| is_name(resource)) else {
            return Err(Error::invalid(format!("{text:?} is no right"))
                .with_hint("a right is resource:level, for example query:read"));
        };
        let levels = Level::ALL.map(Level::as_str);
        let level = Level::ALL.into_iter().find(|known| known.as_str() == level);
        let level = level.ok_or_else(|| {
            let given = text.split_once(':').map_or("", |(_, level)| level);
            Error::invalid(format!("{text:?} is no right: unknown level {given:?}"))
                .with_hint(did_you_mean(given, levels))
        })?;
        Ok(Self {
            resource: Resource::named(resource),
            level,
        })
    }
}

impl TryFrom<String> for Access {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Access> for String {
    fn from(access: Access) -> Self {
        access.to_string()
    }
}

/// What somebody is in the organisation. Each role may what those before it may:
///
/// | Resource | `viewer` | `member` | `admin` | `owner` |
/// | --- | --- | --- | --- | --- |
/// | `run`, `query`, each kind of objects, each product by its name | read | write | admin | admin |
/// | `project`, `taxonomy`, `event`, `person`, `activity`, `product` | read | read | admin | admin |
/// | `member`, `key` | nothing | nothing | admin | admin |
/// | `storage` | nothing | nothing | nothing | admin |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
// A table's columns have roles, too, and one document names both.
#[schemars(rename = "AccessRole")]
pub enum Role {
    /// Reads everything in a project.
    Viewer,
    /// Asks questions, and makes and changes objects, too.
    Member,
    /// Imports events, deletes persons, and looks after members and keys, too.
    Admin,
    /// May everything.
    Owner,
}

impl Role {
    /// All roles, from the one that may least.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Admin, Self::Owner];

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The lowest role that has a right: the table.
    #[must_use]
    pub fn least(access: &Access) -> Self {
        match (&access.resource, access.level) {
            (Resource::Storage, _) => Self::Owner,
            (Resource::Member | Resource::Key, _) | (_, Level::Admin) => Self::Admin,
            (_, Level::Read) => Self::Viewer,
            (Resource::Run | Resource::Query | Resource::Named(_), Level::Write) => Self::Member,
            (
                Resource::Project
                | Resource::Taxonomy
                | Resource::Event
                | Resource::Person
                | Resource::Activity
                | Resource::Product,
                Level::Write,
            ) => Self::Admin,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|role| role.as_str() == text);
        known.ok_or_else(|| Error::unknown("role", text, Self::ALL.map(Self::as_str)))
    }
}

/// A part of what a role may, as text `resource:level`, `*:read` or `*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Scope {
    /// `*`: all of it.
    All,
    /// `*:read`: all that is reading.
    AllRead,
    /// `resource:level`: one resource, up to a level.
    One(Access),
}

impl Scope {
    /// Whether the right is within the scope.
    #[must_use]
    pub fn allows(&self, access: &Access) -> bool {
        match self {
            Self::All => true,
            Self::AllRead => access.level == Level::Read,
            Self::One(scope) => scope.resource == access.resource && scope.level >= access.level,
        }
    }

    /// Whether everything within another scope is within this one.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) | (Self::AllRead, Self::AllRead) => true,
            (_, Self::One(access)) => self.allows(access),
            (Self::AllRead | Self::One(_), _) => false,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => formatter.write_str("*"),
            Self::AllRead => formatter.write_str("*:read"),
            Self::One(access) => access.fmt(formatter),
        }
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "*" => Ok(Self::All),
            "*:read" => Ok(Self::AllRead),
            _ => text.parse().map(Self::One).map_err(|error: Error| {
                let hint = error.hint().unwrap_or_default();
                Error::invalid(format!("{text:?} is no scope"))
                    .with_hint(format!("{hint}; *:read and * are scopes, too"))
            }),
        }
    }
}

impl TryFrom<String> for Scope {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

#[cfg(test)]
mod tests;
