"""One workload on several servers: the answers compared before any load, then rounds in turn."""

import dataclasses
import json
import statistics
import sys
import time

from . import load, machine
from .client import ask

# Answers of each server that are looked at before the load.
LOOKED_AT = 8
# How far the size of rows may be from that of Porchlight's: a list is a list here and a text there.
SMALLEST, LARGEST = 0.5, 2.0
# Questions whose rows are the same everywhere; searches find and rank as each server does.
ORDERED = ("record", "list", "deep-page")
# Cores that anything else may take of the machine during a run; a run with more is done again.
OTHERS = 0.25
# How often, at most, for one server and workload.
AGAIN = 2
# Seconds that one run waits for a quiet machine at most.
LONGEST_WAIT = 10
# Share of requests that may fail before a run counts for nothing: a server that refuses is fast.
FAILED = 0.001
# How far the mean size under load may be from that of the answers that were looked at.
STRAYED = 0.2
# Share of the answers that may be kept ones where none should be.
KEPT = 0.01


@dataclasses.dataclass
class Settings:
    """How long and how often."""

    runs: int
    seconds: int
    # Seconds that may be spent in all on waiting for the rest of the machine to be quiet, and whether
    # a run that others disturbed is done again.
    patience: float = 120
    again: int = AGAIN


class Unequal(Exception):
    """An answer that is not what Porchlight answers."""


