"""What may be asked of issuing: cards, offers with the reason, the funnel and its losses, masked lists."""

from __future__ import annotations

import pytest

from tests.scene import JIYUAN, LI_SI, SUN_BA, XINXIANG, ZHANG_SAN, Scene, on
from tests.town_issue import (
    act,
    day,
    eligible,
    institution,
    issue_to,
    newcomer,
    open_terms,
    person_id,
    programme,
    programme_row,
    publisher,
    staff,
    voucher,
    wanted,
    worker,
)
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.stages.issue import ending, holding, issuing, queries, rosters
from voucher.stages.issue.programmes import draft_programme
from voucher.stages.issue.queries import VoucherSearch


@pytest.fixture
def budget(scene: Scene) -> int:
    scene.at = on("2024-01-10")
    return scene.open_budget(100_000)


def test_a_wallet_shows_each_voucher_as_a_card(scene: Scene, budget: int) -> None:
    nurses = programme(scene, budget)
    offset = programme(scene, budget, name="抵用", worth="offset", level=3)
    signs = programme(scene, budget, name="签到", worth="sign_in")
    eligible(scene, ZHANG_SAN)
    ids = [issue_to(scene, each, ZHANG_SAN)[0] for each in (nurses, offset, signs)]
    scene.do(worker(scene, ZHANG_SAN), act(holding.accept, ids[0]))
    scene.do(publisher(scene), act(ending.revoke, [ids[1]], "重复发放"))
    with scene.database.read() as session:
        cards = queries.list_wallet(session, person_id(scene, ZHANG_SAN))
        assert [(each.worth_words, each.tab) for each in cards] == [
            ("签到券", "待使用"),
            ("抵用券，无面值", "已失效"),
            ("面值 1,200.00", "待使用"),
        ]
        card = queries.show_card(session, person_id(scene, ZHANG_SAN), ids[0])
        assert (card.trade_name, card.level, card.channel_name) == ("养老护理员", 2, "定向券")
        assert [each.event_name for each in card.timeline] == ["发放", "领取"]
        assert cards[1].timeline[-1].why == "重复发放"
        eligible(scene, LI_SI)
        with pytest.raises(Refused) as told:
            queries.show_card(session, person_id(scene, LI_SI), ids[0])
        assert told.value.refusal.code == "voucher_missing"


def test_offers_say_why_and_why_not(scene: Scene, budget: int) -> None:
    """领券中心：能领的在前，不能领的写明原因和下一步."""
    plain = programme(scene, budget, **open_terms())
    veterans = programme(scene, budget, group_codes=("veteran",), **open_terms(name="退役军人"))
    used_up = programme(scene, budget, quantity=1, **open_terms(name="已发完"))
    programme(scene, budget)
    scene.do(worker(scene, LI_SI), act(issuing.take_voucher, used_up, True))
    worker(scene, SUN_BA)
    with scene.database.read() as session:
        found = queries.offers(session, scene.keyring, person_id(scene, SUN_BA), day(scene))
    told = {
        each.programme_id: (each.may_take, each.declare, (each.refusal or {}).get("code")) for each in found
    }
    assert told == {
        plain: (True, True, None),
        veterans: (False, False, "group_not_met"),
        used_up: (False, True, "quantity_used_up"),
    }
    assert found[0].programme_id == plain
    assert found[0].region_name
    assert found[0].remaining == 100
    assert all(each.refusal["next_step"] for each in found[1:] if each.refusal)
    scene.do(worker(scene, SUN_BA), act(issuing.take_voucher, plain, True))
    with scene.database.read() as session:
        found = queries.offers(session, scene.keyring, person_id(scene, SUN_BA), day(scene))
        assert queries.count_remaining(session, programme_row(scene, plain)) == 99
    assert {each.refusal["code"] for each in found if each.refusal} == {
        "voucher_held_already",
        "group_not_met",
        "quantity_used_up",
    }


