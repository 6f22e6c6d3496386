"""64 clients on one voucher: one redemption, a clean refusal for everybody else, one answer per nonce."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from tests import town_issue, town_train
from tests.scene import ZHANG_SAN, Scene, on
from tests.storms.gale import CLIENTS, Outcome, refusals, results, rush, surprises
from voucher.ledger.credentials import ScreenCode
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.actor import Role
from voucher.stages.train.models.places import Redemption, Scan
from voucher.stages.train.reading import find_enrolment
from voucher.stages.train.redeem import Redeeming, redeem

pytestmark = pytest.mark.storm


def prepare(scene: Scene) -> tuple[int, int, str]:
    """Enrol one voucher in a class that begins today; return voucher, class and the digits shown."""
    scene.at = on("2024-03-01")
    house = town_train.train_institution(scene)
    programme = town_issue.programme(scene, scene.open_budget(10_000))
    class_id = town_train.open_class(scene, house)
    voucher_id = town_train.enrolled(scene, programme, ZHANG_SAN, class_id)
    scene.at = town_train.morning(scene, class_id)
    return voucher_id, class_id, town_train.show(scene, ZHANG_SAN, voucher_id)


def redeem_at_once(scene: Scene, class_id: int, digits: str, *, one_nonce: bool) -> list[Outcome[int]]:
    """Have 64 scanners of one institution redeem the same code at the same moment."""
    house = town_train.a_class(scene, class_id).institution_id
    scanner = scene.actor(town_train.staff(scene, house, Role.SCANNER))

    def ask(number: int) -> int:
        nonce = "the same" if one_nonce else f"nonce {number}"
        asked = Redeeming(digits, class_id, ZHANG_SAN[1][-4:], town_train.DEVICE, nonce)
        return perform(scene.database, scene.keyring, scanner, scene.at, lambda work: redeem(work, asked).id)

    return rush(ask)


def count(scene: Scene, model: type[Redemption] | type[Scan]) -> int:
    with scene.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_one_redemption_comes_of_64_scans_at_once(scene: Scene) -> None:
    voucher_id, class_id, digits = prepare(scene)
    outcomes = redeem_at_once(scene, class_id, digits, one_nonce=False)
    assert surprises(outcomes) == []
    assert len(results(outcomes)) == 1
    assert len(refusals(outcomes)) == CLIENTS - 1
    assert set(refusals(outcomes)) <= {"redeemed_already", "code_used"}
    assert (count(scene, Redemption), count(scene, Scan)) == (1, 1)
    assert town_train.voucher(scene, voucher_id).state == "training"


def test_one_scan_sent_64_times_is_one_redemption_and_64_equal_answers(scene: Scene) -> None:
    _, class_id, digits = prepare(scene)
    outcomes = redeem_at_once(scene, class_id, digits, one_nonce=True)
    assert surprises(outcomes) == []
    assert refusals(outcomes) == []
    assert len(results(outcomes)) == CLIENTS
    assert len(set(results(outcomes))) == 1
    assert (count(scene, Redemption), count(scene, Scan)) == (1, 1)


@pytest.mark.plants_violation
def test_the_storm_sees_doubles_where_only_python_looks(scene: Scene) -> None:
    """The control: looked up in one transaction, written in the next, nothing locked, nothing unique."""
    voucher_id, class_id, _ = prepare(scene)
    scene.do("operator", lambda work: work.session.execute(text("DROP INDEX uq_redemption_standing")))
    operator = scene.actor("operator")
    house = town_train.a_class(scene, class_id).institution_id
    looked = threading.Barrier(CLIENTS)

    def write(work: Work, number: int) -> int:
        code = ScreenCode(
            voucher_id=voucher_id, digest=f"{number}", shown_at=work.at, shown_to_person_id=1,
            expires_at=work.at + timedelta(minutes=1), used_at=work.at, used_for="redeem",
        )  # fmt: skip
        work.session.add(code)
        work.session.flush()
        place = find_enrolment(work.session, voucher_id)
        assert place is not None
        work.session.add(
            Redemption(
                voucher_id=voucher_id, person_id=place.person_id, enrolment_id=place.id, class_id=class_id,
                institution_id=house, screen_code_id=code.id,
                device="d", nonce=f"{number}", redeemed_at=work.at, redeemed_by_person_id=1,
            )
        )  # fmt: skip
        work.session.flush()
        return number

    def ask(number: int) -> int:
        with scene.database.read() as session:
            standing = session.scalar(select(func.count()).select_from(Redemption))
        looked.wait()
        assert not standing
        return perform(scene.database, scene.keyring, operator, scene.at, lambda work: write(work, number))

    outcomes = rush(ask)
    assert surprises(outcomes) == []
    assert count(scene, Redemption) == CLIENTS
