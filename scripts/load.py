"""Load on a server of this machine, by wrk (Debian: wrk)."""

import json
import re
import subprocess

# What a client of the site, an application and a script ask for.
MIXED = (
    "/v1/summary",
    "/v1/agencies?state=OH&kind=sheriff",
    "/v1/agencies?sort=name&limit=200",
    "/v1/partnerships?limit=100",
    "/v1/disclosures?legal_basis=emergency",
    "/v1/agencies?q=county&limit=20",
    "/v1/agencies/counts?by=state,kind",
    "/v1/status",
    "/v1/releases",
    "/openapi.json",
)

# A thread's requests: each path in turn, with every header a browser's library would send. A path
# that ends in `=` gets a number of its own, so that no cache has it.
ROTATE = """
local paths, at, own = { %s }, 0, tostring({}):gsub("%%W", "")
request = function()
  at = at + 1
  local path = paths[at %% #paths + 1]
  if path:sub(-1) == "=" then path = path .. own .. at end
  return wrk.format("GET", path, { ["Accept-Encoding"] = "gzip, deflate, br" })
end
"""


class Load:
    """wrk, in one thread."""

    def __init__(self, folder, port, paths, seconds, connections=32):
        script = folder / "rotate.lua"
        script.write_text(ROTATE % ", ".join(json.dumps(path) for path in paths))
        command = ["wrk", "--threads", "1", "--connections", str(connections)]
        command += ["--duration", f"{seconds}s", "--timeout", "30s", "--latency"]
        command += ["--script", script, f"http://127.0.0.1:{port}"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def result(self):
        """Requests a second, milliseconds of the slowest hundredth, requests, and failures."""
        said = self.process.communicate()[0]
        number = lambda pattern: sum(map(int, re.findall(pattern, said)))
        slow, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\b", said).groups()
        milliseconds = float(slow) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
        failed = number(r"Non-2xx or 3xx responses: (\d+)")
        failed += sum(map(int, re.findall(r"\d+", "".join(re.findall("Socket errors:.*", said)))))
        return rate, milliseconds, number(r"(\d+) requests in"), failed
