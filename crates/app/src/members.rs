//! Members of the organisation: listed, added and removed.

use hedgerow_agent_api::{Access, Key, Member, Resource, Role};
use hedgerow_errors::{Error, Result};
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::keys::check_name;

/// What removing a member did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemberRemoved {
    /// The name.
    pub name: String,
    /// The member's keys, which are revoked now.
    pub keys_revoked: Vec<Key>,
}

impl App {
    /// The members, by name.
    pub async fn members(&self) -> Result<Vec<Member>> {
        self.check(&Access::read(Resource::Member), None)?;
        let mut members = self.parts.access.members().await?;
        members.retain(|member| self.principal.check_covers(&member.principal()).is_ok());
        Ok(members)
    }

    /// Adds a member, who may nothing that whoever adds may not; without `projects` in all of them.
    pub async fn add_member(&self, name: &str, role: Role, projects: Option<Vec<ProjectId>>) -> Result<Member> {
        self.check(&Access::write(Resource::Member), None)?;
        check_name("member", name)?;
        self.check_projects(projects.as_deref()).await?;
        let member = Member {
            name: name.to_owned(),
            role,
            projects,
            created_by: self.principal.name.clone(),
            created_at: self.parts.clock.now(),
        };
        self.principal.check_covers(&member.principal())?;
        self.parts.access.add_member(member.clone()).await?;
        Ok(member)
    }

    /// Removes a member and revokes the member's keys.
    pub async fn remove_member(&self, name: &str) -> Result<MemberRemoved> {
        self.check(&Access::admin(Resource::Member), None)?;
        self.principal.check_covers(&self.member(name).await?.principal())?;
        let keys_revoked = self.parts.access.remove_member(name, self.parts.clock.now()).await?;
        Ok(MemberRemoved {
            name: name.to_owned(),
            keys_revoked,
        })
    }

    /// A member by name; an unknown one is refused with the nearest.
    pub(crate) async fn member(&self, name: &str) -> Result<Member> {
        let mut members = self.parts.access.members().await?;
        match members.iter().position(|member| member.name == name) {
            Some(position) => Ok(members.swap_remove(position)),
            None => Err(Error::unknown(
                "member",
                name,
                members.iter().map(|member| member.name.as_str()),
            )),
        }
    }

    /// Refuses projects that do not exist, with the nearest that the caller sees.
    pub(crate) async fn check_projects(&self, projects: Option<&[ProjectId]>) -> Result<()> {
        let Some(projects) = projects else {
            return Ok(());
        };
        let known = self.parts.data.store.projects().await?;
        let known = known
            .iter()
            .map(|project| &project.id)
            .filter(|id| self.principal.sees(id));
        let known: Vec<&str> = known.map(ProjectId::as_str).collect();
        match projects.iter().find(|project| !known.contains(&project.as_str())) {
            Some(project) => Err(Error::unknown("project", project.as_str(), known)),
            None => Ok(()),
        }
    }
}
