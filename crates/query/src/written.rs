//! Which columns of a SELECT hold what the statement itself wrote, instead of what the data says.
//!
//! `SELECT 4711 AS page_views` is a statement like any other, but a figure must not rest on it: it would
//! prove a number by itself. A column counts as written where nothing of the data goes into it, or where
//! a number of the statement's own goes into its value. Numbers in conditions and the factors 0, 1 and
//! 100 are fine, and so are the usual divisors of units. A plan of an unknown kind counts as written.

use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator};

/// Numbers that change no meaning.
const NEUTRAL: [f64; 3] = [0.0, 1.0, 100.0];
/// Divisors that turn bytes, seconds and the like into larger units.
const UNITS: [f64; 7] = [24.0, 60.0, 1000.0, 1024.0, 3600.0, 86_400.0, 1_000_000.0];
/// Functions whose arguments after the first only shape the value.
const SHAPING: [&str; 22] = [
    "round",
    "trunc",
    "substr",
    "left",
    "right",
    "split_part",
    "date_bin",
    "date_trunc",
    "array_element",
    "arrayslice",
    "jsonextractarrayraw",
    "jsonextractbool",
    "jsonextractfloat",
    "jsonextractint",
    "jsonextractraw",
    "jsonextractstring",
    "jsonlength",
    "quantileof",
    "quantilesof",
    "startofweek",
    "substringof",
    "topof",
];

/// The names of the written columns.
pub(crate) fn written_columns(plan: &LogicalPlan) -> Vec<String> {
    let fields = plan.schema().fields();
    let written = fields.iter().enumerate().filter(|(index, _)| is_written(plan, *index));
    written.map(|(_, field)| field.name().clone()).collect()
}

fn is_written(plan: &LogicalPlan, index: usize) -> bool {
    match plan {
        LogicalPlan::TableScan(_) => false,
        LogicalPlan::Projection(projection) => of_expression(projection.expr.get(index), &projection.input),
        LogicalPlan::Aggregate(aggregate) => {
            let expressions = aggregate.group_expr.iter().chain(&aggregate.aggr_expr);
            of_expression(expressions.into_iter().nth(index), &aggregate.input)
        }
        LogicalPlan::Window(window) => match index.checked_sub(window.input.schema().fields().len()) {
            None => is_written(&window.input, index),
            Some(own) => of_expression(window.window_expr.get(own), &window.input),
        },
        LogicalPlan::Join(join) => match index.checked_sub(join.left.schema().fields().len()) {
            None => is_written(&join.left, index),
            Some(right) => is_written(&join.right, right),
        },
        LogicalPlan::Union(union) => union.inputs.iter().any(|input| is_written(input, index)),
        LogicalPlan::SubqueryAlias(alias) => is_written(&alias.input, index),
        LogicalPlan::Filter(filter) => is_written(&filter.input, index),
        LogicalPlan::Sort(sort) => is_written(&sort.input, index),
        LogicalPlan::Limit(limit) => is_written(&limit.input, index),
        LogicalPlan::Distinct(distinct) => is_written(distinct.input(), index),
        _ => true,
    }
}

fn of_expression(expression: Option<&Expr>, input: &LogicalPlan) -> bool {
    let Some(expression) = expression else { return true };
    let is_number = expression
        .get_type(input.schema())
        .is_ok_and(|kind| kind.is_numeric() || kind.is_null());
    !reads_data(expression, input) || (is_number && writes_number(expression, input))
}

/// True where a column of the data, or the number of its rows, goes into the expression.
fn reads_data(expression: &Expr, input: &LogicalPlan) -> bool {
    let mut reads = false;
    // The visitor itself fails nowhere.
    let _ = expression.apply(|part| {
        reads |= match part {
            Expr::Column(_) => !column_is_written(part, input),
            Expr::AggregateFunction(_) | Expr::WindowFunction(_) => true,
            Expr::ScalarSubquery(subquery) => !is_written(&subquery.subquery, 0),
            _ => false,
        };
        Ok(if reads {
            TreeNodeRecursion::Stop
        } else {
            TreeNodeRecursion::Continue
        })
    });
    reads
}

fn column_is_written(part: &Expr, input: &LogicalPlan) -> bool {
    let Expr::Column(column) = part else { return false };
    input
        .schema()
        .index_of_column(column)
        .map_or(true, |index| is_written(input, index))
}

/// True where a number of the statement's own goes into the expression's value.
fn writes_number(expression: &Expr, input: &LogicalPlan) -> bool {
    let inner = |part: &Expr| writes_number(part, input);
    match expression {
        Expr::Column(_) => column_is_written(expression, input),
        Expr::Literal(value, _) => !is_one_of(value, &NEUTRAL),
        Expr::Alias(alias) => inner(&alias.expr),
        Expr::Negative(part) => inner(part),
        // A text as a number is a number.
        Expr::Cast(cast) => inner(&cast.expr),
        Expr::TryCast(cast) => inner(&cast.expr),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            // The outcome of a comparison is no number.
            let is_unit =
                *op == Operator::Divide && matches!(&**right, Expr::Literal(value, _) if is_one_of(value, &UNITS));
            op.is_numerical_operators() && (inner(left) || (!is_unit && inner(right)))
        }
        Expr::Case(case) => {
            let results = case.when_then_expr.iter().map(|(_, then)| then);
            results.chain(&case.else_expr).any(|then| inner(then))
        }
        Expr::AggregateFunction(function) => function.params.args.first().is_some_and(inner),
        Expr::WindowFunction(function) => function.params.args.first().is_some_and(inner),
        Expr::ScalarFunction(function) => {
            let shaped = if SHAPING.contains(&function.name()) {
                1
            } else {
                function.args.len()
            };
            // A function of literals alone is a literal in another form, e.g. `length('four')`.
            !reads_data(expression, input) || function.args.iter().take(shaped).any(inner)
        }
        Expr::ScalarSubquery(subquery) => is_written(&subquery.subquery, 0),
        _ => false,
    }
}

/// True for a number of the list and for what is neither number nor text.
fn is_one_of(value: &ScalarValue, numbers: &[f64]) -> bool {
    if value.is_null() {
        return true;
    }
    let is_text = matches!(
        value,
        ScalarValue::Utf8(_) | ScalarValue::LargeUtf8(_) | ScalarValue::Utf8View(_)
    );
    if !value.data_type().is_numeric() && !is_text {
        return true;
    }
    let number = value.to_string().parse::<f64>();
    number.is_ok_and(|number| numbers.iter().any(|fine| (fine - number).abs() < f64::EPSILON))
}
