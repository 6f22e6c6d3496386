"""Opening the province: organisations through the public importers, accounts for everybody."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from voucher.demo.house import moment
from voucher.demo.province.cast import (
    EVALUATORS,
    HANDS,
    JIYUAN,
    NOODLES,
    SPECIAL_BODY,
    STREAMING,
    TRADES,
    TRAINERS,
    evaluator_kind,
    filing_number,
    list_codes,
)
from voucher.demo.province.exam_sites import open_site
from voucher.demo.province.stage import Stage
from voucher.demo.staff import DemoAccount, open_member
from voucher.plumbing.spreadsheets import Limits
from voucher.plumbing.unit_of_work import Work
from voucher.registry import accounts
from voucher.registry.importing.evaluators import EvaluatorsImporter
from voucher.registry.importing.frame import Importer, import_file
from voucher.registry.importing.holidays import HolidaysImporter
from voucher.registry.importing.institutions import InstitutionsImporter
from voucher.registry.importing.listings import ListingsImporter
from voucher.registry.tables import read_calendar
from voucher.rules.actor import ROLE_NAMES, Grant, Role
from voucher.rules.vocabulary import EVALUATOR_KIND_NAMES, INSTITUTION_KIND_NAMES
from voucher.rules.windows import add_months

LEVEL_WORDS = ("五级", "四级", "三级", "二级", "一级")
TRAINING_HANDS = (Role.INSTITUTION_ADMIN, Role.SCANNER, Role.TEACHER)
EXAMINING_HANDS = (Role.EVALUATOR_ADMIN, Role.SCORE_CLERK, Role.EXAMINER)
YEARS_LISTED = 3
SURNAMES = "沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜谢邹喻柏水窦章云苏潘葛"
BANK = "示例银行济源分行"
HOLIDAYS = (
    ("01-01", "元旦"),
    ("05-01", "劳动节"),
    ("10-01", "国庆节"),
    ("10-02", "国庆节"),
    ("10-03", "国庆节"),
)


def announce_holidays(stage: Stage, folder: Path, on: date) -> None:
    """Import made-up holidays of the years of the play that are not announced yet, so that terms can end."""
    stage.house.at = moment(on)
    with stage.house.database.read() as session:
        known = read_calendar(session).years
    rows: list[dict[str, object]] = [
        {"日期": f"{year}-{day}", "类型": "休", "名称": f"{name}（演示）"}
        for year in range(on.year, stage.today.year + 2)
        if year not in known
        for day, name in HOLIDAYS
    ]
    if rows:
        folder.mkdir(parents=True, exist_ok=True)
        path = _write(folder / "holidays.csv", rows)
        stage.act("operator", partial(_import, importing=HolidaysImporter, path=path))


def open_organisations(stage: Stage, folder: Path, on: date) -> None:
    """Import the institutions, this and the last years' lists, and the evaluators with their scopes."""
    stage.house.at = moment(on)
    folder.mkdir(parents=True, exist_ok=True)
    codes = {body.key: code for body, code in list_codes()}
    institutions = [
        {
            "名称": body.name,
            "统一社会信用代码": codes[body.key],
            "类型": INSTITUTION_KIND_NAMES[body.kind],
            "地区": body.region_code,
        }
        for body in TRAINERS
    ]
    listings = [
        {"统一社会信用代码": codes[body.key], "年度": year, "文号": f"示例人社〔{year}〕8号"}
        for body in TRAINERS
        if body.is_listed
        for year in range(stage.today.year - YEARS_LISTED, stage.today.year + 2)
    ]
    scopes = [row for place, _ in enumerate(EVALUATORS) for row in _scopes(stage, codes, place)]
    for name, importing, rows in (
        ("institutions", InstitutionsImporter, institutions),
        ("evaluators", EvaluatorsImporter, scopes),
        ("listings", ListingsImporter, listings),
    ):
        path = _write(folder / f"{name}.csv", rows)
        stage.act("operator", partial(_import, importing=importing, path=path))
    stage.read_institutions(codes)


def _scopes(stage: Stage, codes: Mapping[str, str], place: int) -> list[dict[str, object]]:
    body = EVALUATORS[place]
    special = body.key == SPECIAL_BODY
    trades = (NOODLES, STREAMING) if special else TRADES
    return [
        {
            "名称": body.name,
            "统一社会信用代码": codes[body.key],
            "类别": EVALUATOR_KIND_NAMES[evaluator_kind(body)],
            "地区": body.region_code,
            "备案号": filing_number(place),
            "职业编码": trade,
            "等级": level,
            "有效期起": add_months(stage.today, -36).isoformat(),
            "有效期止": add_months(stage.today, 24).isoformat(),
        }
        for trade in trades
        for level in (("",) if special else LEVEL_WORDS)
    ]


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _import(work: Work, importing: type[Importer[Any]], path: Path) -> None:
    import_file(work, importing, path, limits=Limits())


def open_accounts(stage: Stage) -> list[DemoAccount]:
    """Open the printed accounts of one institution and one evaluator, and plain ones for all the others."""
    printed = [
        stage.act(
            "operator",
            partial(
                open_member,
                serial=100 + place,
                login=hand.login,
                name=hand.name,
                grant=Grant(hand.role, institution_id=stage.institution(hand.body)),
            ),
        )
        for place, hand in enumerate(HANDS)
    ]
    serial = 200
    wanted = [(body.key, role) for body in TRAINERS for role in TRAINING_HANDS]
    wanted += [(body.key, role) for body in EVALUATORS for role in EXAMINING_HANDS]
    for key, role in wanted:
        login = stage.hand(key, str(role))
        if login not in {hand.login for hand in HANDS}:
            serial += 1
            grant = Grant(role, institution_id=stage.institution(key))
            name = f"{ROLE_NAMES[role]} 小{SURNAMES[serial % len(SURNAMES)]}"
            stage.act("operator", partial(open_member, serial=serial, login=login, name=name, grant=grant))
    return printed


def open_sites(stage: Stage) -> None:
    """Have every evaluator file the site it examines at."""
    for body in EVALUATORS:
        login = stage.hand(body.key, str(Role.EVALUATOR_ADMIN))
        institution_id = stage.institution(body.key)
        stage.act(login, partial(open_site, institution_id=institution_id))


def open_payees(stage: Stage) -> None:
    """Have an account proposed and confirmed for every organisation of the town."""
    codes = {body.key: code for body, code in list_codes()}
    for body in (*TRAINERS, *EVALUATORS):
        if body.region_code != JIYUAN:
            continue
        number = f"4190{stage.institution(body.key):012d}"
        proposed = stage.act(
            "maker",
            partial(
                accounts.propose_account,
                institution_code=codes[body.key],
                holder_name=body.name,
                bank_name=BANK,
                account=number,
                evidence="开户许可证",
            ),
        )
        stage.act("checker", partial(_confirm, payee_account_id=proposed.id, number=number))


def _confirm(work: Work, payee_account_id: int, number: str) -> None:
    accounts.confirm_account(work, payee_account_id, number)
