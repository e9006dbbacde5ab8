//! Who looked for partnerships: what a release can say of an agency it knows no partnership of.

use chrono::NaiveDate;

use super::statement::Statement;
use super::{DatabaseError, ReleaseDatabase};
use crate::record::coverage::{self, Look};
use crate::record::{Cell, PartnershipStatus, Role, Service};

/// Who looked for partnerships, and for which. The same for every agency of a release.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    /// Every program, by id.
    pub programs: Vec<SurveyedProgram>,
    /// Which source listed partnerships of which program and service.
    pub looks: Vec<Look>,
    /// Partnerships whose agency is not known.
    pub unmatched: Vec<UnmatchedListings>,
}

impl Survey {
    /// The sources that looked for partnerships of a program by agencies of a service.
    #[must_use]
    pub fn covering(&self, program_id: &str, service: Service) -> Vec<&Look> {
        coverage::covering(&self.looks, program_id, service)
    }

    /// Partnerships of a program that are reported for a state and service, or for no state, and
    /// whose agency could not be told.
    #[must_use]
    pub fn unmatched(&self, program_id: &str, service: Service, state: &str) -> i64 {
        let may_be = self.unmatched.iter().filter(|unmatched| {
            unmatched.program_id == program_id
                && unmatched.state.as_ref().is_none_or(|named| named == state)
                && coverage::overlap(unmatched.service, service)
        });
        may_be.map(|unmatched| unmatched.partnerships).sum()
    }
}

/// A program partnerships could be of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyedProgram {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its vendor.
    pub vendor_id: String,
}

/// How many partnerships of a program are of agencies that could not be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmatchedListings {
    /// The program.
    pub program_id: String,
    /// The state they name, if any.
    pub state: Option<String>,
    /// The service.
    pub service: Service,
    /// The partnerships.
    pub partnerships: i64,
}

/// What one source says, in one role, of one partnership of an agency.
#[derive(Debug, Clone, PartialEq)]
pub struct AgencyListing {
    /// The partnership.
    pub partnership_id: String,
    /// Its program.
    pub program_id: String,
    /// Where it stands.
    pub status: PartnershipStatus,
    /// The date of the newest edition that lists it. What editors chose to write about is no list.
    pub last_listed_on: Option<NaiveDate>,
    /// The source, its name, what its evidence does for the partnership, and the first and the
    /// last date it says so; `None` where no evidence of the partnership is known.
    pub source: Option<(String, String, Role, NaiveDate, NaiveDate)>,
}

impl ReleaseDatabase {
    /// Who looked for partnerships in this release.
    ///
    /// A source looked for partnerships of a program and a service if an edition of it lists one:
    /// that it says nothing of others is no sign that it would have.
    pub fn survey(&self) -> Result<Survey, DatabaseError> {
        let programs = "SELECT id, name, vendor_id FROM programs ORDER BY id";
        // `CROSS JOIN` keeps the order: there are far fewer partnerships than pieces of evidence.
        let looks = "
            SELECT p.program_id, e.source_id, s.name, s.completeness, p.service,
                   MAX(e.last_listed_on)
            FROM partnerships p
            CROSS JOIN evidence e ON e.subject_id = p.id AND e.subject_type = 'partnership'
            JOIN sources s ON s.id = e.source_id
            WHERE e.role = 'supports' AND EXISTS (
                SELECT 1 FROM editions d
                WHERE d.source_id = e.source_id AND d.as_of_on = e.last_listed_on)
            GROUP BY p.program_id, e.source_id, p.service
            ORDER BY p.program_id, e.source_id, p.service";
        let unmatched = "
            SELECT program_id, state, service, COUNT(*) FROM partnerships
            WHERE agency_id IS NULL GROUP BY program_id, state, service";
        Ok(Survey {
            programs: self.read(Statement::new(programs), |row| {
                let [id, name, vendor_id] = [row.next()?, row.next()?, row.next()?];
                Ok(SurveyedProgram { id, name, vendor_id })
            })?,
            looks: self.read(Statement::new(looks), |row| {
                Ok(Look {
                    program_id: row.next()?,
                    source_id: row.next()?,
                    source_name: row.next()?,
                    completeness: row.next()?,
                    service: row.next()?,
                    as_of_on: row.next()?,
                })
            })?,
            unmatched: self.read(Statement::new(unmatched), |row| {
                Ok(UnmatchedListings {
                    program_id: row.next()?,
                    state: row.next()?,
                    service: row.next()?,
                    partnerships: row.next()?,
                })
            })?,
        })
    }

    /// Calls `visit` with each row of the table `agency_coverage`, in the order of its keys, until
    /// `visit` has had enough.
    pub fn each_agency_coverage(
        &self,
        visit: &mut dyn FnMut(&mut Vec<Cell>) -> Result<(), ()>,
    ) -> Result<(), DatabaseError> {
        let rows = "SELECT agency_id, program_id, coverage, as_of_on, sources FROM agency_coverage
                    ORDER BY agency_id, program_id";
        self.each_row(Statement::new(rows), visit)
    }

    /// What sources say of the partnerships of an agency, by partnership and source.
    pub fn listings(&self, agency_id: &str) -> Result<Vec<AgencyListing>, DatabaseError> {
        let statement = Statement::new(
            "SELECT p.id, p.program_id, p.status, p.last_listed_on, e.source_id, s.name, e.role,
                    MIN(e.first_listed_on), MAX(e.last_listed_on)
             FROM partnerships p
             LEFT JOIN evidence e ON e.subject_id = p.id AND e.subject_type = 'partnership'
             LEFT JOIN sources s ON s.id = e.source_id
             WHERE p.agency_id = ?
             GROUP BY p.id, e.source_id, e.role
             ORDER BY p.id, e.source_id, e.role",
        );
        self.read(statement.bind(agency_id), |row| {
            let [partnership_id, program_id] = [row.next()?, row.next()?];
            let (status, last_listed_on) = (row.next()?, row.next()?);
            let (id, name) = (row.next::<Option<String>>()?, row.next::<Option<String>>()?);
            let source = match id {
                // A source that is not among the sources goes by its id.
                Some(id) => {
                    let name = name.unwrap_or_else(|| id.clone());
                    Some((id, name, row.next()?, row.next()?, row.next()?))
                }
                None => None,
            };
            Ok(AgencyListing { partnership_id, program_id, status, last_listed_on, source })
        })
    }
}
