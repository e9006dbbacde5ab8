"""A small HTTP client: it shows an answer as it came, and reads large ones at next to no cost."""

import dataclasses
import json
import socket
import time

LOOPBACK = "127.0.0.1"

# Bytes that are asked for at once.
BLOCK = 1 << 20


@dataclasses.dataclass(frozen=True)
class Request:
    """What is asked of a server."""

    path: str
    method: str = "GET"
    headers: tuple = ()
    body: str = ""

    def text(self, port, more=()):
        """Its bytes."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {LOOPBACK}:{port}"]
        lines += [f"{name}: {value}" for name, value in (*self.headers, *more)]
        if self.body:
            lines.append(f"Content-Length: {len(self.body.encode())}")
        return ("\r\n".join(lines) + "\r\n\r\n" + self.body).encode()


@dataclasses.dataclass
class Answer:
    """What came back."""

    status: int
    headers: list
    body: bytes
    # Bytes of all of it, as they came.
    size: int
    # Seconds to the last byte.
    took: float

    def header(self, name):
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)

    def json(self):
        return json.loads(self.body)


def ask(port, request, timeout=60, keep=True):
    """Sends one request on a connection of its own. Without `keep` the body is dropped unread in the
    kernel, so that the client costs nearly nothing."""
    began = time.perf_counter()
    with socket.create_connection((LOOPBACK, port), timeout=timeout) as connection:
        connection.sendall(request.text(port, [("Connection", "close")]))
        received = b""
        while b"\r\n\r\n" not in received:
            block = connection.recv(BLOCK)
            if not block:
                raise ConnectionError(f"no answer to {request.path}")
            received += block
        head, _, body = received.partition(b"\r\n\r\n")
        size = len(received)
        if keep:
            blocks = [body]
            while block := connection.recv(BLOCK):
                blocks.append(block)
                size += len(block)
            body = b"".join(blocks)
        else:
            into = bytearray(BLOCK)
            while count := connection.recv_into(into, BLOCK, socket.MSG_TRUNC):
                size += count
    took = time.perf_counter() - began
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = [tuple(line.split(": ", 1)) if ": " in line else (line.rstrip(":"), "") for line in lines]
    answer = Answer(int(first.split()[1]), headers, body, size, took)
    if keep and "chunked" in (answer.header("transfer-encoding") or ""):
        answer.body = unchunked(body)
    return answer


def unchunked(body):
    """The bytes of a body that came in chunks."""
    blocks, at = [], 0
    while True:
        end = body.index(b"\r\n", at)
        length = int(body[at:end].split(b";")[0], 16)
        if not length:
            return b"".join(blocks)
        blocks.append(body[end + 2 : end + 2 + length])
        at = end + 4 + length


def lines(answer):
    """The lines of an answer after the first, which names the columns."""
    return answer.body.decode().splitlines()[1:]
