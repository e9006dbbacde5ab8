//! Takes a request to its endpoint and brings the answer back: method, release, conditions, faults.

use std::net::Ipv4Addr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix_web::http::{Method, header};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::FutureExt as _;

use super::answer::{Answer, Body, Plan, Work};
use super::body;
use super::cache::Key;
use super::cache_outcome::CacheOutcome;
use super::client::Client;
use super::endpoint::{Base, Call, Endpoint};
use super::error::{Code, Problem, cut};
use super::files;
use super::form::Form;
use super::headers::{CacheClass, ReleaseHeaders, client_has, client_has_since, tag_of, weak_tag};
use super::metrics;
use super::negotiate::{Segments, choose};
use super::refusal::refuse;
use super::release_name::ReleaseName;
use super::respond::{begin, elsewhere, file_name, moved, not_modified, repeatable};
use super::site;
use super::state::{Place, State};
use super::stream::{self, Label};
use crate::record::{Agency, Record as _};
use crate::release::RedactedRelease;

/// Methods every endpoint answers.
pub(super) const METHODS: &str = "GET, HEAD, OPTIONS";

/// Where the paths of a release begin, among those of the API.
const RELEASE: &str = "/releases/{release}";

/// Answers a request to an endpoint. Never fails: every failure is a problem document.
pub(super) async fn serve(
    endpoint: &'static Endpoint,
    state: State,
    request: HttpRequest,
) -> HttpResponse {
    if let Some(answer) = to_other_method(&request) {
        return answer;
    }
    // A panic would drop the connection without a word.
    let answered = AssertUnwindSafe(answer(endpoint, &state, &request)).catch_unwind().await;
    let answered =
        answered.unwrap_or_else(|panic| Err(Problem::internal(words_of(panic.as_ref()))));
    answered.unwrap_or_else(|problem| refuse(&request, &problem))
}

/// Answers a request to an address that does not exist.
///
/// What OPTIONS and other methods get does not depend on that: a page of another host may then
/// read the answer to its GET, which says that nothing is there.
pub(super) async fn nothing_here(request: HttpRequest) -> HttpResponse {
    if let Some(answer) = to_other_method(&request) {
        return answer;
    }
    let detail = format!("nothing is at {}; /openapi.json lists what is", cut(request.path()));
    refuse(&request, &Problem::not_found(detail))
}

/// The answer where the method is neither GET nor HEAD.
fn to_other_method(request: &HttpRequest) -> Option<HttpResponse> {
    match *request.method() {
        Method::GET | Method::HEAD => None,
        Method::OPTIONS => Some(options()),
        _ => {
            let detail = format!(
                "{} is not allowed: the service is read only",
                cut(request.method().as_str())
            );
            Some(refuse(request, &Problem::new(Code::MethodNotAllowed, detail)))
        }
    }
}

fn options() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ALLOW, METHODS))
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Accept, If-Modified-Since, If-None-Match, If-Range, Range",
        ))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "86400"))
        .finish()
}

async fn answer(
    endpoint: &'static Endpoint,
    state: &State,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let segments = Segments::read(endpoint, request.match_info());
    let form = match endpoint.forms() {
        [] => Form::Json,
        forms => choose(segments.suffix.as_deref(), request.headers(), forms)?,
    };
    if let Some(ReleaseName::Exact(release)) = segments.get("release").and_then(ReleaseName::read) {
        state.releases().expect(release).await;
    }
    let place = match (endpoint.base, segments.get("release")) {
        (_, Some(name)) => Some(named_release(state, name)?),
        (Base::Release, None) => Some(newest_release(state)?),
        (Base::Api | Base::Root | Base::Site, None) => None,
    };
    if let Some(place) = &place {
        request.extensions_mut().insert(place.clone());
        // The others need what is known without opening it, if that.
        if endpoint.base == Base::Release {
            opened(state, place).await?;
        }
    } else if let Some(resource) = endpoint.resource.filter(|_| endpoint.base == Base::Site) {
        let newest = newest_release(state)?;
        // What the API says of an agency tells who looked.
        if resource.table == Agency::TABLE {
            surveyed(state, &newest).await?;
        } else {
            opened(state, &newest).await?;
        }
    }
    let tidy = Some(request.query_string()).filter(|_| endpoint.base == Base::Site);
    let tidy = tidy.and_then(|query| site::tidied(&endpoint.path, query));
    let tidy = tidy.map(|query| segments.filled(&endpoint.path) + &query);
    let mut call = Call {
        state,
        endpoint,
        path: path_below_base(endpoint, &segments),
        place,
        query: request.query_string(),
        segments,
        form,
        head: request.method() == Method::HEAD,
        headers: request.headers(),
    };
    if let Some(to) = tidy {
        return Ok(moved(&call, &to, false));
    }
    let label = || Label { request_id: request_id_of(request), uri: request.uri().clone() };
    let client = client_of(request);
    match (endpoint.handler)(&call)? {
        Plan::Moved { to, permanent } => Ok(moved(&call, &to, permanent)),
        Plan::Elsewhere { url } => Ok(elsewhere(&call, &url)),
        Plan::Answer { canonical, short, work } => {
            carry_out(&call, client, canonical, short, work, label).await
        }
        Plan::AnswerOf { place, path, canonical, short, work } => {
            request.extensions_mut().insert(place.clone());
            (call.place, call.path) = (Some(place), path);
            carry_out(&call, client, Some(canonical), short, work, label).await
        }
    }
}

