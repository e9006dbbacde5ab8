//! What is right for every fault of every source, written down before it is tried.
//!
//! A fault of one value is an issue, and what else the edition says is published. A body that is
//! not what the source publishes is a failed read. Everything else that is not as it was in many
//! places waits for a person.

/// How a run that meets a fault must end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ends {
    /// Published: it says the same as before, but for so many records at most.
    Ok(u64),
    /// The source is failing, and the reason says this.
    Failing(&'static str),
    /// The candidate is held, at least by the gate and subject that begin so.
    Held(&'static str),
}

use Ends::{Failing, Held, Ok};

/// For a fault, how each source ends: Atlas, Ring map, FBI, fire registry, places, counties; none
/// where the source has nothing that the fault could befall.
pub(super) type Row = (&'static str, [Option<Ends>; 6], &'static str);

const SOME: [Option<Ends>; 6] = [None; 6];

const fn all(ends: Ends) -> [Option<Ends>; 6] {
    [Some(ends); 6]
}

const fn each(ends: [Ends; 6]) -> [Option<Ends>; 6] {
    let mut all = SOME;
    let mut at = 0;
    while at < 6 {
        all[at] = Some(ends[at]);
        at += 1;
    }
    all
}

/// Those with coordinates: FBI, places, counties.
const fn located(ends: Ends) -> [Option<Ends>; 6] {
    [None, None, Some(ends), None, Some(ends), Some(ends)]
}

/// Those with dates: Atlas and Ring map.
const fn dated(ends: Ends) -> [Option<Ends>; 6] {
    [Some(ends), Some(ends), None, None, None, None]
}

/// Those that are delimited text.
const fn tables(ends: Ends) -> [Option<Ends>; 6] {
    [Some(ends), None, None, Some(ends), Some(ends), Some(ends)]
}

pub(super) const TABLE: &[Row] = &[
    ("loses 3 %", all(Held("records_read")), "more than a hundredth of the rows"),
    ("loses 30 %", all(Held("records_read")), "more than a hundredth of the rows"),
    ("half", all(Held("records_read")), "well formed, and half of it gone"),
    ("alternate", all(Held("records_read")), "well formed, and every second row gone"),
    (
        "10 % twice",
        all(Held("issues_share")),
        "one key for two rows is an issue, and so many a fault",
    ),
    ("two columns swapped with their headings", all(Ok(0)), "columns are read by name"),
    (
        "name and another column swapped",
        each([
            Held("values_kept eff-atlas/partnership/ring-neighbors/agency"),
            Held("keys_kept ring-map"),
            Held("values_kept fbi-agencies/agency/agency"),
            Held("values_kept usfa-registry/agency/agency"),
            Held("values_kept census-places/place/name"),
            Held("values_kept census-counties/county/name"),
        ]),
        "nothing about the rows is wrong but that they all say something else",
    ),
    (
        "key and name swapped",
        [
            Some(Held("keys_kept eff-atlas")),
            None,
            Some(Failing("none of them readable and of that state")),
            Some(Held("keys_kept usfa-registry")),
            Some(Held("keys_kept census-places")),
            Some(Held("keys_kept census-counties")),
        ],
        "nobody is known under such keys; an ORI begins with its state",
    ),
    (
        "coordinates swapped",
        located(Held("issues_share")),
        "outside of their state, each an issue, and so many a fault",
    ),
    ("moved by 90 degrees", located(Held("issues_share")), "outside of their state"),
    ("windows-1252", all(Ok(0)), "what is not UTF-8 is read as what American spreadsheets write"),
    ("UTF-16", all(Ok(0)), "the mark says what it is"),
    ("UTF-8 with a mark", all(Ok(0)), "the mark is no text"),
    (
        "UTF-16 without a mark",
        each([
            Failing("AOSNUMBER"),
            Failing("expected a KML"),
            Failing("no JSON"),
            Failing("FDID"),
            Failing("USPS"),
            Failing("USPS"),
        ]),
        "legal UTF-8 full of NUL bytes, in which no heading is found",
    ),
    ("a column more", all(Ok(0)), "what is not known is not read"),
    (
        "a needed column renamed",
        each([
            Failing("the column `Agency` is missing"),
            Held("records_ours ring-map"),
            Failing("none of them readable"),
            Failing("the column `Fire dept name` is missing"),
            Failing("the column `NAME` is missing"),
            Failing("the column `NAME` is missing"),
        ]),
        "the header is another; a map without a name is a placemark still, so that all are gone",
    ),
    (
        "another column renamed",
        each([
            Failing("the column `City` is missing"),
            Held("keys_kept ring-map"),
            Held("values_kept fbi-agencies/agency/agency_type"),
            Failing("the column `HQ city` is missing"),
            Failing("the column `INTPTLAT` is missing"),
            Failing("the column `INTPTLAT` is missing"),
        ]),
        "a table says so by its header; elsewhere a value that all lack is a change of all",
    ),
    (
        "an unread column renamed",
        each([
            Ok(0),
            Held("values_kept ring-map/partnership/ring-neighbors/video_requests"),
            Ok(0),
            Ok(0),
            Ok(0),
            Ok(0),
        ]),
        "nobody reads it; of the map's numbers the heading is all that tells what they are",
    ),
    (
        "dates in 2099",
        dated(Held("issues_share")),
        "a day that lies ahead is an issue, and so many a fault",
    ),
    (
        "a state's rows are another's",
        each([
            Held("keys_kept eff-atlas"),
            Held("keys_kept ring-map"),
            Failing("none of them readable and of that state"),
            Held("keys_kept usfa-registry"),
            Held("keys_kept census-places"),
            Held("keys_kept census-counties"),
        ]),
        "the state's own are listed no more; the FBI was asked for one state and answered another",
    ),
    (
        "a state's rows are another's under its name",
        each([
            Held("keys_kept eff-atlas"),
            Held("keys_kept ring-map"),
            Failing("none of them readable and of that state"),
            Held("keys_kept usfa-registry"),
            Held("keys_kept census-places"),
            Held("keys_kept census-counties"),
        ]),
        "the state's own are listed no more; an ORI begins with its state",
    ),
    (
        "HTML in one name",
        all(Ok(2)),
        "the row is left out, with an issue; what was said before stays",
    ),
    (
        "HTML in every name",
        each([
            Held("records_ours eff-atlas"),
            Held("records_ours ring-map"),
            Failing("none of them readable"),
            Failing("none of them readable"),
            Failing("none of them readable"),
            Failing("none of them readable"),
        ]),
        "no row is left; a map or an Atlas of which nothing is ours is a category that is gone",
    ),
    ("a formula in one name", all(Ok(2)), "the row is left out, with an issue"),
    (
        "a formula in every name",
        each([
            Held("records_ours eff-atlas"),
            Held("records_ours ring-map"),
            Failing("none of them readable"),
            Failing("none of them readable"),
            Failing("none of them readable"),
            Failing("none of them readable"),
        ]),
        "no row is left",
    ),
    ("a command in one cell", all(Ok(3)), "the value is left unknown, with an issue"),
    ("a sum in one cell", all(Ok(3)), "the value is left unknown, with an issue"),
    ("1 MB in one cell", all(Ok(3)), "the value is left unknown, with an issue"),
    ("1 MB in one name", all(Ok(2)), "the row is left out, with an issue"),
    ("NUL in one name", all(Ok(2)), "the row is left out, with an issue"),
    (
        "one endless line",
        [
            Some(Failing("no records")),
            None,
            None,
            Some(Failing("no records")),
            Some(Failing("INTPTLONG")),
            Some(Failing("INTPTLONG")),
        ],
        "a header without end and nothing after it",
    ),
    ("one ragged row", tables(Ok(2)), "the row is left out, with an issue"),
    ("ragged rows", tables(Held("issues_share")), "so many are a fault"),
    (
        "the header twice",
        [Some(Ok(0)), None, Some(Ok(0)), Some(Ok(0)), Some(Ok(0)), Some(Ok(0))],
        "a heading is no agency: an issue, or nothing of ours",
    ),
    (
        "a blank column",
        each([
            Held("values_kept eff-atlas/partnership/ring-neighbors/city"),
            Held("keys_kept ring-map"),
            Held("values_kept fbi-agencies/agency/agency_type"),
            Held("values_kept usfa-registry/agency/city"),
            Held("values_kept census-places/place/latitude"),
            Held("values_kept census-counties/county/latitude"),
        ]),
        "a value that all lack is a change of all",
    ),
    (
        "a blank key",
        each([
            Held("records_ours eff-atlas"),
            Held("records_ours ring-map"),
            Failing("none of them readable"),
            Held("keys_kept usfa-registry"),
            Failing("none of them readable"),
            Failing("none of them readable"),
        ]),
        "no row is left, or each under another key than before",
    ),
];
