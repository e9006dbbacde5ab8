//! Reads a query string once, against the parameters of its endpoint, and reports all faults.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use super::cursor;
use super::error::{Code, Fault, Problem, cut};
use super::parameter::{DEFAULT_LIMIT, Kind, MAX_LIMIT, Parameter, expectation, sort_names};
use crate::record::{Cell, Column, ColumnType, Field as _, Resource};
use crate::release::database::{Filter, Op, SortKey};

/// How like a name must be to be offered for it.
const ALIKE: f64 = 0.75;

/// Bytes of a name above which no other is looked for that is like it.
const LONGEST_COMPARED: usize = 64;

/// Values one parameter may hold.
const MAX_VALUES: usize = 1000;

/// Faults reported of one query.
const MAX_FAULTS: usize = 50;

/// What stands unescaped in a value of ours. A comma does not: it would end the value.
const VALUE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// A query, checked.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    /// Conditions, in the order of the columns' names.
    pub(super) filters: Vec<Filter>,
    /// Keys of the order, without an `id` that would stand there anyway.
    pub(super) sort: Vec<SortKey>,
    /// Records on the page.
    pub(super) limit: usize,
    /// The cursor as given.
    pub(super) cursor: Option<String>,
    /// The one spelling of this query.
    pub(super) canonical: Canonical,
}

/// The one spelling of a query: whatever asks the same is written the same.
///
/// It is part of the `ETag`, of every link, and of what a cursor is bound to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Canonical {
    /// `name=value` of every filter, sorted by name, values sorted.
    pub(super) filters: String,
    /// The value of `sort`; empty for the order by id.
    pub(super) sort: String,
    limit: Option<usize>,
}

impl Canonical {
    /// The query as it stands after the question mark, which is left out where it is empty.
    pub(super) fn suffix(&self, cursor: Option<&str>) -> String {
        let mut pairs = Vec::new();
        if !self.filters.is_empty() {
            pairs.push(self.filters.clone());
        }
        if !self.sort.is_empty() {
            pairs.push(format!("sort={}", self.sort));
        }
        if let Some(limit) = self.limit {
            pairs.push(format!("limit={limit}"));
        }
        if let Some(cursor) = cursor {
            pairs.push(format!("cursor={cursor}"));
        }
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }
}

/// Reads a query string; `endpoint` is the path named in the report.
pub(super) fn read(
    query: &str,
    parameters: &[Parameter],
    endpoint: &str,
) -> Result<Asked, Problem> {
    let mut reader = Reader::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // Campaign tags are put on links by others; they ask for nothing.
        if name.starts_with("utm_") {
            continue;
        }
        match decode(name) {
            Ok(name) => reader.take(&name, value, parameters),
            Err(wrong) => reader.fail(|| fault(name, Code::InvalidParameter, wrong)),
        }
    }
    reader.finish(endpoint)
}

/// The text of a part of a query, or what is wrong with it.
fn decode(part: &str) -> Result<String, &'static str> {
    let spaced = part.replace('+', " ");
    let text = percent_decode(spaced.as_bytes()).decode_utf8();
    let text = text.map_err(|_where: std::str::Utf8Error| "is not UTF-8")?;
    if text.contains('\0') { Err("holds a NUL character") } else { Ok(text.into_owned()) }
}

#[derive(Default)]
struct Reader {
    seen: BTreeSet<String>,
    filters: Vec<Filter>,
    sort: Vec<SortKey>,
    limit: Option<usize>,
    cursor: Option<String>,
    faults: Vec<Fault>,
    /// Faults there are beside those.
    more_faults: usize,
}

