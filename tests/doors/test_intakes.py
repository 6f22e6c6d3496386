"""开班名册 at both doors: put on and struck off by the desk, read masked by the office."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from tests.doors.loop import LI_SI, ZHANG_SAN, Loop
from tests.doors.test_access_stages import NOBODY
from tests.doors.web.test_worker_pages import at
from tests.doors.world import refused_with
from voucher.doors.web.institution.intakes import HEADINGS
from voucher.plumbing.spreadsheets.writing import Sheet, write_workbook

pytestmark = pytest.mark.parametrize("loop", ["sqlite"], indirect=True)


def test_an_intake_is_filed_by_the_desk_and_read_masked_by_the_office(loop: Loop) -> None:
    class_id = loop.ids["draft_class"]
    path, desk = f"/classes/{class_id}/intakes", at(loop, "t1-admin")
    page = desk.go(f"/institution/classes/{class_id}")
    assert "没有报，有券的都可以报名" in page.text
    page = desk.go(f"/institution/classes/{class_id}/intake")
    assert "名册可以不报" in page.text
    page = desk.press("列入名册", people=f"张三 {ZHANG_SAN[1]}\n李四 410702198511209926")
    assert "第 2 行：" in page.text, "a number that is none is told by its line"
    page = desk.press("列入名册", people=f"张三 {ZHANG_SAN[1]}\n李肆 {LI_SI[1]}")
    assert "名册中有 1 人不能列入，没有保存任何人：第 2 人（李*）" in page.text
    assert f"李肆 {LI_SI[1]}" in page.html, "nothing typed is lost"
    unreadable = "李四 410702198511209926"
    page = desk.press("列入名册", people=f"乱写的\n{unreadable}", partial="1")
    assert "第 1 行：应为" in page.text, "nobody who could be read is nobody listed"
    assert unreadable in page.html
    pasted = f"乱写的\n张三 {ZHANG_SAN[1]}\n李肆 {LI_SI[1]}\n\n{unreadable}\n张三 {ZHANG_SAN[1]}"
    page = desk.press("列入名册", people=pasted, partial="1")
    assert "已列入 1 人，2 人没有列入：第 3 行：" in page.text
    assert "第 6 行：与第 2 行是同一人" in page.text
    assert "2 行读不出、没有列入：第 1 行：应为“姓名 证件号码”，可再加手机号；第 5 行：" in page.text
    assert "请改好这些行，只导入这几行" in page.text
    assert unreadable.split()[1] not in page.html, "no number is repeated"
    assert "本班按名册开班：只有名册上的人能报名" in page.text

    person = {"name": LI_SI[0], "number": LI_SI[1]}
    body = {"people": [person, person]}
    heard = refused_with(loop["t1-admin"].post(path, body), 409, "class_intake_refused")
    assert heard["lines"][0]["place"] == 2
    # one nobody can read is told by place as well, and keeps the others off only where nobody asked for them
    wrong = [{"name": "李四", "number": "410702198511209926"}, {"name": "", "number": "", "mobile": ""}]
    mixed = {"people": [wrong[0], {"name": ZHANG_SAN[0], "number": ZHANG_SAN[1]}, wrong[1]]}
    heard = refused_with(loop["t1-admin"].post(path, mixed), 409, "class_intake_refused")
    expected = [(1, "identity_check_digit"), (3, "identity_malformed")]
    assert [(each["place"], each["code"]) for each in heard["lines"]] == expected
    skipped = loop["t1-admin"].post(path, {**mixed, "skip_refused": True}).json
    assert (skipped["added"], skipped["people"]) == (0, 1), "the one readable stands on it already"
    assert [(each["place"], each["code"]) for each in skipped["left_out"]] == expected
    assert all(each["title"] and each["next_step"] for each in skipped["left_out"])
    assert wrong[0]["number"] not in str(skipped)
    taken = loop["t1-admin"].post(path, {"people": [person]}, key="i1").json
    assert (taken["added"], taken["people"], taken["left_out"]) == (1, 2, [])
    assert loop["t1-admin"].post(path, {"people": [person]}, key="i1").json == taken
    shown = loop["shenhe"].get(f"{path}?limit=1").json
    assert (shown["items"][0]["masked_name"], shown["items"][0]["is_seated"]) == ("张*", False)
    assert ZHANG_SAN[1] not in str(shown)
    assert shown["next_cursor"] is not None
    # another institution, another region, nobody's class: as good as missing; the counter files no intake
    for login in ("t2-admin", "zz-shenhe"):
        refused_with(loop[login].get(path), 404, "class_missing")
    removal = {"entry_id": shown["items"][0]["id"]}
    for deed, what in (("intakes", body), ("intake-removals", removal)):
        refused_with(loop["t2-admin"].post(f"/classes/{class_id}/{deed}", what), 404, "class_missing")
        refused_with(loop["t1-admin"].post(f"/classes/{NOBODY}/{deed}", what), 404, "class_missing")
        refused_with(loop["t1-scan"].post(f"/classes/{class_id}/{deed}", what), 403, "role_missing")
    assert loop["t1-admin"].post(f"/classes/{class_id}/intake-removals", removal).json == {"people": 1}

    page = desk.go(f"/institution/classes/{class_id}")
    assert "开班名册（1 人）" in page.text
    loop.done("t1-admin", f"/classes/{class_id}/filings", {"promised": True})
    assert "审核期间名册不能改" in desk.go(f"/institution/classes/{class_id}/intake").text
    office = at(loop, "shenhe")
    page = office.go(f"/office/classes/{class_id}")
    assert "1 人，看名册" in page.text
    assert "开班名册 1 人，坐得下" in page.text
    assert "李*" in office.go(f"/office/class-intakes/{class_id}").text
    loop.done("shenhe", f"/classes/{class_id}/reviews", {"decision": "pass", "opinion": "齐全"})
    assert "准予开班时 1 人" in desk.go(f"/institution/classes/{class_id}/intake").text
    assert "已从开班名册去掉" in desk.press("去掉李*").text
    assert "本班按名册开班" in desk.go(f"/institution/classes/{class_id}/intake").text, "empty is not open"
    assert "0 人，只收名册上的人" in desk.go(f"/institution/classes/{class_id}").text
    assert "准予开班的名册 1 人，之后补入 0 人、去掉" in office.go(f"/office/classes/{class_id}").text
    assert "名册上没有人了" in office.go(f"/office/class-intakes/{class_id}").text


def test_whoever_never_asked_for_a_class_says_so_with_one_tap_and_the_office_answers(loop: Loop) -> None:
    class_id = loop.ids["draft_class"]
    path, desk = f"/classes/{class_id}/intakes", at(loop, "t1-admin")
    named = [{"name": name, "number": number} for name, number in (ZHANG_SAN, LI_SI)]
    loop.done("t1-admin", path, {"people": named})
    zhang, office = at(loop, "zhang"), at(loop, "shenhe")
    assert "没有机构把您写进名册" in zhang.go("/my/intakes").text, "a draft is nobody's business yet"
    loop.done("t1-admin", f"/classes/{class_id}/filings", {"promised": True})

    page = zhang.go("/my")
    assert "名册上写了您" in page.text
    page = zhang.press("不是我，我没报这个班")
    assert "名册上的您先停住，谁也不能用它报名" in page.text
    assert "您说“不是我”，正在核实" in page.text
    assert "不是我，我没报这个班" not in page.text
    assert "名册上写了您" not in zhang.go("/my").text
    zhang.go("/my/intakes")
    assert "已恢复" in zhang.press("是我弄错了").text
    assert "先停住" in zhang.press("不是我，我没报这个班").text
    assert "本人说不是我，核实中" in desk.go(f"/institution/classes/{class_id}/intake").text
    assert "1 人反映“不是我”，还没有答复" in office.go(f"/office/classes/{class_id}").text
    assert "名册反映（不是我）待答复" in office.go("/desk").text
    page = office.go("/office/intake-denials?state=open")
    assert "张*" in page.text
    assert ZHANG_SAN[1] not in page.html
    case = loop["shenhe"].get("/intake-denials?state=open").json["items"][0]
    assert loop["zz-shenhe"].get("/intake-denials").json["items"] == []
    own = loop["zhang"].get("/intake-entries").json["items"][0]
    assert (own["denial"]["number"], own["may_deny"]) == (case["number"], False)
    deeds: tuple[tuple[str, str, dict[str, Any], str], ...] = (
        ("li", "/intake-denials", {"entry_id": own["entry_id"]}, "class_intake_not_mine"),
        ("li", f"/intake-denials/{case['id']}/withdrawals", {}, "class_intake_denial_missing"),
        (
            "zz-shenhe",
            f"/intake-denials/{case['id']}/answers",
            {"upheld": False, "answer": "外地"},
            "class_intake_denial_missing",
        ),
        (
            "zz-shenhe",
            f"/classes/{class_id}/intake-strikes",
            {"entry_id": own["entry_id"], "why": "unable"},
            "class_missing",
        ),
    )
    for login, where, body, code in deeds:
        refused_with(loop[login].post(where, body), 404, code)
    page = office.press("答复", upheld="true", answer="机构说明误列")
    assert "已答复：属实" in page.text
    page = zhang.go("/my/intakes")
    assert "属实，已经从名册去掉" in page.text
    assert "机构说明误列" in page.text

    # the office strikes another off, with a reason the institution reads and cannot undo
    freely = {"entry_id": own["entry_id"], "why": "此人在押"}
    refused_with(loop["shenhe"].post(f"/classes/{class_id}/intake-strikes", freely), 422, "body_invalid")
    page = office.go(f"/office/class-intakes/{class_id}")
    assert "李*" in page.text
    assert "已从开班名册去掉" in office.press("从名册去掉", why="elsewhere").text
    loop.done("shenhe", f"/classes/{class_id}/reviews", {"decision": "return", "opinion": "名册不实"})
    page = desk.go(f"/institution/classes/{class_id}/intake")
    assert "人社部门去掉的" in page.text
    assert "已在别处参加培训" in page.text
    heard = refused_with(loop["t1-admin"].post(path, {"people": named}), 409, "class_intake_refused")
    assert {each["code"] for each in heard["lines"]} == {"class_intake_struck_off"}


def test_an_empty_intake_is_handed_out_filled_in_and_read_back(loop: Loop) -> None:
    class_id, desk = loop.ids["draft_class"], at(loop, "t1-admin")
    page = desk.go(f"/institution/classes/{class_id}/intake")
    assert "下载空白名册表格" in page.text
    blank = desk.http.get("/institution/intake-template.xlsx").data
    assert CalamineWorkbook.from_filelike(BytesIO(blank)).get_sheet_by_name("开班名册").to_python() == [
        ["姓名", "证件号码", "手机号"]
    ]
    filled = BytesIO()
    rows: tuple[list[str | None], ...] = ([*ZHANG_SAN, None], [LI_SI[0], "410702198511209926", None])
    sheets = [Sheet("开班名册", HEADINGS, rows), Sheet("填写说明", HEADINGS, ())]
    write_workbook(filled, sheets, created_at=datetime.now(UTC))
    filled.seek(0)
    page = desk.press("列入名册", people="", roster=(filled, "开班名册.xlsx"))
    assert "第 3 行：证件号码" in page.text, "one row keeps everybody off"
    assert "名册上 0 人" in page.text
    # with the others asked for, a file keeps its readable rows as a paste does, and tells each by its row
    filled = BytesIO()
    rows = (
        ["", "", None],
        [*ZHANG_SAN, None],
        ["李肆", LI_SI[1], None],
        [LI_SI[0], "410702198511209926", None],
    )
    write_workbook(filled, [Sheet("开班名册", HEADINGS, rows)], created_at=datetime.now(UTC))
    filled.seek(0)
    page = desk.press("列入名册", people="", roster=(filled, "开班名册.xlsx"), partial="1")
    assert "已列入 1 人，1 人没有列入：第 4 行：" in page.text
    assert "1 行读不出、没有列入：第 5 行：证件号码" in page.text
    assert "名册上 1 人" in page.text
