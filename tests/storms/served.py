"""The house served by gunicorn in four processes, as it is in production, and a program that talks to it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyotp

from tests.doors.world import PASSWORD, World
from voucher.cli.even_worker import WORKER
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.rules.actor import Role

PROJECT = Path(__file__).resolve().parents[2]
LOGIN = "storm"
WORKERS, THREADS = 4, 8
START_SECONDS, ANSWER_SECONDS = 60, 30


@dataclass
class House:
    """A running server: where it listens, and its master process."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def workers(self) -> list[int]:
        """Return the process ids of the workers alive now."""
        master = self.process.pid
        told = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii")
        return [int(word) for word in told.split()]

    def kill_worker(self, number: int) -> None:
        """End one worker at once, in the middle of whatever it does; gunicorn starts another."""
        alive = self.workers
        if alive:
            os.kill(alive[number % len(alive)], signal.SIGKILL)


@dataclass(frozen=True)
class Answer:
    """What came back: status, content type and body."""

    status: int
    kind: str
    content: bytes
    cookies: list[str] = field(default_factory=list)


@dataclass
class Program:
    """A program with a session of its own."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)

    def send(
        self, method: str, path: str, body: Mapping[str, object] | None = None, key: str = ""
    ) -> tuple[int, bytes, list[str]]:
        """Return status, body and cookies. Raises OSError or HTTPException where the line breaks."""
        answer = self.ask(method, path, body, key)
        return answer.status, answer.content, answer.cookies

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None, key: str = "") -> Answer:
        """Return the whole answer. Raises OSError or HTTPException where the line breaks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            headers = dict(self.headers)
            if key:
                headers["Idempotency-Key"] = key
            content = None
            if body is not None:
                headers["Content-Type"] = "application/json"
                content = json.dumps(body)
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            cookies = answer.headers.get_all("Set-Cookie") or []
            return Answer(answer.status, answer.headers.get_content_type(), answer.read(), cookies)
        finally:
            connection.close()

    def sign_in(self, secret: str) -> None:
        """Sign in with both factors and remember cookies and form token."""
        code = pyotp.TOTP(secret).now()
        status, content, cookies = self.send(
            "POST", "/api/v1/sessions", {"login": LOGIN, "password": PASSWORD, "code": code}
        )
        assert status == 201, content
        self.headers["Cookie"] = "; ".join(each.split(";", 1)[0] for each in cookies)
        self.headers["X-CSRFToken"] = json.loads(content)["csrf_token"]


@contextmanager
def serving(application: str, environment: Mapping[str, str], folder: Path, *more: str) -> Iterator[House]:
    """Serve an application with four workers until the block ends; `more` are further options of gunicorn."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    log = folder / "gunicorn.log"
    command = [
        sys.executable, "-m", "gunicorn", "--workers", str(WORKERS), "--threads", str(THREADS),
        "--worker-class", WORKER, "--bind", f"127.0.0.1:{port}", "--backlog", "512",
        "--log-level", "warning", *more, application,
    ]  # fmt: skip
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=PROJECT, env={**os.environ, **environment}, stdout=out, stderr=out
        )
    try:
        _wait(port, process, log)
        yield House(port, process)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            Program(port).send("GET", "/api/v1/sessions/current")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(log.read_text(encoding="utf-8", errors="replace"))


def environment_of(database: Database, keyring: Keyring, folder: Path) -> dict[str, str]:
    """Return what tells an application where its database, its files and its keys are."""
    return {
        "VOUCHER_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "VOUCHER_DATA_DIR": str(folder),
        "VOUCHER_KEY_FILE": str(keyring._path),
    }


@contextmanager
def house_of(database: Database, keyring: Keyring, folder: Path) -> Iterator[tuple[House, Program]]:
    """Serve a database, and yield the house with a program signed in as an operator."""
    world = World(database, keyring, folder, at=datetime.now(UTC))
    world.staff(LOGIN, Role.OPERATOR)
    with serving("wsgi:app", environment_of(database, keyring, folder), folder) as house:
        program = Program(house.port)
        program.sign_in(world.secrets[LOGIN])
        yield house, program
