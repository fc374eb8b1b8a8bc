//! 100,000 pairs of flags and people, evaluated by `PostHog`'s Python SDK and by us: all equal, also where
//! nothing can be said.

use std::collections::BTreeMap;
use std::process::Command;

use hedgerow_data_api::Clock;
use hedgerow_product_feature_flags::evaluation::{
    CohortGroup, CohortGroupType, CohortNode, Definitions, FlagValue, Subject,
};
use hedgerow_product_feature_flags::flag::{
    Bucketing, Condition, Flag, FlagFilters, FlagOperator, FlagProperty, FlagPropertyType, Holdout, Multivariate,
    Variant,
};
use hedgerow_product_feature_flags::matching::{Known, Properties};
use hedgerow_testkit::Dice;
use serde_json::{Value, json};

const FLAGS: usize = 200;
const PAIRS: usize = 100_000;
const SEED: u64 = 20_261_127;

/// Keys and the values that people and groups have, awkward ones among them.
fn values(key: &str) -> Vec<Value> {
    match key {
        "plan" => vec![
            json!("pro"),
            json!("Pro"),
            json!("team"),
            json!("free"),
            json!(""),
            json!(null),
        ],
        "seats" => vec![
            json!(1),
            json!(5),
            json!(5.0),
            json!("12"),
            json!(-3.5),
            json!(1e20),
            json!("many"),
            json!(true),
        ],
        "trial" => vec![
            json!(true),
            json!(false),
            json!("true"),
            json!("False"),
            json!(null),
            json!(1),
        ],
        "city" => vec![
            json!("Köln"),
            json!("KÖLN"),
            json!("Istanbul"),
            json!("São Paulo"),
            json!("a\"b"),
        ],
        "version" => vec![
            json!("1.2.3"),
            json!("v1.10.0"),
            json!("2.0.0-beta.1"),
            json!("0.2.9"),
            json!("latest"),
            json!(3.4),
        ],
        "joined" => vec![
            json!("2024-01-15"),
            json!("2019-06-30T10:00:00Z"),
            json!("2025-03-31 08:15:00+02:00"),
            json!("soon"),
            json!(20_240_115),
            json!(null),
        ],
        "distinct_id" => vec![json!("user-1"), json!("anna")],
        _ => vec![
            json!(["a", "b"]),
            json!({"b": 1, "a": [true, null]}),
            json!([]),
            json!("[\"a\",\"b\"]"),
            json!(0.000_001),
        ],
    }
}

const KEYS: [&str; 8] = [
    "plan",
    "seats",
    "trial",
    "city",
    "version",
    "joined",
    "tags",
    "distinct_id",
];

fn pick<T: Clone>(dice: &mut Dice, from: &[T]) -> T {
    from[dice.index(from.len())].clone()
}

fn share(dice: &mut Dice) -> f64 {
    match dice.roll(6) {
        0 => 0.0,
        1 => 100.0,
        2 => 33.33,
        _ => dice.roll(1001) as f64 / 10.0,
    }
}

fn person_property(dice: &mut Dice) -> FlagProperty {
    use FlagOperator as Op;
    let key = pick(dice, &KEYS);
    let plain = values(key);
    let one = pick(dice, &plain);
    let list = json!([pick(dice, &plain), pick(dice, &plain)]);
    let texts = ["pro", "RO", "k", "ö", "1", "", "a\"", "null", "[\"a"];
    let (operator, value) = match dice.roll(12) {
        0 => (
            Some(Op::Exact),
            pick(dice, &[list, json!([]), json!([true]), json!("TRUE")]),
        ),
        1 | 2 => (pick(dice, &[None, Some(Op::Exact)]), pick(dice, &plain)),
        3 => (Some(Op::IsNot), pick(dice, &[list, one])),
        4 => (Some(pick(dice, &[Op::IsSet, Op::IsNotSet])), json!(null)),
        5 => (
            Some(pick(dice, &[Op::Icontains, Op::NotIcontains])),
            json!(pick(dice, &texts)),
        ),
        6 => {
            let operators = [Op::StartsWith, Op::NotStartsWith, Op::EndsWith, Op::NotEndsWith];
            (Some(pick(dice, &operators)), json!(pick(dice, &texts)))
        }
        7 => {
            let patterns = [
                "^p",
                "o$",
                "[0-9]+",
                "t.am",
                "(pro|free)",
                "",
                "K.ln",
                "a{2}",
                "\\d\\.\\d",
            ];
            (
                Some(pick(dice, &[Op::Regex, Op::NotRegex])),
                json!(pick(dice, &patterns)),
            )
        }
        8 => {
            let bounds = [json!(5), json!("5.0"), json!(-3.5), json!("1e3")];
            (
                Some(pick(dice, &[Op::Gt, Op::Gte, Op::Lt, Op::Lte])),
                pick(dice, &bounds),
            )
        }
        9 => {
            let bounds = [
                json!("2024-01-15"),
                json!("-30d"),
                json!("2m"),
                json!("-5y"),
                json!("2019-06-30T10:00:00Z"),
            ];
            (
                Some(pick(dice, &[Op::IsDateBefore, Op::IsDateAfter])),
                pick(dice, &bounds),
            )
        }
        10 => {
            let operators = [
                Op::SemverEq,
                Op::SemverNeq,
                Op::SemverGt,
                Op::SemverGte,
                Op::SemverLt,
                Op::SemverLte,
            ];
            (
                Some(pick(dice, &operators)),
                json!(pick(dice, &["1.2.3", "v1.2", "1.10", "0.2.9"])),
            )
        }
        _ => {
            let operators = [Op::SemverTilde, Op::SemverCaret, Op::SemverWildcard];
            (
                Some(pick(dice, &operators)),
                json!(pick(dice, &["1.2.3", "0.2.3", "1.2"])),
            )
        }
    };
    FlagProperty {
        key: key.to_owned(),
        value: Some(value),
        operator,
        property_type: FlagPropertyType::Person,
        group_type_index: None,
        dependency_chain: None,
        negation: false,
    }
}

