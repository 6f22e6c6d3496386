"""What the office prints of settlement: a batch with its sums and lines, a claim with its checks."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web.finance.sheets import MONEY, TEXT, WIDE, Part, answer_sheet
from voucher.doors.web.navigation import DEFAULT_FOOTER
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.showing import day, days, moment
from voucher.doors.web.timelines import name_people
from voucher.registry.catalogue import get_region
from voucher.registry.institutions import Institution
from voucher.rules.approval import STEP_NAMES, Step
from voucher.rules.bonuses import SUBSIDIES, name_claim_kind
from voucher.rules.citations import readable_source, readable_words
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.money import format_yuan
from voucher.stages.settle import queries
from voucher.stages.settle.models.claims import ClaimHand
from voucher.stages.settle.models.pledges import ClaimPledge
from voucher.stages.settle.queries.batches import LineView

LINES_PRINTED = 1000  # a longer batch prints its sums and its first lines, and says so
PERSON_COLUMNS = (("序号", TEXT), ("姓名", TEXT), ("证件号码", TEXT))
CARD_COLUMNS = (("职业 / 等级", WIDE), ("证书编号", TEXT))
# a bonus rests on an item and a document: nothing was issued to anybody, and an item has no level
BONUS_COLUMNS = (("事项", WIDE), ("依据", TEXT))
OUTCOME_COLUMNS = (("结论", TEXT), ("现在的状态", TEXT), ("金额（元）", MONEY))


@office.get("/batches/<int:batch_id>/sheet.pdf")
def batch_sheet(batch_id: int) -> ResponseReturnValue:
    """Print a batch: what was declared and promised, sums by level, its lines, masked."""
    door = the_door()
    with door.read() as session:
        batch = queries.get_batch(session, batch_id, current_actor().regions)
        is_bonus = batch.kind not in SUBSIDIES
        summary = queries.summarise(session, batch_id)
        lines = queries.list_lines(session, door.keyring, batch_id, limit=LINES_PRINTED)
        pledge = session.get(ClaimPledge, batch_id)
        every = sum(summary.outcomes.values())
        facts = [
            ("地区", get_region(session, batch.region_code).name),
            ("补贴", name_claim_kind(batch.kind)),
            ("事项日期" if is_bonus else "发证期间", days(batch.from_on, batch.until_on)),
            ("申报", f"{batch.declared_count:,} 条，{format_yuan(batch.declared_total_fen)} 元"),
            ("状态", STATE_NAMES[Thing.BATCH][batch.state]),
        ]
        if pledge is not None:
            who = name_people(session, [pledge.given_by_person_id]).get(pledge.given_by_person_id, "")
            facts.append(("承诺", f"{pledge.words}（{who}，{moment(pledge.given_at)}）"))
        if every > len(lines):
            facts.append(("明细", f"共 {every:,} 条，本表印前 {len(lines):,} 条"))
    levels = [
        (
            "可兑现" if is_bonus else each.level,
            f"{each.count:,}",
            format_yuan(each.amount_fen),
        )
        for each in summary.by_level
    ]
    if summary.cleared.count:
        levels.append(("人工核定", f"{summary.cleared.count:,}", format_yuan(summary.cleared.amount_fen)))
    rows = [
        (
            str(each.position),
            each.masked_name,
            each.masked_number,
            each.trade_name if is_bonus else f"{each.trade_name} {each.level}",
            each.certificate_number,
            each.outcome_name,
            each.claim_state_name or "—",
            format_yuan(each.amount_fen),
        )
        for each in lines
    ]
    total = ("合计", f"{summary.count:,}", format_yuan(summary.amount_fen))
    title, heading = ("合计", "结论") if is_bonus else ("分等级合计", "等级")
    columns = (*PERSON_COLUMNS, *(BONUS_COLUMNS if is_bonus else CARD_COLUMNS), *OUTCOME_COLUMNS)
    parts = [
        Part(title, ((heading, WIDE), ("条数", MONEY), ("金额（元）", MONEY)), levels, total),
        Part("逐条明细（已脱敏）", columns, rows),
    ]
    return answer_sheet(
        "结算批次汇总表", batch.number, str(DEFAULT_FOOTER["region"]), facts, parts, wide=True
    )


@office.get("/claims/<int:claim_id>/sheet.pdf")
def claim_sheet(claim_id: int) -> ResponseReturnValue:
    """Print a claim: its facts, every check with its source, who did what when."""
    door = the_door()
    with door.read() as session:
        found = queries.get_claim(session, claim_id, current_actor().regions)
        line = queries.get_claim_line(session, door.keyring, found)
        steps = queries.claim_timeline(session, claim_id)
        payee = session.get_one(Institution, found.institution_id).name
        hands = _list_hands(session, claim_id)
    facts = [
        ("姓名", line.masked_name),
        ("证件号码", line.masked_number),
        *_list_grounds(line, found.kind),
        ("收款方", payee),
        ("金额", f"{format_yuan(found.amount_fen)} 元"),
        ("金额怎么来的", readable_words(found.explanation)),
        ("状态", f"{STATE_NAMES[Thing.CLAIM][found.state]}（第 {found.revision} 次）"),
    ]
    parts = [
        Part(
            "规则检查",
            (("结论", TEXT), ("检查", WIDE), ("依据", WIDE)),
            [
                (
                    each["mark"],
                    readable_words(each["text"]),
                    readable_source(each["source"]) if each["source"] else "",
                )
                for each in line.findings
            ],
        ),
        Part(
            "办理经过",
            (("时间", TEXT), ("环节", TEXT), ("人员", TEXT), ("意见", WIDE)),
            [(moment(each.at), each.event_name, each.who, each.opinion or "") for each in steps],
        ),
    ]
    return answer_sheet("申领单", found.number, str(DEFAULT_FOOTER["region"]), facts, parts, hands)


def _list_grounds(line: LineView, kind: str) -> list[tuple[str, str]]:
    """Return what a claim rests on: a certificate, or the document of a bonus and what was typed with it."""
    if kind in SUBSIDIES:
        proof = f"{line.certificate_number}（{line.evaluator_name}，{day(line.issued_on)}）"
        return [("职业 / 等级", f"{line.trade_name} {line.level}"), ("证书", proof)]
    return [
        ("事项", f"{name_claim_kind(kind)}：{line.trade_name}"),
        ("事项日期", day(line.issued_on)),
        ("依据", line.certificate_number),
        *((f"{label}（申报填写）", words) for label, words in line.typed),
    ]


def _list_hands(session: Session, claim_id: int) -> list[tuple[str, str]]:
    rows = session.execute(
        select(ClaimHand.step, ClaimHand.person_id).where(ClaimHand.claim_id == claim_id)
    ).all()
    names = name_people(session, [person_id for _, person_id in rows])
    order = list(Step)
    done = sorted(rows, key=lambda row: order.index(Step(row[0])))
    return [(STEP_NAMES[Step(step)], names.get(person_id, "")) for step, person_id in done]
