"""Certificates candidates say they hold already: as claimed, not as claimed, or nobody's business here."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.scene import EV1, LI_SI, ZHANG_SAN, Scene
from voucher.stages.certify.models import Certificate
from voucher.stages.certify.queries.held import Claimed, check_held


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_certificate_kept_here_is_as_claimed_or_not(scene: Scene) -> None:
    scene.file_evaluator(EV1)
    scene.certify(scene.certificate(ZHANG_SAN), scene.certificate(LI_SI))
    with scene.database.read() as session:
        first, second = session.scalars(select(Certificate).order_by(Certificate.id))
        whose, level, number = first.person_id, int(first.level or 0), first.number
        told = check_held(
            session,
            scene.keyring,
            {
                1: Claimed(whose, level, f" {number.lower()} "),
                2: Claimed(second.person_id, level, number),
                3: Claimed(whose, level + 1, number),
                4: Claimed(whose, level, "见原证书复印件"),
            },
        )
    assert told == {1: True, 2: False, 3: False}
