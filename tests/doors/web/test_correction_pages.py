"""身份更正 at the pages: proposed by one, approved or turned down by another; told on 我的."""

from __future__ import annotations

from tests.doors.loop import Loop
from tests.doors.web.browser import Browser, Office
from tests.doors.web.test_office_pages import owes_its_reader_nothing, refusal
from tests.scene import LI_SI, SUN_BA, ZHANG_SAN, staff_number
from voucher.rules.actor import Role

NEW = staff_number("650104199308089940")
PROPOSED = {
    "present_number": SUN_BA[1],
    "new_number": NEW,
    "former_use": "wrong",
    "number_evidence": "济公证〔2024〕第 12 号",
}
MASKED = f"{NEW[:6]}********{NEW[-4:]}"


def test_a_name_is_seen_whole_by_whoever_decides_and_may_be_turned_down(office: Office) -> None:
    officer, other, operator = office.at("初审员"), office.at("复核员"), office.at("operator")
    owes_its_reader_nothing(officer.go("/identity-corrections"))
    page = officer.press("提出姓名更正", number=SUN_BA[1], new_name="孙九", evidence="证明")
    assert "已提出更名，等待另一人审核" in page.text
    assert "您提出的须由另一名审核人员对照依据核对" in page.text
    assert "孙九" not in operator.go("/identity-corrections/names/1").text
    assert "身份更正待审核" in other.go("/desk").text
    page = other.go("/identity-corrections")
    assert "孙九" not in page.text, "a list shows nobody whole"
    assert "/identity-corrections/names/1" in page.links
    owes_its_reader_nothing(other.go("/identity-corrections/names/1"))
    assert "孙九" in other.page.text
    assert "“退回的理由”填写有误" in refusal(other.press("退回"))
    page = other.press("退回", why="证明是别人的")
    assert "更名已退回，理由已留痕" in page.text
    assert "没有待审核的更正" in page.text
    assert "证明是别人的" in other.go("/identity-corrections/names/1").text
    assert "审核通过" not in other.page.text
    assert "孙九" not in other.page.text
    other.go("/identity-corrections/names/9")
    assert other.answer.status_code == 404


def test_a_number_is_typed_again_from_the_paper_and_never_shown(office: Office) -> None:
    officer, other = office.at("初审员"), office.at("复核员")
    officer.go("/identity-corrections")
    for change, words in (
        ({"new_number": SUN_BA[1]}, "新证件号码与现用号码相同"),
        ({"new_number": LI_SI[1]}, "已登记在另一个人名下"),
        ({"new_number": NEW[:17]}, "格式不正确"),
        ({"present_number": NEW}, "没有登记过这个人"),
        ({"former_use": ""}, "“更正的原因”填写有误：没有填写"),
        ({"number_evidence": ""}, "“更正依据”填写有误：没有填写"),
    ):
        page = officer.press("提出号码更正", **{**PROPOSED, **change})
        assert words in refusal(page)
        assert not any(number in page.html for number in (NEW, SUN_BA[1], LI_SI[1]))
    assert "转人工" in refusal(officer.press("提出号码更正", **{**PROPOSED, "new_number": LI_SI[1]}))
    page = officer.press("提出号码更正", **PROPOSED)
    owes_its_reader_nothing(page)
    assert MASKED in page.text
    assert "审核通过" not in page.text
    officer.go("/identity-corrections")
    assert "已有一件待审核的号码更正" in refusal(officer.press("提出号码更正", **PROPOSED))

    owes_its_reader_nothing(other.go("/identity-corrections/numbers/1"))
    assert "登记时录入有误" in other.page.text
    assert "输入的号码与提出的新号码不一致" in refusal(other.press("审核通过", typed=ZHANG_SAN[1]))
    page = other.press("审核通过", typed=f" {NEW.lower()} ")
    assert "号码更正已审核通过" in page.text
    assert NEW not in page.html
    assert "已审核" in other.go("/identity-corrections/numbers/1").text
    officer.go("/identity-corrections")
    officer.press("提出号码更正", **{**PROPOSED, "present_number": NEW, "new_number": SUN_BA[1]})
    other.go("/identity-corrections")
    other.go(next(each for each in other.page.links if "/numbers/" in each))
    assert "号码更正已退回，理由已留痕" in other.press("退回", why="号码已经更正过").text


def test_my_page_says_what_was_corrected_and_when(loop: Loop) -> None:
    li, shenhe = Browser(loop["li"].http), Browser(loop["shenhe"].http)
    assert "已由" not in li.go("/my/profile").text
    new = staff_number("410702198511209940")
    shenhe.go("/identity-corrections")
    shenhe.press(
        "提出号码更正",
        present_number=LI_SI[1],
        new_number=new,
        former_use="changed",
        number_evidence="济源公安证明 7 号",
    )
    loop.world.staff("fuhe2", Role.OFFICER_CITY)
    other = Browser(loop.world.sign_in("fuhe2").http)
    other.go("/identity-corrections/numbers/1")
    other.press("审核通过", typed=new)
    page = li.go("/my/profile")
    masked = [f"{each[:6]}********{each[-4:]}" for each in (LI_SI[1], new)]
    assert f"证件号码已由 {masked[0]} 更正为 {masked[1]}" in page.text
    assert new not in page.html
    assert "券、证书和享受过的补贴仍是您的" in page.text
