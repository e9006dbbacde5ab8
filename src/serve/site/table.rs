//! Tables of records: the API's filters as a form, whose every state is an address, and the records
//! a page at a time.

use maud::{Markup, html};
use url::form_urlencoded;

use super::figure::{Entry, Reply};
use super::inside::{Inside, Question};
use super::parts::{agency_address, as_data, next_page, parameter, state_options, word_options};
use super::record::record_address;
use super::words::{first_date, heading, period, plain, time};
use crate::record::{ColumnType, PartnershipStatus, Resource, state_name};
use crate::serve::error::Problem;

/// A page that is a table of records of one resource.
pub(in crate::serve) struct Table {
    /// The last segment of its address.
    pub(in crate::serve) name: &'static str,
    /// Its heading.
    pub(in crate::serve) title: &'static str,
    /// What it holds, for those who list it.
    pub(in crate::serve) description: &'static str,
    /// The resource.
    resource: &'static str,
    /// The records that are told of with each.
    include: &'static str,
    /// The operation that lists it.
    operation: &'static str,
    /// A sentence before the table.
    lead: &'static str,
    /// Fields of the form.
    filters: &'static [&'static str],
    /// Orders that are offered: the value of `sort` and its words. The first is taken where none is
    /// chosen.
    orders: &'static [(&'static str, &'static str)],
    /// Its columns.
    columns: &'static [Column],
}

