//! The coverage as data says of every agency what the answer about the agency says, and claims
//! nothing where nobody looked.

use std::collections::BTreeMap;
use std::convert::Infallible;

use porchlight::record::coverage::Lists;
use porchlight::record::{
    Agency, Completeness, Conclusion, CoverageCell, CoverageId, Evidence, Extent, Partnership,
    PartnershipStatus, Role, STATES, Service, SubjectType,
};
use porchlight::release::database::{ReleaseDatabase, write};
use porchlight::release::dataset::Dataset;
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::release::{ReleaseBuilder, agency, evidence, partnership, program, who_looks};

const RELEASE: &str = "2026-11-24.1";

fn cells(dataset: &Dataset) -> Vec<CoverageCell> {
    let Ok(cells) = Lists::of(&dataset.records, editions(dataset))
        .cells(|mint_key| Ok::<_, Infallible>(CoverageId::mint(mint_key)));
    cells
}

fn editions(dataset: &Dataset) -> impl Iterator<Item = &porchlight::record::Edition> {
    dataset.editions.iter().map(|edition| &edition.what)
}

/// Asks for every agency what is known of it, and holds each answer to the table of pairs, and to
/// the cells of the coverage.
pub(crate) async fn assert_agencies_and_cells_agree(app: &App, dataset: &Dataset) {
    let cells = cells(dataset);
    let pairs = Lists::of(&dataset.records, editions(dataset)).agencies();
    let pairs: BTreeMap<(&str, &str), _> = pairs
        .iter()
        .map(|pair| ((pair.agency_id.as_str(), pair.program_id.as_str()), pair))
        .collect();
    assert!(!dataset.records.agencies.is_empty() && !dataset.records.programs.is_empty());
    for agency in &dataset.records.agencies {
        let path = format!("/v1/releases/{}/agencies/{}/coverage", dataset.release, agency.id);
        let answer = app.get(&path).await.json();
        let programs = answer["data"]["programs"].as_array().unwrap();
        assert_eq!(programs.len(), dataset.records.programs.len());
        for program in programs {
            let id = program["program_id"].as_str().unwrap();
            let told = (program["coverage"].as_str().unwrap(), &program["as_of_on"]);
            let pair = pairs.get(&(agency.id.as_str(), id));
            let (word, as_of_on) = pair.map_or(("not_checked", Value::Null), |pair| {
                (pair.coverage.as_str(), json!(pair.as_of_on))
            });
            assert_eq!(told, (word, &as_of_on), "{} in {id}", agency.name);
            let own: Vec<&CoverageCell> = cells
                .iter()
                .filter(|cell| {
                    cell.program_id.as_str() == id
                        && (cell.service, &cell.state) == (agency.service, &agency.state)
                })
                .collect();
            assert_cells_say(program, &own);
        }
    }
}

/// Holds what is known of an agency's part in a program to the cells that are about it.
fn assert_cells_say(program: &Value, cells: &[&CoverageCell]) {
    let mut looked: Vec<Value> = ["checked_by", "sampled_by"]
        .iter()
        .flat_map(|list| program[list].as_array().unwrap().clone())
        .map(|look| json!([look["source_id"], look["completeness"], look["as_of_on"]]))
        .collect();
    looked.sort_by_key(ToString::to_string);
    let of_cells = cells.iter().filter(|cell| cell.source_id.is_some());
    let mut of_cells: Vec<Value> =
        of_cells.map(|cell| json!([cell.source_id, cell.extent, cell.as_of_on])).collect();
    of_cells.sort_by_key(ToString::to_string);
    assert_eq!(of_cells, looked, "{program}");
    let nobody = cells.iter().filter(|cell| cell.source_id.is_none()).count();
    assert_eq!(nobody, usize::from(looked.is_empty()), "{program}");
    let checked = cells.iter().any(|cell| cell.conclusion == Conclusion::CheckedNoneFound);
    match program["coverage"].as_str().unwrap() {
        "documented" => {}
        "checked_none_found" => assert!(checked, "{program}"),
        word => assert!(word == "not_checked" && !checked, "{program}"),
    }
}

fn of(program: &str, agency: Option<&Agency>, key: &str, service: Service) -> Partnership {
    Partnership {
        agency_id: agency.map(|agency| agency.id.clone()),
        state: agency.map_or(Some("OH".to_owned()), |agency| Some(agency.state.clone())),
        program_id: program.parse().unwrap(),
        service: agency.map_or(service, |agency| agency.service),
        last_listed_on: "2023-01-01".parse().ok(),
        ..partnership(key, PartnershipStatus::Unknown)
    }
}

