"""Phone checks at the doors: a list that can be repeated, a number for one call, an answer that stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.doors.loop import CLASS_DAY, ZHANG_SAN, Loop
from tests.doors.web.test_worker_pages import at
from tests.doors.world import JIYUAN, refused_with
from tests.scene import LIMITS, write_csv
from voucher.ledger.holds import Hold
from voucher.registry.importing.frame import import_file
from voucher.registry.importing.people import PeopleImporter
from voucher.rules.draws import commitment_of, digest_of, draw, sample_size
from voucher.stages.train.models.phone_checks import PhoneCall
from voucher.stages.train.queries import phone_checks
from voucher.stages.train.queries.phone_checks import list_draws

MOBILE = "13837100001"


def finish_class(loop: Loop) -> None:
    """Let the one in training sit through every session, and sign the class off."""
    ids = loop.ids
    days = [each["id"] for each in loop["t1-teach"].get(f"/classes/{ids['class']}/sessions").json["items"]]
    for day, session_id in enumerate(days):
        loop.move_to(CLASS_DAY + timedelta(days=day, hours=8))
        body = {"session_id": session_id, "people": [{"voucher_id": ids["voucher"], "hours": 8}]}
        loop.done("t1-teach", "/attendances", body)
    exams = [{"voucher_id": ids["voucher"], "exam_hundredths": 8000}]
    loop.done("t1-admin", "/completions", {"class_id": ids["class"], "exams": exams})


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_who_was_drawn_is_called_and_what_was_said_stops_the_voucher(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AC-E9: 名单、种子和复算在接口和页面上看得到；号码只在拨打时给拨打的人。"""
    ids = loop.ids

    row = {"姓名": ZHANG_SAN[0], "证件号码": ZHANG_SAN[1], "手机号": MOBILE}
    path = write_csv(loop.world.folder / "people.csv", [row])
    loop.world.do("operator", lambda work: import_file(work, PeopleImporter, path, limits=LIMITS))
    public = loop.world.visit().http
    before = public.get(f"/classes/{ids['class']}").text
    assert "种子摘要" in before
    finish_class(loop)
    (listed,) = loop["shenhe"].get("/phone-draws").json["items"]
    assert (listed["class_id"], listed["people_count"], listed["drawn"], listed["waiting"]) == (
        ids["class"], 1, 1, 1,
    )  # fmt: skip
    shown = loop["shenhe"].get(f"/phone-draws/{listed['id']}").json
    assert shown["commitment"] in before
    assert shown["seed"] not in before
    # the seed is published only when nobody can be warned any more
    assert shown["seed"] not in public.get(f"/classes/{ids['class']}").text
    assert commitment_of(shown["seed"]) == shown["commitment"]
    assert digest_of(shown["roster"]) == shown["roster_digest"]
    size = sample_size(len(shown["roster"]), shown["share_bp"])
    (person,) = shown["people"]
    assert draw(shown["seed"], shown["class_number"], shown["roster"], size) == [person["voucher_number"]]
    assert (shown["holds"], shown["gone"], person["masked_name"], person["number"]) == (True, [], "张*", None)

    call = {"entry_id": person["entry_id"]}
    refused_with(loop["zz-shenhe"].get(f"/phone-draws/{listed['id']}"), 404, "phone_check_missing")
    refused_with(loop["zz-shenhe"].post("/phone-calls", call), 404, "phone_check_missing")
    refused_with(loop["t1-admin"].post("/phone-calls", call), 403, "role_missing")
    assert loop["zz-shenhe"].get("/phone-draws?state=all").json["items"] == []
    refused_with(loop["shenhe"].post("/phone-draws", {"class_id": ids["class"]}), 409, "phone_checks_drawn")

    desk = at(loop, "shenhe")
    assert "电话抽查待拨打" in desk.go("/desk").text
    page = desk.go(f"/office/phone-checks/{listed['id']}")
    assert "已按种子复算，与名单一致" in page.text
    assert MOBILE not in page.text
    page = desk.press("显示号码，开始拨打")
    assert MOBILE in page.text
    assert MOBILE not in at(loop, "shenhe2").go(f"/office/phone-checks/{listed['id']}").text
    seen = loop["shenhe"].get(f"/phone-draws/{listed['id']}").json["people"][0]
    assert (seen["number"], seen["calls"][0]["result"]) == (MOBILE, None)
    told = {"result": "denied", "said": ""}
    result = f"/phone-calls/{seen['calls'][0]['id']}/results"
    refused_with(loop["shenhe2"].post(result, told), 403, "phone_call_not_yours")
    refused_with(loop["shenhe"].post(result, told), 422, "why_missing")
    loop.move_to(loop.world.at + timedelta(minutes=16))
    other = at(loop, "shenhe2")
    other.go(f"/office/phone-checks/{listed['id']}")
    page = other.press("登记为未接通")
    assert "已登记" in page.text, page.text
    desk.go(f"/office/phone-checks/{listed['id']}")
    assert MOBILE in desk.press("显示号码，开始拨打").text
    # of somebody without a number it is not said that it is shown no longer
    with monkeypatch.context() as unregistered:
        unregistered.setattr(phone_checks, "read_mobile", lambda *_: None)
        page = desk.go(f"/office/phone-checks/{listed['id']}")
    assert "本人没有登记手机号。请登记结果“没有登记手机号”" in page.text
    page = desk.press("登记结果", result="denied", said="说没有去上课")
    assert "转待处置" in page.text
    assert "有疑问，已停住核查" in page.text
    # what somebody said on the telephone is nobody's once the key is gone: it stands nowhere in the clear
    assert "说没有去上课" in page.text
    with loop.world.database.read() as session:
        assert session.scalars(select(PhoneCall.said_sealed).where(PhoneCall.result == "denied")).one()
        assert session.scalars(select(Hold.said)).all() == [None]
    refused_with(loop["shenhe"].post("/phone-calls", call), 409, "phone_check_concluded")
    assert loop["zhang"].get(f"/vouchers/{ids['voucher']}").json["held"] is True
    assert "电话抽查：接通，称没有参加培训" in desk.go("/office/holds").text
    # nobody is left to be called: now everybody may repeat the draw
    assert shown["seed"] in public.get(f"/classes/{ids['class']}").text
    assert shown["seed"] in at(loop, "t1-admin").go(f"/institution/classes/{ids['class']}").text
    # the page says when the seed was fixed; with a class approved before there were draws, only at the draw
    assert "准予开班时定下的种子" in before
    seed = loop.world.app.jinja_env.get_template("macros/phone_seed.html")
    with loop.world.database.read() as session:
        view = list_draws(session, [JIYUAN])[0]
    assert view.draw.drawn_at is not None
    view.draw.committed_at = view.draw.drawn_at
    assert "种子在抽取时才定下" in seed.render(phone_draw=view)
    assert "抽取时才定下的种子" in seed.render(phone_draw=replace(view, counts={}))


