//! Maps: what is read of any text, and that it is no larger than the text.

use porchlight::parse::kml::{network_link, placemarks};
use porchlight::parse::text::decode;

pub(crate) fn check(bytes: &[u8]) {
    let text = decode(bytes).text;
    let found = placemarks(&text);
    assert_eq!(found, placemarks(&text), "read twice, told twice");
    if let Some(link) = network_link(&text) {
        assert!(link.len() <= text.len());
    }
    let Ok(found) = found else { return };
    for placemark in &found {
        let data = placemark.data.iter().flat_map(|(name, value)| [name, value]);
        let folder = placemark.folder.iter().map(|(_, name)| name);
        for said in [&placemark.name, &placemark.address].into_iter().chain(data).chain(folder) {
            // A reference is never longer than what stands for it, so nothing can grow.
            assert!(said.len() <= text.len());
        }
        assert_eq!(placemark.name.trim(), placemark.name);
        assert_eq!(placemark.address.trim(), placemark.address);
    }
    let mut places: Vec<_> =
        found.iter().map(|p| (p.folder.as_ref().map(|(number, _)| *number), p.index)).collect();
    places.sort_unstable();
    let all = places.len();
    places.dedup();
    assert_eq!(places.len(), all, "two placemarks lie at one place");
}
