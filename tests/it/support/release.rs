//! Small releases, written to a folder by plain inserts into the published schema.

use std::collections::BTreeMap;
use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use porchlight::record::{
    Agency, AgencyId, AgencyKind, Answer, Cell, Completeness, Consent, Content, Detail, Disclosure,
    DisclosureId, Evidence, EvidenceId, GeoPrecision, LegalBasis, Metric, Outcome, Partnership,
    PartnershipId, PartnershipStatus, Program, ProgramKind, ProgramStatus, RESOURCES, Record,
    ReleaseId, ReportedTotal, ReportedTotalId, Resource, Role, Service, Source, Stage, SubjectType,
    ValueKind,
};
use porchlight::release::database::{indexes, is_searched, searched_words, tables_text};
use porchlight::release::dataset::SCHEMA_VERSION;
use porchlight::release::{
    MANIFEST_FILE, Manifest, ManifestDraft, ManifestFile, PreviousRelease, SIGNATURES, digest,
};

/// A release in the making.
pub(crate) struct ReleaseBuilder {
    release: ReleaseId,
    previous: Option<ReleaseId>,
    statements: Vec<String>,
    /// By table and id: rows lie in the order of their ids.
    records: BTreeMap<(usize, String), Vec<Cell>>,
    files: Vec<(&'static str, &'static str, Vec<u8>)>,
    signing_key: Option<&'static str>,
}

impl ReleaseBuilder {
    pub(crate) fn new(release: &str) -> Self {
        let release: ReleaseId = release.parse().unwrap();
        let published_at = format!("{}T06:00:00Z", release.date());
        let meta = [
            ("release", release.to_string()),
            ("published_at", published_at),
            ("schema_version", SCHEMA_VERSION.to_owned()),
            ("software_version", "0.1.0".to_owned()),
        ];
        let statements = meta
            .iter()
            .map(|(key, value)| format!("INSERT INTO meta VALUES ('{key}', '{value}');"))
            .collect();
        let records = BTreeMap::new();
        Self { release, previous: None, statements, records, files: Vec::new(), signing_key: None }
    }

    pub(crate) fn after(self, previous: &str) -> Self {
        Self { previous: Some(previous.parse().unwrap()), ..self }
    }

    pub(crate) fn has<R: Record>(mut self, record: &R) -> Self {
        let table = RESOURCES.iter().position(|resource| resource.table == R::TABLE).unwrap();
        self.records.insert((table, record.id().to_owned()), record.cells());
        self
    }

    /// A record of any resource, by the values of its columns.
    pub(crate) fn row(mut self, resource: &Resource, id: &str, cells: Vec<Cell>) -> Self {
        let table = RESOURCES.iter().position(|known| known.table == resource.table).unwrap();
        self.records.insert((table, id.to_owned()), cells);
        self
    }

    pub(crate) fn sql(mut self, statement: &str) -> Self {
        self.statements.push(statement.to_owned());
        self
    }

    /// Logs a change; `fields` is a JSON object of `[before, after]` by field.
    pub(crate) fn changed(
        self,
        release: &str,
        (table, id): (&str, &str),
        (change, cause): (&str, &str),
        fields: &str,
    ) -> Self {
        let fields = fields.replace('\'', "''");
        self.sql(&format!(
            "INSERT INTO changes VALUES
             ('{release}', '{table}', '{id}', '{change}', '{cause}', '{fields}');"
        ))
    }

    /// Says which id was minted from a key.
    pub(crate) fn identity(self, table: &str, mint_key: &str, id: &str) -> Self {
        let release = self.release;
        self.sql(&format!(
            "INSERT INTO identities VALUES ('{table}', '{mint_key}', '{id}', '{release}');"
        ))
    }

    pub(crate) fn merged(self, table: &str, from_id: &str, to_id: &str) -> Self {
        let release = self.release;
        self.sql(&format!(
            "INSERT INTO redirects VALUES ('{table}', '{from_id}', '{to_id}', '{release}', 'one');"
        ))
    }

    pub(crate) fn withdrawn(self, table: &str, id: &str) -> Self {
        let release = self.release;
        self.sql(&format!(
            "INSERT INTO withdrawals VALUES ('{table}', '{id}', '{release}', 'no such thing');"
        ))
    }

    /// An edition of a source that was read.
    pub(crate) fn edition(self, source: &str, as_of: &str) -> Self {
        let release = self.release;
        self.sql(&format!(
            "INSERT INTO editions VALUES
             ('{source}', '{as_of}', '2026-11-24T05:00:00Z', '{as_of}', '{release}', 1, 1, 0);"
        ))
    }

    /// Says that it is signed with that key, and puts texts where the signatures lie.
    pub(crate) fn signed(self, key: &'static str) -> Self {
        Self { signing_key: Some(key), ..self }
    }

    pub(crate) fn file(
        mut self,
        name: &'static str,
        media_type: &'static str,
        bytes: Vec<u8>,
    ) -> Self {
        self.files.push((name, media_type, bytes));
        self
    }

