"""Large answers: a whole table as CSV, and files of the release."""

import os

from .workloads import Workload

# Two clients at a time, as many as there are cores: more only wait for one another.
CLIENTS = 2
# Bytes of the file that stands for any large one.
LARGE = 50 << 20
# Servers for which a hundred clients at once are no wait of minutes.
QUICK = ("porchlight", "nginx")
# Distinct conditions on a whole table: more than a run can ask for.
TABLES = 500


def csv(without=None):
    query = {} if without is None else {"state__not": without}
    return {"asks": "csv", "path": "/v1/agencies.csv", "query": query}


def file(release, name):
    return {"asks": "file", "path": f"/data/{release.name}/{name}", "file": name}


def large_file(release):
    """The file of the release that comes nearest to 50 MiB, and its size."""
    sizes = {entry.name: entry.stat().st_size for entry in os.scandir(release.folder)}
    return min(sizes.items(), key=lambda pair: abs(pair[1] - LARGE))


def downloads(release, _porchlight):
    name, size = large_file(release)
    share = {"connections": CLIENTS, "is_download": True}
    lines = {"rows": len(release.agencies), "rows_are_lines": True}
    whole = "all agencies as CSV"
    part = f"the first tenth of {name} ({size / 1e6:.0f} MB), by Range"
    ranged = file(release, name) | {"headers": [("Range", f"bytes=0-{size // 10}")]}
    return [
        Workload("csv", f"{whole}, asked again and again", [csv()], **lines, **share),
        Workload("new-csv", f"{whole}, each once", [csv(f"Z{at:05}") for at in range(TABLES)], is_new=True, **lines, **share),
        Workload("csv-file", f"{whole}, the file of the release", [file(release, "agencies.csv")], **lines, **share),
        Workload("parquet-file", "all agencies as Parquet, the file of the release", [file(release, "agencies.parquet")], **share),
        Workload("sqlite-file", "the database of the release", [file(release, "dataset.sqlite")], **share),
        Workload("large-file", f"{name} ({size / 1e6:.0f} MB)", [file(release, name)], **share),
        Workload("large-file-100", f"{name}, by 100 clients at once", [file(release, name)], **share | {"connections": 100, "servers": QUICK}),
        Workload("range", part, [ranged], status=206, **share),
    ]
