"""What a voucher is taken and used on: a recruiter's browser is found, a hall's terminal is not."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from tests.doors.loop import CLASS_DAY, LI_SI, Loop
from tests.doors.web.browser import Browser
from tests.doors.world import JIYUAN, World, refused_with
from voucher.doors.auth import networks
from voucher.ledger.origins import VoucherOrigin
from voucher.registry.public_terminals import confirm_terminal, name_terminal
from voucher.registry.retention import list_retention
from voucher.registry.standards import Parameter
from voucher.registry.users import CLOCK_LOGIN
from voucher.rules.errors import Refused
from voucher.rules.retention import DataKind
from voucher.rules.risk.catalogue import run_rules
from voucher.rules.risk.findings import Finding
from voucher.stages.oversee.forgetting import ORIGIN_DAYS, forget_old_traces
from voucher.stages.oversee.risk.facts import Window, read_facts
from voucher.stages.oversee.risk.thresholds import read_shipped_thresholds

MARCH = Window(date(2024, 3, 1), date(2024, 3, 31))
# a class of two people stands for one of twenty
MOST = read_shipped_thresholds(date(2024, 3, 1)) | {"risk_recruiter_vouchers": 2}
COOKIE = "browser"


def found(loop: Loop) -> dict[str, list[Finding]]:
    """Return what the two rules find in the rows as they stand."""
    with loop.world.database.read() as session:
        facts = read_facts(session, MARCH, loop.world.keyring)
    flags = list(run_rules(facts, MOST, ("R17", "R18")))
    return {code: [each for each in flags if each.rule == code] for code in ("R17", "R18")}


def rows(loop: Loop) -> list[VoucherOrigin]:
    with loop.world.database.read() as session:
        return list(session.scalars(select(VoucherOrigin).order_by(VoucherOrigin.noted_at)))


def taken_on(loop: Loop) -> list[str]:
    """Return the device of every acceptance as the rules read it."""
    with loop.world.database.read() as session:
        return [each.accept_device for each in read_facts(session, MARCH, loop.world.keyring).vouchers]


def hold(loop: Loop, login: str, secret: str) -> None:
    """Let somebody sign in in a browser others have signed in in before."""
    loop[login].http.set_cookie(COOKIE, secret)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_one_browser_that_takes_for_everybody_and_redeems_as_well_is_flagged_in_a_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = Loop(world)
    loop.list_institutions()
    loop.hire()
    kept = loop["zhang"].http.get_cookie(COOKIE)
    assert kept is not None
    assert kept.http_only
    hold(loop, "li", kept.value)
    loop.issue()
    loop.open_classes()
    loop.enrol()
    loop.move_to(CLASS_DAY + timedelta(minutes=-30))
    hold(loop, "t1-scan", kept.value)
    loop.redeem()
    hold(loop, "t1-scan", "another-browser-of-the-house")

    def fail(*_: object) -> None:
        raise OperationalError(
            "INSERT", None, sqlite3.OperationalError("attempt to write a readonly database")
        )

    loop["t1-scan"].http.environ_base["REMOTE_ADDR"] = "39.144.7.8"
    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(networks, "keep_network", fail)
        loop.redeem("li", "other_voucher", LI_SI[1][-4:])
    assert [each["trace"] for each in logs if each["event"] == "trace_failed"] == ["network"], (
        "the voucher is used all the same"
    )

    flags = found(loop)
    (shared,) = flags["R17"]
    assert "在 2024-03 的 2 张券中，100% 由同一台设备领取，超过 30% 的界限" in shared.words
    assert {key for _, key in shared.rows} == {str(loop.ids["voucher"]), str(loop.ids["other_voucher"])}
    (own,) = flags["R18"]
    assert "的券领取和核销用的是同一台设备" in own.words
    assert own.rows == (("vouchers", str(loop.ids["voucher"])),)
    kinds = [(each.act, each.device is not None, each.network) for each in rows(loop)]
    assert kinds == [("accept", True, None)] * 2 + [("redeem", True, None)] * 2, (
        "a proxy's own address is none"
    )
    assert not any(kept.value in str(vars(each)) for each in rows(loop))


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_own_phones_a_counter_and_a_terminal_of_the_hall_are_not(loop: Loop) -> None:
    # both took theirs on phones of their own; one has been redeemed at the counter
    assert found(loop) == {"R17": [], "R18": []}
    assert len({each.device for each in rows(loop)}) == len(rows(loop)) == 3
    operator = Browser(loop["jiban"].http)
    operator.go("/office/terminals")
    page = operator.press("登记本机", name="政务大厅 2 号自助机", region="419001")
    assert "已登记“政务大厅 2 号自助机”，请另一人确认后生效" in page.text
    page = operator.press("登记本机", name="又一次", region="419001")
    assert "这台设备已经登记为公用设备“政务大厅 2 号自助机”" in page.text
    page = operator.press("登记本机", name="别处的", region="410100")
    assert "region_foreign" in page.text

    terminal = loop["jiban"].http.get_cookie(COOKIE)
    assert terminal is not None
    hold(loop, "sun", terminal.value)
    asked = {"programme_id": loop.ids["open_programme"], "declared": True}
    assert loop["sun"].post("/takings", asked).json["voucher"] is not None
    assert len(rows(loop)) == 4, "what is taken in a hall is kept as of anywhere else"
    assert sorted(bool(each) for each in taken_on(loop)) == [True] * 3, "one hand alone excuses no browser"
    with pytest.raises(Refused, match="second_person_needed"):
        loop.world.do("jiban", partial(confirm_terminal, terminal_id=1))
    second = Browser(loop["shenhe"].http)
    second.go("/office/terminals")
    assert "等另一人确认" in second.page.text
    assert "已确认“政务大厅 2 号自助机”为公用设备" in second.press("确认").text
    assert sorted(bool(each) for each in taken_on(loop)) == [False, True, True], "from when it was named"
    with pytest.raises(Refused, match="public_terminal_confirmed"):
        loop.world.do("jiban", partial(confirm_terminal, terminal_id=1))
    again = partial(name_terminal, region_code=JIYUAN, name="大厅", secret=terminal.value)
    with pytest.raises(Refused, match="public_terminal_named"):
        loop.world.do("jiban", again)
    before, loop.world.at = loop.world.at, loop.world.at + timedelta(days=365)
    assert loop.world.do("jiban", again).confirmed_at is None, "it lapses after a year and waits anew"
    loop.world.at = before

    foreign = loop["zz-jiban"]
    assert foreign.http.get("/office/terminals").status_code == 200
    assert "还没有公用设备" in Browser(foreign.http).go("/office/terminals").text
    own = Browser(loop["jiban"].http)
    own.go("/office/terminals")
    assert "不再是公用设备" in own.press("注销").text
    assert "已注销" in own.page.text


def test_the_worker_reads_what_is_kept_and_it_goes_in_time(loop: Loop) -> None:
    page = Browser(loop["zhang"].http).go("/my/data")
    assert "领取、核销和考场入口满 180 天" in page.text
    assert "设备、网络、签到位置和线上课页面操作（只留摘要、坐标或次数，过期即删）" in page.text
    assert "签到、线上课满 90 天为止2 项" in page.text
    with loop.world.database.read() as session:
        days = session.scalars(select(Parameter.value).where(Parameter.name == ORIGIN_DAYS)).one()
        (told,) = (each for each in list_retention(session, date(2024, 3, 25)) if each.kind == DataKind.TRACE)
    assert f"领取、核销和考场入口满 {days} 天" in told.begins
    refused = loop["zhang"]
    refused_with(refused.post("/acceptances", {"voucher_id": loop.ids["voucher"]}), 409, "event_not_allowed")
    loop.world.at += timedelta(days=150)
    assert loop.world.do(CLOCK_LOGIN, forget_old_traces) == 0
    loop.world.at += timedelta(days=40)
    assert loop.world.do(CLOCK_LOGIN, forget_old_traces) >= 3
    assert rows(loop) == []
