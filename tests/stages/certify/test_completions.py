"""培训合格证书: the sign-off is the proof; the class gives each of its people certificate and entry once."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from sqlalchemy import select

from tests import town_assess as town
from tests import town_train
from tests.registers import say, serving
from tests.revoking import revoke_certificate
from tests.scene import LI_SI, ZHANG_SAN, Scene, on
from voucher.doors.web.documents import COMPLETION
from voucher.doors.web.pictures import draw_code
from voucher.ledger import holds
from voucher.ledger.commitments import Commitment
from voucher.ledger.entitlements import Entitlement
from voucher.ledger.holds import Hold
from voucher.plumbing.documents import make_pdf
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.stages.certify.asking import Registers
from voucher.stages.certify.completions import issue_completions
from voucher.stages.certify.connecting import ask_register, confirm_register
from voucher.stages.certify.models import Certificate, RegisterEntry, Verification, VoucherProof
from voucher.stages.certify.queries import check_publicly, list_archive, list_verified_certificates
from voucher.stages.certify.queries.papers import CompletionPaper, show_completion_paper
from voucher.stages.certify.revoke import ask_reinstatement, reinstate_certificate

TERMS = {"certificate_kind": "training_completion", "level": 0}


def test_a_class_gives_its_certificates_once(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    class_id, vouchers = town.trained(
        scene, ZHANG_SAN, LI_SI, terms=TERMS, hours=40, certificate_kind="training_completion", level=0
    )
    house = town_train.a_class(scene, class_id).institution_id
    registrar = town_train.staff(scene, house, Role.REGISTRAR)
    issue = partial(issue_completions, class_id=class_id)
    other = town_train.train_institution(scene, town_train.T2)
    for login, code in (
        (town_train.reviewer(scene), "role_missing"),
        (town_train.staff(scene, house, Role.TEACHER), "role_missing"),
        (town_train.staff(scene, other, Role.REGISTRAR), "class_missing"),
    ):
        assert town_train.code(scene, login, issue) == code
    scene.do("operator", lambda work: holds.open_hold(work, Thing.VOUCHER, vouchers[0], "学时核查"))
    assert scene.do(registrar, issue) == 1
    scene.do("operator", _close_holds)
    assert scene.do(registrar, issue) == 1
    assert scene.do(registrar, issue) == 0
    assert [town.state(scene, each) for each in vouchers] == ["certified", "certified"]
    number = town_train.a_class(scene, class_id).number
    with scene.database.read() as session:
        proofs = {each.voucher_id: each for each in session.scalars(select(VoucherProof))}
        made = {each.id: each for each in session.scalars(select(Certificate))}
        entries = {each.number: each for each in session.scalars(select(RegisterEntry))}
        looked = {each.id: each for each in session.scalars(select(Verification))}
        keys = session.execute(
            select(Entitlement.trade_code, Entitlement.level)
            .join(Commitment, Commitment.entitlement_id == Entitlement.id)
            .where(Commitment.voucher_id == vouchers[0])
        ).all()
        certificate = made[proofs[vouchers[0]].certificate_id]
        (archived,) = list_archive(session, scene.keyring, certificate.person_id)
    # the one on hold came second, so it carries the second number
    assert certificate.number == f"PX-{number}-002"
    assert (certificate.state, certificate.filing_id, certificate.level) == ("valid", None, 0)
    assert entries[certificate.number].status == "valid"
    assert entries[certificate.number].evaluator_code == town_train.T1[1]
    proof = proofs[vouchers[0]]
    assert looked[proof.verification_id].source == "completion_record"
    # what a claim needs: key, look-up and proof speak of the same thing
    assert {(code, level or 0) for code, level in keys} == {(proof.trade_code, proof.level)}
    assert (archived.kind_name, archived.voucher_id, archived.verified) == ("培训合格证书", vouchers[0], True)

    _ask_a_register(scene, certificate.id)
    _print(scene, certificate, house)
    _revoke_and_put_back(scene, certificate.number)


def _ask_a_register(scene: Scene, certificate_id: int) -> None:
    """A register that has never heard of it is not asked, so that what the class proved stands."""
    scene.hire("接入员", Role.OFFICER_PROVINCE, "310101199001010330")
    registers = Registers(scene.database, scene.keyring)
    with serving(lambda _: say()) as register:
        scene.hire("接入员二", Role.ADMINISTRATOR, "310101199001010250")
        scene.do("接入员", lambda work: ask_register(work, "省厅通知", name="登记", address=register.address))
        scene.do("接入员二", confirm_register)
        assert registers.ask(scene.actor("clock"), scene.at, [certificate_id]) == {}
        assert register.asked == []
    with scene.database.read() as session:
        assert list_verified_certificates(session, [certificate_id]) == {certificate_id}


def _close_holds(work: Work) -> None:
    for each in work.session.scalars(select(Hold).where(Hold.closed_at.is_(None))):
        holds.close_hold(work, each, "查无此事")


def _revoke_and_put_back(scene: Scene, number: str) -> None:
    """A certificate without a filing lies in the region of the institution that gave it."""
    officer = town_train.reviewer(scene)
    scene.hire("异地审核员", Role.OFFICER_CITY, "310101199001010340", "410700")
    scene.hire("另一审核员", Role.OFFICER_COUNTY, "310101199001010350")
    revoke = partial(revoke_certificate, number=number, why="学时造假")
    assert town_train.code(scene, "异地审核员", revoke) == "certificate_number_unknown"
    scene.do(officer, revoke)
    with scene.database.read() as session:
        answer = check_publicly(session, scene.keyring, number, ZHANG_SAN[0], "991X", date(2024, 6, 1))
    assert answer is not None
    assert (answer.valid, answer.state_name) == (False, "已撤销")
    scene.do(officer, lambda work: ask_reinstatement(work, number, "复核属实"))
    scene.do("另一审核员", lambda work: reinstate_certificate(work, number))
    with scene.database.read() as session:
        answer = check_publicly(session, scene.keyring, number, ZHANG_SAN[0], "991X", date(2024, 6, 1))
    assert answer is not None
    assert answer.valid


def test_a_class_without_completion_certificates_or_not_signed_off_gives_none(scene: Scene) -> None:
    scene.at = on("2024-01-10")
    class_id, _ = town.finished(scene, ZHANG_SAN)
    house = town_train.a_class(scene, class_id).institution_id
    registrar = town_train.staff(scene, house, Role.REGISTRAR)
    without = partial(issue_completions, class_id=class_id)
    assert town_train.code(scene, registrar, without) == "class_without_completion_certificate"
    class_id, _ = town.finished(scene, LI_SI, **TERMS)
    still_open = partial(issue_completions, class_id=class_id)
    assert town_train.code(scene, registrar, still_open) == "class_not_signed_off"


def _print(scene: Scene, certificate: Certificate, house: int) -> None:
    """Its holder and who issued it may print it, in the name it was issued in; nobody else."""

    def show(person_id: int | None = None, houses: tuple[int, ...] = ()) -> CompletionPaper:
        with scene.database.read() as session:
            return show_completion_paper(
                session, scene.keyring, certificate.id, person_id=person_id, institution_ids=houses
            )

    paper = show(certificate.person_id)
    assert show(houses=(house,)) == paper
    assert (paper.number, paper.name) == (certificate.number, ZHANG_SAN[0])
    assert ZHANG_SAN[1] not in paper.masked_number
    assert (paper.hours_attended, paper.hours_planned) == (40, 40)
    for person_id, houses in ((certificate.person_id + 1, ()), (None, (house + 1,)), (None, ())):
        with pytest.raises(Refused, match="completion_paper_missing"):
            show(person_id, houses)
    facts = {
        "number": paper.number, "institution": paper.institution_name, "sentence": paper.name,
        "facts": [("学时", "40")], "check": "x", "code": str(draw_code("https://x.cn/check")),
        "issued_on": "2024-01-10", "footer": "", "printed_at": "", "ribbon": None,
    }  # fmt: skip
    assert make_pdf(COMPLETION, facts, scene.at).startswith(b"%PDF-1.7")
