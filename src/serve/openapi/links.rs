//! Where an answer leads, for the document.

use serde_json::{Map, Value, json};

use crate::serve::endpoint::{Base, ENDPOINTS, Endpoint};

/// What can be asked next with the id of a record that is in the answer: the record, or what lies
/// below it.
pub(super) fn of(endpoint: &Endpoint) -> Map<String, Value> {
    let Some(resource) = endpoint.resource else { return Map::new() };
    let (list, record) = (format!("/{}", resource.table), format!("/{}/{{id}}", resource.table));
    let (below, id, about) = if endpoint.path == list {
        (record.clone(), "$response.body#/data/0/id", "The first record of the page")
    } else if endpoint.path == record {
        (format!("{record}/"), "$response.body#/data/id", "More about the record")
    } else {
        return Map::new();
    };
    let reached = ENDPOINTS.iter().filter(|other| {
        let path = other.path.strip_prefix(&below);
        let is_below = path.is_some_and(|rest| !rest.contains('/')) && other.segments.len() == 1;
        // Pages of the site are not in the document.
        is_below && other.base != Base::Site
    });
    let link = |other: &Endpoint| {
        let link = json!({
            "operationId": other.id, "parameters": { "id": id },
            "description": format!("{about}: {}.", other.summary),
        });
        (other.id.clone(), link)
    };
    reached.map(link).collect()
}
