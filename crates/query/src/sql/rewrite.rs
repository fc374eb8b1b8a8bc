//! From the parsed statement to one that DataFusion plans: queries and their parts. Names, calls and tables are
//! resolved in the modules beside this one.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Distinct, Expr, Function, GroupByExpr, Ident, LimitClause, NamedWindowDefinition, OrderBy, OrderByExpr,
    OrderByKind, Query, Select, SelectItem, SetExpr, SetOperator, TableAlias, VisitMut, WindowSpec, WindowType,
    visit_expressions,
};
use hedgerow_errors::{Code, Error, Result};

use super::build::{call, expression, name, nested};
use super::facts::Facts;
use super::tokens::CONSTANT;
use crate::keyless;

/// Parts of expressions that names given with AS may stand for in one statement.
const MOST_PUT_IN: usize = 50_000;

/// Where in a SELECT an expression stands: it decides what a name means that is both a column and given with AS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    Select,
    Where,
    GroupBy,
    Having,
    OrderBy,
}

/// A name given with AS.
pub(super) struct Named {
    pub(super) name: String,
    /// As it was written.
    written: Expr,
    /// As it is planned, once it was needed.
    ready: Option<Expr>,
    /// True while it is resolved: its own name in it is a column.
    busy: bool,
}

/// What one SELECT can name.
#[derive(Default)]
pub(super) struct Scope {
    pub(super) sources: Vec<super::tables::Source>,
    pub(super) named: Vec<Named>,
    /// Lists whose elements become rows, with the names of the columns.
    pub(super) array_joins: Vec<(Expr, String)>,
    /// The order in which a subquery in FROM gives its rows.
    pub(super) order: Vec<OrderByExpr>,
    /// Whether lists in the select list can become rows of what stands in FROM.
    pub(super) is_single: bool,
}

/// Rewrites one statement.
pub(super) struct Rewriter<'a> {
    pub(super) facts: &'a Facts,
    pub(super) scopes: Vec<Scope>,
    /// CTEs with the names of their columns, where those are known.
    pub(super) ctes: Vec<(String, Option<Vec<String>>)>,
    /// Values of WITH.
    constants: Vec<(String, Expr)>,
    /// Parameters of the lambdas around an expression.
    pub(super) lambdas: Vec<String>,
    pub(super) clause: Clause,
    /// Whether elements of lists become rows anywhere in the statement.
    pub(super) has_lists_as_rows: bool,
    /// How many aggregates stand around an expression.
    pub(super) within_aggregates: usize,
    /// Queries that are taken out of an expression while it is walked.
    pub(super) taken: Vec<Query>,
    /// Parts of expressions that were put in where a name given with AS stands.
    put_in: usize,
    /// Parameters that the statement used.
    pub(super) used: Vec<String>,
}

/// A name as DataFusion compares it.
pub(super) fn normal(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    }
}

impl<'a> Rewriter<'a> {
    pub(super) fn new(facts: &'a Facts) -> Self {
        Self {
            facts,
            scopes: Vec::new(),
            ctes: Vec::new(),
            constants: Vec::new(),
            lambdas: Vec::new(),
            clause: Clause::Select,
            has_lists_as_rows: false,
            within_aggregates: 0,
            taken: Vec::new(),
            put_in: 0,
            used: Vec::new(),
        }
    }

