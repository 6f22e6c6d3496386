"""A class whose institution loses the occupation: found from that day on, held if it had not begun."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests import town_filing, town_issue
from tests import town_train as town
from tests.scene import ZHANG_SAN, Scene, on
from voucher.app import DUE_ACTS, IN_PORTIONS
from voucher.rules.errors import Refused
from voucher.rules.filing import PROJECT_UNFILED
from voucher.rules.risk.findings import Finding
from voucher.rules.risk.teaching import find_overfull
from voucher.stages.oversee.risk.facts import Window, read_facts
from voucher.stages.oversee.risk.thresholds import read_shipped_thresholds
from voucher.stages.train import scopes
from voucher.stages.train.models.scopes import ClassScope
from voucher.stages.train.scopes import ask_due_scopes

MOST = read_shipped_thresholds(date(2024, 3, 1))
WHOLE_YEAR = Window(date(2024, 1, 1), date(2024, 12, 31))
NARROW, WIDE = "4-10-01-06/五级", "养老护理员/初级工、4-10-01-06/五级"


def refuse_project(*_: object) -> None:
    """Stand for a filing that names the occupation under another project."""
    raise PROJECT_UNFILED.refused(what="养老护理员", project="别的", filed="TRAIN")


def test_a_scope_that_shrinks_is_found_the_day_after_and_holds_only_what_had_not_begun(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "ask_scopes" in IN_PORTIONS & {name for name, _ in DUE_ACTS}
    scene.at = on("2024-03-01")
    _, filing = town_filing.accepted(scene)
    town_filing.listed(scene)
    class_id = town.open_class(scene, filing.institution_id or 0, hours=16)
    programme = town_issue.programme(scene, scene.open_budget(50_000))
    town.enrolled(scene, programme, ZHANG_SAN, class_id)

    def answer() -> tuple[bool, str | None, date]:
        with scene.database.read() as session:
            kept = session.get_one(ClassScope, class_id)
            return kept.is_in_scope, kept.code, kept.since

    def found() -> list[Finding]:
        with scene.database.read() as session:
            return list(find_overfull(read_facts(session, WHOLE_YEAR, scene.keyring), MOST))

    assert answer() == (True, None, date(2024, 3, 1)), "kept when the class is allowed"
    with pytest.raises(Refused, match="role_missing"):
        scene.do("operator", ask_due_scopes)
    town_filing.listed(scene, scope=NARROW)
    assert [scene.do("clock", ask_due_scopes) for _ in range(2)] == [0, 0], "asked once a day"
    scene.at += timedelta(days=1)
    assert [scene.do("clock", ask_due_scopes) for _ in range(2)] == [1, 0]
    assert answer() == (False, "outside_filed_scope", date(2024, 3, 2))
    (flag,) = found()
    assert (flag.rule, flag.figure, flag.stops) == ("R11", 1, (("class", str(class_id)),))
    assert flag.words == f"{{class:{class_id}}} 的职业等级不在机构的备案范围内。"
    # half of what is missing is filed: another reason, the same no since the same day
    scene.at += timedelta(days=1)
    with monkeypatch.context() as half:
        half.setattr(scopes, "check_class_scope", refuse_project)
        scene.do("clock", ask_due_scopes)
    assert answer() == (False, "project_not_filed", date(2024, 3, 2)), "half a filing releases nothing"
    assert [each.stops for each in found()] == [(("class", str(class_id)),)]
    town_filing.listed(scene, scope=WIDE)
    scene.at += timedelta(days=1)
    scene.do("clock", ask_due_scopes)
    assert answer() == (True, None, date(2024, 3, 4))
    assert found() == []
    # who learns in a class that had begun did nothing wrong: the supervisor hears of it, nothing is held
    scene.at = town.sessions(scene, class_id)[1].starts_at
    town_filing.listed(scene, scope=NARROW)
    scene.do("clock", ask_due_scopes)
    assert answer()[:2] == (False, "outside_filed_scope")
    (flag,) = found()
    assert flag.stops == ()
    assert (
        "开课以后，机构的备案或清单从 2024-03-23 起不再含它的职业等级；学员没有过错，不暂停付款" in flag.words
    )
    # over is over: what changes afterwards says nothing of it
    scene.at += timedelta(days=1)
    town_filing.listed(scene, scope=WIDE)
    assert scene.do("clock", ask_due_scopes) == 0
