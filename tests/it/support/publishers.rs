//! What the publishers of a small world say: a few towns that do not exist, in the shapes of the
//! live endpoints, with the dirt of the real files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

/// A labelled row of the Atlas: its number, and the ORI it must be linked to, or `-`.
pub(crate) type Label = (String, String);

/// The bodies by path, and what must come of them.
pub(crate) struct Bodies {
    /// By path, without query.
    pub(crate) by_path: BTreeMap<String, Vec<u8>>,
    /// Distinct ORIs in the FBI's list.
    pub(crate) oris: usize,
    /// Rows of the Atlas with the agency each must be linked to.
    pub(crate) labels: Vec<Label>,
}

pub(crate) const ATLAS: &str = "/atlas.csv";
pub(crate) const OHIO: &str = "/fbi/agency/byStateAbbr/OH";
pub(crate) const USFA: &str = "/usfa/national.csv";
pub(crate) const PLACES: &str = "/census/places.txt";
pub(crate) const COUNTIES: &str = "/census/counties.txt";

const RING_MAP: &str = "https://www.google.com/maps/d/viewer?mid=1eYVDPh5itXq5acDT9b0BVeQwmESBa4cB";
const TOWNS: usize = 45;
const COUNTY_NAMES: [&str; 9] =
    ["Adair", "Boone", "Calder", "Dunn", "Eaton", "Fulton", "Grady", "Holt", "Irwin"];
/// The town whose coordinates are nonsense, and the one that lies in two counties.
const ASTRAY: usize = 7;
const ASTRIDE: usize = 3;

/// Everything, as served at first.
pub(crate) fn bodies() -> Bodies {
    let mut by_path = BTreeMap::new();
    let mut oris = 0;
    for (state, counties) in registry() {
        let mut seen: Vec<&Value> = counties.values().flatten().map(|a| &a["ori"]).collect();
        seen.sort_by_key(ToString::to_string);
        seen.dedup();
        oris += seen.len();
        let body = serde_json::to_vec(&counties).unwrap();
        by_path.insert(format!("/fbi/agency/byStateAbbr/{state}"), body);
    }
    let (atlas, labels) = atlas();
    by_path.insert(ATLAS.to_owned(), atlas);
    by_path.insert(USFA.to_owned(), fire_registry());
    by_path.insert(PLACES.to_owned(), places());
    by_path.insert(COUNTIES.to_owned(), counties());
    Bodies { by_path, oris, labels }
}

fn town(number: usize) -> String {
    const START: [&str; 9] = ["Ash", "Birch", "Cal", "Dun", "Elm", "Fern", "Glen", "Hart", "Ivy"];
    const END: [&str; 5] = ["ford", "brook", "ton", "mere", "wick"];
    format!("{}{}", START[number % 9], END[number / 9])
}

fn county_of(number: usize) -> &'static str {
    COUNTY_NAMES[number % COUNTY_NAMES.len()]
}

fn ori(number: usize) -> String {
    format!("OH{:03}{number:02}00", number % COUNTY_NAMES.len() + 1)
}

fn point(number: usize) -> (f64, f64) {
    let step = f64::from(u32::try_from(number).unwrap());
    (39.0 + step * 0.05, -84.0 + step * 0.06)
}

type Counties = BTreeMap<String, Vec<Value>>;

fn agency(ori: &str, state: &str, name: &str, kind: &str, at: Option<(f64, f64)>) -> Value {
    json!({
        "ori": ori, "counties": "", "is_nibrs": true,
        "latitude": at.map(|(lat, _)| lat), "longitude": at.map(|(_, lon)| lon),
        "state_abbr": state, "state_name": state, "agency_name": name,
        "agency_type_name": kind, "nibrs_start_date": null,
    })
}

