//! Pairs of a name as a source prints it and the agency it means, judged by hand, and what the
//! matcher makes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use porchlight::matching::{Index, explain, matches};
use porchlight::normalise::normalise;
use porchlight::record::{
    Citation, Decision, Draft, EditionKey, Entries, Normals, Role, Statement, SubjectType, keys,
};

/// A row of a CSV file by its columns.
pub(crate) type Row = BTreeMap<String, String>;

/// Where the labelled files are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/matching")
}

/// The rows of a labelled file or of the part of a registry it is judged against.
pub(crate) fn rows(name: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(folder().join(name)).expect("a fixture");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

/// A statement of `source`.
pub(crate) fn statement(
    source: &str,
    key: &str,
    subject_type: SubjectType,
    values: &[(&str, &str)],
) -> Statement {
    let edition = EditionKey {
        as_of_on: "2020-10-07".parse().expect("a date"),
        retrieved_at: DateTime::UNIX_EPOCH,
        capture_sha256: "0".repeat(64),
    };
    let given = values.iter().filter(|(_, value)| !value.is_empty());
    let draft = Draft {
        subject_type,
        source_key: key.to_owned(),
        pointer: String::new(),
        role: Role::Supports,
        locator: key.to_owned(),
        citation: Citation::default(),
        reported: given.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    };
    Statement::of(&source.parse().expect("a source"), &edition, draft)
}

/// What a registry says of an agency: the FBI's by its ORI, the USFA's by its STATE-FDID.
pub(crate) fn registered(row: &Row) -> Statement {
    let value = |name: &str| row.get(name).map(String::as_str).unwrap_or_default();
    let common = [(keys::AGENCY, value("name")), (keys::STATE, value("state"))];
    if let Some(ori) = row.get("ori") {
        let own = [
            (keys::ORI, ori.as_str()),
            (keys::AGENCY_TYPE, value("type")),
            (keys::COUNTY, value("counties")),
            (keys::LATITUDE, value("lat")),
            (keys::LONGITUDE, value("lon")),
        ];
        let values = [common.as_slice(), own.as_slice()].concat();
        statement("fbi-agencies", ori, SubjectType::Agency, &values)
    } else {
        let key = format!("{} {}", value("fdid"), value("name"));
        let fdid = value("fdid").split_once('-').map(|(_, own)| own).unwrap_or_default();
        let own =
            [(keys::FDID, fdid), (keys::CITY, value("city")), (keys::COUNTY, value("county"))];
        let values = [common.as_slice(), own.as_slice()].concat();
        statement("usfa-registry", &key, SubjectType::Agency, &values)
    }
}

/// What the gazetteer says of a place or county.
pub(crate) fn gazetteer() -> Vec<Statement> {
    let of_row = |row: Row| {
        let (source, subject) = match row["sort"].as_str() {
            "county" => ("census-counties", SubjectType::County),
            _ => ("census-places", SubjectType::Place),
        };
        let values = [
            (keys::GEOID, row["geoid"].as_str()),
            (keys::NAME, &row["name"]),
            (keys::STATE, &row["state"]),
            (keys::LATITUDE, &row["lat"]),
            (keys::LONGITUDE, &row["lon"]),
        ];
        statement(source, &row["geoid"], subject, &values)
    };
    rows("gazetteer.csv").into_iter().map(of_row).collect()
}

/// A name as a source prints it; `agency_type` is what the source says it is.
pub(crate) fn listed(key: &str, row: &Row, agency_type: &str) -> Statement {
    let values = [
        (keys::AGENCY, row["agency"].as_str()),
        (keys::AGENCY_TYPE, agency_type),
        (keys::CITY, &row["city"]),
        (keys::COUNTY, &row["county"]),
        (keys::STATE, &row["state"]),
    ];
    statement("eff-atlas", key, SubjectType::Partnership, &values)
}

/// The normal forms of these statements.
pub(crate) fn normals(statements: &[Statement]) -> Normals {
    normalise(&Entries::of(statements))
}

/// A labelled file and the registry it is judged against.
pub(crate) struct Labelled {
    pub(crate) name: &'static str,
    pub(crate) registry: &'static str,
    pub(crate) agency_type: &'static str,
}

/// The labelled files of names.
pub(crate) const LABELLED: [Labelled; 2] = [
    Labelled { name: "police.csv", registry: "fbi.csv", agency_type: "" },
    Labelled { name: "fire.csv", registry: "usfa.csv", agency_type: "Fire Department" },
];

/// How often the matcher was right.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Links to the agency that is meant.
    pub(crate) right: usize,
    /// Links to another.
    pub(crate) wrong: usize,
    /// No link where there should be one.
    pub(crate) missed: usize,
    /// No link, and none there should be.
    pub(crate) rightly_none: usize,
}

impl Tally {
    /// Of the links, the share that is right.
    pub(crate) fn precision(&self) -> f64 {
        share(self.right, self.right + self.wrong)
    }

