"""逐级穿透: one table per level, each row a way down, the last line the sum of the rows above it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import WATCHERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.registry.catalogue import Region, get_region, list_ancestry, list_subtree
from voucher.registry.institutions import Institution
from voucher.rules.actor import check_reach
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.oversee.agreement import LevelSum, agree, spread, sum_levels, sum_place, sums_of
from voucher.stages.oversee.drill import (
    DIRECT,
    NOWHERE,
    Measures,
    count_heads,
    group,
    list_people,
    read_cells,
    total,
)
from voucher.stages.train.models.classes import TrainingClass

PAGE = 50
YEARS_BACK = 5
CHECKED = ("券（张）", "培训人次", "取证（本）", "占用（元）", "已拨付（元）")
OPEN = ("issued", "accepted")
UNDER_WAY = ("enrolled", "training", "trained", "assessed")
PAID_OFF = ("settled", "completed")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a level: what it is called, where it leads, what is counted."""

    name: str
    url: str | None
    measures: Measures


@dataclass(frozen=True, slots=True)
class Columns:
    """The states of a voucher in five columns, whose sum is the number of vouchers."""

    waiting: int
    under_way: int
    certified: int
    paid_off: int
    ended: int


def _hold_against(below: Measures, above: tuple[int, ...]) -> list[tuple[str, int, int, bool]]:
    """Return each sum of a level beside the same counted anew, and whether it is money."""
    held = zip(CHECKED, sums_of(below), above, strict=True)
    return [(name, mine, theirs, "元" in name) for name, mine, theirs in held]


def columns_of(measures: Measures) -> Columns:
    """Return the states of a row in columns."""
    states = measures.by_state
    waiting, under_way, paid_off = (
        sum(states[each] for each in names) for names in (OPEN, UNDER_WAY, PAID_OFF)
    )
    told = waiting + under_way + states["certified"] + paid_off
    return Columns(waiting, under_way, states["certified"], paid_off, measures.vouchers - told)


@supervisor.get("/supervisor/regions")
def drill() -> ResponseReturnValue:
    """Go to the highest region this account reaches."""
    actor = current_actor()
    with the_door().read() as session:
        rows = session.execute(
            select(Region.code, Region.parent_code).where(Region.code.in_(sorted(actor.regions)))
        )
        tops = sorted(code for code, parent in rows if parent not in actor.regions)
    return redirect(
        url_for("web.supervisor.region", code=tops[0] if tops else "0", year=fields.asked("year"))
    )


def _year() -> int | None:
    given = fields.asked("year", {str(each) for each in _years()})
    return int(given) if given else None


def _years() -> list[int]:
    this = the_door().today.year
    return list(range(this, this - YEARS_BACK, -1))


def _check(code: str) -> None:
    check_reach(current_actor(), code, *sorted(WATCHERS))


def _show(
    title: str,
    crumbs: list[tuple[str, str]],
    level_name: str,
    rows: list[Row],
    levels: Sequence[LevelSum] = (),
    **more: object,
) -> str:
    """Return the page of a level; `levels` are the same sums counted anew (AC-K2)."""
    rows = sorted(rows, key=lambda each: (-each.measures.vouchers, -each.measures.paid_fen, each.name))
    whole = total(each.measures for each in rows)
    return render_template(
        "supervisor/drill.html",
        title=title,
        crumbs=crumbs,
        level_name=level_name,
        rows=[(each, columns_of(each.measures)) for each in rows],
        whole=whole,
        whole_columns=columns_of(whole),
        levels=levels,
        agrees=agree(levels, sums_of(whole)),
        spread=spread(levels, sums_of(whole)),
        states=[
            (state, whole.by_state[state]) for state in STATE_NAMES[Thing.VOUCHER] if whole.by_state[state]
        ],
        year=_year(),
        years=[(each, f"{each} 年") for each in _years()],
        **more,
    )


@supervisor.get("/supervisor/regions/<code>")
def region(code: str) -> ResponseReturnValue:
    """Show the regions below one, or the institutions of one that has none below."""
    _check(code)
    year, own = _year(), fields.asked("own", ("1",))
    with the_door().read() as session:
        here = get_region(session, code)
        below = dict(
            session.execute(select(Region.code, Region.name).where(Region.parent_code == code)).all()
        )
        crumbs = _crumbs(session, code, year)
        if not below or own:
            if own and below:
                crumbs.append((here.name, url_for("web.supervisor.region", code=code, year=year)))
            title = f"{here.name}本级" if below else here.name
            cells = read_cells(session, [code], year)
            rows = _institution_rows(session, code, group(cells, lambda each: each.institution_id), year)
            heads = count_heads(session, [code], year=year)
            return _show(title, crumbs, "机构", rows, sum_levels(session, [code], year), heads=heads)
        tree = list_subtree(session, code)
        cells = read_cells(session, tree, year)
        parents = {
            each: next((one for one in list_ancestry(session, each) if one in below), code)
            for each in {cell.region_code for cell in cells}
        }
        sums = group(cells, lambda each: parents[each.region_code])
        rows = [
            Row(
                below.get(each, f"{here.name}本级"),
                url_for("web.supervisor.region", code=each, year=year, own=1 if each == code else None),
                measures,
            )
            for each, measures in sums.items()
        ]
        silent = len(below) - len([each for each in sums if each in below])
        heads = count_heads(session, tree, year=year)
        levels = sum_levels(session, tree, year)
        return _show(here.name, crumbs, "地区", rows, levels, silent=silent, heads=heads)


