//! The pages of the site. What they say about the data they ask the API.

use maud::Markup;
use url::form_urlencoded;

use super::pages::{self, answer_of};
use crate::record::{Agency, Record as _, Resource, STATE_NAMES};
use crate::serve::answer::{Answer, Plan};
use crate::serve::dispatch::newest_release;
use crate::serve::endpoint::{Answers, Base, Call, Endpoint, Segment};
use crate::serve::error::{Problem, cut};
use crate::serve::headers::CacheClass;
use crate::serve::site::{self, Asked, Inside, Page, TABLES, Table};

/// The longest search, in characters.
const LONGEST_SEARCH: usize = 200;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = vec![home(), search(), about(), place(), agency(), agency_by_id(), asset()];
    endpoints.extend(TABLES.iter().map(table));
    endpoints
}

/// What the pages of the site have in common.
pub(super) fn page() -> Endpoint {
    Endpoint { base: Base::Site, ..pages::page() }
}

/// A page: its title, what it is in a sentence, and its contents.
pub(super) struct Told {
    title: String,
    description: String,
    body: Markup,
}

impl Told {
    pub(super) fn new(
        title: impl Into<String>,
        description: impl Into<String>,
        body: Markup,
    ) -> Self {
        Self { title: title.into(), description: description.into(), body }
    }

    /// The answer that is this page; `host` stands before its address.
    pub(super) fn answer(self, host: &str, address: &str, cache: CacheClass) -> Answer {
        let page = Page {
            title: &self.title,
            description: &self.description,
            linked_data: None,
            address: &format!("{host}{address}"),
            host,
            body: self.body,
        };
        answer_of(&page, cache)
    }
}

/// A page of the newest release at `address`, whose contents follow from `query` and the release.
pub(super) fn page_of(
    call: &Call<'_>,
    address: String,
    query: String,
    told: impl FnOnce(&Inside, &str) -> Result<Told, Problem> + Send + 'static,
) -> Result<Plan, Problem> {
    let place = newest_release(call.state)?;
    let inside = Inside::of(call.state, &place);
    let host = call.state.settings().public_url.clone();
    // Not a path of the API, whose answer to the same words is another.
    let path = format!("{address}.html");
    let canonical = if query.is_empty() { query } else { format!("?{query}") };
    let work = move || Ok(told(&inside, &host)?.answer(&host, &address, CacheClass::Latest));
    Ok(Plan::AnswerOf { place, path, canonical, short: false, work: Box::new(work) })
}

fn home() -> Endpoint {
    Endpoint {
        id: "getHomePage".to_owned(),
        path: "/".to_owned(),
        summary: "The first page".to_owned(),
        description:
            "A search over departments, the headline figures with who says so, and what is \
                      new."
                .to_owned(),
        handler: |call: &Call<'_>| {
            call.asked()?;
            // It tells of other releases, too.
            let releases = call.state.releases();
            let known = releases.known().len() + releases.redacted().len();
            page_of(call, "/".to_owned(), known.to_string(), |inside, _| {
                Ok(Told::new(
                    "Porchlight: does your police department work with Ring?",
                    "Which US police and fire departments work with home-surveillance companies such \
                     as Ring, since when, and who says so.",
                    site::home(inside)?,
                ))
            })
        },
        ..page()
    }
}

fn about() -> Endpoint {
    Endpoint {
        id: "getAboutPage".to_owned(),
        path: "/about".to_owned(),
        summary: "What this is".to_owned(),
        description:
            "A page of the method, the limits, the sources, the licence, and how to cite and \
                      correct."
                .to_owned(),
        handler: |call: &Call<'_>| {
            call.asked()?;
            page_of(call, "/about".to_owned(), String::new(), |inside, _| {
                Ok(Told::new(
                    "About Porchlight",
                    "How Porchlight is made, what it cannot tell, how to cite it and how to correct it.",
                    site::about(inside)?,
                ))
            })
        },
        ..page()
    }
}

fn search() -> Endpoint {
    Endpoint {
        id: "getSearchPage".to_owned(),
        path: "/search".to_owned(),
        summary: "Search, for people".to_owned(),
        description: "A page of the states and departments that words in `q` find.".to_owned(),
        handler: |call: &Call<'_>| {
            let of = |wanted: &'static str| {
                form_urlencoded::parse(call.query.as_bytes())
                    .filter(move |(name, _)| name == wanted)
                    .flat_map(|(_, value)| value.chars().collect::<Vec<_>>())
            };
            let words: String = of("q").take(LONGEST_SEARCH).collect();
            let cursor: String = of("cursor").collect();
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("q", &words);
            if !cursor.is_empty() {
                query.append_pair("cursor", &cursor);
            }
            let query = query.finish();
            page_of(call, "/search".to_owned(), query.clone(), move |inside, _| {
                Ok(Told::new(
                    "Search: Porchlight",
                    "Police and fire departments by name, city or county.",
                    site::search(inside, &words, &query)?,
                ))
            })
        },
        ..page()
    }
}

