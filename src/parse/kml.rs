//! KML: the placemarks of a map, without their geometry.
//!
//! Document type declarations are refused and no entity beyond XML's own five is known, so that a
//! text cannot grow while it is read.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

/// Elements nested more deeply than this are no map.
const DEEPEST: usize = 64;

/// One placemark: a thing on the map, and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placemark {
    /// The innermost folder it lies in: its number in the document, from 0, and its name; none
    /// where it lies in no folder.
    pub folder: Option<(usize, String)>,
    /// Its number within its folder, or outside of folders, from 0.
    pub index: usize,
    /// Its name, trimmed; empty if it has none.
    pub name: String,
    /// Its address, trimmed; empty if it has none.
    pub address: String,
    /// Its extended data: name and value of each, trimmed, in order.
    pub data: Vec<(String, String)>,
}

impl Placemark {
    /// The first extended value of that name; case makes no difference. Empty values are none.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut found = self.data.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.find_map(|(_, value)| (!value.is_empty()).then_some(value.as_str()))
    }
}

/// Why a text is no KML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KmlError {
    /// There is no element in it.
    #[error("a text without any element")]
    Empty,
    /// The outermost element is another one.
    #[error("a document whose outermost element is `{0}`")]
    OtherRoot(String),
    /// It is not well-formed, or ends too early.
    #[error("XML that is not well-formed at byte {position}: {problem}")]
    Malformed {
        /// Where, in bytes from the start.
        position: u64,
        /// What is wrong, in words.
        problem: String,
    },
    /// It declares a document type.
    #[error("XML with a document type declaration, which is refused")]
    DocumentType,
    /// Its elements are nested too deeply.
    #[error("XML nested more than {DEEPEST} elements deep")]
    TooDeep,
}

/// The placemarks of a document, in order.
pub fn placemarks(text: &str) -> Result<Vec<Placemark>, KmlError> {
    let mut collector = Collector::default();
    walk(text, &mut collector)?;
    Ok(collector.placemarks)
}

/// The address a document refers to instead of holding placemarks itself; none if it is no KML or
/// refers to nothing.
#[must_use]
pub fn network_link(text: &str) -> Option<String> {
    let mut collector = Collector::default();
    walk(text, &mut collector).ok()?;
    collector.network_link
}

/// What has been seen so far.
#[derive(Default)]
struct Collector {
    placemarks: Vec<Placemark>,
    network_link: Option<String>,
    /// Number, name and count of placemarks of each folder we are in.
    folders: Vec<(usize, String, usize)>,
    folders_seen: usize,
    outside: usize,
    current: Option<Placemark>,
    data_name: Option<String>,
}

