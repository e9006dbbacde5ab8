//! The arrows between the rooms, and who may name which crate, as ARCHITECTURE.md states them.

use std::collections::BTreeSet;

use crate::support::source_tree::{block, files, read, root, tokens};

/// What ARCHITECTURE.md promises.
struct Promises {
    /// Each room with those it may use, in the order a fact travels.
    layers: Vec<(String, Vec<String>)>,
    /// Each crate, or module of `std`, with the places that may name it, or `anywhere`.
    owners: Vec<(String, Vec<String>)>,
}

impl Promises {
    fn of(document: &str) -> Self {
        Self { layers: block(document, "layers", "->"), owners: block(document, "owners", ": ") }
    }

    fn rooms(&self) -> Vec<&str> {
        self.layers.iter().map(|(room, _)| room.as_str()).collect()
    }

    /// What is wrong with a file, in sentences. `place` is its path below `src`.
    fn broken_by(&self, place: &str, source: &str) -> Vec<String> {
        let place = place.trim_end_matches(".rs").trim_end_matches("/mod");
        let room = place.split('/').next().unwrap_or(place);
        let tokens = tokens(source);
        let uses = uses(&tokens);
        let mut wrong: Vec<String> = uses
            .iter()
            .flat_map(|found| [self.arrow(place, room, found), self.ownership(place, found, &uses)])
            .flatten()
            .collect();
        if tokens.windows(2).any(|pair| pair == ["extern", "crate"]) {
            wrong.push("`extern crate` hides a name: write `use`".to_owned());
        }
        wrong.dedup();
        wrong.into_iter().map(|problem| format!("{place}: {problem}")).collect()
    }

    fn arrow(&self, place: &str, room: &str, found: &Use<'_>) -> Option<String> {
        let second = found.path.get(1).copied().unwrap_or("nothing");
        if found.path.iter().skip(1).any(|name| *name == "super") {
            return Some("write `crate::…`, not `super::super`".to_owned());
        }
        match found.path[0] {
            "crate" | "porchlight" => {
                let may = self.layers.iter().find(|(name, _)| name == room);
                if !self.rooms().contains(&second) {
                    Some(format!("`crate::{second}` is no room of the layers block"))
                } else if second == room
                    || may.is_some_and(|(_, may)| may.iter().any(|m| m == second))
                {
                    None
                } else {
                    Some(format!("`{room}` may not use `{second}`"))
                }
            }
            // The file of the room itself: one step up is the root of the crate.
            "super" if place == room && (!found.nested || self.rooms().contains(&second)) => {
                Some(format!("write `crate::{second}`, not `super::{second}`"))
            }
            _ => None,
        }
    }

    fn ownership(&self, place: &str, found: &Use<'_>, uses: &[Use<'_>]) -> Option<String> {
        let (owned, places) = self.owners.iter().find(|(owned, _)| {
            owned.split("::").enumerate().all(|(at, name)| found.path.get(at) == Some(&name))
        })?;
        let allowed = places.iter().any(|owner| {
            owner == "anywhere"
                || place
                    .strip_prefix(owner.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        // `csv::` after `use crate::parse::csv` or `mod csv` is a module of ours.
        let ours = uses.iter().any(|other| other.ours && other.name == found.path[0]);
        (!allowed && !ours).then(|| format!("`{owned}` belongs to {}", places.join(", ")))
    }
}

/// One path that a file names, by `use` or in its code.
#[derive(Debug)]
struct Use<'a> {
    /// Its parts, from the root.
    path: Vec<&'a str>,
    /// The name it has in the file from then on; empty for a path in code.
    name: &'a str,
    /// Whether that name means something of this package.
    ours: bool,
    /// Whether it stands inside braces: an inline module or a function.
    nested: bool,
}

/// Every path that the tokens of a file name, and every module that they declare.
fn uses<'a>(tokens: &[&'a str]) -> Vec<Use<'a>> {
    let mut found = Vec::new();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(token) = tokens.get(at) {
        let nested = depth > 0;
        let mut next = at + 1;
        match *token {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            "mod" => {
                let name = tokens.get(next).copied().unwrap_or("");
                found.push(Use { path: vec!["self", name], name, ours: true, nested });
            }
            // `use<…>` in a type imports nothing.
            "use" if tokens.get(next) != Some(&"<") => {
                next = import(tokens, next, Vec::new(), &mut |path, name| {
                    let ours = matches!(path[0], "crate" | "self" | "super");
                    found.push(Use { path, name, ours, nested });
                });
            }
            _ if begins_a_path(tokens, at) => {
                let mut path = vec![*token];
                while tokens.get(next) == Some(&"::") && tokens.get(next + 1).is_some() {
                    path.push(tokens[next + 1]);
                    next += 2;
                }
                found.push(Use { path, name: "", ours: false, nested });
            }
            _ => {}
        }
        at = next;
    }
    found
}

