"""Reviewing a batch: what a rule gave a caution about is passed one by one; one line may be stopped."""

from __future__ import annotations

import re

import pytest

from tests.doors.web.browser import Office
from tests.doors.web.test_office_pages import refusal
from tests.doors.web.test_whole_way import settle, sign
from tests.stages.oversee.test_risk_flags import planted, raised
from voucher.plumbing.unit_of_work import Work
from voucher.stages.settle.models.claims import SettlementLine

CAUTION = {"mark": "!", "text": "同一天另有一次考试", "source": "S2-16c"}


def caution(office: Office, *positions: int, taken_off: bool = False) -> None:
    """Let a rule have given a caution about lines of the first batch, or none."""

    def act(work: Work) -> None:
        for line in work.session.query(SettlementLine).where(SettlementLine.position.in_(positions)):
            others = [each for each in line.findings if each != CAUTION]
            line.findings = others if taken_off else [*others, CAUTION]

    office.scene.do("operator", act)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_line_with_a_caution_is_passed_alone_and_all_others_together(office: Office) -> None:
    batch = settle(office)
    caution(office, 2)
    first = office.at("初审员")
    page = first.go(batch)
    assert "提示 1 项" in page.text
    assert "有提示的 1 条须逐条办理" in page.text
    asked = first.press("初审通过", claim=["1", "2"])
    assert "其中1条有提示，不能成批通过" in refusal(asked)
    first.go(batch)
    asked = first.press("初审通过")
    assert "2 条（其余待办的全部）" in asked.text
    assert "另有 1 条有提示，不在本次之内" in asked.text
    assert "初审通过：2 条" in first.press("确认初审通过", opinion="经核对无误").text
    first.go(batch)
    asked = first.press("初审通过", claim="2")
    assert "这一条有提示，请核实后再通过" in asked.text
    assert "同一天另有一次考试" in asked.text
    assert "初审通过：1 条" in first.press("确认初审通过", opinion="已核实签到表").text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_lines_with_a_caution_are_passed_one_after_another_with_the_count_left(office: Office) -> None:
    batch = settle(office)
    caution(office, 1, 3)
    first = office.at("初审员")
    page = first.go("/claims/1")
    assert "本批待初审的有提示 2 条，这是第 1 条；办完自动打开下一条" in page.text
    first.press("初审通过")
    page = first.press("确认初审通过", opinion="已核实签到表")
    assert first.answer.request.path == "/claims/3"
    assert "初审通过：1 条，" in page.text
    assert "。还有 1 条有提示的待办，这是下一条" in page.text
    first.press("初审通过")
    page = first.press("确认初审通过", opinion="已核实签到表")
    assert first.answer.request.path == batch
    assert "本批有提示的已逐条办完" in page.text
    assert "1 条" in first.press("初审通过").text, "the one without a caution is left for the batch"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_left_is_said_as_it_is_and_nobody_is_led_back_or_to_what_is_not_theirs(
    office: Office,
) -> None:
    batch = settle(office)
    caution(office, 1, 2, 3)
    officer, first = office.at("复核员"), office.at("初审员")
    officer.go("/claims/2/hold")
    officer.press("确认待处置", why="群众反映替考")
    page = first.go("/claims/3")
    assert "有提示 2 条，这是第 2 条" in page.text
    assert "办完自动打开下一条" not in page.text, "none comes after it"
    first.press("初审通过")
    page = first.press("确认初审通过", opinion="已核实签到表")
    assert first.answer.request.path == batch
    assert "后面没有了，前面还有 1 条有提示的没有办理，另有 1 条停住" in page.text
    first.go("/claims/1")
    first.press("初审通过")
    page = first.press("确认初审通过", opinion="已核实签到表")
    assert "有提示的、能由您办理的已逐条办完，另有 1 条停住" in page.text
    assert "本批有提示的已逐条办完" not in page.text

    officer.go("/claims/2/close-hold")
    officer.press("确认结束待处置", why="查无实据")
    caution(office, 2, taken_off=True)
    first.go("/claims/2")
    first.press("初审通过")
    page = first.press("确认初审通过", opinion="经核对无误")
    assert first.answer.request.path == batch
    assert "初审通过：1 条" in page.text
    assert "办完" not in page.text, "no rule gave a caution about this one"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_one_claim_is_stopped_until_it_has_been_looked_into(office: Office) -> None:
    batch = settle(office)
    officer = office.at("复核员")
    officer.go("/claims/2/hold")
    assert "没有填写" in refusal(officer.press("确认待处置", why=""))
    assert "待处置：群众反映替考" in officer.press("确认待处置", why="群众反映替考").text
    assert "群众反映替考" in officer.go("/office/holds").text
    first = office.at("初审员")
    first.go(batch)
    asked = first.press("初审通过")
    assert "另有 1 条待处置，不在本次之内" in asked.text
    assert "初审通过：2 条" in first.press("确认初审通过", opinion="经核对无误").text
    first.go(batch)
    first.press("初审通过", claim="2")
    assert "暂停办理" in refusal(first.press("确认初审通过", opinion="经核对无误"))
    officer.go("/claims/2/close-hold")
    assert "处置已结束" in officer.press("确认结束待处置", why="查无实据").text
    officer.go("/claims/2/close-hold")
    officer.press("确认结束待处置", why="再来一次")
    assert officer.answer.status_code == 404
    assert "初审通过：1 条" in sign(office, "初审员", batch, "初审")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_a_risk_flag_stopped_goes_on_with_its_conclusion_only(office: Office) -> None:
    settle(office)
    raised(office.scene, [planted("teacher", "1/某", 1, stops=(("claim", "2"),))])
    officer = office.at("复核员")
    page = officer.go("/claims/2")
    assert "风险线索 1（教师分身）" in page.text
    assert not [each for each in page.links if each.endswith("/close-hold")]
    officer.go("/claims/2/close-hold")
    said = refusal(officer.press("确认结束待处置", why="查无实据"))
    assert "这是由风险线索1（教师分身）停住的，线索待分派，不能单独结束待处置" in said
    assert "请由监管人员对线索下结论" in said
    assert "风险线索 1（教师分身）" in officer.go("/office/holds").text


