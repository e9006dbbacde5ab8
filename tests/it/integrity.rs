//! Releases are signed, made twice and made again.

use std::fs;
use std::path::Path;

use porchlight::release::{
    DATASET_FILE, FaultKind, MANIFEST_FILE, MANIFEST_SIGNATURE, Manifest, PublicKey, SIGNATURES,
    SUMS_FILE, SUMS_SIGNATURE, digest, verify_chain, verify_folder,
};
use serde_json::Value;

use crate::support::chain::{Chain, execute, tree};

fn manifest(folder: &Path) -> Manifest {
    Manifest::read(&fs::read(folder.join(MANIFEST_FILE)).unwrap()).unwrap()
}

#[tokio::test]
async fn two_homes_that_read_the_same_publish_the_same_bytes() {
    let chain = Chain::new();
    let (key, _) = chain.key("a");
    for edition in 0..3 {
        for home in ["one", "two"] {
            chain.publish(home, edition, Some(&key)).await;
        }
    }
    let [one, two] = ["one", "two"].map(|home| tree(&chain.home(home).join("releases")));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    let mut compared = 0;
    for (path, bytes) in &one {
        let name = path.file_name().unwrap().to_str().unwrap();
        // Ed25519 as minisign has it is salted: both are good, and no list names them.
        if !SIGNATURES.iter().any(|(signature, _)| *signature == name) {
            assert!(bytes == &two[path], "{}", path.display());
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared}");
    let latest = ["one", "two"].map(|home| fs::read(chain.home(home).join("latest.json")).unwrap());
    assert_eq!(latest[0], latest[1]);
}

#[tokio::test]
async fn a_signed_release_names_its_key_and_is_signed_with_it() {
    let chain = Chain::new();
    let (path, key) = chain.key("publisher");
    let release = chain.publish("home", 0, Some(&path)).await;
    let folder = chain.home("home").join("releases").join(release.to_string());
    let manifest = manifest(&folder);
    assert_eq!(manifest.signing_key, Some(key.public().to_string()));
    let public = fs::read_to_string(path.with_extension("pub")).unwrap();
    let public = PublicKey::read(&public).unwrap();
    for (signature, file) in SIGNATURES {
        let [bytes, signature] = [file, signature].map(|name| fs::read(folder.join(name)).unwrap());
        assert_eq!(public.check(release, &bytes, &signature), Ok(()), "{file}");
        assert!(manifest.file(file).is_none() || *file == SUMS_FILE, "{file}");
    }
    let sums = fs::read_to_string(folder.join(SUMS_FILE)).unwrap();
    assert!(!sums.contains("minisig"));

    let program = chain.program("home");
    let line = key.public().to_string();
    let whole = format!("{release:<16} whole, signed\n", release = release.to_string());
    assert_eq!(program.succeed(&["release", "verify"]), whole);
    assert_eq!(program.succeed(&["release", "verify", "--public-key", &line]), whole);
    assert_eq!(
        program.succeed(&["release", "verify", "--folder", folder.to_str().unwrap()]),
        whole
    );
    let (_, other) = chain.key("other");
    let other = other.public().to_string();
    let refused = program.run(&["release", "verify", "--public-key", &other]);
    let said = String::from_utf8(refused.stdout).unwrap();
    assert_eq!(refused.status.code(), Some(65), "{said}");
    assert!(said.contains(&format!("is signed with the key {line}, not with {other}")), "{said}");
}

#[tokio::test]
async fn the_key_and_the_signatures_are_served() {
    let chain = Chain::new();
    let (path, key) = chain.key("publisher");
    let release = chain.publish("signed", 0, Some(&path)).await;
    chain.publish("unsigned", 0, None).await;

    let serving = chain.program("signed").serve();
    let folder = chain.home("signed").join("releases").join(release.to_string());
    let got = async |path: &str| {
        let answer = reqwest::get(format!("{}{path}", serving.address())).await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap())
    };
    let (status, served) = got("/.well-known/porchlight.pub").await;
    assert_eq!((status, served.as_ref()), (200, key.public().to_file().as_bytes()));
    for name in [MANIFEST_SIGNATURE, SUMS_SIGNATURE] {
        let (status, served) = got(&format!("/data/{release}/{name}")).await;
        assert_eq!((status, served.as_ref()), (200, &*fs::read(folder.join(name)).unwrap()));
    }
    let manifest = serving.get(&format!("/v1/releases/{release}")).await;
    assert_eq!(manifest["data"]["signing_key"], key.public().to_string());

    let unsigned = chain.program("unsigned").serve();
    for path in ["/.well-known/porchlight.pub", "/data/2026-11-24.1/manifest.json.minisig"] {
        assert_eq!(unsigned.status(path, &[]).await, 404, "{path}");
    }
}

