"""申领草稿: put aside, found by a colleague, taken up as of that day, claimed or discarded; takes nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from tests.doors.web.browser import Browser
from tests.doors.web.test_looks import find_doubled_ids, find_unlabelled
from tests.doors.web.test_office_pages import owes_its_reader_nothing
from tests.doors.world import World
from tests.scene import EV1, EV2, LI_SI, SUN_BA, ZHANG_SAN, Scene
from tests.town_certified import EVALUATOR, REGISTRAR, certified, hire_at, institution_id, settle_down
from tests.watching import watched
from voucher.ledger.holds import Hold, close_hold, open_hold
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import Parameter
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.settle.claim_drafts import end_draft, save_draft
from voucher.stages.settle.models.claim_drafts import ClaimDraft
from voucher.stages.settle.queries.claim_drafts import find_draft

TRAINING = SubsidyKind.TRAINING
COLLEAGUE = "教务二"


def _open(scene: Scene, world: World) -> list[int]:
    budget_id = settle_down(scene)
    hire_at(scene, COLLEAGUE, Role.REGISTRAR, "310101199001010330", EV2)
    vouchers = certified(scene, budget_id, ZHANG_SAN, LI_SI, SUN_BA).voucher_ids
    world.at = scene.at
    for login in (REGISTRAR, COLLEAGUE, EVALUATOR):
        world.enable(login)
    return vouchers


def _at(world: World, login: str) -> Browser:
    return Browser(world.sign_in(login).http)


def _reserved(scene: Scene) -> int:
    return scene.budget(1).reserved_fen


def _says(browser: Browser, *words: str) -> None:
    assert [each for each in words if each not in browser.page.text] == [], browser.page.text


def test_a_claim_is_put_aside_and_a_colleague_goes_on_with_it(scene: Scene, world: World) -> None:
    vouchers = _open(scene, world)
    first, second = _at(world, REGISTRAR), _at(world, COLLEAGUE)
    before = _reserved(scene)
    first.go("/institution/claims")
    assert "申领草稿" not in first.page.text
    for button in ("申领勾选的券…", "存为草稿"):
        first.press(button, voucher_id=[])
        _says(first, "没有选择要申领的培训券", "可以申领的券")
    page = first.press("存为草稿", voucher_id=[str(each) for each in vouchers[:2]])
    owes_its_reader_nothing(page)
    _says(first, "已存为草稿：2 张", "1 份，还没有提交；不占资格和预算", "2 张")
    assert _reserved(scene) == before, "nothing is taken by a draft"
    assert not find_doubled_ids(page)
    assert not find_unlabelled(page)

    second.go("/institution/claims")
    _says(second, "申领草稿", REGISTRAR)
    page = second.go("/institution/claims/drafts/1")
    owes_its_reader_nothing(page)
    assert not find_doubled_ids(page)
    _says(second, "按今天重新核对", "每人的核对结果", "申领 2 人")
    page = second.press("存为草稿", note="等李四的照片 13800138000")
    _says(second, "等李*的照片", "138****8000")
    assert "李四的照片" not in page.text, "nor the name of anybody who is in it"
    assert "13800138000" not in page.text, "a note stands for ever: no number of a person in it"
    assert second.go("/institution/claims/drafts/1").text.count("没有找到这份申领草稿"), "it was replaced"
    assert second.answer.status_code == 404

    # the ticks of the list are those of the draft, and saving again replaces it
    page = second.go("/institution/claims?draft=2")
    _says(second, "勾选的是草稿里的 2 张（等李*的照片 138****8000）")
    second.press("存为草稿", voucher_id=[str(each) for each in vouchers])
    _says(second, "已存为草稿：3 张", "等李*的照片", "1 份，还没有提交")

    held = scene.do("初审员", lambda work: open_hold(work, Thing.VOUCHER, vouchers[2], "本人反映不是我"))
    first.go("/institution/claims/drafts/3")
    _says(first, "草稿里有 1 张现在不能申领", "待处置，结论作出后再申领", "申领 2 人")
    first.press("申领 2 人", pledged="1")
    _says(first, "已申领 2 条", "草稿里另 1 张没有申领，仍留在申领草稿里", "1 张，等李*的照片")
    scene.do("初审员", lambda work: close_hold(work, work.session.get_one(Hold, held.id), "本人已确认"))

    # chosen anew and refused once, it is still the draft that is claimed
    first.go("/institution/claims?draft=4")
    first.press("申领勾选的券…", voucher_id=[])
    _says(first, "没有选择要申领的培训券", "勾选的是草稿里的 1 张（等李*的照片 138****8000）")
    first.press("申领勾选的券…", voucher_id=[str(vouchers[2])])
    _says(first, "取用的是", "等李*的照片", "申领 1 人")
    first.press("申领 1 人", total_fen="1", pledged="1")
    assert first.answer.status_code != 200
    _says(first, "取用的是", "等李*的照片")
    first.press("申领 1 人", pledged="1")
    _says(first, "已申领 1 条")
    assert "申领草稿" not in first.page.text, "what was claimed is no draft any more"
    with scene.database.read() as session:
        endings = session.scalars(select(ClaimDraft.ending).order_by(ClaimDraft.id)).all()
    assert endings == ["replaced", "replaced", "submitted", "submitted"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_draft_is_one_institutions_own_and_every_refusal_says_what_next(scene: Scene, world: World) -> None:
    vouchers = _open(scene, world)
    scene.do(REGISTRAR, lambda work: save_draft(work, TRAINING, vouchers))
    stranger = _at(world, EVALUATOR)
    assert stranger.go("/institution/claims").text.count("没有办理此事的权限")
    stranger.go("/evaluator/claims")
    form, _ = stranger.page.form("存为草稿")
    for address in ("/evaluator/claims/drafts/1", "/evaluator/claims/drafts/999"):
        stranger.go(address)
        assert stranger.answer.status_code == 404, "a foreign one is as one that is missing"
        assert stranger.http.post(f"{address}/endings", data=dict(form.values)).status_code == 404
    # the evaluator keeps its own of the same vouchers
    stranger.go("/evaluator/claims")
    stranger.press("存为草稿", voucher=[str(vouchers[0])])
    _says(stranger, "已存为草稿：1 张")
    stranger.go("/evaluator/claims/drafts/2")
    _says(stranger, "申领 1 人")
    stranger.press("申领 1 人", pledged="1")
    _says(stranger, "已申领 1 张券")
    clerk = _at(world, REGISTRAR)
    for voucher in vouchers:
        _stop(scene, voucher)
    clerk.go("/institution/claims/drafts/1")
    _says(clerk, "草稿里有 3 张现在不能申领", "草稿里没有现在可以申领的券")
    clerk.press("删除草稿")
    _says(clerk, "草稿已删除，券没有变化")

    for name in ("claim_drafts_most", "claim_draft_lines_most"):
        _set_to_one(scene, name)
    _refused(scene, vouchers, "claim_draft_too_long")
    scene.do(REGISTRAR, lambda work: save_draft(work, TRAINING, vouchers[:1]))
    _refused(scene, vouchers[1:2], "claim_drafts_full")
    _refused(scene, [999], "voucher_missing")
    with pytest.raises(Refused) as caught:
        scene.do(EVALUATOR, lambda work: end_draft(work, TRAINING, 3, "discarded"))
    assert caught.value.refusal.code == "role_missing"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_draft_is_replaced_by_its_own_house_only_and_read_without_everybody_elses_holds(
    scene: Scene,
) -> None:
    vouchers = certified(scene, settle_down(scene), ZHANG_SAN, LI_SI).voucher_ids
    hire_at(scene, COLLEAGUE, Role.REGISTRAR, "310101199001010330", EV1, EV2)

    def elsewhere(work: Work) -> int:
        person_id = work.actor.person_id
        draft = ClaimDraft(
            kind="training",
            institution_id=institution_id(work, EV1),
            note="",
            saved_by_person_id=person_id,
            saved_at=work.at,
        )
        work.session.add(draft)
        work.session.flush()
        return draft.id

    other = scene.do(COLLEAGUE, elsewhere)
    with pytest.raises(Refused) as caught:
        scene.do(COLLEAGUE, lambda work: save_draft(work, TRAINING, vouchers, former_id=other))
    assert caught.value.refusal.code == "claim_draft_missing"
    own = scene.do(COLLEAGUE, lambda work: save_draft(work, TRAINING, vouchers))
    with scene.database.read() as session, watched(session) as sent:
        assert session.get_one(ClaimDraft, other).ended_at is None
        found = find_draft(session, TRAINING, [own.institution_id], own.id)
    assert found is not None
    assert found.still == vouchers
    looked = [each for each in sent if "FROM hold" in each]
    assert looked
    assert all("claim_draft_line" in each for each in looked), "the holds of the draft's vouchers alone"


def _stop(scene: Scene, voucher_id: int) -> None:
    scene.do("初审员", lambda work: open_hold(work, Thing.VOUCHER, voucher_id, "核查中"))


def _set_to_one(scene: Scene, name: str) -> None:
    one = update(Parameter).where(Parameter.name == name).values(value="1")
    scene.do("operator", lambda work: work.session.execute(one))


def _refused(scene: Scene, vouchers: list[int], code: str) -> None:
    with pytest.raises(Refused) as caught:
        scene.do(REGISTRAR, lambda work: save_draft(work, TRAINING, vouchers))
    assert caught.value.refusal.code == code


def test_the_database_keeps_a_draft_as_it_was_saved(scene: Scene) -> None:
    vouchers = certified(scene, settle_down(scene), ZHANG_SAN).voucher_ids
    scene.do(REGISTRAR, lambda work: save_draft(work, TRAINING, vouchers))
    for said in (
        "UPDATE claim_draft SET note = 'x'",
        "UPDATE claim_draft_line SET voucher_id = 2",
        "DELETE FROM claim_draft",
        "DELETE FROM claim_draft_line",
    ):
        _fails(scene, said)


def _fails(scene: Scene, said: str) -> None:
    with pytest.raises(DatabaseError, match="never"):
        scene.do("operator", lambda work: work.session.execute(text(said)))
