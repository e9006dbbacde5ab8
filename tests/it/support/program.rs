//! The program itself, as a process over a folder of its own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Runs the program on one home.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    home: PathBuf,
    sources: PathBuf,
}

impl Program {
    pub(crate) fn new(home: &Path, sources: &Path) -> Self {
        Self { home: home.to_owned(), sources: sources.to_owned() }
    }

    /// The command with these arguments, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_porchlight"));
        command
            .env_clear()
            .env("PORCHLIGHT_HOME", &self.home)
            .env("PORCHLIGHT_SOURCES", &self.sources)
            .env("NO_COLOR", "1")
            .args(arguments);
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs it to its end, which must be a good one; what it printed.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let [printed, log] =
            [&output.stdout, &output.stderr].map(|out| String::from_utf8_lossy(out));
        assert!(output.status.success(), "{arguments:?}: {}\n{printed}{log}", output.status);
        printed.into_owned()
    }

    /// Serves what is there, however often it is asked, and refreshes nothing.
    pub(crate) fn serve(&self) -> Serving {
        self.serve_with(&["--rate-limit", "off"])
    }

    /// Serves what is there in some way, and refreshes nothing.
    pub(crate) fn serve_with(&self, arguments: &[&str]) -> Serving {
        let mut command = self.command(&["serve", "--no-schedule", "--listen", "127.0.0.1:0"]);
        command.args(arguments);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        lines.read_line(&mut said).unwrap();
        let Some(address) = said.trim().strip_prefix("listening on ") else {
            let mut log = String::new();
            process.stderr.take().unwrap().read_to_string(&mut log).unwrap();
            panic!("it does not serve: {said}{log}");
        };
        // Nobody reads its log, and a full pipe would stop it.
        let mut log = process.stderr.take().unwrap();
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()).ok());
        Serving { address: address.to_owned(), process }
    }
}

/// A server at work; it is ended when dropped.
pub(crate) struct Serving {
    address: String,
    process: Child,
}

impl Serving {
    /// Where it listens, as the beginning of addresses.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The body of an answer, which must be a good one.
    pub(crate) async fn get(&self, path: &str) -> serde_json::Value {
        let answer = self.ask(path, &[]).await;
        let status = answer.status();
        let body = answer.bytes().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    /// The bytes of an answer, which must be a good one.
    pub(crate) async fn raw(&self, path: &str) -> Vec<u8> {
        let answer = self.ask(path, &[]).await;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.bytes().await.unwrap().to_vec()
    }

    /// The status of an answer.
    pub(crate) async fn status(&self, path: &str, headers: &[(&str, String)]) -> u16 {
        self.ask(path, headers).await.status().as_u16()
    }

    async fn ask(&self, path: &str, headers: &[(&str, String)]) -> reqwest::Response {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.get(format!("{}{path}", self.address));
        let add = |request: reqwest::RequestBuilder, (name, value): &(&str, String)| {
            request.header(*name, value)
        };
        headers.iter().fold(request, add).send().await.unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
