"""Every square of every table: what is written leads where it says, everything else is refused in Chinese."""

from __future__ import annotations

from collections import Counter

import pytest

from voucher.rules.errors import Family, Refused
from voucher.rules.lifecycle import (
    BLOCKED_BY_HOLD,
    EVENT_NAMES,
    ROWS,
    STATE_NAMES,
    THING_NAMES,
    WHO_NAMES,
    Row,
    Thing,
    blocked_by_hold,
    check_event,
    is_terminal,
    live_states,
    may_move,
    next_state,
    possible_events,
    transitions,
)

LIFE = ["issued", "accepted", "enrolled", "training", "trained", "assessed", "certified", "settled"]
STEPS = ["accept", "enrol", "redeem", "finish", "pass", "certify", "settle"]
SQUARES = [
    (thing, state, event)
    for thing in Thing
    for state in (None, *STATE_NAMES[thing])
    for event in EVENT_NAMES[thing]
]
TABLE = {(row.thing, row.state, row.event): row for row in ROWS}


@pytest.mark.parametrize("thing", list(Thing))
def test_every_square_leads_where_its_row_says_or_is_refused(thing: Thing) -> None:
    for square in (each for each in SQUARES if each[0] is thing):
        row = TABLE.get(square)
        if row is not None:
            assert next_state(*square) == row.to
            assert may_move(*square)
            check_event(*square)
            continue
        assert not may_move(*square)
        with pytest.raises(Refused) as refused:
            next_state(*square)
        assert refused.value.refusal.code == "event_not_allowed"
        assert refused.value.refusal.family is Family.CONFLICT
        assert THING_NAMES[thing] in refused.value.refusal.title


def test_one_event_has_one_target_so_that_no_life_forks() -> None:
    squares = Counter((row.thing, row.state, row.event) for row in ROWS)
    assert [square for square, count in squares.items() if count > 1] == []


def test_the_names_cover_the_tables_and_nothing_else() -> None:
    assert set(THING_NAMES) == set(STATE_NAMES) == set(EVENT_NAMES) == set(Thing)
    for thing in Thing:
        rows = transitions(thing)
        states = {state for row in rows for state in (row.state, row.to) if state is not None}
        assert states == set(STATE_NAMES[thing])
        assert {row.event for row in rows} == set(EVENT_NAMES[thing])
    assert {word for row in ROWS for word in row.who} == set(WHO_NAMES)


def test_every_row_says_who_and_what_else_happens() -> None:
    for row in ROWS:
        assert row.who
        assert row.reason
        assert row.clock == ("clock" in row.who)


@pytest.mark.parametrize("thing", list(Thing))
def test_every_state_can_be_reached_and_every_life_can_end_or_rest(thing: Thing) -> None:
    reached: set[str | None] = {None}
    while more := {row.to for row in transitions(thing) if row.state in reached} - reached:
        reached |= more
    assert reached - {None} == set(STATE_NAMES[thing])


@pytest.mark.parametrize(("state", "event"), [(s, e) for s in LIFE for e in STEPS])
def test_a_voucher_never_skips_a_step(state: str, event: str) -> None:
    # 签到, 培训合格证书: certify straight from trained is a life of its own, everything else goes one step
    place = LIFE.index(state)
    expected = LIFE[place + 1] if place < len(STEPS) and STEPS[place] == event else None
    if (state, event) == ("trained", "certify"):
        expected = "certified"
    if expected is None:
        assert not may_move(Thing.VOUCHER, state, event)
    else:
        assert next_state(Thing.VOUCHER, state, event) == expected


def test_a_voucher_is_settled_only_through_certified() -> None:
    into = [row for row in transitions(Thing.VOUCHER) if row.to == "settled"]
    assert {(row.state, row.event) for row in into} == {("certified", "settle"), ("recovering", "reinstate")}
    assert all(row.two_people for row in into if row.event == "reinstate")
    recovering = [row for row in transitions(Thing.VOUCHER) if row.to == "recovering"]
    assert {row.state for row in recovering} == {"certified", "settled"}


def test_a_voucher_is_certified_only_by_the_register() -> None:
    into = [row for row in transitions(Thing.VOUCHER) if row.to == "certified"]
    assert {row.state for row in into} == {"trained", "assessed"}
    assert {row.who for row in into} == {("register",)}


def test_no_event_changes_the_holder() -> None:
    words = {event for thing in Thing for event in EVENT_NAMES[thing]}
    names = {name for thing in Thing for name in EVENT_NAMES[thing].values()}
    assert not words & {"assign", "give", "transfer_holder", "change_holder", "resell"}
    assert not [name for name in names if "转让" in name or "过户" in name or "持有人" in name]
    moved = [row for row in transitions(Thing.VOUCHER) if row.event == "transfer"]
    assert {row.state for row in moved} == {"enrolled", "training"}
    assert all(row.state == row.to and "转班" in row.reason for row in moved)


def test_nothing_that_ended_unpaid_comes_back() -> None:
    for thing, ends in {
        Thing.VOUCHER: {
            "expired",
            "withdrawn",
            "revoked",
            "dropped",
            "completed",
            "lapsed",
            "recovered",
        },
        Thing.CLAIM: {"withdrawn", "rejected", "recovered"},
        Thing.BATCH: {"closed", "cancelled"},
        Thing.PAYMENT: {"succeeded", "failed", "voided"},
        Thing.PAYMENT_FILE: {"closed", "voided"},
        Thing.ENTITLEMENT: {"freed"},
    }.items():
        assert {state for state in STATE_NAMES[thing] if is_terminal(thing, state)} == ends
        assert live_states(thing) == set(STATE_NAMES[thing]) - ends


