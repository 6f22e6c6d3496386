"""Institutions: the directory of these regions, and the ladder of sanctions with its way back by two."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import OFFICERS
from voucher.doors.auth.visitors import current_actor
from voucher.doors.web import fields
from voucher.doors.web.office import reach
from voucher.doors.web.office.blueprint import office
from voucher.doors.web.office.deeds import Deed, Touched, ask_why, do_deed, get_deed, said_why, show_deed
from voucher.ledger.reinstatements import REINSTATEMENT_ASKED, REINSTATEMENT_NOT_ASKED
from voucher.plumbing.unit_of_work import Work
from voucher.registry import sanctions
from voucher.registry.institutions import Institution
from voucher.registry.listing import is_listed
from voucher.registry.systems import STOPPERS, list_systems
from voucher.rules.actor import Actor, Role
from voucher.rules.lifecycle import STATE_NAMES, Thing, may_move
from voucher.rules.vocabulary import INSTITUTION_KIND_NAMES, InstitutionKind
from voucher.stages.settle.queries import object_timeline
from voucher.stages.settle.queries.reinstatements import find_asked_reinstatement
from voucher.stages.train import queries as training
from voucher.stages.train.exits import STOPPING, count_in_classes, impose

PER_PAGE, CLASSES_SHOWN = 20, 20
STATES = list(STATE_NAMES[Thing.INSTITUTION].items())
KINDS = [(str(kind), name) for kind, name in INSTITUTION_KIND_NAMES.items()]
AGREE = "agree"


@office.get("/office/institutions")
def institutions() -> ResponseReturnValue:
    """Show the institutions of these regions, those looked for by name, kind or standing."""
    state, kind = fields.asked("state", dict(STATES)), fields.asked("kind", dict(KINDS))
    named, before = fields.asked("named"), fields.cursor("before")
    with the_door().read() as session:
        region, regions = reach.asked_regions(session)
        rows = sanctions.list_institutions(
            session, regions, state=state, kind=kind, named=named, before_id=before or None, limit=PER_PAGE
        )
        return render_template(
            "office/institutions.html",
            rows=rows,
            kind_names=dict(KINDS),
            region_names=reach.name_regions(session, {each.region_code for each in rows}),
            states=STATES,
            kinds=KINDS,
            regions=reach.list_region_choices(session),
            chosen={"state": state, "kind": kind, "named": named, "region": region},
            before=before,
            per_page=PER_PAGE,
        )


@office.get("/office/institutions/<int:institution_id>")
def institution(institution_id: int) -> ResponseReturnValue:
    """Show one institution: where it stands, its years on the list, its classes, and what may be done."""
    return show_institution(institution_id)


def show_institution(institution_id: int) -> str:
    """Return the page of one institution. Raises Refused institution_absent."""
    door, actor = the_door(), current_actor()
    with door.read() as session:
        found = sanctions.get_institution_within(session, institution_id, actor.regions)
        classes = training.list_classes(session, institution_ids=[found.id], limit=CLASSES_SHOWN)
        return render_template(
            "office/institution.html",
            found=found,
            kind_name=INSTITUTION_KIND_NAMES[InstitutionKind(found.kind)],
            region_name=reach.name_regions(session, {found.region_code})[found.region_code],
            years=sanctions.list_years(session, found.id),
            is_listed=is_listed(session, found.id, door.today),
            inside=count_in_classes(session, found.id),
            classes=training.view_classes(
                session, [each for each in classes if each.region_code in actor.regions]
            ),
            asked=find_asked_reinstatement(session, Thing.INSTITUTION, found.id),
            happenings=object_timeline(session, Thing.INSTITUTION, found.id),
            deeds=_list_deeds(session, actor, found),
            systems=list_systems(session, [found.id], door.at),
            may_stop_systems=actor.has(*STOPPERS),
        )


@office.get("/office/institutions/<int:institution_id>/<word>")
def institution_deed(institution_id: int, word: str) -> ResponseReturnValue:
    """Ask whether a step on the ladder is to be taken."""
    return _ask(institution_id, word)


@office.post("/office/institutions/<int:institution_id>/<word>")
def do_institution_deed(institution_id: int, word: str) -> ResponseReturnValue:
    """Take a step on the ladder, ask for the way back, or agree to it."""
    location = url_for("web.office.institution", institution_id=institution_id)
    return do_deed(get_deed(DEEDS, word), institution_id, location, lambda: _ask(institution_id, word))


def _list_deeds(session: Session, actor: Actor, found: Institution) -> list[tuple[str, Deed]]:
    """Return the steps this actor's roles allow for an institution as it stands."""
    asked = find_asked_reinstatement(session, Thing.INSTITUTION, found.id)
    back = may_move(Thing.INSTITUTION, found.state, sanctions.RESTORE)
    fits = {
        sanctions.RESTORE: back and asked is None,
        AGREE: back and asked is not None and asked.asked_by_person_id != actor.person_id,
        **{word: may_move(Thing.INSTITUTION, found.state, word) for word in sanctions.SANCTIONS},
    }
    return [(word, DEEDS[word]) for word, fit in fits.items() if fit and actor.has(*DEEDS[word].roles)]


