"""A certificate register on a real port that tells the truth, lies, drags, floods, redirects."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Question = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back over the wire; `body` may be sent in pieces by whoever makes it."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Register:
    """A server of its own thread; `answer` decides what it does with each question."""

    answer: Callable[[Question], Reply]
    asked: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""


@contextmanager
def serving(answer: Callable[[Question], Reply]) -> Iterator[Register]:
    """Yield a register that listens until the block is left."""
    told = Register(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.asked.append(question)
            reply = told.answer(question)
            try:
                self.send_response(reply.status)
                for name, value in reply.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:
                pass  # whoever asked has gone

        def do_GET(self) -> None:
            told.asked.append({"followed": self.path})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    told.address = f"http://127.0.0.1:{server.server_address[1]}/certificates"
    yield told
    server.shutdown()
    server.server_close()


def truth_of(row: Mapping[str, object]) -> dict[str, str]:
    """Return what an honest register says of an uploaded certificate."""
    return {
        "name": str(row["姓名"]),
        "identity_number": str(row["证件号码"]),
        "occupation_code": str(row["职业编码"]),
        "level": str(row["等级"]),
        "number": str(row["证书编号"]),
        "issued_on": str(row["发证日期"]),
        "evaluator_code": str(row["评价机构统一社会信用代码"]),
        "status": "有效",
    }


def say(*certificates: Mapping[str, object]) -> Reply:
    """Return an answer with these certificates."""
    return Reply(json.dumps({"certificates": list(certificates)}, ensure_ascii=False).encode())
