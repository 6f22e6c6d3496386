"""汇总表 of a batch, to be signed: by payee, occupation and level, on paper and as a workbook."""

from __future__ import annotations

import io
from datetime import date

from flask import send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web.finance.sheets import MONEY, TEXT, WIDE, Part, answer_sheet
from voucher.doors.web.navigation import DEFAULT_FOOTER
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.showing import days
from voucher.doors.web.timelines import name_people
from voucher.plumbing.spreadsheets import Kind, Sheet, SheetColumn, write_workbook
from voucher.registry.catalogue import get_region
from voucher.rules.approval import CLAIM_STEPS, STEP_NAMES, Step
from voucher.rules.bonuses import SUBSIDIES, name_claim_kind
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.money import chinese_capitals, format_yuan
from voucher.rules.vocabulary import FUND_SOURCE_NAMES, FundSource
from voucher.stages.settle import queries
from voucher.stages.settle.models.claims import SettlementBatch
from voucher.stages.settle.queries.summaries import BatchSummarySheet, list_signed, read_summary

PAYEE_COLUMNS = (("收款方", WIDE), ("统一社会信用代码", TEXT))
CARD_COLUMNS = (("职业", WIDE), ("等级", TEXT))
ITEM_COLUMNS = (("事项", WIDE),)  # a bonus is for an item, which has no level
SUM_COLUMNS = (("条数", MONEY), ("人数", MONEY), ("金额（元）", MONEY))


@office.get("/batches/<int:batch_id>/summary.pdf")
def batch_summary(batch_id: int) -> ResponseReturnValue:
    """Print the summary of a batch with its fingerprint, the amount in words, and who signs."""
    with the_door().read() as session:
        batch = queries.get_batch(session, batch_id, current_actor().regions)
        sheet = read_summary(session, batch)
        facts = [*_facts(session, sheet), ("摘要（SHA-256）", sheet.sha256)]
        hands = _list_hands(session, batch)
    is_bonus = batch.kind not in SUBSIDIES
    rows = [
        (
            row.payee_name, row.payee_code, row.trade_name, *(() if is_bonus else (row.level_name,)),
            f"{row.claims:,}", f"{row.people:,}", format_yuan(row.amount_fen),
        )
        for row in sheet.rows
    ]  # fmt: skip
    title, what = ("按收款方、事项", ITEM_COLUMNS) if is_bonus else ("按收款方、职业、等级", CARD_COLUMNS)
    columns = (*PAYEE_COLUMNS, *what, *SUM_COLUMNS)
    sums = (f"{sheet.claims:,}", f"{sheet.people:,}", format_yuan(sheet.amount_fen))
    total = ("合计", *("" for _ in columns[: -len(sums) - 1]), *sums)
    part = Part(title, columns, rows, total, "本批没有应付的申领")
    issuer = str(DEFAULT_FOOTER["region"])
    return answer_sheet("补贴资金汇总表", batch.number, issuer, facts, [part], hands, wide=True)


@office.get("/batches/<int:batch_id>/summary.xlsx")
def batch_summary_xlsx(batch_id: int) -> ResponseReturnValue:
    """Hand the summary out as a workbook: the same rows, and in a sheet of its own what stands above them."""
    door, out = the_door(), io.BytesIO()
    with door.read() as session:
        batch = queries.get_batch(session, batch_id, current_actor().regions)
        sheet = read_summary(session, batch)
        facts = [*_facts(session, sheet), ("摘要（SHA-256）", sheet.sha256)]
    is_bonus = batch.kind not in SUBSIDIES
    columns = [
        SheetColumn("收款方", width=36), SheetColumn("统一社会信用代码", width=24),
        *_list_item_columns(is_bonus),
        SheetColumn("条数", Kind.WHOLE, 10), SheetColumn("人数", Kind.WHOLE, 10),
        SheetColumn("金额（元）", Kind.AMOUNT),
    ]  # fmt: skip
    rows: list[list[str | int | date | None]] = [
        [
            row.payee_name, row.payee_code, row.trade_code, row.trade_name,
            *(() if is_bonus else (row.level_name,)), row.claims, row.people, row.amount_fen,
        ]
        for row in sheet.rows
    ]  # fmt: skip
    blank = [""] * (len(columns) - 4)
    rows.append(["合计", *blank, sheet.claims, sheet.people, sheet.amount_fen])
    about: list[list[str | int | date | None]] = [[name, words] for name, words in facts]
    heads = [SheetColumn("事项", width=20), SheetColumn("内容", width=70)]
    sheets = [Sheet("汇总表", columns, rows), Sheet("说明", heads, about)]
    write_workbook(out, sheets, created_at=door.at, title=f"补贴资金汇总表 {batch.number}")
    out.seek(0)
    return send_file(out, as_attachment=True, download_name=f"summary-{batch.number}.xlsx")


def _list_item_columns(is_bonus: bool) -> list[SheetColumn]:
    if is_bonus:
        return [SheetColumn("事项编码", width=20), SheetColumn("事项", width=36)]
    return [
        SheetColumn("职业编码", width=16), SheetColumn("职业", width=24), SheetColumn("等级", width=14),
    ]  # fmt: skip


def _facts(session: Session, sheet: BatchSummarySheet) -> list[tuple[str, str]]:
    batch = sheet.batch
    return [
        ("地区", get_region(session, batch.region_code).name),
        ("补贴", name_claim_kind(batch.kind)),
        ("资金来源", f"{sheet.fund.year} 年 {FUND_SOURCE_NAMES[FundSource(sheet.fund.source)]}"),
        ("期间", days(batch.from_on, batch.until_on)),
        ("申报", f"{batch.declared_count:,} 条，{format_yuan(batch.declared_total_fen)} 元"),
        ("状态", STATE_NAMES[Thing.BATCH][batch.state]),
        ("应付", f"{sheet.claims:,} 条，{sheet.people:,} 人，{format_yuan(sheet.amount_fen)} 元"),
        ("大写", f"人民币{chinese_capitals(sheet.amount_fen)}"),
    ]


def _list_hands(session: Session, batch: SettlementBatch) -> list[tuple[str, str]]:
    """Return a block per step with who has signed; one that several signed names them all."""
    found = list_signed(session, batch)
    names = name_people(session, [person_id for _, person_id in found])
    return [
        (
            STEP_NAMES[step],
            "、".join(sorted(names.get(person_id, "") for signed, person_id in found if signed == step)),
        )
        for step in CLAIM_STEPS
        if step is not Step.PROVINCE_REVIEW or any(signed == step for signed, _ in found)
    ]
