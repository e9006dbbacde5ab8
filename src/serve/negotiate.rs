//! Which form of an answer a request asks for: the suffix of its path, else its `Accept`.

use actix_web::http::header::{self, HeaderMap};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::endpoint::Endpoint;
use super::error::{Code, Problem, cut};
use super::form::Form;

/// The varying segment that holds the suffix of a path that ends in no varying segment.
const SUFFIX: &str = "suffix";

/// What stands unescaped in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What stands in the varying segments of a path, without the suffix of the last.
#[derive(Debug, Default)]
pub(super) struct Segments {
    values: Vec<(String, String)>,
    /// The suffix of the path, without its dot.
    pub(super) suffix: Option<String>,
}

impl Segments {
    /// Reads the segments of a path; only where it has forms to choose from does it have a suffix.
    pub(super) fn read(
        endpoint: &Endpoint,
        matched: &actix_web::dev::Path<actix_web::dev::Url>,
    ) -> Self {
        let mut segments = Self::default();
        let has_forms = !endpoint.forms().is_empty();
        let last = endpoint.segments.last().filter(|_| endpoint.path.ends_with('}'));
        for (name, value) in matched.iter() {
            if has_forms && name == SUFFIX {
                segments.suffix = Some(value.to_owned());
                continue;
            }
            let is_last = has_forms && last.is_some_and(|last| last.name == name);
            let (value, suffix) = if is_last { split(value) } else { (value, None) };
            segments.suffix = suffix.map(str::to_owned).or(segments.suffix);
            segments.values.push((name.to_owned(), value.to_owned()));
        }
        segments
    }

    /// Segments of these names and values.
    pub(super) fn of(values: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self { values: values.iter().map(owned).collect(), suffix: None }
    }

    /// A path of an endpoint with its segments filled in.
    pub(super) fn filled(&self, path: &str) -> String {
        let mut filled = path.to_owned();
        for (name, value) in &self.values {
            let value = utf8_percent_encode(value, SEGMENT).to_string();
            filled = filled.replace(&format!("{{{name}}}"), &value);
        }
        filled
    }

