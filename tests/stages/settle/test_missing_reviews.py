"""A certificate of 技师 without its comprehensive review is not said to have passed in every subject."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scene import EV1, LI_SI, ZHANG_SAN, Scene, on
from voucher.rules.line_verdicts import PASSED, UNCHECKED

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_review_nobody_recorded_is_unchecked_where_the_level_asks_for_one(scene: Scene) -> None:
    scene.hire_everybody()
    scene.file_evaluator(EV1, levels=["二级", "三级"])
    scene.at = on("2024-01-10")
    scored: dict[str, Any] = {"理论成绩": "95", "技能成绩": "90"}
    technician = scene.certificate(ZHANG_SAN, level="二级", **scored)
    senior = scene.certificate(LI_SI, level="三级", **scored)
    scene.certify(technician, senior)
    settled = scene.settle(scene.open_budget())

    def told(row: dict[str, object]) -> list[tuple[str, str]]:
        findings = scene.line(settled, row).findings
        return [(each["mark"], each["text"]) for each in findings if "成绩" in each["text"]]

    assert told(technician) == [(UNCHECKED, "综合评审成绩未登记")]
    assert told(senior) == [(PASSED, "各科成绩均不低于 60 分")]