def test_the_funnel_counts_how_far_they_came_and_why_some_were_lost(scene: Scene, budget: int) -> None:
    nurses = programme(scene, budget)
    eligible(scene, ZHANG_SAN, LI_SI, SUN_BA)
    ids = issue_to(scene, nurses, ZHANG_SAN, LI_SI, SUN_BA)
    scene.do(worker(scene, ZHANG_SAN), act(holding.accept, ids[0]))
    scene.do(worker(scene, LI_SI), act(holding.accept, ids[1]))
    scene.do(worker(scene, LI_SI), act(holding.withdraw, ids[1]))
    scene.do(publisher(scene), act(ending.revoke, [ids[2]], "查实不符"))
    with scene.database.read() as session:
        steps = queries.funnel(session, nurses)
        losses = queries.list_losses(session, nurses)
    assert [(each.state_name, each.count, each.standing) for each in steps[:3]] == [
        ("已发放", 3, 0),
        ("已领取", 2, 1),
        ("已锁定", 0, 0),
    ]
    assert [(each.from_name, each.state_name, each.why, each.count) for each in losses] == [
        ("已发放", "作废", "查实不符", 1),
        ("已领取", "退回", None, 1),
    ]


def test_lists_stay_within_the_regions_and_mask_people(scene: Scene, budget: int) -> None:
    trainer = institution(scene)
    admin = staff(scene, "管理员", Role.INSTITUTION_ADMIN, trainer, "310101199001010420")
    nurses = programme(scene, budget, institution_ids=(trainer,))
    other = programme(scene, budget, name="其他", group_codes=("veteran",))
    draft = scene.do("operator", act(draft_programme, wanted(scene, budget)))
    eligible(scene, ZHANG_SAN, LI_SI)
    filed = scene.do(admin, act(rosters.file_roster, nurses, [newcomer(ZHANG_SAN), newcomer(LI_SI)], trainer))
    done = scene.do(publisher(scene), act(issuing.issue_roster, filed.id))
    with scene.database.read() as session:
        (line, _) = queries.list_issue_lines(session, scene.keyring, filed.id)
        assert line.voucher_id is not None
        held = voucher(scene, line.voucher_id)
        assert (line.masked_name, line.voucher_number) == ("张*", held.number)
        assert line.masked_number not in ("", ZHANG_SAN[1])
        assert queries.list_issue_lines(session, scene.keyring, filed.id, outcome="refused") == []
        assert len(queries.list_issue_lines(session, scene.keyring, filed.id, after_position=1)) == 1
        assert queries.count_outcomes(session, filed.id) == {"issued": 2}
        assert queries.sum_reserved(session, done.issue_id) == 2800_00
        # found by number only as it is written
        assert queries.find_voucher(session, held.number.lower()) is not None
        assert queries.find_voucher(session, f"Q-410105-2024-{held.id:08d}") is None
        assert queries.find_voucher(session, "Q-x") is None
        listed = queries.list_vouchers(session, [JIYUAN], VoucherSearch(programme_id=nurses))
        rows = queries.view_vouchers(session, scene.keyring, listed)
        assert [each.masked_name for each in rows] == ["李*", "张*"]
        assert rows[0].programme_name == "养老护理员五级培训券"
        assert queries.list_vouchers(session, [XINXIANG]) == []
        assert len(queries.list_vouchers(session, [], institutions=[trainer])) == 2
        searches = (VoucherSearch(number=held.number), VoucherSearch(holder_person_id=held.holder_person_id))
        assert [[each.id for each in queries.list_vouchers(session, [JIYUAN], w)] for w in searches] == [
            [held.id],
            [held.id],
        ]
        assert queries.list_vouchers(session, [JIYUAN], VoucherSearch(state="settled")) == []
        assert [each.id for each in queries.list_issues(session, [], [trainer])] == [filed.id]
        assert queries.list_issues(session, [XINXIANG]) == []
        assert queries.get_issue(session, filed.id, [], [trainer]).id == filed.id
        with pytest.raises(Refused):
            queries.get_issue(session, filed.id, [XINXIANG], [])
        # what is only drafted is its own region's; what is public anybody may see
        assert [each.id for each in queries.list_programmes(session)] == [other, nurses]
        assert [each.id for each in queries.list_programmes(session, [JIYUAN], state="draft")] == [draft.id]
        assert queries.get_programme(session, nurses, [XINXIANG]).id == nurses
        with pytest.raises(Refused):
            queries.get_programme(session, draft.id, [XINXIANG])
        used_at = queries.list_programmes(session, [JIYUAN], state="published", institution_id=999)
        assert [each.id for each in used_at] == [other]
        assert queries.may_be_used_at(session, programme_row(scene, nurses), trainer)
        assert not queries.may_be_used_at(session, programme_row(scene, nurses), 999)
        assert (queries.institutions_of(session, nurses), queries.groups_of(session, other)) == (
            [trainer],
            ["veteran"],
        )
