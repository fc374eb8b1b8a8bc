//! The named functions as bytes: what each holds beside its arguments.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, BinaryArray, Int64Array};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema};
use datafusion::arrow::ipc::reader::StreamReader;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::{DataFusionError, Result, plan_err};
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use hedgerow_lake::Overrides;
use uuid::Uuid;

use crate::keyless::{self, KEYLESS};
use crate::person_history::{PersonValueAt, Versions};
use crate::persons::{PersonIsAmong, PersonValue, PersonValues};
use crate::rest::{CurrentPerson, JsonGetStr, RestValue};
use crate::semi_joins::TextIsAmong;
use crate::{funnels, intervals, paths, percentile, person_history, tally};

/// What a function holds; nothing for one that holds nothing, or is `DataFusion`'s.
pub(super) fn encode(function: &ScalarUDF, bytes: &mut Vec<u8>) -> Result<()> {
    let inner = function.inner();
    if let Some(value) = inner.downcast_ref::<RestValue>() {
        json(&value.parts(), bytes)?;
    } else if let Some(current) = inner.downcast_ref::<CurrentPerson>() {
        let mut pairs: Vec<(i64, i64)> = current.overrides.iter().map(|(key, to)| (*key, *to)).collect();
        pairs.sort_unstable();
        bytes.extend(
            pairs
                .into_iter()
                .flat_map(|(key, to)| [key, to])
                .flat_map(i64::to_le_bytes),
        );
    } else if let Some(among) = inner.downcast_ref::<PersonIsAmong>() {
        let mut keys: Vec<i64> = among.keys.iter().copied().collect();
        keys.sort_unstable();
        bytes.extend(keys.into_iter().flat_map(i64::to_le_bytes));
    } else if let Some(among) = inner.downcast_ref::<TextIsAmong>() {
        let mut texts: Vec<&str> = among.texts.iter().map(String::as_str).collect();
        texts.sort_unstable();
        json(&texts, bytes)?;
    } else if let Some(value) = inner.downcast_ref::<PersonValue>() {
        values(&value.values, bytes)?;
    } else if let Some(value) = inner.downcast_ref::<PersonValueAt>() {
        values_at(value, bytes)?;
    }
    Ok(())
}

/// A function of ours by its name, with what it holds; `None` where there is no such function.
pub(super) fn decode(name: &str, bytes: &[u8]) -> Result<Option<ScalarUDF>> {
    Ok(Some(match name {
        "rest_value" => {
            let parts: (String, String, bool) = of_json(bytes)?;
            match RestValue::of_parts(parts) {
                Some(value) => value.into(),
                None => return plan_err!("rest_value is of a type that there is not"),
            }
        }
        "json_get_str" => JsonGetStr::default().into(),
        "person" => {
            let overrides: Overrides = numbers(bytes)?
                .as_chunks()
                .0
                .iter()
                .map(|[key, to]| (*key, *to))
                .collect();
            CurrentPerson::new(&Arc::new(overrides)).into()
        }
        "person_is_among" => {
            let keys = numbers(bytes)?.into_iter().collect();
            PersonIsAmong::new(&Arc::new(keys)).into()
        }
        "text_is_among" => {
            let texts = of_json(bytes)?;
            TextIsAmong::new(&Arc::new(texts)).into()
        }
        "person_value" => PersonValue::new(of_values(bytes)?).into(),
        keyless::NAME => KEYLESS.clone(),
        "person_value_at" => of_values_at(bytes)?.into(),
        "person_update" => person_history::UPDATE.clone(),
        "interval_index" => intervals::INDEX.clone(),
        "funnel_fits" => funnels::funnel_fits(),
        "path_cleaned" => paths::CLEANED.clone(),
        "tally_has" => tally::HAS.clone(),
        _ => return Ok(None),
    }))
}

/// What an aggregate function holds: the rules of a funnel or of paths; nothing for all others.
pub(super) fn encode_aggregate(function: &AggregateUDF, bytes: &mut Vec<u8>) -> Result<()> {
    if let Some(rules) = funnels::rules_of(function) {
        return json(rules, bytes);
    }
    match paths::rules_of(function) {
        Some(rules) => json(rules, bytes),
        None => Ok(()),
    }
}

/// An aggregate function of ours by its name, with what it holds; `None` where there is no such function.
pub(super) fn decode_aggregate(name: &str, bytes: &[u8]) -> Result<Option<AggregateUDF>> {
    Ok(Some(match name {
        "exact_percentile" => percentile::PERCENTILE.clone(),
        "funnel" => funnels::of_rules(false, &of_json(bytes)?),
        "funnel_entries" => funnels::of_rules(true, &of_json(bytes)?),
        "interval_counts" => intervals::COUNTS.clone(),
        "interval_set" => intervals::SET.clone(),
        "path_edges" => paths::of_rules(&of_json(bytes)?),
        "tally" => tally::TALLY.clone(),
        "tally_sums" => tally::SUMS.clone(),
        _ => return Ok(None),
    }))
}