def tabs(office: Office, login: str) -> list[str]:
    """Return the tabs of the list of batches with their counts, as somebody who signs sees them."""
    return re.findall(r"(?:待我审|已审|全部) ?\d+", office.at(login).go("/batches").text)


def test_what_waits_for_me_what_i_signed_and_everything_are_tabs_with_counts(office: Office) -> None:
    batch = settle(office)
    assert tabs(office, "初审员") == ["待我审1", "已审0", "全部1"]
    assert tabs(office, "审批员") == ["待我审0", "已审0", "全部1"]
    assert tabs(office, "operator") == []
    sign(office, "初审员", batch, "初审")
    # the same office gives both reviews here, by two different people
    assert tabs(office, "初审员") == ["待我审0", "已审1", "全部1"]
    assert tabs(office, "复核员") == ["待我审1", "已审0", "全部1"]
    first = office.at("初审员")
    assert "现在没有等您审核的批次" in first.go("/batches?tab=mine").text
    signed = first.go("/batches?tab=signed")
    assert "共 1 批" in signed.text
    assert "每页 20 批" in signed.text
    assert "剩 5 个工作日" in signed.text
    assert "您还没有审核过批次" in office.at("复核员").go("/batches?tab=signed").text
    assert "没有符合条件的批次" in first.go("/batches?tab=signed&state=closed").text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whoever_decides_one_line_is_led_to_the_next_that_waits(office: Office) -> None:
    settle(office)
    first = office.at("初审员")
    page = first.go("/claims/1")
    assert "剩 5 个工作日" in page.text
    first.press("初审通过")
    page = first.press("确认初审通过", opinion="齐全")
    assert "这是本批下一条" in page.text
    assert first.answer.request.path == "/claims/2"
    first.go("/claims/3")
    first.press("初审通过")
    page = first.press("确认初审通过", opinion="齐全")
    assert first.answer.request.path.startswith("/batches/")
    assert "这是本批下一条" not in page.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_page_of_money_carries_who_looks_with_their_last_four_and_when(office: Office) -> None:
    batch = settle(office)
    page = office.at("初审员").go(batch)
    (words,) = {told["data-words"] for _, told in page.tags if "data-words" in told}
    name, last, *when = words.split()
    assert (name, len(last), len(when)) == ("初审员", 4, 2)
