//! The ways on which something is told.

use chrono::{DateTime, Utc};
use url::Url;

use crate::catalog::Notice;
use crate::config::Config;
use crate::fetch::Client;
use crate::notify::command::Command;
use crate::notify::delivery::DeliveryError;
use crate::notify::event::{Event, Kind};
use crate::notify::hub::Hub;
use crate::notify::mark::mark;
use crate::notify::notice;
use crate::notify::webhook::Webhook;

/// A way on which something is told.
#[derive(Debug)]
pub(super) struct Way {
    /// How the catalog knows it: the same from run to run, and no secret.
    name: String,
    /// How people know it; no secret either.
    shown: String,
    means: Means,
}

#[derive(Debug)]
enum Means {
    Command(Command),
    Webhook(Webhook),
    Hub(Hub),
}

impl Way {
    /// Every way that is configured.
    pub(super) fn all(config: &Config, client: &Client) -> Vec<Self> {
        let settings = &config.notify;
        let command = settings.command.as_deref().and_then(Command::new).map(|command| Self {
            name: "command".to_owned(),
            shown: format!("command {}", command.program()),
            means: Means::Command(command),
        });
        let webhooks = settings.webhooks.iter().map(|url| {
            let webhook = Webhook::new(client, url.clone(), settings.secrets.clone());
            Self::to_url("webhook", url.reveal(), Means::Webhook(webhook))
        });
        // Without a public URL the hub could not be told which feeds have changed.
        let hub = config.serve.websub_hub.as_ref().zip(config.serve.public_url.as_ref());
        let hub = hub.map(|(url, public)| {
            Self::to_url("hub", url, Means::Hub(Hub::new(client, url.clone(), public.clone())))
        });
        command.into_iter().chain(webhooks).chain(hub).collect()
    }

    fn to_url(sort: &str, url: &str, means: Means) -> Self {
        // Path and query of a webhook are often all that protects it.
        let host = Url::parse(url).map(|url| url.origin().ascii_serialization());
        let shown = format!("{sort} {}", host.unwrap_or_default());
        Self { name: format!("{sort} {}", mark(url, 8)), shown, means }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Whether such events are told on this way.
    pub(super) fn tells(&self, kind: Kind) -> bool {
        match &self.means {
            Means::Command(_) | Means::Webhook(_) => kind.is_for_people(),
            Means::Hub(_) => matches!(kind, Kind::FeedsChanged | Kind::Test),
        }
    }

    /// An event as it is told on this way.
    pub(super) fn notices(
        &self,
        event: &Event,
        host: Option<&str>,
        now: DateTime<Utc>,
    ) -> Vec<Notice> {
        match &self.means {
            Means::Command(_) | Means::Webhook(_) => {
                let body = event.to_json(host, now);
                vec![notice(&self.name, event, event.key.clone(), body, now)]
            }
            Means::Hub(hub) => {
                let pings = hub.pings().map(|(feed, body)| {
                    notice(&self.name, event, format!("{} {feed}", event.key), body, now)
                });
                pings.collect()
            }
        }
    }

    /// Tells it, with the retries of this way.
    pub(super) async fn deliver(
        &self,
        notice: &Notice,
        now: DateTime<Utc>,
    ) -> Result<(), DeliveryError> {
        match &self.means {
            Means::Command(command) => Ok(command.run(notice).await?),
            Means::Webhook(webhook) => Ok(webhook.post(notice, now).await?),
            Means::Hub(hub) => Ok(hub.post(notice, now).await?),
        }
    }
}
