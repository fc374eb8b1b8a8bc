//! Arguments of `keys` and `members`.

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use hedgerow_agent_api::{Role, Scope};
use hedgerow_errors::Error;
use hedgerow_ids::ProjectId;

const CREATE_HELP: &str = "Examples:
  hedgerow keys create --name ci --role viewer --expires-in 90d
  hedgerow keys create --name flags --role member --scope feature_flag:write --for-project site

A scope is resource:read, resource:write or resource:admin, *:read for all reading, or * for all of the role.";

/// `keys`.
#[derive(Debug, Clone, Subcommand)]
pub enum KeysCommand {
    /// Make a key; it is shown once
    #[command(after_help = CREATE_HELP)]
    Create(CreateKeyArgs),
    /// List keys, newest first, without what opens with them
    #[command(after_help = "Example:\n  hedgerow keys list")]
    List,
    /// End a key for good
    #[command(after_help = "Example:\n  hedgerow keys revoke ci")]
    Revoke {
        /// The key's name or id
        #[arg(value_name = "KEY")]
        named: String,
    },
}

/// `keys create`.
#[derive(Debug, Clone, Args)]
pub struct CreateKeyArgs {
    /// Its name, which no other key in use may have
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// The role: viewer, member, admin or owner
    #[arg(long, value_name = "ROLE", value_parser = parse_role)]
    pub role: Role,
    /// A part of the role, e.g. query:read [default: all of it]
    #[arg(long = "scope", value_name = "SCOPE", value_parser = parse_scope)]
    pub scopes: Vec<Scope>,
    /// A project that it sees [default: all]
    #[arg(long = "for-project", value_name = "PROJECT")]
    pub projects: Vec<ProjectId>,
    /// The member whose it is: it never may more, and ends with the membership
    #[arg(long, value_name = "MEMBER")]
    pub member: Option<String>,
    /// How long it is good for, e.g. 30m, 12h or 90d [default: until it is revoked]
    #[arg(long, value_name = "TIME", value_parser = parse_length)]
    pub expires_in: Option<TimeDelta>,
}

/// `members`.
#[derive(Debug, Clone, Subcommand)]
pub enum MembersCommand {
    /// List members by name
    #[command(after_help = "Example:\n  hedgerow members list")]
    List,
    /// Add a member, whose keys then never may more than the member
    #[command(after_help = "Example:\n  hedgerow members add ann --role member --for-project site")]
    Add {
        /// The member's name
        name: String,
        /// The role: viewer, member, admin or owner
        #[arg(long, value_name = "ROLE", value_parser = parse_role)]
        role: Role,
        /// A project that the member sees [default: all]
        #[arg(long = "for-project", value_name = "PROJECT")]
        projects: Vec<ProjectId>,
    },
    /// Remove a member, and revoke the member's keys
    #[command(after_help = "Example:\n  hedgerow members remove ann")]
    Remove {
        /// The member's name
        name: String,
    },
}

fn parse_role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|error| with_hint(&error))
}

fn parse_scope(text: &str) -> Result<Scope, String> {
    text.parse().map_err(|error| with_hint(&error))
}

fn with_hint(error: &Error) -> String {
    match error.hint() {
        Some(hint) => format!("{error}: {hint}"),
        None => error.to_string(),
    }
}

/// A whole number of minutes, hours or days.
fn parse_length(text: &str) -> Result<TimeDelta, String> {
    let unit = |unit: char| text.strip_suffix(unit).and_then(|number| number.parse::<u32>().ok());
    let length = unit('m')
        .map(|minutes| TimeDelta::minutes(minutes.into()))
        .or_else(|| unit('h').map(|hours| TimeDelta::hours(hours.into())))
        .or_else(|| unit('d').map(|days| TimeDelta::days(days.into())));
    length
        .filter(|length| *length > TimeDelta::zero())
        .ok_or_else(|| "give minutes, hours or days, such as 30m, 12h or 90d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_whole_minutes_hours_or_days() {
        let cases = [
            ("30m", Some(TimeDelta::minutes(30))),
            ("12h", Some(TimeDelta::hours(12))),
            ("90d", Some(TimeDelta::days(90))),
            ("0d", None),
            ("-1d", None),
            ("90", None),
            ("d", None),
            ("1.5h", None),
            ("90 d", None),
            ("1w", None),
        ];
        for (text, length) in cases {
            assert_eq!(parse_length(text).ok(), length, "{text}");
        }
    }
}
