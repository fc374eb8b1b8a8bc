//! Keys: made, listed, revoked, and turned into who calls.

use std::fmt::Write as _;

use chrono::TimeDelta;
use hedgerow_agent_api::{Access, Key, KeyHash, LOCAL, Member, Principal, Resource, Role, Scope};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{KeyId, ProjectId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::App;

/// What every key begins with, so that one that got out is recognised.
const PREFIX: &str = "hr_";
/// Random characters of a key.
const LENGTH: usize = 32;
/// Characters of a key that are shown in lists, its beginning included.
const SHOWN: usize = 7;
/// What keys consist of: 62 characters, so 32 of them have 190 bits.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// The longest name of a key or member.
const MAX_NAME: usize = 100;
/// The last use is noted at most this often, since each note is a write to the disk.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// What a new key is to be.
#[derive(Debug, Clone)]
pub struct KeyInput {
    /// Its name, which no other key in use may have.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The parts of the role; all of it when absent.
    pub scopes: Option<Vec<Scope>>,
    /// The projects; all when absent.
    pub projects: Option<Vec<ProjectId>>,
    /// The member whose it is.
    pub member: Option<String>,
    /// How long it is good for; until it is revoked when absent.
    pub expires_in: Option<TimeDelta>,
}

/// A key that was just made: the only time that it can be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreatedKey {
    /// The key itself: `hr_` and 32 characters.
    pub secret: String,
    /// What is kept of it.
    #[serde(flatten)]
    pub key: Key,
}

impl App {
    /// Who calls with a key.
    ///
    /// # Errors
    ///
    /// `denied` where there is no such key, or it was revoked or has expired.
    pub async fn principal_of_key(&self, secret: &str) -> Result<Principal> {
        let key = self.key_with(secret).await?;
        self.principal_of(&key).await
    }

    /// The key that a secret is, whatever became of it.
    pub(crate) async fn key_with(&self, secret: &str) -> Result<Key> {
        let key = if looks_like(PREFIX, secret) {
            self.parts.access.key_of(&hash_of(secret)).await?
        } else {
            None
        };
        key.ok_or_else(|| {
            refused(
                "the key is not known",
                "check that all of it was copied: hr_ and 32 characters",
            )
        })
    }

    /// Who calls with a key that is known.
    pub(crate) async fn principal_of(&self, key: &Key) -> Result<Principal> {
        // The process's own time: a caller's must not bring an expired key back.
        let now = self.parts.clock.now();
        let another = "make another with hedgerow keys create";
        if let Some(revoked) = key.revoked_at {
            return Err(refused(
                &format!("the key {:?} was revoked on {}", key.name, revoked.date_naive()),
                another,
            ));
        }
        if let Some(expired) = key.expires_at.filter(|expires| *expires <= now) {
            return Err(refused(
                &format!("the key {:?} expired on {}", key.name, expired.date_naive()),
                another,
            ));
        }
        let principal = match &key.member {
            None => key.principal(),
            Some(name) => bounded(key, &self.member(name).await?),
        };
        let is_noted = key.last_used_at.is_some_and(|last| (now - last).abs() < NOTED_EVERY);
        if !is_noted && let Err(error) = self.parts.access.use_key(key.id, now).await {
            // The note is for people who tidy up; that it is missing is no reason to turn a caller away.
            tracing::warn!(key = %key.id, error = error.chain(), "the use of a key was not noted");
        }
        Ok(principal)
    }

    /// Makes a key. It may nothing that its maker, and the member whose it is, may not.
    pub async fn create_key(&self, input: KeyInput) -> Result<CreatedKey> {
        self.check(&Access::admin(Resource::Key), None)?;
        check_name("key", &input.name)?;
        self.check_projects(input.projects.as_deref()).await?;
        // A right on a product of one project is one on something that exists there.
        let registries: Vec<_> = match input.projects.as_deref() {
            Some(projects) => projects.iter().map(|project| self.registry(Some(project))).collect(),
            None => vec![self.registry(None)],
        };
        for scope in input.scopes.iter().flatten() {
            let Scope::One(access) = scope else {
                continue;
            };
            if !registries.iter().any(|registry| registry.check_access(access).is_ok()) {
                self.registry(None).check_access(access)?;
            }
        }
        let now = self.parts.clock.now();
        let expires_at = match input.expires_in {
            None => None,
            Some(length) if length <= TimeDelta::zero() => {
                return Err(Error::invalid("the key would expire at once").with_hint("give a time such as 90d"));
            }
            Some(length) => Some(now.checked_add_signed(length).ok_or_else(|| {
                Error::invalid("the key would expire later than time can tell").with_hint("leave --expires-in out")
            })?),
        };
        let secret = new_secret(PREFIX)?;
        let key = Key {
            id: KeyId::new(),
            name: input.name,
            prefix: secret.chars().take(SHOWN).collect(),
            role: input.role,
            scopes: input.scopes,
            projects: input.projects,
            member: input.member,
            created_by: self.principal.name.clone(),
            created_at: now,
            expires_at,
            revoked_at: None,
            last_used_at: None,
        };
        self.principal.check_covers(&key.principal())?;
        if let Some(name) = &key.member {
            self.member(name).await?.principal().check_covers(&key.principal())?;
        }
        self.parts.access.add_key(key.clone(), hash_of(&secret)).await?;
        Ok(CreatedKey { secret, key })
    }

