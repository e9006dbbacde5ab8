//! What this is, how it is made, what it cannot tell, how to cite and to correct it.

use maud::{Markup, html};

use super::inside::Inside;
use super::parts::as_data;
use super::words::{is_link, time};
use crate::serve::error::Problem;

/// The contents of the page.
pub(in crate::serve) fn about(inside: &Inside) -> Result<Markup, Problem> {
    let sources = inside.get("listSources", &[], "limit=1000&sort=name")?;
    Ok(html! {
        h1 { "About Porchlight" }
        p.lead {
            "Porchlight is open data about home surveillance and the police: which police and fire departments in "
            "the United States work with companies such as Amazon’s Ring, and when footage was handed over."
        }
        h2 { "How it is made" }
        p {
            "A program reads public sources, keeps what they say word for word, and works out from that which "
            "department is meant, since when, and how things stand. Each change makes a new release. A release is "
            "never changed: what was once published can be read for ever, and compared with any other."
        }
        p {
            "Departments are those of the FBI’s list of agencies and of the fire registry of the US Fire "
            "Administration. A source’s department is linked to one of them only where name, kind and place are "
            "sure enough and no other comes near; otherwise it is listed as reported, without a link. A wrong link "
            "can still happen: each says what the source wrote and how sure it is."
        }
        h2 #limits { "What it cannot tell" }
        ul {
            li { "That no partnership is found does not mean that there is none. Each page says who looked, and where nobody did." }
            li { "That a source stopped listing a department does not mean that the partnership ended. Ring took its public map off the net; since then nobody outside can tell." }
            li { "Most disclosures are never published. Companies state yearly sums at best, and those are shown as their claims." }
            li { "Dates are often those on which somebody first reported a partnership, not those on which it began. Each says which." }
        }
        h2 #sources { "Sources" }
        ul data-call=(sources.call()) { @for source in sources.records() {
            li {
                a href={ "/sources#" (source.text("id")) } { (source.text("name")) }
                ", " (source.text("publisher"))
                @if !source.text("data_as_of_on").is_empty() { ", as of " (time(source.text("data_as_of_on"), "day")) }
                ", rows: " (source.number("rows"))
                @if is_link(source.text("homepage")) { " (" a href=(source.text("homepage")) rel="noopener" { "its page" } ")" }
            }
        } }
        h2 #cite { "How to cite" }
        p { "Name the release:" }
        blockquote { "Porchlight, release " (inside.release()) "." }
        p { "Its files have checksums, and its address never answers anything else." }
        h2 #licence { "Licence" }
        p {
            "The data as a whole is under " a href="https://creativecommons.org/licenses/by/4.0/" { "CC BY 4.0" }
            ", with the attribution that each source asks for; the program is MIT or Apache 2.0."
        }
        h2 #correct { "How to correct" }
        p { a href="/corrections#report" { "Report an error" } ". What was corrected, when and why is published." }
        (as_data(&[&sources]))
    })
}
