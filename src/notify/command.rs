//! A command that is told: a program of the operator's, run without a shell.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command as Process};
use tokio::time::timeout;

use crate::catalog::Notice;

/// How long the program may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes of its output that go to the log.
const OUTPUT: usize = 4 << 10;

/// Settings with a secret in them, which are none of the program's business.
const SECRETS: [&str; 7] = [
    "PORCHLIGHT_CATALOG_URL",
    "PORCHLIGHT_FBI_API_KEY",
    "PORCHLIGHT_NOTIFY_SECRET",
    "PORCHLIGHT_NOTIFY_WEBHOOK",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

/// A program and its arguments.
#[derive(Debug, Clone)]
pub(super) struct Command {
    program: String,
    arguments: Vec<String>,
    patience: Duration,
}

/// Why the program did not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// It could not be started.
    #[error("`{program}` cannot be run")]
    NotStarted {
        /// The program.
        program: String,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// It took too long, and was ended.
    #[error("`{program}` took more than {} s", after.as_secs())]
    TimedOut {
        /// The program.
        program: String,
        /// How long it had.
        after: Duration,
    },
    /// It says that it failed.
    #[error("`{program}` ended with {status}")]
    Ended {
        /// The program.
        program: String,
        /// What it said.
        status: ExitStatus,
    },
}

impl Command {
    /// The program and its arguments; none of no words.
    pub(super) fn new(words: &[String]) -> Option<Self> {
        let (program, arguments) = words.split_first()?;
        let (program, arguments) = (program.clone(), arguments.to_vec());
        Some(Self { program, arguments, patience: PATIENCE })
    }

    pub(super) fn program(&self) -> &str {
        &self.program
    }

    /// Runs it with the event on its standard input, and the words of it in the environment.
    pub(super) async fn run(&self, notice: &Notice) -> Result<(), CommandError> {
        let program = || self.program.clone();
        let not_started = |cause| CommandError::NotStarted { program: program(), cause };
        let running = self.process(notice).spawn().map_err(not_started)?;
        let ended = timeout(self.patience, self.attend(running, notice)).await;
        match ended {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(CommandError::Ended { program: program(), status }),
            Ok(Err(cause)) => Err(not_started(cause)),
            Err(_elapsed) => {
                Err(CommandError::TimedOut { program: program(), after: self.patience })
            }
        }
    }

    fn process(&self, notice: &Notice) -> Process {
        let mut process = Process::new(&self.program);
        process
            .args(&self.arguments)
            .env("PORCHLIGHT_EVENT", &notice.kind)
            .env("PORCHLIGHT_EVENT_ID", &notice.message)
            .env("PORCHLIGHT_EVENT_SUBJECT", &notice.subject)
            .env("PORCHLIGHT_EVENT_SUMMARY", summary(&notice.body))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for secret in SECRETS {
            process.env_remove(secret);
        }
        process
    }

    /// Hands it the event, and logs what it says until it ends.
    async fn attend(&self, mut running: Child, notice: &Notice) -> io::Result<ExitStatus> {
        let (input, output, errors) =
            (running.stdin.take(), running.stdout.take(), running.stderr.take());
        let write = async {
            if let Some(mut input) = input {
                // A program that does not read its input is no fault.
                input.write_all(notice.body.as_bytes()).await.ok();
            }
        };
        let ((), output, errors, status) =
            tokio::join!(write, beginning(output), beginning(errors), running.wait());
        for said in [output, errors].iter().filter(|said| !said.is_empty()) {
            tracing::info!(command = self.program, said, "the command that is told");
        }
        status
    }
}

/// The beginning of what a program says; the rest is read and dropped, so that it can go on.
async fn beginning(output: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut output) = output else { return String::new() };
    let (mut kept, mut block) = (Vec::new(), [0; 1024]);
    while let Ok(size) = output.read(&mut block).await
        && size > 0
    {
        let room = OUTPUT - kept.len();
        kept.extend_from_slice(&block[..size.min(room)]);
    }
    String::from_utf8_lossy(&kept).trim().to_owned()
}

/// The sentence in the body of an event.
fn summary(body: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    // No variable of the environment may hold a NUL.
    body["data"]["summary"].as_str().unwrap_or_default().replace('\0', " ")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn notice() -> Notice {
        Notice {
            way: "command".to_owned(),
            event: "test test".to_owned(),
            kind: "test".to_owned(),
            subject: "a subject".to_owned(),
            since: None,
            message: "msg_1".to_owned(),
            body: r#"{"type":"test","data":{"summary":"in words"}}"#.to_owned(),
        }
    }

    fn shell(script: &str) -> Command {
        let words = ["/bin/sh", "-c", script].map(str::to_owned);
        Command::new(&words).expect("a path and words")
    }

    #[tokio::test]
    async fn the_program_gets_the_event_and_its_words_and_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("said");
        let script = format!(
            "(cat; echo; echo \"$PORCHLIGHT_EVENT|$PORCHLIGHT_EVENT_ID|$PORCHLIGHT_EVENT_SUBJECT|\
             $PORCHLIGHT_EVENT_SUMMARY\") > {}",
            to.display()
        );
        shell(&script).run(&notice()).await.unwrap();
        let said = tokio::fs::read_to_string(to).await.unwrap();
        assert_eq!(said, format!("{}\ntest|msg_1|a subject|in words\n", notice().body));
        let process = shell("true").process(&notice());
        let removed = process.as_std().get_envs().filter(|(_, value)| value.is_none()).count();
        assert_eq!(removed, SECRETS.len());
    }

    #[tokio::test]
    async fn a_program_that_fails_or_is_not_there_is_named() {
        let error = shell("echo no >&2; exit 3").run(&notice()).await.unwrap_err();
        assert_eq!(error.to_string(), "`/bin/sh` ended with exit status: 3");
        let none = Command::new(&["/no/such/program".to_owned()]).unwrap();
        let error = none.run(&notice()).await.unwrap_err();
        assert!(matches!(error, CommandError::NotStarted { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_program_that_never_ends_is_ended_and_one_that_talks_is_not_stopped_by_it() {
        let endless = Command { patience: Duration::from_millis(200), ..shell("sleep 600") };
        let error = endless.run(&notice()).await.unwrap_err();
        assert!(matches!(error, CommandError::TimedOut { .. }), "{error}");
        let loud = "i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done";
        shell(loud).run(&notice()).await.unwrap();
    }
}
