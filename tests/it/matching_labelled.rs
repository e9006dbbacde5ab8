//! How often the matcher is right on names that people judged, and on names that were spoilt.

use std::collections::BTreeSet;

use porchlight::matching::{Index, decide, matches};
use porchlight::record::{Decision, Normals, Statement};

use crate::support::labelled::{
    LABELLED, Row, Tally, gazetteer, judge, judge_twins, listed, normals, registered, rows,
};
use crate::support::random::Random;

/// What may be wrong and missed on each labelled file: exactly what is. Whoever makes it better
/// writes the new figures down; whoever makes it worse does not get by.
const RATCHET: [(&str, usize, usize); 2] = [("police.csv", 0, 51), ("fire.csv", 0, 6)];

/// How many departments of public safety are found in both registries.
const TWINS: usize = 61;

/// Of the links to spoilt names, the share that must be right, and of the names the share that must
/// be linked.
const PRECISION: f64 = 0.995;
const RECALL: f64 = 0.95;

#[test]
fn on_labelled_names_it_is_as_good_as_it_was() {
    for labelled in &LABELLED {
        let (tallies, faults) = judge(labelled);
        let mut all = Tally::default();
        for (category, tally) in &tallies {
            eprintln!("{} {category}: {tally:?}", labelled.name);
            all += tally;
        }
        for fault in &faults {
            eprintln!("{fault}");
        }
        let (precision, recall) = (all.precision(), all.recall());
        let unmatched = all.unmatched();
        eprintln!("{}: precision {precision:.4}, recall {recall:.4}", labelled.name);
        eprintln!("unmatched share {unmatched:.4}");
        let allowed = RATCHET.iter().find(|(name, ..)| *name == labelled.name).unwrap();
        assert_eq!((labelled.name, all.wrong, all.missed), *allowed);
    }
}

#[test]
fn every_sort_of_name_is_among_the_labelled_and_enough_that_must_stay_unmatched() {
    let mut pairs = 0;
    for labelled in &LABELLED {
        let labels = rows(labelled.name);
        let none = labels.iter().filter(|row| row["expected"] == "-").count();
        let categories: BTreeSet<&str> =
            labels.iter().map(|row| row["category"].as_str()).collect();
        assert!(none * 6 >= labels.len(), "{}: {none} without a link", labelled.name);
        assert!(categories.len() >= 12, "{}: {categories:?}", labelled.name);
        pairs += labels.len();
    }
    assert!(pairs >= 300);
}

#[test]
fn only_departments_that_people_judged_to_be_one_are_taken_for_one() {
    let (right, faults) = judge_twins();
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(right, TWINS);
}

#[test]
fn entries_of_one_registry_are_never_one_by_rule() {
    let statements: Vec<Statement> = rows("usfa.csv").iter().map(registered).collect();
    let normals = normals(&statements);
    let matches = matches(&normals);
    assert!(matches.twins.is_empty(), "{:?}", matches.twins);
    let key = |agency: usize| normals.agencies[agency].fdid.clone().unwrap_or_default();
    let listed: Vec<[String; 2]> = matches.duplicates.iter().map(|pair| pair.map(key)).collect();
    // People have to look: of two pairs that share name, city and county one is one, one is two.
    let labels = rows("usfa-twins.csv");
    for (pair, same) in [(["MO-09110", "MO-01910"], "yes"), (["NY-23046", "NY-23047"], "no")] {
        let label = labels.iter().find(|row| [&row["fdid_one"], &row["fdid_two"]] == pair);
        assert_eq!(label.unwrap()["same"], same);
        let is_pair = |found: &&[String; 2]| pair.iter().all(|key| found.iter().any(|k| k == key));
        assert!(listed.iter().any(|found| is_pair(&found)), "{pair:?}");
    }
}

/// How a name is spoilt.
type Spoil = fn(&str, &mut Random) -> Option<String>;

const SPOILS: [(&str, Spoil); 3] =
    [("a typing error", mistype), ("a dropped word", drop_a_word), ("abbreviated", abbreviate)];

/// Names that are spoilt of each registry and in each way.
const SPOILT: usize = 500;

