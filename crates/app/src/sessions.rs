//! Sessions: somebody signs in with a key, in a browser, and out again.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use hedgerow_agent_api::{Access, Level, Principal, Session, Stage};
use hedgerow_errors::Result;

use crate::App;
use crate::keys::{hash_of, looks_like, new_secret, refused};

/// What the token of every session begins with.
const PREFIX: &str = "hs_";
/// How long a session lasts at most.
const LASTS: TimeDelta = TimeDelta::days(7);

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Who it is, as the key says now.
    pub principal: Principal,
    /// When they have to sign in again.
    pub expires_at: DateTime<Utc>,
}

impl App {
    /// Signs in with a key: gives the token of a new session, which opens what the key opens, for seven days
    /// or until the key expires. The token can't be seen again.
    ///
    /// # Errors
    ///
    /// `denied` where there is no such key, or it was revoked or has expired.
    pub async fn sign_in(&self, secret: &str) -> Result<(String, SignedIn)> {
        let key = self.key_with(secret).await?;
        let principal = self.principal_of(&key).await?;
        let now = self.parts.clock.now();
        let latest = now + LASTS;
        let expires_at = key.expires_at.map_or(latest, |expires| expires.min(latest));
        let token = new_secret(PREFIX)?;
        let session = Session {
            key: key.id,
            created_at: now,
            expires_at,
        };
        self.parts.access.add_session(session, hash_of(&token)).await?;
        Ok((token, SignedIn { principal, expires_at }))
    }

    /// Who calls with the token of a session.
    ///
    /// # Errors
    ///
    /// `denied` where there is no such session, it has expired, or its key was revoked.
    pub async fn signed_in(&self, token: &str) -> Result<SignedIn> {
        let found = if looks_like(PREFIX, token) {
            self.parts.access.session_of(&hash_of(token)).await?
        } else {
            None
        };
        let again = "sign in again with a key";
        let Some((session, key)) = found else {
            return Err(refused("nobody is signed in", again));
        };
        if session.expires_at <= self.parts.clock.now() {
            return Err(refused("the session has expired", again));
        }
        let principal = self.principal_of(&key).await?;
        Ok(SignedIn {
            principal,
            expires_at: session.expires_at,
        })
    }

    /// Ends a session. A token that opens nothing is no matter.
    pub async fn sign_out(&self, token: &str) -> Result<()> {
        self.parts.access.end_session(&hash_of(token)).await
    }

    /// All rights that the caller has in the projects that it sees.
    #[must_use]
    pub fn rights(&self) -> Vec<Access> {
        let installed = self.parts.registries.now();
        let of_projects = installed
            .of_projects
            .keys()
            .filter(|project| self.principal.sees(project));
        // Projects with products of their own have rights on these.
        let resources: BTreeSet<&str> = std::iter::once(None)
            .chain(of_projects.map(Some))
            .flat_map(|project| installed.views(project).seen_from(Stage::Idea).resources())
            .collect();
        let all = resources
            .into_iter()
            .flat_map(|name| Level::ALL.map(|level| Access::named(name, level)));
        all.filter(|access| self.principal.check(access, None).is_ok())
            .collect()
    }
}
