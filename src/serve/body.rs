//! Bodies of answers that are more, or less, than bytes.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;

/// The answer to HEAD: the same headers, and nothing is read or compressed for it.
pub(super) fn announced(response: HttpResponse) -> HttpResponse {
    response.map_body(|_, body| BoxBody::new(Announced(body.size())))
}

/// A body that is announced and not sent.
struct Announced(BodySize);

impl MessageBody for Announced {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Poll::Ready(None)
    }
}

/// The same answer, which keeps something until all of it is handed over or its client is gone.
pub(super) fn holding(response: HttpResponse, held: impl Unpin + 'static) -> HttpResponse {
    response.map_body(|_, body| BoxBody::new(Holding { body, _held: held }))
}

/// A body that keeps something.
struct Holding<T> {
    body: BoxBody,
    _held: T,
}

impl<T: Unpin> MessageBody for Holding<T> {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