async fn carry_out(
    call: &Call<'_>,
    client: Client,
    canonical: Option<String>,
    short: bool,
    work: Work,
    label: impl FnOnce() -> Label,
) -> Result<HttpResponse, Problem> {
    let public_url = &call.state.settings().public_url;
    let query = canonical.clone().unwrap_or_default();
    let path = format!("{}{}", call.path, call.form.dotted());
    let place = call.place.as_ref();
    let in_release = place.map(|place| ReleaseHeaders {
        place,
        // A file is not one of several forms of an answer.
        linked: matches!(call.endpoint.base, Base::Release | Base::Api),
        exact: place.pinned && (call.form == Form::Json || call.segments.suffix.is_some()),
        public_url,
        newest: newest_base(call),
        path: &path,
        query: &query,
    });
    // Two programs make other pages of the same release, and each must know its own.
    let is_page = call.endpoint.base == Base::Site;
    let had_since = place.filter(|_| !is_page).is_some_and(|place| {
        place.pinned && client_has_since(call.headers, place.release.known.manifest.published_at)
    });
    let class = match place {
        Some(place) if place.pinned => CacheClass::Pinned,
        Some(_) => CacheClass::Latest,
        None => CacheClass::Minute,
    };
    // The ETag follows from the question, so it is known before any work is done.
    let early = place
        .filter(|_| !is_page)
        .zip(canonical.as_ref())
        .map(|(place, query)| weak_tag(place.release.id(), &format!("{path}{query}")));
    if let Some(tag) = early.as_ref().filter(|tag| had_since || has_exactly(call, tag)) {
        return Ok(repeatable(not_modified(tag, class, in_release.as_ref()), true));
    }
    let key = place
        .zip(canonical.as_ref())
        .map(|(place, query)| Key::new(place, format!("{path}{query}")));
    let (answer, outcome) = made(call, key.as_ref(), short, work).await?;
    let class = answer.head.cache.unwrap_or(class);
    let tag = match &answer.body {
        Body::File(file) => format!("\"{}\"", file.sha256),
        Body::Bytes(bytes) => early.unwrap_or_else(|| tag_of(bytes)),
        Body::Stream(_) => early.ok_or_else(|| Problem::internal("an export has no query"))?,
    };
    if class != CacheClass::Never && (had_since || client_has(call.headers, &tag)) {
        let short = not_modified(&tag, class, in_release.as_ref());
        return Ok(repeatable(short, key.is_some()));
    }
    let mut response = begin(&answer, class, &tag, in_release.as_ref());
    if let Some(place) = place.filter(|_| call.form != Form::Json) {
        let name = file_name(&call.path, place.release.id(), &query, call.form);
        response.insert_header((header::CONTENT_DISPOSITION, name));
    }
    let mut response = sent(call, client, answer.body, response, label).await?;
    if let Some((key, outcome)) = key.zip(outcome) {
        response.extensions_mut().insert(key);
        response.extensions_mut().insert(outcome);
        // What is asked for once may never be asked for again.
        response = repeatable(response, outcome == CacheOutcome::Hit);
    }
    Ok(response)
}