impl Reader {
    /// Notes a fault, as long as there are few.
    fn fail(&mut self, fault: impl FnOnce() -> Fault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault());
        } else {
            self.more_faults += 1;
        }
    }

    /// Takes one parameter; `value` is as it stands in the query.
    fn take(&mut self, name: &str, value: &str, parameters: &[Parameter]) {
        if !self.seen.insert(name.to_owned()) {
            // One report is enough, however often it stands there.
            let detail = "stands more than once; join several values with commas";
            let twice = fault(name, Code::InvalidParameter, detail);
            if !self.faults.contains(&twice) {
                self.fail(|| twice);
            }
            return;
        }
        let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name) else {
            self.fail(|| {
                let names: Vec<_> = parameters.iter().map(|known| known.name.to_owned()).collect();
                Fault {
                    did_you_mean: nearest(name, &names),
                    allowed: names,
                    ..fault(name, Code::UnknownParameter, "unknown parameter")
                }
            });
            return;
        };
        // Many clients escape every comma. Where no value can hold one it separates all the same;
        // in free text an escaped comma belongs to its value.
        let values: Result<Vec<String>, _> = if parameter.is_free_text() {
            value.split(',').map(decode).collect()
        } else {
            decode(value).map(|value| value.split(',').map(str::to_owned).collect())
        };
        let taken = match values {
            Ok(values) => self.take_values(parameter, &values),
            Err(wrong) => Err(fault(name, Code::InvalidParameter, wrong)),
        };
        if let Err(fault) = taken {
            self.fail(|| fault);
        }
    }

    fn take_values(&mut self, parameter: &Parameter, values: &[String]) -> Result<(), Fault> {
        if values.len() > MAX_VALUES {
            let detail = format!("holds {} values; ask for {MAX_VALUES} at a time", values.len());
            return Err(fault(parameter.name, Code::InvalidParameter, &detail));
        }
        match parameter.kind {
            Kind::Filter(_, column) => self.take_filter(column, values),
            Kind::Limit => self.take_limit(&values.join(",")),
            Kind::Cursor => {
                let given = values.join(",");
                cursor::check(&given)?;
                self.cursor = Some(given);
                Ok(())
            }
            Kind::Sort(resource) => self.take_sort(resource, values),
        }
    }

    fn take_filter(&mut self, column: &'static Column, values: &[String]) -> Result<(), Fault> {
        let cell =
            |text: &String| cell_of(column.ty, text).ok_or_else(|| wrong_value(column, text));
        let mut values = values.iter().map(cell).collect::<Result<Vec<_>, _>>()?;
        values.sort_by_cached_key(Cell::to_csv);
        values.dedup();
        self.filters.push(Filter { column, op: Op::Equal, values });
        Ok(())
    }

    fn take_limit(&mut self, value: &str) -> Result<(), Fault> {
        let detail =
            format!("expected a whole number from 0 to {MAX_LIMIT}, found `{}`", cut(value));
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        match value.parse() {
            Ok(limit) if digits && limit <= MAX_LIMIT => self.limit = Some(limit),
            // All digits and yet no number of ours: larger than any.
            Ok(_) | Err(_) if digits => return Err(fault("limit", Code::LimitTooLarge, &detail)),
            Ok(_) | Err(_) => return Err(fault("limit", Code::InvalidParameter, &detail)),
        }
        Ok(())
    }

    fn take_sort(&mut self, resource: &'static Resource, keys: &[String]) -> Result<(), Fault> {
        for key in keys {
            let (name, descending) =
                key.strip_prefix('-').map_or((key.as_str(), false), |name| (name, true));
            let column = resource.column(name).filter(|column| column.ty.is_scalar());
            let Some(column) = column else {
                let allowed = sort_names(resource);
                let detail = format!("cannot sort by `{}`", cut(name));
                return Err(Fault {
                    did_you_mean: nearest(name, &allowed),
                    allowed,
                    ..fault("sort", Code::InvalidParameter, &detail)
                });
            };
            if self.sort.iter().any(|key| key.column.name == name) {
                let detail = format!("sorts by `{name}` twice");
                return Err(fault("sort", Code::InvalidParameter, &detail));
            }
            self.sort.push(SortKey { column, descending });
        }
        Ok(())
    }

    fn finish(mut self, endpoint: &str) -> Result<Asked, Problem> {
        if !self.faults.is_empty() {
            return Err(Problem::of_faults(endpoint, self.faults, self.more_faults));
        }
        self.filters.sort_by_key(|filter| filter.column.name);
        if let Some(at) = self.sort.iter().position(|key| key.column.name == "id") {
            // No key after `id` can matter, and a rising `id` ends every order anyway.
            let implied = !self.sort[at].descending;
            self.sort.truncate(if implied { at } else { at + 1 });
        }
        let filters: Vec<String> = self.filters.iter().map(spell).collect();
        let sort: Vec<String> = self
            .sort
            .iter()
            .map(|key| format!("{}{}", if key.descending { "-" } else { "" }, key.column.name))
            .collect();
        Ok(Asked {
            canonical: Canonical {
                filters: filters.join("&"),
                sort: sort.join(","),
                limit: self.limit.filter(|limit| *limit != DEFAULT_LIMIT),
            },
            filters: self.filters,
            sort: self.sort,
            limit: self.limit.unwrap_or(DEFAULT_LIMIT),
            cursor: self.cursor,
        })
    }
}

