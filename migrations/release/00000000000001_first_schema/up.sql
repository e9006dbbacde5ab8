-- The first schema of a release file. A new release is made with every migration in this folder;
-- a published file never changes, so inside a major version a migration only adds.
--
-- Record tables: the columns of `src/record/noun/`, in their order; a test compares them.

CREATE TABLE agencies (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    aliases TEXT NOT NULL,
    kind TEXT NOT NULL,
    service TEXT NOT NULL,
    state TEXT NOT NULL,
    city TEXT,
    counties TEXT NOT NULL,
    county_fips TEXT NOT NULL,
    ori TEXT,
    fdid TEXT,
    lat REAL,
    lon REAL,
    geo_precision TEXT NOT NULL,
    registered INTEGER NOT NULL,
    active_partnerships INTEGER NOT NULL,
    partnerships INTEGER NOT NULL,
    disclosures INTEGER NOT NULL,
    first_release TEXT NOT NULL,
    last_changed_release TEXT NOT NULL,
    evidence_count INTEGER NOT NULL
) STRICT;

CREATE TABLE vendors (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    parent TEXT,
    homepage TEXT,
    aliases TEXT NOT NULL,
    first_release TEXT NOT NULL,
    last_changed_release TEXT NOT NULL,
    evidence_count INTEGER NOT NULL
) STRICT;

CREATE TABLE programs (
    id TEXT NOT NULL PRIMARY KEY,
    vendor_id TEXT NOT NULL,
    intermediary_vendor_ids TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    announced_on TEXT,
    announced_on_precision TEXT,
    launched_on TEXT,
    launched_on_precision TEXT,
    retired_on TEXT,
    retired_on_precision TEXT,
    status TEXT NOT NULL,
    successor_program_id TEXT,
    summary TEXT,
    first_release TEXT NOT NULL,
    last_changed_release TEXT NOT NULL,
    evidence_count INTEGER NOT NULL
) STRICT;

CREATE TABLE partnerships (
    id TEXT NOT NULL PRIMARY KEY,
    agency_id TEXT,
    agency_name TEXT NOT NULL,
    agency_name_reported TEXT NOT NULL,
    state TEXT,
    kind TEXT NOT NULL,
    service TEXT NOT NULL,
    program_id TEXT NOT NULL,
    vendor_id TEXT NOT NULL,
    status TEXT NOT NULL,
    started_on TEXT,
    started_on_precision TEXT,
    started_on_basis TEXT,
    ended_on TEXT,
    ended_on_precision TEXT,
    ended_on_basis TEXT,
    last_listed_on TEXT,
    status_as_of_on TEXT,
    match_method TEXT,
    match_score REAL,
    video_requests INTEGER,
    video_requests_as_of_on TEXT,
    first_release TEXT NOT NULL,
    last_changed_release TEXT NOT NULL,
    evidence_count INTEGER NOT NULL
) STRICT;

CREATE TABLE disclosures (
    id TEXT NOT NULL PRIMARY KEY,
    vendor_id TEXT NOT NULL,
    program_id TEXT,
    agency_id TEXT,
    agency_name_reported TEXT,
    state TEXT,
    city TEXT,
    stage TEXT NOT NULL,
    detail TEXT NOT NULL,
    incident_count INTEGER,
    legal_basis TEXT NOT NULL,
    consent TEXT NOT NULL,
    warrant TEXT NOT NULL,
    content TEXT NOT NULL,
    outcome TEXT NOT NULL,
    user_notified TEXT NOT NULL,
    occurred_from_on TEXT,
    occurred_from_on_precision TEXT,
    occurred_to_on TEXT,
    occurred_to_on_precision TEXT,
    title TEXT NOT NULL,
    summary TEXT,
    first_release TEXT NOT NULL,
    last_changed_release TEXT NOT NULL,
    evidence_count INTEGER NOT NULL
) STRICT;

CREATE TABLE reported_totals (
    id TEXT NOT NULL PRIMARY KEY,
    vendor_id TEXT NOT NULL,
    program_id TEXT,
    metric TEXT NOT NULL,
    scope TEXT,
    unit TEXT NOT NULL,
    value REAL,
    value_lower REAL,
    value_upper REAL,
    value_kind TEXT NOT NULL,
    period_from_on TEXT,
    period_to_on TEXT,
    as_of_on TEXT,
    stated_by TEXT NOT NULL,
    published_on TEXT,
    first_release TEXT NOT NULL,
    last_changed_release TEXT NOT NULL,
    evidence_count INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    occurred_on TEXT,
    occurred_on_precision TEXT,
    vendor_id TEXT,
    program_id TEXT,
    title TEXT NOT NULL,
    summary TEXT,
    first_release TEXT NOT NULL,
    last_changed_release TEXT NOT NULL,
    evidence_count INTEGER NOT NULL
) STRICT;

