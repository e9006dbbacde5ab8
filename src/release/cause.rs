//! Why a record changed, as far as that can be told.
//!
//! What is newly said of a record explains its change, and outweighs what was only said again. Where
//! nothing at all was said of it, it follows from others, or from the program, or from the calendar.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::record::{Cause, Edition, ReleaseId};
use crate::release::dataset::Since;

/// The source of what people wrote down: a change of its evidence is curation.
const CURATED: &str = "curated";

/// Where the keys of corrections begin.
const CORRECTIONS: &str = "corrections/";

/// How a source was read for a release in which an edition of it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// No edition of it was read before.
    First,
    /// There were others before.
    Again,
}

/// The sources that were read for a release.
#[derive(Debug, Default)]
pub(super) struct Readings(BTreeMap<String, Reading>);

impl Readings {
    /// Those of one release, by the release that each edition was read for.
    pub(super) fn of(editions: &[Since<Edition>], release: ReleaseId) -> Self {
        let mut readings = BTreeMap::new();
        for Since { what, .. } in editions.iter().filter(|edition| edition.release == release) {
            readings.insert(what.source_id.to_string(), Reading::First);
        }
        for Since { what, .. } in editions.iter().filter(|edition| edition.release < release) {
            if let Some(reading) = readings.get_mut(what.source_id.as_str()) {
                *reading = Reading::Again;
            }
        }
        Self(readings)
    }

    /// Why what a source says changed; `None` where it was not read.
    pub(super) fn cause_of_source(&self, source_id: &str) -> Option<Cause> {
        self.0.get(source_id).map(|reading| match reading {
            Reading::First | Reading::Again if source_id == CURATED => Cause::Curation,
            Reading::First => Cause::NewCoverage,
            Reading::Again => Cause::SourceChanged,
        })
    }

    /// Why a piece of evidence is new or changed: by who gives it; `None` where nothing was read
    /// that gives it, so that it only speaks of another record.
    pub(super) fn cause_of_evidence(&self, source_id: &str, source_key: &str) -> Option<Cause> {
        let cause = self.cause_of_source(source_id)?;
        Some(if source_key.starts_with(CORRECTIONS) { Cause::Correction } else { cause })
    }

    /// The weightiest of what was read, as a reason for what follows from no source in particular.
    fn weightiest(&self) -> Option<Cause> {
        self.0
            .keys()
            .filter_map(|source| self.cause_of_source(source))
            .max_by_key(|cause| weight(*cause))
    }
}

/// Which of several causes is told: a decision about the record before a source, a source before our
/// own curation, and whatever was said before what followed of itself.
fn weight(cause: Cause) -> u8 {
    match cause {
        Cause::Correction => 7,
        Cause::Merge => 6,
        Cause::Withdrawal => 5,
        Cause::SourceChanged => 4,
        Cause::NewCoverage => 3,
        Cause::Curation => 2,
        Cause::ProgramChanged => 1,
        Cause::TimePassed => 0,
    }
}

/// What explains the changes of one release.
#[derive(Debug)]
pub(super) struct Explanations {
    pub(super) readings: Readings,
    /// Whether the release before was made by the same version of the program.
    pub(super) same_program: bool,
    /// Whether records are redacted in this release: what else differs follows from that.
    pub(super) redacts: bool,
    /// Ids that were merged into others.
    pub(super) merged: BTreeSet<String>,
    /// By record: what is newly said of it.
    said: HashMap<String, Cause>,
    /// By agency and program: why what follows from it, or what it follows from, changed: the
    /// counts of an agency follow from its partnerships, theirs from the standing of a program.
    follows: HashMap<String, Cause>,
    /// By record: the sources that were read and speak of it. By what they no longer list they
    /// explain its change as well as by what they list.
    spoken_of: HashMap<String, Cause>,
}

impl Explanations {
    pub(super) fn new(readings: Readings, same_program: bool, merged: BTreeSet<String>) -> Self {
        let (said, follows, spoken_of) = Default::default();
        Self { readings, same_program, redacts: false, merged, said, follows, spoken_of }
    }

    /// A source speaks of a record, whether or not it says anything new.
    pub(super) fn note_speaker(&mut self, source_id: &str, subject_id: &str) {
        if let Some(cause) = self.readings.cause_of_source(source_id) {
            keep_weightier(&mut self.spoken_of, subject_id, cause);
        }
    }

