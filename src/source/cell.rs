//! The text of one cell, as its publisher meant it.

/// The text without markup, invisible marks and surrounding blanks; otherwise verbatim.
pub(super) fn plain(text: &str) -> String {
    let text: String = visible(text).chars().filter(|c| !is_unseen_control(*c)).collect();
    if text.contains('<') { without_tags(&text).trim().to_owned() } else { text.trim().to_owned() }
}

/// The text without invisible marks and surrounding blanks, but with all that may do something:
/// markup and control characters.
pub(super) fn visible(text: &str) -> String {
    let visible: String = text.chars().filter(|character| !is_invisible(*character)).collect();
    let text = if visible.contains('&') { without_references(&visible) } else { visible };
    text.trim().to_owned()
}

/// Marks of direction, joiners and the like, which word processors leave in a cell.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
    )
}

fn is_unseen_control(character: char) -> bool {
    character.is_control() && !character.is_whitespace()
}

fn without_references(text: &str) -> String {
    // `&amp;` last, so that `&amp;lt;` stays the text it is.
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (reference, character)| text.replace(reference, character))
}

/// The text between tags; a `<` that begins none is text.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        plain.push_str(before);
        let begins =
            tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        rest = match tag.find('>') {
            Some(end) if begins => &tag[end + 1..],
            Some(_) | None => {
                plain.push('<');
                &tag[1..]
            }
        };
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn only_what_nobody_sees_is_taken_away() {
        assert_eq!(
            plain(" \u{200e}Harper County,\u{200e} Lind County "),
            "Harper County, Lind County"
        );
        assert_eq!(plain("Harper\u{2019}s  Sheriff?s"), "Harper\u{2019}s  Sheriff?s");
        assert_eq!(plain("\u{a0}WI "), "WI");
        assert_eq!(plain("\u{200e}"), "");
    }

    #[test]
    fn markup_leaves_its_text() {
        assert_eq!(plain("<b>Harper</b> Police<br/>"), "Harper Police");
        assert_eq!(plain("Fire &amp; Rescue"), "Fire & Rescue");
        assert_eq!(plain("&lt;script&gt;x&lt;/script&gt;"), "x");
        assert_eq!(plain("2 < 3, a <b"), "2 < 3, a <b");
        assert_eq!(plain("AT&T"), "AT&T");
    }
}
