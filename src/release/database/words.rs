//! Words that people search for, made into an FTS5 expression in which nothing is syntax.

/// Words that must all occur in what is searched of a record; the last may be the beginning of one.
///
/// Case and accents do not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// The words of a text; `None` if it has none.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let words: Vec<String> = text
            .split_whitespace()
            .filter(|word| word.chars().any(char::is_alphanumeric))
            .map(str::to_owned)
            .collect();
        (!words.is_empty()).then_some(Self(words))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The words in their one spelling.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.join(" ")
    }

    /// The expression FTS5 reads. Each word is quoted, so that whatever stands in it is text.
    pub(super) fn expression(&self) -> String {
        let quoted: Vec<_> =
            self.0.iter().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
        format!("{}*", quoted.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_written_is_text() {
        let expression = |text| Words::of(text).unwrap().expression();
        assert_eq!(expression("ocean  township"), r#""ocean" "township"*"#);
        assert_eq!(expression(r#"a" OR words:"b"#), r#""a""" "OR" "words:""b"*"#);
        assert_eq!(expression("NEAR(a b, 5) -- *"), r#""NEAR(a" "b," "5)"*"#);
        for none in ["", "  ", "-- * \"", "\u{202e}"] {
            assert_eq!(Words::of(none), None, "{none}");
        }
    }
}