/// What a signature adds: whoever holds a mirror can edit everything but what the key says.
#[tokio::test]
async fn a_folder_is_checked_alone_and_only_a_trusted_key_tells_a_forgery() {
    let chain = Chain::new();
    let (path, key) = chain.key("publisher");
    let release = chain.publish("home", 0, Some(&path)).await;
    let folder = chain.home("home").join("releases").join(release.to_string());
    let scratch = tempfile::tempdir().unwrap();
    let faults = async |trusted: Option<&PublicKey>| {
        let report = verify_folder(&folder, trusted, scratch.path()).await.unwrap();
        report.faults.into_iter().map(|fault| (fault.file, fault.kind)).collect::<Vec<_>>()
    };
    assert_eq!(faults(Some(key.public())).await, []);

    let edited = |edit: &dyn Fn(&mut Manifest)| {
        let mut manifest = manifest(&folder);
        edit(&mut manifest);
        manifest.to_bytes()
    };
    let good = tree(&folder);
    let published = |name: &str| good[Path::new(name)].clone();
    // Nothing in the files tells who was credited.
    let bytes = edited(&|manifest| manifest.sources[0].attribution.push('!'));
    fs::write(folder.join(MANIFEST_FILE), &bytes).unwrap();
    let found = faults(None).await;
    assert!(found.contains(&(MANIFEST_FILE.to_owned(), FaultKind::NotAsSigned)), "{found:?}");
    // The forger signs it with a key of his own: sound, unless one knows whose key it should be.
    let (_, forger) = chain.key("forger");
    let bytes = edited(&|manifest| {
        manifest.sources[0].attribution.push('!');
        manifest.signing_key = Some(forger.public().to_string());
    });
    fs::write(folder.join(MANIFEST_FILE), &bytes).unwrap();
    let sign = |bytes: &[u8]| forger.sign(release, bytes).unwrap();
    fs::write(folder.join(MANIFEST_SIGNATURE), sign(&bytes)).unwrap();
    fs::write(folder.join(SUMS_SIGNATURE), sign(&published(SUMS_FILE))).unwrap();
    assert_eq!(faults(None).await, []);
    let [(file, FaultKind::OtherKey { .. })] = &faults(Some(key.public())).await[..] else {
        panic!("the forger's key is not told from the publisher's")
    };
    assert_eq!(file, MANIFEST_FILE);
    // He takes the signature away.
    let bytes = edited(&|manifest| manifest.signing_key = None);
    fs::write(folder.join(MANIFEST_FILE), bytes).unwrap();
    fs::remove_file(folder.join(MANIFEST_SIGNATURE)).unwrap();
    fs::remove_file(folder.join(SUMS_SIGNATURE)).unwrap();
    assert_eq!(faults(None).await, []);
    let unsigned = (MANIFEST_FILE.to_owned(), FaultKind::NotSigned);
    assert_eq!(faults(Some(key.public())).await, [unsigned]);
}

#[tokio::test]
async fn a_change_of_the_key_leaves_the_chain_whole() {
    let chain = Chain::new();
    let (first, _) = chain.key("first");
    let (second, key) = chain.key("second");
    chain.publish("home", 0, None).await;
    chain.publish("home", 1, Some(&first)).await;
    chain.publish("home", 2, Some(&second)).await;
    let storage = chain.context("home", None).storage().clone();
    let scratch = tempfile::tempdir().unwrap();
    let report = verify_chain(&storage, Some(key.public()), scratch.path()).await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    let signed: Vec<bool> = report.releases.iter().map(|report| report.signed).collect();
    assert_eq!(signed, [false, true, true]);
}

