//! How alike two names are.

use super::index::Index;
use crate::record::{Listing, NameKeys, RegisteredAgency};

/// How the registry's name stands to the one the source prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// It is printed alike.
    Printed,
    /// It is alike once folded.
    Folded,
    /// Both are the state's own police.
    Statewide,
    /// The same words of the same kind of body, in another order.
    Words,
    /// It is called after the same place, but only one side says of which sort it is, or what.
    Namesake,
    /// The same, but for words that only tell where it is, or how large.
    ButForPlace,
    /// So long that one letter more or less makes no other name of it.
    LongMisspelt,
    /// Misspelt by a letter or two.
    Misspelt,
    /// Words are missing on one side.
    Part,
}

/// Whether words that only one side has make another place of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherPlace {
    /// No.
    No,
    /// The longer name also names another place, or a side of the compass.
    MayBe,
    /// There is a place of each name.
    Each,
}

/// Letters from which on a name is long.
const LONG: usize = 12;

/// Words of a name that say where, or how large, and not who.
const FILLERS: &[&str] = &[
    "metropolitan",
    "regional",
    "area",
    "consolidated",
    "joint",
    "municipal",
    "city",
    "county",
    "community",
    "unified",
    "division",
    "bureau",
];

/// Words that make another place of a place.
const DIRECTIONS: &[&str] = &[
    "north",
    "south",
    "east",
    "west",
    "northeast",
    "northwest",
    "southeast",
    "southwest",
    "upper",
    "lower",
    "central",
    "new",
    "old",
    "middle",
    "little",
];

/// How alike the names are; none if they are not. `registered` is one of the agency's names.
pub(super) fn compare(
    index: &Index<'_>,
    listing: &Listing,
    agency: &RegisteredAgency,
    registered: &NameKeys,
) -> Option<(Name, OtherPlace)> {
    let listed = &listing.name_keys;
    let alike = if listed.is_statewide && registered.is_statewide {
        Name::Statewide
    } else if listing.agency == agency.name {
        Name::Printed
    } else if listed.joined == registered.joined && same_sorts(listed, registered) {
        Name::Folded
    } else if listed.core.is_empty() || registered.core.is_empty() {
        return None;
    } else if listed.core_joined == registered.core_joined || same_words(listed, registered) {
        let as_sure = same_sorts(listed, registered) && listing.kind == agency.kind;
        if as_sure { Name::Words } else { Name::Namesake }
    } else if is_misspelt(index, &agency.state, listed, registered) {
        let other = each_a_place(index, &agency.state, listed, registered);
        let letters = strsim::osa_distance(&listed.core_joined, &registered.core_joined);
        let is_long = listed.core_joined.len() >= LONG && letters == 1;
        return Some((if is_long { Name::LongMisspelt } else { Name::Misspelt }, other));
    } else {
        return in_part(index, listing, agency, registered);
    };
    Some((alike, OtherPlace::No))
}

/// Whether both claim the same sorts. A city need not say that it is one.
fn same_sorts(one: &NameKeys, other: &NameKeys) -> bool {
    let [one, other] = [one, other].map(|keys| keys.sorts.iter().filter(|sort| **sort != "city"));
    one.eq(other)
}

fn same_words(one: &NameKeys, other: &NameKeys) -> bool {
    if one.core.len() != other.core.len() || one.core.iter().any(|word| !other.core.contains(word))
    {
        return false;
    }
    let [one, other] = [one, other].map(|keys| {
        let mut words: Vec<&String> = keys.core.iter().collect();
        words.sort_unstable();
        words
    });
    one == other
}

