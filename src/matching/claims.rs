//! What the names of both sides claim to be, and whether that can be one agency.

use super::index::{Half, Index};
use super::place;
use crate::record::{AgencyKind, Listing, MUNICIPAL_SORTS, NameKeys, RegisteredAgency};

/// Whether both sides say the same of something, or only one says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Same,
    OnlyListed,
    OnlyRegistered,
    Differs,
}

/// Whether the kinds of agency can be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Same,
    /// Both names say so, and few agencies are of it.
    SameRare,
    /// The name says nothing of it.
    Unsaid,
    /// One side only says that it is none of the usual kinds.
    Unusual,
    Differs,
}

/// Whether the kinds of agency can be one.
pub(super) fn kind(listing: &Listing, agency: &RegisteredAgency) -> Kind {
    use AgencyKind::{Fire, Other, Police, PublicSafety};
    let group = |kind: AgencyKind| if kind == PublicSafety { Police } else { kind };
    let (listed, registered) = (group(listing.kind), group(agency.kind));
    let is_fire = |kind: AgencyKind| kind == Fire || kind == Police;
    // "Fulton County Office": the sheriff and the prosecutor have one, the police a department.
    let is_an_office =
        listing.name_keys.kind.is_none() && listing.name_keys.key.ends_with(" office");
    if is_an_office && listed == Police {
        match agency.name_keys.kind {
            Some(AgencyKind::Sheriff | AgencyKind::Prosecutor) => return Kind::Unsaid,
            Some(Police) => return Kind::Differs,
            _ => {}
        }
    }
    if listed == registered {
        let both_say = listing.name_keys.kind == agency.name_keys.kind;
        if both_say && matches!(listed, AgencyKind::Tribal | AgencyKind::Campus) {
            return Kind::SameRare;
        }
        return if listing.name_keys.kind.is_none() && agency.name_keys.kind.is_some() {
            Kind::Unsaid
        } else {
            Kind::Same
        };
    }
    // In the fire registry a department of public safety is a fire department.
    if agency.fdid.is_some() && is_fire(listed) && is_fire(registered) {
        return Kind::Same;
    }
    if listing.name_keys.kind.is_none() && listing.kind == Police {
        return Kind::Unsaid;
    }
    if agency.name_keys.kind.is_none() && registered == Police {
        return Kind::Unsaid;
    }
    if listed == Other || registered == Other { Kind::Unusual } else { Kind::Differs }
}

/// Where towns are what cities are elsewhere, and registries leave the word out.
const NEW_ENGLAND: &[&str] = &["CT", "MA", "ME", "NH", "RI", "VT"];

/// Whether the sorts of municipality, or of fire department, that the names claim can be one.
///
/// Either may leave it out, but for one case: the registry of the police writes "Township" and
/// "Town", so that an agency without the word is that of the city or borough beside it.
pub(super) fn sort(
    index: &Index<'_>,
    listing: &Listing,
    agency: &RegisteredAgency,
    registered: &NameKeys,
) -> Said {
    let state = agency.state.as_str();
    let municipal = |sorts: &[&'static str]| {
        let is_municipal =
            |sort: &&&'static str| **sort == "city" || MUNICIPAL_SORTS.contains(*sort);
        sorts.iter().filter(is_municipal).copied().collect::<Vec<_>>()
    };
    let listed = &listing.name_keys;
    let (mut one, other) = (municipal(&listed.sorts), municipal(&registered.sorts));
    if one.is_empty() {
        one.extend(place::sort_of_city(listing));
    }
    // "Hubbard City Police", where there is no place "Hubbard City".
    let bare = listed.core_joined.strip_suffix("city").unwrap_or_default();
    if index.is_place(state, bare) && !index.is_place(state, &listed.core_joined) {
        one.push("city");
    }
    // A town of Wisconsin is a township to the FBI. In New Jersey they lie beside one another.
    let alike = |one: &str, other: &str| {
        let is_town = |sort: &str| matches!(sort, "town" | "township");
        one == other || is_town(one) && is_town(other) && state != "NJ"
    };
    let none_alike = !one.iter().any(|one| other.iter().any(|other| alike(one, other)));
    if !one.is_empty() && !other.is_empty() && none_alike {
        return Said::Differs;
    }
    let is_beside = one.iter().any(|sort| matches!(*sort, "township" | "town"));
    let writes_it = agency.fdid.is_none() && !NEW_ENGLAND.contains(&state);
    if is_beside && other.is_empty() && writes_it {
        return Said::Differs;
    }
    if listed.sorts == registered.sorts {
        Said::Same
    } else if registered.sorts.is_empty() {
        Said::OnlyListed
    } else {
        Said::OnlyRegistered
    }
}

/// What the numbers in the names say.
pub(super) fn number(listed: &NameKeys, registered: &NameKeys) -> Said {
    match (listed.numbers.as_slice(), registered.numbers.as_slice()) {
        (one, other) if one == other => Said::Same,
        ([], _) => Said::OnlyRegistered,
        (_, []) => Said::OnlyListed,
        _ => Said::Differs,
    }
}

/// Whether only one of them calls itself the county's, where the county may have a city of the same
/// name.
pub(super) fn county_word(
    index: &Index<'_>,
    listing: &Listing,
    agency: &RegisteredAgency,
    registered: &NameKeys,
) -> Said {
    let listed = &listing.name_keys;
    let always_a_countys =
        |kind: AgencyKind| matches!(kind, AgencyKind::Sheriff | AgencyKind::Prosecutor);
    if listed.is_county == registered.is_county
        || always_a_countys(listing.kind) && always_a_countys(agency.kind)
    {
        return Said::Same;
    }
    let is_place = index.is_place(&agency.state, &registered.core_joined);
    let may_be_one = if listed.core_joined == registered.core_joined {
        // "Miami-Dade", "Northern York": there is no such place that would not be the county's. But
        // universities part their schools so, and a name that does not say of what kind it is may
        // be the sheriff's.
        !is_place && agency.kind != AgencyKind::Campus && listed.kind.is_some()
    } else {
        // "Northwest Lancaster County Regional": the word goes with those that the source leaves
        // out, unless what is left in the registry is a place.
        registered.is_county && (listed.core.len() < registered.core.len() || !is_place)
    };
    match (may_be_one, listed.is_county) {
        (true, _) => Said::Same,
        (false, true) => Said::OnlyListed,
        (false, false) => Said::OnlyRegistered,
    }
}

/// Whether the town or village beside the city has a department too, and nothing says that the
/// source means the city's: its name claims no sort of municipality, and it places the agency
/// elsewhere than in the city of that name, or the city's agency says that it is the city's.
pub(super) fn has_sibling<'a>(index: &Index<'a>, listing: &'a Listing, position: usize) -> bool {
    let Some(city) = &listing.place.city else { return false };
    let keys = &listing.name_keys;
    let agency = &index.agencies[position];
    let says_city = agency.name_keys.sorts == ["city"];
    if !keys.sorts.is_empty()
        || !says_city && !agency.name_keys.sorts.is_empty()
        || !says_city && city.replace(' ', "") == keys.core_joined
    {
        return false;
    }
    let half = Half::of(listing.service);
    index.cored(half, &agency.state, &keys.core_joined).iter().any(|other| {
        let sibling = &index.agencies[*other];
        let near = |county| agency.place.counties.contains(county);
        index.first(*other) != index.first(position)
            && sibling.kind == agency.kind
            && sibling.name_keys.sorts.iter().any(|sort| MUNICIPAL_SORTS.contains(sort))
            && sibling.place.counties.iter().any(near)
    })
}
