"""An institution that put its own telephone beside a name cannot have the code of the holder texted to it."""

from __future__ import annotations

from tests import town_issue as issue
from tests import town_train as town
from tests.scene import ZHANG_SAN, Scene, on
from tests.stages.issue.test_reminding import words
from tests.stages.train.test_texted_codes import text_to
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.workers import note_mobile
from voucher.registry.people import Newcomer, open_people
from voucher.rules.actor import Role


def test_a_code_goes_only_to_a_number_the_holder_or_the_office_gave(scene: Scene) -> None:
    scene.at = on("2024-03-01")
    house = town.train_institution(scene)
    clerk = town.staff(scene, house, Role.REGISTRAR)

    def put_on_record(work: Work) -> None:
        open_people(work, [Newcomer(ZHANG_SAN[1], ZHANG_SAN[0], "13900139000")])

    scene.do(clerk, put_on_record)
    nurses = issue.programme(scene, scene.open_budget(10_000))
    number = town.voucher(scene, town.accepted(scene, nurses, ZHANG_SAN)).number
    assert town.code(scene, clerk, text_to(number, house)) == "voucher_mobile_missing"
    assert not any("139****9000" in each for each, _ in words(scene))

    holder = issue.person_id(scene, ZHANG_SAN)
    scene.do("operator", lambda work: note_mobile(work, holder, "13900139000"))  # at the window
    assert scene.do(clerk, text_to(number, house)).masked_mobile == "139****9000"
