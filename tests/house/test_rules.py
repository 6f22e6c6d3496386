"""Any rule in thirty seconds: number, legal source, first day; every refusal says in Chinese what to do."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

import voucher
from tests.house.source import VOUCHER, dotted, plant, rooms
from voucher.rules.errors import Family, Reason, list_reasons, reason
from voucher.rules.register import list_rules, rule

# the register, the family of refusals and the tables are what rules are made of, no rules themselves
WITHOUT_NUMBER = ("register.py", "errors.py", "actor.py", "lifecycle/")
STAGES = frozenset({"通用", "发券", "培训", "评价", "持证", "兑现", "监管"})
NUMBER = re.compile(r"[A-Z]{3}-\d{2}[a-z]?")
CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
CHINESE = re.compile(r"[\u3400-\u9fff]")


def find_unregistered(root: Path) -> list[str]:
    """Return the public functions under rules/ that carry no @rule with number, stage, source and since."""
    return [
        room.sin(node, node.name)
        for room in rooms(root / "rules")
        if not room.path.startswith(WITHOUT_NUMBER)
        for node in room.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not _is_rule(node)
    ]


def find_shared_numbers(root: Path) -> list[str]:
    """Return the rule numbers written more than once."""
    numbers = [
        keyword.value.value
        for room in rooms(root)
        for call in room.calls()
        if dotted(call.func).endswith("rule")
        for keyword in call.keywords
        if keyword.arg == "number" and isinstance(keyword.value, ast.Constant)
    ]
    return [str(number) for number, count in Counter(numbers).items() if count > 1]


def find_shared_codes(root: Path) -> list[str]:
    """Return the refusal codes declared more than once, and those a reader cannot see at the declaration."""
    codes: list[str] = []
    hidden: list[str] = []
    for room in rooms(root):
        for call in room.calls():
            if dotted(call.func) not in {"reason", "errors.reason"} or room.path == "rules/errors.py":
                continue
            given = [*call.args[:1], *(each.value for each in call.keywords if each.arg == "code")]
            if given and isinstance(given[0], ast.Constant):
                codes.append(str(given[0].value))
            else:
                hidden.append(room.sin(call, "the code is not written out"))
    return [code for code, count in Counter(codes).items() if count > 1] + hidden


def find_poor_reasons(reasons: Iterable[Reason]) -> list[str]:
    """Return the codes of refusals that leave a Chinese reader without title, next step or source."""
    return [
        each.code
        for each in reasons
        if not (
            CODE.fullmatch(each.code)
            and CHINESE.search(each.title)
            and CHINESE.search(each.next_step)
            and each.source.strip()
        )
    ]


def _is_rule(function: ast.FunctionDef) -> bool:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and dotted(decorator.func).rsplit(".", 1)[-1] == "rule":
            return {keyword.arg for keyword in decorator.keywords} >= {"number", "stage", "source", "since"}
    return False


def load_everything() -> None:
    """Import every module of the house, so that every rule and every refusal has been declared."""
    for found in pkgutil.walk_packages(voucher.__path__, "voucher."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)


def test_every_public_rule_is_registered() -> None:
    assert find_unregistered(VOUCHER) == []


def test_rule_numbers_and_refusal_codes_are_unique() -> None:
    assert find_shared_numbers(VOUCHER) == []
    assert find_shared_codes(VOUCHER) == []


def test_every_rule_has_a_number_a_stage_a_source_and_a_day() -> None:
    load_everything()
    rules = list_rules()
    assert rules
    assert [each.number for each in rules if not NUMBER.fullmatch(each.number)] == []
    assert [each.number for each in rules if each.stage not in STAGES] == []
    assert [each.number for each in rules if len(each.source.strip()) < 4] == []
    assert [each.number for each in rules if not date(1990, 1, 1) <= each.since <= date(2027, 1, 1)] == []


def test_every_refusal_says_in_chinese_what_is_wrong_and_what_to_do() -> None:
    load_everything()
    assert list_reasons()
    assert find_poor_reasons(list_reasons()) == []


@pytest.mark.parametrize(
    "source",
    [
        "def may_pay() -> bool: ...\n",
        "@cache\ndef may_pay() -> bool: ...\n",
        "@rule(number='PAY-01', stage='兑现', since=date(2024, 1, 1))\ndef may_pay() -> bool: ...\n",
    ],
)
def test_an_unregistered_rule_is_caught(source: str, tmp_path: Path) -> None:
    assert len(find_unregistered(plant(tmp_path, "rules/pay.py", source))) == 1


def test_private_functions_and_the_register_itself_need_no_number(tmp_path: Path) -> None:
    plant(tmp_path, "rules/pay.py", "def _half() -> int: ...\n")
    plant(tmp_path, "rules/register.py", "def rule() -> None: ...\n")
    assert find_unregistered(tmp_path) == []


def test_a_number_used_twice_is_caught_in_the_source_and_at_import(tmp_path: Path) -> None:
    twice = "@rule(number='PAY-01')\ndef a(): ...\n@rule(number='PAY-01')\ndef b(): ...\n"
    assert find_shared_numbers(plant(tmp_path, "rules/pay.py", twice)) == ["PAY-01"]
    taken = list_rules()[0].number
    with pytest.raises(ValueError, match=f"{taken} is taken"):
        rule(number=taken, stage="通用", source="S2-16", since=date(2024, 1, 1))(_documented)


def test_a_rule_without_source_or_docstring_is_refused_at_import() -> None:
    with pytest.raises(ValueError, match="legal source"):
        rule(number="ZZZ-99", stage="通用", source="", since=date(2024, 1, 1))(_documented)
    with pytest.raises(ValueError, match="docstring"):
        rule(number="ZZZ-99", stage="通用", source="S2-16", since=date(2024, 1, 1))(lambda: None)


def test_a_code_declared_twice_is_caught_in_the_source_and_at_import(tmp_path: Path) -> None:
    plant(tmp_path, "rules/pay.py", "A = reason('late', '迟', '等', 'S2')\n")
    plant(tmp_path, "ledger/pay.py", "A = reason(code='late', title='晚', next_step='等', source='S2')\n")
    assert find_shared_codes(tmp_path) == ["late"]
    taken = list_reasons()[0].code
    with pytest.raises(ValueError, match="declared twice"):
        reason(taken, "迟", "等", "S2")


def test_a_code_that_is_not_written_out_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, "rules/pay.py", "A = reason('late_' + kind, '迟', '等', 'S2')\n")
    assert len(find_shared_codes(tmp_path)) == 1


@pytest.mark.parametrize(
    "poor",
    [
        Reason("late", "Too late", "请等待", "S2-16", Family.INVALID),
        Reason("late", "已过期", "", "S2-16", Family.INVALID),
        Reason("late", "已过期", "Please wait", "S2-16", Family.INVALID),
        Reason("late", "已过期", "请等待", " ", Family.INVALID),
        Reason("Too-Late", "已过期", "请等待", "S2-16", Family.INVALID),
    ],
)
def test_a_poor_refusal_is_caught(poor: Reason) -> None:
    assert find_poor_reasons([poor]) == [poor.code]


def _documented() -> None:
    """Do nothing, with a docstring."""
