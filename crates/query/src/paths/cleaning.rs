//! `path_cleaned(path, rules)`: a path after the rules that clean it.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{AsArray, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};
use hedgerow_data_api::{PathCleaningFilter, PathsFilter, QuerySettings};
use hedgerow_errors::{Error, Result as Checked};
use regex::Regex;

use crate::sql::replacement;

pub(crate) static CLEANED: LazyLock<ScalarUDF> = LazyLock::new(|| ScalarUDF::from(PathCleaned::new()));

/// The rules of a query: those of the project where it asks for them, and then its own. Where it asks for rules that
/// nobody set, that is refused: the paths would not be clean, and not say so.
pub(super) fn rules(settings: &QuerySettings, filter: &PathsFilter) -> Checked<Vec<PathCleaningFilter>> {
    let of_project = &settings.path_cleaning_filters;
    if filter.path_replacements && of_project.is_empty() {
        let message = "pathReplacements cleans nothing: no path_cleaning_filters are set for the project";
        return Err(Error::invalid(message).with_hint(
            "set them with `hedgerow projects settings PROJECT --path-cleaning-filters JSON`, or leave pathReplacements out",
        ));
    }
    let own = &filter.local_path_cleaning_filters;
    PathCleaningFilter::check(own, "localPathCleaningFilters")?;
    let mut rules = Vec::new();
    if filter.path_replacements {
        PathCleaningFilter::check(of_project, "the project's path_cleaning_filters")?;
        rules.extend(of_project.iter().cloned());
    }
    rules.extend(own.iter().cloned());
    Ok(rules)
}

/// A path after some rules.
pub(super) fn cleaned(path: Expr, rules: &[PathCleaningFilter]) -> Expr {
    if rules.is_empty() {
        return path;
    }
    // Texts always have a JSON form.
    let rules = serde_json::to_string(rules).unwrap_or_default();
    CLEANED.call(vec![path, lit(rules)])
}

/// The rules as provenance says them.
pub(super) fn sentences(rules: &[PathCleaningFilter]) -> impl Iterator<Item = String> + '_ {
    let said = |rule: &PathCleaningFilter| format!("path cleaning: {} becomes {}", rule.regex, rule.alias);
    rules.iter().map(said)
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
struct PathCleaned {
    signature: Signature,
}

impl PathCleaned {
    fn new() -> Self {
        Self {
            signature: Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for PathCleaned {
    fn name(&self) -> &'static str {
        "path_cleaned"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [paths, ColumnarValue::Scalar(ScalarValue::Utf8(Some(rules)))] = args.args.as_slice() else {
            return internal_err!("path_cleaned takes paths and rules as a literal");
        };
        let failed = |error| DataFusionError::External(error);
        let rules: Vec<PathCleaningFilter> = serde_json::from_str(rules).map_err(|error| failed(error.into()))?;
        let compiled = rules.iter().map(|rule| {
            let regex = Regex::new(&rule.regex).map_err(|error| failed(error.into()))?;
            Ok((regex, replacement(&rule.alias)))
        });
        let compiled = compiled.collect::<Result<Vec<_>>>()?;
        let paths = paths.to_array(args.number_rows)?;
        let Some(paths) = paths.as_string_opt::<i32>() else {
            return internal_err!("path_cleaned takes paths as texts");
        };
        let clean = |path: &str| {
            let mut path = path.to_owned();
            for (regex, alias) in &compiled {
                if let std::borrow::Cow::Owned(replaced) = regex.replace_all(&path, alias.as_str()) {
                    path = replaced;
                }
            }
            path
        };
        let cleaned: StringArray = paths.iter().map(|path| path.map(clean)).collect();
        Ok(ColumnarValue::Array(Arc::new(cleaned)))
    }
}
