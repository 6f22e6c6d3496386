"""审计比对：每年的八项比对查得出埋下的，不冤枉清白的；结果冻结，名单不留原文，期满删除。"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.loop.telling import bad_rows, set_parameter, told
from tests.scene import (
    ELECTRICIAN,
    EV1,
    FENG_YI,
    JIYUAN,
    LI_SI,
    LIMITS,
    SUN_BA,
    XINXIANG,
    ZHANG_SAN,
    ZHAO_LIU,
    Scene,
    on,
    write_csv,
)
from tests.town_certified import REGISTRAR, certified, settle_down
from tests.town_issue import person_id
from voucher.ledger import audit
from voucher.ledger.audit import AuditRow
from voucher.ledger.holds import Hold
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry.outside.models import OutsideAnswer, OutsideCall
from voucher.registry.users import CLOCK_LOGIN
from voucher.rules.actor import Role
from voucher.rules.join_conclusions import FollowUp, HitState, Outcome
from voucher.rules.joins import JoinKind, ListKind
from voucher.rules.risk.data_set import Facts
from voucher.rules.risk.people import find_ineligible, find_money_back, find_paid_before
from voucher.rules.vocabulary import SubsidyKind
from voucher.rules.words import WHY_MISSING
from voucher.stages.oversee.joins import forgetting, running, undoing
from voucher.stages.oversee.joins.bringing import bring_list
from voucher.stages.oversee.joins.concluding import conclude_hits, decide_conclusions, read_states, tally
from voucher.stages.oversee.joins.finding import Hit, Part, find_hits
from voucher.stages.oversee.joins.forgetting import forget_joined, forget_joins, forget_lists
from voucher.stages.oversee.joins.models import (
    AuditJoin,
    AuditJoinConclusion,
    AuditJoinHit,
    AuditList,
    AuditListRow,
    AuditListUndoing,
)
from voucher.stages.oversee.joins.reading import look_at_hits, look_at_join
from voucher.stages.oversee.joins.running import add_up, run_join, whom_of
from voucher.stages.oversee.joins.undoing import find_undoings, undo_withdrawn
from voucher.stages.oversee.joins.withdrawing import (
    Resting,
    count_rests,
    decide_withdrawal,
    propose_withdrawal,
)
from voucher.stages.oversee.risk.answering import ask
from voucher.stages.oversee.risk.assigning import assign
from voucher.stages.oversee.risk.concluding import conclude
from voucher.stages.oversee.risk.coverage import read_coverage
from voucher.stages.oversee.risk.facts import Window, read_facts
from voucher.stages.oversee.risk.facts.listing import read_answers
from voucher.stages.oversee.risk.finding import Found, find_flags
from voucher.stages.oversee.risk.models import RiskFlag, RiskRun
from voucher.stages.oversee.risk.raising import raise_flags
from voucher.stages.oversee.risk.thresholds import read_shipped_thresholds
from voucher.stages.oversee.risk.voiding import list_lists_of
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import file_claims
from voucher.stages.train.models.classes import ClassSession
from voucher.stages.train.models.places import Attendance

AUDITOR, SECOND, WHY = "审计员", "另一审计员", "省审〔2024〕7 号"
FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
LEVEL_WORDS = {"2": "五级"}
ACCOUNTS = ("6222021702001234567", "6222021702007654321")


@pytest.fixture
def paid(scene: Scene) -> Scene:
    """Return a town in which five have trained from 2024-01-10 to 01-20, three of them with a claim."""
    budget = settle_down(scene)
    done = certified(scene, budget, ZHANG_SAN, LI_SI, SUN_BA)
    certified(scene, budget, FENG_YI, ZHAO_LIU, until="training", name="二期")
    scene.do(REGISTRAR, lambda work: file_claims(work, SubsidyKind.TRAINING, done.voucher_ids, PLEDGED))
    scene.hire(AUDITOR, Role.AUDITOR, "310101199001010810")
    scene.hire(SECOND, Role.AUDITOR, "310101199001010830")
    scene.hire("外地审计员", Role.AUDITOR, "310101199001010820", region=XINXIANG)
    scene.at = on("2025-01-15")
    return scene


def line(person: tuple[str, str], since: str = "", until: str = "", **more: str) -> dict[str, str]:
    """Return a line of a list as a department writes it."""
    said = ("住址", "紧急联系人电话", "职业编码", "等级", "补贴种类", "收款机构代码", "金额", "答案")
    blank = dict.fromkeys(("账号", "手机号", *said), "")
    return {"姓名": person[0], "证件号码": person[1], "起始日期": since, "截止日期": until, **blank, **more}


def bring(scene: Scene, kind: ListKind, *rows: dict[str, str], work: Work | None = None) -> AuditList:
    """Bring a list along, within an act that has begun or in one of its own."""
    path = write_csv(scene.folder / f"{kind}-{len(list(scene.folder.iterdir()))}.csv", list(rows))

    def act(given: Work) -> AuditList:
        return bring_list(given, kind, "市局", date(2024, 12, 31), WHY, path, limits=LIMITS).made

    return scene.do(AUDITOR, act) if work is None else act(work)


def put(
    scene: Scene, kind: JoinKind, listed: AuditList | None = None, until: date = LAST
) -> tuple[AuditJoin, list[AuditJoinHit]]:
    """Put a question over the year and return what it found."""
    list_id = listed.id if listed is not None else None
    made = scene.do(AUDITOR, lambda work: run_join(work, kind, list_id, FIRST, until, WHY))
    return scene.do(AUDITOR, lambda work: look_at_join(work, made.id))


def whom(hits: list[AuditJoinHit]) -> set[int | None]:
    return {each.person_id for each in hits}


# 比对、埋下的一行、清白的几行、话里必有的
LISTED: tuple[tuple[JoinKind, dict[str, str], list[dict[str, str]], str], ...] = (
    # 开班前已退休的查出；结业以后才退休的、开班前已停发的不查
    (
        JoinKind.PENSION, line(ZHANG_SAN, "2023-09-01"),
        [line(LI_SI, "2024-01-21"), line(SUN_BA, "2020-01-01", "2023-12-31")],
        "2023-09-01 至 名单日仍在册；2024-01-10 至 2024-01-20 参加",
    ),
    # 培训期间在册的查出；毕业以后才培训的不查
    (
        JoinKind.STUDENT, line(LI_SI, "2022-09-01", "2024-06-30"),
        [line(ZHANG_SAN, "2019-09-01", "2023-06-30")], "毕业学年学生另有规定的，调取依据",
    ),
    (JoinKind.INSURED, line(FENG_YI, "2024-01-15"), [line(ZHAO_LIU, "2024-01-21")], "尚未申领补贴"),
    # 没有起止日期的名单按整个期间，话里写明
    (JoinKind.PAYROLL, line(SUN_BA), [], "名单没有起止日期"),
    # 开班以前去世的查出；结业以后去世的、去世以后没有到过课的不查
    (
        JoinKind.DECEASED, line(LI_SI, "2024-01-05"),
        [line(SUN_BA, "2024-02-01"), line(FENG_YI, "2024-01-16")],
        "2024-01-05 去世；2024-01-10 至 2024-01-20 参加",
    ),
)  # fmt: skip


def test_一年的比对_坏名单不导入_埋下的查出_清白的不查_结果冻结_名单期满删行(
    paid: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    _bad_lists_stay_outside(paid)
    _rules_have_no_lists_yet(paid)
    _lists_find_what_was_planted(paid)
    _rules_read_the_same_lists(paid)
    _shared_and_overlapping_are_found(paid)
    _every_hit_is_concluded_and_money_by_two(paid)
    monkeypatch.setattr(forgetting, "PORTION", 1)
    _results_are_frozen_and_lists_forgotten(paid)


def _lists_find_what_was_planted(paid: Scene) -> None:
    """五种名单：埋下的查出，清白的不查。"""
    names = {each[1]: each for each in (ZHANG_SAN, LI_SI, SUN_BA, FENG_YI, ZHAO_LIU)}
    for kind, planted, honest, says in LISTED:
        found, hits = put(paid, kind, bring(paid, ListKind(str(kind)), planted, *honest))
        assert whom(hits) == {person_id(paid, names[planted["证件号码"]])}, kind
        assert (found.hits, found.people, len(hits)) == (1, 1, 1)
        for each in (says, "第 2 行", "请核对"):
            assert each in hits[0].sentence
        assert hits[0].rows[0]["key"] == "第 2 行"
        assert [each["table"] for each in hits[0].rows][1:3] == ["培训券", "班级"]
        assert found.amount_fen == hits[0].amount_fen
        assert (hits[0].claim_id is None) == (kind is JoinKind.INSURED)
    # 去世以后还记了到课的查出；名单姓名不同的先核对是不是本人
    _attend(paid, ZHANG_SAN, 1, "2024-01-18", 9)
    listed = bring(
        paid, ListKind.DECEASED, line(("别人", ZHANG_SAN[1]), "2024-01-16"), line(SUN_BA, "2024-01-16")
    )
    _, hits = put(paid, JoinKind.DECEASED, listed)
    assert whom(hits) == {person_id(paid, ZHANG_SAN)}
    assert "名单上的姓名与登记的不同" in hits[0].sentence


def _rules_have_no_lists_yet(paid: Scene) -> None:
    """没有导入过的名单，规则页写从来没有数据，不写成零。"""
    flow = line(SUN_BA, "2024-02-01", 收款机构代码=EV1[1], 金额="500.00")
    paid.do("外地审计员", lambda work: bring(paid, ListKind.BACKFLOW, flow, work=work))
    with paid.database.read() as session:
        covered = read_coverage(session, [JIYUAN])
        assert read_coverage(session, [XINXIANG])["R16"].since == day_of(paid.at)
    never = {code for code, each in covered.items() if each.since is None}
    assert {"R09", "R16"} <= never, "别的地方导入的名单，不算这里接入"
    assert covered["R01"].since == date(2024, 1, 10), "申领自有申领那天起可查"
    assert covered["R02"].is_partial, "名单还没有，证书有"


def _rules_read_the_same_lists(paid: Scene) -> None:
    """导入一次，比对和风险规则都用：死亡、退休、在校、羁押、以前的证书和补贴、资金流水、答卷。"""
    people = {each: str(person_id(paid, each)) for each in (ZHANG_SAN, LI_SI, SUN_BA, FENG_YI, ZHAO_LIU)}
    window = Window(date(2023, 12, 1), LAST)

    def facts() -> Facts:
        with paid.database.read() as session:
            return read_facts(session, window, paid.keyring)

    found = facts()
    told = {(each.person, each.kind) for each in found.outside}
    assert (people[ZHANG_SAN], "pension") in told
    assert (people[LI_SI], "deceased") in told
    assert (people[FENG_YI], "employed") not in told, "没有申领的不查"
    assert (people[ZHANG_SAN], "deceased") not in told, "姓名不同的不当作本人"
    most = read_shipped_thresholds(LAST)
    assert {each.people[0] for each in find_ineligible(found, most)} == {
        people[each] for each in (ZHANG_SAN, LI_SI, SUN_BA)
    }
    assert list(find_paid_before(found, most)) == []
    claim = next(each for each in found.claims if each.person == people[SUN_BA])
    trade = {"职业编码": claim.occupation, "等级": LEVEL_WORDS[claim.level]}
    house = {"收款机构代码": EV1[1], "金额": "500.00"}
    for kind, row in (
        (ListKind.PAID, line(SUN_BA, "2023-05-01", 补贴种类="培训补贴", **trade)),
        (ListKind.CERTIFICATE, line(SUN_BA, "2022-05-01", **trade)),
        (ListKind.CUSTODY, line(SUN_BA, "2024-01-02")),
        (ListKind.BACKFLOW, line(SUN_BA, "2024-02-01", **house)),
        (ListKind.ANSWERS, line(SUN_BA, "2024-01-25", 答案="..AB..", **trade)),
        (ListKind.CONTACTS, line(SUN_BA, 住址="济源市 一号院", 紧急联系人电话="13900139000")),
    ):
        bring(paid, kind, row)
    found = facts()
    assert ("custody", claim.person) in {(each.kind, each.person) for each in found.outside}
    kinds = {(each.kind, each.on) for each in found.history if each.id.startswith("list-")}
    assert {kind for kind, _ in kinds} == {"training", "certificate"}
    (twice,) = find_paid_before(found, most)
    assert (twice.subject, "市局（其他地区、其他系统的补贴发放名单）" in twice.words) == (claim.id, True)
    (back,) = find_money_back(found, most)
    assert (back.figure, back.people, "共 500 元" in back.words) == (1, (claim.person,), True)
    assert {each.kind for each in found.links} >= {"address", "contact"}
    with paid.database.read() as session:
        ((answers, whence),) = read_answers(session, window).values()
        assert whence.startswith("list-"), "逐题答卷说得出出自哪份名单"
        covered = read_coverage(session, [JIYUAN])
    assert answers == "..AB.."
    assert covered["R16"].since == day_of(paid.at), "省里导入的，县里也算接入"
    recalled = covered["R27"]
    assert (recalled.sources[0].name, recalled.since) == ("回访", None), "账户、电话名单不是回访"
    bad = bad_rows(lambda: bring(paid, ListKind.BACKFLOW, line(LI_SI, "2024-02-01", 金额="五百")))
    assert [each.column for each in bad] == ["收款机构代码", "金额"]
    bad = bad_rows(lambda: bring(paid, ListKind.PAID, line(LI_SI, **trade | {"补贴种类": "奖金"})))
    assert [each.column for each in bad] == ["起始日期", "补贴种类"]
    blank = {"职业编码": "9-99-99-99", "等级": "", "补贴种类": ""}
    bad = bad_rows(lambda: bring(paid, ListKind.PAID, line(LI_SI, "2023-05-01", **blank)))
    assert [(each.column, each.refusal.code) for each in bad] == [
        ("职业编码", "occupation_unknown"), ("等级", "cell_missing"), ("补贴种类", "cell_missing"),
    ]  # fmt: skip


def _shared_and_overlapping_are_found(paid: Scene) -> None:
    """三人共用一个账户查出，两兄弟一部手机不查；两处到课查出，前后相接不查。"""
    one, other = ACCOUNTS
    listed = bring(
        paid, ListKind.CONTACTS,
        line(ZHANG_SAN, 账号=one), line(LI_SI, 账号=one), line(SUN_BA, 账号=one),
        line(FENG_YI, 账号=other, 手机号="13800138000"), line(ZHAO_LIU, 手机号="13800138000"),
    )  # fmt: skip
    found, hits = put(paid, JoinKind.SHARED, listed)
    assert whom(hits) == {person_id(paid, each) for each in (ZHANG_SAN, LI_SI, SUN_BA)}
    assert "3 名不是一家的学员登记了同一个收款账户" in hits[0].sentence
    assert found.terms["risk_shared_account_people"] == 3
    assert found.amount_fen == sum(each.amount_fen for each in hits) > 0
    assert put(paid, JoinKind.SHARED)[1] == []

    budget = paid.open_budget(50_000, year=2024)
    paid.at = on("2024-01-10")
    second = certified(paid, budget, ZHANG_SAN, LI_SI, until="training", name="三期", trade_code=ELECTRICIAN)
    paid.at = on("2025-01-15")
    for person, hour in ((ZHANG_SAN, 10), (LI_SI, 12)):
        _attend(paid, person, 1, "2024-01-12", 9)
        _attend(paid, person, second.class_id, "2024-01-12", hour)
    _, hits = put(paid, JoinKind.OVERLAP)
    assert whom(hits) == {person_id(paid, ZHANG_SAN)}
    assert len(hits) == 2
    assert "（2024-01-12 09:00 至 12:00）；" in hits[0].sentence
    listed = bring(paid, ListKind.ELSEWHERE, line(SUN_BA, "2024-01-15", "2024-01-25"))
    _, hits = put(paid, JoinKind.OVERLAP, listed)
    assert whom(hits) == {person_id(paid, ZHANG_SAN), person_id(paid, SUN_BA)}


def _attend(scene: Scene, person: tuple[str, str], class_id: int, day: str, hour: int) -> None:
    """Write down that somebody was present at a session of three hours."""
    who = person_id(scene, person)

    def act(work: Work) -> None:
        starts_at = on(day, hour)
        found = work.session.scalars(
            select(ClassSession).where(ClassSession.class_id == class_id, ClassSession.starts_at == starts_at)
        ).first()
        count = work.session.scalar(
            select(func.count()).select_from(ClassSession).where(ClassSession.class_id == class_id)
        )
        held = found or ClassSession(
            class_id=class_id, position=(count or 0) + 1, mode="offline", topic="实操", hours=4,
            starts_at=starts_at, ends_at=starts_at + timedelta(hours=3),
        )  # fmt: skip
        work.session.add(held)
        work.session.flush()
        voucher = work.session.execute(
            text("SELECT voucher_id FROM enrolment WHERE class_id = :of AND person_id = :who"),
            {"of": class_id, "who": who},
        ).scalar_one()
        work.session.add(
            Attendance(
                session_id=held.id, voucher_id=voucher, person_id=who, revision=1, hours=4, way="teacher",
                why="补记", recorded_at=work.at, recorded_by_person_id=work.actor.person_id,
            )
        )  # fmt: skip

    scene.do("operator", act)


def test_年末突击申领的机构查出_每一笔都在依据里(scene: Scene) -> None:
    budget = settle_down(scene)
    scene.at = on("2024-12-10")
    one = certified(scene, budget, ZHANG_SAN, LI_SI, SUN_BA)
    two = certified(scene, budget, FENG_YI, ZHAO_LIU, name="二期")
    scene.at = on("2024-12-30")
    both = [*one.voucher_ids, *two.voucher_ids]
    scene.do(REGISTRAR, lambda work: file_claims(work, SubsidyKind.TRAINING, both, PLEDGED))
    scene.hire(AUDITOR, Role.AUDITOR, "310101199001010810")
    scene.at = on("2025-01-15")
    assert put(scene, JoinKind.BURST)[1] == []
    set_parameter(scene, "risk_burst_claims", "5", "2024-01-01", "笔")
    set_parameter(scene, "risk_budget_end_share_bp", "3000", "2024-01-01", "万分比")
    found, hits = put(scene, JoinKind.BURST)
    assert (found.hits, found.people, len(hits)) == (1, 2, 1)
    assert found.amount_fen == hits[0].amount_fen
    assert "集中在预算年度最后" in hits[0].sentence
    assert "请核对这些申领的申报材料" in hits[0].sentence, "it is no single day"
    assert [each["table"] for each in hits[0].rows] == ["申领", "申领"]
    assert hits[0].amount_fen > 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_名单只停住说得着的那一笔_没有姓名的不用_只有人工核实的才推翻(scene: Scene) -> None:
    budget = settle_down(scene)
    plain = certified(scene, budget, ZHANG_SAN)
    pupil = certified(scene, budget, ZHANG_SAN, name="学生券", trade_code=ELECTRICIAN)
    both = [*plain.voucher_ids, *pupil.voucher_ids]
    scene.do(REGISTRAR, lambda work: file_claims(work, SubsidyKind.TRAINING, both, PLEDGED))
    with scene.database.read() as session:
        filed = session.execute(text("SELECT id, voucher_id FROM claim")).all()
    barred = {str(number) for number, voucher in filed if voucher in plain.voucher_ids}
    assert len(filed) == 2
    scene.plant(f"INSERT INTO programme_group VALUES ({pupil.programme_id}, 'student')")
    scene.hire(AUDITOR, Role.AUDITOR, "310101199001010810")
    scene.at = on("2025-01-15")
    most, who = read_shipped_thresholds(LAST), person_id(scene, ZHANG_SAN)

    def flagged() -> list[tuple[str, str]]:
        with scene.database.read() as session:
            found = read_facts(session, Window(date(2023, 12, 1), LAST), scene.keyring)
        assert list(find_paid_before(found, most)) == []
        return [(each.subject, each.period) for each in find_ineligible(found, most)]

    def answer(*, is_held: bool, by: str | None = None, kind: str = "student") -> None:
        """系统答复，或者工作人员核实。"""

        def act(work: Work) -> None:
            call = OutsideCall(
                kind=kind, system="学籍系统", way="embedded", person_id=who, asked_at=work.at,
                asked_by_person_id=work.actor.person_id, milliseconds=1, outcome="answered",
            )  # fmt: skip
            work.session.add(call)
            work.session.flush()
            said: dict[str, Any] = {"call_id": call.id} if by is None else {"evidence": "函"}
            work.session.add(
                OutsideAnswer(
                    person_id=who, kind=kind, held=is_held, since=date(2022, 9, 1), as_of=work.today,
                    system="学籍系统", told_at=work.at, **said,
                    verified_by_person_id=None if by is None else scene.actor(by).person_id,
                )
            )  # fmt: skip

        scene.do("operator", act)

    nameless = ("", ZHANG_SAN[1])
    bring(scene, ListKind.PENSION, line(nameless, "2023-09-01"))
    trade = {"职业编码": ELECTRICIAN, "等级": "五级", "补贴种类": "培训补贴"}
    bring(scene, ListKind.PAID, line(nameless, "2023-05-01", **trade))
    assert flagged() == [], "没有写姓名的，不凭号码停钱"
    answer(is_held=True)
    first = "2024-01-10 是全日制在校学生（2022-09-01 起，"
    assert flagged() == [(each, f"{first}学籍系统）") for each in barred], "学生券的那一笔不查"
    bring(scene, ListKind.STUDENT, line(ZHANG_SAN, "2022-09-01", "2024-06-30"))
    assert set(flagged()) == {(each, f"{first}{says}）") for each in barred for says in ("学籍系统", "市局")}
    scene.at += timedelta(days=1)
    answer(is_held=False)
    assert flagged() == [(each, f"{first}市局）") for each in barred], "系统后来自动的答复不推翻名单"
    _each_ground_is_concluded_by_others_than_who_brought_the_list(scene)
    answer(is_held=False, by="初审员")
    jailed = "2024-01-10 在羁押、服刑（2024-01-12 起，市局）"
    assert {period for _, period in flagged()} == {jailed}
    # 只发给失业人员的券，在职参保的也查；人工核实过失业登记的，名单不再停钱
    scene.plant(f"INSERT INTO programme_group VALUES ({plain.programme_id}, 'unemployed')")
    bring(scene, ListKind.INSURED, line(ZHANG_SAN, "2024-01-05"))
    at_work = "2024-01-10 在别处参保就业（2024-01-05 起，市局）"
    assert {period for _, period in flagged()} == {jailed, at_work}
    scene.at += timedelta(days=1)
    answer(is_held=True, by="初审员", kind="employment")
    assert {period for _, period in flagged()} == {jailed}


def _each_ground_is_concluded_by_others_than_who_brought_the_list(scene: Scene) -> None:
    """导入名单的人不办理依据它的线索；一个理由不属实，另一个理由照样查；同一理由不再查。"""
    set_parameter(scene, "risk_months_back", "14", "2024-01-01", "个月")
    scene.hire("兼任监管", Role.SUPERVISOR, "310101199001010810")
    scene.hire("监管员", Role.SUPERVISOR, "310101199001010840")

    def run() -> list[Found]:
        with scene.database.read() as session:
            every = find_flags(session, day_of(scene.at), scene.keyring)
        found = [each for each in every if each.finding.rule == "R02"]
        scene.do(CLOCK_LOGIN, lambda work: raise_flags(work, found))
        return found

    def flags() -> list[tuple[int, str]]:
        with scene.database.read() as session:
            return [
                (each.id, each.period) for each in session.scalars(select(RiskFlag).order_by(RiskFlag.id))
            ]

    def held() -> int:
        with scene.database.read() as session:
            return session.scalar(select(func.count()).where(Hold.closed_at.is_(None))) or 0

    (found,) = run()
    ((flag, _),) = flags()
    whose, other = (scene.actor(each).person_id for each in ("兼任监管", "监管员"))
    own = told(scene, "兼任监管", partial(assign, flag_id=flag, person_id=other))
    assert (own.code, "是您导入的" in own.title) == ("risk_flag_own_list", True)
    chosen = told(scene, "监管员", partial(assign, flag_id=flag, person_id=whose))
    assert chosen.code == "risk_flag_own_list"
    scene.do("监管员", partial(assign, flag_id=flag, person_id=other))
    assert held() == 1
    scene.do("监管员", partial(conclude, flag_id=flag, words="学校复函：已经毕业", is_upheld=False))
    run()
    assert (len(flags()), held()) == (1, 0), "同一理由不再查"
    # 以前的线索时段里没有写理由，按依据的那一行认
    scene.plant("DROP TRIGGER risk_flag_period_fixed")
    scene.plant("UPDATE risk_flag SET period = '2024-01-10'")
    run()
    assert (len(flags()), held()) == (1, 0)
    bring(scene, ListKind.CUSTODY, line(ZHANG_SAN, "2024-01-12"))
    run()
    assert (len(flags()), held()) == (3, 2), "另一个理由照样查：两笔都在羁押期间"
    assert found.finding.stops == (("claim", found.finding.subject),)


def test_导入错的名单由两人撤回_只依据它的不再计数_什么都不删(scene: Scene) -> None:
    budget = settle_down(scene)
    done = certified(scene, budget, ZHANG_SAN)
    scene.do(REGISTRAR, lambda work: file_claims(work, SubsidyKind.TRAINING, done.voucher_ids, PLEDGED))
    set_parameter(scene, "risk_months_back", "14", "2024-01-01", "个月")
    scene.hire(AUDITOR, Role.AUDITOR, "310101199001010810")
    scene.hire(SECOND, Role.AUDITOR, "310101199001010830")
    scene.hire("外地审计员", Role.AUDITOR, "310101199001010820", region=XINXIANG)
    scene.hire("监管员", Role.SUPERVISOR, "310101199001010840")
    scene.at = on("2025-01-15")
    wrong, _ = (
        bring(scene, kind, line(ZHANG_SAN, "2023-09-01")) for kind in (ListKind.PENSION, ListKind.CUSTODY)
    )
    found, _ = put(scene, JoinKind.PENSION, wrong)
    say = partial(conclude_hits, join_id=found.id, follow_up=FollowUp.NOTHING, words="查实")
    scene.do(AUDITOR, partial(say, seen={1: 0}, outcome=Outcome.UPHELD))
    by_hand = told(scene, AUDITOR, partial(say, seen={1: 1}, outcome=Outcome.WITHDRAWN))
    assert by_hand.code == "join_outcome_unsuited"
    assert _raise_r02(scene) == {"领取养老金": ("opened", True), "羁押": ("opened", True)}

    want = partial(propose_withdrawal, list_id=wrong.id, why="把另一年的文件当成今年的")
    agree = partial(decide_withdrawal, list_id=wrong.id, words="", agrees=True)
    assert told(scene, AUDITOR, partial(want, why=" ")).code == "why_missing"
    assert told(scene, "外地审计员", want).code == "audit_list_missing"
    assert told(scene, SECOND, agree).code == "audit_list_withdrawal_not_waiting"
    scene.do(AUDITOR, want)
    assert told(scene, SECOND, want).code == "audit_list_withdrawal_waiting"
    assert told(scene, AUDITOR, agree).code == "second_person_needed"
    scene.do(SECOND, partial(agree, words="先核对再说", agrees=False))
    scene.do(AUDITOR, want)
    with scene.database.read() as session:
        custody = _flag_of(session, "羁押")
    # 早先查出的线索只记下前 200 行出自哪份名单
    scene.plant(
        "INSERT INTO risk_flag_list (flag_id, list_id, rows, of_rows)"
        f" VALUES ({custody}, {wrong.id}, 200, 250)"
    )
    with scene.database.read() as session:
        assert count_rests(session, session.get_one(AuditList, wrong.id)) == Resting(1, 1, 0, 1, 1, 1, 0)
        read_before = find_flags(session, day_of(scene.at), scene.keyring)
    for sql, words in (
        (f"UPDATE audit_list SET withdrawn_at = imported_at WHERE id = {wrong.id}", "by two people"),
        ("UPDATE audit_list_withdrawal SET why = 'x'", "what was proposed stays"),
        (
            (
                "INSERT INTO audit_join_conclusion SELECT join_id, position, 9, 'withdrawn', 'nothing', 'x', "
                "concluded_at, concluded_by_person_id, 1, concluded_at, concluded_by_person_id, '' "
                "FROM audit_join_conclusion"
            ),
            "with its list alone",
        ),
    ):
        with pytest.raises(DBAPIError, match=words), scene.database.engine.begin() as connection:
            connection.execute(text(sql))
    paid_again = told(scene, SECOND, agree)
    assert (paid_again.code, "恢复办理" in paid_again.title) == ("audit_list_withdrawal_supervisor", True)
    assert scene.do("监管员", agree) == 1
    _nothing_half_undone_looks_done(scene, wrong.id, partial(say, seen={1: 1}, outcome=Outcome.UPHELD))

    assert _raise_r02(scene) == {"领取养老金": ("void", False), "羁押": ("opened", True)}, "另一份名单照旧"
    _nothing_new_rests_on_a_withdrawn_list(scene, wrong.id, read_before)
    assert told(scene, SECOND, agree).code == "audit_list_withdrawn"
    assert (
        told(scene, AUDITOR, partial(say, seen={1: 2}, outcome=Outcome.UPHELD)).code == "join_hit_withdrawn"
    )
    again = told(scene, AUDITOR, lambda work: run_join(work, JoinKind.PENSION, wrong.id, FIRST, LAST, WHY))
    assert again.code == "audit_list_withdrawn"
    _, hits = scene.do(AUDITOR, lambda work: look_at_join(work, found.id))
    assert len(hits) == 1, "结果照原样还在"
    with scene.database.read() as session:
        counted = tally(session, [session.get_one(AuditJoin, found.id)])[found.id]
        assert (counted[HitState.WITHDRAWN], counted[HitState.UPHELD], counted[HitState.OPEN]) == (1, 0, 0)
        assert read_states(session, found.id, [1]) == {1: HitState.WITHDRAWN}
        assert session.scalar(select(func.count()).where(AuditListRow.list_id == wrong.id)) == 1
        assert LIST_LATER in read_said(session, found.id)
        (number, rows, gone), *_ = list_lists_of(session, _flag_of(session, "领取养老金"))
        assert (number, rows, gone) == (wrong.number, 1, True)
    # 更正了名单日期的同一个文件可以再导入；没有人判断过的，照样查
    path = next(each for each in scene.folder.iterdir() if each.name.startswith("pension"))
    scene.do(
        AUDITOR,
        lambda work: bring_list(work, ListKind.PENSION, "市局", date(2024, 12, 30), WHY, path, limits=LIMITS),
    )
    assert _raise_r02(scene)["第 2 次查出"] == ("opened", True)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_一份名单了结不了_不耽误后面的名单_只剩它时才报错(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for login, number in ((AUDITOR, "310101199001010810"), (SECOND, "310101199001010830")):
        scene.hire(login, Role.AUDITOR, number)
    scene.at = on("2025-01-15")
    for person in (ZHANG_SAN, LI_SI):
        wrong = bring(scene, ListKind.PENSION, line(person, "2023-09-01"))
        scene.do(AUDITOR, partial(propose_withdrawal, list_id=wrong.id, why="导错了"))
        scene.do(SECOND, partial(decide_withdrawal, list_id=wrong.id, words="", agrees=True))
    # on neither did anything rest, so both were over at once
    scene.plant("DROP TRIGGER audit_list_undoing_over")
    scene.plant("UPDATE audit_list_undoing SET finished_at = NULL")
    mark = undoing._mark_piece

    def always_raises(work: Work, standing: AuditListUndoing, *rest: Any) -> int:
        if standing.list_id == first:
            standing.hits_looked = 7
            work.session.flush()
            raise WHY_MISSING.refused()
        return mark(work, standing, *rest)

    monkeypatch.setattr(undoing, "_mark_piece", always_raises)
    first, second = wrong.id - 1, wrong.id
    assert scene.do(CLOCK_LOGIN, undo_withdrawn) == 1
    assert told(scene, CLOCK_LOGIN, undo_withdrawn).code == WHY_MISSING.code, "it is heard of"
    with scene.database.read() as session:
        found = find_undoings(session, [first, second])
    assert [(found[each].finished_at is not None, found[each].hits_looked) for each in (first, second)] == [
        (False, 0),
        (True, 0),
    ]


def _nothing_half_undone_looks_done(scene: Scene, list_id: int, say: Callable[[Work], int]) -> None:
    """同意的那一刻起名单不再用；各条由后台一批一批了结，中断在哪里从哪里接着办，办完以前写不成办完。"""
    assert told(scene, AUDITOR, say).code == "join_hit_withdrawn", "还没有轮到的也不再下结论"

    with scene.database.read() as session:
        flag_id = _flag_of(session, "领取养老金")
    for act in (
        partial(assign, flag_id=flag_id, person_id=scene.actor("监管员").person_id),
        partial(ask, flag_id=flag_id, question="请说明"),
        partial(conclude, flag_id=flag_id, words="属实", is_upheld=True),
    ):
        refused = told(scene, "监管员", act)
        assert (refused.code, "不用办理" in refused.sentence) == ("risk_flag_lists_withdrawn", True)

    def standing() -> tuple[int, int, bool]:
        with scene.database.read() as session:
            found = find_undoings(session, [list_id])[list_id]
            return found.hits_looked, found.flags_ended, found.finished_at is not None

    assert standing() == (0, 0, False)
    for sql, words in (
        ("UPDATE audit_list_undoing SET finished_at = begun_at", "a flag still stands"),
        ("UPDATE audit_list_undoing SET flags_total = 0", "stays"),
        ("DELETE FROM audit_list_undoing", "never deleted"),
        (
            "INSERT INTO audit_list_undoing SELECT 2, begun_at, 0,0,0,0,0,0,0, NULL FROM audit_list_undoing",
            "only what two have withdrawn",
        ),
    ):
        with pytest.raises(DBAPIError, match=words), scene.database.engine.begin() as connection:
            connection.execute(text(sql))
    assert told(scene, SECOND, undo_withdrawn).code == "role_missing"
    walked = []
    while scene.do(CLOCK_LOGIN, undo_withdrawn):
        walked.append(standing())
    assert walked == [(1, 0, False), (1, 1, False), (1, 1, True)]
    with scene.database.read() as session:
        both = session.execute(
            select(
                AuditJoinConclusion.concluded_by_person_id, AuditJoinConclusion.decided_by_person_id
            ).where(AuditJoinConclusion.outcome == str(Outcome.WITHDRAWN))
        ).one()
    assert both == (scene.actor(AUDITOR).person_id, scene.actor("监管员").person_id), "是两人的话，不是后台的"


def _nothing_new_rests_on_a_withdrawn_list(scene: Scene, list_id: int, read_before: list[Found]) -> None:
    """撤回以前读到的，撤回以后不再写成线索、不再停钱；这一天的规则重新运行。"""
    late = [each for each in read_before if each.finding.rule == "R02"]
    assert sorted(sum(each.lists.values()) for each in late) == [1, 1]
    before = _flags_and_holds(scene)
    scene.at += timedelta(days=1)
    assert scene.do(CLOCK_LOGIN, lambda work: raise_flags(work, late)) == 0
    assert _flags_and_holds(scene) == before
    with scene.database.read() as session:
        assert session.get(RiskRun, day_of(scene.at)) is None
    for sql, words in (
        (
            f"INSERT INTO risk_flag_list (flag_id, list_id, rows, of_rows) VALUES (1, {list_id}, 1, 1)",
            "rests",
        ),
        (
            (
                "INSERT INTO audit_join (region_code, kind, list_id, since, until, why, terms, hits, people,"
                " amount_fen, is_cut, sha256, ran_at, ran_by_person_id) SELECT region_code, kind, list_id,"
                " since, until, why, terms, hits, people, amount_fen, is_cut, sha256, ran_at,"
                " ran_by_person_id FROM audit_join"
            ),
            "no question is put",
        ),
    ):
        with pytest.raises(DBAPIError, match=words), scene.database.engine.begin() as connection:
            connection.execute(text(sql))


def _flags_and_holds(scene: Scene) -> tuple[int, int]:
    with scene.database.read() as session:
        flags = session.scalar(select(func.count()).select_from(RiskFlag)) or 0
        return flags, session.scalar(select(func.count()).where(Hold.closed_at.is_(None))) or 0


LIST_LATER = "已撤回：把另一年的文件当成今年的"


def read_said(session: Session, join_id: int) -> str:
    """Return what the latest conclusion of the first hit says."""
    said = select(AuditJoinConclusion.words).where(AuditJoinConclusion.join_id == join_id)
    return session.scalars(said.order_by(AuditJoinConclusion.turn.desc())).first() or ""


def _flag_of(session: Session, ground: str) -> int:
    return session.scalars(select(RiskFlag.id).where(RiskFlag.period.contains(ground))).first() or 0


def _raise_r02(scene: Scene) -> dict[str, tuple[str, bool]]:
    """按名单查一遍不符合条件的，返回各理由的线索状态、是否还停着钱。"""
    with scene.database.read() as session:
        every = find_flags(session, day_of(scene.at), scene.keyring)
    found = [each for each in every if each.finding.rule == "R02"]
    scene.do(CLOCK_LOGIN, lambda work: raise_flags(work, found))
    with scene.database.read() as session:
        held = session.scalars(select(Hold.why).where(Hold.closed_at.is_(None))).all()
        flags = session.scalars(select(RiskFlag).order_by(RiskFlag.id)).all()
        return {
            next(word for word in ("第 2 次查出", "领取养老金", "羁押") if word in each.period): (
                each.state,
                any(why.startswith(f"风险线索 {each.id}（") for why in held),
            )
            for each in flags
        }


def test_一笔申领在两次突击里只计一次金额_人也只数一次() -> None:
    both = (Part(1, 7, 100), Part(2, 8, 200))
    year_end = Hit(None, None, None, 3, 300, "年末", (), both)
    one_day = Hit(None, None, None, 3, 200, "一天", (), both[1:])
    alone = Hit(9, 4, 2, 3, 200, "同一申领", ())
    unclaimed = Hit(9, 5, None, 3, 0, "还没有申领", ())
    assert add_up([year_end, one_day, alone, unclaimed]) == 300
    assert whom_of([year_end, one_day, alone, unclaimed]) == {7, 8, 9}


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_同一地区一次只做一项比对_其间撤回名单的不写结果(
    paid: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(paid, JoinKind.SHARED)
    with paid.database.open_write() as session:
        session.execute(text("SELECT region_code FROM audit_join_turn FOR UPDATE"))
        busy = told(paid, AUDITOR, lambda work: run_join(work, JoinKind.SHARED, None, FIRST, LAST, WHY))
        assert (busy.code, "等它做完" in busy.next_step) == ("audit_join_running", True)
        session.rollback()
    assert put(paid, JoinKind.SHARED)[1] == []
    _who_withdraws_meanwhile_is_seen(paid, monkeypatch)


def _who_withdraws_meanwhile_is_seen(paid: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """比对要几分钟：其间两人撤回了名单的，结果不写。"""
    listed = bring(paid, ListKind.PENSION, line(ZHANG_SAN, "2023-09-01"))

    def find_slowly(*asked: Any) -> list[Hit]:
        found = find_hits(*asked)
        paid.do(AUDITOR, lambda work: propose_withdrawal(work, listed.id, "发错文件"))
        paid.do(SECOND, lambda work: decide_withdrawal(work, listed.id, "", agrees=True))
        return found

    monkeypatch.setattr(running, "find_hits", find_slowly)
    late = told(paid, AUDITOR, lambda work: run_join(work, JoinKind.PENSION, listed.id, FIRST, LAST, WHY))
    assert (late.code, listed.number in late.title) == ("audit_list_withdrawn", True)
    with paid.database.read() as session:
        assert session.scalar(select(func.count()).where(AuditJoin.list_id == listed.id)) == 0


def _bad_lists_stay_outside(paid: Scene) -> None:
    """坏行逐行指名，整份不导入；原文不留；同一文件不重复。"""
    rows = [line(ZHANG_SAN, "2024-13-01"), line(("某", "41010519900315991")), line(LI_SI, 手机号="12345")]
    problems = bad_rows(lambda: bring(paid, ListKind.PENSION, *rows))
    assert [(each.line, each.column) for each in problems] == [
        (2, "起始日期"), (3, "证件号码"), (4, "手机号"),
    ]  # fmt: skip
    bare = bad_rows(lambda: bring(paid, ListKind.CONTACTS, line(LI_SI)))
    assert [each.refusal.code for each in bare] == ["audit_list_row_bare"]
    assert _count(paid, AuditList) == 0
    named = line(LI_SI, 账号=ACCOUNTS[0], 手机号="13800138000")
    listed = bring(paid, ListKind.CONTACTS, named)
    with paid.database.read() as session:
        kept = str(session.execute(text("SELECT * FROM audit_list_row")).all())
        row = session.scalars(select(AuditRow).where(AuditRow.act == "bring")).one()
    assert not any(each in kept for each in (*LI_SI, ACCOUNTS[0], "13800138000"))
    assert (row.content["why"], row.content["rows"], row.content["sha256"]) == (WHY, 1, listed.sha256)
    again = told(paid, AUDITOR, lambda work: bring(paid, ListKind.CONTACTS, named, work=work))
    assert again.code == "audit_list_twice"
    assert listed.number in again.title


def _refuse_unsound(paid: Scene, listed: AuditList) -> None:
    """没有名单、名单不对、期间不对、没有案由、外地的，都说明下一步。"""

    def ask(
        kind: JoinKind, list_id: int | None, *, until: date = LAST, why: str = WHY, who: str = AUDITOR
    ) -> str:
        return told(paid, who, lambda work: run_join(work, kind, list_id, FIRST, until, why)).code

    assert ask(JoinKind.PENSION, None) == "join_list_needed"
    assert ask(JoinKind.DECEASED, listed.id) == "join_list_unsuited"
    assert ask(JoinKind.BURST, listed.id) == "join_list_unsuited"
    assert ask(JoinKind.PENSION, listed.id, until=date(2023, 1, 1)) == "join_span_unsound"
    assert ask(JoinKind.PENSION, listed.id, until=date(2026, 1, 1)) == "join_span_unsound"
    # 一次最多几天是有生效日期的参数：改短以后，同一期间要分几次
    set_parameter(paid, "audit_join_days_most", "365", "2025-01-16", "天")
    today, paid.at = paid.at, on("2025-01-16")
    asked = told(paid, AUDITOR, lambda work: run_join(work, JoinKind.PENSION, listed.id, FIRST, LAST, WHY))
    assert (asked.code, "一次最多 365 天" in asked.next_step) == ("join_span_unsound", True)
    paid.at = today
    assert ask(JoinKind.PENSION, listed.id, why=" ") == "why_missing"
    assert ask(JoinKind.PENSION, listed.id, who="外地审计员") == "audit_list_missing"
    assert ask(JoinKind.PENSION, listed.id, who="初审员") == "role_missing"
    found, _ = put(paid, JoinKind.PENSION, listed)
    assert told(paid, "外地审计员", lambda work: look_at_join(work, found.id)).code == "audit_join_missing"


def _results_are_frozen_and_lists_forgotten(paid: Scene) -> None:
    """结果冻结，改一个字就打不开；名单期满删行，结果还在。"""
    looked, lists = len(_looks(paid)), _count(paid, AuditList)
    listed = bring(paid, ListKind.PENSION, line(ZHANG_SAN, "2023-09-01"), line(LI_SI, "2023-09-01"))
    _refuse_unsound(paid, listed)
    found, hits = put(paid, JoinKind.PENSION, listed)
    again, same = put(paid, JoinKind.PENSION, listed)
    assert (again.sha256, len(same)) == (found.sha256, len(hits))
    for sql in ("UPDATE audit_join_hit SET amount_fen = 1", "DELETE FROM audit_join_hit"):
        with pytest.raises(DBAPIError), paid.database.open_write() as session:
            session.execute(text(sql))
    assert len(_looks(paid)) == looked + 3
    assert paid.do(CLOCK_LOGIN, forget_lists) == 0
    paid.at = on("2026-01-16")
    rows = _count(paid, AuditListRow)
    # 一次删一部分，删了一半的名单也不能再用
    assert paid.do(CLOCK_LOGIN, forget_lists) == 1
    assert _count(paid, AuditListRow) == rows - 1
    assert _until_done(paid, forget_lists) >= lists + rows
    assert _count(paid, AuditListRow) == 0
    with paid.database.read() as session:
        assert session.get_one(AuditList, listed.id).forgotten_at is not None
    assert (
        told(paid, AUDITOR, lambda work: run_join(work, JoinKind.PENSION, listed.id, FIRST, LAST, WHY)).code
        == "audit_list_forgotten"
    )
    assert len(paid.do(AUDITOR, lambda work: look_at_join(work, found.id))[1]) == len(hits) >= 2
    _answers_are_forgotten_after_ten_years(paid)
    # 仍然需要的，同一份文件可以重新导入
    paid.at = on("2026-01-16")
    anew = bring(paid, ListKind.PENSION, line(ZHANG_SAN, "2023-09-01"), line(LI_SI, "2023-09-01"))
    assert anew.sha256 == listed.sha256
    # 拿掉触发器再改的，打开就拒绝
    found, _ = put(paid, JoinKind.PENSION, anew, date(2024, 12, 30))
    with paid.database.open_write() as session:
        connection = session.connection()
        sqlite = connection.dialect.name == "sqlite"
        connection.execute(
            text("DROP TRIGGER audit_join_hit_no_update" + ("" if sqlite else " ON audit_join_hit"))
        )
        connection.execute(text("UPDATE audit_join_hit SET amount_fen = amount_fen + 1"))
        session.commit()
    assert told(paid, AUDITOR, lambda work: look_at_join(work, found.id)).code == "audit_join_edited"
    first = partial(look_at_hits, join_id=found.id, way="page", state=None, after=0, limit=1)
    assert told(paid, AUDITOR, first).code == "audit_join_edited"


def _every_hit_is_concluded_and_money_by_two(paid: Scene) -> None:
    """每一条都有结论；要追回、处置、移送的由另一人确认；退回的重新下；说过的话改不掉。"""
    both = (line(each, "2022-09-01") for each in (ZHANG_SAN, LI_SI))
    found, hits = put(paid, JoinKind.PENSION, bring(paid, ListKind.PENSION, *both))
    count = len(hits)
    assert count >= 2
    good: dict[str, Any] = {
        "seen": {1: 0}, "outcome": Outcome.UPHELD, "follow_up": FollowUp.CLAWBACK, "words": "社保局复函",
    }  # fmt: skip

    def conclude(who: str = AUDITOR, **more: Any) -> str:
        return told(paid, who, lambda work: conclude_hits(work, found.id, **good | more)).code

    def decide(who: str = SECOND, words: str = "", *, agrees: bool = True, turn: int = 1) -> str:
        return told(
            paid, who, lambda work: decide_conclusions(work, found.id, {1: turn}, words, agrees=agrees)
        ).code

    assert conclude(words=" ") == "why_missing"
    assert conclude(seen={}) == conclude(seen={1: 0, 99: 0}) == "join_hits_unchosen"
    assert conclude(outcome=Outcome.DISMISSED) == "join_follow_up_unsuited"
    assert conclude(who="外地审计员") == "audit_join_missing"
    assert conclude(who="初审员") == "role_missing"
    assert decide(turn=0) == "join_hit_not_waiting"
    assert paid.do(AUDITOR, lambda work: conclude_hits(work, found.id, **good)) == 1, "等另一人"
    assert conclude(who=SECOND) == "join_hits_stale", "还没有看到刚下的结论"
    assert conclude(who=SECOND, seen={1: 1}) == "join_hit_waiting"
    assert decide(turn=0) == "join_hits_stale"
    assert decide(who=AUDITOR) == "join_conclusion_own"
    assert decide(agrees=False) == "why_missing"

    def states() -> dict[int, HitState]:
        with paid.database.read() as session:
            assert read_states(session, found.id, [count + 1]) == {}, "只读这一页的"
            return read_states(session, found.id, range(1, count + 1))

    assert states() == {1: HitState.WAITING}
    paid.do(SECOND, lambda work: decide_conclusions(work, found.id, {1: 1}, "复函没有盖章", agrees=False))
    assert states() == {}
    paid.do(AUDITOR, lambda work: conclude_hits(work, found.id, **good | {"seen": {1: 1}}))
    # 下结论的人自己撤回，重新下；看过旧结论的不能去确认新的
    paid.do(AUDITOR, lambda work: decide_conclusions(work, found.id, {1: 2}, "金额写错", agrees=False))
    assert states() == {}
    paid.do(AUDITOR, lambda work: conclude_hits(work, found.id, **good | {"seen": {1: 2}}))
    assert decide(turn=2) == "join_hits_stale"
    # 刚重置过另一人登录的，不算另一个人；过了若干日才算
    accounts = {each: paid.actor(each).user_id for each in (AUDITOR, SECOND)}
    today = paid.at
    for who, whose, days in ((AUDITOR, SECOND, 40), (SECOND, AUDITOR, 20)):
        paid.at = today - timedelta(days=days)
        paid.do(who, partial(_reset, account=accounts[whose]))
        assert decide(turn=3) == "second_person_reset_lately"
    paid.at = today
    paid.do(SECOND, lambda work: decide_conclusions(work, found.id, {1: 3}, "", agrees=True))
    _what_two_agreed_takes_two_to_overturn(paid, found.id, states)
    # 不追回、不处置、不移送的，一个人就能下结论
    rest = {
        "seen": dict.fromkeys(range(2, count + 1), 0),
        "outcome": Outcome.DISMISSED,
        "follow_up": FollowUp.NOTHING,
    }
    paid.do(AUDITOR, lambda work: conclude_hits(work, found.id, **good | rest))
    with paid.database.read() as session:
        standing = tally(session, [found])[found.id]
    _pages_are_read_and_looks_counted_by_the_hour(paid, found.id, count)
    assert (standing[HitState.OPEN], standing[HitState.UPHELD], standing[HitState.DISMISSED]) == (
        0, 1, count - 1,
    )  # fmt: skip
    for sql in (
        "UPDATE audit_join_conclusion SET words = '改'", "DELETE FROM audit_join_conclusion",
        "UPDATE audit_join_conclusion SET decided_by_person_id = concluded_by_person_id",
    ):  # fmt: skip
        with pytest.raises(DBAPIError), paid.database.open_write() as session:
            session.execute(text(sql))


def _reset(work: Work, account: int) -> None:
    audit.record_one(work, "user_account", account, "reset_access")


def _pages_are_read_and_looks_counted_by_the_hour(paid: Scene, join_id: int, count: int) -> None:
    """一页一页读，按办理情况读；同一人一小时内打开几次记一次。"""
    looked = len(_looks(paid))

    def page(state: HitState | None = None, after: int = 0, limit: int = 50) -> list[int]:
        look = partial(look_at_hits, join_id=join_id, way="page", state=state, after=after, limit=limit)
        return [each.position for each in paid.do(AUDITOR, look)[1]]

    every = list(range(1, count + 1))
    assert (page(), page(limit=1), page(after=1)) == (every, [1], every[1:])
    assert (page(HitState.UPHELD), page(HitState.DISMISSED)) == ([1], every[1:])
    assert (page(HitState.OPEN), page(HitState.WAITING)) == ([], [])
    assert len(_looks(paid)) == looked + 1
    paid.at += timedelta(hours=1)
    page()
    assert len(_looks(paid)) == looked + 2
    paid.at -= timedelta(hours=1)


def _what_two_agreed_takes_two_to_overturn(
    paid: Scene, join_id: int, states: Callable[[], dict[int, HitState]]
) -> None:
    """两人确认过要追回的，一个人改不成“不属实”：要另一人确认；退回的，原来的仍然有效。"""

    def overturn(turn: int) -> int:
        return paid.do(
            AUDITOR,
            lambda work: conclude_hits(
                work, join_id, {1: turn}, Outcome.DISMISSED, FollowUp.NOTHING, "本人已退款"
            ),
        )

    assert overturn(3) == 1, "等另一人"
    assert states() == {1: HitState.WAITING}
    own = told(paid, AUDITOR, lambda work: decide_conclusions(work, join_id, {1: 4}, "", agrees=True))
    assert own.code == "join_conclusion_own"
    paid.do(SECOND, lambda work: decide_conclusions(work, join_id, {1: 4}, "没有退款凭证", agrees=False))
    assert states() == {1: HitState.UPHELD}
    alone = """INSERT INTO audit_join_conclusion SELECT join_id, position, 9, 'dismissed', 'nothing', words,
        concluded_at, 7, 1, concluded_at, 7, '' FROM audit_join_conclusion WHERE turn = 4"""
    with (
        pytest.raises(DBAPIError, match="takes two to overturn"), paid.database.open_write() as session,
    ):  # fmt: skip
        session.execute(text(alone))
    assert overturn(4) == 1
    confirmed = """UPDATE audit_join_conclusion SET agreed = 1, decided_at = concluded_at,
        decided_by_person_id = concluded_by_person_id WHERE turn = 5"""
    with pytest.raises(DBAPIError, match="takes two people"), paid.database.open_write() as session:
        session.execute(text(confirmed))
    paid.do(AUDITOR, lambda work: decide_conclusions(work, join_id, {1: 5}, "再核实", agrees=False))


def _answers_are_forgotten_after_ten_years(paid: Scene) -> None:
    """比对结果按有生效日期的年限保留；期满一部分一部分删，条数、金额、摘要还在。"""
    assert paid.do(CLOCK_LOGIN, forget_joins) == 0
    before, hits = _count(paid, AuditJoin), _count(paid, AuditJoinHit)
    assert hits > 5
    today, paid.at = paid.at, on("2035-01-20")
    assert paid.do(CLOCK_LOGIN, forget_joins) == 1
    assert _until_done(paid, forget_joined) > hits
    assert (_count(paid, AuditJoin), _count(paid, AuditJoinHit)) == (before, 0)
    found, left = paid.do(AUDITOR, lambda work: look_at_join(work, 1))
    assert (len(left), found.hits > 0, len(found.sha256)) == (0, True, 64)
    late = told(
        paid, AUDITOR,
        lambda work: conclude_hits(work, 1, {1: 0}, Outcome.HANDLED, FollowUp.NOTHING, "已经办过"),
    )  # fmt: skip
    assert late.code == "audit_join_forgotten"
    paid.at = today


def _until_done(scene: Scene, act: Callable[[Work], int]) -> int:
    """Return how many portions it took until nothing was left."""
    for portion in range(1_000):
        if not scene.do(CLOCK_LOGIN, act):
            return portion
    raise AssertionError("it never ends")


def _count(scene: Scene, of: type[AuditList | AuditListRow | AuditJoin | AuditJoinHit]) -> int:
    with scene.database.read() as session:
        return session.scalar(select(func.count()).select_from(of)) or 0


def _looks(scene: Scene) -> Sequence[object]:
    with scene.database.read() as session:
        return session.scalars(
            select(AuditRow.content).where(AuditRow.thing == "audit_join", AuditRow.act == "look")
        ).all()
