"""A small world for stories: a database, keys, people with roles, files imported the way officers do.

Everything goes through the real importers and acts; nothing is written past them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from stdnum.iso7064 import mod_11_2

from tests.lending import Lent
from voucher.demo.signing import pass_all
from voucher.ledger import budget as budgets
from voucher.ledger.budget import Budget
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work, perform
from voucher.registry import accounts, users
from voucher.registry.importing.evaluators import EvaluatorsImporter
from voucher.registry.importing.frame import Checked, Importer, Report, import_file
from voucher.registry.importing.people import PeopleImporter
from voucher.registry.institutions import Institution, PayeeAccount
from voucher.registry.people import Newcomer, open_people
from voucher.rules.actor import Actor, Grant, Role
from voucher.rules.approval import Step
from voucher.rules.vocabulary import FundSource, Outcome, SubsidyKind
from voucher.stages.certify.extract import RegisterImporter
from voucher.stages.certify.upload import CertificatesImporter
from voucher.stages.certify.verify import verify_issued
from voucher.stages.settle import bank, notice, payment
from voucher.stages.settle.draft import Settled, Wish, settle
from voucher.stages.settle.judging import Verdict
from voucher.stages.settle.models.payments import PaymentFile, PaymentLine

SHANGHAI = ZoneInfo("Asia/Shanghai")
LIMITS = Limits(max_xlsx_rows=100_000)
JIYUAN, XINXIANG, PROVINCE = "419001", "410700", "410000"
Result = TypeVar("Result")

# 人员与机构取自公开的合成测试数据，校验位均正确
ZHANG_SAN = ("张三", "41010519900315991X")
LI_SI = ("李四", "410702198511209927")
ZHAO_LIU = ("赵六", "410881196605029945")
QIAN_QI = ("钱七", "410711196401059953")
SUN_BA = ("孙八", "650104199308089965")
FENG_YI = ("冯一", "410105197007019907")
EV1 = ("示例丙职业技能评价有限公司", "91410100MATE5T033Y", "S000041010001")
EV2 = ("示例丁职业培训评价中心", "52419001MJTE5T044D", "S000041020002")
NURSE, HOUSEKEEPER, TURNER, COOK, ELECTRICIAN = (
    "4-10-01-05",
    "4-10-01-06",
    "6-18-01-01",
    "4-03-02-01",
    "6-31-01-03",
)
DIGITS = {"五级": 5, "四级": 4, "三级": 3, "二级": 2, "一级": 1}

STAFF: tuple[tuple[str, Role, str], ...] = (
    ("初审员", Role.OFFICER_COUNTY, "310101199001010010"),
    ("复核员", Role.OFFICER_CITY, "310101199001010020"),
    ("审批员", Role.FINANCE_APPROVER, "310101199001010030"),
    ("制单员", Role.FINANCE_MAKER, "310101199001010040"),
    ("付款复核员", Role.FINANCE_CHECKER, "310101199001010050"),
    ("签发员", Role.FINANCE_RELEASER, "310101199001010060"),
    ("异议处理员", Role.OFFICER_CITY, "310101199001010070"),
)


def on(day: str, hour: int = 10) -> datetime:
    """Return a moment of a Shanghai day, ten in the morning unless told otherwise."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), SHANGHAI) + timedelta(hours=hour)


def staff_number(stem: str) -> str:
    """Return a synthetic identity number with the right check digit."""
    return stem[:17] + mod_11_2.calc_check_digit(stem[:17])


