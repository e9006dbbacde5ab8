//! Made-up agencies, programs and partnerships in plausible numbers: two fifths police, a few programs
//! that nearly everybody takes part in and many that few do.

use std::path::Path;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Days, NaiveDate, Utc};
use porchlight::record::{
    Agency, AgencyKind, Completeness, DateBasis, GeoPrecision, Identity, MatchMethod, Partnership,
    PartnershipStatus, Precision, Program, ProgramKind, ProgramStatus, Record, ReleaseId, Service,
    Source, Vendor, mint,
};
use porchlight::release::database::Writer;
use porchlight::release::dataset::Since;

const STATES: &[&str] = &[
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA",
    "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM",
    "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA",
    "WV", "WI", "WY",
];
const BEGINNINGS: &[&str] =
    &["Ash", "Bel", "Cedar", "Dun", "East", "Fair", "Glen", "Hart", "Iron", "Lake", "Mill", "Oak"];
const MIDDLES: &[&str] = &["", "", "en", "ing", "er", "ley"];
const ENDS: &[&str] =
    &["bridge", "brook", "burg", "dale", "field", "ford", "ham", "ton", "view", "ville", "wood"];

/// What is made up. Everything follows from the three numbers.
pub(super) struct World {
    agencies: Vec<Agency>,
    programs: Vec<Program>,
    /// Id, agency and program of each partnership, in id order.
    partnerships: Vec<(String, u32, u32)>,
}

/// The release it becomes.
pub(super) fn release() -> ReleaseId {
    ReleaseId::after(None, published_at().date_naive())
}

/// When it is published.
pub(super) fn published_at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Days::new(20_000)
}

