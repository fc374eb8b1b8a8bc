//! The store of organisations, members and keys.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_errors::Result;
use hedgerow_ids::{KeyId, OrganisationId, ProjectId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{Role, Scope};
use crate::principal::Principal;

/// Who the data belongs to. There is one, made at the first start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Its name.
    pub name: String,
    /// When it was made.
    #[schemars(with = "String")]
    pub created_at: DateTime<Utc>,
}

/// A person of the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// The name, which no other member has.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The projects that the member sees; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<Vec<ProjectId>>,
    /// Who added the member.
    pub created_by: String,
    /// When.
    #[schemars(with = "String")]
    pub created_at: DateTime<Utc>,
}

impl Member {
    /// What the member may.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal {
            name: self.name.clone(),
            role: self.role,
            scopes: None,
            projects: self.projects.clone(),
        }
    }
}

/// A key, without what opens with it: that is shown once and never stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Its name, which no other key in use has.
    pub name: String,
    /// The first characters, by which a person finds it again.
    pub prefix: String,
    /// The role.
    pub role: Role,
    /// The parts of the role; all of it when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
    /// The projects; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<Vec<ProjectId>>,
    /// The member whose it is: the key never may more than its member, and ends with the membership.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// When.
    #[schemars(with = "String")]
    pub created_at: DateTime<Utc>,
    /// When it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub expires_at: Option<DateTime<Utc>>,
    /// When somebody ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub last_used_at: Option<DateTime<Utc>>,
}

impl Key {
    /// What the key may by itself.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal {
            name: self.name.clone(),
            role: self.role,
            scopes: self.scopes.clone(),
            projects: self.projects.clone(),
        }
    }
}

/// A key that somebody has signed in with, in a browser. It ends by itself, when its owner signs out, and
/// with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The key.
    pub key: KeyId,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
}

/// The SHA-256 of what opens, a key or the token of a session: what is stored of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub [u8; 32]);

impl fmt::Debug for KeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyHash(..)")
    }
}

/// Keeps the organisation, its members and keys. Every implementation keeps these promises (see the
/// conformance suite in `hedgerow-testkit`): what returns is durable; names of members, and of keys that
/// nobody revoked, are there once; a revoked key stays in the list and is never in use again; a session is
/// found until it is ended or has expired.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// The organisation; the first call makes it.
    async fn organisation(&self, at: DateTime<Utc>) -> Result<Organisation>;

    /// The members, by name.
    async fn members(&self) -> Result<Vec<Member>>;

    /// Adds a member; a name that is taken is a `conflict`.
    async fn add_member(&self, member: Member) -> Result<()>;

    /// Removes a member and revokes its keys, both or neither; says which keys. An unknown one is
    /// `unknown_name`.
    async fn remove_member(&self, name: &str, at: DateTime<Utc>) -> Result<Vec<Key>>;

    /// All keys, newest first.
    async fn keys(&self) -> Result<Vec<Key>>;

    /// Adds a key; the name of another key that is not revoked is a `conflict`.
    async fn add_key(&self, key: Key, hash: KeyHash) -> Result<()>;

    /// The key with a hash, revoked or not; none where there is none.
    async fn key_of(&self, hash: &KeyHash) -> Result<Option<Key>>;

    /// Revokes a key; one that is revoked stays as it is. An unknown one is `unknown_name`.
    async fn revoke_key(&self, id: KeyId, at: DateTime<Utc>) -> Result<()>;

    /// Notes that a key was used.
    async fn use_key(&self, id: KeyId, at: DateTime<Utc>) -> Result<()>;

    /// Adds a session; those that had expired when it began are forgotten. An unknown key is `unknown_name`.
    async fn add_session(&self, session: Session, hash: KeyHash) -> Result<()>;

    /// The session with a hash, and its key, whatever became of either; none where there is none.
    async fn session_of(&self, hash: &KeyHash) -> Result<Option<(Session, Key)>>;

    /// Ends a session. One that is not there is no matter.
    async fn end_session(&self, hash: &KeyHash) -> Result<()>;
}
