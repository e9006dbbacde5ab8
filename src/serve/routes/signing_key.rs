//! The key that tells whether a release is signed by whoever publishes here.

use serde_json::json;

use crate::release::{MANIFEST_SIGNATURE, PublicKey, SIGNATURE_TYPE, SUMS_SIGNATURE};
use crate::serve::answer::{Answer, Plan};
use crate::serve::endpoint::{Answers, Base, Call, Endpoint};
use crate::serve::error::Problem;
use crate::serve::headers::CacheClass;

/// Where the public key stands.
pub(super) const KEY: &str = "/.well-known/porchlight.pub";

const EXAMPLE: &str = "untrusted comment: minisign public key 63BD0F1844B4E81F\n\
                       RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n";

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![key()]
}

fn key() -> Endpoint {
    Endpoint {
        id: "getSigningKey".to_owned(),
        base: Base::Root,
        path: KEY.to_owned(),
        tag: "service",
        summary: "The key that signs the newest release".to_owned(),
        description: format!(
            "A public key as minisign reads it; `{MANIFEST_SIGNATURE}` and `{SUMS_SIGNATURE}` \
             beside the files of a release are made with its other half. A host that lies can lie \
             here too: compare it with what the publisher says elsewhere."
        ),
        segments: Vec::new(),
        parameters: Vec::new(),
        answers: Answers {
            description: "The key.".to_owned(),
            forms: &[],
            media_type: SIGNATURE_TYPE,
            schema: json!({ "type": "string" }),
            example: Some(json!(EXAMPLE)),
            also: &[404, 503],
        },
        resource: None,
        handler: answer,
    }
}

fn answer(call: &Call<'_>) -> Result<Plan, Problem> {
    call.asked()?;
    let newest = call.state.releases().newest().ok_or_else(Problem::unavailable)?;
    let manifest = &newest.known.manifest;
    let unsigned = || Problem::not_found(format!("release {} is not signed", manifest.release));
    let key = manifest.signing_key.as_deref().ok_or_else(unsigned)?;
    let key = PublicKey::read(key).map_err(Problem::internal)?;
    let answer = Answer::bytes(SIGNATURE_TYPE, key.to_file().into_bytes());
    Ok(Plan::ready(answer.cached(CacheClass::Minute)))
}
