"""Claim drafts at the API: put aside, taken up, replaced, dropped, submitted; a late claim at both doors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.doors.test_bad_input_of_money import no_posting, says
from tests.doors.web.browser import Browser
from tests.doors.world import World
from tests.loop.telling import set_parameter
from tests.scene import EV2, LI_SI, SUN_BA, ZHANG_SAN, Scene
from tests.town_certified import EVALUATOR, REGISTRAR, certified, hire_at, settle_down
from voucher.doors.web.evaluator import claims as evaluator_claims
from voucher.ledger.holds import open_hold
from voucher.rules.actor import Role
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle.claim_drafts import save_draft
from voucher.stages.settle.queries.payees import list_claimable

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
COLLEAGUE = "教务二"


def _open(scene: Scene, world: World) -> list[int]:
    budget_id = settle_down(scene)
    hire_at(scene, COLLEAGUE, Role.REGISTRAR, "310101199001010330", EV2)
    vouchers = certified(scene, budget_id, ZHANG_SAN, LI_SI, SUN_BA).voucher_ids
    world.at = scene.at
    for login in (REGISTRAR, COLLEAGUE, EVALUATOR):
        world.enable(login)
    return vouchers


def test_a_draft_is_saved_replaced_taken_up_submitted_and_dropped(scene: Scene, world: World) -> None:
    vouchers = _open(scene, world)
    mine, colleague, foreign = (world.sign_in(each) for each in (REGISTRAR, COLLEAGUE, EVALUATOR))
    wish = {"kind": "training", "voucher_ids": vouchers[:2], "note": "等照片 13800138000"}
    with no_posting(scene):
        made = mine.post("/claim-drafts", wish)
        assert (made.status_code, made.json["count"]) == (201, 2), made.json
        assert made.json["note"] == "等照片 138****8000", "a note stands for ever"
        draft = f"/claim-drafts/{made.json['id']}"
        assert [each["id"] for each in colleague.get("/claim-drafts").json["items"]] == [made.json["id"]]
        replaced = colleague.post(f"{draft}/replacements", {"voucher_ids": vouchers})
        assert (replaced.status_code, replaced.json["count"]) == (201, 3)
        says(mine.get(draft), 404, "claim_draft_missing")
        draft = f"/claim-drafts/{replaced.json['id']}"

        # a foreign one is as one that is missing
        assert foreign.get("/claim-drafts").json["items"] == []
        says(foreign.get(draft), 404, "claim_draft_missing")
        for deed, body in (
            ("replacements", {"voucher_ids": vouchers}),
            ("endings", {}),
            ("submissions", {"pledged": True}),
        ):
            says(foreign.post(f"{draft}/{deed}", body), 404, "claim_draft_missing")
        says(mine.post("/claim-drafts", {**wish, "voucher_ids": [999]}), 404, "voucher_missing")
        assert mine.post("/claim-drafts", {**wish, "note": "长" * 201}).status_code == 422

    scene.do("初审员", lambda work: open_hold(work, Thing.VOUCHER, vouchers[2], "本人反映不是我"))
    seen = mine.get(draft).json
    assert (seen["voucher_ids"], [each["why"] for each in seen["left"]]) == (
        vouchers[:2],
        ["待处置，结论作出后再申领"],
    )
    preview = mine.post("/claims/previews", {"kind": "training", "voucher_ids": seen["voucher_ids"]}).json
    terms = {
        "pledged": True,
        "declared_count": preview["count"],
        "declared_total_fen": preview["total_fen"],
    }
    with no_posting(scene):
        wrong = mine.post(f"{draft}/submissions", {**terms, "declared_total_fen": 1})
        assert wrong.status_code == 409, wrong.json
        assert mine.post(f"{draft}/submissions", {"pledged": True, "declared_count": 1}).status_code == 422
    done = mine.post(f"{draft}/submissions", terms)
    assert (done.status_code, done.json["left_count"]) == (201, 1), done.json
    assert [each["outcome"] for each in done.json["batches"][0]["lines"]] == ["payable"] * 2
    rest = mine.get("/claim-drafts").json["items"]
    assert [each["count"] for each in rest] == [1], "what was not claimed stays a draft"
    ended = mine.post(f"/claim-drafts/{rest[0]['id']}/endings", {})
    assert (ended.status_code, ended.json["ending"]) == (201, "discarded")
    assert mine.get("/claim-drafts").json["items"] == []


def test_what_a_draft_holds_is_chosen_from_however_long_the_list_is(
    scene: Scene, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    vouchers = _open(scene, world)
    payee = scene.do(EVALUATOR, lambda work: save_draft(work, SubsidyKind.EVALUATION, vouchers[1:]))
    monkeypatch.setattr(evaluator_claims, "AT_ONCE", 1)
    browser = Browser(world.sign_in(EVALUATOR).http)
    browser.go(f"/evaluator/claims?draft={payee.id}")
    shown_page = browser.answer.get_data(as_text=True)
    assert [f'value="{each}" checked' in shown_page for each in vouchers] == [False, True, True], (
        "none is lost"
    )
    form, _ = browser.page.form("存为草稿")
    assert dict(form.values)["draft_id"] == str(payee.id)
    house = scene.do(REGISTRAR, lambda work: save_draft(work, SubsidyKind.TRAINING, vouchers)).institution_id
    with scene.database.read() as session:
        shown = list_claimable(session, scene.keyring, [house], limit=1, chosen=vouchers[1:])
        assert [each.voucher_id for each in shown] == vouchers[1:]


def test_a_claim_past_its_window_is_refused_at_both_doors(scene: Scene, world: World) -> None:
    vouchers = _open(scene, world)
    for name in ("claim_window_months_listed", "claim_window_months_other"):
        set_parameter(scene, name, "1", "2023-01-01", "月")
    scene.at = scene.at.replace(year=scene.at.year + 1)
    world.at = scene.at
    mine = world.sign_in(REGISTRAR)
    with no_posting(scene):
        preview = mine.post("/claims/previews", {"kind": "training", "voucher_ids": vouchers[:1]})
        late: dict[str, Any] = preview.json["lines"][0]["refusal"]
        assert late["code"] == "claim_window_passed", preview.json
        assert late["facts"]["until"] in late["title"]
        assert late["next_step"]
        terms = {"pledged": True, "declared_count": 0, "declared_total_fen": 0}
        told = mine.post("/claims", {"kind": "training", "voucher_ids": vouchers[:1], **terms})
        assert told.json["code"] if told.status_code >= 400 else True, told.json
        browser = Browser(mine.http)
        browser.go("/institution/claims")
        browser.press("申领勾选的券…", voucher_id=[str(vouchers[0])])
        for words in (late["title"], late["next_step"], "没有可以提交的人"):
            assert words in browser.page.text, browser.page.text
