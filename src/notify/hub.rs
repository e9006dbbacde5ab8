//! A `WebSub` hub, which fetches a feed that has changed and hands it to its subscribers.

use chrono::{DateTime, Utc};
use url::form_urlencoded;

use crate::catalog::Notice;
use crate::fetch::{Client, FetchError, Post};

/// The paths of all feeds.
pub const FEEDS: [&str; 4] =
    ["/feeds/releases.atom", "/feeds/releases.json", "/feeds/changes.atom", "/feeds/changes.json"];

/// The hub of this host.
#[derive(Debug)]
pub(super) struct Hub {
    client: Client,
    url: String,
    /// What stands before the path of a feed.
    public_url: String,
}

impl Hub {
    pub(super) fn new(client: &Client, url: String, public_url: String) -> Self {
        Self { client: client.clone(), url, public_url }
    }

    /// Each feed, and the form that says that it has changed.
    pub(super) fn pings(&self) -> impl Iterator<Item = (&'static str, String)> {
        FEEDS.into_iter().map(|feed| {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("hub.mode", "publish");
            form.append_pair("hub.url", &format!("{}{feed}", self.public_url));
            (feed, form.finish())
        })
    }

    pub(super) async fn post(&self, notice: &Notice, now: DateTime<Utc>) -> Result<(), FetchError> {
        let media_type = "application/x-www-form-urlencoded";
        let post = Post { media_type, body: notice.body.clone().into() };
        self.client.post(&self.url, &post, |_at| Vec::new(), now).await
    }
}