/// The FBI's list, by the state it is asked for.
fn registry() -> BTreeMap<String, Counties> {
    let nobody = |state: &&str| !porchlight::source::TERRITORIES.contains(state);
    let states = porchlight::source::STATES.iter().copied().filter(nobody);
    let mut list: BTreeMap<String, Counties> =
        states.map(|state| (state.to_owned(), Counties::new())).collect();
    let mut add = |asked: &str, county: &str, agency: Value| {
        let counties = list.entry(asked.to_owned()).or_default();
        counties.entry(county.to_uppercase()).or_default().push(agency);
    };
    for number in 0..TOWNS {
        let at = if number == ASTRAY { (-9.0, -9.0) } else { point(number) };
        let name = format!("{} Police Department", town(number));
        let agency = agency(&ori(number), "OH", &name, "City", Some(at));
        if number == ASTRIDE {
            add("OH", county_of(number + 1), agency.clone());
        }
        add("OH", county_of(number), agency);
    }
    for (number, county) in COUNTY_NAMES.iter().enumerate() {
        let ori = format!("OH{:03}0000", number + 101);
        let name = format!("{county} County Sheriff's Office");
        add("OH", county, agency(&ori, "OH", &name, "County", None));
    }
    for (ori, county) in [("PA0010100", "Mercer"), ("PA0020100", "Butler")] {
        let name = "Jefferson Township Police Department";
        add("PA", county, agency(ori, "PA", name, "City", Some((41.0, -80.0))));
    }
    // The FBI's own codes for Nebraska and Guam.
    let platte = agency("NB0010100", "NB", "Platte Police Department", "City", Some((41.1, -97.0)));
    add("NE", "Platte", platte);
    let guam = agency("GM0010100", "GM", "Guam Police Department", "Other", Some((13.45, 144.75)));
    add("GU", "NOT SPECIFIED", guam);
    list
}

/// The fire registry, in the encoding of 2023.
fn fire_registry() -> Vec<u8> {
    let mut text = "FDID, Fire dept name, HQ addr1, HQ city, HQ state, HQ phone, County, \
                    Dept Type, Organization Type\n"
        .to_owned();
    let mut add = |fdid: &str, name: &str, city: &str, state: &str, county: &str| {
        let county = county.to_uppercase();
        writeln!(
            text,
            "\"{fdid}\",\"{name}\",\"1 Elm Street\",\"{city}\",\"{state}\",\"555-0100\",\
             \"{county}\",\"Career\",\"Local\""
        )
        .unwrap();
    };
    for number in 0..30 {
        let city = town(number);
        let name = format!("{city} Fire Department");
        add(&format!("010{number:02}"), &name, &city, "OH", county_of(number));
    }
    add("01001", "Prairie Fire District", "Prairie", "MO", "Linn");
    add("01001", "Ash Hollow Fire Department", "Ash Hollow", "OH", "Adair");
    add("01001", "Bomberos de Añasco", "Añasco", "PR", "Añasco");
    add("", "Hilltop Volunteer Fire Department", "Hilltop", "MO", "Linn");
    add("", "Lowland Volunteer Fire Department", "Lowland", "MO", "Linn");
    add("", "Lowland Volunteer Fire Department", "Lowland", "MO", "Linn");
    add("02001", "", "Nameless", "MO", "Linn");
    add("02002", "Faraway Fire Department", "Faraway", "ZZ", "Linn");
    add("02003", "Aston Department of Public Safety", "Aston", "MO", "Linn");
    encoding_rs::WINDOWS_1252.encode(&text).0.into_owned()
}

fn places() -> Vec<u8> {
    let mut text = "USPS|GEOID|GEOIDFQ|ANSICODE|NAME|LSAD|FUNCSTAT|ALAND|AWATER|ALAND_SQMI|\
                    AWATER_SQMI|INTPTLAT|INTPTLONG\n"
        .to_owned();
    for number in 0..TOWNS {
        let (lat, lon) = point(number);
        let name = town(number);
        writeln!(text, "OH|39{number:05}|x|0|{name} city|25|A|1|0|0.1|0|{lat}|{lon}").unwrap();
    }
    text.into_bytes()
}