def test_a_claim_is_paid_only_after_both_reviews_the_notice_and_the_approval() -> None:
    path = [
        ("draft", "draft"),
        ("submit", "submitted"),
        ("review_first", "first_reviewed"),
        ("review_second", "second_reviewed"),
        ("post", "noticed"),
        ("close", "cleared"),
        ("approve", "approved"),
        ("release", "paying"),
        ("confirm", "paid"),
    ]
    state: str | None = None
    for event, expected in path:
        state = next_state(Thing.CLAIM, state, event)
        assert state == expected
    for event, expected in path[1:]:
        into = {row.event for row in transitions(Thing.CLAIM) if row.to == expected}
        others = {
            "submitted": {"clear"},
            "noticed": {"dismiss"},
            "approved": {"correct"},
            "paid": {"reinstate"},
        }
        assert into == {event} | others.get(expected, set())


def test_a_bounced_claim_is_paid_again_after_its_account_is_corrected() -> None:
    state = next_state(Thing.CLAIM, "paying", "bounce")
    assert next_state(Thing.CLAIM, state, "correct") == "approved"
    assert all(row.two_people for row in transitions(Thing.CLAIM) if row.event == "correct")


def test_a_batch_may_be_released_in_several_files_and_not_cancelled_afterwards() -> None:
    state = next_state(Thing.BATCH, "approved", "release")
    assert next_state(Thing.BATCH, state, "release") == "released"
    assert not may_move(Thing.BATCH, state, "cancel")


def test_a_file_is_voided_before_release_only() -> None:
    assert {row.state for row in transitions(Thing.PAYMENT_FILE) if row.event == "void"} == {
        "prepared",
        "checked",
    }
    assert not may_move(Thing.PAYMENT_FILE, "prepared", "release")


@pytest.mark.parametrize(
    "square",
    [
        (Thing.VOUCHER, "training", "reverse"),
        (Thing.VOUCHER, "recovering", "reinstate"),
        (Thing.CLAIM, "manual", "clear"),
        (Thing.ENTITLEMENT, "consumed", "free"),
        (Thing.ACCOUNT_CORRECTION, "proposed", "confirm"),
        (Thing.CLASS, "signed_off", "correct"),
    ],
)
def test_two_people_where_the_hands_ask_for_two(square: tuple[Thing, str, str]) -> None:
    assert TABLE[square].two_people


def test_a_hold_blocks_use_payment_and_clock_and_nothing_else() -> None:
    goes_on = {
        Thing.VOUCHER: {"transfer", "drop", "revoke", "decertify", "decertify_paid", "settle", "recover"},
        Thing.CLAIM: {"return", "reject", "dismiss", "uphold", "object", "confirm", "bounce", "withdraw"},
    }
    for thing, events in goes_on.items():
        assert BLOCKED_BY_HOLD[thing] <= set(EVENT_NAMES[thing])
        assert not any(blocked_by_hold(thing, event) for event in events)
        clockwork = {row.event for row in transitions(thing) if row.clock} - {"leave"}
        assert all(blocked_by_hold(thing, event) for event in clockwork)
    assert blocked_by_hold(Thing.VOUCHER, "redeem")
    assert blocked_by_hold(Thing.CLAIM, "release")


def test_the_refusal_names_what_is_possible_now() -> None:
    with pytest.raises(Refused) as refused:
        next_state(Thing.CLAIM, "first_reviewed", "approve")
    refusal = refused.value.refusal
    assert refusal.title == "申领当前为“已初审”，不能审批"
    assert refusal.next_step == "现在可以办理：复核、退回补正、撤回、不予通过"
    assert (refusal.facts["state"], refusal.facts["event"]) == ("first_reviewed", "approve")


def test_what_has_ended_or_not_begun_says_so() -> None:
    with pytest.raises(Refused) as ended:
        next_state(Thing.VOUCHER, "expired", "accept")
    assert ended.value.refusal.next_step == "现在可以办理：已终结，无后续办理"
    with pytest.raises(Refused) as unborn:
        next_state(Thing.VOUCHER, None, "accept")
    assert unborn.value.refusal.title == "培训券当前为“尚未建立”，不能领取"


@pytest.mark.parametrize(
    ("state", "event"), [("aproved", "approve"), ("approved", "teleport"), ("issued", "release")]
)
def test_a_word_no_table_knows_is_a_mistake_and_not_a_refusal(state: str, event: str) -> None:
    with pytest.raises(ValueError, match="claim has no"):
        next_state(Thing.CLAIM, state, event)
    if event in EVENT_NAMES[Thing.CLAIM]:
        with pytest.raises(ValueError, match="claim has no"):
            possible_events(Thing.CLAIM, state)


def test_a_row_is_a_value_that_nobody_changes() -> None:
    row = TABLE[(Thing.VOUCHER, "enrolled", "redeem")]
    assert isinstance(row, Row)
    with pytest.raises(AttributeError):
        row.to = "settled"  # type: ignore[misc]  # the sin itself
