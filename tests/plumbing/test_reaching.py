"""Messages to addresses somebody else chose: nothing inside is reached, nothing is followed, nobody waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.receiver import Receiver
from voucher.plumbing.reaching import Failure, Messenger, find_fault, is_public


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.8", "127.0.0.1", "0.0.0.1", "192.168.1.1", "172.16.9.9", "169.254.169.254", "100.64.0.1",
        "::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.8", "64:ff9b::a00:8", "2002:a00:8::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "224.0.0.1", "255.255.255.255",
    ],
)  # fmt: skip
def test_what_lies_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["114.114.114.114", "2400:3200::1", "::ffff:114.114.114.114"])
def test_what_lies_outside_is(address: str) -> None:
    assert is_public(address)


def test_an_address_is_judged_as_it_is_written() -> None:
    for good in (
        "https://jw.example.org/hook",
        "https://jw.example.org:8443/a?b=1",
        "https://114.114.114.114/",
    ):
        assert find_fault(good) is None, good
    for bad in (
        "http://jw.example.org/", "ftp://jw.example.org/", "https://localhost/", "https://jw/",
        "https://jw.internal/", "https://10.1.2.3/", "https://[::1]/", "https://0x7f.1/", "https://127.1/",
        "https://user:secret@jw.example.org/", "https://jw.example.org/#a", "https://jw.example.org:22/",
        "https://jw.example.org:99999/", "https://机构.example/", "https://jw.example.org/a b", "",
        "https://jw.example.org/" + "x" * 500, "http://127.0.0.1:8000/",
    ):  # fmt: skip
        assert find_fault(bad) is not None, bad
    assert find_fault("http://127.0.0.1:8000/", local=True) is None
    assert find_fault("http://10.0.0.8/", local=True) is not None


def test_a_name_that_leads_inside_is_never_connected_to(receiver: Receiver) -> None:
    asked: list[str] = []

    def inside(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["114.114.114.114", "127.0.0.1"]

    got = Messenger(resolve=inside).post(f"https://jw.example.org:{8443}/", b"{}", {})
    assert (got.failure, asked) == (Failure.INSIDE, ["jw.example.org"])
    # a name that leads outside when it is registered and inside when it is used gets the same answer
    answers = iter([["114.114.114.114"], ["10.0.0.8"]])
    turning = Messenger(resolve=lambda _host, _port: next(answers), connect_seconds=0.01)
    assert turning.post("https://jw.example.org/", b"{}", {}).failure is not Failure.INSIDE
    assert turning.post("https://jw.example.org/", b"{}", {}).failure is Failure.INSIDE
    # without leave even this machine is inside, however it is written
    assert Messenger().post(receiver.url, b"{}", {}).failure is Failure.INSIDE
    assert receiver.taken == []

    def nobody(_host: str, _port: int) -> list[str]:
        raise OSError

    assert Messenger(resolve=nobody).post("https://jw.example.org/", b"", {}).failure is Failure.UNKNOWN


def test_a_redirect_is_an_answer_and_not_a_way(receiver: Receiver) -> None:
    messenger = Messenger(local=True)
    receiver.answers = [302, 500, 204]
    got = [messenger.post(receiver.url, b'{"a":1}', {"webhook-id": "msg_1"}) for _ in range(3)]
    assert [(each.status, each.is_taken) for each in got] == [(302, False), (500, False), (204, True)]
    assert [each.path for each in receiver.taken] == ["/hook"] * 3
    assert receiver.taken[0].body == b'{"a":1}'
    assert receiver.taken[0].headers["webhook-id"] == "msg_1"


def test_nobody_waits_for_a_slow_or_dripping_receiver(receiver: Receiver) -> None:
    receiver.answers = [None]
    slow = Messenger(local=True, read_seconds=0.2)
    assert slow.post(receiver.url, b"{}", {}).failure is Failure.SLOW
    receiver.answers = ["drip"]
    got = Messenger(local=True, read_seconds=2, whole_seconds=0.5).post(receiver.url, b"{}", {})
    assert (got.failure, got.took_ms < 2000) == (Failure.SLOW, True)
    before = threading.active_count()
    receiver.close()
    assert Messenger(local=True).post(receiver.url, b"{}", {}).failure is Failure.UNREACHABLE
    assert threading.active_count() <= before + 1


def test_nobody_waits_for_a_name_server_that_does_not_answer() -> None:
    answered = threading.Event()

    def silent(_host: str, _port: int) -> list[str]:
        answered.wait(20)
        return ["114.114.114.114"]

    address = "https://jw.example.org/"
    patient, hasty = (
        Messenger(resolve=silent, resolve_seconds=0.2),
        Messenger(resolve=silent, whole_seconds=0.2),
    )
    for messenger in (patient, hasty):
        got = messenger.post(address, b"{}", {})
        assert (got.failure, got.took_ms < 2000) == (Failure.SLOW, True)
    answered.set()

    def unspeakable(_host: str, _port: int) -> list[str]:
        raise UnicodeError("label empty or too long")

    assert Messenger(resolve=unspeakable).post(address, b"{}", {}).failure is Failure.UNKNOWN
