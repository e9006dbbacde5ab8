//! Rows as JSON: an answer holds the very text that the files of a release hold.

pub(super) use crate::release::format::{write_cell, write_row, write_value};
