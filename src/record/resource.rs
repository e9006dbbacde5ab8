//! The record trait, the macro that declares one, and the list of all resources.

use crate::record::{Cell, Column, DamagedCell, Validity};

/// A noun of the contract: one row of a table, one object of the API.
pub trait Record: Sized + Clone + PartialEq + serde::Serialize + Send + Sync + 'static {
    /// Its table, its path segment and its file name.
    const TABLE: &'static str;
    /// The name of its schema in the OpenAPI document.
    const SCHEMA: &'static str;
    /// What it is, as the contract tells it.
    const DOC: &'static str;
    /// Its columns, `id` first.
    const COLUMNS: &'static [Column];
    /// The columns that tell when it was in force, where it is something that can be.
    const VALIDITY: Option<Validity>;

    /// Its values in the order of [`Self::COLUMNS`].
    fn cells(&self) -> Vec<Cell>;

    /// Its value in the column of that name; unknown where there is no such column.
    fn cell(&self, column: &str) -> Cell;

    /// Back from values in the order of [`Self::COLUMNS`].
    fn from_cells(cells: Vec<Cell>) -> Result<Self, DamagedCell>;

    /// Its id as text.
    fn id(&self) -> &str;

    /// What the machinery keeps about it.
    fn stamps(&mut self) -> Stamps<'_>;

    /// The first release it was in, and the last one in which one of its facts changed.
    fn stamped(&self) -> (super::ReleaseId, super::ReleaseId);
}

/// What every record carries beside its facts.
#[derive(Debug)]
pub struct Stamps<'a> {
    /// The first release it was in.
    pub first_release: &'a mut super::ReleaseId,
    /// The last release in which one of its facts changed.
    pub last_changed_release: &'a mut super::ReleaseId,
    /// How many pieces of evidence speak of it.
    pub evidence_count: &'a mut i64,
}

