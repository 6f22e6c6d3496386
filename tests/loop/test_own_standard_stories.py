"""自有标准的培训：特种作业由主管部门考核，岗前培训二十四学时三百元；每人每年的次数按补贴分开数。"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update

from tests import town_issue, town_train
from tests.loop import way
from tests.loop.telling import ready, told
from tests.loop.way import EVALUATION, TRAINING
from tests.scene import (
    COOK,
    ELECTRICIAN,
    EV2,
    HOUSEKEEPER,
    JIYUAN,
    LI_SI,
    NURSE,
    TURNER,
    ZHANG_SAN,
    Scene,
    on,
)
from tests.watching import watched
from voucher.ledger.commitments import Commitment
from voucher.ledger.entitlements import Entitlement
from voucher.ledger.holders import find_earned_days
from voucher.ledger.vouchers import Voucher
from voucher.registry.importing.frame import ImportRefused
from voucher.registry.standards import StandardRow
from voucher.rules.vocabulary import Outcome
from voucher.stages.certify.attach import attach_proofs
from voucher.stages.certify.completions import issue_completions
from voucher.stages.certify.queries import list_archive, why_not_certified
from voucher.stages.settle.clear import clear
from voucher.stages.settle.judging import Verdict
from voucher.stages.settle.lawbook import Lawbook
from voucher.stages.settle.precedence import order_lines
from voucher.stages.train import classes, enrol

BUREAU = (EV2[0], EV2[1], "YJ-0001")

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def why(scene: Scene, voucher_id: int) -> list[str]:
    """Return why a voucher has no certificate yet."""
    with scene.database.read() as session:
        return [each.code for each in why_not_certified(session, voucher_id)]


@SQLITE
def test_特种作业由主管部门考核_结业以后登记的证书直接换券_是否初次由两人核实(scene: Scene) -> None:
    """没有评价机构的考试：结业以前的旧证不算；结业后的证书登记相符即持证；没有人答复是否初次，转两人核定。"""
    town = way.settle_down(scene)
    operation: dict[str, Any] = {
        "certificate_kind": "special_operation",
        "trade_code": ELECTRICIAN,
        "level": 0,
    }
    course = town_issue.programme(scene, town.budget_id, name="特种作业", **operation)
    (held,) = way.trained(town, course, ZHANG_SAN, **operation)
    assert (way.state(scene, held), why(scene, held)) == ("trained", ["certificate_missing"])

    def registered(issued: str, number: str) -> int:
        row = scene.certificate(
            ZHANG_SAN, ELECTRICIAN, issued=issued, kind="特种作业操作证书", number=number, evaluator=BUREAU
        )
        scene.certify({**row, "等级": ""})
        return scene.do("clock", attach_proofs)

    with pytest.raises(ImportRefused) as unknown:
        registered("2024-02-29", "豫安2018000001")
    assert "先在评价机构清单中以类别“主管部门”导入" in unknown.value.report.problems[0].refusal.sentence
    scene.file_evaluator(BUREAU, [ELECTRICIAN], levels=["无等级"], kind="主管部门")
    with pytest.raises(ImportRefused) as evaluated:
        scene.import_certificates([scene.certificate(ZHANG_SAN, ELECTRICIAN, evaluator=EV2)])
    assert "只发特种作业、特种设备的证书" in evaluated.value.report.problems[0].refusal.sentence
    assert registered("2024-02-29", "豫安2018000001") == 0
    assert (way.state(scene, held), why(scene, held)) == ("trained", ["certificate_too_early"])
    assert registered(town_issue.day(scene).isoformat(), f"T{ZHANG_SAN[1]}") == 1
    nothing = way.claim(town, EVALUATION, held, login="operator").verdicts[0]
    assert (nothing.amount_fen, nothing.claim_id) == (0, None)
    with scene.database.read() as session, watched(session) as sent:
        filed = way.claim(town, TRAINING, held)
    assert find_locks(sent)[:3] == ["budget", "person", "voucher"], (
        "what one person has is counted one by one"
    )
    line = filed.verdicts[0]
    assert (line.outcome, line.amount_fen, line.proposed_fen) == (Outcome.MANUAL, 0, 800_00)
    assert line.refusal is not None
    assert "请查验该人同一作业类别的旧证；复审、换证的按复审的标准核定" in line.refusal.sentence
    claim_id = line.claim_id or 0
    for login in ("初审员", "复核员"):
        scene.do(login, lambda work: clear(work, claim_id, 300_00, "查到旧证，按复审核定"))
    way.pay(town, filed.batch)
    fund = scene.budget(town.budget_id)
    assert (way.state(scene, held), fund.reserved_fen, fund.spent_fen) == ("settled", 0, 300_00)


def test_特种作业复审三百元_每期一次_与初次各算各的(scene: Scene) -> None:
    """复审班的券按 300 元锁定；新证编号不变也能换券，两人核定后付到账；同一期（结业当年）不再发第二次。"""
    town = way.settle_down(scene)
    renewal: dict[str, Any] = {
        "certificate_kind": "special_operation",
        "trade_code": ELECTRICIAN,
        "level": 0,
        "training_kind": "card_renewal",
    }
    course = town_issue.programme(scene, town.budget_id, name="复审", **renewal)
    class_id = town_train.open_class(scene, town.house, **renewal)
    (held,) = town_train.trained(scene, course, [ZHANG_SAN], class_id)
    scene.file_evaluator(BUREAU, [ELECTRICIAN], levels=["无等级"], kind="主管部门")
    scene.at += timedelta(days=1)  # the card is not of the class's last day
    number, today = f"T{ZHANG_SAN[1]}", town_issue.day(scene).isoformat()
    for issued in ("2021-02-01", today):
        row = scene.certificate(
            ZHANG_SAN, ELECTRICIAN, issued=issued, kind="特种作业操作证书", number=number, evaluator=BUREAU
        )
        scene.certify({**row, "等级": ""})
    before = earned_on(scene, held)
    assert scene.do("clock", attach_proofs) == 1
    assert before != earned_on(scene, held) == town_issue.day(scene), (
        "the card counts before it is claimed for"
    )
    filed = way.claim(town, TRAINING, held)
    line = filed.verdicts[0]
    assert (line.outcome, line.proposed_fen) == (Outcome.MANUAL, 300_00)
    assert line.refusal is not None
    assert "请查验该人同一作业类别的旧证、有效期和复审记录" in line.refusal.sentence
    assert line.key is not None
    assert line.key.endswith(f"|special_operation|{ELECTRICIAN}|period|{today[:4]}")
    claim_id, fund = line.claim_id or 0, scene.budget(town.budget_id)
    assert (fund.reserved_fen, fund.spent_fen) == (300_00, 0)
    accept = partial(clear, claim_id=claim_id, amount_fen=300_00, opinion="旧证在有效期内，三年期满复审")
    assert scene.do("初审员", accept) is False, "one person alone decides nothing"
    assert scene.do("复核员", accept) is True
    way.pay(town, filed.batch)
    fund = scene.budget(town.budget_id)
    assert (way.state(scene, held), fund.reserved_fen, fund.spent_fen) == ("settled", 0, 300_00)
    with scene.database.read() as session:
        holder = session.get_one(Voucher, held).holder_person_id
        entries = list_archive(session, scene.keyring, holder)
        assert [each.issued_on.isoformat() for each in entries] == [today, "2021-02-01"], (
            "the former card stays"
        )
    again = town_issue.programme(scene, town.budget_id, name="复审二", **renewal)
    second = town_train.open_class(scene, town.house, **renewal)
    mine = town_train.accepted(scene, again, ZHANG_SAN)
    enter = partial(enrol.enrol, voucher_id=mine, class_id=second)
    refused = told(scene, town_issue.worker(scene, ZHANG_SAN), enter)
    assert refused.code in ("duplicate_entitlement", "entitlement_taken")
    # nor is a first card of the trade subsidised so soon after: neither locked, nor paid where it was
    first = {name: each for name, each in renewal.items() if name != "training_kind"}
    scene.at += timedelta(days=30)
    course = town_issue.programme(scene, town.budget_id, name="取证", **first)
    class_id = town_train.open_class(scene, town.house, **first)
    mine = town_train.accepted(scene, course, ZHANG_SAN)
    enter = partial(enrol.enrol, voucher_id=mine, class_id=class_id)
    assert told(scene, town_issue.worker(scene, ZHANG_SAN), enter).code == "period_not_over"
    key = line.key.partition("|period|")[0]
    other = Verdict(line.candidate, key=key)
    scene.do(
        "operator",
        lambda work: order_lines(work, TRAINING, [other], Lawbook.read(work.session, JIYUAN)),
    )
    assert other.refusal is not None
    assert other.refusal.code == "period_not_over"


def earned_on(scene: Scene, voucher_id: int) -> date:
    """Return the day the key a voucher holds is told by."""
    with scene.database.read() as session:
        query = select(Entitlement.key).join(Commitment, Commitment.entitlement_id == Entitlement.id)
        keys = session.scalars(query.where(Commitment.voucher_id == voucher_id)).all()
        return find_earned_days(session, keys)[keys[0]]


LOCKED = re.compile(r"^SELECT .*?FROM (budget|person|voucher) .*ORDER BY \1\.id$", re.DOTALL)


def find_locks(sent: list[str]) -> list[str]:
    """Return which tables an act read in the order of their ids, as whoever locks rows does."""
    found = [LOCKED.match(each.strip()) for each in sent]
    return [each[1] for each in found if each is not None]


def begin_own_amount(scene: Scene, since: date) -> None:
    """Have 岗前培训 its amount of its own from a day on."""
    shipped = update(StandardRow).where(StandardRow.code == "TR-G").values(since=since)
    scene.do("operator", lambda work: work.session.execute(shipped))


@SQLITE
def test_岗前培训不少于二十四学时_三百元不按学时算_是否新录用由两人核实(scene: Scene) -> None:
    """23 学时不受理；24 学时最多 300，没有新录用的答复转两人；别的培训类型的券报不进岗前班，40 学时照旧。"""
    town = way.settle_down(scene)
    completion = {"certificate_kind": "training_completion", "level": 0}
    before = {**completion, "training_kind": "pre_job"}
    course = town_issue.programme(scene, town.budget_id, name="岗前", worth="offset", **before)
    assert town_issue.programme_row(scene, course).cap_fen == 300_00
    for hours, planned, least in ((23, before, "24"), (24, completion, "40")):
        class_id = town_train.draft(scene, town.house, hours=hours, **planned)
        act = partial(classes.file_class, class_id=class_id, promised=True)
        assert f"低于最低 {least} 学时" in told(scene, town.registrar(), act).sentence
    class_id = town_train.open_class(scene, town.house, hours=24, **before)
    other = town_issue.programme(scene, town.budget_id, name="在岗", worth="offset", **completion)
    mine = town_train.accepted(scene, other, ZHANG_SAN)
    enter = partial(enrol.enrol, voucher_id=mine, class_id=class_id)
    refused = told(scene, town_issue.worker(scene, ZHANG_SAN), enter)
    assert refused.code == "class_of_other_training_kind"
    assert "该班级申报的是“岗前培训”" in refused.sentence
    (held,) = town_train.trained(scene, course, [LI_SI], class_id)
    assert scene.do(town.registrar(), lambda work: issue_completions(work, class_id)) == 1
    filed = way.claim(town, TRAINING, held).verdicts[0]
    assert (filed.outcome, filed.amount_fen, filed.proposed_fen) == (Outcome.MANUAL, 0, 300_00)
    assert filed.refusal is not None
    assert "请查验劳动合同和参保" in filed.refusal.sentence


@SQLITE
def test_高级技师技能提升二千元由两人核实_按学时付的实际到课不足四十学时也由两人核实(scene: Scene) -> None:
    """AC-G7：提升培训二千元，等级和天数没有答复；到课 32 学时够结业，“40 学时以上”不够，不自动付 320 元。"""
    town = way.settle_down(scene)
    completion: dict[str, Any] = {"certificate_kind": "training_completion", "level": 0}
    upgrade = {**completion, "training_kind": "senior_upgrade"}
    courses = [
        town_issue.programme(scene, town.budget_id, name=name, worth="offset", **planned)
        for name, planned in (("高级技师提升", upgrade), ("合格证", completion))
    ]
    assert town_issue.programme_row(scene, courses[0]).cap_fen == 2000_00
    found = []
    for course, planned, hours, who in (
        (courses[0], upgrade, 40, LI_SI),
        (courses[1], completion, 32, ZHANG_SAN),
    ):
        class_id = town_train.open_class(scene, town.house, hours=40, teacher=f"{hours}老师", **planned)
        held = town_train.enrolled(scene, course, who, class_id)
        scene.at = town_train.morning(scene, class_id)
        town_train.scan(scene, who, held, class_id)
        town_train.sit_through(scene, class_id, {held: hours})
        town_train.sign_off(scene, class_id, {held: 80_00})
        assert scene.do(town.registrar(), partial(issue_completions, class_id=class_id)) == 1
        found.append(way.claim(town, TRAINING, held).verdicts[0])
    heard = [each.refusal.code for each in found if each.refusal is not None]
    assert heard == ["senior_upgrade_unknown", "completion_hours_short"]
    assert [(each.outcome, each.amount_fen, each.proposed_fen) for each in found] == [
        (Outcome.MANUAL, 0, 2000_00),
        (Outcome.MANUAL, 0, 320_00),
    ]


@SQLITE
def test_岗前培训有了自己的标准_以前报名的照报名时的标准付(scene: Scene) -> None:
    """报名时按学时锁定 400；后来施行的三百元不动已经答应的。"""
    town = way.settle_down(scene)
    begin_own_amount(scene, town_issue.day(scene) + timedelta(days=1_000))
    before = {"certificate_kind": "training_completion", "level": 0, "training_kind": "pre_job"}
    course = town_issue.programme(scene, town.budget_id, name="岗前", worth="offset", **before)
    class_id = town_train.open_class(scene, town.house, hours=40, **before)
    (held,) = town_train.trained(scene, course, [LI_SI], class_id)
    begin_own_amount(scene, town_issue.day(scene))
    scene.do(town.registrar(), lambda work: issue_completions(work, class_id))
    filed = way.claim(town, TRAINING, held).verdicts[0]
    assert (filed.outcome, filed.amount_fen) == (Outcome.PAYABLE, 400_00)


@SQLITE
def test_一年里第四次评价补贴被拒_下一年照付(scene: Scene) -> None:
    """四个职业各取一本证：同一年申领只付三次，第四次说明上限和下一年；新年度照付。"""
    ready(scene)
    trades = (NURSE, HOUSEKEEPER, TURNER, COOK)
    scene.certify(*(scene.certificate(ZHANG_SAN, each) for each in trades))
    budget_id = scene.open_budget()
    with scene.database.read() as session, watched(session) as sent:
        settled = scene.settle(budget_id)
    assert "person" in find_locks(sent), "the cap counts over all budgets"
    assert settled.total_fen == 600_00
    refusal = settled.verdicts[3].refusal
    assert refusal is not None
    assert refusal.sentence.startswith("2024 年已申领 3 次，达到每人每年 3 次的上限。请在下一年度申领")
    scene.at = on("2025-01-06")
    later = scene.settle(scene.open_budget(year=2025))
    assert later.total_fen == 200_00
