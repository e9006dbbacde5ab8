"""What a server takes of the machine: processor time and memory of it and all processes below it."""

import os
import pathlib
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")

# Seconds between two looks at memory: often enough for a peak, too seldom to cost anything.
LOOK_EVERY = 0.25


def processes():
    """Parent, session and ticks of processor time of every process."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            line = pathlib.Path(f"/proc/{entry}/stat").read_text()
        except OSError:
            continue
        # The name before the last bracket may hold anything.
        fields = line[line.rindex(")") + 2 :].split()
        ticks = int(fields[11]) + int(fields[12])
        found[int(entry)] = (int(fields[1]), int(fields[3]), ticks)
    return found


def belonging(roots):
    """The processes of the roots, of their sessions and below them, with their ticks."""
    known = processes()
    kept = {number for number, (_, session, _) in known.items() if number in roots or session in roots}
    while True:
        below = {number for number, (parent, _, _) in known.items() if parent in kept} - kept
        if not below:
            return {number: known[number][2] for number in kept}
        kept |= below


def processor_seconds(roots):
    """Seconds of processor time that these processes have taken."""
    return sum(belonging(roots).values()) / TICKS


def memory(roots):
    """MB of memory: their share of it (PSS), and what is theirs alone and in no file (RssAnon)."""
    share = own = 0
    for number in belonging(roots):
        try:
            lines = pathlib.Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            name, _, value = line.partition(":")
            if name == "Pss":
                share += int(value.split()[0])
            elif name == "Anonymous":
                own += int(value.split()[0])
    return share / 1024, own / 1024


def busy_seconds():
    """Seconds of processor time that anything on this machine has taken."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
    idle, waiting, stolen = fields[3], fields[4], fields[7]
    return (sum(fields[:8]) - idle - waiting - stolen) / TICKS


def wait_for_quiet(cores, seconds):
    """Waits until the machine is busy with less than so many cores, or the seconds are over. Returns
    the seconds waited."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        before = busy_seconds()
        time.sleep(LOOK_EVERY)
        if (busy_seconds() - before) / LOOK_EVERY < cores:
            break
    return time.monotonic() - began


class Peak(threading.Thread):
    """Looks at the memory of processes until it is asked for the greatest that was seen."""

    def __init__(self, roots):
        super().__init__(daemon=True)
        self.roots, self.share, self.own, self.ended = roots, 0.0, 0.0, threading.Event()
        self.start()

    def look(self):
        share, own = memory(self.roots)
        self.share, self.own = max(self.share, share), max(self.own, own)

    def run(self):
        while not self.ended.wait(LOOK_EVERY):
            self.look()

    def end(self):
        """MB at most: share and own."""
        self.ended.set()
        self.join()
        self.look()
        return self.share, self.own
