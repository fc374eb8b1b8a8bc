//! The words for a key, and for the kind of event that a name stands for.

use hedgerow_data_api::FieldUnit;

use super::INITIAL;

/// Words of keys that people say in another way.
const SAID_AS: [(&str, &str); 10] = [
    ("pathname", "path"),
    ("os", "operating system"),
    ("lib", "library"),
    ("prev", "previous"),
    ("timezone", "time zone"),
    ("current url", "url"),
    ("raw user agent", "user agent"),
    ("el text", "element text"),
    ("session entry", "entry"),
    ("referring domain", "referrer domain"),
];
/// What else is said of what a key tells.
const ALSO_SAID: [(&str, &[&str]); 5] = [
    ("active", &["enabled", "switched on", "turned on"]),
    ("has variants", &["multivariate"]),
    ("created at", &["joined"]),
    ("entry path", &["landed on", "landing on", "entered on"]),
    ("exit path", &["ended on", "ended at", "exited on"]),
];
/// Words that a key can end with to say what it is counted in.
const UNITS: [(&str, FieldUnit); 8] = [
    ("mb", FieldUnit::Megabytes),
    ("seconds", FieldUnit::Seconds),
    ("ms", FieldUnit::Milliseconds),
    ("percentage", FieldUnit::Percent),
    ("duration", FieldUnit::Seconds),
    ("length", FieldUnit::Characters),
    ("width", FieldUnit::Pixels),
    ("height", FieldUnit::Pixels),
];
/// Keys that are amounts of money.
const MONEY: [&str; 7] = ["amount", "price", "revenue", "cost", "total", "value", "mrr"];

/// The last words of keys whose values are words of any kind.
const PROSE: [&str; 9] = [
    "text",
    "title",
    "term",
    "query",
    "description",
    "message",
    "comment",
    "content",
    "answer",
];

/// True for a key whose values are words of any kind, such as titles.
pub(super) fn is_prose(key: &str) -> bool {
    let words = plain(key);
    PROSE.contains(&words.rsplit(' ').next().unwrap_or_default())
}

