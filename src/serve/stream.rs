//! Exports: every record that fits, written while it is sent, in bounded memory.
//!
//! The body is pulled: a block of rows is read and written when the client has taken the one
//! before, never ahead of it. So an export costs a block, a connection and nothing else, however
//! slow its client is; between blocks it holds no thread and no connection to the database.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::BodyStream;
use actix_web::http::Uri;
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use bytes::Bytes;
use futures_util::stream;

use super::error::Problem;
use super::form::{self, Content, Form, Writer};
use super::open_release::OpenRelease;
use crate::record::Cell;
use crate::release::database::Query;

/// Rows read at a time: of agencies, 200 kB of CSV and 450 kB of JSON. Fewer would repeat the work of finding the place
/// where to go on; more would take longer than a thread should be held.
pub(super) const ROWS_A_BLOCK: usize = 1000;

/// Bytes below which another block of rows is added before anything is sent.
const LEAST_BLOCK: usize = 64 * 1024;

/// Bytes of a file read at a time, and up to the end of a line.
const FILE_BLOCK: usize = 128 * 1024;

/// Bytes handed to the connection at a time. What it is handed it copies, so a whole block would be
/// held twice.
const PIECE: usize = 32 * 1024;

/// Gives the rows of an export, block by block; `None` at the end.
pub(super) type RowSource = Box<dyn FnMut() -> Result<Option<Vec<Vec<Cell>>>, Problem> + Send>;

/// The rows of every page of a query.
pub(super) fn every_page(release: Arc<OpenRelease>, query: Query) -> RowSource {
    let limit = if query.limit == 0 { 0 } else { ROWS_A_BLOCK };
    let mut next = Some(Query { after: None, limit, ..query });
    Box::new(move || {
        let Some(query) = next.take() else { return Ok(None) };
        if query.limit == 0 {
            return Ok(None);
        }
        let page = release.database()?.page(&query)?;
        if page.next.is_some() {
            next = Some(Query { after: page.next, ..query });
        }
        Ok(Some(page.rows))
    })
}

/// The text of a file of finished lines, block by block, each the one cell of a row without its end.
fn lines_of(file: File) -> RowSource {
    let mut file = BufReader::new(file);
    Box::new(move || {
        let mut block = Vec::with_capacity(FILE_BLOCK + FILE_BLOCK / 8);
        let read = (&mut file).take(FILE_BLOCK as u64).read_to_end(&mut block);
        read.and_then(|_| file.read_until(b'\n', &mut block)).map_err(Problem::internal)?;
        if block.last() == Some(&b'\n') {
            block.pop();
        } else if block.is_empty() {
            return Ok(None);
        }
        let text = String::from_utf8(block).map_err(Problem::internal)?;
        Ok(Some(vec![vec![Cell::Text(text)]]))
    })
}

/// An export that is being written.
pub(super) struct Export {
    writer: Box<dyn Writer>,
    rows: RowSource,
    stage: Stage,
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Beginning,
    Rows,
    Done,
}

impl Export {
    /// An export in a form other than JSON.
    pub(super) fn new(form: Form, content: Content, rows: RowSource) -> Result<Self, Problem> {
        Ok(Self { writer: form::writer(form, content)?, rows, stage: Stage::Beginning })
    }

    /// An export of finished lines, each the one cell of a row.
    pub(super) fn of_lines(rows: RowSource) -> Self {
        Self { writer: Box::new(form::Lines), rows, stage: Stage::Beginning }
    }

    /// An export whose lines lie in a file already.
    pub(super) fn of_file(file: File) -> Self {
        Self::of_lines(lines_of(file))
    }

    /// The next block of bytes; `None` at the end.
    fn next_block(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        if self.stage == Stage::Done {
            return Ok(None);
        }
        let mut out = Vec::new();
        if self.stage == Stage::Beginning {
            self.writer.begin(&mut out)?;
            self.stage = Stage::Rows;
        }
        while out.len() < LEAST_BLOCK {
            let Some(rows) = (self.rows)()? else {
                self.writer.end(&mut out)?;
                self.stage = Stage::Done;
                break;
            };
            self.writer.rows(&mut out, rows)?;
        }
        Ok(Some(out))
    }
}

/// Why an export broke off.
#[derive(Debug, thiserror::Error)]
enum Broken {
    /// The records could not be read or written.
    #[error("the records could not be read to the end")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The client took too long.
    #[error("the client took longer than {} s", .0.as_secs())]
    TooSlow(Duration),
}

/// The answer that carries an export; `label` names the request where it breaks off.
///
/// The `deadline` is looked at when the client takes a piece, so that one that takes next to nothing
/// is cut off a little later; one that takes nothing at all is cut off by its connection.
pub(super) fn send(
    mut response: HttpResponseBuilder,
    export: Export,
    label: Label,
    deadline: Duration,
) -> HttpResponse {
    response.body(BodyStream::new(Box::pin(pieces(export, label, deadline))))
}

/// The request an export answers, for the log.
pub(super) struct Label {
    /// Its id.
    pub(super) request_id: String,
    /// Its address.
    pub(super) uri: Uri,
}

