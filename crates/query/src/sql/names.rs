//! What a name or a path of names means: columns, properties of events, persons and groups, fields of sessions.

use datafusion::sql::sqlparser::ast::{AccessExpr, Expr, Ident, Subscript, Value};
use hedgerow_data_api::ValueType;
use hedgerow_errors::{Error, Result};
use hedgerow_lake::ColumnKind;

use super::build::{call, expression, name, text};
use super::rewrite::{Clause, Rewriter, normal};
use super::sessions;
use super::tables::Kind;

/// Properties that have no column: what events say of persons and groups.
const STRUCTURAL: [&str; 5] = ["$set", "$set_once", "$unset", "$groups", "$group_set"];

impl Rewriter<'_> {
    /// What a single name means.
    pub(super) fn identifier(&mut self, ident: Ident) -> Result<Expr> {
        let key = normal(&ident);
        if self.lambdas.contains(&key) {
            return Ok(Expr::Identifier(ident));
        }
        if let Some(given) = self.given_with_as(&key)? {
            return Ok(given);
        }
        // A name given with AS is a column of what is sorted.
        if self.clause == Clause::OrderBy && self.within_aggregates == 0 && self.is_given(&key) {
            return Ok(Expr::Identifier(ident));
        }
        if let Some(found) = self.anywhere(&[&key])? {
            return Ok(found);
        }
        Ok(self.constant_named(&key).unwrap_or(Expr::Identifier(ident)))
    }

    /// What a path of names means.
    pub(super) fn path(&mut self, path: Vec<Ident>) -> Result<Expr> {
        let Some((first, rest)) = path.split_first() else {
            return Err(Error::internal("a path has no names"));
        };
        let key = normal(first);
        let names: Vec<&str> = rest.iter().map(|ident| ident.value.as_str()).collect();
        if self.lambdas.contains(&key) {
            return members_of(Expr::Identifier(first.clone()), &names);
        }
        for at in (0..self.scopes.len()).rev() {
            let Some(source) = self.scopes[at].sources.iter().position(|source| source.name == key) else {
                continue;
            };
            if let Some(found) = self.member(at, source, &names, true)? {
                return Ok(found);
            }
            let of = &self.scopes[at].sources[source];
            if of.columns.is_none() && of.kind == Kind::Derived {
                return match names.as_slice() {
                    [column, members @ ..] if members.iter().any(is_index) => {
                        members_of(Expr::CompoundIdentifier(vec![first.clone(), name(column)]), members)
                    }
                    _ => Ok(Expr::CompoundIdentifier(path)),
                };
            }
            let wanted = names.first().copied().unwrap_or_default();
            let known = self.known_columns(at, source);
            return Err(Error::unknown("column", wanted, known.iter().map(String::as_str)));
        }
        if names.iter().all(is_index)
            && let Some(given) = self.given_with_as(&key)?
        {
            return members_of(given, &names);
        }
        let mut whole = vec![key.as_str()];
        whole.extend(&names);
        if let Some(found) = self.anywhere(&whole)? {
            return Ok(found);
        }
        let mut scopes = self.scopes.iter();
        let is_open = scopes.any(|scope| {
            scope
                .sources
                .iter()
                .any(|source| source.columns.is_none() && source.kind == Kind::Derived)
        });
        if is_open {
            return Ok(Expr::CompoundIdentifier(path));
        }
        let known: Vec<String> = self
            .scopes
            .iter()
            .flat_map(|scope| scope.sources.iter().map(|source| source.name.clone()))
            .collect();
        Err(Error::unknown("table or alias", &key, known.iter().map(String::as_str)))
    }

    /// What a path means in the innermost SELECT that knows it.
    fn anywhere(&mut self, path: &[&str]) -> Result<Option<Expr>> {
        for at in (0..self.scopes.len()).rev() {
            let is_outer = at + 1 < self.scopes.len();
            let qualify = is_outer || self.scopes[at].sources.len() > 1;
            for source in 0..self.scopes[at].sources.len() {
                if let Some(found) = self.member(at, source, path, qualify)? {
                    return Ok(Some(found));
                }
            }
            let sources = &self.scopes[at].sources;
            if sources
                .iter()
                .any(|source| source.kind == Kind::Derived && source.columns.is_none())
            {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// Whether the innermost SELECT reads a column of this name.
    pub(super) fn is_column_here(&self, key: &str) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        scope.sources.iter().any(|source| match source.kind {
            Kind::Events => self.facts.view.columns.iter().any(|column| column.name == key) || key == "person_id",
            Kind::Derived => source.columns.iter().flatten().any(|column| column == key),
            kind => kind.columns().iter().any(|(shown, _)| *shown == key),
        })
    }

    /// Whether a path is the id of the person of an event, where events are all that the innermost SELECT reads.
    pub(super) fn is_person_of_events(&self, path: &[&str]) -> bool {
        let Some(scope) = self.scopes.last() else { return false };
        let [source] = scope.sources.as_slice() else {
            return false;
        };
        let of_source = match path {
            [first, rest @ ..] if *first == source.name => rest,
            _ => path,
        };
        let names = scope
            .named
            .iter()
            .map(|named| named.name.as_str())
            .chain(self.lambdas.iter().map(String::as_str));
        source.kind == Kind::Events
            && matches!(of_source, ["person_id"] | ["person", "id"])
            && !names.into_iter().any(|known| known == path[0])
    }

    fn known_columns(&self, at: usize, source: usize) -> Vec<String> {
        let source = &self.scopes[at].sources[source];
        match source.kind {
            Kind::Events => self
                .facts
                .view
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect(),
            Kind::Derived => source.columns.clone().unwrap_or_default(),
            kind => kind.columns().iter().map(|(shown, _)| (*shown).to_owned()).collect(),
        }
    }

    /// What a path means in one table of FROM, if it means something there.
    fn member(&mut self, at: usize, source: usize, path: &[&str], qualify: bool) -> Result<Option<Expr>> {
        let of = &self.scopes[at].sources[source];
        let (kind, alias) = (of.kind, of.name.clone());
        let column = |column: &str| {
            if qualify && !alias.is_empty() {
                Expr::CompoundIdentifier(vec![name(&alias), name(column)])
            } else {
                Expr::Identifier(name(column))
            }
        };
        if kind == Kind::Derived {
            let columns = of.columns.clone().unwrap_or_default();
            let whole = path.join(".");
            if path.len() > 1 && columns.contains(&whole) {
                return Ok(Some(column(&whole)));
            }
            return match path {
                [first, rest @ ..] if columns.iter().any(|known| known == first) => {
                    members_of(column(first), rest).map(Some)
                }
                _ => Ok(None),
            };
        }
        if kind == Kind::Events {
            return self.of_event(at, source, path, &column);
        }
        match path {
            ["properties", key, rest @ ..] if matches!(kind, Kind::Persons | Kind::Groups) => {
                let (known, of) = match kind {
                    Kind::Persons => (&self.facts.persons, "property of persons"),
                    _ => (&self.facts.groups, "property of groups"),
                };
                let Some(value_type) = known.get(*key) else {
                    return Err(Error::unknown(of, key, known.keys().map(String::as_str)));
                };
                within_json(json_property(column("properties"), key, *value_type), rest).map(Some)
            }
            [key] => {
                let found = kind
                    .columns()
                    .iter()
                    .find(|(shown, stored)| shown == key || stored == key);
                if let Some((shown, _)) = found
                    && kind == Kind::Sessions
                {
                    self.scopes[at].sources[source].extras.insert((*shown).to_owned());
                }
                Ok(found.map(|(_, stored)| column(stored)))
            }
            _ => Ok(None),
        }
    }

    fn of_event(
        &mut self,
        at: usize,
        source: usize,
        path: &[&str],
        column: &dyn Fn(&str) -> Expr,
    ) -> Result<Option<Expr>> {
        let facts = self.facts;
        let view = &facts.view;
        let of = &mut self.scopes[at].sources[source];
        let mut extra = |wanted: &str| {
            of.extras.insert(wanted.to_owned());
            column(wanted)
        };
        match path {
            ["properties", key, rest @ ..] => {
                let Some(found) = view.column_of(key) else {
                    // What the files keep as columns of their own is named as a property, too.
                    if *key == "$session_id" {
                        return Ok(Some(column("session_id")));
                    }
                    if STRUCTURAL.contains(key) {
                        return in_rest(key, rest, column).map(Some);
                    }
                    let known = view.columns.iter().filter_map(|column| column.key.as_deref());
                    return Err(Error::unknown("property", key, known));
                };
                within_json(column(&found.name), rest).map(Some)
            }
            ["event", rest @ ..] if !rest.is_empty() => Ok(None),
            ["person", "properties", key, rest @ ..] => {
                let Some(value_type) = facts.persons.get(*key) else {
                    return Err(Error::unknown(
                        "property of persons",
                        key,
                        facts.persons.keys().map(String::as_str),
                    ));
                };
                within_json(json_property(extra("person.properties"), key, *value_type), rest).map(Some)
            }
            ["person", field @ ("created_at" | "is_identified" | "properties")] => {
                Ok(Some(extra(&format!("person.{field}"))))
            }
            ["person", "id"] | ["person_id"] => Ok(Some(extra("person_id"))),
            ["person", other, ..] => Err(Error::unknown(
                "field of persons",
                other,
                ["id", "created_at", "is_identified", "properties"],
            )),
            ["session", field] => match sessions::FIELDS.iter().find(|(known, _)| known == field) {
                Some(_) => Ok(Some(extra(&format!("session.{field}")))),
                None => Err(Error::unknown(
                    "field of sessions",
                    field,
                    sessions::FIELDS.iter().map(|(known, _)| *known),
                )),
            },
            [group, rest @ ..] if !rest.is_empty() && group.strip_prefix("group_").is_some_and(is_index) => {
                let index: i64 = group.trim_start_matches("group_").parse().unwrap_or(-1);
                if !facts.group_types.iter().any(|(_, known)| *known == index) {
                    let known: Vec<String> = facts
                        .group_types
                        .iter()
                        .map(|(_, index)| format!("group_{index}"))
                        .collect();
                    return Err(Error::unknown(
                        "type of groups",
                        group,
                        known.iter().map(String::as_str),
                    ));
                }
                match rest {
                    ["properties", key, rest @ ..] => {
                        let Some(value_type) = facts.groups.get(*key) else {
                            let known = facts.groups.keys().map(String::as_str);
                            return Err(Error::unknown("property of groups", key, known));
                        };
                        let properties = extra(&format!("{group}.properties"));
                        within_json(json_property(properties, key, *value_type), rest).map(Some)
                    }
                    ["key"] => group_key(facts, index, column).map(Some),
                    [other, ..] => Err(Error::unknown("field of groups", other, ["key", "properties"])),
                    [] => Ok(None),
                }
            }
            ["$session_id"] => Ok(Some(column("session_id"))),
            ["elements_chain"] if view.column_of("elements_chain").is_none() => {
                Ok(view.column_of("$elements_chain").map(|found| column(&found.name)))
            }
            [key] if view.columns.iter().any(|known| known.name == *key) => Ok(Some(column(key))),
            [key] if view.column_of(key).is_some() => Ok(view.column_of(key).map(|found| column(&found.name))),
            [key] if key.strip_prefix("$group_").is_some_and(is_index) => {
                let index: i64 = key.trim_start_matches("$group_").parse().unwrap_or(-1);
                group_key(facts, index, column).map(Some)
            }
            [key] if of.extras.contains(*key) => Ok(Some(column(key))),
            _ => Ok(None),
        }
    }

    /// A path that begins with names and goes on with brackets: `properties['$os']`.
    pub(super) fn field_access(&mut self, expr: &Expr) -> Result<Option<Expr>> {
        let Expr::CompoundFieldAccess { root, access_chain } = expr else {
            return Ok(None);
        };
        let mut path = match root.as_ref() {
            Expr::Identifier(ident) => vec![ident.clone()],
            Expr::CompoundIdentifier(path) => path.clone(),
            _ => return Ok(None),
        };
        let mut taken = 0;
        for access in access_chain {
            match access {
                AccessExpr::Dot(Expr::Identifier(ident)) => path.push(ident.clone()),
                AccessExpr::Subscript(Subscript::Index {
                    index: Expr::Value(value),
                }) => {
                    let Value::SingleQuotedString(key) = &value.value else {
                        break;
                    };
                    path.push(name(key));
                }
                _ => break,
            }
            taken += 1;
        }
        let is_property = path.iter().take(2).any(|ident| {
            let key = ident.value.as_str();
            matches!(key, "properties" | "person" | "session") || key.starts_with("group_")
        });
        if taken == 0 || !is_property {
            return Ok(None);
        }
        let root = self.path(path)?;
        if taken == access_chain.len() {
            return Ok(Some(root));
        }
        Ok(Some(Expr::CompoundFieldAccess {
            root: Box::new(root),
            access_chain: access_chain[taken..].to_vec(),
        }))
    }

    /// Members of tuples and elements of lists.
    pub(super) fn access(&mut self, expr: &mut Expr) -> Result<()> {
        let Expr::CompoundFieldAccess { root, access_chain } = &*expr else {
            return Ok(());
        };
        let mut value = (**root).clone();
        for access in access_chain {
            value = match access {
                AccessExpr::Dot(Expr::Identifier(ident)) => members_of(value, &[&ident.value])?,
                AccessExpr::Subscript(Subscript::Index {
                    index: Expr::Value(key),
                }) if matches!(key.value, Value::SingleQuotedString(_)) => {
                    call("jsonextractstring", vec![value, Expr::Value(key.clone())])
                }
                AccessExpr::Subscript(Subscript::Index { index }) => {
                    expression("array_element($1, CAST($2 AS BIGINT))", &[value, index.clone()])?
                }
                _ => return Ok(()),
            };
        }
        *expr = value;
        Ok(())
    }

    /// The name of a column that was selected without AS.
    pub(super) fn shown(&self, written: &Expr) -> String {
        match written {
            Expr::CompoundIdentifier(path) => {
                let of_source = path.first().is_some_and(|first| {
                    let key = normal(first);
                    self.scopes
                        .last()
                        .is_some_and(|scope| scope.sources.iter().any(|source| source.name == key))
                });
                let names = path.iter().skip(usize::from(of_source && path.len() > 1));
                names.map(|ident| ident.value.as_str()).collect::<Vec<_>>().join(".")
            }
            Expr::Identifier(ident) => normal(ident),
            other => other.to_string().replace('"', ""),
        }
    }

    /// The key of a property of events that holds text, where an expression is just that.
    pub(super) fn text_property(&self, expr: &Expr) -> Option<String> {
        let column = match expr {
            Expr::Identifier(ident) => ident,
            Expr::CompoundIdentifier(path) => path.last()?,
            _ => return None,
        };
        let scope = self.scopes.last()?;
        if !scope.sources.iter().any(|source| source.kind == Kind::Events) {
            return None;
        }
        let mut columns = self.facts.view.columns.iter();
        let found = columns.find(|known| known.name == column.value && known.kind == ColumnKind::Text)?;
        found.key.clone()
    }
}

fn is_index(value: impl AsRef<str>) -> bool {
    let value = value.as_ref();
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// The key of an event's group of one type.
fn group_key(facts: &super::facts::Facts, index: i64, column: &dyn Fn(&str) -> Expr) -> Result<Expr> {
    let Some((group_type, _)) = facts.group_types.iter().find(|(_, known)| *known == index) else {
        let known: Vec<String> = facts
            .group_types
            .iter()
            .map(|(_, index)| format!("$group_{index}"))
            .collect();
        return Err(Error::unknown(
            "column",
            &format!("$group_{index}"),
            known.iter().map(String::as_str),
        ));
    };
    in_rest("$groups", &[group_type], column)
}

/// A property without a column, or what lies in it.
fn in_rest(key: &str, path: &[&str], column: &dyn Fn(&str) -> Expr) -> Result<Expr> {
    let mut arguments = vec![column("rest"), text(key)];
    arguments.extend(path.iter().map(|key| text(key)));
    let function = if path.is_empty() {
        "jsonextractraw"
    } else {
        "jsonextractstring"
    };
    Ok(call(function, arguments))
}

/// The value of a key of a JSON object in the type that the key has.
pub(super) fn json_property(json: Expr, key: &str, value_type: ValueType) -> Expr {
    let function = match value_type {
        ValueType::String => "json_get_str",
        ValueType::Integer => "json_get_int",
        ValueType::Double => "json_get_float",
        ValueType::Boolean => "json_get_bool",
        ValueType::Json => "jsonextractraw",
    };
    call(function, vec![json, text(key)])
}

/// What lies deeper in the JSON of a property.
fn within_json(json: Expr, path: &[&str]) -> Result<Expr> {
    if path.is_empty() {
        return Ok(json);
    }
    let mut arguments = vec![json];
    arguments.extend(path.iter().map(|key| text(key)));
    Ok(call("jsonextractstring", arguments))
}

/// Members of tuples by their numbers; of JSON by their names.
pub(super) fn members_of(mut value: Expr, path: &[&str]) -> Result<Expr> {
    for (at, member) in path.iter().enumerate() {
        let Ok(index) = member.parse::<usize>() else {
            return within_json(value, &path[at..]);
        };
        value = tuple_element(value, index)?;
    }
    Ok(value)
}

/// A member of a tuple by its number from 1.
pub(super) fn tuple_element(tuple: Expr, index: usize) -> Result<Expr> {
    let Some(place) = index.checked_sub(1) else {
        return Err(Error::invalid("members of tuples are counted from 1"));
    };
    if let Expr::Function(function) = &tuple
        && function.name.to_string().trim_matches('"') == "struct"
    {
        let members = super::calls::arguments(function)?;
        let count = members.len();
        let member = members.into_iter().nth(place);
        return member.ok_or_else(|| Error::invalid(format!("a tuple of {count} has no member {index}")));
    }
    Ok(call("get_field", vec![tuple, text(&format!("c{place}"))]))
}
