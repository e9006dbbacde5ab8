-- Made after the rows, which is three times faster; those of single columns are made by the
-- program from the declaration of each record. An index holds the row's number for nothing, and
-- rows lie in the order of their ids, so none names `id`.

-- States by name: the commonest list.
CREATE INDEX IF NOT EXISTS agencies_state_name ON agencies (state, name);
-- Boxes and circles are decided by an index alone, whichever of the two bounds is the narrower.
CREATE INDEX IF NOT EXISTS agencies_lat_lon ON agencies (lat, lon);
CREATE INDEX IF NOT EXISTS agencies_lon_lat ON agencies (lon, lat);
-- What rows are counted by, together.
CREATE INDEX IF NOT EXISTS agencies_counts ON agencies (state, kind, service, geo_precision, registered);
CREATE INDEX IF NOT EXISTS evidence_counts ON evidence (source_id, subject_type, role);
-- The evidence of a source in the order of its own keys.
CREATE INDEX IF NOT EXISTS evidence_source_natural ON evidence (source_id, source_key);
CREATE INDEX IF NOT EXISTS partnerships_state_status ON partnerships (state, status);
CREATE INDEX IF NOT EXISTS partnerships_program_state ON partnerships (program_id, state);
CREATE INDEX IF NOT EXISTS changes_id ON changes (id, release);
CREATE INDEX IF NOT EXISTS changes_release ON changes (release, resource);
CREATE INDEX IF NOT EXISTS identities_id ON identities (id);
