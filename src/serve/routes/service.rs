//! What can be asked, for programs and for people.

use std::sync::{Arc, LazyLock};

use serde_json::json;
use utoipa_swagger_ui::Config;

use crate::serve::answer::{Answer, Plan};
use crate::serve::endpoint::{Answers, Base, Call, Endpoint, Segment};
use crate::serve::error::{Problem, cut};
use crate::serve::headers::CacheClass;
use crate::serve::openapi;
use crate::serve::site::hash_source;

/// `none`: otherwise the page has the document judged by a host of its makers.
static CONFIG: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("/openapi.json").validator_url("none")));

/// The style inside the one drawing that the script of the page at `/docs` puts into it: colours of
/// a logo. What else the script does to the looks of elements a policy does not forbid.
const LOGO_STYLE: &str = ".logo_small_svg__cls-2{fill:#fff}.logo_small_svg__cls-3{fill:#85ea2d}";

/// What that page may load: its own parts alone. It draws its icons from `data:` addresses.
static PAGE_POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; connect-src 'self'; img-src 'self' data:; script-src 'self'; \
         style-src 'self' {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash_source(LOGO_STYLE)
    )
});

static DOCUMENT: LazyLock<Vec<u8>> = LazyLock::new(|| openapi::document().to_string().into_bytes());

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![document(), docs(), docs_file()]
}

fn document() -> Endpoint {
    Endpoint {
        id: "getOpenApi".to_owned(),
        base: Base::Root,
        path: "/openapi.json".to_owned(),
        tag: "service",
        summary: "This document".to_owned(),
        description: "Everything that can be asked, as OpenAPI 3.1.".to_owned(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: Answers {
            description: "The document.".to_owned(),
            forms: &[],
            media_type: "application/json",
            schema: json!({ "type": "object" }),
            example: Some(json!({ "openapi": "3.1.0" })),
            also: &[],
        },
        resource: None,
        handler: |call: &Call<'_>| {
            call.asked()?;
            Ok(Plan::ready(Answer::json(DOCUMENT.clone()).cached(CacheClass::Minute)))
        },
    }
}

fn docs() -> Endpoint {
    Endpoint {
        id: "getDocs".to_owned(),
        base: Base::Root,
        path: "/docs".to_owned(),
        tag: "service",
        summary: "Read and try the API".to_owned(),
        description: "A page for people, made from the OpenAPI document; it needs no other host."
            .to_owned(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: page_answer("The page."),
        resource: None,
        handler: |call: &Call<'_>| {
            call.asked()?;
            let page = swagger_file("index.html")?;
            let text = String::from_utf8(page.bytes).map_err(Problem::internal)?;
            // The page is served at `/docs`, its parts one level below.
            let text = text
                .replace("\"./", "\"/docs/")
                .replace("href=\"index.css", "href=\"/docs/index.css");
            let answer = Answer::bytes("text/html; charset=utf-8", text.into_bytes());
            let answer = answer.with_policy(&PAGE_POLICY);
            Ok(Plan::ready(answer.cached(CacheClass::Minute)))
        },
    }
}

fn docs_file() -> Endpoint {
    Endpoint {
        id: "getDocsFile".to_owned(),
        base: Base::Root,
        path: "/docs/{file}".to_owned(),
        tag: "service",
        summary: "A part of the page at /docs".to_owned(),
        description: "Scripts and styles of the page.".to_owned(),
        segments: vec![Segment {
            name: "file",
            description: "Name of the part.".to_owned(),
            example: "swagger-ui.css".to_owned(),
        }],
        parameters: Vec::new(),
        // A style, a script or an image.
        answers: Answers { also: &[404], media_type: "*/*", ..page_answer("The part.") },
        resource: None,
        handler: |call: &Call<'_>| {
            call.asked()?;
            let file = swagger_file(call.segment("file"))?;
            let mut answer = Answer::bytes(file.media_type, file.bytes);
            answer.head.gzip = file.gzip;
            Ok(Plan::ready(answer.cached(CacheClass::Minute)))
        },
    }
}

fn page_answer(description: &str) -> Answers {
    Answers {
        description: description.to_owned(),
        forms: &[],
        media_type: "text/html; charset=utf-8",
        schema: json!({ "type": "string" }),
        example: Some(json!("<!DOCTYPE html>")),
        also: &[],
    }
}

struct SwaggerFile {
    bytes: Vec<u8>,
    media_type: String,
    gzip: bool,
}

fn swagger_file(name: &str) -> Result<SwaggerFile, Problem> {
    let found = utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG))
        .map_err(|error| Problem::internal(error.to_string()))?;
    let file =
        found.ok_or_else(|| Problem::not_found(format!("the page has no part `{}`", cut(name))))?;
    Ok(SwaggerFile {
        bytes: file.bytes.into_owned(),
        media_type: file.content_type,
        gzip: file.gzpipped,
    })
}