    /// Rewrites a query; the names of its columns, where they are known.
    pub(super) fn query(&mut self, query: &mut Query) -> Result<Option<Vec<String>>> {
        if query.settings.is_some() {
            return Err(refused("SETTINGS", "leave it out: the limits are the project's"));
        }
        if query.format_clause.is_some() {
            return Err(refused(
                "FORMAT",
                "leave it out: rows come in the form that you ask for",
            ));
        }
        let (ctes, constants) = (self.ctes.len(), self.constants.len());
        if let Some(with) = &mut query.with {
            let all = std::mem::take(&mut with.cte_tables);
            for mut cte in all {
                let of_cte = normal(&cte.alias.name);
                if let Some(of_value) = of_cte.strip_prefix(CONSTANT) {
                    let value = first_value(*cte.query)
                        .ok_or_else(|| Error::invalid(format!("WITH ... AS {of_value} is no value")))?;
                    let value = self.constant(value)?;
                    self.constants.push((of_value.to_owned(), value));
                    continue;
                }
                if with.recursive {
                    self.ctes.push((of_cte.clone(), None));
                }
                let mut columns = self.query(&mut cte.query)?;
                if !cte.alias.columns.is_empty() {
                    columns = Some(cte.alias.columns.iter().map(|column| normal(&column.name)).collect());
                }
                self.ctes.push((of_cte, columns));
                with.cte_tables.push(cte);
            }
        }
        if query.with.as_ref().is_some_and(|with| with.cte_tables.is_empty()) {
            query.with = None;
        }
        let (per_group, limit_clause) = match query.limit_clause.take() {
            Some(LimitClause::LimitOffset {
                limit,
                offset,
                limit_by,
            }) if !limit_by.is_empty() => (Some((limit, offset.map(|offset| offset.value), limit_by)), None),
            other => (None, other),
        };
        query.limit_clause = limit_clause;
        if let Some(LimitClause::LimitOffset { limit: Some(limit), .. }) = &mut query.limit_clause
            && matches!(limit, Expr::Function(_))
        {
            *limit = self.expression(limit.clone())?;
        }
        let columns = match query.body.as_mut() {
            SetExpr::Select(select) => self.select(select, query.order_by.as_mut(), per_group)?,
            body => {
                if per_group.is_some() {
                    return Err(Error::invalid("LIMIT ... BY after a UNION is not possible")
                        .with_hint("put the UNION into a subquery"));
                }
                self.body(body)?
            }
        };
        self.ctes.truncate(ctes);
        self.constants.truncate(constants);
        Ok(columns)
    }

    fn constant(&mut self, value: Expr) -> Result<Expr> {
        self.scopes.push(Scope::default());
        let value = self.expression(value);
        self.scopes.pop();
        value
    }

    fn body(&mut self, body: &mut SetExpr) -> Result<Option<Vec<String>>> {
        match body {
            SetExpr::Select(select) => self.select(select, None, None),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { op, left, right, .. } => {
                let (columns, others) = (self.body(left)?, self.body(right)?);
                if let (Some(columns), Some(others)) = (&columns, &others)
                    && columns.len() != others.len()
                {
                    let word = match op {
                        SetOperator::Union => "UNION",
                        SetOperator::Intersect => "INTERSECT",
                        _ => "EXCEPT",
                    };
                    let (one, other) = (columns.len(), others.len());
                    return Err(Error::invalid(format!(
                        "{word} has {one} columns on one side and {other} on the other"
                    ))
                    .with_hint("select as many columns on both sides"));
                }
                Ok(columns)
            }
            SetExpr::Values(values) => {
                self.scopes.push(Scope::default());
                let walked = values.visit(self);
                self.scopes.pop();
                broken_off(walked)?;
                Ok(None)
            }
            _ => Err(Error::invalid(
                "SQL here takes SELECT, UNION, INTERSECT, EXCEPT and VALUES alone",
            )),
        }
    }

    fn select(
        &mut self,
        select: &mut Select,
        order_by: Option<&mut OrderBy>,
        per_group: Option<(Option<Expr>, Option<Expr>, Vec<Expr>)>,
    ) -> Result<Option<Vec<String>>> {
        if select.into.is_some() {
            return Err(refused("INTO", "SQL here only reads: write one SELECT statement"));
        }
        if select.top.is_some() {
            return Err(refused("TOP", "take LIMIT n at the end"));
        }
        let outer = (self.clause, self.within_aggregates, std::mem::take(&mut self.lambdas));
        self.within_aggregates = 0;
        let scope = self.scope(select)?;
        self.scopes.push(scope);
        let done = self.parts(select, order_by, per_group);
        let scope = self.scopes.pop().unwrap_or_default();
        let done = done.and_then(|columns| self.sources(select, scope).map(|()| columns));
        (self.clause, self.within_aggregates, self.lambdas) = outer;
        done
    }

