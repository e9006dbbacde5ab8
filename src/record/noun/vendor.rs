use crate::record::VendorId;

record! {
    /// A company that sells home-surveillance products or brokers what they record.
    Vendor: VendorId, in "vendors" {
        /// Its name.
        name: String,
        /// The company that owns it.
        parent: Option<String>,
        /// Its web site.
        homepage: Option<String>,
        /// Other names it is known by.
        aliases: Vec<String>,
    }
}
