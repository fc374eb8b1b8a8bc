//! The words that the checker knows, by what they do in a sentence.
//!
//! A word that is in none of the lists may restrict what a number is about ("new", "from
//! crawlers", "Edge"), so that an unknown word in such a place keeps a number unverified.

/// Words of grammar.
const FUNCTION: &str = "a an the this that these those there here it its it's they their them he she his her we our us you \
your i my me who whom whose which what when where why how and or but nor so yet if than as at by for from in into of off on \
onto out over to up down with within without about above across after against along among around before behind below beneath \
beside besides between beyond during except inside near outside per since through throughout till toward towards under until \
upon via while whereas although though because not no none neither either both each every all any some such same other \
another own only just even also too very much many few more most less least fewer then now again still already almost \
respectively together alone once twice first second third last next is are was were be been being am has have had having do \
does did done will would can could may might shall should must yes well exactly precisely however instead rather indeed itself themselves himself herself ourselves \
overall altogether another else everyone everybody someone nobody nothing everything something whether ones one two three \
four five six seven eight nine ten zero given compared versus vs like unlike following followed above below it'll that's there's \
here's what's let's don't didn't doesn't isn't wasn't aren't weren't hasn't haven't hadn't can't cannot won't wouldn't couldn't \
ahead apart back away far long ago later earlier sooner";

/// Verbs that say that a row has a number; a number after or before them counts what the measure says.
const VERBS: &str = "accounted accounts attracted attracts brought brings came comes come collected collects contributed \
contributes counted counts delivered delivers drew draws gained generated generates gets get got gave gives give \
handled handles hit holds held leads led logged logs made makes make managed measured moved moves numbered numbers pulled \
racked reached reaches read reads received receives recorded records registered registers reported reports returned returns \
saw sees sent sends served serves showed shows show shown stands stood tallied took takes totaled totalled totals used uses \
use visited viewed visits won went goes go ended ends answered answers opened opens led leads ran runs run rose rises rise fell \
falls fall grew grows grow dropped drops climbed climbs slipped slips sank sinks stayed stays remained remains peaked peaks \
ranked ranks rank placed lies lay lie sits sat follows trailed trails beat beats clocked posted posts yielded yields amounts \
amounted added adds makes equals equalled became become kept keeps found finds find passed passes started starts closed \
finished failed fails belongs belong belonged produced produces caused causes says said chose choose looks looked tops topped \
account accounting add adding attract bring collect contribute count deliver draw dominate dominates dominated total register report \
produce yield compare compares comprise comprises cover covers span spans contain contains hold include includes form forms constitute represent represents happened occurred arrived browsed asked ask wanted need needed expected expect know see have transferred carried counting \
totalling totaling";

/// Nouns, adjectives and adverbs of reports, which restrict nothing.
const NEUTRAL: &str = "according utc size sizes access site website project server log logs data dataset period range table tables row rows column columns result \
results list report total totals sum number numbers figure figures count counts value values measure amount share rate ratio \
percentage percent page pages file files path paths url urls browser browsers device devices status code codes statuses \
response responses request requests answer answers day days date dates week weeks hour hours month months \
year time times top rank ranking place position figures traffic volume visitors users people persons sessions views hits \
events bytes comparison difference gap average line lines entry entries archive whole entire full complete covered recorded \
measured available question contrast detail details summary overview breakdown split comparison case fact part start end \
order group groups category categories unique distinct different individual single recorded counted exact current largest \
smallest highest lowest busiest quietest biggest greatest fewest popular common used visited viewed read big small large \
high low good bad best worst strong weak busy quiet main second-most peak maximum minimum max min leader leaders lead \
compare comparing higher lower greater larger smaller bigger busier quieter strongest weakest stronger weaker seen known home limit reader readers audience load demand activity picture grand statistics stats web weblog imported system machine appears appear release notes totals bottom terms course sight glance thought hand side way respectively combined altogether therefore thus hence meanwhile similarly likewise finally \
additionally moreover furthermore firstly secondly thirdly interestingly notably specifically clearly overall currently \
exactly simply sorry thanks please sure ok okay note nb hello hi numbers accounts daily hourly weekly monthly matching";

/// Adjectives between a number and its measure that do not change what is counted.
const PLAIN_ADJECTIVES: &str = "total recorded counted individual different distinct of the its all";

/// Words that make a claim about what is not, or not yet, or perhaps.
const NOT_FACT: &str = "will would could might should shall expected predicted forecast forecasts projected estimated estimate \
estimates planned target goal hypothetical probably perhaps maybe likely unlikely allegedly supposedly presumably suppose \
supposing assuming assume promised promises promise need needs want wants expect expects hope hopes hoped aim aims wish if unless claimed claims tomorrow imagine ideally next hopefully";

/// Words that deny.
const NEGATIONS: &str = "not no never none neither nor nobody nothing cannot hardly barely scarcely false wrong incorrect \
untrue left abandoned avoided quit stopped lack lacks lacked didn't doesn't don't isn't wasn't aren't weren't hasn't haven't hadn't can't won't \
wouldn't couldn't shouldn't ain't myth mistake incorrectly wrongly falsely";

/// Words that take rows out of what is counted.
const EXCLUSIONS: &str = "without except excluding excepting excludes excluded minus besides outside non";

