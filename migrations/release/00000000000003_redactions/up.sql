-- What was redacted and must not come back, by the hash of its key at its source: nothing else of
-- it is kept. One row per key; `id` is that of the record, `release` the first one without it.
CREATE TABLE redactions (
    key_sha256 TEXT NOT NULL,
    resource TEXT NOT NULL,
    id TEXT NOT NULL,
    reason TEXT NOT NULL,
    release TEXT NOT NULL,
    PRIMARY KEY (key_sha256, id)
) STRICT;
