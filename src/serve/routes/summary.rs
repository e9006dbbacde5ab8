//! The headline figures of a release, each with who says so.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::json;
use super::records::subject_of;
use crate::record::{
    Cell, Disclosure, Evidence, Partnership, PartnershipStatus, RESOURCES, Record, ReportedTotal,
    Resource, Service, ValueKind,
};
use crate::release::database::{Filter, Group, Op, Query, SortBy, SortKey};
use crate::serve::answer::{Answer, Plan};
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::error::Problem;
use crate::serve::example;
use crate::serve::page::{self, Addresses, Meta};
use crate::serve::state::Place;

/// Records read for one figure; far more than there are.
const ENOUGH: usize = 10_000;

/// Pieces of evidence shown with one record of a figure.
const EVIDENCE_SHOWN: usize = 10;

/// The headline figures of a release.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::serve) struct Summary {
    /// The newest count of partner agencies each vendor or publisher states, by service: the
    /// newest exact one, a rounded one only where no other is known. The newest comes first.
    partner_agencies: Vec<PartnerAgencies>,
    /// Emergency disclosures made without the consent of the owner.
    emergency_disclosures_without_consent: EmergencyDisclosures,
    /// Partnerships by where they stand. `unknown`: last listed in an edition too old to say how
    /// things are now.
    partnerships_by_status: BTreeMap<String, i64>,
    /// The date of the newest edition that lists partnerships; null where none has a date.
    #[schema(required = true)]
    partnerships_as_of_on: Option<NaiveDate>,
    /// Records of every resource.
    records: BTreeMap<String, i64>,
}

/// A count of partner agencies, as stated.
#[derive(Debug, Serialize, ToSchema)]
struct PartnerAgencies {
    /// The reported total it is.
    reported_total_id: String,
    /// The vendor.
    vendor_id: String,
    /// Which service's agencies are counted; null where the claim does not say.
    #[schema(required = true)]
    scope: Option<Service>,
    /// The count; null for a range.
    #[schema(required = true)]
    value: Option<f64>,
    /// How firmly it is stated.
    value_kind: ValueKind,
    /// The day it stands for.
    #[schema(required = true)]
    as_of_on: Option<NaiveDate>,
    /// Who stated it.
    stated_by: String,
    /// Who says that they did.
    evidence: Vec<EvidenceLink>,
}

/// Emergency disclosures.
#[derive(Debug, Serialize, ToSchema)]
struct EmergencyDisclosures {
    /// The sum of `incident_count`: incidents reported as a number count as that number.
    incidents: i64,
    /// The disclosures that make the sum.
    disclosures: Vec<CountedDisclosure>,
}

/// A disclosure in a sum.
#[derive(Debug, Serialize, ToSchema)]
struct CountedDisclosure {
    /// The disclosure.
    disclosure_id: String,
    /// Its headline.
    title: String,
    /// The incidents it stands for; null where the number is not known.
    #[schema(required = true)]
    incident_count: Option<i64>,
    /// Who says so.
    evidence: Vec<EvidenceLink>,
}

/// Who says so.
#[derive(Debug, Serialize, ToSchema)]
struct EvidenceLink {
    /// The piece of evidence.
    evidence_id: String,
    /// A page a person can read.
    #[schema(required = true)]
    url: Option<String>,
    /// Title of that page.
    #[schema(required = true)]
    title: Option<String>,
    /// Publisher of that page.
    #[schema(required = true)]
    publisher: Option<String>,
    /// The sentence itself, where it may be shown.
    #[schema(required = true)]
    quote: Option<String>,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint {
        id: "getSummary".to_owned(),
        base: Base::Release,
        path: "/summary".to_owned(),
        tag: "releases",
        summary: "Headline figures".to_owned(),
        description: "How many departments are stated to be partners, how often footage was handed \
                      over without consent, and how many records the release holds; each claim with \
                      its evidence."
            .to_owned(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: Answers { also: &[503], ..json("SummaryAnswer", "The figures.", example()) },
        resource: None,
        handler: answer,
    }]
}

