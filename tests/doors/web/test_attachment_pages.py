"""Photographing a proof: chosen with the words, kept when the form comes back, looked at by the office."""

from __future__ import annotations

import io
import re

from tests.doors.loop import Loop
from tests.doors.web.test_applying_pages import at, looked_at, proven_programme
from tests.pictures import PLACE, jpeg, pdf, png


def photo(content: bytes, name: str = "张三身份证.jpg") -> tuple[io.BytesIO, str]:
    """Return a file as a form sends it, by a name that says too much."""
    return io.BytesIO(content), name


def test_photographs_of_an_application_from_the_telephone_to_the_desk(loop: Loop) -> None:
    programme_id = proven_programme(loop)
    sun, officer = at(loop, "sun"), at(loop, "shenhe")
    page = f"/my/offers/{programme_id}/application"
    looked_at(sun, page)
    fields = [each for tag, each in sun.page.tags if tag == "input" and each.get("type") == "file"]
    assert [each["accept"] for each in fields] == ["image/*,application/pdf"] * 2
    assert all("multiple" in each for each in fields)

    # one good photograph, one that is none: the good one and every word stay, nothing was filed
    typed = {"item-1": "失业证", "item-2": "独自抚养", "declared": "1"}
    sun.press("提交申请", **typed, **{"files-item-1": [photo(jpeg(6)), photo(b"<svg/>", "x.jpg")]})
    assert sun.answer.status_code == 422
    assert "这个文件不是照片，也不是 PDF" in sun.page.text
    assert "改文件名没有用" in sun.page.text
    assert "独自抚养" in sun.page.html
    assert "已收到：照片，1 KB" in sun.page.text
    assert loop["sun"].get("/applications").json["items"] == []
    kept = re.findall(r'name="kept-item-1" value="(\d+)" checked', sun.page.html)
    assert len(kept) == 1
    # the same photograph proves both, another is added
    again = {**typed, "kept-item-1": kept, "files-item-1": [photo(pdf())], "files-item-2": [photo(jpeg(6))]}
    sun.press("提交申请", **again)
    assert "已提交申请" in sun.page.text
    assert "我交的附件" in sun.page.text
    assert "办理人员看过 0 次" in sun.page.text
    own = [each for each in sun.page.links if each.startswith("/my/attachments/")]
    assert len(own) == 3
    assert sun.http.get(own[0]).data.startswith(b"\xff\xd8\xff")
    for login in ("li", "t1-admin"):
        assert at(loop, login).http.get(own[0]).status_code in (403, 404), login
    assert at(loop, "li").http.get(own[0]).status_code == 404

    officer.go("/office/applications")
    link = next(each for each in officer.page.links if each.startswith("/office/applications/"))
    looked_at(officer, link)
    files = [each for each in officer.page.links if each.startswith("/office/attachments/")]
    assert len(files) == 3
    assert "还没有人打开过" in officer.page.text
    looked_at(officer, files[0])
    assert "向右转" in officer.page.text
    picture = next(
        each["src"] for tag, each in officer.page.tags if tag == "img" and "attachments" in each["src"]
    )
    seen = officer.http.get(picture)
    assert seen.mimetype == "image/jpeg"
    assert PLACE not in seen.data
    assert "张三" not in seen.headers["Content-Disposition"]
    assert "shenhe的人" in looked_at(officer, files[0])
    assert "下载 PDF" in looked_at(officer, files[1])
    for login in ("zz-shenhe", "jiban", "jianguan", "t1-admin", "sun"):
        assert at(loop, login).http.get(picture).status_code == (404 if login == "zz-shenhe" else 403), login
        assert at(loop, login).http.get(files[0]).status_code == (404 if login == "zz-shenhe" else 403), login

    # taken back before the decision; the look stays
    sun.go("/my/applications")
    looked_at(sun, next(each for each in sun.page.links if each.startswith("/my/applications/")))
    assert "办理人员看过 1 次" in sun.page.text
    sun.press("撤下")
    assert "已撤下这份附件" in sun.page.text
    assert "本人已撤下" in looked_at(officer, link)
    assert "看附件 1" in officer.page.text
    assert "本人已撤下" in looked_at(officer, files[0])
    assert officer.http.get(picture).status_code == 404


def test_an_answer_comes_with_a_photograph_and_comes_back_with_it(loop: Loop) -> None:
    programme_id = proven_programme(loop)
    sun, officer = at(loop, "sun"), at(loop, "shenhe")
    sun.go(f"/my/offers/{programme_id}/application")
    sun.press("提交申请", **{"item-1": "失业证", "item-2": "独自抚养", "declared": "1"})
    officer.go("/office/applications")
    link = next(each for each in officer.page.links if each.startswith("/office/applications/"))
    officer.go(link)
    ask = next(name for name, _ in officer.page.form("要求补充说明")[0].values if name.startswith("ask-"))
    officer.press("要求补充说明", **{ask: "请拍照"})
    sun.go(link.replace("/office/", "/my/"))
    field = next(name for name, _ in sun.page.form("提交答复")[0].values if name.startswith("question-"))
    sun.press("提交答复", **{field: " ", f"files-{field}": [photo(png())]})
    assert "没有填写" in sun.page.text
    kept = re.findall(rf'name="kept-{field}" value="(\d+)" checked', sun.page.html)
    sun.press("提交答复", **{field: "见照片", f"kept-{field}": kept})
    assert "已答复" in sun.page.text
    assert "附件 1：图片" in looked_at(officer, link)
