-- What people are told, and what they have been told, one row per event and way of telling.
-- Safe: creates a table only. Instants are UTC, to the microsecond.

CREATE TABLE notices (
    way TEXT NOT NULL,    -- how it is told; holds no secret
    event TEXT NOT NULL,  -- the event's key: the same event is told once
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    since TIMESTAMP, -- when the trouble began that the event tells of
    message TEXT NOT NULL, -- the identifier that a receiver sees, the same on every try
    body TEXT NOT NULL,
    noted_at TIMESTAMP NOT NULL,
    claimed_until TIMESTAMP, -- some process is telling it
    told_at TIMESTAMP,
    tries BIGINT NOT NULL,
    failure TEXT,         -- why the last try failed
    PRIMARY KEY (way, event)
);
