//! The exports of records with nasty texts, read again by other programs than ours.

use std::process::Command;

use porchlight::record::{PartnershipStatus, SubjectType};
use porchlight::serve::Settings;

use crate::support::app::{App, NothingYet};
use crate::support::release::{
    ReleaseBuilder, agency, emergency_batch, evidence, partner_agencies, partnership, source,
};
use crate::support::source_tree::root;
use crate::support::world::works;

/// Texts that readers trip over.
const NASTY: [&str; 22] = [
    "Plain",
    "Sheriff, Adams County",
    "\"Quoted\" \"\"twice\"\"",
    "\"",
    "a\nb",
    "a\r\nb\rc",
    "\n",
    "=SUM(A1:A9)",
    "+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "=HYPERLINK(\"http://x.test\",\"a,b\")",
    "'=1",
    " leading and trailing ",
    "\u{202e}desrever \u{5e9}\u{5dc}\u{5d5}\u{5dd}",
    "👮\u{1f3fd}\u{200d}♀\u{fe0f} Añasco e\u{301}",
    "\u{2028}line\u{2029}separators\u{85}\u{b}\u{c}",
    "NA",
    "007",
    ";|\\,\\n",
];

fn release() -> ReleaseBuilder {
    let mut release = ReleaseBuilder::new("2026-11-24.1")
        .has(&partner_agencies(porchlight::record::Service::Fire, 5.5, "2022-01-01"))
        .has(&source("eff-atlas"));
    let long = ["long, \"and\" ", &"🚒=".repeat(5_000)].concat();
    for (number, text) in NASTY.into_iter().chain([long.as_str()]).enumerate() {
        let mut placed = agency(text);
        placed.aliases = vec![text.to_owned(), ",".to_owned()];
        placed.city = (number % 2 == 0).then(|| text.to_owned());
        (placed.lat, placed.lon) = (Some(39.5), (number % 3 != 0).then_some(-83.25));
        let mut partner = partnership(text, PartnershipStatus::Active);
        partner.agency_id = (number % 2 == 0).then(|| placed.id.clone());
        let mut batch = emergency_batch(11);
        batch.id = porchlight::record::DisclosureId::mint(text);
        (batch.title, batch.summary) = (text.to_owned(), Some(text.to_owned()));
        let mut told = evidence(SubjectType::Agency, placed.id.as_str(), text);
        told.quote = Some(text.chars().take(300).collect());
        release = release.has(&placed).has(&partner).has(&batch).has(&told);
    }
    release
}

/// With the packages of `scripts/forms/requirements.txt` where `PORCHLIGHT_FORMS_PYTHON` names a
/// Python that has them (`scripts/test forms`), else by what every Python has.
#[test]
#[expect(clippy::print_stderr, reason = "whoever runs the tests must know what did not run")]
fn nasty_texts_come_back_cell_by_cell_from_other_readers() {
    let full = std::env::var_os("PORCHLIGHT_FORMS_PYTHON").map(|path| path.into_string().unwrap());
    let python = full.as_deref().unwrap_or("python3");
    if !works(python, &["--version"]) {
        assert!(std::env::var_os("PORCHLIGHT_NO_SKIP").is_none(), "{python} is not installed");
        eprintln!("skipped: {python} is not installed, so no other reader read the exports");
        return;
    }
    let app = App::with([release()], NothingYet, Settings::default());
    let mut command = Command::new(python);
    command.env("NO_PROXY", "*").arg(root().join("scripts/forms/reread.py"));
    command.args(full.is_some().then_some("--packages"));
    let ran = command.arg(format!("http://{}", app.host())).output().unwrap();
    let [printed, said] = [&ran.stdout, &ran.stderr].map(|out| String::from_utf8_lossy(out));
    assert!(ran.status.success(), "{printed}{said}");
    assert!(printed.contains("agencies: 23 rows"), "{printed}");
    assert!(!printed.contains("agencies: 23 rows, 483 cells, 0 made harmless"), "{printed}");
}
