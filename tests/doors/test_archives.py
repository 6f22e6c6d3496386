"""电子档案 at both doors: read, objected to and answered, shown by a code, printed, signed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.doors.loop import Loop
from tests.doors.telephone import furnish
from tests.doors.web.browser import Browser
from tests.doors.web.test_looks import find_doubled_ids, find_unlabelled
from tests.doors.web.test_worker_pages import at
from tests.doors.world import Client
from tests.scene import LI_SI, LIMITS, PROVINCE, write_csv
from voucher.doors.web import archive_paper
from voucher.registry.importing.frame import import_file
from voucher.registry.importing.honours import HonoursImporter
from voucher.registry.talents.awarding import confirm_awards
from voucher.rules.actor import Role

ON_SQLITE = pytest.mark.parametrize("loop", ["sqlite"], indirect=True)


@ON_SQLITE
def test_a_record_is_read_objected_to_shown_and_ended_on_the_pages(loop: Loop) -> None:
    furnish(loop.world)
    li = at(loop, "li")
    page = li.go("/my/archive")
    assert "发放培训券" in page.text
    assert "410702********9927" in page.text
    assert find_doubled_ids(page) + find_unlabelled(page) == []
    ref = loop["li"].get("/archive").json["entries"][0]["ref"]
    li.press("提出异议", ref=ref, said="我没有领过这张券")
    assert "异议编号 DA-00000001" in li.page.text
    desk = at(loop, "jiban")
    assert "DA-00000001" in desk.go("/desk/archive-objections").text
    assert "我没有领过这张券" in desk.go("/desk/archive-objections/1").text
    assert "没有找到这件档案异议" in at(loop, "zz-jiban").go("/desk/archive-objections/1").text
    officer = at(loop, "shenhe")
    officer.go("/desk/archive-objections/1")
    officer.press("答复", decision="dismiss", answer="发券单有您本人的领取记录")
    assert "已答复" in officer.page.text
    assert "没有待答复的档案异议" in desk.go("/desk/archive-objections").text
    assert "DA-00000001" in desk.go("/desk/archive-objections?state=answered").text
    assert "发券单有您本人的领取记录" in li.go("/my/archive").text

    li.go("/my/data")
    li.press("申请更正", kind="colour", said="x")
    assert "档案里没有这一条" in li.page.text
    page = li.press("申请更正", kind="identity", said="姓名应为“李肆”，户口簿有记录")
    assert "已申请更正，编号 DA-00000002" in page.text
    assert find_doubled_ids(page) + find_unlabelled(page) == []
    assert "待答复" in page.text
    assert "正在办理" in li.press("申请更正", kind="identity", said="还没有改").text
    assert "DA-00000002" in officer.go("/desk/archive-objections").text
    page = officer.go("/desk/archive-objections/2")
    assert "保存的信息：" in page.text
    assert "应为“李肆”" in page.text
    assert "身份更正由两人改正" in page.text.replace(" ", "")
    officer.press("答复", decision="uphold", answer="户口簿核对属实，已提出姓名更正")
    page = li.go("/my/data")
    assert "户口簿核对属实，已提出姓名更正" in page.text
    assert "成立" in page.text

    li.go("/my/archive/shares")
    li.press("出示", extent="trainings")
    code = loop["li"].get("/archive/shares").json["items"][0]["code"]
    assert code in li.page.text
    stranger = Browser(loop.world.visit().http)
    stranger.go("/check/archives")
    stranger.press("查看", code=code.replace(" ", ""), viewer="宏大机械公司")
    assert "李四" in stranger.page.text
    assert "410702********9927" in stranger.page.text
    assert "410702198511209927" not in stranger.page.text
    assert find_doubled_ids(stranger.page) + find_unlabelled(stranger.page) == []
    assert "宏大机械公司" in li.go("/my/archive/shares").text
    li.press("停止，立即生效")
    stranger.go("/check/archives")
    stranger.press("查看", code=code, viewer="宏大机械公司")
    assert "没有这个出示码，或已停止、过期" in stranger.page.text

    printed = loop["li"].http.get("/my/archive/paper")
    assert printed.mimetype == "application/pdf"
    assert printed.data.startswith(b"%PDF-1.7")


@ON_SQLITE
def test_an_honour_stands_in_the_record_is_objected_to_and_printed(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(loop.world)
    row: dict[str, object] = {
        "姓名": LI_SI[0], "证件号码": LI_SI[1], "荣誉": "河南省技术能手", "获得日期": "2023-12-20",
        "文件": "豫人社〔2023〕9号", "撤销日期": "", "撤销原因": "",
    }  # fmt: skip
    path = write_csv(loop.world.folder / "honours.csv", [row])
    loop.world.do("operator", lambda work: import_file(work, HonoursImporter, path, limits=LIMITS))
    loop.world.staff("sheng", Role.OFFICER_PROVINCE, region=PROVINCE)
    assert "获得荣誉" not in at(loop, "li").go("/my/archive").text, "what one person entered is no entry yet"
    loop.world.do("sheng", lambda work: confirm_awards(work, 1).id)
    li = at(loop, "li")
    assert "获得荣誉：河南省技术能手" in li.go("/my/archive").text
    (ref,) = (each["ref"] for each in loop["li"].get("/archive").json["entries"] if "荣誉" in each["title"])
    li.press("提出异议", ref=ref, said="这项荣誉是同名同事的")
    assert "异议编号 DA-00000001" in li.page.text
    li.press("提出异议", ref=ref, said="再说一遍")
    assert "正在办理" in li.page.text
    assert "没有找到这件档案异议" in at(loop, "shenhe").go("/desk/archive-objections/1").text
    officer = at(loop, "sheng")
    assert "获得荣誉：河南省技术能手" in officer.go("/desk/archive-objections/1").text
    officer.press("答复", decision="uphold", answer="经核对表彰名单，确属登记有误，已通知更正")
    assert "经核对表彰名单" in li.go("/my/archive").text, "an answer changes no entry and is read beside it"
    assert "获得荣誉：河南省技术能手" in li.page.text
    told: list[dict[str, Any]] = []

    def make(_template: Path, data: dict[str, Any], _at: datetime) -> bytes:
        told.append(data)
        return b"%PDF-1.7"

    monkeypatch.setattr(archive_paper, "make_pdf", make)
    assert loop["li"].http.get("/my/archive/paper").status_code == 200
    printed = [each for each in told[0]["entries"] if "荣誉" in each["title"]]
    assert [(each["mark"], ("文件", "豫人社〔2023〕9号") in each["facts"]) for each in printed] == [
        ("stands", True)
    ]


@ON_SQLITE
def test_programs_find_the_same_and_strangers_nothing(loop: Loop) -> None:
    zhang: Client = loop["zhang"]
    found = zhang.get("/archive").json
    assert (found["name"], found["masked_number"]) == ("张三", "410105********991X")
    ref = found["entries"][0]["ref"]
    filed = loop.done("zhang", "/archive/objections", {"ref": ref, "said": "不对"})
    assert loop["li"].get("/archive/objections").json["items"] == []
    assert [each["id"] for each in loop["jiban"].get("/archive/objections").json["items"]] == [filed["id"]]
    assert loop["zz-jiban"].get("/archive/objections").json["items"] == []
    answer = {"upheld": True, "answer": "已按更正办理"}
    for login, status in (("zhang", 403), ("jiban", 403)):
        told = loop[login].post(f"/archive/objections/{filed['id']}/answers", answer)
        assert told.status_code == status
    assert loop["shenhe"].post("/archive/objections/999/answers", answer).status_code == 404
    assert loop.done("shenhe", f"/archive/objections/{filed['id']}/answers", answer)["upheld"] is True

    made = loop.done("zhang", "/archive/shares", {"extent": "certificates"})
    shown = loop.world.visit().post("/archive/looks", {"code": made["code"], "viewer": "人才市场"})
    assert shown.status_code == 200
    assert shown.json["entries"] == [], "who has no certificate yet shows none"
    ending = f"/archive/shares/{made['id']}/endings"
    assert loop["li"].post(ending, {}).status_code == 404
    assert loop["zhang"].post(ending, {}).status_code == 201
    assert loop.world.visit().post("/archive/looks", {"code": made["code"], "viewer": "人才市场"}).json[
        "code"
    ] == ("archive_code_unknown")

    signed = loop.done("zhang", "/archive/credentials", {"extent": "trainings"})["credential"]
    document: Any = loop["zhang"].http.get("/.well-known/did.json").get_json(force=True)
    words = loop["zhang"].http.get("/.well-known/tv/archive.jsonld")
    assert words.mimetype == "application/ld+json"
    method = next(
        each
        for each in document["verificationMethod"]
        if each["id"] == jwt.get_unverified_header(signed)["kid"]
    )
    credential = jwt.decode(signed, jwt.PyJWK(method["publicKeyJwk"]), algorithms=["ES256"])
    assert credential["issuer"] == document["id"] == "did:web:127.0.0.1%3A8000"
    # what a visitor writes into the Host header signs nothing
    lied: Any = loop["zhang"].http.get("/.well-known/did.json", headers={"Host": "evil.example"})
    assert lied.get_json(force=True)["id"] == document["id"]
    used = {key for each in credential["credentialSubject"]["entries"] for key in each}
    context: Any = words.get_json(force=True)
    assert used <= set(context["@context"])
    # whether it was taken back is asked in public, kept for a while, and asked again by its tag
    entry = credential["credentialStatus"]
    path = entry["statusListCredential"].removeprefix("https://127.0.0.1:8000")
    asked: Any = loop["zhang"].http.get(path)
    assert (asked.status_code, asked.mimetype) == (200, "application/vc+jwt")
    assert asked.cache_control.public
    again: Any = loop["zhang"].http.get(path, headers={"If-None-Match": asked.headers["ETag"]})
    assert again.status_code == 304
    assert loop["zhang"].http.get("/.well-known/tv/vc-status/9").status_code == 404
    # its owner finds it, and takes it back for good; to anybody else it is not there
    (kept,) = zhang.get("/archive/credentials").json["items"]
    assert (kept["extent"], kept["ended_at"], "credential" in kept) == ("trainings", None, False)
    recalls = f"/archive/credentials/{kept['id']}/recalls"
    assert loop["li"].get("/archive/credentials").json["items"] == []
    assert loop["li"].post(recalls, {}).json["code"] == "archive_credential_missing"
    assert loop.done("zhang", recalls, {})["why_ended"] == "recalled"
    assert zhang.post(recalls, {}).status_code == 404
