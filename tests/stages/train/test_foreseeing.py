"""An ordinary scan is foreseen; whatever else is held to the scanner goes the long way, refused as ever."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from tests import town_train as town
from tests.scene import Scene
from tests.stages.train.test_phone import Town, use
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import Parameter, read_told
from voucher.stages.train import redeem
from voucher.stages.train.cards import TRIES_MOST
from voucher.stages.train.models.places import Redemption
from voucher.stages.train.redeem import Redeeming


def test_an_ordinary_scan_needs_no_long_way(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_work: Work, _asked: Redeeming) -> Redemption:
        raise AssertionError("an ordinary scan went the long way")

    place = Town(scene)
    voucher_id, mine = place.enrolled()
    monkeypatch.setattr(redeem, "go_the_long_way", never)
    done = scene.do(place.scanner, use(mine.show(voucher_id), place.class_id))
    assert (done.voucher_id, done.class_id) == (voucher_id, place.class_id)
    assert town.voucher(scene, voucher_id).state == "training"


def test_a_number_of_tries_that_differs_by_region_is_the_one_that_counts(scene: Scene) -> None:
    place = Town(scene)
    voucher_id, mine = place.enrolled()
    row: dict[str, object] = {
        "name": TRIES_MOST,
        "region_code": town.voucher(scene, voucher_id).region_code,
        "value": "1",
    }
    row |= {"unit": "次", "since": scene.at.date(), "source": "测试", "confidence": "default"}
    scene.do("operator", lambda work: work.session.execute(insert(Parameter).values(**row)))
    wrong = Redeeming(mine.show(voucher_id), place.class_id, "0000", town.DEVICE, "wrong")
    assert town.code(scene, place.scanner, lambda work: redeem.redeem(work, wrong)) == "identity_differs"
    right = use(mine.show(voucher_id), place.class_id)
    assert town.code(scene, place.scanner, right) == "card_tries_used_up"


def test_what_is_in_force_is_the_newest_and_nothing_that_differs_by_region() -> None:
    newest, older = '["a","*","2","2024-01-01"]', '["a","*","1","2023-01-01"]'
    local = '["b","*","1","2023-01-01"],["b","41","3","2023-01-01"]'
    assert dict(read_told(f"[{newest},{older},{local}]")) == {"a": "2"}
    assert dict(read_told(None)) == {}
