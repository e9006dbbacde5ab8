//! Coverage in words: one sentence for a resident, which follows from the release alone.

use std::collections::BTreeSet;

use super::coverage::{CoveringSource, ProgramCoverage};
use crate::record::{Agency, CoverageWord, PartnershipStatus, Role, Service};

impl ProgramCoverage {
    /// What is known, as one sentence for a resident.
    pub(super) fn in_words(&self, agency: &Agency) -> String {
        let (name, program) = (&agency.name, &self.program_name);
        let unmatched = match self.unmatched_partnerships {
            0 => String::new(),
            1 => "; one more, of an agency that could not be told, may be this".to_owned(),
            number => {
                format!("; one of {number} more, of agencies that could not be told, may be this")
            }
        };
        match self.coverage {
            CoverageWord::Documented => self.documented_in_words(name),
            CoverageWord::CheckedNoneFound => format!(
                "No partnership of {name} in {program} was found: {} them all{}{unmatched}.",
                lists(&self.checked_by),
                does_not_list(&self.checked_by),
            ),
            CoverageWord::NotChecked if self.sampled_by.is_empty() => format!(
                "Whether {name} is a partner in {program} was not checked: no source that is read \
                 lists the partners among {}{unmatched}.",
                agencies_of(agency.service),
            ),
            CoverageWord::NotChecked => format!(
                "Whether {name} is a partner in {program} was not checked: {} only some \
                 partners{}, and nothing follows from that{unmatched}.",
                lists(&self.sampled_by),
                does_not_list(&self.sampled_by),
            ),
        }
    }

    fn documented_in_words(&self, name: &str) -> String {
        let by = match joined(&self.who(Role::Supports)) {
            nobody if nobody.is_empty() => nobody,
            somebody => format!(" by {somebody}"),
        };
        let last = self.as_of_on.map(|last| format!(", last listed on {last}")).unwrap_or_default();
        let statuses: BTreeSet<PartnershipStatus> =
            self.partnerships.iter().map(|partnership| partnership.status).collect();
        let standing = if statuses.contains(&PartnershipStatus::Active) {
            "it counts as active"
        } else if statuses.contains(&PartnershipStatus::Unknown) {
            "whether it goes on is not known"
        } else {
            "it has ended"
        };
        let otherwise = match self.who(Role::Contradicts).as_slice() {
            [] => String::new(),
            [one] => format!("; {one} contradicts a part of it"),
            several => format!("; {} contradict a part of it", joined(several)),
        };
        let program = &self.program_name;
        format!(
            "A partnership of {name} in {program} is documented{by}{last}; {standing}{otherwise}."
        )
    }

    /// Names of the sources whose evidence of the partnerships has that role.
    fn who(&self, role: Role) -> Vec<&str> {
        let sources = self.partnerships.iter().flat_map(|partnership| &partnership.sources);
        let names: BTreeSet<&str> = sources
            .filter(|source| source.role == role)
            .map(|source| source.source_name.as_str())
            .collect();
        names.into_iter().collect()
    }
}

/// What is known of an agency in all programs, in a few sentences for a resident. What nobody
/// looked at is told as that, and never as that there is nothing.
pub(super) fn summary(agency: &Agency, programs: &[ProgramCoverage]) -> String {
    let name = &agency.name;
    let of = |word| programs.iter().filter(move |program| program.coverage == word);
    let names = |word| of(word).map(|program| program.program_name.as_str()).collect::<Vec<_>>();
    let documented = names(CoverageWord::Documented);
    let checked = names(CoverageWord::CheckedNoneFound);
    let mut sentences = Vec::new();
    if !documented.is_empty() {
        sentences
            .push(format!("A partnership of {name} is documented in {}.", joined(&documented)));
    }
    if !checked.is_empty() {
        let untold: i64 =
            of(CoverageWord::CheckedNoneFound).map(|program| program.unmatched_partnerships).sum();
        let unless = match untold {
            0 => "",
            _ => ", unless it is one of those whose agency could not be told",
        };
        let found = if documented.is_empty() {
            format!("No partnership of {name} was found")
        } else {
            "None was found".to_owned()
        };
        let oldest = of(CoverageWord::CheckedNoneFound).filter_map(|program| program.as_of_on);
        let as_of = oldest.min().map(|on| format!(", as of {on},")).unwrap_or_default();
        sentences.push(format!(
            "{found} in {}: who lists all partners among {}{as_of} does not name it{unless}.",
            joined(&checked),
            agencies_of(agency.service),
        ));
    }
    let others = if documented.is_empty() && checked.is_empty() { "" } else { "other " };
    match of(CoverageWord::NotChecked).count() {
        0 => {}
        1 => sentences.push(format!(
            "Whether it is a partner in one {others}program was not checked: that nothing is \
             listed there says nothing."
        )),
        number => sentences.push(format!(
            "Whether it is a partner in any of {number} {others}programs was not checked: that \
             nothing is listed there says nothing."
        )),
    }
    match sentences.as_slice() {
        [] => format!("No program is known in which {name} could be a partner."),
        // Nothing before it says who is spoken of.
        [only] if others.is_empty() => only.replacen("it is", &format!("{name} is"), 1),
        several => several.join(" "),
    }
}

/// Sources with the day each stands for, up to the verb.
fn lists(sources: &[CoveringSource]) -> String {
    let dated = |source: &CoveringSource| format!("{} ({})", source.source_name, source.as_of_on);
    let names = joined(&sources.iter().map(dated).collect::<Vec<_>>());
    format!("{names}, which {}", if sources.len() == 1 { "lists" } else { "list" })
}

fn does_not_list(sources: &[CoveringSource]) -> &'static str {
    if sources.len() == 1 { ", does not list it" } else { ", do not list it" }
}

/// `a`, `a and b`, `a, b and c`.
fn joined(words: &[impl AsRef<str>]) -> String {
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        let is_last = index + 1 == words.len();
        text.push_str(match (index, is_last) {
            (0, _) => "",
            (_, true) => " and ",
            (_, false) => ", ",
        });
        text.push_str(word.as_ref());
    }
    text
}

fn agencies_of(service: Service) -> &'static str {
    match service {
        Service::LawEnforcement => "law enforcement agencies",
        Service::Fire => "fire departments",
        Service::Both => "agencies that serve as police and as fire department",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined_as_a_sentence_has_them() {
        let said = [&[][..], &["a"], &["a", "b"], &["a", "b", "c"]].map(joined);
        assert_eq!(said, ["", "a", "a and b", "a, b and c"]);
    }
}