    /// Writes the release below `home/releases`, its manifest last.
    pub(crate) fn write(self, home: &Path) {
        let folder = home.join("releases").join(self.release.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        let database = folder.join("dataset.sqlite");
        {
            let mut connection = SqliteConnection::establish(database.to_str().unwrap()).unwrap();
            connection.batch_execute(&tables_text()).unwrap();
            connection.batch_execute("BEGIN").unwrap();
            for ((table, id), cells) in &self.records {
                connection.batch_execute(&insert(&RESOURCES[*table], id, cells)).unwrap();
            }
            connection.batch_execute(&self.statements.concat()).unwrap();
            connection.batch_execute("COMMIT").unwrap();
            connection.batch_execute(&indexes()).unwrap();
        }
        let mut files = self.files;
        files.push((
            "dataset.sqlite",
            "application/vnd.sqlite3",
            std::fs::read(&database).unwrap(),
        ));
        let files = files.into_iter().map(|(name, media_type, bytes)| {
            std::fs::write(folder.join(name), &bytes).unwrap();
            ManifestFile {
                name: name.to_owned(),
                table: None,
                media_type: media_type.to_owned(),
                bytes: bytes.len() as u64,
                sha256: digest::sha256(&bytes),
                rows: None,
            }
        });
        let mut draft = manifest(self.release, self.previous);
        if let Some(link) = &mut draft.previous {
            // A release that is not there can have any hash.
            let path = home.join("releases").join(link.release.to_string()).join(MANIFEST_FILE);
            if let Ok(bytes) = std::fs::read(path) {
                link.manifest_sha256 = digest::sha256(&bytes);
            }
        }
        draft.signing_key = self.signing_key.map(str::to_owned);
        let manifest = draft.finish(Vec::new(), files.collect());
        for (name, of) in SIGNATURES.iter().filter(|_| self.signing_key.is_some()) {
            std::fs::write(folder.join(name), format!("the signature of {of}\n")).unwrap();
        }
        std::fs::write(folder.join(MANIFEST_FILE), Manifest::to_bytes(&manifest)).unwrap();
    }
}

fn manifest(release: ReleaseId, previous: Option<ReleaseId>) -> ManifestDraft {
    ManifestDraft {
        release,
        published_at: format!("{}T06:00:00Z", release.date()).parse().unwrap(),
        schema_version: SCHEMA_VERSION.to_owned(),
        schema_sha256: "0".repeat(64),
        software_version: "0.1.0".to_owned(),
        active_days: None,
        signing_key: None,
        previous: previous
            .map(|release| PreviousRelease { release, manifest_sha256: "0".repeat(64) }),
        accepted: None,
        captures: Vec::new(),
        sources: Vec::new(),
        changes: BTreeMap::new(),
        gates: Vec::new(),
        redactions: Vec::new(),
    }
}

/// Puts a record where a release file has it: in its table, and among what is searched.
fn insert(resource: &Resource, id: &str, cells: &[Cell]) -> String {
    let table = resource.table;
    let values: Vec<String> = cells.iter().map(literal).collect();
    let row = format!("INSERT INTO {table} VALUES ({});", values.join(", "));
    if !is_searched(table) {
        return row;
    }
    let words = literal(&Cell::Text(searched_words(resource.columns, cells)));
    format!("{row} INSERT INTO search (resource, id, words) VALUES ('{table}', '{id}', {words});")
}

fn literal(cell: &Cell) -> String {
    match cell {
        Cell::Null => "NULL".to_owned(),
        Cell::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) => format!("{number:?}"),
    }
}

/// The one text of each row of a statement.
pub(crate) fn rows(database: &str, sql: &str) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }
    let mut connection = SqliteConnection::establish(database).unwrap();
    let sql = format!("SELECT line FROM (SELECT '' AS line WHERE 0 UNION ALL {sql})");
    let rows: Vec<Row> = diesel::sql_query(sql).load(&mut connection).unwrap();
    rows.into_iter().map(|row| row.line).collect()
}

fn first_release() -> ReleaseId {
    "2026-11-24.1".parse().unwrap()
}

/// A police department in Ohio.
pub(crate) fn agency(name: &str) -> Agency {
    Agency {
        id: AgencyId::mint(name),
        name: name.to_owned(),
        aliases: vec!["The \"Finest\"".to_owned()],
        kind: AgencyKind::Police,
        service: Service::LawEnforcement,
        state: "OH".to_owned(),
        city: None,
        counties: Vec::new(),
        county_fips: Vec::new(),
        ori: None,
        fdid: None,
        lat: None,
        lon: None,
        geo_precision: GeoPrecision::None,
        registered: true,
        active_partnerships: 0,
        partnerships: 0,
        disclosures: 0,
        first_release: first_release(),
        last_changed_release: first_release(),
        evidence_count: 1,
    }
}