fn rebuilt(chain: &Chain, release: &str, code: i32) -> Value {
    let run = chain.program("home").run(&["release", "rebuild", release, "--json"]);
    let said = [&run.stdout, &run.stderr].map(|out| String::from_utf8_lossy(out));
    assert_eq!(run.status.code(), Some(code), "{said:?}");
    serde_json::from_slice(&run.stdout).unwrap()
}

#[tokio::test]
async fn the_first_and_the_latest_release_are_made_again_byte_for_byte() {
    let chain = Chain::new();
    let (key, _) = chain.key("publisher");
    let first = chain.publish("home", 0, Some(&key)).await;
    let second = chain.publish("home", 1, None).await;
    let before = tree(&chain.home("home").join("releases"));
    // The secret key is not at hand: what it signed is checked with the public one.
    for release in [&first.to_string(), &second.to_string(), "latest"] {
        let report = rebuilt(&chain, release, 0);
        assert_eq!((&report["same_rows"], &report["same_bytes"]), (&true.into(), &true.into()));
    }
    let said = chain.program("home").succeed(&["release", "rebuild", "latest"]);
    assert!(said.starts_with(&format!("{second}  the same rows and the same bytes;")), "{said}");
    assert_eq!(tree(&chain.home("home").join("releases")), before);
    assert_eq!(fs::read_dir(chain.home("home").join("staging")).unwrap().count(), 0);
    let none = chain.program("home").run(&["release", "rebuild", "2020-01-01.1"]);
    assert_eq!(none.status.code(), Some(65));
}

#[tokio::test]
async fn a_release_that_people_accepted_or_imported_is_made_again() {
    let chain = Chain::of(2, None).await;
    let program = chain.program("home");
    // Half of a list is gone.
    let atlas = fs::read_to_string("tests/fixtures/eff-atlas/edition-2020.csv").unwrap();
    let lines: Vec<&str> = atlas.lines().collect();
    let half = lines[..lines.len() / 2].join("\n") + "\n";
    let file = chain.home("half.csv");
    fs::write(&file, half).unwrap();
    let import = ["import", "eff-atlas", file.to_str().unwrap(), "--as-of", "2021-01-01", "--json"];
    let run = program.run(&import);
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    if let Some(candidate) = report["candidate"].as_str() {
        program.succeed(&["release", "accept", candidate, "--reason", "they took half away"]);
    }
    let report = rebuilt(&chain, "latest", 0);
    assert_eq!((&report["same_rows"], &report["same_bytes"]), (&true.into(), &true.into()));
    let listed = program.succeed(&["release", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["releases"].as_array().unwrap().len(), 3);
}

/// Other settings than then: what was decided is in the manifest.
#[tokio::test]
async fn settings_that_have_moved_since_make_no_other_release() {
    let chain = Chain::of(2, None).await;
    let run = |arguments: &[&str]| {
        let settings = ["--active-days", "7", "--gate-rows-fall-percent", "0"];
        chain.program("home").run(&[&settings[..], arguments].concat())
    };
    let rebuilt = run(&["release", "rebuild", "latest", "--json"]);
    let report: Value = serde_json::from_slice(&rebuilt.stdout).unwrap();
    assert_eq!(report["same_bytes"], true, "{report}");
    let replayed = run(&["refresh", "--replay", "--json"]);
    let report: Value = serde_json::from_slice(&replayed.stdout).unwrap();
    assert_eq!(report["same"], true, "{report}");
}

#[tokio::test]
async fn a_release_whose_rows_were_changed_is_not_made_again_and_the_row_is_named() {
    let chain = Chain::of(2, None).await;
    let release = manifest_of_latest(&chain);
    let folder = chain.home("home").join("releases").join(release.release.to_string());
    let dataset = folder.join(DATASET_FILE);
    let good = fs::read(&dataset).unwrap();
    let agency = second_agency(&dataset);
    for (sql, is_in_first) in [
        (format!("UPDATE agencies SET name = name || '!' WHERE id = '{agency}'"), true),
        (format!("DELETE FROM agencies WHERE id = '{agency}'"), false),
    ] {
        fs::write(&dataset, &good).unwrap();
        execute(&dataset, &sql);
        // The publisher hashes what he has changed.
        let mut edited = release.clone();
        let (tables, file) = described(&dataset);
        edited.tables = tables;
        *edited.files.iter_mut().find(|f| f.name == DATASET_FILE).unwrap() = file;
        fs::write(folder.join(MANIFEST_FILE), edited.to_bytes()).unwrap();
        let report = rebuilt(&chain, "latest", 65);
        let [table] = &report["differing_tables"].as_array().unwrap()[..] else {
            panic!("{report}")
        };
        assert_eq!(
            (&table["table"], &table["first"]["id"]),
            (&"agencies".into(), &agency.clone().into())
        );
        assert_eq!(table["first"]["is_in_first"], is_in_first);
        assert_eq!(table["first"]["is_in_second"], true);
    }
    let said = chain.program("home").run(&["release", "rebuild", "latest"]);
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains(&format!("the first that differs is {agency}, only made")), "{said}");
}