/// The words of a key as they stand in it, without what only marks it.
fn plain(key: &str) -> String {
    let key = key
        .strip_prefix(INITIAL)
        .map_or_else(|| key.to_owned(), |rest| format!("initial_{rest}"));
    let spaced = key.replace(|c: char| !c.is_alphanumeric(), " ").to_lowercase();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words for a key, the fullest first.
pub(super) fn of_key(key: &str) -> Vec<String> {
    let mut all = vec![plain(key)];
    let add = |all: &mut Vec<String>, text: String| {
        if !text.is_empty() && !all.contains(&text) {
            all.push(text);
        }
    };
    for (of_key, said) in SAID_AS {
        for text in all.clone() {
            let padded = format!(" {text} ");
            if padded.contains(&format!(" {of_key} ")) {
                let said = padded.replacen(&format!(" {of_key} "), &format!(" {said} "), 1);
                add(&mut all, said.trim().to_owned());
            }
        }
    }
    for text in all.clone() {
        let stem = text.strip_prefix("is ").or_else(|| text.strip_prefix("has "));
        if let Some(stem) = stem {
            add(&mut all, stem.to_owned());
        }
        if let Some(stem) = text.strip_suffix(" mb") {
            add(&mut all, format!("{stem} size"));
            add(&mut all, stem.to_owned());
        }
        if let Some(stem) = text.strip_suffix(" at").or_else(|| text.strip_suffix(" ms")) {
            add(&mut all, stem.to_owned());
        }
        if let Some(vital) = text.strip_prefix("web vitals ") {
            add(&mut all, vital.to_owned());
            let name = vital.strip_suffix(" value").unwrap_or(vital);
            add(&mut all, format!("web vitals {name}"));
            add(&mut all, name.to_owned());
        }
        if let Some(rest) = text.strip_prefix("initial ") {
            add(&mut all, format!("first {rest}"));
        }
        let also = ALSO_SAID.iter().filter(|(of_key, _)| *of_key == text);
        for said in also.flat_map(|(_, said)| *said) {
            add(&mut all, (*said).to_owned());
        }
        if text.ends_with("email") {
            add(&mut all, format!("{text} address"));
        }
        if text.ends_with("device type") {
            add(&mut all, text.replacen("device type", "device", 1));
        }
    }
    all
}

/// What a key's numbers are counted in, as far as the key tells.
pub(super) fn unit(key: &str) -> Option<FieldUnit> {
    let words = plain(key);
    let words: Vec<&str> = words.split(' ').collect();
    if words.starts_with(&["web", "vitals"]) {
        // The layout shift is a number without a unit.
        return (!words.contains(&"cls")).then_some(FieldUnit::Milliseconds);
    }
    let last = words.last()?;
    let money = words.len() == 1 && MONEY.contains(last);
    let found = UNITS.iter().find(|(word, _)| word == last).map(|(_, unit)| *unit);
    found.or(money.then_some(FieldUnit::Dollars))
}

/// What a kind of event is called, by the name of its events: `file_uploaded` is a file upload.
pub(in super::super) fn of_event(name: &str) -> Vec<String> {
    let words = plain(name);
    let mut all = vec![words.clone()];
    let mut add = |text: String| {
        if !text.trim().is_empty() && !all.contains(&text) {
            all.push(text);
        }
    };
    for (marked, said) in [
        ("pageview", "page view"),
        ("pageleave", "page leave"),
        ("rageclick", "rage click"),
        ("exception", "error"),
    ] {
        if words == marked {
            add(said.to_owned());
        }
    }
    let (rest, last) = words.rsplit_once(' ').unwrap_or(("", words.as_str()));
    match last {
        "performed" | "made" | "done" => add(rest.to_owned()),
        "cancelled" | "canceled" => add(format!("{rest} cancellation")),
        _ => {
            // "file uploaded": a file upload. "note shared": a note share.
            for cut in ["ed", "d"] {
                let stem = last.strip_suffix(cut).filter(|stem| stem.len() > 2 && !rest.is_empty());
                if let Some(stem) = stem {
                    add(format!("{rest} {stem}"));
                }
            }
        }
    }
    // "signed up": a sign-up. "logged in": a log-in.
    if let Some((verb, particle)) = words.split_once(' ')
        && ["up", "in", "out", "off"].contains(&particle)
        && let Some(stem) = verb.strip_suffix("ed")
    {
        let mut letters = stem.chars().rev();
        let is_doubled = letters.next() == letters.next();
        let stem = if is_doubled { &stem[..stem.len() - 1] } else { stem };
        add(format!("{stem} {particle}"));
    }
    all
}

/// A value without what typing may change: case, and a space for `_` or `-`.
pub(in super::super) fn fold(text: &str) -> String {
    let spaced = text.to_lowercase().replace(['_', '-'], " ");
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same with its last word in the singular; `None` where that is no other text.
pub(in super::super) fn singular_fold(text: &str) -> Option<String> {
    let folded = fold(text);
    if folded.contains(['/', '.', '@', '?', '=']) || folded.len() < 4 {
        return None;
    }
    let stem = folded.strip_suffix('s')?;
    if let Some(stem) = stem.strip_suffix("ie").filter(|stem| stem.len() > 2) {
        return Some(format!("{stem}y"));
    }
    let cut = ["che", "she", "xe", "sse"].iter().any(|ending| stem.ends_with(ending));
    Some(if cut {
        stem[..stem.len() - 1].to_owned()
    } else {
        stem.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_keys() {
        let cases: &[(&str, &[&str])] = &[
            ("$browser", &["browser"]),
            ("$pathname", &["pathname", "path"]),
            ("$os_version", &["os version", "operating system version"]),
            ("is_mobile", &["is mobile", "mobile"]),
            ("upload_mb", &["upload mb", "upload size", "upload"]),
            ("$initial_utm_source", &["initial utm source", "first utm source"]),
            (
                "$web_vitals_LCP_value",
                &["web vitals lcp value", "lcp value", "web vitals lcp", "lcp"],
            ),
            (
                "$session_entry_pathname",
                &[
                    "session entry pathname",
                    "session entry path",
                    "entry pathname",
                    "entry path",
                    "landed on",
                    "landing on",
                    "entered on",
                ],
            ),
            ("rollout_percentage", &["rollout percentage"]),
            ("created_at", &["created at", "created", "joined"]),
            ("active", &["active", "enabled", "switched on", "turned on"]),
        ];
        for (key, expected) in cases {
            assert_eq!(of_key(key), *expected, "{key}");
        }
    }

    #[test]
    fn kinds_of_events() {
        let cases = [
            ("$pageview", "page view"),
            ("$rageclick", "rage click"),
            ("$dead_click", "dead click"),
            ("$web_vitals", "web vitals"),
            ("signed_up", "sign up"),
            ("logged_in", "log in"),
            ("search_performed", "search"),
            ("file_uploaded", "file upload"),
            ("invoice_paid", "invoice paid"),
            ("plan_upgraded", "plan upgrade"),
            ("template_used", "template use"),
        ];
        for (name, said) in cases {
            assert!(
                of_event(name).iter().any(|word| word == said),
                "{name}: {:?}",
                of_event(name)
            );
        }
    }

    #[test]
    fn units_of_keys() {
        for (key, unit) in [
            ("upload_mb", Some(FieldUnit::Megabytes)),
            ("$web_vitals_LCP_value", Some(FieldUnit::Milliseconds)),
            ("$web_vitals_CLS_value", None),
            ("$prev_pageview_duration", Some(FieldUnit::Seconds)),
            ("amount", Some(FieldUnit::Dollars)),
            ("$screen_width", Some(FieldUnit::Pixels)),
            ("seats", None),
        ] {
            assert_eq!(super::unit(key), unit, "{key}");
        }
    }

    #[test]
    fn folding_is_what_typing_may_change() {
        assert_eq!(fold("Too-Slow"), fold("too_slow"));
        assert_eq!(singular_fold("Designers").as_deref(), Some("designer"));
        assert_eq!(singular_fold("3.4.0"), None);
    }
}
