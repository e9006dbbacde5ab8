//! Charts as SVG, drawn here, with the figures they show as CSV. A chart is a file in this folder and
//! a line in [`CHARTS`].

mod axis;
mod bars;
mod by_basis;
mod by_state;
mod over_time;
mod requests;

use maud::{Markup, PreEscaped, html};

use super::figure::Reply;
use super::hash_source;
use super::inside::Inside;
use crate::record::ReleaseId;
use crate::serve::error::Problem;

/// Charts.
pub(in crate::serve) const CHARTS: &[Chart] =
    &[over_time::CHART, by_state::CHART, by_basis::CHART, requests::CHART];

/// A chart of a release.
pub(in crate::serve) struct Chart {
    /// Its name in addresses.
    pub(in crate::serve) name: &'static str,
    /// Its heading.
    pub(in crate::serve) title: &'static str,
    /// What it shows and how to read it.
    pub(in crate::serve) description: &'static str,
    draw: fn(&Inside) -> Result<Drawing, Problem>,
}

/// What a chart shows of a release.
struct Drawing {
    /// Its width and height.
    size: [f64; 2],
    /// What is drawn.
    marks: Markup,
    /// The names of the columns of its figures.
    columns: Vec<&'static str>,
    /// Its figures.
    rows: Vec<Vec<String>>,
    /// The answers of the API that they come from.
    replies: Vec<Reply>,
}

/// How charts look by themselves. In a page the style of the page does not reach them, so they bring
/// their own, light and dark.
const STYLE: &str = "\
svg{color-scheme:light dark;--ink:#16202c;--soft:#4a5563;--line:#c5ccd6;--a:#0b4a99;--b:#b9cbe4;--c:#a34700}\
@media (prefers-color-scheme:dark){svg{--ink:#eef2f7;--soft:#b6c0cc;--line:#3d4957;--a:#9ecbff;--b:#3d5c85;--c:#ffb070}}\
text{font:14px system-ui,sans-serif;fill:var(--ink)}.soft{fill:var(--soft)}.end{text-anchor:end}.middle{text-anchor:middle}\
line{stroke:var(--line)}.a{fill:var(--a)}.b{fill:var(--b)}.c{fill:var(--c)}";

/// What a chart may load, as `Content-Security-Policy` has it: the style in it.
pub(in crate::serve) static POLICY: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    format!("default-src 'none'; style-src {}; frame-ancestors *", hash_source(STYLE))
});

impl Chart {
    /// The chart of that name.
    pub(in crate::serve) fn named(name: &str) -> Option<&'static Self> {
        CHARTS.iter().find(|chart| chart.name == name)
    }

    /// The chart as SVG.
    pub(in crate::serve) fn svg(&self, inside: &Inside) -> Result<String, Problem> {
        let Drawing { size: [width, height], marks, .. } = (self.draw)(inside)?;
        let view = format!("0 0 {width} {height}");
        let svg = html! {
            svg xmlns="http://www.w3.org/2000/svg" viewBox=(view) width=(width) height=(height)
                role="img" aria-labelledby="title description" {
                title #title { (self.title) }
                desc #description { (self.description) " Porchlight, release " (inside.release()) "." }
                style { (PreEscaped(STYLE)) }
                (marks)
            }
        };
        Ok(svg.into_string())
    }

    /// Its figures as CSV.
    pub(in crate::serve) fn csv(&self, inside: &Inside) -> Result<Vec<u8>, Problem> {
        let Drawing { columns, rows, .. } = (self.draw)(inside)?;
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&columns).map_err(Problem::internal)?;
        for row in &rows {
            writer.write_record(row).map_err(Problem::internal)?;
        }
        writer.into_inner().map_err(|error| Problem::internal(error.into_error()))
    }

    /// The calls of the API that its figures come from.
    pub(in crate::serve) fn calls(&self, inside: &Inside) -> Result<Vec<String>, Problem> {
        let Drawing { replies, .. } = (self.draw)(inside)?;
        Ok(replies.iter().map(|reply| reply.call().to_owned()).collect())
    }

    /// The address of the chart of a release, with that suffix.
    pub(super) fn address(&self, release: ReleaseId, suffix: &str) -> String {
        format!("/charts/{release}/{}.{suffix}", self.name)
    }
}

/// A chart in a page, with its figures and where to take it from.
pub(in crate::serve) fn figure(name: &str, release: ReleaseId) -> Markup {
    html! {
        @if let Some(chart) = Chart::named(name) {
            figure {
                img src=(chart.address(release, "svg")) alt={ (chart.title) ". " (chart.description) }
                    loading="lazy" width="720" height="400";
                figcaption {
                    (chart.description) " "
                    a href=(chart.address(release, "csv")) { "Figures (CSV)" } ", "
                    a href={ "/charts#" (chart.name) } { "use this chart" }
                }
            }
        }
    }
}

/// The contents of the page of all charts.
pub(in crate::serve) fn charts(inside: &Inside, host: &str) -> Result<Markup, Problem> {
    let release = inside.release();
    let mut calls = Vec::new();
    for chart in CHARTS {
        calls.push((chart, chart.calls(inside)?));
    }
    Ok(html! {
        h1 { "Charts" }
        p.lead { "Each as a picture, as figures, and to put in a page of yours. They are of release " (release) " and never change." }
        @for (chart, calls) in &calls {
            section aria-labelledby=(chart.name) {
                h2 id=(chart.name) { (chart.title) }
                (figure(chart.name, release))
                pre tabindex="0" {
                    "<iframe src=\"" (host) "/embed/" (release) "/" (chart.name)
                    "\" title=\"" (chart.title) "\" width=\"760\" height=\"520\"></iframe>"
                }
                p.links {
                    a href=(chart.address(release, "svg")) { "Picture (SVG)" } ", "
                    a href=(chart.address(release, "csv")) { "figures (CSV)" }
                    @for call in calls { ", " a href=(call) { "call of the API" } }
                }
            }
        }
    })
}

/// A chart alone, for a frame in another page.
pub(in crate::serve) fn embedded(chart: &Chart, release: ReleaseId, host: &str) -> Markup {
    html! {
        h1 { (chart.title) }
        figure {
            img src=(chart.address(release, "svg")) alt={ (chart.title) ". " (chart.description) } width="720" height="400";
            figcaption {
                (chart.description) " "
                a href={ (host) "/releases/" (release) } target="_top" { "Porchlight, release " (release) }
                ", CC BY 4.0. "
                a href=(chart.address(release, "csv")) { "Figures" }
            }
        }
    }
}