fn example() -> serde_json::Value {
    let evidence = serde_json::json!([{
        "evidence_id": "evd_0a1b2c3d4e", "url": "https://example.org/letter.pdf",
        "title": null,
        "publisher": "A senator", "quote": null,
    }]);
    serde_json::json!({
        "data": {
            "partner_agencies": [{
                "reported_total_id": "tot_0a1b2c3d4e", "vendor_id": "ring",
                "scope": "law_enforcement", "value": 2161.0, "value_kind": "exact",
                "as_of_on": "2022-07-01", "stated_by": "Amazon", "evidence": evidence.clone(),
            }],
            "emergency_disclosures_without_consent": {
                "incidents": 11,
                "disclosures": [{
                    "disclosure_id": "dis_0a1b2c3d4e", "title": "Videos given in emergencies",
                    "incident_count": 11, "evidence": evidence,
                }],
            },
            "partnerships_by_status": { "active": 0, "ended": 1, "unknown": 1500 },
            "partnerships_as_of_on": "2024-02-01",
            "records": { "agencies": 45000, "partnerships": 1501 },
        },
        "meta": example::meta(),
        "links": example::links("/summary"),
    })
}

fn answer(call: &Call<'_>) -> Result<Plan, Problem> {
    call.asked()?;
    let place = call.place()?.clone();
    let links = Addresses::new(call.state, &place).links(&call.path);
    let work = move || {
        let summary = summarise(&place)?;
        Ok(Answer::json(page::document(&summary, &Meta::of(&place), &links)))
    };
    Ok(Plan::Answer { canonical: Some(String::new()), short: false, work: Box::new(work) })
}

fn summarise(place: &Place) -> Result<Summary, Problem> {
    let mut records = BTreeMap::new();
    for resource in RESOURCES {
        records.insert(resource.table.to_owned(), place.release.rows(resource)?);
    }
    let partnerships = Query::of(resource_of::<Partnership>()?, 0);
    let status: Vec<_> = partnerships.resource.column("status").into_iter().collect();
    let groups = place.release.database()?.groups(&partnerships, &status, None)?;
    let partnerships_by_status = PartnershipStatus::WORDS
        .iter()
        .map(|word| {
            let is_it = |group: &&Group| group.values == [Cell::Text((*word).to_owned())];
            let count = groups.iter().find(is_it).map_or(0, |group| group.count);
            ((*word).to_owned(), count)
        })
        .collect();
    Ok(Summary {
        partner_agencies: partner_agencies(place)?,
        emergency_disclosures_without_consent: emergency_disclosures(place)?,
        partnerships_by_status,
        partnerships_as_of_on: newest_listing(place)?,
        records,
    })
}

/// The date of the newest edition that lists partnerships.
fn newest_listing(place: &Place) -> Result<Option<NaiveDate>, Problem> {
    let newest: Vec<Partnership> = read(place, &[], &["-status_as_of_on"], 1)?;
    Ok(newest.first().and_then(|partnership| partnership.status_as_of_on))
}

fn partner_agencies(place: &Place) -> Result<Vec<PartnerAgencies>, Problem> {
    let filters = [("metric", "partner_agencies")];
    let mut totals: Vec<ReportedTotal> =
        read(place, &filters, &["-as_of_on", "-published_on"], ENOUGH)?;
    // Exact counts first, each sort newest first: the first of a vendor and service is its headline.
    totals.sort_by_key(|total| total.value_kind != ValueKind::Exact);
    let mut headlines: BTreeMap<(String, Option<Service>), ReportedTotal> = BTreeMap::new();
    for total in totals {
        headlines.entry((total.vendor_id.as_str().to_owned(), total.scope)).or_insert(total);
    }
    let headline = |total: ReportedTotal| {
        let id = total.id.as_str().to_owned();
        Ok(PartnerAgencies {
            evidence: evidence_of(place, resource_of::<ReportedTotal>()?, &id)?,
            reported_total_id: id,
            vendor_id: total.vendor_id.as_str().to_owned(),
            scope: total.scope,
            value: total.value,
            value_kind: total.value_kind,
            as_of_on: total.as_of_on,
            stated_by: total.stated_by,
        })
    };
    let mut newest_first: Vec<_> = headlines.into_values().collect();
    newest_first.sort_by_key(|total| std::cmp::Reverse(total.as_of_on));
    newest_first.into_iter().map(headline).collect()
}

