//! The agencies, by everything they can be found by.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::overrides::Overrides;
use super::twins::{Pair, pairs};
use crate::record::{NameKeys, Normals, Point, RegisteredAgency, Service, Twins, UnfitOverride};

/// Which half of the agencies a name is looked for in: departments of both services share names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Half {
    Police,
    Fire,
}

impl Half {
    pub(super) fn of(service: Service) -> Self {
        match service {
            Service::Fire => Self::Fire,
            Service::LawEnforcement | Service::Both => Self::Police,
        }
    }
}

/// Shorter words have too many neighbours to tell which one was meant.
const SHORTEST_MISSPELT: usize = 4;

/// A word that so many agencies of a state share finds none of them: "lake", "park".
const COMMON_WORD: usize = 150;

/// The agencies of one half of one state.
#[derive(Debug, Default)]
struct Block<'a> {
    by_joined: HashMap<&'a str, Vec<usize>>,
    by_core: HashMap<&'a str, Vec<usize>>,
    by_word: HashMap<&'a str, Vec<usize>>,
    /// The state's own police.
    statewide: Vec<usize>,
    /// Words by what is left of them without one letter.
    by_deletion: HashMap<u64, Vec<&'a str>>,
}

/// The places of one state.
#[derive(Debug, Default)]
struct Map<'a> {
    /// Places of the gazetteer by their names without blanks.
    places: HashMap<String, Vec<Point>>,
    /// Internal points of the counties; one that only an agency names has none.
    counties: HashMap<&'a str, Vec<Point>>,
    /// Names without blanks of everything that a name may mean: places, cities of agencies, and
    /// what agencies are called after.
    names: HashSet<String>,
    /// Every word of such a name.
    words: HashSet<&'a str>,
}

/// The agencies of the registries and the places of the gazetteer, ready to be asked.
pub struct Index<'a> {
    pub(super) agencies: &'a [RegisteredAgency],
    /// None where several agencies claim the key: it then tells none of them.
    by_key: HashMap<&'a str, Option<usize>>,
    blocks: HashMap<(Half, &'a str), Block<'a>>,
    maps: HashMap<&'a str, Map<'a>>,
    /// Agencies that stand in several lists, each by the first of them.
    first: HashMap<usize, usize>,
    twins: Vec<Twins>,
    pub(super) overrides: Overrides<'a>,
}

impl<'a> Index<'a> {
    /// Builds the index; what it answers does not depend on the order of the agencies.
    #[must_use]
    pub fn of(normals: &'a Normals) -> Self {
        let mut index = Self {
            agencies: &normals.agencies,
            by_key: HashMap::new(),
            blocks: HashMap::new(),
            maps: HashMap::new(),
            first: HashMap::new(),
            twins: Vec::new(),
            overrides: Overrides::of(normals),
        };
        index.add_places(normals);
        for (position, agency) in normals.agencies.iter().enumerate() {
            index.add_agency(position, agency);
        }
        for block in index.blocks.values_mut() {
            block.add_deletions();
        }
        index.unite();
        index
    }

    /// Finds the entries that are one agency, by rule or by people's decision.
    fn unite(&mut self) {
        let found = pairs(self).into_iter();
        let mut all: Vec<Pair> =
            found.filter(|pair| !self.overrides.are_different(pair.agencies)).collect();
        all.extend(self.overrides.same());
        for Pair { agencies: [one, other], .. } in &all {
            let (one, other) = (self.first(*one), self.first(*other));
            if one != other {
                self.first.insert(one.max(other), one.min(other));
            }
        }
        let mut twins: BTreeMap<usize, Twins> = BTreeMap::new();
        for Pair { agencies, reason } in all {
            let group = twins.entry(self.first(agencies[0]));
            let group = group.or_insert_with(|| Twins { agencies: Vec::new(), reason });
            group.agencies.extend(agencies);
        }
        for group in twins.values_mut() {
            group.agencies.sort_unstable();
            group.agencies.dedup();
        }
        self.twins = twins.into_values().collect();
    }

    /// Entries of registries that are one agency.
    #[must_use]
    pub fn twins(&self) -> &[Twins] {
        &self.twins
    }