/// A number that follows from others, and looks like chance.
fn chance(about: &str, of: [u32; 2]) -> u64 {
    // SplitMix64, started from a hash of the question.
    let start = about.bytes().fold(u64::from(of[0]) << 32 | u64::from(of[1]), |start, byte| {
        start.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
    });
    let mixed = start.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// One of several, by chance.
fn one_of<T: Copy>(several: &[T], about: &str, of: [u32; 2]) -> T {
    several[usize::try_from(chance(about, of) % several.len() as u64).unwrap_or(0)]
}

/// A part of the whole, from 0 to 1, by chance.
fn share(about: &str, of: [u32; 2]) -> f64 {
    f64::from(u32::try_from(chance(about, of) >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

impl World {
    pub(super) fn new(agencies: u32, programs: u32, partnerships: u32) -> anyhow::Result<Self> {
        let most = u64::from(agencies) * u64::from(programs);
        ensure!(
            u64::from(partnerships) <= most,
            "{agencies} agencies can have at most {most} partnerships in {programs} programs"
        );
        let mut pairs = Vec::with_capacity(partnerships as usize);
        for (program, takers) in takers(agencies, programs, partnerships).into_iter().enumerate() {
            let program = u32::try_from(program)?;
            let first = u32::try_from(chance("first", [program, 0]) % u64::from(agencies))?;
            let step = coprime(agencies);
            for taker in 0..takers {
                let agency =
                    (u64::from(first) + u64::from(taker) * u64::from(step)) % u64::from(agencies);
                let agency = u32::try_from(agency)?;
                pairs.push((mint("par", &format!("{}:{program}", key(agency))), agency, program));
            }
        }
        pairs.sort_unstable();
        let twins = pairs.windows(2).find(|pair| pair[0].0 == pair[1].0);
        ensure!(twins.is_none(), "two partnerships share an id: {twins:?}");
        let mut world = Self {
            agencies: (0..agencies).map(agency).collect::<anyhow::Result<_>>()?,
            programs: (0..programs).map(program).collect::<anyhow::Result<_>>()?,
            partnerships: pairs,
        };
        for at in 0..world.partnerships.len() {
            let (_, agency, program) = &world.partnerships[at];
            let active = status(*agency, *program) == PartnershipStatus::Active;
            let agency = &mut world.agencies[*agency as usize];
            agency.partnerships += 1;
            agency.active_partnerships += i64::from(active);
        }
        Ok(world)
    }

    /// Writes the release file.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut writer = Writer::create(path)?;
        writer.meta(release(), published_at(), env!("CARGO_PKG_VERSION"))?;
        let mut agencies: Vec<&Agency> = self.agencies.iter().collect();
        agencies.sort_by_key(|agency| &agency.id);
        writer.records::<Agency>(agencies.into_iter())?;
        let mut vendors: Vec<Vendor> =
            (0..self.programs.len().div_ceil(2)).map(vendor).collect::<anyhow::Result<_>>()?;
        vendors.sort_by(|one, other| one.id.cmp(&other.id));
        writer.records::<Vendor>(vendors.iter())?;
        let mut programs: Vec<&Program> = self.programs.iter().collect();
        programs.sort_by_key(|program| &program.id);
        writer.records::<Program>(programs.into_iter())?;
        let mut wrong = None;
        let partnerships = self.partnerships.iter().map_while(|(id, agency, program)| {
            self.partnership(id, *agency, *program).map_err(|error| wrong = Some(error)).ok()
        });
        writer.records::<Partnership>(partnerships)?;
        wrong.map_or(Ok(()), Err)?;
        writer.records::<Source>(std::iter::once(source()?))?;
        writer.identities(self.identities())?;
        writer.finish().context("the release file could not be written")
    }

    fn identities(&self) -> impl Iterator<Item = Since<Identity>> {
        let agencies = (0_u32..).zip(&self.agencies).map(|(at, agency)| Identity {
            resource: Agency::TABLE.to_owned(),
            mint_key: key(at),
            id: agency.id.to_string(),
        });
        let partnerships = self.partnerships.iter().map(|(id, agency, program)| Identity {
            resource: Partnership::TABLE.to_owned(),
            mint_key: format!("{}:{program}", key(*agency)),
            id: id.clone(),
        });
        agencies.chain(partnerships).map(|what| Since { what, release: release() })
    }

    fn partnership(&self, id: &str, agency: u32, program: u32) -> anyhow::Result<Partnership> {
        let of = [agency, program];
        let (with, part_of) = (&self.agencies[agency as usize], &self.programs[program as usize]);
        let status = status(agency, program);
        let started_on = day(u32::try_from(chance("started", of) % 2_500)?);
        let listed_on = published_at().date_naive();
        let started = share("start known", of) < 0.7;
        let ended = status == PartnershipStatus::Ended;
        Ok(Partnership {
            id: id.parse()?,
            agency_id: Some(with.id.clone()),
            agency_name: with.name.clone(),
            agency_name_reported: with.name.clone(),
            state: Some(with.state.clone()),
            kind: with.kind,
            service: with.service,
            program_id: part_of.id.clone(),
            vendor_id: part_of.vendor_id.clone(),
            status,
            started_on: started.then_some(started_on),
            started_on_precision: started.then_some(Precision::Day),
            started_on_basis: started.then_some(DateBasis::Activation),
            ended_on: ended.then_some(listed_on),
            ended_on_precision: ended.then_some(Precision::Month),
            ended_on_basis: ended.then_some(DateBasis::Agreement),
            last_listed_on: Some(listed_on),
            status_as_of_on: Some(listed_on),
            match_method: Some(MatchMethod::Key),
            match_score: Some(1.0),
            video_requests: (share("counted", of) < 0.3)
                .then_some(i64::try_from(chance("requests", of) % 500)?),
            video_requests_as_of_on: None,
            first_release: release(),
            last_changed_release: release(),
            evidence_count: 0,
        })
    }
}

/// How many agencies take part in each program: the first in nearly all, the later in fewer.
fn takers(agencies: u32, programs: u32, partnerships: u32) -> Vec<u32> {
    let weight = |program: u32| 1.0 / f64::from(program + 1).sqrt();
    let mut left = partnerships;
    let mut weights: f64 = (0..programs).map(weight).sum();
    (0..programs)
        .map(|program| {
            let fair = f64::from(left) * weight(program) / weights;
            weights -= weight(program);
            // What the later ones cannot take falls to this one.
            let room = u64::from(agencies) * u64::from(programs - program - 1);
            let least = u64::from(left).saturating_sub(room);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of a count of 32 bits is one"
            )]
            let fair = (fair as u32).max(u32::try_from(least).unwrap_or(u32::MAX));
            let takers = fair.min(agencies).min(left);
            left -= takers;
            takers
        })
        .collect()
}

/// A step that reaches every agency before it comes to one again.
fn coprime(agencies: u32) -> u32 {
    let divisor = |one: u32, other: u32| {
        let (mut one, mut other) = (one, other);
        while other != 0 {
            (one, other) = (other, one % other);
        }
        one
    };
    (7_919..8_919).find(|step| divisor(*step, agencies) == 1).unwrap_or(1)
}

fn key(agency: u32) -> String {
    format!("{}{agency:07}", state(agency))
}

fn state(agency: u32) -> &'static str {
    one_of(STATES, "state", [agency, 0])
}

