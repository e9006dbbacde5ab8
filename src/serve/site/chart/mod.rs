//! Charts as SVG, drawn here, with the figures they show as CSV. A chart is a file in this folder and
//! a line in [`CHARTS`].

mod axis;
mod bars;
mod by_basis;
mod by_state;
mod over_time;
mod requests;

use std::sync::LazyLock;

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
pub(in crate::serve) static POLICY: LazyLock<String> = LazyLock::new(|| {
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

    /// The address of the chart of a release, with that suffix.
    pub(super) fn address(&self, release: ReleaseId, suffix: &str) -> String {
        format!("/charts/{release}/{}.{suffix}", self.name)
    }
}

impl Chart {
    /// The picture of that size.
    fn picture(&self, release: ReleaseId, [width, height]: [f64; 2]) -> Markup {
        html! {
            img src=(self.address(release, "svg")) alt={ (self.title) ". " (self.description) }
                loading="lazy" width=(width) height=(height);
        }
    }

    /// The chart in a page, with its figures and where to take it from.
    fn figure(&self, release: ReleaseId, size: [f64; 2]) -> Markup {
        html! {
            figure {
                (self.picture(release, size))
                figcaption {
                    (self.description) " "
                    a href=(self.address(release, "csv")) { "Figures (CSV)" } ", "
                    a href={ "/charts#" (self.name) } { "use this chart" }
                }
            }
        }
    }
}

/// Partnerships over time, for another page.
pub(super) fn over_time(release: ReleaseId) -> Markup {
    over_time::CHART.figure(release, over_time::SIZE)
}

/// What a frame needs below the picture for its words, in pixels.
const WORDS: f64 = 160.0;

/// The contents of the page of all charts.
pub(in crate::serve) fn charts(inside: &Inside, host: &str) -> Result<Markup, Problem> {
    let release = inside.release();
    let mut drawn = Vec::new();
    for chart in CHARTS {
        drawn.push((chart, (chart.draw)(inside)?));
    }
    Ok(html! {
        h1 { "Charts" }
        p.lead { "Each as a picture, as figures, and to put in a page of yours. They are of release " (release) " and never change." }
        @for (chart, Drawing { size, replies, .. }) in &drawn {
            section aria-labelledby=(chart.name) {
                h2 id=(chart.name) { (chart.title) }
                (chart.figure(release, *size))
                pre tabindex="0" {
                    "<iframe src=\"" (host) "/embed/" (release) "/" (chart.name) "\" title=\"" (chart.title)
                    "\" width=\"760\" height=\"" (size[1] + WORDS) "\"></iframe>"
                }
                p.links {
                    a href=(chart.address(release, "svg")) { "Picture (SVG)" } ", "
                    a href=(chart.address(release, "csv")) { "figures (CSV)" }
                    @for reply in replies { ", " a href=(reply.call()) { "call of the API" } }
                }
            }
        }
    })
}

/// A chart alone, for a frame in another page.
pub(in crate::serve) fn embedded(
    chart: &Chart,
    inside: &Inside,
    host: &str,
) -> Result<Markup, Problem> {
    let (release, Drawing { size, .. }) = (inside.release(), (chart.draw)(inside)?);
    Ok(html! {
        h1 { (chart.title) }
        figure {
            (chart.picture(release, size))
            figcaption {
                (chart.description) " "
                a href={ (host) "/releases/" (release) } target="_top" { "Porchlight, release " (release) }
                ", CC BY 4.0. "
                a href=(chart.address(release, "csv")) { "Figures" }
            }
        }
    })
}
