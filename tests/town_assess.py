"""Builders of exams and certificates, for the stories of every stage: planned, sat, published, certified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from tests import town_certified, town_issue, town_train
from tests.scene import EV1, EV2, NURSE, SHANGHAI, Scene, on, staff_number
from voucher.ledger.vouchers import Voucher
from voucher.registry.institutions import Institution
from voucher.registry.people import Newcomer
from voucher.rules.actor import Role
from voucher.stages.assess import admit, plan, readings, results
from voucher.stages.assess.examiners import (
    NewExaminer,
    assign_examiners,
    file_examiner,
    list_examiners,
)
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.plan import NewBatch
from voucher.stages.assess.readings import ReadAgain, SecondScore
from voucher.stages.assess.results import Published
from voucher.stages.assess.scoring import Scores
from voucher.stages.certify.attach import attach_proofs

Person = tuple[str, str]
PASSED = (7500, 8000)


def evaluator(scene: Scene, body: tuple[str, str, str] = EV1, **filed: Any) -> int:
    """File an evaluator and return its institution's id."""
    scene.file_evaluator(body, **filed)
    with scene.database.read() as session:
        return session.scalars(select(Institution.id).where(Institution.code == body[1])).one()


def admin(scene: Scene, evaluator_id: int) -> str:
    """Return who plans at an evaluator."""
    return town_train.staff(scene, evaluator_id, Role.EVALUATOR_ADMIN)


def publisher(scene: Scene, evaluator_id: int) -> str:
    """Return who publishes at an evaluator: another administrator than who plans."""
    return town_train.staff(scene, evaluator_id, Role.EVALUATOR_ADMIN, 2)


def examiner(scene: Scene, evaluator_id: int) -> str:
    """Return who stands at the door of an exam."""
    return town_train.staff(scene, evaluator_id, Role.EXAMINER)


def clerk(scene: Scene, evaluator_id: int) -> str:
    """Return who enters the scores."""
    return town_train.staff(scene, evaluator_id, Role.SCORE_CLERK)


def today(scene: Scene) -> date:
    """Return the scene's day."""
    return scene.at.astimezone(SHANGHAI).date()


def trained(
    scene: Scene, *people: Person, terms: Mapping[str, Any] | None = None, **planned: Any
) -> tuple[int, list[int]]:
    """Take people through a short class of 养五 by the real acts; return the class and their vouchers.

    `terms` change the programme, everything else the class.
    """
    budget_id = scene.open_budget(100_000)
    programme_id = town_issue.programme(scene, budget_id, **(terms or {}))
    house = town_train.train_institution(scene)
    class_id = town_train.open_class(scene, house, **{"hours": 8, **planned})
    return class_id, town_train.trained(scene, programme_id, list(people), class_id)


def finished(scene: Scene, *people: Person, **terms: Any) -> tuple[int, list[int]]:
    """Return a class of EV2 and the vouchers trained in it, written at once: much faster than `trained`.

    What a sign-off leaves behind besides (the last day for a certificate) is not there.
    """
    scene.file_evaluator(EV2, trades=[NURSE], levels=["五级"])
    budget_id = scene.open_budget(100_000)
    made = town_certified.certified(scene, budget_id, *people, until="trained", **terms)
    return made.class_id, made.voucher_ids


def new_batch(scene: Scene, evaluator_id: int, **changes: Any) -> NewBatch:
    """Return an exam in 养五 planned for a week after the scene's day, changed where told."""
    new = NewBatch(
        institution_id=evaluator_id,
        certificate_kind="skill_level",
        trade_code=NURSE,
        level=2,
        exam_on=today(scene) + timedelta(days=7),
        place="济源市评价基地",
    )
    return replace(new, **changes)


def planned(scene: Scene, evaluator_id: int, voucher_ids: Sequence[int], **changes: Any) -> int:
    """Plan an exam for trained vouchers and return its id."""
    new = new_batch(scene, evaluator_id, voucher_ids=voucher_ids, **changes)
    return scene.do(admin(scene, evaluator_id), lambda work: plan.plan_batch(work, new)).id


def batch(scene: Scene, batch_id: int) -> ExamBatch:
    """Return a batch as it stands."""
    with scene.database.read() as session:
        return session.get_one(ExamBatch, batch_id)


def candidates(scene: Scene, batch_id: int) -> dict[int | None, int]:
    """Return the candidates of a batch by voucher."""
    with scene.database.read() as session:
        rows = session.execute(
            select(Candidate.voucher_id, Candidate.id).where(Candidate.batch_id == batch_id)
        )
        return dict(rows.all())


