//! How programs that know nothing but the host find out what is here.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::record::RESOURCES;
use crate::release::MANIFEST_FILE;
use crate::serve::answer::{Answer, Plan};
use crate::serve::endpoint::{Answers, Base, Call, ENDPOINTS, Endpoint, TAGS};
use crate::serve::error::Problem;
use crate::serve::headers::{CacheClass, LICENCE_URL};
use crate::serve::openapi;
use crate::serve::routes::signing_key::KEY;

const YAML: &str = "application/yaml";
const TEXT: &str = "text/plain; charset=utf-8";
const LINKSET: &str =
    "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"";

/// Where the catalog of APIs stands on every host that has one.
const CATALOG: &str = "/.well-known/api-catalog";

/// Lists continued by a cursor are left to clients: the same records lie in files.
const ROBOTS: &str = "\
# Everything here may be read, indexed, archived and learnt from: it is open data.
# All of it at once lies in files, which are cheaper for both of us than walking lists page by page:
# /data/latest/manifest.json names them. Programs are introduced to the API at /llms.txt.

User-agent: *
Allow: /
Disallow: /*cursor=
";

/// Questions as they are asked, for readers who learn from examples.
const CALLS: &[(&str, &str)] = &[
    ("the headline figures, with who says so", "/v1/summary"),
    ("the sheriffs of Ohio", "/v1/agencies?state=OH&kind=sheriff"),
    ("departments whose name or town has these words", "/v1/agencies?q=ocean+townsh"),
    (
        "Ring's partners in Florida on a day",
        "/v1/partnerships?state=FL&program_id=ring-neighbors&valid_on=2021-06-01",
    ),
    ("partnerships by state and status", "/v1/partnerships/counts?by=state,status"),
    (
        "footage handed over without consent or a warrant",
        "/v1/disclosures?legal_basis=emergency&consent=none",
    ),
    (
        "counts of partner agencies, the newest first",
        "/v1/reported_totals?metric=partner_agencies&sort=-as_of_on",
    ),
    ("who says what about a vendor, and where", "/v1/vendors/ring/evidence"),
    (
        "all disclosures since 2020 as a table",
        "/v1/disclosures.csv?occurred_from_on__gte=2020-01-01",
    ),
    ("the releases, to pin one", "/v1/releases"),
];

static DOCUMENT: LazyLock<Vec<u8>> = LazyLock::new(|| openapi::yaml().into_bytes());

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![yaml(), catalog(), guide(), robots()]
}

fn yaml() -> Endpoint {
    Endpoint {
        id: "getOpenApiYaml".to_owned(),
        base: Base::Root,
        path: "/openapi.yaml".to_owned(),
        tag: "service",
        summary: "This document as YAML".to_owned(),
        description: "The same as /openapi.json.".to_owned(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: answers(YAML, json!({ "type": "object" }), json!({ "openapi": "3.1.0" })),
        resource: None,
        handler: |call: &Call<'_>| answer(call, Answer::bytes(YAML, DOCUMENT.clone())),
    }
}

fn catalog() -> Endpoint {
    Endpoint {
        id: "getApiCatalog".to_owned(),
        base: Base::Root,
        path: CATALOG.to_owned(),
        tag: "service",
        summary: "The APIs of this host".to_owned(),
        description: "A catalog as RFC 9727 has it, for programs that know only the host."
            .to_owned(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: answers(LINKSET, linkset_schema(), linkset("")),
        resource: None,
        handler: |call: &Call<'_>| {
            let host = &call.state.settings().public_url;
            let body = linkset(host).to_string().into_bytes();
            let link = Some(format!("<{host}{CATALOG}>; rel=\"api-catalog\""));
            answer(call, Answer::bytes(LINKSET, body).linked(link))
        },
    }
}

fn guide() -> Endpoint {
    Endpoint {
        id: "getLlmsTxt".to_owned(),
        base: Base::Root,
        path: "/llms.txt".to_owned(),
        tag: "service",
        summary: "A short guide for language models".to_owned(),
        description: "What this is, what can be asked, and how, as llmstxt.org proposes."
            .to_owned(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: answers(TEXT, json!({ "type": "string" }), json!("# Porchlight")),
        resource: None,
        handler: |call: &Call<'_>| {
            let text = introduce(&call.state.settings().public_url);
            answer(call, Answer::bytes(TEXT, text.into_bytes()))
        },
    }
}

fn robots() -> Endpoint {
    Endpoint {
        id: "getRobotsTxt".to_owned(),
        base: Base::Root,
        path: "/robots.txt".to_owned(),
        tag: "service",
        summary: "What crawlers may read".to_owned(),
        description: "Everything but the later pages of lists, which lie in files as well."
            .to_owned(),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: answers(TEXT, json!({ "type": "string" }), json!(ROBOTS)),
        resource: None,
        handler: |call: &Call<'_>| answer(call, Answer::bytes(TEXT, ROBOTS.as_bytes().to_vec())),
    }
}

fn answers(media_type: &'static str, schema: Value, example: Value) -> Answers {
    Answers {
        description: "The document.".to_owned(),
        forms: &[],
        media_type,
        schema,
        example: Some(example),
        also: &[],
    }
}

/// The answer to a query that asks for nothing in particular.
fn answer(call: &Call<'_>, answer: Answer) -> Result<Plan, Problem> {
    call.asked()?;
    Ok(Plan::ready(answer.cached(CacheClass::Minute)))
}

/// The catalog: which APIs there are, and for ours where its documents are.
fn linkset(host: &str) -> Value {
    let link = |path: &str, media_type: &str| json!({ "href": format!("{host}{path}"), "type": media_type });
    json!({ "linkset": [
        { "anchor": format!("{host}{CATALOG}"), "item": [{ "href": format!("{host}/v1") }] },
        {
            "anchor": format!("{host}/v1"),
            "service-desc": [link("/openapi.json", "application/json"), link("/openapi.yaml", YAML)],
            "service-doc": [link("/docs", "text/html"), link("/llms.txt", "text/plain")],
            "status": [link("/v1/status", "application/json")],
            "alternate": [
                link("/feeds/changes.atom", "application/atom+xml"),
                link("/feeds/changes.json", "application/feed+json"),
                link("/feeds/releases.atom", "application/atom+xml"),
                link("/feeds/releases.json", "application/feed+json"),
            ],
            "license": [{ "href": LICENCE_URL }],
        },
    ] })
}

fn linkset_schema() -> Value {
    let links = json!({ "type": "array", "items": {
        "type": "object",
        "properties": { "href": { "type": "string" }, "type": { "type": "string" } },
        "required": ["href"],
    } });
    let relations = ["item", "service-desc", "service-doc", "status", "alternate", "license"];
    let mut properties = json!({ "anchor": { "type": "string" } });
    for relation in relations {
        properties[relation] = links.clone();
    }
    json!({
        "type": "object",
        "properties": { "linkset": { "type": "array", "items": {
            "type": "object", "properties": properties, "required": ["anchor"],
        } } },
        "required": ["linkset"],
    })
}

/// The guide; what it lists comes from the registry of endpoints.
fn introduce(host: &str) -> String {
    let mut text = String::new();
    // A text can always be written to.
    let written = write_guide(&mut text, host);
    debug_assert!(written.is_ok());
    text
}

fn write_guide(text: &mut String, host: &str) -> std::fmt::Result {
    writeln!(
        text,
        "# Porchlight\n\n\
         > Which US police and fire departments are partners of home-surveillance vendors such as \
         Amazon Ring, and when footage or data was handed over to them. Open data in immutable, \
         dated releases; every record names who says so and where. Read only, no key.\n\n\
         - Addresses: `{host}/v1/…` answers from the newest release, \
         `{host}/v1/releases/{{release}}/…` from that one, for ever. The paths below are the same \
         in both. To cite an answer use the address in its `links.self` or `Content-Location`.\n\
         - Two clocks: the release in the path is what was known; dates in the query and in the \
         records (`started_on`, `ended_on`, `occurred_from_on`, …) are what was true.\n\
         - Answers: `{{\"data\": …, \"meta\": …, \"links\": …}}`. Every key is always present; \
         `null` is unknown, never none and never zero. `meta.total` counts all pages; follow \
         `links.next` until it is null. No partnership listed means that none is documented, not \
         that there is none.\n\
         - Failures: RFC 9457 problem documents, which name every fault and the nearest name that \
         exists."
    )?;
    write_query(text)?;
    writeln!(text, "\n## Example calls\n")?;
    for (question, call) in CALLS {
        writeln!(text, "- [{question}]({host}{call})")?;
    }
    write_endpoints(text, host)?;
    writeln!(
        text,
        "\n## Bulk files\n\n\
         - [The manifest of the newest release]({host}/data/latest/{MANIFEST_FILE}): every file \
         with its size and SHA-256\n\
         - [Everything as one SQLite database]({host}/data/latest/dataset.sqlite)\n\n\
         Where releases are signed, the key is at `{host}{KEY}`, in the form of minisign.\n"
    )?;
    writeln!(
        text,
        "Other files are `{host}/data/{{release}}/{{file}}`, such as `agencies.csv`, \
         `agencies.ndjson.gz` and `agencies.parquet` for each resource, and `agencies.geojson` and \
         `agencies.geo.parquet` for each that has a place.\n\n\
         ## Feeds\n\n\
         - [Changes]({host}/feeds/changes.atom) that people follow, in words, as Atom; also \
         [as JSON Feed]({host}/feeds/changes.json). They take `state`, `program_id` and \
         `agency_id`, such as `{host}/feeds/changes.atom?state=OH`\n\
         - [Releases]({host}/feeds/releases.atom); also \
         [as JSON Feed]({host}/feeds/releases.json)\n\n\
         ## Documentation\n\n\
         - [OpenAPI 3.1]({host}/openapi.json): every field and parameter; also \
         [as YAML]({host}/openapi.yaml)\n\
         - [The same for people]({host}/docs)\n\n\
         ## Optional\n\n\
         - [How the sources are doing]({host}/v1/status)\n\
         - [Licence of the data as a whole]({LICENCE_URL})"
    )
}

/// The parameters of lists: which filters a resource has is its fields.
fn write_query(text: &mut String) -> std::fmt::Result {
    let is_list = |endpoint: &&Endpoint| {
        RESOURCES.iter().any(|resource| endpoint.path == format!("/{}", resource.table))
    };
    let mut operators = BTreeSet::new();
    let mut controls = Vec::new();
    for endpoint in ENDPOINTS.iter().filter(is_list) {
        for parameter in &endpoint.parameters {
            let name = parameter.name.as_str();
            let is_field =
                endpoint.resource.is_some_and(|resource| resource.column(name).is_some());
            if let Some((_, operator)) = name.split_once("__") {
                operators.insert(format!("`__{operator}`"));
            } else if !is_field && !controls.iter().any(|(known, _)| *known == name) {
                controls.push((name, parameter.description()));
            }
        }
    }
    writeln!(
        text,
        "- Filters: the fields of a resource that hold one value are its query parameters, \
         `name=value`; `name=a,b` is any of them, and different parameters must all hold."
    )?;
    if !operators.is_empty() {
        let operators: Vec<_> = operators.into_iter().collect();
        writeln!(
            text,
            "- Operators after a field's name: {}. What is unknown fits `__isnull=true` alone.",
            operators.join(", ")
        )?;
    }
    for (name, description) in controls {
        writeln!(text, "- `{name}`: {description}")?;
    }
    writeln!(text, "- Formats of a list: {}.", formats().join(", "))
}

/// The media types of lists.
fn formats() -> Vec<String> {
    let document = openapi::document();
    let content = &document["paths"]["/agencies"]["get"]["responses"]["200"]["content"];
    content.as_object().into_iter().flat_map(|types| types.keys().cloned()).collect()
}

fn write_endpoints(text: &mut String, host: &str) -> std::fmt::Result {
    writeln!(text, "\n## What can be asked\n")?;
    for (tag, about) in TAGS {
        let named: Vec<_> = ENDPOINTS
            .iter()
            .filter(|endpoint| endpoint.tag == *tag && endpoint.base != Base::Root)
            .collect();
        // The list a group is called after needs no parameter; what else begins it may.
        let list = named.iter().position(|endpoint| endpoint.path == format!("/{tag}"));
        let Some(first) = named.get(list.unwrap_or(0)) else { continue };
        write!(text, "- [{tag}]({host}{}): {about}", first.address())?;
        let addresses = named.iter().filter(|endpoint| endpoint.id != first.id);
        let addresses = addresses.map(|endpoint| endpoint.address());
        let others: Vec<_> = addresses.map(|address| format!("`{address}`")).collect();
        if others.is_empty() {
            writeln!(text)?;
        } else {
            writeln!(text, " Also {}.", others.join(", "))?;
        }
    }
    Ok(())
}