def _crumbs(session: Session, code: str, year: int | None) -> list[tuple[str, str]]:
    """Return the way from the highest region reached down to the parent of one."""
    above = [each for each in list_ancestry(session, code)[1:] if each in current_actor().regions]
    names = dict(session.execute(select(Region.code, Region.name).where(Region.code.in_(above))).all())
    return [(names[each], url_for("web.supervisor.region", code=each, year=year)) for each in reversed(above)]


def _institution_rows(session: Session, code: str, sums: dict[int, Measures], year: int | None) -> list[Row]:
    named = _name_institutions(session, sums)
    return [
        Row(
            named.get(each, "还没有报班"),
            url_for("web.supervisor.house", code=code, institution_id=each, year=year)
            if each != NOWHERE
            else url_for(
                "web.supervisor.people", code=code, institution_id=NOWHERE, class_id=NOWHERE, year=year
            ),
            measures,
        )
        for each, measures in sums.items()
    ]


def _name_institutions(session: Session, ids: Iterable[int]) -> dict[int, str]:
    rows = session.execute(
        select(Institution.id, Institution.name).where(Institution.id.in_(sorted(set(ids))))
    )
    return dict(rows.all())


@supervisor.get("/supervisor/regions/<code>/institutions/<int:institution_id>")
def house(code: str, institution_id: int) -> ResponseReturnValue:
    """Show the classes of one institution with vouchers of one region."""
    _check(code)
    year = _year()
    with the_door().read() as session:
        crumbs = _to_region(session, code, year)
        cells = [each for each in read_cells(session, [code], year) if each.institution_id == institution_id]
        sums = group(cells, lambda each: each.class_id)
        classes = {
            each.id: f"{each.name}（{each.number}）"
            for each in session.scalars(select(TrainingClass).where(TrainingClass.id.in_(sorted(sums))))
        }
        rows = [
            Row(
                classes.get(each, "不凭券，凭证书申领的评价补贴"),
                None
                if each == DIRECT
                else url_for(
                    "web.supervisor.people", code=code, institution_id=institution_id, class_id=each,
                    year=year,
                ),
                measures,
            )
            for each, measures in sums.items()
        ]  # fmt: skip
        name = _name_institutions(session, [institution_id]).get(institution_id, "没有登记的机构")
        heads = count_heads(session, [code], institution_id, year=year)
        checks = _hold_against(total(sums.values()), sum_place(session, code, institution_id, year=year))
        return _show(name, crumbs, "班级", rows, heads=heads, checks=checks)


def _to_region(session: Session, code: str, year: int | None) -> list[tuple[str, str]]:
    here, has_below = get_region(session, code), _has_below(session, code)
    own = url_for("web.supervisor.region", code=code, year=year, own=1 if has_below else None)
    return [*_crumbs(session, code, year), (f"{here.name}本级" if has_below else here.name, own)]


def _has_below(session: Session, code: str) -> bool:
    return session.scalar(select(Region.code).where(Region.parent_code == code).limit(1)) is not None


@supervisor.get("/supervisor/regions/<code>/institutions/<int:institution_id>/classes/<int:class_id>")
def people(code: str, institution_id: int, class_id: int) -> ResponseReturnValue:
    """Show the vouchers of one class, one row each."""
    _check(code)
    door, year, after = the_door(), _year(), fields.cursor()
    with door.read() as session:
        crumbs = _to_region(session, code, year)
        if institution_id != NOWHERE:
            name = _name_institutions(session, [institution_id]).get(institution_id, "没有登记的机构")
            address = url_for("web.supervisor.house", code=code, institution_id=institution_id, year=year)
            crumbs.append((name, address))
        found = list_people(
            session, door.keyring, [code], institution_id, class_id, year, after_id=after, limit=PAGE + 1
        )
        cells = [
            each.measures
            for each in read_cells(session, [code], year)
            if (each.institution_id, each.class_id) == (institution_id, class_id)
        ]
        taught = session.get(TrainingClass, class_id) if class_id else None
        return render_template(
            "supervisor/people.html",
            title=taught.name if taught is not None else "还没有报班的券",
            crumbs=crumbs,
            rows=found[:PAGE],
            page_sum=total(each.measures for each in found[:PAGE]),
            whole=total(cells),
            next_url=url_for(
                "web.supervisor.people",
                code=code,
                institution_id=institution_id,
                class_id=class_id,
                year=year,
                after=found[PAGE - 1].voucher_id,
            )
            if len(found) > PAGE
            else None,
            first_url=url_for(
                "web.supervisor.people",
                code=code,
                institution_id=institution_id,
                class_id=class_id,
                year=year,
            )
            if after
            else None,
            heads=count_heads(session, [code], institution_id, class_id, year),
            checks=_hold_against(total(cells), sum_place(session, code, institution_id, class_id, year)),
        )
