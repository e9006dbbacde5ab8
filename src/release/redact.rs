//! A dataset without a record and every trace of it.

use std::collections::{BTreeSet, HashSet};
use std::convert::Infallible;

use crate::record::{
    Evidence, Issue, Record, Redacted, RedactedKey, ReleaseId, Resource, Visit, Withdrawal,
};
use crate::release::dataset::{Dataset, Since};

/// What a redaction takes out.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    /// Ids of the records, and of those that were merged into them.
    pub ids: BTreeSet<String>,
    /// Keys whose evidence goes, each with its record.
    pub keys: Vec<RedactedKey>,
    /// Keys as the sources have them, each behind the id of its source: they are in the keys of
    /// issues.
    pub rows: BTreeSet<(String, String)>,
    /// Why.
    pub reason: String,
}

impl Dataset {
    /// Takes out records, their evidence, issues about the same rows, what the log says of them
    /// and the keys their ids were minted from; ids that were published are taken back as of
    /// `release`.
    pub fn redact(&mut self, redaction: &Redaction, release: ReleaseId) {
        let redacted = Redacted::of(&redaction.keys);
        let evidence = self.records.evidence.iter().filter(|one| redacted.has_evidence(one));
        let evidence: Vec<&Evidence> = evidence.collect();
        let places: HashSet<(&str, &str)> = evidence
            .iter()
            .map(|one| (one.capture_sha256.as_str(), one.locator.as_str()))
            .collect();
        let of_row = |issue: &&Issue| {
            let Issue { source_id, source_key, locator, problem, capture_sha256, .. } = issue;
            let place = (capture_sha256.as_str(), locator.as_str());
            redacted.has_issue(source_id, source_key.as_deref(), locator, *problem)
                || source_key.is_none() && places.contains(&place)
        };
        let issues = self.records.issues.iter().filter(of_row).map(|issue| issue.id.to_string());
        let mut gone = redaction.ids.clone();
        gone.extend(issues);
        gone.extend(evidence.iter().map(|one| one.id.to_string()));

        let Ok(()) = self.records.visit(&mut Remove(&gone));
        self.unread.retain(|id| !gone.contains(id));
        self.redirects.retain(|since| {
            !gone.contains(&since.what.from_id) && !gone.contains(&since.what.to_id)
        });
        self.withdrawals.retain(|since| !gone.contains(&since.what.id));
        self.identities.retain(|since| {
            !gone.contains(&since.what.id) && !names_row(&since.what.mint_key, &redaction.rows)
        });
        self.changes.retain(|change| !gone.contains(&change.id));
        for change in &mut self.changes {
            // What another record took over from one that is gone is not told either.
            if gone.iter().any(|id| change.fields.contains(id.as_str())) {
                "{}".clone_into(&mut change.fields);
            }
        }
        let taken = gone.into_iter().map(|id| Since {
            what: Withdrawal {
                resource: table_of(&id).to_owned(),
                id,
                reason: redaction.reason.clone(),
            },
            release,
        });
        self.withdrawals.extend(taken);
        self.redactions.extend(redaction.keys.iter().cloned());
        self.redactions.sort();
        self.redactions.dedup();
    }
}

/// Whether a key was minted from one of these rows, as those of issues and unmatched records are.
fn names_row(mint_key: &str, rows: &BTreeSet<(String, String)>) -> bool {
    rows.iter().any(|(source, key)| {
        let rest = mint_key.strip_prefix(source).and_then(|rest| rest.strip_prefix(':'));
        let rest = rest.and_then(|rest| rest.strip_prefix(key.as_str()));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    })
}

/// The table whose ids begin like this one.
#[must_use]
pub fn table_of(id: &str) -> &'static str {
    let table = match id.split_once('_').map_or("", |(prefix, _)| prefix) {
        "agy" => "agencies",
        "par" => "partnerships",
        "dis" => "disclosures",
        "tot" => "reported_totals",
        "evt" => "events",
        "evd" => "evidence",
        "iss" => "issues",
        "cor" => "corrections",
        _ => "",
    };
    Resource::of_table(table).map_or("", |resource| resource.table)
}

struct Remove<'a>(&'a BTreeSet<String>);

