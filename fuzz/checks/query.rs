//! Query strings of every endpoint, and cursors. The first byte picks the endpoint and the second
//! the form; the rest is the query.

use porchlight::record::{Cell, ReleaseId};
use porchlight::serve::fuzzing::{endpoints, forms, read_cursor, read_query, write_cursor};

pub(crate) fn check(bytes: &[u8]) {
    let Some(([endpoint, form], query)) = bytes.split_first_chunk() else { return };
    let query = String::from_utf8_lossy(query);
    let endpoint = usize::from(*endpoint) % endpoints();
    let form = usize::from(*form) % forms(endpoint);
    match read_query(endpoint, form, &query) {
        Ok(question) => {
            let spelling = &question.spelling;
            let printable = spelling.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
            assert!(printable, "{spelling:?} stands in a link");
            let again = read_query(endpoint, form, spelling);
            assert_eq!(again.as_ref(), Ok(&question), "{query:?} is spelled {spelling:?}");
        }
        Err(status) => assert_eq!(status, 400, "{query:?}"),
    }
    cursor(&query);
}

/// A cursor of ours brings its keys back, a changed one is refused, and any text is.
fn cursor(text: &str) {
    let release: ReleaseId = "2026-11-24.1".parse().expect("a release");
    let place = ("state=OH", "-name");
    assert!(matches!(read_cursor(text, release, place, 1), Ok(_) | Err(400)));

    let keys = keys(text);
    let cursor = write_cursor(release, place.0, place.1, &keys);
    assert_eq!(read_cursor(&cursor, release, place, keys.len()).as_ref(), Ok(&keys));
    assert_eq!(read_cursor(&cursor, release, place, keys.len() + 1), Err(400));
    assert_eq!(read_cursor(&cursor, release, ("state=OH", "name"), keys.len()), Err(400));
    let changed = text.bytes().next().map_or(0, usize::from) % cursor.len();
    let mut letters = cursor.into_bytes();
    letters[changed] = if letters[changed] == b'A' { b'B' } else { b'A' };
    let other = String::from_utf8(letters).expect("letters");
    assert_eq!(read_cursor(&other, release, place, keys.len()), Err(400), "{other}");
}

/// Keys of every kind, made of a text; the last is the id, as in every order.
fn keys(text: &str) -> Vec<Cell> {
    let mut keys: Vec<Cell> = text
        .split(['&', '=', ','])
        .take(5)
        .map(|part| match (part.parse::<i64>(), part.parse::<f64>()) {
            (Ok(whole), _) => Cell::Integer(whole),
            (Err(_), Ok(number)) if number.is_finite() => Cell::Real(number),
            (Err(_), _) if part.is_empty() => Cell::Null,
            (Err(_), _) => Cell::Text(part.to_owned()),
        })
        .collect();
    keys.push(Cell::Text("agy_0123456789".to_owned()));
    keys
}