/// The pieces of an export. An error makes the server close the connection before the last chunk,
/// so that no client takes the beginning for the whole.
fn pieces(
    export: Export,
    label: Label,
    deadline: Duration,
) -> impl stream::Stream<Item = Result<Bytes, Broken>> {
    let begun = Instant::now();
    stream::try_unfold((export, label, Bytes::new()), move |(export, label, mut rest)| async move {
        let next = async {
            if begun.elapsed() >= deadline {
                return Err(Broken::TooSlow(deadline));
            }
            if !rest.is_empty() {
                let piece = rest.split_to(PIECE.min(rest.len()));
                return Ok(Some((piece, export, rest)));
            }
            let (block, export) = in_background(export).await?;
            let Some(mut rest) = block.map(Bytes::from) else { return Ok(None) };
            let piece = rest.split_to(PIECE.min(rest.len()));
            Ok(Some((piece, export, rest)))
        };
        match next.await {
            Ok(next) => Ok(next.map(|(piece, export, rest)| (piece, (export, label, rest)))),
            Err(broken) => {
                let error: &dyn std::error::Error = &broken;
                let Label { request_id, uri } = &label;
                tracing::error!(error, request_id, %uri, "an export broke off");
                Err(broken)
            }
        }
    })
}

/// The next block of an export, from a thread that may wait.
async fn in_background(mut export: Export) -> Result<(Option<Vec<u8>>, Export), Broken> {
    let work = move || {
        let block = std::panic::catch_unwind(AssertUnwindSafe(|| export.next_block()));
        (block, export)
    };
    let (block, export) =
        web::block(work).await.map_err(|error| Broken::Failed(Box::new(error)))?;
    match block {
        Ok(Ok(block)) => Ok((block, export)),
        Ok(Err(problem)) => {
            Err(Broken::Failed(problem.cause.unwrap_or_else(|| problem.detail.into())))
        }
        Err(panic) => Err(Broken::Failed(super::dispatch::words_of(panic.as_ref()).into())),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, TryStreamExt as _};

    use super::*;

    const DEADLINE: Duration = Duration::from_mins(10);

    /// Writes a line per row, as long as its number.
    struct Lines;

    impl Writer for Lines {
        fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), Problem> {
            out.extend_from_slice(b"begin\n");
            Ok(())
        }

        fn rows(&mut self, out: &mut Vec<u8>, rows: Vec<Vec<Cell>>) -> Result<(), Problem> {
            for row in rows {
                let Cell::Integer(number) = row[0] else { return Err(Problem::internal("no")) };
                out.resize(out.len() + usize::try_from(number).unwrap(), b'x');
                out.push(b'\n');
            }
            Ok(())
        }

        fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Problem> {
            out.extend_from_slice(b"end\n");
            Ok(())
        }
    }

    fn export(blocks: Vec<Vec<Cell>>) -> Export {
        let mut blocks = blocks.into_iter();
        let rows = Box::new(move || {
            let block = blocks.next();
            Ok(block.map(|cells| cells.into_iter().map(|cell| vec![cell]).collect()))
        });
        Export { writer: Box::new(Lines), rows, stage: Stage::Beginning }
    }

    fn label() -> Label {
        Label { request_id: "1".to_owned(), uri: Uri::from_static("/") }
    }

    #[actix_web::test]
    async fn the_pieces_are_small_and_together_they_are_the_export() {
        let blocks = vec![vec![Cell::Integer(3)], vec![], vec![Cell::Integer(200_000); 2], vec![]];
        let pieces: Vec<Bytes> =
            pieces(export(blocks), label(), DEADLINE).try_collect().await.unwrap();
        assert!(pieces.len() >= 13 && pieces.iter().all(|piece| piece.len() <= PIECE));
        let long = "x".repeat(200_000);
        assert_eq!(pieces.concat(), format!("begin\nxxx\n{long}\n{long}\nend\n").as_bytes());
        let empty: Vec<Bytes> =
            super::pieces(export(vec![]), label(), DEADLINE).try_collect().await.unwrap();
        assert_eq!(empty.concat(), b"begin\nend\n");
    }

    #[actix_web::test]
    async fn a_file_is_sent_as_it_is() {
        use std::io::Write as _;

        for text in ["", "id\n", "id,name\n1,\"a\nb\"\n", &"0123456789\n".repeat(50_000)] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let export = Export::of_file(File::open(file.path()).unwrap());
            let sent: Vec<Bytes> = pieces(export, label(), DEADLINE).try_collect().await.unwrap();
            assert_eq!(sent.concat(), text.as_bytes());
        }
    }

    #[actix_web::test]
    async fn nothing_is_read_ahead_of_the_reader() {
        let read = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = Arc::clone(&read);
        let rows: RowSource = Box::new(move || {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Ok(Some(vec![vec![Cell::Integer(100_000)]]))
        });
        let export = Export { writer: Box::new(Lines), rows, stage: Stage::Beginning };
        let mut pieces = Box::pin(pieces(export, label(), DEADLINE));
        for (piece, blocks) in [1, 1, 1, 1, 2].into_iter().enumerate() {
            pieces.next().await.unwrap().unwrap();
            assert_eq!(read.load(std::sync::atomic::Ordering::SeqCst), blocks, "piece {piece}");
        }
    }

    #[actix_web::test]
    async fn a_failure_a_panic_or_the_deadline_ends_it_with_an_error() {
        let broken = pieces(export(vec![vec![Cell::Null]]), label(), DEADLINE);
        assert!(matches!(broken.try_collect::<Vec<_>>().await, Err(Broken::Failed(_))));
        let panics = pieces(export(vec![vec![Cell::Integer(-1)]]), label(), DEADLINE);
        assert!(matches!(panics.try_collect::<Vec<_>>().await, Err(Broken::Failed(_))));
        let late = pieces(export(vec![vec![Cell::Integer(3)]]), label(), Duration::ZERO);
        assert!(matches!(late.try_collect::<Vec<_>>().await, Err(Broken::TooSlow(_))));
    }
}
