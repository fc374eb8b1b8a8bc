//! Forms of one word: created, creating, creation and creator are of the same stem.

/// Pasts that are not made with "-ed".
const IRREGULAR: &[(&str, &str)] = &[
    ("paid", "pay"),
    ("bought", "buy"),
    ("sent", "send"),
    ("sold", "sell"),
    ("wrote", "write"),
    ("written", "write"),
    ("read", "read"),
    ("seen", "see"),
    ("saw", "see"),
    ("began", "begin"),
    ("begun", "begin"),
    ("left", "leave"),
    ("won", "win"),
    ("met", "meet"),
    ("made", "make"),
    ("ran", "run"),
    ("chose", "choose"),
    ("chosen", "choose"),
    ("drawn", "draw"),
    ("drew", "draw"),
    ("given", "give"),
    ("gave", "give"),
    ("taken", "take"),
    ("took", "take"),
    ("broke", "break"),
    ("broken", "break"),
    ("spent", "spend"),
    ("built", "build"),
    ("found", "find"),
    ("hidden", "hide"),
    ("hid", "hide"),
    ("left", "leave"),
    ("subscribed", "subscribe"),
];

/// Endings, each taken off by itself.
const ENDINGS: [&str; 21] = [
    "ations", "ation", "ments", "ment", "ings", "ing", "ions", "ion", "ers", "ors", "ies", "er", "or", "ed", "es", "s",
    "d", "e", "als", "al", "",
];
/// Endings of who does something.
const AGENTS: [&str; 4] = ["ers", "er", "ors", "or"];

/// Words for people are no forms of a verb: "users" are not those who used something.
const NO_FORMS: [&str; 10] = [
    "user", "users", "not", "other", "others", "number", "numbers", "us", "ever", "never",
];

/// The stems that a word may have.
pub(super) fn stems(word: &str) -> Vec<String> {
    let word = word.to_lowercase();
    let mut stems = Vec::new();
    if let Some((_, base)) = IRREGULAR.iter().find(|(past, _)| *past == word) {
        stems.extend(stems_of_regular(base));
    }
    stems.extend(stems_of_regular(&word));
    stems
}

fn stems_of_regular(word: &str) -> Vec<String> {
    let mut stems: Vec<String> = Vec::new();
    for ending in ENDINGS {
        let Some(stem) = word.strip_suffix(ending) else {
            continue;
        };
        let stem = if ending == "ies" {
            format!("{stem}y")
        } else {
            stem.to_owned()
        };
        let bare = stem.strip_suffix('e').unwrap_or(&stem).to_owned();
        let single = undoubled(&bare);
        for one in [single, bare] {
            if one.chars().count() >= 2 && !stems.contains(&one) {
                stems.push(one);
            }
        }
    }
    stems
}

/// "logg" of "logged" is "log".
fn undoubled(stem: &str) -> String {
    let mut letters: Vec<char> = stem.chars().collect();
    if let [.., one, other] = letters[..]
        && one == other
        && !"aeiou".contains(one)
        && letters.len() > 3
    {
        letters.pop();
    }
    letters.into_iter().collect()
}

/// True where a word of a question is a form of a word of a name.
pub(super) fn is_form(word: &str, of: &str) -> bool {
    let (word, of) = (word.to_lowercase(), of.to_lowercase());
    if word == of || word.strip_suffix('s') == Some(of.as_str()) {
        return true;
    }
    // Short words have no endings to take off: "in", "up".
    if of.chars().count() <= 2 || word.chars().count() <= 2 || NO_FORMS.contains(&word.as_str()) {
        return false;
    }
    let own = stems(&of);
    let shared = stems(&word).into_iter().filter(|stem| own.contains(stem));
    let shortest = of.chars().count().min(word.chars().count());
    // The stems of "note" and "notice" differ; those of "use" and "using" are all there is of them.
    shared
        .map(|stem| stem.chars().count())
        .max()
        .is_some_and(|length| length + 2 >= shortest.min(5))
}

/// True where a word says who does what a word of a name says. "Orders" are several of an order.
pub(super) fn is_agent(word: &str, of: &str) -> bool {
    let word = word.to_lowercase();
    let own = stems(of);
    let does = |ending: &&str| {
        let stem = word.strip_suffix(*ending).filter(|stem| !stem.is_empty());
        stem.is_some_and(|stem| own.iter().any(|own| own == stem || *own == undoubled(stem)))
    };
    let is_noun = word == of || word.strip_suffix('s') == Some(of);
    !is_noun && !NO_FORMS.contains(&word.as_str()) && AGENTS.iter().any(does)
}

/// True for a word that says what was done: the past of a verb.
pub(super) fn is_past(word: &str) -> bool {
    (word.len() > 3 && word.ends_with("ed")) || IRREGULAR.iter().any(|(past, _)| *past == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_told_from_other_words() {
        let same = [
            ("created", "create"),
            ("creating", "created"),
            ("creation", "created"),
            ("creators", "created"),
            ("notes", "note"),
            ("searches", "search"),
            ("searched", "search"),
            ("sharing", "shared"),
            ("uploads", "uploaded"),
            ("upgrading", "upgraded"),
            ("using", "used"),
            ("use", "used"),
            ("logins", "logins"),
            ("logging", "logged"),
            ("pay", "paid"),
            ("payments", "paid"),
            ("paying", "paid"),
            ("cancellation", "cancelled"),
            ("canceled", "cancelled"),
            ("invites", "invited"),
            ("subscribers", "subscribed"),
            ("edit", "edited"),
        ];
        for (word, of) in same {
            assert!(is_form(word, of), "{word} {of}");
        }
        let other = [
            ("users", "used"),
            ("not", "note"),
            ("number", "numbed"),
            ("plane", "plant"),
            ("us", "used"),
            ("search", "share"),
            ("started", "shared"),
            ("in", "invite"),
        ];
        for (word, of) in other {
            assert!(!is_form(word, of), "{word} {of}");
        }
        assert!(is_agent("creators", "created") && is_agent("uploader", "uploaded"));
        assert!(!is_agent("users", "used") && !is_agent("created", "created") && !is_agent("orders", "order"));
    }
}