    /// Of the links there should be, the share that was found.
    pub(crate) fn recall(&self) -> f64 {
        share(self.right, self.right + self.missed)
    }

    /// Of all names, the share without a link.
    pub(crate) fn unmatched(&self) -> f64 {
        let none = self.missed + self.rightly_none;
        share(none, none + self.right + self.wrong)
    }

    /// Counts one row.
    fn add(&mut self, expected: &BTreeSet<String>, found: Option<&str>) {
        let none = expected.contains("-");
        match found {
            Some(key) if expected.contains(key) => self.right += 1,
            Some(_) => self.wrong += 1,
            None if none => self.rightly_none += 1,
            None => self.missed += 1,
        }
        // A wrong link hides the right one as well.
        if found.is_some_and(|key| !expected.contains(key)) && !none {
            self.missed += 1;
        }
    }
}

impl std::ops::AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.missed += other.missed;
        self.rightly_none += other.rightly_none;
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows of a fixture")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// The departments of public safety that are taken to stand in both registries: how many of them
/// are labelled as one, and in words each that is not.
pub(crate) fn judge_twins() -> (usize, Vec<String>) {
    let mut statements: Vec<Statement> = rows("usfa.csv").iter().map(registered).collect();
    statements.extend(rows("fbi-public-safety.csv").iter().map(registered));
    let normals = normals(&statements);
    let key = |row: &Row| (row["ori"].clone(), row["fdid"].clone());
    let labelled: BTreeMap<_, _> =
        rows("public-safety.csv").iter().map(|row| (key(row), row["same"].clone())).collect();
    let (mut right, mut faults) = (0, Vec::new());
    for twins in matches(&normals).twins {
        let agencies = twins.agencies.iter().map(|agency| &normals.agencies[*agency]);
        let (police, fire): (Vec<_>, Vec<_>) = agencies.partition(|agency| agency.ori.is_some());
        let ([police], [fire]) = (police.as_slice(), fire.as_slice()) else {
            faults.push(format!("not one of each registry: {police:?} {fire:?}"));
            continue;
        };
        let key = (police.ori.clone().unwrap_or_default(), fire.fdid.clone().unwrap_or_default());
        match labelled.get(&key).map(String::as_str) {
            Some("yes") => right += 1,
            // Where nobody could tell, `src/matching/overrides.toml` says so.
            Some("unclear") => {}
            label => faults.push(format!("{label:?}: {key:?} {} / {}", police.name, fire.name)),
        }
    }
    (right, faults)
}

/// What the matcher makes of a labelled file: by category, and in words each row it gets wrong.
pub(crate) fn judge(labelled: &Labelled) -> (BTreeMap<String, Tally>, Vec<String>) {
    let pairs = rows(labelled.name);
    let mut statements: Vec<Statement> = rows(labelled.registry).iter().map(registered).collect();
    statements.extend(gazetteer());
    let of_pair = |(position, row): (usize, &Row)| {
        listed(&format!("{position:05}"), row, labelled.agency_type)
    };
    statements.extend(pairs.iter().enumerate().map(of_pair));
    let normals = normals(&statements);
    let index = Index::of(&normals);
    let (mut tallies, mut faults) = (BTreeMap::<String, Tally>::new(), Vec::new());
    for listing in &normals.listings {
        let row = &pairs[listing.source_key.parse::<usize>().expect("a position")];
        let expected: BTreeSet<String> = row["expected"].split('|').map(str::to_owned).collect();
        let key = |agency: usize| {
            let agency = &normals.agencies[agency];
            agency.ori.clone().or_else(|| agency.fdid.clone()).unwrap_or_default()
        };
        let (decision, candidates) = explain(&index, listing);
        let found = match decision {
            Decision::Same { agency, .. } => Some(key(agency)),
            Decision::Unmatched { .. } => None,
        };
        tallies.entry(row["category"].clone()).or_default().add(&expected, found.as_deref());
        if !expected.contains(found.as_deref().unwrap_or("-")) {
            let mut fault = format!(
                "{} {}: `{}`, {}, {}, {}: {} for {} ({})",
                if found.is_some() { "WRONG" } else { "missed" },
                row["category"],
                row["agency"],
                row["city"],
                row["county"],
                row["state"],
                found.as_deref().unwrap_or("-"),
                row["expected"],
                row["why"],
            );
            for candidate in candidates.iter().take(3) {
                let agency = &normals.agencies[candidate.agency];
                let features: Vec<String> = candidate
                    .features
                    .iter()
                    .map(|feature| format!("{} {}", feature.name, feature.points))
                    .collect();
                let _ = write!(
                    fault,
                    "\n    {} {} {} [{}]",
                    candidate.points,
                    key(candidate.agency),
                    agency.name,
                    features.join(", "),
                );
            }
            faults.push(fault);
        }
    }
    (tallies, faults)
}