/// Reads a document from start to end and tells the collector of each element.
fn walk(text: &str, collector: &mut Collector) -> Result<(), KmlError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut path: Vec<String> = Vec::new();
    let mut content = String::new();
    let mut rooted = false;
    loop {
        let event = reader
            .read_event()
            .map_err(|error| malformed(reader.error_position(), error.to_string()))?;
        let position = reader.buffer_position();
        match event {
            Event::Start(start) => {
                let name = start.local_name().into_inner().to_owned();
                if !rooted && name != "kml" {
                    return Err(KmlError::OtherRoot(name));
                }
                if path.len() == DEEPEST {
                    return Err(KmlError::TooDeep);
                }
                rooted = true;
                collector.open(&name, &start, position)?;
                path.push(name);
                content.clear();
            }
            Event::End(_) => {
                if let Some(name) = path.pop() {
                    collector.close(&name, &path, content.trim());
                }
                content.clear();
            }
            Event::Text(text) => content.push_str(&text.xml10_content()),
            Event::CData(text) => content.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => content.push(character(&reference, position)?),
            Event::DocType(_) => return Err(KmlError::DocumentType),
            Event::Eof if !path.is_empty() => {
                return Err(malformed(position, "the text ends too early".to_owned()));
            }
            Event::Eof if !rooted => return Err(KmlError::Empty),
            Event::Eof => return Ok(()),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

impl Collector {
    /// An element begins.
    fn open(&mut self, name: &str, start: &BytesStart<'_>, at: u64) -> Result<(), KmlError> {
        match name {
            "Folder" => {
                self.folders.push((self.folders_seen, String::new(), 0));
                self.folders_seen += 1;
            }
            "Placemark" => {
                let counter =
                    self.folders.last_mut().map_or(&mut self.outside, |(_, _, count)| count);
                let index = *counter;
                *counter += 1;
                self.current = Some(Placemark { index, ..Placemark::default() });
            }
            "Data" => {
                let attribute = start
                    .try_get_attribute("name")
                    .map_err(|error| malformed(at, error.to_string()))?;
                let name = attribute
                    .map(|attribute| attribute.normalized_value(XmlVersion::Explicit1_0))
                    .transpose()
                    .map_err(|error| malformed(at, error.to_string()))?;
                self.data_name = Some(name.unwrap_or_default().trim().to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    /// An element ends; `path` leads to the one it stands in.
    fn close(&mut self, name: &str, path: &[String], content: &str) {
        let parent = path.last().map_or("", String::as_str);
        match (parent, name) {
            (_, "Folder") => {
                self.folders.pop();
            }
            ("Folder", "name") => {
                if let Some((_, folder, _)) = self.folders.last_mut() {
                    content.clone_into(folder);
                }
            }
            (_, "Placemark") => {
                let folder = self.folders.last().map(|(number, name, _)| (*number, name.clone()));
                self.placemarks
                    .extend(self.current.take().map(|placemark| Placemark { folder, ..placemark }));
            }
            (_, "Data") => self.data_name = None,
            ("NetworkLink" | "Link" | "Url", "href")
                if path.iter().any(|element| element == "NetworkLink") =>
            {
                if !content.is_empty() && self.network_link.is_none() {
                    self.network_link = Some(content.to_owned());
                }
            }
            (parent, name) => {
                if let Some(placemark) = &mut self.current {
                    match (parent, name) {
                        ("Placemark", "name") => content.clone_into(&mut placemark.name),
                        ("Placemark", "address") => content.clone_into(&mut placemark.address),
                        ("Data", "value") => placemark
                            .data
                            .extend(self.data_name.clone().map(|name| (name, content.to_owned()))),
                        _ => {}
                    }
                }
            }
        }
    }
}

/// The character a reference stands for: a number, or one of XML's own five names.
fn character(reference: &BytesRef<'_>, position: u64) -> Result<char, KmlError> {
    let known = match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            reference.resolve_char_ref().map_err(|error| malformed(position, error.to_string()))?
        }
    };
    known.ok_or_else(|| malformed(position, format!("the entity `{}` is not known", &**reference)))
}

fn malformed(position: u64, problem: String) -> KmlError {
    KmlError::Malformed { position, problem }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{KmlError, network_link, placemarks};

    fn map(inner: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>{inner}</Document></kml>"
        )
    }

    #[test]
    fn placemarks_are_read_with_and_without_folders() {
        let text = map("<name>Map</name><Placemark><name>A</name></Placemark>\
             <Folder><name>Police</name><Placemark><name>B</name></Placemark></Folder>\
             <Folder><name><![CDATA[Fire & Rescue]]></name><Placemark><name>C</name></Placemark>\
             <Placemark><name>D</name></Placemark></Folder>");
        let read: Vec<_> = placemarks(&text)
            .unwrap()
            .into_iter()
            .map(|placemark| (placemark.name, placemark.folder, placemark.index))
            .collect();
        assert_eq!(
            read,
            [
                ("A".to_owned(), None, 0),
                ("B".to_owned(), Some((0, "Police".to_owned())), 0),
                ("C".to_owned(), Some((1, "Fire & Rescue".to_owned())), 0),
                ("D".to_owned(), Some((1, "Fire & Rescue".to_owned())), 1),
            ]
        );
    }

    #[test]
    fn plain_text_cdata_and_references_mean_the_same() {
        for name in ["A &amp; B&#39;s", "<![CDATA[A & B's]]>", "\n A <![CDATA[& ]]>B&#x27;s "] {
            let text = map(&format!("<Placemark><name>{name}</name></Placemark>"));
            assert_eq!(placemarks(&text).unwrap()[0].name, "A & B's", "{name}");
        }
    }

    #[test]
    fn extended_data_is_found_by_name_and_the_style_is_ignored() {
        let text = map("<Placemark><styleUrl>#icon</styleUrl><name>A</name>\
             <address><![CDATA[Tampa, FL]]></address><ExtendedData>\
             <Data name=\"Active Date\"><displayName>x</displayName><value>9/3/19</value></Data>\
             <Data name=\"Requests\"><value/></Data></ExtendedData></Placemark>");
        let placemark = &placemarks(&text).unwrap()[0];
        assert_eq!(placemark.address, "Tampa, FL");
        assert_eq!(placemark.value("active date"), Some("9/3/19"));
        assert_eq!(placemark.value("Requests"), None);
        assert_eq!(placemark.data.len(), 2);
    }

    #[test]
    fn a_stub_says_where_the_map_is() {
        let stub = map("<name>Map</name><NetworkLink><name>Map</name><Link>\
             <href><![CDATA[https://maps.example/kml?mid=1&forcekml=1]]></href></Link></NetworkLink>");
        assert_eq!(
            network_link(&stub).as_deref(),
            Some("https://maps.example/kml?mid=1&forcekml=1")
        );
        assert_eq!(placemarks(&stub), Ok(Vec::new()));
        let icon = map("<Style><Icon><href>https://maps.example/icon.png</href></Icon></Style>");
        assert_eq!(network_link(&icon), None);
    }

    #[test]
    fn document_types_and_entities_are_refused() {
        let bomb = "<!DOCTYPE kml [<!ENTITY a \"aaaa\">]><kml>&a;</kml>";
        assert_eq!(placemarks(bomb), Err(KmlError::DocumentType));
        let unknown = placemarks("<kml>&a;</kml>").unwrap_err().to_string();
        assert!(unknown.contains("`a` is not known"), "{unknown}");
        assert!(placemarks("<kml>&#0;</kml>").is_err());
        let deep = "<kml>".repeat(100);
        assert_eq!(placemarks(&deep), Err(KmlError::TooDeep));
    }

    #[test]
    fn what_is_no_kml_says_what_it_is() {
        assert_eq!(placemarks(""), Err(KmlError::Empty));
        assert_eq!(placemarks("upstream says no"), Err(KmlError::Empty));
        assert_eq!(placemarks("<rss/>"), Err(KmlError::OtherRoot("rss".to_owned())));
        for cut in ["<kml><Document>", "<kml><Docu", "<kml></Document></kml>", "<kml>a & b</kml>"] {
            assert!(matches!(placemarks(cut), Err(KmlError::Malformed { .. })), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = placemarks(&text);
        }

        #[test]
        fn no_text_of_a_maps_pieces_makes_it_panic(
            pieces in proptest::collection::vec(0_usize..PIECES.len(), 0..40),
        ) {
            let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
            let _ = (placemarks(&text), network_link(&text));
        }
    }

    const PIECES: &[&str] = &[
        "<kml>",
        "</kml>",
        "<Folder>",
        "</Folder>",
        "<Placemark>",
        "</Placemark>",
        "<name>",
        "</name>",
        "<Data name=\"a\">",
        "<Data name>",
        "</Data>",
        "<value>",
        "</value>",
        "<![CDATA[",
        "]]>",
        "&amp;",
        "&#x110000;",
        "&",
        "x",
        "<NetworkLink>",
        "<href>",
        "</href>",
    ];
}
