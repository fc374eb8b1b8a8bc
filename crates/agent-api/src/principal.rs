//! Who calls, and the only place that decides what they may.

use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{Access, Role, Scope};

/// The name of whoever sits at this machine.
pub const LOCAL: &str = "local";

/// Who calls: a name with what it may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Principal {
    /// The name, as histories show it.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The parts of the role that it has; all of it when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
    /// The projects that it sees; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<Vec<ProjectId>>,
}

impl Principal {
    /// Whoever sits at this machine: the owner of everything on it.
    #[must_use]
    pub fn local() -> Self {
        Self {
            name: LOCAL.to_owned(),
            role: Role::Owner,
            scopes: None,
            projects: None,
        }
    }

    /// Refuses what the principal may not do: with a project, in that project; without one, what belongs to
    /// no project, e.g. listing those that it sees.
    ///
    /// # Errors
    ///
    /// `denied`, naming what is missing and the way out.
    pub fn check(&self, access: &Access, project: Option<&ProjectId>) -> Result<()> {
        let least = Role::least(access);
        if self.role < least {
            let message = format!(
                "{:?} is {} and lacks the right {access}",
                self.name,
                with_article(self.role)
            );
            return Err(denied(message, &format!("{} has it", with_article(least))));
        }
        self.check_scopes(access)?;
        project.map_or(Ok(()), |project| self.check_project(project))
    }

    /// Refuses a project that the principal does not see, whatever is to be done in it.
    ///
    /// # Errors
    ///
    /// `denied`, naming the project and the way out.
    pub fn check_project(&self, project: &ProjectId) -> Result<()> {
        if self.sees(project) {
            return Ok(());
        }
        Err(denied(
            format!("{:?} has no access to project {project}", self.name),
            &format!("a key for it is made with --for-project {project}"),
        ))
    }

    /// The same for what reaches across all projects, e.g. a backup of everything.
    ///
    /// # Errors
    ///
    /// `denied`, naming what is missing and the way out.
    pub fn check_everywhere(&self, access: &Access) -> Result<()> {
        self.check(access, None)?;
        if self.projects.is_none() {
            return Ok(());
        }
        let message = format!(
            "{:?} sees some projects only, and {access} is wanted for all",
            self.name
        );
        Err(denied(message, "name one of its projects with --project"))
    }

    /// Whether the principal may do something in a project.
    #[must_use]
    pub fn may(&self, access: &Access, project: &ProjectId) -> bool {
        self.check(access, Some(project)).is_ok()
    }

    /// Whether the project is among those that the principal sees.
    #[must_use]
    pub fn sees(&self, project: &ProjectId) -> bool {
        let projects = self.projects.as_ref();
        projects.is_none_or(|projects| projects.contains(project))
    }

    /// The same, in one project alone.
    #[must_use]
    pub fn within(&self, project: &ProjectId) -> Self {
        let projects = if self.sees(project) {
            vec![project.clone()]
        } else {
            Vec::new()
        };
        Self {
            projects: Some(projects),
            ..self.clone()
        }
    }

    /// Refuses to let the principal give, change or take away more than it has itself.
    ///
    /// # Errors
    ///
    /// `denied`, naming what it lacks.
    pub fn check_covers(&self, other: &Self) -> Result<()> {
        let lacks = |what: String| {
            let message = format!("{:?} lacks {what}, and can't give or take it", self.name);
            Err(denied(message, "somebody who has it can"))
        };
        if other.role > self.role {
            return lacks(format!("the role {}", other.role));
        }
        match (&self.scopes, &other.scopes) {
            (None, _) => {}
            (Some(_), None) => return lacks("all of the role".to_owned()),
            (Some(own), Some(scopes)) => {
                let covered = |scope: &&Scope| own.iter().any(|own| own.covers(scope));
                if let Some(scope) = scopes.iter().find(|scope| !covered(scope)) {
                    return lacks(format!("the scope {scope}"));
                }
            }
        }
        match (&self.projects, &other.projects) {
            (None, _) => Ok(()),
            (Some(_), None) => lacks("access to all projects".to_owned()),
            (Some(_), Some(projects)) => match projects.iter().find(|project| !self.sees(project)) {
                Some(project) => lacks(format!("access to project {project}")),
                None => Ok(()),
            },
        }
    }

    fn check_scopes(&self, access: &Access) -> Result<()> {
        let scopes = self.scopes.as_ref();
        if scopes.is_none_or(|scopes| scopes.iter().any(|scope| scope.allows(access))) {
            return Ok(());
        }
        Err(denied(
            format!("{:?} lacks the scope {access}", self.name),
            &format!("a key with it is made with --scope {access}"),
        ))
    }
}

fn with_article(role: Role) -> String {
    let article = match role {
        Role::Viewer | Role::Member => "a",
        Role::Admin | Role::Owner => "an",
    };
    format!("{article} {role}")
}

fn denied(message: String, hint: &str) -> Error {
    Error::new(Code::Denied, message).with_hint(hint)
}

#[cfg(test)]
mod tests;
