//! The refresh of a server's schedule, as a process of its own.
//!
//! A refresh needs hundreds of megabytes for seconds. In the server's own process the allocator
//! would keep them for weeks, a fault of a refresh could end the server, and the kernel, short of
//! memory, would choose it.

use std::path::PathBuf;
use std::process::{Output, Stdio};

use anyhow::Context as _;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use super::settings::Environment;
use crate::schedule::JobError;

/// Runs `porchlight refresh` with the settings of this process, and logs what it answers.
///
/// When `stop` is cancelled it is killed, which a refresh bears at any moment.
pub(super) async fn refresh(given: Environment, stop: &CancellationToken) -> Result<(), JobError> {
    let mut command = Command::new(program()?);
    command
        .arg("refresh")
        .envs(given)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    let running = command.spawn().context("the refresh could not be started")?;
    let Output { status, stdout, .. } = tokio::select! {
        ended = running.wait_with_output() => ended.context("waiting for the refresh")?,
        () = stop.cancelled() => return Ok(()),
    };
    let answer = String::from_utf8_lossy(&stdout);
    let answer = answer.trim().replace('\n', "; ");
    // Held, upstream unavailable and busy are ends of a run, not failures of the schedule.
    let expected = [Exit::Done, Exit::Held, Exit::Unavailable, Exit::Busy];
    if status.code().is_some_and(|code| expected.iter().any(|exit| *exit as i32 == code)) {
        tracing::info!(answer, "refreshed");
        return Ok(());
    }
    Err(format!("the refresh ended with {status} {answer}").trim().into())
}

/// This program: on Linux the very file that runs, even if a newer one has taken its place since.
fn program() -> Result<PathBuf, JobError> {
    if cfg!(target_os = "linux") {
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    Ok(std::env::current_exe()?)
}
