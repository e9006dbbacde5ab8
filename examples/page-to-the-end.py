#!/usr/bin/env python3
"""Prints every partnership of a state: page-to-the-end.py STATE [SERVER].

Python 3 alone; nothing to install.
"""
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ATTEMPTS = 10


def get(address):
    """The answer at an address as JSON; waits where the server says so."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503) or attempt == ATTEMPTS:
                # The body says what is wrong, and what was probably meant.
                sys.exit(f"{error.code}: {error.read().decode()}")
            time.sleep(int(error.headers.get("Retry-After", "1")))


def records(address):
    """All records of a list: page after page, all of one release."""
    release, seen = None, set()
    while address:
        page = get(address)
        meta = page["meta"]
        release = release or meta["release"]
        assert meta["release"] == release, "a page of another release"
        for record in page["data"]:
            seen.add(record["id"])
            yield record
        # Links may leave out the host.
        following = page["links"]["next"]
        address = following and urllib.parse.urljoin(address, following)
    assert len(seen) == meta["total"], f"{len(seen)} of {meta['total']} records"
    print(f"{len(seen)} partnerships, release {release}", file=sys.stderr)


def main():
    state = sys.argv[1]
    server = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8080"
    query = urllib.parse.urlencode({"state": state, "sort": "agency_name", "limit": 100})
    for record in records(f"{server}/v1/partnerships?{query}"):
        print(record["id"], record["agency_name"], record["status"], sep="\t")


main()