/// The keys of persons with their values, the value of nobody first.
fn values(values: &PersonValues, bytes: &mut Vec<u8>) -> Result<()> {
    let mut keys: Vec<Option<i64>> = vec![None; values.values.len()];
    for (key, place) in &values.places {
        keys[*place as usize] = Some(*key);
    }
    let fields = vec![
        Field::new("person_key", DataType::Int64, true),
        Field::new("value", values.values.data_type().clone(), true),
    ];
    let columns: Vec<_> = vec![Arc::new(Int64Array::from(keys)) as _, Arc::clone(&values.values)];
    rows(fields, columns, bytes)
}

fn rows(fields: Vec<Field>, columns: Vec<ArrayRef>, bytes: &mut Vec<u8>) -> Result<()> {
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    let mut writer = StreamWriter::try_new(bytes, &schema)?;
    writer.write(&batch)?;
    writer.finish()?;
    Ok(())
}

/// The values of persons over time, each with its person and when it began; that of nobody, the first, has neither.
fn values_at(value: &PersonValueAt, bytes: &mut Vec<u8>) -> Result<()> {
    let mut keys: Vec<Option<i64>> = vec![None; value.values.len()];
    for (key, (start, end)) in &value.versions.persons {
        keys[*start as usize + 1..=*end as usize].fill(Some(*key));
    }
    let began = &value.versions.began;
    let times = std::iter::once(None).chain(began.iter().map(|(time, _)| Some(*time)));
    let uuids = std::iter::once(None).chain(began.iter().map(|(_, uuid)| Some(uuid.as_bytes())));
    let fields = vec![
        Field::new("person_key", DataType::Int64, true),
        Field::new("time", DataType::Int64, true),
        Field::new("uuid", DataType::Binary, true),
        Field::new("value", value.values.data_type().clone(), true),
    ];
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(keys)),
        Arc::new(times.collect::<Int64Array>()),
        Arc::new(uuids.collect::<BinaryArray>()),
        Arc::clone(&value.values),
    ];
    rows(fields, columns, bytes)
}

fn of_values_at(bytes: &[u8]) -> Result<PersonValueAt> {
    let mut batches = StreamReader::try_new(bytes, None)?;
    let Some(batch) = batches.next().transpose()? else {
        return plan_err!("person_value_at has no values");
    };
    let numbers = |at: usize| batch.column(at).as_primitive_opt::<Int64Type>();
    let (Some(keys), Some(times), Some(uuids)) = (numbers(0), numbers(1), batch.column(2).as_binary_opt::<i32>())
    else {
        return plan_err!("person_value_at has neither persons nor times");
    };
    let mut versions = Versions::default();
    for ((key, time), uuid) in keys.iter().zip(times).zip(uuids).skip(1) {
        let (Some(key), Some(time), Some(uuid)) = (key, time, uuid.and_then(|uuid| Uuid::from_slice(uuid).ok())) else {
            return plan_err!("a value of person_value_at is of nobody");
        };
        versions.add(key, (time, uuid))?;
    }
    Ok(PersonValueAt::new(Arc::new(versions), Arc::clone(batch.column(3))))
}

fn of_values(bytes: &[u8]) -> Result<PersonValues> {
    let mut batches = StreamReader::try_new(bytes, None)?;
    let Some(batch) = batches.next().transpose()? else {
        return plan_err!("person_value has no values");
    };
    let Some(keys) = batch.column(0).as_primitive_opt::<Int64Type>() else {
        return plan_err!("person_value has no keys");
    };
    let places = keys.iter().zip(0_u32..);
    Ok(PersonValues {
        places: places.filter_map(|(key, place)| Some((key?, place))).collect(),
        values: Arc::clone(batch.column(1)),
    })
}

fn numbers(bytes: &[u8]) -> Result<Vec<i64>> {
    match bytes.as_chunks() {
        (numbers, []) => Ok(numbers.iter().map(|number| i64::from_le_bytes(*number)).collect()),
        _ => plan_err!("a function holds no whole numbers"),
    }
}

fn json(value: &impl serde::Serialize, bytes: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(bytes, value).map_err(|error| DataFusionError::External(Box::new(error)))
}

fn of_json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| DataFusionError::External(Box::new(error)))
}
