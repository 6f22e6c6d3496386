"""Handing a message to an address somebody outside chose: HTTPS, public addresses only, no redirects.

The name is looked up once and the connection goes to the very address that was judged: a name that is
looked up again may meanwhile lead inside. Never called within a transaction.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from queue import Empty, SimpleQueue
from urllib.parse import SplitResult, urlsplit

ADDRESS_MOST = 500
PORTS = frozenset({443, 8443})
DEFAULT_PORTS = {"https": 443, "http": 80}
INSIDE_NAMES = (".local", ".internal", ".localhost", ".lan", ".home", ".corp", ".intranet")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Resolve = Callable[[str, int], list[str]]


class Failure(StrEnum):
    """Why a message did not get an answer."""

    INSIDE = "inside"
    UNKNOWN = "unknown_host"
    UNREACHABLE = "unreachable"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Reached:
    """What came back: a status, or why there is none."""

    status: int | None
    failure: Failure | None
    took_ms: int

    @property
    def is_taken(self) -> bool:
        """Return whether the other side took the message; a redirect is none of that."""
        return self.status is not None and 200 <= self.status < 300


def is_public(address: str) -> bool:
    """Return whether an IP address lies in the open network, also where it is written inside another."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if found.teredo is not None:
            return False
    return found.is_global and not found.is_multicast


def find_fault(address: str, *, local: bool = False) -> str | None:
    """Return what is wrong with an address as it is written, in Chinese; None where nothing is.

    `local` lets the demonstration reach this very machine, over plain HTTP too.
    """
    try:
        parts = urlsplit(address)
        port, host = parts.port, (parts.hostname or "").rstrip(".")
    except ValueError:
        return "不是完整的网址"
    if len(address) > ADDRESS_MOST or not address.isascii() or not address.isprintable() or " " in address:
        return "网址过长或含有空格、中文"
    if parts.username or parts.password or parts.fragment:
        return "网址不能带用户名、密码或 #"
    if local and host in ("127.0.0.1", "localhost"):
        return None if parts.scheme in DEFAULT_PORTS else "网址须以 https:// 开头"
    if parts.scheme != "https":
        return "网址须以 https:// 开头"
    if port is not None and port not in PORTS:
        return "端口只能是 443 或 8443"
    return _find_fault_of_host(host)


def _find_fault_of_host(host: str) -> str | None:
    try:
        return None if is_public(host) else "不能是内部地址"
    except ValueError:
        # old resolvers read 127.1 and 0x7f.1 as numbers; no name of the open network ends in one
        is_number = host.rpartition(".")[2][:1].isdigit()
        is_inside = "." not in host or host.lower().endswith(INSIDE_NAMES) or is_number
        return "不能是内部地址" if is_inside else None


def resolve_name(host: str, port: int) -> list[str]:
    """Return the addresses of a name. Raises OSError, UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True, slots=True)
class Messenger:
    """Posts to addresses of others; one per process, safe in several threads.

    Within `whole_seconds` it is over, whatever the other side or its name server does.
    """

    local: bool = False
    resolve: Resolve = resolve_name
    resolve_seconds: float = 3.0
    connect_seconds: float = 3.0
    read_seconds: float = 5.0
    whole_seconds: float = 10.0
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Reached:
        """Hand over a body and return what came of it; nothing is followed, no answer's body is read."""
        begun = time.monotonic()
        status, failure = self._post(address, body, headers, begun + self.whole_seconds)
        return Reached(status, failure, round((time.monotonic() - begun) * 1000))

    def _post(
        self, address: str, body: bytes, headers: Mapping[str, str], until: float
    ) -> tuple[int | None, Failure | None]:
        if find_fault(address, local=self.local) is not None:
            return None, Failure.INSIDE
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
        try:
            found = self._look_up(host, port)
        except TimeoutError:
            return None, Failure.SLOW
        except (OSError, UnicodeError):
            return None, Failure.UNKNOWN
        # one inner address among several is enough: nobody in good faith has such a name
        if not found or not all(self._may_reach(each) for each in found):
            return None, Failure.INSIDE if found else Failure.UNKNOWN
        return self._send(parts, found[0], port, body, headers, until)

    def _look_up(self, host: str, port: int) -> list[str]:
        """Return the addresses of a name; the lookup itself knows no time-out, so it is left to itself.

        Raises OSError, UnicodeError, TimeoutError.
        """
        answers: SimpleQueue[list[str] | OSError | UnicodeError] = SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self.resolve(host, port))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            answer = answers.get(timeout=min(self.resolve_seconds, self.whole_seconds))
        except Empty:
            raise TimeoutError from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _may_reach(self, address: str) -> bool:
        return is_public(address) or (self.local and ipaddress.ip_address(address).is_loopback)

    def _send(
        self,
        parts: SplitResult,
        address: str,
        port: int,
        body: bytes,
        headers: Mapping[str, str],
        until: float,
    ) -> tuple[int | None, Failure | None]:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = _Pinned(parts, address, port, self)
        # the time-outs count each piece: a server that drips would otherwise hold the thread
        watch = threading.Timer(until - time.monotonic(), connection.cut)
        watch.daemon = True
        watch.start()
        try:
            connection.request("POST", path, body, dict(headers))
            status = connection.getresponse().status
            # what is cut in the middle of its headers looks whole
            return (None, Failure.SLOW) if connection.is_cut else (status, None)
        except TimeoutError:
            return None, Failure.SLOW
        except (OSError, http.client.HTTPException):
            return None, Failure.SLOW if connection.is_cut else Failure.UNREACHABLE
        finally:
            watch.cancel()
            connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was judged, under the name that was asked for."""

    def __init__(self, parts: SplitResult, address: str, port: int, how: Messenger) -> None:
        super().__init__(parts.hostname or "", port, timeout=how.read_seconds)
        self.default_port = DEFAULT_PORTS[parts.scheme]
        self.is_cut = False
        self._parts, self._address, self._how = parts, address, how

    def connect(self) -> None:
        """Open the connection, with TLS where the address says so."""
        plain = socket.create_connection((self._address, self.port), self._how.connect_seconds)
        plain.settimeout(self._how.read_seconds)
        self.sock = plain
        if self._parts.scheme == "https":
            self.sock = self._how.context.wrap_socket(plain, server_hostname=self._parts.hostname)

    def cut(self) -> None:
        """End whatever is going on."""
        self.is_cut = True
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return
