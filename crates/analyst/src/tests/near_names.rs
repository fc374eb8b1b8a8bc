//! Names of the data that contain an unknown word are offered, never assumed.

use super::follow_ups::check;

#[test]
fn name_that_contains_the_word_is_offered() {
    check(&[
        (
            &["How many page views did xdotool get on 18 May 2015?"],
            &["asked: I don't know \"xdotool\"", "/projects/xdotool/"],
        ),
        (
            &["How many page views did xdotool get on 18 May 2015?", "1"],
            &["total($pageview) BoldNumber  2015-05-18..2015-05-18 [$pathname exact \"/projects/xdotool/\"]"],
        ),
        (
            &["How many Macintosh visitors did we have?"],
            &["asked", "visitors with a user agent containing \"Macintosh\""],
        ),
        (
            &["How many Macintosh visitors did we have?", "1"],
            &["dau(*) BoldNumber", "$raw_user_agent icontains \"Macintosh\""],
        ),
        (&["How many visitors used Macintosh?"], &["asked", "user agent"]),
        (
            &["How many visitors used Macintosh?", "1"],
            &["dau(*) BoldNumber", "Macintosh"],
        ),
        // A style sheet is no page.
        (&["How many page views did style2 get?"], &["refused", "style2"]),
        (&["How many page views did pricing get?"], &["refused", "pricing"]),
        (&["How many page views did tools get?"], &["refused", "tools"]),
        (
            &["How many Macintosh blorps visitors did we have?"],
            &["refused", "blorps"],
        ),
    ]);
}