def look(server, workload, requests, reference):
    """Asks a server for some cases, and compares what it says with `reference`, the answers of
    Porchlight and their rows, which it fills if it is empty. Returns the mean size of the answers."""
    step = max(1, len(requests) // LOOKED_AT)
    sizes, is_first = [], not reference
    for request, case in zip(requests[::step], workload.cases[::step]):
        answer = ask(server.port, request)
        told = f"{request.path}: {answer.body[:60]!r}"
        if answer.status != workload.status:
            raise Unequal(f"{answer.status}, not {workload.status}: {told}")
        rows = None if workload.rows is None else server.rows(workload, answer)
        if rows is not None and len(rows) != workload.rows:
            raise Unequal(f"{len(rows)} rows, not {workload.rows}: {told}")
        if is_first:
            reference.append((answer.body, rows))
        body, expected = reference[len(sizes)]
        if server.is_exact and answer.body != body:
            raise Unequal(f"not the bytes that Porchlight sends: {told}")
        if rows is not None:
            agree(case, rows, expected, told)
        sizes.append(answer.size)
    return statistics.mean(sizes)


def agree(case, rows, expected, told):
    """Whether rows are those that Porchlight sends, in its order where the question names one, and about
    as large."""
    if case["asks"] in ORDERED and [row["id"] for row in rows] != [row["id"] for row in expected]:
        raise Unequal(f"other rows than Porchlight sends: {told}")
    if case["asks"] == "counts" and counted(rows) != counted(expected):
        raise Unequal(f"other counts than Porchlight sends: {told}")
    own, theirs = (len(json.dumps(some, separators=(",", ":"))) for some in (rows, expected))
    if not SMALLEST * theirs <= own <= LARGEST * theirs:
        raise Unequal(f"rows of {own} bytes, where those of Porchlight have {theirs}: {told}")


def counted(rows):
    """What each pair of state and kind counts, whatever the count is called."""
    number = lambda row: next(value for name, value in row.items() if name not in ("state", "kind"))
    return {(row["state"], row["kind"]): number(row) for row in rows}


def one(server, workload, requests, settings, expected):
    """One run of one server."""
    kept = made = 0
    if (workload.is_new or workload.is_cold) and server.keeps_answers:
        server.stop()
        server.start()
        kept, made = server.answers_from_cache()
    if not workload.is_download:
        load.write(server.work, server.port, requests)
    settings.patience -= machine.wait_for_quiet(OTHERS, min(settings.patience, LONGEST_WAIT))
    busy, before, own = machine.busy_seconds(), server.processor_seconds(), time.process_time()
    peak = machine.Peak(server.roots())
    if workload.is_download:
        run = load.large(server.port, requests, workload.connections, settings.seconds, workload.status)
    else:
        run = load.many(server.work, server.port, workload.connections, settings.seconds)
    run["share"], run["own"] = peak.end()
    seconds = run["microseconds"] / 1e6
    run["processor"] = server.processor_seconds() - before
    # A client of downloads is this very process.
    own = time.process_time() - own + (0 if workload.is_download else run["client"])
    others = machine.busy_seconds() - busy - run["processor"] - own
    run["others"] = max(0, others) / seconds
    run["rate"] = run["requests"] / seconds
    run["per_thousand"] = 1000 * run["processor"] / max(1, run["requests"])
    run["void"] = reason(run, workload, requests, expected)
    if (workload.is_new or workload.is_cold) and server.keeps_answers:
        kept, made = (now - then for now, then in zip(server.answers_from_cache(), (kept, made)))
        run["kept"] = kept / max(1, kept + made)
        if workload.is_new and run["kept"] > KEPT:
            run["void"] = f"{kept:.0f} of {kept + made:.0f} answers were kept ones"
    return run


def reason(run, workload, requests, expected):
    """Why a run counts for nothing; `None` where it counts."""
    failed = run["broken"] + (run["refused"] if workload.status < 400 else 0)
    if not run["requests"]:
        return "no answer"
    if failed > FAILED * run["requests"]:
        return f"{failed} of {run['requests']} failed"
    if workload.is_new and run["requests"] > len(requests):
        return f"{run['requests']} requests for {len(requests)} cases"
    mean = run["bytes"] / run["requests"]
    # A few answers tell little about a mean.
    if not workload.is_varied and run["requests"] >= 50 and abs(mean - expected) > STRAYED * expected:
        return f"{mean:.0f} bytes an answer, {expected:.0f} before the load"
    return None


def compare(workload, servers, settings):
    """Medians for each server that can be asked, or why there are none."""
    asked, expected, results, reference = {}, {}, {}, []
    for server in servers:
        if workload.servers and server.name not in workload.servers:
            continue
        requests = [server.request(workload, case) for case in workload.cases]
        if None in requests:
            continue
        try:
            expected[server.name] = look(server, workload, requests, reference)
        except (Unequal, OSError, ValueError, KeyError) as problem:
            results[server.name] = {"void": str(problem)}
            print(f"{workload.name}: {server.name}: {problem}", file=sys.stderr)
            continue
        asked[server] = requests
        if not (workload.is_download or workload.is_new or workload.is_cold):
            # The first second fills caches and is not counted.
            load.write(server.work, server.port, requests)
            load.many(server.work, server.port, workload.connections, 1)
    runs, again = {server: [] for server in asked}, dict.fromkeys(asked, settings.again)
    for number in range(settings.runs):
        # A B C, then C B A: a machine that slows down slows all of them.
        for server in list(asked)[:: 1 if number % 2 == 0 else -1]:
            run = one(server, workload, asked[server], settings, expected[server.name])
            while run["others"] > OTHERS and again[server]:
                again[server] -= 1
                run = one(server, workload, asked[server], settings, expected[server.name])
            runs[server].append(run)
    for server, done in runs.items():
        results[server.name] = medians(done)
    return results


def medians(runs):
    good = [run for run in runs if not run["void"]]
    if 2 * len(good) <= len(runs):
        return {"void": next(run["void"] for run in runs if run["void"])}
    figures = ("rate", "p50", "p99", "per_thousand", "others", "requests", "bytes")
    found = {figure: statistics.median(run[figure] for run in good) for figure in figures}
    found["size"] = statistics.median(run["bytes"] / run["requests"] for run in good)
    found["least"], found["most"] = min(run["rate"] for run in good), max(run["rate"] for run in good)
    found["share"], found["own"] = max(run["share"] for run in good), max(run["own"] for run in good)
    if "kept" in good[0]:
        found["kept"] = statistics.median(run["kept"] for run in good)
    found["runs"], found["void"] = len(good), None
    return found
