//! JSON that is read to be compared and then forgotten: its texts stay where they were read, and
//! what its objects hold stands in the order of the text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plain<'a> {
    Null,
    Boolean(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Plain<'a>>),
    Object(Pairs<'a>),
}

/// What an object holds.
pub(super) type Pairs<'a> = Vec<(Cow<'a, str>, Plain<'a>)>;

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Value::from(self).fmt(f)
    }
}

impl From<&Plain<'_>> for Value {
    fn from(plain: &Plain<'_>) -> Self {
        match plain {
            Plain::Null => Self::Null,
            Plain::Boolean(truth) => Self::Bool(*truth),
            Plain::Number(number) => Self::Number(number.clone()),
            Plain::Text(text) => Self::from(text.as_ref()),
            Plain::List(items) => items.iter().map(Self::from).collect(),
            Plain::Object(pairs) => {
                pairs.iter().map(|(name, value)| (name.to_string(), Self::from(value))).collect()
            }
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Plain<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// The name of a value: a text that stays where it was read, unless it was written with escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Plain<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Plain::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(Plain::Boolean(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Plain::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Plain::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(number).map_or(Plain::Null, Plain::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Plain::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Plain::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Plain::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some((Name(name), value)) = entries.next_entry()? {
            pairs.push((name, value));
        }
        Ok(Plain::Object(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_serde_reads() {
        for text in [
            "null",
            "[true,false,-1,18446744073709551615,0.1,-0.0,1e300,\"\",[]]",
            r#"{"b":"x","a":{"n\u00fc":"\"\\\n","é":[{"deep":null}]}}"#,
        ] {
            let plain: Plain<'_> = serde_json::from_str(text).unwrap();
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(Value::from(&plain), value);
            assert_eq!(plain.to_string(), value.to_string());
        }
        serde_json::from_str::<Plain<'_>>("{\"a\":}").unwrap_err();
    }

    #[test]
    fn names_that_stand_twice_are_both_there() {
        let twice: Plain<'_> = serde_json::from_str(r#"{"a":1,"a":1}"#).unwrap();
        let once: Plain<'_> = serde_json::from_str(r#"{"a":1}"#).unwrap();
        assert_ne!(twice, once);
    }
}