fn spell(filter: &Filter) -> String {
    let spelled = |cell: &Cell| match (filter.column.ty, cell) {
        (ColumnType::Boolean, Cell::Integer(number)) => (*number != 0).to_string(),
        (_, cell) => utf8_percent_encode(&cell.to_csv(), VALUE).to_string(),
    };
    let values: Vec<String> = filter.values.iter().map(spelled).collect();
    format!("{}={}", filter.column.name, values.join(","))
}

/// The stored form of a value as a client writes it.
fn cell_of(ty: ColumnType, text: &str) -> Option<Cell> {
    if text.is_empty() {
        return None;
    }
    match ty {
        ColumnType::Text => Some(Cell::Text(text.to_owned())),
        ColumnType::Word(words) => words.contains(&text).then(|| Cell::Text(text.to_owned())),
        ColumnType::Integer => text.parse().ok().map(Cell::Integer),
        ColumnType::Real => {
            text.parse().ok().filter(|number: &f64| number.is_finite()).map(Cell::Real)
        }
        ColumnType::Boolean => text.parse().ok().map(|truth: bool| truth.to_cell()),
        ColumnType::Date => {
            let date: NaiveDate = text.parse().ok()?;
            // chrono also reads `2021-6-1`; a value has one spelling.
            (date.to_string() == text).then(|| date.to_cell())
        }
        ColumnType::Instant => DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|instant| instant.with_timezone(&Utc).to_cell()),
        ColumnType::TextList | ColumnType::Object => None,
    }
}

fn wrong_value(column: &Column, text: &str) -> Fault {
    let detail = format!("expected {}, found `{}`", expectation(column.ty), cut(text));
    let fault = fault(column.name, Code::InvalidParameter, &detail);
    let ColumnType::Word(words) = column.ty else { return fault };
    let allowed: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    Fault { did_you_mean: nearest(text, &allowed), allowed, ..fault }
}

fn fault(parameter: &str, code: Code, detail: &str) -> Fault {
    Fault {
        parameter: cut(parameter),
        code,
        detail: detail.to_owned(),
        did_you_mean: None,
        allowed: Vec::new(),
    }
}