/// Whether one letter, in a long name two, make the difference, and the odd word is no other name
/// of the state.
fn is_misspelt(index: &Index<'_>, state: &str, listed: &NameKeys, registered: &NameKeys) -> bool {
    let (one, other) = (&listed.core_joined, &registered.core_joined);
    let allowed = match one.len().min(other.len()) {
        0..4 => return false,
        4..9 => 1,
        _ => 2,
    };
    if one.len().abs_diff(other.len()) > allowed
        || odd_letters(one, other) > 2 * allowed
        || strsim::osa_distance(one, other) > allowed
    {
        return false;
    }
    let odd_listed = || listed.core.iter().filter(|word| !registered.core.contains(word));
    let odd_registered = || registered.core.iter().filter(|word| !listed.core.contains(word));
    let is_word = |word: &String| index.is_a_word(state, word) || word.len() < 3;
    let is_direction = |word: &String| DIRECTIONS.contains(&word.as_str());
    // A registry misspells too: a city, for which the gazetteer has the source's spelling only.
    let by_the_registry = || {
        registered.sorts.is_empty() && !index.is_place(state, other) && index.is_place(state, one)
    };
    // "Webster Grove" is no name of the state, "Webster Groves" is.
    let by_an_s =
        || one.trim_end_matches('s') == other.trim_end_matches('s') && !index.is_a_name(state, one);
    let may_be_a_slip = !odd_listed().all(is_word) || by_the_registry() || by_an_s();
    may_be_a_slip && !odd_listed().chain(odd_registered()).all(is_direction)
}

/// How many letters only one of the names has. A slip makes two at most, and few other names have
/// so few, so that the distance itself, which takes ten times as long, is seldom asked for.
fn odd_letters(one: &str, other: &str) -> usize {
    let mut more = [0_i16; 32];
    let slot = |letter: char| letter as usize % 32;
    for letter in one.chars() {
        more[slot(letter)] += 1;
    }
    for letter in other.chars() {
        more[slot(letter)] -= 1;
    }
    more.into_iter().map(|count| usize::from(count.unsigned_abs())).sum()
}

/// Whether both names are taken: then none is a slip for the other.
fn each_a_place(
    index: &Index<'_>,
    state: &str,
    listed: &NameKeys,
    registered: &NameKeys,
) -> OtherPlace {
    let is_place = index.is_place(state, &registered.core_joined);
    if is_place && index.is_a_name(state, &listed.core_joined) {
        OtherPlace::Each
    } else {
        OtherPlace::No
    }
}

/// The words of one name are all among those of the other.
fn in_part(
    index: &Index<'_>,
    listing: &Listing,
    agency: &RegisteredAgency,
    registered: &NameKeys,
) -> Option<(Name, OtherPlace)> {
    let listed = &listing.name_keys;
    let listed_is_longer = listed.core.len() > registered.core.len();
    let (longer, shorter) =
        if listed_is_longer { (listed, registered) } else { (registered, listed) };
    if shorter.core.iter().any(|word| !longer.core.contains(word)) {
        return None;
    }
    let extra: Vec<&String> =
        longer.core.iter().filter(|word| !shorter.core.contains(word)).collect();
    let joined: String = extra.iter().map(|word| word.as_str()).collect();
    let place = if listed_is_longer { &agency.place } else { &listing.place };
    let tells_where = |word: &&String| {
        FILLERS.contains(&word.as_str())
            || place.counties.iter().any(|county| *county == **word || *county == joined)
            || place.city.iter().any(|city| city.split(' ').any(|part| part == word.as_str()))
    };
    let others: Vec<&&String> = extra.iter().filter(|word| !tells_where(word)).collect();
    let state = agency.state.as_str();
    let is_place = |keys: &NameKeys| index.is_place(state, &keys.core_joined);
    let each =
        index.is_a_name(state, &listed.core_joined) && (!listed_is_longer || is_place(registered));
    if others.is_empty() {
        // "Kansas" and "Kansas City" are places of their own; "Savannah" and "Savannah-Chatham
        // Metropolitan" are one.
        let other = if each && is_place(longer) && is_place(shorter) {
            OtherPlace::Each
        } else {
            OtherPlace::No
        };
        return Some((Name::ButForPlace, other));
    }
    if others.len() > 1 {
        return None;
    }
    // "Hollywood Police, Hollywood" is not that of West Hollywood.
    let is_in_its_city =
        listing.place.city.as_ref().is_some_and(|city| city.replace(' ', "") == listed.core_joined);
    let names_another = |word: &&&String| {
        let is_direction = DIRECTIONS.contains(&word.as_str());
        is_direction && (is_in_its_city || listed_is_longer)
            || listed_is_longer && (index.is_a_name(state, word) || is_place(registered))
    };
    let other = if each {
        OtherPlace::Each
    } else if others.iter().any(names_another) {
        OtherPlace::MayBe
    } else {
        OtherPlace::No
    };
    Some((Name::Part, other))
}
