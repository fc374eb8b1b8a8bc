//! Counts of rows beside a count of different values.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Select,
    visit_expressions, visit_expressions_mut,
};
use hedgerow_errors::Result;

use super::build::expression;
use super::rewrite::Rewriter;

impl Rewriter<'_> {
    /// `count(*)` as a sum of ones where groups count different values of one thing, too. `DataFusion` groups by that
    /// thing first if everything else is a sum, and so counts the events of each person once.
    pub(super) fn counts_as_sums(&self, select: &mut Select) -> Result<()> {
        // Without keys there is a row for no rows, of which a sum is missing and a count is 0.
        let is_grouped = matches!(&select.group_by, GroupByExpr::Expressions(keys, more)
            if !keys.is_empty() && more.is_empty() && keys.iter().all(is_plain));
        if !is_grouped {
            return Ok(());
        }
        let (mut different, mut is_of_sums) = (BTreeSet::new(), true);
        let mut look = |expr: &Expr| {
            if let Expr::Function(function) = expr
                && self.is_aggregate(function)
            {
                match distinct(function) {
                    Some(of) => drop(different.insert(of)),
                    None => is_of_sums &= is_count_of_rows(function) || is_of_whole(function),
                }
            }
            ControlFlow::<()>::Continue(())
        };
        let _ = visit_expressions(&select.projection, &mut look);
        let _ = visit_expressions(&select.having, &mut look);
        if different.len() != 1 || !is_of_sums {
            return Ok(());
        }
        let sum = expression("sum(1)", &[])?;
        let mut put = |expr: &mut Expr| {
            if matches!(expr, Expr::Function(function) if is_count_of_rows(function)) {
                *expr = sum.clone();
            }
            ControlFlow::<()>::Continue(())
        };
        let _ = visit_expressions_mut(&mut select.projection, &mut put);
        let _ = visit_expressions_mut(&mut select.having, &mut put);
        Ok(())
    }
}

/// Whether a key is one, not several sets of keys.
fn is_plain(key: &Expr) -> bool {
    !matches!(key, Expr::GroupingSets(_) | Expr::Cube(_) | Expr::Rollup(_))
}

fn is_without_more(function: &Function) -> bool {
    function.over.is_none() && function.filter.is_none() && function.within_group.is_empty()
}

/// What a function counts the different values of.
fn distinct(function: &Function) -> Option<String> {
    let FunctionArguments::List(list) = &function.args else {
        return None;
    };
    let is_distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct) && list.clauses.is_empty();
    match list.args.as_slice() {
        [of] if is_distinct && is_without_more(function) && is_called(function, "count") => Some(of.to_string()),
        _ => None,
    }
}

fn is_count_of_rows(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else {
        return false;
    };
    let is_of_all = matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]);
    is_of_all && is_without_more(function) && is_called(function, "count")
}

/// Whether it gives the same of groups as of what these were made of.
fn is_of_whole(function: &Function) -> bool {
    let is_plain = matches!(&function.args, FunctionArguments::List(list) if list.duplicate_treatment.is_none());
    is_plain && is_without_more(function) && ["min", "max"].iter().any(|name| is_called(function, name))
}

fn is_called(function: &Function, name: &str) -> bool {
    function.name.to_string().trim_matches('"').eq_ignore_ascii_case(name)
}
