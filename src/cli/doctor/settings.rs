//! Every setting that is in force, without secrets, and where it comes from.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command};
use serde::Serialize;

use crate::cli::settings::Settings;

/// A setting that is in force.
#[derive(Debug, Clone, Serialize)]
pub(in crate::cli) struct Effective {
    /// Its name, as the flag has it.
    pub(super) name: String,
    /// Its value; a secret is `***`, and none where it is not set and has no default.
    pub(super) value: Option<String>,
    /// Where it comes from.
    pub(super) origin: SettingOrigin,
}

/// Where a setting comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::cli) enum SettingOrigin {
    Flag,
    Environment,
    Default,
}

impl SettingOrigin {
    fn word(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::Default => "default",
        }
    }
}

/// Every setting in the order of `--help`.
pub(in crate::cli) fn effective(matches: &ArgMatches) -> Vec<Effective> {
    let settings = Settings::augment_args(Command::new("settings"));
    settings.get_arguments().map(|setting| of(setting, matches)).collect()
}

fn of(setting: &Arg, matches: &ArgMatches) -> Effective {
    let id = setting.get_id().as_str();
    let name = setting.get_long().unwrap_or(id).to_owned();
    let values = matches.get_raw(id).into_iter().flatten();
    let values: Vec<_> = values.map(|value| value.to_string_lossy().into_owned()).collect();
    let origin = match matches.value_source(id) {
        // An empty variable, as a compose file leaves it, is none.
        _ if values.iter().all(String::is_empty) => SettingOrigin::Default,
        Some(ValueSource::CommandLine) => SettingOrigin::Flag,
        Some(ValueSource::EnvVariable) => SettingOrigin::Environment,
        Some(_) | None => SettingOrigin::Default,
    };
    let value = match origin {
        SettingOrigin::Default => default(setting).or_else(|| values.first().cloned()),
        SettingOrigin::Flag | SettingOrigin::Environment => {
            let is_secret = setting.is_hide_env_values_set();
            Some(if is_secret { "***".to_owned() } else { values.join(", ") })
        }
    };
    Effective { name, value: value.filter(|value| !value.is_empty()), origin }
}

/// What the help of a setting says that it is when nobody sets it.
fn default(setting: &Arg) -> Option<String> {
    let help = setting.get_help()?.to_string();
    let (_, said) = help.split_once("[default: ")?;
    Some(said.trim_end_matches(']').replace(['`', '\n'], "").trim().to_owned())
}

impl Effective {
    pub(super) fn in_words(&self) -> String {
        let Self { name, value, origin } = self;
        let value = value.as_deref().unwrap_or("not set");
        format!("setting  {name} = {value} ({})", origin.word()).replace('\n', " ")
    }
}