    /// Decisions of people that do not fit what they are about any more.
    #[must_use]
    pub fn unfit(&self) -> &[UnfitOverride] {
        self.overrides.unfit()
    }

    /// Agencies of one registry that have one name in one city and may be listed twice. That alone
    /// does not make them one: a town's volunteers and a city's fire department share both.
    #[must_use]
    pub fn duplicates(&self) -> Vec<[usize; 2]> {
        let mut found = Vec::new();
        let blocks = self.blocks.values().flat_map(|block| block.by_joined.values());
        for alike in blocks.filter(|alike| alike.len() > 1) {
            for (at, one) in alike.iter().enumerate() {
                let others = alike[at + 1..].iter();
                let may_be_one = |other: &&usize| {
                    let (one, other) = (&self.agencies[*one], &self.agencies[**other]);
                    one.source_id == other.source_id
                        && one.name_keys.joined == other.name_keys.joined
                        && one.place == other.place
                        && one.place.city.is_some()
                };
                let known = |other: &&usize| {
                    self.first(*one) == self.first(**other)
                        || self.overrides.are_different([*one, **other])
                };
                let others = others.filter(may_be_one).filter(|other| !known(other));
                found.extend(others.map(|other| [*one, *other]));
            }
        }
        found.sort_unstable();
        found
    }

    fn add_places(&mut self, normals: &'a Normals) {
        for place in &normals.places {
            let map = self.maps.entry(&place.state).or_default();
            let joined = place.key.replace(' ', "");
            map.words.extend(place.key.split(' '));
            map.names.insert(joined.clone());
            map.places.entry(joined).or_default().push(place.point);
        }
        for county in &normals.counties {
            let map = self.maps.entry(&county.state).or_default();
            map.counties.entry(&county.key).or_default().push(county.point);
        }
    }

    fn add_agency(&mut self, position: usize, agency: &'a RegisteredAgency) {
        let names = std::iter::once(&agency.name_keys).chain(&agency.other_names);
        let map = self.maps.entry(&agency.state).or_default();
        for county in &agency.place.counties {
            map.counties.entry(county).or_default();
        }
        if let Some(city) = &agency.place.city {
            map.words.extend(city.split(' '));
            map.names.insert(city.replace(' ', ""));
        }
        let block = self.blocks.entry((Half::of(agency.service), &agency.state)).or_default();
        for NameKeys { joined, core, core_joined, is_county, is_statewide, .. } in names {
            map.words.extend(core.iter().map(String::as_str));
            if !is_county {
                map.names.insert(core_joined.clone());
            }
            let add = |map: &mut HashMap<&'a str, Vec<usize>>, name: &'a str| {
                let agencies = map.entry(name).or_default();
                if agencies.last() != Some(&position) {
                    agencies.push(position);
                }
            };
            add(&mut block.by_joined, joined);
            if !core.is_empty() {
                add(&mut block.by_core, core_joined);
            }
            for word in core {
                add(&mut block.by_word, word);
            }
            if *is_statewide {
                block.statewide.push(position);
            }
        }
        for key in agency.ori.iter().chain(&agency.fdid) {
            let claimed = self.by_key.entry(key);
            claimed.and_modify(|only| *only = None).or_insert(Some(position));
        }
    }

    /// The agency that a registry's own key, an ORI or STATE-FDID, names.
    pub(super) fn with_key(&self, key: &str) -> Option<usize> {
        self.by_key.get(key).copied().flatten()
    }