/// A partnership nobody knows the standing of.
pub(crate) fn partnership(key: &str, status: PartnershipStatus) -> Partnership {
    Partnership {
        id: PartnershipId::mint(key),
        agency_id: None,
        agency_name: key.to_owned(),
        agency_name_reported: key.to_owned(),
        state: Some("OH".to_owned()),
        kind: AgencyKind::Police,
        service: Service::LawEnforcement,
        program_id: "ring-neighbors".parse().unwrap(),
        vendor_id: "ring".parse().unwrap(),
        status,
        started_on: None,
        started_on_precision: None,
        started_on_basis: None,
        ended_on: None,
        ended_on_precision: None,
        ended_on_basis: None,
        last_listed_on: None,
        status_as_of_on: None,
        match_method: None,
        match_score: None,
        video_requests: None,
        video_requests_as_of_on: None,
        first_release: first_release(),
        last_changed_release: first_release(),
        evidence_count: 0,
    }
}

/// An exact count of partner agencies stated for Ring.
pub(crate) fn partner_agencies(scope: Service, value: f64, as_of: &str) -> ReportedTotal {
    ReportedTotal {
        id: ReportedTotalId::mint(&format!("{scope} {value} {as_of}")),
        vendor_id: "ring".parse().unwrap(),
        program_id: None,
        metric: Metric::PartnerAgencies,
        scope: Some(scope),
        unit: "agencies".to_owned(),
        value: Some(value),
        value_lower: None,
        value_upper: None,
        value_kind: ValueKind::Exact,
        period_from_on: None,
        period_to_on: None,
        as_of_on: Some(as_of.parse().unwrap()),
        stated_by: "Amazon".to_owned(),
        published_on: None,
        first_release: first_release(),
        last_changed_release: first_release(),
        evidence_count: 1,
    }
}

/// Footage handed over in emergencies, without consent.
pub(crate) fn emergency_batch(incidents: i64) -> Disclosure {
    Disclosure {
        id: DisclosureId::mint(&incidents.to_string()),
        vendor_id: "ring".parse().unwrap(),
        program_id: None,
        agency_id: None,
        agency_name_reported: None,
        state: None,
        city: None,
        stage: Stage::Disclosure,
        detail: Detail::Batch,
        incident_count: Some(incidents),
        legal_basis: LegalBasis::Emergency,
        consent: Consent::None,
        warrant: Answer::No,
        content: Content::Content,
        outcome: Outcome::Full,
        user_notified: Answer::Unknown,
        occurred_from_on: None,
        occurred_from_on_precision: None,
        occurred_to_on: None,
        occurred_to_on_precision: None,
        title: "Videos given in emergencies".to_owned(),
        summary: None,
        first_release: first_release(),
        last_changed_release: first_release(),
        evidence_count: 1,
    }
}

/// A publisher's file that is said to give one piece of evidence.
pub(crate) fn source(id: &str) -> Source {
    Source {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        publisher: "A publisher".to_owned(),
        homepage: None,
        url: None,
        format: "csv".to_owned(),
        licence: "CC BY 4.0".to_owned(),
        attribution: "A publisher".to_owned(),
        redistributable: true,
        cadence: "never".to_owned(),
        completeness: Completeness::Sample,
        completeness_note: None,
        data_as_of_on: None,
        rows: 1,
        issues: 0,
        first_release: first_release(),
        last_changed_release: first_release(),
        evidence_count: 1,
    }
}

/// What a source says about a record.
pub(crate) fn evidence(subject_type: SubjectType, subject_id: &str, key: &str) -> Evidence {
    Evidence {
        id: EvidenceId::mint(&format!("{subject_id} {key}")),
        subject_type,
        subject_id: subject_id.to_owned(),
        pointer: String::new(),
        role: Role::Supports,
        source_id: "curated".parse().unwrap(),
        source_key: key.to_owned(),
        locator: "entry".to_owned(),
        url: Some(format!("https://example.org/{key}")),
        archived_url: None,
        title: None,
        publisher: Some("A senator".to_owned()),
        published_on: "2022-07-13".parse().ok(),
        retrieved_at: "2026-11-24T05:00:00Z".parse().unwrap(),
        first_listed_on: "2022-07-13".parse().unwrap(),
        last_listed_on: "2022-07-13".parse().unwrap(),
        capture_sha256: "0".repeat(64),
        quote: Some("eleven times".to_owned()),
        reported: [("name".to_owned(), "x".to_owned())].into(),
        first_release: first_release(),
        last_changed_release: first_release(),
        evidence_count: 0,
    }
}

/// An active program of that id.
pub(crate) fn program(id: &str) -> Program {
    let release = "2026-11-24.1".parse().unwrap();
    Program {
        id: id.parse().unwrap(),
        vendor_id: "ring".parse().unwrap(),
        intermediary_vendor_ids: Vec::new(),
        name: format!("Program {id}"),
        kind: ProgramKind::InformationSharing,
        announced_on: None,
        announced_on_precision: None,
        launched_on: None,
        launched_on_precision: None,
        retired_on: None,
        retired_on_precision: None,
        status: ProgramStatus::Active,
        successor_program_id: None,
        summary: None,
        first_release: release,
        last_changed_release: release,
        evidence_count: 1,
    }
}

/// A source that covers so much of its subject.
pub(crate) fn who_looks(id: &str, completeness: Completeness) -> Source {
    Source { completeness, ..source(id) }
}
