//! Functions of spans of time: intervals, how many units lie between two times, and where the unit of a time begins.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalUnit, TimeUnit};
use datafusion::common::{Result, ScalarValue, exec_err};

use super::functions::{Own, Types, returns_whole, text, whole};
use super::times::{EPOCH_DAYS, Moment, date_type, days_of, parsed, timestamp, utc_type};

pub(super) const FUNCTIONS: &[Own] = &[
    Own {
        name: "datediff",
        called: "dateDiff",
        takes: (3, 3),
        returns: returns_whole,
        row: date_diff,
    },
    Own {
        name: "ageof",
        called: "age",
        takes: (3, 3),
        returns: returns_whole,
        row: age,
    },
    Own {
        name: "startofweek",
        called: "toStartOfWeek",
        takes: (2, 2),
        returns: date_type,
        row: start_of_week,
    },
    Own {
        name: "startofinterval",
        called: "toStartOfInterval",
        takes: (2, 2),
        returns: interval_start_type,
        row: start_of_interval,
    },
    Own {
        name: "intervalof",
        called: "toInterval",
        takes: (2, 2),
        returns: interval_type,
        row: interval,
    },
    Own {
        name: "dayofweek",
        called: "toDayOfWeek",
        takes: (1, 1),
        returns: returns_whole,
        row: day_of_week,
    },
];

fn day_of_week(values: &[ScalarValue]) -> Result<ScalarValue> {
    let local = values.first().and_then(Moment::of).and_then(|moment| moment.local());
    Ok(ScalarValue::Int64(
        local.map(|local| i64::from(local.weekday().number_from_monday())),
    ))
}

fn interval_type(_: &Types<'_>) -> Result<DataType> {
    Ok(DataType::Interval(IntervalUnit::MonthDayNano))
}

fn interval(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [unit, count] = values else {
        return Ok(ScalarValue::Null);
    };
    let (Some(unit), Some(count)) = (text(unit), whole(count)) else {
        return Ok(ScalarValue::Null);
    };
    let small = |factor: i64| count.checked_mul(factor).and_then(|count| i32::try_from(count).ok());
    let nanos = |seconds: i64| {
        count
            .checked_mul(seconds)
            .and_then(|count| count.checked_mul(1_000_000_000))
    };
    let parts = match unit.trim_end_matches('s') {
        "second" => nanos(1).map(|nanos| (0, 0, nanos)),
        "minute" => nanos(60).map(|nanos| (0, 0, nanos)),
        "hour" => nanos(3600).map(|nanos| (0, 0, nanos)),
        "day" => small(1).map(|days| (0, days, 0)),
        "week" => small(7).map(|days| (0, days, 0)),
        "month" => small(1).map(|months| (months, 0, 0)),
        "quarter" => small(3).map(|months| (months, 0, 0)),
        "year" => small(12).map(|months| (months, 0, 0)),
        other => return exec_err!("unknown unit of time {other:?}"),
    };
    let Some((months, days, nanos)) = parts else {
        return exec_err!("an interval of {count} {unit} is too long");
    };
    Ok(ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(
        months, days, nanos,
    ))))
}

/// Two times that a function compares; texts are read as times.
fn pair(values: &[ScalarValue]) -> Option<(Moment, Moment)> {
    let of = |value: &ScalarValue| match text(value) {
        Some(text) => parsed(text, None).map(Moment::utc),
        None => Moment::of(value),
    };
    Some((of(values.get(1)?)?, of(values.get(2)?)?))
}

const UNITS: [&str; 8] = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

fn unit(called: &str, value: &ScalarValue) -> Result<String> {
    let unit = text(value).unwrap_or_default().to_lowercase();
    let unit = unit.trim_end_matches('s').to_owned();
    if !UNITS.contains(&unit.as_str()) {
        return exec_err!("{called} has no unit {unit:?}; units are {}", UNITS.join(", "));
    }
    Ok(unit)
}

fn date_diff(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(first) = values.first() else {
        return Ok(ScalarValue::Null);
    };
    let unit = unit("dateDiff", first)?;
    let Some((start, end)) = pair(values) else {
        return Ok(ScalarValue::Null);
    };
    let (Some(from), Some(to)) = (start.local(), end.local()) else {
        return Ok(ScalarValue::Null);
    };
    let steps = |size: i64| end.micros.div_euclid(size) - start.micros.div_euclid(size);
    let day = |local: NaiveDateTime| i64::from(local.date().num_days_from_ce());
    let month = |local: NaiveDateTime| i64::from(local.year()) * 12 + i64::from(local.month0());
    let borders = match unit.as_str() {
        "second" => steps(1_000_000),
        "minute" => steps(60_000_000),
        "hour" => steps(3_600_000_000),
        "day" => day(to) - day(from),
        // The first day of the common era was a Monday.
        "week" => (day(to) - 1).div_euclid(7) - (day(from) - 1).div_euclid(7),
        "month" => month(to) - month(from),
        "quarter" => month(to).div_euclid(3) - month(from).div_euclid(3),
        _ => i64::from(to.year()) - i64::from(from.year()),
    };
    Ok(ScalarValue::Int64(Some(borders)))
}

