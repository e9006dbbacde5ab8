//! What the `--sources` file changes in the built-in list of sources.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use toml::{Table, Value};

use crate::config::{RefusedUrl, check_outgoing};

/// What the operator changed, by source id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceSettings(BTreeMap<String, SourceSetting>);

/// What the operator changed of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSetting {
    /// Where to fetch it instead.
    pub url: Option<String>,
    /// The date its edition speaks for, where the body does not say.
    pub as_of: Option<NaiveDate>,
    /// Whether it is fetched at all.
    pub enabled: bool,
}

impl SourceSetting {
    const UNCHANGED: Self = Self { url: None, as_of: None, enabled: true };
}

static UNCHANGED: SourceSetting = SourceSetting::UNCHANGED;

/// What is wrong in a `--sources` file.
#[derive(Debug, thiserror::Error)]
pub enum SourcesError {
    /// It is no TOML.
    #[error("not a TOML file")]
    Syntax(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A table or key that means nothing here.
    #[error("`{key}` means nothing here; possible: {}", possible.join(", "))]
    UnknownKey {
        /// The key with its tables.
        key: String,
        /// What may stand in its place.
        possible: Vec<String>,
    },
    /// A value of another kind.
    #[error("`{key}` must be {expected}")]
    WrongValue {
        /// The key with its tables.
        key: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A URL to which no request is sent.
    #[error("`{key}` is refused")]
    RefusedUrl {
        /// The key with its tables.
        key: String,
        /// Why.
        #[source]
        why: RefusedUrl,
    },
}

impl SourceSettings {
    /// Reads a `--sources` file. `known` are the ids it may name.
    pub fn from_toml(text: &str, known: &[&str]) -> Result<Self, SourcesError> {
        let file: Table =
            text.parse().map_err(|error: toml::de::Error| SourcesError::Syntax(Box::new(error)))?;
        let mut settings = BTreeMap::new();
        for (key, value) in file {
            if key != "sources" {
                return Err(unknown(key, &["sources"]));
            }
            for (id, value) in table("sources", value)? {
                let path = format!("sources.{id}");
                if !known.contains(&id.as_str()) {
                    return Err(unknown(path, known));
                }
                let setting = setting(&path, value)?;
                settings.insert(id, setting);
            }
        }
        Ok(Self(settings))
    }

    /// What the operator changed of a source; of most nothing.
    #[must_use]
    pub fn get(&self, id: &str) -> &SourceSetting {
        self.0.get(id).unwrap_or(&UNCHANGED)
    }
}

fn setting(path: &str, value: Value) -> Result<SourceSetting, SourcesError> {
    let mut setting = SourceSetting::UNCHANGED;
    for (key, value) in table(path, value)? {
        let path = format!("{path}.{key}");
        match key.as_str() {
            "url" => setting.url = Some(url(path, value)?),
            "as_of" => setting.as_of = Some(date(path, &value)?),
            "enabled" => {
                setting.enabled = value
                    .as_bool()
                    .ok_or(SourcesError::WrongValue { key: path, expected: "true or false" })?;
            }
            _ => return Err(unknown(path, &["url", "as_of", "enabled"])),
        }
    }
    Ok(setting)
}

fn url(key: String, value: Value) -> Result<String, SourcesError> {
    let Value::String(url) = value else {
        return Err(SourcesError::WrongValue { key, expected: "a URL in quotes" });
    };
    match check_outgoing(&url) {
        Ok(_) => Ok(url),
        Err(why) => Err(SourcesError::RefusedUrl { key, why }),
    }
}

/// A date, with or without quotes: TOML has dates of its own.
fn date(key: String, value: &Value) -> Result<NaiveDate, SourcesError> {
    let text =
        value.as_str().map(str::to_owned).or_else(|| value.as_datetime().map(ToString::to_string));
    text.and_then(|text| text.parse().ok())
        .ok_or(SourcesError::WrongValue { key, expected: "a date such as 2020-10-07" })
}

fn table(key: &str, value: Value) -> Result<Table, SourcesError> {
    let Value::Table(table) = value else {
        return Err(SourcesError::WrongValue { key: key.to_owned(), expected: "a table" });
    };
    Ok(table)
}

fn unknown(key: String, possible: &[&str]) -> SourcesError {
    SourcesError::UnknownKey { key, possible: possible.iter().map(|&id| id.to_owned()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["eff-atlas", "ring-map"];

    fn error(text: &str) -> String {
        SourceSettings::from_toml(text, KNOWN).unwrap_err().to_string()
    }

    #[test]
    fn the_file_overrides_by_id_and_leaves_the_rest() {
        let text = r#"
            [sources.eff-atlas]
            url = "http://127.0.0.1:9000/atlas.csv"
            as_of = "2020-10-07"
            [sources.ring-map]
            enabled = false
            as_of = 2021-01-02
        "#;
        let settings = SourceSettings::from_toml(text, KNOWN).unwrap();
        let atlas = settings.get("eff-atlas");
        assert_eq!(atlas.url.as_deref(), Some("http://127.0.0.1:9000/atlas.csv"));
        assert_eq!(atlas.as_of, NaiveDate::from_ymd_opt(2020, 10, 7));
        assert!(atlas.enabled);
        assert!(!settings.get("ring-map").enabled);
        assert_eq!(settings.get("ring-map").as_of, NaiveDate::from_ymd_opt(2021, 1, 2));
        assert_eq!(settings.get("curated"), &SourceSetting::UNCHANGED);
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        assert_eq!(
            error("[sources.ef-atlas]\nenabled = false"),
            "`sources.ef-atlas` means nothing here; possible: eff-atlas, ring-map"
        );
        assert_eq!(
            error("[sources.ring-map]\nenable = false"),
            "`sources.ring-map.enable` means nothing here; possible: url, as_of, enabled"
        );
        assert_eq!(error("[source.x]"), "`source` means nothing here; possible: sources");
        assert_eq!(
            error("[sources.ring-map]\nas_of = \"October\""),
            "`sources.ring-map.as_of` must be a date such as 2020-10-07"
        );
        assert_eq!(
            error("[sources.ring-map]\nurl = \"http://example.org/\""),
            "`sources.ring-map.url` is refused"
        );
        assert_eq!(error("[sources"), "not a TOML file");
    }
}