fn listed(partnership: &Partnership, source: &str, last: &str) -> Evidence {
    let mut listed = evidence(SubjectType::Partnership, partnership.id.as_str(), source);
    listed.source_id = source.parse().unwrap();
    listed.first_listed_on = last.parse().unwrap();
    listed.last_listed_on = last.parse().unwrap();
    listed
}

/// Sources that look at some things and not at others, each of them a reason to claim too much.
fn traps() -> ReleaseBuilder {
    let named = |name: &str, service, state: &str| Agency {
        service,
        state: state.to_owned(),
        ..agency(name)
    };
    let police = named("Police", Service::LawEnforcement, "OH");
    let other_police = named("Other police", Service::LawEnforcement, "MO");
    let fire = named("Fire", Service::Fire, "OH");
    let both = named("Both", Service::Both, "OH");
    let island = named("Island", Service::LawEnforcement, "GU");
    let stray = Agency { registered: false, ..named("Stray", Service::LawEnforcement, "OH") };
    // A whole list of one program and of policing alone.
    let whole = of("a-whole", Some(&police), "1", Service::LawEnforcement);
    let untold = of("a-whole", None, "2", Service::LawEnforcement);
    let strays = of("a-whole", Some(&stray), "3", Service::LawEnforcement);
    // Whole lists of both services, the one older than the other.
    let newer = of("b-both", Some(&other_police), "4", Service::LawEnforcement);
    let older = of("b-both", Some(&fire), "5", Service::Fire);
    // A sample, and editors who wrote about one.
    let sampled = of("c-sample", Some(&police), "6", Service::LawEnforcement);
    let written = of("c-sample", Some(&fire), "7", Service::Fire);
    // Evidence of no edition, and evidence against.
    let undated = of("d-undated", Some(&police), "8", Service::LawEnforcement);
    let denied = of("d-undated", Some(&fire), "9", Service::Fire);
    let against = Evidence { role: Role::Contradicts, ..listed(&denied, "map", "2023-01-01") };
    let mut release = ReleaseBuilder::new(RELEASE)
        .has(&against)
        .has(&listed(&whole, "map", "2023-01-01"))
        .has(&listed(&untold, "map", "2023-01-01"))
        .has(&listed(&strays, "map", "2023-01-01"))
        .has(&listed(&newer, "map", "2023-01-01"))
        .has(&listed(&older, "map", "2021-01-01"))
        .has(&listed(&sampled, "atlas", "2022-01-01"))
        .has(&listed(&written, "curated", "2024-01-01"))
        .has(&listed(&undated, "map", "2019-01-01"))
        .has(&who_looks("map", Completeness::Exhaustive))
        .has(&who_looks("registry", Completeness::Exhaustive))
        .has(&who_looks("atlas", Completeness::Sample))
        .has(&who_looks("curated", Completeness::Editorial))
        .edition("map", "2021-01-01")
        .edition("map", "2023-01-01")
        .edition("registry", "2024-01-01")
        .edition("atlas", "2022-01-01")
        .edition("curated", "2024-01-01");
    for agency in [police, other_police, fire, both, island, stray] {
        release = release.has(&agency);
    }
    for partnership in [whole, untold, strays, newer, older, sampled, written, undated, denied] {
        release = release.has(&partnership);
    }
    // And one of which nobody lists anything.
    for id in ["a-whole", "b-both", "c-sample", "d-undated", "e-nobody"] {
        release = release.has(&program(id));
    }
    release
}

fn database(app: &App) -> ReleaseDatabase {
    let folder = app.home.path().join("releases").join(RELEASE);
    ReleaseDatabase::open(&folder.join("dataset.sqlite")).unwrap()
}

#[tokio::test]
async fn every_agency_is_told_the_same_by_the_cells_and_by_its_own_answer() {
    let app = App::of([traps()]);
    let dataset = database(&app).load().unwrap();
    assert_eq!(
        database(&app).survey().unwrap().looks,
        Lists::of(&dataset.records, editions(&dataset)).looks()
    );
    assert_agencies_and_cells_agree(&app, &dataset).await;
}