struct Column {
    name: &'static str,
    /// What kind of cell it has, for its style.
    class: &'static str,
    cell: fn(&Entry<'_>) -> Markup,
}

const fn column(name: &'static str, class: &'static str, cell: fn(&Entry<'_>) -> Markup) -> Column {
    Column { name, class, cell }
}

/// Records on a page of a table.
const ON_A_PAGE: usize = 50;

/// The pages that are tables.
pub(in crate::serve) const TABLES: &[Table] = &[
    Table {
        name: "partnerships",
        title: "Partnerships",
        description: "Police and fire departments that are on record as partners of home-surveillance \
                      companies, with since when and who says so.",
        resource: "partnerships",
        include: "program",
        operation: "listPartnerships",
        lead: "Departments that a source lists as a partner. That a source no longer lists one does not \
               mean that it ended: then it is not known.",
        filters: &["q", "state", "service", "program_id", "status", "valid_on"],
        orders: &[
            ("agency_name", "Name of the department"),
            ("-started_on", "Newest first"),
            ("started_on", "Oldest first"),
            ("-last_listed_on", "Last listed"),
        ],
        columns: &[
            column("Department", "", department),
            column("State", "", |entry| html! { (state(entry)) }),
            column("Program", "", |entry| html! { (named(entry, "program", "program_id")) }),
            column("First date", "", first_date),
            column("Last listed", "", |entry| time(entry.text("last_listed_on"), "day")),
            column("Now", "", |entry| html! { (super::place::standing(entry.text("status"))) }),
        ],
    },
    Table {
        name: "disclosures",
        title: "Disclosures",
        description: "Footage and data of home-surveillance companies that police asked for or were \
                      given, with the legal basis and whether anybody consented.",
        resource: "disclosures",
        include: "vendor",
        operation: "listDisclosures",
        lead: "Footage or data that was asked for or handed over, as far as it is documented one by one. \
               Most is not: companies publish yearly sums at best (see Totals).",
        filters: &["q", "legal_basis", "consent", "warrant", "stage", "state", "vendor_id"],
        orders: &[("-occurred_from_on", "Newest first"), ("occurred_from_on", "Oldest first")],
        columns: &[
            column("What", "text", |entry| titled("disclosures", entry)),
            column("When", "", |entry| period(entry, "occurred_from_on", "occurred_to_on")),
            column("Incidents", "number", |entry| entry.number("incident_count")),
            column("Legal basis", "", |entry| html! { (heading(entry.text("legal_basis"))) }),
            column("Consent", "", |entry| html! { (heading(entry.text("consent"))) }),
            column("Warrant", "", |entry| html! { (heading(entry.text("warrant"))) }),
        ],
    },
    Table {
        name: "totals",
        title: "Totals",
        description: "Counts that companies, senators and reporters stated: of partner departments, of \
                      requests, of disclosures, as they stated them.",
        resource: "reported_totals",
        include: "vendor",
        operation: "listReportedTotals",
        lead: "Counts as somebody stated them. They are claims, with who made them; Porchlight does not \
               add them up.",
        filters: &["metric", "scope", "vendor_id", "q"],
        orders: &[("metric,-as_of_on", "What is counted"), ("-value", "Largest first")],
        columns: &[
            column(
                "Counted",
                "",
                |entry| html! { span id=(entry.text("id")) { (page_link("reported_totals", entry, &heading(entry.text("metric")))) } },
            ),
            column("Count", "", claimed),
            column("Of", "", |entry| html! { (plain(entry.text("scope"))) }),
            column("When", "", counted_when),
            column("Stated by", "text", |entry| html! { bdi { (entry.text("stated_by")) } }),
            column("Company", "", |entry| html! { (named(entry, "vendor", "vendor_id")) }),
            column("Evidence", "", |entry| evidence_link("reported_totals", entry)),
        ],
    },
    Table {
        name: "events",
        title: "Events",
        description: "Letters, answers, changes of policy, lawsuits and reports about home surveillance \
                      and the police.",
        resource: "events",
        include: "vendor",
        operation: "listEvents",
        lead: "What happened to the companies, their programs and the rules they work under.",
        filters: &["q", "kind", "vendor_id"],
        orders: &[("-occurred_on", "Newest first"), ("occurred_on", "Oldest first")],
        columns: &[
            column("When", "", |entry| {
                time(entry.text("occurred_on"), entry.text("occurred_on_precision"))
            }),
            column("What", "text", |entry| titled("events", entry)),
            column("Kind", "", |entry| html! { (heading(entry.text("kind"))) }),
            column("Company", "", |entry| html! { (named(entry, "vendor", "vendor_id")) }),
            column("Evidence", "", |entry| evidence_link("events", entry)),
        ],
    },
];

impl Table {
    /// What the API is asked for an address of this page; `query` is the page's own.
    pub(in crate::serve) fn question(
        &self,
        inside: &Inside,
        query: &str,
    ) -> Result<Question, Problem> {
        let mut asked = form_urlencoded::Serializer::new(String::new());
        let given: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let has = |name: &str| given.iter().any(|(given, _)| given == name);
        // What is searched comes by how well it fits.
        if !has("sort") && !has("q") {
            asked.append_pair("sort", self.orders[0].0);
        }
        if !has("limit") {
            asked.append_pair("limit", &ON_A_PAGE.to_string());
        }
        asked.append_pair("include", self.include);
        asked.extend_pairs(given.iter());
        inside.question(self.operation, &[], &asked.finish())
    }

    /// The contents of the page.
    pub(in crate::serve) fn page(
        &self,
        inside: &Inside,
        query: &str,
        question: Question,
    ) -> Result<Markup, Problem> {
        let reply = question.reply()?;
        let form = self.form(inside, query)?;
        Ok(html! {
            h1 { (self.title) }
            p.lead { (self.lead) }
            (form)
            p {
                (reply.number("/meta/total")) " found. "
                a href={ "/feeds/changes.atom" (self.feed(query)) } { "Follow changes as a feed" }
            }
            (self.records(&reply))
            (next_page(&format!("/{}", self.name), query, &reply))
            (as_data(&[&reply]))
        })
    }

    fn form(&self, inside: &Inside, query: &str) -> Result<Markup, Problem> {
        let chosen = |name: &str| parameter(query, name);
        let mut fields = Vec::new();
        for name in self.filters {
            fields.push((*name, self.field(inside, name, &chosen(name))?));
        }
        let sort = chosen("sort");
        Ok(html! {
            form.filters action={ "/" (self.name) } aria-label="Filters" autocomplete="off" {
                @for (name, field) in &fields {
                    div { label for=(name) { (label(name)) } (field) }
                }
                div {
                    label for="sort" { "Sort by" }
                    select #sort name="sort" {
                        option value="" { "Usual order" }
                        @for (value, words) in self.orders {
                            option value=(value) selected[*value == sort] { (words) }
                        }
                    }
                }
                button type="submit" { "Show" }
                @if !query.is_empty() { p { a href={ "/" (self.name) } { "Show all" } } }
            }
        })
    }

    fn field(&self, inside: &Inside, name: &str, chosen: &str) -> Result<Markup, Problem> {
        let column = Resource::of_table(self.resource).and_then(|resource| resource.column(name));
        Ok(match (name, column.map(|column| column.ty)) {
            ("q", _) => html! { input #q type="search" name="q" value=(chosen) maxlength="200"; },
            ("valid_on", _) => {
                html! { input #valid_on type="date" name="valid_on" value=(chosen); }
            }
            ("status", _) => html! { select #status name="status" {
                option value="" { "All" }
                @for word in PartnershipStatus::WORDS {
                    option value=(word) selected[*word == chosen] { (heading(super::place::standing(word))) }
                }
            } },
            ("state", _) => html! { select #state name="state" { (state_options(chosen)) } },
            ("program_id" | "vendor_id", _) => {
                let operation = if name == "program_id" { "listPrograms" } else { "listVendors" };
                let all = inside.get(operation, &[], "limit=1000&sort=name")?;
                html! { select id=(name) name=(name) {
                    option value="" { "All" }
                    @for entry in all.records() {
                        option value=(entry.text("id")) selected[entry.text("id") == chosen] { (entry.text("name")) }
                    }
                } }
            }
            (_, Some(ColumnType::Word(words))) => {
                html! { select id=(name) name=(name) { (word_options(words, chosen)) } }
            }
            _ => html! { input id=(name) name=(name) value=(chosen) maxlength="200"; },
        })
    }

    /// The query of the feed of what this page shows: the filters that feeds have.
    fn feed(&self, query: &str) -> String {
        let mut feed = form_urlencoded::Serializer::new("?".to_owned());
        for name in ["state", "program_id"] {
            let value = parameter(query, name);
            if !value.is_empty() && self.filters.contains(&name) {
                feed.append_pair(name, &value);
            }
        }
        feed.finish().trim_end_matches('?').to_owned()
    }

    fn records(&self, reply: &Reply) -> Markup {
        html! {
            div.wide role="region" aria-label=(self.title) tabindex="0" { table {
                caption { (self.title) }
                thead { tr { @for column in self.columns {
                    th scope="col" class=[class(column)] { (column.name) }
                } } }
                tbody data-call=(reply.call()) { @for entry in reply.records() { tr {
                    @for column in self.columns { td class=[class(column)] { ((column.cell)(&entry)) } }
                } } }
            } }
            @if reply.total() == 0 {
                p { "Nothing fits. That nothing is on record does not mean that nothing is there." }
            }
        }
    }
}

fn class(column: &Column) -> Option<&'static str> {
    (!column.class.is_empty()).then_some(column.class)
}

fn label(name: &str) -> String {
    match name {
        "q" => "Words".to_owned(),
        "program_id" => "Program".to_owned(),
        "vendor_id" => "Company".to_owned(),
        "service" => "Police or fire".to_owned(),
        "status" => "Now".to_owned(),
        "valid_on" => "In force on".to_owned(),
        "metric" => "What is counted".to_owned(),
        "scope" => "Of police or fire".to_owned(),
        _ => heading(name),
    }
}

fn department(entry: &Entry<'_>) -> Markup {
    let (id, name) = (entry.text("agency_id"), entry.text("agency_name"));
    html! { bdi {
        @if id.is_empty() {
            (page_link("partnerships", entry, entry.text("agency_name_reported"))) " " span.soft { "(which department that is could not be told)" }
        } @else { a href=(agency_address(id, name)) { (name) } }
    } }
}

fn state(entry: &Entry<'_>) -> String {
    let code = entry.text("state");
    state_name(code).unwrap_or(code).to_owned()
}

fn named(entry: &Entry<'_>, part: &str, otherwise: &str) -> String {
    entry.part(part).map_or_else(|| entry.text(otherwise), |part| part.text("name")).to_owned()
}

fn titled(resource: &str, entry: &Entry<'_>) -> Markup {
    html! {
        strong id=(entry.text("id")) { (page_link(resource, entry, entry.text("title"))) }
        @if !entry.text("summary").is_empty() { br; bdi { (entry.text("summary")) } }
        @if !entry.text("legal_basis").is_empty() { br; (evidence_link("disclosures", entry)) }
    }
}

/// What a record is called, as the link to its page.
fn page_link(resource: &str, entry: &Entry<'_>, name: &str) -> Markup {
    html! { a href=[record_address(resource, entry.text("id"))] { bdi { (name) } } }
}

fn evidence_link(resource: &str, entry: &Entry<'_>) -> Markup {
    let address = record_address(resource, entry.text("id")).map(|page| page + "#evidence");
    html! { a href=[address] { "Evidence: " (entry.number("evidence_count")) } }
}

/// A count as it was stated, and of what: "at least 900 agencies", "up to 20 percent".
pub(super) fn claimed(entry: &Entry<'_>) -> Markup {
    html! {
        @match entry.text("value_kind") {
            "range" if entry.field("value_lower").is_null() => { "up to " (entry.number("value_upper")) },
            "range" if entry.field("value_upper").is_null() => { "at least " (entry.number("value_lower")) },
            "range" => { (entry.number("value_lower")) " to " (entry.number("value_upper")) },
            "at_least" => { "at least " (entry.number("value")) },
            "about" => { "about " (entry.number("value")) },
            _ => { (entry.number("value")) },
        }
        " " (entry.text("unit"))
    }
}

/// When what was counted happened, else the day the count stands for.
pub(super) fn counted_when(entry: &Entry<'_>) -> Markup {
    let has_period =
        ["period_from_on", "period_to_on"].iter().any(|name| !entry.text(name).is_empty());
    if has_period {
        period(entry, "period_from_on", "period_to_on")
    } else {
        time(entry.text("as_of_on"), "day")
    }
}