fn counties() -> Vec<u8> {
    let mut text = "USPS|GEOID|GEOIDFQ|ANSICODE|NAME|ALAND|AWATER|ALAND_SQMI|AWATER_SQMI|INTPTLAT|\
                    INTPTLONG\n"
        .to_owned();
    for (number, name) in COUNTY_NAMES.iter().enumerate() {
        let (lat, lon) = point(number * 4);
        writeln!(text, "OH|39{number:03}|x|0|{name} County|1|0|0.1|0|{lat}|{lon}").unwrap();
    }
    text.push_str("PA|42085|x|0|Mercer County|1|0|0.1|0|41.3|-80.2\n");
    text.push_str("PA|42019|x|0|Butler County|1|0|0.1|0|40.9|-79.9\n");
    text.into_bytes()
}

/// A row of the Atlas, as far as rows differ.
struct Listed<'a> {
    city: &'a str,
    county: &'a str,
    state: &'a str,
    agency: &'a str,
    kind: &'a str,
    date: &'a str,
    summary: &'a str,
}

impl<'a> Listed<'a> {
    fn police(city: &'a str, county: &'a str, agency: &'a str, date: &'a str) -> Self {
        Self { city, county, state: "OH", agency, kind: "Police", date, summary: "" }
    }

    fn cells(&self, number: &str, technology: &str, vendor: &str) -> Vec<String> {
        let Self { city, county, state, agency, kind, date, summary } = self;
        let summary = if summary.is_empty() {
            format!("The {agency} signed an agreement with Ring.")
        } else {
            (*summary).to_owned()
        };
        let mut cells = [
            number,
            city,
            county,
            state,
            agency,
            kind,
            &summary,
            "Municipal",
            technology,
            vendor,
            RING_MAP,
            "",
            "Ring",
            "",
            date,
        ]
        .map(str::to_owned)
        .to_vec();
        cells.resize(25, String::new());
        cells
    }
}

struct Atlas {
    rows: Vec<Vec<String>>,
    labels: Vec<Label>,
}

impl Atlas {
    /// Adds a Ring row, with the ORI it must be linked to.
    fn ring(&mut self, listed: &Listed<'_>, expected: &str) {
        let number = format!("AOS{:04}", self.rows.len() + 1);
        self.labels.push((format!("AOS{}", self.rows.len() + 1), expected.to_owned()));
        self.rows.push(listed.cells(&number, "Ring/Neighbors Partnership", "Ring"));
    }
}

/// The Atlas: other technologies first, so that its first half holds no Ring row.
fn atlas() -> (Vec<u8>, Vec<Label>) {
    let mut atlas = Atlas { rows: Vec::new(), labels: Vec::new() };
    for number in 0..70 {
        let (city, county) = (town(number % TOWNS), county_of(number % TOWNS));
        let agency = format!("{city} Police Department");
        let listed = Listed::police(&city, county, &agency, "9/3/19");
        let (technology, vendor) = match number {
            0..2 => ("Camera Registry", "Motorola Solutions"),
            2..4 => ("Camera Registry", ""),
            _ => ("Drones", "Hoverworks"),
        };
        atlas.rows.push(listed.cells(&format!("AOS{:04}", number + 1), technology, vendor));
    }
    for number in 0..TOWNS {
        let (city, county) = (town(number), format!("{} County", county_of(number)));
        let agency = format!("{city} Police Department");
        // The first three date from before the program began.
        let date =
            if number < 3 { "3/22/18".to_owned() } else { format!("{}/7/2019", number % 12 + 1) };
        atlas.ring(&Listed::police(&city, &county, &agency, &date), &ori(number));
    }
    add_dirty_rows(&mut atlas);
    let header = "AOSNUMBER,City,County,State,Agency,Type of LEA,Summary,Type of Juris,Technology,\
                  Vendor,Link 1,Link 1 Snapshot,Link 1 Source,Link 1 Type,Link 1 Date,Link 2,\
                  Link 2 Snapshot,Link 2 Source,Link 2 Type,Link 2 Date,Link 3,Link 3 Snapshot,\
                  Link 3 Source,Link 3 Type,Link 3 Date";
    let mut rows = vec![header.split(',').map(str::to_owned).collect()];
    rows.append(&mut atlas.rows);
    (table(&rows), atlas.labels)
}

