//! The page about the machinery: what is served, why data did or did not move, who does not answer.

use std::fmt::{self, Write as _};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::figure::Reply;
use super::inside::Inside;
use super::words::heading;
use super::{escaped, prose};
use crate::release::grouped;
use crate::serve::status::{
    Health, HeldCandidate, RunReport, ServedRelease, SourceStatus, StageStatus, StatusDocument,
};

/// What stands around the status.
pub(in crate::serve) struct Around<'a> {
    /// What stands before every link.
    pub(in crate::serve) host: &'a str,
    /// The names of the sources, where a release tells them.
    pub(in crate::serve) sources: Option<&'a Reply>,
}

/// The sources as the newest release names them; `None` where it cannot be asked.
pub(in crate::serve) fn named_sources(inside: &Inside) -> Option<Reply> {
    inside.get("listSources", &[], "limit=1000").ok()
}

/// The contents of the page. `status` is `None` where nobody can say how the machinery is doing.
pub(in crate::serve) fn status(
    newest: Option<&ServedRelease>,
    status: Option<&StatusDocument>,
    now: DateTime<Utc>,
    around: &Around<'_>,
) -> String {
    let mut html = String::new();
    // A text can always be written to.
    let written = write(&mut html, newest, status, now, around);
    debug_assert!(written.is_ok());
    html
}

fn write(
    html: &mut String,
    newest: Option<&ServedRelease>,
    status: Option<&StatusDocument>,
    now: DateTime<Utc>,
    around: &Around<'_>,
) -> fmt::Result {
    let host = around.host;
    writeln!(html, "<h1>Status</h1>")?;
    write_served(html, newest, host)?;
    let Some(status) = status else {
        return writeln!(
            html,
            "<p><strong>Nothing else is known here at the moment: the record of runs and sources \
             does not answer.</strong> What is published is served all the same.</p>"
        );
    };
    write_schedule(html, status, now)?;
    write_held(html, &status.held, now)?;
    write_sources(html, &status.sources, now, around)?;
    write_runs(html, &status.runs, host)?;
    writeln!(
        html,
        "<p>As of {}. The same for programs is <a href=\"{host}/v1/status\">/v1/status</a>.</p>",
        time(now)
    )
}

fn write_served(html: &mut String, newest: Option<&ServedRelease>, host: &str) -> fmt::Result {
    let Some(ServedRelease { release, published_at, age_seconds }) = newest else {
        return writeln!(html, "<p><strong>No release has been published yet.</strong></p>");
    };
    let age = Duration::from_secs((*age_seconds).unsigned_abs());
    writeln!(
        html,
        "<p>Release <a href=\"{host}/data/{release}\"><strong>{release}</strong></a> is served. It \
         was published on {}, {} ago.</p>",
        time(*published_at),
        span_of_time(age)
    )
}

fn write_schedule(html: &mut String, status: &StatusDocument, now: DateTime<Utc>) -> fmt::Result {
    match &status.schedule {
        Some(schedule) => write!(
            html,
            "<p>This server looks at the sources by itself (<code>{}</code>, {})",
            escaped(&schedule.cron),
            escaped(&schedule.zone)
        )?,
        None => write!(html, "<p>This server only serves: another process looks at the sources")?,
    }
    match status.next_run_at {
        Some(at) if at > now => writeln!(html, ", next on {}.</p>", time(at)),
        Some(_) => writeln!(html, ", next as soon as it can.</p>"),
        None => writeln!(html, ".</p>"),
    }
}

fn write_held(html: &mut String, held: &[HeldCandidate], now: DateTime<Utc>) -> fmt::Result {
    writeln!(html, "<h2 id=\"held\">Held candidates</h2>")?;
    if held.is_empty() {
        return writeln!(html, "<p>None: no new edition waits for a person.</p>");
    }
    for HeldCandidate { candidate, held_at, failed_gates, .. } in held {
        let candidate = escaped(candidate);
        writeln!(
            html,
            "<section aria-labelledby=\"{candidate}\">\n<h3 id=\"{candidate}\">\
             <code>{candidate}</code></h3>\n<p>It is held since {}, {}. The release before stays \
             in service until a person decides: <code>porchlight release accept {candidate} \
             --reason TEXT</code>.</p>",
            time(*held_at),
            ago(*held_at, now)
        )?;
        write_list(html, failed_gates)?;
        writeln!(html, "</section>")?;
    }
    Ok(())
}

fn write_list(html: &mut String, sentences: &[String]) -> fmt::Result {
    if sentences.is_empty() {
        return Ok(());
    }
    write!(html, "<ul>")?;
    for sentence in sentences {
        write!(html, "<li>{}</li>", prose(sentence))?;
    }
    writeln!(html, "</ul>")
}

