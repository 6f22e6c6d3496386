"""Names: one spelling each, no character lost, nobody taken for somebody else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.errors import Refused
from voucher.rules.names import may_encode, normalise_name, same_name

QUIET = settings(max_examples=150, deadline=None)
han = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (" 张三\u3000", "张三"),
        ("张 三", "张三"),
        ("张\u3000\u3000三", "张三"),
        ("古丽娜尔•阿不都", "古丽娜尔·阿不都"),
        ("古丽娜尔・阿不都", "古丽娜尔·阿不都"),
        ("古丽娜尔‧阿不都", "古丽娜尔·阿不都"),
        ("古丽娜尔.阿不都", "古丽娜尔·阿不都"),
        ("古丽娜尔 · 阿不都", "古丽娜尔·阿不都"),
        ("王䶮", "王䶮"),
        ("\u200b王䶮\ufeff", "王䶮"),
        ("〇一", "〇一"),
        ("𠮷田", "𠮷田"),
        ("John  A. Smith".replace(".", ""), "John A Smith"),
        ("O'Brien-Lee", "O'Brien-Lee"),
        ("Ame\u0301lie", "Amélie"),
    ],
)
def test_a_name_has_one_spelling(written: str, name: str) -> None:
    assert normalise_name(written) == name


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("", "未填写"),
        (" \u3000", "未填写"),
        ("张3", "数字"),
        ("41010519900315991X", "数字"),
        ("张３", "数字"),
        ("王?", "无法识别"),
        ("王\ufffd", "无法识别"),
        ("=cmd()", "无法识别"),
        ("王\ue863", "无法识别"),
        ("张" * 51, "超过50个字"),
        ("··", "没有文字"),
    ],
)
def test_what_is_no_name_is_refused_with_the_problem_named(written: str, problem: str) -> None:
    with pytest.raises(Refused) as caught:
        normalise_name(written)
    refusal = caught.value.refusal
    assert refusal.code == "name_malformed"
    assert problem in refusal.title
    assert len(written) < 3 or written not in refusal.sentence


def test_the_longest_name_passes() -> None:
    assert normalise_name("张" * 50) == "张" * 50


def test_the_same_name_in_other_spellings_and_other_names_that_look_alike() -> None:
    assert same_name("古丽娜尔•阿不都", " 古丽娜尔·阿不都")
    assert same_name("JOHN Smith", "john  smith")
    assert not same_name("张三", "张叁")
    assert not same_name("张三", "张三丰")
    assert not same_name("", "")


@given(han)
@QUIET
def test_a_chinese_name_keeps_every_character(name: str) -> None:
    assert normalise_name(name) == name
    assert normalise_name(" ".join(name)) == name
    assert same_name(name, f" {name} ")


@given(st.text(max_size=60))
@QUIET
def test_any_text_is_a_name_in_one_spelling_or_refused(text: str) -> None:
    try:
        name = normalise_name(text)
    except Refused:
        return
    assert normalise_name(name) == name


def test_a_rare_character_fits_in_one_bank_file_and_not_in_another() -> None:
    assert not may_encode("王䶮", "gbk")
    assert may_encode("王䶮", "gb18030")
    assert may_encode("古丽娜尔·阿不都", "gbk")
    with pytest.raises(LookupError):
        may_encode("张三", "no-such-encoding")
