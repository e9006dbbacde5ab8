"""What the proofs over real data share: the upstream of the data folder, and the program."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent


def program(profile="release"):
    """The build, made now if it is not current; or what PORCHLIGHT_BIN names."""
    given = os.environ.get("PORCHLIGHT_BIN")
    if given:
        return given
    command = ["cargo", "build", "--locked", "--quiet"]
    if profile == "release":
        command.append("--release")
    subprocess.run(command, cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
    return str(pathlib.Path(target) / profile / "porchlight")


class Upstream:
    """DATA_FOLDER/../upstream/serve.py on a free port, and a sources file that leads to it."""

    def __init__(self, data, editions=()):
        data = pathlib.Path(data).resolve()
        serve = data.parent / "upstream" / "serve.py"
        if not serve.exists():
            sys.exit(f"{serve} is missing: it serves the files of the data folder")
        command = [sys.executable, str(serve), "--port", "0", "--data", str(data)]
        for edition in editions:
            command += ["--edition", f"{edition.name}={edition}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        self.folder = tempfile.TemporaryDirectory()
        self.sources = pathlib.Path(self.folder.name) / "sources.toml"
        self.text = re.sub(
            r"http://127\.0\.0\.1:\d+", self.url, serve.with_name("sources.toml").read_text()
        )
        self.sources.write_text(self.text)

    def point(self, source, path, as_of):
        """Leads a source to another path, which speaks for another date."""
        table = f'[sources.{source}]\nurl = "{self.url}{path}"\nas_of = "{as_of}"\n'
        self.sources.write_text(
            re.sub(rf"\[sources\.{source}\]\n(?:[^\[]*\n)?", table, self.text)
        )

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()


def environment(home, sources=None, **more):
    """The environment of the program, without any settings of the caller's own."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PORCHLIGHT_")}
    own |= {"PORCHLIGHT_HOME": str(home), "PORCHLIGHT_LOG": "warn", "NO_COLOR": "1"}
    # They ask more than a client should.
    own |= {"PORCHLIGHT_RATE_LIMIT": "off", **more}
    if sources:
        own["PORCHLIGHT_SOURCES"] = str(sources)
    return own


def run(command, env, accept=(0,)):
    """Runs the program to its end and returns what it printed."""
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode not in accept:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


# Editions of invented publishers, in the order in which a small home reads them.
SMALL_EDITIONS = (
    ("usfa-registry", "national.csv", "2023-03-18"),
    # A department of the Atlas, so that one has a partnership.
    ("fbi-agencies", "import/lind-county.csv", "2020-01-01"),
    ("eff-atlas", "edition-2020.csv", "2020-10-07"),
    ("eff-atlas", "edition-2026.csv", "2026-04-10"),
)


def small_home(binary, home):
    """Publishes the built-in data and a few invented editions into an empty home, without a network:
    several releases, and records of every resource. Returns the environment to serve it with."""
    # One address asks more than a client would.
    env = environment(home, PORCHLIGHT_RATE_LIMIT="off")
    run([binary, "refresh", "--only", "curated"], env)
    for source, name, as_of in SMALL_EDITIONS:
        file = ROOT / "tests" / "fixtures" / source / name
        # The last edition lacks most of the one before, so it is held: `status` has that to tell.
        run([binary, "import", source, str(file), "--as-of", as_of], env, accept=(0, 3))
    return env


def newest_release(home):
    """The folder of the newest release of a home."""
    latest = json.loads((pathlib.Path(home) / "latest.json").read_text())
    return pathlib.Path(home) / "releases" / latest["release"]


class Serving:
    """`porchlight serve` on a free port; said to be ready when it prints its address."""

    def __init__(self, binary, env, *arguments):
        command = [binary, "serve", "--listen", "127.0.0.1:0", *arguments]
        self.process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        said = self.process.stdout.readline()
        if not said.startswith("listening on "):
            sys.exit(f"it does not serve: {said}")
        self.url = said.split()[-1]

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)

    def memory(self, field):
        """A field of the process's memory, in MB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
