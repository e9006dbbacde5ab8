//! The schema of a release file is the columns of the records.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use porchlight::record::RESOURCES;
use porchlight::release::database::tables_text;

#[derive(QueryableByName)]
struct TableColumn {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    kind: String,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    required: i32,
}

#[test]
fn tables_have_the_columns_of_their_records() {
    let mut connection = SqliteConnection::establish(":memory:").unwrap();
    connection.batch_execute(&tables_text()).unwrap();
    for resource in RESOURCES {
        let columns: Vec<TableColumn> = diesel::sql_query(
            "SELECT name, type AS kind, \"notnull\" AS required FROM pragma_table_info(?)",
        )
        .bind::<diesel::sql_types::Text, _>(resource.table)
        .load(&mut connection)
        .unwrap();
        let table: Vec<_> =
            columns.iter().map(|c| (c.name.as_str(), c.kind.as_str(), c.required == 0)).collect();
        let record: Vec<_> =
            resource.columns.iter().map(|c| (c.name, c.ty.sql(), c.nullable)).collect();
        assert_eq!(table, record, "{}", resource.table);
    }
}
