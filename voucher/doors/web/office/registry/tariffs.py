"""Tariffs to come (标准变动): what changes when and whom it affects; new rows, proposed and agreed to."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.web import fields
from voucher.doors.web.acting import Done, submit
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.registry.telling_tariffs import name_subject, tell
from voucher.doors.web.public.standards import FORM_NAMES
from voucher.doors.web.timelines import name_people
from voucher.plumbing.unit_of_work import Work
from voucher.registry import tariffs as registry
from voucher.registry.catalogue import name_trades
from voucher.registry.trades import find_trade, list_trades
from voucher.rules.actor import Role
from voucher.rules.dictionaries import TRAINING_MODE_NAMES, TrainingMode
from voucher.rules.errors import Refused
from voucher.rules.levels import Level, name_level
from voucher.rules.tariffs import FORMS, SUBJECT_NAMES, Change, Subject, Tariff, parse_percent
from voucher.rules.vocabulary import METHOD_NAMES, SUBSIDY_NAMES, Method, SubsidyKind
from voucher.stages.issue.queries.affected import AffectedProgramme, list_affected_programmes
from voucher.stages.train.queries.affected import AffectedClass, list_affected_classes

DAYS_SHOWN = 12
SHORTAGE = "shortage"
# what a share may go by: a way of earning, a way of teaching, or the lists of occupations in short supply
CONDITIONS: tuple[tuple[str, str], ...] = (
    (SHORTAGE, "急需紧缺目录内的职业"),
    *((f"mode:{mode}", f"{name}培训") for mode, name in TRAINING_MODE_NAMES.items()),
    *((f"method:{method}", f"取得方式：{name}") for method, name in METHOD_NAMES.items()),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One day something changes on: the rows, and whom they affect here."""

    on: date
    changes: list[Change]
    programmes: list[AffectedProgramme]
    classes: list[AffectedClass]


@office.get("/office/tariffs")
def tariffs() -> ResponseReturnValue:
    """Show what changes when and whom it affects, and what waits for a second officer."""
    with the_door().read() as session:
        turns = _list_turns(session)
        waiting = registry.list_proposals(session)
        return render_template(
            "office/tariffs.html",
            turns=turns,
            waiting=waiting,
            names={each.id: name_subject(each) for each in waiting},
            told={each.id: tell(session, registry.read_proposal(each)) for each in waiting},
            proposers=name_people(session, [each.proposed_by_person_id for each in waiting]),
            **_name(session, turns),
        )


@office.get("/office/tariffs/new")
def new_tariff() -> ResponseReturnValue:
    """Ask for a new row of the tariffs."""
    return _ask()


@office.post("/office/tariffs")
def propose_tariff() -> ResponseReturnValue:
    """Propose a new row; another officer agrees to it."""

    def call(work: Work) -> Done:
        proposed = registry.propose_tariff(work, _read(work))
        return Done("已提出，请另一人核对后登记", url_for("web.office.tariff", proposal_id=proposed.id))

    return submit(call, _ask)


@office.get("/office/tariffs/<int:proposal_id>")
def tariff(proposal_id: int) -> ResponseReturnValue:
    """Show a proposed row, and what would come of it."""
    return _show(proposal_id)


@office.post("/office/tariffs/<int:proposal_id>/approvals")
def agree_tariff(proposal_id: int) -> ResponseReturnValue:
    """Write a proposed row into the tariffs."""

    def call(work: Work) -> Done:
        agreed = registry.agree_tariff(work, proposal_id)
        on = agreed.first_day.isoformat()
        said = f"已登记，自 {on} 起停止" if agreed.ends_row_id else f"已登记，自 {on} 起生效"
        return Done(said, url_for("web.office.tariffs"))

    return submit(call, lambda: _show(proposal_id))


@office.post("/office/tariffs/<int:proposal_id>/refusals")
def decline_tariff(proposal_id: int) -> ResponseReturnValue:
    """Turn a proposed row down."""

    def call(work: Work) -> Done:
        registry.decline_tariff(work, proposal_id, fields.text("why", "不予登记的理由"))
        return Done("没有登记，理由已留痕", url_for("web.office.tariffs"))

    return submit(call, lambda: _show(proposal_id))