#[tokio::test]
async fn each_cell_has_a_row_per_source_that_looked_or_one_that_says_that_none_did() {
    let app = App::of([traps()]);
    let dataset = database(&app).load().unwrap();
    let cells = cells(&dataset);
    let states = STATES.len() + 1;
    assert_eq!(cells.len(), 5 * 3 * states, "no cell has two sources here");
    let said = |program: &str, service: Service, state: &str| {
        let mut found = cells.iter().filter(|cell| {
            (cell.program_id.as_str(), cell.service, cell.state.as_str())
                == (program, service, state)
        });
        let cell = found.next().unwrap();
        assert!(found.next().is_none(), "{cell:?}");
        let source = cell.source_id.as_ref().map_or("nobody", |id| id.as_str());
        let as_of = cell.as_of_on.map(|on| on.to_string()).unwrap_or_default();
        let counts = [cell.agencies, cell.documented, cell.unmatched];
        format!("{source} {} {as_of} {counts:?} {}", cell.extent, cell.conclusion)
    };
    let [police, fire, both] = [Service::LawEnforcement, Service::Fire, Service::Both];
    // The stray is in no registry, and the untold partner may be of any department of Ohio.
    assert_eq!(
        said("a-whole", police, "OH"),
        "map exhaustive 2023-01-01 [1, 1, 1] checked_none_found"
    );
    assert_eq!(
        said("a-whole", police, "GU"),
        "map exhaustive 2023-01-01 [1, 0, 0] checked_none_found"
    );
    let nobody = |agencies: i64| format!("nobody none  [{agencies}, 0, 0] not_checked");
    assert_eq!(said("a-whole", fire, "OH"), nobody(1), "a list of police is none of fire brigades");
    assert_eq!(said("a-whole", both, "OH"), nobody(1), "nor of who is both");
    assert_eq!(
        said("b-both", both, "OH"),
        "map exhaustive 2021-01-01 [1, 0, 0] checked_none_found"
    );
    assert_eq!(said("c-sample", police, "OH"), "atlas sample 2022-01-01 [1, 1, 0] not_checked");
    assert_eq!(said("c-sample", fire, "OH"), "curated editorial 2024-01-01 [1, 1, 0] not_checked");
    assert_eq!(said("d-undated", police, "OH"), nobody(1), "no edition has that date");
    assert_eq!(said("d-undated", fire, "OH"), nobody(1), "what contradicts is no listing");
    assert_eq!(said("e-nobody", police, "WY"), nobody(0));
    for cell in &cells {
        let is_whole = cell.extent == Extent::Exhaustive;
        assert_eq!(cell.conclusion == Conclusion::CheckedNoneFound, is_whole);
        assert_eq!(cell.extent == Extent::None, cell.source_id.is_none());
        assert_eq!(cell.as_of_on.is_none(), cell.source_id.is_none());
        assert!((0..=cell.agencies).contains(&cell.documented));
    }
}

#[tokio::test]
async fn the_release_file_tells_each_pair_that_anything_is_known_of() {
    let app = App::of([traps()]);
    let dataset = database(&app).load().unwrap();
    let path = app.home.path().join("again.sqlite");
    write(&path, &dataset).unwrap();
    let connection = format!("file:{}?mode=ro", path.display());
    let rows = crate::support::release::rows(
        &connection,
        "SELECT (SELECT name FROM agencies a WHERE a.id = agency_id) || ' ' || program_id || ' ' || \
         coverage || ' ' || COALESCE(as_of_on, '') || ' ' || sources FROM agency_coverage",
    );
    let mut rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    rows.sort_unstable();
    assert_eq!(
        rows,
        [
            r#"Both b-both checked_none_found 2021-01-01 ["map"]"#,
            r#"Fire b-both documented 2023-01-01 ["map"]"#,
            r#"Fire c-sample documented 2023-01-01 ["curated"]"#,
            r"Fire d-undated documented 2023-01-01 []",
            r#"Island a-whole checked_none_found 2023-01-01 ["map"]"#,
            r#"Island b-both checked_none_found 2023-01-01 ["map"]"#,
            r#"Other police a-whole checked_none_found 2023-01-01 ["map"]"#,
            r#"Other police b-both documented 2023-01-01 ["map"]"#,
            r#"Police a-whole documented 2023-01-01 ["map"]"#,
            r#"Police b-both checked_none_found 2023-01-01 ["map"]"#,
            r#"Police c-sample documented 2023-01-01 ["atlas"]"#,
            r#"Police d-undated documented 2023-01-01 ["map"]"#,
            r#"Stray a-whole documented 2023-01-01 ["map"]"#,
            r#"Stray b-both checked_none_found 2023-01-01 ["map"]"#,
        ]
    );
}
