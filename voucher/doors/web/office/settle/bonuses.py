"""Applying for bonuses at the office's desk: one kind, one item, and the people pasted a line each."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.fields import FIELD_UNREADABLE
from voucher.doors.web.office.blueprint import office
from voucher.plumbing.unit_of_work import Work
from voucher.registry.bonus_standards import read_bonus_standards
from voucher.registry.catalogue import list_subtree, name_regions
from voucher.rules.bonus_kinds import KINDS, Asked, BonusKind
from voucher.rules.bonuses import FIRM_SIZE_NAMES, BonusStandard, FirmSize, find_bonus_standard
from voucher.rules.errors import Refused
from voucher.rules.identity import normalise_identity
from voucher.rules.money import format_yuan, parse_yuan
from voucher.rules.names import normalise_name
from voucher.rules.vocabulary import OUTCOME_NAMES, Outcome
from voucher.stages.settle import queries
from voucher.stages.settle.bonuses.applying import BonusWish, apply_for_bonuses
from voucher.stages.settle.bonuses.cases import Entry

BETWEEN = re.compile(r"[\t,，、;；\s]+")
MISTAKES_TOLD = 10
MOST_CHARACTERS = 60_000


@office.get("/office/bonuses/new")
def new_bonus() -> ResponseReturnValue:
    """Ask what bonus is applied for; the kind stands in the address."""
    return _ask(_asked_kind())


@office.post("/office/bonuses/<kind>")
def apply_bonus(kind: str) -> ResponseReturnValue:
    """File an application and lead to its batch."""
    if kind not in KINDS:
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
    return BonusKind(fields.asked("kind", list(KINDS)) or BonusKind.ABSORPTION)


def _read_wish(work: Work, kind: BonusKind) -> BonusWish:
    terms = KINDS[kind]
    asked = terms.asked
    item_code = fields.text("item", "事项", limit=60)
    document = fields.text("document", "依据", limit=120)
    occasion = fields.text("occasion", terms.occasion_label, limit=120) if Asked.OCCASION in asked else ""
    yuan = ""
    if Asked.AMOUNT in asked:
        yuan = fields.text("amount", terms.amount_label, required=not terms.amount_hint, limit=30)
    heads = fields.whole("heads", "备案人数") if Asked.HEADS in asked else None
    completed = fields.whole("completed", "完成人数") if Asked.COMPLETED in asked else None
    entries = [
        Entry(
            number,
            name,
            item_code,
            on,
            document,
            occasion,
            parse_yuan(yuan) if yuan else None,
            heads,
            completed,
        )
        for name, number, on in _read_people(
            fields.text("people", terms.people_label, limit=MOST_CHARACTERS), work.today
        )
    ]
    return BonusWish(
        kind=kind,
        region_code=fields.text("region", "地区", limit=12),
        budget_id=fields.whole("budget", "预算"),
        payee_code=fields.text("payee", "申报单位", limit=30).upper(),
        entries=entries,
        firm_size=fields.one_of("firm_size", "企业规模", FirmSize) if Asked.FIRM_SIZE in asked else None,
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
        items = _list_items(session, kind, actor.regions, door.today)
        offered = [each for rows in items.values() for each in rows]
        funds = queries.list_budgets(session, actor.regions)
        names = name_regions(session, sorted(actor.regions))
        places = name_regions(session, sorted({each.region_code or "" for each in offered}))
        return render_template(
            "office/new_bonus.html",
            chosen=str(kind),
            kinds={code: each.name for code, each in KINDS.items()},
            terms=KINDS[kind],
            items=[(code, _describe(rows, places, door.today)) for code, rows in items.items()],
            document="；".join(dict.fromkeys(each.document for each in offered)),
            sizes=[(str(code), name) for code, name in FIRM_SIZE_NAMES.items()],
            regions=[(code, f"{name}（{code}）") for code, name in sorted(names.items())],
            funds=funds,
            region_names=names,
        )


def _list_items(
    session: Session, kind: BonusKind, regions: Collection[str], today: date
) -> dict[str, list[BonusStandard]]:
    """Return, by item, what the rule gives in these regions today, the province's row before a place's own.

    Of an item that has ended the last row is kept: what happened while it stood may still be applied for.
    """
    begun = [each for each in read_bonus_standards(session) if each.kind == kind and each.since <= today]
    places = {each.region_code for each in begun if each.region_code is not None}
    below = {code: frozenset(list_subtree(session, code)) for code in places}
    inward = sorted(below, key=lambda code: len(below[code]))
    around = {tuple(code for code in inward if region in below[code]) for region in regions}
    items: dict[str, list[BonusStandard]] = {}
    for item_code in dict.fromkeys(each.item_code for each in sorted(begun, key=lambda each: each.since)):
        named = [each for each in begun if each.item_code == item_code]
        found = {each for codes in around if (each := _find_here(named, codes, today)) is not None}
        if found:
            items[item_code] = sorted(found, key=lambda each: (each.region_code or "", each.since))
    return items


def _find_here(rows: Sequence[BonusStandard], codes: Sequence[str], today: date) -> BonusStandard | None:
    """Return the row of one item in a place, today's or else the last that ended; None where it has none."""
    ours = [each for each in rows if each.region_code is None or each.region_code in codes]
    if not ours:
        return None
    on = min(today, max(each.until or today for each in ours))
    return find_bonus_standard(ours, ours[0].kind, ours[0].item_code, on, codes)


def _describe(rows: Sequence[BonusStandard], places: Mapping[str, str], today: date) -> str:
    """Return an item with what each place gives for it; a single row that is a place's own names it first."""
    told: list[str] = []
    for row in rows:
        place = "" if row.region_code is None else places[row.region_code]
        name = f"{row.name}{place and f'（{place}）'}：" if row is rows[0] else f"{place} "
        least = "" if row.least_fen == row.most_fen else f"{format_yuan(row.least_fen)}–"
        ended = "" if row.until is None or row.until >= today else f"（事项日期至 {row.until} 止）"
        told.append(f"{name}{least}{format_yuan(row.most_fen)} 元{ended}")
    return "；".join(told)
