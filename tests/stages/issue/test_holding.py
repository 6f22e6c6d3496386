"""What a holder does: accept, give back, show a code; and what anybody else is told."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.scene import LI_SI, XINXIANG, ZHANG_SAN, Scene, on
from tests.town_issue import act, eligible, issue_to, person_id, programme, publisher, voucher, worker
from voucher.ledger.audit import AuditRow
from voucher.ledger.credentials import ScreenCode, Shown, find_code, use_code
from voucher.ledger.holds import open_hold
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import Parameter
from voucher.rules.actor import Role
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.rules.vocabulary import Problem
from voucher.stages.issue import disputing, ending, holding
from voucher.stages.issue.attempts import record_foreign_attempt
from voucher.stages.issue.models import Acceptance


@pytest.fixture
def held(scene: Scene) -> int:
    """Return the id of a voucher issued to 张三."""
    scene.at = on("2024-01-10")
    nurses = programme(scene, scene.open_budget(100_000))
    eligible(scene, ZHANG_SAN, LI_SI)
    return issue_to(scene, nurses, ZHANG_SAN)[0]


def code_of(scene: Scene, login: str, done: Any) -> str:
    with pytest.raises(Refused) as told:
        scene.do(login, done)
    return told.value.refusal.code


def test_the_holder_accepts_and_gives_back_and_nobody_else_is_told_anything(scene: Scene, held: int) -> None:
    """AC-C1: somebody else's voucher is answered exactly as one that is not there, and leaves a trace."""
    mine, other = worker(scene, ZHANG_SAN), worker(scene, LI_SI)
    for done in (holding.accept, holding.withdraw, holding.show):
        with pytest.raises(Refused) as foreign:
            scene.do(other, act(done, held))
        with pytest.raises(Refused) as missing:
            scene.do(other, act(done, 999_999))
        assert foreign.value.refusal == missing.value.refusal
        assert foreign.value.refusal.code == "voucher_missing"
    assert scene.do(other, act(record_foreign_attempt, held, "accept")) is True
    assert scene.do(other, act(record_foreign_attempt, 999_999, "accept")) is False
    assert scene.do(mine, act(record_foreign_attempt, held, "accept")) is False
    with scene.database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.act == "foreign_attempt")).all()
    assert [(each.object_id, each.content, each.actor_person_id) for each in rows] == [
        (held, {"tried": "accept"}, person_id(scene, LI_SI))
    ]
    assert voucher(scene, held).state == "issued"
    assert scene.do(mine, act(holding.accept, held)).state == "accepted"
    assert code_of(scene, mine, act(holding.accept, held)) == "event_not_allowed"
    assert code_of(scene, "operator", act(holding.accept, held)) == "role_missing"
    budget = voucher(scene, held).budget_id
    assert scene.budget(budget).reserved_fen == 1400_00
    given_back = scene.do(mine, act(holding.withdraw, held))
    assert (given_back.state, given_back.reserved_fen, scene.budget(budget).reserved_fen) == (
        "withdrawn",
        0,
        0,
    )
    assert code_of(scene, mine, act(holding.withdraw, held)) == "event_not_allowed"


def test_a_helper_names_the_consent(scene: Scene, held: int) -> None:
    scene.hire("外地经办员", Role.OPERATOR, "310101199001010330", region=XINXIANG)
    assert code_of(scene, "外地经办员", act(holding.accept_for, held, "委托书")) == "voucher_missing"
    assert code_of(scene, worker(scene, LI_SI), act(holding.accept_for, held, "委托书")) == "role_missing"
    assert code_of(scene, "operator", act(holding.accept_for, held, " ")) == "consent_missing"
    scene.do("operator", act(holding.accept_for, held, "书面委托书 2024-17 号"))
    with scene.database.read() as session:
        kept = session.get_one(Acceptance, held)
    assert (kept.channel, kept.consent, kept.person_id) == (
        "helper",
        "书面委托书 2024-17 号",
        person_id(scene, ZHANG_SAN),
    )


def test_after_its_last_day_a_voucher_is_nobody_s_to_accept(scene: Scene, held: int) -> None:
    mine = worker(scene, ZHANG_SAN)
    scene.at = on("2024-04-10")
    assert code_of(scene, mine, act(holding.accept, held)) == "redeem_date_passed"
    scene.at = on("2024-04-09")
    scene.do(mine, act(holding.accept, held))
    scene.at = on("2024-04-10")
    assert code_of(scene, mine, act(holding.show, held)) == "redeem_date_passed"


def test_a_code_is_good_once_for_a_minute_and_ends_the_one_before(scene: Scene, held: int) -> None:
    """T: 60 s on a screen, single use; the digits are stored nowhere."""
    mine = worker(scene, ZHANG_SAN)
    assert code_of(scene, mine, act(holding.show, held)) == "voucher_not_showable"
    scene.do(mine, act(holding.accept, held))
    first: Shown = scene.do(mine, act(holding.show, held))
    assert (first.expires_at - scene.at, len(first.digits)) == (timedelta(seconds=60), 22)
    second: Shown = scene.do(mine, act(holding.show, held))

    def look(digits: str) -> str:
        def find(work: Work) -> int:
            return find_code(work.session, work.keyring, digits, work.at).voucher_id

        try:
            return str(scene.do("operator", find))
        except Refused as refused:
            return refused.refusal.code

    def use(work: Work) -> None:
        code = find_code(work.session, work.keyring, second.digits, work.at)
        use_code(work, code, "redeem")
        assert (code.used_at, code.used_for) == (work.at, "redeem")

    assert [look(each) for each in (first.digits, second.digits)] == ["code_expired", str(held)]
    assert look("72" + "0" * 18 + "80") == "code_unknown"
    assert look(second.digits[:-1]) == "code_malformed"
    scene.at += timedelta(seconds=59)
    scene.do("operator", use)
    assert look(second.digits) == "code_used"
    assert code_of(scene, "operator", use) == "code_used"
    third: Shown = scene.do(mine, act(holding.show, held))
    scene.at += timedelta(seconds=60)
    assert look(third.digits) == "code_expired"
    with scene.database.read() as session:
        kept = session.scalars(select(ScreenCode)).all()
        assert third.digits not in "".join(each.digest for each in kept)
    # a code found in time and used too late is not used
    scene.at -= timedelta(seconds=1)
    found = scene.do("operator", lambda work: find_code(work.session, work.keyring, third.digits, work.at))
    scene.at += timedelta(seconds=1)

    def use_late(work: Work) -> None:
        use_code(work, work.session.get_one(ScreenCode, found.id), "redeem")

    assert code_of(scene, "operator", use_late) == "code_expired"


