"""A voucher's way through issuing and training at the API: who takes part, and the steps as requests."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.doors.world import JIYUAN, ZHENGZHOU, Client, World
from voucher.plumbing.spreadsheets import Limits
from voucher.registry.importing.frame import import_file
from voucher.registry.importing.institutions import InstitutionsImporter
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role

T1, T2 = ("示例甲职业培训学校", "52410105MJTE5T01X7"), ("示例乙职业培训学校", "12410702MBTE5T029K")
ZHANG_SAN, LI_SI, SUN_BA = (
    ("张三", "41010519900315991X"),
    ("李四", "410702198511209927"),
    ("孙八", "650104199308089965"),
)
CLASS_DAY = datetime(2024, 3, 25, 1, 0, tzinfo=UTC)  # nine in the morning in Shanghai

PROGRAMME: dict[str, Any] = {
    "name": "养老护理员五级培训券",
    "region_code": JIYUAN,
    "project_code": "TRAIN",
    "worth": "face_value",
    "channel": "directed",
    "training_kind": "on_job",
    "certificate_kind": "skill_level",
    "trade_code": "4-10-01-05",
    "level": 2,
    "quantity": 50,
    "from_on": "2024-03-04",
    "until_on": "2024-12-31",
    "document": "济人社〔2024〕3号",
}
OPEN_PROGRAMME: dict[str, Any] = {
    **PROGRAMME,
    "name": "通用培训券",
    "channel": "open",
    "trade_code": None,
    "level": None,
    "training_cap_fen": 160_000,
    "evaluation_cap_fen": 24_000,
}
LESSON = {"mode": "offline", "topic": "老年人照护", "hours": 8}


def plan(institution_id: int, *, days: int = 5, first: datetime = CLASS_DAY) -> dict[str, Any]:
    """Return a class of forty hours on five days from nine to five."""
    sessions = [
        {
            **LESSON,
            "starts_at": (first + timedelta(days=day)).isoformat(),
            "ends_at": (first + timedelta(days=day, hours=8)).isoformat(),
        }
        for day in range(days)
    ]
    return {
        "name": "养老护理员五级一班",
        "institution_id": institution_id,
        "region_code": JIYUAN,
        "project_code": "TRAIN",
        "training_kind": "on_job",
        "mode": "offline",
        "certificate_kind": "skill_level",
        "trade_code": "4-10-01-05",
        "level": 2,
        "hours_offline": 8 * days,
        "hours_online": 0,
        "capacity": 30,
        "fee_fen": 120_000,
        "starts_on": first.date().isoformat(),
        "ends_on": (first + timedelta(days=days - 1)).date().isoformat(),
        "place": f"{institution_id} 号楼 201 教室",
        "teacher": f"王老师{institution_id}",
        "syllabus": "按国家职业标准",
        "sessions": sessions,
    }


def people(*named: tuple[str, str]) -> list[dict[str, str]]:
    """Return people as a roster names them."""
    return [{"name": name, "number": number} for name, number in named]


@dataclass
class Loop:
    """The world, who is signed in, and the ids of what has been made."""

    world: World
    clients: dict[str, Client] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    def list_institutions(self) -> None:
        """Put two training institutions on this year's list."""
        rows = [
            {
                "名称": name, "统一社会信用代码": code, "类型": "民办职业培训学校", "地区": region,
                "清单年度": "2024",
            }
            for (name, code), region in ((T1, JIYUAN), (T2, ZHENGZHOU))
        ]  # fmt: skip
        path = _write(self.world.folder / "institutions.csv", rows)
        limits = Limits(max_xlsx_rows=1000)
        self.world.do("operator", lambda work: import_file(work, InstitutionsImporter, path, limits=limits))
        with self.world.database.read() as session:
            codes = dict(session.execute(select(Institution.code, Institution.id)).all())
        self.ids |= {"t1": codes[T1[1]], "t2": codes[T2[1]]}

    def hire(self) -> None:
        """Open the accounts of everybody."""
        world = self.world
        world.staff("jiban", Role.OPERATOR)
        world.staff("shenhe", Role.OFFICER_CITY)
        world.staff("shenhe2", Role.OFFICER_CITY)
        world.staff("jianguan", Role.SUPERVISOR)
        world.staff("zz-jiban", Role.OPERATOR, region=ZHENGZHOU)
        world.staff("zz-shenhe", Role.OFFICER_CITY, region=ZHENGZHOU)
        for house in ("t1", "t2"):
            world.colleague(f"{house}-admin", self.ids[house], Role.INSTITUTION_ADMIN)
            world.colleague(f"{house}-scan", self.ids[house], Role.SCANNER)
            world.colleague(f"{house}-teach", self.ids[house], Role.TEACHER)
        for login, (name, number) in (("zhang", ZHANG_SAN), ("li", LI_SI), ("sun", SUN_BA)):
            world.worker(login, name, number)

    def __getitem__(self, login: str) -> Client:
        """Return the client of a login, signed in at the first need."""
        if login not in self.clients:
            self.clients[login] = self.world.sign_in(login)
        return self.clients[login]

    def move_to(self, at: datetime) -> None:
        """Let time pass until a moment; everybody signs in anew."""
        self.world.at = at
        self.clients.clear()

    def done(self, login: str, path: str, body: Any = None, **more: Any) -> Any:
        """Post as somebody and return the answer, which must be a success."""
        answer = self[login].post(path, body if body is not None else {}, **more)
        assert answer.status_code in (200, 201), (path, answer.json)
        return answer.json

    # ---- issuing

    def publish(self, name: str, body: Mapping[str, Any]) -> None:
        """Draft a programme and have another person publish it."""
        made = self.done("jiban", "/programmes", {**body, "budget_id": self.ids["budget"]})
        self.ids[name] = made["id"]
        self.done("shenhe", f"/programmes/{made['id']}/publications")

    def issue(self) -> None:
        """Open a budget and two programmes; T1 files two people, the office issues, one of them accepts."""
        budget = {"region_code": JIYUAN, "year": 2024, "source": "employment_subsidy", "amount_fen": 10**8}
        self.ids["budget"] = self.done("jiban", "/budgets", budget)["id"]
        self.publish("programme", PROGRAMME)
        self.publish("open_programme", OPEN_PROGRAMME)
        drafted = self.done("jiban", "/programmes", {**PROGRAMME, "budget_id": self.ids["budget"]})
        self.ids["draft_programme"] = drafted["id"]
        roster = {
            "programme_id": self.ids["programme"],
            "way": "roster",
            "institution_id": self.ids["t1"],
            "people": people(ZHANG_SAN, LI_SI),
        }
        self.ids["issue"] = self.done("t1-admin", "/issues", roster)["issue_id"]
        self.done("shenhe", f"/issues/{self.ids['issue']}/reviews", {"decision": "pass"})
        lines = self["jiban"].get(f"/issues/{self.ids['issue']}/lines").json["items"]
        self.ids |= {"voucher": lines[0]["voucher_id"], "other_voucher": lines[1]["voucher_id"]}
        self.done("zhang", "/acceptances", {"voucher_id": self.ids["voucher"]})
        self.done("li", "/acceptances", {"voucher_id": self.ids["other_voucher"]})

    # ---- training

    def open_classes(self) -> None:
        """T1 has a class approved and another one drafted; T2 has one drafted."""
        made = self.done("t1-admin", "/classes", plan(self.ids["t1"]))
        self.ids["class"] = made["id"]
        self.done("t1-admin", f"/classes/{made['id']}/filings", {"promised": True})
        self.done("shenhe", f"/classes/{made['id']}/reviews", {"decision": "pass", "opinion": "准予开班"})
        later = CLASS_DAY + timedelta(days=28)
        self.ids["draft_class"] = self.done("t1-admin", "/classes", plan(self.ids["t1"], first=later))["id"]
        there = {**plan(self.ids["t2"], first=later), "region_code": ZHENGZHOU}
        self.ids["foreign_class"] = self.done("t2-admin", "/classes", there)["id"]
        sessions = self["t1-admin"].get(f"/classes/{self.ids['class']}/sessions").json["items"]
        self.ids["session"] = sessions[0]["id"]

    def code(self, login: str = "zhang", voucher: str = "voucher") -> str:
        """Have a worker show the code of a voucher."""
        digits: str = self.done(login, f"/vouchers/{self.ids[voucher]}/codes")["digits"]
        return digits

    def enrol(self) -> None:
        """One enrols by voucher, the other at the counter by code."""
        enrolled = {"class_id": self.ids["class"], "voucher_id": self.ids["voucher"]}
        self.ids["enrolment"] = self.done("zhang", "/enrolments", enrolled)["id"]
        by_code = {"class_id": self.ids["class"], "digits": self.code("li", "other_voucher")}
        self.done("t1-scan", "/enrolments", by_code)

    def redeem(self, login: str = "zhang", voucher: str = "voucher", last4: str = "991X") -> None:
        """Use a voucher at the counter."""
        scanned = {
            "digits": self.code(login, voucher),
            "class_id": self.ids["class"],
            "last4": last4,
            "device": "前台一号机",
            "nonce": f"n-{voucher}",
        }
        self.ids[f"redemption_{voucher}"] = self.done("t1-scan", "/redemptions", scanned)["id"]


def build(world: World) -> Loop:
    """Return a loop in which two people are enrolled in a class that begins today, and one is in training."""
    loop = Loop(world)
    loop.list_institutions()
    loop.hire()
    loop.issue()
    loop.open_classes()
    loop.enrol()
    loop.move_to(CLASS_DAY + timedelta(minutes=-30))
    loop.redeem()
    return loop


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