/// Where the same path of the newest release begins; `None` where the query names the release.
fn newest_base(call: &Call<'_>) -> Option<&'static str> {
    match (call.endpoint.base, call.segments.get("release")) {
        (Base::Api, None) => None,
        (Base::Api, Some(_)) => Some("/v1/releases/latest"),
        (Base::Release | Base::Root | Base::Site, _) => Some("/v1"),
    }
}

/// The answer with its body.
async fn sent(
    call: &Call<'_>,
    client: Client,
    body: Body,
    mut response: HttpResponseBuilder,
    label: impl FnOnce() -> Label,
) -> Result<HttpResponse, Problem> {
    let (downloads, bounds) = (call.state.downloads(), &call.state.settings().bounds);
    Ok(match body {
        Body::Bytes(bytes) => response.body(bytes),
        // The server would read all of a stream to leave it away.
        Body::Stream(_) if call.head => response.body(actix_web::body::None::new()),
        Body::File(file) if call.head || file.is_small() => {
            files::send(response, file, bounds, call.head).await?
        }
        Body::File(file) => {
            let download = downloads.begin(client).await?;
            body::holding(files::send(response, file, bounds, false).await?, download)
        }
        Body::Stream(export) => {
            let download = downloads.begin(client).await?;
            body::holding(stream::send(response, export, label(), bounds.download), download)
        }
    })
}

/// The answer, out of the cache where it is there.
async fn made(
    call: &Call<'_>,
    key: Option<&Key>,
    short: bool,
    work: Work,
) -> Result<(Answer, Option<CacheOutcome>), Problem> {
    if let Some(kept) = key.and_then(|key| call.state.bodies().get(key)) {
        return Ok((kept, Some(CacheOutcome::Hit)));
    }
    let is_open = call.place.as_ref().is_none_or(|place| place.release.is_open());
    let answer = if short && is_open { work()? } else { call.state.queue().run(work).await? };
    let Some(key) = key else { return Ok((answer, None)) };
    call.state.bodies().keep(key, &answer);
    Ok((answer, Some(CacheOutcome::Miss)))
}

/// Whether the client names this very version; `*` has to wait until it is known to exist.
fn has_exactly(call: &Call<'_>, tag: &str) -> bool {
    call.header("if-none-match").is_some_and(|known| known.trim() != "*")
        && client_has(call.headers, tag)
}

/// Sees that the file of a release is open before a thread that answers requests would wait for it.
async fn opened(state: &State, place: &Place) -> Result<(), Problem> {
    if place.release.is_open() {
        return Ok(());
    }
    let release = Arc::clone(&place.release);
    state.queue().run(move || Ok(release.database().map(drop)?)).await
}

/// Sees that the release was surveyed, where a page asks it of a record for its own address.
async fn surveyed(state: &State, place: &Place) -> Result<(), Problem> {
    if place.release.is_surveyed() {
        return Ok(());
    }
    let release = Arc::clone(&place.release);
    state.queue().run(move || Ok(release.survey().map(drop)?)).await
}

/// The name under which a request stands in the log and in its answer.
#[derive(Clone)]
pub(super) struct RequestId(pub(super) String);

/// Whose request it is.
#[derive(Clone, Copy)]
pub(super) struct AskedBy(pub(super) Client);

fn client_of(request: &HttpRequest) -> Client {
    let unknown = || Client::of(Ipv4Addr::UNSPECIFIED.into());
    request.extensions().get::<AskedBy>().map_or_else(unknown, |AskedBy(client)| *client)
}

pub(super) fn request_id_of(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(|RequestId(id)| id.clone()).unwrap_or_default()
}

/// The newest release, where there is any.
pub(super) fn newest_release(state: &State) -> Result<Place, Problem> {
    let release = state.releases().newest().ok_or_else(Problem::unavailable)?;
    Ok(Place { release, pinned: false })
}

/// The release an address names: exactly, as `latest`, or by a day.
pub(super) fn named_release(state: &State, name: &str) -> Result<Place, Problem> {
    let newest = newest_release(state)?;
    let (release, pinned) = match ReleaseName::read(name) {
        Some(ReleaseName::Latest) => return Ok(newest),
        Some(ReleaseName::Exact(release)) => (Some(release), true),
        Some(ReleaseName::Day(day)) => (state.releases().on_or_before(day), false),
        None => (None, true),
    };
    let unknown = || {
        let newest = newest.release.id();
        Problem::new(
            Code::UnknownRelease,
            format!("there is no release `{}`; the newest is {newest}", cut(name)),
        )
    };
    let release = release.ok_or_else(unknown)?;
    if let Some(gone) = state.releases().redacted().get(&release) {
        return Err(taken_back(gone));
    }
    let release = state.releases().get(release).ok_or_else(unknown)?;
    Ok(Place { release, pinned })
}

/// A release that was taken back.
fn taken_back(gone: &RedactedRelease) -> Problem {
    let RedactedRelease { release, reason, redacted_in, .. } = gone;
    let detail = format!("release {release} was taken back: {reason}; {redacted_in} follows it");
    Problem { of_pinned_release: true, ..Problem::new(Code::Gone, detail) }
}

/// The path below the base, in its one spelling.
fn path_below_base(endpoint: &Endpoint, segments: &Segments) -> String {
    segments.filled(endpoint.path.strip_prefix(RELEASE).unwrap_or(&endpoint.path))
}

/// What a panic that was caught says.
pub(super) fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    metrics::caught_panic();
    let words = panic.downcast_ref::<&str>().map(|words| (*words).to_owned());
    let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("a handler panicked: {}", words.unwrap_or_default())
}
