"""Applying for bonuses at the office's desk: one kind, one item, and the people pasted a line each."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.unit_of_work import Work
from voucher.registry.bonus_standards import read_bonus_standards
from voucher.registry.catalogue import name_regions
from voucher.rules.bonuses import BONUS_NAMES, FIRM_SIZE_NAMES, BonusKind, BonusStandard, FirmSize
from voucher.rules.errors import Refused
from voucher.rules.identity import normalise_identity
from voucher.rules.money import format_yuan
from voucher.rules.names import normalise_name
from voucher.rules.vocabulary import OUTCOME_NAMES, Outcome
from voucher.stages.settle import queries
from voucher.stages.settle.bonuses.applying import BonusWish, apply_for_bonuses
from voucher.stages.settle.bonuses.cases import Entry

BETWEEN = re.compile(r"[\t,，、;；\s]+")
MISTAKES_TOLD = 10
MOST_CHARACTERS = 60_000
# what a kind asks beside who, when and by which document
ASKED = {
    BonusKind.ABSORPTION: ("firm_size",),
    BonusKind.INTRODUCTION: ("occasion",),
    BonusKind.COMPETITION_AWARD: ("occasion",),
    BonusKind.HONOUR_AWARD: (),
    BonusKind.APPRENTICESHIP_ADVANCE: ("occasion", "heads", "amount"),
    BonusKind.APPRENTICESHIP_SETTLEMENT: ("occasion", "heads", "completed"),
    BonusKind.ONE_OFF_BONUS: ("amount",),
}
OCCASION_LABELS = {
    BonusKind.INTRODUCTION: ("用人单位", "统一社会信用代码；同一人同一单位只认一家中介"),
    BonusKind.COMPETITION_AWARD: (
        "赛事",
        "名称和届次，例如 河南省第二届职业技能大赛 电工；同一赛事每人只奖一次",
    ),
    BonusKind.APPRENTICESHIP_ADVANCE: ("备案编号", "学徒培养备案的编号；结算时填同一个"),
    BonusKind.APPRENTICESHIP_SETTLEMENT: ("备案编号", "与预支时相同；系统据此减去已预支的钱"),
}
PEOPLE_LABELS = {
    BonusKind.ABSORPTION: "新吸纳的人员",
    BonusKind.INTRODUCTION: "介绍就业的人员",
    BonusKind.COMPETITION_AWARD: "获奖选手",
    BonusKind.HONOUR_AWARD: "获得荣誉的人员",
    BonusKind.APPRENTICESHIP_ADVANCE: "项目负责人",
    BonusKind.APPRENTICESHIP_SETTLEMENT: "项目负责人",
    BonusKind.ONE_OFF_BONUS: "项目负责人",
}
DAY_WORDS = {BonusKind.ABSORPTION: "入职日期", BonusKind.INTRODUCTION: "入职日期"}


@office.get("/office/bonuses/new")
def new_bonus() -> ResponseReturnValue:
    """Ask what bonus is applied for; the kind stands in the address."""
    return _ask(_asked_kind())


@office.post("/office/bonuses/<kind>")
def apply_bonus(kind: str) -> ResponseReturnValue:
    """File an application and lead to its batch."""
    if kind not in BONUS_NAMES:
        abort(404)
    found = BonusKind(kind)

    def call(work: Work) -> Done:
        applied = apply_for_bonuses(work, _read_wish(work, found))
        counts = "，".join(
            f"{OUTCOME_NAMES[each]} {applied.count(each):,} 条" for each in Outcome if applied.count(each)
        )
        words = f"已申报：{counts}；应付合计 {format_yuan(applied.total_fen)} 元"
        return Done(words, url_for("web.office.batch", batch_id=applied.batch.id))

    return submit(call, lambda: _ask(found))


def _asked_kind() -> BonusKind:
    return BonusKind(fields.asked("kind", [str(each) for each in BonusKind]) or BonusKind.ABSORPTION)


def _read_wish(work: Work, kind: BonusKind) -> BonusWish:
    asked = ASKED[kind]
    item_code = fields.text("item", "事项", limit=60)
    document = fields.text("document", "依据", limit=120)
    occasion = fields.text("occasion", OCCASION_LABELS[kind][0], limit=120) if "occasion" in asked else ""
    amount_fen = fields.fen("amount", "申报金额") if "amount" in asked else None
    heads = fields.whole("heads", "备案人数") if "heads" in asked else None
    completed = fields.whole("completed", "完成人数") if "completed" in asked else None
    entries = [
        Entry(number, name, item_code, on, document, occasion, amount_fen, heads, completed)
        for name, number, on in _read_people(
            fields.text("people", PEOPLE_LABELS[kind], limit=MOST_CHARACTERS), work.today
        )
    ]
    return BonusWish(
        kind=kind,
        region_code=fields.text("region", "地区", limit=12),
        budget_id=fields.whole("budget", "预算"),
        payee_code=fields.text("payee", "申报单位", limit=30).upper(),
        entries=entries,
        firm_size=fields.one_of("firm_size", "企业规模", FirmSize) if "firm_size" in asked else None,
    )


def _read_people(text: str, today: date) -> list[tuple[str, str, date]]:
    """Return name, number and day of every line. Raises form_field_unreadable with every mistake at once."""
    wrong: list[str] = []
    found: list[tuple[str, str, date]] = []
    for place, line in enumerate(text.splitlines(), start=1):
        parts = [each for each in BETWEEN.split(line.strip()) if each]
        if not parts:
            continue
        if len(parts) != 3:
            wrong.append(f"第 {place} 行：应为“姓名 证件号码 日期”")
            continue

        def read(normalise: Callable[[str], str], given: str, at: int = place) -> str:
            try:
                return normalise(given)
            except Refused as refused:
                wrong.append(f"第 {at} 行：{refused.refusal.title}")
                return ""

        name = read(normalise_name, parts[0])
        number = read(lambda given: normalise_identity(given, today), parts[1])
        try:
            found.append((name, number, date.fromisoformat(parts[2])))
        except ValueError:
            wrong.append(f"第 {place} 行：日期应写成 2024-03-06 的样子")
    if wrong:
        more = f"；另有 {len(wrong) - MISTAKES_TOLD} 处" if len(wrong) > MISTAKES_TOLD else ""
        problem = "；".join(wrong[:MISTAKES_TOLD]) + more
        raise FIELD_UNREADABLE.refused(field="people", label="人员", problem=problem)
    return found


def _ask(kind: BonusKind) -> str:
    actor, door = current_actor(), the_door()
    with door.read() as session:
        standards = [each for each in read_bonus_standards(session) if each.kind is kind]
        funds = queries.list_budgets(session, actor.regions)
        names = name_regions(session, sorted(actor.regions))
        return render_template(
            "office/new_bonus.html",
            chosen=str(kind),
            kinds=BONUS_NAMES,
            asked=ASKED[kind],
            occasion=OCCASION_LABELS.get(kind, ("", "")),
            people_label=PEOPLE_LABELS[kind],
            day_word=DAY_WORDS.get(kind, "事项日期"),
            items=[(each.item_code, _describe(each)) for each in standards],
            document=standards[0].document if standards else "",
            sizes=[(str(code), name) for code, name in FIRM_SIZE_NAMES.items()],
            regions=[(code, f"{name}（{code}）") for code, name in sorted(names.items())],
            funds=funds,
            region_names=names,
        )


def _describe(standard: BonusStandard) -> str:
    if standard.least_fen == standard.most_fen:
        return f"{standard.name}：{format_yuan(standard.most_fen)} 元"
    return f"{standard.name}：{format_yuan(standard.least_fen)}–{format_yuan(standard.most_fen)} 元"