CREATE TABLE sources (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    publisher TEXT NOT NULL,
    homepage TEXT,
    url TEXT,
    format TEXT NOT NULL,
    licence TEXT NOT NULL,
    attribution TEXT NOT NULL,
    redistributable INTEGER NOT NULL,
    cadence TEXT NOT NULL,
    completeness TEXT NOT NULL,
    completeness_note TEXT,
    data_as_of_on TEXT,
    rows INTEGER NOT NULL,
    issues INTEGER NOT NULL,
    first_release TEXT NOT NULL,
    last_changed_release TEXT NOT NULL,
    evidence_count INTEGER NOT NULL
) STRICT;

CREATE TABLE evidence (
    id TEXT NOT NULL PRIMARY KEY,
    subject_type TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    pointer TEXT NOT NULL,
    role TEXT NOT NULL,
    source_id TEXT NOT NULL,
    source_key TEXT NOT NULL,
    locator TEXT NOT NULL,
    url TEXT,
    archived_url TEXT,
    title TEXT,
    publisher TEXT,
    published_on TEXT,
    retrieved_at TEXT NOT NULL,
    first_listed_on TEXT NOT NULL,
    last_listed_on TEXT NOT NULL,
    capture_sha256 TEXT NOT NULL,
    quote TEXT,
    reported TEXT NOT NULL,
    first_release TEXT NOT NULL,
    last_changed_release TEXT NOT NULL,
    evidence_count INTEGER NOT NULL
) STRICT;

CREATE TABLE issues (
    id TEXT NOT NULL PRIMARY KEY,
    source_id TEXT NOT NULL,
    source_key TEXT,
    capture_sha256 TEXT NOT NULL,
    locator TEXT NOT NULL,
    problem TEXT NOT NULL,
    detail TEXT NOT NULL,
    excerpt TEXT,
    first_release TEXT NOT NULL,
    last_changed_release TEXT NOT NULL,
    evidence_count INTEGER NOT NULL
) STRICT;

CREATE TABLE corrections (
    id TEXT NOT NULL PRIMARY KEY,
    subject_type TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    pointer TEXT NOT NULL,
    before TEXT,
    after TEXT,
    reason TEXT NOT NULL,
    reported_on TEXT,
    fixed_in TEXT,
    affected_releases TEXT NOT NULL,
    state TEXT NOT NULL,
    first_release TEXT NOT NULL,
    last_changed_release TEXT NOT NULL,
    evidence_count INTEGER NOT NULL
) STRICT;

-- What the release itself is: one row per key (release, published_at, schema_version, …).
CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Which id was minted for which key. After publication this table always wins.
CREATE TABLE identities (
    resource TEXT NOT NULL,
    mint_key TEXT NOT NULL,
    id TEXT NOT NULL,
    first_release TEXT NOT NULL,
    PRIMARY KEY (resource, mint_key)
) STRICT;

-- Ids that were merged into another.
CREATE TABLE redirects (
    resource TEXT NOT NULL,
    from_id TEXT NOT NULL PRIMARY KEY,
    to_id TEXT NOT NULL,
    release TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- Ids that were taken back; `release` is the first one without them.
CREATE TABLE withdrawals (
    resource TEXT NOT NULL,
    id TEXT NOT NULL PRIMARY KEY,
    release TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- Every edition folded so far. Parts of one capture are joined by the capture's own hash.
CREATE TABLE editions (
    source_id TEXT NOT NULL,
    as_of_on TEXT NOT NULL,
    retrieved_at TEXT NOT NULL,
    capture_sha256 TEXT NOT NULL,
    folded_in TEXT NOT NULL,
    records_read INTEGER NOT NULL,
    drafts INTEGER NOT NULL,
    issues INTEGER NOT NULL,
    PRIMARY KEY (source_id, as_of_on, retrieved_at, capture_sha256)
) STRICT;

-- Issues that arose in reading the newest edition of a source, not in what was made of it.
CREATE TABLE unread (
    issue_id TEXT NOT NULL PRIMARY KEY
) STRICT;

-- What changed in which release and why, one row per record; `fields` is a JSON object
-- {field: [before, after]}, empty where the record is new or gone. Rows of the first release are
-- not written: `first_release` says as much.
CREATE TABLE changes (
    release TEXT NOT NULL,
    resource TEXT NOT NULL,
    id TEXT NOT NULL,
    change TEXT NOT NULL CHECK (change IN ('added', 'changed', 'withdrawn')),
    cause TEXT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (resource, id, release)
) STRICT;

-- Verdicts of the gates this release passed, or was accepted in spite of.
CREATE TABLE gates (
    gate TEXT NOT NULL,
    subject TEXT NOT NULL,
    passed INTEGER NOT NULL,
    measured TEXT NOT NULL,
    allowed TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (gate, subject)
) STRICT;

-- Words of a record that a person would search for; accents and case are folded.
CREATE VIRTUAL TABLE search USING fts5 (
    resource UNINDEXED,
    id UNINDEXED,
    words,
    tokenize = "unicode61 remove_diacritics 2"
);

-- Where agencies are; `agency` is the rowid in `agencies`.
CREATE VIRTUAL TABLE agency_points USING rtree (agency, west, east, south, north);
