//! JSON lines: each is an element of `data` in JSON.

use std::sync::Arc;

use super::{Content, Writer};
use crate::record::{Cell, Column};
use crate::serve::error::Problem;
use crate::serve::open_release::OpenRelease;
use crate::serve::shape::{self, Shape};

pub(super) struct Ndjson {
    shape: Shape,
    columns: Vec<&'static Column>,
    release: Arc<OpenRelease>,
}

impl Ndjson {
    pub(super) fn new(content: Content) -> Self {
        let Content { shape, release, .. } = content;
        Self { columns: shape.columns(), shape, release }
    }
}

impl Writer for Ndjson {
    fn begin(&mut self, _out: &mut Vec<u8>) -> Result<(), Problem> {
        Ok(())
    }

    fn rows(&mut self, out: &mut Vec<u8>, rows: Vec<Vec<Cell>>) -> Result<(), Problem> {
        let rows = self.shape.rows(rows);
        let included = self.shape.included(self.release.database()?, &rows)?;
        for row in &rows {
            shape::write(out, &self.columns, row, &included)?;
            out.push(b'\n');
        }
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<u8>) -> Result<(), Problem> {
        Ok(())
    }
}

/// Writes lines that are finished already: the one cell of each row.
pub(in crate::serve) struct Lines;

impl Writer for Lines {
    fn begin(&mut self, _out: &mut Vec<u8>) -> Result<(), Problem> {
        Ok(())
    }

    fn rows(&mut self, out: &mut Vec<u8>, rows: Vec<Vec<Cell>>) -> Result<(), Problem> {
        for line in rows.into_iter().flatten() {
            out.extend_from_slice(line.to_csv().as_bytes());
            out.push(b'\n');
        }
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<u8>) -> Result<(), Problem> {
        Ok(())
    }
}