    /// The keys that the caller could have made, newest first; those revoked are among them.
    pub async fn keys(&self) -> Result<Vec<Key>> {
        self.check(&Access::read(Resource::Key), None)?;
        let mut keys = self.parts.access.keys().await?;
        keys.retain(|key| self.principal.check_covers(&key.principal()).is_ok());
        Ok(keys)
    }

    /// Revokes a key by its id or, where it is in use, by its name. From then on it opens nothing; a run
    /// that was started with it goes on.
    pub async fn revoke_key(&self, key: &str) -> Result<Key> {
        self.check(&Access::admin(Resource::Key), None)?;
        let keys = self.parts.access.keys().await?;
        let by_id = |found: &&Key| found.id.to_string() == key;
        let by_name = |found: &&Key| found.name == key && found.revoked_at.is_none();
        let found = keys.iter().find(by_id).or_else(|| keys.iter().find(by_name));
        let Some(found) = found else {
            let is_shown =
                |key: &&Key| key.revoked_at.is_none() && self.principal.check_covers(&key.principal()).is_ok();
            let in_use = keys.iter().filter(is_shown);
            return Err(Error::unknown("key", key, in_use.map(|key| key.name.as_str())));
        };
        self.principal.check_covers(&found.principal())?;
        let now = self.parts.clock.now();
        self.parts.access.revoke_key(found.id, now).await?;
        Ok(Key {
            revoked_at: found.revoked_at.or(Some(now)),
            ..found.clone()
        })
    }
}

/// A key is never more than its member, whatever became of either since.
fn bounded(key: &Key, member: &Member) -> Principal {
    let projects = match (&key.projects, &member.projects) {
        (None, of_member) => of_member.clone(),
        (of_key, None) => of_key.clone(),
        (Some(of_key), Some(of_member)) => Some(
            of_key
                .iter()
                .filter(|project| of_member.contains(project))
                .cloned()
                .collect(),
        ),
    };
    Principal {
        name: member.name.clone(),
        role: key.role.min(member.role),
        scopes: key.scopes.clone(),
        projects,
    }
}

/// Refuses a name that nobody could read, or that stands for somebody else.
pub(crate) fn check_name(what: &str, name: &str) -> Result<()> {
    let length = name.chars().count();
    let is_plain = name.trim() == name && !name.chars().any(char::is_control);
    if length == 0 || length > MAX_NAME || !is_plain {
        return Err(Error::invalid(format!("{name:?} is no name for a {what}"))
            .with_hint(format!("give 1 to {MAX_NAME} characters, without spaces around them")));
    }
    if name == LOCAL {
        return Err(
            Error::invalid(format!("{LOCAL:?} is whoever sits at this machine, and no {what}"))
                .with_hint("choose another name"),
        );
    }
    Ok(())
}

/// Whether a text has the form of a secret with a prefix, so that only such are looked up.
pub(crate) fn looks_like(prefix: &str, secret: &str) -> bool {
    let random = secret.strip_prefix(prefix);
    random.is_some_and(|random| random.len() == LENGTH && random.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

pub(crate) fn hash_of(secret: &str) -> KeyHash {
    KeyHash(Sha256::digest(secret.as_bytes()).into())
}

/// A new secret from the system's source of randomness: a prefix, and 32 characters.
pub(crate) fn new_secret(prefix: &str) -> Result<String> {
    let mut secret = prefix.to_owned();
    let mut bytes = [0; 2 * LENGTH];
    while secret.len() < prefix.len() + LENGTH {
        getrandom::fill(&mut bytes)
            .map_err(|error| Error::caused(Code::Io, "the system gives no random numbers", error))?;
        for byte in bytes {
            // 248 is four times 62: beyond it some characters would come up more often than others.
            let character = (byte < 248)
                .then(|| ALPHABET.get(usize::from(byte) % ALPHABET.len()))
                .flatten();
            if let Some(character) = character
                && secret.len() < prefix.len() + LENGTH
            {
                // Writing to a String can't fail.
                let _ = write!(secret, "{}", char::from(*character));
            }
        }
    }
    Ok(secret)
}

pub(crate) fn refused(message: &str, hint: &str) -> Error {
    Error::new(Code::Denied, message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn secrets_have_their_form_and_differ() {
        let secrets: BTreeSet<String> = (0..200).map(|_| new_secret(PREFIX).unwrap()).collect();
        assert_eq!(secrets.len(), 200);
        for secret in &secrets {
            assert!(looks_like(PREFIX, secret), "{secret}");
        }
        let used: BTreeSet<char> = secrets.iter().flat_map(|secret| secret[3..].chars()).collect();
        assert_eq!(used.len(), ALPHABET.len());
    }

    #[test]
    fn hash_is_sha_256() {
        // The first example of FIPS 180-2.
        let hash = hash_of("abc").0.map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn only_the_form_of_a_key_is_looked_up() {
        let random = "a".repeat(32);
        for (text, is_key) in [
            (format!("hr_{random}"), true),
            (random.clone(), false),
            (format!("hr_{random}a"), false),
            (format!("hr_{}", &random[1..]), false),
            (format!("hr_{}-", &random[1..]), false),
            (String::new(), false),
        ] {
            assert_eq!(looks_like(PREFIX, &text), is_key, "{text}");
        }
    }
}
