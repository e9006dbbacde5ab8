"""What schemathesis cannot know from the document: rules about several parameters at once.

Queries that must be refused are sent as they are; `before_call` is about those that must be accepted."""

import datetime

import schemathesis

NEAR = ("near_lat", "near_lon", "radius_km")


@schemathesis.hook
def filter_query(context, query):
    """Nothing is sent of an empty object, so nothing can be refused of it."""
    return not query or all(value != {} for value in query.values())


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive or not case.query:
        return
    query = case.query
    # A cursor fits one query of one release, so none that is made up can be accepted. Tests of ours
    # follow real ones.
    query.pop("cursor", None)
    # It belongs to CSV, and JSON is what is asked for here.
    query.pop("bom", None)
    # Words are letters or digits of any script, which no pattern says that every reader of the
    # document knows.
    if not any(letter.isalnum() for letter in str(query.get("q", ""))):
        query.pop("q", None)
    # `name` and `-name` are two words, but one field, which is refused to be sorted by twice.
    if query.get("sort"):
        fields = {}
        for key in values(query["sort"]):
            fields.setdefault(key.lstrip("-"), key)
        query["sort"] = ",".join(fields.values())
    # It is about a day.
    if "valid_on" not in query:
        query.pop("include_uncertain", None)
    # A circle has a centre.
    if not all(name in query for name in NEAR[:2]):
        for name in NEAR:
            query.pop(name, None)
    # West, south, east, north.
    if query.get("bbox"):
        west, south, east, north = sorted_box(values(query["bbox"]))
        query["bbox"] = f"{west},{south},{east},{north}"
    # A comparison goes forward, and a release has the name of a day there is.
    if not forward(query.get("from"), query.get("to")):
        query.pop("from", None)
        query.pop("to", None)


def values(given):
    return given.split(",") if isinstance(given, str) else [str(value) for value in given]


def sorted_box(box):
    """Corners of a box on the earth, wherever the four numbers lie."""
    numbers = [float(number) for number in box]
    lons = sorted(max(-180.0, min(180.0, number)) for number in numbers[0::2])
    lats = sorted(max(-90.0, min(90.0, number)) for number in numbers[1::2])
    return lons[0], lats[0], lons[1], lats[1]


def forward(begin, end):
    if begin is None and end is None:
        return True
    try:
        days = [datetime.date.fromisoformat(str(name).split(".")[0]) for name in (begin, end)]
    except ValueError:
        return False
    return days[0] <= days[1]
