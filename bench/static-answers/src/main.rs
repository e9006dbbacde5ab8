//! A bare actix server that gives answers another server gave before: the same status, headers and
//! bytes, from memory. It is as fast as a program on actix can be that sends the same.
//!
//! ```text
//! porchlight-static-answers FOLDER ADDRESS:PORT
//! ```
//!
//! In the folder are, for each answer `N`: `N.head`, whose first line is the path and query that it
//! answers, and whose further lines are its headers; `N.body`, its bytes; and, if there is one,
//! `N.unchanged`, the headers of the answer to a client that has these bytes already.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

type Headers = Vec<(HeaderName, HeaderValue)>;

/// What is sent for one path and query.
struct Answer {
    headers: Headers,
    body: Bytes,
    /// The tag of these bytes, and the headers where the client has them.
    unchanged: Option<(HeaderValue, Headers)>,
}

type Answers = HashMap<String, Answer>;

fn main() -> io::Result<()> {
    actix_web::rt::System::new().block_on(serve())
}

async fn serve() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(address)) = (arguments.next(), arguments.next()) else {
        return Err(invalid("usage: porchlight-static-answers FOLDER ADDRESS:PORT"));
    };
    let answers = Data::new(read(Path::new(&folder))?);
    let server = HttpServer::new(move || {
        App::new().app_data(answers.clone()).default_service(web::to(answer))
    })
    .tcp_nodelay(true)
    .bind(address)?;
    println!("listening on http://{}", server.addrs()[0]);
    server.run().await
}

async fn answer(request: HttpRequest, answers: Data<Answers>) -> HttpResponse {
    let asked = request.uri().path_and_query().map_or("", |asked| asked.as_str());
    let Some(answer) = answers.get(asked) else { return HttpResponse::NotFound().finish() };
    let known = request.headers().get(header::IF_NONE_MATCH);
    if let (Some(known), Some((tag, headers))) = (known, &answer.unchanged)
        && known == tag
    {
        return with(HttpResponse::NotModified().finish(), headers);
    }
    with(HttpResponse::Ok().body(answer.body.clone()), &answer.headers)
}

fn with(mut response: HttpResponse, headers: &Headers) -> HttpResponse {
    for (name, value) in headers {
        response.headers_mut().append(name.clone(), value.clone());
    }
    response
}

/// Every answer of the folder, by path and query.
fn read(folder: &Path) -> io::Result<Answers> {
    let mut answers = Answers::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "head") {
            continue;
        }
        let head = fs::read_to_string(&path)?;
        let (asked, headers) = head.split_once('\n').unwrap_or((&head, ""));
        let headers = headers_of(headers)?;
        let body = Bytes::from(fs::read(path.with_extension("body"))?);
        let tag = headers.iter().find(|(name, _)| name == header::ETAG);
        let unchanged = match (tag, fs::read_to_string(path.with_extension("unchanged"))) {
            (Some((_, tag)), Ok(headers)) => Some((tag.clone(), headers_of(&headers)?)),
            (_, _) => None,
        };
        answers.insert(asked.to_owned(), Answer { headers, body, unchanged });
    }
    Ok(answers)
}

fn headers_of(lines: &str) -> io::Result<Headers> {
    let header = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.parse().ok()?, value.parse().ok()?))
    };
    let of_line = |line| header(line).ok_or_else(|| invalid(line));
    lines.lines().map(of_line).collect()
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what.to_owned())
}
