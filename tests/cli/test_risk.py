"""`voucher risk`: the same flags twice over a folder of CSV files; a bad cell is named with file and line."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.town_risk import Town
from tests.town_risk_schemes import SCHEMES
from voucher.cli.group import officers
from voucher.rules.risk.catalogue import BY_CODE, RULES
from voucher.stages.oversee.risk.folder import read_folder, write_folder
from voucher.stages.oversee.risk.thresholds import read_shipped_thresholds


@pytest.fixture(scope="module")
def town() -> Town:
    made = Town(7)
    for rule, scheme in SCHEMES.items():
        made.planted.append(scheme(made, rule, 0))
    return made


@pytest.fixture
def folder(town: Town, tmp_path: Path) -> Path:
    write_folder(tmp_path, town.facts())
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    with pytest.raises(SystemExit) as left:
        officers.main(["risk", *words, "--json"])
    told = json.loads(capsys.readouterr().out)
    return int(str(left.value.code)), told.get("error", told)


def test_a_folder_gives_back_what_was_written(town: Town, folder: Path) -> None:
    assert read_folder(folder) == town.facts()


def test_the_same_folder_gives_the_same_flags(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, first = run(capsys, "run", "--data", str(folder))
    assert code == 0
    assert {each["rule"] for each in first["flags"]} >= {"R03", "R16", "R26"}
    assert run(capsys, "run", "--data", str(folder)) == (0, first)
    one = run(capsys, "run", "--data", str(folder), "--rule", "R16")[1]
    assert [each["sentence"] for each in one["flags"]] == [
        each["sentence"] for each in first["flags"] if each["rule"] == "R16"
    ]


def test_every_rule_flags_the_exported_data_set_as_it_flags_the_one_in_memory(
    town: Town, folder: Path
) -> None:
    most = read_shipped_thresholds(date(2026, 11, 22))
    facts, read_back = town.facts(), read_folder(folder)
    for rule in RULES:
        there = list(rule.find(facts, most))
        assert there, f"{rule.code} flags nothing in a town where its scheme is played"
        assert list(rule.find(read_back, most)) == there, rule.code
    # a planted difference: one cell of the export, and the rule that reads it says something else
    (folder / "backflows.csv").unlink()
    assert list(BY_CODE["R16"].find(read_folder(folder), most)) == []


def test_thresholds_of_the_folder_count(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "thresholds.csv").write_text("name,value\nrisk_money_back,99\n", encoding="utf-8")
    assert run(capsys, "run", "--data", str(folder), "--rule", "R16")[1]["count"] == 0
    (folder / "thresholds.csv").write_text("name,value\nrisk_money_bakc,99\n", encoding="utf-8")
    assert run(capsys, "run", "--data", str(folder))[1]["code"] == "risk_data_set_cell"


@pytest.mark.parametrize(
    ("text", "code", "facts"),
    [
        ("id,person\nx,y\n", "risk_data_set_headings", {"file": "contacts.csv"}),
        ("id,class_id,person,answer,colour\n", "risk_data_set_headings", {"what": "colour"}),
        (
            "id,class_id,person,answer,has_opened_app\nQ1,C1,P1,denied,yes\n",
            "risk_data_set_cell",
            {"line": 2, "column": "has_opened_app", "value": "yes"},
        ),
        ("id,class_id,person,answer\nQ1,C1\n", "risk_data_set_cell", {"line": 2}),
    ],
)
def test_a_bad_file_is_refused_with_its_place(
    text: str, code: str, facts: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "contacts.csv").write_text(text, encoding="utf-8")
    left, told = run(capsys, "run", "--data", str(tmp_path))
    assert (left, told["code"]) == (2, code)
    assert facts.items() <= told["facts"].items()


def test_an_empty_folder_and_an_unknown_rule_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "run", "--data", str(tmp_path))[1]["code"] == "risk_data_set_empty"
    assert run(capsys, "run", "--data", str(tmp_path), "--rule", "R99")[0] == 2


def test_the_dictionary_names_every_column(capsys: pytest.CaptureFixture[str]) -> None:
    told = run(capsys, "dictionary")[1]
    assert len(told) == 19
    assert all(column["meaning"] for columns in told.values() for column in columns)
