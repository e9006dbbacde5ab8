//! What a server says of itself and of the user of a session.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};

use super::LEAD;
use crate::catalog::CatalogServer;

#[derive(QueryableByName)]
#[expect(clippy::struct_excessive_bools, reason = "each is the answer to one part of the question")]
struct Facts {
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = Nullable<Text>)]
    tls: Option<String>,
    #[diesel(sql_type = Bool)]
    is_local: bool,
    #[diesel(sql_type = Bool)]
    may_create: bool,
    #[diesel(sql_type = Bool)]
    may_write: bool,
    #[diesel(sql_type = Bool)]
    is_led: bool,
}

/// Whether somebody leads, and what the server says of itself and of this user.
pub(in crate::catalog) fn facts(conn: &mut PgConnection) -> QueryResult<(bool, CatalogServer)> {
    let question = format!(
        "SELECT current_setting('server_version') AS version, \
         (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS tls, \
         coalesce(inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1', true) \
         AS is_local, \
         has_schema_privilege(current_schema(), 'CREATE') AS may_create, \
         coalesce((SELECT bool_and(has_table_privilege(oid, 'SELECT') \
         AND has_table_privilege(oid, 'INSERT') AND has_table_privilege(oid, 'UPDATE') \
         AND has_table_privilege(oid, 'DELETE')) FROM pg_class \
         WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'), true) \
         AS may_write, \
         EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         AND (classid::bigint << 32) | objid::bigint = {LEAD}) AS is_led"
    );
    let facts: Facts = diesel::sql_query(question).get_result(conn)?;
    let Facts { version, tls, is_local, may_create, may_write, is_led } = facts;
    Ok((is_led, CatalogServer { version, tls, is_local, may_create, may_write }))
}
