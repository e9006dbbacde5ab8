//! What works beside a server that answers: the catalog, the schedule, and the look for releases that
//! other processes publish.

use std::sync::{Arc, OnceLock};

use futures_util::FutureExt as _;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::settings::Environment;
use super::{news, scheduled};
use crate::catalog::Catalog;
use crate::config::{CatalogLocation, Config, StorageLocation};
use crate::refresh::Context;
use crate::schedule::{Job, Schedule};
use crate::serve::{Releases, ReleasesError};

/// What works beside a server that answers. It goes on whatever happens to the answering, and the
/// answering whatever happens to it.
pub(super) struct Machinery {
    config: Config,
    given: Environment,
    releases: Arc<Releases>,
    /// Filled once it can be opened.
    catalog: Arc<OnceLock<Catalog>>,
    /// Somebody says that there is a new release.
    news: Arc<Notify>,
    stop: CancellationToken,
}

impl Machinery {
    /// `given` are the settings for processes of this program; cancelling `stop` ends the work.
    pub(super) fn new(
        config: Config,
        given: Environment,
        releases: Arc<Releases>,
        stop: CancellationToken,
    ) -> Self {
        let (catalog, news) = (Arc::default(), Arc::new(Notify::new()));
        Self { config, given, releases, catalog, news, stop }
    }

    /// The catalog; empty for as long as it cannot be opened.
    pub(super) fn catalog(&self) -> Arc<OnceLock<Catalog>> {
        Arc::clone(&self.catalog)
    }

    /// Opens the catalog, and publishes the built-in data where nothing is published yet: something
    /// to answer with before the first source has been asked.
    pub(super) async fn prepare(&self) -> anyhow::Result<()> {
        let config = self.config.clone();
        let context = tokio::task::spawn_blocking(move || Context::open(&config)).await??;
        if self.releases.newest().is_none() && self.may_publish() {
            context.publish_built_in(super::now()).await?;
            self.releases.look().await?;
        }
        // Nobody else fills it.
        self.catalog.set(context.catalog().clone()).ok();
        Ok(())
    }

    /// Whether this process may publish without being told: a replica of a bucket only reads.
    fn may_publish(&self) -> bool {
        self.config.schedule.enabled || matches!(self.config.storage, StorageLocation::Folder(_))
    }

    /// Whether catalog and storage are files of this machine.
    pub(super) fn is_of_this_machine(&self) -> bool {
        let Config { storage, catalog, .. } = &self.config;
        matches!(storage, StorageLocation::Folder(_))
            && matches!(catalog, CatalogLocation::Sqlite(_))
    }

    /// Works until it is told to stop.
    pub(super) async fn run(self) {
        let machinery = Arc::new(self);
        let watching = tokio::spawn(Arc::clone(&machinery).watch());
        machinery.follow_catalog().await;
        // It ends with the same word.
        watching.await.ok();
    }

    /// Looks for releases that another process published: every so often, and when told so.
    async fn watch(self: Arc<Self>) {
        // What was left here by the process before may have been damaged since.
        note(self.releases.check().await);
        note(self.releases.look().await);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.news.notified() => {}
                () = tokio::time::sleep(self.config.serve.poll) => {}
            }
            note(self.releases.look().await);
        }
    }

    /// What needs the catalog: to be told of releases, and the schedule.
    async fn follow_catalog(&self) {
        let Some(catalog) = self.opened_catalog().await else { return };
        let told = news::tell(catalog.clone(), Arc::clone(&self.news), self.stop.clone());
        let told = tokio::spawn(told);
        if self.config.schedule.enabled {
            self.run_schedule(catalog).await;
        }
        self.stop.cancelled().await;
        // It ends with the same word.
        told.await.ok();
    }

    async fn run_schedule(&self, catalog: Catalog) {
        let job = self.job();
        let stop = self.stop.child_token();
        match Schedule::start(&self.config.schedule, catalog, job, stop).await {
            Ok(schedule) => {
                self.stop.cancelled().await;
                schedule.stop().await;
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "no schedule runs");
            }
        }
    }

    /// The catalog, as soon as it can be had; `None` when it is time to stop.
    async fn opened_catalog(&self) -> Option<Catalog> {
        loop {
            if let Some(catalog) = self.catalog.get() {
                return Some(catalog.clone());
            }
            if let Err(error) = self.prepare().await {
                let error = AsRef::<dyn std::error::Error>::as_ref(&error);
                tracing::warn!(error, "the catalog cannot be had yet");
            } else {
                continue;
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = tokio::time::sleep(self.config.serve.poll) => {}
            }
        }
    }

    fn job(&self) -> Job {
        let (given, releases) = (self.given.clone(), Arc::clone(&self.releases));
        let stop = self.stop.clone();
        Arc::new(move |_now| {
            let (given, releases, stop) = (given.clone(), Arc::clone(&releases), stop.clone());
            async move {
                scheduled::refresh(given, &stop).await?;
                releases.look().await?;
                Ok(())
            }
            .boxed()
        })
    }
}

fn note(looked: Result<(), ReleasesError>) {
    if let Err(error) = looked {
        tracing::error!(error = &error as &dyn std::error::Error, "looking for releases");
    }
}
