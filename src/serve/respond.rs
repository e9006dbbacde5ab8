//! Answers up to their bodies: their status and their headers.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};

use super::answer::Answer;
use super::endpoint::{Base, Call};
use super::finished::Repeatable;
use super::form::Form;
use super::headers::{CacheClass, ReleaseHeaders, put_release};
use super::page::Totals;
use crate::record::ReleaseId;

/// What a browser calls the file it saves: what it holds and of which release, and whether it is
/// all of that. `fetch` and command-line clients do not mind the header.
pub(super) fn file_name(path: &str, release: ReleaseId, query: &str, form: Form) -> String {
    let what = path.trim_matches('/').replace('/', "-");
    let part = if query.is_empty() { "" } else { "-selection" };
    format!("attachment; filename=\"{what}-{release}{part}{}\"", form.dotted())
}

pub(super) fn not_modified(
    tag: &str,
    class: CacheClass,
    in_release: Option<&ReleaseHeaders<'_>>,
) -> HttpResponse {
    let mut response = HttpResponse::NotModified();
    response.insert_header((header::ETAG, tag));
    response.insert_header((header::CACHE_CONTROL, class.cache_control()));
    if let Some(headers) = in_release {
        headers.put(&mut response, None);
    }
    response.finish()
}

/// The answer up to its body.
pub(super) fn begin(
    answer: &Answer,
    class: CacheClass,
    tag: &str,
    in_release: Option<&ReleaseHeaders<'_>>,
) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, class.cache_control()));
    if class != CacheClass::Never {
        response.insert_header((header::ETAG, tag));
    }
    response.insert_header((header::CONTENT_TYPE, answer.head.media_type.as_str()));
    if let Some(Totals { total, uncertain_excluded }) = answer.head.totals {
        response.insert_header(("Dataset-Total", total.to_string()));
        response.insert_header(("Dataset-Uncertain-Excluded", uncertain_excluded.to_string()));
    }
    if let Some(headers) = in_release {
        headers.put(&mut response, answer.head.next.as_deref());
    }
    if let Some(policy) = answer.head.policy {
        response.insert_header((header::CONTENT_SECURITY_POLICY, policy));
    }
    if let Some(link) = &answer.head.link {
        response.insert_header((header::LINK, link.as_str()));
    }
    if answer.head.gzip {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    response
}

pub(super) fn moved(call: &Call<'_>, to: &str, permanent: bool) -> HttpResponse {
    let (status, class) = if permanent {
        (StatusCode::PERMANENT_REDIRECT, CacheClass::Latest)
    } else {
        (StatusCode::TEMPORARY_REDIRECT, CacheClass::Minute)
    };
    let mut response = HttpResponse::build(status);
    let public_url = &call.state.settings().public_url;
    // What is asked for in one form is asked for in that form there.
    let (path, query) = to.split_at(to.find('?').unwrap_or(to.len()));
    let suffix = call.segments.suffix.as_ref().map_or(String::new(), |name| format!(".{name}"));
    response.insert_header((header::LOCATION, format!("{public_url}{path}{suffix}{query}")));
    response.insert_header((header::CACHE_CONTROL, class.cache_control()));
    if let Some(place) = &call.place {
        put_release(
            &mut response,
            place,
            place.pinned || matches!(call.endpoint.base, Base::Root | Base::Site),
        );
    }
    response.finish()
}

/// Sends the client to another host. Where that is may change with a setting, so it is kept for a
/// minute only.
pub(super) fn elsewhere(call: &Call<'_>, url: &str) -> HttpResponse {
    let mut response = HttpResponse::TemporaryRedirect();
    response.insert_header((header::LOCATION, url));
    response.insert_header((header::CACHE_CONTROL, CacheClass::Minute.cache_control()));
    if let Some(place) = &call.place {
        put_release(&mut response, place, true);
    }
    response.finish()
}

/// Says of an answer whether the same words get it again, while the releases are the same.
pub(super) fn repeatable(mut response: HttpResponse, is_so: bool) -> HttpResponse {
    if is_so {
        response.extensions_mut().insert(Repeatable);
    }
    response
}
