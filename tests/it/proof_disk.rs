//! A disk that cannot be written, or is full: the run ends with a clear error, and the release
//! before stays whole and in service.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::publishers::ATLAS;
use crate::support::world::{Ran, World, copy, days_ago, figure, ran, works};

/// A shell script in a mount namespace of its own, in which `$1` is the home folder and `$2` the
/// program. What it mounts is gone with it.
fn in_a_namespace(world: &World, script: &str) -> Ran {
    let template = world.command(&[]);
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]);
    command.arg(world.home()).arg(env!("CARGO_BIN_EXE_porchlight")).env_clear();
    for (name, value) in template.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    ran(command)
}

/// Whether mounts can be made here; without, a test that needs them says so and ends.
fn can_mount(what: &str) -> bool {
    let can = works("unshare", &["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
    if !can {
        figure(&format!("skipped: {what} needs the right to mount"));
    }
    can
}

/// The exit codes that the script printed, by name.
fn code(ran: &Ran, name: &str) -> i32 {
    let prefix = format!("{name}=");
    let line = ran.stdout.lines().find_map(|line| line.strip_prefix(&prefix));
    line.unwrap_or_else(|| panic!("no {name}: {ran:?}")).parse().unwrap()
}

/// Starts the server, and asks it for the release.
const SERVED: &str = r#"
"$2" serve --listen 127.0.0.1:0 --no-schedule > /tmp/served.$$ 2>&1 & server=$!
for _ in $(seq 200); do grep -q listening /tmp/served.$$ && break; sleep 0.05; done
address=$(sed -n 's,listening on http://,,p' /tmp/served.$$)
PORCHLIGHT_LISTEN=$address "$2" health; echo served=$?
kill $server; wait $server 2> /dev/null; rm -f /tmp/served.$$
"#;

#[test]
fn a_read_only_home_ends_the_run_and_leaves_the_release_in_service() {
    if !can_mount("a read-only home") {
        return;
    }
    let world = World::start();
    world.refresh().ends(0);
    world.fault(ATLAS, "latin1");
    let script = format!(
        r#"mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 99
        "$2" refresh; echo refresh=$?
        "$2" release verify; echo verify=$?
        {SERVED}"#
    );
    let done = in_a_namespace(&world, &script).ends(0);
    assert_eq!(code(&done, "refresh"), 74, "{done:?}");
    assert!(done.stderr.contains("read-only") || done.stderr.contains("Read-only"), "{done:?}");
    assert_eq!(code(&done, "verify"), 0, "{done:?}");
    assert_eq!(code(&done, "served"), 0, "{done:?}");
}

#[test]
fn a_full_disk_ends_the_run_and_leaves_the_release_in_service() {
    if !can_mount("a full disk") {
        return;
    }
    let world = World::start();
    world.refresh().ends(0);
    let before = world.latest().name();
    // A copy of the home on a disk with no room for a second release.
    let aside = world.home().with_extension("aside");
    copy(&world.home(), &aside);
    fs::remove_dir_all(world.home()).unwrap();
    fs::create_dir(world.home()).unwrap();
    world.fault(ATLAS, "latin1");
    let script = format!(
        r#"used=$(du -sk "$1.aside" | cut -f1)
        mount -t tmpfs -o size=$((used + 400))k tmpfs "$1" || exit 99
        cp -a "$1.aside/." "$1"
        "$2" refresh; echo refresh=$?
        "$2" release list; "$2" release verify; echo verify=$?
        {SERVED}
        mount -o remount,size=$((used * 4))k "$1"
        "$2" refresh; echo again=$?"#
    );
    let done = in_a_namespace(&world, &script).ends(0);
    assert_eq!(code(&done, "refresh"), 74, "{done:?}");
    assert!(
        done.stderr.to_lowercase().contains("no space left")
            || done.stderr.contains("disk is full"),
        "{done:?}"
    );
    assert_eq!(code(&done, "verify"), 0, "{done:?}");
    assert!(done.stdout.contains(&before), "{done:?}");
    assert_eq!(code(&done, "served"), 0, "{done:?}");
    assert_eq!(code(&done, "again"), 0, "with room again the next run finishes: {done:?}");
}

#[test]
fn a_disk_that_fills_at_any_stage_ends_the_run_and_with_room_the_next_one_finishes() {
    if !can_mount("a disk that fills") {
        return;
    }
    let world = World::start();
    world.refresh().ends(0);
    let before = world.latest().name();
    let aside = world.home().with_extension("aside");
    copy(&world.home(), &aside);
    fs::remove_dir_all(world.home()).unwrap();
    fs::create_dir(world.home()).unwrap();
    world.fault(ATLAS, "latin1");
    world.date_atlas(days_ago(5));
    // Room for nothing at all, for a few rows of the catalog, for the captures, for the release
    // file, and for ever more of the files that are made from it.
    let rooms = [0, 8, 24, 64, 160, 400];
    let script = format!(
        r#"used=$(du -sk "$1.aside" | cut -f1)
        mount -t tmpfs -o size=$((used * 2))k tmpfs "$1" || exit 99
        cp -a "$1.aside/." "$1"
        taken=$(df -k --output=used "$1" | tail -1)
        for room in {rooms}; do
            mount -o remount,size=$((taken + room))k "$1"
            "$2" refresh; echo refresh$room=$?
            "$2" release list --json > /tmp/list.$$; echo list$room=$?
            tr -d '[:space:]' < /tmp/list.$$; echo
            "$2" release verify > /tmp/list.$$; echo verify$room=$?
        done
        rm -f /tmp/list.$$
        {SERVED}
        mount -o remount,size=$((used * 4))k "$1"
        "$2" refresh; echo again=$?
        "$2" release verify; echo whole=$?"#,
        rooms = rooms.map(|room: u32| room.to_string()).join(" ")
    );
    let done = in_a_namespace(&world, &script).ends(0);
    for room in rooms {
        assert_eq!(code(&done, &format!("refresh{room}")), 74, "{room} KiB: {done:?}");
        assert_eq!(code(&done, &format!("verify{room}")), 0, "{room} KiB: {done:?}");
    }
    let lists = done.stdout.lines().filter(|line| line.starts_with("{\"releases\""));
    let newest: Vec<&str> = lists.collect();
    // With no room at all even the catalog cannot be opened: it needs a page beside its file.
    assert!(newest.len() >= rooms.len() / 2, "{done:?}");
    assert!(newest.iter().all(|list| list.contains(&before)), "{done:?}");
    assert_eq!(code(&done, "served"), 0, "{done:?}");
    assert_eq!(code(&done, "again"), 0, "with room again the next run finishes: {done:?}");
    assert_eq!(code(&done, "whole"), 0, "{done:?}");
}
