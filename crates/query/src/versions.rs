//! Comparing texts as semantic versions (<https://semver.org>), for the `semver_*` filters.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, AsArray, Int8Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as EngineResult, exec_datafusion_err};
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarUDF, Volatility, create_udf, lit};
use hedgerow_data_api::Operator;
use semver::{Prerelease, Version};

/// `semver_compare(text, version)`: -1, 0 or 1; null where the text is no version.
static COMPARE: LazyLock<ScalarUDF> = LazyLock::new(|| {
    let texts = vec![DataType::Utf8, DataType::Utf8];
    create_udf(
        "semver_compare",
        texts,
        DataType::Int8,
        Volatility::Immutable,
        Arc::new(compare),
    )
});

fn compare(arguments: &[ColumnarValue]) -> EngineResult<ColumnarValue> {
    let arrays = ColumnarValue::values_to_arrays(arguments)?;
    let [texts, bounds] = arrays.as_slice() else {
        return Err(exec_datafusion_err!("semver_compare takes two texts"));
    };
    let (texts, bounds) = (texts.as_string::<i32>(), bounds.as_string::<i32>());
    let orders: Int8Array = texts
        .iter()
        .zip(bounds)
        .map(|(text, bound)| Some(parse(text?)?.cmp(&parse(bound?)?) as i8))
        .collect();
    Ok(ColumnarValue::Array(Arc::new(orders) as ArrayRef))
}

/// A version; `v1.2` counts as `1.2.0`.
fn parse(text: &str) -> Option<Version> {
    let text = text.trim().trim_start_matches(['v', 'V']);
    let numbers = text.find(['-', '+']).unwrap_or(text.len());
    let missing = 3_usize.checked_sub(text[..numbers].split('.').count())?;
    let padded = format!("{}{}{}", &text[..numbers], ".0".repeat(missing), &text[numbers..]);
    Version::parse(&padded).ok()
}

/// The condition that a text is a version in the relation of the operator to `wanted`; null where it is
/// no version. `None` where `wanted` is none, or the operator compares no versions.
pub(crate) fn condition(operator: Operator, text: Expr, wanted: &str) -> Option<Expr> {
    let against = |bound: &Version| COMPARE.call(vec![text.clone(), lit(bound.to_string())]);
    let within = |(low, high): (Version, Version)| against(&low).gt_eq(lit(0_i8)).and(against(&high).lt(lit(0_i8)));
    if operator == Operator::SemverWildcard {
        return wildcard(wanted).map(within);
    }
    let version = parse(wanted)?;
    let order = against(&version);
    Some(match operator {
        Operator::SemverEq | Operator::SemverNeq => order.eq(lit(0_i8)),
        Operator::SemverGt => order.gt(lit(0_i8)),
        Operator::SemverGte => order.gt_eq(lit(0_i8)),
        Operator::SemverLt => order.lt(lit(0_i8)),
        Operator::SemverLte => order.lt_eq(lit(0_i8)),
        Operator::SemverTilde => within((version.clone(), before(version.major, version.minor + 1, 0))),
        Operator::SemverCaret => within((version.clone(), next_breaking(&version))),
        _ => return None,
    })
}

/// The least version there can be with these numbers: its pre-releases come before it.
fn before(major: u64, minor: u64, patch: u64) -> Version {
    Version {
        pre: Prerelease::new("0").unwrap_or(Prerelease::EMPTY),
        ..Version::new(major, minor, patch)
    }
}

/// The first version that may break what works with this one: the leftmost number that is not 0 counts.
fn next_breaking(version: &Version) -> Version {
    match (version.major, version.minor) {
        (0, 0) => before(0, 0, version.patch + 1),
        (0, minor) => before(0, minor + 1, 0),
        (major, _) => before(major + 1, 0, 0),
    }
}

/// `1.*` and `1.2.*` as their first version and the first one after them.
fn wildcard(text: &str) -> Option<(Version, Version)> {
    let numbers: Vec<u64> = text
        .trim()
        .trim_start_matches(['v', 'V'])
        .strip_suffix(".*")?
        .split('.')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    match numbers.as_slice() {
        [major] => Some((before(*major, 0, 0), before(major + 1, 0, 0))),
        [major, minor] => Some((before(*major, *minor, 0), before(*major, minor + 1, 0))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_with_missing_numbers() {
        let cases = [
            ("1.2.3", Some("1.2.3")),
            ("v1.2", Some("1.2.0")),
            ("2", Some("2.0.0")),
            ("1.2-beta.1", Some("1.2.0-beta.1")),
            (" 1.2.3+build ", Some("1.2.3+build")),
            ("1.2.3.4", None),
            ("latest", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(
                parse(text).map(|version| version.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn ranges_end_before_the_next_versions_pre_releases() {
        let caret = |text: &str| next_breaking(&parse(text).unwrap()).to_string();
        assert_eq!(
            ["1.2.3", "0.2.3", "0.0.3"].map(caret),
            ["2.0.0-0", "0.3.0-0", "0.0.4-0"]
        );
        let range = |text: &str| wildcard(text).map(|(low, high)| format!("{low} {high}"));
        assert_eq!(range("1.*").as_deref(), Some("1.0.0-0 2.0.0-0"));
        assert_eq!(range("v1.2.*").as_deref(), Some("1.2.0-0 1.3.0-0"));
        assert_eq!([range("*"), range("1.2.3.*"), range("1.2.3")], [None, None, None]);
    }
}
