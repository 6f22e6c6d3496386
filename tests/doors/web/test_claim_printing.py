"""Batches and claims on paper, and going from claim to claim without the mouse."""

from __future__ import annotations

from datetime import UTC

import pytest

from tests.doors.web.browser import Browser
from tests.doors.world import World
from tests.loop.telling import claims_of, person, ready, settle_for
from tests.scene import XINXIANG, Scene
from voucher.rules.actor import Role


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_batch_and_a_claim_are_printed_and_claims_are_walked_by_keys(scene: Scene, world: World) -> None:
    ready(scene)
    scene.hire("新乡初审", Role.OFFICER_COUNTY, "310101199001010090", region=XINXIANG)
    batch = settle_for(scene, [person(serial) for serial in range(3)], scene.open_budget()).batch_id
    world.at = scene.at.astimezone(UTC)
    for login in ("初审员", "新乡初审"):
        world.enable(login)
    officer = Browser(world.sign_in("初审员").http)
    first, second, third = (each.id for each in claims_of(scene))
    page = officer.go(f"/claims/{second}")
    keys = {attrs["accesskey"]: attrs["href"] for _, attrs in page.tags if "accesskey" in attrs}
    assert (keys["p"], keys["n"]) == (f"/claims/{first}", f"/claims/{third}")
    assert keys["b"].startswith(f"/batches/{batch}?state=submitted")
    ends = officer.go(f"/claims/{third}")
    assert "n" not in {attrs.get("accesskey") for _, attrs in ends.tags}
    for path in (f"/batches/{batch}/sheet.pdf", f"/claims/{second}/sheet.pdf"):
        printed = officer.http.get(path)
        assert printed.status_code == 200
        assert printed.mimetype == "application/pdf"
        assert b"<pdfaid:part>2</pdfaid:part>" in printed.data
        foreign = Browser(world.sign_in("新乡初审").http)
        assert foreign.http.get(path).status_code == 404
    # who has read one claim decides on it there: sent back with words, the next passed, both confirmed first
    officer.go(f"/claims/{second}")
    page = officer.press("退回补正")
    assert "确认初审退回补正 1 条" in "".join(each["words"] for form in page.forms for each in form.buttons)
    officer.press("确认初审退回补正", opinion="缺考核成绩单")
    officer.go(f"/claims/{third}")
    officer.press("初审通过")
    page = officer.press("确认初审通过", opinion="材料齐全")
    assert "初审通过：1 条，200.00 元" in page.text
    assert [each.state for each in claims_of(scene)] == ["submitted", "returned", "first_reviewed"]
    words = [each["words"] for form in officer.go(f"/claims/{third}").forms for each in form.buttons]
    assert not any("通过" in each for each in words), "who has signed it is offered no second step"
