"""Questions whose answers nobody has made yet: each is asked once of a server that has just started.

Lists and counts differ by a state that they leave out and that there is not: the same rows, at the cost
of one comparison, by a question that nobody asked before. Searches differ by two columns that they leave
out, records by their id and by whether the release is named. Servers that keep no answers are asked
without such columns."""

import itertools
import random

from .workloads import SEED, Workload, agency, counts, in_release, list_of, pages, partnership, search

# Cases of a sort: more than a run can ask for.
LISTS = 60_000
# Pages, each of which is asked for its address first.
PAGES = 6_000

# Distinct queries of the mix, how many of them are of each sort, and requests that are drawn of them.
MIX = {"agency": 40_000, "partnership": 1_500, "list": 28_000, "search": 25_500, "counts": 5_000}
DRAWN = 300_000
# The power by which the share of a query falls with its rank, as the popularity of pages does.
ZIPF = 1.0


def nowhere(number):
    """A state that there is not."""
    return f"Z{number:05}"


def records(release, ids, make):
    """Each record by its address in the newest release and in the release by its name."""
    cases = [make(id) for id in ids]
    return cases + [in_release(case, release.name) for case in cases]


def of_sort(release, sort, number):
    """So many cases of a sort, no two of them the same, in an order of no meaning."""
    chosen, lists, words = random.Random(f"{SEED} {sort}"), release.full_lists, release.frequent_words(400)
    match sort:
        case "agency":
            cases = records(release, release.agencies, agency)
        case "partnership":
            cases = records(release, release.partnerships, partnership)
        case "list":
            cases = [list_of(*lists[at % len(lists)], nowhere(at)) for at in range(number)]
        case "search":
            cases = searches(release, words, number)
        case "search-in-state":
            states = sorted({state for state, _ in lists})
            cases = [search(word, state) for word in words for state in states]
        case "counts":
            cases = [counts(nowhere(at)) for at in range(number)]
    chosen.shuffle(cases)
    return cases[:number]


def searches(release, words, number):
    """Searches for each of the words, each time with other columns."""
    left_out = itertools.combinations(release.columns[1:], 2)
    cases = []
    for pair in left_out:
        fields = ",".join(column for column in release.columns if column not in pair)
        cases += [search(word, fields=fields) for word in words]
    return cases[:number]


def mixed(release):
    """The queries of the mix, by rank."""
    cases = [case for sort, number in MIX.items() for case in of_sort(release, sort, number)]
    random.Random(SEED).shuffle(cases)
    return cases


def new(release, porchlight):
    """Those whose answers are made for each request, and the mix."""
    mix = mixed(release)
    weights = [1 / (rank + 1) ** ZIPF for rank in range(len(mix))]
    drawn = random.Random(SEED).choices(mix, weights, k=DRAWN)
    of = lambda sort: of_sort(release, sort, LISTS)
    once = {"is_new": True}
    return [
        Workload("new-agency", "an agency by its id, each once", records(release, release.agencies, agency), rows=1, **once),
        Workload("new-list", "100 agencies of a state and kind, each once", of("list"), rows=100, **once),
        Workload("new-search", "20 agencies by words, each once", of("search"), rows=20, **once),
        Workload("new-search-in-state", "agencies of a state by words, each once", of("search-in-state"), is_varied=True, **once),
        Workload("new-counts", "agencies by state and kind, each once", of("counts"), rows=release.groups, **once),
        Workload("new-page", "an agency for people, each once", pages(release.agencies[:PAGES], porchlight), **once),
        Workload("mix", "the mix by Zipf's law, the server just started", drawn, is_cold=True, is_varied=True),
        Workload("new-mix", "the mix, each once", mix, is_varied=True, **once),
    ]