#[test]
fn spoilt_names_are_linked_rightly_or_not_at_all() {
    let mut random = Random::fixed("SPOILT_SEED");
    for labelled in &LABELLED {
        let registry: Vec<Row> = rows(labelled.registry);
        let mut statements: Vec<Statement> = registry.iter().map(registered).collect();
        statements.extend(gazetteer());
        // What is spoilt into the name of another agency of the state is that agency's name.
        let names: BTreeSet<(String, String)> = registry
            .iter()
            .flat_map(|row| bare(&row["name"]).map(|name| (row["state"].clone(), name)))
            .collect();
        let departments: Vec<&Row> = registry.iter().filter(|row| is_department(row)).collect();
        for (how, spoil) in SPOILS {
            let mut expected = Vec::new();
            let mut all = statements.clone();
            while expected.len() < SPOILT {
                let row = departments[random.below(departments.len())];
                let Some(spoilt) = spoil(&row["name"], &mut random) else { continue };
                let is_another = |(left, own): (String, String)| {
                    left != own && names.contains(&(row["state"].clone(), left))
                };
                let is_taken = bare(&spoilt).into_iter().zip(bare(&row["name"])).any(is_another);
                if is_taken || left_to_another(&spoilt, row, &registry) {
                    continue;
                }
                let key = format!("{:05}", expected.len());
                all.push(listed(&key, &asked(row, spoilt), labelled.agency_type));
                expected.push(row);
            }
            let tally = tally(&normals(&all), &expected, how);
            let (precision, recall) = (tally.precision(), tally.recall());
            let of = format!("{}, {how}, {random:?}", labelled.registry);
            eprintln!("{of}: precision {precision:.4}, recall {recall:.4}");
            assert!(precision >= PRECISION, "{of}: precision {precision}");
            assert!(recall >= RECALL, "{of}: recall {recall}");
        }
    }
}

/// Whether a name that lost the sort of its municipality may now be that of a namesake: "Fairfax
/// Police" of the county's police and the city's.
fn left_to_another(spoilt: &str, row: &Row, registry: &[Row]) -> bool {
    const SORTS: &[&str] = &["county", "city", "township", "town", "village", "borough"];
    let sorts = |name: &str| {
        let name = name.to_lowercase();
        SORTS.iter().filter(|sort| name.contains(*sort)).count()
    };
    let [left, _] = bare(spoilt);
    let is_namesake = |other: &Row| {
        other["state"] == row["state"]
            && other["name"] != row["name"]
            && bare(&other["name"])[0] == left
    };
    sorts(spoilt) < sorts(&row["name"]) && registry.iter().any(is_namesake)
}

/// What a name comes down to: without the words that say what sort of body it is, and with them.
fn bare(name: &str) -> [String; 2] {
    let name = name.to_lowercase();
    let name = name.split([',', '(']).next().unwrap_or_default();
    let words = || name.split(|c: char| !c.is_alphanumeric() && c != '\'');
    [words().filter(|word| !KIND.contains(word)).collect(), words().collect()]
}

/// Whether it is the department of a municipality or county that its registry gives a key, not a
/// branch of a state or a university.
fn is_department(row: &Row) -> bool {
    row.get("type").is_none_or(|sort| matches!(sort.as_str(), "City" | "County"))
        && row.get("fdid").is_none_or(|fdid| !fdid.ends_with('-'))
}

/// A name with the place that the registry gives the agency.
fn asked(row: &Row, name: String) -> Row {
    let county = row.get("counties").or(row.get("county"));
    let values = [
        ("agency", Some(name)),
        ("city", row.get("city").cloned()),
        ("county", county.cloned()),
        ("state", row.get("state").cloned()),
    ];
    values.map(|(name, value)| (name.to_owned(), value.unwrap_or_default())).into_iter().collect()
}

fn tally(normals: &Normals, expected: &[&Row], how: &str) -> Tally {
    let index = Index::of(normals);
    let mut tally = Tally::default();
    for listing in &normals.listings {
        let row = expected[listing.source_key.parse::<usize>().unwrap()];
        let key = row.get("ori").or(row.get("fdid")).unwrap();
        match decide(&index, listing) {
            Decision::Same { agency, .. } => {
                let agency = &normals.agencies[agency];
                let found = agency.ori.as_ref().or(agency.fdid.as_ref());
                if found == Some(key) {
                    tally.right += 1;
                } else {
                    eprintln!("{how}: `{}` for `{}`: {}", listing.agency, row["name"], agency.name);
                    tally.wrong += 1;
                }
            }
            Decision::Unmatched { .. } => {
                eprintln!("{how}: `{}` for `{}`: none", listing.agency, row["name"]);
                tally.missed += 1;
            }
        }
    }
    tally
}

