"""Homes of made-up data (../../examples/million), made once and kept."""

import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def home(work, partnerships):
    """A home with a release of so many partnerships, and what making it printed."""
    folder = work / f"made-up-{partnerships}"
    said = folder.with_suffix(".txt")
    if not said.exists():
        shutil.rmtree(folder, ignore_errors=True)
        given = os.environ.get("PORCHLIGHT_MILLION_BIN")
        program = [given] if given else ["cargo", "run", "--release", "--locked", "--quiet", "--example", "million", "--"]
        command = [*program, "--home", folder, "--partnerships", str(partnerships)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        said.write_text(done.stdout)
    return folder, said.read_text()


def publishing(said):
    """The lines that tell how long publishing took and what memory it needed."""
    return [line.strip() for line in said.splitlines() if re.search("publishing|peak of memory", line)]
