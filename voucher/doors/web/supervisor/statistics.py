"""统计分析: from the roll-ups, 省 → 市 → 县 → 机构 → 班 → 人, with filters that stand in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import WATCHERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.supervisor.asking import LABELS, Asked, list_choices, read_wish
from voucher.doors.web.supervisor.blueprint import supervisor
from voucher.registry.catalogue import Region, get_region, list_ancestry, list_subtree
from voucher.registry.institutions import Institution
from voucher.rules.actor import check_reach
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.shares import shown_share
from voucher.stages.oversee.handover.drill_tables import DEPTH_NAMES
from voucher.stages.oversee.statistics import reading
from voucher.stages.oversee.statistics.checking import count_otherwise, sum_people
from voucher.stages.oversee.statistics.employed import Employment, count_employed
from voucher.stages.oversee.statistics.facts import DIRECT, NOWHERE
from voucher.stages.oversee.statistics.models import STEP_NAMES, STEPS
from voucher.stages.oversee.statistics.people import list_statistic_people, note_look
from voucher.stages.oversee.statistics.reading import LossSum, Sums
from voucher.stages.train.models.classes import TrainingClass

PAGE = 50
MONTHS = 12
CHECKED = (
    *STEP_NAMES.items(), ("ended", "中途结束"), ("reserved_fen", "占用（元）"), ("paid_fen", "已拨付（元）")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a level: what it is called, where it leads, what is counted."""

    name: str
    url: str | None
    sums: Sums


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the funnel: how many times, how many people, the share of those issued."""

    name: str
    times: int
    people: int | None
    basis_points: int


@dataclass(frozen=True, slots=True)
class Level:
    """Everything a page or a workbook shows of one level."""

    title: str
    crumbs: list[tuple[str, str]]
    level_name: str
    rows: list[Row]
    whole: Sums
    steps: list[Step]
    losses: list[LossSum]
    months: list[tuple[str, int, int]]
    above: Sums | None
    employment: Employment | None
    silent: int = 0


@supervisor.get("/supervisor/statistics")
def statistics() -> ResponseReturnValue:
    """Go to the highest region this account reaches."""
    with the_door().read() as session:
        return redirect(
            url_for("web.supervisor.statistics_of", code=top_region(session), **read_wish().address)
        )


def top_region(session: Session) -> str:
    """Return the highest region this account reaches."""
    reached = current_actor().regions
    rows = session.execute(select(Region.code, Region.parent_code).where(Region.code.in_(sorted(reached))))
    return min((code for code, parent in rows if parent not in reached), default="0")


@supervisor.get("/supervisor/statistics/<code>")
def statistics_of(code: str) -> ResponseReturnValue:
    """Show what vouchers of a region came to, by region, by institution or by class."""
    check_reach(current_actor(), code, *sorted(WATCHERS))
    asked = read_wish()
    place: dict[str, Any] = {name: request.args[name] for name in ("own", "house") if name in request.args}
    with the_door().read() as session:
        level = read_level(session, code, asked)
        return render_template(
            "supervisor/statistics.html",
            level=level,
            bars=[(each.name, each.times) for each in level.steps],
            top_month=max((max(issued, redeemed) for _, issued, redeemed in level.months), default=0),
            age=reading.read_age(session),
            labels=LABELS,
            choices=list_choices(session, code, asked.wish.filters),
            asked=asked.address,
            unread=asked.unread,
            hidden=place,
            export=url_for("web.supervisor.statistics_file", code=code, **asked.address, **place),
            ask=url_for("web.supervisor.ask_for_statistics", code=code, **asked.address),
            depths=[(str(each), name) for each, name in DEPTH_NAMES.items()],
            reset=url_for("web.supervisor.statistics_of", code=code),
            several=len(asked.wish.filters) > 1,
            most_one_by_one=reading.COUNTED_ONE_BY_ONE,
            states=STATE_NAMES[Thing.VOUCHER],
            step_names=STEP_NAMES,
            checks=[
                (name, level.whole[key], level.above[key], key.endswith("_fen")) for key, name in CHECKED
            ]
            if level.above is not None
            else [],
        )  # fmt: skip


def read_level(session: Session, code: str, asked: Asked) -> Level:
    """Return the level an address stands for."""
    here = get_region(session, code)
    below = dict(session.execute(select(Region.code, Region.name).where(Region.parent_code == code)).all())
    house, own = fields.cursor("house") if "house" in request.args else None, fields.asked("own", ("1",))
    crumbs = _crumbs(session, code, asked)
    link = partial(url_for, "web.supervisor.statistics_of", **asked.address)
    if house is not None:
        if below:
            crumbs.append((here.name, link(code=code)))
        crumbs.append((f"{here.name}本级" if below else here.name, link(code=code, own=1 if below else None)))
        rows = _class_rows(session, code, house, asked)
        name = _name_houses(session, [house]).get(house, "还没有报班")
        return _level(session, code, [code], asked, (name, crumbs, "班级"), rows, house=house)
    if not below or own:
        if below:
            crumbs.append((here.name, link(code=code)))
        title = f"{here.name}本级" if below else here.name
        sums = reading.sum_houses(session, code, asked.wish)
        names = _name_houses(session, [each for each in sums if each])
        rows = [
            Row(names.get(each, "还没有报班"), link(code=code, house=each, own=own), counted)
            for each, counted in sums.items()
        ]
        return _level(session, code, [code], asked, (title, crumbs, "机构"), rows, own=bool(below))
    tree = list_subtree(session, code)
    by_region = reading.sum_below(session, code, asked.wish)
    rows = [
        Row(below.get(each, f"{here.name}本级"), link(code=each, own=1 if each == code else None), counted)
        for each, counted in by_region.items()
    ]
    silent = len(below) - len([each for each in by_region if each in below])
    return _level(session, code, tree, asked, (here.name, crumbs, "地区"), rows, silent=silent)


def _level(
    session: Session,
    code: str,
    regions: Sequence[str],
    asked: Asked,
    named: tuple[str, list[tuple[str, str]], str],
    rows: list[Row],
    *,
    own: bool = False,
    house: int | None = None,
    silent: int = 0,
) -> Level:
    whole = reading.total([each.sums for each in rows])
    people, above = count_otherwise(
        session, code, asked.wish, regions=regions, institution_id=house, own=own, vouchers=whole["issued"]
    )
    steps = [
        Step(
            STEP_NAMES[step],
            whole[step],
            people[step] if people is not None else None,
            shown_share(whole[step], whole["issued"]),
        )
        for step in STEPS
    ]
    losses = reading.list_losses(session, code, asked.wish, house, own=own)
    months = [] if house is not None or asked.wish.filters else list_months(session, code, own=own)
    rows.sort(key=lambda each: (-each.sums["issued"], -each.sums["paid_fen"], each.name))
    employment = count_employed(
        session, regions, asked.wish, institution_id=house, certified=whole["certified"]
    )
    return Level(*named, rows, whole, steps, losses, months, above, employment, silent)


def list_months(session: Session, code: str, *, own: bool) -> list[tuple[str, int, int]]:
    """Return the last twelve months with how many vouchers were issued and redeemed in each."""
    today = the_door().today
    last = today.year * 12 + today.month - 1
    named = [f"{each // 12}-{each % 12 + 1:02d}" for each in range(last - MONTHS + 1, last + 1)]
    flow = reading.read_flow(session, code, (named[0], named[-1]), own=own)
    return [
        (each, flow.get((each, "issued"), (0, 0))[0], flow.get((each, "redeemed"), (0, 0))[0])
        for each in named
    ]


def _crumbs(session: Session, code: str, asked: Asked) -> list[tuple[str, str]]:
    above = [each for each in list_ancestry(session, code)[1:] if each in current_actor().regions]
    names = dict(session.execute(select(Region.code, Region.name).where(Region.code.in_(above))).all())
    link = partial(url_for, "web.supervisor.statistics_of", **asked.address)
    return [(names[each], link(code=each)) for each in reversed(above)]


def _name_houses(session: Session, ids: Sequence[int]) -> dict[int, str]:
    return dict(
        session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(sorted(ids)))).all()
    )


def _class_rows(session: Session, code: str, house: int, asked: Asked) -> list[Row]:
    sums = reading.sum_classes(session, code, house, asked.wish)
    names = {
        each.id: f"{each.name}（{each.number}）"
        for each in session.scalars(select(TrainingClass).where(TrainingClass.id.in_(sorted(sums))))
    }
    names |= {NOWHERE: "还没有报班的券", DIRECT: "不凭券，凭证书申领的评价补贴"}
    return [
        Row(
            names.get(each, str(each)),
            None
            if each == DIRECT
            else url_for(
                "web.supervisor.statistics_people", code=code, institution_id=house, class_id=each,
                **asked.address,
            ),
            counted,
        )
        for each, counted in sums.items()
    ]  # fmt: skip


@supervisor.get("/supervisor/statistics/<code>/institutions/<int:institution_id>/classes/<int:class_id>")
def statistics_people(code: str, institution_id: int, class_id: int) -> ResponseReturnValue:
    """Show the vouchers of one class that the filters mean, their holders masked; the look is logged."""
    check_reach(current_actor(), code, *sorted(WATCHERS))
    door, asked, after = the_door(), read_wish(), fields.cursor()
    place = (code, institution_id, class_id)
    with door.read() as session:
        here, taught = get_region(session, code), session.get(TrainingClass, class_id)
        found = list_statistic_people(
            session, door.keyring, place, asked.wish, after_id=after, limit=PAGE + 1
        )
        sums = reading.sum_classes(session, code, institution_id, asked.wish)
        counted = sums.get(class_id, {})
        # who turns the page has seen it
        one_by_one = (
            None if after else sum_people(session, place, asked.wish, vouchers=counted.get("issued", 0))
        )
        counted_here = class_id in reading.sum_classes(session, code, institution_id, reading.Wish())
        crumbs = _crumbs(session, code, asked)
        link = partial(url_for, "web.supervisor.statistics_of", code=code, **asked.address)
        name = _name_houses(session, [institution_id]).get(institution_id, "还没有报班")
        crumbs += [(here.name, link()), (name, link(house=institution_id))]
        age = reading.read_age(session)
    rows = found[:PAGE]
    door.perform_as(current_actor(), partial(note_look, place=place, people=len(rows)))
    onward = partial(
        url_for, "web.supervisor.statistics_people", code=code, institution_id=institution_id,
        class_id=class_id, **asked.address,
    )  # fmt: skip
    return render_template(
        "supervisor/statistics_people.html",
        title=_title(taught, class_id, counted_here=counted_here),
        crumbs=crumbs,
        rows=rows,
        whole=sums.get(class_id),
        checks=[(name, one_by_one[key], counted.get(key, 0), key.endswith("_fen")) for key, name in CHECKED]
        if one_by_one is not None
        else [],
        age=age,
        step_names=STEP_NAMES,
        next_url=onward(after=rows[-1].voucher_id) if len(found) > PAGE else None,
        first_url=onward() if after else None,
    )


def _title(taught: TrainingClass | None, class_id: int, *, counted_here: bool) -> str:
    """Return what the page is of; a class is named only where the place of the address has its vouchers."""
    if class_id == NOWHERE:
        return "还没有报班的券"
    return taught.name if taught is not None and counted_here else "这里没有这个班级的券"