fn age(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(first) = values.first() else {
        return Ok(ScalarValue::Null);
    };
    let unit = unit("age", first)?;
    let Some((start, end)) = pair(values) else {
        return Ok(ScalarValue::Null);
    };
    let (Some(from), Some(to)) = (start.local(), end.local()) else {
        return Ok(ScalarValue::Null);
    };
    let micros = end.micros - start.micros;
    let whole_months = {
        let (early, late, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
        let mut months =
            (late.year() - early.year()) * 12 + (late.month0().cast_signed() - early.month0().cast_signed());
        let reached = u32::try_from(months)
            .ok()
            .and_then(|months| early.checked_add_months(Months::new(months)));
        let is_full = reached.is_some_and(|reached| reached <= late)
            && (late.day() >= early.day() || reached.is_some_and(|reached| reached.day() == early.day()));
        if !is_full {
            months -= 1;
        }
        i64::from(months * sign)
    };
    let units = match unit.as_str() {
        "second" => micros / 1_000_000,
        "minute" => micros / 60_000_000,
        "hour" => micros / 3_600_000_000,
        "day" => (to - from).num_days(),
        "week" => (to - from).num_days() / 7,
        "month" => whole_months,
        "quarter" => whole_months / 3,
        _ => whole_months / 12,
    };
    Ok(ScalarValue::Int64(Some(units)))
}

fn start_of_week(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [time, mode] = values else {
        return Ok(ScalarValue::Null);
    };
    let Some(local) = Moment::of(time).and_then(|moment| moment.local()) else {
        return Ok(ScalarValue::Null);
    };
    let day = local.date();
    // Odd modes begin the week on Monday.
    let since = if whole(mode).is_some_and(|mode| mode % 2 == 1) {
        day.weekday().num_days_from_monday()
    } else {
        day.weekday().num_days_from_sunday()
    };
    Ok(ScalarValue::Date32(
        day.checked_sub_days(Days::new(u64::from(since))).map(days_of),
    ))
}

fn interval_start_type(types: &Types<'_>) -> Result<DataType> {
    match types.get(0)? {
        DataType::Timestamp(_, Some(zone)) => Ok(DataType::Timestamp(TimeUnit::Microsecond, Some(zone.clone()))),
        _ => Ok(utc_type()),
    }
}

fn start_of_interval(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [time, interval] = values else {
        return Ok(ScalarValue::Null);
    };
    let ScalarValue::IntervalMonthDayNano(interval) = interval else {
        return exec_err!("toStartOfInterval takes an interval, as INTERVAL 10 MINUTE");
    };
    let (Some(moment), Some(interval)) = (Moment::of(time), *interval) else {
        return Ok(ScalarValue::Null);
    };
    let Some(local) = moment.local() else {
        return Ok(ScalarValue::Null);
    };
    let (months, days, micros) = (
        i64::from(interval.months),
        i64::from(interval.days),
        interval.nanoseconds / 1000,
    );
    let zone = match time {
        ScalarValue::TimestampSecond(_, zone)
        | ScalarValue::TimestampMillisecond(_, zone)
        | ScalarValue::TimestampMicrosecond(_, zone)
        | ScalarValue::TimestampNanosecond(_, zone) => zone.as_deref(),
        _ => None,
    };
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN);
    let start = match (months, days, micros) {
        (1.., 0, 0) => {
            let since = i64::from(local.year() - 1970) * 12 + i64::from(local.month0());
            let first = since.div_euclid(months) * months;
            let year = i32::try_from(1970 + first.div_euclid(12)).unwrap_or(1970);
            let month = u32::try_from(first.rem_euclid(12) + 1).unwrap_or(1);
            NaiveDate::from_ymd_opt(year, month, 1).map(midnight)
        }
        (0, 1.., 0) => {
            let since = i64::from(days_of(local.date()));
            // Weeks count from a Monday; 1970 began on a Thursday.
            let shift = if days % 7 == 0 { 3 } else { 0 };
            let first = (since + shift).div_euclid(days) * days - shift;
            let day = i32::try_from(first)
                .ok()
                .and_then(|first| NaiveDate::from_num_days_from_ce_opt(first + EPOCH_DAYS));
            day.map(midnight)
        }
        (0, 0, 1..) if micros % 3_600_000_000 == 0 => {
            let hours = micros / 3_600_000_000;
            let first = i64::from(local.hour()) / hours * hours;
            u32::try_from(first)
                .ok()
                .and_then(|hour| local.date().and_hms_opt(hour, 0, 0))
        }
        (0, 0, 1..) => {
            let start = moment.micros.div_euclid(micros) * micros;
            return Ok(timestamp(Some(start), zone));
        }
        _ => return exec_err!("toStartOfInterval takes an interval of one unit, larger than zero"),
    };
    Ok(timestamp(start.and_then(|start| moment.at(start)), zone))
}
