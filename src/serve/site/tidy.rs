//! Addresses of pages without what asks for nothing, or for what a page does not follow.

use url::form_urlencoded;

use super::table::TABLES;

/// What other sites hang onto links to count who follows them.
const TRACKERS: &[&str] = &["fbclid", "gclid", "mc_cid", "mc_eid", "msclkid"];

/// Parameters of the lists of the API that a table has no use for: it chooses its columns itself.
const OF_COLUMNS: &[&str] = &["fields", "include"];

/// The query of the page at that path, with its `?`, without the fields of a form that were left
/// empty, what trackers hung onto it, and what a table does not follow; none where there is nothing
/// of that in it.
pub(in crate::serve) fn tidied(path: &str, query: &str) -> Option<String> {
    let is_table = TABLES.iter().any(|table| path.strip_prefix('/') == Some(table.name));
    let says_nothing = |name: &str, value: &str| {
        value.is_empty()
            || name.starts_with("utm_")
            || TRACKERS.contains(&name)
            || (is_table && OF_COLUMNS.contains(&name))
    };
    let given = form_urlencoded::parse(query.as_bytes());
    let (idle, asked): (Vec<_>, Vec<_>) =
        given.partition(|(name, value)| says_nothing(name, value));
    if idle.is_empty() {
        return None;
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(asked).finish();
    Some(if query.is_empty() { query } else { format!("?{query}") })
}

#[cfg(test)]
mod tests {
    use super::tidied;

    #[test]
    fn what_asks_for_nothing_goes() {
        for (query, expected) in [
            ("", None),
            ("state=OH", None),
            ("state=&status=unknown&sort=", Some("?status=unknown")),
            ("utm_source=x&fbclid=y", Some("")),
            ("q=a+b%26c&gclid=1", Some("?q=a+b%26c")),
        ] {
            assert_eq!(tidied("/map", query).as_deref(), expected, "{query}");
        }
    }

    #[test]
    fn a_table_chooses_its_columns_itself() {
        let query = "fields=id&state=OH&include=agency";
        assert_eq!(tidied("/partnerships", query).as_deref(), Some("?state=OH"));
        assert_eq!(tidied("/about", query), None);
    }
}