fn write_sources(
    html: &mut String,
    sources: &[SourceStatus],
    now: DateTime<Utc>,
    around: &Around<'_>,
) -> fmt::Result {
    writeln!(
        html,
        "<h2 id=\"sources\">Sources</h2>\n<div class=\"wide\" role=\"region\" \
         aria-labelledby=\"sources\" tabindex=\"0\"><table>\n\
         <caption>How every source is doing</caption>\n<thead><tr><th scope=\"col\">Source</th>\
         <th scope=\"col\">Health</th><th scope=\"col\">Why</th><th scope=\"col\">Last asked</th>\
         <th scope=\"col\">Last answered</th><th scope=\"col\">Edition</th>\
         <th scope=\"col\" class=\"number\">Rows</th></tr></thead>\n<tbody>"
    )?;
    for source in sources {
        let health = match (source.health, source.failing_since) {
            (Health::Failing, Some(since)) => {
                format!("<strong>failing</strong> since {}", time(since))
            }
            (Health::Failing, None) => "<strong>failing</strong>".to_owned(),
            (Health::Ok | Health::Stale | Health::Frozen, _) => source.health.as_str().to_owned(),
        };
        let when = |at: Option<DateTime<Utc>>| at.map_or("never".to_owned(), |at| ago(at, now));
        let id = source.id.to_string();
        let name = around.sources.map(|sources| sources.name_of(&id));
        let edition = source.data_as_of_on.map_or("none".to_owned(), |date| date.to_string());
        writeln!(
            html,
            "<tr><th scope=\"row\" class=\"name\"><a href=\"{host}/sources#{id}\">{name}</a></th>\
             <td>{health}</td><td>{}</td><td>{}</td><td>{}</td><td>{edition}</td>\
             <td class=\"number\">{}</td></tr>",
            prose(source.reason.as_deref().unwrap_or_default()),
            when(source.last_checked_at),
            when(source.last_ok_at),
            source.rows.map(|rows| grouped(rows.unsigned_abs())).unwrap_or_default(),
            host = around.host,
            name = escaped(name.as_deref().unwrap_or(&id)),
        )?;
    }
    writeln!(html, "</tbody>\n</table></div>")
}

fn write_runs(html: &mut String, runs: &[RunReport], host: &str) -> fmt::Result {
    writeln!(html, "<h2 id=\"runs\">Last runs</h2>")?;
    if runs.is_empty() {
        return writeln!(html, "<p>There was none yet.</p>");
    }
    writeln!(
        html,
        "<div class=\"wide\" role=\"region\" aria-labelledby=\"runs\" tabindex=\"0\"><table>\n\
         <caption>The last runs, the latest first</caption>\n<thead><tr><th scope=\"col\" \
         class=\"number\">Run</th><th scope=\"col\">Began</th><th scope=\"col\">Outcome</th>\
         <th scope=\"col\">Why, and what changed</th><th scope=\"col\">Stages</th></tr></thead>\n\
         <tbody>"
    )?;
    for run in runs {
        write!(
            html,
            "<tr><th scope=\"row\" class=\"number\">{}</th><td>{}<br>{}</td><td>{}",
            run.id,
            time(run.started_at),
            escaped(&run.kind),
            escaped(run.outcome.as_deref().unwrap_or("running"))
        )?;
        if let Some(release) = run.release {
            write!(html, " <a href=\"{host}/data/{release}\">{release}</a>")?;
        }
        write!(html, "</td><td>{}", prose(&run.message))?;
        write_list(html, &run.failed_gates)?;
        write_changes(html, run)?;
        writeln!(html, "</td><td>{}</td></tr>", stages(&run.stages))?;
    }
    writeln!(html, "</tbody>\n</table></div>")
}

fn write_changes(html: &mut String, run: &RunReport) -> fmt::Result {
    let changed = run.changes.iter().filter(|(_, c)| c.added + c.changed + c.withdrawn > 0);
    let sentences: Vec<String> = changed
        .map(|(table, c)| {
            let [added, changed, withdrawn] = [c.added, c.changed, c.withdrawn].map(grouped);
            format!("{}: {added} added, {changed} changed, {withdrawn} withdrawn", heading(table))
        })
        .collect();
    write_list(html, &sentences)
}

fn stages(stages: &[StageStatus]) -> String {
    let one = |time: &StageStatus| {
        let seconds = Duration::from_millis(time.milliseconds).as_secs_f64();
        format!("{} {seconds:.1} s", escaped(&time.stage))
    };
    stages.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn time(at: DateTime<Utc>) -> String {
    format!(
        "<time datetime=\"{}\">{}</time>",
        at.format("%Y-%m-%dT%H:%M:%SZ"),
        at.format("%-d %B %Y, %H:%M UTC")
    )
}

/// How long ago something was, with when exactly for those who ask.
fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let written = at.format("%Y-%m-%dT%H:%M:%SZ");
    let passed = span_of_time((now - at).to_std().unwrap_or_default());
    format!("<time datetime=\"{written}\" title=\"{written}\">{passed} ago</time>")
}

/// A span of time in its one or two largest units.
fn span_of_time(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    let (days, hours) = (minutes / (24 * 60), minutes / 60 % 24);
    let many = |number: u64, unit: &str| {
        format!("{number}\u{a0}{unit}{}", if number == 1 { "" } else { "s" })
    };
    match (days, hours, minutes % 60) {
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, minutes) => many(minutes, "minute"),
        (0, hours, 0) => many(hours, "hour"),
        (0, hours, minutes) => format!("{} {}", many(hours, "hour"), many(minutes, "minute")),
        (days, 0, _) => many(days, "day"),
        (days, hours, _) => format!("{} {}", many(days, "day"), many(hours, "hour")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_time_is_told_by_its_largest_units() {
        for (seconds, told) in [
            (59, "less than a minute"),
            (60, "1\u{a0}minute"),
            (7200, "2\u{a0}hours"),
            (3660, "1\u{a0}hour 1\u{a0}minute"),
            (86_400, "1\u{a0}day"),
            (2 * 86_400 + 3600, "2\u{a0}days 1\u{a0}hour"),
        ] {
            assert_eq!(span_of_time(Duration::from_secs(seconds)), told);
        }
    }
}