    fn parts(
        &mut self,
        select: &mut Select,
        order_by: Option<&mut OrderBy>,
        per_group: Option<(Option<Expr>, Option<Expr>, Vec<Expr>)>,
    ) -> Result<Option<Vec<String>>> {
        let named = select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } => Some(Named {
                name: normal(alias),
                written: expr.clone(),
                ready: None,
                busy: false,
            }),
            _ => None,
        });
        let named: Vec<Named> = named.collect();
        self.top()?.named = named;
        if let Some(prewhere) = select.prewhere.take() {
            select.selection = Some(both(prewhere, select.selection.take()));
        }
        if let Some((limit, offset, by)) = per_group {
            let order = order_by.as_deref().map_or_else(Vec::new, written_order);
            select.qualify = Some(both(rows_per_group(limit, offset, by, order)?, select.qualify.take()));
        }
        self.clause = Clause::Where;
        if let Some(condition) = select.selection.take() {
            select.selection = Some(self.expression(condition)?);
        }
        self.clause = Clause::Select;
        let written: Vec<SelectItem> = select.projection.clone();
        for item in &mut select.projection {
            self.item(item)?;
        }
        self.clause = Clause::GroupBy;
        self.group_by(&mut select.group_by, &written)?;
        self.clause = Clause::Having;
        for condition in [&mut select.having, &mut select.qualify].into_iter().flatten() {
            let rewritten = self.expression(condition.clone())?;
            *condition = rewritten;
        }
        for NamedWindowDefinition(_, window) in &mut select.named_window {
            broken_off(window.visit(self))?;
        }
        if let Some(Distinct::On(keys)) = &mut select.distinct {
            for key in keys {
                *key = self.expression(key.clone())?;
            }
        }
        self.clause = Clause::OrderBy;
        if let Some(OrderBy {
            kind: OrderByKind::Expressions(keys),
            ..
        }) = order_by
        {
            for key in keys {
                if key.with_fill.is_some() {
                    return Err(refused(
                        "WITH FILL",
                        "join with numbers(n) to have a row for every step",
                    ));
                }
                key.expr = self.order_key(key.expr.clone(), &select.projection)?;
            }
        }
        let columns = columns_of(&select.projection);
        if self.has_lists_as_rows {
            self.without_keys(select);
        }
        Ok(columns)
    }

    /// What a query within the statement is grouped by is no key of the rows around it: lists may become rows there.
    fn without_keys(&self, select: &mut Select) {
        let GroupByExpr::Expressions(keys, _) = &select.group_by else {
            return;
        };
        if keys.is_empty() {
            return;
        }
        for item in &mut select.projection {
            match item {
                SelectItem::ExprWithAlias { expr, .. } if !self.folds(expr) => {
                    *expr = call(keyless::NAME, vec![expr.clone()]);
                }
                SelectItem::UnnamedExpr(expr) if !self.folds(expr) => {
                    *item = SelectItem::ExprWithAlias {
                        alias: name(&self.shown(expr)),
                        expr: call(keyless::NAME, vec![expr.clone()]),
                    };
                }
                _ => {}
            }
        }
    }

    /// An item of the select list. What is rewritten keeps the name that it was written with.
    fn item(&mut self, item: &mut SelectItem) -> Result<()> {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                if matches!(expr, Expr::Lambda(_)) {
                    return Err(Error::invalid("a lambda is no value by itself")
                        .with_hint("it is an argument of arrayMap, arrayFilter and the like"));
                }
                let written = expr.clone();
                let rewritten = self.expression(written.clone())?;
                *item = if rewritten == written {
                    SelectItem::UnnamedExpr(rewritten)
                } else {
                    SelectItem::ExprWithAlias {
                        alias: name(&self.shown(&written)),
                        expr: rewritten,
                    }
                };
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                let key = normal(alias);
                let written = expr.clone();
                *expr = self.named_expression(&key, &written)?;
            }
            SelectItem::ExprWithAliases { expr, .. } => *expr = self.expression(expr.clone())?,
            SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) => self.wildcard(options),
        }
        Ok(())
    }

    /// The expression behind a name given with AS, resolved once.
    fn named_expression(&mut self, key: &str, written: &Expr) -> Result<Expr> {
        let Some(at) = self
            .top()?
            .named
            .iter()
            .position(|named| named.name == key && named.written == *written)
        else {
            return self.expression(written.clone());
        };
        let named = &mut self.top()?.named[at];
        if let Some(ready) = &named.ready {
            return Ok(ready.clone());
        }
        named.busy = true;
        let clause = std::mem::replace(&mut self.clause, Clause::Select);
        let (lambdas, within) = (
            std::mem::take(&mut self.lambdas),
            std::mem::take(&mut self.within_aggregates),
        );
        let ready = self.expression(written.clone());
        (self.clause, self.lambdas, self.within_aggregates) = (clause, lambdas, within);
        let ready = ready?;
        let named = &mut self.top()?.named[at];
        named.busy = false;
        named.ready = Some(ready.clone());
        Ok(ready)
    }

    /// The expression that a name in the innermost SELECT was given to, where the name means it here.
    pub(super) fn given_with_as(&mut self, key: &str) -> Result<Option<Expr>> {
        let Some(scope) = self.scopes.last() else {
            return Ok(None);
        };
        let Some(named) = scope.named.iter().find(|named| named.name == key && !named.busy) else {
            return Ok(None);
        };
        let written = named.written.clone();
        let is_column = self.is_column_here(key);
        let means_it = match self.clause {
            Clause::OrderBy => false,
            Clause::Where => !is_column,
            // Of an aggregate the column of the same name can't be meant, which is no column of the groups.
            Clause::Select => !is_column || (self.within_aggregates == 0 && self.aggregates(&written)),
            Clause::Having => !(is_column && self.within_aggregates > 0),
            Clause::GroupBy => !(is_column && self.folds(&written)),
        };
        if !means_it {
            return Ok(None);
        }
        let meant = self.named_expression(key, &written)?;
        // Names that are used within each other double what is planned each time.
        let _: ControlFlow<()> = visit_expressions(&meant, |_| {
            self.put_in += 1;
            ControlFlow::Continue(())
        });
        if self.put_in > MOST_PUT_IN {
            return Err(Error::new(
                Code::LimitExceeded,
                format!("the name {key:?} is used within other names too often"),
            )
            .with_hint("compute it in a subquery, and name its column"));
        }
        Ok(Some(nested(meant)))
    }

    /// A value of WITH.
    pub(super) fn constant_named(&self, key: &str) -> Option<Expr> {
        let found = self.constants.iter().rev().find(|(name, _)| name == key);
        found.map(|(_, value)| nested(value.clone()))
    }

    fn group_by(&mut self, group_by: &mut GroupByExpr, written: &[SelectItem]) -> Result<()> {
        if let GroupByExpr::All(_) = group_by {
            let mut keys = Vec::new();
            for item in written {
                if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item
                    && !self.folds(expr)
                {
                    keys.push(expr.clone());
                }
            }
            *group_by = GroupByExpr::Expressions(keys, Vec::new());
        }
        let GroupByExpr::Expressions(keys, modifiers) = group_by else {
            return Ok(());
        };
        if let Some(modifier) = modifiers
            .iter()
            .find(|modifier| modifier.to_string().contains("TOTALS"))
        {
            return Err(refused(
                &modifier.to_string(),
                "take GROUP BY ROLLUP(...), which adds the total as a row",
            ));
        }
        for key in keys {
            *key = self.expression(key.clone())?;
            while let Expr::Nested(inner) = key {
                *key = (**inner).clone();
            }
        }
        Ok(())
    }

    /// A key of ORDER BY: what is selected already is named by its column.
    fn order_key(&mut self, key: Expr, projection: &[SelectItem]) -> Result<Expr> {
        let is_plain = matches!(&key, Expr::Identifier(ident) if self.is_given(&normal(ident)));
        if is_plain {
            return Ok(key);
        }
        let key = self.expression(key)?;
        let selected = projection.iter().find_map(|item| match item {
            SelectItem::ExprWithAlias { expr, alias } if *expr == key => Some(Expr::Identifier(alias.clone())),
            _ => None,
        });
        Ok(selected.unwrap_or(key))
    }

    pub(super) fn is_given(&self, key: &str) -> bool {
        let scope = self.scopes.last();
        scope.is_some_and(|scope| scope.named.iter().any(|named| named.name == key))
    }

    /// Whether an aggregate or a window function stands in an expression.
    fn folds(&self, written: &Expr) -> bool {
        has_call(written, |function| {
            function.over.is_some() || self.is_aggregate(function)
        })
    }

    /// Whether an aggregate stands in an expression.
    fn aggregates(&self, written: &Expr) -> bool {
        has_call(written, |function| {
            function.over.is_none() && self.is_aggregate(function)
        })
    }

    pub(super) fn top(&mut self) -> Result<&mut Scope> {
        self.scopes
            .last_mut()
            .ok_or_else(|| Error::internal("a part of a query stands in none"))
    }

    /// Rewrites an expression.
    pub(super) fn expression(&mut self, mut expression: Expr) -> Result<Expr> {
        broken_off(expression.visit(self))?;
        Ok(expression)
    }
}

