"""The command line as an officer meets it: a process of its own, one JSON object on stdout, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.scene import EV1, LI_SI, NURSE, ZHANG_SAN

# reading the house and founding an installation cost as much as all that is asked of them: one worker does it
pytestmark = pytest.mark.xdist_group("desk")

GRANT = ("budget", "add", "--year", "2024", "--amount-yuan", "1")
PEOPLE = ("姓名", "证件号码", "手机号", "人员类别", "户籍地区")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(tmp_path_factory.mktemp("desk"))
    assert made.told("init")["added"]["regions"] > 150
    return made


def test_nothing_works_before_init_and_the_answer_says_so(tmp_path: Path) -> None:
    fresh = Desk(tmp_path)
    done = fresh.start("budget", "list", "--json")
    assert done.returncode == 2, done.stderr
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "schema_not_current"
    assert "voucher init" in error["detail"]


def test_init_again_adds_nothing_and_keys_are_private(desk: Desk) -> None:
    told = desk.told("init")
    assert set(told["added"].values()) == {0}
    assert Path(told["key_file"]).stat().st_mode & 0o077 == 0


@pytest.mark.long
def test_init_makes_no_new_keys_for_sealed_data(tmp_path: Path) -> None:
    lost = Desk(tmp_path)
    lost.told("init")
    (tmp_path / "data" / "keys.json").unlink()
    assert lost.told("init", code=2)["error"]["code"] == "keys_missing"
    other = str(tmp_path / "other.json")
    Desk(tmp_path / "elsewhere").told("init", VOUCHER_KEY_FILE=other)
    assert lost.told("init", code=2, VOUCHER_KEY_FILE=other)["error"]["code"] == "secret_unreadable"


def test_init_where_nothing_answers_says_so_and_makes_no_keys(tmp_path: Path) -> None:
    address = f"postgresql:///nowhere?host={tmp_path}"
    error = Desk(tmp_path).told("init", code=2, VOUCHER_DATABASE_URL=address)["error"]
    assert error["code"] == "database_unreachable"
    assert not (tmp_path / "data" / "keys.json").exists()


@pytest.mark.long
def test_init_takes_full_tables_from_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "occupations.csv").write_text("code,name\n5-05-03-01,沼气工\n", encoding="utf-8")
    told = Desk(tmp_path).told("init", VOUCHER_REFERENCE_DIR=str(folder))
    assert told["reference"] == {"occupations.csv": 1}


@pytest.mark.long
def test_import_in_any_order_of_words(desk: Desk) -> None:
    path = desk.write("people.csv", PEOPLE, (*ZHANG_SAN, "", "", "419001"))
    dry = desk.told("import", "people", path, "--dry-run")
    assert (dry["rows_added"], dry["dry_run"]) == (1, True)
    first = desk.run("--json", "--as", "operator", "import", "people", path)
    assert json.loads(first.stdout)["rows_added"] == 1
    assert desk.told("import", "people", path)["rows_unchanged"] == 1
    spoken = desk.run("import", "people", path)
    assert spoken.stdout.strip() == "人员：读 1 行，新增 0，更新 0，未变 1，不予导入 0"


@pytest.mark.long
def test_a_refused_file_names_its_rows_and_keeps_nothing(desk: Desk) -> None:
    path = desk.write("bad.csv", PEOPLE, (*LI_SI, "", "", ""), ("王五", "410105199003159919", "", "", ""))
    error = desk.told("import", "people", path, code=2)["error"]
    assert set(error) == {"code", "title", "detail", "facts", "source", "problems"}
    assert error["code"] == "import_refused"
    (problem,) = error["problems"]
    assert (problem["line"], problem["column"], problem["code"]) == (3, "证件号码", "identity_check_digit")
    assert problem["value"] == "410105********9919"
    spoken = desk.run("import", "people", path)
    assert spoken.returncode == 2
    assert spoken.stdout == ""
    assert "第 3 行 证件号码" in spoken.stderr
    assert "校验码应为X" in spoken.stderr
    partial = desk.told("import", "people", path, "--partial")
    assert (partial["rows_added"], partial["rows_refused"], partial["partial"]) == (1, 1, True)


@pytest.mark.long
def test_an_evaluator_and_its_certificates(desk: Desk) -> None:
    evaluators = desk.write(
        "evaluators.csv",
        ("名称", "统一社会信用代码", "类别", "地区", "备案号", "职业编码", "等级", "有效期起", "有效期止"),
        (EV1[0], EV1[1], "社会培训评价组织", "419001", EV1[2], NURSE, "五级/初级工", "2021-01-01", ""),
    )
    assert desk.told("import", "evaluators", evaluators)["rows_added"] == 1
    certificates = desk.write(
        "certificates.csv",
        ("姓名", "证件号码", "证书类型", "职业编码", "等级", "证书编号", "发证日期",
         "评价机构统一社会信用代码", "取得方式", "理论成绩", "技能成绩", "收费"),
        (*ZHANG_SAN, "职业技能等级证书", NURSE, "初级工", f"{EV1[2]}235000001", "2023-11-15",
         EV1[1], "考试", "75", "80", "0"),
    )  # fmt: skip
    assert desk.told("import", "certificates", certificates)["rows_added"] == 1
    register = desk.write(
        "register.csv",
        ("姓名", "证件号码", "职业编码", "等级", "证书编号", "发证日期", "评价机构统一社会信用代码", "状态"),
        (*ZHANG_SAN, NURSE, "五级", f"{EV1[2]}235000001", "2023-11-15", EV1[1], "有效"),
    )
    assert desk.told("import", "register", register)["rows_added"] == 1


@pytest.mark.long
def test_more_rows_than_the_configured_limit(desk: Desk) -> None:
    from datetime import UTC, datetime

    from voucher.plumbing.spreadsheets import Sheet, SheetColumn, write_workbook

    path = desk.folder / "people.xlsx"
    columns = [SheetColumn("姓名"), SheetColumn("证件号码")]
    rows = [[*LI_SI], [*LI_SI], [*LI_SI]]
    write_workbook(path, [Sheet("人员", columns, rows)], created_at=datetime(2024, 1, 1, tzinfo=UTC))
    error = desk.told("import", "people", str(path), code=2, VOUCHER_MAX_XLSX_ROWS="2")["error"]
    assert error["code"] == "too_many_rows"
    assert desk.told("import", "people", str(path))["rows_read"] == 3


@pytest.mark.long
def test_budgets_are_granted_in_yuan_and_told_in_fen(desk: Desk) -> None:
    words = (
        "budget",
        "add",
        "--region",
        "419001",
        "--year",
        "2024",
        "--source",
        "就业补助资金",
        "--amount-yuan",
    )
    told = desk.told(*words, "1,948,240.00", "--document", "济管财社〔2024〕1号")
    assert (told["budget"], told["granted_fen"], told["available"]) == (1, 194_824_000, "1,948,240.00")
    more = desk.told(*words, "0.01")
    assert (more["budget"], more["granted_fen"]) == (1, 194_824_001)
    assert [each["budget"] for each in desk.told("budget", "list")["budgets"]] == [1]
    for amount, code in (
        ("12.345", "amount_not_yuan"),
        ("0", "amount_not_positive"),
        ("1e6", "amount_not_yuan"),
    ):
        assert desk.told(*words, amount, code=2)["error"]["code"] == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((*GRANT, "--region", "999999", "--source", "就业补助资金"), "region_unknown"),
        (("budget", "list", "--as", "nobody"), "login_unknown"),
        (("import", "animals", "nowhere.csv"), "command_misspelt"),
        *(
            pytest.param(words, code, marks=pytest.mark.long)
            for words, code in (
                ((*GRANT, "--region", "419001", "--source", "小金库"), "fund_source_unknown"),
                (("--as", "nobody", "budget", "list"), "login_unknown"),
                (("import", "people", "nowhere.csv"), "command_misspelt"),
                (("nonsense",), "command_misspelt"),
            )
        ),
    ],
)
def test_every_refusal_is_one_object_and_exit_code_two(desk: Desk, words: tuple[str, ...], code: str) -> None:
    error = desk.told(*words, code=2)["error"]
    assert error["code"] == code
    assert error["title"]
    assert error["detail"]


def test_what_nobody_expected_ends_with_one_and_shows_no_value(desk: Desk) -> None:
    done = desk.run("budget", "list", "--json", VOUCHER_MAX_XLSX_ROWS="many")
    assert done.returncode == 1
    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["facts"]["kind"]) == ("unexpected", "ValueError")
    assert "many" not in done.stdout + done.stderr


def test_the_register_of_rules(desk: Desk) -> None:
    told = desk.told("rules")["rules"]
    assert {"number", "stage", "summary", "source", "since", "place"} == set(told[0])
    assert "SUB-01" in {rule["number"] for rule in told}
    assert desk.run("rules", "--markdown").stdout.strip().endswith("|")


def test_help_lists_every_verb_without_reading_them(desk: Desk) -> None:
    done = desk.start("--help")
    assert done.returncode == 0
    for verb in ("init", "import", "budget", "rules"):
        assert verb in done.stdout
    probe = "import sys, voucher.cli; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


def test_every_writing_command_seals_the_trail(desk: Desk) -> None:
    import sqlite3

    with sqlite3.connect(desk.folder / "data" / "voucher.db") as connection:
        (unsealed,) = connection.execute(
            "SELECT count(*) FROM audit_row WHERE id NOT IN (SELECT audit_row_id FROM audit_seal)"
        ).fetchone()
    assert unsealed == 0
    assert (desk.folder / "data" / "anchors.jsonl").read_text(encoding="utf-8").strip()
