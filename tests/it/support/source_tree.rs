//! Reads the project's own files: documents, their blocks, and Rust source as tokens.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the package.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the package as text.
pub(crate) fn read(path: &str) -> String {
    let full = root().join(path);
    fs::read_to_string(&full).unwrap_or_else(|error| panic!("{}: {error}", full.display()))
}

/// Every file below a folder whose name ends with `ending`, sorted, as paths under that folder.
///
/// Folders that are built or downloaded are left out, and so are hidden ones.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let built = name.starts_with("target") || name == "node_modules";
            if path.is_dir() && !name.starts_with('.') && !built {
                walk(&path, ending, found);
            } else if path.is_file() && name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, ending, &mut found);
    found.sort();
    found.into_iter().map(|path| path.strip_prefix(folder).unwrap().to_path_buf()).collect()
}

/// The rows of a fenced block: what stands before the separator, and the words after it.
pub(crate) fn block(document: &str, name: &str, separator: &str) -> Vec<(String, Vec<String>)> {
    let fence = format!("```{name}");
    document
        .lines()
        .skip_while(|line| line.trim_end() != fence)
        .skip(1)
        .take_while(|line| !line.starts_with("```"))
        .map(|line| {
            let (left, right) = line
                .split_once(separator)
                .unwrap_or_else(|| panic!("block `{name}`: `{line}` lacks `{separator}`"));
            (left.trim().to_owned(), right.split_whitespace().map(str::to_owned).collect())
        })
        .collect()
}

/// Rust source as tokens: names, `::`, and other signs one by one.
///
/// Comments, strings, characters, lifetimes and numbers are left out.
pub(crate) fn tokens(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if let Some(length) = skipped(rest) {
            length
        } else if rest.starts_with("::") {
            found.push("::");
            2
        } else if is_name(first) {
            let start = if rest.starts_with("r#") { 2 } else { 0 };
            let length = start + name_length(&rest[start..]);
            found.push(&rest[start..length]);
            length
        } else {
            found.push(&rest[..first.len_utf8()]);
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    found
}

/// The length of what names nothing, if the source begins with it.
fn skipped(source: &str) -> Option<usize> {
    let first = source.chars().next()?;
    if first.is_whitespace() {
        Some(first.len_utf8())
    } else if first.is_ascii_digit() {
        Some(name_length(source))
    } else if source.starts_with("//") {
        Some(source.find('\n').unwrap_or(source.len()))
    } else if source.starts_with("/*") {
        Some(block_comment(source))
    } else {
        string(source).or_else(|| character_or_lifetime(source))
    }
}

/// The length of a comment that may hold others.
fn block_comment(source: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < source.len() {
        let rest = &source[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// The length of a string of any kind: `"…"`, `b"…"`, `c"…"`, `r#"…"#`, `br"…"`.
fn string(source: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        source
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.trim_start_matches('#').starts_with('"'))
    })?;
    let body = &source[prefix.len()..];
    let hashes = body.find('"')?;
    let body = &body[hashes + 1..];
    let raw = prefix.ends_with('r');
    if hashes > 0 && !raw {
        return None; // `#"` of a macro: a sign, then a string
    }
    let start = prefix.len() + hashes + 1;
    if raw {
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(start + body.find(&end).map_or(body.len(), |at| at + end.len()));
    }
    let mut escaped = false;
    for (at, sign) in body.char_indices() {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(start + at + 1),
            _ => {}
        }
    }
    Some(source.len())
}

/// The length of `'a'`, `b'a'`, `'\n'` or `'static`.
fn character_or_lifetime(source: &str) -> Option<usize> {
    let prefix = usize::from(source.starts_with("b'"));
    let body = source[prefix..].strip_prefix('\'')?;
    let mut signs = body.char_indices();
    let (_, first) = signs.next()?;
    if first == '\\' {
        let escaped = 1 + body[1..].chars().next()?.len_utf8();
        return Some(prefix + 1 + escaped + body[escaped..].find('\'')? + 1);
    }
    match signs.next() {
        Some((at, '\'')) => Some(prefix + 1 + at + 1),
        _ => Some(prefix + 1 + name_length(body)),
    }
}

fn is_name(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// The length of the name at the beginning.
fn name_length(source: &str) -> usize {
    source.find(|sign| !is_name(sign)).unwrap_or(source.len())
}

#[test]
fn tokens_leave_out_what_names_nothing() {
    let source = r##"
        // crate::one
        /* crate::two /* crate::three */ crate::four */
        fn f<'a>(x: &'a str) -> char { g("crate::five \" crate::six", r#"a "crate" b"#, b"x", '"', '\'', b'y') }
        let r#type = 1_000u64 + 0xff;
        m!(#"crate::seven");
    "##;
    let expected = "fn f < > ( x : & str ) - > char { g ( , , , , , ) } let type = + ; m ! ( # ) ;";
    assert_eq!(tokens(source), expected.split(' ').collect::<Vec<_>>());
}

#[test]
fn a_block_is_read_by_its_name() {
    let document = "text\n```rust\nno -> no\n```\n```layers\na ->\nb -> a c\n```\nd -> e\n";
    let expected =
        [("a".to_owned(), vec![]), ("b".to_owned(), vec!["a".to_owned(), "c".to_owned()])];
    assert_eq!(block(document, "layers", "->"), expected);
}
