"""What waits at the desks of the demonstration can be done by whoever sits there; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from tests.demo.built import LOOKED_AT, TODAY, Built
from voucher.demo.province.desks import NEW_ACCOUNT
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry import accounts, renaming
from voucher.registry.corrections import FormerName
from voucher.registry.filing import reviewing
from voucher.registry.filing.models import Filing
from voucher.registry.institutions import PayeeAccount
from voucher.registry.people import read_people
from voucher.registry.tariffs import agree_tariff, list_proposals
from voucher.registry.users import load_actor
from voucher.stages.assess import admit, corrections, results
from voucher.stages.assess.models import Candidate, ExamBatch, ExamResult
from voucher.stages.assess.scoring import Scores
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.revoke import reinstate_certificate
from voucher.stages.issue import issuing
from voucher.stages.issue.applications import deciding, filing
from voucher.stages.issue.models import Issue, Programme
from voucher.stages.issue.models_applications import Application
from voucher.stages.issue.programmes import publish_programme
from voucher.stages.settle import objection, payment
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.notices import Objection
from voucher.stages.settle.models.payments import PaymentFile
from voucher.stages.settle.resubmit import resubmit
from voucher.stages.train import reverse
from voucher.stages.train.models.places import Redemption

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("demo")]
Deed = Callable[[Work], object]


def _release(work: Work) -> None:
    payment.release(work, _one(work, PaymentFile.id, PaymentFile.state == "checked"))


def _check(work: Work) -> None:
    payment.check(work, _one(work, PaymentFile.id, PaymentFile.state == "prepared"))


def _confirm_account(work: Work) -> None:
    proposed = _one(work, PayeeAccount.id, PayeeAccount.state == "proposed")
    accounts.confirm_account(work, proposed, NEW_ACCOUNT)


def _dismiss(work: Work) -> None:
    lodged = _one(work, Objection.id, Objection.state == "lodged")
    objection.decide(work, lodged, uphold=False, conclusion="签到照片与考勤一致，异议不成立")


def _reinstate(work: Work) -> None:
    revoked = work.session.scalars(
        select(Certificate.number).where(Certificate.state == "revoked").order_by(Certificate.id)
    )
    reinstate_certificate(work, revoked.first() or "")


def _agree_tariff(work: Work) -> None:
    agree_tariff(work, list_proposals(work.session)[0].id)


def _replace(work: Work) -> None:
    issuing.issue_roster(work, _one(work, Issue.id, Issue.way == "replacement"))


def _approve_name(work: Work) -> None:
    renaming.approve_name(work, _one(work, FormerName.id, FormerName.approved_at.is_(None)))


def _publish_programme(work: Work) -> None:
    publish_programme(work, _one(work, Programme.id, Programme.state == "draft"))


def _approve_application(work: Work) -> None:
    deciding.approve(work, _one(work, Application.id, Application.state == "filed"), "情况属实，同意领取")


def _accept_filing(work: Work) -> None:
    reviewing.accept_filing(work, _one(work, Filing.id, Filing.state == "filed"), "材料齐全，准予备案")


def _answer(work: Work) -> None:
    asked = _one(work, Application.id, Application.state == "asked")
    questions = filing.list_open(work.session, asked)
    filing.answer(work, asked, {each.id: "济源某月子中心，已签意向书" for each in questions})


def _reverse(work: Work) -> None:
    asked = Redemption.reversal_asked_at.is_not(None) & Redemption.reversed_at.is_(None)
    reverse.reverse(work, _one(work, Redemption.id, asked))


def _resubmit(work: Work) -> None:
    resubmit(work, [_one(work, Claim.id, Claim.state == "returned")])


def _admit(work: Work) -> None:
    batch_id = _one(work, ExamBatch.id, ExamBatch.exam_on == TODAY)
    for each in work.session.scalars(select(Candidate).where(Candidate.batch_id == batch_id)).all():
        number = read_people(work.session, work.keyring, [each.person_id])[each.person_id].number
        admit.admit(work, each.id, number or "")


def _enter(work: Work) -> None:
    listed = _standing(work, entered=False)
    results.enter_results(work, listed[0].batch_id, [Scores(each.id, 80_00, 80_00) for each in listed])


def _publish(work: Work) -> None:
    results.publish(work, _standing(work, entered=True)[0].batch_id)


def _confirm_correction(work: Work) -> None:
    asked = (ExamBatch.state == "published") & ExamResult.confirmed_at.is_(None)
    found = select(ExamResult.id).join(Candidate).join(ExamBatch).where(asked)
    corrections.confirm_correction(work, work.session.scalars(found).one())


def _standing(work: Work, *, entered: bool) -> list[Candidate]:
    """Return the admitted candidates of the planned exam with scores, or of the one without."""
    marked = ExamBatch.entered_by_person_id.is_not(None)
    found = (
        select(Candidate)
        .join(ExamBatch)
        .where(ExamBatch.state == "planned", Candidate.admitted_at.is_not(None), marked == entered)
    )
    return list(work.session.scalars(found))


def _one(work: Work, wanted: InstrumentedAttribute[int], where: ColumnElement[bool]) -> int:
    """Return the only id there is."""
    return work.session.scalars(select(wanted).where(where)).one()


DEEDS: tuple[tuple[str, Deed], ...] = (
    ("releaser", _release),
    ("checker", _check),
    ("checker", _confirm_account),
    ("objections", _dismiss),
    ("objections", _reinstate),
    ("objections", _agree_tariff),
    ("objections", _replace),
    ("second-review", _approve_name),
    ("second-review", _publish_programme),
    ("province-review", _publish_programme),
    ("first-review", _approve_application),
    ("second-review", _accept_filing),
    ("worker", _answer),
    ("institution", _reverse),
    ("institution", _resubmit),
    ("examiner", _admit),
    ("scores", _enter),
    ("evaluator", _publish),
    ("evaluator", _confirm_correction),
)


@pytest.mark.parametrize(("login", "deed"), DEEDS, ids=[f"{who}{each.__name__}" for who, each in DEEDS])
def test_what_waits_can_be_done(built: Built, login: str, deed: Deed) -> None:
    with built.database.read() as session:
        actor = load_actor(session, login, TODAY)
    perform(built.database, built.keyring, actor, LOOKED_AT, deed, keep=False)
