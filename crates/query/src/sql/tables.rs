//! What stands in FROM: the project's tables, subqueries, CTEs, and lists whose elements become rows.

use std::collections::BTreeSet;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, JoinConstraint, JoinOperator, OrderByExpr, OrderByKind, Query, Select,
    SelectItem, SetExpr, TableFactor, TableFunctionArgs, Value, WildcardAdditionalOptions,
};
use datafusion::sql::sqlparser::ast::{ExcludeSelectItem, ExceptSelectItem, ObjectName};
use hedgerow_errors::{Error, Result};

use super::build::{fill, name, quoted, table};
use super::dialect::single;
use super::rewrite::{Rewriter, Scope, normal, refused, table_alias};
use super::sessions;
use super::tokens::{ARRAY_JOIN, LEFT_ARRAY_JOIN};

/// Rows that `numbers` makes at most.
const MOST_NUMBERS: u64 = 10_000_000;

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
        let has_star = select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_)));
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
                let Value::SingleQuotedString(alias) = &alias.value else { continue };
                columns.push((list.clone(), alias.clone(), keeps_empty));
            }
        }
        self.scopes.push(scope);
        let mut done = Vec::new();
        for (list, alias, keeps_empty) in columns {
            let list = self.expression(list);
            done.push(list.map(|list| {
                let list = if keeps_empty { super::build::call("notemptylist", vec![list]) } else { list };
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
            TableFactor::Table { name: table, alias, args, sample, .. } => {
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
                scope.sources.push(Source { name: called, kind, columns, extras: BTreeSet::new() });
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
                scope.sources.push(Source { name: called, kind: Kind::Derived, columns: None, extras: BTreeSet::new() });
            }
            TableFactor::TableFunction { .. } | TableFactor::Function { .. } => {
                let written = factor.to_string();
                let called = written.split(['(', ' ']).find(|word| *word != "TABLE" && !word.is_empty());
                return Err(Error::unknown("table function", called.unwrap_or_default(), ["numbers", "generate_series"]));
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
                numbers(self.facts, args)?;
                Ok(Kind::Numbers)
            }
            "generate_series" | "range" => Ok(Kind::Derived),
            other => Err(Error::unknown("table function", other, ["numbers", "generate_series", "range"])),
        }
    }

    /// Puts the tables into FROM as DataFusion reads them, with all that the expressions turned out to need.
    pub(super) fn sources(&mut self, select: &mut Select, scope: Scope) -> Result<()> {
        let Scope { sources, array_joins, .. } = scope;
        // Conditions of joins name columns of all the tables before and beside them.
        self.scopes.push(Scope { sources: sources.clone(), ..Scope::default() });
        let walked = self.constraints(select);
        let joined = self.scopes.pop().unwrap_or_default();
        walked?;
        let sources = joined.sources;
        let mut made = sources.iter();
        for from in &mut select.from {
            self.put(&mut from.relation, &mut made)?;
            for join in &mut from.joins {
                self.put(&mut join.relation, &mut made)?;
            }
        }
        if array_joins.is_empty() {
            return Ok(());
        }
        let (lists, names): (Vec<Expr>, Vec<String>) = array_joins.into_iter().unzip();
        let columns: Vec<String> = names
            .iter()
            .enumerate()
            .map(|(at, alias)| format!("unnest(${}) AS {}", at + 1, quoted(alias)))
            .collect();
        let columns = columns.join(", ");
        let called = sources.first().map_or("", |source| source.name.as_str());
        let called = if called.is_empty() { "rows" } else { called };
        let sql = if select.from.is_empty() {
            format!("(SELECT {columns}) AS {}", quoted(called))
        } else {
            format!("(SELECT *, {columns} FROM \"rows\") AS {}", quoted(called))
        };
        let mut relation = table(&sql)?;
        if let TableFactor::Derived { subquery, .. } = &mut relation {
            fill(subquery.as_mut(), &lists)?;
            if let SetExpr::Select(inner) = subquery.body.as_mut()
                && let (Some(inner), Some(outer)) = (inner.from.first_mut(), select.from.first())
            {
                inner.relation = outer.relation.clone();
            }
        }
        if select.from.is_empty() {
            select.from.push(datafusion::sql::sqlparser::ast::TableWithJoins { relation, joins: Vec::new() });
        } else if let Some(from) = select.from.first_mut() {
            from.relation = relation;
        }
        Ok(())
    }

    fn constraints(&mut self, select: &mut Select) -> Result<()> {
        self.clause = super::rewrite::Clause::Where;
        for join in select.from.iter_mut().flat_map(|from| &mut from.joins) {
            let constraint = match &mut join.join_operator {
                JoinOperator::AsOf { .. } => {
                    return Err(refused("ASOF", "join on a condition on the times, and take the nearest with argMax"));
                }
                JoinOperator::Join(constraint)
                | JoinOperator::Inner(constraint)
                | JoinOperator::Left(constraint)
                | JoinOperator::LeftOuter(constraint)
                | JoinOperator::Right(constraint)
                | JoinOperator::RightOuter(constraint)
                | JoinOperator::FullOuter(constraint)
                | JoinOperator::Semi(constraint)
                | JoinOperator::LeftSemi(constraint)
                | JoinOperator::RightSemi(constraint)
                | JoinOperator::Anti(constraint)
                | JoinOperator::LeftAnti(constraint)
                | JoinOperator::RightAnti(constraint) => constraint,
                _ => continue,
            };
            match constraint {
                JoinConstraint::On(condition) => *condition = self.expression(condition.clone())?,
                JoinConstraint::Using(columns) => {
                    for column in columns {
                        if let Some(ident) = single(column)
                            && normal(ident) == "person_id"
                        {
                            for source in &mut self.top()?.sources {
                                if source.kind == Kind::Events {
                                    source.extras.insert("person_id".to_owned());
                                }
                            }
                        }
                    }
                }
                JoinConstraint::Natural | JoinConstraint::None => {}
            }
        }
        Ok(())
    }

    fn put<'s>(&self, factor: &mut TableFactor, sources: &mut impl Iterator<Item = &'s Source>) -> Result<()> {
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
            self.put(&mut table_with_joins.relation, sources)?;
            for join in &mut table_with_joins.joins {
                self.put(&mut join.relation, sources)?;
            }
            return Ok(());
        }
        let Some(source) = sources.next() else { return Ok(()) };
        let sql = match source.kind {
            Kind::Events if !source.extras.is_empty() => self.events(&source.extras)?,
            Kind::Sessions => {
                let all = source.extras.is_empty();
                sessions::sql(&self.facts.view, (!all).then_some(&source.extras))
            }
            Kind::Numbers => {
                let TableFactor::Table { args: Some(args), .. } = &*factor else { return Ok(()) };
                let (start, count) = numbers(self.facts, args)?;
                if count == 0 {
                    "(SELECT value AS number FROM generate_series(0, 0) WHERE false)".to_owned()
                } else {
                    format!("(SELECT value AS number FROM generate_series({start}, {}))", start + count - 1)
                }
            }
            Kind::Cohorts => self.cohorts(),
            Kind::CohortPeople => self.cohort_people(),
            _ => return Ok(()),
        };
        let mut new = table(&sql)?;
        if let TableFactor::Derived { alias, .. } = &mut new {
            *alias = Some(table_alias(name(&source.name)));
        }
        *factor = new;
        Ok(())
    }

    /// The events with what is wanted of their persons, sessions and groups.
    fn events(&self, extras: &BTreeSet<String>) -> Result<String> {
        let mut columns = vec!["\"events\".*".to_owned()];
        let mut joins = String::new();
        let of_persons = extras.iter().any(|extra| extra.starts_with("person"));
        if of_persons {
            joins.push_str(" LEFT JOIN \"persons\" AS \"person\" ON \"person\".person_key = \"events\".person_key");
        }
        let of_session: BTreeSet<String> =
            extras.iter().filter_map(|extra| extra.strip_prefix("session.")).map(str::to_owned).collect();
        if !of_session.is_empty() {
            let sessions = sessions::sql(&self.facts.view, Some(&of_session));
            joins.push_str(&format!(" LEFT JOIN {sessions} AS \"session\" ON \"session\".session_id = \"events\".session_id"));
        }
        let mut groups = BTreeSet::new();
        for extra in extras {
            let of = match extra.split_once('.') {
                None => "coalesce(\"person\".person_id, person_of(\"events\".distinct_id))".to_owned(),
                Some((of, field)) => {
                    if of.starts_with("group_") {
                        groups.insert(of.to_owned());
                    }
                    format!("{}.{}", quoted(of), quoted(field))
                }
            };
            columns.push(format!("{of} AS {}", quoted(extra)));
        }
        for group in groups {
            let index: i64 = group.trim_start_matches("group_").parse().unwrap_or(-1);
            let of_type = self.facts.group_types.iter().find(|(_, known)| *known == index);
            let Some((group_type, _)) = of_type else {
                return Err(Error::unknown("type of groups", &group, []));
            };
            joins.push_str(&format!(
                " LEFT JOIN (SELECT group_key, properties FROM \"groups\" WHERE group_type_index = {index}) AS {} ON {}.group_key = jsonextractstring(\"events\".rest, '$groups', {})",
                quoted(&group),
                quoted(&group),
                super::build::quoted_text(group_type)
            ));
        }
        Ok(format!("(SELECT {} FROM \"events\"{joins})", columns.join(", ")))
    }

    fn cohorts(&self) -> String {
        let rows = self.facts.cohorts.values().map(|cohort| {
            let (id, name) = (super::build::quoted_text(&cohort.id), super::build::quoted_text(&cohort.name));
            format!("({id}, {name})")
        });
        of_rows(rows.collect(), ["id", "name"])
    }

    fn cohort_people(&self) -> String {
        let rows = self.facts.cohorts.values().flat_map(|cohort| {
            cohort.persons.iter().map(|person| {
                format!("({}, {})", super::build::quoted_text(&cohort.id), super::build::quoted_text(person))
            })
        });
        of_rows(rows.collect(), ["cohort_id", "person_id"])
    }

    /// `* EXCLUDE (properties)` is `*` without all properties.
    pub(super) fn wildcard(&mut self, options: &mut WildcardAdditionalOptions) {
        let has_events = self.scopes.last().is_some_and(|scope| scope.sources.iter().any(|source| source.kind == Kind::Events));
        if let Some(ExceptSelectItem { first_element, additional_elements }) = options.opt_except.take() {
            let mut names = vec![ObjectName::from(vec![first_element])];
            names.extend(additional_elements.into_iter().map(|ident| ObjectName::from(vec![ident])));
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

fn of_rows(rows: Vec<String>, columns: [&str; 2]) -> String {
    let [one, other] = columns;
    if rows.is_empty() {
        return format!("(SELECT '' AS {one}, '' AS {other} WHERE false)");
    }
    format!("(SELECT column1 AS {one}, column2 AS {other} FROM (VALUES {}))", rows.join(", "))
}

fn array_join(factor: &TableFactor) -> Option<(Vec<Expr>, bool)> {
    let TableFactor::Table { name, args: Some(args), .. } = factor else { return None };
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

/// The first number and how many.
fn numbers(facts: &super::facts::Facts, args: &TableFunctionArgs) -> Result<(u64, u64)> {
    let wrong = || {
        Error::invalid(format!("numbers takes a number of rows, at most {MOST_NUMBERS}, or a start and a number"))
            .with_hint("numbers(30) counts from 0 to 29")
    };
    let values = args.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) => match &value.value {
            Value::Number(number, _) => number.parse::<u64>().ok(),
            _ => None,
        },
        FunctionArg::Unnamed(FunctionArgExpr::Expr(given)) => {
            super::given::value_of(facts, given).and_then(|value| value.as_u64())
        }
        _ => None,
    });
    let values: Option<Vec<u64>> = values.collect();
    let (start, count) = match values.ok_or_else(wrong)?.as_slice() {
        [count] => (0, *count),
        [start, count] => (*start, *count),
        _ => return Err(wrong()),
    };
    if count > MOST_NUMBERS || start > u64::from(u32::MAX) {
        return Err(wrong());
    }
    Ok((start, count))
}

/// The keys of a subquery's ORDER BY as columns of its result: aggregates over its rows follow them. A key that is
/// not selected becomes a column where nothing shows all columns.
fn order_of(subquery: &mut Query, has_star: bool) -> Vec<OrderByExpr> {
    let Some(order_by) = &subquery.order_by else { return Vec::new() };
    let OrderByKind::Expressions(keys) = &order_by.kind else { return Vec::new() };
    let keys = keys.clone();
    let SetExpr::Select(select) = subquery.body.as_mut() else { return Vec::new() };
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
                select.projection.push(SelectItem::ExprWithAlias { expr: key.expr.clone(), alias: alias.clone() });
                alias
            }
            None => break,
        };
        order.push(OrderByExpr { expr: Expr::Identifier(column), ..key });
    }
    order
}
