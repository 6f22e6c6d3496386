"""Connections are shared among processes: whoever has more waits longer before it takes another."""

from __future__ import annotations

import gc

import pytest
from gunicorn.util import import_app, load_class

from voucher.cli.even_worker import MOST_SECONDS, WORKER, EvenWorker


class _Taken:
    """A door at which somebody else was faster."""

    asked = 0

    def accept(self) -> None:
        self.asked += 1
        raise BlockingIOError(11, "nobody waits here any more")


class _App:
    def wsgi(self) -> object:
        return import_app("wsgiref.simple_server:demo_app")


def _worker(connections: int = 0) -> EvenWorker:
    worker = EvenWorker.__new__(EvenWorker)
    worker.nr_conns, worker.app = connections, _App()
    return worker


def test_whoever_has_more_connections_waits_longer_and_nobody_long(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("voucher.cli.even_worker.time.sleep", waited.append)
    door = _Taken()
    for connections in (0, 1, 2, 500):
        _worker(connections).accept(door)
    assert door.asked == 4
    assert len(waited) == 3, "who has none takes at once"
    assert 0 < waited[0] < waited[1] < waited[2] == MOST_SECONDS


def test_what_the_house_is_made_of_is_looked_through_no_more() -> None:
    before = gc.get_freeze_count()
    _worker().load_wsgi()
    assert gc.get_freeze_count() > before


def test_gunicorn_finds_it_by_the_name_it_is_told() -> None:
    assert load_class(WORKER) is EvenWorker
