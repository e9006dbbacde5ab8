//! Between any two of ten generated releases the changes, applied to the one, give the other; and
//! each tells why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{Days, NaiveDate};
use porchlight::matching::matches;
use porchlight::normalise::normalise;
use porchlight::record::{
    Capture, Cell, Citation, Completeness, Draft, DraftIssue, Edition, Entries, Identity, Problem,
    RESOURCES, Reading, Redirect, ReleaseId, Resource, Role, Statement, SubjectType, Withdrawal,
    keys,
};
use porchlight::release::database::{self, Comparison, ReleaseDatabase, Selection};
use porchlight::release::dataset::{ChangeKind, Dataset, SCHEMA_VERSION, Since};
use porchlight::release::rows::Rows;
use porchlight::release::{
    ChangeEntry, DATASET_FILE, MANIFEST_FILE, ManifestDraft, Materials, Parts, PreviousRelease,
    build, digest, format, stage,
};
use porchlight::resolve::{Input, Memory, resolve};
use porchlight::serve::Settings;
use serde_json::{Map, Value};

use crate::support::app::{App, NothingYet};
use crate::support::release::source;

/// Towns whose police the registry may know and the Atlas may list.
const TOWNS: [&str; 8] = ["Ada", "Bay", "Cob", "Dee", "Elm", "Fox", "Gum", "Hay"];

/// Generated histories.
const HISTORIES: u64 = 24;

/// Releases of each.
const RELEASES: usize = 10;

/// Numbers that look random and are the same every time (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    fn town(&mut self) -> &'static str {
        TOWNS[self.below(TOWNS.len())]
    }
}

