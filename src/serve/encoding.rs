//! Codings of a body: gzip, brotli and zstd, as the client likes, and none where it refuses them.

use std::io::Read as _;

use actix_http::encoding::Encoder;
use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, ContentEncoding, HeaderMap, HeaderValue,
};
use bytes::Bytes;
use flate2::read::GzDecoder;

/// A body that is smaller gains nothing: the headers outweigh it. Bytes.
const SMALLEST: u64 = 256;

/// A way to write a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Coding {
    /// As it is.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
}

/// What a body can be made into; of those a client likes equally the first is taken.
const OFFERED: &[Coding] = &[Coding::Zstd, Coding::Brotli, Coding::Gzip];

impl Coding {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Identity => &["identity"],
            Self::Gzip => &["gzip", "x-gzip"],
            Self::Brotli => &["br"],
            Self::Zstd => &["zstd"],
        }
    }

    fn encoding(self) -> ContentEncoding {
        match self {
            Self::Identity => ContentEncoding::Identity,
            Self::Gzip => ContentEncoding::Gzip,
            Self::Brotli => ContentEncoding::Brotli,
            Self::Zstd => ContentEncoding::Zstd,
        }
    }
}

/// What a client takes, as far as the coding of an answer depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Taken {
    /// What it likes best of what there is.
    pub(super) coding: Coding,
    /// Whether it takes a body as it is.
    plain: bool,
    /// Whether it takes one that is zipped.
    zipped: bool,
}

impl Taken {
    /// What a client that sent these headers takes, `compressible` or as it is; `None`: nothing.
    pub(super) fn by(headers: &HeaderMap, compressible: bool) -> Option<Self> {
        let wishes = Wishes::of(headers);
        let plain = wishes.weight(Coding::Identity);
        let offered = if compressible { OFFERED } else { &[] };
        let mut best = (Coding::Identity, plain);
        for coding in offered {
            let weight = wishes.weight(*coding);
            // What is as good as the plain body is better: it is shorter.
            let better =
                if best.0 == Coding::Identity { weight >= best.1 } else { weight > best.1 };
            if better && weight > 0.0 {
                best = (*coding, weight);
            }
        }
        let zipped = wishes.weight(Coding::Gzip) > 0.0;
        (best.1 > 0.0).then_some(Self { coding: best.0, plain: plain > 0.0, zipped })
    }
}

/// What `Accept-Encoding` says; `None`: there is none.
struct Wishes<'a>(Option<Vec<(&'a str, f32)>>);

impl<'a> Wishes<'a> {
    fn of(headers: &'a HeaderMap) -> Self {
        if !headers.contains_key(ACCEPT_ENCODING) {
            return Self(None);
        }
        let lines = headers.get_all(ACCEPT_ENCODING).filter_map(|line| line.to_str().ok());
        let wish = |entry: &'a str| {
            let mut parts = entry.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let weight = match parts.next() {
                None => 1.0,
                Some(part) => {
                    let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="))?;
                    weight.trim().parse::<f32>().ok()?
                }
            };
            (!name.is_empty() && (0.0..=1.0).contains(&weight)).then_some((name, weight))
        };
        Self(Some(lines.flat_map(|line| line.split(',')).filter_map(wish).collect()))
    }

    /// How much the client wants a coding, 0 (not at all) to 1.
    fn weight(&self, coding: Coding) -> f32 {
        let plain = coding == Coding::Identity;
        // RFC 9110 allows anything then, but clients that say nothing often cannot read it.
        let Some(wishes) = &self.0 else { return if plain { 1.0 } else { 0.0 } };
        let said = |names: &[&str]| {
            wishes.iter().find(|(said, _)| names.iter().any(|name| said.eq_ignore_ascii_case(name)))
        };
        match said(coding.names()).or_else(|| said(&["*"])) {
            Some((_, weight)) => *weight,
            // Not refused, and less welcome than anything that is named.
            None if plain => f32::MIN_POSITIVE,
            None => 0.0,
        }
    }
}

/// The answer as a client takes it.
///
/// A part of a body stays as it is, and so does one that is zipped already, where the client says
/// that it takes gzip. Fails where what should be zipped is not.
pub(super) fn encoded(mut response: HttpResponse, taken: Taken) -> std::io::Result<HttpResponse> {
    if response.headers().contains_key(CONTENT_ENCODING) {
        if taken.zipped {
            return Ok(response);
        }
        response = unzipped(response)?;
    }
    if !gains(&response, taken) {
        return Ok(response);
    }
    let coding = taken.coding.encoding();
    Ok(response.map_body(|head, body| Encoder::response(coding, head, body).boxed()))
}

