//! The nouns of the contract, one file each.

mod agency;
mod correction;
mod coverage;
mod disclosure;
mod event;
mod evidence;
mod issue;
mod partnership;
mod program;
mod reported_total;
mod source;
mod vendor;

pub use agency::Agency;
pub use correction::Correction;
pub use coverage::CoverageCell;
pub use disclosure::Disclosure;
pub use event::Event;
pub use evidence::Evidence;
pub use issue::Issue;
pub use partnership::Partnership;
pub use program::Program;
pub use reported_total::ReportedTotal;
pub use source::Source;
pub use vendor::Vendor;
