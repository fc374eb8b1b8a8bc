//! Functions of dates and times.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};

use super::functions::{Own, Types, is_text, of_text, returns_text, text, whole};

/// The days of the common era before 1970.
pub(super) const EPOCH_DAYS: i32 = 719_163;

pub(super) const FUNCTIONS: &[Own] = &[
    Own {
        name: "moment",
        called: "moment",
        takes: (2, 2),
        returns: moment_type,
        row: moment,
    },
    Own {
        name: "momentoftime",
        called: "moment",
        takes: (1, 1),
        returns: instant_type,
        row: instant,
    },
    Own {
        name: "todate",
        called: "toDate",
        takes: (1, 1),
        returns: date_type,
        row: to_date,
    },
    Own {
        name: "todatetime",
        called: "toDateTime",
        takes: (1, 2),
        returns: instant_type,
        row: to_date_time,
    },
    Own {
        name: "formatdatetime",
        called: "formatDateTime",
        takes: (2, 2),
        returns: returns_text,
        row: format_time,
    },
];

/// A time with the zone in which it is shown; dates are their midnights.
pub(super) struct Moment {
    pub(super) micros: i64,
    /// UTC where there is none.
    zone: Option<Tz>,
    is_date: bool,
}

impl Moment {
    pub(super) fn utc(micros: i64) -> Self {
        Self {
            micros,
            zone: None,
            is_date: false,
        }
    }

    pub(super) fn of(value: &ScalarValue) -> Option<Self> {
        let (micros, zone) = match value {
            ScalarValue::Date32(Some(days)) => {
                let micros = i64::from(*days) * 86_400_000_000;
                return Some(Self {
                    micros,
                    zone: None,
                    is_date: true,
                });
            }
            ScalarValue::TimestampSecond(Some(value), zone) => (value.checked_mul(1_000_000)?, zone),
            ScalarValue::TimestampMillisecond(Some(value), zone) => (value.checked_mul(1000)?, zone),
            ScalarValue::TimestampMicrosecond(Some(value), zone) => (*value, zone),
            ScalarValue::TimestampNanosecond(Some(value), zone) => (value.div_euclid(1000), zone),
            _ => return None,
        };
        let zone = zone
            .as_deref()
            .filter(|zone| *zone != "UTC")
            .and_then(|zone| zone.parse().ok());
        Some(Self {
            micros,
            zone,
            is_date: false,
        })
    }

    /// What clocks of the zone show.
    pub(super) fn local(&self) -> Option<NaiveDateTime> {
        let time = DateTime::<Utc>::from_timestamp_micros(self.micros)?;
        Some(match self.zone {
            Some(zone) => time.with_timezone(&zone).naive_local(),
            None => time.naive_utc(),
        })
    }

    /// The moment at which clocks of the zone show a time; the earlier of two.
    pub(super) fn at(&self, local: NaiveDateTime) -> Option<i64> {
        let Some(zone) = self.zone else {
            return Some(local.and_utc().timestamp_micros());
        };
        let found = zone.from_local_datetime(&local).earliest();
        // Clocks that went forward show no such time: an hour later they do.
        let found = found.or_else(|| {
            zone.from_local_datetime(&(local + chrono::TimeDelta::hours(1)))
                .earliest()
        });
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

pub(super) fn timestamp(micros: Option<i64>, zone: Option<&str>) -> ScalarValue {
    ScalarValue::TimestampMicrosecond(micros, Some(zone.unwrap_or("UTC").into()))
}

pub(super) fn utc_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn moment_type(types: &Types<'_>) -> Result<DataType> {
    let called = types
        .constants
        .first()
        .copied()
        .flatten()
        .and_then(text)
        .unwrap_or("the function");
    match types.get(1)? {
        DataType::Null => Ok(utc_type()),
        kind @ (DataType::Date32 | DataType::Timestamp(..)) => Ok(kind.clone()),
        other => plan_err!("{called} takes a date or a time, not {other}; toDateTime makes times of texts"),
    }
}

fn moment(values: &[ScalarValue]) -> Result<ScalarValue> {
    Ok(values.get(1).cloned().unwrap_or(ScalarValue::Null))
}

pub(super) fn date_type(_: &Types<'_>) -> Result<DataType> {
    Ok(DataType::Date32)
}

fn zone_of(types: &Types<'_>) -> Result<Option<String>> {
    let Some(zone) = types.constants.get(1) else {
        return Ok(None);
    };
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
    let Some(value) = values.first() else {
        return Ok(ScalarValue::Null);
    };
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
pub(super) fn parsed(text: &str, zone: Option<Tz>) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_micros());
    }
    for form in [
        "%Y-%m-%d %H:%M:%S%.f%:z",
        "%Y-%m-%dT%H:%M:%S%.f%z",
        "%a, %d %b %Y %H:%M:%S %z",
    ] {
        if let Ok(time) = DateTime::parse_from_str(text, form) {
            return Some(time.timestamp_micros());
        }
    }
    let is_number = (9..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        return text.parse::<i64>().ok()?.checked_mul(1_000_000);
    }
    let forms = [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
    ];
    let local = forms
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let local = local.or_else(|| {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .map(|day| day.and_time(NaiveTime::MIN))
    })?;
    Moment {
        micros: 0,
        zone,
        is_date: false,
    }
    .at(local)
}

fn to_date(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(value) = values.first() else {
        return Ok(ScalarValue::Null);
    };
    let day = match text(value) {
        Some(text) => {
            let head = text.get(..10).unwrap_or(text);
            NaiveDate::parse_from_str(head, "%Y-%m-%d").ok()
        }
        None => Moment::of(value)
            .and_then(|moment| moment.local())
            .map(|local| local.date()),
    };
    Ok(ScalarValue::Date32(day.map(days_of)))
}

pub(super) fn days_of(day: NaiveDate) -> i32 {
    day.num_days_from_ce() - EPOCH_DAYS
}

fn to_date_time(values: &[ScalarValue]) -> Result<ScalarValue> {
    let Some(value) = values.first() else {
        return Ok(ScalarValue::Null);
    };
    let zone = values.get(1).and_then(text);
    let tz = zone.and_then(|zone| zone.parse().ok());
    let micros = match text(value) {
        Some(text) => parsed(text, tz),
        None => match Moment::of(value) {
            Some(moment) => Some(moment.micros),
            None => whole(value).and_then(|seconds| seconds.checked_mul(1_000_000)),
        },
    };
    // A time keeps the zone that it has.
    if zone.is_none() && text(value).is_none() && Moment::of(value).is_some_and(|moment| !moment.is_date) {
        return instant(values);
    }
    Ok(timestamp(micros, zone))
}

fn format_time(values: &[ScalarValue]) -> Result<ScalarValue> {
    let [time, form] = values else {
        return Ok(ScalarValue::Null);
    };
    let (Some(moment), Some(form)) = (Moment::of(time), text(form)) else {
        if !time.is_null() && is_text(&time.data_type()) {
            return exec_err!("formatDateTime takes a date or a time, not text; toDateTime makes times of texts");
        }
        return Ok(ScalarValue::Null);
    };
    let Some(local) = moment.local() else {
        return Ok(ScalarValue::Null);
    };
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
