"""Load: many small answers by wrk (Debian: wrk), or whole large ones one after another."""

import itertools
import json
import re
import resource
import subprocess
import threading
import time

from .client import ask

# wrk reads its requests from a file, where they are parted by a byte that no request holds. Asked in
# turn; where none may be asked twice, `first` says where to begin.
SCRIPT = r"""
local requests, number, at = {}, 0, 0
function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  for request in file:read("*a"):gmatch("(.-)\30") do
    number = number + 1
    requests[number] = request
  end
  file:close()
end
function request()
  at = at + 1
  if at > number then at = 1 end
  return requests[at]
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('JSON{"requests":%d,"microseconds":%d,"bytes":%d,"refused":%d,"broken":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""

# Seconds that wrk may take beyond its time: an answer may be under way.
GRACE = 30


def write(folder, port, requests):
    """Writes down what `many` is to ask; some hundred thousand take a second."""
    (folder / "requests.lua").write_text(SCRIPT)
    (folder / "requests").write_bytes(b"".join(request.text(port) + b"\x1e" for request in requests))


def many(folder, port, connections, seconds):
    """wrk in one thread asks what was written down: what it counted, and the processor time it took."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    command += ["-s", folder / "requests.lua", f"http://127.0.0.1:{port}", "--", folder / "requests"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + GRACE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search(r"JSON(\{.*\})", done.stdout)
    if not found:
        raise RuntimeError(f"wrk ended with {done.returncode}: {done.stderr}{done.stdout}")
    counted = json.loads(found[1])
    counted["client"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return counted


def large(port, requests, connections, seconds, status):
    """Each connection reads whole answers, in turn, until the time is up, at least one."""
    began, processor, lock = time.perf_counter(), time.process_time(), threading.Lock()
    took, read, refused, turn = [], [0], [0], itertools.cycle(requests)

    def work():
        while True:
            with lock:
                request = next(turn)
            answer = ask(port, request, keep=False)
            with lock:
                took.append(answer.took * 1e6)
                read[0] += answer.size
                refused[0] += answer.status != status
            if time.perf_counter() > began + seconds:
                return

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took.sort()
    return {
        "requests": len(took), "microseconds": (time.perf_counter() - began) * 1e6, "bytes": read[0],
        "refused": refused[0], "broken": 0, "p50": took[len(took) // 2],
        "p99": took[min(len(took) - 1, len(took) * 99 // 100)], "client": time.process_time() - processor,
    }
