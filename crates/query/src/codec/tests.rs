//! What is refused, and that functions keep what they hold.

use std::collections::HashSet;

use datafusion::arrow::array::{ArrayRef, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::ScalarValue;
use datafusion::common::config::ConfigOptions;
use datafusion::execution::FunctionRegistry as _;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use datafusion::prelude::SessionContext;

use super::*;
use crate::person_history::{PersonValueAt, Versions};
use crate::persons::{PersonIsAmong, PersonValue, PersonValues};
use crate::rest::{CurrentPerson, RestValue};
use crate::semi_joins::TextIsAmong;

fn codec() -> PlanCodec {
    PlanCodec::new(Arc::new(Chunks::new(1 << 20)))
}

/// A plan that computes one function of a text.
fn calling(function: &ScalarUDF) -> Arc<dyn ExecutionPlan> {
    let argument: Arc<dyn PhysicalExpr> = Arc::new(Literal::new(ScalarValue::from("x")));
    let call: Arc<dyn PhysicalExpr> = Arc::new(ScalarFunctionExpr::new(
        function.name(),
        Arc::new(function.clone()),
        vec![argument],
        Arc::new(Field::new("called", DataType::Utf8, true)),
        Arc::new(ConfigOptions::default()),
    ));
    let empty = Arc::new(EmptyExec::new(Arc::new(Schema::empty())));
    Arc::new(ProjectionExec::try_new(vec![ProjectionExpr::new(call, "called")], empty).unwrap())
}

#[test]
fn a_function_that_nobody_knows_is_refused_by_its_name() {
    let same = Arc::new(|arguments: &[ColumnarValue]| Ok(arguments[0].clone()));
    let unknown = create_udf(
        "frobnicate",
        vec![DataType::Utf8],
        DataType::Utf8,
        Volatility::Immutable,
        same,
    );
    let context = SessionContext::new().task_ctx();
    let refused = codec().sent(&calling(&unknown), &context).unwrap_err();
    assert!(
        refused.to_string().contains(r#"there is no function "frobnicate""#),
        "{refused}"
    );
    let upper = context.udf("upper").unwrap();
    codec().sent(&calling(&upper), &context).unwrap();
    let refused = codec().try_decode_udaf("frobnicated", &[]).unwrap_err();
    assert!(refused.to_string().contains(r#""frobnicated""#), "{refused}");
}

#[test]
fn functions_keep_what_they_hold() {
    let numbers = || Arc::new(hashbrown::HashSet::from([3, -7, i64::MAX]));
    let values: ArrayRef = Arc::new(StringArray::from(vec![None, Some("pro"), None, Some("free")]));
    let values = PersonValues {
        places: hashbrown::HashMap::from([(4, 1), (-2, 3), (9, 2)]),
        values,
    };
    let mut versions = Versions::default();
    for (person, time) in [(4, 10), (4, 11), (-2, 3)] {
        versions.add(person, (time, uuid::Uuid::from_u128(7))).unwrap();
    }
    let over_time: ArrayRef = Arc::new(StringArray::from(vec![None, Some("pro"), None, Some("free")]));
    let functions: [ScalarUDF; 9] = [
        PersonIsAmong::new(&numbers()).into(),
        PersonIsAmong::new(&Arc::default()).into(),
        CurrentPerson::new(&Arc::new(hashbrown::HashMap::from([(1, 2), (-3, 4)]))).into(),
        CurrentPerson::new(&Arc::default()).into(),
        TextIsAmong::new(&Arc::new(HashSet::from(["a \"b\"".to_owned(), String::new()]))).into(),
        PersonValue::new(values).into(),
        PersonValueAt::new(Arc::new(versions), over_time).into(),
        RestValue::of_type("$the \"key\"", hedgerow_data_api::ValueType::Double)
            .unwrap()
            .into(),
        RestValue::of_type("json", hedgerow_data_api::ValueType::Json)
            .unwrap()
            .into(),
    ];
    for function in functions {
        let mut bytes = Vec::new();
        codec().try_encode_udf(&function, &mut bytes).unwrap();
        let read = codec().try_decode_udf(function.name(), &bytes).unwrap();
        if let (Some(one), Some(other)) = (
            function.inner().downcast_ref::<CurrentPerson>(),
            read.inner().downcast_ref::<CurrentPerson>(),
        ) {
            assert_eq!(one.overrides, other.overrides);
        } else {
            assert_eq!(*read, function);
        }
    }
    for name in [
        "interval_index",
        "path_cleaned",
        "keyless",
        "tally_has",
        "json_get_str",
        "person_update",
    ] {
        assert_eq!(codec().try_decode_udf(name, &[]).unwrap().name(), name);
    }
    let funnel = r#"{"order":"ordered","steps":2,"months":0,"micros":1}"#;
    let paths = r#"{"gap":5,"steps":3,"start":"/a","end":null}"#;
    for (name, rules) in [("funnel", funnel), ("funnel_entries", funnel), ("path_edges", paths)] {
        let rules = rules.as_bytes();
        let function = codec().try_decode_udaf(name, rules).unwrap();
        let mut bytes = Vec::new();
        codec().try_encode_udaf(&function, &mut bytes).unwrap();
        assert_eq!((function.name(), bytes.as_slice()), (name, rules));
        assert!(codec().try_decode_udaf(name, &[]).is_err());
    }
    let aggregates = [
        "exact_percentile",
        "interval_counts",
        "interval_set",
        "tally",
        "tally_sums",
    ];
    for name in aggregates {
        assert_eq!(codec().try_decode_udaf(name, &[]).unwrap().name(), name);
    }
}

#[test]
fn bytes_of_something_else_are_refused() {
    let context = SessionContext::new().task_ctx();
    for bytes in [&b"\x08\x01"[..], b"", b"\xff\xff\xff"] {
        assert!(physical_plan_from_bytes_with_extension_codec(bytes, &context, &codec()).is_err());
    }
    for (name, bytes) in [
        ("person_is_among", &b"123"[..]),
        ("rest_value", b"[]"),
        ("person_value", b"x"),
    ] {
        assert!(codec().try_decode_udf(name, bytes).is_err(), "{name}");
    }
}
