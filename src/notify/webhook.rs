//! A webhook: the event is posted as JSON, signed as Standard Webhooks says.

use chrono::{DateTime, Utc};

use crate::catalog::Notice;
use crate::config::{Secret, WebhookSecret};
use crate::fetch::{Client, FetchError, Post};
use crate::notify::signature::signatures;

/// A URL that takes events.
#[derive(Debug)]
pub(super) struct Webhook {
    client: Client,
    url: Secret,
    secrets: Vec<WebhookSecret>,
}

impl Webhook {
    pub(super) fn new(client: &Client, url: Secret, secrets: Vec<WebhookSecret>) -> Self {
        Self { client: client.clone(), url, secrets }
    }

    /// Posts an event. Every attempt has the same identifier, and its own time and signature.
    pub(super) async fn post(&self, notice: &Notice, now: DateTime<Utc>) -> Result<(), FetchError> {
        let post = Post { media_type: "application/json", body: notice.body.clone().into() };
        let headers = |at: DateTime<Utc>| {
            let (id, timestamp) = (&notice.message, at.timestamp());
            let signed = signatures(&self.secrets, id, timestamp, notice.body.as_bytes());
            vec![
                ("webhook-id", id.clone()),
                ("webhook-timestamp", timestamp.to_string()),
                ("webhook-signature", signed),
            ]
        };
        self.client.post(self.url.reveal(), &post, headers, now).await
    }
}
