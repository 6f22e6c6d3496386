"""What the rules page calls 未接入 is what no reader fills: held by the readers' own source."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from voucher.rules import risk as rules
from voucher.rules.risk.catalogue import BY_CODE
from voucher.rules.risk.clusters import EDGE_NAMES
from voucher.rules.risk.data_set import TABLES
from voucher.rules.risk.people import CERTIFIED, OUTSIDE_NAMES, SHARED_NAMES
from voucher.stages.oversee.joins import bringing
from voucher.stages.oversee.risk import facts
from voucher.stages.oversee.risk.coverage import FIRST_ROWS
from voucher.stages.oversee.risk.facts.gaps import GAPS
from voucher.stages.oversee.risk.telling import TABLE_NAMES

READERS = "\n".join(
    each.read_text()
    for each in sorted(Path(str(facts.__file__)).parent.glob("*.py"))
    if each.name != "gaps.py"
)
RULES_SOURCE = "\n".join(
    each.read_text() for each in Path(str(rules.__file__)).parent.glob("*.py") if each.name != "facts.py"
)
# only words beside a finding, or never read by a rule
MEANINGLESS = {"links.institution", "certificates.class_id"}


def find_unread(source: str) -> set[str]:
    """Return the tables nobody reads, and the columns every reader leaves blank."""
    calls = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Call)]
    gathered = {
        word.arg for each in calls if isinstance(each.func, ast.Name) and each.func.id == "Facts"
        for word in each.keywords
    }  # fmt: skip
    found = set(TABLES) - {str(each) for each in gathered}
    for table, model in TABLES.items():
        made = [each.args for each in calls if getattr(each.func, "id", "") == model.__name__]
        for place, column in enumerate(model._fields):
            if made and all(place >= len(args) or _is_blank(args[place]) for args in made):
                found.add(f"{table}.{column}")
    return found


def _is_blank(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or node.value == "")


def unread_kinds() -> set[str]:
    """Return the kinds a rule knows and no reader names."""
    wanted = {
        "links.kind": {*SHARED_NAMES, *EDGE_NAMES},
        "outside.kind": set(OUTSIDE_NAMES),
        "history.kind": {"training", "evaluation", CERTIFIED},
    }
    return {
        f"{column}={kind}"
        for column, kinds in wanted.items()
        for kind in kinds
        if not re.search(rf"[\"']{kind}[\"']", READERS + repr(bringing.SUBSIDIES))
    }


def test_every_column_left_blank_is_told_and_nothing_else() -> None:
    unread = {each for each in find_unread(READERS) if each not in MEANINGLESS}
    read_by_rules = {each for each in unread if re.search(rf"\.{each.split('.')[-1]}\b", RULES_SOURCE)}
    told = {column for gap in GAPS.values() for column in gap.columns}
    assert read_by_rules | unread_kinds() == told


def test_a_gap_is_of_the_tables_of_its_rule() -> None:
    for code, gap in GAPS.items():
        assert {each.split(".")[0] for each in gap.columns} <= set(BY_CODE[code].tables)


def test_a_column_a_reader_stops_filling_is_noticed() -> None:
    sin = READERS.replace("each.accuracy_m, each.distance_m,", "None, None,")
    assert find_unread(sin) - find_unread(READERS) == {"marks.accuracy_m", "marks.distance_m"}
    assert "backflows" in find_unread(READERS.replace("backflows=tuple(", "contacts=tuple("))


def test_every_table_has_a_name_and_a_first_row() -> None:
    """A flag of any rule can be opened: what stands behind it is called something."""
    assert set(TABLE_NAMES) == set(TABLES)
    assert set(FIRST_ROWS) == set(TABLES) - {"backflows"}, "which only a list brings"
