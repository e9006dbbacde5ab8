//! The catalog: whether it can be reached and written, and who leads.

use chrono::{DateTime, Utc};

use super::report::{Check, causes, span};
use crate::catalog::{Catalog, CatalogError, CatalogServer, Inspection, inspect};
use crate::config::Config;

const ABOUT: &str = "catalog";

/// What the catalog is like, and the catalog itself where opening it changes nothing.
pub(super) fn checks(config: &Config, now: DateTime<Utc>) -> (Option<Catalog>, Vec<Check>) {
    let inspection = match inspect(&config.catalog) {
        Ok(Some(inspection)) => inspection,
        Ok(None) => {
            return (None, vec![Check::ok(ABOUT, "there is none yet: the first run makes it")]);
        }
        Err(error) => return (None, vec![of_failure(&error)]),
    };
    let mut checks = vec![of_tables(&inspection)];
    checks.extend(inspection.server.as_ref().map(of_server).unwrap_or_default());
    checks.push(of_lead(&inspection, now));
    let is_current = inspection.pending.is_empty() && inspection.unknown.is_empty();
    match is_current.then(|| Catalog::open(&config.catalog)) {
        None => (None, checks),
        Some(Ok(catalog)) => (Some(catalog), checks),
        Some(Err(error)) => {
            checks.push(of_failure(&error));
            (None, checks)
        }
    }
}

fn of_failure(error: &CatalogError) -> Check {
    let advice = match error {
        CatalogError::Unavailable { .. } => {
            "look whether the server runs, and at host, port, user and password of \
             PORCHLIGHT_CATALOG_URL"
        }
        CatalogError::Refused { advice, .. } => advice,
        CatalogError::Damaged { .. } => {
            "stop porchlight, put the file aside, and start: it holds run history only, no data"
        }
        CatalogError::TooNew { .. } => "run the newer porchlight",
        CatalogError::Busy { .. } => "look which process holds it for so long",
        CatalogError::ReadOnly { .. } => "mount it writable, or give it to this user (`chown`)",
        CatalogError::Full { .. } => "make room",
        CatalogError::FeatureMissing => "use the image, or build with `--features postgres`",
        CatalogError::Row { .. }
        | CatalogError::Migration { .. }
        | CatalogError::Query { .. }
        | CatalogError::Lock { .. }
        | CatalogError::Superseded { .. }
        | CatalogError::NotHeld { .. }
        | CatalogError::ReleaseDiffers { .. } => "the log of the database may say more",
    };
    Check::fault(ABOUT, causes(error), advice)
}

fn of_tables(inspection: &Inspection) -> Check {
    let Inspection { place, pending, unknown, .. } = inspection;
    if !unknown.is_empty() {
        let found = format!("{place} was made by a newer porchlight ({})", unknown.join(", "));
        return Check::fault(ABOUT, found, "run that one");
    }
    match pending.len() {
        0 => Check::ok(ABOUT, format!("{place} can be read, and its tables are up to date")),
        n => Check::ok(
            ABOUT,
            format!("{place} can be read; the next run brings it up to date ({n})"),
        ),
    }
}

fn of_server(server: &CatalogServer) -> Vec<Check> {
    let CatalogServer { version, tls, is_local, may_create, may_write } = server;
    let mut checks = vec![match tls {
        Some(tls) => Check::ok(ABOUT, format!("PostgreSQL {version}, over {tls}")),
        None if *is_local => Check::ok(ABOUT, format!("PostgreSQL {version}, on this machine")),
        None => Check::warning(
            ABOUT,
            format!("PostgreSQL {version}, over the network without TLS"),
            "put `?sslmode=verify-full` at the end of PORCHLIGHT_CATALOG_URL",
        ),
    }];
    if !may_create || !may_write {
        let missing = if *may_write { "make tables" } else { "write its tables" };
        let found = format!("this user may not {missing}");
        let advice = "GRANT it, or name the owner of the tables in PORCHLIGHT_CATALOG_URL";
        // Without new tables to make, the missing right is only known at the next upgrade.
        checks.push(if *may_write {
            Check::warning(ABOUT, found, advice)
        } else {
            Check::fault(ABOUT, found, advice)
        });
    }
    checks
}

fn of_lead(inspection: &Inspection, now: DateTime<Utc>) -> Check {
    let taken = inspection.last_lead.map_or_else(
        || "it was never taken".to_owned(),
        |(epoch, at)| format!("it was last taken {} ago, as epoch {epoch}", span(now - at)),
    );
    let found = if inspection.is_led {
        format!("a process leads now; {taken}")
    } else {
        format!("the lead is free; {taken}")
    };
    Check::ok(ABOUT, found)
}
