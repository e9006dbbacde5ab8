//! Bytes to text, whatever encoding the publisher's tools left it in.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// A body as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text, without a byte order mark.
    pub text: Cow<'a, str>,
    /// The encoding it was in, by its standard name: `UTF-8`, `UTF-16LE`, `UTF-16BE` or
    /// `windows-1252`.
    pub encoding: &'static str,
    /// Whether some bytes are no text in that encoding; U+FFFD stands in their place.
    pub replaced: bool,
}

/// Decodes a body.
///
/// A byte order mark decides. Without one, bytes that are valid UTF-8 are UTF-8, and the rest is
/// windows-1252, which is what American spreadsheets write.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or_else(|| {
        if std::str::from_utf8(bytes).is_ok() { (UTF_8, 0) } else { (WINDOWS_1252, 0) }
    });
    let (text, replaced) = encoding.decode_without_bom_handling(&bytes[mark..]);
    // The web's windows-1252 maps the five bytes that stand for nothing to control characters.
    if encoding == WINDOWS_1252 && text.contains(is_c1_control) {
        let text = Cow::Owned(text.replace(is_c1_control, "\u{fffd}"));
        return Decoded { text, encoding: encoding.name(), replaced: true };
    }
    Decoded { text, encoding: encoding.name(), replaced }
}

/// Whether a body that should be data is a web page: a challenge, a login or an error page.
#[must_use]
pub fn looks_like_html(text: &str) -> bool {
    let start = text.trim_start().as_bytes();
    ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| {
        start.get(..tag.len()).is_some_and(|found| found.eq_ignore_ascii_case(tag.as_bytes()))
    })
}

fn is_c1_control(character: char) -> bool {
    ('\u{80}'..='\u{9f}').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::{decode, looks_like_html};

    #[test]
    fn utf_8_is_borrowed_as_it_is() {
        let decoded = decode("Añasco".as_bytes());
        assert_eq!(
            (&*decoded.text, decoded.encoding, decoded.replaced),
            ("Añasco", "UTF-8", false)
        );
        assert!(matches!(decoded.text, std::borrow::Cow::Borrowed(_)));
    }

    #[test]
    fn a_byte_order_mark_is_taken_off() {
        assert_eq!(decode(b"\xef\xbb\xbfFDID").text, "FDID");
        let decoded = decode(b"\xff\xfeF\0D\0");
        assert_eq!((&*decoded.text, decoded.encoding), ("FD", "UTF-16LE"));
        let decoded = decode(b"\xfe\xff\0F\0D");
        assert_eq!((&*decoded.text, decoded.encoding), ("FD", "UTF-16BE"));
    }

    #[test]
    fn what_is_not_utf_8_is_windows_1252() {
        let decoded = decode(b"Sheriff\x92s Office, M\xfcnster");
        assert_eq!(&*decoded.text, "Sheriff\u{2019}s Office, Münster");
        assert_eq!((decoded.encoding, decoded.replaced), ("windows-1252", false));
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_and_told() {
        let decoded = decode(b"a\x81\x92");
        assert_eq!((&*decoded.text, decoded.replaced), ("a\u{fffd}\u{2019}", true));
        let decoded = decode(b"\xef\xbb\xbfa\x92");
        assert_eq!(
            (&*decoded.text, decoded.encoding, decoded.replaced),
            ("a\u{fffd}", "UTF-8", true)
        );
    }

    #[test]
    fn web_pages_are_told_from_data() {
        assert!(looks_like_html("\r\n <!DOCTYPE html><title>Just a moment...</title>"));
        assert!(looks_like_html("<HTML lang=\"en\">"));
        assert!(!looks_like_html("<?xml version=\"1.0\"?><kml/>"));
        assert!(!looks_like_html("FDID, Fire dept name"));
        assert!(!looks_like_html(""));
    }
}
