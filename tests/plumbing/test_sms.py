"""The port of short messages against a real server that answers late, wrongly, or not at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from voucher.plumbing.sms import PATIENCE, HttpSms
from voucher.rules.errors import Refused

WAIT_SECONDS = 0.2
FAILURES_ALLOWED, TRIES = PATIENCE.failures_before_rest, PATIENCE.retries + 1


class Provider(ThreadingHTTPServer):
    """A provider of short messages that answers as it is told: a status, or nothing in time."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.answers: list[int | None] = []
        self.asked: list[dict[str, Any]] = []
        self.tokens: set[str | None] = set()
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/messages"


class _Answering(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(json.loads(body))
        self.server.tokens.add(self.headers["Authorization"])
        answer = self.server.answers.pop(0) if self.server.answers else 200
        if answer is None:
            self.server.released.wait(5)
            return
        self.send_response(answer)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the name is the library's
        """A test is quiet."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()


def port(provider: Provider, rest_seconds: float = 30) -> HttpSms:
    patience = replace(
        PATIENCE, read_seconds=WAIT_SECONDS, backoff_seconds=0.01, rest=timedelta(seconds=rest_seconds)
    )
    return HttpSms(provider.url, "a token", patience=patience)


def refused(sms: HttpSms) -> str:
    with pytest.raises(Refused) as caught:
        sms.send("13800138000", "您好", "letter-1")
    assert "13800138000" not in str(caught.value.refusal)
    assert caught.value.__cause__ is None
    return caught.value.refusal.code


def test_a_message_is_handed_over_with_its_reference_also_after_a_stumble(provider: Provider) -> None:
    provider.answers = [503, 200]
    port(provider).send("13800138000", "验证码 123456", "letter-7")
    told = {"mobile": "13800138000", "text": "验证码 123456", "reference": "letter-7"}
    assert provider.asked == [told, told]  # the same reference: the provider takes it once
    assert provider.tokens == {"Bearer a token"}


def test_silence_faults_and_refusals_are_told_apart(provider: Provider) -> None:
    sms = port(provider)
    provider.answers = [None] * TRIES
    assert refused(sms) == "sms_unreachable"
    provider.answers = [500] * TRIES
    assert refused(sms) == "sms_unreachable"
    provider.answers = [429] * TRIES
    assert refused(sms) == "sms_unreachable"
    provider.answers = [400]
    assert refused(sms) == "sms_not_taken"
    provider.answers = [302]  # nobody is led to another house with a number in hand
    assert refused(sms) == "sms_not_taken"


def test_a_dead_provider_is_left_alone_for_a_while(provider: Provider) -> None:
    sms = port(provider, rest_seconds=0.3)
    provider.answers += [500] * TRIES * FAILURES_ALLOWED
    assert {refused(sms) for _ in range(FAILURES_ALLOWED)} == {"sms_unreachable"}
    asked = len(provider.asked)
    assert refused(sms) == "sms_unreachable"
    assert len(provider.asked) == asked  # refused at once, without a word to the provider
    threading.Event().wait(0.35)
    sms.send("13800138000", "您好", "letter-2")
    assert len(provider.asked) == asked + 1
