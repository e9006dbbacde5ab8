use super::*;
use crate::record::{Edition, Evidence, Records, Redirect, Withdrawal, keys, mint};
use crate::release::dataset::Since;
use crate::release::sample::{agency, dataset, edition, evidence, second, source};

const SOURCE: &str = "fbi-agencies";

/// A dataset of `count` agencies, each with evidence from the newest edition, dated `on`.
fn of(count: usize, on: &str, older: Vec<Edition>) -> Dataset {
    let mut records = Records { sources: vec![source(SOURCE)], ..Records::default() };
    for number in 0..count {
        let agency = agency(&format!("Agency {number:04}"));
        records.evidence.push(evidence(SOURCE, &agency, on));
        records.agencies.push(agency);
    }
    let mut editions = older;
    editions.push(edition(SOURCE, on, count));
    dataset(records, editions)
}

/// Names of the gates that do not hold, with what they judged.
fn failed(candidate: &Dataset, previous: &Dataset) -> Vec<String> {
    let verdicts = judge(candidate, Some(previous), &GateLimits::default());
    let failed = verdicts.into_iter().filter(|verdict| !verdict.passed);
    failed.map(|verdict| format!("{} {}", verdict.gate, verdict.subject)).collect()
}

fn withdraw(dataset: &mut Dataset, id: String) {
    let what =
        Withdrawal { resource: "agencies".to_owned(), id, reason: "for the test".to_owned() };
    dataset.withdrawals.push(Since { what, release: second() });
}

#[test]
fn a_first_release_has_nothing_to_compare_with() {
    let verdicts = judge(&of(3, "2020-01-01", Vec::new()), None, &GateLimits::default());
    assert!(all_passed(&verdicts), "{verdicts:?}");
    assert!(verdicts.iter().all(|verdict| verdict.gate != "records_read"));
}

#[test]
fn the_same_again_passes() {
    let previous = of(200, "2020-01-01", Vec::new());
    assert_eq!(failed(&previous, &previous), Vec::<String>::new());
}

#[test]
fn rows_may_fall_by_ten_or_one_percent_and_no_further() {
    let previous = of(2_000, "2020-01-01", Vec::new());
    let older = || vec![edition(SOURCE, "2020-01-01", 2_000)];
    let mut candidate = of(2_000, "2021-01-01", older());
    // Twenty of two thousand: the evidence of those that are gone stays with its old edition.
    let unlist = |candidate: &mut Dataset, count: usize| {
        candidate.editions.last_mut().unwrap().what.records_read = 2_000 - count;
        for evidence in candidate.records.evidence.iter_mut().take(count) {
            evidence.last_listed_on = "2020-01-01".parse().unwrap();
            evidence.capture_sha256 = "2020-01-01".to_owned();
        }
    };
    unlist(&mut candidate, 20);
    assert_eq!(failed(&candidate, &previous), Vec::<String>::new());
    unlist(&mut candidate, 21);
    let gates = [
        "keys_kept fbi-agencies/agency",
        "records_ours fbi-agencies/agency",
        "records_read fbi-agencies",
    ];
    assert_eq!(failed(&candidate, &previous), gates);
}

#[test]
fn an_older_edition_changes_nothing_about_the_newest() {
    let previous = of(100, "2020-01-01", Vec::new());
    let candidate = of(100, "2020-01-01", vec![edition(SOURCE, "2018-01-01", 5)]);
    assert_eq!(failed(&candidate, &previous), Vec::<String>::new());
}

#[test]
fn no_id_goes_without_a_trail() {
    let previous = of(3, "2020-01-01", Vec::new());
    let mut candidate = previous.clone();
    let gone = candidate.records.agencies.remove(0);
    candidate.records.evidence.retain(|evidence| evidence.subject_id != gone.id.as_str());
    let gates = ["ids_kept agencies", "ids_kept evidence"];
    assert_eq!(failed(&candidate, &previous), gates);
    withdraw(&mut candidate, gone.id.to_string());
    let lost: Vec<_> = previous
        .records
        .evidence
        .iter()
        .filter(|evidence| evidence.subject_id == gone.id.as_str())
        .collect();
    let what = Redirect {
        resource: "evidence".to_owned(),
        from_id: lost[0].id.to_string(),
        to_id: "evd_0000000000".to_owned(),
        reason: "for the test".to_owned(),
    };
    candidate.redirects.push(Since { what, release: second() });
    assert_eq!(failed(&candidate, &previous), Vec::<String>::new());
}

#[test]
fn a_column_may_not_suddenly_be_unknown() {
    let previous = of(200, "2020-01-01", Vec::new());
    let mut candidate = previous.clone();
    let forget = |candidate: &mut Dataset, count: usize| {
        for agency in candidate.records.agencies.iter_mut().take(count) {
            agency.lat = None;
        }
    };
    forget(&mut candidate, 10);
    assert_eq!(failed(&candidate, &previous), Vec::<String>::new());
    forget(&mut candidate, 11);
    assert_eq!(failed(&candidate, &previous), ["unknown_share agencies.lat"]);
}