def write_csv(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Write rows as an officer's spreadsheet program would save them."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@dataclass
class Scene:
    """The world of one test; `at` is its present moment and moves only when the test says so."""

    database: Database
    keyring: Keyring
    folder: Path
    at: datetime
    serials: int = 0
    evaluators: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    actors: dict[tuple[str, date, int], Actor] = field(default_factory=dict)

    # ---- acting

    def actor(self, login: str) -> Actor:
        """Return the actor behind a login as of the scene's day."""
        day = self.at.astimezone(SHANGHAI).date()
        if not isinstance(self.database, Lent):
            return self._load_actor(login, day)
        asked = (login, day, self.database.changes_of_hands)
        if asked not in self.actors:
            self.actors[asked] = self._load_actor(login, day)
        return self.actors[asked]

    def _load_actor(self, login: str, day: date) -> Actor:
        with self.database.read() as session:
            return users.load_actor(session, login, day)

    def do(self, login: str, act: Callable[[Work], Result]) -> Result:
        """Run one act as somebody, in its own transaction, at the scene's moment."""
        return perform(self.database, self.keyring, self.actor(login), self.at, act)

    def plant(self, statement: str) -> None:
        """Run a statement past every act, as nobody should: the database is there to refuse it."""
        self.do("operator", lambda work: work.session.execute(text(statement)))

    def hire(self, login: str, role: Role, number: str, region: str = PROVINCE) -> None:
        """Open an account of a person; the same number twice is the same person with two accounts."""

        def act(work: Work) -> None:
            canonical = staff_number(number)
            person = open_people(work, [Newcomer(canonical, login.strip("0123456789") or login)])
            users.open_account(
                work,
                login=login,
                display_name=login,
                person_id=next(iter(person.values())),
                grants=[Grant(role, region)],
                since=date(2021, 1, 1),
            )

        self.do("operator", act)

    def hire_everybody(self, region: str = PROVINCE) -> None:
        """Open one account for every hand of a settlement."""
        for login, role, number in STAFF:
            self.hire(login, role, number, region)

    # ---- files

    def import_rows(
        self,
        kind: type[Importer[Checked]],
        rows: Sequence[Mapping[str, object]],
        *,
        partial: bool = False,
    ) -> Report:
        """Import rows of any kind of table, as the csv an officer would send."""
        self.serials += 1
        path = write_csv(self.folder / f"{kind.kind}-{self.serials}.csv", rows)
        return self.do("operator", lambda work: import_file(work, kind, path, limits=LIMITS, partial=partial))

    def import_people(self, rows: Sequence[Mapping[str, object]], *, partial: bool = False) -> Report:
        """Import people from a csv."""
        return self.import_rows(PeopleImporter, rows, partial=partial)

    def import_certificates(self, rows: Sequence[Mapping[str, object]], *, partial: bool = False) -> Report:
        """Import an evaluator's upload from a csv."""
        return self.import_rows(CertificatesImporter, rows, partial=partial)

    def import_register(self, rows: Sequence[Mapping[str, object]], *, partial: bool = False) -> Report:
        """Import a register extract from a csv."""
        return self.import_rows(RegisterImporter, rows, partial=partial)

    def file_evaluator(
        self,
        evaluator: tuple[str, str, str],
        trades: Iterable[str] = (NURSE, HOUSEKEEPER, TURNER, COOK, ELECTRICIAN),
        *,
        region: str = JIYUAN,
        levels: Iterable[str] = DIGITS,
        since: str = "2020-01-01",
        until: str = "2030-12-31",
        kind: str = "社会培训评价组织",
    ) -> None:
        """File an evaluator for occupations and levels."""
        name, code, filing = evaluator
        levels = list(levels)
        rows = [
            {
                "名称": name, "统一社会信用代码": code, "类别": kind, "地区": region, "备案号": filing,
                "职业编码": trade, "等级": level, "有效期起": since, "有效期止": until,
            }
            for trade in trades
            for level in levels
        ]  # fmt: skip
        self.import_rows(EvaluatorsImporter, rows)

    # ---- certificates

    def certificate(
        self,
        person: tuple[str, str],
        trade: str = NURSE,
        level: str = "五级",
        *,
        evaluator: tuple[str, str, str] = EV1,
        issued: str = "2023-11-15",
        method: str = "考试",
        kind: str = "职业技能等级证书",
        number: str | None = None,
        **more: object,
    ) -> dict[str, object]:
        """Return one row of an upload; extra columns by keyword (理论成绩, 技能成绩, 收费)."""
        self.serials += 1
        if number is None:
            number = f"{evaluator[2]}{issued[2:4]}{DIGITS[level]}{self.serials:06d}"
        return {
            "姓名": person[0], "证件号码": person[1], "证书类型": kind, "职业编码": trade, "等级": level,
            "证书编号": number, "发证日期": issued, "评价机构统一社会信用代码": evaluator[1],
            "取得方式": method, "理论成绩": more.get("理论成绩", ""), "技能成绩": more.get("技能成绩", ""),
            "收费": more.get("收费", ""),
        }  # fmt: skip

    @staticmethod
    def registered(row: Mapping[str, object], **changes: object) -> dict[str, object]:
        """Return the register's row for an uploaded certificate, changed where told."""
        columns = ("姓名", "证件号码", "职业编码", "等级", "证书编号", "发证日期", "评价机构统一社会信用代码")
        return {**{name: row[name] for name in columns}, "状态": "有效", **changes}

    def certify(self, *rows: dict[str, object]) -> None:
        """Upload certificates and have them in the register as well."""
        self.import_certificates(rows)
        self.import_register([self.registered(row) for row in rows])

    # ---- money

    def open_budget(
        self,
        yuan: int = 10_000_000,
        region: str = JIYUAN,
        year: int = 2024,
        source: FundSource = FundSource.EMPLOYMENT_SUBSIDY,
    ) -> int:
        """Open a budget (or grant more to it) and return its id."""

        def act(work: Work) -> int:
            return budgets.open_budget(
                work, region_code=region, year=year, source=source, amount_fen=yuan * 100
            ).id

        return self.do("operator", act)

    def budget(self, budget_id: int) -> Budget:
        """Return a budget as it stands."""
        with self.database.read() as session:
            return session.get_one(Budget, budget_id)

    def settle(
        self,
        budget_id: int,
        region: str = JIYUAN,
        since: str = "2023-10-01",
        until: str = "2023-12-31",
        login: str = "operator",
    ) -> Settled:
        """Verify and settle a period as the officer's command does."""
        wish = Wish(
            SubsidyKind.EVALUATION, region, date.fromisoformat(since), date.fromisoformat(until), budget_id
        )

        def act(work: Work) -> Settled:
            verify_issued(work, wish.region_code, wish.from_on, wish.until_on)
            return settle(work, wish)

        return self.do(login, act)

    def line(self, settled: Settled, certificate: Mapping[str, object]) -> Verdict:
        """Return the verdict on one certificate."""
        number = str(certificate["证书编号"])
        return next(each for each in settled.verdicts if each.candidate.certificate.number == number)

    # ---- the whole way to the bank

    def review_and_post(self, batch_id: int) -> None:
        """Have a batch reviewed twice and posted."""
        self.do("初审员", lambda work: pass_all(work, batch_id, Step.FIRST_REVIEW, "材料齐全"))
        self.do("复核员", lambda work: pass_all(work, batch_id, Step.SECOND_REVIEW, "复核无误"))
        self.do("复核员", lambda work: notice.post_notice(work, batch_id))

    def close_notices(self, days: int = 14) -> None:
        """Let the notice period pass and have the clock close it."""
        self.at += timedelta(days=days)
        self.do("clock", notice.close_due_notices)

    def open_accounts(self) -> None:
        """Give every institution without one an account, by two people."""
        with self.database.read() as session:
            rows = session.scalars(select(Institution).order_by(Institution.id)).all()
            have = accounts.find_accounts_in_use(session, [each.id for each in rows])
        for each in rows:
            if each.id not in have:
                proposed = self.do("制单员", partial(self._propose_account, institution=each))
                self.do("付款复核员", partial(self._confirm_account, proposed=proposed))

    @staticmethod
    def _propose_account(work: Work, institution: Institution) -> PayeeAccount:
        return accounts.propose_account(
            work,
            institution.code,
            institution.name,
            "中国银行济源分行",
            f"2577{institution.id:012d}",
            "开户许可证",
        )

    @staticmethod
    def _confirm_account(work: Work, proposed: PayeeAccount) -> PayeeAccount:
        return accounts.confirm_account(work, proposed.id, f"2577{proposed.institution_id:012d}")

    def make_file(self, budget_id: int) -> PaymentFile:
        """Make, check and release a payment file."""
        self.open_accounts()
        file = self.do("制单员", lambda work: payment.prepare(work, budget_id))
        self.do("付款复核员", lambda work: payment.check(work, file.id))
        self.do("签发员", lambda work: payment.release(work, file.id))
        return file

    def bank_answers(self, file: PaymentFile, failing: Iterable[str] = ()) -> bank.BankReport:
        """Have the bank answer every line of a file: success, or failure for the references named."""
        failing = set(failing)
        with self.database.read() as session:
            lines = session.scalars(
                select(PaymentLine)
                .where(PaymentLine.payment_file_id == file.id)
                .order_by(PaymentLine.position)
            ).all()
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["参考号", "金额", "结果", "原因"])
        for line in lines:
            failed = line.reference in failing
            yuan = f"{line.amount_fen // 100}.{line.amount_fen % 100:02d}"
            writer.writerow(
                [line.reference, yuan, "失败" if failed else "成功", "户名不符" if failed else ""]
            )
        content = out.getvalue().encode()
        return self.do("制单员", lambda work: bank.record_results(work, file.id, content, "回盘.csv", LIMITS))

    def pay(self, settled: Settled, budget_id: int) -> PaymentFile:
        """Take a settled batch all the way to paid."""
        assert settled.with_outcome(Outcome.PAYABLE)
        self.review_and_post(settled.batch_id)
        self.close_notices()
        self.do("审批员", lambda work: pass_all(work, settled.batch_id, Step.APPROVE, "同意拨付"))
        file = self.make_file(budget_id)
        self.bank_answers(file)
        return file
