//! Browsers, screens, places and crawlers: what a client says about itself.

use crate::random::Random;

/// A combination of browser, system and screen.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) browser: &'static str,
    pub(crate) browser_version: i64,
    pub(crate) os: &'static str,
    pub(crate) os_version: &'static str,
    pub(crate) device_type: &'static str,
    pub(crate) screen: (i64, i64),
    pub(crate) viewport: (i64, i64),
    pub(crate) user_agent: &'static str,
}

macro_rules! profile {
    ($browser:literal $version:literal, $os:literal $os_version:literal, $kind:literal, $screen:expr, $viewport:expr, $agent:literal) => {
        Profile {
            browser: $browser,
            browser_version: $version,
            os: $os,
            os_version: $os_version,
            device_type: $kind,
            screen: $screen,
            viewport: $viewport,
            user_agent: $agent,
        }
    };
}

/// The devices of people; the first ten are computers, the rest phones and tablets.
pub(crate) static PROFILES: [Profile; 18] = [
    profile!("Chrome" 147, "Windows" "10", "Desktop", (1920, 1080), (1920, 937), "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36"),
    profile!("Chrome" 147, "Mac OS X" "10.15.7", "Desktop", (1512, 982), (1512, 806), "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36"),
    profile!("Safari" 26, "Mac OS X" "10.15.7", "Desktop", (1440, 900), (1440, 764), "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15"),
    profile!("Microsoft Edge" 146, "Windows" "10", "Desktop", (2560, 1440), (2560, 1297), "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36 Edg/146.0.0.0"),
    profile!("Firefox" 149, "Windows" "10", "Desktop", (1920, 1080), (1920, 955), "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:149.0) Gecko/20100101 Firefox/149.0"),
    profile!("Firefox" 149, "Linux" "", "Desktop", (2560, 1440), (1280, 1321), "Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0"),
    profile!("Chrome" 146, "Windows" "10", "Desktop", (1366, 768), (1366, 625), "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36"),
    profile!("Chrome" 147, "Chrome OS" "16093.68.0", "Desktop", (1366, 768), (1366, 633), "Mozilla/5.0 (X11; CrOS x86_64 16093.68.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36"),
    profile!("Chrome" 147, "Linux" "", "Desktop", (1920, 1200), (1920, 1057), "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36"),
    profile!("Opera" 128, "Windows" "10", "Desktop", (1920, 1080), (1880, 939), "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0.0.0 Safari/537.36 OPR/128.0.0.0"),
    profile!("Mobile Safari" 26, "iOS" "18.6", "Mobile", (393, 852), (393, 660), "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1"),
    profile!("Mobile Safari" 18, "iOS" "18.5", "Mobile", (390, 844), (390, 664), "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"),
    profile!("Chrome" 147, "Android" "10", "Mobile", (412, 915), (412, 785), "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Mobile Safari/537.36"),
    profile!("Chrome" 146, "Android" "10", "Mobile", (360, 800), (360, 668), "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Mobile Safari/537.36"),
    profile!("Samsung Internet" 29, "Android" "10", "Mobile", (384, 832), (384, 703), "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36"),
    profile!("Firefox" 149, "Android" "15", "Mobile", (412, 892), (412, 780), "Mozilla/5.0 (Android 15; Mobile; rv:149.0) Gecko/149.0 Firefox/149.0"),
    profile!("Chrome iOS" 147, "iOS" "18.6", "Mobile", (430, 932), (430, 739), "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/147.0.7390.41 Mobile/15E148 Safari/604.1"),
    profile!("Mobile Safari" 26, "iOS" "18.6", "Tablet", (820, 1180), (820, 1106), "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1"),
];

const DESKTOP_WEIGHTS: [u16; 10] = [30, 20, 14, 10, 6, 3, 8, 3, 3, 2];
const MOBILE_WEIGHTS: [u16; 8] = [30, 12, 24, 12, 8, 2, 3, 8];