fn special_property(dice: &mut Dice, made: &BTreeMap<String, Flag>) -> FlagProperty {
    let mut property = person_property(dice);
    if dice.chance(50) && !made.is_empty() {
        let keys: Vec<&String> = made.keys().collect();
        let key = pick(dice, &keys).clone();
        let mut chain = Vec::new();
        chain_of(&key, made, &mut chain);
        property.property_type = FlagPropertyType::Flag;
        property.operator = Some(FlagOperator::FlagEvaluatesTo);
        property.value = Some(pick(dice, &[json!(true), json!(false), json!("control"), json!("b")]));
        property.key = key;
        property.dependency_chain = Some(chain);
    } else {
        property.property_type = FlagPropertyType::Cohort;
        property.key = "id".to_owned();
        property.operator = pick(dice, &[None, Some(FlagOperator::In), Some(FlagOperator::NotIn)]);
        // The last of them is not known.
        property.value = Some(pick(dice, &[json!(0), json!(1), json!("2"), json!(3), json!(99)]));
    }
    property
}

/// The flags that one rests on, first those that depend on none, itself last.
fn chain_of(key: &str, made: &BTreeMap<String, Flag>, chain: &mut Vec<String>) {
    let conditions = made[key].filters.groups.iter();
    for property in conditions.flat_map(|condition| &condition.properties) {
        if property.property_type == FlagPropertyType::Flag {
            chain_of(&property.key, made, chain);
        }
    }
    if !chain.iter().any(|known| known == key) {
        chain.push(key.to_owned());
    }
}

fn condition(dice: &mut Dice, made: &BTreeMap<String, Flag>, is_of_groups: bool) -> Condition {
    let mut properties: Vec<FlagProperty> = (0..dice.roll(4)).map(|_| person_property(dice)).collect();
    if dice.chance(12) {
        properties.push(special_property(dice, made));
    }
    Condition {
        properties,
        rollout_percentage: dice.chance(80).then(|| share(dice)),
        variant: dice
            .chance(20)
            .then(|| pick(dice, &["control", "b", "gone"]).to_owned()),
        // The SDK takes it that only flags of people mix.
        aggregation_group_type_index: (!is_of_groups && dice.chance(10)).then(|| pick(dice, &[None, Some(0), Some(1)])),
        description: None,
    }
}

fn flag(dice: &mut Dice, made: &BTreeMap<String, Flag>) -> Flag {
    let is_of_groups = dice.chance(12);
    let variants = dice.chance(50).then(|| {
        let shares = pick(
            dice,
            &[
                [50.0, 30.0, 20.0],
                [33.33, 33.33, 33.34],
                [10.0, 0.0, 40.5],
                [100.0, 0.0, 0.0],
            ],
        );
        let variant = |(key, rollout_percentage): (&str, f64)| Variant {
            key: key.to_owned(),
            name: None,
            rollout_percentage,
        };
        Multivariate {
            variants: ["control", "b", "c"].into_iter().zip(shares).map(variant).collect(),
        }
    });
    Flag {
        description: String::new(),
        active: dice.chance(95),
        filters: FlagFilters {
            groups: (0..dice.roll(4)).map(|_| condition(dice, made, is_of_groups)).collect(),
            multivariate: variants,
            payloads: BTreeMap::new(),
            aggregation_group_type_index: is_of_groups.then(|| pick(dice, &[0, 1, 4])),
            holdout: dice.chance(10).then(|| Holdout {
                id: dice.roll(9),
                exclusion_percentage: share(dice),
            }),
            feature_enrollment: dice.chance(4).then_some(true),
            early_exit: dice.chance(20).then_some(true),
        },
        tags: Vec::new(),
        bucketing_identifier: if dice.chance(8) {
            Bucketing::DeviceId
        } else {
            Bucketing::DistinctId
        },
    }
}

