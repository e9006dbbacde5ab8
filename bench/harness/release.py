"""What the questions are made of: ids, states and words of a release."""

import collections
import re
import sqlite3

# Letters of a word that says something; shorter ones are mostly `of` and `the`.
SHORTEST_WORD = 4


class Release:
    """The database of a release, read once."""

    def __init__(self, folder):
        self.folder, self.name = folder, folder.name
        self.database = folder / "dataset.sqlite"
        self.agencies = self.column("SELECT id FROM agencies ORDER BY id")
        self.partnerships = self.column("SELECT id FROM partnerships ORDER BY id")
        # Lists that fill a page of 100, the longest last so that the first are of all sizes.
        self.full_lists = self.read(
            "SELECT state, kind FROM agencies GROUP BY 1, 2"
            " HAVING count(*) >= 100 ORDER BY count(*)"
        )
        # Those of an agency, in their order.
        self.columns = self.column("SELECT name FROM pragma_table_info('agencies')")
        self.groups = len(self.read("SELECT 1 FROM agencies GROUP BY state, kind"))

    def read(self, statement):
        database = sqlite3.connect(f"file:{self.database}?immutable=1", uri=True)
        try:
            return database.execute(statement).fetchall()
        finally:
            database.close()

    def column(self, statement):
        return [value for (value,) in self.read(statement)]

    def names(self):
        """The words of every agency's name."""
        names = self.column("SELECT name FROM agencies ORDER BY id")
        return [re.findall(rf"[a-z]{{{SHORTEST_WORD},}}", name.lower()) for name in names]

    def frequent_words(self, number):
        """Words that stand in many names, and in no more than a search ranks."""
        found = collections.Counter(word for words in self.names() for word in set(words))
        fit = sorted((word for word, count in found.items() if 40 <= count <= 4000), key=lambda word: (-found[word], word))
        return fit[: number]