/// Crawlers that run the page's scripts. They say who they are in the user agent and nowhere else.
pub(crate) static CRAWLERS: [Profile; 5] = [
    profile!("Chrome" 146, "Linux" "", "Desktop", (1024, 1024), (1024, 1024), "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/146.0.0.0 Safari/537.36"),
    profile!("Chrome" 116, "Linux" "", "Desktop", (1024, 768), (1024, 768), "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36"),
    profile!("Chrome" 131, "Linux" "", "Desktop", (1280, 1024), (1280, 1024), "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; +https://openai.com/gptbot) Chrome/131.0.0.0 Safari/537.36"),
    profile!("Chrome" 119, "Mac OS X" "10.15.7", "Desktop", (1280, 800), (1280, 800), "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/600.2.5 (KHTML, like Gecko; compatible; Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot) Chrome/119.0.6045.214 Safari/600.2.5"),
    profile!("Headless Chrome" 147, "Linux" "", "Desktop", (800, 600), (800, 600), "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/147.0.0.0 Safari/537.36"),
];

pub(crate) const CRAWLER_WEIGHTS: [u16; 5] = [40, 20, 20, 12, 8];

/// What the user agents of the world's crawlers have in common: each contains one of these.
pub const CRAWLER_MARKS: [&str; 5] = ["Googlebot", "bingbot", "GPTBot", "Amazonbot", "HeadlessChrome"];

/// A city with what a browser there reports.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) city: &'static str,
    pub(crate) timezone: &'static str,
    pub(crate) language: &'static str,
    /// Hours ahead of UTC; no place changes its clock in these 90 days.
    pub(crate) hours_ahead: i64,
}

macro_rules! place {
    ($city:literal, $timezone:literal, $language:literal, $hours:literal) => {
        Place {
            city: $city,
            timezone: $timezone,
            language: $language,
            hours_ahead: $hours,
        }
    };
}

pub(crate) static PLACES: [Place; 16] = [
    place!("New York", "America/New_York", "en-US", -4),
    place!("London", "Europe/London", "en-GB", 1),
    place!("Berlin", "Europe/Berlin", "de-DE", 2),
    place!("San Francisco", "America/Los_Angeles", "en-US", -7),
    place!("Paris", "Europe/Paris", "fr-FR", 2),
    place!("Chicago", "America/Chicago", "en-US", -5),
    place!("Karachi", "Asia/Karachi", "en-GB", 5),
    place!("Amsterdam", "Europe/Amsterdam", "nl-NL", 2),
    place!("Toronto", "America/Toronto", "en-CA", -4),
    place!("Madrid", "Europe/Madrid", "es-ES", 2),
    place!("São Paulo", "America/Sao_Paulo", "pt-BR", -3),
    place!("Vienna", "Europe/Vienna", "de-AT", 2),
    place!("Tokyo", "Asia/Tokyo", "ja-JP", 9),
    place!("Sydney", "Australia/Sydney", "en-AU", 10),
    place!("Warsaw", "Europe/Warsaw", "pl-PL", 2),
    place!("Singapore", "Asia/Singapore", "en-SG", 8),
];

const PLACE_WEIGHTS: [u16; 16] = [18, 13, 12, 11, 8, 7, 6, 5, 5, 4, 4, 3, 3, 3, 2, 2];

/// An index into [`PLACES`].
pub(crate) fn draw_place(random: &mut Random) -> u8 {
    random.weighted(&PLACE_WEIGHTS) as u8
}

/// An index into [`PROFILES`].
pub(crate) fn draw_profile(random: &mut Random, mobile: f64) -> u8 {
    if random.chance(mobile) {
        (DESKTOP_WEIGHTS.len() + random.weighted(&MOBILE_WEIGHTS)) as u8
    } else {
        random.weighted(&DESKTOP_WEIGHTS) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::{CRAWLER_MARKS, CRAWLERS, PROFILES};

    #[test]
    fn marks_tell_crawlers_from_people() {
        let marked = |agent: &str| CRAWLER_MARKS.iter().any(|mark| agent.contains(mark));
        assert!(CRAWLERS.iter().all(|profile| marked(profile.user_agent)));
        assert!(!PROFILES.iter().any(|profile| marked(profile.user_agent)));
    }
}
