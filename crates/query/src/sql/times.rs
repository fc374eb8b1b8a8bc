//! Functions of dates and times.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc};
use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalUnit, TimeUnit};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};

use super::functions::{Own, Types, is_text, of_text, returns_text, returns_whole, text, whole};

const EPOCH_DAYS: i32 = 719_163;

pub(super) const FUNCTIONS: &[Own] = &[
    Own { name: "moment", called: "moment", takes: (2, 2), returns: moment_type, row: moment },
    Own { name: "momentoftime", called: "moment", takes: (1, 1), returns: instant_type, row: instant },
    Own { name: "todate", called: "toDate", takes: (1, 1), returns: date_type, row: to_date },
    Own { name: "todatetime", called: "toDateTime", takes: (1, 2), returns: instant_type, row: to_date_time },
    Own { name: "intervalof", called: "toInterval", takes: (2, 2), returns: interval_type, row: interval },
    Own { name: "datediff", called: "dateDiff", takes: (3, 3), returns: returns_whole, row: date_diff },
    Own { name: "ageof", called: "age", takes: (3, 3), returns: returns_whole, row: age },
    Own { name: "startofweek", called: "toStartOfWeek", takes: (2, 2), returns: date_type, row: start_of_week },
    Own { name: "startofinterval", called: "toStartOfInterval", takes: (2, 2), returns: interval_start_type, row: start_of_interval },
    Own { name: "formatdatetime", called: "formatDateTime", takes: (2, 2), returns: returns_text, row: format_time },
];

/// A time with the zone in which it is shown; dates are their midnights.
struct Moment {
    micros: i64,
    /// UTC where there is none.
    zone: Option<Tz>,
    is_date: bool,
}

impl Moment {
    fn of(value: &ScalarValue) -> Option<Self> {
        let (micros, zone) = match value {
            ScalarValue::Date32(Some(days)) => {
                let micros = i64::from(*days) * 86_400_000_000;
                return Some(Self { micros, zone: None, is_date: true });
            }
            ScalarValue::TimestampSecond(Some(value), zone) => (value.checked_mul(1_000_000)?, zone),
            ScalarValue::TimestampMillisecond(Some(value), zone) => (value.checked_mul(1000)?, zone),
            ScalarValue::TimestampMicrosecond(Some(value), zone) => (*value, zone),
            ScalarValue::TimestampNanosecond(Some(value), zone) => (value.div_euclid(1000), zone),
            _ => return None,
        };
        let zone = zone.as_deref().filter(|zone| *zone != "UTC").and_then(|zone| zone.parse().ok());
        Some(Self { micros, zone, is_date: false })
    }

    /// What clocks of the zone show.
    fn local(&self) -> Option<NaiveDateTime> {
        let time = DateTime::<Utc>::from_timestamp_micros(self.micros)?;
        Some(match self.zone {
            Some(zone) => time.with_timezone(&zone).naive_local(),
            None => time.naive_utc(),
        })
    }

    /// The moment at which clocks of the zone show a time; the earlier of two.
    fn at(&self, local: NaiveDateTime) -> Option<i64> {
        let Some(zone) = self.zone else { return Some(local.and_utc().timestamp_micros()) };
        let found = zone.from_local_datetime(&local).earliest();
        // Clocks that went forward show no such time: an hour later they do.
        let found = found.or_else(|| zone.from_local_datetime(&(local + chrono::TimeDelta::hours(1))).earliest());
        found.map(|time| time.timestamp_micros())
    }
}

/// Whole seconds since 1970, of a time; of a date its days.
pub(super) fn seconds(value: &ScalarValue) -> Option<i64> {
    if let ScalarValue::Date32(Some(days)) = value {
        return Some(i64::from(*days));
    }
    Moment::of(value).map(|moment| moment.micros.div_euclid(1_000_000))
}

/// A time as text: without a zone and without `T`.
pub(super) fn written(value: &ScalarValue) -> Option<String> {
    let moment = Moment::of(value)?;
    let local = moment.local()?;
    Some(if moment.is_date {
        local.format("%Y-%m-%d").to_string()
    } else {
        local.format("%Y-%m-%d %H:%M:%S%.f").to_string()
    })
}

fn timestamp(micros: Option<i64>, zone: Option<&str>) -> ScalarValue {
    ScalarValue::TimestampMicrosecond(micros, Some(zone.unwrap_or("UTC").into()))
}

fn utc_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn moment_type(types: &Types<'_>) -> Result<DataType> {
    let called = types.constants.first().copied().flatten().and_then(text).unwrap_or("the function");
    match types.get(1)? {
        DataType::Null => Ok(utc_type()),
        kind @ (DataType::Date32 | DataType::Timestamp(..)) => Ok(kind.clone()),
        other => plan_err!("{called} takes a date or a time, not {other}; toDateTime makes times of texts"),
    }
}

