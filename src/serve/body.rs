//! Bodies of answers that are more, or less, than bytes.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::Payload;
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

/// The same answer, during which the body of its request is neither read nor given up.
pub(super) fn holding(response: HttpResponse, unread: Payload) -> HttpResponse {
    response.map_body(|_, body| BoxBody::new(Holding { body, _unread: unread }))
}

/// A body that keeps the body of its request.
struct Holding {
    body: BoxBody,
    _unread: Payload,
}

impl MessageBody for Holding {
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
