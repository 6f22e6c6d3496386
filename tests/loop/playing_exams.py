"""The middle of the play: exams passed, failed, corrected and cancelled, and what they turn into."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from tests import town_assess, town_issue
from tests.loop.playing import PEOPLE, Playing
from tests.revoking import revoke_certificate as revoke_certificate_seen
from tests.scene import on
from voucher.ledger.vouchers import Voucher
from voucher.rules.actor import Role
from voucher.stages.assess import admit, corrections, lapse, plan, readings, results
from voucher.stages.assess.models import Candidate, ExamBatch
from voucher.stages.assess.readings import SecondScore
from voucher.stages.assess.scoring import Scores
from voucher.stages.certify import revoke
from voucher.stages.certify.attach import attach_proofs
from voucher.stages.certify.completions import issue_completions
from voucher.stages.certify.models import Certificate, VoucherProof
from voucher.stages.settle.voucher_ends import decertify_due


def plan_exam(play: Playing, voucher: Voucher) -> ExamBatch | None:
    """Plan an exam for one voucher tomorrow."""
    new = town_assess.new_batch(play.scene, play.evaluator, voucher_ids=(voucher.id,))
    admin = play.at_evaluator(Role.EVALUATOR_ADMIN)
    return play.attempt(admin, partial(plan.plan_batch, new=new))


def examine(play: Playing, voucher: Voucher, theory: int) -> None:
    """Plan an exam for a voucher, let its holder sit it with this theory score, and publish."""
    planned = plan_exam(play, voucher)
    if planned is None:
        return
    play.scene.at = on(planned.exam_on.isoformat(), 9)
    with play.scene.database.read() as session:
        candidate = session.scalars(select(Candidate.id).where(Candidate.batch_id == planned.id)).one()
    number = play.holder(voucher)[1][1]
    door = play.at_evaluator(Role.EXAMINER)
    clerk = play.at_evaluator(Role.SCORE_CLERK)
    publisher = play.at_evaluator(Role.EVALUATOR_ADMIN, 2)
    town_assess.arrange(play.scene, planned.id)
    play.attempt(door, partial(admit.admit, candidate_id=candidate, identity_number=number))
    rows = [Scores(candidate, theory, 80_00)]
    play.attempt(clerk, partial(results.enter_results, batch_id=planned.id, rows=rows))
    again = [SecondScore(candidate, 80_00)]
    play.attempt(door, partial(readings.enter_again, batch_id=planned.id, rows=again))
    play.attempt(publisher, partial(results.publish, batch_id=planned.id))


def correct(play: Playing, number: int, theory: int) -> None:
    """Have two people of the evaluator correct a published score."""
    with play.scene.database.read() as session:
        published = session.scalars(
            select(Candidate.id)
            .join(ExamBatch, ExamBatch.id == Candidate.batch_id)
            .where(ExamBatch.state == "published")
            .order_by(Candidate.id)
        ).all()
    if not published:
        return
    clerk = play.at_evaluator(Role.SCORE_CLERK)
    asked = play.attempt(
        clerk,
        partial(
            corrections.ask_correction, candidate_id=published[number % len(published)], theory=theory,
            skill=80_00, why="登分有误",
        ),
    )  # fmt: skip
    if asked is not None:
        publisher = play.at_evaluator(Role.EVALUATOR_ADMIN, 2)
        play.attempt(publisher, partial(corrections.confirm_correction, result_id=asked.id))


def cancel_exams(play: Playing) -> None:
    """Cancel whatever exam nobody published."""
    with play.scene.database.read() as session:
        open_ones = session.scalars(select(ExamBatch.id).where(ExamBatch.state == "planned")).all()
    admin = play.at_evaluator(Role.EVALUATOR_ADMIN)
    for batch_id in open_ones:
        play.attempt(admin, partial(plan.cancel_batch, batch_id=batch_id, why="考点停电"))


def give_up(play: Playing, voucher: Voucher) -> None:
    """Have the evaluator say that a holder sits no other exam."""
    admin = play.at_evaluator(Role.EVALUATOR_ADMIN)
    play.attempt(admin, partial(lapse.fail_for_good, voucher_id=voucher.id, why="不再补考"))


def certify(play: Playing, voucher: Voucher) -> None:
    """Have the evaluator upload a certificate of today for a voucher's holder, in the register too."""
    upload(play, PEOPLE.index(play.holder(voucher)[1]), "五级")
    play.attempt("clock", attach_proofs)


def upload(play: Playing, who: int, level: str) -> None:
    """Have the evaluator upload a certificate of today for a person, in the register too."""
    today = town_issue.day(play.scene).isoformat()
    row = play.scene.certificate(PEOPLE[who], level=level, issued=today)
    play.whole(lambda: play.scene.certify(row))


def complete(play: Playing, voucher: Voucher) -> None:
    """Have the institution give the 培训合格证书 to a voucher's class."""
    found = play.class_of(voucher.id)
    if found is not None:
        registrar = play.staff(found.institution_id, Role.REGISTRAR)
        play.attempt(registrar, partial(issue_completions, class_id=found.id))


def certificate_of(play: Playing, voucher: Voucher) -> str | None:
    """Return the number of the certificate a voucher turned into."""
    with play.scene.database.read() as session:
        return session.scalar(
            select(Certificate.number)
            .join(VoucherProof, VoucherProof.certificate_id == Certificate.id)
            .where(VoucherProof.voucher_id == voucher.id)
        )


def revoke_certificate(play: Playing, voucher: Voucher) -> None:
    """Revoke the certificate of a voucher; the clock takes the voucher back."""
    number = certificate_of(play, voucher)
    if number is not None:
        play.attempt("复核员", partial(revoke_certificate_seen, number=number, why="违规"))
        play.attempt("clock", decertify_due)


def reinstate_certificate(play: Playing, voucher: Voucher) -> None:
    """Have an appeal upheld by two people: the certificate of a voucher is good again."""
    number = certificate_of(play, voucher)
    if number is not None:
        play.attempt("复核员", partial(revoke.ask_reinstatement, number=number, why="复核属实"))
        play.attempt("初审员", partial(revoke.reinstate_certificate, number=number))
