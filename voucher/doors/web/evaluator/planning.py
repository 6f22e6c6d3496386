"""Planning an exam: first for what, then who of those that are ready, on which day and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.evaluator.blueprint import evaluator
from voucher.doors.web.evaluator.own import group_of, my_evaluator
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.tables import read_listed_occupations
from voucher.rules.actor import Role
from voucher.rules.periods import in_force
from voucher.rules.vocabulary import CERTIFICATE_KIND_NAMES, CertificateKind
from voucher.stages.assess import plan as planning
from voucher.stages.assess.filing import read_filings
from voucher.stages.assess.queries import Ready, list_ready, mask_holders
from voucher.stages.assess.seating import choose_rooms
from voucher.stages.assess.sites import list_sites

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Group:
    """What an exam can be held in now, and how many are ready for it."""

    key: str
    kind_name: str
    trade_name: str
    level: int
    ready: list[Ready]


@evaluator.get("/evaluator/batches/new")
def new_batch() -> ResponseReturnValue:
    """Ask for what an exam is planned, then for whom, when and where."""
    return _ask()


@evaluator.post("/evaluator/batches")
def plan() -> ResponseReturnValue:
    """Plan an exam with the chosen candidates."""

    def call(work: Work) -> Done:
        kind, trade_code, level = _read_what()
        rooms = fields.wholes("room", "考场")
        chosen = _read_chosen()
        batch = planning.plan_batch(
            work,
            planning.NewBatch(
                institution_id=my_evaluator(Role.EVALUATOR_ADMIN),
                certificate_kind=kind,
                trade_code=trade_code,
                level=level,
                exam_on=fields.day("exam_on", "考试日期"),
                place=fields.text("place", "考点", required=not rooms, limit=200)
                or _address_of(work.session, rooms),
                voucher_ids=chosen,
            ),
        )
        seated = choose_rooms(work, batch.id, rooms, fields.clock("begins", "开考时间")) if rooms else []
        if not chosen:
            return Done(
                f"已安排考试 {batch.number}；请增加考生", url_for("web.evaluator.direct", batch_id=batch.id)
            )
        onward = f"已排好 {len(seated)} 个座位，可以打印准考证" if seated else "还没有选考场、排座位"
        return Done(
            f"已安排考试 {batch.number}；{onward}",
            url_for("web.evaluator.batch", batch_id=batch.id),
        )

    return submit(call, _ask)


def _address_of(session: Session, room_ids: list[int]) -> str:
    """Return where the first of these rooms is; nothing where it is not one of ours."""
    views = list_sites(session, [my_evaluator(Role.EVALUATOR_ADMIN)])
    return next(
        (
            f"{view.site.address} {view.site.name}"
            for view in views
            if any(each.id in room_ids for each in view.rooms)
        ),
        "",
    )


def _read_chosen() -> list[int]:
    """Return the chosen vouchers; none where all come without. Raises form_field_unreadable."""
    chosen = fields.wholes("voucher", "考生")
    if not chosen and request.form.get("direct") != "1":
        raise fields.FIELD_UNREADABLE.refused(field="voucher", label="考生", problem="没有勾选任何人")
    return chosen


def _read_what() -> tuple[str, str, int]:
    """Return kind, trade and level of the exam. Raises form_field_unreadable."""
    kind, trade_code, level = (*fields.text("what", "职业等级", limit=100).split(":"), "", "")[:3]
    if not (trade_code and level.isascii() and level.isdigit() and len(level) == 1):
        raise fields.FIELD_UNREADABLE.refused(field="what", label="职业等级", problem="不在可选范围内")
    return kind, trade_code, int(level)


def list_groups(session: Session, evaluator_id: int) -> list[Group]:
    """Return those ready today by what they can be examined in, the largest group first."""
    found: dict[str, list[Ready]] = {}
    for each in list_ready(session, evaluator_id, the_door().today):
        found.setdefault(group_of(each), []).append(each)
    trades = catalogue.name_trades(session, [ready[0].trade_code for ready in found.values()])
    groups = [
        Group(
            key=key,
            kind_name=CERTIFICATE_KIND_NAMES[CertificateKind(ready[0].certificate_kind)],
            trade_name=trades.get(ready[0].trade_code, ready[0].trade_code),
            level=ready[0].level,
            ready=ready[:AT_ONCE],
        )
        for key, ready in found.items()
    ]
    return sorted(groups, key=lambda each: (-len(each.ready), each.key))


def list_filed(session: Session, evaluator_id: int, today: date) -> list[Group]:
    """Return what an evaluator is filed for today, as exams people sit who come without a voucher."""
    scopes = {
        (each.code, int(each.level or 0))
        for _, scopes in read_filings(session, evaluator_id).values()
        for each in scopes
        if in_force(today, each.since, each.until)
    }
    listed = {
        each.code for each in read_listed_occupations(session) if in_force(today, each.since, each.until)
    }
    trades = catalogue.name_trades(session, [code for code, _ in scopes])
    found = []
    for code, level in sorted(scopes):
        kinds = [CertificateKind.SKILL_LEVEL] if level else [CertificateKind.SPECIAL_SKILL]
        if level and code in listed:
            kinds.append(CertificateKind.QUALIFICATION)
        found += [
            Group(
                key=f"{kind}:{code}:{level}",
                kind_name=CERTIFICATE_KIND_NAMES[kind],
                trade_name=trades.get(code, code),
                level=level,
                ready=[],
            )
            for kind in kinds
        ]
    return found


def _ask() -> str:
    door, me = the_door(), my_evaluator(Role.EVALUATOR_ADMIN)
    with door.read() as session:
        groups = list_groups(session, me)
        asked = request.values.get("what", "")
        filed = list_filed(session, me, door.today)
        chosen = next((each for each in [*groups, *filed] if each.key == asked), None)
        return render_template(
            "evaluator/plan.html",
            groups=groups,
            filed=filed,
            chosen=chosen,
            names=mask_holders(session, door.keyring, chosen.ready) if chosen else {},
            sites=list_sites(session, [me]) if chosen else [],
        )
