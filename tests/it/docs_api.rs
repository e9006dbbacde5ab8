//! Every call in the API guide is made, and every answer in it compared with what comes.
//!
//! The releases are those the guide speaks of: the built-in data, and then four rows as they stand
//! in the FBI's list. No network is needed.

use std::fmt::Write as _;

use porchlight::serve::Settings;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::app::{App, NothingYet};
use crate::support::program::Program;
use crate::support::source_tree::read;

const GUIDE: &str = "docs/api.md";

/// The releases as the guide calls them; a release is named after the day it is made on.
const NAMED: [&str; 2] = ["2026-11-24.1", "2026-11-24.2"];

/// What stands where an answer is cut.
const CUT: &str = "…";

const AGENCIES: &str = "\
,agency_name,agency_type_name,county_name,division_name,latitude,longitude,nibrs,ori,region_desc,region_name,state_abbr,state_name
0,West Orange Police Department,City,ESSEX,Middle Atlantic,40.77821,-74.23901,0.0,NJ0072200,Region I,Northeast,NJ,New Jersey
1,Hamilton Police Department,City,BUTLER,East North Central,39.39787,-84.56464,1.0,OH0090200,Region II,Midwest,OH,Ohio
2,Tigard Police Department,City,WASHINGTON,Pacific,45.4259,-122.765755,1.0,OR0340400,Region IV,West,OR,Oregon
3,West Orange Police Department,City,ORANGE,West South Central,30.084656,-93.761215,0.0,TX1810500,Region III,South,TX,Texas
";

/// A call in the guide, and the answer that stands below it: its language, and its text.
struct Example {
    call: String,
    language: String,
    answer: String,
}

/// The fenced blocks of a document: language and text.
fn blocks(document: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in document.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, text))) => writeln!(text, "{line}").unwrap(),
            (None, None) => {}
        }
    }
    blocks
}

/// The calls of a document with their answers. Every block must be one or the other.
fn examples(document: &str) -> Vec<Example> {
    let blocks = blocks(document);
    let mut examples = Vec::new();
    for pair in blocks.chunks(2) {
        let [(sh, command), (language, answer)] = pair else { panic!("a call without an answer") };
        assert_eq!(sh, "sh", "an answer without a call:\n{command}");
        let address = command.trim().strip_prefix("curl 'http://127.0.0.1:8080");
        let call = address.and_then(|rest| rest.strip_suffix('\'')).unwrap_or_default();
        assert!(call.starts_with('/'), "no call of this server: {command}");
        let (call, language, answer) = (call.to_owned(), language.clone(), answer.clone());
        examples.push(Example { call, language, answer });
    }
    examples
}

/// The addresses that stand in the text of a document, in backticks.
fn addresses(document: &str) -> Vec<&str> {
    let prose = document.split('`').skip(1).step_by(2);
    let calls = ["/v1/", "/feeds/"];
    prose.filter(|code| calls.iter().any(|call| code.starts_with(call))).collect()
}

/// An answer of the guide as JSON in which a key or an element `…` says that there are more.
fn with_cuts(text: &str) -> Value {
    let mut json = String::new();
    let mut quoted = false;
    for character in text.chars() {
        quoted ^= character == '"';
        if character == '…' && !quoted {
            json.push_str("\"…\"");
        } else {
            json.push(character);
        }
    }
    // In an object it stands as a key.
    let json = json.replace("\"…\"}", "\"…\":null}");
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}:\n{json}"))
}

