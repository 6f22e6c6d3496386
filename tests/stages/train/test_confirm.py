"""Scans without a network: judged by when they were shown, kept once; a conflict redeems nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Update, update

from tests import town_train as town
from tests.scene import LI_SI, ZHANG_SAN, Scene, on
from tests.town_offline import Counter, counter_without_network
from voucher.ledger.holds import open_hold
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.code_format import Kind
from voucher.rules.lifecycle import Thing
from voucher.stages.issue import devices
from voucher.stages.issue.ending import expire_due
from voucher.stages.train import leave, offline_cases, redeem, reverse
from voucher.stages.train.confirm import confirm_scans
from voucher.stages.train.models.offline import OfflineScan
from voucher.stages.train.queries import counters, list_attendance
from voucher.stages.train.queries.offline import count_offline_cases, list_offline_cases, pack_class


def _commit(work: Work, sin: Update) -> None:
    work.session.execute(sin)


@pytest.fixture
def counter(scene: Scene) -> Counter:
    return counter_without_network(scene)


def test_a_scan_without_a_network_redeems_once_it_is_sent_and_only_once(counter: Counter) -> None:
    scene = counter.scene
    noted = counter.note(ZHANG_SAN)
    with scene.database.read() as session:
        assert counters(session, counter.class_id)["redeemed"] == 0, "nothing counts before it is confirmed"
    scene.at += timedelta(hours=7)
    (done,) = counter.send(noted)
    assert (done.outcome, done.code) == ("confirmed", None)
    (redemption,) = counter.redemptions()
    assert redemption.id == done.redemption_id
    assert redemption.voucher_id == counter.held["张三"][0]
    for _ in range(3):
        (again,) = counter.send(noted)
        assert (again.id, again.redemption_id) == (done.id, done.redemption_id)
    assert len(counter.redemptions()) == 1
    # the same name for another code is nobody's scan
    with_other = replace(counter.note(LI_SI), client_id=noted.client_id)
    send = partial(confirm_scans, class_id=counter.class_id, noted=[with_other])
    assert town.code(scene, counter.scanner, send) == "nonce_reused"
    # at the counter the voucher is used, as after any scan
    asked = redeem.Redeeming(
        counter.held["张三"][1].show(counter.held["张三"][0]), counter.class_id, "991X", "d", "n"
    )
    assert town.code(scene, counter.scanner, lambda work: redeem.redeem(work, asked)) == "redeemed_already"


def test_what_cannot_be_confirmed_says_why_and_redeems_nobody(counter: Counter) -> None:
    scene = counter.scene
    short = counter.note(ZHANG_SAN, kind=Kind.S)
    stale = replace(counter.note(ZHANG_SAN), scanned_at=scene.at + timedelta(minutes=3))
    ahead = replace(counter.note(ZHANG_SAN), scanned_at=scene.at + timedelta(minutes=30))
    assert counter.codes(short, stale, ahead) == [
        "code_kind_wrong",
        "offline_clock_wrong",
        "offline_clock_wrong",
    ]
    scene.at += timedelta(minutes=10)
    stale = replace(stale, client_id="stale-2")
    late = counter.note(LI_SI)
    assert counter.codes(stale) == ["offline_code_stale"]
    # a scan made before the phone was lost counts; one made with the lost phone does not
    before = counter.note(ZHANG_SAN)
    scene.at += timedelta(minutes=1)
    mine = counter.held["张三"][1]
    scene.do(mine.login, lambda work: devices.lose_device(work, mine.device_id, "丢了"))
    scene.at += timedelta(minutes=5)
    lost = counter.note(ZHANG_SAN)
    assert counter.codes(lost) == ["device_gone"]
    assert counter.redemptions() == []
    assert counter.codes(before) == [None]
    scene.at += timedelta(hours=73)
    assert counter.codes(late) == ["offline_scan_late"]
    assert [each.voucher_id for each in counter.redemptions()] == [counter.held["张三"][0]]
    assert town.voucher(scene, counter.held["李四"][0]).state == "enrolled"


def test_a_scan_of_the_last_day_redeems_though_it_arrives_after_it(scene: Scene) -> None:
    """The clock lets nothing expire that may have been used on its last day where there was no network."""
    counter = counter_without_network(scene, validity_days=21)
    zhang, li = (counter.held[who][0] for who in ("张三", "李四"))
    assert town.voucher(scene, zhang).redeem_by == town.a_class(scene, counter.class_id).starts_on
    noted = counter.note(ZHANG_SAN)
    scene.at += timedelta(hours=71)
    assert scene.do("clock", expire_due) == 0
    late = counter.note(LI_SI)
    assert counter.codes(noted, late) == [None, "credential_expired"], (
        "who comes after the last day is too late"
    )
    scene.at = on("2024-03-26", 0)
    assert scene.do("clock", expire_due) == 1
    assert [town.voucher(scene, each).state for each in (zhang, li)] == ["training", "expired"]


def test_a_hold_a_departure_and_a_reversal_in_between_are_never_overridden(counter: Counter) -> None:
    scene = counter.scene
    first, second = counter.note(ZHANG_SAN), counter.note(LI_SI)
    voucher_id = counter.held["张三"][0]
    scene.at += timedelta(minutes=5)
    scene.do("operator", lambda work: open_hold(work, Thing.VOUCHER, voucher_id, "线索核查"))
    scene.do(
        counter.held["李四"][1].login, lambda work: leave.leave(work, counter.held["李四"][0], "临时有事")
    )
    assert counter.codes(first, second) == ["on_hold", "not_enrolled"]
    assert counter.redemptions() == []


def test_a_scan_from_before_a_reversal_does_not_redeem_again(counter: Counter) -> None:
    scene, voucher_id = counter.scene, counter.held["张三"][0]
    noted = [counter.note(ZHANG_SAN), counter.note(ZHANG_SAN)]
    scene.at += timedelta(minutes=1)
    (done,) = counter.send(noted[0])
    redemption_id = done.redemption_id
    assert redemption_id is not None
    house = town.a_class(scene, counter.class_id).institution_id
    scene.do(counter.scanner, lambda work: reverse.ask_reversal(work, redemption_id, "扫错了人"))
    scene.do(town.staff(scene, house, Role.REGISTRAR), lambda work: reverse.reverse(work, redemption_id))
    scene.at += timedelta(minutes=1)
    assert counter.codes(noted[1]) == ["redemption_reversed_since"]
    assert town.voucher(scene, voucher_id).state == "enrolled"
    assert [each.outcome for each in counter.send(noted[0])] == ["confirmed"], "what was said once stays said"
    # a code shown after the reversal is a new scan
    assert counter.codes(counter.note(ZHANG_SAN)) == [None]


def test_the_office_concludes_a_case_and_nobody_is_redeemed_by_it(counter: Counter) -> None:
    scene = counter.scene
    (found,) = counter.send(counter.note(ZHANG_SAN, last4="0000"))
    reviewer = town.reviewer(scene)
    regions = scene.actor(reviewer).regions
    with scene.database.read() as session:
        assert count_offline_cases(session, regions)[0] == 1
        assert [each.id for each in list_offline_cases(session, regions)] == [found.id]
        assert count_offline_cases(session, {"410100"})[0] == 0

    def close(why: str) -> Callable[[Work], OfflineScan]:
        return partial(offline_cases.close_case, scan_id=found.id, conclusion=why)

    assert town.code(scene, reviewer, close(" ")) == "why_missing"
    assert town.code(scene, counter.scanner, close("没有来")) == "role_missing"
    scene.do(reviewer, close("机构说明：前台输错了证件号"))
    assert town.code(scene, reviewer, close("再来一次")) == "offline_case_missing"
    assert counter.redemptions() == []
    with scene.database.read() as session:
        assert list_attendance(session, counter.held["张三"][0]) == []


def test_the_database_keeps_what_was_scanned(counter: Counter) -> None:
    (found,) = counter.send(counter.note(ZHANG_SAN, last4="0000"))
    changes: list[dict[str, Any]] = [
        {"outcome": "refused"},
        {"digest": "x"},
        {"scanned_at": on("2024-01-01")},
    ]
    for change in changes:
        sin = update(OfflineScan).where(OfflineScan.id == found.id).values(**change)
        with pytest.raises(Exception, match=r"offline_scan\.\w+ (never changes|goes one way)"):
            counter.scene.do("operator", partial(_commit, sin=sin))


def test_a_pack_says_what_a_counter_needs_for_a_day_and_no_more(counter: Counter) -> None:
    scene = counter.scene
    counter.send(counter.note(ZHANG_SAN))
    with scene.database.read() as session:
        found = town.a_class(scene, counter.class_id)
        pack = pack_class(session, scene.keyring, found, scene.at)
        assert [(each.masked_name, each.redeemed_at is not None, each.status) for each in pack.rows] == [
            ("张*", True, 0),
            ("李*", False, 0),
        ]
        assert [each.last_counter for each in pack.rows] == [counter.held["张三"][1].counter, 0]
        assert pack.expires_at - scene.at == timedelta(hours=24)
        assert len(pack.beacon_keys) in (2, 3), "yesterday's, today's, and of the day the pack ends in"
        assert len(pack.issuers) == 1
        over = on(found.ends_on.isoformat())
        assert pack_class(session, scene.keyring, found, over).expires_at.date() <= found.ends_on + timedelta(
            days=1
        )
