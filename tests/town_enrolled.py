"""A voucher about to be redeemed: its holder enrolled, phone in hand, on the first morning of the class."""

from __future__ import annotations

from tests import town_issue, town_train
from tests.scene import ZHANG_SAN, Scene, on
from tests.town_phone import Phone, phone


def enrolled_phone(scene: Scene) -> tuple[int, int, Phone]:
    """Return 张三's voucher in a class that begins now, the class, and the phone that shows it."""
    scene.at = on("2024-03-01")
    house = town_train.train_institution(scene)
    programme = town_issue.programme(scene, scene.open_budget(10_000))
    class_id = town_train.open_class(scene, house)
    voucher_id = town_train.enrolled(scene, programme, ZHANG_SAN, class_id)
    mine = phone(scene, ZHANG_SAN)
    scene.at = town_train.morning(scene, class_id)
    return voucher_id, class_id, mine
