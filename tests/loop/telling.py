"""What the stories share: who refuses what, and where claims, keys and money stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date

import pytest
from sqlalchemy import select
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2

from tests.scene import EV1, NURSE, Scene, on
from voucher.demo.signing import pass_all
from voucher.ledger.entitlements import Entitlement
from voucher.plumbing.unit_of_work import Work
from voucher.registry.importing.frame import ImportRefused, RowProblem
from voucher.registry.standards import Parameter, StandardRow
from voucher.rules.approval import Step
from voucher.rules.errors import Refusal, Refused
from voucher.rules.money import format_yuan
from voucher.rules.vocabulary import Outcome, SubsidyKind
from voucher.stages.settle import notice
from voucher.stages.settle.draft import Settled
from voucher.stages.settle.models.claims import Claim, SettlementBatch, SettlementLine
from voucher.stages.settle.models.notices import Notice
from voucher.stages.settle.review import WAITS_FOR
from voucher.stages.settle.seen import AmberLeft, read_amber_left

WANG_WU = ("王五", "41900120080601993X")
GULINAR = ("古丽娜尔·阿不都", "650104199308089981")
ZHENG_SHI = ("郑十", "410783199807079992")
FIRST_NAMES = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"


def refused(act: Callable[[], object]) -> Refusal:
    """Run an act that must be refused and return what it is told."""
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.refusal


def told(scene: Scene, login: str, act: Callable[[Work], object]) -> Refusal:
    """Return what somebody is told whose act is refused."""
    return refused(lambda: scene.do(login, act))


def bad_rows(act: Callable[[], object]) -> list[RowProblem]:
    """Run an import that must be refused and return every named problem."""
    with pytest.raises(ImportRefused) as caught:
        act()
    return caught.value.report.problems


def person(serial: int) -> tuple[str, str]:
    """Return one of many synthetic people, each with the right check digit."""
    first, second = divmod(serial, len(FIRST_NAMES))
    body = f"419001{1970 + serial % 30}{1 + serial % 12:02d}{1 + serial % 28:02d}{serial % 1000:03d}"
    name = "赵" + FIRST_NAMES[first % len(FIRST_NAMES)] + FIRST_NAMES[second]
    return name, body + mod_11_2.calc_check_digit(body)


def evaluator(serial: int) -> tuple[str, str, str]:
    """Return one of many synthetic evaluators: name, 统一社会信用代码, 备案号."""
    body = f"91419001MATE{serial:05d}"
    return f"示例第{serial}评价中心", body + uscc.calc_check_digit(body), f"S000041{serial:06d}"


def ready(scene: Scene, day: str = "2024-01-10") -> Scene:
    """Have everybody hired and one evaluator filed, on a day after the quarter has ended."""
    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.at = on(day)
    return scene


def claims_of(scene: Scene, batch_id: int | None = None) -> list[Claim]:
    """Return the claims of a batch, or all of them, in the order they were filed."""
    with scene.database.read() as session:
        query = select(Claim).order_by(Claim.id)
        if batch_id is not None:
            query = query.where(Claim.batch_id == batch_id)
        return list(session.scalars(query))


def states_of(scene: Scene, batch_id: int | None = None) -> Counter[str]:
    """Return how many claims stand where."""
    return Counter(each.state for each in claims_of(scene, batch_id))


def batch_state(scene: Scene, batch_id: int) -> str:
    """Return where a batch stands."""
    with scene.database.read() as session:
        return session.get_one(SettlementBatch, batch_id).state


def keys_of(scene: Scene) -> Counter[str]:
    """Return how many entitlement keys are taken, consumed and freed."""
    with scene.database.read() as session:
        return Counter(session.scalars(select(Entitlement.state)))


def outcomes(settled: Settled) -> list[str]:
    """Return what was said of every line, in order of issue."""
    return [str(each.outcome) for each in settled.verdicts]


def code_of(settled: Settled, position: int = 0) -> str | None:
    """Return the code of the refusal on a line."""
    refusal = settled.verdicts[position].refusal
    return refusal.code if refusal is not None else None


def payable(settled: Settled) -> list[str]:
    """Return the payable amounts as people read them."""
    return [format_yuan(each.amount_fen) for each in settled.with_outcome(Outcome.PAYABLE)]


def set_parameter(scene: Scene, name: str, value: str, since: str, unit: str = "是否") -> None:
    """Add a dated row to a parameter, as a new document would."""

    def act(work: Work) -> None:
        work.session.add(
            Parameter(
                name=name, region_code="*", value=value, unit=unit, since=date.fromisoformat(since),
                source="【参】场景参数", confidence="default",
            )
        )  # fmt: skip

    scene.do("operator", act)


def set_standard(scene: Scene, code: str, occupation: str, level: int, yuan: int) -> None:
    """Add a dated standard for one occupation and level, as a new document would."""

    def act(work: Work) -> None:
        work.session.add(
            StandardRow(
                code=code, kind=str(SubsidyKind.EVALUATION), form="level_certificate",
                occupation_code=occupation, level=level, amount_fen=yuan * 100, since=date(2022, 1, 1),
                document="【参】场景标准", evidence="default",
            )
        )  # fmt: skip

    scene.do("operator", act)


def settle_for(scene: Scene, who: Sequence[tuple[str, str]], budget: int, trade: str = NURSE) -> Settled:
    """Have these people certified at the fifth level and settle the quarter."""
    scene.certify(*(scene.certificate(each, trade) for each in who))
    return scene.settle(budget)


def approve_batch(scene: Scene, batch_id: int) -> None:
    """Take a filed batch through both reviews, the notice and the approval."""
    scene.review_and_post(batch_id)
    scene.close_notices()
    scene.do("审批员", lambda work: pass_all(work, batch_id, Step.APPROVE, "同意拨付"))


def first_review(scene: Scene, batch_id: int, login: str = "初审员") -> int:
    """Pass what waits for the first review."""
    return scene.do(login, lambda work: pass_all(work, batch_id, Step.FIRST_REVIEW, "材料齐全"))


def second_review(scene: Scene, batch_id: int, login: str = "复核员") -> int:
    """Pass what waits for the second review."""
    return scene.do(login, lambda work: pass_all(work, batch_id, Step.SECOND_REVIEW, "复核无误"))


def approve(scene: Scene, batch_id: int, login: str = "审批员") -> int:
    """Pass what waits for the approval."""
    return scene.do(login, lambda work: pass_all(work, batch_id, Step.APPROVE, "同意拨付"))


def post(scene: Scene, batch_id: int) -> Notice:
    """Post what has been reviewed."""
    return scene.do("复核员", lambda work: notice.post_notice(work, batch_id))


def amber_left(scene: Scene, batch_id: int, step: Step, login: str) -> AmberLeft:
    """Return whom the lines of a batch would wait for at a step, had a rule given a caution about each."""
    actor, kept = scene.actor(login), {}

    def read(work: Work) -> AmberLeft:
        lines = work.session.scalars(select(SettlementLine).where(SettlementLine.batch_id == batch_id)).all()
        for line in lines:
            kept[line.id] = line.findings
            line.findings = [*line.findings, {"mark": "!", "text": "同一天另有一次考试", "source": "S2-16c"}]
        work.session.flush()
        left = read_amber_left(work.session, batch_id, WAITS_FOR[step][0], step, actor.person_id, work.today)
        for line in lines:
            line.findings = kept[line.id]
        return left

    return scene.do("operator", read)
