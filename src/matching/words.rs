//! What was found, in a few words; empty where there is nothing to say.

use super::claims::{Kind, Said};
use super::name::{Name, OtherPlace};
use super::place::{City, County};

impl Name {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Printed => "printed alike",
            Self::Folded => "alike but for spelling",
            Self::Statewide => "both are the state's own police",
            Self::Words => "the same words",
            Self::Namesake => "of the same place, but one side leaves out its sort or kind",
            Self::ButForPlace => "alike but for words that tell where it is",
            Self::LongMisspelt => "long, and alike but for a letter",
            Self::Misspelt => "alike but for a letter or two",
            Self::Part => "one has a word more",
        }
    }
}

impl OtherPlace {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::No => "",
            Self::MayBe => "the longer name may be that of another place",
            Self::Each => "there is a place of each name",
        }
    }
}

impl Kind {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::SameRare => "the same, of which few are",
            Self::Unsaid => "one side does not say which",
            Self::Unusual => "one side is of none of the usual kinds",
            Self::Differs => "another kind",
        }
    }
}

impl Said {
    pub(super) fn of_sorts(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::OnlyListed => "only the source says which",
            Self::OnlyRegistered => "only the registry says which",
            Self::Differs => "another sort of municipality or district",
        }
    }

    pub(super) fn of_numbers(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::OnlyListed => "only the source has one",
            Self::OnlyRegistered => "only the registry has one",
            Self::Differs => "another number",
        }
    }

    pub(super) fn of_county_words(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::OnlyListed => "only the source calls it the county's",
            Self::OnlyRegistered => "only the registry calls it the county's",
            Self::Differs => "another county's",
        }
    }
}

impl County {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Same => "the same",
            Self::Misspelt => "the same but for a letter or two",
            Self::Silent => "",
            Self::Next => "the one next to it",
            Self::Elsewhere => "another",
            Self::AllElsewhere => "several, and all are others",
        }
    }
}

impl City {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Same => "the agency is there",
            Self::Namesake => "it has the agency's name",
            Self::Near => "the agency is near",
            Self::Silent => "",
            Self::Elsewhere => "the agency is elsewhere",
        }
    }
}
