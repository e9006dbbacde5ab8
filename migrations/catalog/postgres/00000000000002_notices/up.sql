-- What people are told, and what they have been told, one row per event and way of telling.
-- Safe: creates a table only. Instants are UTC, to the microsecond.

CREATE TABLE notices (
    way TEXT COLLATE "C" NOT NULL, -- how it is told; holds no secret
    event TEXT COLLATE "C" NOT NULL, -- the event's key: the same event is told once
    kind TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    since TIMESTAMP, -- when the trouble began that the event tells of
    message TEXT COLLATE "C" NOT NULL, -- the identifier that a receiver sees, the same on every try
    body TEXT COLLATE "C" NOT NULL,
    noted_at TIMESTAMP NOT NULL,
    claimed_until TIMESTAMP, -- some process is telling it
    told_at TIMESTAMP,
    tries BIGINT NOT NULL,
    failure TEXT COLLATE "C", -- why the last try failed
    PRIMARY KEY (way, event)
);