    /// What stands in a segment.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Whether who asks reads pages, as browsers do.
pub(super) fn takes_pages(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accepted.is_some_and(|accept| accept.contains("text/html"))
}

/// The same address with a suffix, as a route; none where its last segment holds the suffix.
pub(super) fn with_suffix(pattern: &str) -> Option<String> {
    (!pattern.ends_with('}')).then(|| format!("{pattern}.{{{SUFFIX}:[A-Za-z]+}}"))
}

/// A segment and its suffix: letters alone after the last dot. `2026-11-24.1` has none.
fn split(segment: &str) -> (&str, Option<&str>) {
    match segment.rsplit_once('.') {
        Some((stem, suffix))
            if !suffix.is_empty() && suffix.bytes().all(|byte| byte.is_ascii_alphabetic()) =>
        {
            (stem, Some(suffix))
        }
        Some(_) | None => (segment, None),
    }
}

/// The form to answer in: the suffix decides, else `Accept`, else it is JSON.
pub(super) fn choose(
    suffix: Option<&str>,
    headers: &HeaderMap,
    forms: &[Form],
) -> Result<Form, Problem> {
    if let Some(suffix) = suffix {
        let form = Form::of_suffix(suffix).filter(|form| forms.contains(form));
        return form.ok_or_else(|| refuse(&format!("there is no `.{}` here", cut(suffix)), forms));
    }
    let values = headers.get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    let accept = values.collect::<Vec<_>>().join(",");
    best(&accept, forms).ok_or_else(|| refuse("`Accept` names nothing there is here", forms))
}

fn refuse(why: &str, forms: &[Form]) -> Problem {
    let name = |form: &Form| format!("{} (`.{}`)", form.essence(), form.suffix());
    let names = forms.iter().map(name).collect::<Vec<_>>().join(", ");
    Problem::new(Code::NotAcceptable, format!("{why}: the forms are {names}"))
}

/// The form a client likes best.
///
/// For each form the most exact range that fits it counts, as RFC 9110 has it. Among forms of one
/// weight comes first what is named more exactly, then what is named earlier, then JSON: so
/// `text/csv, */*` is CSV, and `*/*` is JSON.
fn best(accept: &str, forms: &[Form]) -> Option<Form> {
    if accept.trim().is_empty() {
        return forms.first().copied();
    }
    let ranges: Vec<_> = split_quoted(accept, ',').filter_map(Range::read).collect();
    let mut best: Option<(Form, Claim)> = None;
    for form in forms {
        let claims = ranges.iter().enumerate().filter_map(|(place, range)| {
            let exactness = range.exactness(*form)?;
            Some(Claim { weight: range.weight, exactness, place })
        });
        // The earlier of two equally exact ranges counts.
        let Some(claim) = claims.rev().max_by_key(|claim| claim.exactness) else { continue };
        let is_better = best.is_none_or(|(_, best)| claim.beats(best));
        if claim.weight > 0 && is_better {
            best = Some((*form, claim));
        }
    }
    best.map(|(form, _)| form)
}

/// What speaks for a form.
#[derive(Debug, Clone, Copy)]
struct Claim {
    weight: u16,
    exactness: u8,
    place: usize,
}

impl Claim {
    fn beats(self, other: Self) -> bool {
        let rank = |claim: Self| (claim.weight, claim.exactness, usize::MAX - claim.place);
        rank(self) > rank(other)
    }
}

/// One of the ranges of `Accept`.
#[derive(Debug)]
struct Range {
    /// Type and subtype, in lower case.
    essence: String,
    /// Names in lower case, and values.
    parameters: Vec<(String, String)>,
    /// Thousandths.
    weight: u16,
}

impl Range {
    /// Reads a range; `None`: it is not one.
    fn read(range: &str) -> Option<Self> {
        let mut parts = split_quoted(range, ';').map(str::trim);
        let essence = parts.next()?.to_ascii_lowercase();
        essence.split_once('/')?;
        let mut parameters = Vec::new();
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            let name = name.trim().to_ascii_lowercase();
            let value = value.trim().trim_matches('"');
            if name == "q" {
                // What follows the weight says nothing about the type.
                return Some(Self { essence, parameters, weight: weight(value)? });
            }
            parameters.push((name, value.to_ascii_lowercase()));
        }
        Some(Self { essence, parameters, weight: 1000 })
    }

    /// How exactly it names a form; `None`: it does not.
    fn exactness(&self, form: Form) -> Option<u8> {
        let (kind, _) = form.essence().split_once('/')?;
        let fits = |(name, value): &(String, String)| match name.as_str() {
            "charset" => matches!(value.as_str(), "utf-8" | "utf8"),
            "header" => form != Form::Csv || value == "present",
            // Nobody is served by a refusal because of a profile or version we do not know.
            _ => true,
        };
        if !self.parameters.iter().all(fits) {
            return None;
        }
        if self.essence == form.essence() {
            Some(if self.parameters.is_empty() { 3 } else { 4 })
        } else if self.essence.strip_suffix("/*") == Some(kind) {
            Some(2)
        } else {
            (self.essence == "*/*").then_some(1)
        }
    }
}

/// A weight in thousandths: 0 to 1 with at most three decimals.
fn weight(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{decimals:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        (_, _) => None,
    }
}