fn cohort(dice: &mut Dice, depth: u32) -> CohortGroup {
    let node = |dice: &mut Dice| {
        if depth > 0 && dice.chance(40) {
            return CohortNode::Group(cohort(dice, depth - 1));
        }
        let mut property = person_property(dice);
        property.negation = dice.chance(30);
        CohortNode::Property(property)
    };
    CohortGroup {
        group_type: pick(dice, &[CohortGroupType::And, CohortGroupType::Or]),
        values: (0..dice.roll(4)).map(|_| node(dice)).collect(),
    }
}

fn properties(dice: &mut Dice) -> Properties {
    let mut properties = Properties::new();
    for key in KEYS {
        if dice.chance(if key == "distinct_id" { 5 } else { 85 }) {
            properties.insert(key.to_owned(), pick(dice, &values(key)));
        }
    }
    properties
}

fn subject(dice: &mut Dice, flag: &str, number: usize) -> Subject {
    let mut subject = Subject {
        distinct_id: match dice.roll(4) {
            0 => format!("anna+{number}@example.com"),
            1 => format!("ü\u{1f407}-{number}"),
            _ => format!("user-{number}"),
        },
        device_id: dice.chance(50).then(|| format!("device-{}", number % 977)),
        properties: properties(dice),
        groups: BTreeMap::new(),
        group_properties: BTreeMap::new(),
    };
    if dice.chance(30) {
        let enrolled = pick(dice, &[json!(true), json!("true"), json!(false), json!("yes")]);
        subject
            .properties
            .insert(format!("$feature_enrollment/{flag}"), enrolled);
    }
    for name in ["company", "team"] {
        if dice.chance(60) {
            subject
                .groups
                .insert(name.to_owned(), format!("{name}-{}", dice.roll(500)));
            if dice.chance(80) {
                subject.group_properties.insert(name.to_owned(), properties(dice));
            }
        }
    }
    subject
}

fn definitions(dice: &mut Dice) -> Definitions {
    let mut definitions = Definitions {
        group_types: [(0, "company".to_owned()), (1, "team".to_owned())].into(),
        ..Definitions::default()
    };
    for id in 0..4 {
        definitions.cohorts.insert(id.to_string(), cohort(dice, 2));
    }
    for number in 0..FLAGS {
        let flag = flag(dice, &definitions.flags);
        definitions.flags.insert(format!("flag-{number}"), flag);
    }
    definitions
}

fn python() -> String {
    std::env::var("HEDGEROW_PYTHON").expect("HEDGEROW_PYTHON names a Python with posthog; run `cargo xtask test`")
}

#[test]
fn assignment_equals_that_of_the_python_sdk() {
    let mut dice = Dice::new(SEED);
    let definitions = definitions(&mut dice);
    let cases: Vec<(String, Subject)> = (0..PAIRS)
        .map(|number| {
            let flag = format!("flag-{}", dice.index(FLAGS));
            let subject = subject(&mut dice, &flag, number);
            (flag, subject)
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    fs_err::write(&file, given(&definitions, &cases).to_string()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/sdk_flags.py");
    let output = Command::new(python()).arg(script).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Vec<Option<FlagValue>> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(said.len(), PAIRS);
    let now = Clock::system().now();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut different = Vec::new();
    for ((flag, subject), expected) in cases.iter().zip(&said) {
        let ours = definitions.evaluate(flag, subject, Known::Given, now);
        let kind = match expected {
            None => "inconclusive".to_owned(),
            Some(FlagValue::Switch(on)) => on.to_string(),
            Some(FlagValue::Variant(_)) => "a variant".to_owned(),
        };
        *counts.entry(kind).or_default() += 1;
        if ours.as_ref().ok().map(|ours| &ours.value) != expected.as_ref() {
            different.push(format!(
                "{flag} {subject:?}: the SDK says {expected:?}, we say {ours:?}"
            ));
        }
    }
    assert!(
        different.is_empty(),
        "{} differ, the first: {}\n{:#?}",
        different.len(),
        different[0],
        {
            let first = different[0].split(' ').next().unwrap();
            &definitions.flags[first]
        }
    );
    // A comparison that sees only one answer would prove little.
    for kind in ["inconclusive", "true", "false", "a variant"] {
        assert!(counts.get(kind).is_some_and(|count| *count > PAIRS / 50), "{counts:?}");
    }
}

/// What the script reads.
fn given(definitions: &Definitions, cases: &[(String, Subject)]) -> Value {
    let with_key = |(key, flag): (&String, &Flag)| {
        let mut flag = serde_json::to_value(flag).unwrap();
        flag["key"] = json!(key);
        flag
    };
    let case = |(flag, subject): &(String, Subject)| {
        json!({
            "flag": flag,
            "distinct_id": subject.distinct_id,
            "device_id": subject.device_id,
            "properties": subject.properties,
            "groups": subject.groups,
            "group_properties": subject.group_properties,
        })
    };
    json!({
        "flags": definitions.flags.iter().map(with_key).collect::<Vec<_>>(),
        "cohorts": definitions.cohorts,
        "group_types": definitions.group_types,
        "cases": cases.iter().map(case).collect::<Vec<_>>(),
    })
}