fn place() -> Endpoint {
    Endpoint {
        id: "getPlacePage".to_owned(),
        path: "/places/{state}".to_owned(),
        summary: "A state, for people".to_owned(),
        description: "A page of the partnerships of a state, and of who looked.".to_owned(),
        segments: vec![Segment::new("state", "Postal code of the state, in small letters.", "oh")],
        handler: |call: &Call<'_>| {
            let asked = call.segment("state");
            call.asked()?;
            let known = STATE_NAMES.iter().find(|(code, name)| {
                code.eq_ignore_ascii_case(asked) || site::slug(name) == asked.to_ascii_lowercase()
            });
            let (code, name) = known.ok_or_else(|| {
                Problem::not_found(format!("there is no state or territory `{}`", cut(asked)))
            })?;
            let address = format!("/places/{}", code.to_ascii_lowercase());
            if address != format!("/places/{asked}") {
                return Ok(Plan::Moved { to: address, permanent: true });
            }
            page_of(call, address, String::new(), move |inside, host| {
                Ok(Told::new(
                    format!("Police and home surveillance in {name}: Porchlight"),
                    format!(
                        "Which police and fire departments of {name} are on record as partners of \
                         Ring and the like, or as keeping a registry of home cameras."
                    ),
                    site::place(inside, code, name, host)?,
                ))
            })
        },
        ..page()
    }
}

fn agency_by_id() -> Endpoint {
    let agency = agency();
    Endpoint {
        id: "getAgencyPageById".to_owned(),
        path: "/agencies/{id}".to_owned(),
        summary: "An agency's page by its id alone".to_owned(),
        description: "Leads to the page whose address has the name of the agency, too.".to_owned(),
        segments: agency.segments[..1].to_vec(),
        ..agency
    }
}

fn agency() -> Endpoint {
    Endpoint {
        id: "getAgencyPage".to_owned(),
        path: "/agencies/{id}/{slug}".to_owned(),
        summary: "An agency, for people".to_owned(),
        description:
            "A page that says whether a partnership is on record, since when, who says so, \
                      and who looked."
                .to_owned(),
        segments: vec![
            Segment::new("id", "Id of the agency.", "agy_0123456789"),
            Segment::new("slug", "Its name in small letters.", "springfield-police-department"),
        ],
        answers: Answers { also: &[307, 404, 410, 503], ..page().answers },
        // Its address holds the name of the record.
        resource: Resource::of_table(Agency::TABLE),
        handler: agency_page,
        ..page()
    }
}

fn agency_page(call: &Call<'_>) -> Result<Plan, Problem> {
    call.asked()?;
    let place = newest_release(call.state)?;
    let inside = Inside::of(call.state, &place);
    let (id, slug) = (call.segment("id").to_owned(), call.segment("slug").to_owned());
    let question = match inside.ask("getAgency", &[("id", &id)], "")? {
        Asked::Question(question) => question,
        Asked::Moved(to) => return Ok(Plan::Moved { to, permanent: false }),
    };
    let name = question.reply()?.name();
    let address = format!("/agencies/{id}/{}", site::slug(&name));
    if address != format!("/agencies/{id}/{slug}") {
        return Ok(Plan::Moved { to: address, permanent: false });
    }
    page_of(call, address, String::new(), move |inside, host| {
        let body = site::agency(inside, &id, host)?;
        Ok(Told::new(
            format!("{name}: Porchlight"),
            format!(
                "Whether {name} is on record as a partner of Ring or another home-surveillance company, and who says so."
            ),
            body,
        ))
    })
}

fn table(table: &'static Table) -> Endpoint {
    Endpoint {
        id: format!("get{}Page", crate::serve::example::camel(table.name)),
        path: format!("/{}", table.name),
        summary: format!("{}, for people", table.title),
        description: format!("{} Takes the parameters of the list of the API.", table.description),
        handler: |call: &Call<'_>| {
            let name = call.endpoint.path.trim_start_matches('/');
            let table = TABLES.iter().find(|table| table.name == name);
            let table = table.ok_or_else(|| Problem::internal("no such table"))?;
            let address = format!("/{}", table.name);
            let place = newest_release(call.state)?;
            let inside = Inside::of(call.state, &place);
            let question = table.question(&inside, call.query)?;
            let asked = call.query.to_owned();
            let canonical = question.canonical().trim_start_matches('?').to_owned();
            page_of(call, address, canonical, move |inside, _| {
                Ok(Told::new(
                    format!("{}: Porchlight", table.title),
                    table.description,
                    table.page(inside, &asked, question)?,
                ))
            })
        },
        ..page()
    }
}

fn asset() -> Endpoint {
    Endpoint {
        id: "getAsset".to_owned(),
        path: "/assets/{name}".to_owned(),
        summary: "A file of the site".to_owned(),
        description: "Style, script or icon of the pages; the name holds a hash of the bytes."
            .to_owned(),
        segments: vec![Segment::new("name", "Its name.", "site-0123456789ab.css")],
        answers: Answers {
            description: "The file.".to_owned(),
            media_type: "text/css",
            example: None,
            also: &[404],
            ..page().answers
        },
        handler: |call: &Call<'_>| {
            call.asked()?;
            let name = call.segment("name");
            let Some(asset) = site::asset(name) else {
                // A page of an earlier program asks for its file of that sort.
                let of_sort = site::asset_like(name);
                let now = of_sort.map(|to| Plan::Moved { to, permanent: false });
                let unknown = || Problem::not_found(format!("there is no file `{}`", cut(name)));
                return now.ok_or_else(unknown);
            };
            let answer = Answer::bytes(asset.media_type, asset.bytes.to_vec());
            Ok(Plan::ready(answer.cached(CacheClass::File)))
        },
        ..page()
    }
}
