//! Names of what is on its way.

use crate::storage::random;

/// The name of a file on its way ends in this; no listing shows it.
const ENDING: &str = ".partial";

/// A key of its own for each attempt to write `key`: two writers must not have one.
pub(super) fn name(key: &str) -> String {
    format!("{key}.{:016x}{ENDING}", random::number())
}

/// Whether a key is that of a file on its way.
pub(super) fn is_partial(key: &str) -> bool {
    key.ends_with(ENDING)
}

/// The key that a file on its way is to have.
pub(super) fn target(partial: &str) -> Option<&str> {
    let (key, number) = partial.strip_suffix(ENDING)?.rsplit_once('.')?;
    (number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_on_the_way_is_known_by_its_ending_and_tells_its_target() {
        let (one, other) = (name("a/b.csv"), name("a/b.csv"));
        assert_ne!(one, other);
        assert!(is_partial(&one) && !is_partial("a/b.csv"));
        assert_eq!(target(&one), Some("a/b.csv"));
        assert_eq!(target("a/b.csv.partial"), None);
    }
}
