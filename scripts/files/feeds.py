#!/usr/bin/env python3
"""usage: scripts/with-server scripts/files/feeds.py

Reads the feeds of the server at PORCHLIGHT_URL as feed readers do: Atom with feedparser, which must
find nothing to mend, and JSON Feed by what version 1.1 says must be there.
"""
import json
import os
import sys
import urllib.request

import feedparser

FEEDS = ["releases", "changes", "changes?state=OH", "changes?program_id=ring-neighbors"]


def fetch(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read(), answer.headers


def check(condition, words):
    if not condition:
        sys.exit(f"feeds: {words}")


def check_atom(url):
    body, headers = fetch(url)
    check(headers.get_content_type() == "application/atom+xml", f"{url}: {headers['content-type']}")
    parsed = feedparser.parse(body, response_headers={"content-type": headers["content-type"],
                                                      "content-location": url})
    check(parsed.bozo == 0, f"{url}: {parsed.get('bozo_exception')}")
    check(parsed.version == "atom10", f"{url}: {parsed.version}")
    feed = parsed.feed
    check(feed.title and feed.id and feed.updated_parsed and feed.author, f"{url}: {feed}")
    check(any(link.rel == "self" for link in feed.links), f"{url}: no link to itself")
    ids = [entry.id for entry in parsed.entries]
    check(len(ids) == len(set(ids)), f"{url}: an id twice")
    for entry in parsed.entries:
        check(entry.title and entry.link and entry.summary and entry.updated_parsed, f"{url}: {entry}")
    return ids


def check_json(url):
    body, headers = fetch(url)
    check(headers.get_content_type() == "application/feed+json", f"{url}: {headers['content-type']}")
    feed = json.loads(body)
    check(feed["version"] == "https://jsonfeed.org/version/1.1", f"{url}: {feed['version']}")
    check(feed["title"] and feed["items"] is not None, f"{url}: no title or items")
    for item in feed["items"]:
        check(item["id"] and (item.get("content_text") or item.get("content_html")), f"{url}: {item}")
    return [item["id"] for item in feed["items"]]


def main():
    base = os.environ.get("PORCHLIGHT_URL") or sys.exit(__doc__)
    entries = 0
    for feed in FEEDS:
        name, _, query = feed.partition("?")
        urls = [f"{base}/feeds/{name}.{suffix}?{query}" for suffix in ("atom", "json")]
        atom, plain = check_atom(urls[0]), check_json(urls[1])
        check(atom == plain, f"{feed}: Atom and JSON differ")
        entries += len(atom)
    check(entries > 0, "no feed has an entry")
    print(f"feeds: {len(FEEDS)} read twice, {entries} entries")


main()
