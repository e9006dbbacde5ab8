use crate::record::{AgencyId, AgencyKind, GeoPrecision, Service};

record! {
    /// A police or fire department, whether or not any partnership of it is known.
    Agency: AgencyId, in "agencies" {
        /// Its name, as its registry prints it.
        name: String,
        /// Other names its sources use.
        aliases: Vec<String>,
        /// What sort of agency it is.
        kind: AgencyKind,
        /// Which public service it gives.
        service: Service,
        /// Postal code of its state or territory.
        state: String as Few,
        /// The city it sits in or serves, where a source names one.
        city: Option<String>,
        /// Names of the counties it serves.
        counties: Vec<String>,
        /// Census codes (state and county FIPS, five digits) of those counties that are known.
        county_fips: Vec<String> as Code,
        /// Originating Agency Identifier of the FBI, nine characters.
        ori: Option<String> as Code,
        /// Fire department id of the USFA registry, written STATE-FDID.
        fdid: Option<String> as Code,
        /// Latitude in degrees north (WGS 84).
        lat: Option<f64>,
        /// Longitude in degrees east (WGS 84).
        lon: Option<f64>,
        /// What the coordinates stand for.
        geo_precision: GeoPrecision,
        /// Whether a public registry of agencies lists it.
        registered: bool,
        /// Partnerships with status `active`.
        active_partnerships: i64,
        /// Partnerships of any status.
        partnerships: i64,
        /// Disclosures in which it is named.
        disclosures: i64,
    }
}
