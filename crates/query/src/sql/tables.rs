//! What stands in FROM: the project's tables, subqueries, CTEs, and lists whose elements become rows.

use std::collections::BTreeSet;

use datafusion::sql::sqlparser::ast::{ExceptSelectItem, ExcludeSelectItem, ObjectName};
use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, OrderByExpr, OrderByKind, Query, Select, SelectItem, SetExpr, TableFactor,
    TableFunctionArgs, Value, WildcardAdditionalOptions,
};
use hedgerow_errors::{Error, Result};

use super::build::name;
use super::dialect::single;
use super::rewrite::{Rewriter, Scope, normal, refused};
use super::sessions;
use super::tokens::{ARRAY_JOIN, LEFT_ARRAY_JOIN};

/// Which table a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Events,
    Persons,
    DistinctIds,
    Groups,
    Sessions,
    Cohorts,
    CohortPeople,
    Numbers,
    /// A subquery, a CTE or what is not looked into.
    Derived,
}

/// The tables by their names.
const TABLES: [(&str, Kind); 7] = [
    ("events", Kind::Events),
    ("persons", Kind::Persons),
    ("person_distinct_ids", Kind::DistinctIds),
    ("groups", Kind::Groups),
    ("sessions", Kind::Sessions),
    ("cohorts", Kind::Cohorts),
    ("cohort_people", Kind::CohortPeople),
];

/// The names of the tables.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(name, _)| *name)
}

impl Kind {
    /// The columns as they are called, with those that hold them.
    pub(super) fn columns(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Persons => &[
                ("id", "person_id"),
                ("person_id", "person_id"),
                ("person_key", "person_key"),
                ("created_at", "created_at"),
                ("is_identified", "is_identified"),
                ("distinct_ids", "distinct_ids"),
                ("properties", "properties"),
            ],
            Self::DistinctIds => &[
                ("distinct_id", "distinct_id"),
                ("person_id", "person_id"),
                ("person_key", "person_key"),
            ],
            Self::Groups => &[
                ("index", "group_type_index"),
                ("key", "group_key"),
                ("group_type", "group_type"),
                ("group_type_index", "group_type_index"),
                ("group_key", "group_key"),
                ("created_at", "created_at"),
                ("properties", "properties"),
            ],
            Self::Sessions => &SESSIONS,
            Self::Cohorts => &[("id", "id"), ("name", "name")],
            Self::CohortPeople => &[("cohort_id", "cohort_id"), ("person_id", "person_id")],
            Self::Numbers => &[("number", "number")],
            Self::Events | Self::Derived => &[],
        }
    }
}

const SESSIONS: [(&str, &str); 21] = {
    let mut columns = [("", ""); 21];
    let mut at = 0;
    while at < 21 {
        columns[at] = (sessions::FIELDS[at].0, sessions::FIELDS[at].0);
        at += 1;
    }
    columns
};

/// One table of FROM.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The columns of a subquery, where they are known.
    pub(super) columns: Option<Vec<String>>,
    /// What of other tables its rows are joined with, and which fields of sessions are read.
    pub(super) extras: BTreeSet<String>,
}

