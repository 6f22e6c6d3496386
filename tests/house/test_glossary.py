"""One English word per Chinese term, and a line for everything that has a life."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.house.source import PROJECT
from voucher.rules.lifecycle import THING_NAMES, Thing

LINE = re.compile(r"^\| ([^|]*[\u3400-\u9fff][^|]*) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
HEADINGS = frozenset({"中文"})


def read_glossary(text: str) -> list[tuple[str, str]]:
    """Return the lines of the glossary as Chinese term and English word."""
    return [(chinese, english) for chinese, english, _ in LINE.findall(text) if chinese not in HEADINGS]


def find_double_terms(text: str) -> list[str]:
    """Return the Chinese terms that stand in more than one line."""
    return [term for term, count in Counter(term for term, _ in read_glossary(text)).items() if count > 1]


def find_double_words(text: str) -> list[str]:
    """Return the English words that stand for more than one Chinese term."""
    return [word for word, count in Counter(word for _, word in read_glossary(text)).items() if count > 1]


@pytest.fixture
def text() -> str:
    return (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8")


def test_every_term_has_one_word_and_every_word_one_term(text: str) -> None:
    assert find_double_terms(text) == []
    assert find_double_words(text) == []


@pytest.mark.parametrize("thing", list(Thing))
def test_whatever_has_a_life_has_its_line(thing: Thing, text: str) -> None:
    assert (THING_NAMES[thing], thing.value.replace("_", " ")) in read_glossary(text)


def test_a_second_word_for_a_term_is_caught(text: str) -> None:
    assert find_double_terms(text + "| 申领 | application | a second word |\n") == ["申领"]
    assert find_double_words(text + "| 申请单 | claim | a second term |\n") == ["claim"]
