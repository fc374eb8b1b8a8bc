//! Event properties that become person properties by themselves.

/// Copied to the person, and kept as `$initial_...` the first time. Stored states name these keys by
/// their place here, so that the list may only grow, and only at its end.
pub(crate) const MAPPED: [&str; 44] = [
    "$app_build",
    "$app_name",
    "$app_namespace",
    "$app_version",
    "$browser",
    "$browser_version",
    "$device_type",
    "$current_url",
    "$pathname",
    "$os",
    "$os_name",
    "$os_version",
    "$referring_domain",
    "$referrer",
    "$screen_height",
    "$screen_width",
    "$viewport_height",
    "$viewport_width",
    "$raw_user_agent",
    // Campaigns.
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_content",
    "utm_name",
    "utm_term",
    "gclid",
    "gad_source",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "fbclid",
    "msclkid",
    "twclid",
    "li_fat_id",
    "mc_cid",
    "igshid",
    "ttclid",
    "rdt_cid",
    "irclid",
    "_kx",
    "epik",
    "qclid",
    "sccid",
];

/// What begins the keys that say where somebody was.
const PLACES: &str = "$geoip_";

/// True for a key that is copied to the person.
pub(crate) fn is_mapped(key: &str) -> bool {
    MAPPED.contains(&key) || key.starts_with(PLACES)
}

/// The person property that keeps the first value of a key.
pub(crate) fn initial(key: &str) -> String {
    format!("$initial_{}", key.strip_prefix('$').unwrap_or(key))
}

/// The event property that a property of persons is copied from by itself, and whether its first value is kept; `None`
/// where it is copied from none.
#[must_use]
pub fn copied_from(key: &str) -> Option<(String, bool)> {
    if is_mapped(key) {
        return Some((key.to_owned(), false));
    }
    let named = key.strip_prefix("$initial_").filter(|named| !named.starts_with('$'))?;
    let sources = [format!("${named}"), named.to_owned()];
    let source = sources.into_iter().find(|source| is_mapped(source));
    source.map(|source| (source, true))
}

/// Events that leave persons as they are, whatever they carry.
pub const NEVER: [&str; 4] = ["$exception", "$$heatmap", "$snapshot", "$snapshot_items"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_copied_comes_from_what_it_is_copied_to() {
        for key in MAPPED.into_iter().chain(["$geoip_city_name"]) {
            assert_eq!(copied_from(key), Some((key.to_owned(), false)));
            assert_eq!(copied_from(&initial(key)), Some((key.to_owned(), true)));
        }
        for key in [
            "plan",
            "$initial_plan",
            "$initial_$browser",
            "initial_browser",
            "browser",
        ] {
            assert_eq!(copied_from(key), None);
        }
    }
}
