-- How it was decided which agency each listing of a partnership means: one row per listing that
-- holds at present. `account` is a JSON object, `MatchAccount` of the API's document. It follows
-- from the evidence.
CREATE TABLE match_accounts (
    evidence_id TEXT NOT NULL PRIMARY KEY,
    partnership_id TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('linked', 'unmatched')),
    account TEXT NOT NULL
) STRICT;
CREATE INDEX match_accounts_partnership ON match_accounts (partnership_id);