fn has_call(written: &Expr, wanted: impl Fn(&Function) -> bool) -> bool {
    let found = visit_expressions(written, |inner| match inner {
        Expr::Function(function) if wanted(function) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

fn both(one: Expr, other: Option<Expr>) -> Expr {
    match other {
        Some(other) => super::expressions::and(one, other),
        None => one,
    }
}

/// `LIMIT n OFFSET m BY keys` as a condition on the number of the row within its keys.
fn rows_per_group(limit: Option<Expr>, offset: Option<Expr>, by: Vec<Expr>, order: Vec<OrderByExpr>) -> Result<Expr> {
    let mut number = call("row_number", Vec::new());
    if let Expr::Function(function) = &mut number {
        function.over = Some(WindowType::WindowSpec(WindowSpec {
            window_name: None,
            partition_by: by,
            order_by: order,
            window_frame: None,
        }));
    }
    let limit = limit.ok_or_else(|| Error::invalid("LIMIT ... BY needs a number of rows"))?;
    match offset {
        Some(offset) => expression("$1 > $2 AND $1 <= $2 + $3", &[number, offset, limit]),
        None => expression("$1 <= $2", &[number, limit]),
    }
}

fn written_order(order_by: &OrderBy) -> Vec<OrderByExpr> {
    match &order_by.kind {
        OrderByKind::Expressions(keys) => keys.clone(),
        OrderByKind::All(_) => Vec::new(),
    }
}

fn first_value(query: Query) -> Option<Expr> {
    let SetExpr::Select(select) = *query.body else {
        return None;
    };
    match select.projection.into_iter().next()? {
        SelectItem::UnnamedExpr(expr) => Some(nested(expr)),
        _ => None,
    }
}

/// The names of the columns of a select list; `None` where a `*` is among them.
pub(super) fn columns_of(projection: &[SelectItem]) -> Option<Vec<String>> {
    let names = projection.iter().map(|item| match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(normal(alias)),
        SelectItem::UnnamedExpr(Expr::Identifier(ident)) => Some(normal(ident)),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(path)) => path.last().map(normal),
        SelectItem::UnnamedExpr(other) => Some(other.to_string()),
        _ => None,
    });
    names.collect()
}

pub(super) fn refused(what: &str, hint: &str) -> Error {
    Error::invalid(format!("{what} is not possible in SQL here")).with_hint(hint.to_owned())
}

pub(super) fn broken_off(walked: ControlFlow<Error>) -> Result<()> {
    match walked {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// An alias as FROM has it.
pub(super) fn table_alias(alias: Ident) -> TableAlias {
    TableAlias {
        explicit: true,
        name: alias,
        columns: Vec::new(),
        at: None,
    }
}