/// Hands on every import of one item of a `use`, groups taken apart, and gives where it ends.
fn import<'a>(
    tokens: &[&'a str],
    mut at: usize,
    mut path: Vec<&'a str>,
    found: &mut impl FnMut(Vec<&'a str>, &'a str),
) -> usize {
    while let Some(token) = tokens.get(at) {
        match *token {
            "::" | "$" => at += 1,
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    at = import(tokens, at, path.clone(), found);
                    at += usize::from(tokens.get(at) == Some(&","));
                }
                return at + 1;
            }
            "as" => {
                found(path, tokens.get(at + 1).copied().unwrap_or(""));
                return at + 2;
            }
            "," | "}" | ";" => break,
            name => {
                path.push(name);
                at += 1;
            }
        }
    }
    let name = path.iter().rev().find(|name| **name != "self").copied();
    if let Some(name) = name {
        found(path, name);
    }
    at
}

/// Whether a path of two parts or more begins at this token.
fn begins_a_path(tokens: &[&str], at: usize) -> bool {
    let is_name = |token: &str| token.starts_with(|sign: char| sign.is_alphabetic() || sign == '_');
    let goes_on = tokens.get(at + 1) == Some(&"::");
    let before = |steps| at.checked_sub(steps).map_or("", |at| tokens[at]);
    let inside = before(1) == "::" && (is_name(before(2)) || before(2) == ">");
    is_name(tokens[at]) && goes_on && !inside
}

