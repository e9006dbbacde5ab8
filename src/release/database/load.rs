//! Reads a whole release file back: its records in order, or everything it holds.

use super::open::{DatabaseError, ReleaseDatabase};
use super::statement::Statement;
use crate::record::{
    Cell, DamagedCell, Edition, EditionKey, Field, Identity, Location, Point, Record, Records,
    RedactedKey, Redirect, Resource, Visit, Withdrawal,
};
use crate::release::dataset::{Change, Dataset, Since};
use crate::release::manifest::GateVerdict;
use crate::release::rows::{Rows, RowsError, Scan, VisitPlaced, own_point};

impl ReleaseDatabase {
    /// Everything the file holds.
    pub fn load(&self) -> Result<Dataset, DatabaseError> {
        let meta = self.meta();
        let mut records = Records::default();
        records.visit(&mut Load(self))?;
        Ok(Dataset {
            release: meta.release,
            published_at: meta.published_at,
            software_version: meta.software_version.clone(),
            records,
            unread: self.list("SELECT issue_id FROM unread ORDER BY issue_id", Reader::next)?,
            identities: self.list(
                "SELECT resource, mint_key, id, first_release FROM identities
                 ORDER BY resource, mint_key",
                |row| {
                    let what =
                        Identity { resource: row.next()?, mint_key: row.next()?, id: row.next()? };
                    Ok(Since { what, release: row.next()? })
                },
            )?,
            redirects: self.redirects()?,
            withdrawals: self.withdrawals()?,
            editions: self.editions()?,
            changes: self.changes()?,
            gates: self.verdicts()?,
            redactions: self.redactions()?,
            accounts: self.match_accounts()?,
        })
    }

    /// What was redacted up to this release. A file of an earlier schema knows of none.
    pub fn redactions(&self) -> Result<Vec<RedactedKey>, DatabaseError> {
        if !self.has_table("redactions")? {
            return Ok(Vec::new());
        }
        self.list(
            "SELECT key_sha256, resource, id, reason, release FROM redactions
             ORDER BY key_sha256, id",
            |row| {
                Ok(RedactedKey {
                    key_sha256: row.next()?,
                    resource: row.next()?,
                    id: row.next()?,
                    reason: row.next()?,
                    release: row.next()?,
                })
            },
        )
    }

    /// Whether the file has a table; one of an earlier schema need not.
    pub(super) fn has_table(&self, table: &str) -> Result<bool, DatabaseError> {
        let named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?";
        let tables: Vec<String> = self.read(Statement::new(named).bind(table), Reader::next)?;
        Ok(!tables.is_empty())
    }

    /// The merges so far, in the order of the ids that are no more.
    pub fn redirects(&self) -> Result<Vec<Since<Redirect>>, DatabaseError> {
        self.list(
            "SELECT resource, from_id, to_id, reason, release FROM redirects ORDER BY from_id",
            |row| {
                let what = Redirect {
                    resource: row.next()?,
                    from_id: row.next()?,
                    to_id: row.next()?,
                    reason: row.next()?,
                };
                Ok(Since { what, release: row.next()? })
            },
        )
    }

    /// The withdrawals so far, in the order of their ids.
    pub fn withdrawals(&self) -> Result<Vec<Since<Withdrawal>>, DatabaseError> {
        self.list("SELECT resource, id, reason, release FROM withdrawals ORDER BY id", |row| {
            let what = Withdrawal { resource: row.next()?, id: row.next()?, reason: row.next()? };
            Ok(Since { what, release: row.next()? })
        })
    }

    /// Every record of one sort, in the order of their ids.
    pub fn all<R: Record>(&self) -> Result<Vec<R>, DatabaseError> {
        self.all_where("TRUE")
    }

    /// The editions it was made from.
    pub fn editions(&self) -> Result<Vec<Since<Edition>>, DatabaseError> {
        self.list(
            "SELECT source_id, as_of_on, retrieved_at, capture_sha256, records_read, drafts, issues,
                    folded_in
             FROM editions ORDER BY source_id, as_of_on, retrieved_at, capture_sha256",
            |row| {
                let what = Edition {
                    source_id: row.next()?,
                    key: EditionKey {
                        as_of_on: row.next()?,
                        retrieved_at: row.next()?,
                        capture_sha256: row.next()?,
                    },
                    records_read: row.size()?,
                    drafts: row.size()?,
                    issues: row.size()?,
                };
                Ok(Since { what, release: row.next()? })
            },
        )
    }

    fn changes(&self) -> Result<Vec<Change>, DatabaseError> {
        let mut changes =
            self.list("SELECT release, resource, id, change, cause, fields FROM changes", |row| {
                let release = row.next()?;
                let table: String = row.next()?;
                let resource = Resource::of_table(&table)
                    .ok_or(DamagedCell { expected: "a table", found: table })?;
                Ok(Change {
                    release,
                    resource: resource.table,
                    id: row.next()?,
                    kind: row.next()?,
                    cause: row.next()?,
                    fields: row.next()?,
                })
            })?;
        // Names of releases do not sort as text: `.10` stands before `.9`.
        changes.sort();
        Ok(changes)
    }