/// Words that say what sort of body it is.
const KIND: &[&str] = &[
    "police",
    "department",
    "dept",
    "sheriff's",
    "office",
    "fire",
    "rescue",
    "volunteer",
    "company",
    "district",
    "protection",
    "inc",
    "and",
    "of",
    "the",
    "service",
    "services",
    "township",
    "town",
    "village",
    "borough",
    "county",
    "city",
    "medical",
    "emergency",
    "ems",
];

/// One letter left out, doubled, put in for another, or changed with the next.
fn mistype(name: &str, random: &mut Random) -> Option<String> {
    let mut letters: Vec<char> = name.chars().collect();
    let at = random.below(letters.len());
    let is_letter = |letter: Option<&char>| letter.is_some_and(|letter| letter.is_alphabetic());
    if !is_letter(letters.get(at)) {
        return None;
    }
    match random.below(4) {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, letters[at]),
        2 => letters[at] = char::from(b'a' + u8::try_from(random.below(26)).unwrap()),
        _ if is_letter(letters.get(at + 1)) => letters.swap(at, at + 1),
        _ => return None,
    }
    let spoilt: String = letters.into_iter().collect();
    (spoilt != name).then_some(spoilt)
}

/// Words that many names share; what else a name has tells who it is.
const COMMON: &[&str] = &[
    "police",
    "department",
    "dept",
    "sheriff's",
    "sheriff",
    "office",
    "county",
    "township",
    "town",
    "village",
    "borough",
    "city",
    "of",
    "the",
    "fire",
    "rescue",
    "volunteer",
    "company",
    "district",
    "protection",
    "inc",
    "inc.",
    "no",
    "no.",
    "and",
    "&",
    "public",
    "safety",
    "state",
    "university",
    "college",
    "hose",
    "charter",
    "boro",
    "ward",
    "regional",
    "authority",
    "control",
    "station",
    "area",
    "north",
    "south",
    "east",
    "west",
    "new",
    "upper",
    "lower",
    "beach",
    "valley",
    "hills",
    "hill",
    "park",
    "lake",
    "island",
    "springs",
    "heights",
    "saint",
    "st.",
    "mount",
    "fort",
    "point",
    "creek",
    "river",
    "grove",
    "division",
    "bureau",
    "service",
    "services",
    "emergency",
    "rural",
    "community",
];

/// One word left out, but never the only one that tells who it is.
fn drop_a_word(name: &str, random: &mut Random) -> Option<String> {
    let words: Vec<&str> = name.split(' ').collect();
    let tells = |word: &str| {
        let word = word.to_lowercase();
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        !word.is_empty() && !COMMON.contains(&word) && word.parse::<u32>().is_err()
    };
    // What stands in brackets or behind a comma is whose it is, or where.
    let before = words.iter().position(|word| word.starts_with('('));
    let until = words.iter().position(|word| word.ends_with(',')).map(|comma| comma + 1);
    let own = before.into_iter().chain(until).min().unwrap_or(words.len());
    let telling = words[..own].iter().filter(|word| tells(word)).count();
    let at = random.below(words.len());
    if words.len() < 3 || telling == 0 || telling < 2 && at < own && tells(words[at]) {
        return None;
    }
    let mut left: Vec<String> = words.iter().map(ToString::to_string).collect();
    let comma = if left.remove(at).ends_with(',') { "," } else { "" };
    if let Some(before) = at.checked_sub(1) {
        left[before].push_str(comma);
    }
    Some(left.join(" "))
}

/// Every word shortened that people shorten.
fn abbreviate(name: &str, _: &mut Random) -> Option<String> {
    const SHORT: &[(&str, &str)] = &[
        ("Police Department", "PD"),
        ("Fire Department", "FD"),
        ("Fire Protection District", "FPD"),
        ("Sheriff's Office", "SO"),
        ("Department", "Dept."),
        ("Township", "Twp."),
        ("Borough", "Boro"),
        ("County", "Co."),
        ("University", "Univ."),
        ("Volunteer", "Vol."),
        ("District", "Dist."),
        ("Saint", "St."),
        ("Mount", "Mt."),
        ("Fort", "Ft."),
        ("Point", "Pt."),
        ("Heights", "Hts."),
        ("Springs", "Spgs."),
        ("North", "N."),
        ("East", "E."),
        ("West", "W."),
        ("South", "S."),
    ];
    let mut spoilt = format!(" {name} ");
    for (long, short) in SHORT {
        spoilt = spoilt.replace(&format!(" {long} "), &format!(" {short} "));
    }
    let spoilt = spoilt.trim().to_owned();
    (spoilt != name).then_some(spoilt)
}
