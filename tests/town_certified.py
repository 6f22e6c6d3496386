"""Vouchers with a certificate, for the stories of 兑现: issued by the real acts, then written step by step.

What happens between enrolment and certificate has its own stories; here it only leaves what it would leave:
keys and money locked, a redemption, attendance signed off, an exam passed, a certificate and its proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from tests import town_issue
from tests.scene import EV1, EV2, JIYUAN, NURSE, Scene, on, staff_number
from voucher.ledger import states
from voucher.ledger.credentials import ScreenCode
from voucher.ledger.vouchers import Voucher, advance, lock_vouchers
from voucher.plumbing.unit_of_work import Work
from voucher.registry import users
from voucher.registry.institutions import EvaluatorFiling, Institution
from voucher.registry.people import Newcomer, open_people
from voucher.rules.actor import Grant, Role
from voucher.rules.lifecycle import Thing
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult
from voucher.stages.certify.models import Certificate, Verification, VoucherProof
from voucher.stages.certify.verify import verify_issued
from voucher.stages.issue.models import Acceptance, Programme
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.places import Completion, Enrolment, Redemption
from voucher.stages.train.pricing import lock_in

REGISTRAR, EVALUATOR = "教务员", "评价管理员"
HOURS = 80


@dataclass(frozen=True, slots=True)
class Certified:
    """A class whose people all have their certificate: the vouchers, their certificates, who trained."""

    programme_id: int
    class_id: int
    voucher_ids: list[int]
    certificates: list[dict[str, object]]


def settle_down(scene: Scene, yuan: int = 100_000) -> int:
    """Hire everybody, file who evaluates (EV1) and who trains (EV2), open a budget and return it."""
    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.file_evaluator(EV2)
    scene.at = on("2024-01-10")
    hire_at(scene, REGISTRAR, Role.REGISTRAR, "310101199001010310", EV2)
    hire_at(scene, EVALUATOR, Role.EVALUATOR_ADMIN, "310101199001010320", EV1)
    return scene.open_budget(yuan)


def hire_at(scene: Scene, login: str, role: Role, stem: str, *institutions: tuple[str, str, str]) -> None:
    """Open an account of somebody who works at one institution or several."""

    def act(work: Work) -> None:
        person = open_people(work, [Newcomer(staff_number(stem), login)])
        users.open_account(
            work,
            login=login,
            display_name=login,
            person_id=next(iter(person.values())),
            grants=[Grant(role, institution_id=institution_id(work, each)) for each in institutions],
            since=date(2021, 1, 1),
        )

    scene.do("operator", act)


def institution_id(work: Work, institution: tuple[str, str, str]) -> int:
    """Return the id of an institution by its code."""
    return work.session.scalars(select(Institution.id).where(Institution.code == institution[1])).one()


def certified(
    scene: Scene,
    budget_id: int,
    *people: tuple[str, str],
    until: str = "certified",
    fee: str = "",
    method: str = "考试",
    **terms: Any,
) -> Certified:
    """Issue vouchers of a new programme to people and take them through a class to their certificates.

    With `until` they stop in an earlier state (enrolled, training, trained, assessed).
    """
    town_issue.eligible(scene, *people)
    programme_id = town_issue.programme(scene, budget_id, **terms)
    voucher_ids = town_issue.issue_to(scene, programme_id, *people)
    class_id = scene.do("operator", lambda work: _run_class(work, programme_id, voucher_ids, until))
    if until != "certified":
        return Certified(programme_id, class_id, voucher_ids, [])
    trade = str(terms.get("trade_code", NURSE))
    rows = [
        scene.certificate(each, trade, issued=f"{scene.at:%Y-%m-%d}", method=method, 收费=fee)
        for each in people
    ]
    scene.certify(*rows)
    numbers = [str(each["证书编号"]) for each in rows]
    scene.do("operator", lambda work: _attach(work, voucher_ids, numbers))
    return Certified(programme_id, class_id, voucher_ids, rows)


def _run_class(work: Work, programme_id: int, voucher_ids: Sequence[int], until: str) -> int:
    programme = work.session.get_one(Programme, programme_id)
    trained = _open_class(work, programme)
    vouchers = lock_vouchers(work, Voucher.id.in_(voucher_ids), money=True)
    for voucher in vouchers:
        _enrol(work, voucher, programme, trained)
    if until == "enrolled":
        return trained.id
    for voucher in vouchers:
        _redeem(work, voucher, trained)
    if until == "training":
        return trained.id
    for voucher in vouchers:
        work.session.add(
            Completion(
                voucher_id=voucher.id, person_id=voucher.holder_person_id, class_id=trained.id,
                hours_attended=HOURS, hours_planned=HOURS, passed=True, signed_at=work.at,
                signed_by_person_id=work.actor.person_id,
            )
        )  # fmt: skip
    work.session.flush()
    advance(work, vouchers, "finish")
    if until != "trained":
        _examine(work, vouchers, trained)
        advance(work, vouchers, "pass")
    return trained.id


def _open_class(work: Work, programme: Programme) -> TrainingClass:
    opened = TrainingClass(
        name="养老护理员五级一班", institution_id=institution_id(work, EV2),
        delivering_institution_id=institution_id(work, EV2), region_code=JIYUAN,
        project_id=programme.project_id, training_kind=programme.training_kind, mode="offline",
        certificate_kind=programme.certificate_kind, trade_code=programme.trade_code or NURSE,
        level=programme.level if programme.level is not None else 2, hours_offline=HOURS, hours_online=0,
        capacity=50, fee_fen=0, starts_on=work.today, ends_on=work.today + timedelta(days=10),
        place="实训楼", teacher="马老师", syllabus="养老护理", drafted_by_person_id=work.actor.person_id,
        drafted_at=work.at, **states.first_state(Thing.CLASS, "draft"),
    )  # fmt: skip
    work.session.add(opened)
    work.session.flush()
    states.begin(work, Thing.CLASS, [opened.id], "draft")
    for event in ("file", "approve", "start"):
        states.move(work, TrainingClass, [opened], event)
    return opened


def _enrol(work: Work, voucher: Voucher, programme: Programme, trained: TrainingClass) -> None:
    work.session.add(
        Acceptance(
            voucher_id=voucher.id, person_id=voucher.holder_person_id, channel="page",
            accepted_by_person_id=voucher.holder_person_id, accepted_at=work.at,
        )
    )  # fmt: skip
    work.session.flush()
    advance(work, [voucher], "accept")
    lock_in(work, voucher, programme, trained)
    work.session.add(
        Enrolment(
            voucher_id=voucher.id, person_id=voucher.holder_person_id, class_id=trained.id,
            enrolled_at=work.at, enrolled_by_person_id=voucher.holder_person_id,
        )
    )  # fmt: skip
    work.session.flush()
    advance(work, [voucher], "enrol")


def _redeem(work: Work, voucher: Voucher, trained: TrainingClass) -> None:
    enrolment_id = work.session.scalars(
        select(Enrolment.id).where(Enrolment.voucher_id == voucher.id, Enrolment.ended_at.is_(None))
    ).one()
    shown = ScreenCode(
        voucher_id=voucher.id, digest=uuid4().hex, shown_at=work.at,
        shown_to_person_id=voucher.holder_person_id, expires_at=work.at + timedelta(seconds=60),
        used_at=work.at, used_for="redeem",
    )  # fmt: skip
    work.session.add(shown)
    work.session.flush()
    work.session.add(
        Redemption(
            voucher_id=voucher.id, person_id=voucher.holder_person_id, enrolment_id=enrolment_id,
            class_id=trained.id, institution_id=trained.institution_id, screen_code_id=shown.id,
            device="counter-1", nonce=uuid4().hex, redeemed_at=work.at,
            redeemed_by_person_id=work.actor.person_id,
        )
    )  # fmt: skip
    work.session.flush()
    advance(work, [voucher], "redeem")


def _examine(work: Work, vouchers: Sequence[Voucher], trained: TrainingClass) -> None:
    evaluator = institution_id(work, EV1)
    filing = work.session.scalars(
        select(EvaluatorFiling.id).where(EvaluatorFiling.institution_id == evaluator).limit(1)
    ).one()
    batch = ExamBatch(
        institution_id=evaluator, filing_id=filing, region_code=JIYUAN,
        certificate_kind=trained.certificate_kind, trade_code=trained.trade_code, level=trained.level,
        exam_on=work.today, place="考场", planned_by_person_id=work.actor.person_id, planned_at=work.at,
        **states.first_state(Thing.EXAM_BATCH, "plan"),
    )  # fmt: skip
    work.session.add(batch)
    work.session.flush()
    states.begin(work, Thing.EXAM_BATCH, [batch.id], "plan")
    publisher = work.session.scalars(select(Acceptance.person_id).limit(1)).one()
    for voucher in vouchers:
        candidate = Candidate(
            batch_id=batch.id, person_id=voucher.holder_person_id, voucher_id=voucher.id,
            admitted_at=work.at, admitted_by_person_id=work.actor.person_id,
        )  # fmt: skip
        work.session.add(candidate)
        work.session.flush()
        work.session.add(
            ExamResult(
                candidate_id=candidate.id, revision=1, theory_hundredths=8000, skill_hundredths=8500,
                passed=True, entered_by_person_id=work.actor.person_id, entered_at=work.at,
                confirmed_by_person_id=publisher, confirmed_at=work.at,
            )
        )  # fmt: skip
    batch.entered_by_person_id, batch.published_by_person_id = work.actor.person_id, publisher
    batch.published_at = work.at
    work.session.flush()
    states.move(work, ExamBatch, [batch], "publish")


def _attach(work: Work, voucher_ids: Sequence[int], numbers: Sequence[str]) -> None:
    verify_issued(work, JIYUAN, work.today, work.today)
    for voucher_id, number in zip(voucher_ids, numbers, strict=True):
        certificate = work.session.scalars(select(Certificate).where(Certificate.number == number)).one()
        found = work.session.scalars(
            select(Verification).where(
                Verification.certificate_id == certificate.id, Verification.verified.in_((True,))
            )
        ).one()
        work.session.add(
            VoucherProof(
                voucher_id=voucher_id, person_id=found.person_id, certificate_id=certificate.id,
                verification_id=found.id, trade_code=found.trade_code, level=found.level, verified=True,
                attached_at=work.at,
            )
        )  # fmt: skip
    work.session.flush()
    advance(work, lock_vouchers(work, Voucher.id.in_(voucher_ids)), "certify")
