//! The agencies, by everything they can be found by.

use std::collections::{HashMap, HashSet};

use crate::record::{Normals, Point, RegisteredAgency, Service};

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

type ByName<'a> = HashMap<(Half, &'a str, &'a str), Vec<usize>>;

/// The agencies of the registries and the places of the gazetteer, ready to be asked.
pub struct Index<'a> {
    pub(super) agencies: &'a [RegisteredAgency],
    /// None where several agencies claim the ORI: it then tells none of them.
    by_ori: HashMap<&'a str, Option<usize>>,
    by_name_key: ByName<'a>,
    by_stem: ByName<'a>,
    places: HashMap<(&'a str, &'a str), Vec<Point>>,
    /// Counties by state: those of the gazetteer, and those that agencies are in.
    counties: HashSet<(&'a str, &'a str)>,
}

impl<'a> Index<'a> {
    /// Builds the index; what it answers does not depend on the order of the agencies.
    #[must_use]
    pub fn of(normals: &'a Normals) -> Self {
        let mut index = Self {
            agencies: &normals.agencies,
            by_ori: HashMap::new(),
            by_name_key: HashMap::new(),
            by_stem: HashMap::new(),
            places: HashMap::new(),
            counties: HashSet::new(),
        };
        for (position, agency) in normals.agencies.iter().enumerate() {
            let half = Half::of(agency.service);
            let add = |map: &mut ByName<'a>, name: &'a str| {
                map.entry((half, &agency.state, name)).or_default().push(position);
            };
            add(&mut index.by_name_key, &agency.name_key);
            if !agency.stem.is_empty() {
                add(&mut index.by_stem, &agency.stem);
            }
            if let Some(ori) = &agency.ori {
                let claimed = index.by_ori.entry(ori);
                claimed.and_modify(|only| *only = None).or_insert(Some(position));
            }
        }
        for agency in &normals.agencies {
            let counties = agency.place.counties.iter();
            index.counties.extend(counties.map(|county| (agency.state.as_str(), county.as_str())));
        }
        let counties = normals.counties.iter();
        index.counties.extend(counties.map(|county| (county.state.as_str(), county.key.as_str())));
        for place in &normals.places {
            index.places.entry((&place.state, &place.key)).or_default().push(place.point);
        }
        index
    }

    pub(super) fn with_ori(&self, ori: &str) -> Option<usize> {
        self.by_ori.get(ori).copied().flatten()
    }

    pub(super) fn keyed(&self, half: Half, state: &'a str, key: &'a str) -> &[usize] {
        self.by_name_key.get(&(half, state, key)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn stemmed(&self, half: Half, state: &'a str, stem: &'a str) -> &[usize] {
        self.by_stem.get(&(half, state, stem)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn has_county(&self, state: &'a str, county: &'a str) -> bool {
        self.counties.contains(&(state, county))
    }

    pub(super) fn places(&self, state: &'a str, city: &'a str) -> &[Point] {
        self.places.get(&(state, city)).map_or(&[], Vec::as_slice)
    }
}
