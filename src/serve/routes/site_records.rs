//! The pages of single records, below the tables they stand in.

use super::records::id_segment;
use super::site::{Told, page, page_of};
use crate::record::Resource;
use crate::serve::answer::Plan;
use crate::serve::dispatch::newest_release;
use crate::serve::endpoint::{Answers, Call, Endpoint};
use crate::serve::error::Problem;
use crate::serve::site::{Asked, Inside, RECORD_PAGES, RecordPage};

pub(super) fn endpoints() -> Vec<Endpoint> {
    RECORD_PAGES
        .iter()
        .filter_map(|page| Some(one(page, Resource::of_table(page.resource)?)))
        .collect()
}

fn one(sort: &'static RecordPage, resource: &'static Resource) -> Endpoint {
    Endpoint {
        id: format!("get{}Page", resource.schema),
        path: format!("/{}/{{id}}", sort.name),
        summary: format!("{}, for people", sort.one),
        description: sort.description.to_owned(),
        segments: vec![id_segment(resource)],
        answers: Answers { also: &[307, 308, 404, 410, 503], ..page().answers },
        resource: Some(resource),
        handler: answer,
        ..page()
    }
}

fn answer(call: &Call<'_>) -> Result<Plan, Problem> {
    call.asked()?;
    let resource = call.resource()?;
    let sort = RECORD_PAGES.iter().find(|page| page.resource == resource.table);
    let sort = sort.ok_or_else(|| Problem::internal("such records have no page"))?;
    let id = call.segment("id").to_owned();
    let inside = Inside::of(call.state, &newest_release(call.state)?);
    let question = match sort.ask(&inside, &id)? {
        Asked::Question(question) => question,
        Asked::Moved(to) => {
            // The page needs no query, which stands behind what the API is asked.
            let (path, _) = to.split_once('?').unwrap_or((&to, ""));
            let survivor = path.rsplit('/').next().unwrap_or_default();
            return Ok(Plan::Moved { to: sort.address(survivor), permanent: true });
        }
    };
    if let Some(to) = sort.elsewhere(question)? {
        return Ok(Plan::Moved { to, permanent: false });
    }
    page_of(call, sort.address(&id), String::new(), move |inside, host| {
        let (title, body) = sort.page(inside, &id, host)?;
        let description =
            format!("{title}: what is known of it, who says so, and what is not known.");
        Ok(Told::new(format!("{title}: Porchlight"), description, body))
    })
}
