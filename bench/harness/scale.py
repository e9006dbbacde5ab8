"""Whether answers take longer when more is stored: the same questions to two releases of made-up data,
each asked once, on one connection."""

import collections
import http.client
import json
import random
import re
import statistics
import time

from . import made_up
from .porchlight import Porchlight
from .release import SHORTEST_WORD, Release
from .workloads import DEPTH, SEED

SIZES = (20_000, 1_000_000)

# Questions of a sort that are asked, and those that one takes long to answer.
QUESTIONS, LONG_QUESTIONS = 200, 10

# Pages in a row, of which a tenth of 20,000 rows has as many.
DEEP_PAGES = 20

# Matches that a search of the middle sort has, as the bound on searches says.
MATCHES = (1_000, 10_000)


def timed(connection, path):
    """Microseconds to the last byte, and the answer."""
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {path}: {body[:200]!r}")
    return (time.perf_counter() - began) * 1e6, body


def deep_pages(connection, table, sort, total):
    """Pages at nine tenths of a table, found by walking there as a client does."""
    path, pages = f"/v1/{table}?sort={sort}&limit=1000", []
    for _ in range(int(total * DEPTH) // 1000):
        path = json.loads(timed(connection, path)[1])["links"]["next"]
    path = path.replace("limit=1000", "limit=100")
    while path and len(pages) < DEEP_PAGES:
        pages.append(path)
        path = json.loads(timed(connection, path)[1])["links"]["next"]
    return pages


def word_counts(release):
    """Words of names, and how many partnerships hold each."""
    counts = collections.Counter()
    for (name,) in release.read("SELECT agency_name FROM partnerships"):
        counts.update({word for word in re.findall("[a-z]+", name.lower()) if len(word) >= SHORTEST_WORD})
    return counts


def questions(release, connection):
    """Paths by what they ask."""
    chosen = random.Random(SEED)
    sample = lambda ids: chosen.sample(ids, min(QUESTIONS, len(ids)))
    states = [state for (state,) in release.read("SELECT DISTINCT state FROM partnerships WHERE state IS NOT NULL")]
    statuses = [status for (status,) in release.read("SELECT DISTINCT status FROM partnerships")]
    counts = word_counts(release)
    of = counts.__getitem__
    frequent = sorted(counts, key=of, reverse=True)[:LONG_QUESTIONS]
    others = [word for word in counts if word not in frequent]
    fit = [word for word in others if MATCHES[0] <= of(word) <= MATCHES[1]]
    few = [word for word in others if 20 <= of(word) < MATCHES[0]]
    find = lambda words, most: [f"/v1/partnerships?q={word}&limit=20" for word in words[:most]]
    pairs = ("state,kind", "state,status", "kind,status", "program_id,state", "program_id,status", "service,state")
    return {
        "partnerships/{id}": [f"/v1/partnerships/{id}" for id in sample(release.partnerships)],
        "agencies/{id}": [f"/v1/agencies/{id}" for id in sample(release.agencies)],
        "list of 100": [f"/v1/partnerships?state={state}&status={status}&limit=100" for state in states for status in statuses],
        "deep page of 100": deep_pages(connection, "partnerships", "agency_name", len(release.partnerships)),
        "counts": [f"/v1/partnerships/counts?by={pair}" for pair in pairs],
        "search, fewer than 1,000 matches": find(few, QUESTIONS),
        "search, up to 10,000 matches": find(fit, LONG_QUESTIONS),
        "search, the most frequent words": find(frequent, LONG_QUESTIONS),
    }


def measure_one(porchlight, release):
    """Medians and worst in microseconds of server time, and MB."""
    milliseconds = porchlight.start() * 1000
    found = {"first answer, ms": milliseconds}
    try:
        connection = http.client.HTTPConnection("127.0.0.1", porchlight.port)
        live = statistics.median(timed(connection, "/health/live")[0] for _ in range(300))
        asked = questions(release, connection)
        # What the walk kept must not answer anything.
        connection.close()
        porchlight.stop()
        porchlight.start()
        time.sleep(2)
        found["idle RssAnon, MB"] = porchlight.memory()[1]
        connection = http.client.HTTPConnection("127.0.0.1", porchlight.port)
        for name, paths in asked.items():
            times = [timed(connection, path)[0] - live for path in paths]
            if times:
                found[f"{name}, µs"] = statistics.median(times)
                found[f"{name}, worst µs"] = max(times)
        kept, _ = porchlight.answers_from_cache()
        if kept:
            raise RuntimeError(f"{kept:.0f} answers were kept ones")
        found["RssAnon after all, MB"] = porchlight.memory()[1]
    finally:
        porchlight.stop()
    return found


def measure(work, binary, runs, sizes=SIZES):
    """By size of the release: medians over runs, each with servers of their own; and what publishing
    took."""
    found = {}
    for size in sizes:
        home, said = made_up.home(work, size)
        porchlight = Porchlight(work, binary, home)
        release = Release(home / "releases" / porchlight.release)
        done = [measure_one(porchlight, release) for _ in range(runs)]
        found[size] = {what: statistics.median(run[what] for run in done) for what in done[0]}
        found[size]["publishing"] = made_up.publishing(said)
    return found


def table(found):
    small, large = found
    lines = [
        "### scale: the same questions where more is stored",
        "",
        "One connection; each question once; time beyond that of `/health/live`.",
        "",
        f"| | {small:,} partnerships | {large:,} partnerships | ratio |",
        "|---|--:|--:|--:|",
    ]
    for what, value in found[small].items():
        if what == "publishing" or what not in found[large]:
            continue
        other = found[large][what]
        lines.append(f"| {what} | {value:,.0f} | {other:,.0f} | {other / value:.2f} |" if value else f"| {what} | 0 | {other:,.0f} | |")
    lines += ["", *(f"- {size:,}: {line}" for size in found for line in found[size]["publishing"])]
    return "\n".join(lines) + "\n"