@pytest.mark.parametrize("loop", ["sqlite"], indirect=True)
def test_a_class_is_rated_after_its_sign_off_and_too_few_show_no_average(loop: Loop) -> None:
    ids, rated = loop.ids, {"stars": 4, "said": "老师讲得清楚"}
    mine = {**rated, "voucher_id": ids["voucher"]}
    refused_with(loop["zhang"].post("/ratings", mine), 409, "rating_before_sign_off")
    finish_class(loop)
    refused_with(loop["sun"].post("/ratings", mine), 404, "voucher_missing")
    refused_with(loop["zhang"].post("/ratings", {**mine, "stars": 0}), 422, "body_invalid")
    assert loop.done("zhang", "/ratings", mine)["changes"] == 0
    page = at(loop, "zhang")
    assert "您的评价：4 分，满意" in page.go(f"/my/vouchers/{ids['voucher']}").text
    assert "您的评价：5 分，很满意" in page.press("改评价", stars="5").text
    path = f"/classes/{ids['class']}/rating"
    assert loop["t1-admin"].get(path).json == {"average_tenths": None, "people": None}
    desk = at(loop, "t1-admin").go(f"/institution/classes/{ids['class']}").text
    assert "评价的人还不够多" in desk
    assert "老师讲得清楚" not in desk
    assert "老师讲得清楚" in at(loop, "shenhe").go(f"/office/classes/{ids['class']}").text
    assert "学员评价" not in loop.world.visit().http.get(f"/institutions/{ids['t1']}").text