fn manifest_of_latest(chain: &Chain) -> Manifest {
    let shown = chain.program("home").succeed(&["release", "show", "latest"]);
    Manifest::read(shown.as_bytes()).unwrap()
}

/// Not the first: a release file without that is not even opened.
fn second_agency(dataset: &Path) -> String {
    let database = porchlight::release::database::ReleaseDatabase::open(dataset).unwrap();
    database.load().unwrap().records.agencies[1].id.to_string()
}

/// Roots and hash of a release file as it is.
fn described(
    dataset: &Path,
) -> (Vec<porchlight::release::ManifestTable>, porchlight::release::ManifestFile) {
    let database = porchlight::release::database::ReleaseDatabase::open(dataset).unwrap();
    let bytes = fs::read(dataset).unwrap();
    let file = porchlight::release::ManifestFile {
        name: DATASET_FILE.to_owned(),
        table: None,
        media_type: "application/vnd.sqlite3".to_owned(),
        bytes: bytes.len() as u64,
        sha256: digest::sha256(&bytes),
        rows: None,
    };
    (porchlight::release::root::tables(&database).unwrap(), file)
}

#[test]
fn a_key_is_made_private_printed_and_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let program = Chain::new().program("home");
    let file = folder.path().join("keys.key");
    let arguments = ["key", "new", "--to", file.to_str().unwrap()];
    let said = program.succeed(&arguments);
    let public = fs::read_to_string(folder.path().join("keys.pub")).unwrap();
    let line = public.lines().nth(1).unwrap();
    assert!(said.contains(line) && said.contains("not encrypted"), "{said}");
    assert!(PublicKey::read(&public).is_ok());
    let secret = fs::read(&file).unwrap();
    assert_eq!(program.run(&arguments).status.code(), Some(74));
    assert_eq!(fs::read(&file).unwrap(), secret);
    let named_pub = program.run(&["key", "new", "--to", "x.pub"]);
    assert_eq!(named_pub.status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn a_signing_key_that_others_can_read_or_that_is_none_is_a_wrong_setting() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let chain = Chain::new();
    let (home, program) = (chain.home("home"), chain.program("home"));
    let file = folder.path().join("keys.key");
    program.succeed(&["key", "new", "--to", file.to_str().unwrap()]);
    let refresh = |file: &Path| {
        let run = program.run(&["--signing-key-file", file.to_str().unwrap(), "refresh"]);
        assert_eq!(run.status.code(), Some(78), "{run:?}");
        String::from_utf8(run.stderr).unwrap()
    };
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(refresh(&file).contains("is open to others of this machine: `chmod 600` it"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&file, "no key").unwrap();
    assert!(refresh(&file).contains("holds no signing key without a password"));
    assert!(refresh(&folder.path().join("none.key")).contains("cannot be read"));
    assert!(!home.join("captures").exists(), "nobody was asked");
    let wrong = program.run(&["release", "verify", "--public-key", "x"]);
    assert_eq!(wrong.status.code(), Some(78), "{wrong:?}");
}