    /// Something new was said of a record.
    pub(super) fn note_said(&mut self, subject_id: &str, cause: Cause) {
        if !subject_id.is_empty() {
            keep_weightier(&mut self.said, subject_id, cause);
        }
    }

    /// A record changed from which others follow: those of an agency or a program.
    pub(super) fn note_follows(&mut self, id: &str, cause: Cause) {
        if !id.is_empty() {
            keep_weightier(&mut self.follows, id, cause);
        }
    }

    /// What is newly said of a record.
    pub(super) fn said_of(&self, id: &str) -> Option<Cause> {
        self.said.get(id).copied()
    }

    /// Why a record changed; `origin` is the agency or program its change can follow from.
    pub(super) fn cause_of_record(&self, id: &str, origin: Option<&str>) -> Cause {
        let follows = || origin.and_then(|id| self.follows.get(id)).copied();
        self.said_of(id).or_else(follows).unwrap_or_else(|| self.indirect_cause(id))
    }

    /// Why a record changed of which nothing new was said: a new edition of a source that speaks of
    /// it lists it again, or no more; or this program differs; or the record follows from others
    /// that changed, such as a gazetteer; or it grew too old.
    pub(super) fn indirect_cause(&self, id: &str) -> Cause {
        match self.spoken_of.get(id) {
            Some(cause) => *cause,
            None if !self.same_program => Cause::ProgramChanged,
            None => {
                let otherwise = if self.redacts { Cause::Withdrawal } else { Cause::TimePassed };
                self.readings.weightiest().unwrap_or(otherwise)
            }
        }
    }
}

fn keep_weightier(causes: &mut HashMap<String, Cause>, id: &str, cause: Cause) {
    match causes.get_mut(id) {
        Some(known) if weight(*known) >= weight(cause) => {}
        Some(known) => *known = cause,
        None => drop(causes.insert(id.to_owned(), cause)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::sample::{edition, first, second};

    fn editions(read: &[(&str, ReleaseId)]) -> Vec<Since<Edition>> {
        let since = |(source, release): &(&str, ReleaseId)| Since {
            what: edition(source, &release.date().to_string(), 1),
            release: *release,
        };
        read.iter().map(since).collect()
    }

    #[test]
    fn a_source_covers_anew_once_and_changes_from_then_on() {
        let editions = editions(&[
            ("eff-atlas", first()),
            ("eff-atlas", second()),
            ("usfa-registry", second()),
        ]);
        let cause =
            |release, source: &str| Readings::of(&editions, release).cause_of_source(source);
        assert_eq!(cause(first(), "eff-atlas"), Some(Cause::NewCoverage));
        assert_eq!(cause(second(), "eff-atlas"), Some(Cause::SourceChanged));
        assert_eq!(cause(second(), "usfa-registry"), Some(Cause::NewCoverage));
        assert_eq!(cause(first(), "usfa-registry"), None);
    }

    #[test]
    fn what_people_wrote_is_curation_or_a_correction_however_often_it_was_read() {
        let editions = editions(&[("curated", first()), ("curated", second())]);
        for release in [first(), second()] {
            let readings = Readings::of(&editions, release);
            let cause = |key: &str| readings.cause_of_evidence("curated", key);
            assert_eq!(cause("programs/ring"), Some(Cause::Curation));
            assert_eq!(cause("corrections/ring"), Some(Cause::Correction));
        }
    }

    #[test]
    fn what_is_said_outweighs_what_is_said_again_and_that_what_follows() {
        let read = editions(&[("curated", first()), ("eff-atlas", first()), ("curated", second())]);
        let readings = Readings::of(&read, second());
        let mut why = Explanations::new(readings, false, BTreeSet::new());
        assert_eq!(why.cause_of_record("par_1", None), Cause::ProgramChanged);
        why.note_speaker("eff-atlas", "par_1");
        assert_eq!(why.cause_of_record("par_1", None), Cause::ProgramChanged, "it was not read");
        why.note_speaker("curated", "par_1");
        assert_eq!(why.cause_of_record("par_1", None), Cause::Curation);
        why.note_follows("ring", Cause::Correction);
        assert_eq!(why.cause_of_record("par_1", Some("ring")), Cause::Correction);
        why.note_said("par_1", Cause::NewCoverage);
        why.note_said("par_1", Cause::Curation);
        assert_eq!(why.cause_of_record("par_1", Some("ring")), Cause::NewCoverage);
        let nothing = Explanations::new(Readings::default(), true, BTreeSet::new());
        assert_eq!(nothing.cause_of_record("par_1", None), Cause::TimePassed);
    }
}