def test_the_seconds_of_a_code_are_a_dated_parameter(scene: Scene, held: int) -> None:
    mine = worker(scene, ZHANG_SAN)
    scene.do(mine, act(holding.accept, held))
    scene.do(
        "operator",
        lambda work: work.session.execute(
            update(Parameter).where(Parameter.name == "screen_code_seconds").values(value="15")
        ),
    )
    shown: Shown = scene.do(mine, act(holding.show, held))
    assert shown.expires_at - scene.at == timedelta(seconds=15)


def test_the_clock_expires_what_is_over_but_nothing_held(scene: Scene, held: int) -> None:
    budget = voucher(scene, held).budget_id
    (other,) = issue_to(scene, voucher(scene, held).programme_id, LI_SI)
    stop = act(open_hold, Thing.VOUCHER, other, "机构退出，待处置")
    scene.do(publisher(scene), stop)
    mine = worker(scene, LI_SI)
    assert code_of(scene, mine, act(holding.accept, other)) == "on_hold"
    scene.at = on("2024-04-09", 23)
    assert scene.do("clock", ending.expire_due) == 0
    scene.at = on("2024-04-10", 0)
    assert scene.do("clock", ending.expire_due) == 1
    assert [voucher(scene, each).state for each in (held, other)] == ["expired", "issued"]
    assert scene.budget(budget).reserved_fen == 1400_00
    assert code_of(scene, "operator", ending.expire_due) == "role_missing"


def test_an_officer_revokes_all_or_none_with_a_reason(scene: Scene, held: int) -> None:
    budget = voucher(scene, held).budget_id
    (other,) = issue_to(scene, voucher(scene, held).programme_id, LI_SI)
    officer = publisher(scene)
    scene.hire("外地审核员", Role.OFFICER_CITY, "310101199001010320", region=XINXIANG)
    scene.do(worker(scene, ZHANG_SAN), act(holding.accept, held))
    assert code_of(scene, officer, act(ending.revoke, [held], "")) == "why_missing"
    assert code_of(scene, "外地审核员", act(ending.revoke, [held], "查实不符")) == "voucher_missing"
    assert code_of(scene, officer, act(ending.revoke, [held, 999], "查实不符")) == "voucher_missing"
    assert code_of(scene, officer, act(ending.revoke, [], "查实不符")) == "voucher_missing"
    assert code_of(scene, "operator", act(ending.revoke, [held], "查实不符")) == "role_missing"
    assert scene.do(officer, act(ending.revoke, [held, other, held], "查实不符")) == 2
    assert [voucher(scene, each).state for each in (held, other)] == ["revoked", "revoked"]
    assert scene.budget(budget).reserved_fen == 0
    assert code_of(scene, officer, act(ending.revoke, [held], "再次")) == "event_not_allowed"
    # it made room: the same person may have another one
    (again,) = issue_to(scene, voucher(scene, held).programme_id, ZHANG_SAN)
    assert voucher(scene, again).redeem_by == date(2024, 4, 9)


def test_a_holder_says_it_was_not_them_and_the_voucher_stops_until_somebody_looked(
    scene: Scene, held: int
) -> None:
    """DESIGN §9: 不是我、没收到. Nobody else can stop it so, and the holder may have been mistaken."""
    mine, other = worker(scene, ZHANG_SAN), worker(scene, LI_SI)
    say = partial(disputing.dispute, voucher_id=held, problem=Problem.NOT_ME, said="我没有去过这家机构")
    assert code_of(scene, mine, say) == "dispute_too_late", "what was not taken yet is given back"
    scene.do(mine, act(holding.accept, held))
    assert code_of(scene, other, say) == "voucher_missing"
    assert code_of(scene, mine, act(disputing.take_back, held)) == "dispute_missing"
    hold = scene.do(mine, say)
    assert (hold.why, hold.said) == ("持券人反映：不是本人办理的", "我没有去过这家机构")
    with pytest.raises(Refused) as refused:
        scene.do(mine, act(holding.show, held))
    assert refused.value.refusal.code == "on_hold"
    assert "不是本人办理的" in refused.value.refusal.title
    assert "没有去过" not in f"{refused.value.refusal}", (
        "a counter is told why, and never what the holder said"
    )
    assert code_of(scene, mine, say) == "disputed_already"
    assert code_of(scene, other, act(disputing.take_back, held)) == "voucher_missing"
    scene.do(mine, act(disputing.take_back, held))
    scene.do(mine, act(holding.show, held))
    scene.do(mine, say)
    with scene.database.read() as session:
        said = disputing.list_disputes(session, person_id(scene, ZHANG_SAN), held)
        assert [each.conclusion for each in said] == [None, "本人撤回"]
        assert disputing.list_disputes(session, person_id(scene, LI_SI), held) == []