/// An entry of a source: what it is about, its key and its values.
type Entry = (SubjectType, String, Vec<(&'static str, String)>);

/// What the publishers say at present, and what was made of all they said.
struct World {
    /// The registry: name and county by ORI.
    registry: BTreeMap<String, (String, &'static str)>,
    /// Fire departments by number, once they are read.
    fire: Vec<String>,
    /// The Atlas: agency, county and date by number.
    atlas: BTreeMap<String, (String, &'static str, &'static str)>,
    program_status: &'static str,
    summary: usize,
    corrections: usize,
    memory: Memory,
    previous: Option<Dataset>,
    day: NaiveDate,
    editions: u64,
    version: usize,
    fresh_for: u64,
}

impl World {
    /// People wrote down a vendor and a program, and the registry knows two departments.
    fn new() -> Self {
        let mut world = Self {
            registry: BTreeMap::new(),
            fire: Vec::new(),
            atlas: BTreeMap::new(),
            program_status: "active",
            summary: 0,
            corrections: 0,
            memory: Memory::default(),
            previous: None,
            day: "2026-01-05".parse().unwrap(),
            editions: 0,
            version: 1,
            fresh_for: 400,
        };
        world.read_curated();
        world.register("Ada", "Allen");
        world.register("Bay", "Allen");
        world.read_registry();
        world
    }

    fn register(&mut self, town: &str, county: &'static str) {
        let name = format!("{town} Police Department");
        self.registry.insert(format!("OH{town}{county}").to_uppercase(), (name, county));
    }

    fn list(&mut self, number: usize, town: &str, county: &'static str, date: &'static str) {
        let name = format!("{town} Police Department");
        self.atlas.insert(format!("AOS{number}"), (name, county, date));
    }

    fn read_registry(&mut self) {
        let entries = self.registry.iter().map(|(ori, (name, county))| {
            let values = [(keys::ORI, ori), (keys::AGENCY, name)];
            let mut values: Vec<_> = values.map(|(key, value)| (key, value.clone())).to_vec();
            values.push((keys::STATE, "OH".to_owned()));
            values.push((keys::COUNTY, county.to_uppercase()));
            (SubjectType::Agency, ori.clone(), values)
        });
        let entries = entries.collect();
        self.read("fbi-agencies", entries, 0);
    }

    fn read_fire(&mut self) {
        let entries = self.fire.iter().enumerate().map(|(number, town)| {
            let fdid = format!("0{number:04}");
            let values = vec![
                (keys::FDID, fdid.clone()),
                (keys::AGENCY, format!("{town} Fire Department")),
                (keys::STATE, "OH".to_owned()),
                (keys::CITY, town.clone()),
                (keys::COUNTY, "ALLEN".to_owned()),
            ];
            (SubjectType::Agency, format!("OH-{fdid}"), values)
        });
        let entries = entries.collect();
        self.read("usfa-registry", entries, 0);
    }

    fn read_atlas(&mut self, issues: usize) {
        let entries = self.atlas.iter().map(|(number, (name, county, date))| {
            let mut values = vec![
                (keys::AGENCY, name.clone()),
                (keys::STATE, "OH".to_owned()),
                (keys::COUNTY, format!("{county} County")),
                (keys::PROGRAM, "ring-neighbors".to_owned()),
            ];
            if !date.is_empty() {
                values.push((keys::DATE, (*date).to_owned()));
                values.push((keys::DATE_BASIS, "activation".to_owned()));
            }
            (SubjectType::Partnership, number.clone(), values)
        });
        let entries = entries.collect();
        self.read("eff-atlas", entries, issues);
    }

    fn read_curated(&mut self) {
        let owned = |values: &[(&'static str, &str)]| {
            values.iter().map(|(key, value)| (*key, (*value).to_owned())).collect::<Vec<_>>()
        };
        let vendor = owned(&[("name", "Ring"), (keys::CONFIDENCE, "A")]);
        let mut program = owned(&[
            ("name", "Neighbors"),
            ("vendor_id", "ring"),
            ("kind", "information_sharing"),
            ("status", self.program_status),
            ("launched_on", "2018-05"),
            (keys::CONFIDENCE, "A"),
        ]);
        program.push(("summary", format!("In its words of version {}.", self.summary)));
        if self.program_status == "retired" {
            program.push(("retired_on", "2024-01-31".to_owned()));
        }
        let mut entries: Vec<Entry> = vec![
            (SubjectType::Vendor, "vendors/ring".to_owned(), vendor),
            (SubjectType::Program, "programs/ring-neighbors".to_owned(), program),
        ];
        for number in 0..self.corrections {
            let values = owned(&[
                ("subject", "programs/ring-neighbors"),
                ("reason", "A reader told us."),
                ("state", "fixed"),
                (keys::CONFIDENCE, "A"),
            ]);
            entries.push((SubjectType::Program, format!("corrections/{number}"), values));
        }
        self.read("curated", entries, 0);
    }

    /// An edition of a source, of today.
    fn read(&mut self, source: &str, entries: Vec<Entry>, issues: usize) {
        self.editions += 1;
        let at = self.day.and_hms_opt(6, 0, 0).unwrap().and_utc();
        let capture = Capture {
            source_id: source.parse().unwrap(),
            sha256: digest::sha256(format!("{source} {}", self.editions).as_bytes()),
            retrieved_at: at + chrono::Duration::seconds(i64::try_from(self.editions).unwrap()),
            as_of_on: self.day,
            parts: Vec::new(),
        };
        let records_read = entries.len();
        let draft = |(number, entry): (usize, Entry)| {
            let (subject_type, source_key, values) = entry;
            Draft {
                subject_type,
                source_key,
                pointer: String::new(),
                role: Role::Supports,
                locator: format!("record {}", number + 1),
                citation: Citation::default(),
                reported: values.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            }
        };
        let issue = |number: usize| DraftIssue {
            source_key: Some(format!("broken {number}")),
            locator: format!("record {}", 100 + number),
            problem: Problem::UnreadableRow,
            detail: "too few fields".to_owned(),
            excerpt: None,
        };
        let drafts = entries.into_iter().enumerate().map(draft).collect();
        let issues = (0..issues).map(issue).collect();
        self.memory.fold(&capture, Reading { records_read, drafts, issues });
    }

    /// Makes a release of what is known, as a run of the program does; `None` where nothing is new.
    fn publish(&mut self) -> Option<Dataset> {
        let previous = self.previous.as_ref();
        let parts = self.parts(previous);
        let release = ReleaseId::after(previous.map(|p| p.release), self.day);
        let at = self.day.and_hms_opt(7, 0, 0).unwrap().and_utc();
        let candidate = build(parts, previous, release, at, &format!("1.0.{}", self.version));
        if candidate.is_unchanged() {
            return None;
        }
        self.previous = Some(candidate.dataset.clone());
        Some(candidate.dataset)
    }

    fn parts(&self, previous: Option<&Dataset>) -> Parts {
        fn what<T: Clone>(items: Option<&Vec<Since<T>>>) -> Vec<T> {
            items.into_iter().flatten().map(|item| item.what.clone()).collect()
        }
        let statements: Vec<&Statement> = self.memory.statements.values().collect();
        let entries = Entries::of(statements);
        let normals = normalise(&entries);
        let matches = matches(&normals);
        let identities: Vec<Identity> = what(previous.map(|p| &p.identities));
        let redirects: Vec<Redirect> = what(previous.map(|p| &p.redirects));
        let withdrawals: Vec<Withdrawal> = what(previous.map(|p| &p.withdrawals));
        let issues = previous.into_iter().flat_map(|previous| &previous.records.issues);
        let issues: Vec<String> = issues.map(|issue| issue.id.to_string()).collect();
        let resolved = resolve(&Input {
            memory: &self.memory,
            entries: &entries.current,
            normals: &normals,
            matches: &matches,
            sources: sources(),
            identities: &identities,
            redirects: &redirects,
            withdrawals: &withdrawals,
            published_issues: &issues,
            published_on: self.day,
            fresh_for: Days::new(self.fresh_for),
        })
        .unwrap();
        let editions: Vec<Edition> = self.memory.editions.clone();
        Parts {
            records: resolved.records,
            unread: resolved.unread,
            identities: resolved.identities,
            redirects: resolved.redirects,
            withdrawals: resolved.withdrawals,
            editions,
            accounts: resolved.accounts,
        }
    }

    /// Something happens.
    fn happen(&mut self, dice: &mut Dice) {
        let dates = ["", "3/1/2019", "4/15/2020"];
        let counties = ["Allen", "Boone"];
        match dice.below(12) {
            0 | 1 => {
                let town = dice.town();
                self.register(town, counties[dice.below(2)]);
                self.read_registry();
            }
            2 => {
                let at = dice.below(self.registry.len());
                let (name, _) = self.registry.values_mut().nth(at).unwrap();
                name.push_str(if name.len() < 40 { " of the City" } else { "" });
                self.read_registry();
            }
            3 if self.registry.len() > 1 => {
                let at = dice.below(self.registry.len());
                let ori = self.registry.keys().nth(at).unwrap().clone();
                self.registry.remove(&ori);
                self.read_registry();
            }
            4 | 5 => {
                let (number, town) = (dice.below(6), dice.town());
                self.list(number, town, counties[dice.below(2)], dates[dice.below(3)]);
                self.read_atlas(dice.below(3));
            }
            6 if !self.atlas.is_empty() => {
                let at = dice.below(self.atlas.len());
                let number = self.atlas.keys().nth(at).unwrap().clone();
                self.atlas.remove(&number);
                self.read_atlas(0);
            }
            7 => {
                self.summary += 1;
                self.program_status = ["active", "retired"][dice.below(2)];
                self.read_curated();
            }
            8 => {
                self.corrections += 1;
                self.read_curated();
            }
            9 => {
                let town = dice.town().to_owned();
                self.fire.push(town);
                self.read_fire();
            }
            10 => {
                self.version += 1;
                self.fresh_for = [30, 400][dice.below(2)];
            }
            _ => self.day = self.day + Days::new(60 * dice.below(9) as u64),
        }
    }
}

fn sources() -> Vec<porchlight::record::Source> {
    let of = |id: &str, completeness| porchlight::record::Source {
        completeness,
        rows: 0,
        issues: 0,
        evidence_count: 0,
        ..source(id)
    };
    vec![
        of("curated", Completeness::Editorial),
        of("eff-atlas", Completeness::Sample),
        of("fbi-agencies", Completeness::Exhaustive),
        of("usfa-registry", Completeness::Exhaustive),
    ]
}

/// Ten releases.
fn history(seed: u64) -> Vec<Dataset> {
    let (mut world, mut dice) = (World::new(), Dice(seed));
    let mut releases = vec![world.publish().unwrap()];
    while releases.len() < RELEASES {
        world.day = world.day + Days::new(dice.below(3) as u64);
        for _ in 0..=dice.below(3) {
            world.happen(&mut dice);
        }
        releases.extend(world.publish());
    }
    releases
}

fn open(folder: &Path, dataset: &Dataset) -> ReleaseDatabase {
    let path = folder.join(format!("{}.sqlite", dataset.release));
    database::write(&path, dataset).unwrap();
    ReleaseDatabase::open(&path).unwrap()
}

/// Every record by resource and id.
type State = BTreeMap<(&'static str, String), Map<String, Value>>;

/// Every record of a file as JSON has it.
fn state(database: &ReleaseDatabase) -> State {
    let mut state = State::new();
    for resource in RESOURCES {
        let mut add = |cells: &[Cell]| {
            let record = format::json(resource.columns, cells).unwrap();
            let id = record["id"].as_str().unwrap().to_owned();
            state.insert((resource.table, id), record);
            Ok(())
        };
        database.for_each(resource, &mut add).unwrap();
    }
    state
}

/// Does what an entry says to the record it is about.
fn apply(state: &mut State, entry: &ChangeEntry) {
    let key = (entry.resource, entry.id.clone());
    if entry.change == ChangeKind::Withdrawn {
        let gone = state.remove(&key).unwrap();
        for field in &entry.fields {
            assert_eq!((&gone[&field.field], &field.after), (&field.before, &Value::Null));
        }
        return;
    }
    let known = state.contains_key(&key);
    assert_eq!(known, entry.change == ChangeKind::Changed, "{entry:?}");
    let record = state.entry(key).or_default();
    record.insert("id".to_owned(), entry.id.clone().into());
    record.insert("last_changed_release".to_owned(), entry.release.to_string().into());
    for field in &entry.fields {
        assert_eq!(record.get(&field.field).unwrap_or(&Value::Null), &field.before, "{entry:?}");
        record.insert(field.field.clone(), field.after.clone());
    }
}

/// All entries between two files, in pages of some size.
fn entries(from: &ReleaseDatabase, to: &ReleaseDatabase, page: usize) -> Vec<ChangeEntry> {
    let comparison = Comparison::new(from, to, Selection::default()).unwrap();
    let resources: Vec<&'static Resource> = RESOURCES.iter().collect();
    let mut entries: Vec<ChangeEntry> = Vec::new();
    loop {
        let after = entries.last().map(|last| (last.resource, last.id.clone()));
        let after = after.as_ref().map(|(table, id)| (*table, id.as_str()));
        let (more, is_more) = comparison.entries(&resources, after, page).unwrap();
        assert!(more.len() == page || !is_more);
        entries.extend(more);
        if !is_more {
            break;
        }
    }
    let total: i64 = resources.iter().map(|resource| comparison.count(resource).unwrap()).sum();
    assert_eq!(usize::try_from(total).unwrap(), entries.len(), "the total is that of all pages");
    entries
}

#[test]
fn changes_applied_to_any_of_ten_releases_give_any_later_one() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..HISTORIES {
        let folder = tempfile::tempdir().unwrap();
        let releases = history(seed);
        let files: Vec<_> = releases.iter().map(|one| open(folder.path(), one)).collect();
        let states: Vec<_> = files.iter().map(state).collect();
        for (from, before) in files.iter().enumerate() {
            for (to, after) in files.iter().enumerate().skip(from) {
                let changes = entries(before, after, if to % 2 == 0 { 7 } else { 1000 });
                let mut made = states[from].clone();
                for entry in &changes {
                    apply(&mut made, entry);
                    assert!(!entry.causes.is_empty(), "history {seed}: {entry:?}");
                    for cause in &entry.causes {
                        *seen.entry(format!("{cause}")).or_default() += 1;
                    }
                    *seen.entry(format!("{} {}", entry.resource, entry.change)).or_default() += 1;
                    *seen.entry(format!("merged {}", entry.merged_into.is_some())).or_default() +=
                        1;
                    let gone = entry.change == ChangeKind::Withdrawn;
                    assert_eq!(entry.reason.is_some(), gone, "history {seed}: {entry:?}");
                }
                let same = made == states[to];
                assert!(same, "history {seed}: releases {from} to {to} of ten differ");
                let only: BTreeSet<_> = changes.iter().map(|e| (e.resource, &e.id)).collect();
                assert_eq!(only.len(), changes.len(), "history {seed}: each stands once");
            }
        }
    }
    // The histories hold what can happen.
    for what in [
        "source_changed",
        "new_coverage",
        "curation",
        "correction",
        "merge",
        "withdrawal",
        "program_changed",
        "time_passed",
        "partnerships withdrawn",
        "issues withdrawn",
        "evidence changed",
        "sources changed",
        "merged true",
    ] {
        assert!(seen.contains_key(what), "no history has `{what}`: {seen:?}");
    }
}

/// The log of a release: what happened to which table, and why.
fn log(dataset: &Dataset) -> BTreeSet<String> {
    // Coverage follows from all of it.
    let of_release = dataset
        .changes
        .iter()
        .filter(|change| change.release == dataset.release && change.resource != "coverage");
    of_release.map(|c| format!("{} {} {}", c.resource, c.kind, c.cause)).collect()
}

fn assert_log(dataset: &Dataset, expected: &[&str]) {
    assert_eq!(log(dataset), expected.iter().map(|line| (*line).to_owned()).collect());
}

#[test]
fn the_cause_is_what_happened() {
    let mut world = World::new();
    world.publish().unwrap();
    // A source is read for the first time.
    world.list(1, "Ada", "Allen", "3/1/2019");
    world.list(2, "Cob", "Allen", "");
    world.read_atlas(0);
    let covered = [
        "partnerships added new_coverage",
        "agencies changed new_coverage",
        "sources changed new_coverage",
    ];
    assert_log(&world.publish().unwrap(), &covered);
    // It is read again, beside another that says something else.
    world.day = world.day + Days::new(1);
    world.read_atlas(0);
    world.registry.get_mut("OHBAYALLEN").unwrap().0 = "Bay City Police Department".to_owned();
    world.read_registry();
    let edited = [
        "partnerships changed source_changed",
        "agencies changed source_changed",
        "sources changed source_changed",
    ];
    assert_log(&world.publish().unwrap(), &edited);
    // People write something else, while a source is read that says the same.
    world.summary += 1;
    world.read_curated();
    world.read_registry();
    let curated = ["programs changed curation", "sources changed curation"];
    assert_log(&world.publish().unwrap(), &curated);
    // People put an error right.
    world.corrections += 1;
    world.read_curated();
    let corrected =
        ["corrections added correction", "programs changed correction", "sources changed curation"];
    assert_log(&world.publish().unwrap(), &corrected);
    // The registry learns of a department that was listed without one.
    world.register("Cob", "Allen");
    world.read_registry();
    let merged = [
        "agencies added source_changed",
        "partnerships added merge",
        "partnerships withdrawn merge",
        "sources changed source_changed",
    ];
    assert_log(&world.publish().unwrap(), &merged);
    // Another version of the program takes editions to be stale sooner.
    world.day = world.day + Days::new(30);
    world.version += 1;
    world.fresh_for = 10;
    let stale = ["partnerships changed program_changed", "agencies changed program_changed"];
    assert_log(&world.publish().unwrap(), &stale);
    // A new edition vouches anew, and grows old.
    world.read_atlas(0);
    assert_log(&world.publish().unwrap(), &edited);
    world.day = world.day + Days::new(30);
    let aged = ["partnerships changed time_passed", "agencies changed time_passed"];
    assert_log(&world.publish().unwrap(), &aged);
    // The program ends, as people know, while the source that lists its partners is not read.
    world.program_status = "retired";
    world.read_curated();
    world.read_registry();
    let retired = [
        "programs changed curation",
        "partnerships changed curation",
        "sources changed curation",
        "sources changed source_changed",
    ];
    assert_log(&world.publish().unwrap(), &retired);
}

#[test]
fn evidence_and_issues_tell_causes_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new();
    let first = open(folder.path(), &world.publish().unwrap());
    world.list(1, "Cob", "Allen", "");
    world.read_atlas(1);
    let second = open(folder.path(), &world.publish().unwrap());
    world.day = world.day + Days::new(1);
    world.register("Cob", "Allen");
    world.corrections += 1;
    world.read_registry();
    world.read_curated();
    let third = open(folder.path(), &world.publish().unwrap());
    world.read_atlas(0);
    let fourth = open(folder.path(), &world.publish().unwrap());
    let causes = |from: &ReleaseDatabase, to: &ReleaseDatabase, table: &str, source: &str| {
        let state = [state(from), state(to)];
        let of_source = |entry: &ChangeEntry| {
            let key = (entry.resource, entry.id.clone());
            state.iter().any(|state| state.get(&key).is_some_and(|r| r["source_id"] == source))
        };
        let entries = entries(from, to, 1000).into_iter();
        let entries = entries.filter(|entry| entry.resource == table && of_source(entry));
        entries
            .flat_map(|entry| entry.causes)
            .map(|cause| cause.to_string())
            .collect::<BTreeSet<_>>()
    };
    let is = |causes: BTreeSet<String>, expected: &[&str]| {
        assert_eq!(causes.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    };
    is(causes(&first, &second, "evidence", "eff-atlas"), &["new_coverage"]);
    is(causes(&first, &second, "issues", "eff-atlas"), &["new_coverage"]);
    is(causes(&second, &third, "evidence", "eff-atlas"), &["merge"]);
    is(causes(&second, &third, "evidence", "fbi-agencies"), &["source_changed"]);
    is(causes(&second, &third, "evidence", "curated"), &["correction", "curation"]);
    is(causes(&third, &fourth, "evidence", "eff-atlas"), &["source_changed"]);
    is(causes(&third, &fourth, "issues", "eff-atlas"), &["withdrawal"]);
    is(causes(&first, &fourth, "evidence", "eff-atlas"), &["new_coverage", "source_changed"]);
}

/// Writes releases with all their files below `home/releases`.
fn stage_all(home: &Path, releases: &[Dataset]) {
    let mut before: Option<(ReleaseDatabase, PreviousRelease)> = None;
    for dataset in releases {
        let folder = home.join("releases").join(dataset.release.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(DATASET_FILE);
        database::write(&path, dataset).unwrap();
        let database = ReleaseDatabase::open(&path).unwrap();
        let draft = ManifestDraft {
            release: dataset.release,
            published_at: dataset.published_at,
            schema_version: SCHEMA_VERSION.to_owned(),
            schema_sha256: "0".repeat(64),
            software_version: dataset.software_version.clone(),
            previous: before.as_ref().map(|(_, previous)| previous.clone()),
            accepted: None,
            signing_key: None,
            active_days: None,
            captures: Vec::new(),
            sources: Vec::new(),
            changes: BTreeMap::new(),
            gates: Vec::new(),
            redactions: Vec::new(),
        };
        let previous = before.as_ref().map(|(database, _)| database);
        let materials = Materials { database: &database, previous };
        let staged = stage(&folder, draft, &materials, None, &|_| Ok(())).unwrap();
        std::fs::write(folder.join(MANIFEST_FILE), staged.manifest_bytes()).unwrap();
        let manifest_sha256 = digest::sha256(staged.manifest_bytes());
        before = Some((database, PreviousRelease { release: dataset.release, manifest_sha256 }));
    }
}

#[tokio::test]
async fn the_file_and_the_api_give_the_same_lines() {
    let home = tempfile::tempdir().unwrap();
    let mut releases = history(7);
    releases.truncate(4);
    stage_all(home.path(), &releases);
    let app = App::over(home, NothingYet, Settings::default());
    let first = releases[0].release;
    assert_eq!(app.get(&format!("/data/{first}/changes.ndjson")).await.body, b"");
    for pair in releases.windows(2) {
        let [from, to] = [&pair[0], &pair[1]].map(|dataset| dataset.release);
        let file = app.get(&format!("/data/{to}/changes.ndjson")).await;
        assert_eq!(file.header("content-type"), "application/x-ndjson");
        let lines = app.get(&format!("/v1/changes.ndjson?from={from}&to={to}")).await;
        assert_eq!((file.status, &file.body), (200, &lines.body));
        let pages = app.crawl(&format!("/v1/changes?from={from}&to={to}&limit=9")).await;
        let told = String::from_utf8(file.body).unwrap();
        let ids = told.lines().map(|line| {
            let entry: Value = serde_json::from_str(line).unwrap();
            entry["id"].as_str().unwrap().to_owned()
        });
        assert_eq!(ids.collect::<Vec<_>>(), pages.concat());
    }
}