def _list_turns(session: Session) -> list[Turn]:
    coming = registry.list_coming(session, the_door().today)
    regions = current_actor().regions
    days = sorted({each.on for each in coming})[:DAYS_SHOWN]
    return [
        Turn(
            on,
            [each for each in coming if each.on == on],
            list_affected_programmes(session, regions, on),
            list_affected_classes(session, regions, on),
        )
        for on in days
    ]


def _name(session: Session, turns: list[Turn]) -> dict[str, object]:
    """Return the names the tables of changes need."""
    changes = [each for turn in turns for each in turn.changes]
    return {
        "forms": FORM_NAMES,
        "trades": name_trades(session, [each.occupation_code for each in changes if each.occupation_code]),
        "areas": reach.name_regions(session, {each.region_code for each in changes if each.region_code}),
        "amounts": Subject.STANDARD,
    }


def _show(proposal_id: int) -> str:
    def try_out(work: Work) -> tuple[list[Turn], dict[str, object]]:
        found = registry.get_proposal(work.session, proposal_id)
        # what may not be written any more is told when somebody agrees
        with suppress(Refused):
            if found.decided_at is None:
                registry.write_tariff(work.session, found, work.today)
        turns = [each for each in _list_turns(work.session) if each.on >= found.first_day]
        return turns, _name(work.session, turns)

    turns, names = perform(try_out, keep=False)
    actor = current_actor()
    with the_door().read() as session:
        found = registry.get_proposal(session, proposal_id)
        region = found.region_code
        decides = found.decided_at is None and (
            actor.has(Role.OFFICER_PROVINCE) if region is None else region in actor.regions
        )
        return render_template(
            "office/tariff.html",
            found=found,
            facts=tell(session, registry.read_proposal(found)),
            subject_name=name_subject(found),
            turns=turns,
            proposer=name_people(session, [found.proposed_by_person_id])[found.proposed_by_person_id],
            proposed_here=found.proposed_by_person_id == actor.person_id,
            decides=decides and actor.has(*OFFICERS),
            **names,
        )


def _ask() -> str:
    asked = request.form.get("subject") or request.args.get("subject") or Subject.STANDARD
    if asked not in SUBJECT_NAMES:
        abort(404)
    with the_door().read() as session:
        return render_template(
            "office/new_tariff.html",
            subject=asked,
            subjects=SUBJECT_NAMES,
            whole_province=current_actor().has(Role.OFFICER_PROVINCE),
            regions=reach.list_region_choices(session),
            kinds=[(str(word), name) for word, name in SUBSIDY_NAMES.items()],
            forms=[(str(form), FORM_NAMES[form]) for form in FORMS],
            levels=[(int(each), name_level(each)) for each in Level],
            conditions=CONDITIONS,
            trades=list_trades(session, the_door().today),
        )


def _read(work: Work) -> Tariff:
    subject = fields.one_of("subject", "登记什么", Subject)
    since = fields.day("since", "生效日期")
    trade = fields.text("trade", "职业", required=False, limit=80)
    level = fields.text("level", "等级", required=False, limit=2)
    condition = fields.text("condition", "适用情形", limit=40) if subject is Subject.MODIFIER else SHORTAGE
    about, _, word = condition.partition(":")
    if condition not in dict(CONDITIONS):
        abort(400)
    return Tariff(
        subject=subject,
        since=since,
        until=fields.day("until", "截止日期") if request.form.get("until") else None,
        document=fields.text("document", "文号", limit=200),
        kind=fields.one_of("kind", "补贴", SubsidyKind) if subject is not Subject.SHORTAGE else None,
        form=fields.text("form", "证书类型", limit=60) if subject is Subject.STANDARD else None,
        occupation_code=find_trade(work.session, trade, since) if trade else None,
        level=Level(fields.whole("level", "等级")) if level else None,
        # nothing chosen is the whole province, for those who may speak for it
        region_code=fields.text(
            "region", "地区", required=not current_actor().has(Role.OFFICER_PROVINCE), limit=12
        )
        or None,
        amount_fen=fields.fen("amount", "标准") if subject is Subject.STANDARD else None,
        basis_points=parse_percent(fields.text("percent", "比例", limit=10))
        if subject is Subject.MODIFIER
        else None,
        method=Method(word) if about == "method" else None,
        mode=TrainingMode(word) if about == "mode" else None,
    )
