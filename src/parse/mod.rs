//! File formats, without publishers: text encodings, delimited tables, zip.
//!
//! Everything here is a function of bytes and knows no column by name.

pub mod csv;
pub mod kml;
pub mod text;
pub mod zip;