/// Splits where the separator does not stand between quotation marks.
fn split_quoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |character| {
        if escaped {
            escaped = false;
            return false;
        }
        match character {
            '"' => quoted = !quoted,
            '\\' => escaped = quoted,
            _ => {}
        }
        character == separator && !quoted
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn accepted(accept: &str) -> Option<Form> {
        best(accept, Form::ALL)
    }

    #[test]
    fn what_asks_for_nothing_in_particular_gets_json() {
        for accept in [
            "",
            " ",
            "*/*",
            "application/*",
            "*/*;q=0.1",
            "text/html, */*;q=0.1",
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
            "application/json, text/plain, */*",
            "application/json; charset=utf-8",
            "Application/JSON;Q=0.5",
            "application/json;odata=verbose",
            "application/json;profile=\"a,b;c\"",
        ] {
            assert_eq!(accepted(accept), Some(Form::Json), "{accept}");
        }
    }

    #[test]
    fn the_greatest_weight_then_the_most_exact_name_then_the_first_decides() {
        for (accept, form) in [
            ("text/csv", Form::Csv),
            ("text/*", Form::Csv),
            ("text/csv, */*", Form::Csv),
            ("*/*, text/csv", Form::Csv),
            ("text/csv;q=0.5, application/json;q=0.4", Form::Csv),
            ("text/csv;q=0.4, application/json;q=0.5", Form::Json),
            ("text/csv, */*;q=0.1", Form::Csv),
            ("application/json;q=0, */*", Form::Csv),
            ("*/*;q=0.5, application/json;q=0.1", Form::Csv),
            ("application/geo+json, application/json", Form::GeoJson),
            ("application/json, application/geo+json", Form::Json),
            ("application/x-ndjson;q=1.000", Form::Ndjson),
            ("text/csv; charset=UTF-8; header=present", Form::Csv),
            ("text/csv;header=\"present\";q=0.3, application/json;q=0.2", Form::Csv),
            ("text/csv;header=absent, application/x-ndjson;q=0.2", Form::Ndjson),
            ("application/json;q=high, text/csv;q=0.1", Form::Csv),
        ] {
            assert_eq!(accepted(accept), Some(form), "{accept}");
        }
    }

    #[test]
    fn what_names_nothing_there_is_gets_nothing() {
        for accept in [
            "text/html",
            "text/html;q=1",
            "application/json;q=0",
            "*/*;q=0",
            "application/json;q=0.0, text/*;q=0.000, application/*;q=0",
            "text/csv;charset=utf-16",
            "text/csv;header=absent",
            "*",
            "json",
            "application/json;q=2",
            "application/json;q=0.1234",
            "application/json;q=NaN",
        ] {
            assert_eq!(accepted(accept), None, "{accept}");
        }
        assert_eq!(best("text/csv, */*;q=0.1", &[Form::Json]), Some(Form::Json));
        assert_eq!(best("*/*, application/json;q=0", &[Form::Json]), None);
    }

    #[test]
    fn the_suffix_beats_accept_and_a_refusal_names_what_there_is() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("text/csv"));
        let forms = &[Form::Json, Form::Csv];
        assert_eq!(choose(None, &headers, forms).unwrap(), Form::Csv);
        assert_eq!(choose(Some("json"), &headers, forms).unwrap(), Form::Json);
        for suffix in ["geojson", "CSV", "pdf"] {
            let problem = choose(Some(suffix), &headers, forms).unwrap_err();
            assert_eq!(problem.code, Code::NotAcceptable);
            let named = "application/json (`.json`), text/csv (`.csv`)";
            assert!(problem.detail.ends_with(named), "{}", problem.detail);
        }
        // Several headers are one list.
        headers.append(header::ACCEPT, HeaderValue::from_static("application/json;q=0.9"));
        assert_eq!(choose(None, &headers, &[Form::Json]).unwrap(), Form::Json);
    }

    #[test]
    fn a_suffix_is_letters_after_the_last_dot() {
        assert_eq!(split("2026-11-24.1"), ("2026-11-24.1", None));
        assert_eq!(split("2026-11-24.1.json"), ("2026-11-24.1", Some("json")));
        assert_eq!(split("agy_1.csv"), ("agy_1", Some("csv")));
        assert_eq!(split("latest"), ("latest", None));
        assert_eq!(split("a."), ("a.", None));
        assert_eq!(split("a.b2"), ("a.b2", None));
    }
}