/// Words before a number that say it is not exact.
const HEDGES: &str = "about around roughly approximately approx circa ca some nearly almost over under above below near \
nearing approaching exceeding beyond towards toward close well slightly barely virtually practically maybe perhaps \
estimated approximate rough";

/// Words that take a mean or a part.
const AVERAGES: &str = "average averaged averages averaging mean median typical typically usually per apiece combined together \
apiece";

/// Words for a part of a bucket, or for a time relative to now.
const PARTS_OF_TIME: &str = "morning afternoon evening night noon midnight lunchtime weekend weekends weekdays mid midday \
overnight previously formerly originally initially recently historically earlier yesterday today tomorrow tonight";

/// Lower-case words that make a narrower row of the label beside them.
const NARROWERS: &str = "mobile desktop tablet headless beta alpha old older oldest new newer newest latest private incognito \
lite mini android ios windows mac macos linux legacy nightly preview developer enterprise version versions release incl";

/// Words that change which people or events a measure counts.
const QUALIFIERS: &str = "matching new newly returning repeat recurring first-time registered anonymous paying paid free active inactive \
organic direct referred human bot crawler crawlers bots failed missing successful unsuccessful average mean median expected \
estimated lost additional extra remaining other more fewer less further unknown known real fake suspicious identified \
bounced engaged converted loyal monthly weekly daily hourly concurrent peak external internal non non-unique logged-in mobile \
desktop tablet foreign local";

/// Words for a part of all visitors, wherever they stand.
const AUDIENCES: &str = "bot bots crawler crawlers spider spiders robot robots human humans mobile desktop tablet tablets phone \
phones smartphone smartphones newcomers subscribers members guests customers";

/// Words for what became of a part of all requests.
const OUTCOMES: &str = "failed error errors failure failures redirected rejected denied blocked unsuccessful timeouts";

/// Units that no measure here has.
const FOREIGN_UNITS: &str = "million billion thousand hundred dozen k m bn mb kb gb tb kib mib gib ms seconds second minutes \
minute hours hour days day weeks week months month years year px km times x dollars dollar euros euro pounds cents usd eur gbp \
points pp degrees bit bits megabytes kilobytes gigabytes terabytes megabyte kilobyte gigabyte yen francs percentage bps";

/// Names that end like ordinary words.
const NAMES: &str = "windows paris netherlands bing reddit states wales athens texas illinois brussels beijing emirates \
philippines honduras cyprus nexus lynx axios ios macos dolphins";

/// True for a word of a list, which is parted by blanks.
pub(super) fn is_in(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|entry| entry == word)
}

pub(super) fn is_function(word: &str) -> bool {
    is_in(FUNCTION, word)
}

pub(super) fn is_verb(word: &str) -> bool {
    is_in(VERBS, word) || (word.len() > 4 && word.ends_with("ed"))
}

pub(super) fn is_neutral(word: &str) -> bool {
    is_in(NEUTRAL, word)
}

/// True for a word that restricts nothing.
pub(super) fn is_known(word: &str) -> bool {
    is_function(word)
        || is_verb(word)
        || is_neutral(word)
        || is_in(NOT_FACT, word)
        || is_in(NEGATIONS, word)
        || is_in(HEDGES, word)
        || is_in(AVERAGES, word)
        || (word.len() > 4 && word.ends_with("ly"))
}

/// True for the first word of a sentence that may be a name, going by its letters.
pub(super) fn may_be_name(word: &str) -> bool {
    let ordinary = [
        "s", "ed", "ing", "ly", "tion", "sion", "ity", "ment", "ness", "ence", "ance",
    ];
    is_in(NAMES, word) || (!is_known(word) && !ordinary.iter().any(|end| word.ends_with(end)))
}

pub(super) fn is_plain_adjective(word: &str) -> bool {
    is_in(PLAIN_ADJECTIVES, word)
}

pub(super) fn is_not_fact(word: &str) -> bool {
    is_in(NOT_FACT, word)
}

pub(super) fn is_negation(word: &str) -> bool {
    is_in(NEGATIONS, word)
}

pub(super) fn is_exclusion(word: &str) -> bool {
    is_in(EXCLUSIONS, word)
}

pub(super) fn is_hedge(word: &str) -> bool {
    is_in(HEDGES, word)
}

pub(super) fn is_average(word: &str) -> bool {
    is_in(AVERAGES, word)
}

pub(super) fn is_part_of_time(word: &str) -> bool {
    is_in(PARTS_OF_TIME, word)
}

pub(super) fn is_narrower(word: &str) -> bool {
    is_in(NARROWERS, word)
}

pub(super) fn is_qualifier(word: &str) -> bool {
    is_in(QUALIFIERS, word)
}

pub(super) fn is_audience(word: &str) -> bool {
    is_in(AUDIENCES, word)
}

pub(super) fn is_outcome(word: &str) -> bool {
    is_in(OUTCOMES, word)
}

pub(super) fn is_foreign_unit(word: &str) -> bool {
    is_in(FOREIGN_UNITS, word)
}

/// One to ten, and nought.
pub(super) fn number_word(word: &str) -> Option<i64> {
    let words = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    words
        .iter()
        .position(|name| *name == word)
        .and_then(|position| i64::try_from(position).ok())
}

/// Larger numbers in words: claims that are never verified.
pub(super) fn is_large_number_word(word: &str) -> bool {
    is_in(
        "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy \
         eighty ninety hundred thousand million billion dozen dozens hundreds thousands millions",
        word,
    )
}
