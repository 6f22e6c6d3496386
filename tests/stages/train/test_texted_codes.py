"""A paper and a short message: a code for one institution, read out by its holder, told afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from tests import town_issue as issue
from tests import town_train as town
from tests.scene import LI_SI, ZHANG_SAN, Scene, on
from tests.stages.issue.test_reminding import words
from tests.stages.train.test_counter import use
from voucher.ledger.holds import open_hold
from voucher.plumbing.outbox import Letter
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role
from voucher.rules.lifecycle import Thing
from voucher.stages.issue import holding
from voucher.stages.issue.texting import Texted, text_code
from voucher.stages.train import enrol, redeem


def text_to(number: str, institution_id: int, *, has_sms: bool = True) -> Callable[[Work], Texted]:
    """Return the counter's act."""
    return lambda work: text_code(work, number, institution_id, has_sms=has_sms)


def read_out(scene: Scene) -> str:
    """Return the digits of the newest message, as its holder reads them out."""
    found = re.search(r"(72[0-9 ]{25})", words(scene)[-1][1])
    assert found is not None
    return found.group(1)


def test_who_holds_a_paper_is_sent_a_code_good_at_one_institution_and_told_afterwards(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house, other = town.train_institution(scene), town.train_institution(scene, town.T2)
    programme = issue.programme(scene, scene.open_budget(10_000))
    class_id, elsewhere = town.open_class(scene, house), town.open_class(scene, other)
    scanner, outsider = town.staff(scene, house, Role.SCANNER), town.staff(scene, other, Role.SCANNER)
    voucher_id = town.accepted(scene, programme, ZHANG_SAN)
    number = town.voucher(scene, voucher_id).number
    refused = town.code(scene, scanner, text_to(number, house))
    assert refused == "voucher_mobile_missing"
    # with nobody to carry it nothing is sent, and what the holder shows goes on
    shown = town.show(scene, ZHANG_SAN, voucher_id)
    assert town.code(scene, scanner, text_to(number, house, has_sms=False)) == "sms_closed"
    assert town.code(scene, outsider, text_to(number, house, has_sms=False)) == "institution_absent"
    assert scene.do(scanner, lambda w: redeem.check(w, shown, class_id)).possible == ("enrol",)
    scene.import_people([{"姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1], "手机号": "13800138000"}])

    # nobody sends codes for another house, and a wrong number is a missing voucher
    assert town.code(scene, outsider, text_to(number, house)) == "institution_absent"
    assert town.code(scene, scanner, text_to("Q-410105-2024-99999999", house)) == "voucher_missing"
    sent = scene.do(scanner, text_to(number, house))
    assert (sent.voucher_number, sent.masked_mobile) == (number, "138****8000")
    assert sent.until == scene.at + timedelta(minutes=10)
    mobile, told = words(scene)[-1]
    assert mobile == "138****8000"
    assert "10 分钟内在" in told
    digits = read_out(scene)
    # another institution cannot use what was sent for this one, though it is in time and genuine
    assert town.code(scene, outsider, lambda w: enrol.enrol_by_code(w, digits, elsewhere)) == "code_elsewhere"
    scene.at += timedelta(minutes=9)
    scene.do(scanner, lambda work: enrol.enrol_by_code(work, digits, class_id))

    scene.at = town.morning(scene, class_id)
    scene.do(scanner, text_to(number, house))
    late = read_out(scene)
    scene.at += timedelta(minutes=10)
    assert town.code(scene, scanner, use(late, class_id)) == "code_expired"
    scene.do(scanner, text_to(number, house))
    scene.do(scanner, use(read_out(scene), class_id))
    assert town.voucher(scene, voucher_id).state == "training"
    told = words(scene)[-1][1]
    assert number in told
    assert "核销" in told
    assert "12333" in told
    # it is worth something for a day, whether or not anybody carries it by then
    with scene.database.read() as session:
        notice = session.scalars(select(Letter).where(Letter.key.startswith("redeemed:"))).one()
    assert notice.good_until == scene.at + timedelta(days=1)


def test_no_telephone_is_made_to_ring_all_day(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    programme = issue.programme(scene, scene.open_budget(10_000))
    scanner = town.staff(scene, house, Role.SCANNER)
    issue.eligible(scene, ZHANG_SAN, LI_SI)
    scene.import_people([{"姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1], "手机号": "13800138000"}])
    voucher_id = issue.issue_to(scene, programme, ZHANG_SAN)[0]
    number = town.voucher(scene, voucher_id).number
    assert town.code(scene, scanner, text_to(number, house)) == "voucher_not_showable"
    scene.do(issue.worker(scene, ZHANG_SAN), issue.act(holding.accept, voucher_id))
    for _ in range(5):
        scene.do(scanner, text_to(number, house))
    refused = town.refusal(scene, scanner, text_to(number, house))
    assert (refused.code, refused.facts["most"]) == ("texted_codes_used_up", 5)
    scene.at += timedelta(days=1)
    scene.do(scanner, text_to(number, house))
    officer = issue.publisher(scene)
    scene.do(officer, lambda work: open_hold(work, Thing.VOUCHER, voucher_id, "核查"))
    assert town.code(scene, scanner, text_to(number, house)) == "on_hold"
