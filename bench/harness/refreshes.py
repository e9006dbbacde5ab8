"""How long a refresh takes: the first, one that finds nothing new, and one that finds a changed row."""

import csv
import json
import os
import shutil
import sqlite3
import statistics
import sys
import time

from proof import Upstream, environment

# What is changed in the changed row: a latitude, by half a mile.
MOVED = 0.01


def refresh(binary, env):
    """Seconds and peak memory in MB of a refresh, and the word it ended with."""
    reading, writing = os.pipe()
    began = time.monotonic()
    process = os.posix_spawn(binary, [binary, "refresh"], env, file_actions=[(os.POSIX_SPAWN_DUP2, writing, 1)])
    os.close(writing)
    _, status, usage = os.wait4(process, 0)
    took = time.monotonic() - began
    with os.fdopen(reading) as said:
        words = said.read().split()
    if status:
        raise RuntimeError(f"the refresh ended with {os.waitstatus_to_exitcode(status)}: {' '.join(words)}")
    return took, usage.ru_maxrss / 1024, words[0]


def last_publish(home):
    """Seconds that the newest run took to publish, as the catalog tells."""
    catalog = sqlite3.connect(f"file:{home / 'catalog.sqlite'}?mode=ro", uri=True)
    (stages,) = catalog.execute("SELECT stages FROM runs ORDER BY id DESC LIMIT 1").fetchone()
    catalog.close()
    return next((stage["milliseconds"] / 1000 for stage in json.loads(stages) if stage["stage"] == "publish"), 0)


def changed_copy(data, folder):
    """A copy of the data folder in which one agency of the FBI's lies elsewhere, beside the same
    upstream."""
    shutil.copytree(data, folder / "data")
    (folder / "upstream").symlink_to(data.parent / "upstream")
    (file,) = (folder / "data" / "fbi").glob("fbi_api_agencies_*.csv")
    with open(file, newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        columns, rows = reader.fieldnames, list(reader)
    row = next(row for row in rows if row["latitude"])
    row["latitude"] = str(float(row["latitude"]) + MOVED)
    with open(file, "w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, columns)
        writer.writeheader()
        writer.writerows(rows)
    return folder / "data"


def refreshes(binary, data, work, runs):
    """Medians by what was measured."""
    folder = work / "refresh"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    found, data = {}, data.resolve()

    def note(what, value):
        found.setdefault(what, []).append(value)

    upstreams = [Upstream(data), Upstream(changed_copy(data, folder))]
    try:
        for run in range(runs):
            home = folder / f"home-{run}"
            before, after = (environment(home, upstream.sources) for upstream in upstreams)
            for name, env, expected in (
                ("first", before, "published"), ("unchanged", before, "unchanged"), ("one changed row", after, "published")
            ):
                took, peak, said = refresh(binary, env)
                if said != expected:
                    raise RuntimeError(f"the refresh ({name}) says `{said}`, not `{expected}`")
                note(f"{name}: all of it, s", took)
                note(f"{name}: peak memory (RSS), MB", peak)
                if expected == "published":
                    note(f"{name}: publishing alone, s", last_publish(home))
            shutil.rmtree(home)
            print(f"refresh: run {run + 1} of {runs}", file=sys.stderr)
    finally:
        for upstream in upstreams:
            upstream.stop()
        shutil.rmtree(folder)
    return {what: {"median": statistics.median(values), "most": max(values)} for what, values in found.items()}


def table(found):
    lines = ["### refresh: the sources' real files, from this machine", "", "| refresh | median | most |", "|---|--:|--:|"]
    lines += [f"| {what} | {of['median']:.2f} | {of['most']:.2f} |" for what, of in found.items()]
    return "\n".join(lines) + "\n"
