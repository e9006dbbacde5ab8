//! Settings of who is told what happened.

use std::path::PathBuf;

use clap::Args;

use crate::config::{RawNotify, Secret};

#[derive(Debug, Args)]
#[command(next_help_heading = "Notification")]
#[expect(clippy::struct_field_names, reason = "a field is named as its flag")]
pub(super) struct Telling {
    /// A program that is told what happened: its absolute path and arguments, parted by spaces
    #[arg(long, global = true, env = "PORCHLIGHT_NOTIFY_COMMAND", value_name = "PATH [ARGUMENT]…")]
    notify_command: Option<String>,
    /// A URL to which what happened is posted, signed as Standard Webhooks says; may be repeated
    #[arg(
        long,
        global = true,
        env = "PORCHLIGHT_NOTIFY_WEBHOOK",
        value_name = "URL",
        value_delimiter = ',',
        hide_env_values = true
    )]
    notify_webhook: Vec<String>,
    /// What signs that: `whsec_…`, or several parted by spaces while secrets change
    #[arg(
        long,
        global = true,
        env = "PORCHLIGHT_NOTIFY_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    notify_secret: Option<String>,
    /// A file that holds it
    #[arg(long, global = true, env = "PORCHLIGHT_NOTIFY_SECRET_FILE", value_name = "FILE")]
    notify_secret_file: Option<PathBuf>,
    /// Days a source may fail before anybody is told [default: 3]
    #[arg(long, global = true, env = "PORCHLIGHT_NOTIFY_AFTER_DAYS", value_name = "DAYS")]
    notify_after_days: Option<u32>,
    /// Tell of each release as well
    #[arg(long, global = true, env = "PORCHLIGHT_NOTIFY_RELEASES")]
    notify_releases: bool,
}

impl Telling {
    pub(super) fn into_raw(self) -> RawNotify {
        RawNotify {
            command: self.notify_command,
            webhooks: self.notify_webhook.into_iter().map(Secret::from).collect(),
            secret: self.notify_secret.map(Secret::from),
            secret_file: self.notify_secret_file,
            after_days: self.notify_after_days,
            releases: self.notify_releases,
        }
    }
}
