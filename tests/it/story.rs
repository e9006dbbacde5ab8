//! One story, told on one machine (SQLite and a folder) and on several (PostgreSQL, a bucket, and a
//! server that copies from it): it is the same story.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::bucket::Bucket;
use crate::support::postgres::Database;
use crate::support::publishers::ATLAS;
use crate::support::world::{Ran, World, days_ago, ran};

/// How long a server may take to notice what takes it seconds; a machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

const REASON: &str = "The publisher took the category down.";

/// Where a story is told.
struct Scene {
    world: World,
    elsewhere: Option<(Bucket, Database)>,
}

impl Scene {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.world.command(arguments);
        if let Some((bucket, database)) = &self.elsewhere {
            bucket.tell(&mut command);
            command.env("PORCHLIGHT_CATALOG_URL", database.url());
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments))
    }

    /// A server: over the same home, or on another machine.
    fn serve(&self) -> Server {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--no-schedule", "--poll-ms", "200"];
        let mut command = self.command(&arguments);
        if self.elsewhere.is_some() {
            command.env("PORCHLIGHT_HOME", self.home_of_the_server());
        }
        let mut process = command.stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}"));
        Server { url: url.to_owned(), process }
    }

    fn home_of_the_server(&self) -> PathBuf {
        self.world.home().with_file_name("another-machine")
    }
}

struct Server {
    url: String,
    process: Child,
}

impl Server {
    async fn get(&self, path: &str) -> (u16, Value) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("{}{path}", self.url)).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }

    /// Asks until the newest release is this one.
    async fn until(&self, release: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (_, answer) = self.get("/v1/summary").await;
            if answer["meta"]["release"] == release {
                return;
            }
            assert!(Instant::now() < deadline, "{release} is not served: {answer:#}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What a reader sees of the newest release.
    async fn seen(&self) -> Value {
        let mut seen = json!({});
        for path in ["/v1/agencies?limit=100", "/v1/partnerships?limit=100", "/v1/issues/counts"] {
            seen[path] = self.get(path).await.1["data"].clone();
        }
        seen
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Tells it, and returns what a reader saw at each turn.
async fn tell(scene: &Scene) -> Vec<Value> {
    let refresh = || scene.run(&["refresh", "--json"]);
    let mut turns = Vec::new();

    let first = refresh().ends(0).json();
    assert_eq!(first["outcome"], "published");
    let first = first["release"].as_str().unwrap().to_owned();
    assert_eq!(refresh().ends(0).json()["outcome"], "unchanged");
    let server = scene.serve();
    server.until(&first).await;
    turns.push(server.seen().await);

    // The publisher drops half of it: a person decides.
    scene.world.fault(ATLAS, "half");
    scene.world.date_atlas(days_ago(5));
    let held = refresh().ends(3).json();
    let candidate = held["candidate"].as_str().unwrap().to_owned();
    let listed = scene.run(&["release", "list", "--json"]).ends(0).json();
    assert_eq!(listed["held"][0]["candidate"], candidate.as_str());
    server.until(&first).await;
    let accept = scene.run(&["release", "accept", &candidate, "--reason", REASON, "--json"]);
    let second = accept.ends(0).json()["release"].as_str().unwrap().to_owned();
    server.until(&second).await;
    turns.push(server.seen().await);
    let (status, manifest) = server.get(&format!("/v1/releases/{second}")).await;
    assert_eq!((status, &manifest["data"]["accepted"]["reason"]), (200, &json!(REASON)));

    // The older release is there as it was, and so are its files.
    let (status, older) = server.get(&format!("/v1/releases/{first}/partnerships")).await;
    assert_eq!((status, &older["meta"]["release"]), (200, &json!(first)));
    let (status, package) = server.get(&format!("/data/{first}/datapackage.json")).await;
    assert!(status == 200 && package["resources"].is_array(), "{status} {package:#}");

    // A record must not be public: every release that holds it is taken back.
    let subject = turns[1]["/v1/partnerships?limit=100"][0]["id"].as_str().unwrap().to_owned();
    let redact = ["release", "redact", &subject, "--reason", "It names a person.", "--json"];
    let third = scene.run(&redact).ends(0).json()["release"].as_str().unwrap().to_owned();
    server.until(&third).await;
    turns.push(server.seen().await);
    for path in [
        format!("/v1/releases/{first}/partnerships"),
        format!("/data/{second}/partnerships.csv"),
        format!("/v1/partnerships/{subject}"),
    ] {
        assert_eq!(server.get(&path).await.0, 410, "{path}");
    }
    if scene.elsewhere.is_some() {
        let copies = scene.home_of_the_server().join("replica/releases");
        let deadline = Instant::now() + PATIENCE;
        // What was taken back lies on no disk, once the server has had a moment.
        while copies.join(&first).exists() || copies.join(&second).exists() {
            assert!(Instant::now() < deadline, "what was taken back is still there");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    // A friend copies it all, and finds it whole.
    scene.run(&["release", "verify"]).ends(0);
    let copy = World::start();
    copy.run(&["mirror", &server.url]).ends(0);
    copy.run(&["release", "verify"]).ends(0);
    assert_eq!(copy.listed().0, [third]);
    turns
}

#[tokio::test(flavor = "multi_thread")]
async fn one_machine_and_several_tell_the_same_story() {
    let one = tell(&Scene { world: World::start(), elsewhere: None }).await;
    assert_ne!(one[0], one[1]);
    assert_ne!(one[1], one[2]);
    let (Some(bucket), Some(database)) = (Bucket::create().await, Database::create()) else {
        return;
    };
    let several = tell(&Scene { world: World::start(), elsewhere: Some((bucket, database)) }).await;
    for (turn, (one, several)) in one.iter().zip(&several).enumerate() {
        assert_eq!(one, several, "turn {turn}");
    }
}