def _ask(institution_id: int, word: str) -> str:
    deed = get_deed(DEEDS, word)
    with the_door().read() as session:
        found = sanctions.get_institution_within(session, institution_id, current_actor().regions)
        back = url_for("web.office.institution", institution_id=found.id)
        facts = [
            ("机构", found.name),
            ("统一社会信用代码", found.code),
            ("现在的状态", STATE_NAMES[Thing.INSTITUTION][found.state]),
        ]
        inside = count_in_classes(session, found.id)
        if word in STOPPING:
            facts.append(("将停住的券（已报名、培训中）", f"{inside:,} 张"))
        asked = find_asked_reinstatement(session, Thing.INSTITUTION, found.id)
        if word == AGREE and asked is not None:
            facts.append(("提出恢复的理由", asked.why))
            facts.append(("恢复为", "移出目录" if found.state == "blacklisted" else "在目录"))
        steps = [("机构", url_for("web.office.institutions")), (found.name, back)]
        return show_deed(deed, Touched(heading=found.name, steps=steps, back=back, facts=facts))


def _impose(event: str) -> Deed:
    """Return the deed of one step on the ladder."""

    def call(work: Work, institution_id: int) -> str:
        imposed = impose(work, institution_id, event, said_why("事实和依据"))
        stopped = f"；{imposed.vouchers_held:,} 张在培券已停住，请逐班转班" if imposed.vouchers_held else ""
        return f"已办理，机构现为：{STATE_NAMES[Thing.INSTITUTION][imposed.state]}{stopped}"

    name, words = LADDER[event]
    roles = OFFICERS | {Role.SUPERVISOR} if event in sanctions.BY_SUPERVISORS else OFFICERS
    return Deed(name, roles, words, call, event, (ask_why("事实和依据"),), is_danger=event in STOPPING)


def _restore(work: Work, institution_id: int) -> str:
    return _put_back(work, institution_id, asked=False)


def _agree(work: Work, institution_id: int) -> str:
    return _put_back(work, institution_id, asked=True)


def _put_back(work: Work, institution_id: int, *, asked: bool) -> str:
    """Ask for a restoration, or agree to one: only what the page said, though one act does either."""
    if asked is not sanctions.is_restoration_asked(work.session, institution_id):
        raise (REINSTATEMENT_NOT_ASKED if asked else REINSTATEMENT_ASKED).refused()
    imposed = impose(work, institution_id, sanctions.RESTORE, said_why("结论和理由"))
    if not imposed.done:
        return "已提出恢复，等待另一人确认"
    going_on = f"；{imposed.vouchers_released:,} 张停住的券已恢复办理" if imposed.vouchers_released else ""
    return f"已恢复，机构现为：{STATE_NAMES[Thing.INSTITUTION][imposed.state]}{going_on}"


LADDER: dict[str, tuple[str, str]] = {
    "warn": ("约谈", "约谈后机构仍在目录，可以照常开班；约谈的事实和要求写在下面。"),
    "rectify": ("责令整改", "整改期间不能新开班、不能接收新学员；已在班的学员继续培训。"),
    "suspend": ("停业整顿", "停止新开班和报名；在培的券停住，由您转班或恢复后继续。"),
    "delist": ("移出目录", "移出目录并公开；在培的券停住，等待转班。恢复须由两人办理。"),
    "blacklist": (
        "列入黑名单",
        "查实造假的才列入，并公开；在培的券停住，等待转班。期满或申诉成立也只能先恢复到移出目录。",
    ),
}
DEEDS: dict[str, Deed] = {
    sanctions.RESTORE: Deed(
        "提出恢复",
        OFFICERS,
        "验收合格或申诉成立的，由一人提出、另一人确认；确认前一切不变。",
        _restore,
        asks=(ask_why("结论和理由", "写明验收或申诉的结论"),),
    ),
    AGREE: Deed(
        "确认恢复",
        OFFICERS,
        "确认后当即恢复；因它停住的券继续办理。黑名单只恢复到移出目录。",
        _agree,
        asks=(ask_why("结论和理由"),),
    ),
    **{event: _impose(event) for event in LADDER},
}
