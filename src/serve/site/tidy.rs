//! Addresses of pages without what asks for nothing.

use url::form_urlencoded;

/// What other sites hang onto links to count who follows them.
const TRACKERS: &[&str] = &["fbclid", "gclid", "mc_cid", "mc_eid", "msclkid"];

/// A query, with its `?`, without the fields of a form that were left empty and without what trackers
/// hung onto it; none where there is nothing of that in it.
pub(in crate::serve) fn tidied(query: &str) -> Option<String> {
    let says_nothing = |name: &str, value: &str| {
        value.is_empty() || name.starts_with("utm_") || TRACKERS.contains(&name)
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
            assert_eq!(tidied(query).as_deref(), expected, "{query}");
        }
    }
}
