-- What the machinery notes about itself. No record of a release depends on it.
-- Safe: creates tables only. Instants are UTC, to the microsecond.

-- The newest bytes of a source, or of each part of a source of many requests.
CREATE TABLE captures (
    source_id TEXT NOT NULL,
    part TEXT NOT NULL, -- empty where a source has only one
    url TEXT NOT NULL,
    etag TEXT,
    last_modified TEXT, -- as the server wrote it
    sha256 TEXT NOT NULL,
    retrieved_at TIMESTAMP NOT NULL,
    last_checked_at TIMESTAMP NOT NULL,
    PRIMARY KEY (source_id, part)
);

CREATE TABLE source_health (
    source_id TEXT NOT NULL PRIMARY KEY,
    health TEXT NOT NULL CHECK (health IN ('ok', 'stale', 'failing', 'frozen')),
    failing_since TIMESTAMP,
    reason TEXT,
    last_checked_at TIMESTAMP NOT NULL,
    last_ok_at TIMESTAMP,
    CHECK ((health = 'failing') = (failing_since IS NOT NULL))
);

CREATE TABLE runs (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    outcome TEXT NOT NULL
        CHECK (outcome IN ('running', 'unchanged', 'published', 'held', 'failed', 'interrupted')),
    release TEXT,
    candidate TEXT,
    message TEXT,
    stages TEXT NOT NULL,   -- JSON: [{"stage", "milliseconds"}]
    captures TEXT NOT NULL, -- JSON: ["sha256"]
    changes TEXT NOT NULL,  -- JSON
    CHECK ((outcome = 'running') = (finished_at IS NULL))
);

CREATE INDEX runs_by_kind ON runs (kind, id);

CREATE TABLE releases (
    release TEXT NOT NULL PRIMARY KEY,
    published_at TIMESTAMP NOT NULL,
    manifest_sha256 TEXT NOT NULL
);

-- Candidates that a gate refused.
CREATE TABLE held (
    candidate TEXT NOT NULL PRIMARY KEY,
    made_at TIMESTAMP NOT NULL,
    report TEXT NOT NULL, -- JSON
    state TEXT NOT NULL CHECK (state IN ('held', 'accepted', 'discarded')),
    reason TEXT,
    decided_at TIMESTAMP,
    CHECK ((state = 'held') = (decided_at IS NULL))
);

-- One row. Whoever takes the lead raises the epoch; whoever holds an older one writes no more.
CREATE TABLE leader (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch BIGINT NOT NULL,
    taken_at TIMESTAMP
);

INSERT INTO leader (id, epoch) VALUES (1, 0);