    fn verdicts(&self) -> Result<Vec<GateVerdict>, DatabaseError> {
        self.list(
            "SELECT gate, subject, passed, measured, allowed, detail FROM gates
             ORDER BY gate, subject",
            |row| {
                Ok(GateVerdict {
                    gate: row.next()?,
                    subject: row.next()?,
                    passed: row.next()?,
                    measured: row.next()?,
                    allowed: row.next()?,
                    detail: row.next()?,
                })
            },
        )
    }

    fn list<T>(
        &self,
        sql: &str,
        read: impl Fn(&mut Reader) -> Result<T, DamagedCell>,
    ) -> Result<Vec<T>, DatabaseError> {
        self.read(Statement::new(sql), read)
    }

    /// The rows of a statement, each read value by value.
    pub(super) fn read<T>(
        &self,
        statement: Statement,
        read: impl Fn(&mut Reader) -> Result<T, DamagedCell>,
    ) -> Result<Vec<T>, DatabaseError> {
        let rows = self.rows(statement)?;
        let items = rows.into_iter().map(|cells| read(&mut Reader(cells.into_iter())));
        items.collect::<Result<_, _>>().map_err(|error| self.damaged(error.to_string()))
    }

    /// The records of a type in the order of their ids, where `condition` holds.
    pub(super) fn all_where<R: Record>(&self, condition: &str) -> Result<Vec<R>, DatabaseError> {
        let columns: Vec<&str> = R::COLUMNS.iter().map(|column| column.name).collect();
        let (columns, table) = (columns.join(", "), R::TABLE);
        let rows = format!("SELECT {columns} FROM {table} WHERE {condition} ORDER BY id");
        let (mut records, mut damage) = (Vec::new(), None);
        self.each_row(Statement::new(rows), &mut |cells| {
            match R::from_cells(std::mem::take(cells)) {
                Ok(record) => records.push(record),
                Err(error) => drop(damage.get_or_insert(error)),
            }
            Ok(())
        })?;
        match damage {
            Some(error) => Err(self.damaged(format!("table `{table}`: {error}"))),
            None => Ok(records),
        }
    }

    /// The records, and after their columns the place of their agency where that is asked for.
    fn scanned(scan: Scan) -> Statement {
        let Scan { resource, by, placed } = scan;
        let table = resource.table;
        let of_table = |name: &str| format!("{table}.{name}");
        let mut columns: Vec<_> = resource.columns.iter().map(|c| of_table(c.name)).collect();
        let mut from = table.to_owned();
        if placed && resource.location() == Some(Location::Agency) {
            columns.extend(["place.lat".to_owned(), "place.lon".to_owned()]);
            from.push_str(" LEFT JOIN agencies AS place ON place.id = ");
            from.push_str(&of_table("agency_id"));
        }
        let order: Vec<_> = by.iter().chain(&["id"]).map(|name| of_table(name)).collect();
        let (columns, order) = (columns.join(", "), order.join(", "));
        Statement::new(format!("SELECT {columns} FROM {from} ORDER BY {order}"))
    }
}

/// The values of a row, one after the other.
pub(super) struct Reader(std::vec::IntoIter<Cell>);

impl Reader {
    /// The next value.
    pub(super) fn next<T: Field>(&mut self) -> Result<T, DamagedCell> {
        T::from_cell(self.0.next().unwrap_or(Cell::Null))
    }

    fn size(&mut self) -> Result<usize, DamagedCell> {
        let number: i64 = self.next()?;
        usize::try_from(number)
            .map_err(|_out_of_range| DamagedCell { expected: "a count", found: number.to_string() })
    }
}

struct Load<'a>(&'a ReleaseDatabase);

impl Visit for Load<'_> {
    type Error = DatabaseError;

    fn visit<R: Record>(&mut self, records: &mut Vec<R>) -> Result<(), Self::Error> {
        *records = self.0.all()?;
        Ok(())
    }
}

impl Rows for ReleaseDatabase {
    fn scan(&self, scan: Scan, visit: &mut VisitPlaced<'_>) -> Result<(), RowsError> {
        let Scan { resource, placed, .. } = scan;
        let table = resource.table;
        let mut stopped = None;
        self.each_row(Self::scanned(scan), &mut |cells| {
            let (cells, joined) = cells.split_at(resource.columns.len().min(cells.len()));
            let point = match joined {
                [Cell::Real(lat), Cell::Real(lon)] => Some(Point { lat: *lat, lon: *lon }),
                [] if placed => own_point(resource, cells),
                _ => None,
            };
            visit(cells, point).map_err(|error| stopped = Some(error))
        })
        .map_err(|source| RowsError::Read { table, source: source.into() })?;
        match stopped {
            Some(source) => Err(RowsError::Visit { table, source }),
            None => Ok(()),
        }
    }

    fn count(&self, resource: &'static Resource) -> Result<u64, RowsError> {
        let table = resource.table;
        let sql = format!("SELECT count(*) FROM {table}");
        let counts: Result<Vec<i64>, _> = self.list(&sql, Reader::next);
        match counts {
            Ok(counts) => Ok(counts.into_iter().map(i64::unsigned_abs).sum()),
            Err(source) => Err(RowsError::Read { table, source: source.into() }),
        }
    }
}