    /// Agencies that a name of the state may mean: those of the name, and those that share its
    /// rarest words, also where a word is one letter off. In order, each once.
    pub(super) fn candidates(&self, half: Half, state: &'a str, keys: &NameKeys) -> Vec<usize> {
        let Some(block) = self.blocks.get(&(half, state)) else { return Vec::new() };
        let mut found: Vec<usize> = Vec::new();
        let all = |list: Option<&Vec<usize>>| list.cloned().unwrap_or_default();
        found.extend(all(block.by_joined.get(keys.joined.as_str())));
        found.extend(all(block.by_core.get(keys.core_joined.as_str())));
        if keys.is_statewide {
            found.extend(&block.statewide);
        }
        for word in &keys.core {
            match block.by_word.get(word.as_str()) {
                Some(agencies) if agencies.len() <= COMMON_WORD => found.extend(agencies),
                Some(_) => {}
                None => found.extend(block.misspelt(word)),
            }
        }
        // Two words that one side joins ("Dekalb", "De Kalb") and misspells besides.
        if keys.core.len() == 1 && found.is_empty() || keys.core.len() > 1 {
            found.extend(block.misspelt_core(&keys.core_joined));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Agencies whose whole name is `joined`, without blanks.
    pub(super) fn named(&self, half: Half, state: &'a str, joined: &str) -> &[usize] {
        let block = self.blocks.get(&(half, state));
        block.and_then(|block| block.by_joined.get(joined)).map_or(&[], Vec::as_slice)
    }

    /// Agencies that are called after the same place or institution.
    pub(super) fn cored(&self, half: Half, state: &'a str, core_joined: &str) -> &[usize] {
        let block = self.blocks.get(&(half, state));
        block.and_then(|block| block.by_core.get(core_joined)).map_or(&[], Vec::as_slice)
    }

    /// The county's internal points; none if it is no county of the state.
    pub(super) fn county(&self, state: &str, county: &str) -> Option<&[Point]> {
        self.maps.get(state)?.counties.get(county).map(Vec::as_slice)
    }

    /// The gazetteer's places of a name without blanks.
    pub(super) fn places(&self, state: &str, joined: &str) -> &[Point] {
        let map = self.maps.get(state);
        map.and_then(|map| map.places.get(joined)).map_or(&[], Vec::as_slice)
    }

    /// Whether the gazetteer has a place of that name without blanks.
    pub(super) fn is_place(&self, state: &str, joined: &str) -> bool {
        !self.places(state, joined).is_empty()
    }

    /// Whether a place, or the namesake of an agency, has that name without blanks.
    pub(super) fn is_a_name(&self, state: &str, joined: &str) -> bool {
        self.maps.get(state).is_some_and(|map| map.names.contains(joined))
    }

    /// Whether any place or agency of the state has that word in its name.
    pub(super) fn is_a_word(&self, state: &str, word: &str) -> bool {
        self.maps.get(state).is_some_and(|map| map.words.contains(word))
    }

    /// The first position of the agency that stands at `position`.
    pub(super) fn first(&self, mut position: usize) -> usize {
        while let Some(earlier) = self.first.get(&position) {
            position = *earlier;
        }
        position
    }
}

impl<'a> Block<'a> {
    fn add_deletions(&mut self) {
        let words = self.by_word.keys().chain(self.by_core.keys()).copied();
        let words: HashSet<&'a str> =
            words.filter(|word| word.len() >= SHORTEST_MISSPELT).collect();
        for word in words {
            for left in deletions(word) {
                self.by_deletion.entry(left).or_default().push(word);
            }
        }
    }

    /// Words that may be meant by one that no agency has.
    fn near<'b>(&'b self, word: &'b str) -> impl Iterator<Item = &'a str> + 'b {
        let is_long = word.len() >= SHORTEST_MISSPELT;
        let found = is_long.then(|| deletions(word)).into_iter().flatten();
        found.filter_map(|left| self.by_deletion.get(&left)).flatten().copied()
    }

    fn misspelt(&self, word: &str) -> Vec<usize> {
        self.near(word).filter_map(|near| self.by_word.get(near)).flatten().copied().collect()
    }

    fn misspelt_core(&self, joined: &str) -> Vec<usize> {
        self.near(joined).filter_map(|near| self.by_core.get(near)).flatten().copied().collect()
    }
}

/// Hashes of the word and of what is left of it without one of its letters. Two words that are one
/// letter apart share one of them, and few others do.
fn deletions(word: &str) -> Vec<u64> {
    let hash = |parts: [&str; 2]| {
        let mut hasher = DefaultHasher::new();
        for part in parts {
            hasher.write(part.as_bytes());
        }
        hasher.finish()
    };
    let without = word
        .char_indices()
        .map(|(at, letter)| hash([&word[..at], &word[at + letter.len_utf8()..]]));
    std::iter::once(hash([word, ""])).chain(without).collect()
}
