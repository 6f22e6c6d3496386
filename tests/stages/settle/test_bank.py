"""What the bank sends back: a line that cannot be read is set aside and keeps no other from being booked."""

from __future__ import annotations

from sqlalchemy import select

from tests.scene import EV1, LI_SI, LIMITS, ZHANG_SAN, Scene, on
from voucher.rules.approval import Step
from voucher.rules.money import format_yuan
from voucher.stages.settle import bank, review
from voucher.stages.settle.models.payments import BankQuarantine, BankResult, PaymentFile, PaymentLine


def released_file(scene: Scene) -> PaymentFile:
    """Return a payment file for two people's certificates, signed off by three and sent."""
    scene.at = on("2024-03-06")
    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.certify(scene.certificate(ZHANG_SAN), scene.certificate(LI_SI, level="四级"))
    budget_id = scene.open_budget(10_000)
    batch_id = scene.settle(budget_id).batch_id
    scene.review_and_post(batch_id)
    scene.close_notices()
    scene.do("审批员", lambda work: review.sign(work, batch_id, Step.APPROVE, opinion="同意拨付"))
    return scene.make_file(budget_id)


def test_a_line_that_cannot_be_read_is_set_aside_and_the_others_are_booked(scene: Scene) -> None:
    file = released_file(scene)
    with scene.database.read() as session:
        line = session.scalars(select(PaymentLine)).one()
    yuan = format_yuan(line.amount_fen).replace(",", "")
    rows = (
        "参考号,金额,结果,原因",
        f"{line.reference},{yuan}",
        f"{line.reference}\0,{yuan},成功,",
        f'"{line.reference}"x,{yuan},成功,',
        f"{line.reference},=1840,成功,",
        f"{line.reference},{yuan},成功,=见附言\0",
    )
    content = "\r\n".join(rows).encode()
    report = scene.do("制单员", lambda w: bank.record_results(w, file.id, content, "回盘.csv", LIMITS))
    assert (report.matched, report.succeeded, report.quarantined) == (1, 1, 4)
    with scene.database.read() as session:
        aside = session.scalars(select(BankQuarantine).order_by(BankQuarantine.line)).all()
        assert session.scalars(select(BankResult.bank_words)).one() == "=见附言"
    assert [each.line for each in aside] == [2, 3, 4, 5]
    assert [each.reference for each in aside] == ["", line.reference, "", line.reference]
    assert all(each.why for each in aside), [each.why for each in aside]
    again = scene.do("制单员", lambda w: bank.record_results(w, file.id, content, "回盘.csv", LIMITS))
    assert (again.repeated, again.quarantined) == (1, 0)