impl Rewriter<'_> {
    /// What the tables of a SELECT offer. Its subqueries are rewritten on the way.
    pub(super) fn scope(&mut self, select: &mut Select) -> Result<Scope> {
        let mut scope = Scope::default();
        let has_star = select
            .projection
            .iter()
            .any(|item| matches!(item, SelectItem::Wildcard(_)));
        let count: usize = select.from.iter().map(|from| 1 + from.joins.len()).sum();
        let mut array_joins = Vec::new();
        for from in &mut select.from {
            self.source(&mut from.relation, &mut scope, count == 1, has_star)?;
            let mut kept = Vec::new();
            for mut join in std::mem::take(&mut from.joins) {
                if join.global {
                    return Err(refused("GLOBAL", "leave it out: there is one server"));
                }
                match array_join(&join.relation) {
                    Some((args, keeps_empty)) => array_joins.push((args, keeps_empty)),
                    None => {
                        self.source(&mut join.relation, &mut scope, false, has_star)?;
                        kept.push(join);
                    }
                }
            }
            from.joins = kept;
        }
        let tables: usize = select.from.iter().map(|from| 1 + from.joins.len()).sum();
        scope.is_single = tables <= 1;
        if array_joins.is_empty() {
            return Ok(scope);
        }
        if !scope.is_single {
            return Err(Error::invalid("ARRAY JOIN after another join is not possible")
                .with_hint("put the join into a subquery and ARRAY JOIN its rows"));
        }
        let mut columns = Vec::new();
        for (args, keeps_empty) in array_joins {
            for pair in args.chunks(2) {
                let [list, Expr::Value(alias)] = pair else { continue };
                let Value::SingleQuotedString(alias) = &alias.value else {
                    continue;
                };
                columns.push((list.clone(), alias.clone(), keeps_empty));
            }
        }
        self.scopes.push(scope);
        let mut done = Vec::new();
        for (list, alias, keeps_empty) in columns {
            let list = self.expression(list);
            done.push(list.map(|list| {
                let list = if keeps_empty {
                    super::build::call("notemptylist", vec![list])
                } else {
                    list
                };
                (list, alias)
            }));
        }
        let mut scope = self.scopes.pop().unwrap_or_default();
        scope.array_joins = done.into_iter().collect::<Result<_>>()?;
        // The elements are columns of their own name from here on.
        let names: Vec<String> = scope.array_joins.iter().map(|(_, alias)| alias.to_owned()).collect();
        scope.sources.push(Source {
            name: String::new(),
            kind: Kind::Derived,
            columns: Some(names),
            extras: BTreeSet::new(),
        });
        Ok(scope)
    }

    fn source(&mut self, factor: &mut TableFactor, scope: &mut Scope, alone: bool, has_star: bool) -> Result<()> {
        match factor {
            TableFactor::Table {
                name: table,
                alias,
                args,
                sample,
                ..
            } => {
                if sample.is_some() {
                    return Err(refused("SAMPLE", "leave it out: all events are read"));
                }
                let whole = table.to_string().replace('"', "");
                let key = match single(table) {
                    Some(ident) => normal(ident),
                    None => whole
                        .strip_prefix("hedgerow.project.")
                        .or_else(|| whole.strip_prefix("project."))
                        .map(str::to_owned)
                        .ok_or_else(|| Error::unknown("table", &whole, names()))?,
                };
                let called = alias.as_ref().map_or_else(|| key.clone(), |alias| normal(&alias.name));
                let cte = self.ctes.iter().rev().find(|(name, _)| *name == key);
                let (kind, columns) = match (cte, args.as_ref()) {
                    (_, Some(args)) => (self.table_function(&key, args)?, None),
                    (Some((_, columns)), None) => (Kind::Derived, columns.clone()),
                    (None, None) => match TABLES.iter().find(|(name, _)| *name == key) {
                        Some((_, kind)) => (*kind, None),
                        None => {
                            let mut known: Vec<&str> = names().collect();
                            known.extend(self.ctes.iter().map(|(name, _)| name.as_str()));
                            return Err(Error::unknown("table", &key, known));
                        }
                    },
                };
                scope.sources.push(Source {
                    name: called,
                    kind,
                    columns,
                    extras: BTreeSet::new(),
                });
            }
            TableFactor::Derived { subquery, alias, .. } => {
                if alone {
                    scope.order = order_of(subquery, has_star);
                }
                let mut columns = self.query(subquery)?;
                if let Some(alias) = alias
                    && !alias.columns.is_empty()
                {
                    columns = Some(alias.columns.iter().map(|column| normal(&column.name)).collect());
                }
                let called = alias.as_ref().map_or_else(String::new, |alias| normal(&alias.name));
                scope.sources.push(Source {
                    name: called,
                    kind: Kind::Derived,
                    columns,
                    extras: BTreeSet::new(),
                });
            }
            TableFactor::NestedJoin { table_with_joins, .. } => {
                self.source(&mut table_with_joins.relation, scope, false, has_star)?;
                for join in &mut table_with_joins.joins {
                    self.source(&mut join.relation, scope, false, has_star)?;
                }
            }
            TableFactor::Pivot { .. } | TableFactor::Unpivot { .. } => {
                return Err(refused("PIVOT", "take one countIf or sumIf for each column"));
            }
            TableFactor::UNNEST { alias, .. } => {
                let called = alias.as_ref().map_or_else(String::new, |alias| normal(&alias.name));
                scope.sources.push(Source {
                    name: called,
                    kind: Kind::Derived,
                    columns: None,
                    extras: BTreeSet::new(),
                });
            }
            TableFactor::TableFunction { .. } | TableFactor::Function { .. } => {
                let written = factor.to_string();
                let called = written
                    .split(['(', ' '])
                    .find(|word| *word != "TABLE" && !word.is_empty());
                return Err(Error::unknown(
                    "table function",
                    called.unwrap_or_default(),
                    ["numbers", "generate_series"],
                ));
            }
            other => {
                return Err(Error::invalid(format!("{other} is not possible in FROM"))
                    .with_hint("FROM takes the project's tables, subqueries and numbers(n)"));
            }
        }
        Ok(())
    }

    fn table_function(&self, key: &str, args: &TableFunctionArgs) -> Result<Kind> {
        match key {
            "numbers" => {
                super::joined::numbers(self.facts, args)?;
                Ok(Kind::Numbers)
            }
            "generate_series" | "range" => Ok(Kind::Derived),
            other => Err(Error::unknown(
                "table function",
                other,
                ["numbers", "generate_series", "range"],
            )),
        }
    }

    /// `* EXCLUDE (properties)` is `*` without all properties.
    pub(super) fn wildcard(&mut self, options: &mut WildcardAdditionalOptions) {
        let has_events = self
            .scopes
            .last()
            .is_some_and(|scope| scope.sources.iter().any(|source| source.kind == Kind::Events));
        if let Some(ExceptSelectItem {
            first_element,
            additional_elements,
        }) = options.opt_except.take()
        {
            let mut names = vec![ObjectName::from(vec![first_element])];
            names.extend(
                additional_elements
                    .into_iter()
                    .map(|ident| ObjectName::from(vec![ident])),
            );
            options.opt_exclude = Some(ExcludeSelectItem::Multiple(names));
        }
        let Some(exclude) = &options.opt_exclude else { return };
        if !has_events {
            return;
        }
        let named: Vec<ObjectName> = match exclude {
            ExcludeSelectItem::Single(one) => vec![one.clone()],
            ExcludeSelectItem::Multiple(all) => all.clone(),
        };
        let mut all = Vec::new();
        for column in named {
            match single(&column).map(normal).as_deref() {
                Some("properties") => {
                    let of_properties = self.facts.view.columns.iter().filter(|column| column.key.is_some());
                    all.extend(of_properties.map(|column| ObjectName::from(vec![name(&column.name)])));
                    all.push(ObjectName::from(vec![name("rest")]));
                }
                Some("elements_chain") => {
                    let column = self.facts.view.column_of("$elements_chain");
                    all.extend(column.map(|column| ObjectName::from(vec![name(&column.name)])));
                }
                _ => all.push(column),
            }
        }
        let mut seen = BTreeSet::new();
        all.retain(|column| seen.insert(column.to_string()));
        options.opt_exclude = (!all.is_empty()).then_some(ExcludeSelectItem::Multiple(all));
    }
}

