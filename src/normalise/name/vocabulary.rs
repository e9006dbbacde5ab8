//! The words of agencies' names: how they are shortened, misspelt, and what they say.

/// Words of places that one side spells out and the other shortens or spells otherwise.
const PLACE_SPELLINGS: &[(&str, &str)] = &[
    ("st", "saint"),
    ("ste", "sainte"),
    ("mt", "mount"),
    ("mtn", "mountain"),
    ("ft", "fort"),
    ("pt", "point"),
    ("hts", "heights"),
    ("hgts", "heights"),
    ("spgs", "springs"),
    ("spg", "spring"),
    ("jct", "junction"),
    ("ctr", "center"),
    ("centre", "center"),
    ("bch", "beach"),
    ("grv", "grove"),
    ("hbr", "harbor"),
    ("vly", "valley"),
    ("crk", "creek"),
    ("pk", "park"),
    ("n", "north"),
    ("s", "south"),
    ("e", "east"),
    ("w", "west"),
    ("twp", "township"),
    ("twnshp", "township"),
    ("boro", "borough"),
    ("vlg", "village"),
    ("vill", "village"),
    ("cnty", "county"),
    ("prsh", "parish"),
];

/// Words for bodies that one side spells out and the other shortens.
const BODY_SPELLINGS: &[(&str, &str)] = &[
    ("dept", "department"),
    ("dpt", "department"),
    ("depart", "department"),
    ("pd", "police department"),
    ("dps", "department of public safety"),
    ("so", "sheriffs office"),
    ("fd", "fire department"),
    ("vfd", "volunteer fire department"),
    ("vfc", "volunteer fire company"),
    ("div", "division"),
    ("marshals", "marshal"),
    ("fpd", "fire protection district"),
    ("rfpd", "rural fire protection district"),
    ("vol", "volunteer"),
    ("dist", "district"),
    ("assn", "association"),
    ("assoc", "association"),
    ("sfty", "safety"),
    ("univ", "university"),
    ("coll", "college"),
    ("isd", "independent school district"),
    ("metro", "metropolitan"),
    ("natl", "national"),
    ("intl", "international"),
];

/// The word that a shortened or differently spelt word of a place stands for.
#[must_use]
pub(super) fn place_word(word: &str) -> &str {
    PLACE_SPELLINGS.iter().find(|(from, _)| *from == word).map_or(word, |(_, to)| to)
}

/// The words that a shortened, differently spelt or misspelt word of an agency's name stands for.
#[must_use]
pub(super) fn name_words(word: &str) -> &str {
    let body = BODY_SPELLINGS.iter().find(|(from, _)| *from == word);
    body.map_or_else(|| corrected(place_word(word)), |(_, to)| to)
}

/// Words that nearly every name has, for which a word that is one letter off is taken.
const COMMON: &[&str] = &[
    "police",
    "department",
    "sheriff",
    "sheriffs",
    "office",
    "county",
    "township",
    "village",
    "borough",
    "public",
    "safety",
    "university",
    "college",
    "constable",
    "precinct",
    "prosecutor",
    "prosecutors",
    "volunteer",
    "district",
    "protection",
    "rescue",
    "company",
    "state",
    "patrol",
    "highway",
    "troopers",
    "tribal",
];

/// Words one letter from a common one that mean themselves: "Country Club Hills", "The Villages".
const NOT_MISSPELT: &[&str] = &[
    "country",
    "counts",
    "villages",
    "offices",
    "colleges",
    "townships",
    "polices",
    "districts",
    "slate",
    "staten",
    "states",
    "stage",
    "trooper",
];

/// The common word of which `word` is a misspelling by one letter, or `word`.
#[must_use]
fn corrected(word: &str) -> &str {
    if word.len() < 5 || NOT_MISSPELT.contains(&word) || COMMON.contains(&word) {
        return word;
    }
    let near = |common: &&&str| {
        word.len().abs_diff(common.len()) <= 1
            && (word.as_bytes()[0] == common.as_bytes()[0]
                || word.as_bytes()[1] == common.as_bytes()[1]
                || word.as_bytes()[0] == common.as_bytes()[1])
            && strsim::osa_distance(word, common) == 1
    };
    COMMON.iter().find(near).map_or(word, |common| *common)
}

/// Several words that mean the same body, longest first, and the form they are compared in.
pub(super) const PHRASES: &[(&str, &str)] = &[
    ("sheriffs department", "sheriff"),
    ("sheriffs office", "sheriff"),
    ("sheriff department", "sheriff"),
    ("sheriff office", "sheriff"),
    ("sheriffs", "sheriff"),
    ("department of public safety", "public safety"),
    ("public safety department", "public safety"),
    ("division of public safety", "public safety"),
    ("department of police", "police department"),
    ("division of police", "police department"),
    ("bureau of police", "police department"),
    ("police division", "police department"),
    ("police bureau", "police department"),
    ("police services", "police department"),
    ("police service", "police department"),
    ("department of fire", "fire department"),
    ("division of fire", "fire department"),
    ("bureau of fire", "fire department"),
];

/// What a municipality's body is called at the end of a key, longest first.
pub(super) const BODIES: &[&str] =
    &["police department", "public safety", "police", "fire department"];

/// Sorts of fire department of which a place may have several.
pub(super) const FIRE_SORTS: &[&str] = &["district", "company", "rural", "volunteer"];

/// What is left of the name of a state's own police without the state.
const STATEWIDE: &[&str] =
    &["state police", "state patrol", "state troopers", "highway patrol", "public safety"];

/// Whether a key is that of a state's own police: "Ohio State Highway Patrol", and as a registry of
/// that state writes it, "State Police". `state` is the name of the state.
#[must_use]
pub(super) fn is_statewide(key: &str, state: &str) -> bool {
    let rest = key.strip_suffix(" headquarters").unwrap_or(key);
    let state = state.to_ascii_lowercase();
    let bare = rest.strip_prefix(&state).and_then(|rest| rest.strip_prefix(' '));
    // Every city may have a department of public safety.
    let is_body = |rest: &str| {
        let rest =
            rest.strip_prefix("state ").filter(|rest| *rest == "highway patrol").unwrap_or(rest);
        STATEWIDE.contains(&rest)
    };
    bare.map_or_else(|| rest != "public safety" && is_body(rest), is_body)
}

/// Words that say nothing of who it is.
const CONNECTORS: &[&str] =
    &["of", "the", "and", "at", "for", "in", "charter", "inc", "incorporated"];

/// Words for a body and its kind.
const BODY_WORDS: &[&str] = &[
    "police",
    "department",
    "office",
    "sheriff",
    "public",
    "safety",
    "constable",
    "constables",
    "precinct",
    "prosecutor",
    "prosecutors",
    "prosecuting",
    "attorney",
    "attorneys",
    "services",
    "service",
    "no",
    "number",
    "tribal",
    "tribe",
];

/// More of them in the names of fire departments.
const FIRE_WORDS: &[&str] = &[
    "fire",
    "rescue",
    "ems",
    "medical",
    "protection",
    "association",
    "squad",
    "ambulance",
    "division",
    "bureau",
    "brigade",
    "station",
    "control",
    "prevention",
    "emergency",
];

/// Whether a word of a name says only what sort of body it is.
#[must_use]
pub(super) fn says_no_name(word: &str, is_fire: bool) -> bool {
    CONNECTORS.contains(&word)
        || BODY_WORDS.contains(&word)
        || is_fire && FIRE_WORDS.contains(&word)
}