/// Whether an answer is to be written in the coding that was chosen: a small one is not, unless its
/// client refuses it as it is, and one that has a coding already has that one.
pub(super) fn gains(response: &HttpResponse, taken: Taken) -> bool {
    let small = matches!(response.body().size(), BodySize::Sized(size) if size < SMALLEST);
    taken.coding != Coding::Identity
        && !response.headers().contains_key(CONTENT_ENCODING)
        && (!small || !taken.plain)
}

/// The same answer with a body that is in that coding already.
pub(super) fn as_coded(mut response: HttpResponse, coding: Coding, body: Bytes) -> HttpResponse {
    let name = HeaderValue::from_static(coding.encoding().as_str());
    response.headers_mut().insert(CONTENT_ENCODING, name);
    response.set_body(BoxBody::new(body))
}

/// The same answer without its gzip; one that is not in memory stays as it is.
fn unzipped(response: HttpResponse) -> std::io::Result<HttpResponse> {
    let (mut response, body) = response.into_parts();
    let zipped = match body.try_into_bytes() {
        Ok(zipped) => zipped,
        Err(body) => return Ok(response.set_body(body)),
    };
    let mut plain = Vec::new();
    GzDecoder::new(&*zipped).read_to_end(&mut plain)?;
    response.headers_mut().remove(CONTENT_ENCODING);
    Ok(response.set_body(BoxBody::new(plain)))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap());
        headers
    }

    fn chosen(headers: &HeaderMap, compressible: bool) -> Option<Coding> {
        Taken::by(headers, compressible).map(|taken| taken.coding)
    }

    #[test]
    fn the_coding_the_client_likes_best_is_taken() {
        assert_eq!(chosen(&HeaderMap::new(), true), Some(Coding::Identity));
        for (said, taken) in [
            ("", Coding::Identity),
            ("gzip", Coding::Gzip),
            ("x-gzip", Coding::Gzip),
            ("GZip;Q=0.5", Coding::Gzip),
            ("gzip, deflate, br, zstd", Coding::Zstd),
            ("gzip, deflate, br", Coding::Brotli),
            ("gzip;q=1.0, br;q=0.9, zstd;q=0", Coding::Gzip),
            ("*", Coding::Zstd),
            ("*;q=0.5, br;q=0", Coding::Zstd),
            ("identity, gzip", Coding::Gzip),
            ("identity;q=1, gzip;q=0.5", Coding::Identity),
            ("identity;q=0, br;q=0.001", Coding::Brotli),
            ("deflate", Coding::Identity),
            ("compress, *;q=0, identity", Coding::Identity),
            ("gzip;q=2, br;q=NaN, zstd;q=x, gzip;level=9", Coding::Identity),
            (",, ;, ;q=1", Coding::Identity),
        ] {
            assert_eq!(chosen(&headers(said), true), Some(taken), "{said}");
        }
    }

    #[test]
    fn a_client_that_refuses_everything_gets_nothing() {
        for said in ["identity;q=0", "*;q=0", "identity;q=0, deflate", "gzip;q=0, *;q=0"] {
            assert_eq!(chosen(&headers(said), true), None, "{said}");
        }
        assert_eq!(chosen(&headers("gzip, identity;q=0"), false), None);
        assert_eq!(chosen(&headers("gzip"), false), Some(Coding::Identity));
    }

    #[test]
    fn what_is_zipped_stays_so_for_those_who_say_that_they_take_it() {
        let mut stream = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        stream.write_all(b"plain").unwrap();
        let zipped = stream.finish().unwrap();
        let answer = |body: &[u8]| {
            HttpResponse::Ok().insert_header((CONTENT_ENCODING, "gzip")).body(body.to_vec())
        };
        let sent = |asked: &HeaderMap| {
            let taken = Taken::by(asked, false).unwrap();
            let response = encoded(answer(&zipped), taken).unwrap();
            let coded = response.headers().contains_key(CONTENT_ENCODING);
            (coded, response.into_body().try_into_bytes().unwrap())
        };
        for said in ["gzip", "*", "br, gzip;q=0.1"] {
            assert_eq!(sent(&headers(said)), (true, Bytes::from(zipped.clone())), "{said}");
        }
        for said in ["br", "gzip;q=0, *", "identity", ""] {
            assert_eq!(sent(&headers(said)), (false, Bytes::from("plain")), "{said}");
        }
        assert_eq!(sent(&HeaderMap::new()).1, "plain");
        assert!(encoded(answer(b"plain"), Taken::by(&headers("br"), true).unwrap()).is_err());
    }

    #[test]
    fn a_small_body_is_coded_only_where_a_plain_one_is_refused() {
        let coded = |said: &str, body: &str| {
            let response = HttpResponse::Ok().body(body.to_owned());
            let response = encoded(response, Taken::by(&headers(said), true).unwrap()).unwrap();
            response.headers().contains_key(CONTENT_ENCODING)
        };
        assert!(!coded("gzip", "small"));
        assert!(coded("gzip, identity;q=0", "small"));
        assert!(coded("gzip", &"large".repeat(100)));
    }
}
