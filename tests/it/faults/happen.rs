//! The faults, by name: what each does to an edition of a source.

use std::collections::BTreeMap;

use super::edition::{Edition, Form};
use super::publishers::Publisher;

/// The columns of a source by what they are to its reader.
struct Columns {
    key: &'static str,
    name: &'static str,
    /// Another one that is read, and any record can do without.
    text: &'static str,
    state: &'static str,
    unread: &'static str,
    date: &'static str,
    coordinates: Option<(&'static str, &'static str)>,
}

fn columns(source: &str) -> Columns {
    let of = |[key, name, text, state, unread, date]: [&'static str; 6], coordinates| Columns {
        key,
        name,
        text,
        state,
        unread,
        date,
        coordinates,
    };
    let gazetteer = Some(("INTPTLAT", "INTPTLONG"));
    match source {
        "eff-atlas" => {
            of(["AOSNUMBER", "Agency", "City", "State", "Type of Juris", "Link 1 Date"], None)
        }
        "ring-map" => {
            of(["name", "name", "address", "address", "Video Requests", "Active Date"], None)
        }
        "fbi-agencies" => of(
            ["ori", "agency_name", "agency_type_name", "state_abbr", "is_nibrs", "is_nibrs"],
            Some(("latitude", "longitude")),
        ),
        "usfa-registry" => {
            of(["FDID", "Fire dept name", "HQ city", "HQ state", "HQ phone", "HQ phone"], None)
        }
        _ => of(["GEOID", "NAME", "INTPTLAT", "USPS", "ALAND", "ALAND"], gazetteer),
    }
}

/// The bodies of a source after a fault.
pub(super) fn bodies(publisher: &Publisher, fault: &str) -> BTreeMap<String, Vec<u8>> {
    let mut edition = publisher.healthy.clone();
    change(&mut edition, &columns(publisher.id), fault);
    let mut bodies = edition.bodies(publisher.path);
    for body in bodies.values_mut() {
        encode(body, fault);
    }
    bodies
}

fn change(edition: &mut Edition, columns: &Columns, fault: &str) {
    let Columns { key, name, text, state, unread, date, coordinates } = columns;
    let script = "<script>alert(1)</script>";
    let link = "=HYPERLINK(\"https://evil.example\",\"Police\")";
    match fault {
        "loses 3 %" => edition.lose(3),
        "loses 30 %" => edition.lose(30),
        "10 % twice" => edition.duplicate(),
        "two columns swapped with their headings" => edition.swap(name, text, true),
        "name and another column swapped" => edition.swap(name, text, false),
        "key and name swapped" => edition.swap(key, name, false),
        "coordinates swapped" => {
            let (lat, lon) = coordinates.unwrap();
            edition.swap(lat, lon, false);
        }
        "a column more" => edition.add_column(),
        "a needed column renamed" => edition.rename(name),
        "another column renamed" => edition.rename(text),
        "an unread column renamed" => edition.rename(unread),
        "moved by 90 degrees" => {
            let (_, lon) = coordinates.unwrap();
            edition.each(lon, |lon| (lon.parse::<f64>().unwrap() + 90.0).to_string());
        }
        "dates in 2099" => edition.each(date, |_| "1/1/2099".to_owned()),
        "a state's rows are another's" => edition.replace_state(state, "PA", "OH", false),
        "a state's rows are another's under its name" => {
            edition.replace_state(state, "PA", "OH", true);
        }
        "HTML in one name" => edition.one(name, script),
        "HTML in every name" => edition.each(name, |name| format!("{script}{name}")),
        "a formula in one name" => edition.one(name, link),
        "a formula in every name" => edition.each(name, |name| format!("={name}")),
        "a command in one cell" => edition.one(text, "+cmd|' /C calc'!A0"),
        "a sum in one cell" => edition.one(text, "@SUM(1+1)*cmd"),
        "1 MB in one cell" => edition.one(text, &"x".repeat(1 << 20)),
        "1 MB in one name" => edition.one(name, &"x".repeat(1 << 20)),
        "NUL in one name" => edition.one(name, "Ash\0ton Police Department"),
        "one ragged row" => edition.ragged(1000),
        "ragged rows" => edition.ragged(5),
        "the header twice" => {
            let mut again = edition.header.clone();
            if edition.form == Form::StateJson {
                again[..2].clone_from_slice(&["OH".to_owned(), "ADAIR".to_owned()]);
            }
            edition.rows.insert(60, again);
        }
        "a blank column" => edition.each(text, |_| String::new()),
        "a blank key" => edition.each(key, |_| String::new()),
        "half" => edition.rows.truncate(edition.rows.len() / 2),
        "alternate" => edition.lose(50),
        "windows-1252"
        | "UTF-16"
        | "UTF-16 without a mark"
        | "UTF-8 with a mark"
        | "one endless line" => {}
        other => panic!("no such fault: {other}"),
    }
}

fn encode(body: &mut Vec<u8>, fault: &str) {
    let text = String::from_utf8_lossy(body).into_owned();
    let wide = || text.encode_utf16().flat_map(u16::to_le_bytes);
    match fault {
        "windows-1252" => *body = encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
        "UTF-16" => *body = [0xff, 0xfe].into_iter().chain(wide()).collect(),
        "UTF-16 without a mark" => *body = wide().collect(),
        "UTF-8 with a mark" => *body = [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        "one endless line" => body.retain(|byte| *byte != b'\n'),
        _ => {}
    }
}
