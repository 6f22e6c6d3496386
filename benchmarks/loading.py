"""A load that costs little itself: one process, one kept connection per client, asked when answered.

It shares the machine with what it measures, so it waits on all its sockets at once and reads no more of an
answer than its status and its length.
"""

from __future__ import annotations

import gc
import selectors
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from benchmarks.measuring import percentile

WAIT_SECONDS = 60
READ_BYTES = 1 << 16
# told of every answer: whose, the how manyth of theirs, its body
Heard = Callable[[int, int, bytes], object]
HEAD_END, LENGTH = b"\r\n\r\n", b"content-length:"


@dataclass
class Load:
    """What came of a load: how long it took, how long each answer took, how many of which status."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    refused: bytes = b""

    @property
    def rate(self) -> float:
        """Return how many answers there were a second."""
        return len(self.times) / self.seconds

    def milliseconds(self, percent: int) -> float:
        """Return a percentile of the times in milliseconds."""
        return round(percentile(self.times, percent) * 1000, 2)

    def join(self, other: Load) -> Load:
        """Return two loads as one."""
        return Load(
            self.seconds + other.seconds,
            self.times + other.times,
            self.statuses + other.statuses,
            self.refused or other.refused,
        )


def write_request(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return a request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n").encode() + body


class _Client:
    def __init__(self, port: int, number: int, requests: Iterator[bytes]) -> None:
        self.number, self.place = number, -1
        self.socket = socket.create_connection(("127.0.0.1", port), WAIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self._read = b""
        self._begun = 0.0

    def ask(self) -> bool:
        """Send the next request; False where there is none."""
        request = next(self._requests, None)
        if request is None:
            return False
        self.place += 1
        self._read, self._begun = b"", perf_counter()
        self.socket.sendall(request)
        return True

    def take(self, load: Load, heard: Heard) -> bool:
        """Read what has come and return whether the answer is complete; its time is written down."""
        piece = self.socket.recv(READ_BYTES)
        if not piece:
            raise ConnectionError("the server closed a connection in the middle of a request")
        self._read += piece
        head, found, body = self._read.partition(HEAD_END)
        if not found or len(body) < _read_length(head):
            return False
        status = int(head[9:12])
        load.times.append(perf_counter() - self._begun)
        load.statuses[status] += 1
        if status >= 400 and not load.refused:
            load.refused = body
        heard(self.number, self.place, body)
        return True


def _read_length(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.index(LENGTH) + len(LENGTH)
    return int(lowered[start : (lowered + b"\r\n").index(b"\r\n", start)])


def drive(
    port: int,
    clients: Sequence[Iterator[bytes]],
    going_on: Callable[[], bool] = lambda: True,
    *,
    heard: Heard = lambda _number, _place, _body: None,
) -> Load:
    """Let every client send its requests one after the other, all clients at once, until none has any left.

    No new request is sent once `going_on` says no.
    """
    load = Load()
    # who loads keeps everybody who is about to come in, and looks through them for garbage again and again
    gc.collect()
    gc.freeze()
    with selectors.DefaultSelector() as selector:
        opened = [_Client(port, number, requests) for number, requests in enumerate(clients)]
        begun = perf_counter()
        for each in opened:
            if each.ask():
                selector.register(each.socket, selectors.EVENT_READ, each)
        while selector.get_map():
            ready = selector.select(WAIT_SECONDS)
            if not ready:
                raise TimeoutError(f"no answer for {WAIT_SECONDS} seconds")
            for key, _ in ready:
                client: _Client = key.data
                if client.take(load, heard) and not (going_on() and client.ask()):
                    selector.unregister(client.socket)
        load.seconds = perf_counter() - begun
        for each in opened:
            each.socket.close()
    gc.unfreeze()
    return load
