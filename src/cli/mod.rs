//! The command line: one file per verb. Settings are read here, once, into a checked `Config`.

mod bounding;
mod bucket;
mod doctor;
mod exit;
mod health;
mod import;
mod key;
mod machinery;
mod matching;
mod mirror;
pub mod news;
mod notify;
mod openapi;
mod output;
mod refresh;
mod release;
mod scheduled;
mod serve;
mod settings;
mod signals;
mod sources;
mod status;
mod telling;
mod verify_url;

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{Config, LogFormat};
use crate::telemetry;
use exit::Exit;
use settings::Settings;

/// Open data about home surveillance and the police.
#[derive(Debug, Parser)]
#[command(name = "porchlight", version, about, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve the releases, and refresh them on schedule.
    Serve,
    /// Look at the sources and publish what is new.
    Refresh(refresh::Arguments),
    /// Read an edition that was saved earlier.
    Import(import::Arguments),
    /// Copy the releases of another host, checked byte for byte.
    Mirror(mirror::Arguments),
    /// List, show, verify, rebuild and accept releases.
    #[command(subcommand)]
    Release(release::Verb),
    /// Ask which agency a name means and why, and decide where no rule can tell.
    #[command(subcommand)]
    Match(matching::Verb),
    /// Make the key that signs releases.
    #[command(subcommand)]
    Key(key::Verb),
    /// Look whether everything is as it should be, and say what to do where it is not.
    Doctor(doctor::Arguments),
    /// Tell people what waits to be told, or try whether they are reached.
    Notify(notify::Arguments),
    /// List the sources, and how they are doing.
    Sources(sources::Arguments),
    /// Print the `OpenAPI` document.
    Openapi(openapi::Arguments),
    /// Ask a running server whether it is well; for a container's health check.
    Health,
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match run(cli, &matches) {
        Ok(exit) => exit.into(),
        Err(error) => {
            output::complain(&error);
            Exit::of(&error).into()
        }
    }
}

fn run(cli: Cli, matches: &ArgMatches) -> anyhow::Result<Exit> {
    let Cli { settings, verb } = cli;
    if let Verb::Openapi(arguments) = verb {
        return openapi::run(arguments);
    }
    if let Verb::Key(verb) = verb {
        return key::run(verb);
    }
    let config = Config::try_from(settings.into_raw());
    if let Verb::Doctor(arguments) = &verb {
        // Settings that mean nothing are the first thing it finds.
        let settings = doctor::effective(matches);
        let runtime = runtime()?;
        return runtime.block_on(doctor::run(config.as_ref(), &settings, arguments));
    }
    let config = config?;
    // Until the end: what is not yet told is told when it is dropped.
    let _telemetry = telemetry::start(&config.log)?;
    let done = runtime()?.block_on(async {
        match verb {
            Verb::Serve => serve::run(&config, settings::as_environment(matches)).await,
            Verb::Refresh(arguments) => refresh::run(&config, arguments).await,
            Verb::Import(arguments) => import::run(&config, arguments).await,
            Verb::Mirror(arguments) => mirror::run(&config, arguments).await,
            Verb::Release(verb) => release::run(&config, verb).await,
            Verb::Match(verb) => matching::run(&config, verb).await,
            Verb::Notify(arguments) => notify::run(&config, &arguments).await,
            Verb::Sources(arguments) => sources::run(&config, &arguments).await,
            Verb::Openapi(arguments) => openapi::run(arguments),
            Verb::Key(verb) => key::run(verb),
            Verb::Doctor(arguments) => {
                doctor::run(Ok(&config), &doctor::effective(matches), &arguments).await
            }
            Verb::Health => health::run(&config).await,
        }
    });
    match done {
        // Whoever reads the log as JSON could not read a line for people.
        Err(error) if config.log.format == LogFormat::Json => {
            let error_in_words = output::causes(&error);
            tracing::error!(error = error_in_words, "porchlight ended");
            Ok(Exit::of(&error))
        }
        done => done,
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// The instant a command begins at. Beyond `cli` and `schedule` time is an argument.
#[expect(clippy::disallowed_methods, reason = "the command line is where time comes in")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
