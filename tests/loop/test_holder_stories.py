"""谁的券：年龄、身份、生僻字，不得转让，外区看不见。"""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests import town_assess, town_issue, town_train
from tests.loop import way
from tests.loop.telling import refused, told
from tests.loop.way import TRAINING
from tests.scene import JIYUAN, LI_SI, XINXIANG, ZHANG_SAN, ZHAO_LIU, Scene, on
from voucher.ledger.audit import AuditRow
from voucher.registry.people import read_people
from voucher.rules.actor import Role
from voucher.stages.certify.queries import list_archive
from voucher.stages.issue import ending, holding, issuing, queries
from voucher.stages.issue.attempts import record_foreign_attempt
from voucher.stages.issue.programmes import draft_programme
from voucher.stages.settle.queries import list_notice_lines, list_notices
from voucher.stages.train import redeem
from voucher.stages.train.queries import roster
from voucher.stages.train.sight import list_seen_vouchers, see_voucher

YAN = ("䶮一凡", "410105199202029915")


def test_名册逐人说明_未满十六_财政供养_旧区划码_同券种第二张(scene: Scene) -> None:
    """AC-B5、AC-B7、AC-B8、AC-C4：王五 5 月 31 日差一天，6 月 1 日可以；旧码 410881 照发；不同券种可并存。"""
    scene.at = on("2024-05-31")
    budget = scene.open_budget(100_000)
    nurses = town_issue.programme(scene, budget)
    town_issue.eligible(scene, ZHANG_SAN, town_issue.WANG_WU, ZHAO_LIU)
    town_issue.eligible(scene, LI_SI, category="财政供养")
    (held,) = town_issue.issue_to(scene, nurses, ZHANG_SAN)

    def issue(programme_id: int, *people: tuple[str, str]) -> list[str]:
        named = [town_issue.newcomer(each) for each in people]
        done = scene.do("operator", lambda work: issuing.issue_at_once(work, programme_id, named))
        first = town_issue.line(scene, done.issue_id).refusal
        if first is not None:
            sentences.append(f"{first['title']} {first['facts']}")
        return town_issue.codes(scene, done.issue_id)

    sentences: list[str] = []
    assert issue(nurses, town_issue.WANG_WU, LI_SI, ZHAO_LIU, ZHANG_SAN) == [
        "under_age", "publicly_funded", "issued", "voucher_held_already",
    ]  # fmt: skip
    assert "未满16周岁" in sentences[0]
    assert issue(nurses, ZHANG_SAN) == ["voucher_held_already"]
    number = town_issue.voucher(scene, held).number
    assert number in sentences[1]
    # another programme of the same occupation and level is no other project until that one is given back
    more = town_issue.programme(scene, budget, name="五级第二批", worth="offset")
    assert issue(more, ZHANG_SAN) == ["voucher_of_subject_held"]
    assert number in sentences[2]
    fours = town_issue.programme(scene, budget, name="四级", level=3)
    assert issue(fours, ZHANG_SAN) == ["issued"]
    scene.do(town_issue.worker(scene, ZHANG_SAN), partial(holding.withdraw, voucher_id=held))
    assert issue(more, ZHANG_SAN) == ["issued"]
    scene.at = on("2024-06-01")
    assert issue(nurses, town_issue.WANG_WU) == ["issued"]


def test_生僻字从发券到公示字形一致(scene: Scene) -> None:
    """AC-B11：发券单、签到名单、扫码、技能档案、公示各处都是“䶮”，没有一处变成问号。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    class_id = town_train.open_class(scene, town.house, hours=8)
    voucher_id = town_train.enrolled(scene, nurses, YAN, class_id)
    shown = []
    with scene.database.read() as session:
        found = queries.list_vouchers(session, [JIYUAN])
        shown.append(queries.view_vouchers(session, scene.keyring, found)[0].masked_name)
        shown += [each.masked_name for each in roster(session, scene.keyring, class_id)]
        person_id = found[0].holder_person_id
        assert read_people(session, scene.keyring, [person_id])[person_id].name == "䶮一凡"
    scene.at = town_train.morning(scene, class_id)
    digits = town_train.show(scene, YAN, voucher_id)
    scanner = town_train.staff(scene, town.house, Role.SCANNER)
    shown.append(scene.do(scanner, lambda work: redeem.check(work, digits, class_id)).masked_name)
    town_train.scan(scene, YAN, voucher_id, class_id)
    town_train.sit_through(scene, class_id, {voucher_id: 8})
    town_train.sign_off(scene, class_id, {voucher_id: 80_00})
    way.examined(town, [YAN], [voucher_id])
    town_assess.certified(scene, [YAN])
    scene.review_and_post(way.claim(town, TRAINING, voucher_id).batch.batch_id)
    with scene.database.read() as session:
        shown += [each.masked_name for each in list_archive(session, scene.keyring, person_id)]
        posted = list_notices(session)[0]
        shown += [each.masked_name for each in list_notice_lines(session, scene.keyring, posted)]
    assert shown == ["䶮**"] * 5


def test_券不得转让_拿别人的券等于没有_外区的账号什么也看不见(scene: Scene) -> None:
    """AC-C1、AC-K1：李四领张三的券被拒并留告警一条；持有人在库里也改不了；新乡查济源：0 条、403、404。"""
    scene.at = on("2024-03-01")
    nurses = town_issue.programme(scene, scene.open_budget(100_000))
    town_issue.eligible(scene, ZHANG_SAN, LI_SI)
    (held,) = town_issue.issue_to(scene, nurses, ZHANG_SAN)
    other = town_issue.worker(scene, LI_SI)
    for act in (holding.accept, holding.withdraw, holding.show):
        heard = [told(scene, other, partial(act, voucher_id=each)) for each in (held, 999_999)]
        assert heard[0] == heard[1], "nothing is told of a voucher that is somebody else's"
    scene.do(other, lambda work: record_foreign_attempt(work, held, "accept"))
    with scene.database.read() as session:
        alerts = session.query(AuditRow).filter_by(act="foreign_attempt").all()
    assert [(each.object_id, each.actor_person_id) for each in alerts] == [
        (held, town_issue.person_id(scene, LI_SI))
    ]
    thief = text("UPDATE voucher SET holder_person_id = :thief WHERE id = :id")
    with pytest.raises(DBAPIError), scene.database.engine.begin() as connection:
        connection.execute(thief, {"thief": town_issue.person_id(scene, LI_SI), "id": held})
    assert town_issue.voucher(scene, held).holder_person_id == town_issue.person_id(scene, ZHANG_SAN)

    scene.hire("新乡审核员", Role.OFFICER_CITY, "310101199001010330", XINXIANG)
    scene.hire("新乡经办", Role.OPERATOR, "310101199001010340", XINXIANG)
    officer = scene.actor("新乡审核员")
    with scene.database.read() as session:
        assert list_seen_vouchers(session, officer, queries.VoucherSearch(), limit=20) == []
        assert queries.list_vouchers(session, officer.regions) == []
        missing = refused(lambda: see_voucher(session, officer, held))
    assert missing.code == "voucher_missing"
    void = told(scene, "新乡审核员", partial(ending.revoke, voucher_ids=[held], why="试试"))
    assert void.code == "voucher_missing"
    wanted = town_issue.wanted(scene, town_issue.voucher(scene, held).budget_id)
    assert told(scene, "新乡经办", lambda work: draft_programme(work, wanted)).code == "region_foreign"
