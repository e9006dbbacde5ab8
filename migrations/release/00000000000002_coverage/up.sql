-- Who looked for partnerships, where, and as of when. Two new tables; nothing that is there changes.

-- A record table: the columns of `src/record/noun/coverage.rs`, in their order.
CREATE TABLE coverage (
    id TEXT NOT NULL PRIMARY KEY,
    program_id TEXT NOT NULL,
    vendor_id TEXT NOT NULL,
    service TEXT NOT NULL,
    state TEXT NOT NULL,
    source_id TEXT,
    extent TEXT NOT NULL,
    as_of_on TEXT,
    agencies INTEGER NOT NULL,
    documented INTEGER NOT NULL,
    unmatched INTEGER NOT NULL,
    conclusion TEXT NOT NULL,
    first_release TEXT NOT NULL,
    last_changed_release TEXT NOT NULL,
    evidence_count INTEGER NOT NULL
) STRICT;

-- What is known of an agency's part in a program; a pair that is not here was not checked, and
-- nothing can be concluded of it. `sources` is a JSON array of ids. It follows from the records.
CREATE TABLE agency_coverage (
    agency_id TEXT NOT NULL,
    program_id TEXT NOT NULL,
    coverage TEXT NOT NULL CHECK (coverage IN ('documented', 'checked_none_found')),
    as_of_on TEXT,
    sources TEXT NOT NULL,
    PRIMARY KEY (agency_id, program_id)
) STRICT, WITHOUT ROWID;
