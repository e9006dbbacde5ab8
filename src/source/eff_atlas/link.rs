//! Links as the Atlas has them.

use url::Url;

/// Parameters of Google's addresses that say who shared a link or how far to zoom. Filling a column
/// downwards in a spreadsheet counts the zoom up, so that copies of one link differ.
const NOISE: &[&str] = &["usp", "z"];

/// Characters of an address; browsers give up at about as many.
const LONGEST: usize = 2000;

/// Identifies the map on which Ring lists its partners.
const RING_MAP: &str = "1eYVDPh5itXq5acDT9b0BVeQwmESBa4cB";

/// The links of a cell, cleaned, without repetitions: none if it is blank, several if it holds
/// several. None at all where one of them is no web address.
pub(super) fn links(cell: &str) -> Option<Vec<String>> {
    let pieces: Vec<_> = cell.split_whitespace().collect();
    let several = pieces.iter().all(|piece| piece.contains("://"));
    let pieces = if several {
        pieces.into_iter().map(str::to_owned).collect()
    } else {
        // A blank within one address, as in the name of a file.
        vec![pieces.join("%20")]
    };
    let mut links = Vec::new();
    for piece in pieces {
        let link = clean(&piece)?;
        if !links.contains(&link) {
            links.push(link);
        }
    }
    Some(links)
}

/// Whether a link leads to the map on which Ring lists its partners.
pub(super) fn is_ring_map(link: &str) -> bool {
    Url::parse(link).is_ok_and(|url| {
        is_google(&url) && url.query_pairs().any(|(name, mid)| name == "mid" && mid == RING_MAP)
    })
}

/// A web address with its scheme and without noise; otherwise verbatim where it is legal.
fn clean(link: &str) -> Option<String> {
    let link = if link.contains("://") { link.to_owned() } else { format!("https://{link}") };
    let url = Url::parse(&link).ok()?;
    let public = matches!(url.scheme(), "http" | "https")
        && url.domain().is_some_and(|domain| domain.contains('.') && !domain.contains('%'))
        && url.username().is_empty()
        && url.password().is_none();
    if !public || link.len() > LONGEST {
        return None;
    }
    let legal = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    let link = if link.bytes().all(legal) { link } else { url.to_string() };
    Some(if is_google(&url) { without_noise(&link) } else { link })
}

fn is_google(url: &Url) -> bool {
    url.domain().is_some_and(|domain| domain == "google.com" || domain.ends_with(".google.com"))
}

fn without_noise(link: &str) -> String {
    let (link, fragment) =
        link.split_once('#').map_or((link, None), |(link, fragment)| (link, Some(fragment)));
    let Some((page, query)) = link.split_once('?') else {
        return fragment.map_or(link.to_owned(), |fragment| format!("{link}#{fragment}"));
    };
    let kept: Vec<_> = query
        .split('&')
        .filter(|pair| !NOISE.contains(&pair.split_once('=').map_or(*pair, |(name, _)| name)))
        .collect();
    let mut clean = page.to_owned();
    for (separator, part) in [('?', Some(kept.join("&"))), ('#', fragment.map(str::to_owned))] {
        if let Some(part) = part.filter(|part| !part.is_empty()) {
            clean.push(separator);
            clean.push_str(&part);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::{is_ring_map, links};

    fn one(cell: &str) -> String {
        links(cell).unwrap().join(" ")
    }

    #[test]
    fn a_link_stays_as_it_is_but_for_its_scheme_and_blanks() {
        assert_eq!(one(" https://news.example/A%20b?z=3#c "), "https://news.example/A%20b?z=3#c");
        assert_eq!(one("www.news.example:81/a"), "https://www.news.example:81/a");
        assert_eq!(one("http://city.example/My File.pdf"), "http://city.example/My%20File.pdf");
        assert_eq!(one("https://city.example/a<b>"), "https://city.example/a%3Cb%3E");
        assert_eq!(one(""), "");
    }

    #[test]
    fn copies_of_one_google_link_are_equal() {
        let map = "https://www.google.com/maps/d/viewer?mid=1eYVDPh5itXq5acDT9b0BVeQwmESBa4cB";
        assert_eq!(one(&format!("{map}&usp=sharing")), map);
        assert_eq!(one(&format!("{map}&z=5")), one(&format!("{map}&z=174")));
        assert_eq!(
            one("https://docs.google.com/d/1?usp=sharing#g"),
            "https://docs.google.com/d/1#g"
        );
        assert!(is_ring_map(map));
        assert!(!is_ring_map("https://www.google.com/maps/d/viewer?mid=1"));
        assert!(!is_ring_map(&map.replace("google.com", "google.com.example")));
    }

    #[test]
    fn several_links_in_a_cell_are_told_apart() {
        assert_eq!(
            one("https://a.example/1\nhttps://a.example/2 https://a.example/1"),
            "https://a.example/1 https://a.example/2"
        );
    }

    #[test]
    fn what_is_no_web_address_is_none() {
        for cell in [
            "ftp://ftp.county.example/claims.pdf",
            "County of Lind",
            "javascript:alert(1)",
            "https://user:secret@city.example/",
            "https://localhost/",
            "https://127.0.0.1/",
            "https://",
            "see page 4",
        ] {
            assert_eq!(links(cell), None, "{cell}");
        }
    }
}
