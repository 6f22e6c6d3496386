"""The desk in groups: every queue has its place, nothing is left out, what waits longest is told first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.doors.web.browser import Office
from voucher.doors.web.office.desk_groups import GROUPS, PLACES, find_longest, group_queues
from voucher.doors.web.office.queues import QUEUES
from voucher.stages.settle.queries import Waiting
from voucher.stages.settle.queries.desk import CLAIM_QUEUES, FILE_QUEUES

NOW = datetime(2024, 3, 6, 2, tzinfo=UTC)


def test_every_queue_has_one_place_on_the_desk() -> None:
    keys = [
        *(each[0] for each in QUEUES),
        *(each[0] for each in (*CLAIM_QUEUES, *FILE_QUEUES)),
        *("objections", "accounts"),
    ]
    assert sorted(keys) == sorted(PLACES), "a queue without a place would not be seen"
    assert sorted(PLACES) == sorted(key for group in GROUPS.values() for key in group), "and none has two"


def test_what_has_waited_longest_stands_first_in_its_group_and_is_named_above_all() -> None:
    told = [
        Waiting("first_review", "待初审", 30, NOW - timedelta(days=1)),
        Waiting("classes", "开班待审核", 2, NOW - timedelta(days=9, hours=5)),
        Waiting("phone_checks", "电话抽查待拨打", 5, NOW),
        Waiting("phone_checks_late", "电话抽查超期未打", 4, NOW),
        Waiting("bounced", "退票待更正", 3, NOW - timedelta(days=4)),
        Waiting("denials", "本人反映", 1, NOW),
        Waiting("queued", "候补", 7, None),
        Waiting("holds", "待处置", 0, NOW - timedelta(days=99)),
    ]
    groups = group_queues([(each, f"/{each.key}") for each in told], NOW)
    assert [(each.heading, each.count) for each in groups] == [
        ("有人在等答复", 1),
        ("结算和拨付", 33),
        ("开班和上课", 7),
        ("发券", 7),
    ]
    assert [each.queue.key for each in groups[1].tiles] == ["bounced", "first_review"]
    assert [each.days for group in groups for each in group.tiles] == [0, 4, 1, 9, 0, 0, None]
    longest = find_longest(groups)
    assert longest is not None
    assert longest.url == "/classes"
    assert find_longest([]) is None


def test_the_desk_says_how_many_wait_and_since_when(office: Office) -> None:
    operator, officer = office.at("operator"), office.at("初审员")
    assert "现在没有等您办理的事项" in officer.go("/desk").text
    operator.go("/batches/new")
    operator.press(
        "逐人核对",
        kind="evaluation",
        region="419001",
        from_on="2023-10-11",
        until_on="2023-10-11",
        budget="1",
    )
    operator.press("申报 1 条")
    assert "2023-10-11 至" not in operator.page.text, "one day is no span"
    page = officer.go("/desk")
    assert "共 1 件" in page.text
    assert "等得最久的是“待初审”" in page.text
    assert "结算和拨付 1 件" in page.text