fn add_dirty_rows(atlas: &mut Atlas) {
    let sheriff = |agency| Listed {
        kind: "Sheriff",
        ..Listed::police("", "Boone County", agency, "8/29/19 ")
    };
    atlas.ring(&sheriff("Boone County Sheriff?s Office"), "OH1020000");
    // One department under two numbers, and one number for two departments.
    let town_of = |number: usize| (town(number), format!("{} Police Department", town(number)));
    let (city, agency) = town_of(5);
    atlas.ring(&Listed::police(&city, county_of(5), &agency, "5/1/2020"), &ori(5));
    let mut shared = atlas.rows[72].clone();
    shared[0].clone_from(&atlas.rows[73][0]);
    let either = format!("{}|{}", ori(2), ori(3));
    atlas.labels[3].1 = either;
    atlas.rows.push(shared);
    // A row that stands twice, word for word.
    let again = atlas.rows[74].clone();
    atlas.rows.push(again);
    // No date, but a month in the prose; a date that is none; a county with marks.
    let (city, agency) = town_of(9);
    let summary = format!(
        "The {agency} signed an agreement with Amazon's home surveillance equipment company, Ring, \
         in September 2020 to gain special access to the company's Neighbors app."
    );
    let listed = Listed { summary: &summary, ..Listed::police(&city, county_of(9), &agency, "") };
    atlas.ring(&listed, &ori(9));
    let (city, agency) = town_of(10);
    atlas.ring(
        &Listed::police(&city, "\u{200e}Boone County\u{200e}", &agency, "21, 2019"),
        &ori(10),
    );
    // Two departments have the name; nobody has it; another one is named in the prose.
    let jefferson = "Jefferson Township Police Department";
    let listed = Listed { state: "PA", ..Listed::police("Jefferson", "", jefferson, "6/1/2019") };
    atlas.ring(&listed, "-");
    let nowhere =
        Listed::police("Nowhere", "Adair County", "Nowhere Police Department", "6/1/2019");
    atlas.ring(&nowhere, "-");
    let summary = "The Calton Department of Public Safety signed an agreement with Ring in 2019.";
    let listed = Listed {
        summary,
        ..Listed::police("Ashton", "Adair County", "Ashton Police Department", "6/1/2019")
    };
    atlas.ring(&listed, "-");
    // States: one that is none, a blank one, and those the FBI writes in its own way.
    let listed = Listed {
        state: "NA",
        ..Listed::police("Lostwick", "", "Lostwick Police Department", "6/1/2019")
    };
    atlas.ring(&listed, "-");
    let listed = Listed {
        state: "",
        ..Listed::police("Blankwick", "", "Blankwick Police Department", "6/1/2019")
    };
    atlas.ring(&listed, "-");
    let listed = Listed {
        state: "NE",
        ..Listed::police("Platte", "Platte County", "Platte Police Department", "6/1/2019")
    };
    atlas.ring(&listed, "NB0010100");
    let listed =
        Listed { state: "GU", ..Listed::police("", "", "Guam Police Department", "6/1/2019") };
    atlas.ring(&listed, "GM0010100");
}

/// Rows as a CSV table with every cell in quotes.
pub(crate) fn table(rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).unwrap();
    }
    writer.into_inner().unwrap()
}

/// The rows of a CSV table, the header first.
pub(crate) fn rows(table: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(table);
    let records = reader.byte_records().map(Result::unwrap);
    let text = |cell: &[u8]| String::from_utf8_lossy(cell).into_owned();
    records.map(|record| record.iter().map(text).collect()).collect()
}
