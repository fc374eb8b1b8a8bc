//! What a user agent says: browser, operating system, and whether it is a bot.
//!
//! Browser and system are the families of the pinned uap-core rules, "Other" counting as unknown;
//! `IE` is called Internet Explorer and `Edge` Microsoft Edge. A bot is an agent that any pattern
//! of the pinned crawler list matches. Reading one agent costs a good part of a millisecond, so
//! each distinct agent is read once and kept in a cache of bounded size.

use std::collections::HashMap;
use std::sync::LazyLock;

use hedgerow_errors::{Error, Result};
use regex::bytes::{RegexSet, RegexSetBuilder};
use serde::Deserialize;
use ua_parser::{os, user_agent};

const UAP_RULES: &str = include_str!("../data/uap-regexes.yaml");
const CRAWLERS: &str = include_str!("../data/crawler-user-agents.json");

/// The cache starts anew at this many agents, or at this many bytes of agents.
const CACHE_ENTRIES: usize = 50_000;
const CACHE_BYTES: usize = 16 << 20;
/// All crawler patterns together compile to more than the regex crate's default of 10 MB.
const CRAWLER_SET_BYTES: usize = 64 << 20;

/// What an agent says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AgentFacts {
    /// The browser's family.
    pub browser: Option<String>,
    /// The operating system's family.
    pub os: Option<String>,
    /// Whether the crawler list knows it.
    pub is_bot: bool,
}

#[derive(Deserialize)]
struct UapRules {
    user_agent_parsers: Vec<user_agent::Parser<'static>>,
    os_parsers: Vec<os::Parser<'static>>,
}

#[derive(Deserialize)]
struct Crawler {
    pattern: String,
}

struct Rules {
    browsers: user_agent::Extractor<'static>,
    systems: os::Extractor<'static>,
    crawlers: RegexSet,
}

static RULES: LazyLock<Result<Rules, String>> = LazyLock::new(Rules::load);

impl Rules {
    fn load() -> Result<Self, String> {
        // The parser takes a bound of three digits for "any number", to save memory. For the rules that look
        // for a name within the first 200 characters that would name other families, so those keep their
        // bound: one that starts with 00 it leaves alone.
        let exact = UAP_RULES.replace("^.{0,200}?", "^.{00,200}?");
        let rules: UapRules = serde_saphyr::from_str(&exact).map_err(|error| error.to_string())?;
        let browsers = user_agent::Builder::new().push_all(rules.user_agent_parsers);
        let systems = os::Builder::new().push_all(rules.os_parsers);
        let crawlers: Vec<Crawler> = serde_json::from_str(CRAWLERS).map_err(|error| error.to_string())?;
        let patterns = crawlers.iter().map(|crawler| crawler.pattern.as_str());
        Ok(Self {
            browsers: browsers
                .and_then(|rules| Ok(rules.build()?))
                .map_err(|error| error.to_string())?,
            systems: systems
                .map_err(|error| error.to_string())?
                .build()
                .map_err(|error| error.to_string())?,
            // The list is plain ASCII, and without Unicode classes the set is a tenth of the size.
            crawlers: RegexSetBuilder::new(patterns)
                .unicode(false)
                .size_limit(CRAWLER_SET_BYTES)
                .build()
                .map_err(|error| error.to_string())?,
        })
    }

    fn read(&self, agent: &str) -> AgentFacts {
        let browser = self.browsers.extract(agent).and_then(|found| family(&found.family));
        let os = self.systems.extract(agent).and_then(|found| family(&found.os));
        AgentFacts {
            browser,
            os,
            is_bot: self.crawlers.is_match(agent.as_bytes()),
        }
    }
}

fn family(name: &str) -> Option<String> {
    match name {
        "" | "Other" => None,
        "IE" => Some("Internet Explorer".to_owned()),
        "Edge" => Some("Microsoft Edge".to_owned()),
        other => Some(other.to_owned()),
    }
}

/// Reads agents, each distinct one once.
pub(crate) struct UserAgents {
    rules: &'static Rules,
    known: HashMap<String, AgentFacts>,
    known_bytes: usize,
}

impl UserAgents {
    /// Compiles the rules, once per process. Fails only where the vendored lists are broken.
    pub(crate) fn load() -> Result<Self> {
        let rules = RULES
            .as_ref()
            .map_err(|reason| Error::internal(format!("compile the rules that read user agents: {reason}")))?;
        Ok(Self {
            rules,
            known: HashMap::new(),
            known_bytes: 0,
        })
    }

    /// What an agent says; the text as the client sent it.
    pub(crate) fn facts(&mut self, agent: &str) -> AgentFacts {
        if let Some(facts) = self.known.get(agent) {
            return facts.clone();
        }
        let facts = self.rules.read(agent);
        if self.known.len() >= CACHE_ENTRIES || self.known_bytes + agent.len() > CACHE_BYTES {
            self.known.clear();
            self.known_bytes = 0;
        }
        self.known_bytes += agent.len();
        self.known.insert(agent.to_owned(), facts.clone());
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_read_as_browser_system_and_bot() {
        let cases = [
            (
                "Mozilla/5.0 (Windows NT 6.1; rv:11.0) Gecko/20100101 Firefox/11.0",
                Some("Firefox"),
                Some("Windows"),
                false,
            ),
            (
                "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)",
                Some("Internet Explorer"),
                Some("Windows"),
                false,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/17.17134",
                Some("Microsoft Edge"),
                Some("Windows"),
                false,
            ),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                Some("Googlebot"),
                None,
                true,
            ),
            // Its last word lies beyond the first 200 characters.
            (
                "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; SLCC2; .NET CLR 2.0.50727; .NET CLR 3.5.30729; .NET CLR 3.0.30729; Media Center PC 6.0; MDDR; .NET4.0C; .NET4.0E; .NET CLR 1.1.4322; Tablet PC 2.0); 360Spider",
                Some("Internet Explorer"),
                Some("Windows"),
                true,
            ),
            ("zzz", None, None, false),
        ];
        let mut agents = UserAgents::load().unwrap();
        for (agent, browser, os, is_bot) in cases {
            let expected = AgentFacts {
                browser: browser.map(str::to_owned),
                os: os.map(str::to_owned),
                is_bot,
            };
            assert_eq!(agents.facts(agent), expected, "{agent}");
            assert_eq!(agents.facts(agent), expected, "{agent}, from the cache");
        }
    }

    #[test]
    fn cache_stays_small_when_every_agent_is_new() {
        let mut agents = UserAgents::load().unwrap();
        for number in 0..40 {
            agents.facts(&format!("{number}{}", "x".repeat(1 << 20)));
            assert!(agents.known_bytes <= CACHE_BYTES);
        }
        assert!(agents.known.len() < 40);
    }

    #[test]
    fn crawler_list_matches_its_own_examples() {
        let crawlers: Vec<serde_json::Value> = serde_json::from_str(CRAWLERS).unwrap();
        let rules = RULES.as_ref().unwrap();
        for example in crawlers
            .iter()
            .flat_map(|crawler| crawler["instances"].as_array().unwrap())
        {
            assert!(
                rules.crawlers.is_match(example.as_str().unwrap().as_bytes()),
                "{example}"
            );
        }
    }
}