fn nearest(name: &str, names: &[String]) -> Option<String> {
    if name.len() > LONGEST_COMPARED {
        return None;
    }
    let alike = |known: &String| strsim::damerau_levenshtein(name, known);
    let best = names.iter().min_by_key(|known| alike(known))?;
    let near = alike(best) <= 2 && best.len() > 2;
    (near || strsim::jaro_winkler(name, best) >= ALIKE).then(|| best.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(query: &str) -> Result<Asked, Problem> {
        let agencies = Resource::of_table("agencies").unwrap();
        read(query, &Parameter::of_list(agencies, &[]), "/v1/agencies")
    }

    #[test]
    fn whatever_asks_the_same_is_spelled_the_same() {
        let spell = |query| ask(query).unwrap().canonical.suffix(None);
        assert_eq!(spell("state=OH,MO&kind=sheriff"), "?kind=sheriff&state=MO,OH");
        assert_eq!(spell("kind=sheriff&state=MO,OH,MO&limit=50"), "?kind=sheriff&state=MO,OH");
        assert_eq!(spell("name=B%2C+C,A%2cD"), "?name=A%2CD,B%2C%20C");
        assert_eq!(
            spell("state=OH%2CMO&kind=sheriff%2cpolice"),
            "?kind=police,sheriff&state=MO,OH"
        );
        assert_eq!(spell("sort=name,id,state&utm_source=x"), "?sort=name");
        assert_eq!(spell("sort=id"), "");
        assert_eq!(spell("sort=-id"), "?sort=-id");
        assert_eq!(spell("registered=true&lat=41.50"), "?lat=41.5&registered=true");
        assert_eq!(spell("name=A+%26+B"), "?name=A%20%26%20B");
        assert_eq!(spell("limit=0"), "?limit=0");
    }

    #[test]
    fn all_faults_are_reported_at_once() {
        let problem =
            ask("sate=CA&kind=sherif&lat=x&limit=1001&state=OH&state=MO&sort=nam&city=&state=X")
                .unwrap_err();
        let faults: Vec<_> = problem
            .faults
            .iter()
            .map(|f| {
                let meant = f.did_you_mean.as_deref().unwrap_or("-");
                format!("{} | {} | {} | {meant}", f.parameter, f.code.as_str(), f.detail)
            })
            .collect();
        insta::assert_snapshot!(faults.join("\n"), @r"
        sate | unknown_parameter | unknown parameter | state
        kind | invalid_parameter | expected one of the words in `allowed`, found `sherif` | sheriff
        lat | invalid_parameter | expected a number, found `x` | -
        limit | limit_too_large | expected a whole number from 0 to 1000, found `1001` | -
        state | invalid_parameter | stands more than once; join several values with commas | -
        sort | invalid_parameter | cannot sort by `nam` | name
        city | invalid_parameter | expected text, found `` | -
        ");
        assert_eq!(problem.code, Code::InvalidParameter);
    }

    #[test]
    fn a_single_sort_of_fault_gives_its_code() {
        assert_eq!(ask("limit=1001").unwrap_err().code, Code::LimitTooLarge);
        assert_eq!(ask("limit=99999999999999999999999").unwrap_err().code, Code::LimitTooLarge);
        assert_eq!(ask("limit=-1").unwrap_err().code, Code::InvalidParameter);
        assert_eq!(ask("limit=%2B5").unwrap_err().code, Code::InvalidParameter);
        assert_eq!(ask("sate=CA").unwrap_err().code, Code::InvalidParameter);
    }

    #[test]
    fn a_report_has_bounds_whatever_is_asked() {
        let unknown: Vec<_> = (0..60).map(|number| format!("a{number}=x")).collect();
        let problem = ask(&unknown.join("&")).unwrap_err();
        assert_eq!(problem.faults.len(), MAX_FAULTS);
        assert!(problem.detail.ends_with("; and 10 more faults"), "{}", problem.detail);

        let long = format!("stat{}", "é".repeat(200));
        let problem = ask(&format!("{long}=x&lat={long}&sort={long}&limit={long}")).unwrap_err();
        for fault in &problem.faults {
            assert!(fault.parameter.chars().count() <= 101, "{}", fault.parameter);
            assert!(fault.detail.chars().count() <= 200, "{}", fault.detail);
            assert_eq!(fault.did_you_mean, None, "{}", fault.parameter);
        }
        assert_eq!(problem.faults.len(), 4);

        let list = |values: usize| format!("state={}", vec!["OH"; values].join(","));
        assert_eq!(ask(&list(MAX_VALUES)).unwrap().filters[0].values.len(), 1);
        assert_eq!(ask(&list(MAX_VALUES + 1)).unwrap_err().code, Code::InvalidParameter);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for (query, says) in [
            ("city=%FF", "'city': is not UTF-8"),
            ("city=A,%C3", "'city': is not UTF-8"),
            ("cit%FFy=A", "'cit%FFy': is not UTF-8"),
            ("city=%00", "'city': holds a NUL character"),
            ("cursor=a%00", "'cursor': holds a NUL character"),
        ] {
            let problem = ask(query).unwrap_err();
            assert_eq!((problem.code, problem.detail.as_str()), (Code::InvalidParameter, says));
        }
        assert!(ask("utm_source=%FF").is_ok());
    }

    #[test]
    fn a_broken_cursor_is_reported_with_the_other_faults() {
        let problem = ask("sate=OH&cursor=broken").unwrap_err();
        let told: Vec<_> = problem.faults.iter().map(|fault| fault.code).collect();
        assert_eq!(told, [Code::UnknownParameter, Code::CursorMismatch]);
        assert_eq!(problem.code, Code::InvalidParameter);
    }

    proptest::proptest! {
        #[test]
        fn a_canonical_query_is_its_own_canonical_form(
            names in proptest::collection::vec("[A-Z,&= %+é]{1,4}", 1..4),
            limit in 0_usize..=1000,
        ) {
            let values: Vec<String> = names
                .iter()
                .map(|name| url::form_urlencoded::byte_serialize(name.as_bytes()).collect())
                .collect();
            let asked = ask(&format!("name={}&limit={limit}", values.join(","))).unwrap();
            for name in &names {
                proptest::prop_assert!(asked.filters[0].values.contains(&Cell::Text(name.clone())));
            }
            let spelled = asked.canonical.suffix(None);
            let again = ask(spelled.trim_start_matches('?')).unwrap();
            proptest::prop_assert_eq!(again, asked);
        }
    }
}
