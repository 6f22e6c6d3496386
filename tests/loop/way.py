"""The whole way of a voucher by its real acts, for stories that begin at issuing and end at the bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from tests import town_assess, town_issue, town_train
from tests.scene import Scene, on
from voucher.demo.signing import pass_all
from voucher.ledger.states import StateEvent
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.approval import Step
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle.draft import Settled
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Clawback, PaymentFile
from voucher.stages.settle.terms import PLEDGED
from voucher.stages.settle.voucher_claims import Filed, file_claims

Person = tuple[str, str]
TRAINING, EVALUATION = SubsidyKind.TRAINING, SubsidyKind.EVALUATION


@dataclass(frozen=True, slots=True)
class Town:
    """A scene with one who trains, one who evaluates, and money."""

    scene: Scene
    budget_id: int
    house: int
    evaluator: int

    def registrar(self, house: int | None = None) -> str:
        """Return who claims the training subsidy."""
        return town_train.staff(self.scene, house or self.house, Role.REGISTRAR)

    def admin(self, evaluator: int | None = None) -> str:
        """Return who claims the evaluation subsidy."""
        return town_train.staff(self.scene, evaluator or self.evaluator, Role.EVALUATOR_ADMIN)


def settle_down(scene: Scene, yuan: int = 100_000, day: str = "2024-03-01") -> Town:
    """Hire everybody, list T1, file EV1 and open a budget."""
    scene.hire_everybody()
    scene.at = on(day)
    house = town_train.train_institution(scene, years="2023、2024、2025")
    return Town(scene, scene.open_budget(yuan), house, town_assess.evaluator(scene))


def trained(
    town: Town, programme_id: int, *people: Person, house: int | None = None, **planned: Any
) -> list[int]:
    """Take people through a class of one day, with every hour and a passed exam; return their vouchers."""
    changes: dict[str, Any] = {"hours": 8, **planned}
    class_id = town_train.open_class(town.scene, house or town.house, **changes)
    return town_train.trained(town.scene, programme_id, list(people), class_id)


def examined(town: Town, people: Sequence[Person], voucher_ids: Sequence[int], **more: Any) -> None:
    """Have trained people examined and passed; `more` as `new_batch` and `assessed` take it."""
    town_assess.assessed(town.scene, town.evaluator, people, voucher_ids, **more)


def certified(
    town: Town, programme_id: int, *people: Person, row: dict[str, Any] | None = None, **planned: Any
) -> list[int]:
    """Take people from a programme to the certificate and return their vouchers.

    `planned` goes to the class, and what names the subject to the exam as well; `row` changes the upload.
    """
    vouchers = trained(town, programme_id, *people, **planned)
    subject = {name: planned[name] for name in ("trade_code", "level", "certificate_kind") if name in planned}
    scores = planned.get("certificate_kind") == "special_skill" and [(None, 8000)] * len(people)
    examined(town, people, vouchers, **subject, **({"scores": scores} if scores else {}))
    town_assess.certified(town.scene, people, **(row or {}))
    return vouchers


def claim(town: Town, kind: SubsidyKind, *voucher_ids: int, login: str | None = None) -> Filed:
    """Have the payee claim one subsidy for vouchers."""
    who = login or (town.registrar() if kind is TRAINING else town.admin())
    return town.scene.do(who, lambda work: file_claims(work, kind, voucher_ids, PLEDGED))


def approve(scene: Scene, *settled: Settled) -> None:
    """Take batches together through both reviews, one notice period and the approval."""
    for each in settled:
        scene.review_and_post(each.batch_id)
    scene.close_notices()
    for each in settled:
        scene.do("审批员", _approval(each.batch_id))


def _approval(batch_id: int) -> Any:
    def act(work: Work) -> int:
        return pass_all(work, batch_id, Step.APPROVE, "同意拨付")

    return act


def pay(town: Town, *settled: Settled) -> PaymentFile:
    """Approve batches and have the bank pay them all in one file."""
    approve(town.scene, *settled)
    file = town.scene.make_file(town.budget_id)
    town.scene.bank_answers(file)
    return file


def claim_and_pay(town: Town, *voucher_ids: int) -> PaymentFile:
    """Have both payees claim, and both be paid."""
    filed = [claim(town, kind, *voucher_ids).batch for kind in (TRAINING, EVALUATION)]
    return pay(town, *filed)


def state(scene: Scene, voucher_id: int) -> str:
    """Return where a voucher stands."""
    return town_issue.voucher(scene, voucher_id).state


def claims_of(scene: Scene, voucher_id: int) -> dict[str, Claim]:
    """Return the newest claim of each kind made of a voucher."""
    with scene.database.read() as session:
        rows = session.scalars(select(Claim).where(Claim.voucher_id == voucher_id).order_by(Claim.id))
        return {each.kind: each for each in rows}


def clawbacks_of(scene: Scene) -> list[Clawback]:
    """Return every receivable in the order they were opened."""
    with scene.database.read() as session:
        return list(session.scalars(select(Clawback).order_by(Clawback.id)))


def life_of(scene: Scene, voucher_id: int) -> list[str]:
    """Return every event of a voucher in order."""
    with scene.database.read() as session:
        return list(
            session.scalars(
                select(StateEvent.event)
                .where(StateEvent.thing == str(Thing.VOUCHER), StateEvent.object_id == voucher_id)
                .order_by(StateEvent.seq)
            )
        )