/// Where an answer is not what the guide says, or `None`.
fn difference(told: &Value, real: &Value, at: &str) -> Option<String> {
    let differs = || Some(format!("{at}: the guide says {told}, the answer {real}"));
    match (told, real) {
        (Value::Object(told), Value::Object(real)) => {
            if !told.contains_key(CUT) && told.len() != real.len() {
                return Some(format!("{at}: has more keys, and the guide no `…`"));
            }
            told.iter().filter(|(key, _)| *key != CUT).find_map(|(key, value)| {
                let Some(real) = real.get(key) else {
                    return Some(format!("{at}/{key}: is not there"));
                };
                difference(value, real, &format!("{at}/{key}"))
            })
        }
        (Value::Array(told), Value::Array(real)) => {
            let shown: Vec<_> = told.iter().filter(|element| *element != CUT).collect();
            if shown.len() == told.len() && told.len() != real.len() {
                return Some(format!("{at}: has {} elements, and the guide no `…`", real.len()));
            }
            // Those that are shown stand in this order.
            let mut rest = real.iter().enumerate();
            shown.into_iter().find_map(|element| {
                let found = rest.any(|(_, real)| difference(element, real, at).is_none());
                (!found).then(|| format!("{at}: no such element in this place: {element}"))
            })
        }
        (Value::String(text), Value::String(real)) => match text.strip_suffix(CUT) {
            Some(beginning) if real.starts_with(beginning) => None,
            None if text == real => None,
            Some(_) | None => differs(),
        },
        (told, real) => (told != real).then(differs).flatten(),
    }
}

/// A home with the two releases, and their names.
fn home() -> (TempDir, Vec<String>) {
    let home = tempfile::tempdir().unwrap();
    let beside = tempfile::tempdir().unwrap();
    let (sources, agencies) = (beside.path().join("sources.toml"), beside.path().join("fbi.csv"));
    std::fs::write(&sources, "").unwrap();
    std::fs::write(&agencies, AGENCIES).unwrap();
    let program = Program::new(home.path(), &sources);
    program.succeed(&["refresh", "--only", "curated"]);
    let agencies = agencies.to_str().unwrap();
    program.succeed(&["import", "fbi-agencies", agencies, "--as-of", "2018-09-01"]);
    let folders = std::fs::read_dir(home.path().join("releases")).unwrap();
    let mut names: Vec<_> =
        folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    (home, names)
}

#[actix_web::test]
async fn every_call_of_the_guide_is_answered_as_it_says() {
    let (home, names) = home();
    assert_eq!(names.len(), NAMED.len(), "{names:?}");
    let mut guide = read(GUIDE);
    // The bare date, too.
    for (named, name) in NAMED.iter().zip(&names) {
        guide = guide.replace(named, name);
    }
    let day = |name: &str| name.split('.').next().unwrap().to_owned();
    guide = guide.replace(&format!("{}/", day(NAMED[1])), &format!("{}/", day(&names[1])));

    let app = App::over(home, NothingYet, Settings::default());
    let mut wrong = Vec::new();
    let examples = examples(&guide);
    assert!(examples.len() >= 10, "{}", examples.len());
    for Example { call, language, answer } in &examples {
        let got = app.get(call).await;
        let found = match language.as_str() {
            "json" => difference(&with_cuts(answer), &got.json(), ""),
            "csv" => {
                let text = String::from_utf8(got.body).unwrap();
                let mut lines = text.trim_start_matches('\u{feff}').lines();
                let shown = answer.lines().filter(|line| *line != CUT);
                shown
                    .into_iter()
                    .find(|line| !lines.any(|real| real == *line))
                    .map(|line| format!("no such line in this place: {line}"))
            }
            other => Some(format!("an answer in `{other}`")),
        };
        wrong.extend(found.map(|difference| format!("{call}\n  {difference}")));
    }
    for address in addresses(&guide) {
        let got = app.get(address).await;
        if got.status != 200 {
            wrong.push(format!(
                "{address}\n  {}: {}",
                got.status,
                String::from_utf8_lossy(&got.body)
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn an_answer_that_differs_from_the_guide_is_found() {
    let real = serde_json::json!({"a": [1, 2, 3], "b": "words and more", "c": null});
    let differs = |told| difference(&with_cuts(told), &real, "").is_some();
    for told in [
        r#"{"a": [1, 2, 3], "b": "words and more", "c": null}"#,
        r#"{"a": [2, …], "b": "words…", …}"#,
        r#"{"a": [1, 3, …], …}"#,
        "{…}",
    ] {
        assert!(!differs(told), "{told}");
    }
    for told in [
        r#"{"a": [1, 2, 3]}"#,
        r#"{"a": [1, 2], …}"#,
        r#"{"a": [3, 1, …], …}"#,
        r#"{"b": "other…", …}"#,
        r#"{"c": 0, …}"#,
        r#"{"d": null, …}"#,
    ] {
        assert!(differs(told), "{told}");
    }
}
