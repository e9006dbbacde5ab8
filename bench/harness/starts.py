"""How long servers take to their first answer, and what they hold when nobody asks."""

import statistics
import time


# Seconds without a request before memory is looked at: what a start needed is given back by then.
IDLE = 5


def starts(servers, runs):
    """Milliseconds to the first answer and MB when idle, medians, for each server."""
    found = {server.name: {"milliseconds": [], "own": [], "share": []} for server in servers}
    for _ in range(runs):
        for server in servers:
            server.stop()
            figures = found[server.name]
            figures["milliseconds"].append(server.start() * 1000)
            time.sleep(IDLE)
            share, own = server.memory()
            figures["own"].append(own)
            figures["share"].append(share)
            server.stop()
    return {name: {what: statistics.median(values) for what, values in of.items()} for name, of in found.items()}


def table(found):
    lines = [
        "### starts: from the start to the first answer, and idle",
        "",
        f"Memory {IDLE} s after it, with no request. PostgREST with its PostgreSQL, which runs already.",
        "",
        "| server | first answer ms | RssAnon MB | PSS MB |",
        "|---|--:|--:|--:|",
    ]
    for name, of in found.items():
        lines.append(f"| {name} | {of['milliseconds']:.0f} | {of['own']:.0f} | {of['share']:.0f} |")
    return "\n".join(lines) + "\n"