fn emergency_disclosures(place: &Place) -> Result<EmergencyDisclosures, Problem> {
    let filters = [("legal_basis", "emergency"), ("consent", "none"), ("stage", "disclosure")];
    let disclosures: Vec<Disclosure> = read(place, &filters, &[], ENOUGH)?;
    let incidents = disclosures.iter().filter_map(|disclosure| disclosure.incident_count).sum();
    let counted = |disclosure: Disclosure| {
        let id = disclosure.id.as_str().to_owned();
        Ok(CountedDisclosure {
            evidence: evidence_of(place, resource_of::<Disclosure>()?, &id)?,
            disclosure_id: id,
            title: disclosure.title,
            incident_count: disclosure.incident_count,
        })
    };
    let disclosures = disclosures.into_iter().map(counted).collect::<Result<_, Problem>>()?;
    Ok(EmergencyDisclosures { incidents, disclosures })
}

fn evidence_of(place: &Place, resource: &Resource, id: &str) -> Result<Vec<EvidenceLink>, Problem> {
    let subject = subject_of(resource).unwrap_or_default();
    let filters = [("subject_type", subject), ("subject_id", id)];
    let evidence: Vec<Evidence> = read(place, &filters, &["published_on"], EVIDENCE_SHOWN)?;
    // Our own entry says the same as the record; what counts here is who else says so.
    let cites = |evidence: &Evidence| {
        evidence.url.is_some() || evidence.title.is_some() || evidence.publisher.is_some()
    };
    let link = |evidence: Evidence| EvidenceLink {
        evidence_id: evidence.id.as_str().to_owned(),
        url: evidence.url,
        title: evidence.title,
        publisher: evidence.publisher,
        quote: evidence.quote,
    };
    Ok(evidence.into_iter().filter(cites).map(link).collect())
}

/// The first records that fit, typed.
fn read<R: Record>(
    place: &Place,
    filters: &[(&str, &str)],
    sort: &[&str],
    limit: usize,
) -> Result<Vec<R>, Problem> {
    let query = query(resource_of::<R>()?, filters, sort, limit)?;
    let page = place.release.database()?.page(&query)?;
    page.rows.into_iter().map(|row| R::from_cells(row).map_err(Problem::internal)).collect()
}

fn resource_of<R: Record>() -> Result<&'static Resource, Problem> {
    Resource::of_table(R::TABLE).ok_or_else(|| Problem::internal("a record is no resource"))
}

fn query(
    resource: &'static Resource,
    filters: &[(&str, &str)],
    sort: &[&str],
    limit: usize,
) -> Result<Query, Problem> {
    let column = |name: &str| {
        resource.column(name).ok_or_else(|| Problem::internal(format!("no column `{name}`")))
    };
    let filter = |(name, value): &(&str, &str)| {
        let values = vec![Cell::Text((*value).to_owned())];
        Ok(Filter { column: column(name)?, op: Op::Equal, values })
    };
    let key = |name: &&str| {
        let descending = name.starts_with('-');
        let by = SortBy::Column(column(name.trim_start_matches('-'))?);
        Ok(SortKey { by, descending })
    };
    Ok(Query {
        filters: filters.iter().map(filter).collect::<Result<_, Problem>>()?,
        sort: sort.iter().map(key).collect::<Result<_, Problem>>()?,
        ..Query::of(resource, limit)
    })
}