fn moment(values: &[ScalarValue]) -> Result<ScalarValue> {
    Ok(values.get(1).cloned().unwrap_or(ScalarValue::Null))
}

fn date_type(_: &Types<'_>) -> Result<DataType> {
    Ok(DataType::Date32)
}

fn zone_of(types: &Types<'_>) -> Result<Option<String>> {
    let Some(zone) = types.constants.get(1) else { return Ok(None) };
    match zone.and_then(text) {
        Some(zone) if zone.parse::<Tz>().is_ok() => Ok(Some(zone.to_owned())),
        Some(zone) => plan_err!("unknown time zone {zone:?}"),
        None => plan_err!("{} takes the name of a zone that is written out", types.called),
    }
}

fn instant_type(types: &Types<'_>) -> Result<DataType> {
    if let Some(zone) = zone_of(types)? {
        return Ok(DataType::Timestamp(TimeUnit::Microsecond, Some(zone.into())));
    }
    match types.get(0)? {
        DataType::Timestamp(_, Some(zone)) => Ok(DataType::Timestamp(TimeUnit::Microsecond, Some(zone.clone()))),
        _ => Ok(utc_type()),
    }
}

fn instant(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(value) = values.first() else { return Ok(ScalarValue::Null) };
    let zone = match value {
        ScalarValue::TimestampSecond(_, zone)
        | ScalarValue::TimestampMillisecond(_, zone)
        | ScalarValue::TimestampMicrosecond(_, zone)
        | ScalarValue::TimestampNanosecond(_, zone) => zone.as_deref(),
        _ => None,
    };
    Ok(timestamp(Moment::of(value).map(|moment| moment.micros), zone))
}

/// A text as time. Without an offset it is what clocks of the zone show.
fn parsed(text: &str, zone: Option<Tz>) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_micros());
    }
    for form in ["%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f%z", "%a, %d %b %Y %H:%M:%S %z"] {
        if let Ok(time) = DateTime::parse_from_str(text, form) {
            return Some(time.timestamp_micros());
        }
    }
    let is_number = (9..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        return text.parse::<i64>().ok()?.checked_mul(1_000_000);
    }
    let forms = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
    let local = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let local = local.or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN)))?;
    Moment { micros: 0, zone, is_date: false }.at(local)
}

fn to_date(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(value) = values.first() else { return Ok(ScalarValue::Null) };
    let day = match text(value) {
        Some(text) => {
            let head = text.get(..10).unwrap_or(text);
            NaiveDate::parse_from_str(head, "%Y-%m-%d").ok()
        }
        None => Moment::of(value).and_then(|moment| moment.local()).map(|local| local.date()),
    };
    Ok(ScalarValue::Date32(day.map(days_of)))
}

fn days_of(day: NaiveDate) -> i32 {
    day.num_days_from_ce() - EPOCH_DAYS
}

fn to_date_time(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(value) = values.first() else { return Ok(ScalarValue::Null) };
    let zone = values.get(1).and_then(text);
    let tz = zone.and_then(|zone| zone.parse().ok());
    let micros = match text(value) {
        Some(text) => parsed(text, tz),
        None => match Moment::of(value) {
            Some(moment) => Some(moment.micros),
            None => whole(value).and_then(|seconds| seconds.checked_mul(1_000_000)),
        },
    };
    if zone.is_none() {
        if let (None, ScalarValue::TimestampMicrosecond(..) | ScalarValue::TimestampNanosecond(..)) = (text(value), value) {
            return instant(values);
        }
    }
    Ok(timestamp(micros, zone))
}

fn interval_type(_: &Types<'_>) -> Result<DataType> {
    Ok(DataType::Interval(IntervalUnit::MonthDayNano))
}

fn interval(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [unit, count] = values else { return Ok(ScalarValue::Null) };
    let (Some(unit), Some(count)) = (text(unit), whole(count)) else { return Ok(ScalarValue::Null) };
    let small = |factor: i64| count.checked_mul(factor).and_then(|count| i32::try_from(count).ok());
    let nanos = |seconds: i64| count.checked_mul(seconds).and_then(|count| count.checked_mul(1_000_000_000));
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
    let Some((months, days, nanos)) = parts else { return exec_err!("an interval of {count} {unit} is too long") };
    Ok(ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(months, days, nanos))))
}