def admit_all(scene: Scene, batch_id: int, people: Sequence[Person]) -> list[int]:
    """Let the first of those listed in on the day of the exam, in order; return all candidates."""
    found = batch(scene, batch_id)
    arrange(scene, batch_id)
    scene.at = on(found.exam_on.isoformat(), 9)
    login = examiner(scene, found.institution_id)
    listed = list(candidates(scene, batch_id).values())
    for candidate_id, person in zip(listed, people, strict=False):
        scene.do(login, partial(admit.admit, candidate_id=candidate_id, identity_number=person[1]))
    return listed


def examiners(scene: Scene, evaluator_id: int) -> list[int]:
    """Return the three examiners an evaluator has filed, filing them the first time."""
    with scene.database.read() as session:
        filed = [each.id for each in list_examiners(session, [evaluator_id])]
    login, serial = admin(scene, evaluator_id), 500 + 10 * evaluator_id
    for place in range(3 - len(filed)):
        person = Newcomer(staff_number(f"31010119800101{serial + place}"), f"考评员{'甲乙丙'[place]}")
        new = NewExaminer(evaluator_id, person, f"KP41{serial + place}", date(2021, 1, 1), None)
        filed.append(scene.do(login, partial(file_examiner, new=new)).id)
    return filed


def arrange(scene: Scene, batch_id: int) -> None:
    """Assign three examiners to an exam."""
    found = batch(scene, batch_id)
    chosen = examiners(scene, found.institution_id)
    login = admin(scene, found.institution_id)
    scene.do(login, lambda work: assign_examiners(work, batch_id, chosen))


def enter(
    scene: Scene,
    batch_id: int,
    scores: Mapping[int, tuple[int | None, int | None]],
    comprehensive_hundredths: int | None = None,
) -> int:
    """Enter scores by candidate, in hundredths: the clerk once, the examiner the practical ones again.

    With what everybody reached in the comprehensive review, where the exam asks for one.
    """
    review = comprehensive_hundredths
    rows = [
        Scores(candidate_id, theory, skill, comprehensive_hundredths=review)
        for candidate_id, (theory, skill) in scores.items()
    ]
    login = clerk(scene, batch(scene, batch_id).institution_id)
    written = scene.do(login, lambda work: results.enter_results(work, batch_id, rows))
    practical = {each: skill for each, (_, skill) in scores.items() if skill is not None}
    enter_again(scene, batch_id, practical, review)
    return written


def enter_again(
    scene: Scene, batch_id: int, scores: Mapping[int, int], comprehensive_hundredths: int | None = None
) -> ReadAgain:
    """Have the examiner enter practical scores a second time, and those of the review."""
    rows = [
        SecondScore(candidate_id, skill, comprehensive_hundredths) for candidate_id, skill in scores.items()
    ]
    login = examiner(scene, batch(scene, batch_id).institution_id)
    return scene.do(login, lambda work: readings.enter_again(work, batch_id, rows))


def publish(scene: Scene, batch_id: int) -> Published:
    """Publish what the clerk entered."""
    login = publisher(scene, batch(scene, batch_id).institution_id)
    return scene.do(login, lambda work: results.publish(work, batch_id))


def assessed(
    scene: Scene,
    evaluator_id: int,
    people: Sequence[Person],
    voucher_ids: Sequence[int],
    scores: Sequence[tuple[int | None, int | None]] | None = None,
    **changes: Any,
) -> int:
    """Plan, sit and publish an exam for trained vouchers and return its id; everybody passes unless told."""
    batch_id = planned(scene, evaluator_id, voucher_ids, **changes)
    listed = admit_all(scene, batch_id, people)
    enter(scene, batch_id, dict(zip(listed, scores or [PASSED] * len(listed), strict=True)))
    publish(scene, batch_id)
    return batch_id


def certified(scene: Scene, people: Sequence[Person], **changes: Any) -> list[dict[str, object]]:
    """Have EV1 upload a certificate of the scene's day for each, also in the register, and attach them."""
    rows = [scene.certificate(each, **{"issued": today(scene).isoformat(), **changes}) for each in people]
    scene.certify(*rows)
    scene.do("clock", attach_proofs)
    return rows


def state(scene: Scene, voucher_id: int) -> str:
    """Return the state a voucher is in."""
    with scene.database.read() as session:
        return session.get_one(Voucher, voucher_id).state
