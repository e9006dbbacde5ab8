//! Query parameters: what the documents list and the extractor accepts, from one declaration.
//!
//! A field of a record brings its filters with it, one for each way its column can be compared.

use super::include;
use super::named::Named;
use crate::record::{Column, ColumnType, Resource, Values};
use crate::release::database::{Op, is_searched};

/// Records on a page where `limit` is not given.
pub(super) const DEFAULT_LIMIT: usize = 50;
/// The most records one page may hold.
pub(super) const MAX_LIMIT: usize = 1000;
/// The most columns rows are counted by at a time.
pub(super) const MAX_DIMENSIONS: usize = 3;
/// The longest radius of a circle, in kilometres.
pub(super) const MAX_RADIUS_KM: f64 = 500.0;
/// The radius where `radius_km` is not given, in kilometres.
pub(super) const DEFAULT_RADIUS_KM: f64 = 25.0;

/// A query parameter of an endpoint.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: String,
    /// What it does.
    pub(super) kind: Kind,
}

/// What a query parameter does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Keeps the records of the resource whose column compares like this.
    Filter(&'static Resource, &'static Column, Op),
    /// Keeps the records in which words occur.
    Words,
    /// Keeps what was in force on a day.
    ValidOn,
    /// Keeps what may have been, too.
    IncludeUncertain,
    /// Keeps what is in a box.
    Bbox,
    /// Keeps what is near to a point: its latitude.
    NearLat,
    /// Its longitude.
    NearLon,
    /// How near.
    RadiusKm,
    /// Orders by columns of this resource.
    Sort(&'static Resource),
    /// Shows only some columns of this resource.
    Fields(&'static Resource),
    /// Shows what the records of this resource refer to.
    Include(&'static Resource),
    /// Counts by columns of this resource.
    By(&'static Resource),
    /// The same, where there need be none.
    MayBy(&'static Resource),
    /// How long the intervals of a timeline are.
    Interval,
    /// The first day of a timeline.
    FromDay,
    /// The last day of a timeline.
    ToDay,
    /// Marks a CSV file as UTF-8 for spreadsheets.
    Bom,
    /// Bounds the page.
    Limit,
    /// Continues where a page ended.
    Cursor,
    /// Something of its own.
    Named(Named),
}

/// The columns of a resource that can be sorted by.
pub(super) fn sort_names(resource: &Resource) -> Vec<String> {
    let scalar = resource.columns.iter().filter(|column| column.ty.is_scalar());
    scalar.map(|column| column.name.to_owned()).collect()
}

/// The columns of a resource that its rows can be counted by.
pub(super) fn dimensions(resource: &'static Resource) -> Vec<&'static Column> {
    resource.columns.iter().filter(|column| column.is_countable()).collect()
}

/// The column whose values are added up where records of a resource are counted: incidents
/// reported as a number count as that number.
pub(super) fn sum_of(resource: &Resource) -> Option<&'static Column> {
    resource.column("incident_count")
}

impl Parameter {
    pub(super) fn control(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind }
    }

    /// The parameters of a list of a resource: its conditions except those the path already
    /// settles, then the controls.
    pub(super) fn of_list(resource: &'static Resource, settled: &[&str]) -> Vec<Self> {
        let mut parameters = Self::conditions(resource, settled);
        parameters.push(Self::control("sort", Kind::Sort(resource)));
        parameters.push(Self::control("fields", Kind::Fields(resource)));
        parameters.extend(Self::of_record(resource));
        parameters.push(Self::control("bom", Kind::Bom));
        parameters.push(Self::control("limit", Kind::Limit));
        parameters.push(Self::control("cursor", Kind::Cursor));
        parameters
    }

    /// The parameters of one record.
    pub(super) fn of_record(resource: &'static Resource) -> Vec<Self> {
        if include::names(resource).is_empty() {
            return Vec::new();
        }
        vec![Self::control("include", Kind::Include(resource))]
    }

    /// What records can be picked by: every column in every way it can be compared, except those
    /// the path already settles; words, places and days where the resource has them.
    pub(super) fn conditions(resource: &'static Resource, settled: &[&str]) -> Vec<Self> {
        let free = resource.columns.iter().filter(|column| !settled.contains(&column.name));
        let mut parameters: Vec<_> = free
            .flat_map(|column| {
                Op::ALL.iter().filter(|op| op.fits(column)).map(|op| Self {
                    name: format!("{}{}", column.name, op.suffix()),
                    kind: Kind::Filter(resource, column, *op),
                })
            })
            .collect();
        if is_searched(resource.table) {
            parameters.push(Self::control("q", Kind::Words));
        }
        if resource.validity.is_some() {
            parameters.push(Self::control("valid_on", Kind::ValidOn));
            parameters.push(Self::control("include_uncertain", Kind::IncludeUncertain));
        }
        if resource.location().is_some() {
            parameters.push(Self::control("bbox", Kind::Bbox));
            parameters.push(Self::control("near_lat", Kind::NearLat));
            parameters.push(Self::control("near_lon", Kind::NearLon));
            parameters.push(Self::control("radius_km", Kind::RadiusKm));
        }
        parameters
    }

    /// Whether it is compared with free text, in which a comma may be part of a value; codes, ids,
    /// words, numbers and dates hold none.
    pub(super) fn is_free_text(&self) -> bool {
        let Kind::Filter(_, column, op) = self.kind else { return false };
        op.takes_several()
            && column.values == Values::Any
            && matches!(column.ty, ColumnType::Text | ColumnType::TextList | ColumnType::Object)
    }

    /// What it does, in words.
    pub(super) fn description(&self) -> String {
        match self.kind {
            Kind::Filter(_, column, op) => self.of_filter(column, op),
            Kind::Words => "Words that all occur in names, places, titles and summaries; the last \
                            may be the beginning of one. Case and accents do not matter, and \
                            nothing is syntax. The best fit comes first where no `sort` is given."
                .to_owned(),
            Kind::ValidOn => "A day on which it was in force. What the dates of a record do not \
                              tell is left out and counted in `meta.uncertain_excluded`."
                .to_owned(),
            Kind::IncludeUncertain => "Whether `valid_on` also keeps records whose dates do not \
                                       tell."
                .to_owned(),
            Kind::Bbox => "A box in degrees: west, south, east, north. Records without a point \
                           are in none."
                .to_owned(),
            Kind::NearLat => format!(
                "Latitude of a point to be near to, with `near_lon`; see `radius_km`. Adds \
                 `distance_km`; the nearest comes first where no `sort` is given. {MAX_RADIUS_KM} \
                 km at most."
            ),
            Kind::NearLon => "Longitude of that point.".to_owned(),
            Kind::RadiusKm => format!(
                "How near, in kilometres: up to {MAX_RADIUS_KM}; {DEFAULT_RADIUS_KM} where it is \
                 not given."
            ),
            Kind::Limit => format!(
                "Records on a page, 0 to {MAX_LIMIT}; {DEFAULT_LIMIT} where it is not given. 0 \
                 gives the total alone. JSON only: the other forms hold all records."
            ),
            Kind::Cursor => "Where the page before ended. Follow `links.next` instead of making \
                             one. JSON only."
                .to_owned(),
            Kind::Sort(_) => "Fields to order by, joined by commas, each with `-` before it for a \
                              falling order. Unknown values come last; `id` ends every order, the way of the last \
                              field."
                .to_owned(),
            Kind::Fields(_) => "The fields to show, joined by commas, in every form; `id` is \
                                always there."
                .to_owned(),
            Kind::Include(_) => "What to show with each record, one level deep: the records it \
                                 refers to, and its evidence. Not in CSV."
                .to_owned(),
            Kind::By(_) => format!("The fields to count by, 1 to {MAX_DIMENSIONS}."),
            Kind::MayBy(_) => format!("Fields to count by, up to {MAX_DIMENSIONS}."),
            Kind::Interval => "How long an interval is.".to_owned(),
            Kind::FromDay => "The first day; where it is not given, the first of the interval in \
                              which the first record began."
                .to_owned(),
            Kind::ToDay => "The last day; where it is not given, the one on which the release was \
                            published."
                .to_owned(),
            Kind::Named(named) => named.description().to_owned(),
            Kind::Bom => "CSV only: begins the file with a byte order mark and puts `'` before \
                          cells that a spreadsheet would run as a formula."
                .to_owned(),
        }
    }

    fn of_filter(&self, column: &Column, op: Op) -> String {
        let comma =
            if self.is_free_text() { "; a comma inside a value is written `%2C`" } else { "" };
        let name = column.name;
        match op {
            Op::Equal => {
                let doc = column.doc.trim().replace("\n ", " ");
                let held = if column.ty.is_scalar() { "" } else { " One of the list fits." };
                format!("{doc}{held} A comma list means any of them{comma}.")
            }
            Op::Not if column.nullable => format!(
                "`{name}` is known and none of these{comma}; `{name}__isnull` finds what is not."
            ),
            Op::Not => format!("`{name}` is none of these{comma}."),
            Op::Greater => format!("`{name}` is known and greater than this, or later."),
            Op::AtLeast => format!("`{name}` is known and this or greater, or later."),
            Op::Less => format!("`{name}` is known and less than this, or earlier."),
            Op::AtMost => format!("`{name}` is known and this or less, or earlier."),
            Op::Contains => {
                format!("One of these is part of `{name}`; A to Z fit in either case{comma}.")
            }
            Op::IsNull => format!("Whether `{name}` is unknown."),
        }
    }
}

/// What a value of a column must look like, in words.
pub(super) fn expectation(ty: ColumnType) -> &'static str {
    match ty {
        ColumnType::Text | ColumnType::TextList | ColumnType::Object => "text",
        ColumnType::Word(_) => "one of the words in `allowed`",
        ColumnType::Integer => "a whole number",
        ColumnType::Real => "a number",
        ColumnType::Boolean => "`true` or `false`",
        ColumnType::Date => "a date, YYYY-MM-DD",
        ColumnType::Instant => "an instant, RFC 3339 such as 2026-11-24T06:00:00Z",
    }
}

#[cfg(test)]
mod tests {
    use crate::record::RESOURCES;

    #[test]
    fn no_field_is_called_like_a_control() {
        let controls = [
            "limit",
            "cursor",
            "sort",
            "fields",
            "include",
            "q",
            "valid_on",
            "include_uncertain",
            "bbox",
            "near_lat",
            "near_lon",
            "radius_km",
            "by",
            "interval",
            "bom",
            "from",
            "to",
            // Keys beside the fields.
            "distance_km",
            "evidence",
        ];
        for resource in RESOURCES {
            for column in resource.columns {
                assert!(!controls.contains(&column.name), "{}.{}", resource.table, column.name);
                assert!(!column.name.contains("__"), "{}.{}", resource.table, column.name);
                let referent = column.referent();
                assert!(referent.is_none_or(|name| resource.column(name).is_none()));
            }
        }
    }
}
