"""Holders are reminded seven days and one day before their voucher ends, once each, while it can be used."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, Scene, on
from tests.town_issue import act, eligible, issue_to, programme, publisher, worker
from voucher.app import choose_carriers
from voucher.config import read_config
from voucher.ledger.holds import open_hold
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.outbox import Letter, deliver_due
from voucher.registry.mailbox import list_messages
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.stages.issue import ending, holding, reminding
from voucher.stages.issue.ending import expire_due
from voucher.stages.issue.reminding import remind_due


def remind(scene: Scene) -> int:
    return scene.do("clock", remind_due)


def words(scene: Scene) -> list[tuple[str, str]]:
    """Deliver what is due through the demonstration's mailbox and return what it holds, oldest first."""
    config = read_config({"VOUCHER_DEMO": "1", "VOUCHER_DATA_DIR": str(scene.folder)})
    carriers = choose_carriers(config, scene.database, scene.keyring, lambda: scene.at)
    deliver_due(scene.database, scene.keyring, lambda: scene.at, carriers)
    with scene.database.read() as session:
        found = list_messages(session, scene.keyring)
    return [(each.masked_number, each.words) for each in reversed(found)]


def test_a_holder_is_reminded_a_week_and_a_day_before_the_end_once_each(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    nurses = programme(scene, scene.open_budget(1_000_000))
    eligible(scene, ZHANG_SAN, LI_SI, SUN_BA)
    numbers = ((ZHANG_SAN, "13800138000"), (LI_SI, ""), (SUN_BA, "13900139000"))
    scene.import_people(
        [{"姓名": who[0], "证件号码": who[1], "手机号": mobile} for who, mobile in numbers if mobile]
    )
    mine, _, held = issue_to(scene, nurses, ZHANG_SAN, LI_SI, SUN_BA)
    with scene.database.read() as session:
        ends = session.get_one(Voucher, mine).redeem_by
    officer = publisher(scene)
    scene.do(officer, act(open_hold, Thing.VOUCHER, held, "核查中"))

    scene.at = on((ends - timedelta(days=8)).isoformat())
    assert remind(scene) == 0
    scene.at += timedelta(days=1)
    assert remind(scene) == 1  # 李四 has no number, 孙八's voucher is held and does not expire
    assert remind(scene) == 0
    scene.at += timedelta(days=1)
    assert remind(scene) == 0
    scene.do(worker(scene, ZHANG_SAN), act(holding.accept, mine))
    scene.at += timedelta(days=5)
    assert remind(scene) == 1
    scene.at += timedelta(days=1)
    assert remind(scene) == 0  # the last day: told yesterday
    (number, week), (_, day) = words(scene)
    assert number == "138****8000"
    assert f"将于 {ends} 到期，还剩 7 天。请尽快领取并报名上课" in week
    assert f"将于 {ends} 到期，还剩 1 天。请尽快选择班级报名" in day
    assert "养老护理员五级培训券" in day

    scene.at += timedelta(days=1)
    assert scene.do("clock", expire_due) == 2
    assert remind(scene) == 0
    with scene.database.read() as session:
        payloads = [str(each) for each in session.scalars(select(Letter.payload))]
    assert not any("13800138000" in each or "张三" in each for each in payloads)


def test_only_the_clock_reminds_and_a_letter_nobody_carried_in_time_is_dropped(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    nurses = programme(scene, scene.open_budget(100_000))
    eligible(scene, ZHANG_SAN)
    scene.import_people([{"姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1], "手机号": "13800138000"}])
    (mine,) = issue_to(scene, nurses, ZHANG_SAN)
    with pytest.raises(Refused) as told:
        scene.do("operator", remind_due)
    assert told.value.refusal.code == "role_missing"
    with scene.database.read() as session:
        scene.at = on((session.get_one(Voucher, mine).redeem_by - timedelta(days=1)).isoformat())
    assert remind(scene) == 1
    scene.at += timedelta(days=3)
    assert words(scene) == []


def test_a_night_on_which_many_end_is_done_in_portions(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "AT_ONCE", 2)
    monkeypatch.setattr(reminding, "AT_ONCE", 2)
    scene.at = on("2024-01-10")
    nurses = programme(scene, scene.open_budget(1_000_000))
    people = (ZHANG_SAN, LI_SI, SUN_BA)
    eligible(scene, *people)
    scene.import_people(
        [{"姓名": who[0], "证件号码": who[1], "手机号": f"1380013800{n}"} for n, who in enumerate(people)]
    )
    first, *_ = issue_to(scene, nurses, *people)
    with scene.database.read() as session:
        ends = session.get_one(Voucher, first).redeem_by
    scene.at = on(ends.isoformat())
    assert [remind(scene) for _ in range(3)] == [2, 1, 0]
    scene.at += timedelta(days=1)
    assert [scene.do("clock", expire_due) for _ in range(3)] == [2, 1, 0]
