//! The names nearest to one that does not exist.

/// The up to `limit` candidates most like `name`, best first; nothing where none is alike.
///
/// Case, underscores, dashes and a leading `$` don't count; similarity is Jaro-Winkler, at least 0.7.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<&'a str> {
    let wanted = plain(name);
    let score = |candidate: &str| strsim::jaro_winkler(&wanted, &plain(candidate));
    let mut scored: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|candidate| (score(candidate), candidate))
        .filter(|(score, _)| *score >= 0.7)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(limit).map(|(_, candidate)| candidate).collect()
}

/// A hint that names the nearest candidates, or else the first few that exist.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<&str> = candidates.into_iter().collect();
    let near = nearest(name, all.iter().copied(), 3);
    if all.is_empty() {
        "there are none yet".to_owned()
    } else if near.is_empty() {
        let more = if all.len() > 8 { ", ..." } else { "" };
        format!(
            "these exist: {}{more}",
            all.iter().take(8).copied().collect::<Vec<_>>().join(", ")
        )
    } else {
        format!("did you mean {}?", near.join(", "))
    }
}

fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_ignores_case_and_marks() {
        let names = ["$pageview", "$request", "sign up"];
        assert_eq!(nearest("Page_View", names, 1), ["$pageview"]);
        assert_eq!(nearest("signup", names, 1), ["sign up"]);
        assert!(nearest("zzz", names, 3).is_empty());
        assert_eq!(did_you_mean("zzz", ["a", "b"]), "these exist: a, b");
    }
}
