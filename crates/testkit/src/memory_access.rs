//! The organisation, its members and keys in memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hedgerow_agent_api::{AccessStore, Key, KeyHash, Member, Organisation, Session};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{KeyId, OrganisationId};

/// Keeps members and keys as long as it lives.
#[derive(Default)]
pub struct MemoryAccess {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    organisation: Option<Organisation>,
    members: Vec<Member>,
    /// Oldest first.
    keys: Vec<(KeyHash, Key)>,
    sessions: Vec<(KeyHash, Session)>,
}

impl MemoryAccess {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is one step, so a panicking holder leaves the state whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn key_mut(&mut self, id: KeyId) -> Result<&mut Key> {
        let key = self.keys.iter_mut().map(|(_, key)| key).find(|key| key.id == id);
        key.ok_or_else(|| Error::new(Code::UnknownName, format!("unknown key {id}")))
    }
}

fn taken(what: &str, name: &str) -> Error {
    Error::new(Code::Conflict, format!("a {what} named {name:?} exists already"))
}

#[async_trait]
impl AccessStore for MemoryAccess {
    async fn organisation(&self, at: DateTime<Utc>) -> Result<Organisation> {
        let make = || Organisation {
            id: OrganisationId::new(),
            name: "Hedgerow".to_owned(),
            created_at: at,
        };
        Ok(self.lock().organisation.get_or_insert_with(make).clone())
    }

    async fn members(&self) -> Result<Vec<Member>> {
        let mut members = self.lock().members.clone();
        members.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(members)
    }

    async fn add_member(&self, member: Member) -> Result<()> {
        let mut state = self.lock();
        if state.members.iter().any(|other| other.name == member.name) {
            return Err(taken("member", &member.name));
        }
        state.members.push(member);
        Ok(())
    }

    async fn remove_member(&self, name: &str, at: DateTime<Utc>) -> Result<Vec<Key>> {
        let mut state = self.lock();
        let found = state.members.iter().position(|member| member.name == name);
        let found = found.ok_or_else(|| Error::new(Code::UnknownName, format!("unknown member {name:?}")))?;
        state.members.remove(found);
        let of_member = |key: &&mut Key| key.member.as_deref() == Some(name) && key.revoked_at.is_none();
        let keys = state.keys.iter_mut().rev().map(|(_, key)| key).filter(of_member);
        Ok(keys
            .map(|key| {
                key.revoked_at = Some(at);
                key.clone()
            })
            .collect())
    }

    async fn keys(&self) -> Result<Vec<Key>> {
        Ok(self.lock().keys.iter().rev().map(|(_, key)| key.clone()).collect())
    }

    async fn add_key(&self, key: Key, hash: KeyHash) -> Result<()> {
        let mut state = self.lock();
        let clashes = |(other_hash, other): &(KeyHash, Key)| {
            *other_hash == hash
                || other.id == key.id
                || (other.name == key.name && other.revoked_at.is_none() && key.revoked_at.is_none())
        };
        if state.keys.iter().any(clashes) {
            return Err(taken("key", &key.name));
        }
        state.keys.push((hash, key));
        Ok(())
    }

    async fn key_of(&self, hash: &KeyHash) -> Result<Option<Key>> {
        let state = self.lock();
        let found = state.keys.iter().find(|(other, _)| other == hash);
        Ok(found.map(|(_, key)| key.clone()))
    }

    async fn revoke_key(&self, id: KeyId, at: DateTime<Utc>) -> Result<()> {
        self.lock().key_mut(id)?.revoked_at.get_or_insert(at);
        Ok(())
    }

    async fn use_key(&self, id: KeyId, at: DateTime<Utc>) -> Result<()> {
        self.lock().key_mut(id)?.last_used_at = Some(at);
        Ok(())
    }

    async fn add_session(&self, session: Session, hash: KeyHash) -> Result<()> {
        let mut state = self.lock();
        state.key_mut(session.key)?;
        state
            .sessions
            .retain(|(_, other)| other.expires_at > session.created_at);
        state.sessions.push((hash, session));
        Ok(())
    }

    async fn session_of(&self, hash: &KeyHash) -> Result<Option<(Session, Key)>> {
        let mut state = self.lock();
        let found = state.sessions.iter().find(|(other, _)| other == hash);
        let session = found.map(|(_, session)| session.clone());
        session
            .map(|session| Ok((session.clone(), state.key_mut(session.key)?.clone())))
            .transpose()
    }

    async fn end_session(&self, hash: &KeyHash) -> Result<()> {
        self.lock().sessions.retain(|(other, _)| other != hash);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn memory_access_keeps_the_promises() {
        crate::access_store_conformance(|| async { Arc::new(MemoryAccess::default()) as Arc<dyn AccessStore> }).await;
    }
}
