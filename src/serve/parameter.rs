//! Query parameters: what the documents list and the extractor accepts, from one declaration.

use crate::record::{Column, ColumnType, Resource};

/// Records on a page where `limit` is not given.
pub(super) const DEFAULT_LIMIT: usize = 50;
/// The most records one page may hold.
pub(super) const MAX_LIMIT: usize = 1000;

/// Columns of text that hold codes, beside those whose names say so.
const CODES: &[&str] = &["state", "ori", "fdid", "fixed_in"];

/// A query parameter of an endpoint.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: &'static str,
    /// What it does.
    pub(super) kind: Kind,
}

/// What a query parameter does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Keeps the records of the resource that have one of the values in this column.
    Filter(&'static Resource, &'static Column),
    /// Bounds the page.
    Limit,
    /// Continues where a page ended.
    Cursor,
    /// Orders by columns of this resource.
    Sort(&'static Resource),
}

/// The columns of a resource that can be sorted by.
pub(super) fn sort_names(resource: &Resource) -> Vec<String> {
    let scalar = resource.columns.iter().filter(|column| column.ty.is_scalar());
    scalar.map(|column| column.name.to_owned()).collect()
}

impl Parameter {
    /// The parameters of a list of a resource: a filter per scalar column except those the path
    /// already settles, then the controls.
    pub(super) fn of_list(resource: &'static Resource, settled: &[&str]) -> Vec<Self> {
        let mut parameters: Vec<_> = resource
            .columns
            .iter()
            .filter(|column| column.ty.is_scalar() && !settled.contains(&column.name))
            .map(|column| Self { name: column.name, kind: Kind::Filter(resource, column) })
            .collect();
        parameters.push(Self { name: "sort", kind: Kind::Sort(resource) });
        parameters.push(Self { name: "limit", kind: Kind::Limit });
        parameters.push(Self { name: "cursor", kind: Kind::Cursor });
        parameters
    }

    /// Whether it is compared with free text, in which a comma may be part of a value; codes, ids,
    /// words, numbers and dates hold none.
    pub(super) fn is_free_text(&self) -> bool {
        let Kind::Filter(_, column) = self.kind else { return false };
        let name = column.name;
        let is_code = CODES.contains(&name)
            || name == "id"
            || name.ends_with("_id")
            || name.ends_with("_release")
            || name.ends_with("_sha256");
        column.ty == ColumnType::Text && !is_code
    }

    /// What it does, in words.
    pub(super) fn description(&self) -> String {
        match self.kind {
            Kind::Filter(_, column) => {
                let doc = column.doc.trim().replace("\n ", " ");
                let comma = if self.is_free_text() {
                    "; a comma inside a value is written `%2C`"
                } else {
                    ""
                };
                format!("{doc} A comma list means any of them{comma}.")
            }
            Kind::Limit => format!(
                "Records on a page, 0 to {MAX_LIMIT}; {DEFAULT_LIMIT} where it is not given. 0 \
                 gives the total alone."
            ),
            Kind::Cursor => "Where the page before ended. Follow `links.next` instead of making \
                             one."
                .to_owned(),
            Kind::Sort(_) => "Fields to order by, joined by commas, each with `-` before it for a \
                              falling order. Unknown values come last; `id` ends every order."
                .to_owned(),
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
        ];
        for resource in RESOURCES {
            for column in resource.columns {
                assert!(!controls.contains(&column.name), "{}.{}", resource.table, column.name);
                assert!(!column.name.contains("__"), "{}.{}", resource.table, column.name);
            }
        }
    }
}