impl Visit for Remove<'_> {
    type Error = Infallible;

    fn visit<R: Record>(&mut self, records: &mut Vec<R>) -> Result<(), Self::Error> {
        records.retain(|record| !self.0.contains(record.id()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Cause, Identity, Records, Redirect, SubjectType, row_key};
    use crate::release::dataset::{Change, ChangeKind};
    use crate::release::sample::{agency, dataset, edition, evidence, first, second};

    /// A release with two agencies, and every trace that the first can leave.
    fn published() -> (Dataset, String) {
        let [ada, bay] = ["Ada", "Bay"].map(agency);
        let (ada_id, bay_id) = (ada.id.to_string(), bay.id.to_string());
        let both = [
            evidence("fbi-agencies", &ada, "2020-01-01"),
            evidence("fbi-agencies", &bay, "2020-01-01"),
        ];
        let records =
            Records { agencies: vec![ada, bay], evidence: both.into(), ..Records::default() };
        let mut dataset = dataset(records, vec![edition("fbi-agencies", "2020-01-01", 2)]);
        let identity = |resource: &str, mint_key: &str, id: &str| {
            let [resource, mint_key, id] = [resource, mint_key, id].map(str::to_owned);
            Since { what: Identity { resource, mint_key, id }, release: first() }
        };
        dataset.identities = vec![
            identity("agencies", "OHAda", &ada_id),
            identity("agencies", "OHBay", &bay_id),
            identity("issues", "fbi-agencies:Ada:unknown_state:Adda", "iss_0000000000"),
            identity("issues", "fbi-agencies:Adab:unknown_state:", "iss_0000000001"),
        ];
        let (resource, from_id, reason) =
            ("agencies".to_owned(), "agy_0000000000".to_owned(), "one".to_owned());
        let what = Redirect { resource, from_id, to_id: ada_id.clone(), reason };
        dataset.redirects = vec![Since { what, release: first() }];
        let change = |id: &str, fields: String| Change {
            release: first(),
            resource: "agencies",
            id: id.to_owned(),
            kind: ChangeKind::Changed,
            cause: Cause::SourceChanged,
            fields,
        };
        dataset.changes = vec![
            change(&ada_id, r#"{"name":["Adda","Ada"]}"#.to_owned()),
            change(&bay_id, format!(r#"{{"city":["{ada_id}","Ada"]}}"#)),
            change(&bay_id, r#"{"name":["By","Bay"]}"#.to_owned()),
        ];
        (dataset, ada_id)
    }

    #[test]
    fn nothing_is_left_but_a_hash_and_the_id_with_its_reason() {
        let (mut dataset, ada_id) = published();
        let source = "fbi-agencies".parse().unwrap();
        let redaction = Redaction {
            ids: [ada_id.clone(), "agy_0000000000".to_owned()].into(),
            keys: vec![RedactedKey {
                key_sha256: row_key(SubjectType::Agency, &source, "Ada"),
                resource: "agencies".to_owned(),
                id: ada_id.clone(),
                reason: "private".to_owned(),
                release: second(),
            }],
            rows: [("fbi-agencies".to_owned(), "Ada".to_owned())].into(),
            reason: "private".to_owned(),
        };
        dataset.redact(&redaction, second());

        let said = format!("{dataset:?}");
        for trace in ["\"Ada\"", "Adda", "OHAda"] {
            assert!(!said.contains(trace), "{trace}: {said}");
        }
        assert_eq!(dataset.records.agencies.len(), 1);
        assert_eq!(dataset.records.evidence.len(), 1);
        assert_eq!(dataset.identities.len(), 2);
        assert!(dataset.redirects.is_empty());
        let fields: Vec<&str> = dataset.changes.iter().map(|c| c.fields.as_str()).collect();
        assert_eq!(fields, ["{}", r#"{"name":["By","Bay"]}"#]);
        let taken: BTreeSet<&str> =
            dataset.withdrawals.iter().map(|since| since.what.id.as_str()).collect();
        assert_eq!(taken.len(), 3, "the record, the id merged into it, and its evidence");
        assert!(taken.contains(ada_id.as_str()) && taken.contains("agy_0000000000"));
        assert!(dataset.withdrawals.iter().all(|since| since.what.reason == "private"));
    }
}
