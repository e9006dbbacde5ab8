//! What speaks for a candidate, what against it, and how much each counts.
//!
//! The points were set by hand and are kept by what the labelled pairs of `tests/fixtures/matching`
//! say of them: 100 is certain, and at [`MatchAccount::ENOUGH`][crate::record::MatchAccount::ENOUGH]
//! a link is as sure as a name that is printed alike, borne by one agency of the state, with nothing
//! known of the place.

use super::claims::{self, Kind, Said};
use super::index::Index;
use super::name::{self, Name, OtherPlace};
use super::place::{self, City, County};
use crate::record::{Listing, MatchFeature, NameKeys};

/// Everything that was compared of a listing and one agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Features {
    name: Name,
    other_place: OtherPlace,
    kind: Kind,
    sort: Said,
    number: Said,
    county_word: Said,
    county: County,
    city: City,
    /// An agency of the same place but of another sort is as likely.
    has_sibling: bool,
    /// No other agency of the state has a name as near.
    alone: bool,
}

impl Features {
    /// Compares a listing with an agency; none if their names have nothing in common.
    pub(super) fn of<'a>(index: &Index<'a>, listing: &'a Listing, position: usize) -> Option<Self> {
        let agency = &index.agencies[position];
        let names = std::iter::once(&agency.name_keys).chain(&agency.other_names);
        let by_name = names.filter_map(|name| Self::by(index, listing, position, name));
        by_name.max_by_key(Self::points)
    }

    /// Compares by one of the agency's names.
    fn by<'a>(
        index: &Index<'a>,
        listing: &'a Listing,
        position: usize,
        registered: &NameKeys,
    ) -> Option<Self> {
        let agency = &index.agencies[position];
        let (name, other_place) = name::compare(index, listing, agency, registered)?;
        let listed = &listing.name_keys;
        // Wherever its headquarters are met.
        let is_anywhere = name == Name::Statewide;
        Some(Self {
            name,
            other_place,
            kind: if is_anywhere { Kind::Same } else { claims::kind(listing, agency) },
            sort: claims::sort(index, listing, agency, registered),
            number: claims::number(listed, registered),
            county_word: claims::county_word(index, listing, agency, registered),
            county: if is_anywhere {
                County::Silent
            } else {
                place::county(index, listing, agency)
            },
            city: if is_anywhere { City::Silent } else { place::city(index, listing, agency) },
            has_sibling: claims::has_sibling(index, listing, position),
            alone: false,
        })
    }

    pub(super) fn with_alone(self, alone: bool) -> Self {
        Self { alone, ..self }
    }

    /// What the name alone is worth, for a rival; less than nothing if it cannot be the one.
    pub(super) fn name_points(&self) -> i32 {
        let against = [
            self.kind_points(),
            self.sort_points(),
            self.number_points(),
            self.county_word_points(),
            self.other_place_points(),
        ];
        self.own_name_points() + against.into_iter().sum::<i32>()
    }

    /// All points.
    pub(super) fn points(&self) -> i32 {
        self.each().into_iter().map(|(_, _, points)| points).sum()
    }

    /// How alike the names are.
    pub(super) fn name(&self) -> Name {
        self.name
    }

    pub(super) fn is_alone(&self) -> bool {
        self.alone
    }

    pub(super) fn county(&self) -> County {
        self.county
    }

    /// Whether the place speaks against it.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.county_points() + self.city_points() < 0
    }

    /// All features that say anything, with their points.
    pub(super) fn explain(&self) -> Vec<MatchFeature> {
        let said = self.each().into_iter().filter(|(_, found, _)| !found.is_empty());
        said.map(|(name, found, points)| MatchFeature {
            name: name.to_owned(),
            found: found.to_owned(),
            points,
        })
        .collect()
    }

    /// Every feature: its name, what was found in a few words, and the points.
    fn each(&self) -> [(&'static str, &'static str, i32); 9] {
        let alone = if self.alone { "no other agency of the state has a name as near" } else { "" };
        let (sort, number) = (self.sort.of_sorts(), self.number.of_numbers());
        [
            ("name", self.name.in_words(), self.own_name_points()),
            ("other_place", self.other_place.in_words(), self.other_place_points()),
            ("kind", self.kind.in_words(), self.kind_points()),
            ("sort", sort, self.sort_points()),
            ("number", number, self.number_points()),
            ("county_word", self.county_word.of_county_words(), self.county_word_points()),
            ("county", self.county.in_words(), self.county_points()),
            ("city", self.city.in_words(), self.city_points()),
            ("alone", alone, if self.alone { 10 } else { 0 }),
        ]
    }

    fn own_name_points(&self) -> i32 {
        match self.name {
            // Printed alike says nothing where the town beside the city leaves out the same word.
            Name::Printed | Name::Folded | Name::Words if self.has_sibling => 45,
            Name::Statewide => 75,
            Name::LongMisspelt => 70,
            // Nations and schools are not named after the town they lie in.
            Name::Folded | Name::Words if self.kind == Kind::SameRare => 65,
            Name::Printed => 65,
            Name::Folded => 60,
            Name::Words => 57,
            Name::ButForPlace => 50,
            Name::Namesake => 45,
            Name::Misspelt | Name::Part => 40,
        }
    }

    fn other_place_points(&self) -> i32 {
        match self.other_place {
            OtherPlace::No => 0,
            OtherPlace::MayBe => -25,
            OtherPlace::Each => -40,
        }
    }

    fn kind_points(&self) -> i32 {
        match self.kind {
            Kind::Same | Kind::SameRare => 0,
            // The odd word may be what it is: "Orange County Corrections".
            Kind::Unsaid if self.name == Name::Part => -20,
            Kind::Unsaid => -5,
            Kind::Unusual => -25,
            Kind::Differs => -60,
        }
    }

    fn sort_points(&self) -> i32 {
        // That a namesake leaves it out is why it is one, and so it is with siblings.
        let is_counted = self.name == Name::Namesake || self.has_sibling;
        match self.sort {
            Said::Differs => -60,
            Said::OnlyListed | Said::OnlyRegistered if !is_counted => -10,
            Said::Same | Said::OnlyListed | Said::OnlyRegistered => 0,
        }
    }

    fn number_points(&self) -> i32 {
        match self.number {
            Said::Same => 0,
            Said::OnlyRegistered => -10,
            Said::OnlyListed => -20,
            Said::Differs => -60,
        }
    }

    fn county_word_points(&self) -> i32 {
        match self.county_word {
            Said::Same => 0,
            Said::OnlyListed | Said::OnlyRegistered | Said::Differs => -40,
        }
    }

    fn county_points(&self) -> i32 {
        match self.county {
            County::Same => 35,
            County::Misspelt => 30,
            County::Silent => 0,
            County::Next => -10,
            // One wrong county is a slip of the source if the city is right.
            County::Elsewhere if self.city == City::Same => -20,
            County::Elsewhere => -30,
            County::AllElsewhere => -50,
        }
    }

    fn city_points(&self) -> i32 {
        // Beside the county the city adds little: an agency may be met by any post office of it.
        let beside_county = matches!(self.county, County::Same | County::Misspelt);
        match self.city {
            City::Same if beside_county => 5,
            City::Same => 28,
            City::Namesake if beside_county => 3,
            City::Namesake => 18,
            City::Near if beside_county => 0,
            City::Near => 10,
            City::Silent => 0,
            City::Elsewhere if beside_county => -5,
            City::Elsewhere => -10,
        }
    }
}