/// Two times that a function compares; texts are read as times.
fn pair(values: &[ScalarValue]) -> Option<(Moment, Moment)> {
    let of = |value: &ScalarValue| match text(value) {
        Some(text) => parsed(text, None).map(|micros| Moment { micros, zone: None, is_date: false }),
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
    let Some(first) = values.first() else { return Ok(ScalarValue::Null) };
    let unit = unit("dateDiff", first)?;
    let Some((start, end)) = pair(values) else { return Ok(ScalarValue::Null) };
    let (Some(from), Some(to)) = (start.local(), end.local()) else { return Ok(ScalarValue::Null) };
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
    let Some(first) = values.first() else { return Ok(ScalarValue::Null) };
    let unit = unit("age", first)?;
    let Some((start, end)) = pair(values) else { return Ok(ScalarValue::Null) };
    let (Some(from), Some(to)) = (start.local(), end.local()) else { return Ok(ScalarValue::Null) };
    let micros = end.micros - start.micros;
    let whole_months = {
        let (early, late, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
        let mut months = (late.year() - early.year()) * 12 + (late.month0().cast_signed() - early.month0().cast_signed());
        let reached = u32::try_from(months).ok().and_then(|months| early.checked_add_months(Months::new(months)));
        let is_full = reached.is_some_and(|reached| reached <= late) && (late.day() >= early.day() || reached.is_some_and(|reached| reached.day() == early.day()));
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
    let [time, mode] = values else { return Ok(ScalarValue::Null) };
    let Some(local) = Moment::of(time).and_then(|moment| moment.local()) else { return Ok(ScalarValue::Null) };
    let day = local.date();
    // Odd modes begin the week on Monday.
    let since = if whole(mode).is_some_and(|mode| mode % 2 == 1) {
        day.weekday().num_days_from_monday()
    } else {
        day.weekday().num_days_from_sunday()
    };
    Ok(ScalarValue::Date32(day.checked_sub_days(Days::new(u64::from(since))).map(days_of)))
}

fn interval_start_type(types: &Types<'_>) -> Result<DataType> {
    match types.get(0)? {
        DataType::Timestamp(_, Some(zone)) => Ok(DataType::Timestamp(TimeUnit::Microsecond, Some(zone.clone()))),
        _ => Ok(utc_type()),
    }
}

fn start_of_interval(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [time, interval] = values else { return Ok(ScalarValue::Null) };
    let ScalarValue::IntervalMonthDayNano(interval) = interval else {
        return exec_err!("toStartOfInterval takes an interval, as INTERVAL 10 MINUTE");
    };
    let (Some(moment), Some(interval)) = (Moment::of(time), *interval) else { return Ok(ScalarValue::Null) };
    let Some(local) = moment.local() else { return Ok(ScalarValue::Null) };
    let (months, days, micros) = (i64::from(interval.months), i64::from(interval.days), interval.nanoseconds / 1000);
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
            let day = i32::try_from(first).ok().and_then(|first| NaiveDate::from_num_days_from_ce_opt(first + EPOCH_DAYS));
            day.map(midnight)
        }
        (0, 0, 1..) if micros % 3_600_000_000 == 0 => {
            let hours = micros / 3_600_000_000;
            let first = i64::from(local.hour()) / hours * hours;
            u32::try_from(first).ok().and_then(|hour| local.date().and_hms_opt(hour, 0, 0))
        }
        (0, 0, 1..) => {
            let start = moment.micros.div_euclid(micros) * micros;
            return Ok(timestamp(Some(start), zone));
        }
        _ => return exec_err!("toStartOfInterval takes an interval of one unit, larger than zero"),
    };
    Ok(timestamp(start.and_then(|start| moment.at(start)), zone))
}

fn format_time(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [time, form] = values else { return Ok(ScalarValue::Null) };
    let (Some(moment), Some(form)) = (Moment::of(time), text(form)) else {
        if !time.is_null() && is_text(&time.data_type()) {
            return exec_err!("formatDateTime takes a date or a time, not text; toDateTime makes times of texts");
        }
        return Ok(ScalarValue::Null);
    };
    let Some(local) = moment.local() else { return Ok(ScalarValue::Null) };
    let mut written = String::new();
    let mut chars = form.chars();
    while let Some(ch) = chars.next() {
        if ch != '%' {
            written.push(ch);
            continue;
        }
        let part = match chars.next() {
            Some('Y') => "%Y",
            Some('y') => "%y",
            Some('m') => "%m",
            Some('c') => "%-m",
            Some('d') => "%d",
            Some('e') => "%-d",
            Some('H') => "%H",
            Some('k') => "%-H",
            Some('h' | 'I') => "%I",
            Some('i') => "%M",
            Some('S' | 's') => "%S",
            Some('f') => "%6f",
            Some('M') => "%B",
            Some('b') => "%b",
            Some('a') => "%a",
            Some('W') => "%A",
            Some('u') => "%u",
            Some('w') => "%w",
            Some('j') => "%j",
            Some('V') => "%V",
            Some('G') => "%G",
            Some('p') => "%p",
            Some('F') => "%Y-%m-%d",
            Some('T') => "%H:%M:%S",
            Some('R') => "%H:%M",
            Some('D') => "%m/%d/%y",
            Some('n') => "%n",
            Some('t') => "%t",
            Some('%') => "%%",
            Some(other) => return exec_err!("formatDateTime has no form %{other}"),
            None => return exec_err!("formatDateTime has a % at the end"),
        };
        written.push_str(&local.format(part).to_string());
    }
    Ok(of_text(written))
}