fn array_join(factor: &TableFactor) -> Option<(Vec<Expr>, bool)> {
    let TableFactor::Table {
        name, args: Some(args), ..
    } = factor
    else {
        return None;
    };
    let called = &single(name)?.value;
    if called != ARRAY_JOIN && called != LEFT_ARRAY_JOIN {
        return None;
    }
    let args = args.args.iter().filter_map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    });
    Some((args.collect(), called == LEFT_ARRAY_JOIN))
}

/// The keys of a subquery's ORDER BY as columns of its result: aggregates over its rows follow them. A key that is
/// not selected becomes a column where nothing shows all columns.
fn order_of(subquery: &mut Query, has_star: bool) -> Vec<OrderByExpr> {
    let Some(order_by) = &subquery.order_by else {
        return Vec::new();
    };
    let OrderByKind::Expressions(keys) = &order_by.kind else {
        return Vec::new();
    };
    let keys = keys.clone();
    let SetExpr::Select(select) = subquery.body.as_mut() else {
        return Vec::new();
    };
    let no_keys = matches!(&select.group_by, datafusion::sql::sqlparser::ast::GroupByExpr::Expressions(keys, _) if keys.is_empty());
    let extends = !has_star && select.distinct.is_none() && no_keys;
    let mut order = Vec::new();
    for (at, key) in keys.into_iter().enumerate() {
        let selected = select.projection.iter().find_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } => {
                let is_alias = matches!(&key.expr, Expr::Identifier(ident) if normal(ident) == normal(alias));
                (is_alias || *expr == key.expr).then(|| alias.clone())
            }
            SelectItem::UnnamedExpr(expr @ Expr::Identifier(ident)) => (*expr == key.expr).then(|| ident.clone()),
            _ => None,
        });
        let column = match selected {
            Some(column) => column,
            None if extends => {
                let alias = name(&format!("order {at}"));
                select.projection.push(SelectItem::ExprWithAlias {
                    expr: key.expr.clone(),
                    alias: alias.clone(),
                });
                alias
            }
            None => break,
        };
        order.push(OrderByExpr {
            expr: Expr::Identifier(column),
            ..key
        });
    }
    order
}
