"""提出批量撤销以后、确认以前：证书停住，未付的一分不付；作废的照常办理，确认的永不再付。"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from tests import town_assess, town_issue, town_train
from tests.loop import way
from tests.loop.telling import person, ready, states_of
from tests.revoking import revoke_certificate
from tests.scene import ZHANG_SAN, Scene, on
from voucher.ledger.holds import Hold
from voucher.plumbing.unit_of_work import Work
from voucher.rules.approval import Step
from voucher.rules.revocations import Consequences
from voucher.rules.vocabulary import Outcome
from voucher.stages.assess.lapse import lapse_due
from voucher.stages.certify import attach, revoke
from voucher.stages.certify import mass_revocation as mass
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries import why_not_certified
from voucher.stages.settle import payment, review
from voucher.stages.settle.queries import list_open_holds
from voucher.stages.settle.queries.consequences import read_consequences

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CERT6 = "S000041010001245000001"


def consequences(scene: Scene) -> Consequences:
    """Return what would fall with every certificate there is."""
    with scene.database.read() as session:
        return read_consequences(session, session.scalars(select(Certificate.id)).all())


def ask(scene: Scene) -> int:
    """Have somebody ask to revoke every certificate there is, and return the wish."""
    with scene.database.read() as session:
        ids = session.scalars(select(Certificate.id)).all()
    seen = consequences(scene).digest
    call = partial(mass.ask_mass_revocation, certificate_ids=ids, why="成批替考", read=read_consequences)
    return scene.do("复核员", lambda work: call(work, seen=seen).id)


def open_holds(scene: Scene) -> int:
    """Return how many holds are open."""
    with scene.database.read() as session:
        return session.scalar(select(func.count()).select_from(Hold).where(Hold.closed_at.is_(None))) or 0


def test_撤销待确认时_已制单的不能签发_新申领不予列入_作废后照付(scene: Scene) -> None:
    """第二人确认以前这些证书停住：签发、审核、公示、结算都不放行；作废后照常。"""
    budget = ready(scene).open_budget()
    scene.certify(*[scene.certificate(person(each)) for each in (1, 2)])
    scene.at = on("2024-01-12")
    settled = scene.settle(budget)
    scene.review_and_post(settled.batch_id)
    scene.close_notices()
    scene.do("审批员", lambda work: review.sign(work, settled.batch_id, Step.APPROVE, opinion="同意"))
    scene.open_accounts()
    file = scene.do("制单员", lambda work: payment.prepare(work, budget))
    scene.do("付款复核员", lambda work: payment.check(work, file.id))
    late = scene.certificate(person(3))
    scene.certify(late)

    wish = ask(scene)
    release = partial(payment.release, payment_file_id=file.id)
    assert town_train.code(scene, "签发员", release) == "on_hold", "made before, and not released either"
    assert states_of(scene) == {"approved": 2}
    scene.do("付款复核员", lambda work: payment.void(work, file.id, "证书待撤销"))
    again = partial(payment.prepare, budget_id=budget)
    assert town_train.code(scene, "制单员", again) == "nothing_to_pay"
    (line,) = [
        each
        for each in scene.settle(budget).verdicts
        if each.candidate.certificate.number == str(late["证书编号"])
    ]
    assert (line.outcome, line.refusal and line.refusal.code) == (Outcome.REFUSED, "certificate_on_hold")
    with scene.database.read() as session:
        here = list_open_holds(session, ["419001"])
        assert [each.thing for each in here] == ["certificate"] * 3
        assert list_open_holds(session, ["410700"]) == [], "nobody else's"

    scene.do("复核员", lambda work: mass.drop_mass_revocation(work, wish, "查无实据"))
    assert open_holds(scene) == 0
    scene.bank_answers(scene.make_file(budget))
    assert states_of(scene)["paid"] == 2


@SQLITE
def test_撤销待确认时_等证书的券不得兑现也不过期_确认后不再持证(scene: Scene) -> None:
    """考试合格、证书待撤销的券：不转持证，取证期限停走；确认后说明证书已撤销。"""
    town = way.settle_down(scene)
    nurses = town_issue.programme(scene, town.budget_id)
    (voucher_id,) = way.trained(town, nurses, ZHANG_SAN)
    way.examined(town, [ZHANG_SAN], [voucher_id])
    scene.at += timedelta(days=1)
    scene.certify(scene.certificate(ZHANG_SAN, number=CERT6, issued=town_assess.today(scene).isoformat()))
    wish = ask(scene)
    assert scene.do("clock", attach.attach_proofs) == 0
    with scene.database.read() as session:
        told = [each.code for each in why_not_certified(session, voucher_id)]
        assert told == ["on_hold", "certificate_on_hold"]
    scene.at = on("2026-06-01")
    assert scene.do("clock", lapse_due) == 0, "its days do not run out"
    seen = consequences(scene).digest
    scene.do(
        "初审员",
        lambda work: mass.confirm_mass_revocation(work, wish, read=read_consequences, seen=seen),
    )
    assert (open_holds(scene), scene.do("clock", attach.attach_proofs)) == (0, 0)


@SQLITE
def test_提出以后一本证书回到原状态_也要重新查看(scene: Scene) -> None:
    """撤销又恢复过的证书，状态相同也不是当时所见的那一本。"""
    ready(scene)
    row = scene.certificate(person(1))
    scene.certify(row)
    number = str(row["证书编号"])
    before = consequences(scene)
    wish = ask(scene)
    scene.do("初审员", lambda work: revoke_certificate(work, number, "查实"))
    scene.do("初审员", lambda work: revoke.ask_reinstatement(work, number, "申诉成立"))
    scene.do("复核员", lambda work: revoke.reinstate_certificate(work, number))
    now = consequences(scene)
    assert (now.certificates, now.paid_fen) == (before.certificates, before.paid_fen)
    assert now.digest != before.digest
    confirm = partial(mass.confirm_mass_revocation, revocation_id=wish, read=read_consequences)
    refusal = town_train.refusal(scene, "初审员", lambda work: confirm(work, seen=before.digest))
    assert refusal.code == "revocation_stale"
    assert "重新查看" in refusal.next_step


@SQLITE
def test_单本撤销_只按看到的后果办理(scene: Scene) -> None:
    """打开页面以后有了申领，再点撤销就被拒绝：后果已不是看到的。"""
    budget = ready(scene).open_budget()
    row = scene.certificate(person(1))
    scene.certify(row)
    seen = consequences(scene).digest
    scene.at = on("2024-01-12")
    scene.settle(budget)

    def act(work: Work) -> Certificate:
        return revoke.revoke_certificate(
            work, str(row["证书编号"]), "查实替考", read=read_consequences, seen=seen
        )

    assert town_train.code(scene, "初审员", act) == "revocation_unseen"
    scene.do("初审员", lambda work: revoke_certificate(work, str(row["证书编号"]), "查实替考"))
