"""The line between a telephone and the town: it can be cut, mended, and weighs what comes down it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"
PIECE = 1 << 16


class Line:
    """A forwarder on a port of its own; cut, nobody answers there at all, as in a cellar."""

    def __init__(self, port: int) -> None:
        self._far = port
        self._near = 0
        self._listening: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self.weighed = 0
        self.mend()

    @property
    def address(self) -> str:
        """Return where the town is found through this line."""
        return f"http://{HOST}:{self._near}"

    def mend(self) -> None:
        """Let calls through, from now on, at the same address as before."""
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, self._near))
        listening.listen(64)
        self._near = listening.getsockname()[1]
        self._listening = listening
        threading.Thread(target=self._answer, args=(listening,), daemon=True).start()

    def cut(self) -> None:
        """End every call and answer no other one."""
        if self._listening is not None:
            # closing alone does not wake whoever waits for the next call
            with contextlib.suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._listening = None
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def _answer(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
                far = socket.create_connection((HOST, self._far))
            except OSError:
                return
            self._open |= {near, far}
            threading.Thread(target=self._carry, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, True), daemon=True).start()

    def _carry(self, come: socket.socket, go: socket.socket, down: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := come.recv(PIECE):
                if down:
                    self.weighed += len(piece)
                go.sendall(piece)
        for each in (come, go):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
            self._open.discard(each)


@contextmanager
def lay_line(address: str) -> Iterator[Line]:
    """Yield a line to whoever is served at an address."""
    line = Line(int(address.rsplit(":", 1)[-1]))
    try:
        yield line
    finally:
        line.cut()