#[test]
fn arrows_point_one_way_and_crates_are_named_by_their_owners() {
    let promises = Promises::of(&read("ARCHITECTURE.md"));
    let mut wrong = Vec::new();
    for file in files(&root().join("src"), ".rs") {
        let place = file.to_string_lossy();
        if place != "lib.rs" {
            wrong.extend(promises.broken_by(&place, &read(&format!("src/{place}"))));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_room_is_in_the_layers_block_and_uses_only_rooms_above_it() {
    let promises = Promises::of(&read("ARCHITECTURE.md"));
    let rooms = promises.rooms();
    let src = root().join("src");
    let there: BTreeSet<String> = src
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().replace(".rs", ""))
        .filter(|name| name != "lib")
        .collect();
    assert_eq!(there, rooms.iter().map(|&room| room.to_owned()).collect());
    for (at, (room, may)) in promises.layers.iter().enumerate() {
        for used in may {
            assert!(rooms[..at].contains(&used.as_str()), "`{room}` uses `{used}` from below");
        }
    }
}

#[test]
fn the_library_declares_its_rooms_in_the_order_of_the_layers_block() {
    let promises = Promises::of(&read("ARCHITECTURE.md"));
    let library = read("src/lib.rs");
    let declared: Vec<&str> = tokens(&library)
        .windows(3)
        .filter(|window| window[0] == "mod" && window[2] == ";")
        .map(|window| window[1])
        .collect();
    let rooms: Vec<&str> = promises.rooms().into_iter().filter(|room| *room != "main").collect();
    assert_eq!(declared, rooms);
}

#[test]
fn every_dependency_has_an_owner() {
    let promises = Promises::of(&read("ARCHITECTURE.md"));
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let depended: BTreeSet<String> = manifest["dependencies"]
        .as_table()
        .unwrap()
        .keys()
        .map(|name| name.replace('-', "_"))
        .collect();
    let owned: BTreeSet<String> = promises
        .owners
        .iter()
        .map(|(owned, _)| owned.clone())
        .filter(|owned| !owned.contains("::"))
        .collect();
    assert_eq!(depended, owned, "left: Cargo.toml, right: the owners block of ARCHITECTURE.md");
    for (owned, places) in &promises.owners {
        for place in places.iter().filter(|place| *place != "anywhere") {
            let room = place.split('/').next().unwrap();
            assert!(promises.rooms().contains(&room), "{owned}: `{place}` is no place in src");
        }
    }
}

/// The checker on small files: each line of `expected` is the end of one complaint.
#[track_caller]
fn complains(place: &str, source: &str, expected: &[&str]) {
    let promises = Promises::of(
        "```layers\nrecord ->\nparse ->\nfetch ->\nserve -> record\nrefresh -> record fetch\n\
         main -> refresh\n```\n```owners\ncsv: parse serve/page\ndiesel: fetch\n\
         std::fs: fetch\nserde: anywhere\n```\n",
    );
    let wrong = promises.broken_by(place, source);
    let expected: Vec<String> = expected
        .iter()
        .map(|end| format!("{}: {end}", place.trim_end_matches(".rs").trim_end_matches("/mod")))
        .collect();
    assert_eq!(wrong, expected, "{source}");
}

#[test]
fn an_arrow_that_is_not_drawn_is_refused_however_it_is_written() {
    const NO: &[&str] = &["`serve` may not use `fetch`"];
    complains("serve/page.rs", "use crate::record::Id;\nuse crate::{record::{Id, Name}};", &[]);
    complains("serve/page.rs", "use crate::fetch::Client;", NO);
    complains("serve/page.rs", "use crate::{record::{self, Id}, fetch};", NO);
    complains("serve/page.rs", "use crate::{record::{Id, Name}, fetch::{a::{B, C}, D},};", NO);
    complains("serve/page.rs", "pub(crate) use crate :: fetch as record;", NO);
    complains("serve/page.rs", "fn f() -> u8 { crate::fetch::get(1) }", NO);
    complains("serve/page.rs", "fn f(a: Vec<crate::fetch::A>) -> u8 { g::<u8>() }", NO);
    complains("serve/page.rs", "macro_rules! m { () => { $crate::fetch::get() } }", NO);
    complains("serve/page.rs", "write!(out, \"{}\", crate::fetch::get())", NO);
    complains("serve/page.rs", "fn f<'a>(c: char) { if c == '\"' { crate::fetch::get() } }", NO);
    complains(
        "main.rs",
        "fn main() { porchlight::refresh::run(); porchlight::fetch::get() }",
        &["`main` may not use `fetch`"],
    );
}

#[test]
fn what_only_looks_like_an_arrow_is_let_pass() {
    complains("serve/page.rs", "// crate::fetch\n/* use crate::fetch; */ fn f() {}", &[]);
    complains(
        "serve/page.rs",
        "const A: &str = \"crate::fetch\"; const B: &str = r#\"\"crate::fetch\"#;",
        &[],
    );
    complains("serve/page.rs", "pub(crate) fn f() { other::crate_fetch::get() }", &[]);
    complains("fetch/mod.rs", "use crate::fetch::body::Bound;", &[]);
}

#[test]
fn ways_around_the_arrows_are_refused() {
    const UP: &[&str] = &["write `crate::…`, not `super::super`"];
    complains("serve/page.rs", "use super::super::fetch::Client;", UP);
    complains("serve/page.rs", "fn f() { super::super::fetch::get() }", UP);
    complains("serve/page.rs", "use super::{page, super::fetch};", UP);
    complains("serve/page.rs", "use super::page;", &[]);
    complains("serve/mod.rs", "use super::fetch;", &["write `crate::fetch`, not `super::fetch`"]);
    complains("refresh.rs", "use super::*;", &["write `crate::*`, not `super::*`"]);
    complains("refresh.rs", "mod tests { use super::*; }", &[]);
    complains("serve/page.rs", "use crate::*;", &["`crate::*` is no room of the layers block"]);
    complains(
        "serve/page.rs",
        "use crate as all;",
        &["`crate::nothing` is no room of the layers block"],
    );
    complains(
        "serve/page.rs",
        "use crate::Hidden;",
        &["`crate::Hidden` is no room of the layers block"],
    );
    complains(
        "serve/page.rs",
        "extern crate diesel as d;",
        &["`extern crate` hides a name: write `use`"],
    );
}

#[test]
fn a_crate_is_named_by_its_owners_only() {
    const NO: &[&str] = &["`csv` belongs to parse, serve/page"];
    complains("parse/table.rs", "use csv::Reader;", &[]);
    complains("serve/page.rs", "use csv::Reader;", &[]);
    complains("serve/page/row.rs", "use csv::Reader;", &[]);
    complains("serve/pages.rs", "use csv::Reader;", NO);
    complains("serve/mod.rs", "use csv;", NO);
    complains("record/mod.rs", "fn f(e: csv::Error) {}", NO);
    complains("record/mod.rs", "fn f(e: ::csv::Error) {}", NO);
    complains("record/mod.rs", "#[derive(serde::Serialize, csv::Row)] struct A;", NO);
    complains("refresh.rs", "use {serde::Serialize, csv::{Reader as R, Writer}};", NO);
    complains("record/mod.rs", "use std::{fmt, fs};", &["`std::fs` belongs to fetch"]);
    complains("record/mod.rs", "fn f() { std::fs::read(1) }", &["`std::fs` belongs to fetch"]);
}

#[test]
fn a_module_of_ours_may_have_the_name_of_a_crate() {
    complains("refresh.rs", "use crate::record::csv;\nfn f() { csv::read() }", &[]);
    complains(
        "refresh.rs",
        "use crate::record::{csv::{self, Table}};\nfn f() { csv::read() }",
        &[],
    );
    complains("record/mod.rs", "mod csv;\nuse self::csv::read;\nfn f() { csv::read() }", &[]);
    complains(
        "record/mod.rs",
        "use crate::record::format::csv::Table;\nfn f() { format::csv() }",
        &[],
    );
}
