//! The program with all captures and releases in a bucket.

use serde_json::{Value, json};

use crate::support::bucket::Bucket;
use crate::support::publishers::ATLAS;
use crate::support::world::{Ran, World, days_ago, ran};

/// A world whose storage is a bucket.
struct Remote {
    world: World,
    bucket: Bucket,
}

impl Remote {
    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.world.command(arguments);
        self.bucket.tell(&mut command);
        ran(command)
    }

    fn refresh(&self) -> Ran {
        self.run(&["refresh", "--json"])
    }

    fn releases(&self) -> Vec<Value> {
        let list = self.run(&["release", "list", "--json"]).ends(0).json();
        list["releases"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn releases_are_made_held_accepted_verified_and_rebuilt_in_a_bucket() {
    let Some(bucket) = Bucket::create().await else { return };
    let remote = Remote { world: World::start(), bucket };
    remote.world.date_atlas(days_ago(20));
    assert_eq!(remote.refresh().ends(0).json()["outcome"], "published");
    assert_eq!(remote.refresh().ends(0).json(), json!({"outcome": "unchanged", "failures": []}));
    let first = remote.releases();
    let first = first[0]["release"].as_str().unwrap();

    remote.world.fault(ATLAS, "half");
    remote.world.date_atlas(days_ago(10));
    let held = remote.refresh().ends(3).json();
    let candidate = held["candidate"].as_str().unwrap();
    let reason = "The publisher took the category down.";
    let accept = remote.run(&["release", "accept", candidate, "--reason", reason, "--json"]);
    assert_eq!(accept.ends(0).json()["outcome"], "published");

    remote.world.heal();
    let older = remote.world.body(ATLAS);
    let older = remote.world.file("older.csv", &older);
    let as_of = days_ago(30).to_string();
    let import = ["import", "eff-atlas", older.to_str().unwrap(), "--as-of", &as_of, "--json"];
    assert!([0, 3].contains(&remote.run(&import).code));

    remote.run(&["release", "verify"]).ends(0);
    remote.run(&["release", "show", first]).ends(0);
    remote.run(&["release", "rebuild", first]).ends(0);
    assert!(remote.releases().len() >= 2);

    // Each file says of itself what the manifest says of it, and nothing was kept at home.
    let manifest = remote.run(&["release", "show", first]).ends(0).json();
    for file in manifest["files"].as_array().unwrap() {
        let key = format!("releases/{first}/{}", file["name"].as_str().unwrap());
        let headers = remote.bucket.headers(&key).await;
        assert_eq!(headers["content-type"], file["media_type"].as_str().unwrap(), "{key}");
        assert_eq!(headers["content-length"], file["bytes"].to_string().as_str(), "{key}");
    }
    let latest = remote.bucket.headers("latest.json").await;
    assert_eq!(latest["cache-control"], "public, max-age=60");
    assert!(!remote.world.home().join("releases").exists());
    assert!(!remote.world.home().join("captures").exists());
    assert_eq!(remote.bucket.uploads().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_mirrored_into_a_bucket() {
    let Some(bucket) = Bucket::create().await else { return };
    let origin = World::start();
    origin.refresh().ends(0);
    let served = origin.serve();
    let remote = Remote { world: World::start(), bucket };
    remote.run(&["mirror", served.url()]).ends(0);
    remote.run(&["release", "verify"]).ends(0);
    let copied = remote.releases();
    assert_eq!(copied[0]["release"], origin.latest().name());
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_said_so_and_no_secret_with_it() {
    let Some(bucket) = Bucket::create().await else { return };
    let world = World::start();
    let mut command = world.command(&["refresh"]);
    bucket.tell(&mut command);
    command.env("PORCHLIGHT_STORAGE_URL", "s3://no-such-bucket/prefix");
    let ran = ran(command).ends(74);
    assert!(ran.stderr.contains("there is no such bucket; make it"), "{ran:?}");
    assert!(!ran.stderr.contains("a-secret-to-hide"), "{ran:?}");
}
