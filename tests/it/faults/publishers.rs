//! Six sources of a hundred and twenty things each, in the shapes of the live endpoints: enough
//! that shares mean something.

use super::edition::{Edition, Form};

/// How many towns there are: nine tenths of them in Ohio, the rest in Pennsylvania.
const TOWNS: usize = 120;
const OF_OHIO: usize = 108;

/// A source as these tests know it.
#[derive(Debug, Clone)]
pub(crate) struct Publisher {
    pub(crate) id: &'static str,
    /// The path of its endpoint, `{state}` where there is one per state.
    pub(crate) path: &'static str,
    pub(crate) healthy: Edition,
}

struct Town {
    number: usize,
    name: String,
    state: &'static str,
    county: &'static str,
    at: (String, String),
}

fn towns() -> impl Iterator<Item = Town> {
    const START: [&str; 12] =
        ["Ash", "Birch", "Cal", "Dun", "Elm", "Fern", "Glen", "Hart", "Ivy", "Kirk", "Lin", "Mar"];
    const END: [&str; 10] =
        ["ford", "brook", "ton", "mere", "wick", "stead", "dale", "field", "gate", "port"];
    const COUNTIES: [&str; 4] = ["Adair", "Boone", "Calder", "Dunn"];
    (0..TOWNS).map(|number| {
        let is_of_ohio = number < OF_OHIO;
        // Small steps from a corner of each state, so that no two points are one.
        let (south, west) = if is_of_ohio { (38.5, -84.9) } else { (39.9, -80.1) };
        let step = |of: usize| f64::from(u32::try_from(of).unwrap());
        let lat = south + step(number % 30) * 0.06;
        let lon = west + step(number / 30) * 0.9 + step(number % 30) * 0.01;
        Town {
            number,
            name: format!("{}{}", START[number % 12], END[number / 12]),
            state: if is_of_ohio { "OH" } else { "PA" },
            county: COUNTIES[number % 4],
            at: (format!("{lat:.4}"), format!("{lon:.4}")),
        }
    })
}

fn edition(form: Form, header: &str, row: impl Fn(&Town) -> Vec<String>) -> Edition {
    Edition {
        form,
        header: header.split('|').map(str::to_owned).collect(),
        rows: towns().map(|town| row(&town)).collect(),
    }
}

fn cells<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn police(town: &Town) -> String {
    format!("{} Police Department", town.name)
}

fn date(town: &Town) -> String {
    format!("{}/{}/2019", town.number % 12 + 1, town.number % 28 + 1)
}

/// All of them, in the order of the program.
pub(crate) fn all() -> [Publisher; 6] {
    [atlas(), ring_map(), fbi(), usfa(), places(), counties()]
}

fn atlas() -> Publisher {
    let header = "AOSNUMBER|City|County|State|Agency|Type of LEA|Summary|Type of Juris|Technology|\
                  Vendor|Link 1|Link 1 Snapshot|Link 1 Source|Link 1 Type|Link 1 Date|Link 2|\
                  Link 2 Source|Link 2 Date|Link 3|Link 3 Date";
    let row = |town: &Town| {
        let agency = police(town);
        let link = "https://www.google.com/maps/d/viewer?mid=1eYVDPh5itXq5acDT9b0BVeQwmESBa4cB";
        let page = format!("https://news.example/{}", town.number);
        cells([
            &format!("AOS{:05}", town.number + 1),
            &town.name,
            &format!("{} County", town.county),
            town.state,
            &agency,
            "Police",
            &format!("The {agency} signed an agreement with Ring."),
            "Municipal",
            "Ring/Neighbors Partnership",
            "Ring",
            link,
            "",
            "Ring",
            "Map",
            &date(town),
            &page,
            "Añasco News",
            "",
            "",
            "",
        ])
    };
    Publisher { id: "eff-atlas", path: "/atlas.csv", healthy: edition(Form::Csv, header, row) }
}

fn ring_map() -> Publisher {
    let header = "name|address|Active Date|Video Requests";
    let row = |town: &Town| {
        let address = format!("{}, {}", town.name, town.state);
        cells([&police(town), &address, &date(town), &town.number.to_string()])
    };
    Publisher { id: "ring-map", path: "/map.kml", healthy: edition(Form::Kml, header, row) }
}

fn fbi() -> Publisher {
    let header = "asked|county|ori|agency_name|agency_type_name|state_abbr|state_name|latitude|\
                  longitude|is_nibrs";
    let row = |town: &Town| {
        let name = if town.state == "OH" { "Ohio" } else { "Pennsylvania" };
        cells([
            town.state,
            &town.county.to_uppercase(),
            &format!("{}{:05}00", town.state, town.number + 1),
            &police(town),
            "City",
            town.state,
            name,
            &town.at.0,
            &town.at.1,
            "true",
        ])
    };
    let healthy = edition(Form::StateJson, header, row);
    Publisher { id: "fbi-agencies", path: "/fbi/{state}", healthy }
}

fn usfa() -> Publisher {
    let header = "FDID|Fire dept name|HQ addr1|HQ city|HQ state|HQ phone|County|Dept Type|\
                  Organization Type|Website";
    let row = |town: &Town| {
        let accent = if town.number == 5 { "ñ" } else { "" };
        cells([
            &format!("{:05}", town.number + 1001),
            &format!("{}{accent} Fire Department", town.name),
            "1 Elm Street",
            &town.name,
            town.state,
            "555-0100",
            &town.county.to_uppercase(),
            "Career",
            "Local",
            "",
        ])
    };
    Publisher { id: "usfa-registry", path: "/usfa.csv", healthy: edition(Form::Csv, header, row) }
}

fn places() -> Publisher {
    let header = "USPS|GEOID|ANSICODE|NAME|LSAD|ALAND|AWATER|INTPTLAT|INTPTLONG";
    let row = |town: &Town| {
        let prefix = if town.state == "OH" { 39 } else { 42 };
        let geoid = format!("{prefix}{:05}", town.number);
        let name = format!("{} city", town.name);
        cells([town.state, &geoid, "0", &name, "25", "1", "2", &town.at.0, &town.at.1])
    };
    let healthy = edition(Form::Pipes, header, row);
    Publisher { id: "census-places", path: "/places.txt", healthy }
}

fn counties() -> Publisher {
    let header = "USPS|GEOID|ANSICODE|NAME|ALAND|AWATER|INTPTLAT|INTPTLONG";
    let row = |town: &Town| {
        let prefix = if town.state == "OH" { 39 } else { 42 };
        // The first four are those that the registries name.
        let name = if town.number < 4 { town.county } else { &town.name };
        let geoid = format!("{prefix}{:03}", town.number);
        cells([
            town.state,
            &geoid,
            "0",
            &format!("{name} County"),
            "1",
            "2",
            &town.at.0,
            &town.at.1,
        ])
    };
    let healthy = edition(Form::Pipes, header, row);
    Publisher { id: "census-counties", path: "/counties.txt", healthy }
}
