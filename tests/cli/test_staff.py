"""工作人员账号：管理员开立，首次口令必须修改；管理员和经办都不能越权。"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.cli.desk import Desk
from tests.scene import ZHANG_SAN, Scene, on, staff_number, write_csv
from voucher.registry.access import passwords, staffing
from voucher.registry.users import load_actor
from voucher.rules.actor import Role
from voucher.rules.errors import Refused


def open_reviewer(scene: Scene, login: str = "reviewer", stem: str = "310101199001010990") -> str:
    """Open a reviewer's account as the administrator and return its first password."""
    _, password = scene.do(
        "administrator",
        lambda work: staffing.open_staff(
            work,
            login=login,
            name="张初审",
            number=staff_number(stem),
            role=Role.OFFICER_COUNTY,
            region_code="419001",
            institution_code=None,
        ),
    )
    return password


def test_an_account_is_opened_with_a_password_that_must_change(scene: Scene) -> None:
    password = open_reviewer(scene)
    with scene.database.read() as session:
        proof = passwords.prove_password(session, "reviewer", password)
        actor = load_actor(session, "reviewer", scene.at.date())
    assert proof.matches
    assert actor.has(Role.OFFICER_COUNTY)
    assert actor.regions == {"419001"}


def test_two_accounts_of_one_identity_number_are_one_person(scene: Scene) -> None:
    open_reviewer(scene)
    open_reviewer(scene, "reviewer2")
    assert scene.actor("reviewer").person_id == scene.actor("reviewer2").person_id


@pytest.mark.parametrize("login", ["operator", "clock"])
def test_nobody_but_the_administrator_opens_accounts(scene: Scene, login: str) -> None:
    with pytest.raises(Refused) as caught:
        scene.do(login, lambda work: staffing.disable_account(work, "operator"))
    assert caught.value.refusal.code == "role_missing"


def test_a_reset_ends_the_old_password_and_a_disabled_account_is_gone(scene: Scene) -> None:
    old = open_reviewer(scene)
    scene.at = on("2023-09-05")
    fresh = scene.do("administrator", lambda work: staffing.reset_access(work, "reviewer"))
    with scene.database.read() as session:
        assert not passwords.prove_password(session, "reviewer", old).matches
        assert passwords.prove_password(session, "reviewer", fresh).matches
    scene.do("administrator", lambda work: staffing.disable_account(work, "reviewer"))
    with pytest.raises(Refused) as caught:
        scene.actor("reviewer")
    assert caught.value.refusal.code == "login_unknown"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_common_account_is_not_reset(scene: Scene) -> None:
    for login in ("operator", "clock", "administrator", "custodian"):
        with pytest.raises(Refused, match="account_common"):
            scene.do("administrator", partial(staffing.reset_access, login=login))


@pytest.mark.parametrize(
    ("word", "role"), [("officer_county", Role.OFFICER_COUNTY), ("财务签发人员", Role.FINANCE_RELEASER)]
)
def test_a_role_is_named_by_word_or_in_chinese(word: str, role: Role) -> None:
    assert staffing.parse_role(word) is role


def test_the_clock_is_nobodys_role() -> None:
    with pytest.raises(Refused) as caught:
        staffing.parse_role("clock")
    assert caught.value.refusal.code == "role_unknown"


@pytest.mark.long
def test_the_command_prints_one_object(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.told("init")
    number = staff_number("310101199001010980")
    told = desk.told(
        "user", "add", "--login", "r1", "--name", "李复核", "--identity", number,
        "--role", "officer_city", "--region", "419001",
    )  # fmt: skip
    assert told["login"] == "r1"
    assert told["password"]
    school = {
        "名称": "示例甲职业培训学校", "统一社会信用代码": "52410105MJTE5T01X7", "类型": "职业培训学校",
        "地区": "410105", "清单年度": "2024",
    }  # fmt: skip
    desk.told("import", "institutions", str(write_csv(tmp_path / "schools.csv", [school])))
    teacher = desk.told(
        "user", "add", "--login", "t1", "--name", "王老师", "--identity", staff_number("310101199001010970"),
        "--role", "教师", "--institution", "52410105MJTE5T01X7",
    )  # fmt: skip
    assert (teacher["role"], teacher["region"]) == ("teacher", None)
    worker = desk.told(
        "user", "add", "--login", "w1", "--name", ZHANG_SAN[0], "--identity", ZHANG_SAN[1],
        "--role", "劳动者本人", "--mobile", "13812345678", "--as", "operator",
    )  # fmt: skip
    assert worker["password"]
    listed = desk.told("user", "list")
    roles = {each["login"]: each["roles"] for each in listed["users"]}
    assert roles["t1"] == [{"role": "teacher", "region": None, "institution": "52410105MJTE5T01X7"}]
    assert roles["w1"] == [{"role": "worker", "region": "410000", "institution": None}]
    assert {"r1", "operator", "clock", "administrator"} <= {each["login"] for each in listed["users"]}
    desk.told("user", "revoke", "--login", "r1", "--role", "officer_city", "--region", "419001")
    left = {each["login"]: each["roles"] for each in desk.told("user", "list")["users"]}
    assert left["r1"] == []
    refused = desk.told("user", "list", "--as", "operator", code=2)
    assert refused["error"]["code"] == "role_missing"
