"""开班名册：开班前报名册，逐人说明谁不能列入；报了名册的班，名册外的人报不进来。"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests import town_issue, town_train
from tests.loop.telling import set_parameter, told
from tests.scene import LI_SI, QIAN_QI, SUN_BA, ZHANG_SAN, Scene, on, staff_number
from voucher.ledger.audit import AuditRow
from voucher.ledger.vouchers import Voucher, advance, lock_vouchers
from voucher.plumbing.outbox import Letter
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Newcomer
from voucher.rules.actor import Role
from voucher.rules.intakes import StrikeWhy
from voucher.stages.oversee.privacy.holding import read_holding
from voucher.stages.train import classes, enrol, reviewing
from voucher.stages.train import transfer as transferring
from voucher.stages.train.disowning import answer, disown
from voucher.stages.train.intake import add_to_intake, remove_from_intake
from voucher.stages.train.queries.intake_denials import list_own_entries
from voucher.stages.train.queries.intakes import list_intake, list_struck_off
from voucher.stages.train.queries.learning import OpenFilter, list_open_classes
from voucher.stages.train.queries.reviewing import list_checks
from voucher.stages.train.striking import strike_off
from voucher.stages.train.transfer import transfer

WIDE = "４１０１０５１９９００３１５９９１ｘ "


def newcomers(*people: tuple[str, str]) -> list[Newcomer]:
    """Return people as a roster names them."""
    return [Newcomer(number, name) for name, number in people]


def crowd(count: int) -> list[Newcomer]:
    """Return so many different people."""
    return [
        Newcomer(staff_number(f"410105199001{each % 28 + 1:02d}{each:03d}0"), "学员")
        for each in range(1, count + 1)
    ]


@contextmanager
def listening(scene: Scene) -> Iterator[list[str]]:
    """Listen in which order institutions, people and classes are locked first; SQLite locks no rows."""
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        table = re.search(
            r"FROM (institution|person|training_class)\b.* FOR (NO KEY )?UPDATE", statement, re.DOTALL
        )
        if table and table[1] not in heard:
            heard.append(table[1])

    event.listen(scene.database.engine, "before_cursor_execute", hear)
    yield heard
    event.remove(scene.database.engine, "before_cursor_execute", hear)


def cautions(scene: Scene, class_id: int) -> str:
    """Return what the office is asked to look at before it allows a class."""
    with scene.database.read() as session:
        found = town_train.a_class(scene, class_id)
        checks = list_checks(session, scene.keyring, found, town_issue.day(scene))
    return "；".join(each.text for each in checks if each.mark == "!" and each.text.startswith("名册"))


def held_of(scene: Scene, login: str) -> tuple[str, int]:
    """Return what somebody reads of his denials under 关于我的信息: the open one, and how many are kept."""
    with scene.database.read() as session:
        holding = read_holding(session, scene.keyring, scene.actor(login).person_id, town_issue.day(scene))
    kept = next(each.count for each in holding.held if each.rule.kind == "complaint")
    return next((each for each in holding.business if each.startswith("名册反映")), ""), kept


def letters(scene: Scene) -> list[dict[str, str]]:
    """Return what the letters say that tell people of intakes which name them."""
    with scene.database.read() as session:
        rows = session.scalars(select(Letter.payload).where(Letter.key.like("intake-%")).order_by(Letter.id))
        return [each["facts"] for each in rows if each["template"] == "intake_named"]


def _advance(work: Work, voucher_id: int, step: str) -> None:
    """Move a voucher on, past the checks of the stage."""
    advance(work, lock_vouchers(work, Voucher.id == voucher_id), step)


def looked_up(scene: Scene) -> list[int]:
    """Return for how many people each import has asked whether they are taught elsewhere."""
    with scene.database.read() as session:
        rows = select(AuditRow.content).where(AuditRow.act == "look_up_learners").order_by(AuditRow.id)
        return [each["count"] for each in session.scalars(rows)]


def test_五十一人的名册不收_五十人可以_报了名册的班只收名册上的人(scene: Scene) -> None:
    """AC-E4：51 人的名册拒绝并提示拆班，50 人收下；名册外的人报名、代报名都被拒，补进名册后可以。"""
    scene.at = on("2024-03-01")
    house = town_train.train_institution(scene)
    nurses = town_issue.programme(scene, scene.open_budget(100_000))
    registrar = town_train.staff(scene, house, Role.REGISTRAR)
    class_id = town_train.draft(scene, house, hours=8, capacity=50)
    add = partial(add_to_intake, class_id=class_id)
    many = told(scene, registrar, partial(add, people=crowd(51)))
    assert (many.code, "51 人" in many.title, "拆分" in (many.next_step or "")) == (
        "class_too_large",
        True,
        True,
    )
    assert len(town_train.sessions(scene, class_id)) == 1
    assert scene.do(registrar, partial(add, people=crowd(50)))[0] == 50
    assert scene.do(registrar, partial(add, people=crowd(50)))[0] == 0, "再导一次，一个也不多"
    one_more = told(scene, registrar, partial(add, people=newcomers(ZHANG_SAN)))
    assert one_more.code == "class_too_large"

    # 另一个班班额三十：四个人的名册，孙八不在上面
    small = town_train.draft(scene, house, hours=8, capacity=3, starts_on=on("2024-03-25").date())
    add = partial(add_to_intake, class_id=small)
    over = told(scene, registrar, partial(add, people=crowd(4)))
    assert (over.code, "超过本班班额 3 人" in over.title) == ("class_intake_too_large", True)
    town_issue.eligible(scene, ZHANG_SAN, LI_SI)
    scene.do(registrar, partial(add, people=newcomers(ZHANG_SAN, LI_SI)))
    scene.do(registrar, partial(classes.file_class, class_id=small, promised=True))
    filed = told(scene, registrar, partial(add, people=newcomers(SUN_BA)))
    assert (filed.code, "已申请" in filed.title) == ("class_intake_closed", True)
    scene.do(town_train.reviewer(scene), partial(reviewing.approve_class, class_id=small, opinion="齐全"))
    zhang, sun = (town_train.accepted(scene, nurses, each) for each in (ZHANG_SAN, SUN_BA))
    mine, stranger = town_issue.worker(scene, ZHANG_SAN), town_issue.worker(scene, SUN_BA)

    def offered(login: str) -> list[int]:
        with scene.database.read() as session:
            wanted = OpenFilter(person_id=scene.actor(login).person_id)
            found = list_open_classes(session, scene.at, town_issue.day(scene), wanted)
            return [each.view.found.id for each in found if each.by_intake]

    assert (offered(mine), offered(stranger)) == ([small], [])
    go = partial(enrol.enrol, voucher_id=sun, class_id=small)
    assert told(scene, stranger, go).code == "not_on_class_intake"
    digits = town_train.show(scene, SUN_BA, sun)
    scanner = town_train.staff(scene, house, Role.SCANNER)
    counter = told(scene, scanner, partial(enrol.enrol_by_code, digits=digits, class_id=small))
    assert (counter.code, "补进名册" in (counter.next_step or "")) == ("not_on_class_intake", True)
    assert town_train.voucher(scene, sun).state == "accepted"
    scene.do(mine, partial(enrol.enrol, voucher_id=zhang, class_id=small))
    # 准予开班后：人数不能多过准予的，报了名的不能去掉，只能在限额内换人
    grown = told(scene, registrar, partial(add, people=newcomers(SUN_BA)))
    assert (grown.code, "名册 2 人" in grown.title) == ("class_intake_grown", True)
    with scene.database.read() as session:
        rows = list_intake(session, scene.keyring, small, limit=9)
    assert [each.is_seated for each in rows] == [True, False]
    strike = partial(remove_from_intake, class_id=small)
    assert told(scene, registrar, partial(strike, entry_id=rows[0].id)).code == "class_intake_seated"
    scene.do(registrar, partial(strike, entry_id=rows[1].id))
    assert told(scene, registrar, partial(strike, entry_id=rows[1].id)).code == "class_intake_entry_missing"
    with listening(scene) as locked:
        scene.do(registrar, partial(add, people=newcomers(SUN_BA)))
    order = ["institution", "person", "training_class"]
    on_rows = scene.database.engine.dialect.name == "postgresql"
    assert locked == (order if on_rows else []), "人在班级之前锁"
    with scene.database.read() as session:
        again = list_intake(session, scene.keyring, small, limit=9)[1].id
    scene.do(registrar, partial(strike, entry_id=again))
    swapped = told(scene, registrar, partial(add, people=newcomers(QIAN_QI)))
    assert (swapped.code, "至多换 1 人" in swapped.title) == ("class_intake_replaced", True)
    scene.do(registrar, partial(add, people=newcomers(SUN_BA)))
    scene.do(stranger, go)
    with scene.database.read() as session:
        found = town_train.a_class(scene, small)
        said = [each.text for each in list_checks(session, scene.keyring, found, town_issue.day(scene))]
    assert any("准予开班的名册 2 人" in each and "去掉 2 人" in each for each in said)
    scene.at = town_train.morning(scene, small) + timedelta(hours=1)
    begun = told(scene, registrar, partial(add, people=newcomers(QIAN_QI)))
    assert begun.code == "class_intake_begun"
    for sin in (
        "DELETE FROM class_intake",
        "UPDATE class_intake SET person_id = person_id + 1",
        "UPDATE class_intake SET removed_at = NULL, removed_by_person_id = NULL",
        "UPDATE training_class SET intake_size = NULL WHERE intake_size > 0",
    ):
        with pytest.raises(DBAPIError, match=r"never|allowed"), scene.database.engine.begin() as connection:
            connection.execute(text(sin))
    kept = "class_id, person_id, listed_at, listed_by_person_id"
    twice = f"INSERT INTO class_intake ({kept}) SELECT {kept} FROM class_intake WHERE removed_at IS NULL"
    with pytest.raises(IntegrityError), scene.database.engine.begin() as connection:
        connection.execute(text(twice))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_名册逐人说明谁不能列入_可以先收其余的_同时在别处上课的不收(scene: Scene) -> None:
    """姓名与证件不符、同一人写两遍、同时在别的班上课的，逐人写明；勾选后其余的先列入；须附名册的地区没有名册不受理。"""
    scene.at = on("2024-03-01")
    house, other = town_train.train_institution(scene), town_train.train_institution(scene, town_train.T2)
    registrar, there = (town_train.staff(scene, each, Role.REGISTRAR) for each in (house, other))
    town_issue.eligible(scene, ZHANG_SAN, LI_SI, QIAN_QI)
    mine = town_train.draft(scene, house, hours=8)
    theirs = town_train.draft(scene, other, hours=8, teacher="李老师", place="乙校")
    add = partial(add_to_intake, class_id=mine)
    # 两家都报同一个人：谁也不占住他，请审核人员看；他在哪家报了名，才算在哪家上课
    scene.do(there, partial(add_to_intake, class_id=theirs, people=newcomers(LI_SI)))
    scene.do(there, partial(classes.file_class, class_id=theirs, promised=True))
    scene.do(registrar, partial(add, people=newcomers(LI_SI)))
    assert told(scene, there, partial(add, people=newcomers(SUN_BA))).code == "class_missing"
    assert "第 1 人（共 1 人）同一时间也在别的班的名册上" in cautions(scene, mine)
    scene.do(town_train.reviewer(scene), partial(reviewing.approve_class, class_id=theirs, opinion="齐全"))
    nurses = town_issue.programme(scene, scene.open_budget(100_000))
    town_train.enrolled(scene, nurses, LI_SI, theirs)
    assert "第 1 人（共 1 人）同一时间在别的班上课，报名会被拒" in cautions(scene, mine)
    with scene.database.read() as session:
        entry = list_intake(session, scene.keyring, mine, limit=1)[0].id
    scene.do(registrar, partial(remove_from_intake, class_id=mine, entry_id=entry))
    file = partial(classes.file_class, class_id=mine, promised=True)

    people = [*newcomers(ZHANG_SAN, ("张叁", QIAN_QI[1]), LI_SI), Newcomer(WIDE, "张三")]
    heard = told(scene, registrar, partial(add, people=people))
    lines = heard.facts["lines"]
    assert isinstance(lines, list)
    assert [(each["place"], each["code"]) for each in lines] == [
        (2, "name_differs"), (3, "class_intake_busy"), (4, "class_intake_named_twice"),
    ]  # fmt: skip
    assert "第 2 人（张*）" in heard.title
    assert QIAN_QI[1] not in heard.title
    assert "同一时间已有其他班" in heard.title
    assert not re.search(r"BJ-|\d\d:\d\d", heard.title), "别家的班号、时间不告诉本机构"
    added, refused = scene.do(registrar, partial(add, people=people, partial=True))
    assert (added, len(refused)) == (1, 3)
    assert told(scene, registrar, partial(add, people=[])).code == "class_intake_empty"
    wrong = [Newcomer("410105199003159919", "张三")]
    unread = told(scene, registrar, partial(add, people=wrong)).facts["lines"]
    assert isinstance(unread, list)
    assert [each["code"] for each in unread] == ["identity_check_digit"]
    # 问过谁在别处上课，都留痕，也按日限次；被拒的那次也算
    assert looked_up(scene) == [1, 1, 2, 2]
    set_parameter(scene, "class_intake_lookups_daily", "5", "2024-01-01", "人次")
    enough = told(scene, registrar, partial(add, people=newcomers(SUN_BA)))
    assert (enough.code, "每天 5 人次" in enough.title) == ("class_intake_lookups_used_up", True)
    assert scene.do(registrar, file).state == "filed"

    set_parameter(scene, "class_intake_needed", "1", "2024-01-01")
    bare = town_train.draft(scene, house, hours=8, at_hour=15)
    needed = told(scene, registrar, partial(classes.file_class, class_id=bare, promised=True))
    assert (needed.code, "须附学员名册" in needed.title) == ("class_intake_missing", True)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_名册上有人别处报了名_全班照样提交准予_名册空了也不放外人_转入的人列入名册(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """一个人另报别处不拖住全班；准予后名册去空仍按名册开班；没有名册的班准予后不能再报；转班不挤掉名册上的人。"""
    scene.at = on("2024-03-01")
    house, other = town_train.train_institution(scene), town_train.train_institution(scene, town_train.T2)
    registrar, there = (town_train.staff(scene, each, Role.REGISTRAR) for each in (house, other))
    office = town_train.reviewer(scene)
    nurses = town_issue.programme(scene, scene.open_budget(100_000))
    town_issue.eligible(scene, ZHANG_SAN, LI_SI, SUN_BA)
    mine = town_train.draft(scene, house, hours=8, capacity=1)
    theirs = town_train.open_class(scene, other, hours=8, teacher="李老师", place="乙校")
    add = partial(add_to_intake, class_id=mine)
    scene.do(registrar, partial(add, people=newcomers(LI_SI)))
    li = town_train.enrolled(scene, nurses, LI_SI, theirs)
    file = partial(classes.file_class, class_id=mine, promised=True)
    with monkeypatch.context() as patched:
        patched.setattr(classes, "lock_intake", lambda *_: [])
        assert told(scene, registrar, file).code == "changed_meanwhile", "锁人以后又有人列入的，不提交"
    scene.do(registrar, file)
    approved = scene.do(office, partial(reviewing.approve_class, class_id=mine, opinion="齐全"))
    assert (approved.state, approved.intake_size) == ("approved", 1)

    def strike() -> None:
        with scene.database.read() as session:
            entry = list_intake(session, scene.keyring, mine, limit=1)[0].id
        scene.do(registrar, partial(remove_from_intake, class_id=mine, entry_id=entry))

    strike()
    sun = town_train.accepted(scene, nurses, SUN_BA)
    stranger = town_issue.worker(scene, SUN_BA)
    go = partial(enrol.enrol, voucher_id=sun, class_id=mine)
    assert told(scene, stranger, go).code == "not_on_class_intake", "名册空了，不等于谁都可以报"
    with scene.database.read() as session:
        wanted = OpenFilter(person_id=scene.actor(stranger).person_id)
        offered = list_open_classes(session, scene.at, town_issue.day(scene), wanted)
    assert [each.view.found.id for each in offered] == [theirs]
    first = partial(add_to_intake, class_id=theirs, people=newcomers(SUN_BA))
    assert told(scene, there, first).code == "class_intake_not_approved"

    scene.do(registrar, partial(add, people=newcomers(ZHANG_SAN)))
    move = partial(transfer, voucher_ids=[li], class_id=mine, why="本人申请")
    full = told(scene, office, move)
    assert (full.code, "共 2 人，超过班额 1 人" in full.title) == ("class_intake_full", True)
    strike()
    scene.do(office, move)
    with scene.database.read() as session:
        (row,) = list_intake(session, scene.keyring, mine, limit=9)
    assert row.is_seated
    assert town_train.a_class(scene, mine).intake_size == 2


def test_名册上的人说不是我_这一行停住_不能报名也不能去掉_核实以后恢复或去掉(scene: Scene) -> None:
    """LIFECYCLE 待处置：本人一点就停住名册上的自己并立案，别人的点不了；属实的去掉，不能再列入。"""
    scene.at = on("2024-03-01")
    house = town_train.train_institution(scene)
    nurses = town_issue.programme(scene, scene.open_budget(100_000))
    registrar, office = town_train.staff(scene, house, Role.REGISTRAR), town_train.reviewer(scene)
    town_issue.eligible(scene, ZHANG_SAN, LI_SI)
    class_id = town_train.draft(scene, house, hours=8)
    add = partial(add_to_intake, class_id=class_id)
    scene.do(registrar, partial(add, people=newcomers(ZHANG_SAN, LI_SI)))
    scene.do(registrar, partial(classes.file_class, class_id=class_id, promised=True))
    scene.do(office, partial(reviewing.approve_class, class_id=class_id, opinion="齐全"))
    zhang, li = (town_train.accepted(scene, nurses, each) for each in (ZHANG_SAN, LI_SI))
    mine, his = town_issue.worker(scene, ZHANG_SAN), town_issue.worker(scene, LI_SI)
    with scene.database.read() as session:
        rows = list_intake(session, scene.keyring, class_id, limit=9)
        letters = session.scalars(select(Letter.key).where(Letter.key.like("intake-%"))).all()
    assert len(letters) == 2, "提交开班申请时，名册上的人都收到短信"
    go = partial(disown, entry_id=rows[0].id)
    assert told(scene, his, go).code == "class_intake_not_mine"
    case = scene.do(mine, go)
    assert told(scene, mine, go).code == "class_intake_denied_already"
    enrolling = partial(enrol.enrol, voucher_id=zhang, class_id=class_id)
    assert told(scene, mine, enrolling).code == "class_intake_denied"
    strike = partial(remove_from_intake, class_id=class_id, entry_id=rows[0].id)
    assert told(scene, registrar, strike).code == "class_intake_denied_held"
    by_office = partial(strike_off, class_id=class_id, entry_id=rows[0].id, why=StrikeWhy.NOT_ASKED)
    assert told(scene, office, by_office).code == "class_intake_strike_denied"
    settle = partial(answer, denial_id=case.id, words="电话问过本人，确实报了")
    scene.do(office, partial(settle, upheld=False))
    assert told(scene, office, partial(settle, upheld=True)).code == "class_intake_denial_ended"
    scene.do(mine, enrolling)
    assert told(scene, mine, go).code == "class_intake_denial_seated"

    again = scene.do(his, partial(disown, entry_id=rows[1].id))
    assert (f"名册反映 {again.number}", 1) == held_of(scene, his)
    scene.do(office, partial(answer, denial_id=again.id, upheld=True, words="机构承认没有问过本人"))
    assert held_of(scene, his) == ("", 1), "答复以后不再是没办结的事，仍列在“关于我的信息”"
    lines = told(scene, registrar, partial(add, people=newcomers(LI_SI))).facts["lines"]
    assert isinstance(lines, list)
    assert [each["code"] for each in lines] == ["class_intake_struck_off"]
    refused = told(scene, his, partial(enrol.enrol, voucher_id=li, class_id=class_id))
    assert refused.code == "not_on_class_intake"
    for sin in (
        "DELETE FROM intake_denial",
        "UPDATE intake_denial SET upheld = 1 - upheld",
        "UPDATE class_intake SET removed_why = 'x' WHERE removed_at IS NULL",
        "UPDATE class_intake SET removed_why = NULL WHERE removed_why IS NOT NULL",
    ):
        with pytest.raises(DBAPIError, match="never"), scene.database.engine.begin() as connection:
            connection.execute(text(sin))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_说不是我的人和被去掉的人_转班也转不进来_已经结业的不能只从名册去掉(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """转班不绕过本人反映和人社部门的去掉；券在班里的不能只按名册了结；去掉的理由只有几种，不写在押、疾病。"""
    scene.at = on("2024-03-01")
    house = town_train.train_institution(scene)
    nurses = town_issue.programme(scene, scene.open_budget(100_000))
    registrar, office = town_train.staff(scene, house, Role.REGISTRAR), town_train.reviewer(scene)
    town_issue.eligible(scene, ZHANG_SAN, LI_SI)
    free = town_train.open_class(scene, house, hours=8)
    named = town_train.draft(scene, house, hours=8, starts_on=on("2024-03-27").date())
    scene.do(
        registrar, partial(add_to_intake, class_id=named, people=newcomers(ZHANG_SAN, LI_SI, QIAN_QI, SUN_BA))
    )
    scene.do(registrar, partial(classes.file_class, class_id=named, promised=True))
    scene.do(office, partial(reviewing.approve_class, class_id=named, opinion="齐全"))
    zhang, li = (town_train.enrolled(scene, nurses, each, free) for each in (ZHANG_SAN, LI_SI))
    mine = town_issue.worker(scene, ZHANG_SAN)
    with scene.database.read() as session:
        rows = list_intake(session, scene.keyring, named, limit=9)
    case = scene.do(mine, partial(disown, entry_id=rows[0].id))
    strike = partial(strike_off, class_id=named, why=StrikeWhy.UNABLE)
    scene.do(office, partial(strike, entry_id=rows[1].id))

    move = partial(transfer, class_id=named, why="机构要求")
    denied = told(scene, office, partial(move, voucher_ids=[zhang]))
    assert (denied.code, "名册反映" in (denied.next_step or "")) == ("class_intake_transfer_denied", True)
    assert told(scene, office, partial(move, voucher_ids=[li])).code == "class_intake_transfer_struck"
    # 从前转进来的：答复属实以前，券先离开这个班
    with monkeypatch.context() as patched:
        patched.setattr(transferring, "take_along", lambda *_: None)
        scene.do(office, partial(move, voucher_ids=[zhang]))
    settle = partial(answer, denial_id=case.id, words="本人没有报")
    seated = told(scene, office, partial(settle, upheld=True))
    assert (seated.code, "转班" in (seated.next_step or "")) == ("class_intake_denial_placed", True)
    scene.do(office, partial(settle, upheld=False))

    for step in ("redeem", "finish"):
        scene.do(registrar, partial(_advance, voucher_id=zhang, step=step))
    assert told(scene, mine, partial(disown, entry_id=rows[0].id)).code == "class_intake_denial_seated"
    assert told(scene, office, partial(strike, entry_id=rows[0].id)).code == "class_intake_seated"
    with scene.database.engine.begin() as connection:
        freely = "removed_at = listed_at, removed_by_person_id = 1, removed_why = '此人在押'"
        connection.execute(text(f"UPDATE class_intake SET {freely} WHERE id = :id"), {"id": rows[2].id})
    with scene.database.read() as session:
        (own,) = list_own_entries(session, scene.keyring, scene.actor(mine).person_id)
        assert (own.is_seated, own.may_deny) == (True, False)
        assert list_intake(session, scene.keyring, named, limit=1)[0].is_seated
        struck = list_struck_off(session, scene.keyring, named, limit=9)
    assert [each.removed_why for each in struck] == ["其他，由审核部门掌握", "暂不能参加本班培训"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_名册短信不带机构起的班名_一个人一天收不到几条(scene: Scene) -> None:
    """短信以人社部门的名义发出：只写职业和班号；一天多于规定的不发，第二天再提交的照发。"""
    scene.at = on("2024-03-01")
    house = town_train.train_institution(scene)
    registrar, office = town_train.staff(scene, house, Role.REGISTRAR), town_train.reviewer(scene)
    set_parameter(scene, "class_intake_letters_daily", "2", "2024-01-01", "条")
    filed = []
    for hour in (8, 11, 15):
        new = replace(town_train.plan(scene, house, hours=2, at_hour=hour), name="退款请加微信 13800000000")
        class_id = scene.do(registrar, partial(classes.draft_class, new=new)).id
        scene.do(registrar, partial(add_to_intake, class_id=class_id, people=newcomers(ZHANG_SAN)))
        scene.do(registrar, partial(classes.file_class, class_id=class_id, promised=True))
        filed.append(class_id)
    said = letters(scene)
    assert len(said) == 2, "第三个班不再发短信"
    assert "微信" not in str(said)
    number = town_train.a_class(scene, filed[0]).number
    assert said[0]["training"] == f"养老护理员（班号 {number}）"

    scene.do(office, partial(reviewing.return_class, class_id=filed[2], defects="请补材料"))
    scene.at += timedelta(days=1)
    scene.do(registrar, partial(classes.file_class, class_id=filed[2], promised=True))
    assert len(letters(scene)) == 3