fn day(of: u32) -> NaiveDate {
    NaiveDate::default() + Days::new(17_500 + u64::from(of))
}

fn status(agency: u32, program: u32) -> PartnershipStatus {
    let share = share("status", [agency, program]);
    if share < 0.6 {
        PartnershipStatus::Active
    } else if share < 0.85 {
        PartnershipStatus::Unknown
    } else {
        PartnershipStatus::Ended
    }
}

fn agency(at: u32) -> anyhow::Result<Agency> {
    let of = [at, 0];
    let fire = at % 5 >= 2;
    let place = [BEGINNINGS, MIDDLES, ENDS].map(|syllables| one_of(syllables, syllables[0], of));
    let place = place.concat();
    let (kind, suffix) = match (fire, chance("kind", of) % 10) {
        (true, _) => (AgencyKind::Fire, "Fire Department"),
        (false, 0..=1) => (AgencyKind::Sheriff, "County Sheriff's Office"),
        (false, 2) => (AgencyKind::Campus, "University Police"),
        (false, _) => (AgencyKind::Police, "Police Department"),
    };
    let service = if fire { Service::Fire } else { Service::LawEnforcement };
    // Each state has a field of a grid, so that those of one state lie together.
    let field = STATES.iter().position(|state| *state == self::state(at)).unwrap_or(0);
    let (column, row) = (field % 17, field / 17);
    let [column, row] = [column, row].map(|at| f64::from(u32::try_from(at).unwrap_or(0)));
    let round = |degrees: f64| (degrees * 10_000.0).round() / 10_000.0;
    Ok(Agency {
        id: mint("agy", &key(at)).parse()?,
        name: format!("{place} {suffix}"),
        aliases: Vec::new(),
        kind,
        service,
        state: state(at).to_owned(),
        city: Some(place),
        counties: vec![format!("{} County", one_of(BEGINNINGS, "county", of))],
        county_fips: vec![format!("{:02}{:03}", field + 1, chance("county", of) % 200)],
        ori: (!fire).then(|| key(at)),
        fdid: fire.then(|| format!("{}-{:05}", state(at), at % 100_000)),
        lat: Some(round(25.0 + row * 8.0 + 8.0 * share("lat", of))),
        lon: Some(round(-124.0 + column * 3.35 + 3.35 * share("lon", of))),
        geo_precision: GeoPrecision::Place,
        registered: true,
        active_partnerships: 0,
        partnerships: 0,
        disclosures: 0,
        first_release: release(),
        last_changed_release: release(),
        evidence_count: 0,
    })
}

fn vendor(at: usize) -> anyhow::Result<Vendor> {
    Ok(Vendor {
        id: format!("vendor-{at}").parse()?,
        name: format!("Vendor {at}"),
        parent: None,
        homepage: None,
        aliases: Vec::new(),
        first_release: release(),
        last_changed_release: release(),
        evidence_count: 0,
    })
}

fn program(at: u32) -> anyhow::Result<Program> {
    let kinds = ProgramKind::ALL;
    Ok(Program {
        id: format!("program-{at}").parse()?,
        vendor_id: format!("vendor-{}", at / 2).parse()?,
        intermediary_vendor_ids: Vec::new(),
        name: format!("Program {at}"),
        kind: one_of(kinds, "program", [at, 0]),
        announced_on: None,
        announced_on_precision: None,
        launched_on: Some(day(0)),
        launched_on_precision: Some(Precision::Day),
        retired_on: None,
        retired_on_precision: None,
        status: ProgramStatus::Active,
        successor_program_id: None,
        summary: None,
        first_release: release(),
        last_changed_release: release(),
        evidence_count: 0,
    })
}

fn source() -> anyhow::Result<Source> {
    Ok(Source {
        id: "made-up".parse()?,
        name: "Made up".to_owned(),
        publisher: "Nobody".to_owned(),
        homepage: None,
        url: None,
        format: "none".to_owned(),
        licence: "CC0-1.0".to_owned(),
        attribution: "Nobody".to_owned(),
        redistributable: true,
        cadence: "never".to_owned(),
        completeness: Completeness::Sample,
        completeness_note: Some("Nothing in it is about anybody.".to_owned()),
        data_as_of_on: Some(published_at().date_naive()),
        rows: 0,
        issues: 0,
        first_release: release(),
        last_changed_release: release(),
        evidence_count: 0,
    })
}
