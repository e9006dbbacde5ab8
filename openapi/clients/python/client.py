"""What a client made from the OpenAPI document can do: list, page to the end, get one, and read a
failure, all of it typed. usage: client.py http://HOST"""

import sys
from urllib.parse import parse_qs, urlsplit

from porchlight_client import Client
from porchlight_client.api.vendors import get_vendor, list_vendors
from porchlight_client.models import Code, ProblemDocument, Vendor, VendorPage, VendorRecord
from porchlight_client.types import UNSET


def whole(page: VendorPage) -> list[Vendor]:
    """The rows of a page; only with `fields` there are others that are less than whole."""
    return [row for row in page.data if isinstance(row, Vendor)]


def page_of(answer: object) -> VendorPage:
    assert isinstance(answer, VendorPage), answer
    return answer


def main(host: str) -> None:
    latest = Client(base_url=f"{host}/v1")
    page = page_of(list_vendors.sync(client=latest, limit=1))
    release, total = page.meta.release, page.meta.total

    # Pages belong to one release, so the rest is asked there: the address of a client pins it.
    pinned = Client(base_url=f"{host}/v1/releases/{release}")
    vendors: list[Vendor] = whole(page)
    while page.links.next_ is not None:
        (cursor,) = parse_qs(urlsplit(page.links.next_).query)["cursor"]
        page = page_of(list_vendors.sync(client=pinned, limit=1, cursor=cursor))
        vendors.extend(whole(page))
    ids = [vendor.id for vendor in vendors]
    assert len(ids) == total > 1, (ids, total)
    assert ids == sorted(set(ids)), ids

    one = get_vendor.sync(vendors[0].id, client=pinned)
    assert isinstance(one, VendorRecord), one
    assert one.data == vendors[0], one.data

    missing = get_vendor.sync("nobody", client=latest)
    assert isinstance(missing, ProblemDocument), missing
    assert (missing.status, missing.code) == (404, Code.NOT_FOUND), missing

    refused = list_vendors.sync(client=latest, limit=5000)
    assert isinstance(refused, ProblemDocument), refused
    assert refused.errors is not UNSET and refused.errors, refused
    assert refused.errors[0].code is Code.LIMIT_TOO_LARGE, refused

    print(f"python: {total} vendors of {release} on as many pages, one, two problems")


if __name__ == "__main__":
    main(sys.argv[1])