/// What a newer edition says instead, under the keys it gives.
fn later(previous: &Dataset, say: impl Fn(usize, &mut Evidence)) -> Dataset {
    let mut candidate = previous.clone();
    let rows = previous.records.evidence.len();
    candidate.editions.push(Since { what: edition(SOURCE, "2021-01-01", rows), release: second() });
    let news = previous.records.evidence.iter().enumerate().map(|(number, evidence)| {
        let mut evidence = evidence.clone();
        say(number, &mut evidence);
        evidence.last_listed_on = "2021-01-01".parse().unwrap();
        evidence.capture_sha256 = "2021-01-01".to_owned();
        evidence
    });
    let news: Vec<Evidence> = news.collect();
    for new in news {
        let same = candidate.records.evidence.iter_mut().find(|known| known.id == new.id);
        match same {
            Some(known) => *known = new,
            None => candidate.records.evidence.push(new),
        }
    }
    candidate
}

fn say(evidence: &mut Evidence, key: &str, value: &str) {
    evidence.reported.insert(key.to_owned(), value.to_owned());
    let words = format!("{} {key} {value}", evidence.id);
    evidence.id = mint("evd", &words).parse().unwrap();
}

#[test]
fn a_source_may_say_something_else_of_a_few_and_not_of_all() {
    let previous = of(200, "2020-01-01", Vec::new());
    let said = |few: usize| {
        later(&previous, move |number, evidence| {
            if number < few {
                say(evidence, keys::AGENCY, "City");
            }
        })
    };
    assert_eq!(failed(&said(10), &previous), Vec::<String>::new());
    assert_eq!(failed(&said(11), &previous), ["values_kept fbi-agencies/agency/agency"]);
    let spelt = later(&previous, |_, evidence| {
        let name = evidence.reported[keys::AGENCY].to_uppercase().replace(' ', "  ");
        say(evidence, keys::AGENCY, &name);
    });
    assert_eq!(failed(&spelt, &previous), Vec::<String>::new(), "case and blanks say nothing");
}

#[test]
fn keys_that_nobody_knew_are_no_later_edition() {
    let previous = of(200, "2020-01-01", Vec::new());
    let candidate = later(&previous, |number, evidence| {
        evidence.source_key = format!("another {number}");
        say(evidence, keys::AGENCY, "City");
    });
    let gates = ["keys_kept fbi-agencies/agency", "keys_new fbi-agencies/agency"];
    assert_eq!(failed(&candidate, &previous), gates);
}

#[test]
fn a_small_state_is_judged_by_itself() {
    let mut previous = of(2_000, "2020-01-01", Vec::new());
    for (number, evidence) in previous.records.evidence.iter_mut().enumerate() {
        let state = if number < 100 { "VT" } else { "OH" };
        evidence.reported.insert(keys::STATE.to_owned(), state.to_owned());
    }
    let renamed = |few: usize| {
        later(&previous, move |number, evidence| {
            if number < few {
                say(evidence, keys::AGENCY, &format!("Another {number}"));
            }
        })
    };
    assert_eq!(failed(&renamed(10), &previous), Vec::<String>::new());
    assert_eq!(failed(&renamed(11), &previous), ["states_kept fbi-agencies/agency"]);
}

#[test]
fn references_and_ids_are_judged_in_every_release() {
    let mut candidate = of(2, "2020-01-01", Vec::new());
    candidate.records.evidence[0].subject_id = "agy_0000000000".to_owned();
    let twin = candidate.records.agencies[0].clone();
    candidate.records.agencies.push(twin);
    let verdicts = judge(&candidate, None, &GateLimits::default());
    let failed: Vec<&str> = verdicts
        .iter()
        .filter(|verdict| !verdict.passed)
        .map(|verdict| verdict.gate.as_str())
        .collect();
    assert_eq!(failed, ["ids_unique", "references_whole"]);
}

#[test]
fn evidence_without_a_record_needs_no_subject() {
    let mut candidate = of(2, "2020-01-01", Vec::new());
    candidate.records.evidence[0].subject_id = String::new();
    let verdicts = judge(&candidate, None, &GateLimits::default());
    let of_subject = verdicts.iter().find(|verdict| verdict.subject == "evidence.subject_id");
    assert!(of_subject.unwrap().passed);
}

#[test]
fn a_new_source_that_says_less_is_not_held_for_it() {
    let previous = of(200, "2020-01-01", Vec::new());
    let mut candidate =
        of(2_000, "2020-01-01", vec![edition("usfa-registry", "2023-01-01", 1_800)]);
    candidate.records.sources.push(source("usfa-registry"));
    let known: Vec<String> =
        previous.records.agencies.iter().map(|agency| agency.id.to_string()).collect();
    let known_to = |evidence: &Evidence| known.contains(&evidence.subject_id);
    for evidence in candidate.records.evidence.iter_mut().filter(|e| !known_to(e)) {
        evidence.source_id = "usfa-registry".parse().unwrap();
    }
    for agency in &mut candidate.records.agencies {
        agency.lat = agency.lat.filter(|_| known.contains(&agency.id.to_string()));
    }
    assert_eq!(failed(&candidate, &previous), Vec::<String>::new());
    // What was there already must still be known.
    let agencies = candidate.records.agencies.iter_mut();
    for agency in agencies.filter(|agency| agency.lat.is_some()).take(11) {
        agency.lat = None;
    }
    assert_eq!(failed(&candidate, &previous), ["unknown_share agencies.lat"]);
}
