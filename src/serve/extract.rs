//! Reads a query string once, against the parameters of its endpoint, and reports all faults.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode;

use super::asked::{Asked, Canonical, column_of};
use super::cursor;
use super::error::{Code, Fault, Problem, cut};
use super::form::Form;
use super::include;
use super::locate::{self, Located};
use super::nearest::nearest;
use super::parameter::{Kind, MAX_DIMENSIONS, MAX_LIMIT, Parameter, dimensions, sort_names};
use super::value;
use crate::record::{Column, Interval, Resource, UnknownWord};
use crate::release::database::{SortBy, SortKey, ValidOn, Words};

/// Values one parameter may hold.
const MAX_VALUES: usize = 1000;

/// Words one search may have: each is looked up in the whole index.
const MAX_WORDS: usize = 20;

/// Fields one order may have: each adds to the ways in which a row can come after another.
pub(super) const MAX_SORT_KEYS: usize = 5;

/// Faults reported of one query.
const MAX_FAULTS: usize = 50;

/// Reads a query string; `endpoint` is the path named in the report, `form` that of the answer.
pub(super) fn read(
    query: &str,
    parameters: &[Parameter],
    endpoint: &str,
    form: Form,
) -> Result<Asked, Problem> {
    let mut reader = Reader::of(form);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // Campaign tags are put on links by others; they ask for nothing.
        if name.starts_with("utm_") {
            continue;
        }
        match decode(name) {
            Ok(name) => reader.take(&name, value, parameters),
            Err(wrong) => reader.fail(|| Fault::new(name, Code::InvalidParameter, wrong)),
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

struct Reader {
    form: Form,
    seen: BTreeSet<String>,
    asked: Asked,
    located: Located,
    include_uncertain: Option<bool>,
    /// Conditions in their one spelling, by name.
    conditions: BTreeMap<String, String>,
    faults: Vec<Fault>,
    /// Faults there are beside those.
    more_faults: usize,
}

impl Reader {
    fn of(form: Form) -> Self {
        Self {
            form,
            seen: BTreeSet::new(),
            asked: Asked::default(),
            located: Located::default(),
            include_uncertain: None,
            conditions: BTreeMap::new(),
            faults: Vec::new(),
            more_faults: 0,
        }
    }

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
            let twice = Fault::new(name, Code::InvalidParameter, detail);
            if !self.faults.contains(&twice) {
                self.fail(|| twice);
            }
            return;
        }
        let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name) else {
            self.fail(|| {
                let names: Vec<_> = parameters.iter().map(|known| known.name.clone()).collect();
                Fault {
                    did_you_mean: nearest(name, &names),
                    allowed: names,
                    ..Fault::new(name, Code::UnknownParameter, "unknown parameter")
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
            Err(wrong) => Err(Fault::new(name, Code::InvalidParameter, wrong)),
        };
        if let Err(fault) = taken {
            self.fail(|| fault);
        }
    }

    fn take_values(&mut self, parameter: &Parameter, values: &[String]) -> Result<(), Fault> {
        let name = parameter.name.as_str();
        if values.len() > MAX_VALUES {
            let detail = format!("holds {} values; ask for {MAX_VALUES} at a time", values.len());
            return Err(Fault::new(name, Code::InvalidParameter, &detail));
        }
        // What takes no list is read as it stands, commas and all.
        let whole = values.join(",");
        match parameter.kind {
            Kind::Limit | Kind::Cursor if self.form != Form::Json => {
                let detail = "belongs to JSON, which comes in pages; this form holds all records";
                return Err(Fault::new(name, Code::InvalidParameter, detail));
            }
            Kind::Include(_) if self.form == Form::Csv => {
                let detail = "has no place in a table; ask for JSON, NDJSON or GeoJSON";
                return Err(Fault::new(name, Code::InvalidParameter, detail));
            }
            Kind::Bom if self.form != Form::Csv => {
                let detail = "belongs to CSV";
                return Err(Fault::new(name, Code::InvalidParameter, detail));
            }
            Kind::Filter(_, column, op) => {
                let filter = value::filter(name, column, op, values)?;
                self.condition(name, value::spell_filter(&filter));
                self.asked.filters.push(filter);
            }
            Kind::Words => self.take_words(name, &whole)?,
            Kind::ValidOn | Kind::FromDay | Kind::ToDay => {
                self.take_day(name, parameter.kind, &whole)?;
            }
            Kind::IncludeUncertain => self.include_uncertain = Some(truth(name, &whole)?),
            Kind::Bbox => {
                let bbox = locate::bbox(values)?;
                let edges = [bbox.west, bbox.south, bbox.east, bbox.north];
                self.condition(name, edges.map(|edge| edge.to_string()).join(","));
                self.located.bbox = Some(bbox);
            }
            Kind::NearLat => self.located.lat = Some(self.degrees(name, &whole, 90.0)?),
            Kind::NearLon => self.located.lon = Some(self.degrees(name, &whole, 180.0)?),
            Kind::RadiusKm => {
                let radius_km = locate::radius_km(&whole)?;
                self.located.radius_km = Some(radius_km);
                self.condition(name, radius_km.to_string());
            }
            Kind::Sort(resource) => self.take_sort(resource, values)?,
            Kind::Fields(resource) => self.take_fields(name, resource, values)?,
            Kind::Include(resource) => self.take_include(name, resource, values)?,
            Kind::By(resource) | Kind::MayBy(resource) => self.take_by(name, resource, values)?,
            Kind::Interval => self.take_interval(name, &whole)?,
            Kind::Bom => self.asked.bom = truth(name, &whole)?,
            Kind::Limit => self.take_limit(&whole)?,
            Kind::Cursor => {
                cursor::check(&whole)?;
                self.asked.cursor = Some(whole);
            }
            Kind::Named(named) => {
                let values = named.check(values)?;
                self.condition(name, value::spell_values(&values));
                self.asked.named.insert(named.name(), values);
            }
        }
        Ok(())
    }

    fn take_day(&mut self, name: &str, kind: Kind, text: &str) -> Result<(), Fault> {
        let day = value::date(text).ok_or_else(|| expected(name, "a date, YYYY-MM-DD", text))?;
        self.condition(name, day.to_string());
        if matches!(kind, Kind::FromDay) {
            self.asked.from = Some(day);
        } else if matches!(kind, Kind::ToDay) {
            self.asked.to = Some(day);
        } else {
            self.asked.valid_on = Some(ValidOn { day, include_uncertain: false });
        }
        Ok(())
    }

    fn degrees(&mut self, name: &str, text: &str, most: f64) -> Result<f64, Fault> {
        let degrees = locate::degrees(name, text, most)?;
        self.condition(name, degrees.to_string());
        Ok(degrees)
    }

    fn take_interval(&mut self, name: &str, text: &str) -> Result<(), Fault> {
        let interval = text.parse().map_err(|_unhelpful: UnknownWord| {
            let allowed = Interval::WORDS.iter().map(|word| (*word).to_owned()).collect();
            none_of(name, text, &format!("there is no interval `{}`", cut(text)), allowed)
        })?;
        self.asked.interval = Some(interval);
        Ok(())
    }

    fn condition(&mut self, name: &str, spelled: String) {
        self.conditions.insert(name.to_owned(), spelled);
    }

    fn take_words(&mut self, name: &str, text: &str) -> Result<(), Fault> {
        let words = Words::of(text).ok_or_else(|| expected(name, "words", text))?;
        if words.count() > MAX_WORDS {
            let detail = format!("has {} words; {MAX_WORDS} are read at most", words.count());
            return Err(Fault::new(name, Code::InvalidParameter, &detail));
        }
        self.condition(name, value::escape(&words.text()));
        self.asked.words = Some(words);
        Ok(())
    }

    fn take_limit(&mut self, value: &str) -> Result<(), Fault> {
        let detail =
            format!("expected a whole number from 0 to {MAX_LIMIT}, found `{}`", cut(value));
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        match value.parse() {
            Ok(limit) if digits && limit <= MAX_LIMIT => self.asked.limit = Some(limit),
            // All digits and yet no number of ours: larger than any.
            Ok(_) | Err(_) if digits => {
                return Err(Fault::new("limit", Code::LimitTooLarge, &detail));
            }
            Ok(_) | Err(_) => return Err(Fault::new("limit", Code::InvalidParameter, &detail)),
        }
        Ok(())
    }

    fn take_sort(&mut self, resource: &'static Resource, keys: &[String]) -> Result<(), Fault> {
        if keys.len() > MAX_SORT_KEYS {
            let detail = format!("sorts by {} fields; {MAX_SORT_KEYS} at most", keys.len());
            return Err(Fault::new("sort", Code::InvalidParameter, &detail));
        }
        for key in keys {
            let (name, descending) =
                key.strip_prefix('-').map_or((key.as_str(), false), |name| (name, true));
            let column = resource.column(name).filter(|column| column.ty.is_scalar());
            let Some(column) = column else {
                let detail = format!("cannot sort by `{}`", cut(name));
                return Err(none_of("sort", name, &detail, sort_names(resource)));
            };
            if self.asked.sort.iter().any(|key| column_of(key) == Some(name)) {
                let detail = format!("sorts by `{name}` twice");
                return Err(Fault::new("sort", Code::InvalidParameter, &detail));
            }
            self.asked.sort.push(SortKey { by: SortBy::Column(column), descending });
        }
        Ok(())
    }

    fn take_fields(
        &mut self,
        parameter: &str,
        resource: &'static Resource,
        names: &[String],
    ) -> Result<(), Fault> {
        for name in names {
            if resource.column(name).is_none() {
                let allowed = resource.columns.iter().map(|column| column.name.to_owned());
                let detail = format!("there is no field `{}`", cut(name));
                return Err(none_of(parameter, name, &detail, allowed.collect()));
            }
        }
        let shown =
            |column: &&Column| column.name == "id" || names.iter().any(|n| n == column.name);
        let shown: Vec<_> = resource.columns.iter().filter(shown).collect();
        self.asked.fields = (shown.len() < resource.columns.len()).then_some(shown);
        Ok(())
    }

    fn take_include(
        &mut self,
        parameter: &str,
        resource: &'static Resource,
        names: &[String],
    ) -> Result<(), Fault> {
        let known = include::names(resource);
        if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let detail = format!("cannot include `{}`", cut(name));
            let allowed = known.iter().map(|name| (*name).to_owned()).collect();
            return Err(none_of(parameter, name, &detail, allowed));
        }
        let asked = include::all(resource);
        self.asked.include =
            asked.into_iter().filter(|i| names.iter().any(|n| n == i.name())).collect();
        Ok(())
    }

    fn take_by(
        &mut self,
        parameter: &str,
        resource: &'static Resource,
        names: &[String],
    ) -> Result<(), Fault> {
        let known = dimensions(resource);
        if names.len() > MAX_DIMENSIONS {
            let detail = format!("takes 1 to {MAX_DIMENSIONS} fields, found {}", names.len());
            return Err(Fault::new(parameter, Code::InvalidParameter, &detail));
        }
        for name in names {
            let Some(column) = known.iter().find(|column| column.name == name) else {
                let detail = format!("cannot count by `{}`", cut(name));
                let allowed = known.iter().map(|column| column.name.to_owned()).collect();
                return Err(none_of(parameter, name, &detail, allowed));
            };
            if self.asked.by.contains(column) {
                let detail = format!("counts by `{name}` twice");
                return Err(Fault::new(parameter, Code::InvalidParameter, &detail));
            }
            self.asked.by.push(*column);
        }
        Ok(())
    }

    fn finish(mut self, endpoint: &str) -> Result<Asked, Problem> {
        let (region, faults) = self.located.region();
        self.asked.region = region;
        // Where half of a place is wrong, it is not missing.
        let wrong = |fault: &Fault| matches!(fault.parameter.as_str(), "near_lat" | "near_lon");
        if !self.faults.iter().any(wrong) {
            for fault in faults {
                self.fail(|| fault);
            }
        }
        match (&mut self.asked.valid_on, self.include_uncertain) {
            (Some(valid_on), Some(true)) => {
                valid_on.include_uncertain = true;
                self.condition("include_uncertain", true.to_string());
            }
            (None, Some(_)) if !self.seen.contains("valid_on") => self.fail(|| {
                let detail = "needs `valid_on` beside it";
                Fault::new("include_uncertain", Code::InvalidParameter, detail)
            }),
            (Some(_) | None, Some(_) | None) => {}
        }
        if !self.faults.is_empty() {
            return Err(Problem::of_faults(endpoint, self.faults, self.more_faults));
        }
        let mut asked = self.asked;
        asked.filters.sort_by_key(|filter| (filter.column.name, filter.op));
        if let Some(at) = asked.sort.iter().position(|key| column_of(key) == Some("id")) {
            // No key after `id` can matter, and an `id` that goes the way of the key before it ends
            // every order anyway. Alone it stays where another order is implied.
            let before = at.checked_sub(1).map(|before| asked.sort[before].descending);
            let other_order = asked.words.is_some() || asked.region.near.is_some();
            let implied = asked.sort[at].descending == before.unwrap_or(false)
                && (before.is_some() || !other_order);
            asked.sort.truncate(if implied { at } else { at + 1 });
        }
        asked.canonical = Canonical::of(&asked, &self.conditions);
        Ok(asked)
    }
}

fn truth(parameter: &str, text: &str) -> Result<bool, Fault> {
    value::truth(text).ok_or_else(|| expected(parameter, "`true` or `false`", text))
}

fn expected(parameter: &str, what: &str, found: &str) -> Fault {
    let detail = format!("expected {what}, found `{}`", cut(found));
    Fault::new(parameter, Code::InvalidParameter, &detail)
}

/// The fault of naming what is not among the names there are.
fn none_of(parameter: &str, name: &str, detail: &str, allowed: Vec<String>) -> Fault {
    Fault {
        did_you_mean: nearest(name, &allowed),
        allowed,
        ..Fault::new(parameter, Code::InvalidParameter, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Cell;

    fn ask(query: &str) -> Result<Asked, Problem> {
        let agencies = Resource::of_table("agencies").unwrap();
        read(query, &Parameter::of_list(agencies, &[]), "/v1/agencies", Form::Json)
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
        assert_eq!(spell("sort=-name,-id"), "?sort=-name");
        assert_eq!(spell("sort=-name,id"), "?sort=-name,id");
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
            // The page size that goes without saying is not said.
            proptest::prop_assert_eq!(again.page_size(), asked.page_size());
            let sizeless = |asked| Asked { limit: None, ..asked };
            proptest::prop_assert_eq!(sizeless(again), sizeless(asked));
        }
    }
}
