//! Tells people what happened: a candidate is held, a source fails for days, a run failed.
//!
//! What is told follows from the catalog, not from the run that just ended, so that a run that was
//! killed in between leaves nothing untold. The catalog also remembers what has been told: each
//! event once on each way, however many processes there are. A try that fails is made again by the
//! next run, for a week.

mod command;
mod delivery;
mod due;
mod event;
mod gates;
mod hub;
mod mark;
mod signature;
mod way;
mod webhook;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use tokio::time::Instant;

pub use delivery::Delivery;
pub use hub::FEEDS;

use crate::catalog::{Catalog, CatalogError, Notice, UntoldNotice};
use crate::config::{Config, FetchLimits, NotifySettings, SourceSettings};
use crate::fetch::{Client, FetchError};
use due::{Noted, Situation};
use event::{Event, Kind};
use way::Way;

/// How long what could not be told is tried again; then it is no news any more.
const GIVE_UP_AFTER: chrono::Duration = chrono::Duration::days(7);

/// How long a process may be at telling one event before another may think that it died. It is far
/// more than all tries take.
const CLAIM: chrono::Duration = chrono::Duration::minutes(10);

/// Bounds of a request that tells somebody something, where the configured ones are not tighter.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(15);
const ATTEMPTS: u32 = 3;

/// Tells people what happened, on every way there is.
#[derive(Debug)]
pub struct Notifier {
    ways: Vec<Way>,
    settings: NotifySettings,
    sources: SourceSettings,
    /// The URL of this host, to tell it from others.
    host: Option<String>,
}

impl Notifier {
    /// Makes the ways ready that are configured; nothing is sent yet.
    pub fn new(config: &Config) -> Result<Self, FetchError> {
        let limits = FetchLimits {
            total: config.fetch.total.min(PATIENCE),
            attempts: config.fetch.attempts.min(ATTEMPTS),
            max_retry_after: config.fetch.max_retry_after.min(2 * PATIENCE),
            ..config.fetch.clone()
        };
        let ways = Way::all(config, &Client::new(&limits)?);
        let host = config.serve.public_url.clone();
        let (settings, sources) = (config.notify.clone(), config.sources.clone());
        Ok(Self { ways, settings, sources, host })
    }

    /// Every way, in words without secrets.
    pub fn ways(&self) -> impl Iterator<Item = &str> {
        self.ways.iter().map(Way::shown)
    }

    /// What waits to be told on any way, with the way in words.
    pub fn untold(
        &self,
        catalog: &Catalog,
        now: DateTime<Utc>,
    ) -> Result<Vec<(&str, UntoldNotice)>, CatalogError> {
        let mut waiting = Vec::new();
        for way in &self.ways {
            let untold = catalog.untold_notices(way.name(), now - GIVE_UP_AFTER)?;
            waiting.extend(untold.into_iter().map(|untold| (way.shown(), untold)));
        }
        Ok(waiting)
    }

    /// Notes what there is to tell, and tells it; every try, also of what an earlier run could not
    /// tell.
    ///
    /// `unrecorded` is why a run failed of which the catalog knows nothing; that is told once a day.
    pub async fn tell(
        &self,
        catalog: &Catalog,
        unrecorded: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Delivery>, CatalogError> {
        if self.ways.is_empty() {
            return Ok(Vec::new());
        }
        let situation = Situation::read(catalog, &self.sources)?;
        for way in &self.ways {
            let noted = Noted::on(catalog, way.name())?;
            let mut events = situation.events(&noted, &self.settings, unrecorded.is_none(), now);
            events.extend(unrecorded.map(|reason| Event::run_not_recorded(reason, now)));
            for event in events.iter().filter(|event| way.tells(event.kind)) {
                for notice in way.notices(event, self.host.as_deref(), now) {
                    catalog.note_notice(&notice, now)?;
                }
            }
        }
        let told = join_all(self.ways.iter().map(|way| tell_on(way, catalog, now))).await;
        Ok(told.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// Tells why a run failed where nothing can be remembered, because the catalog itself is away.
    pub async fn tell_unremembered(&self, reason: &str, now: DateTime<Utc>) -> Vec<Delivery> {
        self.send(&Event::run_not_recorded(reason, now), now).await
    }

    /// Tells a test event on every way, and remembers nothing of it.
    pub async fn try_out(&self, now: DateTime<Utc>) -> Vec<Delivery> {
        self.send(&Event::test(now), now).await
    }

    async fn send(&self, event: &Event, now: DateTime<Utc>) -> Vec<Delivery> {
        let tells = |way: &&Way| way.tells(event.kind);
        let sent = self.ways.iter().filter(tells).map(|way| async move {
            let mut deliveries = Vec::new();
            for notice in way.notices(event, self.host.as_deref(), now) {
                deliveries.push(Delivery::of(way, &notice, way.deliver(&notice, now).await));
            }
            deliveries
        });
        join_all(sent).await.into_iter().flatten().collect()
    }
}

/// Tells on one way what waits there, until it turns out that nobody listens.
async fn tell_on(
    way: &Way,
    catalog: &Catalog,
    now: DateTime<Utc>,
) -> Result<Vec<Delivery>, CatalogError> {
    let began = Instant::now();
    let mut deliveries = Vec::new();
    for UntoldNotice { notice, .. } in catalog.untold_notices(way.name(), now - GIVE_UP_AFTER)? {
        let at = now + began.elapsed();
        if !catalog.claim_notice(&notice, at, at + CLAIM)? {
            continue;
        }
        let delivered = way.deliver(&notice, at).await;
        let goes_on = delivered.as_ref().err().is_none_or(|error| !error.is_of_the_way());
        let delivery = Delivery::of(way, &notice, delivered);
        catalog.settle_notice(&notice, delivery.failure.as_deref(), now + began.elapsed())?;
        deliveries.push(delivery);
        if !goes_on {
            break;
        }
    }
    Ok(deliveries)
}

impl Kind {
    /// Whether it is for people; the rest is for machines that follow the feeds.
    fn is_for_people(self) -> bool {
        match self {
            Self::CandidateHeld
            | Self::SourceFailing
            | Self::SourceRecovered
            | Self::RunFailed
            | Self::RunRecovered
            | Self::ReleasePublished
            | Self::Test => true,
            Self::FeedsChanged => false,
        }
    }
}

/// A notice of an event on a way.
fn notice(way: &str, event: &Event, key: String, body: String, now: DateTime<Utc>) -> Notice {
    Notice {
        way: way.to_owned(),
        kind: event.kind.as_str().to_owned(),
        subject: event.subject.clone(),
        since: event.since,
        message: event::message_id(way, &key, now),
        event: key,
        body,
    }
}
