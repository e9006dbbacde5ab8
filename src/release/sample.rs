//! Small datasets for the tests of this room.

use crate::record::{
    Agency, AgencyKind, Completeness, Edition, EditionKey, Evidence, GeoPrecision, Records,
    ReleaseId, Reported, Role, Service, Source, SubjectType, keys, mint,
};
use crate::release::dataset::{Dataset, Since};

/// The first release of the samples.
pub(super) fn first() -> ReleaseId {
    "2026-11-24.1".parse().unwrap()
}

/// The release after it.
pub(super) fn second() -> ReleaseId {
    "2026-11-25.1".parse().unwrap()
}

/// An agency whose id follows from its name.
pub(super) fn agency(name: &str) -> Agency {
    Agency {
        id: mint("agy", name).parse().unwrap(),
        name: name.to_owned(),
        aliases: Vec::new(),
        kind: AgencyKind::Police,
        service: Service::LawEnforcement,
        state: "OH".to_owned(),
        city: None,
        counties: vec!["Allen County".to_owned()],
        county_fips: vec!["39003".to_owned()],
        ori: Some(format!("OH{name}")),
        fdid: None,
        lat: Some(40.77),
        lon: Some(-84.1),
        geo_precision: GeoPrecision::Station,
        registered: true,
        active_partnerships: 0,
        partnerships: 0,
        disclosures: 0,
        first_release: first(),
        last_changed_release: first(),
        evidence_count: 1,
    }
}

/// A source.
pub(super) fn source(id: &str) -> Source {
    Source {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        publisher: "Somebody".to_owned(),
        homepage: None,
        url: None,
        format: "csv".to_owned(),
        licence: "CC0-1.0".to_owned(),
        attribution: "Somebody".to_owned(),
        redistributable: true,
        cadence: "daily".to_owned(),
        completeness: Completeness::Exhaustive,
        completeness_note: None,
        data_as_of_on: None,
        rows: 0,
        issues: 0,
        first_release: first(),
        last_changed_release: first(),
        evidence_count: 0,
    }
}

/// What `source` says of an agency.
pub(super) fn evidence(source: &str, of: &Agency, on: &str) -> Evidence {
    let name: Reported = [(keys::AGENCY.to_owned(), of.name.clone())].into();
    Evidence {
        id: mint("evd", &format!("{source} {}", of.name)).parse().unwrap(),
        subject_type: SubjectType::Agency,
        subject_id: of.id.to_string(),
        pointer: String::new(),
        role: Role::Supports,
        source_id: source.parse().unwrap(),
        source_key: of.name.clone(),
        locator: "record 1".to_owned(),
        url: None,
        archived_url: None,
        title: None,
        publisher: None,
        published_on: None,
        retrieved_at: "2026-11-24T06:00:00Z".parse().unwrap(),
        first_listed_on: on.parse().unwrap(),
        last_listed_on: on.parse().unwrap(),
        capture_sha256: on.to_owned(),
        quote: None,
        reported: name,
        first_release: first(),
        last_changed_release: first(),
        evidence_count: 0,
    }
}

/// The edition of that date, of so many rows.
pub(super) fn edition(source: &str, on: &str, rows: usize) -> Edition {
    Edition {
        source_id: source.parse().unwrap(),
        key: EditionKey {
            as_of_on: on.parse().unwrap(),
            retrieved_at: "2026-11-24T06:00:00Z".parse().unwrap(),
            capture_sha256: on.to_owned(),
        },
        records_read: rows,
        drafts: rows,
        issues: 0,
    }
}

/// A published dataset of these records.
pub(super) fn dataset(mut records: Records, editions: Vec<Edition>) -> Dataset {
    records.agencies.sort_by(|one, other| one.id.cmp(&other.id));
    records.evidence.sort_by(|one, other| one.id.cmp(&other.id));
    Dataset {
        release: first(),
        published_at: "2026-11-24T06:17:00Z".parse().unwrap(),
        software_version: "1.2.3".to_owned(),
        records,
        unread: Vec::new(),
        identities: Vec::new(),
        redirects: Vec::new(),
        withdrawals: Vec::new(),
        editions: editions.into_iter().map(|what| Since { what, release: first() }).collect(),
        changes: Vec::new(),
        gates: Vec::new(),
        redactions: Vec::new(),
        accounts: Vec::new(),
    }
}