/// Declares a record: the struct, its serde and OpenAPI forms, its columns and its cells, from one
/// list. `id` stands first and the stamps of every record last.
///
/// `as Few` or `as Code` after a type says what values a text takes ([`crate::record::Values`]);
/// words, truth values and typed ids say it themselves. `in force from … to …` after the fields
/// names the dates between which the record was in force, with `, listed …` the last date on which
/// a source listed it ([`crate::record::Validity`]).
macro_rules! record {
    (
        $(#[doc = $rdoc:literal])*
        $name:ident: $id:ty, in $table:literal {
            $( $(#[doc = $doc:literal])* $field:ident: $ty:ty $(as $values:ident)?, )+
        }
        $( in force from $from:ident to $to:ident $(, listed $listed:ident)? )?
    ) => {
        record! { @expand
            $(#[doc = $rdoc])*
            $name in $table {
                /// Its id, the same in every release.
                id: $id,
                $( $(#[doc = $doc])* $field: $ty $(as $values)?, )+
                /// The first release it was in.
                first_release: $crate::record::ReleaseId,
                /// The last release in which one of its facts changed.
                last_changed_release: $crate::record::ReleaseId,
                /// How many pieces of evidence speak of it.
                evidence_count: i64,
            }
            $( in force from $from to $to $(, listed $listed)? )?
        }
    };
    (@expand
        $(#[doc = $rdoc:literal])*
        $name:ident in $table:literal {
            $( $(#[doc = $doc:literal])* $field:ident: $ty:ty $(as $values:ident)?, )+
        }
        $( in force from $from:ident to $to:ident $(, listed $listed:ident)? )?
    ) => {
        $(#[doc = $rdoc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $( $(#[doc = $doc])* pub $field: $ty, )+ }

        impl $crate::record::Record for $name {
            const TABLE: &'static str = $table;
            const SCHEMA: &'static str = stringify!($name);
            const DOC: &'static str = concat!($( $rdoc, "\n", )*);
            const COLUMNS: &'static [$crate::record::Column] = &[$( $crate::record::Column {
                name: stringify!($field),
                doc: concat!($( $doc, "\n", )*),
                ty: <$ty as $crate::record::Field>::TYPE,
                nullable: <$ty as $crate::record::Field>::NULLABLE,
                values: $crate::record::Values::declared(
                    &[$( $crate::record::Values::$values )?],
                    <$ty as $crate::record::Field>::VALUES,
                ),
                refers: <$ty as $crate::record::Field>::REFERS,
                meanings: <$ty as $crate::record::Field>::MEANINGS,
            }, )+];
            const VALIDITY: Option<$crate::record::Validity> =
                $crate::record::Validity::declared(&[$( $crate::record::Validity {
                    from: stringify!($from),
                    to: stringify!($to),
                    listed: $crate::record::Validity::listed(&[$( stringify!($listed) )?]),
                } )?]);

            fn cells(&self) -> Vec<$crate::record::Cell> {
                let Self { $( $field, )+ } = self;
                vec![$( $crate::record::Field::to_cell($field), )+]
            }

            fn cell(&self, column: &str) -> $crate::record::Cell {
                match column {
                    $( stringify!($field) => $crate::record::Field::to_cell(&self.$field), )+
                    _ => $crate::record::Cell::Null,
                }
            }

            fn from_cells(
                cells: Vec<$crate::record::Cell>,
            ) -> Result<Self, $crate::record::DamagedCell> {
                let mut cells = cells.into_iter();
                Ok(Self { $( $field: $crate::record::Field::from_cell(
                    cells.next().unwrap_or($crate::record::Cell::Null),
                )?, )+ })
            }

            fn id(&self) -> &str {
                self.id.as_str()
            }

            fn stamps(&mut self) -> $crate::record::Stamps<'_> {
                $crate::record::Stamps {
                    first_release: &mut self.first_release,
                    last_changed_release: &mut self.last_changed_release,
                    evidence_count: &mut self.evidence_count,
                }
            }

            fn stamped(&self) -> ($crate::record::ReleaseId, $crate::record::ReleaseId) {
                (self.first_release, self.last_changed_release)
            }
        }
    };
}

/// A resource, without its type: what generic code needs to know of a record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resource {
    /// Its table, path segment and file name.
    pub table: &'static str,
    /// The name of its schema in the OpenAPI document.
    pub schema: &'static str,
    /// What a record of it is, as the contract tells it.
    pub doc: &'static str,
    /// Its columns, `id` first.
    pub columns: &'static [Column],
    /// The columns that tell when a record was in force, where it is something that can be.
    pub validity: Option<Validity>,
}

impl Resource {
    const fn of<R: Record>() -> Self {
        Self {
            table: R::TABLE,
            schema: R::SCHEMA,
            doc: R::DOC,
            columns: R::COLUMNS,
            validity: R::VALIDITY,
        }
    }

    /// What a record of it is, in one line.
    #[must_use]
    pub fn about(&self) -> String {
        crate::record::field::one_line(self.doc)
    }

    /// All its columns.
    #[must_use]
    pub fn all_columns(&self) -> Vec<&'static Column> {
        self.columns.iter().collect()
    }

    /// How a record is tied to a point on the map, if it is.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        if self.column("lat").is_some() && self.column("lon").is_some() {
            Some(Location::Own)
        } else if self
            .columns
            .iter()
            .any(|column| column.refers == Some("agencies") && column.name != "id")
        {
            Some(Location::Agency)
        } else {
            None
        }
    }

    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The resource of that table.
    #[must_use]
    pub fn of_table(table: &str) -> Option<&'static Self> {
        RESOURCES.iter().find(|resource| resource.table == table)
    }
}

impl super::SubjectType {
    /// The table its records lie in; rows of the gazetteer are no records.
    #[must_use]
    pub fn table(self) -> Option<&'static str> {
        match self {
            Self::Agency => Some(super::Agency::TABLE),
            Self::Vendor => Some(super::Vendor::TABLE),
            Self::Program => Some(super::Program::TABLE),
            Self::Partnership => Some(super::Partnership::TABLE),
            Self::Disclosure => Some(super::Disclosure::TABLE),
            Self::ReportedTotal => Some(super::ReportedTotal::TABLE),
            Self::Event => Some(super::Event::TABLE),
            Self::Place | Self::County => None,
        }
    }

    /// What an id with such a prefix is the id of.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        let is = |fits: bool, subject: Self| fits.then_some(subject);
        is(id.parse::<super::AgencyId>().is_ok(), Self::Agency)
            .or_else(|| is(id.parse::<super::PartnershipId>().is_ok(), Self::Partnership))
            .or_else(|| is(id.parse::<super::DisclosureId>().is_ok(), Self::Disclosure))
            .or_else(|| is(id.parse::<super::ReportedTotalId>().is_ok(), Self::ReportedTotal))
            .or_else(|| is(id.parse::<super::EventId>().is_ok(), Self::Event))
    }
}

/// How a record is tied to a point on the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// It has coordinates of its own, in `lat` and `lon`.
    Own,
    /// It is where the agency is that its `agency_id` names.
    Agency,
}

/// Every resource of the contract, in its order.
pub const RESOURCES: &[Resource] = &[
    Resource::of::<super::Agency>(),
    Resource::of::<super::Vendor>(),
    Resource::of::<super::Program>(),
    Resource::of::<super::Partnership>(),
    Resource::of::<super::Disclosure>(),
    Resource::of::<super::ReportedTotal>(),
    Resource::of::<super::Event>(),
    Resource::of::<super::Source>(),
    Resource::of::<super::Evidence>(),
    Resource::of::<super::Issue>(),
    Resource::of::<super::Correction>(),
    Resource::of::<super::CoverageCell>(),
];
