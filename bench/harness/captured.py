"""Answers of Porchlight as they came, kept as files for the servers that give them again."""

import shutil

from .client import Request, ask
from .porchlight import path

# Said anew for each answer, or by the server itself.
LEFT_OUT = {"date", "content-length", "connection", "transfer-encoding"}


class Captured:
    """A folder of answers, and their numbers by path and query."""

    def __init__(self, folder, porchlight):
        self.folder, self.porchlight, self.numbers, self.tags = folder, porchlight, {}, {}
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def take(self, case):
        """Asks Porchlight for a case, and keeps what it answers."""
        asked = path(case)
        if asked in self.numbers:
            return
        answer = ask(self.porchlight.port, Request(asked))
        if answer.status != 200:
            raise RuntimeError(f"porchlight answers {answer.status} to {asked}")
        number = self.numbers[asked] = len(self.numbers)
        self.write(f"{number}.head", f"{asked}\n" + header_lines(answer))
        (self.folder / f"{number}.body").write_bytes(answer.body)
        tag = self.tags[asked] = answer.header("etag")
        unchanged = ask(self.porchlight.port, Request(asked, headers=(("If-None-Match", tag),)))
        if unchanged.status != 304:
            raise RuntimeError(f"porchlight answers {unchanged.status}, not 304, to {asked}")
        self.write(f"{number}.unchanged", header_lines(unchanged))

    def write(self, name, text):
        (self.folder / name).write_text(text, newline="\n")

    def asked(self, case):
        """The case, where it was taken."""
        asked = path(case)
        return Request(asked, headers=tuple(case.get("headers", ()))) if asked in self.numbers else None

    def as_file(self, case):
        """The file of the case, where it was taken; with the tag that nginx gives it, where the client
        has it already."""
        number = self.numbers.get(path(case))
        if number is None:
            return None
        file = (self.folder / f"{number}.body").stat()
        known = [("If-None-Match", f'"{int(file.st_mtime):x}-{file.st_size:x}"')] if "headers" in case else []
        return Request(f"/answers/{number}.body", headers=tuple(known))


def header_lines(answer):
    kept = (pair for pair in answer.headers if pair[0].lower() not in LEFT_OUT)
    return "".join(f"{name}: {value}\n" for name, value in kept)
