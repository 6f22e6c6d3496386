"""Guesses at who somebody is, sent all at once with one proven number, count like those sent in turn."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import session
from sqlalchemy import func, select

from tests.doors.telephone import MOBILE, furnish, ring
from tests.doors.world import World
from tests.scene import ZHANG_SAN
from voucher.doors.auth import phone
from voucher.doors.auth.door import Door
from voucher.registry.access import login_codes
from voucher.registry.access.login_codes import ProvenPhone
from voucher.registry.access.login_rows import LoginRefusal
from voucher.registry.people import Newcomer, open_people
from voucher.rules.errors import Refused

HERE, LONG_ENOUGH = "10.0.0.1", 5
WRONG = ("张四", "张五", "张六", "张七", "张八", "张九")


def test_whoever_guesses_often_enough_at_once_has_no_guess_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(world)
    world.do("operator", lambda work: open_people(work, [Newcomer(ZHANG_SAN[1], ZHANG_SAN[0], MOBILE)]))
    world.do("operator", lambda work: login_codes.ask_code(work, MOBILE, HERE))
    code = ring(world)
    proven = world.do("operator", lambda work: login_codes.prove_code(work, MOBILE, code, HERE))
    assert isinstance(proven, ProvenPhone)

    def guess(name: str) -> str:
        with world.app.test_request_context():
            session[phone.TICKET] = proven.ticket
            try:
                phone.sign_up(ZHANG_SAN[1], name, intends=True, agreed=True)
            except Refused as refused:
                return refused.refusal.code
        return "in"

    plain, tried, over = Door.perform_as, threading.Semaphore(0), threading.Event()

    def busy(door: Door, *given: Any, **more: Any) -> Any:
        """Let whatever a refused request still has to write come after the last guess."""
        try:
            done = plain(door, *given, **more)
        except Refused:
            tried.release()
            if threading.current_thread() is not threading.main_thread():
                over.wait(LONG_ENOUGH)
            raise
        tried.release()
        return done

    monkeypatch.setattr(Door, "perform_as", busy)
    with ThreadPoolExecutor(len(WRONG)) as crowd:
        guesses = crowd.map(guess, WRONG)
        for _ in WRONG:
            assert tried.acquire(timeout=LONG_ENOUGH)
        last = guess(ZHANG_SAN[0])
        over.set()
        told = sorted(guesses)
    assert last == "login_ticket_over"
    assert told == ["login_ticket_over"] + ["worker_name_differs"] * 5
    with world.database.read() as looking:
        assert looking.scalar(select(func.count()).select_from(LoginRefusal)) == 5
