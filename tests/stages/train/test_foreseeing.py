"""An ordinary scan is foreseen; whatever else is held to the scanner goes the long way, refused as ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from time import sleep
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from tests import town_train as town
from tests.scene import LI_SI, ZHANG_SAN, Scene
from tests.stages.train.test_phone import Town, use
from tests.town_phone import phone
from voucher.ledger.credentials.devices import Device
from voucher.ledger.vouchers import Voucher
from voucher.plumbing import idempotency
from voucher.plumbing.db import Model
from voucher.plumbing.idempotency import Answer
from voucher.plumbing.trips import Answers
from voucher.plumbing.unit_of_work import Work, is_lock_timeout
from voucher.registry.access import passwords
from voucher.registry.standards import Parameter, read_told
from voucher.registry.systems.rows import SystemScope
from voucher.registry.systems.systems import register_system, revoke_system
from voucher.registry.systems.tokens import find_bearer, issue_token, prove_secret, values_of_standing
from voucher.rules.actor import Role
from voucher.stages.train import enrol, redeem
from voucher.stages.train.cards import TRIES_MOST
from voucher.stages.train.foreseeing import ask_ahead, foresee
from voucher.stages.train.models.places import Redemption
from voucher.stages.train.redeem import Redeeming


def test_an_ordinary_scan_needs_no_long_way(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_work: Work, _asked: Redeeming) -> Redemption:
        raise AssertionError("an ordinary scan went the long way")

    place = Town(scene)
    voucher_id, mine = place.enrolled()
    monkeypatch.setattr(redeem, "go_the_long_way", never)
    done = scene.do(place.scanner, use(mine.show(voucher_id), place.class_id))
    assert (done.voucher_id, done.class_id) == (voucher_id, place.class_id)
    assert town.voucher(scene, voucher_id).state == "training"


def _sign_in(work: Work, house: int) -> int:
    system, secret = register_system(work, house, "前台程序", [SystemScope.SCAN])
    rules = passwords.read_sign_in_rules(work.session, work.today)
    proven = prove_secret(work, system.client_id, secret, rules)
    assert proven is not None
    issue_token(work, proven, "token", "scan")
    return system.id


def _is_held(scene: Scene, voucher_id: int, device_id: int) -> bool:
    """Return whether somebody has locked the voucher or the phone; a file is locked as a whole."""
    if scene.database.is_sqlite:
        return False
    for held in (
        select(Voucher.id).where(Voucher.id == voucher_id),
        select(Device.id).where(Device.id == device_id),
    ):
        with scene.database.open_write() as other:
            try:
                assert other.execute(held.with_for_update(nowait=True)).all()
            except DBAPIError as error:
                assert is_lock_timeout(error)  # noqa: PT017 — whether it is raised is the answer
                return True
    return False


def test_a_bearer_who_stands_no_more_is_not_proven_by_a_lock_and_holds_none_afterwards(scene: Scene) -> None:
    place = Town(scene)
    voucher_id, mine = place.enrolled()
    admin = town.staff(scene, place.house, Role.INSTITUTION_ADMIN)
    system_id = scene.do(admin, lambda work: _sign_in(work, place.house))
    bearer = find_bearer(scene.database, "token")
    assert bearer is not None
    asked = Redeeming(mine.show(voucher_id), place.class_id, "0000", town.DEVICE, "n")
    standing = values_of_standing(bearer, scene.at)

    def is_proven(**other: Any) -> tuple[bool, bool]:
        def look(work: Work) -> tuple[bool, bool]:
            ahead = ask_ahead(work, asked, "k", standing | other)
            assert ahead is not None
            proven = ahead.is_proven
            if not proven:
                # as the door does before it judges the bearer anew
                work.give_up()
            return proven, _is_held(scene, voucher_id, mine.device_id)

        return scene.do(place.scanner, look)

    assert is_proven() == (True, not scene.database.is_sqlite)
    wrong = {
        "token": "another", "bearer_at": bearer.expires_at, "bearer_scopes": "read",
        "bearer_house": place.other, "bearer_user": 0, "bearer_hand": 0,
    }  # fmt: skip
    assert wrong.keys() == standing.keys()
    assert {is_proven(**{name: value}) for name, value in wrong.items()} == {(False, False)}
    scene.do(admin, lambda work: revoke_system(work, system_id))
    assert is_proven() == (False, False)


WAITING = text(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def _wait_for_the_lock(scene: Scene, work: Work) -> None:
    """Let what was said leave now, and wait until the voucher is waited for."""
    driver = work.session.connection().connection.driver_connection
    assert driver is not None
    driver.pgconn.flush()
    with scene.database.glance() as other:
        while other.scalar(WAITING) is None:
            sleep(0.005)


# a file lets nobody wait: whoever writes has it as a whole
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_what_is_locked_is_read_as_whoever_held_it_left_it(scene: Scene) -> None:
    place = Town(scene)
    voucher_id, mine = place.enrolled()
    asked = Redeeming(mine.show(voucher_id), place.class_id, ZHANG_SAN[1][-4:], town.DEVICE, "n")
    last_day = scene.at.date() + timedelta(days=400)
    with scene.database.open_write() as holder:
        holder.execute(select(Voucher.id).where(Voucher.id == voucher_id).with_for_update())

        def scan(work: Work) -> tuple[Any, ...]:
            ahead = ask_ahead(work, asked)
            assert ahead is not None
            _wait_for_the_lock(scene, work)
            holder.execute(update(Voucher).where(Voucher.id == voucher_id).values(redeem_by=last_day))
            holder.execute(update(Device).where(Device.id == mine.device_id).values(shown_at=7))
            holder.commit()
            foreseen = foresee(work, ahead, place.class_id)
            assert foreseen is not None
            assert foreseen.shown.signed is not None
            return foreseen.voucher.redeem_by, foreseen.shown.signed.device.shown_at

        assert scene.do(place.scanner, scan) == (last_day, 7)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_whoever_ceases_to_stand_while_the_lock_is_waited_for_is_not_proven(scene: Scene) -> None:
    place = Town(scene)
    voucher_id, mine = place.enrolled()
    admin = town.staff(scene, place.house, Role.INSTITUTION_ADMIN)
    system_id = scene.do(admin, lambda work: _sign_in(work, place.house))
    bearer = find_bearer(scene.database, "token")
    assert bearer is not None
    asked = Redeeming(mine.show(voucher_id), place.class_id, ZHANG_SAN[1][-4:], town.DEVICE, "n")
    standing = values_of_standing(bearer, scene.at)

    def is_proven(meanwhile: Callable[[], object]) -> bool:
        with scene.database.open_write() as holder:
            holder.execute(select(Voucher.id).where(Voucher.id == voucher_id).with_for_update())

            def scan(work: Work) -> bool:
                ahead = ask_ahead(work, asked, "k", standing)
                assert ahead is not None
                _wait_for_the_lock(scene, work)
                meanwhile()
                holder.rollback()
                foreseen = foresee(work, ahead, place.class_id)
                assert (foreseen is not None) == ahead.is_proven, "what is not held is not gone by"
                return ahead.is_proven

            return scene.do(place.scanner, scan)

    assert is_proven(lambda: None)
    assert not is_proven(lambda: scene.do(admin, lambda work: revoke_system(work, system_id)))


def test_the_key_is_asked_along_with_everything_else(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_work: Work, _key: str) -> Answers:
        raise AssertionError("the key was asked by itself")

    place = Town(scene)
    voucher_id, mine = place.enrolled()
    asked = Redeeming(mine.show(voucher_id), place.class_id, ZHANG_SAN[1][-4:], town.DEVICE, "n")
    done: list[int] = []
    monkeypatch.setattr(idempotency, "_find", never)

    def scan(work: Work) -> Answer:
        ahead = ask_ahead(work, asked, "k")
        assert ahead is not None

        def act(work: Work) -> Answer:
            done.append(redeem.redeem(work, asked, ahead).id)
            return Answer(201, {"id": done[-1]})

        return idempotency.once(work, "k", "asked", act, lambda _work, _key: ahead.find_kept)

    first = scene.do(place.scanner, scan)
    assert scene.do(place.scanner, scan) == first == Answer(201, {"id": done[0]})
    assert len(done) == 1


def test_a_number_of_tries_that_differs_by_region_is_the_one_that_counts(scene: Scene) -> None:
    place = Town(scene)
    voucher_id, mine = place.enrolled()
    row: dict[str, object] = {
        "name": TRIES_MOST,
        "region_code": town.voucher(scene, voucher_id).region_code,
        "value": "1",
    }
    row |= {"unit": "次", "since": scene.at.date(), "source": "测试", "confidence": "default"}
    scene.do("operator", lambda work: work.session.execute(insert(Parameter).values(**row)))
    wrong = Redeeming(mine.show(voucher_id), place.class_id, "0000", town.DEVICE, "wrong")
    assert town.code(scene, place.scanner, lambda work: redeem.redeem(work, wrong)) == "identity_differs"
    right = use(mine.show(voucher_id), place.class_id)
    assert town.code(scene, place.scanner, right) == "card_tries_used_up"


def test_what_is_in_force_is_the_newest_and_nothing_that_differs_by_region() -> None:
    newest, older = '["a","*","2","2024-01-01"]', '["a","*","1","2023-01-01"]'
    local = '["b","*","1","2023-01-01"],["b","41","3","2023-01-01"]'
    assert dict(read_told(f"[{newest},{older},{local}]")) == {"a": "2"}
    assert dict(read_told(None)) == {}


# what says whose it is: two people are never alike in these
_WHOSE = frozenset(
    {
        "transaction_id",
        *("id", "voucher_id", "person_id", "holder_person_id", "enrolment_id", "credential_id", "device_id"),
        *("presentation_id", "object_id", "row_key", "vid", "nonce", "public_key"),
        *("content_hash", "previous_hash"),
    }
)
_Rows = dict[str, dict[tuple[Any, ...], Mapping[str, Any]]]


def _read_everything(scene: Scene) -> _Rows:
    with scene.database.read() as session:
        return {
            table.name: {
                tuple(row[each.name] for each in table.primary_key): dict(row)
                for row in session.execute(select(table)).mappings()
            }
            for table in Model.metadata.sorted_tables
        }


def _list_left(before: _Rows, after: _Rows) -> dict[str, list[dict[str, Any]]]:
    """Return per table the rows that are new or other than before, but for whose they are."""
    left = {
        name: [
            {column: bool(value) if column in _WHOSE else value for column, value in row.items()}
            for key, row in sorted(rows.items())
            if before[name].get(key) != row
        ]
        for name, rows in after.items()
    }
    return {name: rows for name, rows in left.items() if rows}


def test_the_ordinary_way_and_the_long_way_leave_the_same_rows(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Town(scene)
    held = []
    for who in (ZHANG_SAN, LI_SI):
        voucher_id, mine = town.accepted(scene, place.programme, who), phone(scene, who)
        scene.do(mine.login, partial(enrol.enrol, voucher_id=voucher_id, class_id=place.class_id))
        held.append((voucher_id, mine, who[1][-4:]))
    scene.at = town.morning(scene, place.class_id)
    for _, mine, _ in held:
        mine.fetch()
    left = []
    for way, (voucher_id, mine, last4) in zip(("go_the_long_way", "ask_ahead"), held, strict=True):
        asked = Redeeming(mine.show(voucher_id), place.class_id, last4, town.DEVICE, f"scan {voucher_id}")
        before = _read_everything(scene)
        with monkeypatch.context() as patched:
            # the one is not there, or nothing is asked ahead
            patched.setattr(redeem, way, lambda _work, _asked: None)
            scene.do(place.scanner, partial(redeem.redeem, asked=asked))
        left.append(_list_left(before, _read_everything(scene)))
    ordinary, long = left
    assert ordinary == long
    written = {name: len(rows) for name, rows in ordinary.items()}
    assert written == {
        "audit_row": 1, "device": 1, "presentation_seen": 1, "redemption": 1, "row_touch": 5, "scan": 1,
        "state_event": 1, "voucher": 1,
    }  # fmt: skip
