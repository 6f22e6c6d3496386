"""一家评价机构的 25 个批次一次撤销：后果先列出，另一人照所列的确认；情况变了就不能确认。"""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests import town_train
from tests.loop.telling import person, ready, set_parameter
from tests.revoking import revoke_certificate
from tests.scene import EV1, EV2, JIYUAN, Scene, on
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role
from voucher.rules.revocations import Consequences
from voucher.stages.certify import mass_revocation as mass
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.models_revocations import MassRevocation
from voucher.stages.certify.queries import mass_revocations as reading
from voucher.stages.certify.record import verify_certificates
from voucher.stages.settle.clawback import open_due_clawbacks
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.queries.consequences import read_consequences

BATCHES = [f"PJ-2023-{each:03d}" for each in range(1, 26)]


def test_二十五个批次一次撤销_两人办理_后果先列出_变了就拒绝(scene: Scene) -> None:
    """已付的立追回，未付的终止；提出人自己、外地、看到的不是现在的，都不能确认。"""
    budget = ready(scene).open_budget()
    scene.file_evaluator(EV2)
    scene.hire("复核员二号账号", Role.OFFICER_COUNTY, "310101199001010020")
    scene.hire("新乡", Role.OFFICER_CITY, "310101199001010360", "410700")
    rows = [
        {**scene.certificate(person(each)), "评价批次": batch} for each, batch in enumerate(BATCHES, start=1)
    ]
    other = scene.certificate(person(40), evaluator=EV2)
    scene.certify(*rows[:20], other)
    scene.pay(scene.settle(budget), budget)
    scene.certify(*rows[20:])
    scene.at = on("2024-03-20")
    scene.settle(budget)

    suspect, now = chosen(scene)
    assert len(suspect) == 25
    assert (now.certificates, now.people, now.vouchers) == (25, 25, 0)
    assert (now.claims_paid, now.paid_fen) == (20, 20 * 200_00)
    assert (now.claims_unpaid, now.unpaid_fen) == (5, 5 * 200_00)

    ask = partial(mass.ask_mass_revocation, certificate_ids=suspect, read=read_consequences)
    wish = partial(ask, why="成批替考", seen=now.digest)
    set_parameter(scene, "mass_revocation_most", "24", "2024-03-01", "本")
    assert town_train.code(scene, "复核员", wish) == "mass_revocation_large"
    set_parameter(scene, "mass_revocation_most", "25", "2024-03-02", "本")
    assert town_train.code(scene, "新乡", wish) == "certificate_number_unknown"
    assert town_train.code(scene, "制单员", wish) == "role_missing"
    unseen = partial(ask, why="成批替考", seen="0" * 64)
    assert town_train.code(scene, "复核员", unseen) == "mass_revocation_unseen"
    first = scene.do("复核员", wish).id
    confirm = partial(mass.confirm_mass_revocation, revocation_id=first, read=read_consequences)
    agree = partial(confirm, seen=now.digest)
    assert revoked(scene) == 0, "nothing is revoked by asking"
    assert town_train.code(scene, "复核员二号账号", agree) == "second_person_needed"
    assert town_train.code(scene, "新乡", agree) == "mass_revocation_missing"
    assert town_train.code(scene, "初审员", lambda work: confirm(work, seen="")) == "revocation_unseen"

    # one of them falls meanwhile: what was shown is no longer so
    scene.do("初审员", lambda work: revoke_certificate(work, str(rows[0]["证书编号"]), "本人承认"))
    assert town_train.code(scene, "初审员", agree) == "revocation_stale"
    scene.do("复核员", lambda work: mass.drop_mass_revocation(work, first, "情况有变，重新提出"))
    assert town_train.code(scene, "初审员", agree) == "mass_revocation_decided"
    assert revoked(scene) == 1

    suspect, now = chosen(scene)
    assert (now.certificates, now.paid_fen) == (24, 19 * 200_00)
    second = scene.do(
        "复核员",
        lambda work: mass.ask_mass_revocation(
            work, suspect, "成批替考", read=read_consequences, seen=now.digest
        ),
    ).id
    scene.do(
        "初审员",
        lambda work: mass.confirm_mass_revocation(work, second, read=read_consequences, seen=now.digest),
    )
    assert revoked(scene) == 25
    assert scene.do("clock", open_due_clawbacks) == 20, "every paid one is a receivable"
    with scene.database.read() as session:
        states = session.execute(select(Claim.state, func.count()).group_by(Claim.state))
        assert dict(states.all()) == {"recovering": 20, "paid": 1, "submitted": 5}, (
            "what is not paid never will be"
        )
        assert reading.list_groups(session, [JIYUAN], institution(scene, EV1)) == []
        kept = reading.list_mass_revocations(session, [JIYUAN])
        assert [(each.id, each.confirmed) for each in kept] == [(second, True), (first, False)]
        assert reading.list_mass_revocations(session, ["410700"]) == []
    numbers = [str(rows[-1]["证书编号"])]
    assert scene.do("operator", lambda work: verify_certificates(work, numbers)) == 0, "it stays revoked"
    with pytest.raises(DBAPIError, match="written once"):
        scene.do("operator", lambda work: work.session.execute(text(PLANTED)))
    with pytest.raises(DBAPIError, match="two_people"):
        scene.do("operator", _confirm_alone)


PLANTED = "UPDATE mass_revocation SET confirmed = 1 WHERE confirmed = 0"


def _confirm_alone(work: Work) -> None:
    """Plant a wish that one person asked and confirmed."""
    one = {"asked_by_person_id": 1, "decided_by_person_id": 1}
    work.session.add(
        MassRevocation(why="x", shown={}, asked_at=work.at, decided_at=work.at, confirmed=True, **one)
    )
    work.session.flush()


def chosen(scene: Scene) -> tuple[list[int], Consequences]:
    """Return the certificates of every batch of the suspected evaluator, and what falls with them."""
    house = institution(scene, EV1)
    with scene.database.read() as session:
        groups = reading.list_groups(session, [JIYUAN], house)
        found = reading.list_group_certificates(session, [JIYUAN], house, [each.batch for each in groups])
        assert sum(each.certificates for each in groups) == len(found)
        return found, read_consequences(session, found)


def institution(scene: Scene, evaluator: tuple[str, str, str]) -> int:
    """Return an evaluator's id."""
    with scene.database.read() as session:
        return session.scalars(select(Institution.id).where(Institution.code == evaluator[1])).one()


def revoked(scene: Scene) -> int:
    """Return how many certificates are revoked."""
    with scene.database.read() as session:
        return session.scalar(select(func.count()).where(Certificate.state == "revoked")) or 0
