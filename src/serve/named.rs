//! Query parameters that are neither conditions on the columns of one resource nor controls of a
//! list.

use serde_json::{Value, json};

use super::error::{Code, Fault, cut};
use super::example;
use super::nearest::nearest;
use super::parameter::{Kind, Parameter};
use super::release_name::ReleaseName;
use crate::record::RESOURCES;

/// A code: text that a comma ends, without a NUL character.
const CODE: &str = r"^[^\u0000,]+$";

/// A parameter with a meaning of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// The release a comparison begins with.
    From,
    /// The release a comparison ends with.
    To,
    /// Resources.
    Resource,
    /// States of records of any resource.
    State,
    /// Programs of records of any resource.
    Program,
    /// Agencies of records of any resource.
    Agency,
}

impl Named {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::Resource => "resource",
            Self::State => "state",
            Self::Program => "program_id",
            Self::Agency => "agency_id",
        }
    }

    /// The parameter.
    pub(super) fn parameter(self) -> Parameter {
        Parameter::control(self.name(), Kind::Named(self))
    }

    /// The name it is told under in the document, where parameters of one name can differ.
    pub(super) fn document_name(self) -> String {
        format!("changes.{}", self.name())
    }

    /// What it does, in words.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::From => {
                "The release to compare with: its name, `latest`, or a day, which means the last \
                 release on or before it. The one before `to` where it is not given."
            }
            Self::To => {
                "The release to compare: its name, `latest`, or a day, which means the last release \
                 on or before it. The newest where it is not given."
            }
            Self::Resource => {
                "Changes of records of this resource. A comma list means any of them."
            }
            Self::State => {
                "Changes of records that are, or were, of this state or territory. A comma list \
                 means any of them. Resources whose records are of no state are left out."
            }
            Self::Program => {
                "Changes of this program and of records that belong to it, or did. A comma list \
                 means any of them. Resources whose records belong to no program are left out."
            }
            Self::Agency => {
                "Changes of this agency and of records that belong to it, or did. A comma list \
                 means any of them. Resources whose records belong to no agency are left out."
            }
        }
    }

    /// The JSON schema of its value.
    pub(super) fn schema(self) -> Value {
        let several = |items: Value| json!({ "type": "array", "items": items, "minItems": 1 });
        match self {
            Self::From | Self::To => json!({
                "type": "string",
                "anyOf": [
                    { "const": "latest" },
                    { "format": "date" },
                    { "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[1-9][0-9]*$" },
                ],
            }),
            Self::Resource => several(json!({ "type": "string", "enum": tables() })),
            Self::State | Self::Program | Self::Agency => {
                several(json!({ "type": "string", "pattern": CODE }))
            }
        }
    }

    /// A value of it.
    pub(super) fn example(self) -> Value {
        match self {
            Self::From => json!(example::EARLIER),
            Self::To => json!(example::RELEASE),
            Self::Resource => json!(["partnerships"]),
            Self::State => json!(["OH"]),
            Self::Program => json!(["ring-neighbors"]),
            Self::Agency => json!(["agy_0123456789"]),
        }
    }

    /// Its values in their one order, or what is wrong with one of them.
    pub(super) fn check(self, values: &[String]) -> Result<Vec<String>, Fault> {
        match self {
            Self::From | Self::To => {
                let given = values.join(",");
                let known = ReleaseName::read(&given).is_some();
                let expected = "expected the name of a release, `latest` or a day, YYYY-MM-DD";
                return if known { Ok(vec![given]) } else { Err(self.fault(&given, expected)) };
            }
            Self::Resource => {
                let tables = tables();
                if let Some(wrong) = values.iter().find(|value| !tables.contains(value)) {
                    let fault = self.fault(wrong, "expected one of the words in `allowed`");
                    let did_you_mean = nearest(wrong, &tables);
                    return Err(Fault { did_you_mean, allowed: tables, ..fault });
                }
            }
            Self::State | Self::Program | Self::Agency => {
                if values.iter().any(String::is_empty) {
                    return Err(self.fault("", "expected text"));
                }
            }
        }
        let mut values = values.to_vec();
        values.sort();
        values.dedup();
        Ok(values)
    }

    fn fault(self, found: &str, expected: &str) -> Fault {
        let detail = format!("{expected}, found `{}`", cut(found));
        Fault::new(self.name(), Code::InvalidParameter, &detail)
    }
}

fn tables() -> Vec<String> {
    RESOURCES.iter().map(|resource| resource.table.to_owned()).collect()
}
