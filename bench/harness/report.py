"""Results as a document for people, and as JSON for programs."""

import json
import platform
import subprocess
import time

# Medians that stand in the tables: heading, figure, and how it is written.
COLUMNS = (
    ("p50 ms", lambda found: f"{found['p50'] / 1000:.2f}"),
    ("p99 ms", lambda found: f"{found['p99'] / 1000:.2f}"),
    ("CPU s per 1,000", lambda found: f"{found['per_thousand']:.3f}"),
    ("RssAnon MB", lambda found: f"{found['own']:.0f}"),
    ("PSS MB", lambda found: f"{found['share']:.0f}"),
    ("bytes an answer", lambda found: f"{found['size']:,.0f}"),
    ("least to most a second", lambda found: f"{number(found['least'])} to {number(found['most'])}"),
    ("MB a second", lambda found: number(found["rate"] * found["size"] / 1e6)),
    ("kept answers", lambda found: f"{found['kept']:.0%}" if "kept" in found else ""),
    ("others' cores", lambda found: f"{found['others']:.2f}"),
    ("runs", lambda found: str(found["runs"])),
)


# Characters of a reason that stand in a table; all of it is said on the terminal.
LONGEST_REASON = 80


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(workload, results):
    """The table of one workload; Porchlight is what the others are compared with."""
    own = results.get("porchlight", {}).get("rate")
    headings = ["server", "requests a second", "Porchlight is", *(heading for heading, _ in COLUMNS)]
    lines = [
        f"### {workload.name}: {workload.told}",
        "",
        f"{workload.connections} connections, {len(workload.cases):,} cases.",
        "",
        "| " + " | ".join(headings) + " |",
        "|---" + "|--:" * (len(headings) - 1) + "|",
    ]
    for server, found in results.items():
        if found["void"]:
            why = found["void"][:LONGEST_REASON].replace("|", " ")
            lines.append(f"| {server} | void: {why} |" + " |" * (len(headings) - 2))
            continue
        ratio = f"{own / found['rate']:.3g}×" if own else ""
        cells = [server, number(found["rate"]), ratio, *(write(found) for _, write in COLUMNS)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def machine_told():
    """Processor, cores, memory and kernel."""
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "")
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) / 1024 / 1024
    cores = subprocess.run(["nproc"], capture_output=True, text=True).stdout.strip()
    return f"{cores} cores ({model}), {memory:.0f} GB, {platform.system()} {platform.release()}"


class Results:
    """What was found so far, written anew after each part: a run that is stopped leaves what it has."""

    def __init__(self, work, path, head):
        self.work, self.path, self.head, self.parts, self.data = work, path, head, [], {}
        print(head, flush=True)

    def add(self, name, text, data):
        self.parts.append(text)
        self.data[name] = data
        print(text, flush=True)
        (self.work / "results.json").write_text(json.dumps(self.data, indent=1) + "\n")
        if self.path:
            self.path.write_text("\n".join([self.head, summary(self.data), *self.parts]))


def summary(data):
    """What Porchlight does, and how it compares with each server, for each workload."""
    compared = {name: found for name, found in data.items() if "rate" in found.get("porchlight", {})}
    return "\n".join([
        "## Requests a second: how many times those of others",
        "",
        *ratios(compared, "rate", lambda own, other: own / other, number),
        "",
        "## CPU seconds per 1,000 requests: how many times ours others take",
        "",
        *ratios(compared, "per_thousand", lambda own, other: other / own, lambda value: f"{value:.3g}"),
        "",
        "## Each workload",
        "",
    ])


def ratios(compared, figure, ratio, write):
    """A table of one figure: Porchlight's own, and a ratio for each server that was asked the same."""
    servers = list(dict.fromkeys(server for found in compared.values() for server in found if server != "porchlight"))
    lines = ["| | porchlight | " + " | ".join(servers) + " |", "|---" + "|--:" * (len(servers) + 1) + "|"]
    for name, found in compared.items():
        own = found["porchlight"][figure]
        others = [found.get(server, {}).get(figure) for server in servers]
        cells = [f"{ratio(own, other):.3g}×" if own and other else "" for other in others]
        lines.append(f"| {name} | {write(own)} | " + " | ".join(cells) + " |")
    return lines


def head(release, servers, settings):
    """What stands above the tables."""
    versions = "\n".join(f"- {server.name}: {server.version()}" for server in servers)
    return f"""# Results

Written by `bench/run` on {time.strftime("%Y-%m-%d")}; [README.md](README.md) says what is compared with what. Medians of {settings.runs} runs of {settings.seconds} s in turn, load and servers on one machine: {machine_told()}. Ratios within a table hold better than figures do.

Release {release.name}: {len(release.agencies):,} agencies, {len(release.partnerships):,} partnerships.

{versions}
"""
