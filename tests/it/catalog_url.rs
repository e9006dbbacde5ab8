//! A mistyped URL of the catalog: the program says what is wrong and creates nothing.

use std::path::Path;
use std::process::Output;

use crate::support::postgres::Server;
use crate::support::program::Program;

/// Runs a refresh over a catalog; nothing may be left behind, and no secret be seen.
fn refresh(url: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let sources = folder.path().join("sources.toml");
    std::fs::write(&sources, "").unwrap();
    let program = Program::new(&folder.path().join("home"), &sources);
    let mut command = program.command(&["refresh"]);
    command.env("PORCHLIGHT_CATALOG_URL", url).current_dir(folder.path());
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = [stdout, stderr].map(|out| String::from_utf8(out).unwrap()).concat();
    assert!(!said.contains("s3cret"), "{said}");
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["sources.toml"], "{said}");
    assert!(!Path::new(url).exists());
    (status.code().unwrap(), said.trim().to_owned())
}

#[test]
fn a_scheme_that_is_not_known_is_named_with_those_that_are() {
    let (code, said) = refresh("postgers://joe:s3cret@localhost/porchlight");
    assert_eq!(code, 78);
    insta::assert_snapshot!(said, @"porchlight: `catalog-url` must be sqlite:///FILE or postgres://USER@HOST/DATABASE, not `postgers://…`");
}

#[cfg(feature = "postgres")]
#[test]
fn a_host_a_port_or_a_parameter_that_is_wrong_is_named_with_what_to_do() {
    let (code, said) = refresh("postgres://joe:s3cret@nowhere.invalid/porchlight");
    assert_eq!(code, 74, "{said}");
    assert!(said.contains("the catalog postgres://nowhere.invalid/porchlight cannot be"), "{said}");
    assert!(said.contains("check the host in the URL"), "{said}");

    // Free now, and nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (code, said) = refresh(&format!("postgres://joe:s3cret@127.0.0.1:{port}/porchlight"));
    assert_eq!(code, 74, "{said}");
    assert!(said.contains(&format!("127.0.0.1:{port}/porchlight cannot be reached")), "{said}");
    assert!(said.contains("is the port of the URL right?"), "{said}");

    for (url, advice) in [
        ("postgres://joe:s3cret@h/d?sslmod=require", "take the parameter that libpq does not know"),
        ("postgres://joe:s3cret@h/d?sslmode=full", "sslmode is one of disable, prefer"),
        ("postgres://joe:s3cret@h:99999/d", "check the port in the URL"),
        ("postgres://joe:s3cret%zz@h/d", "write %25 for a percent sign"),
    ] {
        let (code, said) = refresh(url);
        assert_eq!(code, 78, "{said}");
        assert!(said.contains(advice), "{said}");
    }
}

#[test]
fn a_password_a_user_or_a_database_that_is_wrong_is_named_with_what_to_do() {
    let Some(server) = Server::create() else { return };
    server.start(&[]);
    let wrong = |right: &str, wrong: &str| refresh(&server.url().replace(right, wrong));
    for ((code, said), advice) in [
        (wrong(":right@", ":s3cret@"), "check user and password in the URL"),
        (wrong("porchlight:", "joe:"), "check user and password in the URL"),
        (wrong(":right@", "@"), "give the password in the URL"),
        (wrong("/postgres", "/porchlihgt"), "check the database in the URL"),
    ] {
        assert_eq!(code, 78, "{said}");
        assert!(said.contains("cannot be opened") && said.contains(advice), "{said}");
    }
}

/// A host by name counts as a network, wherever it is.
#[test]
fn a_network_without_tls_is_warned_of() {
    let Some(server) = Server::create() else { return };
    server.start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let sources = folder.path().join("sources.toml");
    std::fs::write(&sources, "").unwrap();
    let program = Program::new(&folder.path().join("home"), &sources);
    let log = |url: &str| {
        let mut command = program.command(&["sources"]);
        let output = command.env("PORCHLIGHT_CATALOG_URL", url).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let by_name = server.url().replace("localhost", "db.example") + "?hostaddr=127.0.0.1";
    let said = log(&by_name);
    assert!(said.contains("without TLS") && said.contains("sslmode=verify-full"), "{said}");
    assert!(!said.contains("right@"), "{said}");
    assert!(!log(&server.url()).contains("TLS"));
}
