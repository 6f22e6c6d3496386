"""64 scanners on the codes of one phone: each number good once, one redemption, clean refusals otherwise."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tests import town_train
from tests.scene import ZHANG_SAN, Scene
from tests.storms.gale import CLIENTS, refusals, results, rush, surprises
from tests.town_enrolled import enrolled_phone
from voucher.ledger.credentials.devices import Device
from voucher.ledger.credentials.seen import SeenPresentation
from voucher.plumbing.unit_of_work import perform
from voucher.rules.actor import Role
from voucher.stages.train.models.places import Redemption
from voucher.stages.train.redeem import Redeeming, redeem

pytestmark = pytest.mark.storm
CODES = 4


def test_four_codes_of_one_phone_scanned_64_times_at_once_are_one_redemption(scene: Scene) -> None:
    """One of the four gets through; whoever held the same one gets the same answer, the rest a refusal."""
    voucher_id, class_id, mine = enrolled_phone(scene)
    house = town_train.a_class(scene, class_id).institution_id
    shown = [mine.show(voucher_id) for _ in range(CODES)]
    scanner = scene.actor(town_train.staff(scene, house, Role.SCANNER))

    def ask(number: int) -> int:
        asked = Redeeming(shown[number % CODES], class_id, ZHANG_SAN[1][-4:], "d", f"nonce {number}")
        return perform(scene.database, scene.keyring, scanner, scene.at, lambda work: redeem(work, asked).id)

    outcomes = rush(ask)
    assert surprises(outcomes) == []
    assert len(set(results(outcomes))) == 1
    assert len(results(outcomes)) == CLIENTS // CODES
    assert set(refusals(outcomes)) <= {"redeemed_already", "code_expired", "code_used"}
    with scene.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Redemption)) == 1
        used = session.scalars(select(SeenPresentation)).one()
        assert session.get_one(Device, mine.device_id).counter == used.counter
